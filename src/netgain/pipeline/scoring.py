"""A benchmark of multiple choice: a model's log-likelihood of each choice, stored in units.

The transformers engine scores, whatever answers are generated with: the others do not tell
log-likelihoods of given text.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from netgain import provenance
from netgain.data.choice_tasks import ChoiceItem
from netgain.data.load import problems_digest
from netgain.errors import RunDamaged
from netgain.generate.choice_scores import score_choices
from netgain.pipeline.answering import settings_digest, vouched_summary
from netgain.pipeline.contestant import Contestant, model_settings
from netgain.pipeline.progress import Progress
from netgain.records import ChoiceScores, EvaluationSummary, Problem
from netgain.store import EvaluationFolder

log = logging.getLogger("netgain")
ITEMS_IN_A_UNIT = 64


@dataclass(frozen=True)
class Scoring:
    """What is scored, of which model. `settings` are all that decides the scores."""

    label: str
    folder: EvaluationFolder
    problems: Sequence[Problem]
    items: Sequence[ChoiceItem]
    contestant: Contestant
    settings: dict[str, Any]


def plan_scoring(
    label: str,
    folder: EvaluationFolder,
    contestant: Contestant,
    task: str,
    problems: Sequence[Problem],
    items: Sequence[ChoiceItem],
) -> Scoring:
    """The scoring of a task's items by a model with its weights here."""
    scorer = replace(contestant, engine="transformers", precision=contestant.computed_in)
    asked = json.dumps([[i.problem_id, i.context, i.choices] for i in items])
    settings = {
        **model_settings(scorer),
        "kind": "choice_loglikelihood",
        "task": task,
        "asked": hashlib.sha256(asked.encode()).hexdigest(),
        "problems": problems_digest(problems),
    }
    return Scoring(label, folder, problems, items, scorer, settings)


def score_evaluation(scoring: Scoring, model: Any, progress: Progress) -> EvaluationSummary:
    """Score every item that is not scored yet, and store what vouches for the scores.

    Args:
        model: the loaded model; called only where something is to be done (it loads).
    """
    folder, digest = scoring.folder, settings_digest(scoring.settings)
    items = sorted(scoring.items, key=lambda i: (-len(i.context), i.problem_id))
    units = [items[at : at + ITEMS_IN_A_UNIT] for at in range(0, len(items), ITEMS_IN_A_UNIT)]
    ids = [[i.problem_id for i in unit] for unit in units]
    folder.plan(scoring.settings, ids, provenance.gpus())
    done, spent, loaded = 0, 0.0, None
    for number, unit in enumerate(units):
        if not _is_scored(folder, number, ids[number], digest):
            loaded = loaded or model()
            began = time.perf_counter()
            tokenizer = scoring.contestant.renderer.tokenizer
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


def sound_scores(
    folder: EvaluationFolder, problems: Sequence[Problem]
) -> list[ChoiceScores] | None:
    """A finished scoring's scores; None while it is not finished.

    Raises:
        RunDamaged: it was changed, is of other problems, or its scores are not whole.
    """
    summary = vouched_summary(folder, problems_digest(problems))
    if summary is None:
        return None
    return folder.scores((p.id for p in problems), of=summary.digest)


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
