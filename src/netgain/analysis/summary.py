"""The run in a few lines: each a figure, what it means, and what follows from it.

A line only repeats figures that stand in the findings already. What it recommends is a proposal of
the advice, or follows from what the figure is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast
from urllib.parse import urlencode

from netgain.analysis.sentences import KIND_MEANINGS, counted, floor_sentence, forms_sentence, were
from netgain.analysis.training.losses import FEWEST_EXAMPLES
from netgain.records import (
    AdviceKind,
    Difficulty,
    ErrorKind,
    ErrorsFound,
    Findings,
    FormatSkill,
    GroupAccuracy,
    Metric,
    SummaryPoint,
)
from netgain.wording import capital, group_words, integer, quantity, value_words


def summarise(findings: Findings) -> tuple[SummaryPoint, ...]:
    """The lines that the findings have figures for, in the order of the report."""
    found = (make(findings) for make in LINES)
    return tuple(line for line in found if line is not None)


def _task(f: Findings) -> SummaryPoint | None:
    c = f.comparison
    if c is None:
        return None
    figures = tuple(m for m in f.key_metrics if m.kind == "generated")
    moved = f"{counted(c.won, 'problem')} {were(c.won)} fixed and {c.lost} broken"
    if f.at_floor:
        meaning, what = floor_sentence(c), "Report neither a gain nor a loss."
    elif c.verdict == "no detectable change":
        size = c.detectable_difference.value
        seen = capital(c.detectable_difference.why_no_interval)
        if size is not None:
            seen = (
                f"A true difference of {quantity(size, 'points').lstrip('+')} or more would have "
                "been seen 80% of the time"
            )
        meaning = f"{moved}; chance alone can do that. {seen}."
        what = "Do not report this as a gain or as a loss."
    else:
        change = "a gain" if c.verdict == "improved" else "a loss"
        meaning = f"{moved}: {change} that chance alone does not explain."
        what = "Quote the difference with its interval, and for this adapter alone."
    again = _proposal(
        f, "larger_model", "more_data", "more_test_problems", "another_seed", "smaller_change"
    )
    return SummaryPoint(
        "Solving problems", figures, meaning, " ".join(filter(None, (what, again))), "comparison"
    )


def _form(f: Findings) -> SummaryPoint | None:
    parts = f.format_skill
    if parts is None or not (parts.strict or parts.skill or parts.format or parts.unattributed):
        return None
    strict, *others = parts.metrics
    return SummaryPoint(
        "Format or skill",
        (strict, *others),
        _form_meaning(parts),
        "Quote the robust grader's figures: they do not move with the form of an answer."
        if parts.format
        else "",
        "format",
    )


def _form_meaning(parts: FormatSkill) -> str:
    told = [
        f"{integer(abs(count))} {'more' if count > 0 else 'fewer'} {what}"
        for count, what in (
            (parts.skill, "from skill"),
            (parts.format, "from form alone"),
            (parts.unattributed, "where the base model's answer could not be read"),
        )
        if count
    ]
    whole = f"{integer(abs(parts.strict))} {'more' if parts.strict > 0 else 'fewer'} answers"
    if not parts.strict:
        whole = "as many answers as before"
    return f"Of {integer(parts.n)}, the strict grader accepts {whole}: {', '.join(told)}."


def _learning(f: Findings) -> SummaryPoint | None:
    figures = _named(f.training_metrics, "change of training loss", "change of validation loss")
    if f.forecast is None or not any(m.estimate.value is not None for m in figures):
        return None
    again = _proposal(f, "more_validation_problems", "train_longer", "train_shorter")
    if not again and f.forecast.outlook == "not known":
        again = "Validate more often next time (train.validations_per_epoch)."
        if f.forecast.examples is not None and f.forecast.examples < FEWEST_EXAMPLES:
            again = "Validate on more problems next time (data.validation_fraction)."
    return SummaryPoint(
        "Learning the reference solutions", figures, f.forecast.sentence, again, "training"
    )


def _agreement(f: Findings) -> SummaryPoint | None:
    figures = _named(
        f.training_metrics,
        "teacher-forced token accuracy, at the start",
        "teacher-forced token accuracy, of the kept adapter",
        "teacher-forced token accuracy, at the end",
    )
    if not any(m.estimate.value is not None for m in figures):
        return None
    solved = [m for m in f.accuracy_metrics if m.name == "accuracy, tuned"]
    beside = "no answers of the tuned model were graded, so accuracy on the task is not known"
    if solved:
        beside = (
            f"the tuned model solves {value_words(solved[0].estimate, 'share')} when it has to "
            "write the solution itself"
        )
    return SummaryPoint(
        "Token accuracy",
        figures,
        "The share of next tokens that the model guesses right while the reference solution is "
        f"fed in; {beside}.",
        "Never quote it as accuracy on the task.",
        "training",
    )


def _changed(f: Findings) -> SummaryPoint | None:
    """The forms of answers that became more or less frequent."""
    if all(form.verdict == "no change shown" for form in f.forms):
        return None
    return SummaryPoint(
        "How the answers changed", (), forms_sentence(f.forms),
        "Read some of them: another form is no gain by itself.", "changes",
    )  # fmt: skip


def _errors(f: Findings) -> SummaryPoint | None:
    model = "tuned" if "tuned" in f.errors_found else "base"
    found = f.errors_found.get(model)
    if found is None or not found.kinds or not found.n:
        return None
    most, *others = sorted(found.kinds, key=lambda m: -(m.estimate.value or 0.0))
    count = _count(most, found)
    after = f" Next comes {others[0].name} ({_count(others[0], found)})." if others else ""
    return SummaryPoint(
        f"Most frequent error, {model} model",
        (most,),
        f"{most.name.capitalize()}: {KIND_MEANINGS[_kind(most)]}. {count} of the "
        f"{counted(found.n, 'wrong answer')}{_looked_into(f)} {were(count)} of this kind.{after}",
        f"Read some of these {counted(count, 'problem')}.",
        "errors",
        urlencode({"kind": f"{model}: {most.name}"}),
    )


def _count(kind: Metric, found: ErrorsFound) -> int:
    return round((kind.estimate.value or 0.0) * found.n)


def _kind(metric: Metric) -> ErrorKind:
    return cast(ErrorKind, metric.name.replace(" ", "_"))


def _looked_into(f: Findings) -> str:
    """Of how many problems, where not all were looked into."""
    asked = f.comparison.n if f.comparison is not None else 0
    looked_into = max((d.n for d in f.difficulty.values()), default=asked)
    if looked_into >= asked:
        return ""
    return f" among the {integer(looked_into)} of {integer(asked)} problems that were looked into"


def _hard(f: Findings) -> SummaryPoint | None:
    model = "tuned" if "tuned" in f.difficulty else "base"
    found = f.difficulty.get(model)
    if found is None or not found.n:
        return None
    hardest = _hardest(found)
    if hardest is None:
        tested = sum(g.verdict != "too few" for g in found.groups)
        if not tested:
            return None
        return SummaryPoint(
            "Hard problems", (),
            f"None of {integer(tested)} kinds of problems is shown to be harder than the rest for "
            f"the {model} model{_looked_into(f)}.",
            "", "difficulty",
        )  # fmt: skip
    return SummaryPoint(
        f"Hardest kind of problem, {model} model",
        (hardest.accuracy, hardest.difference),
        f"Problems of this kind ({group_words(hardest.feature, hardest.group)}) are solved less "
        "often than the others, by more than chance.",
        "An association, not a cause: read some before acting on it.",
        "difficulty",
    )


def _hardest(found: Difficulty) -> GroupAccuracy | None:
    harder = [g for g in found.groups if g.verdict == "harder"]
    return min(harder, key=lambda g: g.difference.estimate.value or 0.0, default=None)


def _spent(f: Findings) -> SummaryPoint | None:
    figures = _named(f.cost_metrics, "time in all", "cost in all", "energy for training")
    known = tuple(m for m in figures if m.estimate.value is not None)
    if not known:
        return None
    timed = [m.name.removeprefix("time for ") for m in f.cost_metrics if "time for " in m.name]
    meaning = f"Counted: {', '.join(timed)}. Loading is not counted."
    if len(known) < len(figures):
        meaning += " Energy was not measured."
    return SummaryPoint("Cost", known, meaning, "", "cost")


def _next(f: Findings) -> SummaryPoint | None:
    if not f.advice:
        return None
    first = f.advice[0]
    known = tuple(m for m in first.cost if m.estimate.value is not None)
    return SummaryPoint("What to try next", known, first.evidence, f"{first.do}.", "advice")


LINES: tuple[Callable[[Findings], SummaryPoint | None], ...] = (
    _task, _form, _changed, _learning, _agreement, _errors, _hard, _spent, _next,
)  # fmt: skip


def _named(metrics: tuple[Metric, ...], *names: str) -> tuple[Metric, ...]:
    by_name = {m.name: m for m in metrics}
    return tuple(by_name[name] for name in names if name in by_name)


def _proposal(f: Findings, *kinds: AdviceKind) -> str:
    """The first proposal of one of these kinds, as a sentence; "" where there is none."""
    return next((f"{a.do}." for a in f.advice if a.kind in kinds), "")
