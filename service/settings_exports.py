"""Settings of exports, and the file of popular names that they may name."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from service.core.errors import ConfigError, InvalidName
from service.core.names.name import parse
from service.settings_fields import Section


class Exports(Section):
    """[exports]."""

    organisation: str = Field(
        "Spoofwatch", min_length=1, max_length=100, description="named as author in STIX and MISP, and in lists' heads"
    )
    tlp: Literal["clear", "green", "amber", "amber+strict", "red"] = Field(
        "green", description="marks everything that nobody marked more strictly (Traffic Light Protocol 2.0)"
    )
    zone: str = Field(
        "spoofwatch.rpz", pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)*$", description="name of the response policy zone"
    )
    popular_file: Path | None = Field(
        None, description="further registrable names, one a line, that no list ever blocks; a top list of your own"
    )


def popular_names(file: Path, named_in: Path) -> tuple[str, ...]:
    """The names in a file, one a line, ``#`` before remarks; ConfigError for what is none, or cannot be read."""
    key, mend = "exports.popular_file", "name a text file with one registrable name a line"
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(file=str(named_in), key=key, value=str(file), reason=str(error), mend=mend) from None
    found = []
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        try:
            found.append(parse(text))
        except InvalidName as error:
            reason = f"line {number}: {error}"
            raise ConfigError(file=str(named_in), key=key, value=str(file), reason=reason, mend=mend) from None
    return tuple(found)
