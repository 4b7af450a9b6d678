"""Self-refinement: every turn graded, and each against the one before.

The model is shown its own answer and told to check it; it gets no other help. Without outside
feedback such turns have been found to hurt as often as they help (Huang et al. 2023,
arXiv:2310.01798), so each turn has a verdict of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from netgain.analysis.further.inputs import MODELS, FurtherEvaluation
from netgain.analysis.further.pairing import (
    Ways,
    accuracy,
    adjusted,
    compare_ways,
    right_of,
    spent,
    told,
    unsound,
)
from netgain.records import Comparison, FurtherCell, FurtherResult, FurtherTable
from netgain.wording import integer, number, quantity


def revisions(evaluations: Sequence[FurtherEvaluation]) -> FurtherResult | None:
    """Accuracy at each turn, and what each turn mended and broke.

    Args:
        evaluations: those of the kind "revisions", one a model at most; greedy answers, turn 0
            being the first.

    Returns:
        None where no answer was revised.
    """
    by_model = {e.model: e for e in evaluations if any(g.turn for g in e.grades)}
    found = [by_model[m] for m in MODELS if m in by_model]
    if not found:
        return None
    changes = {e.model: adjusted(_changes(e)) for e in found}
    return FurtherResult(
        title="Answers revised by the model itself",
        kind="revisions",
        sentences=tuple(_told(c) for e in reversed(found) for c in changes[e.model]),
        tables=(_table(found, [c for of in changes.values() for c in of]),),
        changes=tuple(c for of in changes.values() for c in of),
        caveats=tuple(_caveats(found)),
    )


def _changes(evaluation: FurtherEvaluation) -> list[Comparison]:
    """Each turn against the one before; then, of several, the last against the first."""
    turns = sorted({g.turn for g in evaluation.grades})
    pairs = [*pairwise(turns), *([(turns[0], turns[-1])] if len(turns) > 2 else [])]
    return [
        compare_ways(
            Ways(evaluation.model, turn_name(before), turn_name(after), at=after),
            right_of(evaluation.grades, before), right_of(evaluation.grades, after),
        )
        for before, after in pairs
    ]  # fmt: skip


def turn_name(turn: int) -> str:
    """
    >>> turn_name(0), turn_name(2)
    ('first answer', 'revision 2')
    """
    return f"revision {turn}" if turn else "first answer"


def _told(change: Comparison) -> str:
    what = f"{change.other} against {change.reference}, {change.model} model"
    sentence = told(change, what, ("mended", "broken"))
    return sentence + (" Revising hurts here." if change.verdict == "worse" else "")


def _table(found: Sequence[FurtherEvaluation], changes: Sequence[Comparison]) -> FurtherTable:
    rows: list[tuple[FurtherCell, ...]] = []
    for e in found:
        steps = {(c.reference, c.other): c for c in changes if c.model == e.model}
        for turn in sorted({g.turn for g in e.grades}):
            answers = [g for g in e.generations if g.turn == turn]
            cost = spent(answers)
            name = turn_name(turn)
            step = steps.get((turn_name(turn - 1), name))
            rows.append(
                (
                    f"{e.model}, {name}",
                    accuracy(f"accuracy, {name}, {e.model}", right_of(e.grades, turn)),
                    f"{step.won} / {step.lost}" if step else "",
                    integer(_other_answers(e, turn)) if turn else "",
                    integer(sum(g.finish_reason == "length" for g in answers)),
                    number(cost.tokens, 3),
                    quantity(cost.seconds, "s"),
                )
            )
    return FurtherTable(
        "Turn by turn",
        ("Turn", "Accuracy", "Mended / broken", "Other answer than before", "Cut off",
         "Generated tokens a problem", "Time a problem"),
        tuple(rows),
    )  # fmt: skip


def _other_answers(evaluation: FurtherEvaluation, turn: int) -> int:
    """Problems whose answer is another one than a turn before."""
    said = {(g.problem_id, g.sample, g.turn): g.extracted for g in evaluation.grades}
    return sum(
        said.get((problem, sample, turn - 1)) != answer
        for (problem, sample, at), answer in said.items()
        if at == turn
    )


def _caveats(found: Sequence[FurtherEvaluation]) -> list[str]:
    caveats = [
        "Nobody told the model whether its answer was right. A result with such a hint would be "
        "another figure, and a better one than can be had in use."
    ]
    for e in found:
        caveats += unsound(e.generations, f"the {e.model} model")
        cut = sum(g.finish_reason == "length" for g in e.generations)
        if cut:
            caveats.append(
                f"{integer(cut)} answers of the {e.model} model over all turns reached the token "
                "limit; a revision sees an answer that was cut off as it is."
            )
    return caveats
