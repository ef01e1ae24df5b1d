"""Values of the model as JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from service.core.alerts.events import rfc3339


def shown(value: Any) -> Any:
    """A value of the model as JSON values with every field present, so that readers find the same keys each time."""
    if is_dataclass(value):
        return {field.name: shown(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, Mapping):
        return {key: shown(item) for key, item in value.items()}
    if isinstance(value, (tuple, frozenset)):
        return [shown(item) for item in value]
    return value.value if isinstance(value, Enum) else value
