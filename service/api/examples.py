"""Examples of fields and parameters for the OpenAPI document, by name: one word means one thing throughout the API.

What stands beside a field in its own shape comes first. A test fails where a name has no example, or one that its own
schema refuses.
"""

from collections.abc import Mapping
from typing import Any

_HASH = "c1f09d3ab27e4f5d8a6b0e1c2d3f4a5b6c7d8e9f0a1b2c3d4e5f60718293a4b5"

BY_NAME: Mapping[str, Any] = {
    "absent": 41_802,
    "abuse_contact": "abuse@registrar.example",
    "action": "doj-2024-09",
    "addresses": ["192.0.2.17"],
    "admitted": 2,
    "answer": '{"ok": true}',
    "asked": 41_977,
    "at_earliest": 0.31,
    "at_latest": 0.44,
    "at_risk": 25,
    "authority": "US Department of Justice",
    "availability_reason": "two of two vantages got the page",
    "block": "blk_2f7c0d1a9b3e4c58",
    "blocked_count": 8,
    "by": "token 4f2a1c0b9d8e",
    "bytes": 48_213,
    "caa": ['0 issue "letsencrypt.org"'],
    "campaign": "cmp_1f0c2a9b7d3e",
    "cause": "blocked",
    "censored": 3,
    "certificate_names": ["www.spiegel.de", "spiegel.de"],
    "certificate_sha256": _HASH,
    "chain": ["https://l.example/r?u=1", "https://spiegel.ltd/"],
    "checks": {"database": "ok", "resolver 192.0.2.53": "ok"},
    "classes": 214,
    "cnames": ["edge.example.net"],
    "complete": 12,
    "confidence": 0.9,
    "count": 17,
    "country": "DE",
    "cursor": "WyJiaWxkIl0",
    "data:array": ["spiegel.example"],
    "data:object": {"id": "evt_5b1d7c0f2a9e4d6683b0c1f7a2", "site": "spiegel.ltd", "detail": {}},
    "day": 30,
    "days": 4.0,
    "days_to_first_successor": 4,
    "defanged": "spiegel[.]ltd",
    "definition": "Days from the block to the first look that found it down.",
    "degrees": 1,
    "delay_days": 4,
    "detail:object": {"block": "blk_2f7c0d1a9b3e4c58"},
    "detail": "the server asked for patience",
    "dhash": "f0e4c2d7963b1a58",
    "digest": "c1f09d3ab27e",
    "digest_minutes": 60,
    "disabled_because": "it answered 410 Gone",
    "distance": 1,
    "domain": "spiegel.ltd",
    "down_after": 2.5,
    "entered_late": 2,
    "entry": 0.0,
    "episode": 1,
    "episodes": [1],
    "episodes_count": 2,
    "epp": ["clientHold"],
    "error": "the log does not answer",
    "event": "evt_5b1d7c0f2a9e4d6683b0c1f7a2",
    "events:array": ["impersonation.confirmed", "site.resurfaced"],
    "events": 12,
    "evidence": "97% of the shingles of the home page",
    "existing": 112,
    "expected_by_chance": 0.15,
    "failures": 0,
    "favicon_sha256": _HASH,
    "first": 1_204_500,
    "first_suffix": "com",
    "form": "tld-swap",
    "generator": "g1-5f1b7c0d2a9e",
    "group": "registrar",
    "high": 3.5,
    "host": "spiegel.ltd",
    "html": "<!doctype html><title>DER SPIEGEL</title>",
    "id": 12,
    "id:string": "evt_5b1d7c0f2a9e4d6683b0c1f7a2",
    "identifiers": ["UA-1234567"],
    "ids": ["spiegel.ltd"],
    "incomplete": 1,
    "instance": "/v1/lookalikes/lka_17",
    "kind": "home",
    "known": 3,
    "labels": ["spiegel"],
    "lag_seconds": 42.0,
    "language": "de",
    "languages": ["de"],
    "last": 1_205_500,
    "last_suffix": "today",
    "least": 18,
    "likelihood": 0.031,
    "limit": 50,
    "list": "site,effective_from\nspiegel[.]ltd,2022-07-27\n",
    "longest_gap": 1.5,
    "lookalike": "lka_17",
    "low": 1.5,
    "lower": 0.21,
    "matched": 311,
    "mean_30": 11.2,
    "mean_90": 19.8,
    "median": 6.0,
    "median_lower": 4.0,
    "median_upper": 9.0,
    "merged_into": "cmp_2a7c9d0e1f3b",
    "met_episode": 1,
    "method": "frequency",
    "minimum": 5,
    "missing": 0,
    "most": 21,
    "mx": ["10 mail.example.net"],
    "n": 25,
    "name": "structure",
    "name_score": 0.95,
    "names_per_second": 310.5,
    "nameservers": ["ns1.example.net", "ns2.example.net"],
    "next_after": 1_042,
    "next_after:string": "spiegel.example",
    "next_cursor": "WyJiaWxkIl0",
    "note": "seen by the desk",
    "number": 1,
    "other": "cmp_2a7c9d0e1f3b",
    "outlet": "spiegel.de",
    "outlets": ["spiegel.de"],
    "outcomes": {"admitted": 12, "refused": 1},
    "own_domains": ["spiegel.media"],
    "p": 0.03,
    "passed_over": {"empty": 2},
    "pending": ["bild.pics"],
    "per_month": 2.4,
    "pointer": "/body/urls/3",
    "position": 1_205_500,
    "predecessor": "spiegel.today",
    "probes": 50,
    "profile": "desktop",
    "q": "spiegel",
    "queued": 12,
    "rank": 1,
    "rate_ratio": 0.6,
    "ratio_lower": 0.4,
    "ratio_upper": 0.9,
    "read": 1_200_000,
    "reason": "serves the page of Der Spiegel under a name that is two days old",
    "recipient": "abuse@registrar.example",
    "recorded": 14,
    "reference": "abuse ticket 4711",
    "refused": 1,
    "registrar": "Example Registrar, Inc.",
    "registration_status": "found-date",
    "removed_why": "older than evidence.keep",
    "replacements_per_name": 0.8,
    "request_id": "req_5f1b7c0d2a9e4d6683b0c1f7",
    "retry_after": 3_600.0,
    "score": 0.94,
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwbm5h7s0F8oQ=",
    "sequence": 1_042,
    "served": ["spiegel.today"],
    "server": "https://rdap.registry.example/",
    "serving_count": 3,
    "share": 0.5,
    "site": "spiegel.ltd",
    "sites": ["spiegel.ltd", "bild.pics"],
    "sites_count": 11,
    "size": 50,
    "soa": "ns1.example.net. hostmaster.example.net. 2022060901 7200 3600 1209600 3600",
    "source": "rdap",
    "state": "down",
    "states": {"judged": 12},
    "statistic": 4.7,
    "status": 200,
    "status:string": "ok",
    "successors": ["spiegel.today"],
    "successors_per_name": 0.6,
    "summary:object": {"addresses": ["192.0.2.17"], "title": "DER SPIEGEL"},
    "summary": "One name a line.",
    "sweeps": [12],
    "taken": 7,
    "tier": "exact",
    "title": "DER SPIEGEL",
    "tlp": "green",
    "token": "sw_4f2a1c0b9d8e_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "total": 41_977,
    "tries": 2,
    "trouble": "the log does not answer",
    "txt": ["v=spf1 -all"],
    "type": "impersonation.confirmed",
    "unanswered": 63,
    "unknown": ["welt.ltd"],
    "unreadable": 0,
    "upper": 0.47,
    "url": "https://spiegel.ltd/ausland/artikel-1.html",
    "value": 0.97,
    "value:string": "matomo:stat.example/7",
    "vantage": "system",
    "webhook": "whk_0c6b1f5e2d3a",
    "weight": 0.4,
    "windows": 1_311,
    "within_10": 2,
    "within_100": 5,
    "within_1000": 7,
}
"""By the name of a field or parameter; ``name:type`` where one name stands for two kinds of values."""

_BY_HEADER = {"if-none-match": '"5f1b7c0d2a9e4d6683b0c1f75b1d7c0f"', "accept-encoding": "gzip"}
_BY_PARAMETER = {"after": 0, "after:string": "spiegel.example", "outlet:array": ["spiegel.de"], "state:string": "dead"}
_TIME = "2022-06-09T14:05:00Z"

Schema = dict[str, Any]


def illustrate(document: dict[str, Any]) -> None:
    """Give every field and parameter of an OpenAPI document an example that has none of its own."""
    shapes: dict[str, Schema] = document["components"]["schemas"]
    for shape in shapes.values():
        for name, field in shape.get("properties", {}).items():
            found = example(name, field, shapes)
            if found is not None:
                field.setdefault("examples", [found])
    operations = (one for methods in document["paths"].values() for one in methods.values())
    for parameter in (one for operation in operations for one in operation.get("parameters", ())):
        if "example" not in parameter and "examples" not in parameter["schema"]:
            found = example(parameter["name"], parameter["schema"], shapes, {**_BY_HEADER, **_BY_PARAMETER})
            if found is not None:
                parameter["example"] = found


def example(
    name: str, schema: Schema, shapes: Mapping[str, Schema], first: Mapping[str, Any] | None = None
) -> Any | None:
    """An example of one value; None where there is none, or where it is made of fields that have their own."""
    if "examples" in schema:
        return schema["examples"][0]
    for alternative in schema.get("anyOf", [schema]):
        kind = alternative
        if "$ref" in alternative:
            kind = shapes[alternative["$ref"].rpartition("/")[2]]
        if kind.get("type") == "null" or "properties" in kind:
            continue
        found = _of_kind(name, kind, {**BY_NAME, **(first or {})})
        if found is not None:
            return found
    return None


def _of_kind(name: str, kind: Schema, known: Mapping[str, Any]) -> Any | None:
    for values in ("examples", "enum"):
        if values in kind:
            return kind[values][0]
    if "const" in kind:
        return kind["const"]
    if kind.get("type") == "boolean":
        return True
    if kind.get("format") == "date-time":
        return _TIME
    if kind.get("type") == "array" and "$ref" in kind.get("items", {}):
        return None
    return known.get(f"{name}:{kind.get('type')}", known.get(name))
