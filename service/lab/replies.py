"""The few kinds of HTTP answers that the lab's sites give."""

from __future__ import annotations

from service.lab.world import Reply

_PAGE_HEADERS = (("Content-Type", "text/html; charset=utf-8"), ("Server", "nginx"), ("Cache-Control", "max-age=60"))


def html_reply(html: str, status: int = 200) -> Reply:
    """A page. Bytes that were no UTF-8 when they were read come out as they were."""
    return Reply(status=status, body=html.encode("utf-8", "surrogateescape"), headers=_PAGE_HEADERS)


def file_reply(body: bytes | str, content_type: str) -> Reply:
    """Anything that is not a page."""
    data = body if isinstance(body, bytes) else body.encode()
    return Reply(body=data, headers=(("Content-Type", content_type), ("Server", "nginx")))


def redirect_reply(url: str, status: int = 302) -> Reply:
    """A redirect with the short page that servers send along."""
    body = (
        f"<html><head><title>{status} Found</title></head><body><center><h1>{status} Found</h1></center></body></html>"
    )
    return Reply(status=status, body=body.encode(), headers=(*_PAGE_HEADERS, ("Location", url)))


def error_reply(status: int, reason: str) -> Reply:
    """A web server's own error page."""
    line = f"{status} {reason}"
    body = f"<center><h1>{line}</h1></center><hr><center>nginx</center>"
    page = f"<html><head><title>{line}</title></head><body>{body}</body></html>"
    return Reply(status=status, body=page.encode(), headers=_PAGE_HEADERS)


EMPTY = Reply(status=200, body=b"", headers=_PAGE_HEADERS)
"""200 with nothing."""

NOT_FOUND = error_reply(404, "Not Found")
FORBIDDEN = error_reply(403, "Forbidden")
