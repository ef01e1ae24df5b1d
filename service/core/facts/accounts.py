"""A publisher's accounts and apps as a page's metadata names them, in one spelling each.

They are public, so anybody may name them, and some themes ship with one of their maker's: how much a copied one says is
for the judge (``core/verdict/likeness.py``). They are kept apart from trackers' identifiers and tie no two sites.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

X_ACCOUNT, FACEBOOK_PAGE, APPLE_APP, ANDROID_APP = "x-account", "facebook-page", "apple-app", "android-app"

_HANDLE = re.compile(r"(?:https?://(?:www\.|mobile\.)?(?:twitter|x)\.com/)?@?([a-z0-9_]{2,30})/?")
_APP_ID = re.compile(r"(?:.*\bapp-id\s*=\s*)?(\d{6,12})\b.*")
_PAGE = re.compile(r"\d{6,20}")
_PACKAGE = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+")

MAKERS = frozenset(
    {
        "x-account:wordpressdotcom",
        "x-account:wordpress",
        "x-account:squarespace",
        "x-account:wix",
        "x-account:medium",
        "x-account:blogger",
        "x-account:tumblr",
        "x-account:substack",
        "x-account:ghost",
        "x-account:shopify",
        "x-account:webflow",
        "x-account:yoast",
        "x-account:twitter",
        "x-account:youtube",
        "x-account:your_handle",
        "x-account:username",
    }
)
"""What site builders and plugins fill in where nobody changes it."""


def _whole(form: re.Pattern[str]) -> Callable[[str], Iterable[str]]:
    def read(content: str) -> Iterable[str]:
        found = form.fullmatch(content)
        return [found[found.lastindex or 0]] if found else []

    return read


_READ: dict[str, tuple[str, Callable[[str], Iterable[str]]]] = {
    "twitter:site": (X_ACCOUNT, _whole(_HANDLE)),
    "fb:pages": (FACEBOOK_PAGE, _PAGE.findall),
    "apple-itunes-app": (APPLE_APP, _whole(_APP_ID)),
    "al:ios:app_store_id": (APPLE_APP, _whole(_APP_ID)),
    "twitter:app:id:iphone": (APPLE_APP, _whole(_APP_ID)),
    "al:android:package": (ANDROID_APP, _whole(_PACKAGE)),
    "twitter:app:id:googleplay": (ANDROID_APP, _whole(_PACKAGE)),
}
"""Metadata by name: X cards, Facebook's domain insights, Apple's Smart App Banners, App Links."""


def accounts(key: str, content: str) -> list[str]:
    """The accounts that one metadata field names, as ``kind:id``; none for other fields and what has no id's form.

    ``key`` in lower case; ``content`` cut to a length that a pattern may look at.
    """
    if key not in _READ:
        return []
    kind, read = _READ[key]
    named = (f"{kind}:{found}" for found in read(content.strip().lower()))
    return [account for account in dict.fromkeys(named) if account not in MAKERS]
