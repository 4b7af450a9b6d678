"""A run's records -> Findings: every figure computed here, nothing left for the reporters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netgain.analysis import facts, figures
from netgain.analysis.advice import Evidence, advise
from netgain.analysis.checks import checks
from netgain.analysis.comparing.comparison import compare_right, verdict_sentence
from netgain.analysis.comparing.format_skill import parts_of_change
from netgain.analysis.further.published import beside_published
from netgain.analysis.inputs import RunRecords
from netgain.analysis.problems.changes import changes
from netgain.analysis.problems.difficulty import difficulty
from netgain.analysis.problems.error_kinds import errors_found
from netgain.analysis.problems.unusual import unusual
from netgain.analysis.prompt_doubts import doubts
from netgain.analysis.publication import publication
from netgain.analysis.samples import shown_samples
from netgain.analysis.summary import summarise
from netgain.analysis.training.anomalies import spike_metrics
from netgain.analysis.training.forecast import forecast
from netgain.analysis.training.metrics import pace_metrics, training_metrics
from netgain.records import (
    Changes,
    Comparison,
    Difficulty,
    ErrorsFound,
    Findings,
    Metric,
    UnusualAnswers,
)
from netgain.wording import capital, percent

MODELS = ("base", "tuned")
LIMIT_OF_TRUNCATION = 0.01  # above this share the report warns that answers were cut off


def assemble(records: RunRecords) -> Findings:
    """Everything a report needs."""
    comparison = parts = None
    answers = {m: records.answered(m) for m in records.grades}
    if answers.keys() >= set(MODELS):
        base, tuned = (answers[m] for m in MODELS)
        comparison, parts = compare_right(base.correct, tuned.correct), parts_of_change(base, tuned)
    accuracies = {m: figures.accuracy(m, of.correct) for m, of in answers.items()}
    points = records.state.points if records.state else ()
    best_step = records.state.best_step if records.state else None
    training = training_metrics(points, best_step)
    price = records.recipe["cost"]
    outlook = forecast(points, price["price_per_hour"], price["currency"])
    spent = figures.cost_metrics(records)
    findings = Findings(
        title=f"{records.model_name()} on {facts.source_name(records)}",
        verdict=_verdict(records, comparison),
        caveats=tuple(_caveats(records, comparison)),
        comparison=comparison,
        key_metrics=tuple(figures.key_metrics(comparison, accuracies, training, spent)),
        accuracy_metrics=tuple(
            m for name in accuracies for m in figures.answer_metrics(records, name)
        ),
        training_metrics=training + _pace(records) + (outlook.metrics if outlook else ()),
        cost_metrics=spent,
        category_metrics=tuple(figures.category_metrics(records)) if comparison else (),
        curves=points,
        best_step=best_step,
        settings=facts.settings(records),
        data=facts.data(records),
        environment=facts.environment(records),
        reproduce=facts.reproduce(records),
        notes=tuple(_notes(records)),
        forecast=outlook,
        format_skill=parts,
        errors_found={m: _errors_found(records, m) for m in records.diagnoses},
        difficulty={m: _difficulty(records, m) for m in records.grades},
        unusual={m: _unusual(records, m) for m in records.grades},
        changes=_changes(records) if comparison else None,
        advice=advise(Evidence(records, comparison, outlook, training)) if comparison else (),
        further=(*records.further, *beside_published(records)),
        samples=shown_samples(records) if records.grades else None,
        publication=publication(records),
    )
    return replace(findings, summary=summarise(findings), checks=checks(records, findings))


# -- what is looked into one by one, and says so where that was a sample --------------------


def _errors_found(records: RunRecords, model: str) -> ErrorsFound:
    found = errors_found(records.diagnoses[model])
    return replace(
        found,
        kinds=_of_sample(records, found.kinds),
        sub_kinds=_of_sample(records, found.sub_kinds),
        in_first_step=_of_sample(records, (found.in_first_step,))[0],
    )


def _difficulty(records: RunRecords, model: str) -> Difficulty:
    found = difficulty(records.problems, records.grades[model])
    return replace(found, notes=_looked_into(records) + found.notes)


def _unusual(records: RunRecords, model: str) -> UnusualAnswers:
    found = unusual(records.problems, records.generations[model], records.grades[model])
    return replace(found, counts=_of_sample(records, found.counts))


def _changes(records: RunRecords) -> Changes:
    kinds = [{i: d.error_kind for i, d in records.diagnoses.get(m, {}).items()} for m in MODELS]
    found = changes(
        records.problems, records.grades["base"], records.grades["tuned"], kinds[0], kinds[1]
    )
    return replace(found, notes=_looked_into(records) + found.notes)


def _looked_into(records: RunRecords) -> tuple[str, ...]:
    words = records.looked_into()
    return (words,) if words else ()


def _of_sample(records: RunRecords, metrics: tuple[Metric, ...]) -> tuple[Metric, ...]:
    words = records.looked_into()
    if not words:
        return metrics
    return tuple(replace(m, note=f"{m.note}; {words}" if m.note else words) for m in metrics)


def _pace(records: RunRecords) -> tuple[Metric, ...]:
    """What a step took, and where the log has spikes."""
    points = records.state.points if records.state else ()
    settings = records.recipe["train"]
    batch = settings["batch_size"] * settings["gradient_accumulation"]
    return (*pace_metrics(points, batch), *spike_metrics(points))


# -- verdict and caveats -------------------------------------------------------------------


def _verdict(records: RunRecords, comparison: Comparison | None) -> str:
    if comparison is not None:
        return verdict_sentence(comparison)
    missing = [m for m in ("base", "tuned") if m not in records.grades]
    return (
        f"No verdict: the {' and the '.join(missing)} model{'s'[: len(missing) != 1]} "
        "answered no problems yet, so nothing is known about a gain."
    )


def _caveats(records: RunRecords, comparison: Comparison | None) -> list[str]:
    found = []
    if comparison is not None:
        found.append(
            f"This is one training run with one seed ({records.recipe['train']['seed']}): it tells "
            "of this adapter, not of the recipe; another seed may come out differently."
        )
        found += comparison.caveats
    description = records.model_name()
    if "quantised" in description:
        found.append(
            f"The base is {description}: not the weights its makers published scores for, so "
            "its score is comparable with the tuned one here, and with no published one."
        )
    if records.recipe["data"]["source"] == "builtin":
        found.append(
            "Training and test problems are netgain's own and come from the same templates, so "
            "this shows what was learned of these templates, not reasoning in general."
        )
    if records.prompt_check is not None:
        found += [f"{capital(line)}." for line in doubts(records.prompt_check)]
    found += _format_caveats(records, comparison)
    if records.whole is not None:
        found.append(
            "Accuracies, the comparison, format and skill and what could not be read are of all "
            "answers. Kinds of errors, what makes problems hard, what changed, unusual answers and "
            f"the samples rest on fewer ({records.looked_into()}): their counts are of these."
        )
    overlaps = records.split["overlaps"]
    if overlaps:
        found.append(
            f"{_count(len(overlaps), 'test problem')} near or equal to training problems "
            f"{'was' if len(overlaps) == 1 else 'were'} allowed by name."
        )
    if comparison is None or records.training is None:
        return found
    if records.state and records.state.best_step is None:
        found.append("No best checkpoint is on record.")
    return found


def _format_caveats(records: RunRecords, comparison: Comparison | None) -> list[str]:
    """Truncation and missing answers: where a gain may be form rather than skill."""
    found = []
    for name, summary in records.summaries.items():
        if summary.n and summary.truncated / summary.n > LIMIT_OF_TRUNCATION:
            found.append(
                f"{_count(summary.truncated, 'answer')} of the {name} model "
                f"({percent(summary.truncated / summary.n)}) reached the limit of "
                f"{records.recipe['evaluate']['max_new_tokens']} tokens and may have been cut off."
            )
    if comparison is None:
        return found
    won = int((records.answered("tuned").correct & ~records.answered("base").read).sum())
    if won:
        found.append(
            f"On {_count(won, 'problem')} that the tuned model solved, the base model gave no "
            "answer that could be read: that part of the difference may be form, not skill."
        )
    return [*found, *_false_gain(records)]


def _false_gain(records: RunRecords) -> Iterator[str]:
    """Problems won by a right result of false working: a gain by the rule, and no skill."""
    wrong = {g.problem_id for g in records.grades["base"] if not g.correct}
    fixed = [g.problem_id for g in records.grades["tuned"] if g.correct and g.problem_id in wrong]
    false = [i for i in fixed if i in records.false_working.get("tuned", {})]
    if false:
        yield (
            f"Of {_count(len(fixed), 'problem')} that tuning fixed, {len(false)} "
            f"{'was' if len(false) == 1 else 'were'} answered by way of a false equation: the "
            "result is right, the working is not."
        )


# -- notes ---------------------------------------------------------------------------------


def _notes(records: RunRecords) -> list[str]:
    found = [
        "Accuracy is the share of problems whose generated answer, read by the robust grader, "
        "equals the known answer exactly.",
        "Teacher-forced numbers are measured while the reference solution is fed in token by "
        "token. They say how well the text is predicted, not how many problems are solved.",
    ]
    trained_in = (records.training or {}).get("reused_from")
    if trained_in is not None:
        found.append(
            f"The adapter was taken from the run {trained_in}: same model, training problems and "
            "settings. Its time is not counted in the cost."
        )
    for name, summary in records.summaries.items():
        if summary.reused_from is not None:
            found.append(
                f"The answers of the {name} model were taken from the run {summary.reused_from}: "
                "same model, problems, prompt and settings. Their time is not counted in the cost."
            )
    return found


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'s'[: n != 1]}"
