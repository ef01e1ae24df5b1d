"""Reported addresses: what people paste, read as they meant it."""

from __future__ import annotations

from urllib.parse import urlsplit

from service.core.errors import InvalidInput
from service.core.names.name import refang
from service.core.sightings.sighting import MAX_URL


def address(given: str) -> str:
    """The URL or name that was meant, defanged ones made whole; InvalidInput where it cannot be looked at."""
    if len(given) > MAX_URL:
        raise InvalidInput(f"longer than {MAX_URL} characters")
    url = refang(given.strip())
    if not url:
        raise InvalidInput("there is no address")
    if "\ufffd" in url:
        raise InvalidInput("it is not UTF-8 text: save the file as UTF-8")
    if any(char.isspace() or not char.isprintable() for char in url):
        raise InvalidInput("a URL holds no spaces and no control characters")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InvalidInput(f"not a URL: {error}") from error
    if "://" in url and parts.scheme not in ("http", "https"):
        raise InvalidInput(f"{parts.scheme}:// is not looked at, only http:// and https://")
    if parts.username is not None or parts.password is not None:
        raise InvalidInput("a URL with a user name or password in it is not looked at")
    return url
