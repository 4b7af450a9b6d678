"""When the next request may begin: the rate we keep, and the pauses that a server asks for."""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST_WAIT = 1.0  # s, after the first failure; doubled with each
MOST_WAIT = 60.0  # s, whatever a server asks for


class Pace:
    """Hands out turns, evenly spread where there is a limit.

    >>> pace = Pace(30, clock=lambda: 100.0)
    >>> pace.turn(), pace.turn()
    (0.0, 2.0)
    """

    def __init__(self, per_minute: float | None, clock: Callable[[], float]) -> None:
        self.gap = 60 / per_minute if per_minute else 0.0
        self.clock = clock
        self.free = clock()

    def turn(self) -> float:
        """Seconds until the turn that is hereby taken."""
        now = self.clock()
        begins = max(now, self.free)
        self.free = begins + self.gap
        return begins - now

    def hold(self, seconds: float) -> None:
        """Hand out no turn that begins sooner than in so many seconds."""
        self.free = max(self.free, self.clock() + seconds)


def wait_after(failures: int, asked: float | None, generator: random.Random) -> float:
    """Seconds to wait after so many failures: what the server asks for, or exponential back-off.

    The back-off is drawn from the upper half of its range, so that requests that failed together
    do not come back together.
    """
    if asked is not None:
        return min(asked, MOST_WAIT)
    longest = min(MOST_WAIT, FIRST_WAIT * 2.0 ** min(failures - 1, 20))
    return longest * generator.uniform(0.5, 1.0)
