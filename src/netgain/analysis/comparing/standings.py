"""Runs -> a leaderboard: every model with its interval, who is ahead of whom, and how they agree.

All pairs are tested on the problems that every model answered; Holm's correction keeps the chance
of any false decision at 5%. Groups, ranks and the sentence at the top go by these decisions alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

from netgain.analysis.comparing.leaderboard_words import (
    agreement_notes,
    caveats,
    sentence,
    setting_differences,
    title,
)
from netgain.analysis.comparing.likeness import Outcomes, agreements, overlap
from netgain.analysis.comparing.model_entries import Model, RunEntry, common_problems, find_models
from netgain.analysis.comparing.pairs import adjusted, answers_each, paired
from netgain.analysis.comparing.ranking import (
    MOST_GROUPS,
    letter_groups,
    letters_of,
    open_ranks,
    places,
)
from netgain.analysis.comparing.seed_spread import seed_spreads
from netgain.analysis.further.pairing import accuracy
from netgain.records import (
    ComparedRun,
    Comparison,
    Leaderboard,
    LeftOut,
    MetricKind,
    RankedModel,
    RunCurve,
    Verdict,
)

TURNED: dict[Verdict, Verdict] = {"improved": "worse", "worse": "improved"}


def leaderboard(runs: Sequence[RunEntry], left_out: Sequence[LeftOut] = ()) -> Leaderboard:
    """Compare every model of these runs.

    Raises:
        EvaluationError: no problem was answered by all, or there are not two models.
    """
    problems = common_problems(runs)
    standing = _Standing.of(find_models(runs, problems), problems)
    ranked = standing.ranked()
    single = [m for m in standing.models if _single(m, problems)]
    outcomes = [_outcomes(m, problems) for m in single]
    asked = [runs[0].problems[p] for p in problems]
    several = len(outcomes) > 1
    return Leaderboard(
        title=title(runs, len(ranked), len(problems)),
        sentence=sentence(ranked, standing.pairs),
        caveats=caveats(runs, standing.models, problems, standing.pairs),
        n=len(problems),
        runs=tuple(_compared(run, standing.models, len(problems)) for run in runs),
        left_out=tuple(left_out),
        models=ranked,
        pairs=standing.pairs,
        letters_note=standing.letters_note,
        differences=setting_differences(runs),
        curves=_curves(runs),
        agreements=agreements(outcomes),
        overlap=overlap(outcomes, asked) if several else None,
        agreement_notes=agreement_notes(standing.models, [m.name for m in single]),
        seeds=seed_spreads(runs, problems),
    )


@dataclass(frozen=True)
class _Standing:
    """The models in order of their accuracy, and all pairs of them decided."""

    models: Sequence[Model]
    problems: Sequence[str]
    pairs: tuple[Comparison, ...]

    @classmethod
    def of(cls, found: Sequence[Model], problems: Sequence[str]) -> _Standing:
        """Put models in order, the best first, and compare every pair."""
        shares = [_share(m, problems) for m in found]
        order = sorted(range(len(found)), key=lambda i: (-shares[i], found[i].name))
        place = {old: new for new, old in enumerate(order)}
        models = [
            replace(m, base=None if m.base is None else place[m.base])
            for m in (found[i] for i in order)
        ]
        right = [[m.entry.right[p] for p in problems] for m in models]
        pairs = adjusted(
            [
                paired(
                    right[i], right[j], (models[i].name, models[j].name), kind=_kind(models, i, j)
                )
                for i, j in combinations(range(len(models)), 2)
            ]
        )
        return cls(models, problems, tuple(pairs))

    @cached_property
    def by_names(self) -> dict[tuple[str, str], Comparison]:
        return {(pair.reference, pair.other): pair for pair in self.pairs}

    @cached_property
    def decided(self) -> list[tuple[int, int]]:
        """Pairs told apart, as places, the better one first."""
        place = {m.name: i for i, m in enumerate(self.models)}
        found = []
        for pair in self.pairs:
            pair_places = place[pair.reference], place[pair.other]
            if pair.verdict == "worse":
                found.append(pair_places)
            elif pair.verdict == "improved":
                found.append(pair_places[::-1])
        return found

    @cached_property
    def groups(self) -> list[tuple[int, ...]] | None:
        return letter_groups(len(self.models), self.decided)

    @property
    def letters_note(self) -> str:
        if self.groups is not None:
            return ""
        return (
            f"The decisions leave more than {MOST_GROUPS} overlapping groups, too many for "
            "letters; the table of pairs has every decision."
        )

    def ranked(self) -> tuple[RankedModel, ...]:
        count = len(self.models)
        letters = letters_of(self.groups or (), count)
        ranks = open_ranks(count, self.decided)
        place = places([_share(m, self.problems) for m in self.models])
        return tuple(self._ranked(i, letters[i], ranks[i], place[i]) for i in range(count))

    def _ranked(
        self, i: int, letters: tuple[str, ...], ranks: tuple[int, int], place: int
    ) -> RankedModel:
        model, best = self.models[i], self.models[0]
        base = None if model.base is None else self.models[model.base]
        right = {p: model.entry.right[p] for p in self.problems}
        return RankedModel(
            name=model.name,
            role=model.entry.role,
            runs=model.runs,
            weights=model.entry.weights,
            base="" if base is None else base.name,
            answers_each=answers_each([len(answers) for answers in right.values()]),
            accuracy=accuracy("accuracy", right, kind=model.entry.kind),
            place=place,
            ranks=ranks,
            letters=letters,
            to_best=None if model is best else self._change(best, model),
            to_base=None if base is None or base is model else self._change(base, model),
            costs=model.entry.costs,
        )

    def _change(self, reference: Model, other: Model) -> Comparison:
        """`other` − `reference`, whichever way round the pair was compared."""
        found = self.by_names.get((reference.name, other.name))
        return found or turned(self.by_names[other.name, reference.name])


def turned(change: Comparison) -> Comparison:
    """The same comparison seen from the other side."""
    estimate = change.difference
    interval = estimate.interval and (-estimate.interval[1], -estimate.interval[0])
    value = None if estimate.value is None else 0.0 - estimate.value
    return replace(
        change,
        reference=change.other,
        other=change.reference,
        won=change.lost,
        lost=change.won,
        difference=replace(estimate, value=value, interval=interval),
        reference_share=change.other_share,
        other_share=change.reference_share,
        verdict=TURNED.get(change.verdict, change.verdict),
    )


def _share(model: Model, problems: Sequence[str]) -> float:
    right = [model.entry.right[p] for p in problems]
    return sum(sum(answers) / len(answers) for answers in right) / len(right)


def _kind(models: Sequence[Model], first: int, second: int) -> MetricKind:
    kind = models[first].entry.kind
    return kind if kind == models[second].entry.kind else "generated"


def _single(model: Model, problems: Sequence[str]) -> bool:
    return all(len(model.entry.right[p]) == 1 for p in problems)


def _outcomes(model: Model, problems: Sequence[str]) -> Outcomes:
    entry = model.entry
    read = entry.extracted
    return Outcomes(
        name=model.name,
        right=[entry.right[p][0] for p in problems],
        extracted=[read.get(p) for p in problems] if read else None,
        kind=entry.kind,
    )


def _compared(run: RunEntry, models: Sequence[Model], n: int) -> ComparedRun:
    return ComparedRun(
        name=run.name,
        title=run.title,
        problems=len(run.problems),
        left_out=len(run.problems) - n,
        models=tuple(m.name for m in models if run.name in m.runs),
    )


def _curves(runs: Sequence[RunEntry]) -> tuple[RunCurve, ...]:
    """Every training that was logged; one that was taken over from another run here is that one."""
    here = {run.name for run in runs}
    return tuple(
        RunCurve(run.name, run.log.points, run.log.best_step)
        for run in runs
        if run.log is not None and run.trained_in not in here
    )
