"""Which choices a phrase names, by label or by text.

Always read in the same way:

- A label stands alone: "B", "(b)", "[B]", "B)", "B.". A capital "A" or "I" before a word is an
  article or a pronoun, unless the word is one like "because" or begins the choice's own text. So
  it is with small letters and with labels that are numbers.
- A text counts in full, without regard to case, articles at its start, punctuation and LaTeX or
  Markdown dressing. Numbers keep their signs and points. Two choices whose texts read alike
  cannot be named by text.
- "A or B", "A and C" name both. A label before the whole text of another choice names both, too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from netgain.grading.choices import NOT_OFFERED, Choices, words_of

_OPERATOR = re.compile(r"[+*/=×÷^<>]")
_PUNCTUATION = r"[\s\"'“”‘’*_`$:{<>=]|[-–—](?![0-9])|\\[(\[]|\\(?:boxed|text|math)[a-z]{0,6}"
_FILLER = (
    r"(?:the|correct|right|best|option|choice|answer|letter|number|statement|most|likely|probably"
    r"|definitely|clearly|indeed|either|both|therefore|simply|just|only|is|be)\b"
)
# Letters of scripts without spaces: a label may stand right before one.
_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
# What tells that a lone "A", "a" or "3" is a label and not a word of the sentence.
_LABEL_ENDS = re.compile(
    rf"[{_UNSPACED}]|\s*(?:\Z|\n)|\s?[)\]}}\"”*_`$\\;!?<]|[.,:'’](?!\w)|[,/](?=[A-J]\b)|\s+[-–—(]"
    r"|\s+(?:because|since|as|for|and|or|but|which|given|due|based|with|where|so|from)\b"
)
_AFTER_LABEL = re.compile(r"[\s.):\]*_,\-–—(}$\"'”’]{0,12}")
_SENTENCE_ENDS = re.compile(r"\s*(?:[.;!\n)\]*}$]|\Z)")


@dataclass(frozen=True)
class Naming:
    """What a phrase names: labels at `start:end`, or (where these are equal) a text at `start`."""

    indexes: frozenset[int]
    start: int
    end: int


def naming_at_start(phrase: str, choices: Choices) -> Naming | None:
    """What `phrase` begins with, after punctuation and words that add nothing, or None."""
    lead = _lead(choices.labels[0].isdigit())
    opening = lead["punctuation"].match(phrase)
    start = opening.end() if opening else 0
    by_text = text_at(phrase, start, choices)
    filler = lead["words"].match(phrase, start)
    if filler and by_text is None:
        start = filler.end()
        by_text = text_at(phrase, start, choices)
    found = _labels_at(phrase, start, choices)
    if found is None:
        return None if by_text is None else Naming(frozenset({by_text}), start, start)
    if by_text is None:
        return _with_text_behind(phrase, found, choices)
    longer = " " in choices.words[by_text] and by_text not in found.indexes
    if longer or found.indexes <= {NOT_OFFERED, by_text}:
        return Naming(frozenset({by_text}), start, start)
    return Naming(found.indexes | {by_text}, start, found.end)


def only_choice(line: str, choices: Choices) -> int | None:
    """The choice that `line` consists of: a label, a text, or a label and its text."""
    naming = naming_at_start(line, choices)
    if naming is None or len(naming.indexes) > 1:
        return None
    [index] = naming.indexes
    rest = words_of(line[naming.end :])
    by_label = naming.end > naming.start
    own = index != NOT_OFFERED and rest == choices.words[index]
    return index if own or (by_label and not rest) else None


def label_token(phrase: str, start: int, choices: Choices) -> re.Match[str] | None:
    """The label that stands at `start`: the group `dressed` or `bare` holds it."""
    match = _label(choices.labels[0].isdigit()).match(phrase, start)
    if match is None or match["dressed"] or match["closed"]:
        return match
    token = match["bare"]
    certain = token.isupper() and token not in "AI"
    if certain or _LABEL_ENDS.match(phrase, match.end()):
        return match
    index = choices.index(token)
    own = index != NOT_OFFERED and text_at(phrase, match.end(), choices) == index
    return match if own else None


def text_at(phrase: str, start: int, choices: Choices) -> int | None:
    """The choice whose text stands at `start`, the longest where several do."""
    most = 2 * max(map(len, choices.texts)) + 40
    said = words_of(phrase[start : start + most]) + " "
    fitting = [i for i, w in enumerate(choices.words) if w and said.startswith(f"{w} ")]
    if not fitting:
        return None
    best = max(fitting, key=lambda i: len(choices.words[i]))
    rest = said[len(choices.words[best]) + 1 :]
    # "4 + 3 = 7" does not give the choice "4", and "4 3" is not "4".
    number_goes_on = choices.words[best][-1].isdigit() and rest[:1].isdigit()
    return None if _OPERATOR.match(rest) or number_goes_on else best


def mentioned(text: str, choices: Choices, among: Collection[int] = ()) -> frozenset[int]:
    """The choices whose texts stand in `text` as whole words.

    A text that is part of a longer one counts only where it stands outside of it.
    """
    said = f" {words_of(text)} "
    found = set()
    for i in sorted(range(len(choices)), key=lambda i: -len(choices.words[i])):
        words = choices.words[i]
        if words and (not among or i in among) and f" {words} " in said:
            found.add(i)
            said = said.replace(f" {words} ", " | ")
    return frozenset(found)


def _labels_at(phrase: str, start: int, choices: Choices) -> Naming | None:
    """The label at `start`, with those that "and", "or" or commas add to it."""
    first = label_token(phrase, start, choices)
    if first is None:
        return None
    labels, end = [first["dressed"] or first["bare"]], first.end()
    more = _more(choices.labels[0].isdigit())
    while added := more.match(phrase, end):
        labels.append(added["label"])
        end = added.end()
    return Naming(frozenset(map(choices.index, labels)), start, end)


def _with_text_behind(phrase: str, found: Naming, choices: Choices) -> Naming:
    """A label, and the text of another choice where that follows it and nothing else does."""
    gap = _AFTER_LABEL.match(phrase, found.end)
    behind = text_at(phrase, gap.end(), choices) if gap and len(found.indexes) == 1 else None
    if behind is None or behind in found.indexes:
        return found
    sentence = re.split(r"[.;!\n]", phrase[gap.end() :], maxsplit=1)[0] if gap else ""
    alone = words_of(sentence) == choices.words[behind]
    return Naming(found.indexes | {behind}, found.start, found.end) if alone else found


@lru_cache(maxsize=2)
def _label(numerals: bool) -> re.Pattern[str]:
    one = r"[0-9]{1,2}" if numerals else "[A-Ja-j]"
    # What goes on is no label: "B's", "B-flat", "J.K.", "3.5", "3:00", "1/2".
    goes_on = r"['’]\w|[.,:/-]\w" if numerals else r"['’]\w|-\w|\.\w\b"
    return re.compile(
        rf"[(\[]\s?(?P<dressed>{one})\s?[)\]]"
        rf"|(?<!\w)(?P<bare>{one})(?![^\W{_UNSPACED}]|%|{goes_on})(?P<closed>[)\]])?"
    )


@lru_cache(maxsize=2)
def _more(numerals: bool) -> re.Pattern[str]:
    one = r"[0-9]{1,2}" if numerals else "[A-J]"
    return re.compile(
        rf"(?:\s?,|\s?,?\s(?:and|or|oder|und|ou|et|o|y|или|и)\b|\s?[/&]|\s?(?:还是|或者?|和|또는))"
        rf"\s?(?:option\s)?[(\[]?(?P<label>{one})[)\]]?"
        r"(?=\s?(?:[,/&.;)\]*}$\n]|and\b|or\b|are\b|\Z))"
    )


@lru_cache(maxsize=2)
def _lead(numerals: bool) -> Mapping[str, re.Pattern[str]]:
    one = r"[0-9]{1,2}" if numerals else "[A-Ja-j]"
    bracket = rf"[(\[](?!\s?{one}\s?[)\]])"
    return {
        "punctuation": re.compile(rf"(?:{_PUNCTUATION}|{bracket})*+"),
        "words": re.compile(rf"(?:{_PUNCTUATION}|{bracket}|{_FILLER})*+", re.IGNORECASE),
    }
