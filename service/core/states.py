"""The closed lists of words: how a name resembles, what a site answers, what it was judged to be, where a block is."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Technique(StrEnum):
    """How a name resembles an outlet."""

    TLD_SWAP = "tld-swap"
    SLD_SUFFIX = "sld-suffix"
    ADDITION = "addition"
    OMISSION = "omission"
    REPLACEMENT = "replacement"
    INSERTION = "insertion"
    TRANSPOSITION = "transposition"
    REPETITION = "repetition"
    HYPHENATION = "hyphenation"
    HOMOGLYPH = "homoglyph"
    IDN = "idn"
    VOWEL_SWAP = "vowel-swap"
    PLURAL = "plural"
    BITSQUAT = "bitsquat"
    JOINED_SUFFIX = "joined-suffix"
    COMBOSQUAT = "combosquat"
    SUBDOMAIN = "subdomain"
    COMBINED = "combined"
    UNRELATED = "unrelated"


class Availability(StrEnum):
    """What a site answers, graded; absence is never guessed from an error."""

    LIVE = "live"
    PARKED = "parked"
    REDIRECTS_TO_OUTLET = "redirects-to-outlet"
    CONTENT_NOT_SEEN = "content-not-seen"
    CHALLENGED = "challenged"
    UNREACHABLE = "unreachable"
    NO_ADDRESS = "no-address"
    NXDOMAIN = "nxdomain"
    SERVFAIL = "servfail"
    SINKHOLED = "sinkholed"
    SEIZED = "seized"
    RESOLVER_BLOCKED = "resolver-blocked"
    VANTAGE_FAILED = "vantage-failed"
    NOT_CHECKED = "not-checked"


class Verdict(StrEnum):
    """What a lookalike was judged to be."""

    UNKNOWN = "unknown"
    INNOCENT = "innocent"
    SUSPECTED = "suspected"
    IMPERSONATION = "impersonation"

    @property
    def flagged(self) -> bool:
        """Whether people are told of it."""
        return self in (Verdict.SUSPECTED, Verdict.IMPERSONATION)

    @property
    def rank(self) -> int:
        """How bad it is; innocent counts as little as unknown."""
        return {Verdict.SUSPECTED: 1, Verdict.IMPERSONATION: 2}.get(self, 0)


class WordReason(StrEnum):
    """Why an analyst judged as they did; a closed list, so that it can be counted and filtered by."""

    SAME_NAME_OUTLET = "same-name-outlet"
    COMPANY = "company"
    DEFENSIVE = "defensive"
    PARODY = "parody"
    OTHER = "other"


class WordScope(StrEnum):
    """What an analyst's word is about: the name, whatever outlet it resembles, or the name beside one outlet."""

    NAME = "name"
    NAME_AND_OUTLET = "name-and-outlet"


class Place(StrEnum):
    """Where a block acts."""

    PLATFORM = "platform"
    REGISTRAR = "registrar"
    REGISTRY = "registry"
    HOST = "host"
    RESOLVER = "resolver"
    SEIZURE = "seizure"


class Cause(StrEnum):
    """Why an episode ended."""

    BLOCKED = "blocked"
    EXPIRED = "expired"
    ABANDONED = "abandoned"
    UNKNOWN = "unknown"


class BaselineState(StrEnum):
    """Whether pages are judged by a version of an outlet's baseline. ``held``: until it was seen on two days."""

    IN_USE = "in-use"
    HELD = "held"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"


class Tier(StrEnum):
    """How wide a sweep is."""

    EXACT = "exact"
    EDITS = "edits"
    FULL = "full"
    SIBLINGS = "siblings"


class FirstSeenAs(StrEnum):
    """Whether a lookalike was there before the outlet was watched."""

    PREEXISTING = "preexisting"
    NEWLY_REGISTERED = "newly-registered"
    UNKNOWN = "unknown"


class Urgency(IntEnum):
    """In which order due sites are taken where not all can be: ``now`` is what is new or was asked for."""

    NOW = 0
    CHANGING = 1
    ROUTINE = 2
    DORMANT = 3
