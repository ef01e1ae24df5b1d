"""Reading pages in a process that can be killed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from service.adapters import parser_child
from service.adapters.parser import ChildParser, ParserLimits
from service.lab.hostile import PAGES_THAT_KILL
from service.lab.pictures import icon_ico

PAGE = "<title>Zürich</title><h1>Thema</h1><p>Text</p>".encode()
URL = "https://site.example/"
LIMITS = ParserLimits(seconds=20.0)
IMPATIENT = ParserLimits(seconds=1.0)


def with_parser(
    scenario: Callable[[ChildParser], Awaitable[Any]], limits: ParserLimits = LIMITS, workers: int = 1
) -> Any:
    async def run() -> Any:
        parser = ChildParser(limits, workers)
        try:
            return await scenario(parser)
        finally:
            await parser.close()

    return asyncio.run(run())


def process_of(parser: ChildParser) -> Any:
    return parser._idle._queue[-1]._process  # type: ignore[attr-defined]  # the queue of the standard library


def test_a_page_is_read_in_its_charset() -> None:
    facts = with_parser(
        lambda parser: parser.parse(PAGE.decode().encode("cp1252"), "text/html; charset=windows-1252", URL)
    )
    assert (facts.title, facts.headings, facts.unparseable) == ("Zürich", ("Thema",), "")
    assert facts.shingles


def test_an_empty_body_starts_no_process() -> None:
    async def scenario(parser: ChildParser) -> Any:
        assert (await parser.parse(b"", "text/html", URL)).title == ""
        return process_of(parser)

    assert with_parser(scenario) is None


@pytest.mark.parametrize("case", sorted(PAGES_THAT_KILL))
def test_a_page_that_takes_too_long_is_given_up_and_the_next_one_is_read(case: str) -> None:
    async def scenario(parser: ChildParser) -> None:
        given_up = await parser.parse(PAGES_THAT_KILL[case], "text/html", URL)
        assert "longer than 1 s" in given_up.unparseable or "died" in given_up.unparseable
        assert given_up.title == case
        assert (await parser.parse(PAGE, "text/html", URL)).title == "Zürich"

    with_parser(scenario, IMPATIENT)


def test_thousands_of_options_are_read() -> None:
    facts = with_parser(
        lambda parser: parser.parse(b"<title>t</title><select>" + b"<option>x" * 8000, "text/html", URL)
    )
    assert facts.unparseable == ""


def test_a_page_that_takes_too_much_memory_is_given_up() -> None:
    limits = ParserLimits(seconds=20.0, memory=160 * 1024 * 1024)

    async def scenario(parser: ChildParser) -> None:
        given_up = await parser.parse(b"<title>wide</title>" + b"<p>" * 1_500_000, "text/html", URL)
        assert given_up.unparseable
        assert given_up.title == "wide"
        assert (await parser.parse(PAGE, "text/html", URL)).title == "Zürich"

    with_parser(scenario, limits)


def test_a_process_that_dies_is_replaced() -> None:
    async def scenario(parser: ChildParser) -> None:
        await parser.parse(PAGE, "text/html", URL)
        first = process_of(parser)
        first.kill()
        facts = await parser.parse(PAGE + b"<p>1", "text/html", URL)
        assert facts.unparseable == "the parser died (SIGKILL)"
        assert (await parser.parse(PAGE + b"<p>1", "text/html", URL)).title == "Zürich"
        assert process_of(parser).pid != first.pid

    with_parser(scenario)


def test_a_caller_who_leaves_does_not_get_his_page_into_the_next_ones_answer() -> None:
    async def scenario(parser: ChildParser) -> None:
        await parser.parse(PAGE, "text/html", URL)
        task = asyncio.create_task(parser.parse(b"<title>left</title>" + b"<div>" * 20_000, "text/html", URL))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await parser.parse(PAGE + b"<p>again", "text/html", URL)).title == "Zürich"

    with_parser(scenario)


def test_a_page_that_was_read_is_not_read_again() -> None:
    async def scenario(parser: ChildParser) -> None:
        first = await parser.parse(PAGE, "text/html", URL)
        assert await parser.parse(PAGE, "text/html", URL) is first
        assert await parser.parse(PAGE, "text/html", URL + "?other") is not first

    with_parser(scenario)


def test_pages_are_read_side_by_side_without_mixing() -> None:
    async def scenario(parser: ChildParser) -> None:
        pages = [parser.parse(f"<title>{i}</title>".encode(), "text/html", URL) for i in range(40)]
        assert [facts.title for facts in await asyncio.gather(*pages)] == [str(i) for i in range(40)]

    with_parser(scenario, workers=2)


def test_a_process_is_renewed_after_its_pages() -> None:
    async def scenario(parser: ChildParser) -> set[int]:
        seen = set()
        for number in range(4):
            await parser.parse(PAGE + b"<p>%d" % number, "text/html", URL)
            process = process_of(parser)
            seen.add(process.pid if process else 0)
        return seen

    assert len(with_parser(scenario, ParserLimits(seconds=20.0, pages=2))) == 3


def test_the_process_can_open_no_file_and_no_socket_and_sees_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOOFWATCH_TOKEN", "secret")

    async def scenario(parser: ChildParser) -> tuple[str, bytes]:
        await parser.parse(PAGE, "text/html", URL)
        folder = Path("/proc") / str(process_of(parser).pid)
        return (folder / "limits").read_text(), (folder / "environ").read_bytes()

    limits, environment = with_parser(scenario)
    bounds = {line[:26].strip(): line[26:].split()[0] for line in limits.splitlines()[1:]}
    assert bounds["Max open files"] == "3"
    assert bounds["Max file size"] == bounds["Max core file size"] == "0"
    assert bounds["Max address space"] == str(LIMITS.memory)
    assert bounds["Max cpu time"] != "unlimited"
    assert b"secret" not in environment


def test_every_charset_can_be_read_though_no_file_can_be_opened() -> None:
    async def scenario(parser: ChildParser) -> None:
        for codec, text in (("cp949", "뉴스"), ("big5hkscs", "新聞"), ("koi8-r", "Новости"), ("cp874", "ข่าว")):
            label = {"cp949": "euc-kr", "big5hkscs": "big5", "cp874": "windows-874"}.get(codec, codec)
            body = (
                f"<title>{text}</title><a href='http://bücher.example/'>x</a>"
                if codec == "koi8-r"
                else f"<title>{text}</title>"
            )
            facts = await parser.parse(body.encode(codec, "ignore"), f"text/html; charset={label}", URL)
            assert (facts.title, facts.unparseable) == (text, "")

    with_parser(scenario)


@pytest.mark.parametrize("answer", [b"[]", b"not json", b'{"title": 1}', b'{"no_such_field": 1}', b"\xff\xfe"])
def test_an_answer_that_is_no_page_is_a_finding(answer: bytes) -> None:
    """The child reads hostile bytes, so it may have been taken over: nothing that it says is believed unchecked."""

    async def scenario(parser: ChildParser) -> None:
        child = parser._idle._queue[-1]  # type: ignore[attr-defined]  # the queue of the standard library
        child._process = await asyncio.create_subprocess_exec(
            "python3",
            "-c",
            f"import sys; sys.stdin.buffer.read(8); a={answer!r}; sys.stdout.buffer.write(len(a).to_bytes(4,'big')+a);"
            "sys.stdout.flush(); sys.stdin.buffer.read()",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        facts = await parser.parse(PAGE, "text/html", URL)
        assert "no page" in facts.unparseable
        assert facts.title == "Zürich"
        assert (await parser.parse(PAGE, "text/html", URL)).unparseable == ""

    with_parser(scenario)


def test_whatever_goes_wrong_inside_is_a_finding_about_the_page() -> None:
    assert "InvalidInput" in parser_child.read_page(PAGE, "text/html", "not a url")


def test_closing_twice_and_without_use_is_harmless() -> None:
    async def scenario(parser: ChildParser) -> None:
        await parser.close()

    with_parser(scenario)


def test_pictures_are_read_in_the_same_process_as_pages() -> None:
    async def scenario(parser: ChildParser) -> None:
        facts = await parser.picture(icon_ico("a"))
        assert (facts.format, facts.width, len(facts.dhash)) == ("ico", 16, 16)
        assert (await parser.picture(b"<svg/>")).unreadable == "SVG pictures are not drawn"
        assert (await parser.picture(b"")).unreadable == "empty"
        assert (await parser.parse(PAGE, "text/html", URL)).title == "Zürich"

    with_parser(scenario)


def test_every_format_is_read_after_the_process_has_shut_its_door() -> None:
    async def scenario(parser: ChildParser) -> list[str]:
        found = []
        for kind in ("PNG", "JPEG", "GIF", "WEBP", "ICO"):
            out = BytesIO()
            Image.linear_gradient("L").resize((48, 48)).rotate(90).convert("RGB").save(out, kind)
            found.append((await parser.picture(out.getvalue())).unreadable)
        return found

    assert with_parser(scenario) == [""] * 5


def test_a_picture_that_takes_too_much_memory_is_given_up_and_the_next_page_is_read() -> None:
    out = BytesIO()
    Image.new("L", (4400, 4400)).save(out, "PNG")
    limits = ParserLimits(seconds=20.0, memory=200 * 1024 * 1024)

    async def scenario(parser: ChildParser) -> None:
        assert (await parser.picture(out.getvalue())).unreadable
        assert (await parser.parse(PAGE, "text/html", URL)).title == "Zürich"

    with_parser(scenario, limits)
