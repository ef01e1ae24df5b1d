"""Which character encoding an HTML body is in, decided the way browsers decide it, and the decoded text.

Only the labels of the WHATWG Encoding Standard (section 4.2) are known. Python's codec registry also answers to names
such as ``utf-7``, ``idna``, ``zlib`` and ``unicode_escape``; a page must never choose among those.
"""

from __future__ import annotations

import codecs
import re

PRESCAN_BYTES = 1024
"""How far a ``<meta charset>`` is looked for (HTML Standard, 13.2.3.2: the first 1024 bytes)."""

# Encoding Standard, 4.2: Python's codec first, then the labels that stand for it. As there, Latin-1 and ASCII mean
# windows-1252, GBK is read by the decoder of GB 18030, and labels are compared without their case.
_LABELS_BY_CODEC = {
    "utf-8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8",
    "utf-16-le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
    "utf-16-be": "unicodefffe utf-16be",
    "cp866": "866 cp866 csibm866 ibm866",
    "iso8859-2": "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2",
    "iso8859-3": "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3",
    "iso8859-4": "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4",
    "iso8859-5": "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988",
    "iso8859-6": (
        "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e "
        "iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987"
    ),
    "iso8859-7": (
        "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 "
        "iso_8859-7 iso_8859-7:1987 sun_eu_greek"
    ),
    "iso8859-8": (
        "csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598 "
        "iso_8859-8 iso_8859-8:1988 visual csiso88598i iso-8859-8-i logical"
    ),
    "iso8859-10": "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6",
    "iso8859-13": "iso-8859-13 iso8859-13 iso885913",
    "iso8859-14": "iso-8859-14 iso8859-14 iso885914",
    "iso8859-15": "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9",
    "iso8859-16": "iso-8859-16",
    "koi8-r": "cskoi8r koi koi8 koi8-r koi8_r",
    "koi8-u": "koi8-ru koi8-u",
    "mac-roman": "csmacintosh mac macintosh x-mac-roman",
    "cp874": "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874",
    "cp1250": "cp1250 windows-1250 x-cp1250",
    "cp1251": "cp1251 windows-1251 x-cp1251",
    "cp1252": (
        "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 "
        "iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252 x-user-defined"
    ),
    "cp1253": "cp1253 windows-1253 x-cp1253",
    "cp1254": (
        "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 "
        "latin5 windows-1254 x-cp1254"
    ),
    "cp1255": "cp1255 windows-1255 x-cp1255",
    "cp1256": "cp1256 windows-1256 x-cp1256",
    "cp1257": "cp1257 windows-1257 x-cp1257",
    "cp1258": "cp1258 windows-1258 x-cp1258",
    "mac-cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "gb18030": "chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk gb18030",
    "big5hkscs": "big5 big5-hkscs cn-big5 csbig5 x-x-big5",
    "euc-jp": "cseucpkdfmtjapanese euc-jp x-euc-jp",
    "iso2022-jp": "csiso2022jp iso-2022-jp",
    "cp932": "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis",
    "cp949": (
        "cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949"
    ),
}
CODECS = tuple(_LABELS_BY_CODEC)
"""Every Python codec that a page can choose."""

_CODEC_BY_LABEL = {label: codec for codec, labels in _LABELS_BY_CODEC.items() for label in labels.split()}

_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF16_LE, "utf-16-le"))
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s\"';,]{1,40})", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta\b[^>]{0,500}?\bcharset\s*=\s*[\"']?\s*([a-z0-9_:.\-]{1,40})", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)


def decode(body: bytes, content_type: str) -> str:
    """The text of an HTML body; bytes that do not fit become U+FFFD, and NUL characters are left out.

    Order of belief: byte order mark, ``charset`` of the Content-Type header, ``<meta>`` in the first 1024 bytes, then
    UTF-8 where the bytes are valid UTF-8, else windows-1252 (what browsers assume of western pages). A label that is
    not in the Encoding Standard is UTF-8.
    """
    for mark, codec in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return _readable(body[len(mark) :], codec)
    codec = declared_codec(body, content_type) or ("utf-8" if _is_utf8(body) else "cp1252")
    return _readable(body, codec)


def declared_codec(body: bytes, content_type: str) -> str | None:
    """Python's codec for what the header, else the ``<meta>``, declares; None where neither does.

    A ``<meta>`` that claims UTF-16 is UTF-8 in truth, as its bytes could be read at all (HTML Standard, 13.2.3.2).
    """
    in_header = _HEADER_CHARSET.search(content_type)
    if in_header:
        return codec_for(in_header[1])
    in_meta = _META_CHARSET.search(_COMMENT.sub(b"", body[:PRESCAN_BYTES]))
    if in_meta is None:
        return None
    codec = codec_for(in_meta[1].decode("ascii"))
    return "utf-8" if codec.startswith("utf-16") else codec


def codec_for(label: str) -> str:
    """Python's codec for a label of the Encoding Standard; UTF-8 for any other word."""
    return _CODEC_BY_LABEL.get(label.strip().lower(), "utf-8")


def _readable(body: bytes, codec: str) -> str:
    return body.decode(codec, errors="replace").replace("\0", "")


def _is_utf8(body: bytes) -> bool:
    try:
        # A body that was cut in the middle of a character is still UTF-8.
        codecs.getincrementaldecoder("utf-8")().decode(body, final=False)
    except UnicodeDecodeError:
        return False
    return True
