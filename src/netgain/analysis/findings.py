"""A run's records -> Findings: every figure computed here, nothing left for the reporters."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netgain import cost
from netgain.analysis.comparison import compare, verdict_sentence
from netgain.analysis.statistics import wilson
from netgain.analysis.training import training_metrics
from netgain.numbers import format_number
from netgain.records import (
    Comparison,
    Estimate,
    EvaluationSummary,
    Findings,
    Generation,
    Grade,
    Metric,
    Problem,
    Sample,
    TrainingLog,
)
from netgain.wording import integer, percent

SHOWN_SAMPLES = 12  # of each sort; the rest lies in the Parquet files
SMALL_GROUP = 10  # below this a category says nothing
LIMIT_OF_TRUNCATION = 0.01  # above this share the report warns that answers were cut off
COUNTED = "a count, not an estimate"
CLOCKED = "measured once"


@dataclass(frozen=True)
class RunRecords:
    """What a run directory holds, read."""

    recipe: Mapping[str, Any]
    facts: Mapping[str, Any]
    split: Mapping[str, Any]
    training: Mapping[str, Any] | None
    state: TrainingLog | None
    problems: Sequence[Problem]
    summaries: Mapping[str, EvaluationSummary]
    generations: Mapping[str, Sequence[Generation]]
    grades: Mapping[str, Sequence[Grade]]
    place: str


def assemble(records: RunRecords) -> Findings:
    """Everything a report needs."""
    comparison = None
    if {"base", "tuned"} <= records.grades.keys():
        comparison = compare(records.grades["base"], records.grades["tuned"])
    accuracies = {m: _accuracy(m, g) for m, g in records.grades.items()}
    points = records.state.points if records.state else ()
    best_step = records.state.best_step if records.state else None
    training = training_metrics(points, best_step)
    spent = _cost_metrics(records)
    samples = _samples(records) if comparison else {}
    return Findings(
        title=f"{_model_name(records)} on {records.split['source']}",
        verdict=_verdict(records, comparison),
        caveats=tuple(_caveats(records, comparison)),
        comparison=comparison,
        key_metrics=tuple(_key_metrics(comparison, accuracies, training, spent)),
        accuracy_metrics=tuple(m for name in accuracies for m in _answer_metrics(records, name)),
        training_metrics=training,
        cost_metrics=spent,
        category_metrics=tuple(_categories(records)) if comparison else (),
        curves=points,
        best_step=best_step,
        samples_fixed=samples.get("fixed", ()),
        samples_broken=samples.get("broken", ()),
        samples_both_wrong=samples.get("both wrong", ()),
        settings=_settings(records),
        data=_data(records),
        environment=_environment(records),
        reproduce=_reproduce(records),
        notes=tuple(_notes(records)),
    )


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
    description = _model_name(records)
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
    found += _format_caveats(records, comparison)
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
    unanswered = {g.problem_id for g in records.grades["base"] if g.extracted is None}
    won = {g.problem_id for g in records.grades["tuned"] if g.correct} & unanswered
    if won:
        found.append(
            f"On {_count(len(won), 'problem')} that the tuned model solved, the base model gave no "
            "answer that could be read: that part of the difference may be form, not skill."
        )
    return found


# -- metrics -------------------------------------------------------------------------------


def _accuracy(model: str, grades: Sequence[Grade]) -> Metric:
    right = sum(g.correct for g in grades)
    return Metric(f"accuracy, {model}", "share", "generated", wilson(right, len(grades)))


def _key_metrics(
    comparison: Comparison | None,
    accuracies: Mapping[str, Metric],
    training: Sequence[Metric],
    spent: Sequence[Metric],
) -> list[Metric]:
    found = list(accuracies.values())
    if comparison is not None:
        found.append(Metric("difference", "points", "generated", comparison.difference))
    wanted = ("change of validation loss", "teacher-forced token accuracy, of the kept adapter")
    found += [m for m in training if m.name in wanted]
    return found + [m for m in spent if m.name in {"time in all", "cost in all"}]


def _answer_metrics(records: RunRecords, model: str) -> list[Metric]:
    """One model's answers: three graders, what could not be read or ran out, and lengths."""
    grades, summary = records.grades[model], records.summaries[model]
    n = len(grades)

    def share(name: str, count: int, note: str) -> Metric:
        return Metric(f"{name}, {model}", "share", "generated", wilson(count, n), note)

    found = [
        share("accuracy", sum(g.correct for g in grades), "robust grader: decides the headline"),
        share("accuracy by lm-eval strict-match", sum(g.strict for g in grades), "format counts"),
        share("accuracy by lm-eval flexible-extract", sum(g.flexible for g in grades), ""),
        share("no readable answer", sum(g.extracted is None for g in grades), ""),
        share("answers at the token limit", summary.truncated, "may have been cut off"),
    ]
    mean = summary.completion_tokens / n if n else None
    length = Estimate(mean, "mean", why_no_interval=COUNTED, n=n)
    return [*found, Metric(f"length of an answer, {model}", "tokens", "measured", length)]


def _cost_metrics(records: RunRecords) -> tuple[Metric, ...]:
    """Seconds, money, tokens and energy; evaluations reused from another run cost nothing here."""
    price = records.recipe["cost"]["price_per_hour"]
    currency = records.recipe["cost"]["currency"]
    seconds: dict[str, float] = {}
    tokens: dict[str, int] = {}
    if records.state is not None and records.training is not None:
        points = records.state.points
        seconds["training"] = max((p.seconds or 0.0 for p in points), default=0.0)
        tokens["trained on"] = max((p.tokens or 0 for p in points), default=0)
    for name, summary in records.summaries.items():
        if summary.reused_from is None:
            seconds[f"evaluating the {name} model"] = summary.seconds
        tokens[f"generated by the {name} model"] = summary.completion_tokens
    found = [_measured(f"time for {k}", "s", v, CLOCKED) for k, v in seconds.items()]
    whole = math.fsum(seconds.values())
    found += [
        _measured("time in all", "s", whole, CLOCKED),
        _measured("cost in all", currency, cost.money(whole, price), f"time at {price} an hour"),
    ]
    found += [_measured(f"tokens {k}", "tokens", v, COUNTED) for k, v in tokens.items()]
    return (*found, *_energy(records))


def _energy(records: RunRecords) -> list[Metric]:
    if records.training is None:
        return []
    used = records.training["energy_wh"]
    why = CLOCKED
    if used is None:
        why = (
            "training was interrupted, so the counters did not see all of it"
            if records.training["resumed"]
            else "this machine's energy counters cannot be read"
        )
    return [_measured("energy for training", "Wh", used, why)]


def _measured(name: str, unit: str, value: float | None, why: str) -> Metric:
    return Metric(name, unit, "measured", Estimate(value, "read off", why_no_interval=why))


def _categories(records: RunRecords) -> list[tuple[str, Metric, Metric]]:
    """Accuracy by category of problem, base and tuned; small groups are left out."""
    category = {p.id: p.category for p in records.problems}
    sizes = Counter(c for c in category.values() if c is not None)
    rows = []
    for name, size in sorted(sizes.items()):
        if size < SMALL_GROUP:
            continue
        pair = [
            _accuracy(model, [g for g in records.grades[model] if category[g.problem_id] == name])
            for model in ("base", "tuned")
        ]
        rows.append((name, pair[0], pair[1]))
    return rows


# -- samples -------------------------------------------------------------------------------


def _samples(records: RunRecords) -> dict[str, tuple[Sample, ...]]:
    """The first few problems of each sort, in the order of their ids."""
    answers = {m: {g.problem_id: g for g in rows} for m, rows in records.generations.items()}
    grades = {m: {g.problem_id: g for g in rows} for m, rows in records.grades.items()}
    sorts: dict[tuple[bool, bool], str] = {
        (False, True): "fixed", (True, False): "broken", (False, False): "both wrong",
    }  # fmt: skip
    found: dict[str, list[Sample]] = {name: [] for name in sorts.values()}
    for problem in sorted(records.problems, key=lambda p: p.id):
        base, tuned = grades["base"][problem.id], grades["tuned"][problem.id]
        name = sorts.get((base.correct, tuned.correct))
        if name is None or len(found[name]) >= SHOWN_SAMPLES:
            continue
        texts = answers["base"][problem.id], answers["tuned"][problem.id]
        found[name].append(_sample(problem, texts, (base, tuned)))
    return {name: tuple(samples) for name, samples in found.items()}


def _sample(
    problem: Problem, texts: tuple[Generation, Generation], grades: tuple[Grade, Grade]
) -> Sample:
    return Sample(
        problem_id=problem.id,
        question=problem.question,
        gold="" if problem.answer is None else format_number(problem.answer),
        category=problem.category,
        base_text=texts[0].text,
        tuned_text=texts[1].text,
        base_extracted=grades[0].extracted,
        tuned_extracted=grades[1].extracted,
        base_finish=texts[0].finish_reason,
        tuned_finish=texts[1].finish_reason,
        base_correct=grades[0].correct,
        tuned_correct=grades[1].correct,
    )


# -- plain facts ---------------------------------------------------------------------------


def _model_name(records: RunRecords) -> str:
    if records.training is not None:
        return str(records.training["model"]["description"])
    return str(records.recipe["model"]["id"])


def _settings(records: RunRecords) -> dict[str, str]:
    """The recipe, one line a setting, and what the hardware made of it."""
    found = dict(_flat(records.recipe))
    training = records.training
    if training is not None:
        found["used: precision, device"] = f"{training['precision']}, {training['device']}"
        found["used: batch size × accumulation"] = (
            f"{training['batch_size']} × {training['gradient_accumulation']}"
        )
        found["used: trainable parameters"] = (
            f"{integer(training['trainable_parameters'])} of {integer(training['parameters'])}"
        )
        found["used: chat template"] = training["template"]
    if records.state is not None:
        found["used: optimizer steps"] = (
            f"{records.state.steps} of {records.state.planned_steps} planned"
            + (", stopped early" if records.state.steps < records.state.planned_steps else "")
        )
    return found


def _flat(settings: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    found = []
    for key, value in settings.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{prefix}{key}.")
        else:
            found.append((prefix + key, "none" if value is None else str(value)))
    return found


def _data(records: RunRecords) -> dict[str, str]:
    split = records.split
    ids = split["ids"]
    found = {
        "source": split["source"] + (f" at {split['revision']}" if split["revision"] else ""),
        "problems": ", ".join(f"{len(ids[k])} {k}" for k in ("train", "validation", "test")),
        "overlap of training and test": (
            f"{len(split['overlaps'])} near or equal" if split["overlaps"] else "none found"
        ),
        "bad rows skipped": str(len(split["bad_rows"])),
        "problems without a solution, not trained on": str(len(split["no_solution"])),
    }
    if records.training is not None:
        found["problems too long, not trained on"] = str(len(records.training["too_long"]))
    for name, digest in split["digests"].items():
        found[f"SHA-256 of {name}"] = digest
    return found


def _environment(records: RunRecords) -> dict[str, str]:
    source = records.training or records.facts
    found = {**source["hardware"], **source["versions"]}
    if records.training is not None:
        model = records.training["model"]
        found["base model"] = model["description"]
        found["base model revision"] = model["revision"] or "none (local files)"
        found["base model SHA-256"] = model["digest"]
    for name, summary in records.summaries.items():
        s = summary.settings
        found[f"{name} answers"] = (
            f"{s['engine']}, {s['precision']}, {s['device']}, greedy, batches of {s['batch_size']}"
        )
    return found


def _reproduce(records: RunRecords) -> tuple[str, ...]:
    versions = (records.training or records.facts)["versions"]
    pins = [
        f"{k}=={versions[k]}" for k in ("torch", "transformers", "trl", "peft") if k in versions
    ]
    return (
        "# the command that made this run",
        str(records.facts["command"]),
        "# the same from the recipe that was kept in it",
        f"netgain run {records.place}/recipe.yaml",
        "# with these versions",
        f"pip install {' '.join(pins)}" if pins else "# (no training packages were installed)",
    )


def _notes(records: RunRecords) -> list[str]:
    found = [
        "Accuracy is the share of problems whose generated answer, read by the robust grader, "
        "equals the known answer exactly.",
        "Teacher-forced numbers are measured while the reference solution is fed in token by "
        "token. They say how well the text is predicted, not how many problems are solved.",
    ]
    for name, summary in records.summaries.items():
        if summary.reused_from is not None:
            found.append(
                f"The answers of the {name} model were taken from the run {summary.reused_from}: "
                "same model, problems, prompt and settings. Their time is not counted in the cost."
            )
    return found


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'s'[: n != 1]}"
