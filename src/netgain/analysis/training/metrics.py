"""Training metrics from a trainer's log, each with its definition beside it (docs/metrics.md).

What the log lacks is None with the reason, and never nought.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence
from dataclasses import replace

from netgain.analysis.estimates.statistics import wilson
from netgain.analysis.training.losses import FEWEST_EXAMPLES
from netgain.analysis.training.rounds import round_metrics
from netgain.records import Estimate, Metric, TrainingPoint
from netgain.wording import integer

ONE_RUN = "one training run, and its log holds only means"
WINDOW, LEAST_WINDOW = 0.05, 5  # share, and number, of logged steps averaged at a point
FEWEST_LOGGED = 20  # logged steps; fewer give no start and no end to compare
NO_VALIDATION = "the log has no validation loss"
AGREEMENT = "share of reference tokens ranked first given the reference before them"


def training_metrics(
    points: Sequence[TrainingPoint], best_step: int | None, examples: int | None = None
) -> tuple[Metric, ...]:
    """Losses and teacher-forced token accuracy from start to end, in display order.

    Without any point there is no metric. A change from few batches, or on few problems, is None.

    Args:
        best_step: the step whose checkpoint was kept.
        examples: problems validated on, where that is known.
    """
    if not points:
        return ()
    trained = [p for p in points if p.loss is not None and math.isfinite(p.loss)]
    validated = [p for p in points if p.eval_loss is not None and math.isfinite(p.eval_loss)]
    if any(p.reward is not None for p in points):
        # The loss of a policy gradient is near nought whatever is learned, and its validation loss
        # is of solutions that are not learned from.
        return (*_task_accuracy(points, best_step), *round_metrics(points))
    return (
        *_training_loss(trained),
        *_validation_loss(validated, best_step, examples),
        *_gaps(trained, validated, best_step, examples),
        *_validation_agreement(validated, best_step, examples),
        *_training_agreement(points),
        *_task_accuracy(points, best_step),
    )


def pace_metrics(points: Sequence[TrainingPoint], batch: int | None) -> tuple[Metric, ...]:
    """Tokens, examples and time a step.

    Args:
        batch: examples a step (batch size times gradient accumulation); a log does not hold it.
    """
    if not points:
        return ()
    steps = points[-1].step
    tokens = [p.tokens for p in points if p.tokens is not None]
    seconds = [p.seconds for p in points if p.seconds is not None]
    return (
        _measured(
            "tokens a step", "tokens", tokens[-1] / steps if tokens and steps else None,
            f"tokens of prompts and solutions, padding left out, over {steps} steps",
            "a count, not an estimate" if tokens and steps else "the log has no token counts",
        ),
        _measured(
            "examples a step", "examples", batch,
            "batch size times gradient accumulation; the last step of an epoch may hold fewer",
            "a setting" if batch else "a trainer's log does not hold the batch size",
        ),
        _step_seconds(points),
        _measured(
            "time a step, validation included", "s",
            seconds[-1] / steps if seconds and steps else None,
            f"the whole time of training over {steps} steps",
            "measured once" if seconds and steps else "the log has no times",
        ),
    )  # fmt: skip


def _step_seconds(points: Sequence[TrainingPoint]) -> Metric:
    """The median, because a step after which a checkpoint is written takes longer."""
    took = [
        (after.seconds - before.seconds) / (after.step - before.step)
        for before, after in itertools.pairwise(points)
        if before.seconds is not None and after.seconds is not None
        and after.eval_loss is None and after.step > before.step
    ]  # fmt: skip
    how = "median over logged steps without a validation in between"
    value = statistics.median(took) if took else None
    why = "measured once" if took else "the log has no two times without a validation in between"
    estimate = Estimate(value, how, why_no_interval=why, n=len(took) or None)
    return Metric("time a step", "s", "measured", estimate)


# -- losses --------------------------------------------------------------------------------


def _training_loss(trained: Sequence[TrainingPoint]) -> list[Metric]:
    losses = [p.loss for p in trained if p.loss is not None]
    n, width = len(losses), _width(len(losses))
    window, two_thirds = f"mean of {width} logged steps", math.ceil(2 * n / 3)
    why = _too_few_logged(n, "training loss")
    first, third, last = (
        None if why else _mean(losses[end - width : end]) for end in (width, two_thirds, n)
    )
    late = f"from the end of the second third of the logged steps to the end, each {window}"
    return [
        _metric("training loss at the start", "nats", first, f"{window}, the first ones", why),
        _metric("training loss at the end", "nats", last, f"{window}, the last ones", why),
        _change("change of training loss", first, last, f"start to end, each {window}", why),
        _change("change of training loss over the last third", third, last, late, why),
    ]


def _validation_loss(
    validated: Sequence[TrainingPoint], best_step: int | None, examples: int | None
) -> list[Metric]:
    if not validated:
        names = ("validation loss at the start", "validation loss, best")
        found = [_metric(name, "nats", None, "", NO_VALIDATION) for name in names]
        return [*found, _change("change of validation loss", None, None, "", NO_VALIDATION)]
    first, last = validated[0], validated[-1]
    best = next((p for p in validated if p.step == best_step), None)
    kept = "kept" if best is not None else "the lowest; which one was kept is not on record"
    best = best or min(validated, key=lambda p: p.eval_loss or 0.0)
    third = next((p for p in reversed(validated) if p.step <= 2 * last.step / 3), None)
    few = _too_few_validated(examples)
    single = few or ("only one validation was logged" if len(validated) == 1 else "")
    n = examples
    found = [
        _metric("validation loss at the start", "nats", first.eval_loss, _place(first), n=n),
        _metric("validation loss, best", "nats", best.eval_loss, f"{_place(best)}, {kept}", n=n),
        _change(
            "change of validation loss", first.eval_loss, best.eval_loss,
            f"start ({_place(first)}) to best ({_place(best)})", single, n,
        ),
    ]  # fmt: skip
    if best.step != last.step:
        found += [
            _metric("validation loss at the end", "nats", last.eval_loss, _place(last), n=n),
            _change(
                "change of validation loss, start to end", first.eval_loss, last.eval_loss,
                f"start ({_place(first)}) to end ({_place(last)})", few, n,
            ),
        ]  # fmt: skip
    early = "" if third else "no validation in the first two thirds of the steps was logged"
    found.append(
        _change(
            "change of validation loss over the last third",
            third.eval_loss if third else None, last.eval_loss,
            f"{_place(third)} to {_place(last)}" if third else "", single or early, n,
        )
    )  # fmt: skip
    return found


def _gaps(
    trained: Sequence[TrainingPoint],
    validated: Sequence[TrainingPoint],
    best_step: int | None,
    examples: int | None,
) -> list[Metric]:
    """Validation − training loss at the kept step and at the last validation."""
    width = _width(len(trained))
    after = [p for p in validated if len(trained) >= width and p.step >= trained[width - 1].step]
    why = _too_few_validated(examples)
    if not trained or not validated:
        why = "training and validation loss are not both in the log"
    elif not why:
        why = _too_few_logged(len(trained), "training loss")
    if why or not after:
        why = why or "there is no validation after so many logged training losses"
        return [_metric("generalisation gap of the loss, at the end", "nats", None, "", why)]
    best = next((p for p in after if p.step == best_step), None)
    places = [(best, "at the kept step")] if best and best is not after[-1] else []
    found = []
    for point, where in (*places, (after[-1], "at the end")):
        before = [p.loss for p in trained if p.step <= point.step and p.loss is not None][-width:]
        assert point.eval_loss is not None
        found.append(
            _metric(
                f"generalisation gap of the loss, {where}", "nats",
                point.eval_loss - _mean(before),
                f"validation loss after step {point.step} − mean training loss of the "
                f"{len(before)} logged steps up to it; a training loss is taken with dropout and "
                "before its step's update, a validation loss without and after", n=examples,
            )
        )  # fmt: skip
    return found


# -- token accuracy ------------------------------------------------------------------------


def _validation_agreement(
    validated: Sequence[TrainingPoint], best_step: int | None, examples: int | None
) -> list[Metric]:
    known = [p for p in validated if p.eval_token_accuracy is not None]
    name = "teacher-forced token accuracy"
    if not known:
        why = "the log has no token accuracy of validation"
        return [_metric(f"{name}, at the start", "share", None, AGREEMENT, why)]
    best = next((p for p in known if p.step == best_step), None)
    shown = [(known[0], "at the start")]
    if best is not None:
        shown.append((best, "of the kept adapter"))
    if best is not known[-1]:
        shown.append((known[-1], "at the end"))
    return [
        _metric(
            f"{name}, {where}", "share", point.eval_token_accuracy,
            f"{AGREEMENT}, {_validation_set(examples)}, {_place(point)}",
        )
        for point, where in shown
    ]  # fmt: skip


def _training_agreement(points: Sequence[TrainingPoint]) -> list[Metric]:
    shares = [p.token_accuracy for p in points if p.token_accuracy is not None]
    name = "teacher-forced token accuracy on training batches"
    why = _too_few_logged(len(shares), "token accuracy of training")
    width = _width(len(shares))
    ends = (None, None) if why else (_mean(shares[:width]), _mean(shares[-width:]))
    return [
        _metric(
            f"{name}, at the {where}", "share", value,
            f"{AGREEMENT}, mean of {width} logged steps, the {which} ones, with dropout and before "
            "each step's update", why,
        )
        for where, which, value in (("start", "first", ends[0]), ("end", "last", ends[1]))
    ]  # fmt: skip


def _task_accuracy(points: Sequence[TrainingPoint], best_step: int | None) -> list[Metric]:
    """Validation problems that were solved, by generating, while the model was trained."""
    known = [p for p in points if p.task_n and p.task_correct is not None]
    best = next((p for p in known if p.step == best_step), None)
    shown = [(p, where) for p, where in zip((*known[:1], best, *known[-1:]),
             ("at the start", "of the kept weights", "at the end"), strict=False) if p]  # fmt: skip
    found = []
    for point, where in shown:
        if where == "at the end" and point in (best, known[0]):
            continue
        assert point.task_n is not None and point.task_correct is not None
        estimate = wilson(point.task_correct, point.task_n)
        found.append(
            Metric(
                f"accuracy on validation problems, {where}", "share", "generated",
                replace(estimate, n=point.task_n),
                f"{point.task_correct} of {point.task_n} answered right, {_place(point)}",
            )
        )  # fmt: skip
    return found


# -- parts ---------------------------------------------------------------------------------


def _metric(
    name: str, unit: str, value: float | None, method: str, why: str = "", n: int | None = None
) -> Metric:
    estimate = Estimate(value, method, why_no_interval=why or ONE_RUN, n=None if why else n)
    return Metric(name, unit, "teacher_forced", estimate)


def _measured(name: str, unit: str, value: float | None, method: str, why: str) -> Metric:
    return Metric(name, unit, "measured", Estimate(value, method, why_no_interval=why))


def _change(
    name: str, start: float | None, end: float | None, method: str, why: str = "",
    n: int | None = None,
) -> Metric:  # fmt: skip
    """End against start as a share of the start; None where the start is no positive number."""
    if why or start is None or end is None:
        return _metric(name, "percent_change", None, method, why)
    if start <= 0:
        return _metric(name, "percent_change", None, method, f"it starts at {start:g}")
    return _metric(name, "percent_change", end / start - 1, method, n=n)


def _too_few_logged(n: int, what: str) -> str:
    """Why nothing is averaged at both ends; "" where there is enough."""
    if n >= FEWEST_LOGGED:
        return ""
    if not n:
        return f"the log has no {what}"
    times = "once" if n == 1 else f"{n} times"
    return f"{what} was logged only {times} ({FEWEST_LOGGED} needed)"


def _too_few_validated(examples: int | None) -> str:
    if examples is None or examples >= FEWEST_EXAMPLES:
        return ""
    return f"only {_validation_set(examples)} ({FEWEST_EXAMPLES} needed)"


def _validation_set(examples: int | None) -> str:
    if examples is None:
        return "validation set"
    return f"{integer(examples)} validation problem{'s'[: examples != 1]}"


def _width(n: int) -> int:
    return max(LEAST_WINDOW, math.ceil(n * WINDOW))


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _place(point: TrainingPoint) -> str:
    return "before the first step" if point.step == 0 else f"step {point.step}"
