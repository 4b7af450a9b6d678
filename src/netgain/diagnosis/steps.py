"""A solution in one piece -> its steps.

A step is a line, a list's item, or, in a text of one paragraph, a sentence. A displayed equation
belongs to the step that announces it, and so does a line that begins with "=". Steps that come as
a list are taken as they are.
"""

import re

_SENTENCE = re.compile(r"(?<=[.!?])[ \t]+(?=[A-Z\"'(\\$\d])")
_GOES_ON = ("=", "&=", "≈", "\\]", "\\end", "\\\\")
_NO_STEP = re.compile(r"[\s\W_]*\Z")
_MAX_SENTENCE_LINES = 2  # a text of so few lines is split into sentences
# What counts the items of a list is no number of the working: "1. First", "**3)** then", and
# "Step 2: so", "### Step 2", which may stand alone. "5." alone is kept: it may be the answer.
_MARKER = re.compile(
    r"\s{0,9}(?:#{1,6}\s{1,3}|[-*•]\s{1,3})?\*{0,2}"
    r"(?:step\s{1,3}\d{1,2}\b\*{0,2}[.):]?\*{0,2}(?:\s{1,3}|\Z)"
    r"|\(?\d{1,2}\*{0,2}[.):]\*{0,2}\s{1,3}(?=\S))",
    re.IGNORECASE,
)
_BARE_MARKER = re.compile(r"\(?\d{1,2}[.)]")


def split_steps(text: str) -> tuple[str, ...]:
    r"""The steps of a solution, in order, without empty ones.

    >>> split_steps("Tom has 3 + 4 = 7 pens. He loses 2. So 7 - 2 = 5 are left.\n#### 5")
    ('Tom has 3 + 4 = 7 pens.', 'He loses 2.', 'So 7 - 2 = 5 are left.', '#### 5')
    """
    lines = _joined(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    if len(lines) <= _MAX_SENTENCE_LINES:
        lines = [sentence for line in lines for sentence in _sentences(line)]
    return tuple(lines)


def without_marker(step: str) -> str:
    """A step without what counts it in a list.

    >>> without_marker("1. First, 2 + 3 = 5."), without_marker("Step 2: so 5"), without_marker("5.")
    ('First, 2 + 3 = 5.', 'so 5', '5.')
    >>> without_marker("### Step 1:"), without_marker("**Step 1**: add"), without_marker("2.5 + 1")
    ('', 'add', '2.5 + 1')
    """
    found = _MARKER.match(step)
    return step[found.end() :] if found else step


def _sentences(line: str) -> list[str]:
    """The sentences of a line; the number of a list's item stays with what it counts."""
    found, begin = [], 0
    for space in _SENTENCE.finditer(line):
        if not _BARE_MARKER.fullmatch(line, begin, space.start()):
            found.append(line[begin : space.start()])
            begin = space.end()
    return [*found, line[begin:]]


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
