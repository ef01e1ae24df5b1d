"""Messages as Slack, Mattermost, Discord and Teams take them. Pure.

The text is inert already (``core/alerts/messages.py``); here it is kept from what each markup takes for syntax:
plain-text objects where there are some, escapes where there are none. No links are made, previews and mentions are off.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from service.core.alerts.condition import Channel, Severity

if TYPE_CHECKING:
    from service.core.alerts.messages import Message

_COLOURS = MappingProxyType(
    {Severity.CRITICAL: 0xC62828, Severity.HIGH: 0xEF6C00, Severity.WARNING: 0xF9A825, Severity.INFO: 0x546E7A}
)
_TEAMS_COLOURS = MappingProxyType(
    {Severity.CRITICAL: "attention", Severity.HIGH: "warning", Severity.WARNING: "warning", Severity.INFO: "default"}
)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-!|~<>:&])")
_MOST_FACTS = 20
"""Discord takes 25 fields; Slack ten a section."""

_SLACK_FIELDS = 10
_SHORT = 40
"""Characters that fit half a column."""


def slack(message: Message) -> dict[str, Any]:
    """Blocks of plain text (https://api.slack.com/reference/block-kit), with a fallback for notifications."""
    facts = [_slack_text(f"{name}: {value}") for name, value in message.facts[:_MOST_FACTS]]
    sections = [facts[at : at + _SLACK_FIELDS] for at in range(0, len(facts), _SLACK_FIELDS)]
    return {
        "text": _entities(message.title),
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": [
            {"type": "header", "text": _slack_text(message.title, 150)},
            *({"type": "section", "fields": fields} for fields in sections),
            {"type": "context", "elements": [_slack_text(f"{message.severity} \N{MIDDLE DOT} {message.at}")]},
        ],
    }


def mattermost(message: Message) -> dict[str, Any]:
    """An attachment (https://developers.mattermost.com/integrate/reference/message-attachments/)."""
    return {
        "attachments": [
            {
                "fallback": markdown(message.title),
                "color": f"#{_COLOURS[message.severity]:06x}",
                "title": markdown(message.title),
                "fields": [
                    {"title": markdown(name), "value": markdown(value), "short": len(value) <= _SHORT}
                    for name, value in message.facts
                ],
                "footer": f"{message.severity} {message.at}",
            }
        ],
        "props": {"disable_group_highlight": True},
    }


def discord(message: Message) -> dict[str, Any]:
    """An embed within its limits (https://discord.com/developers/docs/resources/message#embed-object)."""
    return {
        "embeds": [
            {
                "title": markdown(message.title)[:256],
                "color": _COLOURS[message.severity],
                "timestamp": message.at,
                "fields": [
                    {
                        "name": markdown(name)[:256],
                        "value": _whole(markdown(value[:150]), 300),
                        "inline": len(value) <= _SHORT,
                    }
                    for name, value in message.facts[:_MOST_FACTS]
                ],
                "footer": {"text": str(message.severity)},
            }
        ],
        "allowed_mentions": {"parse": []},
    }


def teams(message: Message) -> dict[str, Any]:
    """An Adaptive Card for a flow "When a Teams webhook request is received".

    Text runs of a RichTextBlock know no Markdown, unlike a TextBlock or a FactSet (https://adaptivecards.io/explorer).
    """
    title = {
        "type": "TextRun",
        "text": message.title,
        "weight": "bolder",
        "size": "large",
        "color": _TEAMS_COLOURS[message.severity],
    }
    facts = [
        _run({"type": "TextRun", "text": f"{name}: ", "weight": "bolder"}, {"type": "TextRun", "text": value})
        for name, value in message.facts
    ]
    last = _run({"type": "TextRun", "text": f"{message.severity} {message.at}", "isSubtle": True})
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [_run(title), *facts, last],
    }
    return {
        "type": "message",
        "attachments": [
            {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
        ],
    }


FORMATS: Mapping[Channel, Callable[[Message], dict[str, Any]]] = MappingProxyType(
    {Channel.SLACK: slack, Channel.MATTERMOST: mattermost, Channel.DISCORD: discord, Channel.TEAMS: teams}
)


def markdown(text: str) -> str:
    """Text whose every sign of Markdown stands for itself (CommonMark 0.31, 2.4)."""
    return _MARKDOWN.sub(r"\\\1", text)


def _whole(text: str, longest: int) -> str:
    """Cut, but never between a backslash and what it escapes."""
    cut = text[:longest]
    return cut if len(text) <= longest or not cut.endswith("\\") else cut[:-1]


def _entities(text: str) -> str:
    """Slack's three signs (https://api.slack.com/reference/surfaces/formatting#escaping): no <!channel>, no links."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _slack_text(text: str, longest: int = 2000) -> dict[str, Any]:
    return {"type": "plain_text", "text": _entities(text[: longest // 5])[:longest], "emoji": False}


def _run(*inlines: dict[str, Any]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": list(inlines)}
