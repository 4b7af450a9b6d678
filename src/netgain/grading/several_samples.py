"""Several samples of one problem: the majority's answer, and the chance that one of k is right.

Values of single problems; what they say about a model, with intervals, is in `analysis.samples`.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import comb


def majorities(answers: Sequence[str | None]) -> list[str | None]:
    """The answer with the most votes among the first 1, 2, … and all of `answers`.

    Votes are compared as they are, so `answers` must be normalised (`Grade.extracted` is: equal
    numbers are equal text there). None has no vote, and wins only where nothing else was given.
    Of several answers with equally many votes, the one that was seen first wins.

    >>> majorities([None, "7", "9", "9", "7"])
    [None, '7', '7', '9', '7']
    """
    votes: dict[str, int] = {}
    seen: dict[str, int] = {}
    leader: str | None = None
    found = []
    for position, answer in enumerate(answers):
        if answer is not None:
            votes[answer] = votes.get(answer, 0) + 1
            first = seen.setdefault(answer, position)
            if leader is None or (votes[answer], -first) > (votes[leader], -seen[leader]):
                leader = answer
        found.append(leader)
    return found


def pass_at_k(n: int, right: int, k: int) -> Fraction:
    """The chance that at least one of k samples is right, from n samples of which `right` are.

    The unbiased estimator 1 − C(n − right, k) / C(n, k) of Chen et al. 2021 (arXiv:2107.03374):
    the share of all subsets of k samples that hold a right one.

    Raises:
        ValueError: not 1 <= k <= n, or not 0 <= right <= n.
    """
    if not (1 <= k <= n and 0 <= right <= n):
        raise ValueError(f"n = {n}, right = {right}, k = {k} cannot be: 1 <= k <= n >= right >= 0")
    return 1 - Fraction(comb(n - right, k), comb(n, k))
