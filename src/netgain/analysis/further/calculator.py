"""Greedy answers with and without the calculator, paired; never one figure for both."""

from __future__ import annotations

import re
from collections.abc import Sequence

from netgain.analysis.further.inputs import MODELS, FurtherEvaluation, Headline
from netgain.analysis.further.pairing import (
    Right,
    Ways,
    accuracy,
    compare_ways,
    counted,
    right_of,
    spent,
    told,
    unsound,
)
from netgain.diagnosis import diagnose
from netgain.records import Comparison, FurtherResult, FurtherTable, Generation
from netgain.wording import integer, number, quantity

PLAIN, WITH = "without the calculator", "with the calculator"
_ANNOTATION = re.compile(r"<<[^<>=\n]{1,200}=[^<>\n]{1,200}>>")


def calculator(
    headline: Headline, evaluations: Sequence[FurtherEvaluation]
) -> FurtherResult | None:
    """Each model with the calculator against the same model's plain greedy answers.

    Args:
        evaluations: those of the kind "calculator", one a model at most.

    Returns:
        None where no model has both.
    """
    by_model = {e.model: e for e in evaluations if e.grades and e.model in headline.grades}
    found = [by_model[m] for m in MODELS if m in by_model]
    if not found:
        return None
    changes = {e.model: _change(headline, e) for e in found}
    return FurtherResult(
        title="With a calculator",
        kind="calculator",
        sentences=tuple(
            f"{told(changes[e.model], f'{WITH} against {PLAIN}, {e.model} model')} "
            f"{_what_it_did(headline, e)}"
            for e in reversed(found)
        ),
        tables=(_table(headline, found),),
        changes=tuple(changes.values()),
        caveats=(
            "An accuracy with a calculator is another figure than plain accuracy and cannot be set "
            "beside one: part of the work is done for the model.",
            *(c for e in found for c in unsound(e.generations, f"the {e.model} model")),
        ),
    )


def _change(headline: Headline, evaluation: FurtherEvaluation) -> Comparison:
    ways = Ways(evaluation.model, PLAIN, WITH)
    return compare_ways(ways, _plain(headline, evaluation), right_of(evaluation.grades))


def _plain(headline: Headline, evaluation: FurtherEvaluation) -> Right:
    """The plain answers to the problems that were answered with the calculator too."""
    asked = {g.problem_id for g in evaluation.grades}
    right = right_of(headline.grades[evaluation.model], turn=0)
    return {p: r for p, r in right.items() if p in asked}


def uses(generations: Sequence[Generation]) -> int:
    """How many answers hold an annotation that the calculator fills (`<<3*4=12>>`)."""
    return sum(_ANNOTATION.search(g.text) is not None for g in generations)


def _what_it_did(headline: Headline, evaluation: FurtherEvaluation) -> str:
    used, n = uses(evaluation.generations), len(evaluation.generations)
    if not used:
        return (
            f"None of {counted(n, 'answer')} holds an annotation such as <<3*4=12>>: the model "
            "does not write them, so the calculator had nothing to compute."
        )
    plain, right = _plain(headline, evaluation), right_of(evaluation.grades)
    mended = {p for p in plain if right[p][0] and not plain[p][0]}
    false = _with_false_equation(headline, evaluation, mended)
    return (
        f"{integer(used)} of {counted(n, 'answer')} hold annotations, which it fills. Of "
        f"{counted(len(mended), 'problem')} that it mended, {integer(false)} had a false equation "
        "in the plain answer."
    )


def _with_false_equation(
    headline: Headline, evaluation: FurtherEvaluation, mended: set[str]
) -> int:
    problems = {p.id: p for p in evaluation.problems}
    count = 0
    for answer in headline.generations[evaluation.model]:
        if answer.problem_id not in mended:
            continue
        problem = problems[answer.problem_id]
        found = diagnose(
            problem.question, answer.text, gold_solution=problem.solution,
            gold_answer=problem.answer, finish_reason=answer.finish_reason,
        )  # fmt: skip
        count += any(equation.holds is False for equation in found.equations)
    return count


def _table(headline: Headline, found: Sequence[FurtherEvaluation]) -> FurtherTable:
    rows = []
    for e in found:
        asked = {g.problem_id for g in e.grades}
        plain = [g for g in headline.generations[e.model] if g.problem_id in asked]
        for name, right, answers in (
            (PLAIN, _plain(headline, e), plain),
            (WITH, right_of(e.grades), e.generations),
        ):
            cost = spent(answers)
            rows.append(
                (
                    f"{e.model}, {name}", accuracy(f"accuracy {name}, {e.model}", right),
                    integer(uses(answers)), number(cost.tokens, 3), quantity(cost.seconds, "s"),
                )
            )  # fmt: skip
    return FurtherTable(
        "The same problems with and without the calculator",
        ("Answers", "Accuracy", "With annotations", "Generated tokens a problem", "Time a problem"),
        tuple(rows),
    )
