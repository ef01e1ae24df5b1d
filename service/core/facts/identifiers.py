"""Trackers' and advertisers' identifiers in a page's source: what ties sites to whoever runs them.

A clone carries the outlet's identifiers along and often has one of its own beside them. Found by their published forms
in the whole source, scripts and ``<noscript>`` images included, as loaders write them in many ways.
"""

from __future__ import annotations

import re

MOST = 60
"""More identifiers than any honest page has; the rest of a page that lists thousands is left out."""

# Kind, a word without which the form cannot be there, and the form. Forms begin with what they are recognised by, and
# look back at what stands before it afterwards: searching for a fixed beginning is a hundred times faster.
_FORMS = tuple(
    (kind, word, re.compile(form))
    for kind, word, form in (
        ("google", "UA-", r"(UA-(?<![\w-]UA-)\d{4,10}-\d{1,4})\b"),
        ("google", "G-", r"(G-(?<![\w-]G-)(?=[A-Z0-9]*\d)[A-Z0-9]{8,12})\b"),
        ("google", "GTM-", r"(GTM-(?<![\w-]GTM-)[A-Z0-9]{4,9})\b"),
        ("google", "GT-", r"(GT-(?<![\w-]GT-)[A-Z0-9]{6,12})\b"),
        ("google", "AW-", r"(AW-(?<![\w-]AW-)\d{8,12})\b"),
        ("adsense", "ca-pub-", r"ca-(pub-\d{10,20})\b"),
        ("meta", "fbq(", r"fbq\(\s*[\"']init[\"']\s*,\s*[\"']?(\d{10,20})"),
        ("meta", "facebook.com/tr", r"facebook\.com/tr/?\?(?:[^\"'\s<>]{0,100}?[&;])?id=(\d{10,20})"),
        ("yandex", "ym(", r"ym\((?<!\wym\()\s*[\"']?(\d{5,10})"),
        ("yandex", "mc.yandex.", r"mc\.yandex\.(?:ru|com)/watch/(\d{5,10})"),
        ("hotjar", "hjid", r"hjid\s*[:=]\s*[\"']?(\d{4,10})"),
        (
            "cloudflare",
            "data-cf-beacon",
            r"data-cf-beacon=[^>]{0,80}?token(?:\"|&quot;)\s*:\s*(?:\"|&quot;)([0-9a-f]{32})",
        ),
        ("clarity", "clarity.ms/tag/", r"clarity\.ms/tag/([a-z0-9]{8,12})\b"),
        ("clarity", "clarity", r"[\"']clarity[\"']\s*,\s*[\"']script[\"']\s*,\s*[\"']([a-z0-9]{8,12})[\"']"),
        ("tiktok", "ttq.load(", r"ttq\.load\(\s*[\"']([A-Z0-9]{15,25})[\"']"),
        ("linkedin", "_linkedin_partner_id", r"_linkedin_partner_id\s*=\s*[\"']?(\d{5,10})"),
        ("vk", "VK-RTRG-", r"(VK-RTRG-[0-9A-Za-z\-]{5,20})\b"),
        ("mailru", "top-fwz1.mail.ru", r"top-fwz1\.mail\.ru/counter\?id=(\d{5,10})"),
    )
)

_MATOMO_WORDS = ("setSiteId", "atomo.php", "iwik.php")
_MATOMO_SITE = re.compile(r"setSiteId[\"']\s*,\s*[\"']?(\d{1,6})")
_MATOMO_PIXEL = re.compile(
    r"//([a-z0-9.\-]{4,120})/(?:[^\"'\s<>?]{1,80}/)?(?:matomo|piwik)\.php\?(?:[^\"'\s<>]{0,100}?[&;])?idsite=(\d{1,6})",
    re.IGNORECASE,
)
_MATOMO_HOST = re.compile(r"[\"'](?:https?:)?//([a-z0-9.\-]{4,120})/[^\"'\s<>]{0,80}[\"']", re.IGNORECASE)
_NEARBY = 1500


def identifiers(source: str) -> frozenset[str]:
    """Identifiers as ``kind:id`` (``google:G-ABC12345``, ``matomo:stats.example/7``), at most sixty."""
    found = {f"{kind}:{match[1]}" for kind, word, form in _FORMS if word in source for match in form.finditer(source)}
    if any(word in source for word in _MATOMO_WORDS):
        found |= _matomo(source)
    return frozenset(sorted(found)[:MOST])


def _matomo(source: str) -> set[str]:
    """Matomo counts per installation, so the host is part of the identifier; it stands near the site's number."""
    found = {f"matomo:{host.lower()}/{site}" for host, site in _MATOMO_PIXEL.findall(source)}
    for site in _MATOMO_SITE.finditer(source):
        around = source[max(0, site.start() - _NEARBY) : site.end() + _NEARBY]
        host = _MATOMO_HOST.search(around)
        found.add(f"matomo:{host[1].lower()}/{site[1]}" if host else f"matomo:{site[1]}")
    return found
