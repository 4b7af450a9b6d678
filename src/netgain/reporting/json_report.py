"""report.json: all of Findings as plain JSON, for programs.

Sorted keys, UTF-8, one value a line. A float that is not finite becomes null, because JSON has no
word for it. Text stays exactly as it was; characters that a terminal would obey are escaped.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from netgain.records import Findings

# C1 controls, bidirectional and zero-width controls, line separators, lone surrogates: json
# leaves them raw, and then `cat report.json` can recolour or reorder what follows.
_ACTIVE = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]"
)


def render(findings: Findings) -> bytes:
    """report.json as bytes."""
    return encoded(findings)


def encoded(record: Any) -> bytes:
    """A record as the bytes of a JSON file."""
    text = json.dumps(plain(record), ensure_ascii=False, allow_nan=False, indent=2, sort_keys=True)
    return (_ACTIVE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n").encode()


def plain(value: Any) -> Any:
    """Records as dicts, tuples as lists, non-finite floats as None.

    >>> plain((1, float("nan"), "a"))
    [1, None, 'a']
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    raise TypeError(f"a report cannot hold a {type(value).__name__}: {value!r}")
