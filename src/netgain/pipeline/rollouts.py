"""Sampled answers to the training problems, of which the right ones are learned: the base model's
own (or those of the model that training starts from), or another model's from a file.
"""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from netgain.data.answer_columns import column_words
from netgain.data.known_problems import KnownProblems
from netgain.data.rows_of_answers import AnswerRow, answer_row, each_row
from netgain.errors import DataError, TrainingError
from netgain.generate.answering import Asking
from netgain.grading import grade_all
from netgain.pipeline.evaluating import (
    ask_of,
    greedy,
    obtain,
    served_model_of,
)
from netgain.pipeline.evaluations import Evaluation
from netgain.pipeline.progress import Progress
from netgain.pipeline.served_model import Ask, find_served_model, plan_evaluation
from netgain.pipeline.starting import Start, start_of, trained_weights
from netgain.prompts import plain_prompter
from netgain.recipe import Recipe
from netgain.records import Generation, Grade, Problem
from netgain.rowfiles import BadRow, RowSource, whole
from netgain.store import RunDirectory
from netgain.train.own_answers import Kept, right_answers, shortest_first
from netgain.wording import counted

log = logging.getLogger("netgain")
ROLLOUTS = "base-rollouts"
REPLAY = "base-replay"


def own_answers(directory: RunDirectory, recipe: Recipe, progress: Progress) -> dict[str, Kept]:
    """What is learned from, and validated on, with `train.method: rft`.

    Raises:
        TrainingError: no sample is right, so there is nothing to learn from.
    """
    from netgain.models.loading import find_model

    training, validation = directory.problems("train"), directory.problems("validation")
    asked = [*training, *validation]
    judged = judged_rollouts(directory, recipe, asked, progress)
    for number, place in enumerate(recipe.train.rft.samplers, start=1):
        start = trained_weights("train.rft.samplers", place, find_model(recipe.model))
        # Later rounds' answers come after those of the model that is trained.
        judged += [
            (replace(g, sample=g.sample + number * recipe.train.rollouts.samples), grade)
            for g, grade in _sampled(directory, recipe, asked, start, progress)
        ]
    found = {
        name: right_answers(_of(judged, problems), recipe.train.rft.most)
        for name, problems in (("train", training), ("validation", validation))
    }
    if not found["train"].texts:
        raise TrainingError(
            f"none of {found['train'].samples} samples of {len(training)} train problems "
            "is right and ended by itself, so there is nothing to learn from with "
            "train.method: rft; raise train.rollouts.samples, take train.method: sft first, or a "
            "stronger model"
        )
    return found


def others_answers(directory: RunDirectory, recipe: Recipe) -> dict[str, Kept]:
    """What is learned from, and validated on, with `train.method: distil`; see `right_in_file`."""
    problems = {name: directory.problems(name) for name in ("train", "validation")}
    return right_in_file(recipe, problems)


def right_in_file(recipe: Recipe, problems: Mapping[str, Sequence[Problem]]) -> dict[str, Kept]:
    """The answers in `train.distil.source` that are learned from, and validated on.

    Only answers that this grader accepts are learned from, whatever their file says of them.

    Args:
        problems: by "train" and "validation".

    Raises:
        DataError: the file cannot be read.
        TrainingError: no row is of a training problem, or none is right.
    """
    source = Path(recipe.train.distil.source or "").expanduser()
    asked = [*problems["train"], *problems["validation"]]
    taught, bad, n = taught_by(source, asked)
    grades = grade_all(asked, taught, recipe.prompt.answer_ending)
    judged = list(zip(taught, grades, strict=True))
    found = {
        name: right_answers(_of(judged, of), recipe.train.distil.most, shortest_first)
        for name, of in problems.items()
    }
    kept = found["train"]
    log.info(
        "%s: %d rows, of which %d cannot be used; %d answers to %d of %d training problems, of "
        "which %d are right and ended by themselves; %d are learned from", source.name,
        n, len(bad), kept.samples, kept.problems, len(problems["train"]),
        kept.ended, kept.examples,
    )  # fmt: skip
    if not kept.texts:
        raise TrainingError(_nothing_taught(source, kept, len(problems["train"]), n, bad))
    if bad:
        log.warning("the first row that cannot be used: %s", bad[0])
    return found


def _nothing_taught(source: Path, kept: Kept, asked: int, n: int, bad: Sequence[BadRow]) -> str:
    """Why nothing in a file of answers can be learned from, and what makes one that can."""
    if kept.samples:
        lacks = "ended by itself, its working first" if kept.right else "is right"
        what = counted(kept.right or kept.samples, "right answer" if kept.right else "answer")
        why = f"none of {what} to {kept.problems} of the {asked} training problems {lacks}"
    else:
        why = (
            f"none of its {counted(n, 'row')} answers one of the {asked} training problems "
            "(matched by their questions)"
        )
    unusable = f"; {counted(len(bad), 'row')} cannot be used, the first: {bad[0]}" if bad else ""
    return (
        f"{source}: {why}, so there is nothing to learn from{unusable}. `netgain evaluate TEACHER "
        "--data RUN/data/train.jsonl` has another model answer a run's training problems"
    )


def taught_by(source: Path, asked: Sequence[Problem]) -> tuple[list[Generation], list[BadRow], int]:
    """The answers to these problems in a file, its rows that cannot be used, and how many it has.

    Rows need hold no right answers. An answer is to all problems of its question, else to the only
    one that has the same words once what a prompt says around it on how to answer is left out.

    Raises:
        DataError: the file cannot be read.
    """

    def read(row: Any, file: RowSource, line: int) -> AnswerRow:
        found = answer_row(row, f"{file.stem}-{line:05d}", may_lack_gold=True)
        if all(text is None for text in found.completions):
            raise DataError(f"no 'completion' ({column_words(row)})")
        for text in found.completions:
            whole("completion", text or "")
        return found

    same: dict[str, list[str]] = defaultdict(list)
    for problem in asked:
        same[_plain(problem.question)].append(problem.id)
    known = KnownProblems(asked)
    taught, bad, n = [], [], 0
    for _, _, row in each_row([source], read):
        n += 1
        if isinstance(row, BadRow):
            bad.append(row)
            continue
        ids = same.get(_plain(row.problem.question), [])
        alike = None if ids else known.find(replace(row.problem, id=""))
        for problem_id in ids if alike is None else [alike.id]:
            taught += [
                Generation(problem_id, number, 0, text, finish, 0, 0, 0.0, None, "")
                for number, (text, finish) in enumerate(
                    zip(row.completions, row.finish_reasons, strict=True)
                )
                if text is not None
            ]
    return taught, bad, n


def _of(
    judged: Sequence[tuple[Generation, Grade]], problems: Sequence[Problem]
) -> list[tuple[Generation, Grade]]:
    ids = {p.id for p in problems}
    return [pair for pair in judged if pair[0].problem_id in ids]


def _plain(question: str) -> str:
    return " ".join(question.split())


def judged_rollouts(
    directory: RunDirectory, recipe: Recipe, problems: Sequence[Problem], progress: Progress
) -> list[tuple[Generation, Grade]]:
    """Samples of these problems, by the model that training starts from, each with its grade.

    They are drawn once and stored as an evaluation's answers are, so an interruption costs a batch.
    """
    from netgain.models.loading import find_model

    return _sampled(
        directory, recipe, problems, start_of(recipe, find_model(recipe.model)), progress
    )


def rollouts_name(digest: str | None) -> str:
    """The evaluation that holds the samples by trained weights of this digest, or by the base."""
    return ROLLOUTS if digest is None else f"start-rollouts-{digest[:8]}"


def _sampled(
    directory: RunDirectory,
    recipe: Recipe,
    problems: Sequence[Problem],
    start: Start | None,
    progress: Progress,
) -> list[tuple[Generation, Grade]]:
    """The same by these weights; None is the base model."""
    name = rollouts_name(None if start is None else start.digest)
    work = partial(_samples, directory, recipe, problems, name, start, progress)

    def told(_: str, done: int, n: int, note: str) -> None:
        progress("train", 0, 1, f"own answers drawn of {done} of {n} problems, {note}")

    obtain(directory, name, problems, work, told, own=True)
    generations = directory.evaluation(name).generations()
    grades = grade_all(problems, generations, recipe.prompt.answer_ending)
    return list(zip(generations, grades, strict=True))


def _samples(
    directory: RunDirectory,
    recipe: Recipe,
    problems: Sequence[Problem],
    name: str,
    start: Start | None,
    progress: Progress,
) -> Evaluation:
    wanted = recipe.train.rollouts
    progress("train", 0, 1, "loading the model that is sampled")
    drawn = replace(
        greedy(recipe, recipe.prompt), temperature=wanted.temperature, top_p=wanted.top_p
    )
    asking = Asking(drawn, wanted.samples, recipe.train.seed)
    ask = ask_of(directory, recipe.prompt, problems, asking)
    served_model = served_model_of(directory, recipe, "base")
    if start is not None:
        served_model = find_served_model(recipe.model, recipe.evaluate, start.folder, start.digest)
    folder = directory.evaluation(name)
    return plan_evaluation("train", folder, served_model, ask, recipe.evaluate)


def replayed(
    directory: RunDirectory, recipe: Recipe, rows: Sequence[Problem], progress: Progress
) -> dict[str, str]:
    """The base model's own greedy answers to questions of `data.mixture` that are to be replayed,
    by id; those that did not end by themselves are left out.
    """
    asked = [row for row in rows if row.metadata["answers"] == "own"]
    if not asked:
        return {}

    def work() -> Evaluation:
        progress("train", 0, 1, "loading the model whose answers are replayed")
        ask = Ask(
            asked, recipe.prompt, plain_prompter(recipe.prompt),
            Asking(greedy(recipe, recipe.prompt)),
        )  # fmt: skip
        served_model = served_model_of(directory, recipe, "base", served=False)
        folder = directory.evaluation(REPLAY)
        return plan_evaluation("train", folder, served_model, ask, recipe.evaluate)

    def told(_: str, done: int, n: int, note: str) -> None:
        progress("train", 0, 1, f"{done} of {n} questions answered to be replayed, {note}")

    obtain(directory, REPLAY, asked, work, told, own=True)
    return {
        g.problem_id: g.text.rstrip()
        for g in directory.evaluation(REPLAY).generations()
        if g.finish_reason == "stop" and g.text.strip()
    }


def counts(kept: Mapping[str, Kept]) -> dict[str, dict[str, int]]:
    """How many answers there were and how many are kept, as it is stored with the training."""
    return {
        name: {
            "problems": of.problems, "samples": of.samples, "right": of.right, "ended": of.ended,
            "mixed": of.mixed, "problems_kept": len(of.texts), "examples": of.examples,
        }
        for name, of in kept.items()
    }  # fmt: skip
