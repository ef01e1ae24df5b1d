"""Hypothesis strategies for the model's dataclasses, by their annotations: a new field is tested the day it exists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

HOSTILE = st.text(alphabet=st.characters(exclude_categories=()), max_size=12)
"""Any text, lone surrogates and NUL included."""

STORABLE = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
"""Text that a database keeps as it is."""

TIMES = st.datetimes(timezones=st.just(UTC))


def values_of(kind: Any, text: st.SearchStrategy[str] = HOSTILE) -> st.SearchStrategy[Any]:
    """Values that fit an annotation of the model."""
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: text,
        int: st.integers(0, 2**31 - 1),
        float: st.floats(allow_nan=False, allow_infinity=False),
        bool: st.booleans(),
        bytes: st.binary(max_size=12),
        type(None): st.none(),
        datetime: TIMES,
        Any: _json(text),
    }
    if kind in plain:
        return plain[kind]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        given_fields = {field.name: values_of(hints[field.name], text) for field in fields(kind)}
        return st.builds(kind, **given_fields)
    return _composed(get_origin(kind), get_args(kind), text)


def _composed(origin: Any, args: tuple[Any, ...], text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    inner = [values_of(arg, text) for arg in args if arg is not Ellipsis]
    if origin in (Union, UnionType):
        return st.one_of(inner)
    if origin is tuple:
        return st.lists(inner[0], max_size=3).map(tuple) if args[-1] is Ellipsis else st.tuples(*inner)
    if origin is frozenset:
        return st.frozensets(st.integers(0, 2**64 - 1) if args[0] is int else inner[0], max_size=5)
    if origin is Mapping:
        return st.dictionaries(inner[0], inner[1], max_size=3)
    raise TypeError(f"no strategy for {origin} of {args}")


def _json(text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3), max_leaves=5
    )
