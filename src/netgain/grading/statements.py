"""Where a text states its answer: "the answer is …", "Answer: …", "A: …", `<answer>…</answer>`.

Statements that begin with the word for "answer" in a few other languages are known too. Like
`marks`, this goes backwards with plain string searches, so its time is linear.
"""

import re
from collections.abc import Iterator

from netgain.grading.marks import NUMBERED, SPAN, TRIES, Mark, bare_number
from netgain.grading.phrase import leading_number, only_number, settled
from netgain.text.markup import plain
from netgain.text.scan import Number, last_number_in
from netgain.text.words import chinese_number

_BEFORE = 60  # characters before a marker that are looked at
_UNIT_WORDS = 3  # "Answer: 3 ounces of gold" is an answer; a longer line may open the working

# All is matched from the second letter on, because both "answer" and "Answer" are searched for.
_ANSWER = re.compile(
    r"""
    nswers?\b ["')\]]{0,2} [ ]? (?:\([^()\n]{0,40}\)[ ]?)?
    (?: (?: (?:to|for|in|of) \b [^\n.:?=]{0,120}? \b | ,[ ]\w{1,12},[ ] )??
        (?: (?P<verb> (?:(?P<may>would|should|must|will|can|could|might)[ ])?
              (?:is|are|was|be|equals)\b (?![ ](?:not|no)\b)
            | (?:comes?|turns?|works?)[ ](?:out[ ])?to\b(?:[ ]be\b)? | becomes\b )
          (?P<colon>[ ]?:)?
        | (?P<tag>>) | (?P<sign>[:=]|[-=]+>|[ ]?-[ ]) )
      | (?P<bare>[ ]*(?:\n|(?=[ $0-9-])))
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PLAIN_STATEMENT = re.compile(r"nswer is:?")
_LABEL = re.compile(r"[^\S\n]?[:=]|\.(?=\s)")
_FOREIGN_LINK = re.compile(r"[^\S\n]{0,3}(?:es|est|ist|é|è|是|为|為|は|은|는)?[^\S\n]{0,3}:?")
# "Answer 18. Explanation: …"
_EXPLAINED = re.compile(
    r"[ ]?[-$0-9.,]{1,20}(?:[ ]\w+)?[.,;:]?\s+[^\w\n]{0,4}(?:explanation|because|since|reason)",
    re.IGNORECASE,
)
# The rest of a line before "nswer": nothing but "The final a"; anything that ends so; "if the a".
_HEADING_BEFORE = re.compile(r"[\W_]*(?:(?:the|my|our|final|correct)[\W_]+)*a", re.IGNORECASE)
_FINAL_BEFORE = re.compile(r"final[\W_]+a\Z", re.IGNORECASE)
_IF_BEFORE = re.compile(
    r"\b(?:if|suppose|assume|assuming|whether)\W+(?:the|my|our|an?)\W+(?:\w+\W+)?a\Z", re.IGNORECASE
)
_NUMBER_BEFORE = re.compile(
    r"(?P<unit>(?:\s[^\W\d_]+)?\W{0,3}?)\s(?:is|as)\s(?:the|my|our)\s(?:final\s|correct\s)?a\Z",
    re.IGNORECASE,
)
_EXPLANATION = re.compile(r"[.)]\s+[*_]{0,2}(?:explanation|because|since|reason)", re.IGNORECASE)
_BULLET = re.compile(r"\A[-•]\s+")
_LABELS = ("A:", "Ans", "ANS")
_FOREIGN = ("espuesta", "esposta", "isposta", "éponse", "ntwort")
_FOREIGN_SCRIPTS = ("答案", "答：", "答:", "答え", "정답", "Ответ", "Відповідь")


def stated(text: str, begin: int, end: int) -> Mark | None:
    """The last statement in `text[begin:end]` that names a number."""
    last_equation = text.rfind("=")
    for at, key in _statements(text, begin, end):
        number = _plainly(text, at, key)
        if number is not None:
            return Mark("stated", at, number)
        before = text[max(0, at - _BEFORE, text.rfind("\n", 0, at) + 1) : at]
        if key.lower() == "nswer":
            mark = _after_answer(text, at, before, at < last_equation)
        else:
            mark = _after_label(text, at, key, before)
        if mark is not None:
            return mark
    return None


def _plainly(text: str, at: int, key: str) -> Number | None:
    """The number of "The answer is: 18" and "A: 18", which most statements are."""
    if key == "nswer":
        statement = _PLAIN_STATEMENT.match(text, at)
        return bare_number(text, statement.end()) if statement else None
    begins_line = key == "A:" and (at == 0 or text[at - 1] == "\n")
    return bare_number(text, at + len(key)) if begins_line else None


def _statements(text: str, begin: int, end: int) -> Iterator[tuple[int, str]]:
    """Where any of the key words of a statement stands, from the last to the first."""
    keys = ["nswer", "NSWER", *_LABELS, *_FOREIGN]
    if not text.isascii():
        keys += _FOREIGN_SCRIPTS
    last = {key: at for key in keys if (at := text.rfind(key, begin, end)) >= 0}
    for _ in range(TRIES):
        if not last:
            return
        key = max(last, key=last.__getitem__)
        at = last[key]
        yield at, key
        last[key] = text.rfind(key, begin, at)
        if last[key] < 0:
            del last[key]


def _after_answer(text: str, at: int, before: str, equation_below: bool) -> Mark | None:
    """The mark that the word "answer" makes, whose "a" ends `before`."""
    if before[-1:] not in ("a", "A") or before[-2:-1].isalnum() or before[-2:-1] == "/":
        return None
    window = plain(text[at : at + 2 * SPAN])
    match = _ANSWER.match(window)
    if match is None or not _is_opening(match, before):
        return _before_answer(before, at)
    line = _first_line(window[match.end() :])
    number = leading_number(line)
    firm = number is not None and match["may"] is None
    if match["verb"] and match["colon"] is None:
        number = number or only_number(line)
    elif number and _is_working(line[number.end :], equation_below):
        return None
    return None if number is None else Mark("stated", at, settled(line, number), firm)


def _is_opening(match: re.Match[str], before: str) -> bool:
    if match["bare"] is not None:
        if _EXPLAINED.match(match.string, match.end()):
            return _HEADING_BEFORE.fullmatch(before) is not None
        is_heading = "\n" in match["bare"] and _HEADING_BEFORE.fullmatch(before)
        return bool(is_heading or _FINAL_BEFORE.search(before))
    return not _IF_BEFORE.search(before) and (match["tag"] is None or before[-2:-1] == "<")


def _before_answer(before: str, at: int) -> Mark | None:
    """ "18 eggs is the answer"."""
    line = plain(before)
    tail = _NUMBER_BEFORE.search(line)
    number = last_number_in(line[: tail.end("unit")]) if tail else None
    if tail is None or number is None or number.end != tail.start():
        return None
    return Mark("stated", at, number)


def _after_label(text: str, at: int, key: str, before: str) -> Mark | None:
    """The mark of "A: …" at the start of a line, or of a word for "answer" in another language."""
    if key in _LABELS:
        opening = _LABEL.match(text, at + len(key.rstrip(":")))
        if opening is None or before.strip(" *_#>-"):
            return None
        line = _first_line(plain(text[opening.end() : opening.end() + SPAN]))
    else:
        line = plain(text[at + len(key) : at + len(key) + SPAN])
        link = _FOREIGN_LINK.match(line)
        line = _first_line(line[link.end() if link else 0 :])
    number = leading_number(line)
    if number is None and not line.isascii():
        number = chinese_number(line)
    if number is None or _is_working(line[number.end :], text.rfind("=") > at):
        return None
    return Mark("stated", at, settled(line, number))


def _first_line(text: str) -> str:
    """The first line with something on it; a line below the marker without its bullet."""
    line = text[:SPAN].lstrip()
    if "\n" in text[: len(text[:SPAN]) - len(line)]:
        line = _BULLET.sub("", line, count=1)
    return line.partition("\n")[0]


def _is_working(rest: str, equation_below: bool) -> bool:
    """Whether a line that begins with a number after "Answer:" opens the working instead."""
    return (
        "=" in rest
        or (NUMBERED.match(rest) is not None and not _EXPLANATION.match(rest))
        or (equation_below and len(rest.split()) > _UNIT_WORDS)
    )
