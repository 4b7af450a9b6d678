"""Training metrics from a trainer's log, each with its definition beside it (docs/metrics.md).

What the log lacks is None with the reason, and never nought.
"""

import itertools
import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace

from netgain.analysis.estimates.statistics import wilson
from netgain.analysis.training.losses import FEWEST_EXAMPLES, validated
from netgain.analysis.training.round_metrics import round_metrics
from netgain.records import Estimate, Metric, TrainingPoint
from netgain.wording import counted

ONE_RUN = "one training run, and its log holds only means"
WINDOW, LEAST_WINDOW = 0.05, 5  # share, and number, of logged steps averaged at a point
FEWEST_LOGGED = 20  # logged steps; fewer give no start and no end to compare
NO_VALIDATION = "the log has no validation loss"
AGREEMENT = "share of reference tokens ranked first given the reference before them"
Points = Sequence[TrainingPoint]


def training_metrics(
    points: Points, best_step: int | None, examples: int | None = None, on: str = ""
) -> tuple[Metric, ...]:
    """Losses and teacher-forced token accuracy from start to end, in display order.

    Without any point there is no metric. A change from few batches, or on few problems, is None.

    Args:
        best_step: the step whose checkpoint was kept.
        examples: examples validated on, where that is known.
        on: what these are, where they are not a solution to each of so many problems.
    """
    if not points:
        return ()
    if any(p.reward is not None for p in points):
        # The loss of a policy gradient is near nought whatever is learned, and its validation loss
        # is of solutions that are not learned from.
        return (*_task_accuracy(points, best_step), *round_metrics(points))
    trained = [p for p in points if p.loss is not None and math.isfinite(p.loss)]
    checked = validated(points)
    on = _validation_set(examples, on)
    too_few = examples is not None and examples < FEWEST_EXAMPLES
    few = f"only {on} ({FEWEST_EXAMPLES} needed)" if too_few else ""
    return (
        *_training_loss([p.loss for p in trained if p.loss is not None]),
        *_validation_loss(checked, best_step, examples, few),
        *_gaps(trained, checked, best_step, examples, few),
        *_validation_agreement(checked, best_step, on),
        *_task_accuracy(points, best_step),
    )


def pace_metrics(points: Points) -> tuple[Metric, ...]:
    """Tokens and time a step."""
    if not points:
        return ()
    steps = points[-1].step

    def a_step(values: Sequence[float]) -> float | None:
        return values[-1] / steps if values and steps else None

    tokens = a_step([p.tokens for p in points if p.tokens is not None])
    whole = a_step([p.seconds for p in points if p.seconds is not None])
    # The median, because a step after which a checkpoint is written takes longer.
    took = [
        (after.seconds - before.seconds) / (after.step - before.step)
        for before, after in itertools.pairwise(points)
        if before.seconds is not None and after.seconds is not None
        and after.eval_loss is None and after.step > before.step
    ]  # fmt: skip
    median = Estimate(
        statistics.median(took) if took else None,
        "median over logged steps without a validation in between",
        why_no_interval="measured once" if took
        else "the log has no two times without a validation in between",
        n=len(took) or None,
    )  # fmt: skip
    return (
        _measured(
            "tokens a step", "tokens", tokens,
            f"tokens of prompts and solutions, padding left out, over {counted(steps, 'step')}",
            "a count, not an estimate" if tokens is not None else "the log has no token counts",
        ),
        Metric("time a step", "s", "measured", median),
        _measured(
            "time a step, validation included", "s", whole,
            f"the whole time of training over {counted(steps, 'step')}",
            "measured once" if whole is not None else "the log has no times",
        ),
    )  # fmt: skip


# -- losses --------------------------------------------------------------------------------


def _training_loss(losses: Sequence[float]) -> Iterator[Metric]:
    n, width = len(losses), _width(len(losses))
    window, why = f"mean of {width} logged steps", _too_few_logged(n, "training loss")
    first, last = (
        None if why else statistics.fmean(part) for part in (losses[:width], losses[-width:])
    )
    yield _metric("training loss at the start", "nats", first, f"{window}, the first ones", why)
    yield _metric("training loss at the end", "nats", last, f"{window}, the last ones", why)
    yield _change("change of training loss", first, last, f"start to end, each {window}", why)


def _validation_loss(
    checked: Points, best_step: int | None, examples: int | None, few: str
) -> Iterator[Metric]:
    names = "validation loss at the start", "validation loss, best", "change of validation loss"
    if not checked:
        yield from (_metric(name, "nats", None, "", NO_VALIDATION) for name in names[:2])
        yield _change(names[2], None, None, "", NO_VALIDATION)
        return
    first, last, n = checked[0], checked[-1], examples
    best = next((p for p in checked if p.step == best_step), None)
    kept = "kept" if best is not None else "the lowest; which one was kept is not on record"
    best = best or min(checked, key=lambda p: p.eval_loss or 0.0)
    single = few or ("only one validation was logged" if len(checked) == 1 else "")
    yield _metric(names[0], "nats", first.eval_loss, _place(first), n=n)
    yield _metric(names[1], "nats", best.eval_loss, f"{_place(best)}, {kept}", n=n)
    places = f"start ({_place(first)}) to best ({_place(best)})"
    yield _change(names[2], first.eval_loss, best.eval_loss, places, single, n)
    if best.step != last.step:
        yield _metric("validation loss at the end", "nats", last.eval_loss, _place(last), n=n)
        name, places = (
            f"{names[2]}, start to end",
            f"start ({_place(first)}) to end ({_place(last)})",
        )
        yield _change(name, first.eval_loss, last.eval_loss, places, few, n)


def _gaps(
    trained: Points, checked: Points, best_step: int | None, examples: int | None, few: str
) -> Iterator[Metric]:
    """Validation − training loss at the kept step and at the last validation."""
    width = _width(len(trained))
    after = [p for p in checked if len(trained) >= width and p.step >= trained[width - 1].step]
    why = few
    if not trained or not checked:
        why = "training and validation loss are not both in the log"
    elif not why:
        why = _too_few_logged(len(trained), "training loss")
    if why or not after:
        why = why or "there is no validation after so many logged training losses"
        yield _metric("generalisation gap of the loss, at the end", "nats", None, "", why)
        return
    kept = [p for p in after[:-1] if p.step == best_step]
    places = [(p, "at the kept step") for p in kept[:1]]
    for point, where in (*places, (after[-1], "at the end")):
        before = [p.loss for p in trained if p.step <= point.step and p.loss is not None][-width:]
        assert point.eval_loss is not None
        yield _metric(
            f"generalisation gap of the loss, {where}", "nats",
            point.eval_loss - statistics.fmean(before),
            f"validation loss after step {point.step} − mean training loss of the "
            f"{len(before)} logged steps up to it; a training loss is taken with dropout and "
            "before its step's update, a validation loss without and after", n=examples,
        )  # fmt: skip


# -- token accuracy ------------------------------------------------------------------------


def _validation_agreement(checked: Points, best_step: int | None, on: str) -> Iterator[Metric]:
    known = [p for p in checked if p.eval_token_accuracy is not None]
    name = "teacher-forced token accuracy"
    if not known:
        why = "the log has no token accuracy of validation"
        yield _metric(f"{name}, at the start", "share", None, AGREEMENT, why)
    for point, where in _shown(known, best_step, "of the kept adapter"):
        method = f"{AGREEMENT}, {on}, {_place(point)}"
        yield _metric(f"{name}, {where}", "share", point.eval_token_accuracy, method)


def _task_accuracy(points: Points, best_step: int | None) -> Iterator[Metric]:
    """Validation problems that were solved, by generating, while the model was trained."""
    known = [p for p in points if p.task_n and p.task_correct is not None]
    for point, where in _shown(known, best_step, "of the kept weights"):
        assert point.task_n is not None and point.task_correct is not None
        yield Metric(
            f"accuracy on validation problems, {where}", "share", "generated",
            replace(wilson(point.task_correct, point.task_n), n=point.task_n),
            f"{point.task_correct} of {point.task_n} answered right, {_place(point)}",
        )  # fmt: skip


def _shown(
    known: Points, best_step: int | None, of_the_best: str
) -> Iterator[tuple[TrainingPoint, str]]:
    """The first point, the kept one where it is among them, and the last, none of them twice."""
    best = next((p for p in known if p.step == best_step), None)
    if known:
        yield known[0], "at the start"
    if best is not None:
        yield best, of_the_best
    if known[1:] and known[-1] is not best:
        yield known[-1], "at the end"


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


def _validation_set(examples: int | None, on: str) -> str:
    if examples is None:
        return "validation set"
    return f"{on} to validate on" if on else counted(examples, "validation problem")


def _width(n: int) -> int:
    return max(LEAST_WINDOW, math.ceil(n * WINDOW))


def _place(point: TrainingPoint) -> str:
    return "before the first step" if point.step == 0 else f"step {point.step}"
