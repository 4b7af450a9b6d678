"""How much of the processor other programs take."""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


class _Watch:
    others = 0.0


@contextmanager
def watched() -> Iterator[_Watch]:
    """How much of the processor other programs take meanwhile; our children must have ended."""
    watch = _Watch()
    began, busy, own = time.monotonic(), _busy_seconds(), _own_seconds()
    yield watch
    wall = max(1e-3, time.monotonic() - began)
    theirs = (_busy_seconds() - busy) - (_own_seconds() - own)
    watch.others = min(1.0, max(0.0, theirs / (wall * (psutil.cpu_count() or 1))))


def busy_share(seconds: float) -> float:
    """The share of the processor that programs take, looked at for so long."""
    began, busy = time.monotonic(), _busy_seconds()
    time.sleep(seconds)
    used = _busy_seconds() - busy
    return min(1.0, max(0.0, used / ((time.monotonic() - began) * (psutil.cpu_count() or 1))))


def _busy_seconds() -> float:
    """Seconds that all processors have worked since the machine started, for anyone."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    # Linux counts the time of guests in user's, too.
    guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    return float(sum(times) - idle - guests)


def _own_seconds() -> float:
    """Seconds that this process and its ended children have worked."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in both)
