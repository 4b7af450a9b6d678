"""Self-refinement: every turn graded, and each against the one before.

The model is shown its own answer and told to check it; it gets no other help. Without outside
feedback such turns have been found to hurt as often as they help (Huang et al. 2023,
arXiv:2310.01798), so each turn has a verdict of its own.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from netgain.analysis.comparing.pairs import adjusted, told
from netgain.analysis.further.asked_again import FurtherEvaluation, Headline, by_model, right_of
from netgain.analysis.further.pairing import Ways, accuracy, compare_ways, spent, unsound
from netgain.records import Comparison, FurtherCell, FurtherResult, FurtherTable
from netgain.wording import counted, integer

COLUMNS = (
    "Turn", "Accuracy", "Mended / broken", "Other answer than before", "Cut off",
    "Generated tokens a problem", "Time a problem",
)  # fmt: skip


def revisions(_: Headline, evaluations: Sequence[FurtherEvaluation]) -> FurtherResult | None:
    """Accuracy at each turn (turn 0 is the first answer), and what each turn mended and broke.

    Returns:
        None where no answer was revised.
    """
    revised = [e for e in by_model(evaluations).values() if any(g.turn for g in e.grades)]
    if not revised:
        return None
    changes = [(e, adjusted(_changes(e))) for e in revised]
    rows = [row for e, of in changes for row in _rows(e, of)]
    return FurtherResult(
        title="Answers revised by the model itself",
        kind="revisions",
        sentences=tuple(_told(c) for _, of in reversed(changes) for c in of),
        tables=(FurtherTable("Turn by turn", COLUMNS, tuple(rows)),),
        changes=tuple(c for _, of in changes for c in of),
        caveats=tuple(_caveats(revised)),
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


def _rows(e: FurtherEvaluation, changes: Sequence[Comparison]) -> Iterator[tuple[FurtherCell, ...]]:
    steps = {(c.reference, c.other): c for c in changes}
    said = {(g.problem_id, g.sample, g.turn): g.extracted for g in e.grades}
    for turn in sorted({g.turn for g in e.grades}):
        answers, name = [g for g in e.generations if g.turn == turn], turn_name(turn)
        step = steps.get((turn_name(turn - 1), name))
        others = sum(
            said.get((problem, sample, turn - 1)) != answer
            for (problem, sample, at), answer in said.items()
            if at == turn
        )
        yield (
            f"{e.model}, {name}",
            accuracy(f"accuracy, {name}, {e.model}", right_of(e.grades, turn)),
            f"{step.won} / {step.lost}" if step else "",
            integer(others) if turn else "",
            integer(sum(g.finish_reason == "length" for g in answers)),
            *spent(answers).cells(),
        )


def _caveats(found: Sequence[FurtherEvaluation]) -> Iterator[str]:
    yield (
        "Nobody told the model whether its answer was right. With such a hint accuracy would "
        "look higher than it is in use."
    )
    for e in found:
        yield from unsound(e)
        cut = sum(g.finish_reason == "length" for g in e.generations)
        if cut:
            yield (
                f"{counted(cut, 'answer')} of the {e.model} model over all turns reached the token "
                "limit; a revision gets such an answer as it is, cut off."
            )
