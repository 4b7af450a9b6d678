"""Losses of all runs in one drawing, by tokens, epoch or step, as the trainers logged them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from netgain import wording
from netgain.records import Leaderboard, RunCurve, TrainingPoint
from netgain.reporting import captions
from netgain.reporting.curves import thinned
from netgain.reporting.dots import short_labels
from netgain.reporting.drawing import (
    BROKEN_COLOUR,
    FIXED_COLOUR,
    INK,
    OTHER_COLOUR,
    TUNED_COLOUR,
    Chart,
    Spec,
    nominal,
    tooltip,
)

MOST_POINTS, FEWEST_POINTS = 500, 60  # of all runs together, and of each
MOST_DOTS = 12  # of a curve

Axis = Literal["tokens", "epoch", "step"]
Loss = Literal["validation", "training"]
READ: dict[Loss, Callable[[TrainingPoint], float | None]] = {
    "validation": lambda point: point.eval_loss,
    "training": lambda point: point.loss,
}
AXES: dict[Axis, str] = {"tokens": "tokens trained on", "epoch": "epoch", "step": "step"}


# Lengths without a common divisor, so that no two of twenty have both alike.
COLOURS = (TUNED_COLOUR, BROKEN_COLOUR, FIXED_COLOUR, OTHER_COLOUR, "#8f7000", INK)
DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3])
SHAPES = ("circle", "square", "triangle-up", "cross", "triangle-down")


@dataclass(frozen=True)
class _Series:
    run: str
    label: str
    points: tuple[tuple[float, float, TrainingPoint], ...]  # where, loss, the point itself


def curve_charts(board: Leaderboard) -> list[Chart]:
    """Validation and training loss by what all runs have logged, tokens if they can."""
    axis = best_axis(board)
    return [chart for loss in READ if (chart := curve_chart(board, loss, axis)) is not None]


def best_axis(board: Leaderboard) -> Axis:
    """Tokens are the same work in every run; a step need not be."""
    return next(axis for axis in AXES if axis == "step" or _has(board, axis))


def _has(board: Leaderboard, axis: Axis) -> bool:
    """Whether every curve goes beyond the beginning on this axis."""
    return all(any(getattr(p, axis) for p in curve.points) for curve in board.curves)


def curve_chart(board: Leaderboard, loss: Loss, axis: Axis) -> Chart | None:
    """One loss of every run that logged it; None where none did."""
    most = max(FEWEST_POINTS, MOST_POINTS // max(1, len(board.curves)))
    labels = short_labels([curve.run for curve in board.curves])
    series = [
        _Series(curve.run, label, points)
        for label, curve in zip(labels, board.curves, strict=True)
        if (points := _points(curve, loss, axis, most))
    ]
    if not series:
        return None
    what, thin = AXES[axis], _are_thinned(series, board, loss)
    return Chart(
        name=f"{loss}-by-{axis}",
        title=f"{wording.capital(loss)} loss by {what}",
        alt=wording.one_line(
            f"Line chart of {loss} loss (teacher-forced) by {what}: "
            f"{'; '.join(f'{s.run} {_ends(s, axis)}' for s in series)}."
        ),
        caption=captions.RUN_LOSS.format(loss) + (captions.THINNED if thin else ""),
        spec={
            "height": 320,
            "data": {"values": [value for s in series for value in _values(s, axis)]},
            "layer": _layers([s.label for s in series], what, axis),
        },
        columns=("run", "step", "epoch", "tokens", f"{loss} loss"),
        rows=tuple(row for s in series for row in _rows(s)),
        toggles=tuple(s.label for s in series),
        toggled="run",
        zoom="at",
        keep_legend=True,
    )


def _points(
    curve: RunCurve, loss: Loss, axis: Axis, most: int
) -> tuple[tuple[float, float, TrainingPoint], ...]:
    """Logged values where the run was; a step logged twice keeps its last value."""
    read = READ[loss]
    by_step = {
        point.step: point
        for point in curve.points
        if (value := read(point)) is not None
        and math.isfinite(value)
        and getattr(point, axis) is not None
    }
    pairs = sorted((step, read(point) or 0.0) for step, point in by_step.items())
    kept = thinned(pairs, curve.best_step, most)
    return tuple(
        (float(getattr(by_step[step], axis)), value, by_step[step]) for step, value in kept
    )


def _values(series: _Series, axis: Axis) -> list[Spec]:
    every = max(1, math.ceil(len(series.points) / MOST_DOTS))
    return [
        {
            "run": series.label,
            "at": where,
            "value": value,
            "dot": place % every == 0 or place == len(series.points) - 1,
            "where": _where(point, axis),
            "said": wording.number(value),
        }
        for place, (where, value, point) in enumerate(series.points)
    ]


def _where(point: TrainingPoint, axis: Axis) -> str:
    value = getattr(point, axis)
    return "" if value is None else wording.number(float(value))


def _ends(series: _Series, axis: Axis) -> str:
    """Where a curve begins, has its lowest value, and ends."""
    first, last = series.points[0], series.points[-1]
    lowest = min(series.points, key=lambda point: point[1])
    return (
        f"from {wording.number(first[1])} to {wording.number(last[1])}, lowest "
        f"{wording.number(lowest[1])} at {axis} {_where(lowest[2], axis)}"
    )


def _rows(series: _Series) -> list[tuple[str, ...]]:
    return [
        (series.run, *(_where(point, axis) for axis in ("step", "epoch", "tokens")),
         wording.number(value))
        for _, value, point in series.points
    ]  # fmt: skip


def _are_thinned(series: Sequence[_Series], board: Leaderboard, loss: Loss) -> bool:
    steps = {c.run: {p.step for p in c.points if READ[loss](p) is not None} for c in board.curves}
    return any(len(s.points) < len(steps[s.run]) for s in series)


def looks(runs: Sequence[str], channel: str) -> Spec:
    """An encoding of runs by colour, dash or shape: any two of twenty differ without the colour."""
    of = {"color": COLOURS, "strokeDash": DASHES, "shape": SHAPES}[channel]
    legend = {
        "columns": {"signal": "width < 500 ? 2 : 4"},
        "labelLimit": 150,
        "symbolOpacity": 1,
        "symbolSize": 90,
        "symbolStrokeWidth": 0,  # a dashed outline would hide the shape
    }
    return nominal("run", runs, [of[i % len(of)] for i in range(len(runs))], legend)


def _layers(runs: Sequence[str], title: str, axis: Axis) -> list[Spec]:
    colour, dash, shape = (looks(runs, channel) for channel in ("color", "strokeDash", "shape"))
    steps: Spec = {"tickMinStep": 1, "format": ",d"} if axis != "epoch" else {}
    x = {
        "field": "at", "type": "quantitative", "title": title,
        "scale": {"nice": False, "zero": False},
        "axis": {"tickCount": 6, "labelFlush": True} | steps,
    }  # fmt: skip
    y = {
        "field": "value", "type": "quantitative", "title": "teacher-forced loss",
        "scale": {"zero": False}, "axis": {"tickCount": 5},
    }  # fmt: skip
    tips = tooltip(("run", "run"), ("where", axis), ("said", "loss"))
    return [
        {
            "mark": {"type": "line", "strokeWidth": 1.8},
            "encoding": {"x": x, "y": y, "color": colour, "strokeDash": dash},
        },
        {
            "transform": [{"filter": "datum.dot"}],
            "mark": {"type": "point", "filled": True, "size": 55, "opacity": 1},
            "encoding": {"x": x, "y": y, "color": colour, "shape": shape, "tooltip": tips},
        },
    ]
