"""Messages for people: what hostile sites write stays text in every format."""

from __future__ import annotations

import json
import re
from email import message_from_bytes, policy
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.adapters.chat_formats import FORMATS, discord, markdown, slack, teams
from service.adapters.mail import letter, recipients
from service.core.alerts.catalogue import CATALOGUE
from service.core.alerts.condition import Channel
from service.core.alerts.messages import TITLES, Message, inert, message
from service.core.model import Event
from tests.builders import START

HOSTILE = (
    "=cmd|'/c calc'!A1",
    "<!channel> <@U1> <https://evil.example|click>",
    "@everyone @here",
    "first\nsecond\r\nBcc: victim@evil.example",
    "moc.live\u202e\u2066live",
    "[click](https://evil.example) **bold** `code` ~~s~~ ||spoiler||",
    "https://evil.example/?a=1&b=<script>alert(1)</script>",
    "\x00\x1b[31m\ud800\u200b",
    "spiegel\u3002ltd HTTP://SPIEGEL.LTD",
)


def about(text: str) -> Event:
    data = {
        "id": "evt_1",
        "site": "spiegel.ltd",
        "outlet": "spiegel.de",
        "registrar": text,
        "lookalike": {"verdict": "impersonation", "score": 0.97},
        "detail": {"reason": text, "url": text, "signals": [{"name": text, "evidence": text}]},
    }
    return Event(id="evt_1", type="impersonation.confirmed", at=START, data=data)


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [found for one in value.values() for found in strings(one)]
    if isinstance(value, list):
        return [found for one in value for found in strings(one)]
    return [value] if isinstance(value, str) else []


def said(kind: Channel, text: str) -> list[str]:
    """Every string of a message in one format, but for the format's own."""
    own = ("http://adaptivecards.io/schemas/adaptive-card.json", "application/vnd.microsoft.card.adaptive")
    made = json.loads(json.dumps(FORMATS[kind](message(about(text)))))
    return [one for one in strings(made) if one not in own]


LINKS = re.compile(r"https?://|\w\.(?=[a-z]{2,})", re.IGNORECASE)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_a_site_writes_makes_no_link_no_mention_and_no_second_line(kind: Channel, text: str) -> None:
    for one in said(kind, text):
        assert one.isprintable()
        assert "@" not in one
        assert not LINKS.search(one.replace("\\", "")), one
        if kind is Channel.SLACK:
            assert "<" not in one
            assert ">" not in one


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_inert(text: str) -> None:
    shown = inert(text)
    assert shown.isprintable()
    assert "@" not in shown
    assert "://" not in shown
    assert len(shown.split("\n")) == 1


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400))
def test_every_sign_of_markdown_is_escaped_once(text: str) -> None:
    escaped = markdown(text)
    assert re.sub(r"\\(.)", r"\1", escaped, flags=re.DOTALL) == text
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]<>|~]", re.sub(r"\\.", "", escaped, flags=re.DOTALL))


def test_slack_and_discord_neither_unfurl_nor_mention() -> None:
    made = message(about("x"))
    assert (slack(made)["unfurl_links"], slack(made)["unfurl_media"]) == (False, False)
    assert {block.get("text", {}).get("type", "plain_text") for block in slack(made)["blocks"]} == {"plain_text"}
    assert discord(made)["allowed_mentions"] == {"parse": []}


def test_messages_keep_to_the_sizes_that_chats_take() -> None:
    made = message(about("x" * 10_000 + "[" * 10_000))
    embed = discord(made)["embeds"][0]
    assert len(embed["fields"]) <= 25
    assert all(len(field["value"]) <= 1024 for field in embed["fields"])
    assert len("".join(strings(embed))) <= 6000
    for block in slack(made)["blocks"]:
        assert len(block.get("fields", ())) <= 10
        assert len(block.get("text", {}).get("text", "")) <= 150
        assert all(len(field["text"]) <= 2000 for field in block.get("fields", ()))
    assert len(json.dumps(teams(made))) < 28_000


def test_a_card_is_made_of_runs_that_know_no_markup() -> None:
    card = teams(message(about(HOSTILE[5])))["attachments"][0]["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert {run["type"] for block in card["body"] for run in block["inlines"]} == {"TextRun"}


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_mail_has_its_own_headers_and_its_own_tags_alone(text: str) -> None:
    raw = bytes(letter(message(about(text)), "watch@news.example", ("desk@news.example",), START))
    mail = message_from_bytes(raw, policy=policy.default)
    assert mail["Subject"] == "[critical] An impersonation is confirmed: spiegel[.]ltd"
    assert (mail["Message-ID"], mail["To"], mail["Bcc"]) == ("<evt_1@news.example>", "desk@news.example", None)
    html = mail.get_body(("html",))
    assert html is not None
    tags = Tags()
    tags.feed(html.get_content())
    assert tags.tags <= {"meta", "h2", "table", "tr", "th", "td", "p"}
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert "spiegel.ltd" not in plain.get_content()


@pytest.mark.parametrize("kind", CATALOGUE)
def test_every_event_has_a_title_and_says_what_its_example_holds(kind: str) -> None:
    event = CATALOGUE[kind]
    made = message(Event(id="evt_1", type=kind, at=START, data=event.example_data))
    assert made.title.startswith(TITLES[kind])
    assert made.facts
    assert isinstance(made, Message)


def shown(kind: str, **detail: Any) -> Message:
    """The message of the catalogue's example, with another detail."""
    data = CATALOGUE[kind].example_data
    return message(Event(id="evt_1", type=kind, at=START, data=data | {"detail": data["detail"] | detail}))


def test_a_message_says_what_one_is_woken_for() -> None:
    assert dict(shown("site.resurfaced").facts)["after blocks"] == "registrar"
    assert dict(shown("report.overdue").facts)["recipient"] == "abuse[at]registrar[.]example"
    assert dict(shown("outlet.baseline_changed").facts)["outlet"] == "spiegel[.]de"
    assert dict(shown("impersonation.changed").facts)["addresses after"] == "198.51.100.7"
    assert shown("monitor.degraded", what="feed nrd").title == "The watch itself has trouble: feed nrd"
    assert shown("monitor.degraded", what="feed nrd", recovered=True).title == "The watch works again: feed nrd"


def test_a_digest_names_sites_by_group_and_by_what_happened() -> None:
    made = shown("alerts.digest")
    assert made.title == "Digest: 3 sites in 2 groups"
    assert made.facts == (
        ("campaign cmp_2f7c0d1a9b3e: suspected", "spiegel[.]fun"),
        ("campaign cmp_2f7c0d1a9b3e: went down", "spiegel[.]ltd"),
        ("names like bild[.]de: new name", "bild[.]pics"),
    )


@pytest.mark.parametrize(
    "url",
    [
        "mailto:",
        "https://x.example",
        "mailto:a b@x.example",
        "mailto:a@x",
        "mailto:a@x.example?bcc=b@y.example",
        "mailto:a%0aBcc%3a@x.example",
    ],
)
def test_what_is_no_list_of_addresses_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="mail goes to addresses"):
        recipients(url)


def test_mail_goes_to_one_address_or_more() -> None:
    assert recipients("mailto:a@x.example,b%2Bc@y.example") == ("a@x.example", "b+c@y.example")
