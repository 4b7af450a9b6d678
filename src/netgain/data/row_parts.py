"""Small readings of foreign rows: of any value, whatever stands where something else should."""

import ast
from collections.abc import Callable, Mapping
from typing import Any

from netgain.data.asked_text import spoken

MOST_LISTED = 200_000  # characters of a list that a table holds as text
# Where an object has the text of an answer, or a right answer.
SAID_UNDER = ("text", "generated_text", "content", "output_text", "completion", "message", "output")
RIGHT_UNDER = ("ground_truth", "answer", "gold", "value", "number", "text")
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


def is_items(value: Any) -> bool:
    """Whether a list is what a model gave out step by step: messages, with reasoning and calls."""
    kinds = [one.get("type") for one in listed(value) if isinstance(one, Mapping)]
    return "message" in kinds or "reasoning" in kinds


def said_in_items(items: Any) -> str:
    """The texts of the messages among such items.

    >>> said_in_items([{"type": "reasoning"}, {"type": "message", "content": "so 7"}])
    'so 7'
    """
    messages = [one for one in listed(items) if isinstance(one, Mapping)]
    texts = [spoken(one.get("content")) for one in messages if one.get("type") == "message"]
    return "\n".join(filter(None, texts))


def text_within(said: Row) -> str | None:
    """The text of an answer that is an object, or stands in one within it.

    >>> text_within({"message": {"content": "so 7"}}), text_within({"tokens": 3})
    ('so 7', None)
    """
    value = first_named(said, *SAID_UNDER)
    if isinstance(value, Mapping):
        value = first_named(value, *SAID_UNDER)
    return spoken(value)


def unwrapped(value: Any) -> Any:
    """A right answer that is the only one of a list, or stands in an object.

    >>> unwrapped(["7"]), unwrapped({"ground_truth": "7", "style": "rule"}), unwrapped(["7", "8"])
    ('7', '7', ['7', '8'])
    """
    if isinstance(value, Mapping):
        value = first_named(value, *RIGHT_UNDER) or value
    return value[0] if isinstance(value, list) and len(value) == 1 else value


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
