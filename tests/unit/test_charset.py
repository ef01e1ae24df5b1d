"""Which encoding a body is read in."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.facts import charset

TEXT = "Müller, Zürich: 5 €"


@pytest.mark.parametrize(
    ("body", "content_type", "why"),
    [
        (TEXT.encode(), "text/html", "valid UTF-8 without a word about it"),
        (TEXT.encode("cp1252"), "text/html", "no UTF-8, so windows-1252"),
        (TEXT.encode("cp1252"), "text/html; charset=ISO-8859-1", "Latin-1 means windows-1252"),
        (TEXT.encode("iso8859-15"), 'text/html;charset="iso-8859-15"', "the label in quotes"),
        (b"<meta charset=windows-1252>" + TEXT.encode("cp1252"), "text/html", "the meta element"),
        (
            b"<meta http-equiv=content-type content='text/html; charset=windows-1252'>" + TEXT.encode("cp1252"),
            "",
            "old meta",
        ),
        (
            b"<meta charset=windows-1251>" + TEXT.encode(),
            "text/html; charset=utf-8",
            "the header before the meta element",
        ),
        (codecs.BOM_UTF8 + TEXT.encode(), "text/html; charset=windows-1251", "the mark before the header"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "text/html", "UTF-16, little end first"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "text/html", "UTF-16, big end first"),
        (TEXT.encode("utf-16-be"), "text/html; charset=utf-16be", "UTF-16 by the header"),
        (b"<meta charset=utf-16>" + TEXT.encode(), "text/html", "a meta element that could be read is not in UTF-16"),
        (b"<!-- <meta charset=windows-1251> -->" + TEXT.encode(), "text/html", "a meta element in a comment"),
        (b" " * 2000 + b"<meta charset=windows-1251>" + TEXT.encode(), "text/html", "a meta element too far down"),
        (TEXT.encode(), "text/html; charset=no-such-thing", "an unknown label is UTF-8"),
    ],
)
def test_the_text_is_read_as_a_browser_reads_it(body: bytes, content_type: str, why: str) -> None:
    assert charset.decode(body, content_type).endswith(TEXT), why


@pytest.mark.parametrize(
    "label",
    [
        "utf-7",
        "utf7",
        "zlib",
        "idna",
        "punycode",
        "rot13",
        "base64",
        "hex",
        "unicode_escape",
        "raw_unicode_escape",
        "mbcs",
    ],
)
def test_a_page_never_chooses_a_codec_that_is_not_a_charset_of_the_web(label: str) -> None:
    assert charset.codec_for(label) == "utf-8"
    assert charset.decode(b"+ADw-script+AD4-", f"text/html; charset={label}") == "+ADw-script+AD4-"


def test_every_charset_of_the_table_is_one_that_python_has() -> None:
    for codec in charset.CODECS:
        assert codecs.lookup(codec)._is_text_encoding


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("koi8-r", "Новости"),
        ("windows-1251", "Новости"),
        ("shift_jis", "ニュース"),
        ("euc-kr", "뉴스"),
        ("gbk", "新闻"),
        ("big5", "新聞"),
        ("windows-874", "ข่าว"),
        ("iso-8859-9", "Haber ışığı"),
        ("windows-1256", "أخبار"),
    ],
)
def test_other_scripts_are_read(label: str, text: str) -> None:
    codec = charset.codec_for(label)
    assert charset.decode(text.encode(codec), f"text/html; charset={label.upper()}") == text


def test_a_body_that_was_cut_inside_a_character_is_still_utf_8() -> None:
    assert charset.decode("Zürich".encode()[:2], "text/html").startswith("Z")
    assert charset.decode(("ü" * 10).encode()[:-1], "text/html").startswith("ü" * 9)


@given(
    st.binary(max_size=2000), st.sampled_from(["", "text/html", *(f"text/html; charset={c}" for c in charset.CODECS)])
)
def test_any_bytes_become_text_without_nul(body: bytes, content_type: str) -> None:
    text = charset.decode(body, content_type)
    assert "\0" not in text
    text.encode("utf-8", "surrogatepass")
