"""A benchmark of multiple choice: a model's log-likelihood of each choice, stored in units.

The transformers engine scores, whatever answers are generated with: the others do not tell
log-likelihoods of given text.
"""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from netgain import provenance
from netgain.data.choice_tasks import ChoiceItem
from netgain.data.load import problems_digest
from netgain.errors import RunDamaged
from netgain.generate.choice_scores import score_choices
from netgain.pipeline.evaluations import settings_digest
from netgain.pipeline.progress import Progress
from netgain.pipeline.served_model import ServedModel, model_settings
from netgain.records import EvaluationSummary, Problem
from netgain.store import EvaluationFolder

log = logging.getLogger("netgain")
ITEMS_IN_A_UNIT = 64


@dataclass(frozen=True)
class Scoring:
    """What is scored, of which model. `settings` are all that decides the scores."""

    label: str
    folder: EvaluationFolder
    items: Sequence[ChoiceItem]
    served_model: ServedModel
    settings: Mapping[str, Any]
    load: Callable[[], Any]  # the model

    def make(self, progress: Progress) -> EvaluationSummary:
        return score_evaluation(self, progress)


def plan_scoring(
    label: str,
    folder: EvaluationFolder,
    served_model: ServedModel,
    task: str,
    problems: Sequence[Problem],
    items: Sequence[ChoiceItem],
) -> Scoring:
    """The scoring of a task's items by a model with its weights here."""
    scorer = replace(served_model, engine="transformers", precision=served_model.computed_in)
    asked = json.dumps([[i.problem_id, i.context, i.choices] for i in items])
    settings = {
        **model_settings(scorer),
        "kind": "choice_loglikelihood",
        "task": task,
        "asked": hashlib.sha256(asked.encode()).hexdigest(),
        "problems": problems_digest(problems),
    }
    load = partial(load_weights, served_model)
    return Scoring(label, folder, items, scorer, settings, load)


def load_weights(served_model: ServedModel) -> Any:
    """The model itself, which no engine holds."""
    from netgain.models.loading import load_model, load_tuned

    if served_model.adapter is None:
        return load_model(served_model.base, served_model.computed_in)
    probe = served_model.renderer.completion_ids("12 + 30 = 42")
    return load_tuned(served_model.base, served_model.adapter, served_model.computed_in, probe)


def score_evaluation(scoring: Scoring, progress: Progress) -> EvaluationSummary:
    """Score every item that is not scored yet, and store what vouches for the scores."""
    folder, digest = scoring.folder, settings_digest(scoring.settings)
    items = sorted(scoring.items, key=lambda i: (-len(i.context), i.problem_id))
    units = [items[at : at + ITEMS_IN_A_UNIT] for at in range(0, len(items), ITEMS_IN_A_UNIT)]
    ids = [[i.problem_id for i in unit] for unit in units]
    folder.plan(scoring.settings, ids, provenance.gpus())
    done, spent, loaded = 0, 0.0, None
    for number, unit in enumerate(units):
        if not _is_scored(folder, number, ids[number], digest):
            loaded = loaded or scoring.load()
            began = time.perf_counter()
            tokenizer = scoring.served_model.renderer.tokenizer
            part = partial(_tell, progress, scoring, done, len(unit), len(items))
            scores = score_choices(loaded, tokenizer, unit, tell=part)
            folder.save_scores(number, scores, digest)
            spent += time.perf_counter() - began
        done += len(unit)
        progress(scoring.label, done, len(items), scoring.settings["task"])
    summary = _summary(scoring, digest, spent)
    folder.save_summary(summary)
    return summary


def _tell(
    progress: Progress, scoring: Scoring, before: int, unit: int, total: int, share: float
) -> None:
    """Progress within a unit, of which this share of the choices is done."""
    progress(scoring.label, before + int(share * (unit - 1)), total, scoring.settings["task"])


def _is_scored(folder: EvaluationFolder, unit: int, ids: Sequence[str], digest: str) -> bool:
    try:
        return folder.holds_scores(unit, ids, digest)
    except RunDamaged as error:
        log.warning("%s: its items are scored again", error.what)
        return False


def _summary(scoring: Scoring, digest: str, seconds: float) -> EvaluationSummary:
    """Counts; `seconds` are of what this process scored, tokens those of contexts and choices."""
    scores = scoring.folder.scores((i.problem_id for i in scoring.items), of=digest)
    return EvaluationSummary(
        model=scoring.folder.path.name,
        digest=digest,
        settings=scoring.settings,
        problems_digest=scoring.settings["problems"],
        n=len(scores),
        truncated=sum(s.cut > 0 for s in scores),
        errors=0,
        prompt_tokens=0,
        completion_tokens=sum(sum(s.tokens) for s in scores),
        seconds=seconds,
        gpus=tuple(scoring.folder.gpus),
    )
