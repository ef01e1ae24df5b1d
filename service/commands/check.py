"""``spoofwatch check``: look at a site now and explain the verdict in words."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

from service.bootstrap import open_app
from service.commands.terminal import json_line, printable
from service.core.names import name as names
from service.core.states import Verdict
from service.pipeline.check import Report
from service.settings import Settings

_ADDRESS = re.compile(r"https?://[^\s,;()]+")


def run(settings: Settings, given: list[str], *, as_json: bool, fail_on: str | None) -> int:
    """Check each name or URL; 1 where ``fail_on`` or worse was found."""
    reports = asyncio.run(_check_all(settings, given))
    for report in reports:
        print(json_line(report) if as_json else as_text(report))
    worst = max((Verdict(report["verdict"]).rank for report in reports), default=0)
    return int(fail_on is not None and worst >= Verdict(fail_on).rank)


async def _check_all(settings: Settings, given: list[str]) -> list[Report]:
    async with open_app(settings) as app:
        await app.baselines.take_due()
        return [await app.checks.checker.check(one) for one in given]


def _page_lines(page: Report) -> Iterator[str]:
    """How one fetch ended, in one line, and its chain where it has one."""
    ended = f"status {page['status']}" if page["outcome"] == "ok" else f"{page['outcome']}: {page['detail']}"
    title = f", {printable(page['title'])!r}" if page["title"] else ""
    yield f"{page['profile']} at {names.defang(page['url'])}: {ended}{title}"
    for hop in page["hops"][1:]:
        yield f"  {hop['by']} to {names.defang(hop['url'])}"


def unlinked(sentence: str) -> str:
    """A sentence for a terminal, with its web addresses defanged."""
    return _ADDRESS.sub(lambda match: names.defang(match[0]), printable(sentence))


def as_text(report: Report) -> str:
    """A report for people; names are defanged so that no terminal makes a link of them."""
    lines = [f"{names.defang(report['name'])}: {report['verdict']}", f"  {report['availability']}: {report['summary']}"]
    if report.get("registration_status"):
        since = report["registered_at"] or report["registration_status"]
        by = f" with {report['registrar']}" if report["registrar"] else ""
        lines.append(f"  registered: {since}{by}")
    if report.get("addresses"):
        lines.append(f"  addresses: {', '.join(report['addresses'])}; name servers: {', '.join(report['nameservers'])}")
    lines += [f"  {line}" for page in report.get("pages", ()) for line in _page_lines(page)]
    if report.get("cloaking"):
        found = report["cloaking"]
        lines.append(
            f"  {' and '.join(found['profiles'])} are shown different things: {'; '.join(found['differences'])}"
        )
    for judged in report["outlets"]:
        lines.append(f"  as {judged['outlet']} ({judged['technique']}):")
        lines += [f"    {unlinked(sentence)}" for sentence in judged["explanation"]]
    if not report["outlets"] and "addresses" in report:
        lines.append("  resembles no watched outlet, by name or by content")
    return "\n".join(printable(line) for line in lines)
