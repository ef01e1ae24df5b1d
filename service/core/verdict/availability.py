"""What a site answers, graded per vantage, and the site's own grade as a stated consensus.

A DNS vantage is named as in ``DnsAnswers.vantage``, a view of the pages by its profile. Absence is never guessed from
an error: what was not asked is ``not-checked``, what failed on our side is ``vantage-failed``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from service.core.facts.dns import DnsAnswers, DnsFacts, DnsStatus
from service.core.facts.page import FetchedPage, FetchOutcome
from service.core.states import Availability
from service.core.verdict.grades import LITTLE_TEXT, PageKind, Told, page_kind
from service.core.verdict.lists import Lists, in_networks, unreachable_everywhere, within

A = Availability

PARKING_LINKS = 40
"""Links up to which a page on a parking service's servers is taken for that service's; their pages have 5 to 30."""


@dataclass(frozen=True, slots=True)
class Graded:
    """One vantage's grade and by what it was told. ``dns``: the vantage is a resolver, else it is a profile."""

    availability: Availability
    reason: str
    dns: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    """Every vantage's grade of one look. ``own`` names the DNS vantage that the fetches relied on.

    ``suspended`` says by what a hoster's suspension page was told, where every view was served one.
    """

    graded: Mapping[str, Graded] = field(default_factory=dict)
    own: str = ""
    suspended: str = ""

    @property
    def availability(self) -> dict[str, Availability]:
        """Grades alone, for ``Look.availability``."""
        return {vantage: graded.availability for vantage, graded in self.graded.items()}


# Evidence of life first: of several answers in one view the first of these is the view's grade.
_RANK = (
    A.LIVE, A.REDIRECTS_TO_OUTLET, A.CHALLENGED, A.CONTENT_NOT_SEEN, A.SEIZED, A.SINKHOLED, A.PARKED,
    A.UNREACHABLE, A.NO_ADDRESS, A.NXDOMAIN, A.SERVFAIL, A.NOT_CHECKED, A.VANTAGE_FAILED,
)  # fmt: skip

_KINDS = {
    PageKind.CONTENT: A.LIVE,
    PageKind.PARKED: A.PARKED,
    PageKind.SEIZED: A.SEIZED,
    PageKind.CHALLENGE: A.CHALLENGED,
}

_ANSWERED_BADLY = frozenset(
    {
        FetchOutcome.TOO_LARGE,
        FetchOutcome.TOO_MANY_REDIRECTS,
        FetchOutcome.REDIRECT_LOOP,
        FetchOutcome.UNSUPPORTED_ENCODING,
    }
)


def grade(dns: DnsFacts, pages: Sequence[FetchedPage], outlet_domains: Collection[str], lists: Lists) -> Survey:
    """Grade every DNS vantage and every view of a look.

    ``outlet_domains`` are all confirmed domains of all outlets: a chain that ends on one redirects to the outlet. The
    site itself must not be one of them.
    """
    own = dns.own
    views: dict[str, list[Graded]] = {}
    for fetched in pages:
        views.setdefault(fetched.profile, []).append(_page_grade(fetched, own, outlet_domains, lists))
    graded = {profile: _best(found) for profile, found in views.items()}
    own_grade = _own_grade(own, tuple(graded.values()), lists)
    for answers in dns.answers:
        graded[answers.vantage] = own_grade if answers is own else _other_grade(answers, own, own_grade, lists)
    return Survey(graded=graded, own=own.vantage, suspended=_suspended(pages, lists))


def consensus(survey: Survey) -> tuple[Availability, str]:
    """The site's own grade, with its reason in words.

    The service's own view decides; evidence of life from another vantage outweighs its absence. A resolver that blocks
    the name while the others see it stays a matter of that resolver.
    """
    own = survey.graded.get(survey.own, Graded(A.NOT_CHECKED, "no vantage was asked"))
    if own.availability not in (A.NXDOMAIN, A.NO_ADDRESS, A.SERVFAIL, A.VANTAGE_FAILED, A.NOT_CHECKED):
        return own.availability, own.reason
    for vantage, other in survey.graded.items():
        if vantage == survey.own or other.availability not in (
            A.LIVE,
            A.REDIRECTS_TO_OUTLET,
            A.CHALLENGED,
            A.CONTENT_NOT_SEEN,
        ):
            continue
        return other.availability, f"{vantage}: {other.reason}; {survey.own}: {own.reason}"
    return own.availability, own.reason


# --- pages ----------------------------------------------------------------------------------------------------------


def _page_grade(fetched: FetchedPage, own: DnsAnswers, outlet_domains: Collection[str], lists: Lists) -> Graded:
    asked, ended = _host(fetched.target), _host(fetched.final_url)
    outlet = within(ended, outlet_domains)
    if outlet and not within(asked, (outlet,)) and (fetched.answered or len(fetched.hops) > 1):
        return Graded(A.REDIRECTS_TO_OUTLET, f"leads to {ended}")
    if fetched.answered:
        return _told_grade(page_kind(fetched, lists.markers), fetched, own, lists)
    return _failed_grade(fetched)


def _told_grade(told: Told, fetched: FetchedPage, own: DnsAnswers, lists: Lists) -> Graded:
    authority = _nameserver(own, lists.authority_nameservers)
    if authority and told.kind in (PageKind.PLACEHOLDER, PageKind.EMPTY, PageKind.NOT_HTML):
        return Graded(A.SEIZED, f"name server {authority} is an authority's; {told.by}")
    if authority and told.kind is PageKind.CONTENT and _says_seized(fetched):
        return Graded(A.SEIZED, f"name server {authority} is an authority's and the page says so")
    parked = _parking(own, lists)
    if parked and _little(fetched) and told.kind not in (PageKind.SEIZED, PageKind.CHALLENGE, PageKind.SUSPENDED):
        return Graded(A.PARKED, f"{parked}; {told.by}")
    return Graded(_KINDS.get(told.kind, A.CONTENT_NOT_SEEN), f"{told.kind.value}: {told.by}")


def _failed_grade(fetched: FetchedPage) -> Graded:
    outcome, detail = fetched.outcome, fetched.detail or fetched.outcome.value
    if outcome in (FetchOutcome.VANTAGE_FAILED, FetchOutcome.PROXY_ERROR):
        return Graded(A.VANTAGE_FAILED, detail)
    answered = outcome in _ANSWERED_BADLY or any(hop.status is not None for hop in fetched.hops)
    if answered:
        return Graded(A.CONTENT_NOT_SEEN, f"answers, then {outcome.value}: {detail}")
    if outcome is FetchOutcome.REFUSED:
        return Graded(A.NOT_CHECKED, f"not asked: {detail}")
    if outcome is FetchOutcome.NO_ADDRESS:
        return Graded(A.NO_ADDRESS, detail)
    return Graded(A.UNREACHABLE, f"{outcome.value}: {detail}")


def _little(fetched: FetchedPage) -> bool:
    """Whether the page is as small as parking pages are; a page of some size on such servers is read as what it is."""
    page = fetched.page
    return page is None or (len(page.text) <= LITTLE_TEXT and sum(page.links.values()) <= PARKING_LINKS)


def _says_seized(fetched: FetchedPage) -> bool:
    page = fetched.page
    seen = "" if page is None else f"{page.title} {' '.join(page.headings)} {page.text[:LITTLE_TEXT]}".casefold()
    return any(word in seen for word in ("seiz", "beschlagnahm", "saisi", "sequestr", "incautad", "in beslag", "zajęt"))


def _suspended(pages: Sequence[FetchedPage], lists: Lists) -> str:
    """By what a suspension page was told, where every answer was one."""
    told = [page_kind(fetched, lists.markers) for fetched in pages if fetched.answered]
    return told[0].by if told and all(one.kind is PageKind.SUSPENDED for one in told) else ""


def _best(found: Iterable[Graded]) -> Graded:
    return min(found, key=lambda one: _RANK.index(one.availability))


# --- resolvers ------------------------------------------------------------------------------------------------------

_STATUS = {
    DnsStatus.NXDOMAIN: (A.NXDOMAIN, "the name does not exist (NXDOMAIN)"),
    DnsStatus.NO_ADDRESS: (A.NO_ADDRESS, "the name has no address"),
    DnsStatus.SERVFAIL: (A.SERVFAIL, "its name servers fail (SERVFAIL)"),
    DnsStatus.REFUSED: (A.SERVFAIL, "the query is refused (REFUSED)"),
    DnsStatus.TIMEOUT: (A.SERVFAIL, "its name servers do not answer in time"),
    DnsStatus.VANTAGE_FAILED: (A.VANTAGE_FAILED, "the resolver failed its own controls"),
}


def _own_grade(own: DnsAnswers, views: Sequence[Graded], lists: Lists) -> Graded:
    if own.status is not DnsStatus.ANSWERED:
        return Graded(*_STATUS[own.status], dns=True)
    if in_networks(own.addresses, lists.sinkhole_networks):
        return Graded(A.SINKHOLED, f"{_list(own.addresses)} is a sinkhole's address", dns=True)
    server = _nameserver(own, lists.sinkhole_nameservers)
    # Name servers are the zone's own word, addresses are not: a page with content outweighs the former.
    if server and not any(view.availability in (A.LIVE, A.REDIRECTS_TO_OUTLET) for view in views):
        return Graded(A.SINKHOLED, f"name server {server} is a sinkhole's", dns=True)
    seen = [view for view in views if view.availability is not A.NOT_CHECKED]
    best = _best(seen) if seen else _by_answers(own, views, lists)
    return replace(best, dns=True)


def _by_answers(own: DnsAnswers, views: Sequence[Graded], lists: Lists) -> Graded:
    """What the answers alone say where no page was seen."""
    if views and unreachable_everywhere(own.addresses):
        return Graded(A.UNREACHABLE, f"{_list(own.addresses)}: no public host has such an address")
    parked = _parking(own, lists)
    if parked:
        return Graded(A.PARKED, parked)
    reason = views[0].reason if views else "no page was asked for this time"
    return Graded(A.NOT_CHECKED, f"resolves to {_list(own.addresses)}; {reason}")


def _other_grade(answers: DnsAnswers, own: DnsAnswers, own_grade: Graded, lists: Lists) -> Graded:
    status = answers.status
    if status is DnsStatus.VANTAGE_FAILED:
        return Graded(*_STATUS[status], dns=True)
    resolves = own.status is DnsStatus.ANSWERED and own_grade.availability not in (A.SINKHOLED, A.SEIZED)
    blocks = _blocks(answers, own, lists)
    if blocks and resolves:
        return Graded(A.RESOLVER_BLOCKED, f"{answers.vantage} {blocks}, {own.vantage} {_list(own.addresses)}", dns=True)
    if status is not DnsStatus.ANSWERED:
        return Graded(*_STATUS[status], dns=True)
    if own.status is DnsStatus.ANSWERED:
        return Graded(own_grade.availability, own_grade.reason, dns=True)
    if blocks:
        return Graded(A.RESOLVER_BLOCKED, f"{answers.vantage} {blocks}", dns=True)
    return Graded(A.CONTENT_NOT_SEEN, f"{answers.vantage} still answers {_list(answers.addresses)}", dns=True)


def _blocks(answers: DnsAnswers, own: DnsAnswers, lists: Lists) -> str:
    """How a vantage's answer is one that blocks, in words; empty where it is not.

    SERVFAIL and silence are no block: they happen to every resolver. An address set of its own is one only where it
    leads to a block page, a sinkhole or nowhere: other public addresses are what content delivery networks answer.
    """
    if answers.status in (DnsStatus.NXDOMAIN, DnsStatus.REFUSED, DnsStatus.NO_ADDRESS):
        return f"says {answers.status.value}" if own.status is DnsStatus.ANSWERED else ""
    if answers.status is not DnsStatus.ANSWERED or set(answers.addresses) & set(own.addresses):
        return ""
    shown = _list(answers.addresses)
    if in_networks(answers.addresses, lists.block_pages):
        return f"answers {shown}, a block page's address"
    if in_networks(answers.addresses, lists.sinkhole_networks):
        return f"answers {shown}, a sinkhole's address"
    if unreachable_everywhere(answers.addresses):
        return f"answers {shown}, which no public host has"
    return ""


def _parking(answers: DnsAnswers, lists: Lists) -> str:
    server = _nameserver(answers, lists.parking_nameservers)
    if server:
        return f"name server {server} is a parking service's"
    if in_networks(answers.addresses, lists.parking_networks):
        return f"{_list(answers.addresses)} is a parking service's address"
    return ""


def _nameserver(answers: DnsAnswers, domains: Collection[str]) -> str:
    """One of the name servers where all of them lie under ``domains``, else nothing."""
    servers = answers.nameservers
    return servers[0] if servers and all(within(server, domains) for server in servers) else ""


def _list(addresses: Sequence[str]) -> str:
    shown = ", ".join(addresses[:3])
    return f"{shown} and {len(addresses) - 3} more" if len(addresses) > 3 else shown  # noqa: PLR2004 - as many as are shown


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
