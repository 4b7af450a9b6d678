"""What a run's test problems can show: the smallest difference that would be seen.

The same function as in the report. What it needs beside the number of problems, the share of them
on which exactly one model is right, is known after a run alone: before, an earlier run's share is
taken, or a usual span of it.
"""

from netgain.analysis.estimates.power import detectable_difference
from netgain.wording import counted, percent, value_words

# Of GSM8K's problems, 23% changed sides in a short fine-tuning of a 0.5B model that gained nothing.
USUAL = (0.10, 0.30)


def what_it_shows(test: int, whole: int | None, earlier: float | None) -> str:
    """One sentence on what so many test problems can show.

    Args:
        test: test problems of the run. whole: all that there are, where that is more.
        earlier: share of problems that exactly one of the models solved in a run like this one.
    """
    shares = USUAL if earlier is None else (earlier, earlier)
    counts = [n for n in (test, whole) if n]
    parts = [
        f"{'all ' * bool(at)}{counted(n, 'test problem')} show{'s' * (n == 1)} {_span(n, shares)}"
        for at, n in enumerate(dict.fromkeys(counts))
    ]
    if earlier is None:
        given = f"if {percent(USUAL[0])} to {percent(USUAL[1])} of the answers change sides"
    else:
        given = f"if {percent(earlier)} of the answers change sides, as in an earlier run"
    return f"in 8 of 10 runs {'; '.join(parts)} ({given})"


def _span(n: int, shares: tuple[float, float]) -> str:
    """The smallest difference, or both ends of it."""
    ends = [detectable_difference(n, round(share * n)) for share in shares]
    if any(end.value is None for end in ends):
        return "no true change, however large: take more"
    words = [value_words(end, "points").lstrip("+").removesuffix(" points") for end in ends]
    if words[0] == words[1]:
        return f"a true change of {words[0]} points or more"
    return f"a true change of {words[0]} to {words[1]} points or more"
