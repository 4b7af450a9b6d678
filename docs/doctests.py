"""What Griffe does to docstrings: examples (`>>>`) are shown as code, in a section of their own."""

from __future__ import annotations

import re
from typing import Any

import griffe

SECTION = re.compile(r"^[A-Z][a-z]+:$")


def with_examples(text: str) -> str:
    """A docstring whose examples stand under "Examples:".

    >>> print(with_examples("One.\\n\\n>>> 1 + 1\\n2"))
    One.
    <BLANKLINE>
    Examples:
        >>> 1 + 1
        2
    """
    lines = text.splitlines()
    begin = next((at for at, line in enumerate(lines) if line.startswith(">>> ")), None)
    if begin is None:
        return text
    end = next((at for at, line in enumerate(lines) if at > begin and SECTION.match(line)), None)
    shown = [f"    {line}".rstrip() for line in lines[begin:end]]
    rest = [] if end is None else ["", *lines[end:]]
    return "\n".join([*lines[:begin], "Examples:", *shown, *rest])


class Doctests(griffe.Extension):
    def on_object(self, *, obj: Any, **_: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = with_examples(obj.docstring.value)
