"""`.eval_results/*.yaml`: results in the form that the Hub gathers for a data set's leaderboard.

One file a data set on the Hub, and none for local problems. Only accuracies of generated answers,
as read by netgain's robust grader, in per cent. The format: https://huggingface.co/docs/hub/eval-results.
"""

import re
from typing import Any

import yaml

from netgain import wording
from netgain.records import Findings, HubData, PublishedResult
from netgain.reporting.model_card import percent_value

FOLDER = ".eval_results"
# What a benchmark's own eval.yaml calls its task; elsewhere the configuration's name is taken.
TASK_IDS = {"openai/gsm8k": "gsm8k"}
HEADLINE = re.compile(r"accuracy(?: on [^,]+)?, tuned")  # one figure a data set


def eval_result_files(findings: Findings) -> dict[str, bytes]:
    """The files by their paths in the report's folder; the first result of a data set counts."""
    made = findings.publication
    found: dict[str, bytes] = {}
    told: set[str] = set()
    for result in made.results if made is not None else ():
        hub = result.hub
        if hub is None or hub.split is None or hub.id in told or not _counts(result):
            continue
        told.add(hub.id)
        text = yaml.safe_dump(
            [_entry(result, hub)], sort_keys=False, allow_unicode=True, width=float("inf")
        )
        found[_path(hub.id, found)] = text.encode()
    return found


def _counts(result: PublishedResult) -> bool:
    return result.metric.kind == "generated" and HEADLINE.fullmatch(result.metric.name) is not None


def _entry(result: PublishedResult, hub: HubData) -> dict[str, Any]:
    task = TASK_IDS.get(hub.id, hub.config or "default")
    dataset = {"id": wording.one_line(hub.id), "task_id": wording.one_line(task)}
    if hub.revision is not None:
        dataset["revision"] = wording.one_line(hub.revision)
    metric = result.metric
    interval = wording.interval_words(metric.estimate, metric.unit, metric.kind)
    notes = f"{result.data}; {result.conditions}; {interval}, n = {metric.estimate.n}"
    return {"dataset": dataset, "value": percent_value(result), "notes": wording.one_line(notes)}


def _path(hub_id: str, taken: dict[str, bytes]) -> str:
    """A file named as the data set is; with its owner's name where that is taken."""
    owner, _, name = hub_id.rpartition("/")
    for each in (name, f"{owner}-{name}"):
        path = f"{FOLDER}/{re.sub(r'[^A-Za-z0-9._-]', '-', each)}.yaml"
        if path not in taken:
            return path
    raise ValueError(f"two data sets are called {hub_id!r}")
