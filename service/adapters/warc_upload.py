"""Pages and pictures that reporters upload, as a WARC 1.1 file (ISO 28500:2017) of ``resource`` records.

Resource records hold what came without a request of ours; a ``metadata`` record says so in words, and whose word the
address and the time are. A picture's address is that of its page with ``screenshot:`` before it, as Brozzler writes it.
Who reported it is left out: such files go to registrars and courts.
"""

from __future__ import annotations

from io import BytesIO
from uuid import NAMESPACE_URL, uuid5

from service.adapters.warc import VERSION, Sha256Writer, write_fields
from service.core.alerts.events import rfc3339
from service.core.evidence.items import digest
from service.core.sightings.capture import Upload


def render_upload(upload: Upload, software: str) -> bytes:
    """The whole file; the same upload always gives the same bytes."""
    out = BytesIO()
    writer = Sha256Writer(out, gzip=True, warc_version=VERSION)
    captured, received = (at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in (upload.captured_at, upload.received_at))
    parts = [("text/html", upload.url, upload.html), ("image/png", f"screenshot:{upload.url}", upload.picture)]
    info = {
        "software": software,
        "format": f"WARC File Format {VERSION}",
        "description": f"what a reporter supplied of {upload.host}",
    }
    writer.write_record(write_fields(writer, "warcinfo", "", info, _head(upload, received, "info")))
    for media_type, address, content in parts:
        if not content:
            continue
        head = _head(upload, captured, media_type)
        record = writer.create_warc_record(
            address,
            "resource",
            payload=BytesIO(content),
            length=len(content),
            warc_content_type=media_type,
            warc_headers_dict=head,
        )
        writer.write_record(record)
        about = {"WARC-Concurrent-To": head["WARC-Record-ID"], **_head(upload, received, f"about {media_type}")}
        writer.write_record(write_fields(writer, "metadata", address, _facts(upload, content), about))
    return out.getvalue()


def _facts(upload: Upload, content: bytes) -> dict[str, str]:
    return {
        "supplied-by": "a reporter; the service itself did not fetch it",
        "address": f"{upload.url} (the reporter's word)",
        "captured-at": f"{rfc3339(upload.captured_at)} (the reporter's word)",
        "received-at": rfc3339(upload.received_at) or "",
        "body-bytes": str(len(content)),
        "body-sha256": digest(content),
    }


def _head(upload: Upload, date: str, what: str) -> dict[str, str]:
    seed = f"{upload.host} {upload.received_at.isoformat()} {digest(upload.html + upload.picture)} {what}"
    return {"WARC-Date": date, "WARC-Record-ID": f"<{uuid5(NAMESPACE_URL, seed).urn}>"}
