"""Small readings of foreign rows: of any value, whatever stands where something else should."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from netgain.data.asked_text import spoken

MOST_LISTED = 200_000  # characters of a list that a table holds as text
Row = Mapping[str, Any]
Shape = Callable[[Row], Row]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def texts_in(value: Any) -> Any:
    """The texts of a list that a table holds as one text; another value as it is.

    >>> texts_in("['so 7', '8']"), texts_in("[7]"), texts_in("a")
    (['so 7', '8'], '[7]', 'a')
    """
    if not isinstance(value, str) or value[:2] not in ("['", '["') or len(value) > MOST_LISTED:
        return value
    try:
        found = ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return value
    is_list = isinstance(found, list) and all(isinstance(text, str) for text in found)
    return found if is_list else value


def known(**columns: Any) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if value is not None}


def part_of(row: Row, *names: str) -> Row:
    """The object that stands under these names, one in another; {} for none."""
    found: Any = row
    for name in names:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def first_named(row: Row, *names: str) -> Any:
    return next((row[name] for name in names if row.get(name) is not None), None)


def texts_of(choices: Any) -> Any:
    """The text of each choice of a chat completion: one, or a list."""
    said = [c for c in choices if isinstance(c, Mapping)] if isinstance(choices, list) else []
    inner = [c.get("message", c.get("content", c.get("text"))) for c in said]
    texts = [
        spoken(m.get("content", m.get("parts")) if isinstance(m, Mapping) else m) for m in inner
    ]
    return texts[0] if len(texts) == 1 else texts
