"""What a leaderboard says by itself: one place, to be read through. Its charts: captions.py.

Who is ahead, and what to bear in mind, bring their own words (analysis/comparing).
"""

from netgain import wording
from netgain.records import Leaderboard, Metric, SeedSpread
from netgain.reporting.view import short_words
from netgain.wording import integer, quantity

OWN_TERMS = (
    ("Letters", "Models that share a letter cannot be told apart at 5%. A model can share one "
     "letter with some models and another with others: it is told apart from neither, though these "
     "may be told apart from each other."),
    ("Open ranks", "The best and the worst rank that a model can have as far as the comparisons "
     "tell: 1 + the models that are ahead of it beyond chance, and all models − those behind it."),
    ("Cohen's kappa", "How much more two models agree than chance makes them: 0 is as often as "
     "chance, 1 is always. Two very good models agree often by chance alone, so their share of "
     "same outcomes says less than kappa."),
)  # fmt: skip
SOURCE = (
    "Made from the records of the runs named above; every figure is recomputed from their stored "
    "answers, and leaderboard.json has all of them."
)
LETTERS_NOTE = (
    "Models that share a letter cannot be told apart at 5%. That does not make them equal: more "
    "problems might tell them apart."
)
RANKS_NOTE = "Open ranks are the best and the worst rank that the comparisons leave to a model."
AGREEMENT_WHY = (
    "Two models of the same accuracy may solve different problems. Then using both "
    "may gain something."
)
AGREEMENT_HOW = (
    "Same outcome is the share of problems that both get right or both get wrong. Cohen's kappa of "
    "being right says how much of that is more than chance."
)
SAME_SETTINGS = "All settings that are on record are the same in these runs."
AGREEMENT_TITLE, DIFFERENCES_TITLE = (
    "Do they solve the same problems?", "What differs between these runs",
)  # fmt: skip


def ranking_caption(board: Leaderboard) -> str:
    """Of the table of models."""
    corrected = "; p-values corrected by Holm" if len(board.pairs) > 1 else ""
    return f"Every model on the same {quantity(board.n, 'problems')} (95% CI{corrected})"


def how_to_read(board: Leaderboard) -> tuple[str, ...]:
    """What the columns of the ranking mean."""
    pairs = len(board.pairs)
    tests = " and ".join(dict.fromkeys(pair.test for pair in board.pairs))
    compared = f"Every pair was compared on the same problems ({tests})."
    if pairs > 1:
        compared += (
            f" Holm's correction over all {pairs} pairs keeps the chance of even one false "
            "difference at 5%."
        )
    return (
        board.letters_note or LETTERS_NOTE,
        RANKS_NOTE,
        f"{compared} Each interval is that of its own pair.",
    )


def pairs_caption(board: Leaderboard) -> str:
    """Of the table of all pairs."""
    count = len(board.pairs)
    pairs = "The one pair" if count == 1 else f"All {integer(count)} pairs"
    return f"{pairs} on the same {quantity(board.n, 'problems')}"


def overlap_caption(n: int) -> str:
    """Of the table of how many models solve a problem."""
    return f"{quantity(n, 'problems').capitalize()}, by how many models solve them"


def solved_by_one_caption(listed: int, total: int) -> str:
    """Of the table of problems that one model alone solved."""
    cut = f"; the first {listed} of {integer(total)}" if listed < total else ""
    return f"Problems that one model alone solved{cut}"


def seeds_caption(spread: SeedSpread) -> str:
    """Of the table of one recipe's seeds."""
    return f"{len(spread.seeds)} seeds of one recipe, each against its own base (95% CI)"


def with_interval(metric: Metric) -> str:
    """A figure with its interval, or that this is not known and why."""
    words = short_words(metric)
    if metric.estimate.interval is not None or wording.undefined(metric.estimate):
        return words
    return wording.with_remark(words, f"interval not known: {metric.estimate.why_no_interval}")


def seed_words(spread: SeedSpread) -> str:
    """What several seeds say that one cannot."""
    return (
        f"{wording.listed(spread.runs)} differ in the seed of their training alone, so the spread "
        "of their gains is chance: the order of the examples, dropout, the adapter's start."
    )
