"""Frozen dataclasses to JSON text and back, by their annotations.

What is written can be read again: a value that does not fit its annotation is refused when it is *written*, so that one
adapter's slip never leaves a row behind that nobody can load. Reading is as strict (unknown field, missing field, wrong
type), because a row that reads differently from how it was written is worse than one that does not read.

Text is kept short and plain: fields at their default are left out, sets are sorted, everything outside ASCII is escaped
(hostile pages send lone surrogates and NUL, which no database takes as text). Sets of 64-bit hashes are packed.

Understood: str, int, float, bool, datetime, enums, dataclasses, ``X | None``, ``tuple[X, ...]``, ``tuple[X, Y]``,
``frozenset[X]``, ``Mapping[str, X]`` and ``Any`` (JSON values, as they are). Plans are built once per type.
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, NamedTuple, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
E = TypeVar("E", bound=Enum)

_HASH_BITS = 64
_ABSENT: Any = object()


class CodecError(ValueError):
    """A value that does not fit its type. ``path`` leads to it from the outside in."""

    def __init__(self, reason: str, path: str = "") -> None:
        self.reason, self.path = reason, path
        super().__init__(f"{path.lstrip('.')}: {reason}" if path else reason)

    def inside(self, step: str) -> CodecError:
        """The same error, seen from one level further out."""
        return CodecError(self.reason, step + self.path)


class _Plan(NamedTuple):
    """How one type is written (to JSON values) and read (from them)."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def dumps(kind: Any, value: object) -> str:
    """JSON text of ``value``, which has to fit ``kind`` (a dataclass, or an annotation such as ``tuple[Signal, ...]``).

    Raises CodecError where it does not fit.
    """
    return json_text(plan(kind).write(value))


def loads(kind: type[T], text: str) -> T:
    """The value that ``dumps`` wrote. Raises CodecError for text that is not exactly that."""
    return cast("T", load_any(kind, text))


def load_any(kind: Any, text: str) -> Any:
    """As ``loads``, for an annotation that is not a class (``tuple[Signal, ...]``)."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CodecError(f"not JSON ({error})") from error
    return plan(kind).read(raw)


def json_text(value: object) -> str:
    """Plain JSON values as compact ASCII text. Raises CodecError for what JSON cannot hold (NaN, bytes, objects)."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise CodecError(f"not a JSON value ({error})") from error


def moment(value: datetime) -> str:
    """An aware time as RFC 3339 text in UTC, with as many fractional digits as it needs (none or six)."""
    if value.tzinfo is None:
        raise CodecError(f"{value!r} has no time zone")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def member(kind: type[E], text: str) -> E:
    """The enum member whose value is ``text``. Raises CodecError where there is none."""
    return cast("E", plan(kind).read(text))


@cache
def plan(kind: Any) -> _Plan:
    """How ``kind`` is written and read. Raises TypeError for an annotation that the codec does not know."""
    if kind is Any:
        return _Plan(_as_it_is, _as_it_is)
    if kind in (str, int, float, bool):
        return _plain(kind)
    if kind is datetime:
        return _Plan(_write_datetime, _read_datetime)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enum(kind)
    if is_dataclass(kind):
        return _record(cast("type[Any]", kind))
    return _composed(kind, get_origin(kind), get_args(kind))


def _composed(kind: Any, origin: Any, args: tuple[Any, ...]) -> _Plan:
    """Annotations made of others."""
    if origin in (Union, UnionType):
        return _optional(args)
    if origin is tuple and args:
        return _sequence(plan(args[0])) if args[-1] is Ellipsis else _fixed(args)
    if origin is frozenset:
        return _hashes() if args[0] is int else _set(plan(args[0]))
    if origin is Mapping and args[0] is str:
        return _mapping(plan(args[1]))
    raise TypeError(f"the codec does not know {kind!r}")


def _as_it_is(value: Any) -> Any:
    return value


def _plain(kind: type[Any]) -> _Plan:
    """str, int, float, bool; an int stands for a float (JSON does not tell 1 from 1.0), a bool for nothing else."""

    def fit(value: Any) -> Any:
        if type(value) is kind:
            return value
        if kind is float and type(value) is int:
            return float(value)
        if kind is str and isinstance(value, str):
            return str(value)
        raise CodecError(f"{_shown(value)} is not of type {kind.__name__}")

    return _Plan(fit, fit)


def _write_datetime(value: Any) -> str:
    if not isinstance(value, datetime):
        raise CodecError(f"{_shown(value)} is not a time")
    return moment(value)


def _read_datetime(raw: Any) -> datetime:
    try:
        value = datetime.fromisoformat(raw)
    except (TypeError, ValueError) as error:
        raise CodecError(f"{_shown(raw)} is not a time") from error
    if value.tzinfo is None:
        raise CodecError(f"{_shown(raw)} has no time zone")
    return value


def _enum(kind: type[Enum]) -> _Plan:
    """Enums by value."""
    members = {member.value: member for member in kind}

    def write(value: Any) -> Any:
        if type(value) is not kind:
            raise CodecError(f"{_shown(value)} is not a {kind.__name__}")
        return value.value

    def read(raw: Any) -> Enum:
        found = members.get(raw) if isinstance(raw, (str, int)) else None
        if found is None or type(found.value) is not type(raw):
            raise CodecError(f"{_shown(raw)} is not one of {', '.join(map(str, members))}")
        return found

    return _Plan(write, read)


def _optional(args: tuple[Any, ...]) -> _Plan:
    """``X | None``; no other union has one reading."""
    rest = [arg for arg in args if arg is not NoneType]
    if len(rest) != 1 or len(args) == 1:
        raise TypeError(f"the codec does not know a union of {args!r}")
    inner = plan(rest[0])
    return _Plan(
        lambda value: None if value is None else inner.write(value),
        lambda raw: None if raw is None else inner.read(raw),
    )


def _each(step: Callable[[Any], Any], values: Any) -> list[Any]:
    """Every value through ``step``, the index named where one fails."""
    done: list[Any] = []
    try:
        done.extend(map(step, values))
    except CodecError as error:
        raise error.inside(f"[{len(done)}]") from None
    return done


def _sequence(inner: _Plan) -> _Plan:
    """``tuple[X, ...]`` as a list."""

    def write(value: Any) -> list[Any]:
        return _each(inner.write, _expect(tuple, value))

    def read(raw: Any) -> tuple[Any, ...]:
        return tuple(_each(inner.read, _expect(list, raw)))

    return _Plan(write, read)


def _fixed(args: tuple[Any, ...]) -> _Plan:
    """``tuple[X, Y]`` as a list of exactly that length."""
    plans = [plan(arg) for arg in args]

    def through(pick: Callable[[_Plan], Callable[[Any], Any]], values: Any) -> list[Any]:
        if len(values) != len(plans):
            raise CodecError(f"{len(values)} values instead of {len(plans)}")
        return [pick(inner)(value) for inner, value in zip(plans, values, strict=True)]

    return _Plan(
        lambda value: through(lambda inner: inner.write, _expect(tuple, value)),
        lambda raw: tuple(through(lambda inner: inner.read, _expect(list, raw))),
    )


def _set(inner: _Plan) -> _Plan:
    """``frozenset[X]`` as a sorted list without repetition."""

    def write(value: Any) -> list[Any]:
        return sorted(_each(inner.write, _expect(frozenset, value)))

    def read(raw: Any) -> frozenset[Any]:
        values = frozenset(_each(inner.read, _expect(list, raw)))
        if len(values) != len(raw):
            raise CodecError("a set with a value twice")
        return values

    return _Plan(write, read)


def _hashes() -> _Plan:
    """``frozenset[int]``: 64-bit hashes packed big-endian in order, as Base64; 11 characters each instead of 20.

    A set with a number outside 0 to 2**64-1 is a list instead, so that every set of numbers can be kept.
    """
    plain = _set(_plain(int))

    def write(value: Any) -> str | list[int]:
        numbers = cast("list[int]", plain.write(value))
        if numbers and (numbers[0] < 0 or numbers[-1] >> _HASH_BITS):
            return numbers
        return base64.b64encode(struct.pack(f">{len(numbers)}Q", *numbers)).decode("ascii")

    def read(raw: Any) -> frozenset[int]:
        if not isinstance(raw, str):
            return cast("frozenset[int]", plain.read(raw))
        try:
            packed = base64.b64decode(raw, validate=True)
            return frozenset(struct.unpack(f">{len(packed) // 8}Q", packed))
        except (binascii.Error, ValueError, struct.error) as error:
            raise CodecError(f"{_shown(raw)} is not a packed set ({error})") from error

    return _Plan(write, read)


def _mapping(inner: _Plan) -> _Plan:
    """``Mapping[str, X]`` as an object, in its order."""

    def through(step: Callable[[Any], Any], mapping: Mapping[Any, Any]) -> dict[str, Any]:
        done: dict[str, Any] = {}
        for key, item in mapping.items():
            try:
                done[key] = step(item)
            except CodecError as error:
                raise error.inside(f".{key}") from None
        return done

    def write(value: Any) -> dict[str, Any]:
        mapping = _expect(Mapping, value)
        if not all(isinstance(key, str) for key in mapping):
            raise CodecError("a key that is not a string")
        return through(inner.write, mapping)

    return _Plan(write, lambda raw: through(inner.read, _expect(dict, raw)))


_Fields = Mapping[str, tuple[_Plan, Any]]


def _record(kind: type[Any]) -> _Plan:
    """A dataclass as an object without the fields that are at their default.

    Fields that do not count when two values are compared are carried along in memory and never written.
    """
    hints = get_type_hints(kind)
    known = {field.name: (plan(hints[field.name]), _default(field)) for field in fields(kind) if field.compare}
    return _Plan(_record_writer(kind, known), _record_reader(kind, known))


def _record_writer(kind: type[Any], known: _Fields) -> Callable[[Any], dict[str, Any]]:
    def write(value: Any) -> dict[str, Any]:
        if type(value) is not kind:
            raise CodecError(f"{_shown(value)} is not a {kind.__name__}")
        done: dict[str, Any] = {}
        for name, (inner, default) in known.items():
            item = getattr(value, name)
            if item is default or (type(item) is type(default) and item == default):
                continue
            try:
                done[name] = inner.write(item)
            except CodecError as error:
                raise error.inside(f".{name}") from None
        return done

    return write


def _record_reader(kind: type[Any], known: _Fields) -> Callable[[Any], Any]:
    required = {name for name, (_, default) in known.items() if default is _ABSENT}

    def read(raw: Any) -> Any:
        given: dict[str, Any] = {}
        for name, item in _expect(dict, raw).items():
            if name not in known:
                raise CodecError(f"{kind.__name__} has no field {name!r}")
            try:
                given[name] = known[name][0].read(item)
            except CodecError as error:
                raise error.inside(f".{name}") from None
        if not required <= given.keys():
            raise CodecError(f"{kind.__name__} without {', '.join(sorted(required - given.keys()))}")
        return kind(**given)

    return read


def _default(field: Field[Any]) -> Any:
    """A field's default, or _ABSENT where it has to be given."""
    if field.default is not MISSING:
        return field.default
    return _ABSENT if field.default_factory is MISSING else field.default_factory()


def _expect(kind: Any, value: Any) -> Any:
    """``value``, if it is a ``kind``."""
    if not isinstance(value, kind):
        raise CodecError(f"{_shown(value)} is not a {kind.__name__}")
    return value


def _shown(value: object) -> str:
    """A value in an error's sentence, cut: it may be a whole page."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 - a line's worth
