"""Training curves by step, as the trainer logged them; nothing is smoothed.

A long log is thinned for drawing, always in the same way and keeping its extremes. A teacher-forced
number is called so on its axis, in its table and in its text alternative. Nothing is drawn beyond
the last step.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from netgain import wording
from netgain.records import Findings, TrainingPoint
from netgain.reporting import captions
from netgain.reporting.curve_layers import best_step, curve_spec, sensed
from netgain.reporting.drawing import Chart, Spec
from netgain.reporting.picture import HEIGHT

TOKENS, SOLVED = "tokens guessed", "problems solved"
MOST_POINTS = 500
MOST_DOTS = 60  # a series of more points is drawn as a line alone


def loss_chart(findings: Findings) -> Chart | None:
    """Training and validation loss by step; rounds of a policy gradient have their reward."""
    if _has_rounds(findings):
        return None
    curves = Curves(
        findings,
        readers={"training": lambda p: p.loss, "validation": lambda p: p.eval_loss},
        words=wording.number,
    )
    return curves.chart(
        "loss",
        "Loss during training",
        axis="teacher-forced loss",
        caption=captions.LOSS,
    )


def reward_chart(findings: Findings) -> Chart | None:
    """The mean reward of each round of a policy gradient.

    Its loss is near nought whatever is learned, and looks like one of solutions beside it.
    """
    if not _has_rounds(findings):
        return None
    curves = Curves(findings, {"training": lambda p: p.reward}, wording.percent)
    return curves.chart(
        "reward",
        "Reward of the rounds",
        axis="mean reward",
        caption=captions.REWARD,
        tick_format=".3~%",
    )


def _has_rounds(findings: Findings) -> bool:
    return any(p.reward is not None for p in findings.curves)


def agreement_chart(findings: Findings) -> Chart | None:
    """Teacher-forced token accuracy by step, where the task's own stands nowhere beside it."""
    if any(p.task_n for p in findings.curves) or _has_rounds(findings):
        return None
    curves = Curves(
        findings,
        readers={
            "training": lambda p: p.token_accuracy,
            "validation": lambda p: p.eval_token_accuracy,
        },
        words=wording.percent,
    )
    return curves.chart(
        "token-agreement",
        captions.AGREEMENT_TITLE,
        axis="teacher-forced token accuracy",
        caption=captions.AGREEMENT,
        tick_format=".3~%",
    )


def progress_chart(findings: Findings) -> Chart | None:
    """Two curves that are easily taken for one: tokens guessed, and problems solved."""
    n = max((p.task_n or 0 for p in findings.curves), default=0)
    if not n:
        return None
    curves = Curves(
        findings,
        readers={
            TOKENS: lambda p: p.eval_token_accuracy,
            SOLVED: lambda p: p.task_correct / p.task_n
            if p.task_n and p.task_correct is not None else None,
        },
        words=wording.percent,
    )  # fmt: skip
    drawn = curves.chart(
        "progress",
        "Tokens guessed, problems solved",
        axis="share",
        caption=captions.PROGRESS.format(wording.quantity(n, "problems")),
        tick_format=".3~%",
    )
    if drawn is None:
        return None
    spec = drawn.spec | {"height": HEIGHT}
    return replace(drawn, spec=spec, toggles=(), zoom="", moves=False)


@dataclass(frozen=True)
class Curves:
    """Series by name, read from the trainer's points."""

    findings: Findings
    readers: Mapping[str, Callable[[TrainingPoint], float | None]]
    words: Callable[[float], str]

    @property
    def unit(self) -> str:
        """What a row of the log is: a step of the optimizer, or a round of a policy gradient."""
        return "round" if _has_rounds(self.findings) else "step"

    def chart(
        self, name: str, title: str, axis: str, caption: str, tick_format: str = ""
    ) -> Chart | None:
        series = {
            label: thinned(pairs, self.findings.best_step)
            for label, pairs in self._series().items()
            if any(math.isfinite(value) for _, value in pairs)
        }
        if not series:
            return None
        best = self._best(series)
        values = self._values(series)
        # From none on, where the height of two lines is what is to be seen.
        spec = curve_spec(values, axis, tick_format, self.unit, zero=name == "progress")
        if best is not None:
            what = "best step" if self.unit == "step" else "kept: round"
            label = f"{what} {wording.integer(best)}"
            steps = [v["step"] for v in values]
            spec["layer"] += best_step(best, label, steps, falling="loss" in axis)
        if self.findings.began_at and any(v["step"] == 0 for v in values):
            caption += captions.BEGAN_AT.format(self.unit.capitalize(), self.findings.began_at)
        return Chart(
            name=name,
            title=title,
            alt=self._alt(axis, series, best),
            caption=caption,
            spec=spec,
            columns=(self.unit, *(f"{axis}, {label}" for label in series)),
            rows=self._rows(series),
            toggles=tuple(series),
            toggled="series",
            zoom="step",
            sensed=(sensed(axis, self.unit),),
        )

    def _values(self, series: dict[str, list[tuple[int, float]]]) -> list[Spec]:
        """The data behind the lines; `dot` where a series is so sparse that its points are seen."""
        return [
            {
                "step": step,
                "series": label,
                "value": value if math.isfinite(value) else None,
                "at": wording.integer(step),
                "said": self._word(value),
                "dot": len(pairs) <= MOST_DOTS,
            }
            for label, pairs in series.items()
            for step, value in pairs
        ]

    def _series(self) -> dict[str, list[tuple[int, float]]]:
        """Logged values by step; a step logged twice (after a resumption) keeps its last value."""
        found: dict[str, dict[int, float]] = {label: {} for label in self.readers}
        for point in self.findings.curves:
            for label, read in self.readers.items():
                value = read(point)
                if value is not None:
                    found[label][point.step] = value
        return {label: sorted(values.items()) for label, values in found.items()}

    def _best(self, series: dict[str, list[tuple[int, float]]]) -> int | None:
        best = self.findings.best_step
        if best is None and self.findings.forecast is not None:
            best = self.findings.forecast.best_step
        steps = [step for pairs in series.values() for step, _ in pairs]
        return best if best is not None and min(steps) <= best <= max(steps) else None

    def _alt(self, axis: str, series: dict[str, list[tuple[int, float]]], best: int | None) -> str:
        parts = []
        for label, pairs in series.items():
            (first, first_value), (last, last_value) = pairs[0], pairs[-1]
            part = f"{label} {self._word(first_value)} at {self.unit} {first}"
            if last != first:
                part += f", {self._word(last_value)} at {self.unit} {last}"
            if best is not None and best not in (first, last) and best in dict(pairs):
                kept = "the best step" if self.unit == "step" else "the kept round"
                part += f", {self._word(dict(pairs)[best])} at {kept} {best}"
            parts.append(part)
        return f"Line chart of {axis} by {self.unit}: {'; '.join(parts)}."

    def _word(self, value: float) -> str:
        return self.words(value) if math.isfinite(value) else "not a finite number"

    def _rows(self, series: dict[str, list[tuple[int, float]]]) -> tuple[tuple[str, ...], ...]:
        values = [dict(pairs) for pairs in series.values()]
        steps = sorted(set().union(*values))
        return tuple(
            (
                wording.integer(step),
                *(self._word(column[step]) if step in column else "" for column in values),
            )
            for step in steps
        )


def thinned(
    pairs: Sequence[tuple[int, float]], keep: int | None = None, most: int = MOST_POINTS
) -> list[tuple[int, float]]:
    """At most about `most` points: the lowest and highest of each stretch, both ends, and `keep`.

    Extremes are kept because a spike that averaging or skipping would hide is what one looks for.

    >>> len(thinned([(step, 1 / (step + 1)) for step in range(100_000)])) <= 502
    True
    """
    if len(pairs) <= most:
        return list(pairs)
    stretches = most // 2
    kept = {0, len(pairs) - 1}
    kept.update(i for i, (step, _) in enumerate(pairs) if step == keep)
    for k in range(stretches):
        stretch = range(k * len(pairs) // stretches, (k + 1) * len(pairs) // stretches)
        finite = [i for i in stretch if math.isfinite(pairs[i][1])] or [stretch[0]]
        kept.add(min(finite, key=lambda i: pairs[i][1]))
        kept.add(max(finite, key=lambda i: pairs[i][1]))
    return [pairs[i] for i in sorted(kept)]
