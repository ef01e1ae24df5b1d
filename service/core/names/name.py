"""Host names: what may be one, what its registrable part is, how it is shown.

Everywhere in the service a host name is a sequence of A-labels in lower case without a trailing dot. ``parse`` is the
one way from outside text to such a name.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

import idna

from service.core.errors import InvalidName
from service.core.names import suffixes

MAX_NAME = 253
"""Octets in a name as text: 255 on the wire (RFC 1035 2.3.4) less the first length octet and the root."""

MAX_LABEL = 63
"""Octets in a label (RFC 1035 2.3.4)."""

MOST_TEXT = 4 * MAX_NAME
"""Characters that are looked at: mapping may shorten a name in Unicode, though never by so much."""

ACE = "xn--"
"""Prefix of a label in Punycode (RFC 5890 2.3.2.5)."""

PLAIN = r"(?:[a-z0-9_]++[.-])*+[a-z0-9_]++(?<![0-9])"
"""What ``is_plain`` knows at a glance, for those who read many lines at once; at most ``MAX_LABEL`` characters long."""

_PLAIN = re.compile(PLAIN + r"\Z")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\Z")
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\Z")
_SCHEME = re.compile(r"h(?:tt|xx)ps?(?:\[:\]|:)//", re.IGNORECASE)


def is_plain(text: str) -> bool:
    """Whether ``text`` is a host name as it stands, seen at a glance: most are, and False only means to ask ``parse``.

    So short that no label is too long; no two hyphens in a row, which Punycode has; no digit last, as addresses have.
    """
    return len(text) <= MAX_LABEL and _PLAIN.match(text) is not None


def parse(text: str) -> str:
    """Return ``text`` as a host name, or raise InvalidName with the reason.

    Space around the name and one trailing dot are dropped, letters lowered, Unicode mapped as browsers do (UTS 46,
    non-transitional, without the exclusions of IDNA 2008: names with emoji exist). Underscores are let through, since
    hosts with them answer in DNS. Labels in Punycode must decode, and encode to the same again.
    """
    name = text.strip().lower()
    if is_plain(name):
        return name
    if len(name) > MOST_TEXT:
        raise InvalidName(f"the name has {len(name)} characters, at most {MAX_NAME} are possible")
    if not name.isascii():
        name = _mapped(name)
    name = name.removesuffix(".")
    if not name:
        raise InvalidName("the name is empty")
    name = ".".join(_checked(label) for label in name.split("."))
    if len(name) > MAX_NAME:
        raise InvalidName(f"the name has {len(name)} octets, at most {MAX_NAME} are possible")
    return name


def is_valid(text: str) -> bool:
    """Whether ``text`` is a host name as it stands, in the form that ``parse`` gives."""
    try:
        return parse(text) == text
    except InvalidName:
        return False


def registrable(host: str) -> str | None:
    """Return the public suffix of ``host`` and the one label before it, which is what somebody registered.

    None for a bare suffix and for a top-level domain that is not in the Public Suffix List. Under a platform's suffix
    (``github.io``) that is the customer's name there. ``host`` is a name as ``parse`` gives it.
    """
    suffix = suffixes.public_suffix(host)
    if suffix is None or len(suffix) == len(host):
        return None
    return host[host.rfind(".", 0, -len(suffix) - 1) + 1 :]


def split(host: str) -> tuple[str, str]:
    """Return the label and the public suffix of the registrable name of ``host``.

    The label is empty where there is no registrable name; the suffix then is all of ``host``.
    """
    suffix = suffixes.public_suffix(host)
    if suffix is None or len(suffix) == len(host):
        return "", host
    end = len(host) - len(suffix) - 1
    return host[host.rfind(".", 0, end) + 1 : end], suffix


def host_of_url(url: str) -> str:
    """Return the host of a URL, or of what people paste for one (``bild.ltd/x``, ``hxxps://bild[.]ltd``).

    Raises InvalidName where there is no host, or where it is an address rather than a name.
    """
    text = refang(url.strip())
    if "://" not in text:
        text = "//" + text.removeprefix("//")
    try:
        host = urlsplit(text).hostname
    except ValueError as error:
        raise InvalidName(f"not a URL: {error}") from error
    if not host:
        raise InvalidName("the URL has no host")
    if is_number_like(host):
        raise InvalidName(f"{host} is an address, not a name")
    return parse(host)


def is_number_like(host: str) -> bool:
    """Whether a browser reads ``host`` as an address: its last label is a number (WHATWG URL 3.5), or it has colons."""
    if ":" in host or host.startswith("["):
        return True
    return bool(_NUMBER.match(host.strip().lower().removesuffix(".").rpartition(".")[2]))


def defang(name: str) -> str:
    """Return ``name`` in a form that no program turns into a link: ``bild[.]ltd``."""
    return name.replace(".", "[.]")


def refang(text: str) -> str:
    """Undo ``defang`` and its common relatives: ``[.]``, ``(.)``, ``[dot]``, ``hxxp``, ``[:]``."""
    for dot in ("[.]", "(.)", "{.}", "[dot]", "(dot)"):
        text = text.replace(dot, ".")
    return _SCHEME.sub(lambda match: match[0].lower().replace("hxx", "htt").replace("[:]", ":"), text, count=1)


def decoded(label: str) -> str | None:
    """Return what a reader sees of a label: Unicode for Punycode, else the label; None where it does not decode."""
    if not label.startswith(ACE):
        return label
    try:
        shown = label[len(ACE) :].encode("ascii").decode("punycode")
        again = shown.encode("punycode").decode("ascii")
    except UnicodeError:
        return None
    if shown.isascii() or ACE + again != label or any(unicodedata.category(char) == "Cs" for char in shown):
        return None
    return shown


def encoded(shown: str) -> str | None:
    """Return the A-label of a Unicode label that a registry could hold (IDNA 2008, RFC 5891), None where none could."""
    if shown.isascii():
        whole = len(shown) <= MAX_LABEL and _LABEL.match(shown) and decoded(shown) is not None
        return shown if whole else None
    try:
        return idna.alabel(shown).decode("ascii")
    except UnicodeError:
        return None


def _mapped(name: str) -> str:
    try:
        return idna.uts46_remap(name, std3_rules=False, transitional=False)
    except UnicodeError as error:
        raise InvalidName(f"not allowed in a host name: {error}") from error


def _checked(label: str) -> str:
    if not label:
        raise InvalidName("the name has an empty label (two dots in a row, or a dot in front)")
    if not label.isascii():
        label = _punycode(label)
    if len(label) > MAX_LABEL:
        raise InvalidName(f"the label {label[:20]!r}... has {len(label)} octets, at most {MAX_LABEL} are possible")
    if not _LABEL.match(label):
        raise InvalidName(f"the label {label!r} may hold letters, digits and inner hyphens only")
    if label.startswith(ACE) and decoded(label) is None:
        raise InvalidName(f"the label {label!r} is not valid Punycode")
    return label


def _punycode(label: str) -> str:
    if unicodedata.category(label[0]).startswith("M"):
        raise InvalidName(f"the label {label!r} begins with a combining mark")
    try:
        return ACE + label.encode("punycode").decode("ascii")
    except UnicodeError as error:
        raise InvalidName(f"the label {label!r} cannot be encoded: {error}") from error
