"""From decisions about pairs to a ranking: groups that are not told apart, and ranks left open."""

from collections.abc import Iterable, Sequence
from itertools import product
from string import ascii_lowercase

MOST_GROUPS = 100  # their number can double with every decision


def letter_groups(count: int, different: Iterable[tuple[int, int]]) -> list[tuple[int, ...]] | None:
    """Groups of models none of which were told apart, each as large as can be.

    Two models share a group exactly where their pair is not in `different`. Piepho 2004 (Journal of
    Computational and Graphical Statistics 13:456): all begin in one group; a group that holds a
    pair told apart is split into two without one of them, and one that lies within another goes.

    Args:
        count: how many models there are, numbered in their order.
        different: the pairs that were told apart.

    Returns:
        The groups, that of the first model first; None where they are more than `MOST_GROUPS`.

    >>> letter_groups(3, [(0, 2)])
    [(0, 1), (1, 2)]
    """
    groups = {(1 << count) - 1}
    for first, second in different:
        both = 1 << first | 1 << second
        split = {group for group in groups if group & both == both}
        groups -= split
        groups |= {group & ~(1 << one) for group, one in product(split, (first, second))}
        groups = {g for g in groups if not any(g != other and g & ~other == 0 for other in groups)}
        if len(groups) > MOST_GROUPS:
            return None
    return sorted(tuple(i for i in range(count) if group >> i & 1) for group in groups)


def letters_of(groups: Sequence[Sequence[int]], count: int) -> list[tuple[str, ...]]:
    """The letters of each model, one for each group that it is in.

    >>> letters_of([(0, 1), (1, 2)], 3)
    [('a',), ('a', 'b'), ('b',)]
    """
    names = [letter(place) for place in range(len(groups))]
    return [
        tuple(name for name, group in zip(names, groups, strict=True) if model in group)
        for model in range(count)
    ]


def letter(place: int) -> str:
    """
    >>> letter(0), letter(25), letter(26), letter(53)
    ('a', 'z', 'aa', 'bb')
    """
    times, which = divmod(place, len(ascii_lowercase))
    return (ascii_lowercase[times - 1] if times else "") + ascii_lowercase[which]


def open_ranks(count: int, ahead: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The best and the worst rank that each model may have.

    Where the decisions hold together at 5%, so do these ranges (Mogstad, Romano, Shaikh & Wilhelm
    2024, Review of Economic Studies 91:476).

    Args:
        ahead: pairs that were told apart, the better model first.

    >>> open_ranks(3, [(0, 2)])
    [(1, 2), (1, 3), (2, 3)]
    """
    best, worst = [1] * count, [count] * count
    for better, worse in ahead:
        best[worse] += 1
        worst[better] -= 1
    return list(zip(best, worst, strict=True))


def places(values: Sequence[float]) -> list[int]:
    """The place of each of these falling values; equal ones share theirs.

    >>> places([0.5, 0.5, 0.2])
    [1, 1, 3]
    """
    return [values.index(value) + 1 for value in values]
