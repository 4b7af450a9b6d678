"""What a model card needs beside the figures, from a run's records."""

from collections.abc import Iterator
from typing import Any

from netgain.analysis.facts import source_name
from netgain.analysis.inputs import RunRecords
from netgain.analysis.model_figures import answer_metrics
from netgain.data.tasks import TASKS
from netgain.prompts import stop_texts
from netgain.recipe import PromptSettings
from netgain.records import FurtherResult, HubData, Metric, Publication, PublishedResult
from netgain.wording import integer, undefined

USED_WITH = ("torch", "transformers", "peft")  # what the adapter needs, of all that was installed
# The figures of the answers that are shares of right ones, by how they were read.
READ_BY = {
    "accuracy, tuned": "netgain's robust grader",
    "accuracy by lm-eval strict-match, tuned": "lm-eval's strict-match",
    "accuracy in the asked form, tuned": "a strict reading of the form that the prompt asks for",
    "accuracy by lm-eval flexible-extract, tuned": "lm-eval's flexible-extract",
}
# What each method learns from, as a model card says it.
LEARNED = {
    "sft": "worked solutions",
    "rft": "the model's own right answers to problems",
    "distil": "another model's right answers to problems",
    "grpo": "its own answers, by whether they are right, to problems",
}


def publication(records: RunRecords) -> Publication | None:
    """How the adapter is used, and its results; None where nothing was trained."""
    training = records.training
    if training is None:
        return None
    tuned = records.summaries.get("tuned")
    asked: dict[str, Any] = dict(tuned.settings) if tuned is not None else {}
    prompt = PromptSettings.model_validate(records.recipe["prompt"])
    versions = {**training["versions"], **asked.get("versions", {})}
    revision = training["model"]["revision"]
    whole = records.recipe["train"].get("weights") == "full"
    used_with = [name for name in USED_WITH if name in versions and not (whole and name == "peft")]
    return Publication(
        name=records.recipe["name"],
        base=records.recipe["model"]["id"],
        base_on_hub=revision is not None,
        base_revision=revision,
        base_words=records.model_name(),
        data_words=source_name(records),
        training_data=_hub_data(records, "train"),
        plain_template=training["template"] == "plain",
        precision=asked.get("precision", training["precision"]),
        max_new_tokens=records.recipe["evaluate"]["max_new_tokens"],
        stop=tuple(asked.get("stop", stop_texts(prompt))),
        versions=tuple((name, versions[name]) for name in used_with),
        results=(*_headline(records), *_elsewhere(records)),
        whole=whole,
        base_same_as=records.recipe["model"].get("same_as"),
        learned=LEARNED[training.get("method", "sft")],
    )


def _hub_data(records: RunRecords, split: str | None) -> HubData | None:
    """The recipe's data, where it was fetched from the Hub, which alone gives it a revision."""
    revision = records.split["revision"]
    if revision is None:
        return None
    return HubData(records.split["source"], records.recipe["data"]["subset"], split, revision)


def _test_data(records: RunRecords, split: str | None) -> HubData | None:
    """The test problems' data set, where it was fetched from the Hub."""
    data = records.recipe["data"]
    if data["test_source"] is None:
        return _hub_data(records, split)
    revision = records.split.get("test_revision")
    if revision is None:
        return None
    return HubData(data["test_source"], data["subset"], split, revision)


def _headline(records: RunRecords) -> Iterator[PublishedResult]:
    if "tuned" not in records.grades:
        return
    data, n = records.recipe["data"], integer(len(records.answered("tuned")))
    hub, part, name = _test_data(records, "test"), f"all {n} test problems", source_name(records)
    if data["test_source"] is not None and hub is not None:
        name = data["test_source"]
    if data["test_source"] is not None and hub is None:
        part = f"{n} test problems from elsewhere"
    elif data["test_fraction"] is not None:
        hub, part = _hub_data(records, None), f"{n} problems held out"
    elif records.recipe["evaluate"]["limit"] is not None or records.recipe["evaluate"].get("skip"):
        hub, part = _test_data(records, None), f"{n} of the test problems"
    elif records.split["bad_rows"]:
        part = f"{n} test problems, without the rows that could not be read"
        hub = _test_data(records, None)
    for metric in answer_metrics(records, "tuned"):
        reader = READ_BY.get(metric.name)
        if reader is not None and not undefined(metric.estimate):
            conditions = f"{_greedily(records)}, read by {reader}"
            yield PublishedResult(f"{name}, {part}", hub, metric, conditions)


def _elsewhere(records: RunRecords) -> Iterator[PublishedResult]:
    """The tuned model on the benchmarks that the recipe asks for."""
    further = [result for result in records.further if result.kind == "task"]
    for wanted in records.recipe["extras"]["tasks"]:
        name, limit = wanted["name"], wanted["limit"]
        metric = _of_task(further, name)
        if metric is None or undefined(metric.estimate):
            continue
        task, ours = TASKS[name], wanted["source"] is None
        part = "all its items" if limit is None else f"at most {integer(limit)} of its items"
        conditions = (
            "choices ranked by log-likelihood"
            if metric.kind == "choice_loglikelihood"
            else f"{_greedily(records)}, read by netgain's robust grader"
        )
        yield PublishedResult(
            f"{name}{'' if ours else ' (own copy)'}, {part}",
            HubData(
                task.hub_id,
                task.subset,
                task.split if limit is None else None,
                wanted.get("revision"),
            )
            if ours
            else None,
            metric,
            conditions,
        )


def _of_task(further: list[FurtherResult], name: str) -> Metric | None:
    """The tuned model's figure by which a task is judged: the last cell of the task's own row."""
    cells = (row[-1] for f in further for row in f.tables[0].rows if row[0] == name)
    return next((cell for cell in cells if isinstance(cell, Metric)), None)


def _greedily(records: RunRecords) -> str:
    style = records.recipe["prompt"]["style"].replace("_", " ")
    most = integer(records.recipe["evaluate"]["max_new_tokens"])
    return f"greedy, prompt style {style}, at most {most} new tokens"
