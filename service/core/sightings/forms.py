"""Forms with files (RFC 7578, multipart/form-data), split within bounds. Pure.

Only what such a form has: parts one after another, each with a name, none within another.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser

from service.core.errors import InvalidInput

MOST_PARTS = 20
_MOST_HEAD = 4_096


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One part of a form: a field, or a file with its ``content_type`` as it was declared."""

    name: str
    content: bytes
    content_type: str = ""

    @property
    def text(self) -> str:
        """What a field says."""
        return self.content.decode("utf-8", "replace")


def read_form(body: bytes, content_type: str) -> dict[str, Part]:
    """The parts of a form by their names; InvalidInput with the reason for what is none."""
    head = Message()
    head["Content-Type"] = content_type.encode("ascii", "replace").decode("ascii")
    boundary = head.get_boundary()
    if head.get_content_type() != "multipart/form-data" or not boundary:
        raise InvalidInput("this takes a form: multipart/form-data with a boundary, as `curl -F` sends it")
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("ascii", "replace"), MOST_PARTS + 2)
    if len(pieces) > MOST_PARTS + 2 or len(pieces) == 1 or not pieces[-1].startswith(b"--"):
        raise InvalidInput(f"the form does not end, or has more than {MOST_PARTS} parts")
    parts = [_part(piece) for piece in pieces[1:-1]]
    found = {part.name: part for part in parts}
    if len(found) < len(parts):
        raise InvalidInput("a part of the form is there twice")
    return found


def _part(piece: bytes) -> Part:
    head, separator, content = piece.lstrip(b" \t").removeprefix(b"\r\n").partition(b"\r\n\r\n")
    if not separator or len(head) > _MOST_HEAD:
        raise InvalidInput("a part of the form has no head, or one that does not end")
    parsed = BytesHeaderParser().parsebytes(head)
    name = parsed.get_param("name", header="content-disposition")
    if not isinstance(name, str) or not name:
        raise InvalidInput("a part of the form has no name")
    return Part(name=name, content=content, content_type=str(parsed.get("content-type", ""))[:200])
