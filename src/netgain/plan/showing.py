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
    counts = dict.fromkeys(n for n in (test, whole) if n)
    shown = [_shown(n, USUAL if earlier is None else (earlier, earlier)) for n in counts]
    parts = []
    for at, (n, (change, shares)) in enumerate(zip(counts, shown, strict=True)):
        said = f"{'all ' * bool(at)}{counted(n, 'test problem')} show{'s' * (n == 1)} {change}"
        if shares and shares not in (of for _, of in shown[at + 1 :]):  # else it is said there
            said += f" ({_given(shares, earlier)})"
        parts.append(said)
    return f"in 8 of 10 runs {'; '.join(parts)}"


def _shown(n: int, shares: tuple[float, float]) -> tuple[str, tuple[str, ...]]:
    """The smallest change that is seen, at both ends of a span, and the shares that it holds for.

    A change is no larger than the share that changes sides, so where it would be, so many have to.
    """
    ends = []
    for share in shares:
        end = detectable_difference(n, round(share * n))
        if (end.value or 0.0) > share:
            end = detectable_difference(n, 0)
        ends.append((end, max(share, end.value or 0.0)))
    if any(end.value is None for end, _ in ends):
        return "no true change, however large: take more", ()
    words = [value_words(end, "points").lstrip("+").removesuffix(" points") for end, _ in ends]
    change = " to ".join(dict.fromkeys(words))
    given = dict.fromkeys(percent(share) for _, share in ends)
    return f"a true change of {change} points or more", tuple(given)


def _given(shares: tuple[str, ...], earlier: float | None) -> str:
    given = f"if {' to '.join(shares)} of the answers change sides"
    before = percent(USUAL[1] if earlier is None else earlier)
    if shares[-1] != before:
        known = f"usual {before}" if earlier is None else f"{before} of an earlier run"
        return f"{given}, more than the {known}"
    return given if earlier is None else f"{given}, as in an earlier run"
