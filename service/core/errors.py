"""Errors that are not outcomes. An outcome (a name that does not exist, a page that is gone) is a value.

SpoofwatchError
├── ConfigError          a setting, outlet or scenario file is wrong: says file, key, value and mend
├── InvalidName          a string that cannot be a host name: says why
├── InvalidInput         a request that cannot be carried out as it is: says what and where
├── NotFound             the thing asked for is not here
├── Conflict             somebody else changed it first
├── FeedUnavailable      a source of names does not answer, or cannot be read as it is
├── QuotaSpent           a token's allowance for the hour or the day is used up
├── AnswerTooLarge       a source answered with more than is read at once
└── StoreUnavailable     the database does not answer or cannot be written
"""

from __future__ import annotations


class SpoofwatchError(Exception):
    """Root of all errors that the service raises itself."""


class ConfigError(SpoofwatchError):
    """A setting, outlet or scenario file is wrong.

    ``file``, ``key`` and ``value`` say where; ``reason`` what is wrong; ``mend`` what to write instead.
    """

    def __init__(self, *, file: str, key: str, reason: str, value: object = None, mend: str = "") -> None:
        self.file, self.key, self.value, self.reason, self.mend = file, key, value, reason, mend
        shown = "" if value is None else f" = {value!r}"
        hint = f" ({mend})" if mend else ""
        super().__init__(f"{file}: {key}{shown}: {reason}{hint}")


class InvalidName(SpoofwatchError):
    """A string that cannot be a host name."""


class InvalidInput(SpoofwatchError):
    """A request that cannot be carried out. ``pointer`` names the field at fault, where there is one."""

    def __init__(self, message: str, pointer: str = "") -> None:
        super().__init__(message)
        self.pointer = pointer


class NotFound(SpoofwatchError):
    """The thing asked for is not here."""


class Conflict(SpoofwatchError):
    """Somebody else changed it first, or it is there already."""


class FeedUnavailable(SpoofwatchError):
    """A source of names does not answer, or cannot be read as it is; it is tried again.

    ``retry_after`` in seconds, where the source asks for that much patience.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class AnswerTooLarge(SpoofwatchError):
    """A source answered with more than is read at once; the message says how much that is."""


class QuotaSpent(SpoofwatchError):
    """A token's allowance is used up; there is room again in ``retry_after`` seconds."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StoreUnavailable(SpoofwatchError):
    """The database does not answer or cannot be written."""
