"""Text -> answer -> correct? Three graders, side by side.

`robust` decides the headline. `strict` and `flexible` are lm-eval's, for comparison with
published figures: where they differ from `robust`, format was measured and not skill.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType

from netgain.grading.gold import gold_answer
from netgain.grading.lm_eval import flexible_extract, lm_eval_match, strict_extract
from netgain.grading.robust import Extraction, extract, is_correct
from netgain.numbers import format_number
from netgain.records import FinishReason, Grade

__all__ = [
    "GRADERS",
    "Extraction",
    "extract",
    "flexible_extract",
    "gold_answer",
    "grade",
    "lm_eval_match",
    "strict_extract",
]


def _strict(text: str, gold: Fraction) -> bool:
    return lm_eval_match(strict_extract(text), format_number(gold))


def _flexible(text: str, gold: Fraction) -> bool:
    return lm_eval_match(flexible_extract(text), format_number(gold))


GRADERS: Mapping[str, Callable[[str, Fraction], bool]] = MappingProxyType(
    {"robust": is_correct, "strict": _strict, "flexible": _flexible}
)


def grade(
    generation_text: str,
    gold: Fraction,
    *,
    problem_id: str = "",
    sample: int = 0,
    turn: int = 0,
    finish_reason: FinishReason = "stop",
) -> Grade:
    """Judge one generated answer by all three graders.

    `gold` is only compared with what was extracted. A text that was cut off before it gave an
    answer has the rule `truncated`; it is a wrong answer, and can be counted apart.
    """
    found = extract(generation_text, finish_reason)
    return Grade(
        problem_id=problem_id,
        sample=sample,
        turn=turn,
        extracted=None if found.value is None else format_number(found.value),
        rule=found.rule,
        strict=_strict(generation_text, gold),
        flexible=_flexible(generation_text, gold),
        correct=found.value == gold,
    )
