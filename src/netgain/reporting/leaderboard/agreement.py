"""How alike models answer, in words: a table of every two of them, and who alone solved what."""

from __future__ import annotations

from netgain import wording
from netgain.records import Leaderboard, Metric, ModelAgreement
from netgain.reporting import view
from netgain.reporting.blocks import Cell, Grid
from netgain.reporting.view import short_words

ALIKE_LEVELS = (0.5, 0.6, 0.7, 0.8, 0.9)  # of the share of the same outcomes, for the shading


def heat_grid(board: Leaderboard) -> Grid:
    """How alike every two models answer, shaded."""
    names = list(
        dict.fromkeys(name for pair in board.agreements for name in (pair.first, pair.second))
    )
    found = {(a.first, a.second): a for a in board.agreements}
    rows = [
        (
            f"{place} {name}",
            *(_heat_cell(found.get((name, other)) or found.get((other, name))) for other in names),
        )
        for place, name in enumerate(names, start=1)
    ]
    heads = (str(place) for place in range(1, len(names) + 1))
    return Grid("Same outcome, and kappa below it", ("Model", *heads), tuple(rows))


def _heat_cell(pair: ModelAgreement | None) -> Cell | str:
    if pair is None:
        return "·"
    share = pair.same_outcome.estimate.value or 0.0
    return Cell(
        wording.value_words(pair.same_outcome.estimate, "share"),
        f"κ {kappa_words(pair.kappa)}",
        f"{pair.first} and {pair.second}",
        level=sum(share >= limit for limit in ALIKE_LEVELS),
    )


def kappa_words(kappa: Metric, *, interval: bool = False) -> str:
    """Kappa with two digits behind the point.

    >>> from netgain.records import Estimate
    >>> estimate = Estimate(-0.054, "Cohen", (-0.2, 0.1), level=0.95, n=9)
    >>> kappa_words(Metric("kappa", "", "generated", estimate), interval=True)
    '−0.05 (−0.20 to 0.10)'
    """
    estimate = kappa.estimate
    if estimate.value is None:
        return f"undefined: {estimate.why_no_interval}" if interval else "undefined"
    value = _hundredths(estimate.value)
    if not interval:
        return value
    if estimate.interval is None:
        return wording.with_remark(value, f"no interval: {estimate.why_no_interval}")
    low, high = map(_hundredths, estimate.interval)
    return f"{value} ({low} to {high})"


def _hundredths(value: float) -> str:
    return f"{value:.2f}".replace("-", wording.MINUS)


def agreement_grid(board: Leaderboard) -> Grid:
    """Every pair's agreement in full."""
    return Grid(
        "Agreement of each pair (95% CI)",
        ("Models", "Same outcome", "Kappa of being right", "Both wrong", "Of these: same answer"),
        tuple(
            (
                f"{a.first}, {a.second}",
                short_words(a.same_outcome),
                kappa_words(a.kappa, interval=True),
                wording.integer(a.both_wrong),
                short_words(a.same_wrong_answer),
            )
            for a in board.agreements
        ),
    )


def solved_by_one_grid(board: Leaderboard) -> Grid | None:
    """The problems that one model alone solved."""
    found = board.overlap
    if found is None or not found.solved_by_one:
        return None
    listed, total = len(found.solved_by_one), found.solved_by[1]
    cut = f"; the first {listed} of {wording.integer(total)}" if listed < total else ""
    return Grid(
        f"Problems that one model alone solved{cut}",
        ("Solved by", "Problem", "Beginning of the question"),
        tuple(
            (p.model, p.problem_id + (f" ({p.category})" if p.category else ""),
             view.opening(p.question))
            for p in found.solved_by_one
        ),
        grouped=True,
    )  # fmt: skip
