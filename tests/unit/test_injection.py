"""What strangers write stays where it was written to: every hostile text through every way out.

One line stays one line, a cell is no formula, a pattern is the same pattern, nobody is mentioned, and nothing turns the
writing round or speaks to a terminal. For programs the text is itself again when it is read.
"""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes, policy
from typing import Any

import pytest

from service.adapters.chat_formats import FORMATS as CHATS
from service.adapters.mail import letter
from service.adapters.webhook import payload
from service.commands import blocks
from service.commands.alerts import row as alert_row
from service.commands.baselines import _line as baseline_line
from service.commands.check import as_text
from service.commands.terminal import json_line
from service.core.alerts.condition import Severity
from service.core.alerts.digest import AlertGroup
from service.core.alerts.messages import message
from service.core.dossier import papers
from service.core.errors import InvalidName
from service.core.exports import misp
from service.core.exports.formats import FORMATS as EXPORTS
from service.core.facts.page import PageFacts
from service.core.model import Baseline, BaselineVersion, Event
from service.core.names import name as names
from service.core.states import BaselineState, Verdict
from service.pipeline.blocks import Outcome, Result
from tests.builders import START
from tests.fakes_api import SPIEGEL, api_under_test
from tests.unit.test_exports import SPIEGEL as LISTED
from tests.unit.test_exports import context, entry
from tests.unit.test_exports import text as exported

CASES = {
    "formula": "=cmd|' /C calc'!A0",
    "mention": "<!channel> <@U1> @everyone",
    "line": "first\nspiegel.de A 192.0.2.1\r\nBcc: victim@news.example",
    "quote": '\' OR domain-name:value = \'bild.de"; local-zone: "bild.de" \\',
    "bidi": "gpj.\u202e\u2066exe\u200b",
    "escape": "\x1b[31m\x1b]8;;https://evil.example\x07\x00",
    "surrogate": "a\ud800b",
    "markup": "<script>alert(1)</script> [x](https://evil.example) `a` ]]>",
}
PLAIN = "plain words"
"""What each of them is compared with."""


def export(kind: str) -> Callable[[str], str]:
    def write(text: str) -> str:
        of = context(outlets={"spiegel": replace(LISTED, name=text)})
        return exported(EXPORTS[kind].write, entry(reason=text, registrar=text, confirmed_by=text), of=of)

    return write


def misp_feed(text: str) -> dict[str, str]:
    of = context(outlets={"spiegel": replace(LISTED, name=text)})
    listed = [entry(reason=text, registrar=text, confirmed_by=text)]
    files = {
        "manifest.json": misp.manifest(listed, of),
        "hashes.csv": misp.hashes(listed, of),
        "event": misp.event("spiegel", listed, of),
    }
    return {name: "".join(parts) for name, parts in files.items()}


def event(text: str) -> Event:
    detail = {"reason": text, "url": text, "signals": [{"name": text, "evidence": text}]}
    data = {"id": "evt_1", "site": "spiegel.ltd", "outlet": "spiegel", "registrar": text, "detail": detail}
    return Event(id="evt_1", type="impersonation.confirmed", at=START, data=data)


def chat(kind: Any) -> Callable[[str], str]:
    return lambda text: json.dumps(CHATS[kind](message(event(text))), ensure_ascii=False)


def mail(text: str) -> str:
    raw = bytes(letter(message(event(text)), "watch@news.example", ("desk@news.example",), START))
    made = message_from_bytes(raw, policy=policy.default)
    parts = [made.get_body((kind,)) for kind in ("plain", "html")]
    return "\n".join([*(str(value) for value in made.values()), *(part.get_content() for part in parts if part)])


def report(text: str) -> dict[str, Any]:
    hop = {"by": "http", "url": f"https://spiegel.ltd/{text}", "status": 302, "address": None}
    page = {"profile": text, "url": f"https://spiegel.ltd/{text}", "outcome": "unreachable", "detail": text}
    judged = {"outlet": "spiegel", "technique": "tld-swap", "explanation": [text]}
    return {
        "name": "spiegel.ltd",
        "verdict": "suspected",
        "availability": "live",
        "summary": text,
        "registration_status": "found-date",
        "registered_at": None,
        "registrar": text,
        "addresses": [text],
        "nameservers": [text],
        "pages": [page | {"title": text, "hops": [hop, hop]}],
        "cloaking": {"profiles": [text], "differences": [text]},
        "outlets": [judged],
    }


def baseline(text: str) -> str:
    page = Baseline(outlet="spiegel", url=text, kind="archived", taken_at=START, digest="d", page=PageFacts(title=text))
    return baseline_line(
        BaselineVersion(id="bl_1", baseline=page, state=BaselineState.IN_USE, seen_at=START, by=text, note=text)
    )


def alert_group(text: str) -> str:
    group = AlertGroup(
        key="family:spiegel",
        severity=Severity.HIGH,
        events=1,
        first_at=START,
        last_at=START,
        last_type="lookalike.suspected",
        last_site="spiegel.ltd",
        acknowledged_at=START,
        acknowledged_by=text,
        note=text,
    )
    return "  ".join(alert_row(group))


def dossier(text: str) -> str:
    signal = {"name": "structure", "value": 0.9, "weight": 0.5, "evidence": text}
    episode = {"began_at": "2022-09-01T12:00:00Z", "last_seen_at": "2022-09-02T12:00:00Z", "url": text, "profile": text}
    page = {"target": f"https://spiegel.ltd/{text}", "outcome": "ok", "status": 200, "hops": [f"https://{text}/"]}
    word = {"by": text, "at": "2022-09-02T12:00:00Z", "verdict": "impersonation", "reason": text}
    detail = {
        "site": "spiegel.ltd",
        "domain": "spiegel.ltd",
        "outlet": "spiegel",
        "verdict": "impersonation",
        "score": 0.9,
        "reason": text,
        "registrar": text,
        "evidence": [],
        "timeline": [],
        "discovered_at": "2022-09-01T12:00:00Z",
        "flagged_at": None,
        "episodes": [episode],
        "registration": {"abuse_contact": text, "created_at": None},
        "dns": {"answers": [{"addresses": [text], "nameservers": [text]}]},
        "explanation": {"signals": [signal], "analyst": word},
        "observations": [{"summary": {"pages": [page]}}],
    }
    made = papers(detail, replace(SPIEGEL, name=text), (), START)
    return "\n".join(one.content.decode() for one in made if one.name.endswith(".txt"))


PEOPLE: dict[str, Callable[[str], str]] = {
    **{f"export {kind}": export(kind) for kind in ("csv", "domains", "hosts", "adblock", "rpz", "unbound")},
    **{f"chat {kind.value}": chat(kind) for kind in CHATS},
    "mail": mail,
    "dossier": dossier,
    "terminal check": lambda text: as_text(report(text)),
    "terminal check --json": lambda text: json_line(report(text)),
    "terminal alerts": alert_group,
    "terminal baselines": baseline,
}
"""What is written for people, or for programs that go by lines."""


@pytest.mark.parametrize("output", PEOPLE)
@pytest.mark.parametrize("case", CASES)
def test_hostile_text_is_one_line_and_nothing_but_text(case: str, output: str) -> None:
    written, harmless = PEOPLE[output](CASES[case]), PEOPLE[output](PLAIN)
    assert len(written.splitlines()) == len(harmless.splitlines())
    for char in set(written) - set("\r\n\t"):
        assert unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}, repr(char)
    written.encode()
    if output.startswith(("chat", "mail")):
        assert "@everyone" not in written
    if output.startswith("chat") and output != "chat teams":  # Teams shows it in runs of text, which know no markup
        assert "<!channel>" not in written


@pytest.mark.parametrize("case", CASES)
def test_no_cell_is_a_formula_and_no_list_has_a_name_more(case: str) -> None:
    table = list(csv.reader(io.StringIO(export("csv")(CASES[case]))))
    assert len(table) == 2
    assert not any(cell[:1] in set("=+-@\t\r") for row in table for cell in row if cell)
    for kind in ("domains", "hosts", "adblock", "rpz", "unbound"):
        assert export(kind)(CASES[case]) == export(kind)(PLAIN)


@pytest.mark.parametrize("case", CASES)
def test_what_programs_read_has_the_same_names_and_as_many_objects(case: str) -> None:
    hostile, harmless = (json.loads(export("stix")(text))["objects"] for text in (CASES[case], PLAIN))
    assert [one["type"] for one in hostile] == [one["type"] for one in harmless]
    assert [one.get("pattern") for one in hostile] == [one.get("pattern") for one in harmless]
    found = json.loads(export("misp")(CASES[case]))["response"]
    assert [[one["value"] for one in each["Event"]["Attribute"]] for each in found] == [["spiegel.ltd"]]
    fed, plainly = (misp_feed(text) for text in (CASES[case], PLAIN))
    assert fed["hashes.csv"] == plainly["hashes.csv"]
    assert json.loads(fed["manifest.json"]).keys() == json.loads(plainly["manifest.json"]).keys()
    (one,) = json.loads(fed["event"])["Event"]["Attribute"]
    assert one["value"] == "spiegel.ltd"
    (line,) = export("ndjson")(CASES[case]).splitlines()
    assert json.loads(line)["site"] == "spiegel.ltd"


@pytest.mark.parametrize("case", CASES)
def test_webhook_api_and_terminal_json_carry_the_text_itself(case: str) -> None:
    text = CASES[case]
    whole = text.replace("\ud800", "?")
    assert json.loads(payload(event(text)))["data"]["detail"]["reason"] == whole
    assert json.loads(json_line({"x": text})) == {"x": text}
    with api_under_test() as api:
        api.watch(SPIEGEL)
        api.admit("spiegel.ltd")
        api.look("spiegel.ltd", "spiegel", Verdict.SUSPECTED, text)
        answer = api.answer("GET", "/v1/lookalikes/lka_1")
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"
        (signal,) = answer.json()["explanation"]["signals"]
        assert signal["evidence"] == whole


@pytest.mark.parametrize("case", CASES)
def test_no_such_text_is_a_name(case: str) -> None:
    with pytest.raises(InvalidName):
        names.parse(f"{CASES[case]}.ltd")


@pytest.mark.parametrize("case", CASES)
def test_a_refused_entry_of_a_list_is_one_line_of_a_terminal(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = CASES[case]
    refused = Result(entry=text, site=text, outcome=Outcome.REFUSED, reason=text)
    for as_json in (False, True):
        blocks._say(refused, as_json=as_json)
    said = capsys.readouterr().out
    assert len(said.splitlines()) == 2
    assert all(line.isprintable() for line in said.splitlines())
