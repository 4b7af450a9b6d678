"""An answer that stands first, by itself, with its explanation below: "18 apples", then why.

Only texts that mark no answer are read so. The text must begin with nothing but a number and at
most three words of unit, before a blank line or a word of explanation ("18. Because …"), or with a
number in bold that ends a sentence ("**18**. She has …"). What follows must not take it back.
"""

import re

from netgain.grading.phrase import leading_number, settled
from netgain.text.markup import plain
from netgain.text.scan import Number

_SPAN = 100  # characters that an answer standing alone has at most
_MOST = 10_000  # characters at the end of a text in which its last sentence is looked for

_PARAGRAPH = re.compile(r"[^\S\n]*\n[^\S\n]*\n")
_BOLD = re.compile(r"\*\*([^*\n]{1,40})\*\*(?:(?=[.,;]\s|\s*\n)|(?<=[.]\*\*))")
_EXPLAINED = re.compile(
    r"(?:[.,;:]|\n|\s[-–—])[\s\W]{0,8}(?:explanations?|because|since|reason(?:s|ing)?|here(?:'s|’s|"
    r"\sis)\s(?:how|why)|this\sis\sbecause|justification)\b",
    re.IGNORECASE,
)
_UNIT = re.compile(r"(?:[^\S\n]?[^\W\d_]+\.?){0,3}[\W_]*")
_ENUMERATOR = re.compile(r"\W*[0-9][.)]\W*\Z")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n")
_TAKEN_BACK = re.compile(
    r"\b(?:wait|actually|mistake|correction|wrong|incorrect|sorry)\b", re.IGNORECASE
)
_CONCLUSION = re.compile(
    r"\W*(?:therefore|thus|hence|finally|in total|altogether|in conclusion|overall)\b",
    re.IGNORECASE,
)
_WORKING = re.compile(r"[=≈]|\b(?:so|therefore|thus|hence|total|left|remain)", re.IGNORECASE)


def opening_number(text: str, cut_off: bool) -> Number | None:
    """The number that `text` gives before it explains it; of a text cut off, only with "because".

    Where the last sentence draws a conclusion, that decides and there is none here.
    """
    for number, below, explained in _openings(text):
        if _TAKEN_BACK.search(below) or (cut_off and not explained):
            return None
        last = _SENTENCE_END.split(below[-_MOST:].rstrip())[-1]
        if _CONCLUSION.match(last) or _alone(plain(last)) is not None:
            return None
        return number if explained or not _WORKING.search(below) else None
    return None


def _openings(text: str) -> list[tuple[Number, str, bool]]:
    """The number that stands alone, what follows it, and whether that is called an explanation."""
    ends = (
        (_EXPLAINED.search(text, 0, _SPAN), True),
        (_PARAGRAPH.search(text, 0, _SPAN), False),
        (_BOLD.match(text), False),
    )
    found = []
    for end, explained in ends:
        head = "" if end is None else end[1] if end.re is _BOLD else text[: end.start()]
        number = _alone(plain(head)) if head else None
        if end is not None and number is not None:
            found.append((number, text[end.end() :], explained or end.re is _BOLD))
    return found


def _alone(phrase: str) -> Number | None:
    """The number of a phrase that says nothing else: "18", "$18", "**18 apples**"."""
    number = leading_number(phrase)
    if number is None or number.value is None or phrase[: number.start].strip():
        return None
    if _ENUMERATOR.fullmatch(phrase):
        return None
    number = settled(phrase, number)
    return number if _UNIT.fullmatch(phrase, number.end) else None
