"""A leaderboard's ranking and pairs in words, before a page or Markdown lays them out.

Nothing is computed: rows and sentences are made of what the `Leaderboard` holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netgain import wording
from netgain.records import (
    Comparison,
    Leaderboard,
    RankedModel,
    Verdict,
)
from netgain.reporting import view
from netgain.reporting.leaderboard.charts import ROLE_WORDS
from netgain.reporting.parts import Grid, short_words

NONE = "–"
VERDICT_WORDS: dict[Verdict, str] = {
    "improved": "better", "worse": "worse", "no detectable change": "not told apart",
}  # fmt: skip


@dataclass(frozen=True)
class ChangeCell:
    """A paired difference in a cell; all "" where there is none."""

    value: str = ""
    interval: str = ""
    verdict: str = ""
    p: str = ""

    @property
    def words(self) -> str:
        """All of it in one phrase."""
        if not self.value:
            return NONE
        return f"{wording.with_remark(self.value, self.interval)}: {self.verdict}, {self.p}"


@dataclass(frozen=True)
class RankRow:
    """A model as a row of the ranking."""

    place: str
    name: str
    about: str
    accuracy: view.MetricRow
    ranks: str
    letters: str
    to_best: ChangeCell
    to_base: ChangeCell


def rank_rows(board: Leaderboard) -> list[RankRow]:
    """The models, the best first."""
    return [
        RankRow(
            place=str(m.place),
            name=m.name,
            about=about(m),
            accuracy=view.metric_row(m.accuracy),
            ranks=f"{m.ranks[0]}" if m.ranks[0] == m.ranks[1] else f"{m.ranks[0]}–{m.ranks[1]}",
            letters=" ".join(m.letters) or NONE,
            to_best=_change(m.to_best),
            to_base=_change(m.to_base),
        )
        for m in board.models
    ]


def about(model: RankedModel) -> str:
    """What kind of model it is and where its answers are."""
    parts = [ROLE_WORDS[model.role]]
    if model.base:
        parts[0] += f" from {model.base}"
    if model.role == "base" or len(model.runs) > 1:
        parts.append(f"in {listed(model.runs)}")
    if model.answers_each != "1 answer each":
        parts.append(f"{model.answers_each} a problem")
    return "; ".join(parts)


def listed(names: Sequence[str], most: int = 4) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def _change(change: Comparison | None) -> ChangeCell:
    if change is None:
        return ChangeCell()
    estimate = change.difference
    return ChangeCell(
        value=wording.value_words(estimate, "points"),
        interval=wording.interval_words(estimate, "points"),
        verdict=VERDICT_WORDS[change.verdict],
        p=wording.probability(change.deciding_p),
    )


def how_to_read(board: Leaderboard) -> tuple[str, ...]:
    """What the columns mean, in a student's words."""
    pairs = len(board.pairs)
    tests = " and ".join(dict.fromkeys(pair.test for pair in board.pairs))
    corrected = (
        f"; Holm's correction over all {pairs} pairs keeps the chance of even one false difference "
        "at 5%"
        if pairs > 1
        else ""
    )
    letters = board.letters_note or (
        "Models that share a letter cannot be told apart at 5%. That does not make them equal: "
        "more problems might tell them apart."
    )
    return (
        letters,
        "Open ranks are the best and the worst rank that the comparisons leave to a model.",
        f"Every pair was compared on the same problems ({tests}){corrected}. Each interval is that "
        "of its own pair.",
    )


def pairs_grid(board: Leaderboard) -> Grid:
    """Every pair."""
    count = len(board.pairs)
    pairs = "The one pair" if count == 1 else f"All {wording.integer(count)} pairs"
    return Grid(
        f"{pairs} on the same {wording.quantity(board.n, 'problems')}",
        ("Higher", "Lower", "Only higher / only lower right", "Difference, lower − higher", "p",
         "p, Holm", "Told apart"),
        tuple(
            (
                pair.reference,
                pair.other,
                f"{wording.integer(pair.lost)} / {wording.integer(pair.won)}",
                short_words(pair.metric),
                _bare(pair.p_value),
                NONE if pair.adjusted_p is None else _bare(pair.adjusted_p),
                "no" if pair.verdict == "no detectable change" else "yes",
            )
            for pair in board.pairs
        ),
    )  # fmt: skip


def _bare(p: float) -> str:
    return wording.probability(p).removeprefix("p = ").removeprefix("p ")
