"""What a path gives to compare: evaluations of any tool, or of a run of netgain's own."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from netgain.data.known_problems import KnownProblems
from netgain.errors import DataError, EvaluationError
from netgain.importers.found import Adapter, AnswerFiles, Found
from netgain.importers.looking import look
from netgain.importers.paired_evaluations import Evaluation, read_evaluation
from netgain.pipeline.evaluations import ending_of
from netgain.pipeline.run_entries import is_ours
from netgain.pipeline.stored_answers import asked_problems, read_stored_answers
from netgain.plain_files import real
from netgain.records import Problem, TrainingLog
from netgain.store import EvaluationFolder, RunDirectory
from netgain.wording import one_line

MOST_LISTED = 12


@dataclass(frozen=True)
class Holds:
    """Other tools' files, or evaluations of netgain's own by role."""

    theirs: Found
    ours: Mapping[str, Evaluation]
    log: TrainingLog | None = None


def what_it_holds(path: Path, columns: Mapping[str, str]) -> Holds:
    if path.is_dir() and is_ours(path):
        return _ours(path)
    found = look([path], columns=columns)
    if not found.answers and found.problems:  # rows to learn from may be named as answers
        found = look([path], wants_answers=True, columns=columns)
    return Holds(found, {})


def is_whole_run(path: Path) -> bool:
    """Whether it is a run of our own that trained and asked both models: all of it is on record."""
    if not (path / "run.json").is_file():
        return False
    run = RunDirectory(path)
    asked = all(run.evaluation(model).summary() for model in ("base", "tuned"))
    return asked and run.training() is not None


@dataclass(frozen=True)
class Roles:
    """Which of several evaluations is the base's and which the tuned model's; what to say of it."""

    base: AnswerFiles
    tuned: AnswerFiles
    told: str = ""


def both_of(
    holds: Holds, path: Path, task: str | None, columns: Mapping[str, str], known: KnownProblems
) -> tuple[tuple[Evaluation, Evaluation], str]:
    """The two evaluations of one path, and what to say of which is which."""
    if {"base", "tuned"} <= holds.ours.keys():
        return (holds.ours["base"], holds.ours["tuned"]), ""
    answers = _of_task(holds.theirs.answers, task)
    roles = roles_of(answers, holds.theirs.adapters)
    if not answers:
        raise DataError(f"{path} holds no evaluations{_why_none(holds.theirs)}")
    if roles is None:
        raise DataError(
            f"{path} holds {len(answers)} evaluations{_listed(answers)}; {_choose(answers)}"
        )
    base, tuned = (read_evaluation(one, columns, known) for one in (roles.base, roles.tuned))
    return (base, tuned), roles.told


def _choose(answers: list[AnswerFiles]) -> str:
    files = {file for one in answers for file in one.files}
    if len(answers) == 1 or len(files) > 1:
        return "name the base and the tuned one: netgain analyse BASE TUNED"
    file = shlex.quote(str(files.pop()))
    return (
        f"`netgain compare {file}` compares them all; `netgain import {file} --out DIR` gives each "
        "a file of its own, for netgain analyse BASE TUNED"
    )


def roles_of(answers: Sequence[AnswerFiles], adapters: Sequence[Adapter]) -> Roles | None:
    """Which is the base: the rows say it, an adapter names it, or their names do.

    Of two models in one file the first is taken for the base where nothing says it. None where it
    is not clear.
    """
    said = {role: [a for a in answers if a.role == role] for role in ("base", "tuned")}
    if all(len(of) == 1 for of in said.values()):
        return Roles(said["base"][0], said["tuned"][0])
    if len(answers) != 2:
        return None
    bases = {adapter.base for adapter in adapters}
    marks = [
        (a.model in bases) * 4 + (" + " not in a.model) + any(
            word in a.model.lower() for word in ("base", "before", "untuned", "original")
        ) - any(word in a.model.lower() for word in ("tuned", "after", "sft", "lora", "grpo"))
        for a in answers
    ]  # fmt: skip
    first, second = answers
    if marks[0] != marks[1]:
        return Roles(first, second) if marks[0] > marks[1] else Roles(second, first)
    if first.files != second.files:
        return None
    told = (
        f"Nothing says which model is the base: {one_line(first.model)}, which comes first in "
        f"{first.files[0].name}, is taken for it."
    )
    return Roles(first, second, told)


def side_of(
    holds: Holds, path: Path, task: str | None, columns: Mapping[str, str],
    known: KnownProblems, every: list[Holds],
) -> Evaluation:  # fmt: skip
    """One evaluation of a path: the only one, or that of the task which both paths have."""
    if holds.ours:
        return list(holds.ours.values())[-1]
    answers = _of_task(holds.theirs.answers, task)
    if len(answers) > 1:
        shared = set.intersection(
            *({a.task for a in h.theirs.answers} for h in every if not h.ours)
        )
        answers = [a for a in answers if len(shared) == 1 and a.task in shared] or answers
    if len(answers) != 1:
        raise DataError(
            f"{path} holds {len(answers) or 'no'} evaluations{_listed(answers)}"
            + ("; name one file, or its task with --task" if answers else _why_none(holds.theirs))
        )
    return read_evaluation(answers[0], columns, known)


def _of_task(answers: tuple[AnswerFiles, ...], task: str | None) -> list[AnswerFiles]:
    return [a for a in answers if task is None or a.task == task]


def _listed(answers: list[AnswerFiles]) -> str:
    if not answers:
        return ""
    more = ", …" if len(answers) > MOST_LISTED else ""
    told = ", ".join(f"{one_line(a.name)} in {a.files[0]}" for a in answers[:MOST_LISTED])
    return f" ({told}{more})"


def _why_none(theirs: Found) -> str:
    told = "".join(f"\n  - {path}: {one_line(why)}" for path, why in theirs.unread[:MOST_LISTED])
    if theirs.figures:
        return (
            ": figures alone, which cannot be paired. Have the tool write its samples "
            f"(lm-eval: --log_samples){told}"
        )
    if theirs.problems:
        return (
            f": {theirs.problems[0]} has problems and no answers that are recognised; --column "
            f"completion=NAME says in which column they stand{told}"
        )
    return f"; `netgain import` says what it holds{told}"


def log_of(found: list[Holds]) -> TrainingLog | None:
    """The log of the only training with one validation set; histories of others are beside it."""
    trainings = [t for holds in found for t in holds.theirs.trainings]
    states = [t for t in trainings if t.path.name == "trainer_state.json"] or trainings
    logs = [log for t in states for log in t.logs.values()]
    logs += [holds.log for holds in found if holds.log is not None]
    return logs[0] if len(logs) == 1 else None


def _ours(path: Path) -> Holds:
    """The evaluations of a run directory or of `netgain evaluate`, as they were stored."""
    if (path / "run.json").is_file():
        run = RunDirectory(path)
        folders = {m: run.evaluation(m) for m in ("base", "tuned") if run.evaluation(m).summary()}
        problems = run.problems("test")
        log = run.training_log() if run.training() is not None else None
    else:
        folder, log = EvaluationFolder(path), None
        if folder.summary() is None:
            raise EvaluationError(f"{path} is not finished; the command that began it goes on")
        problems = asked_problems(folder)
        folders = {real(path).name: folder}
    found = {name: _stored(name, path, folder, problems) for name, folder in folders.items()}
    if not found:
        raise EvaluationError(f"{path} holds no finished evaluation; `netgain run` goes on with it")
    return Holds(Found(), found, log)


def _stored(name: str, path: Path, folder: EvaluationFolder, problems: list[Problem]) -> Evaluation:
    stored = read_stored_answers(folder, problems)
    if stored is None:
        raise EvaluationError(f"{folder.path} is not finished; the command that began it goes on")
    summary = stored.summary
    told = {
        "most new tokens": summary.settings.get("max_new_tokens"),
        "temperature": summary.settings.get("temperature", 0),
        "precision": summary.settings.get("precision"),
        "prompt": (summary.settings.get("prompt") or {}).get("style"),
        "shots": (summary.settings.get("prompt") or {}).get("shots") or 0,
    }
    conditions = {k: str(v) for k, v in told.items() if v is not None}
    task = problems[0].source if problems else ""
    source = AnswerFiles("netgain", f"{real(path).name}, {name}", task, (path,), conditions)
    found = Evaluation(source, {p.id: p for p in problems if p.answer is not None}, ends_known=True)
    generations, ending = stored.generations, ending_of(summary.settings)
    last = max((g.turn for g in generations), default=0)
    for said in generations:
        if said.turn == last and said.problem_id in found.problems:
            found.answers[said.problem_id].append((said.text, said.finish_reason))
            found.endings[said.problem_id] = ending
            found.prompts[said.problem_id] = said.prompt_digest
    return found
