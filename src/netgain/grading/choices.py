"""The choices of a problem: their labels, their texts as words, and which one is right."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from netgain.errors import DataError

LETTERS = "ABCDEFGHIJ"
NOT_OFFERED = -1  # in place of an index: a label that none of the choices has
_SHOWN = 80

# "A)21" and "(B) Oslo", as AQuA writes its options.
_LABEL_INSIDE = re.compile(r"\s*\(?([A-Ja-j]|[0-9]{1,2})[).:]\s*(?=\S)(.{1,5000})", re.DOTALL)
_DRESSING = re.compile(r"\\(?:text|math|operatorname)[a-z]{0,6}")
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
_WORD = re.compile(
    r"(?<![\w)])-?[0-9]+(?:\.[0-9]+)?%?"
    r"|[^\W_]+(?:['’][^\W_]+)*"
    r"|[^\w\s.,;:!?'\"“”‘’()\[\]{}`\\$#|*-]"
)
_HALF_WIDTH = str.maketrans(
    dict(zip("：，．；？！（）［］。、", ":,.;?!()[].,", strict=True))
    | {chr(0xFF21 + place): letter for place, letter in enumerate(LETTERS)}
)
_ARTICLE = re.compile(r"(?:an?|the) (?=\S)")


@dataclass(frozen=True)
class Choices:
    """What a problem offers. `words` are the texts normalised, "" where they tell nothing."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    words: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def index(self, label: str) -> int:
        """The index of a label, of either case; `NOT_OFFERED` where no choice has it."""
        upper = label.upper()
        return self.labels.index(upper) if upper in self.labels else NOT_OFFERED


@lru_cache(maxsize=1024)
def make_choices(texts: tuple[str, ...], labels: tuple[str, ...] = ()) -> Choices:
    """Choices from their texts, labelled A, B, C… or as `labels` says, or as all texts begin.

    Raises:
        DataError: fewer than 2 or more than 10 texts, or labels that are neither distinct letters
            A to J nor distinct numbers below 100.
    """
    if not 2 <= len(texts) <= len(LETTERS):
        raise DataError(f"{len(texts)} choices; there must be 2 to {len(LETTERS)}")
    inside = [_LABEL_INSIDE.fullmatch(text) for text in texts]
    found = [match for match in inside if match]
    given = tuple(label.strip().upper() for label in labels) or tuple(LETTERS[: len(texts)])
    if len(found) == len(texts) and given == tuple(match[1].upper() for match in found):
        texts = tuple(match[2] for match in found)
    letters = all(len(label) == 1 and label in LETTERS for label in given)
    numerals = all(re.fullmatch("[0-9]{1,2}", label) for label in given)
    if len(given) != len(texts) or len(set(given)) != len(given) or not (letters or numerals):
        raise DataError(
            f"the labels of {len(texts)} choices must be as many distinct letters A to J, or "
            f"numbers below 100, not {', '.join(map(repr, labels))[:_SHOWN]}"
        )
    words = [words_of(text) for text in texts]
    return Choices(texts, given, tuple(w if words.count(w) == 1 else "" for w in words))


def gold_choice(value: Any, choices: Choices) -> int:
    """The index of the right choice, as data sets write it: label, index from 0, or text.

    A label comes first ("B", "(b)", and "2" where the labels are numbers); then a whole number is
    an index from 0 (MMLU, HellaSwag); then the text of a choice.

    Raises:
        DataError: it is none of these, or an index that is also the text of another choice.
    """
    if value is None or isinstance(value, bool):
        raise DataError("there are choices, but nothing says which is right")
    token = str(value).strip()
    bare = token.strip("().[] ")
    if len(bare) <= 2 and choices.index(bare) != NOT_OFFERED:
        return choices.index(bare)
    by_text = [i for i, words in enumerate(choices.words) if words and words == words_of(token)]
    if re.fullmatch("[0-9]{1,2}", token) and int(token) < len(choices):
        if isinstance(value, str) and by_text and by_text != [int(token)]:
            raise DataError(
                f"the right choice {token!r} is the index of one choice and the text of another; "
                "give its label"
            )
        return int(token)
    if by_text:
        return by_text[0]
    raise DataError(
        f"the right choice {token[:_SHOWN]!r} is none of the labels {', '.join(choices.labels)}, "
        "no index from 0 and no text of a choice"
    )


def half_width(text: str) -> str:
    """`text` with the full-width signs and labels of East Asian writing as the plain ones."""
    return text if text.isascii() else text.translate(_HALF_WIDTH)


def words_of(text: str) -> str:
    """`text` as words with one space between: case, punctuation and dressing gone.

    >>> words_of("The **Red** fox, $-3.0$!")
    'red fox -3.0'
    """
    text = half_width(text)
    if "\\" in text:
        text = _DRESSING.sub(" ", text)
    words = " ".join(_WORD.findall(_THOUSANDS.sub("", text).replace("−", "-").casefold()))
    return _ARTICLE.sub("", words, count=1) if _ARTICLE.match(words) else words
