"""Training metrics from a trainer's log, each with its definition beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from netgain.records import Estimate, Metric, MetricKind, TrainingPoint

ONE_RUN = "one training run"
WINDOW = 0.05  # share of the logged steps that is averaged at either end of the training loss


def training_metrics(points: Sequence[TrainingPoint], best_step: int | None) -> tuple[Metric, ...]:
    """Losses and teacher-forced token accuracy from start to end, in display order.

    `best_step` is the step whose checkpoint was kept.
    """
    losses = [p.loss for p in points if p.loss is not None]
    validated = [p for p in points if p.eval_loss is not None]
    found: list[Metric] = []
    if losses:
        found += _training_loss(losses)
    if validated:
        found += _validation_loss(validated, best_step)
        found += _token_accuracy(validated, best_step)
    return tuple(found)


def _training_loss(losses: Sequence[float]) -> list[Metric]:
    width = max(1, math.ceil(len(losses) * WINDOW))
    first, last = _mean(losses[:width]), _mean(losses[-width:])
    window = f"mean of {width} logged step{'s'[: width != 1]}"
    return [
        _metric("training loss at the start", "nats", first, f"{window}, the first ones"),
        _metric("training loss at the end", "nats", last, f"{window}, the last ones"),
        _metric("change of training loss", "percent_change", _change(first, last), "start to end"),
    ]


def _validation_loss(validated: Sequence[TrainingPoint], best_step: int | None) -> list[Metric]:
    first, last = validated[0], validated[-1]
    best = next((p for p in validated if p.step == best_step), None)
    named = "before the first step" if first.step == 0 else f"at step {first.step}"
    found = [_metric("validation loss at the start", "nats", first.eval_loss, named)]
    if best is not None:
        found += [
            _metric("validation loss, best", "nats", best.eval_loss, f"step {best.step}, kept"),
            _metric(
                "change of validation loss", "percent_change",
                _change(first.eval_loss, best.eval_loss), "start to best",
            ),
        ]  # fmt: skip
    if best is None or best.step != last.step:
        found.append(
            _metric("validation loss at the end", "nats", last.eval_loss, f"step {last.step}")
        )
    return found


def _token_accuracy(validated: Sequence[TrainingPoint], best_step: int | None) -> list[Metric]:
    known = [p for p in validated if p.eval_token_accuracy is not None]
    if not known:
        return []
    best = next((p for p in known if p.step == best_step), known[-1])
    how = "share of reference tokens ranked first given the reference before them, validation set"
    return [
        _metric(
            f"teacher-forced token accuracy, {when}", "share", point.eval_token_accuracy,
            f"{how}, mean over batches, step {point.step}",
        )
        for when, point in (("at the start", known[0]), ("of the kept adapter", best))
    ]  # fmt: skip


def _metric(name: str, unit: str, value: float | None, method: str) -> Metric:
    kind: MetricKind = "teacher_forced"
    return Metric(name, unit, kind, Estimate(value, method, why_no_interval=ONE_RUN))


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _change(start: float | None, end: float | None) -> float | None:
    """End against start as a share of the start; None where the start is no positive number."""
    if start is None or end is None or start <= 0:
        return None
    return end / start - 1
