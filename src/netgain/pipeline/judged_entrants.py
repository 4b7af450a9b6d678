"""Stored evaluations -> judged answers by problem; each is judged once, however often copied."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from netgain.analysis.comparing.agreement import Asked
from netgain.analysis.comparing.entrants import Entrant, Right, answer_costs
from netgain.data.load import problems_digest
from netgain.data.tasks import TASKS
from netgain.grading import grade_all
from netgain.grading.loglikelihood import graded_choices
from netgain.pipeline.answering import (
    is_of_scores,
    settings_digest,
    stored_keys,
    vouched_summary,
)
from netgain.pipeline.contenders import CONDITIONS
from netgain.pipeline.scoring import sound_scores
from netgain.records import EvaluationSummary, MetricKind, ModelRole, Problem
from netgain.store import EvaluationFolder
from netgain.store.parts import Part

# Of an evaluation's settings, those that say which problems, and not how they are answered; and
# where it was done, which alone is no other model as long as the answers are the same.
NOT_OF_THE_MODEL = ("problems", "asked", "set_aside", "batch_size", "versions", "device")


@dataclass(frozen=True)
class Answered:
    """The problems of an evaluation, each with a key that says what is asked."""

    problems: Sequence[Problem]
    keys: Sequence[str]
    digest: str

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> Answered:
        return cls(problems, problem_keys(problems), problems_digest(problems))

    def by_key(self) -> dict[str, Asked]:
        """The problems as they are listed."""
        return {
            key: Asked(p.id, p.question, p.category)
            for key, p in zip(self.keys, self.problems, strict=True)
        }


@dataclass(frozen=True)
class _Judged:
    right: Right
    kind: MetricKind = "generated"
    extracted: Mapping[str, str | None] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)


class Judging:
    """Judges evaluations; the same answers to the same problems, as runs share them, once."""

    def __init__(self) -> None:
        self._judged: dict[str, _Judged] = {}

    def entrant(
        self,
        role: ModelRole,
        weights: str,
        folder: EvaluationFolder,
        summary: EvaluationSummary,
        asked: Answered,
    ) -> Entrant:
        """A finished evaluation's judged answers and what they took.

        Raises:
            RunDamaged: it was changed, is of other problems, or its answers are not whole.
        """
        held = _held(folder, summary, asked)
        if held not in self._judged:
            judge = _scored if is_of_scores(summary) else _generated
            self._judged[held] = judge(folder, summary, asked)
        judged = self._judged[held]
        identity, base_identity = _identities(summary.settings, role)
        return Entrant(
            role=role,
            weights=weights,
            right=judged.right,
            identity=identity,
            base_identity=base_identity,
            kind=judged.kind,
            extracted=judged.extracted,
            asked=judged.asked,
            conditions=_told_conditions(summary.settings),
            costs=answer_costs(summary),
        )


def _held(folder: EvaluationFolder, summary: EvaluationSummary, asked: Answered) -> str:
    """SHA-256 (hex) of all that decides how an evaluation is judged."""
    seals = [Part(path, summary.digest).seal for path in folder.parts()]
    return hashlib.sha256(json.dumps([asked.digest, summary.digest, seals]).encode()).hexdigest()


def _generated(folder: EvaluationFolder, summary: EvaluationSummary, asked: Answered) -> _Judged:
    """Graded answers; of several turns the last one's."""
    vouched_summary(folder, asked.digest)
    key_of = dict(zip((p.id for p in asked.problems), asked.keys, strict=True))
    last = len(summary.settings.get("revisions") or ())
    generations = folder.generations(stored_keys(summary, asked.problems), of=summary.digest)
    grades = [g for g in grade_all(asked.problems, generations) if g.turn == last]
    right: dict[str, list[bool]] = defaultdict(list)
    for grade in grades:
        right[key_of[grade.problem_id]].append(grade.correct)
    single = all(len(verdicts) == 1 for verdicts in right.values())
    return _Judged(
        right={key: tuple(verdicts) for key, verdicts in right.items()},
        extracted={key_of[g.problem_id]: g.extracted for g in grades} if single else {},
        asked={key_of[g.problem_id]: g.prompt_digest for g in generations if g.turn == 0},
    )


def _scored(folder: EvaluationFolder, summary: EvaluationSummary, asked: Answered) -> _Judged:
    """A benchmark's choices by log-likelihood, under the metric that is usual for it."""
    scores = sound_scores(folder, asked.problems)
    assert scores is not None
    task = TASKS.get(str(summary.settings.get("task")))
    right = graded_choices(asked.problems, scores, (task and task.headline) or "acc")
    by_key = {key: (right[p.id],) for key, p in zip(asked.keys, asked.problems, strict=True)}
    return _Judged(by_key, "choice_loglikelihood")


def _identities(settings: Mapping[str, Any], role: ModelRole) -> tuple[str, str]:
    """What stands for a model and the way it was asked, and the same of its base."""
    if not {"model", "adapter"} <= settings.keys():
        return "", ""
    deciding = {k: v for k, v in settings.items() if k not in NOT_OF_THE_MODEL}
    base = settings_digest({**deciding, "adapter": None})
    return settings_digest(deciding), "" if role == "base" else base


def _told_conditions(settings: Mapping[str, Any]) -> dict[str, str]:
    """How the answers were given; prompts are compared one by one instead."""
    names = [name for name in CONDITIONS if name in settings and name != "prompt"]
    return {name: str(settings[name]) for name in names}


# -- problems ------------------------------------------------------------------------------


def problem_keys(problems: Iterable[Problem]) -> list[str]:
    """A name for each problem that tells what is asked: question, choices and known answer.

    Ids do not do: another run's may mean other problems. A problem that stands there twice has its
    number behind it.
    """
    times: Counter[str] = Counter()
    keys = []
    for p in problems:
        question = " ".join(p.question.split())
        key = json.dumps([question, str(p.answer), p.answer_choice, *p.choices], ensure_ascii=False)
        keys.append(f"{key}{times[key] or ''}")
        times[key] += 1
    return keys
