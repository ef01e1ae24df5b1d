"""A dossier's papers: draft letters, chain, timeline, and a note on how to check it all. Pure.

They are made from what the API shows of a lookalike. Names and URLs are defanged, so that no program makes a link of
them, and query strings are left out: they may hold what a victim typed. Nothing here is ever sent by itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from service.core.alerts.events import rfc3339
from service.core.evidence.items import PREFIX
from service.core.hostile_text import one_line
from service.core.model import Outlet
from service.core.names.name import defang
from service.core.sightings.capture import PROFILE

Detail = Mapping[str, Any]
"""One lookalike as ``GET /v1/lookalikes/{id}`` shows it."""

_QUERY = re.compile(r"(https?://[^\s?#\"'<>]+)[?#][^\s\"'<>]*")
_HOST = re.compile(r"(?i)\bhttp(s?)://([^\s/:?#\"'<>]+)")
_STRONGEST = 8
_LONGEST = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """One file of a dossier."""

    name: str
    content: bytes


def papers(detail: Detail, outlet: Outlet | None, left_out: Sequence[str], now: datetime) -> tuple[Paper, ...]:
    """Everything but the evidence itself. ``left_out``: ids of evidence that are not in the dossier."""
    known = outlet or Outlet(id=detail["outlet"], name=detail["outlet"], domain=detail["outlet"])
    registration = detail["registration"]
    return (
        _text("README.txt", _readme(detail, left_out, now)),
        _text("letter-registrar.txt", _letter(detail, known, now, to_host=False)),
        _text("letter-host.txt", _letter(detail, known, now, to_host=True)),
        _text("verdict.txt", _verdict(detail, known)),
        _text("chain.txt", _chain(detail)),
        _text("timeline.txt", _timeline(detail)),
        _json("registration.json", registration),
        _json("dns.json", detail["dns"]),
        _json("lookalike.json", detail),
    )


def sums(files: Iterable[Paper]) -> Paper:
    """The digests of all files, as ``sha256sum --check`` reads them."""
    lines = [f"{sha256(one.content).hexdigest()}  {one.name}" for one in sorted(files, key=lambda one: one.name)]
    return _text("SHA256SUMS", lines)


def redacted(text: str) -> str:
    """The text with the query strings and fragments of its URLs left out."""
    return _QUERY.sub(r"\1?[left-out]", text)


def shown(text: str) -> str:
    """Hostile text for people: one line, URLs defanged and without queries, nothing that turns or hides text."""
    plain = redacted(one_line(text, _LONGEST))
    return _HOST.sub(lambda found: f"hxxp{found[1]}://{defang(found[2])}", plain)


def _text(name: str, lines: Iterable[str]) -> Paper:
    return Paper(name=name, content="".join(line + "\n" for line in lines).encode("utf-8", "replace"))


def _json(name: str, value: Any) -> Paper:
    text = redacted(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=True))
    return Paper(name=name, content=(text + "\n").encode("ascii"))


def _readme(detail: Detail, left_out: Sequence[str], now: datetime) -> Iterator[str]:
    yield f"Dossier on {defang(detail['site'])}, made on {rfc3339(now)}"
    yield ""
    yield "letter-registrar.txt, letter-host.txt   drafts; read them, complete them, send them yourself"
    yield "verdict.txt        what the site was judged to be, with every reason"
    yield "chain.txt          where its URLs led, as they were fetched last"
    yield "timeline.txt       what happened when"
    yield "registration.json, dns.json, lookalike.json   the facts, as programs read them"
    yield "evidence/          what the site served: WARC files (requests and answers byte for byte) and screenshots"
    yield "SHA256SUMS         digests of all files: sha256sum --check SHA256SUMS"
    yield ""
    yield "Every file in evidence/ is named by its own SHA-256. Treat WARC files as malware: what is in them came from"
    yield "a hostile site. Query strings are left out of all papers; WARC files hold them as they were sent."
    yield "What reporters supplied stands in WARC files of resource records, which say so."
    if left_out:
        yield ""
        yield "Evidence that is not in this dossier, because it is too much or no longer kept:"
        yield from (f"  {one}" for one in left_out)


def _letter(detail: Detail, outlet: Outlet, now: datetime, *, to_host: bool) -> Iterator[str]:
    site, registration = defang(detail["site"]), detail["registration"] or {}
    addresses = _addresses(detail)
    contact = "" if to_host else shown(registration.get("abuse_contact") or "")
    receiver = f"the operator of {', '.join(addresses) or 'the host'}" if to_host else _registrar(detail)
    yield f"To: {contact or '(abuse contact of ' + receiver + '; look it up in RDAP)'}"
    yield f"Subject: {site} impersonates {shown(outlet.name)}"
    yield ""
    yield "DRAFT, made by a program. Check it before you send it."
    yield ""
    yield f"Dear abuse team of {receiver},"
    yield ""
    yield f"the website {site} impersonates the news outlet {shown(outlet.name)} ({defang(outlet.domain)})."
    yield from _what_was_seen(detail)
    yield ""
    yield "Why we say so:"
    yield from (f"- {shown(signal['evidence'])}" for signal in _strongest(detail))
    yield ""
    yield "The facts:"
    yield from _facts(detail, addresses)
    yield ""
    if to_host:
        yield "We ask you to stop serving this site, and to preserve what you know of your customer."
    else:
        yield "We ask you to suspend the name, to keep it from being moved while this is looked into, and to"
        yield "preserve what you know of your customer."
    yield "Requests and answers as we fetched them, screenshots and their digests are attached or available on request."
    yield ""
    yield "Please confirm this report and tell us what you decide."
    yield ""
    yield "(name, organisation, how to reach you)"
    yield f"{now:%d %B %Y}"


def _registrar(detail: Detail) -> str:
    return shown(detail["registrar"] or "the registrar")


def _what_was_seen(detail: Detail) -> Iterator[str]:
    """When and where the impersonation was served, as far as it was."""
    episodes = detail["episodes"]
    if not episodes:
        yield f"It has not been seen to serve copied content; it is {detail['verdict']}: {shown(detail['reason'])}"
        return
    last = episodes[-1]
    yield f"It was served from {last['began_at']} and seen last on {last['last_seen_at']}, at {shown(last['url'])}."
    if last["profile"]:
        yield f'It may be shown to some visitors only; we saw it as "{shown(last["profile"])}".'


def _facts(detail: Detail, addresses: Sequence[str]) -> Iterator[str]:
    registration = detail["registration"] or {}
    yield f"- name: {defang(detail['domain'])}, registrar: {_registrar(detail)}"
    yield f"- registered: {registration.get('created_at') or 'not published'}"
    yield f"- name servers: {', '.join(defang(shown(one)) for one in _nameservers(detail)) or 'none seen'}"
    yield f"- addresses: {', '.join(addresses) or 'none seen'}"
    yield f"- first seen by us: {detail['discovered_at']}, flagged: {detail['flagged_at'] or 'not flagged'}"
    for one in detail["evidence"][:3]:
        whose = ", supplied by a reporter" if one["profile"] == PROFILE else ""
        yield f"- evidence: {one['kind']} of {one['taken_at']}{whose}, SHA-256 {one['id'].removeprefix(PREFIX)}"


def _strongest(detail: Detail) -> list[Mapping[str, Any]]:
    signals = [signal for signal in detail["explanation"]["signals"] if signal["value"] * signal["weight"] > 0]
    return sorted(signals, key=lambda signal: -signal["value"] * signal["weight"])[:_STRONGEST]


def _verdict(detail: Detail, outlet: Outlet) -> Iterator[str]:
    explained = detail["explanation"]
    yield f"{defang(detail['site'])} as {shown(outlet.name)}: {detail['verdict']} (score {detail['score']:.3f})"
    yield shown(detail["reason"])
    yield ""
    for signal in explained["signals"]:
        value, weight = signal["value"], signal["weight"]
        yield f"{value * weight:+.3f}  {signal['name']} = {value:.3f} x {weight:g}: {shown(signal['evidence'])}"
    if explained["analyst"]:
        word = explained["analyst"]
        yield f"analyst {shown(word['by'])} on {word['at']}: {word['verdict']}, {shown(word['reason'])}"


def _chain(detail: Detail) -> Iterator[str]:
    """The last observation's pages, hop by hop."""
    pages = detail["observations"][0]["summary"].get("pages", ()) if detail["observations"] else ()
    if not pages:
        yield "no page was fetched at the last look"
    for page in pages:
        yield f"{shown(page['target'])}: {page['outcome']} {page['status'] or ''}".rstrip()
        yield from (f"  {number}. {shown(url)}" for number, url in enumerate(page["hops"], 1))


def _timeline(detail: Detail) -> Iterator[str]:
    for event in detail["timeline"]:
        yield f"{event['timestamp']}  {event['type']}"


def _addresses(detail: Detail) -> list[str]:
    return list(dict.fromkeys(shown(one) for answers in _answers(detail) for one in answers["addresses"]))


def _nameservers(detail: Detail) -> list[str]:
    return list(dict.fromkeys(one for answers in _answers(detail) for one in answers["nameservers"]))


def _answers(detail: Detail) -> Sequence[Mapping[str, Any]]:
    return detail["dns"]["answers"] if detail["dns"] else ()
