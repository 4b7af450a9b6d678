"""The answer in just the form that a prompt asks for, and in no other.

What a model gains by it is format and not skill; `robust` decides what is right.
"""

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType

from netgain.grading.lm_eval import INVALID, lm_eval_match, strict_extract
from netgain.records import Ending
from netgain.text.numbers import format_number

_NUMBER = r"-?[0-9.,]*[0-9]"
_BOXED = re.compile(rf"\\boxed\{{({_NUMBER})\}}")
_THE_ANSWER_IS = re.compile(rf"The answer is ({_NUMBER})\.?(?![\w.,%/:])")


def strict_answer(text: str, ending: Ending) -> str | None:
    """The number in `text` as it is written in the form of `ending`; None where there is none.

    - "hashes": the first `#### n`, which is lm-eval's `strict-match` of GSM8K, faults included.
    - "boxed": the last `\\boxed{n}`, as the MATH graders take it.
    - "the_answer_is": the first "The answer is n", with or without a full stop, as lm-eval's
      `strict-match` of GSM8K with chain of thought means to (its full stop stands for any sign).

    n is a number in digits with an optional minus sign: a dollar sign, a unit, bold print or a
    space within is another form. The texts are compared by `lm_eval_match`, as lm-eval does.

    >>> strict_answer("So it is \\\\boxed{1,200}.", "boxed")
    '1,200'
    """
    return _READERS[ending](text)


def strict_correct(text: str, gold: Fraction, ending: Ending) -> bool:
    """Whether `text` gives `gold` in the form of `ending`."""
    found = strict_answer(text, ending)
    return found is not None and lm_eval_match(found, format_number(gold))


def _hashes(text: str) -> str | None:
    found = strict_extract(text)
    return None if found == INVALID else found


def _boxed(text: str) -> str | None:
    found = _BOXED.findall(text)
    return found[-1] if found else None


def _the_answer_is(text: str) -> str | None:
    found = _THE_ANSWER_IS.search(text)
    return found[1] if found else None


_READERS: Mapping[Ending, Callable[[str], str | None]] = MappingProxyType(
    {"hashes": _hashes, "boxed": _boxed, "the_answer_is": _the_answer_is}
)
