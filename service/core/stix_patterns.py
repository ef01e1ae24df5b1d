"""What the patterns of STIX indicators compare: names and addresses of the web (STIX 2.1, section 9). Pure.

Read by the comparison expressions alone. How they are joined says what an indicator is evidence of, not which names it
speaks of.
"""

from __future__ import annotations

import re

_COMPARED = re.compile(r"(?:domain-name|url):value\s*=\s*'((?:[^'\\]|\\.)*)'")


def compared(pattern: str) -> list[str]:
    """The values that a pattern compares ``domain-name:value`` and ``url:value`` with, unescaped, in their order."""
    return [re.sub(r"\\(.)", r"\1", value) for value in _COMPARED.findall(pattern)]
