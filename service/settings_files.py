"""Read a file of settings into its model, and say in words what is wrong with it."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from service.core.errors import ConfigError

_S = TypeVar("_S", bound=BaseModel)


def read_toml(file: Path) -> dict[str, Any]:
    """A TOML file as a mapping, empty where it is missing."""
    try:
        with file.open("rb") as stream:
            return tomllib.load(stream)
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(file=str(file), key="(whole file)", reason=f"is not TOML: {error}") from None
    except OSError as error:
        raise ConfigError(file=str(file), key="(whole file)", reason=f"cannot be read: {error.strerror}") from None


def checked(model: type[_S], file: Path) -> _S:
    """A TOML file as ``model``; ConfigError with file, key, value and mend for the first thing that is wrong."""
    try:
        return model.model_validate(read_toml(file))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ConfigError(
            file=str(file),
            key=_key(first["loc"]) or "(whole file)",
            value=_shown(first),
            reason=_reason(first),
            mend=_mend(model, first),
        ) from None


def _key(location: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")


def _shown(error: ErrorDetails) -> object:
    value = error["input"]
    return None if error["type"] == "missing" or isinstance(value, dict) else value


def _reason(error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        return "there is no such setting"
    if error["type"] == "missing":
        return "is missing"
    return error["msg"].removeprefix("Value error, ")


def _mend(model: type[BaseModel], error: ErrorDetails) -> str:
    """The nearest known key for an unknown one."""
    if error["type"] != "extra_forbidden":
        return ""
    *path, wrong = (part for part in error["loc"] if isinstance(part, str))
    known = _known_keys(model, path)
    near = get_close_matches(wrong, known, 1)
    return f"did you mean {near[0]!r}?" if near else "known: " + ", ".join(known)


def _known_keys(model: type[BaseModel], path: list[str]) -> list[str]:
    for part in path:
        annotation: Any = model.model_fields[part].annotation
        arguments = [a for a in get_args(annotation) if isinstance(a, type) and issubclass(a, BaseModel)]
        model = arguments[0] if arguments else annotation
    return list(model.model_fields)
