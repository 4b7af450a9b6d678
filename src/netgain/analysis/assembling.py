"""A run's records -> Findings: every figure computed here, nothing left for the reporters."""

from collections.abc import Mapping
from dataclasses import replace

from netgain.analysis import facts, model_figures
from netgain.analysis.advice import Evidence, advise
from netgain.analysis.chosen_samples import shown_samples
from netgain.analysis.chosen_samples import without_texts as samples_without_texts
from netgain.analysis.comparing.format_skill import parts_of_change
from netgain.analysis.comparing.pairs import adjusted, compare_right, verdict_sentence
from netgain.analysis.concerns import concerns
from netgain.analysis.further.beside_published import beside_published
from netgain.analysis.inputs import Answered, RunRecords
from netgain.analysis.learned_from import validated_on
from netgain.analysis.overview import overview, title
from netgain.analysis.problems.changes import changes
from netgain.analysis.problems.difficulty import difficulty
from netgain.analysis.problems.error_kinds import errors_found, form_changes, forms_by_problem
from netgain.analysis.problems.unusual import unusual
from netgain.analysis.sentences import UNREAD, floor_sentence
from netgain.analysis.to_publish import publication
from netgain.analysis.training.anomalies import spike_metrics
from netgain.analysis.training.forecast import forecast
from netgain.analysis.training.metrics import pace_metrics, training_metrics
from netgain.records import (
    Changes,
    Comparison,
    Difficulty,
    ErrorsFound,
    Findings,
    FormChange,
    Metric,
    ModelFigures,
    UnusualAnswers,
)

MODELS = ("base", "tuned")
OWN_WORDS = {"zero_shot_chat", "chain_of_thought"}  # styles of prompts without worked examples
AT_FLOOR = 0.05  # accuracy of both models; nothing can be compared below it


def assemble(records: RunRecords) -> Findings:
    """Everything a report needs."""
    comparison = parts = None
    answers = {m: records.answered(m) for m in records.grades}
    if answers.keys() >= set(MODELS):
        base, tuned = (answers[m] for m in MODELS)
        comparison, parts = compare_right(base.correct, tuned.correct), parts_of_change(base, tuned)
    accuracies = {m: model_figures.accuracy(m, of.correct) for m, of in answers.items()}
    points = records.state.points if records.state else ()
    best_step = records.state.best_step if records.state else None
    examples, on = _validated_on(records), validated_on(records.training)
    training = training_metrics(points, best_step, examples, on)
    outlook = forecast(points, examples, on)
    spent = model_figures.cost_metrics(records)
    floor = comparison is not None and at_floor(comparison)
    findings = Findings(
        title=title(records),
        verdict=_verdict(records, comparison, floor),
        at_floor=floor,
        mostly_unread=floor and records.mostly_unread(),
        comparison=comparison,
        key_metrics=tuple(model_figures.key_metrics(comparison, accuracies, training, spent)),
        accuracy_metrics=tuple(
            m for name in accuracies for m in model_figures.answer_metrics(records, name)
        ),
        training_metrics=training + _pace(records),
        cost_metrics=spent,
        category_metrics=tuple(model_figures.category_metrics(records)) if comparison else (),
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
        forms=_forms(records) if comparison else (),
        advice=advise(Evidence(records, comparison, floor, outlook, training, examples))
        if comparison
        else (),
        further=(*records.further, *beside_published(records)),
        samples=shown_samples(records) if records.grades else None,
        publication=publication(records),
        overview=overview(records, spent),
        models=_models(records, answers, comparison),
        began_at=records.began_at(),
        after_another=records.start is not None,
        over_start=_over_start(records, answers),
    )
    findings = replace(findings, concerns=concerns(records, findings))
    if records.recipe["report"]["texts"]:
        return findings
    return without_texts(findings, prompts=records.recipe["prompt"]["style"] in OWN_WORDS)


def without_texts(findings: Findings, *, prompts: bool) -> Findings:
    """The same without questions and answers; with the prompts only where they are our own."""
    unusual = {
        model: replace(of, answers=tuple(replace(a, evidence=a.kind) for a in of.answers))
        for model, of in findings.unusual.items()
    }
    samples = findings.samples and samples_without_texts(findings.samples, prompts=prompts)
    return replace(findings, unusual=unusual, samples=samples)


def _models(
    records: RunRecords, answers: Mapping[str, Answered], comparison: Comparison | None
) -> tuple[ModelFigures, ...]:
    """Everything that answered, the base first: what earlier trainings made stands in between."""
    start = records.start
    before = {"start": start.answers} if start and start.answers else {}
    between = {**before, **records.phases}
    to_base: dict[str, Comparison | None] = {"tuned": comparison}
    if "base" in answers and between:
        pairs = [compare_right(answers["base"].correct, a.correct) for a in between.values()]
        if comparison is not None:  # the headline is one test, planned before; the others are not
            pairs = adjusted([*pairs, comparison])[:-1]
        to_base |= dict(zip(between, pairs, strict=True))
    methods = [m["method"] for m in records.recipe.get("phases") or ()]
    about = {"base": "before training", "tuned": "after this training"}
    if start is not None:
        about["start"] = f"{start.name}, from which training began"
        about["tuned"] = f"after {start.name} and this training"
    about |= {
        name: f"after the {method.upper()} training"
        for name, method in zip(records.phases, methods, strict=False)
    }
    order = {**{m: answers[m] for m in ("base",) if m in answers}, **between, **answers}
    return tuple(
        ModelFigures(
            name, about.get(name, ""), model_figures.accuracy(name, of.correct),
            model_figures.strict_accuracy(records, name, of.strict), to_base.get(name),
        )
        for name, of in order.items()
    )  # fmt: skip


def _over_start(records: RunRecords, answers: Mapping[str, Answered]) -> Comparison | None:
    """What this run's training changed, beside the model whose weights it began from."""
    if records.start is None or records.start.answers is None or "tuned" not in answers:
        return None
    found = compare_right(records.start.answers.correct, answers["tuned"].correct)
    return replace(found, reference="start")


# -- what is looked into one by one, and says so where that was a sample --------------------


def _errors_found(records: RunRecords, model: str) -> ErrorsFound:
    found = errors_found(records.diagnoses[model])
    return replace(
        found,
        kinds=_of_sample(records, found.kinds),
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


def _forms(records: RunRecords) -> tuple[FormChange, ...]:
    base, tuned = (
        forms_by_problem(
            records.problems,
            records.generations[m],
            records.grades[m],
            {**records.diagnoses.get(m, {}), **records.false_working.get(m, {})},
        )
        for m in MODELS
    )
    return form_changes(len(records.problems), base, tuned)


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
    return (*pace_metrics(points), *spike_metrics(points))


# -- verdict -------------------------------------------------------------------------------


def at_floor(c: Comparison) -> bool:
    """Whether both models solve almost nothing, and no difference is shown."""
    most = max(c.both + c.lost, c.both + c.won)
    return c.n > 0 and c.verdict == "no detectable change" and most / c.n < AT_FLOOR


def _verdict(records: RunRecords, comparison: Comparison | None, floor: bool) -> str:
    if comparison is not None:
        first = [floor_sentence(comparison)] if floor else []
        first += [UNREAD] if floor and records.mostly_unread() else []
        return " ".join([*first, verdict_sentence(comparison)])
    missing = [m for m in ("base", "tuned") if m not in records.grades]
    return (
        f"No verdict: the {' and the '.join(missing)} model{'s'[: len(missing) != 1]} "
        "answered no problems yet, so nothing is known about a gain."
    )


def _validated_on(records: RunRecords) -> int | None:
    """Examples validated on; None where that is not on record."""
    if records.training is not None:
        count = (records.training.get("examples") or {}).get("validation")
        if count is not None:
            return int(count)
    return len(records.split["ids"]["validation"]) or None


# -- notes ---------------------------------------------------------------------------------


def _notes(records: RunRecords) -> list[str]:
    found = []
    trained_in = (records.training or {}).get("reused_from")
    if trained_in is not None:
        found.append(
            f"The adapter was taken from the run {trained_in}: same model, training problems and "
            "settings. Its time is the time that it took there."
        )
    for name, summary in records.summaries.items():
        if summary.reused_from is not None:
            found.append(
                f"The answers of the {name} model were taken from the run {summary.reused_from}: "
                "same model, problems, prompt and settings. Their time is the time they took there."
            )
    return found
