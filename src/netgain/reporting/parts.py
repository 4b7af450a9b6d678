"""What a section of a report is made of, whichever format it goes into."""

from __future__ import annotations

from dataclasses import dataclass

from netgain import wording
from netgain.records import Metric


@dataclass(frozen=True)
class Grid:
    """A table of words; the first cell of a row names it."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Proposal:
    """One piece of advice in words."""

    title: str
    lines: tuple[str, ...]
    command: str


@dataclass(frozen=True)
class Section:
    """A titled part of a report. `name` is its anchor, `chart` the name of what is drawn in it."""

    name: str
    title: str
    paragraphs: tuple[str, ...] = ()
    grids: tuple[Grid, ...] = ()
    bullets: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    chart: str = ""


def short_words(metric: Metric) -> str:
    """A value with its interval, short enough for a cell."""
    estimate = metric.estimate
    if wording.undefined(estimate) or estimate.interval is None:
        return wording.value_words(estimate, metric.unit)
    interval = wording.interval_words(estimate, metric.unit)
    level = f"{wording.level_words(estimate.level)} CI "
    return wording.with_remark(
        wording.value_words(estimate, metric.unit), interval.removeprefix(level)
    )
