"""One evaluation: a model answers some problems, in units of work fixed beforehand.

The units depend on the questions alone. A unit is stored whole or not at all, and a stored one is
passed over, so an evaluation that was interrupted goes on and ends with the same answers.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from netgain import provenance
from netgain.errors import RunDamaged
from netgain.generate.answering import Asking, Question, answer_here
from netgain.generate.sampler import Sampler
from netgain.models.render import Renderer
from netgain.pipeline.progress import Progress, Tally
from netgain.recipe import PromptSettings
from netgain.records import Ending, EvaluationSummary, Generation, Problem, Prompt
from netgain.store import AnswerKey, EvaluationFolder, key_of
from netgain.store.schema import ANSWER_AGAIN

log = logging.getLogger("netgain")
CHARACTERS_A_TOKEN = 4  # about, where a server has the tokenizer


@dataclass(frozen=True)
class Workers:
    """How many processes answer, and the cluster they are on (None: this machine)."""

    count: int
    address: str | None = None


@dataclass(frozen=True)
class Evaluation:
    """What is asked of which model. `settings` are all that decides the answers.

    `label` is the stage under which progress is told, `lengths` the tokens of each prompt.
    """

    label: str
    folder: EvaluationFolder
    problems: Sequence[Problem]
    prompt_of: Callable[[Problem], Prompt]
    lengths: Mapping[str, int]
    asking: Asking
    unit_size: int
    settings: Mapping[str, Any]
    load: Callable[[], Sampler]
    workers: Workers | None = None

    def keys(self, problem_ids: Iterable[str]) -> Iterator[AnswerKey]:
        """The answers that these problems have."""
        return answer_keys(problem_ids, self.asking.samples, len(self.asking.revisions) + 1)

    def make(self, progress: Progress) -> EvaluationSummary:
        return answer_evaluation(self, progress)


def measure_prompts(
    problems: Sequence[Problem],
    prompt_of: Callable[[Problem], Prompt],
    renderer: Renderer | None,
) -> tuple[str, dict[str, int]]:
    """SHA-256 (hex) over all prompts as the model gets them, and each one's length in tokens.

    One prompt is held at a time, so that ten thousand long ones take no more memory than a few.
    """
    digest = hashlib.sha256(json.dumps(renderer and renderer.stop_ids).encode())
    lengths = {}
    for problem in problems:
        prompt = prompt_of(problem)
        if renderer is None:
            asked: Any = prompt.digest
            characters = len(prompt.text) + sum(len(text) for _, text in prompt.messages)
            lengths[problem.id] = characters // CHARACTERS_A_TOKEN
        else:
            asked = renderer.prompt_ids(prompt)
            lengths[problem.id] = len(asked)
        digest.update(json.dumps([problem.id, asked]).encode())
    return digest.hexdigest(), lengths


def answer_evaluation(evaluation: Evaluation, progress: Progress) -> EvaluationSummary:
    """Answer every problem that is not answered yet, and store what vouches for the answers."""
    folder, asking = evaluation.folder, evaluation.asking
    by_id = {p.id: p for p in evaluation.problems}
    digest = settings_digest(evaluation.settings)
    units = _plan_units(evaluation)
    dropped = folder.plan(evaluation.settings, units, provenance.gpus())
    if dropped:
        log.warning("%d finished batches of answers are of other settings: given again", dropped)
    keys = [list(evaluation.keys(unit)) for unit in units]
    open_ = {i: _still_to_ask(folder, i, keys[i], digest) for i in range(len(units))}
    todo = {unit: asked for unit, asked in open_.items() if asked}
    answered = len(by_id) - sum(map(len, todo.values()))
    if answered:
        log.info("going on after %d of %d problems", answered, len(by_id))
    answers_each = asking.samples * (len(asking.revisions) + 1)
    tally = Tally(progress, evaluation.label, answered, len(by_id), answers_each)

    def done(unit: int, generations: list[Generation]) -> None:
        answers, tokens = len(generations), sum(g.completion_tokens for g in generations)
        partly = len(todo[unit]) < len(units[unit])
        kept = folder.stored_part(unit, keys[unit], digest) if partly else None
        given = {key_of(g): g for g in (*(kept or ()), *generations)}
        folder.reopen()  # what vouches for the answers is of the earlier ones
        folder.save_part(unit, [given[key] for key in keys[unit]], digest)
        tally.finish(len(todo[unit]), answers, tokens)
        log.debug(
            "%s: %d of %d problems answered, %.0f tokens/s, memory %.2f GiB at most",
            evaluation.label, tally.done, len(by_id), tally.rate, provenance.peak_memory() / 2**30,
        )  # fmt: skip

    if todo:
        progress(evaluation.label, answered, len(by_id), "answering")
        questions = _Questions(todo, by_id, evaluation.prompt_of)
        if evaluation.workers is None:
            answer_here(evaluation.load, questions, asking, done, tally.hear)
        else:
            from netgain.generate.scale_out import answer_on_workers

            workers = evaluation.workers
            answer_on_workers(
                evaluation.load, questions, asking, done, workers.count, workers.address,
                evaluation.settings["engine"] != "openvino", tally.hear,
            )  # fmt: skip
    summary = _summary(evaluation, digest)
    folder.save_summary(summary)
    return summary


def _still_to_ask(
    folder: EvaluationFolder, unit: int, keys: Sequence[AnswerKey], digest: str
) -> list[str]:
    """The problems of a unit that have no answer yet, or one that failed on its way."""
    problems = dict.fromkeys(key[0] for key in keys)
    try:
        found = folder.stored_part(unit, keys, digest)
    except RunDamaged as error:
        log.warning("%s: its problems are answered again", error.what)
        found = None
    if found is None:
        return list(problems)
    failed = {g.problem_id for g in found if g.finish_reason == "error"}
    return [i for i in problems if i in failed]


class _Questions(Mapping[int, Sequence[Question]]):
    """The units still to do, each made when it is asked for: only its prompts are held."""

    def __init__(
        self,
        todo: Mapping[int, Sequence[str]],
        problems: Mapping[str, Problem],
        prompt_of: Callable[[Problem], Prompt],
    ) -> None:
        self.todo, self.problems, self.prompt_of = todo, problems, prompt_of

    def __getitem__(self, unit: int) -> list[Question]:
        return [Question(i, self.prompt_of(self.problems[i])) for i in self.todo[unit]]

    def __iter__(self) -> Iterator[int]:
        return iter(self.todo)

    def __len__(self) -> int:
        return len(self.todo)


def _plan_units(evaluation: Evaluation) -> list[list[str]]:
    """Batches of problem ids, longest prompts first; a problem's samples stay together."""
    lengths = evaluation.lengths
    order = sorted(lengths, key=lambda i: (-lengths[i], i))
    size = max(1, evaluation.unit_size // evaluation.asking.samples)
    return [order[at : at + size] for at in range(0, len(order), size)]


def answer_keys(problem_ids: Iterable[str], samples: int, turns: int) -> Iterator[AnswerKey]:
    """The answers that these problems have, in the order in which they are stored."""
    return product(problem_ids, range(samples), range(turns))


def settings_digest(settings: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of all that decides the answers."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def ending_of(settings: Mapping[str, Any] | None) -> Ending:
    """How an evaluation's prompt asked for the answer, by its stored settings."""
    prompt = (settings or {}).get("prompt")
    if not isinstance(prompt, dict):
        return "hashes"
    known = {k: v for k, v in prompt.items() if k in PromptSettings.model_fields}
    return PromptSettings.model_validate(known).answer_ending


def is_of_scores(summary: EvaluationSummary) -> bool:
    """Whether choices were scored by their log-likelihood, and no answers given."""
    return summary.settings.get("kind") == "choice_loglikelihood"


def vouched_summary(folder: EvaluationFolder, digest: str) -> EvaluationSummary | None:
    """A finished evaluation's summary, without a look at its answers; None before that.

    Args:
        digest: of the problems that they must be of.

    Raises:
        RunDamaged: it was changed, or is of other problems.
    """
    summary = folder.summary()
    if summary is None:
        return None
    path = folder.summary_file
    if settings_digest(summary.settings) != summary.digest:
        raise RunDamaged(path, "was changed: its settings are not of its digest", ANSWER_AGAIN)
    if summary.problems_digest != digest:
        where = "problems.jsonl" if folder.problems_file.exists() else "data/test.jsonl"
        raise RunDamaged(path, f"is of other problems than {where} holds", ANSWER_AGAIN)
    return summary


def _summary(evaluation: Evaluation, digest: str) -> EvaluationSummary:
    keys = evaluation.keys([p.id for p in evaluation.problems])
    rows = evaluation.folder.generations(keys, of=digest)
    return EvaluationSummary(
        model=evaluation.folder.path.name,
        digest=digest,
        settings=evaluation.settings,
        problems_digest=evaluation.settings["problems"],
        n=len(rows),
        truncated=sum(g.finish_reason == "length" for g in rows),
        errors=sum(g.finish_reason == "error" for g in rows),
        prompt_tokens=sum(g.prompt_tokens for g in rows),
        completion_tokens=sum(g.completion_tokens for g in rows),
        seconds=sum(g.seconds for g in rows),
        gpus=tuple(evaluation.folder.gpus),
    )
