"""A leaderboard's picture: the accuracy of every model with its interval."""

from dataclasses import replace

from netgain import wording
from netgain.records import Leaderboard, RankedModel
from netgain.reporting import captions
from netgain.reporting.dots import dot_chart
from netgain.reporting.drawing import BASE_COLOUR, OTHER_COLOUR, TUNED_COLOUR, Chart

ROLE_WORDS = {"base": "base model", "tuned": "tuned", "evaluated": "evaluated alone"}
ROLE_STYLES = {"base": (BASE_COLOUR, "diamond"), "tuned": (TUNED_COLOUR, "circle"),
               "evaluated": (OTHER_COLOUR, "square")}  # fmt: skip


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
