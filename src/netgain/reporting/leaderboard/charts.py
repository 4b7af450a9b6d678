"""What a leaderboard draws: accuracies with intervals, curves over each other, cost, overlap.

A model has one colour, dash and shape in all charts; any two of twenty differ without the colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from netgain import wording
from netgain.records import Leaderboard, RankedModel
from netgain.reporting import captions
from netgain.reporting.dots import dot_chart, short_labels
from netgain.reporting.drawing import (
    BASE_COLOUR,
    BROKEN_COLOUR,
    FIXED_COLOUR,
    INK,
    OTHER_COLOUR,
    TUNED_COLOUR,
    Chart,
    Spec,
)

ROLE_WORDS = {"base": "base model", "tuned": "tuned", "evaluated": "evaluated alone"}
ROLE_STYLES = {"base": (BASE_COLOUR, "diamond"), "tuned": (TUNED_COLOUR, "circle"),
               "evaluated": (OTHER_COLOUR, "square")}  # fmt: skip
# Lengths without a common divisor, so that no two of twenty have both alike.
COLOURS = (TUNED_COLOUR, BROKEN_COLOUR, FIXED_COLOUR, OTHER_COLOUR, "#8f7000", INK)
DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3])
SHAPES = ("circle", "square", "triangle-up", "cross", "triangle-down")


@dataclass(frozen=True)
class Style:
    """How a model is drawn wherever it is."""

    label: str
    colour: str
    dash: list[int]
    shape: str


def styles(board: Leaderboard) -> dict[str, Style]:
    """One for each model, by its name; base models are grey diamonds."""
    labels = short_labels([m.name for m in board.models])
    found, others = {}, 0
    for model, label in zip(board.models, labels, strict=True):
        if model.role == "base":
            found[model.name] = Style(label, BASE_COLOUR, [1, 0], "diamond")
            continue
        found[model.name] = Style(
            label,
            COLOURS[others % len(COLOURS)],
            DASHES[others % len(DASHES)],
            SHAPES[others % len(SHAPES)],
        )
        others += 1
    return found


def by_style(used: Sequence[Style], field: str, channel: str) -> Spec:
    """An encoding of models by their colour, dash or shape, with one legend for all three."""
    ranges = {
        "color": [s.colour for s in used],
        "strokeDash": [s.dash for s in used],
        "shape": [s.shape for s in used],
    }
    return {
        "field": field,
        "type": "nominal",
        "title": None,
        "scale": {"domain": [s.label for s in used], "range": ranges[channel]},
        "legend": {
            "columns": {"signal": "width < 500 ? 2 : 4"},
            "labelLimit": 150,
            "symbolOpacity": 1,
            "symbolSize": 90,
            "symbolStrokeWidth": 0,  # a dashed outline would hide the shape
        },
    }


# -- the ranking ---------------------------------------------------------------------------


def ranking_chart(board: Leaderboard) -> Chart:
    """Every model's accuracy with its interval, and its letters."""
    lettered = any(m.letters for m in board.models)
    drawn = dot_chart(
        "ranking",
        captions.RANKING_TITLE,
        "model",
        [(_lettered(m), {ROLE_WORDS[m.role]: m.accuracy}) for m in board.models],
        axis="right answers",
        caption=captions.RANKING.format(wording.integer(board.n))
        + (captions.LETTERS if lettered else ""),
        styles={ROLE_WORDS[role]: style for role, style in ROLE_STYLES.items()},
        most=len(board.models),
    )
    assert drawn is not None, "every model of a leaderboard has an accuracy"
    listed = ", ".join(
        f"{m.name} {wording.value_words(m.accuracy.estimate, 'share')}" for m in board.models
    )
    return replace(
        drawn,
        toggles=(),  # a role is no series that one would want to hide
        alt=wording.one_line(captions.RANKING_ALT.format(listed)),
        columns=("model", "accuracy", "letters"),
        rows=tuple(
            (m.name, wording.metric_words(m.accuracy), " ".join(m.letters)) for m in board.models
        ),
    )


def _lettered(model: RankedModel) -> str:
    letters = " ".join(model.letters)
    return wording.with_remark(model.name, letters)
