"""Text -> answer -> correct? Three graders, side by side.

`robust` decides the headline. `strict` and `flexible` are lm-eval's, for comparison with
published figures: where they differ from `robust`, format was measured and not skill.
"""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from netgain.errors import EvaluationError
from netgain.grading.choice import grade_choice
from netgain.grading.choices import make_choices
from netgain.grading.gold import gold_answer
from netgain.grading.lm_eval import flexible_extract, lm_eval_match, strict_extract
from netgain.grading.robust import Extraction, extract
from netgain.grading.strict import strict_answer, strict_correct
from netgain.records import Ending, FinishReason, Generation, Grade, Problem
from netgain.text.numbers import format_number


def grade(
    generation_text: str,
    gold: Fraction,
    *,
    problem_id: str = "",
    sample: int = 0,
    turn: int = 0,
    finish_reason: FinishReason = "stop",
    ending: Ending = "hashes",
) -> Grade:
    """Judge one generated answer by all three graders; the strict one reads the form of `ending`.

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
        strict=strict_correct(generation_text, gold, ending),
        flexible=lm_eval_match(flexible_extract(generation_text), format_number(gold)),
        correct=found.equals(gold),
    )


def grade_all(
    problems: Sequence[Problem], generations: Sequence[Generation], ending: Ending = "hashes"
) -> list[Grade]:
    """Every generation judged against its problem's answer, a number or a choice; in order.

    Args:
        ending: how the prompt asked for the answer, which is what the strict grader reads.

    Raises:
        EvaluationError: a problem has neither.
    """
    by_id = {p.id: p for p in problems}
    return [grade_one(by_id[g.problem_id], g, ending) for g in generations]


def grade_one(problem: Problem, g: Generation, ending: Ending = "hashes") -> Grade:
    """One generation judged against its problem's answer, a number or a choice.

    Raises:
        EvaluationError: the problem has neither.
    """
    if problem.answer is not None:
        return grade(
            g.text, problem.answer, problem_id=g.problem_id, sample=g.sample, turn=g.turn,
            finish_reason=g.finish_reason, ending=ending,
        )  # fmt: skip
    if problem.answer_choice is not None:
        judged = grade_choice(
            g.text, make_choices(problem.choices), problem.answer_choice, problem_id=g.problem_id,
            sample=g.sample, finish_reason=g.finish_reason,
        )  # fmt: skip
        return replace(judged, turn=g.turn)
    raise EvaluationError(f"problem {problem.id!r} has no answer to grade by")
