"""A solution in one piece -> its steps.

A step is a line, a list's item, or, in a text of one paragraph, a sentence. A displayed equation
belongs to the step that announces it, and so does a line that begins with "=". Steps that come as
a list are taken as they are.
"""

from __future__ import annotations

import re

_SENTENCE = re.compile(r"(?<=[.!?])[ \t]+(?=[A-Z\"'(\\$\d])")
_GOES_ON = ("=", "&=", "≈", "\\]", "\\end", "\\\\")
_NO_STEP = re.compile(r"[\s\W_]*\Z")
_MAX_SENTENCE_LINES = 2  # a text of so few lines is split into sentences


def split_steps(text: str) -> tuple[str, ...]:
    r"""The steps of a solution, in order, without empty ones.

    >>> split_steps("Tom has 3 + 4 = 7 pens. He loses 2. So 7 - 2 = 5 are left.\n#### 5")
    ('Tom has 3 + 4 = 7 pens.', 'He loses 2.', 'So 7 - 2 = 5 are left.', '#### 5')
    """
    lines = _joined(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    if len(lines) <= _MAX_SENTENCE_LINES:
        lines = [sentence for line in lines for sentence in _SENTENCE.split(line)]
    return tuple(lines)


def _joined(lines: list[str]) -> list[str]:
    """Lines with displays (`\\[ … \\]`) and continued equations joined to what they belong to."""
    steps: list[list[str]] = []
    in_display = False
    for line in lines:
        bare = line.strip()
        if not bare:
            continue
        opens = bare.startswith(("\\[", "$$"))
        if steps and (in_display or opens or bare.startswith(_GOES_ON) or _NO_STEP.match(bare)):
            steps[-1].append(bare)
        else:
            steps.append([bare])
        if opens:
            in_display = "\\]" not in bare and bare.count("$$") < 2
        elif in_display:
            in_display = "\\]" not in bare and "$$" not in bare
    return ["\n".join(step) for step in steps]
