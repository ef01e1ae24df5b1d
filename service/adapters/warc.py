"""What a look fetched as a WARC 1.1 file (ISO 28500:2017), one gzip member a record, by ``warcio``.

For each page a ``metadata`` record (profile, vantage, outcome, certificate, digest of the decoded body), and for each
of its exchanges a ``response`` and a ``request`` record that hold the bytes as they went over the wire: no header is
reordered, no transfer or content encoding undone. The same recording always gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from warcio.statusandheaders import StatusAndHeaders
from warcio.utils import Digester
from warcio.warcwriter import WARCWriter

from service.core.evidence.items import Recording
from service.core.facts.capture import Exchange, final_answer
from service.core.facts.page import FetchedPage

VERSION = "1.1"
_LONGEST = 2000


def render(recording: Recording) -> bytes:
    """The whole file."""
    out = BytesIO()
    writer = Sha256Writer(out, gzip=True, warc_version=VERSION)
    ids = _Ids(recording)
    date = recording.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    writer.write_record(_info(writer, recording, ids, date))
    for page in recording.pages:
        first = ""
        for exchange in page.exchanges:
            answer_id, ask_id = ids.new(), ids.new()
            first = first or answer_id
            for record in _exchange(writer, exchange, date, answer_id, ask_id):
                writer.write_record(record)
        writer.write_record(_metadata(writer, recording, page, date, {"id": ids.new(), "about": first}))
    return out.getvalue()


class Sha256Writer(WARCWriter):  # type: ignore[misc]  # warcio ships no types
    """warcio's writer, with SHA-256 where it would use SHA-1."""

    @staticmethod
    def _create_digester() -> Digester:
        return Digester("sha256")


class _RawHead(StatusAndHeaders):  # type: ignore[misc]  # warcio ships no types
    """A head that is written as it came; warcio would write it anew from what it understood."""

    def __init__(self, head: bytes) -> None:
        first, _, _ = head.partition(b"\r\n")
        super().__init__(first.decode("latin-1") or "-", [])
        self.headers_buff = head

    def compute_headers_buffer(self, header_filter: object = None) -> None:
        """Leave it as it is."""


class _Ids:
    """Record ids that follow from the recording and from the order of the records."""

    def __init__(self, recording: Recording) -> None:
        self._seed = f"{recording.host} {recording.at.isoformat()}"
        self._count = 0

    def new(self) -> str:
        self._count += 1
        return f"<{uuid5(NAMESPACE_URL, f'{self._seed} {self._count}').urn}>"


def _exchange(writer: Sha256Writer, exchange: Exchange, date: str, answer_id: str, ask_id: str) -> Iterator[Any]:
    shared = {"WARC-Date": date, "WARC-Concurrent-To": answer_id}
    if exchange.address:
        shared["WARC-IP-Address"] = exchange.address
    if exchange.received:
        own = {**shared, "WARC-Record-ID": answer_id, **({"WARC-Truncated": "length"} if exchange.cut else {})}
        del own["WARC-Concurrent-To"]
        yield _http(writer, "response", exchange.url, exchange.received, own)
    yield _http(writer, "request", exchange.url, exchange.sent, {**shared, "WARC-Record-ID": ask_id})


def _http(writer: Sha256Writer, kind: str, url: str, message: bytes, headers: dict[str, str]) -> Any:
    head, body = final_answer(message)
    return writer.create_warc_record(
        url, kind, payload=BytesIO(body), length=len(body), http_headers=_RawHead(head), warc_headers_dict=headers
    )


def _info(writer: Sha256Writer, recording: Recording, ids: _Ids, date: str) -> Any:
    fields = {
        "software": recording.software,
        "format": f"WARC File Format {VERSION}",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "description": f"what one look at {recording.host} fetched",
    }
    return write_fields(writer, "warcinfo", "", fields, {"WARC-Date": date, "WARC-Record-ID": ids.new()})


def _metadata(writer: Sha256Writer, recording: Recording, page: FetchedPage, date: str, ids: dict[str, str]) -> Any:
    """How the page was asked for, and what came of it."""
    headers = {"WARC-Date": date, "WARC-Record-ID": ids["id"]}
    if ids["about"]:
        headers["WARC-Concurrent-To"] = ids["about"]
    return write_fields(writer, "metadata", page.target, dict(_facts(recording, page)), headers)


def _facts(recording: Recording, page: FetchedPage) -> Iterator[tuple[str, str]]:
    yield from (("profile", page.profile), ("vantage", recording.vantage), ("outcome", page.outcome.value))
    yield from (("detail", page.detail), ("final-url", page.final_url), ("server", page.server))
    yield from (("body-bytes", str(page.bytes)), ("body-sha256", page.body_sha256))
    for number, hop in enumerate(page.hops):
        yield f"hop-{number}", f"{hop.kind.value} {hop.status} {hop.address} {hop.url}"
    if page.tls is not None:
        yield from (("tls-verified", "yes" if page.tls.verified else "no"), ("tls-error", page.tls.error))
        yield from (("tls-protocol", page.tls.protocol), ("certificate-sha256", page.tls.sha256))
        yield from (("certificate-subject", page.tls.subject), ("certificate-issuer", page.tls.issuer))
        yield from (("certificate-key", page.tls.key), ("certificate-spki-sha256", page.tls.spki_sha256))
        yield "certificate-names", ", ".join(page.tls.names)
    if page.favicon_sha256:
        yield from (("favicon-sha256", page.favicon_sha256), ("favicon-mmh3", str(page.favicon_mmh3)))


def write_fields(writer: Sha256Writer, kind: str, url: str, fields: dict[str, str], headers: dict[str, str]) -> Any:
    """A record of named fields; line ends within a value, which would forge further fields, become spaces."""
    lines = [f"{name}: {' '.join(value.split())[:_LONGEST]}\r\n" for name, value in fields.items() if value]
    body = "".join(lines).encode("utf-8", "replace")
    return writer.create_warc_record(
        url,
        kind,
        payload=BytesIO(body),
        length=len(body),
        warc_content_type="application/warc-fields",
        warc_headers_dict=headers,
    )
