"""A second thought below a marked answer: "The answer is 20. Wait, … So it's 18."

It replaces the answer only where it is announced and comes to a number that is said to be the
answer. A check that confirms the answer, a condition ("if she ate 2 more, it would be 14") and a
number that merely occurs change nothing.
"""

import re

from netgain.grading.closing import closing_number
from netgain.grading.marks import SPAN, Mark
from netgain.grading.phrase import leading_number, settled
from netgain.text.markup import plain
from netgain.text.scan import Number

_READ = 2000  # characters below a mark in which the new answer must stand

_DIGIT = re.compile(r"[0-9]")
# The first group says that the answer was wrong; the second only thinks again.
_ANNOUNCED = re.compile(
    r"\b(?:(?P<wrong>correction|oops|whoops|scratch that|my mistake|i was wrong"
    r"|(?:actually|oh),? no|sorry"
    r"|(?:i|we)(?:['’]ve| have)? made (?:an?|another) (?:\w+ )?(?:mistake|error)"
    r"|(?:that|this|it)(?:['’]s| is| was) (?:all )?(?:wrong|incorrect|not (?:right|correct)"
    r"|a mistake)|(?:that|this|it) isn['’]t (?:right|correct)|let me (?:correct|fix)|no(?=, ))"
    r"|wait|hold on|hmm|actually)\b",
    re.IGNORECASE,
)
_CONFIRMED = re.compile(
    r"\b(?:yes|yep|indeed|confirms?|confirmed|checks out|still|stands|matches|consistent"
    r"|(?:is|was|are) (?:indeed )?(?:correct|right)|(?<=[.!?] )(?:correct|right))\b",
    re.IGNORECASE,
)
_SUPPOSED = re.compile(
    r"\b(?:if|unless|suppose|assum(?:e|ing)|would|could|might|may)\b", re.IGNORECASE
)
_ADDS_NOTHING = re.compile(
    r"(?:\b(?:wait|no|sorry|oops|correction|rather|i mean|i meant|make that|actually|hmm"
    r"|(?:that|it|this)(?:['’]s| is))\b[\W_]*)*\Z",
    re.IGNORECASE,
)
_SAID_TO_BE = re.compile(
    r"(?P<so>\b(?:so|therefore|thus|hence),? )?"
    r"(?:\b(?:it|that|this|the (?:\w+ )?(?:answer|total|result|number|amount|value|sum))"
    r"(?:['’]s| is| was| equals| comes to|(?P<ought> should(?: have)? be(?:en)?| must be))"
    r"|^\W*should (?:have been|be))\b",
    re.IGNORECASE,
)
_CONCLUDES = re.compile(r"\b(?:so|therefore|thus|hence)\b|=", re.IGNORECASE)
_SENTENCES = re.compile(r"(?<=[.!?…])\s+|\n")
_UNIT = re.compile(r"(?:\s?[^\W\d_]+){0,3}[\W_]*")


def corrected(text: str, mark: Mark) -> Mark:
    """`mark`, or the statement by which the text below takes it back."""
    below = text[mark.start : mark.start + _READ]
    digit = _DIGIT.search(below)
    announced = _ANNOUNCED.search(below, digit.end(), digit.end() + SPAN) if digit else None
    if announced is None or "?" in below[: announced.start()] or mark.number.value is None:
        return mark
    tail = plain(below[announced.start() :])
    wrong = announced["wrong"] is not None or _says_wrong(tail)
    if not wrong and _CONFIRMED.search(tail):
        return mark
    number = _replacement(tail, wrong)
    if number is None or number.value in (None, mark.number.value):
        return mark
    return Mark("stated", mark.start + announced.start(), number)


def _says_wrong(tail: str) -> bool:
    return any(match["wrong"] for match in _ANNOUNCED.finditer(tail))


def _replacement(tail: str, wrong: bool) -> Number | None:
    """The number that is said to be the answer instead, at best in the last sentence."""
    sentences = [line for line in _SENTENCES.split(tail) if _DIGIT.search(line)]
    for sentence in reversed(sentences):
        number = _said_to_be(sentence, wrong, sentence is sentences[-1])
        if number is not None:
            return number
    last = sentences[-1] if wrong and sentences else ""
    if _SUPPOSED.search(last) or not _CONCLUDES.search(last):
        return None
    closing = closing_number(last)
    return closing[0] if closing and closing[1] else None


def _said_to_be(sentence: str, wrong: bool, is_last: bool) -> Number | None:
    """The number of "it's 18", "it should be 9 * 2 = 18", "Correction: 18"; None beside others."""
    if _SUPPOSED.search(sentence):
        return None
    starts = [
        said.end()
        for said in _SAID_TO_BE.finditer(sentence)
        if said["ought"] or (is_last and (wrong or said["so"]))
    ]
    digit = _DIGIT.search(sentence)
    opening = sentence[: digit.start()].rstrip(" $-") if digit else ""
    if wrong and (is_last or opening.strip()) and _ADDS_NOTHING.fullmatch(opening):
        starts.append(len(opening))
    for start in reversed(starts):
        phrase = sentence[start:]
        number = leading_number(phrase)
        if number is None:
            continue
        number = settled(phrase, number)
        if _UNIT.fullmatch(phrase, number.end):
            return number
    return None
