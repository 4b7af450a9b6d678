"""What an answer looks like, whatever it says: empty, looping, cut off, a copy of its question.

The forms do not exclude each other, and none is a verdict: a right answer can begin with its mark.
Every check takes time linear in the length of the text.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

from netgain.records import FinishReason, Form

__all__ = ["Form", "begins_with_mark", "copied_share", "forms_of", "looped_share", "loops"]

RUN = 8  # words in a run that is looked for again
TAIL = 100  # runs at the end of a text, where a model that loops stays
FEWEST_RUNS = 24
AGAIN = 3  # times that a run stands in a text which loops
LINE_AGAIN = 4  # times that a line or a sentence does
LOOPED = 0.5  # share of the last runs, or of all lines, that stand there so often
_ENDS = (160, 40)  # characters at the end that one short piece may make up
COPY_RUN = 5  # words in a run of the question that is looked for in the answer
COPIED = 0.8  # share of the question's runs that stand in the answer
FEWEST_QUESTION_WORDS = 12

_LONG_WORD = re.compile(r"\S{40}")
_PIECE = re.compile(r"\S{1,20}")
_WORD = re.compile(r"[a-z0-9]+")
_LINE = re.compile(r"\n|(?<=[.!?])[ \t]")
_MARK = re.compile(
    r"(?:[\s*_`>$:]|\\[\[(])*+"
    r"(?:\#{4}(?!\#)|\\boxed\b|(?:(?:so|therefore|thus),? )?(?:the|my)? ?(?:final )?answer"
    r"[*_]{0,3}(?: is\b|:))",
    re.IGNORECASE,
)


def forms_of(text: str, finish_reason: FinishReason, question: str = "") -> frozenset[Form]:
    """The forms that an answer has.

    Args:
        text: the answer.
        finish_reason: how its generation ended; "length" is `truncated`.
        question: what was asked; "" finds no copies.

    >>> sorted(forms_of("#### 12", "length"))
    ['begins_with_mark', 'truncated']
    """
    found: set[Form] = set()
    if finish_reason == "length":
        found.add("truncated")
    if not text.strip():
        found.add("empty")
        return frozenset(found)
    if begins_with_mark(text):
        found.add("begins_with_mark")
    if copied_share(question, text) >= COPIED:
        found.add("copies_question")
    if loops(text):
        found.add("loops")
    return frozenset(found)


def begins_with_mark(text: str) -> bool:
    """Whether the mark of an answer comes first: "####", "\\boxed", "The answer is".

    >>> begins_with_mark("**The answer is 5.**"), begins_with_mark("So 2 + 3 = 5. #### 5")
    (True, False)
    """
    return _MARK.match(text) is not None


def copied_share(question: str, answer: str) -> float:
    """Of the question's runs of five words, the share that the answer holds word for word.

    0 for a question of fewer than twelve words.
    """
    asked = _WORD.findall(question.casefold())
    if len(asked) < FEWEST_QUESTION_WORDS:
        return 0.0
    runs = set(_runs(asked, COPY_RUN))
    return len(runs.intersection(_runs(_WORD.findall(answer.casefold()), COPY_RUN))) / len(runs)


def loops(text: str) -> bool:
    """Whether a text says the same again and again: a line, a cycle of lines, or its end.

    >>> loops("He has 4 pens.\\nShe has 5.\\n" * 6), loops("He has 4 pens.\\nShe has 5.\\n" * 2)
    (True, False)
    """
    share, runs = looped_share(text)
    if runs >= FEWEST_RUNS and share >= LOOPED:
        return True
    lines = Counter(line.strip() for line in _LINE.split(text) if _WORD.search(line.casefold()))
    often = sum(count for count in lines.values() if count >= LINE_AGAIN)
    return (often > 0 and often >= LOOPED * lines.total()) or _end_repeats(text)


def looped_share(text: str) -> tuple[float, int]:
    """Of the last 100 runs of eight words: the share that the text holds three times; their number.

    A text without spaces is cut into pieces first, so that "haha…" repeats too.
    """
    words = _PIECE.findall(text) if _LONG_WORD.search(text) else text.split()
    runs = list(_runs(words, RUN))
    if not runs:
        return 0.0, 0
    counts = Counter(runs)
    tail = runs[-TAIL:]
    return sum(counts[run] >= AGAIN for run in tail) / len(tail), len(tail)


def _end_repeats(text: str) -> bool:
    """Whether one piece of up to a quarter of its length makes up the whole end."""
    text = text.rstrip()
    return any(_is_one_piece(text[-length:]) for length in _ENDS if len(text) >= length)


def _is_one_piece(end: str) -> bool:
    # A text that repeats with period p is found in itself, moved by p. A rule ("---") is no loop.
    period = end.find(end[: len(end) // 2], 1)
    repeats = 0 < period <= len(end) // LINE_AGAIN and end[period:] == end[:-period]
    return repeats and _WORD.search(end.casefold()) is not None


def _runs(words: Sequence[str], length: int) -> Iterable[tuple[str, ...]]:
    return zip(*(islice(words, i, None) for i in range(length)), strict=False)
