"""How alike models answer, in words: a table of every two of them, and who alone solved what."""

from netgain import wording
from netgain.records import Leaderboard, Metric, Overlap
from netgain.reporting import view
from netgain.reporting.blocks import Grid
from netgain.reporting.leaderboard import board_phrases
from netgain.reporting.view import short_words


def overlap_grid(found: Overlap) -> Grid:
    """How many problems were solved by none, by one, … by all of the models."""
    words = solved_words(len(found.models))
    counts = map(wording.integer, found.solved_by)
    return Grid(
        board_phrases.overlap_caption(found.n),
        ("Solved by", "Problems"),
        tuple(zip(words, counts, strict=True)),
    )


def solved_words(models: int) -> list[str]:
    """
    >>> solved_words(3)
    ['none', 'one alone', '2 models', 'all 3']
    """
    between = [f"{k} models" for k in range(2, models)]
    return ["none", "one alone", *between, f"all {models}"]


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
    return Grid(
        board_phrases.solved_by_one_caption(len(found.solved_by_one), found.solved_by[1]),
        ("Solved by", "Problem", "Beginning of the question"),
        tuple(
            (p.model, p.problem_id + (f" ({p.category})" if p.category else ""),
             view.opening(p.question))
            for p in found.solved_by_one
        ),
        grouped=True,
    )  # fmt: skip
