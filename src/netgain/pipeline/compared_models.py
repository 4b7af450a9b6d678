"""Answer files and run directories -> models to compare, paired by problem.

The rows of answer files are those of `data.rows_of_answers`, and those that `netgain grade` writes.
Where a row says `correct`, that verdict is taken and it may lack the rest; where not, its
completions are judged here, and a missing one is a wrong answer. A row that cannot be used is left
out and named, as `netgain grade` does. Several answers to a problem are lists in one row, or rows
with a `sample` each.
"""

import contextlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from netgain.analysis.comparing.contest import ComparedModel
from netgain.analysis.comparing.graded_rows import grade_row
from netgain.analysis.facts import flat
from netgain.data.answer_columns import COLUMNS, NO_COLUMNS, named_columns, sample_of
from netgain.data.right_answers import first_of
from netgain.data.rows_of_answers import Key, answer_row, each_row, no_completions_words
from netgain.errors import DataError, EvaluationError, RunError
from netgain.grading import gold_answer
from netgain.importers.names_by_place import name_of_file
from netgain.pipeline.stored_answers import asked_problems, read_stored_answers
from netgain.plain_files import real
from netgain.records import Problem
from netgain.rowfiles import BadRow, RowSource, column, label_column, no_rows_words
from netgain.store import EvaluationFolder, RunDirectory

# What else decides how well a model does.
CONDITIONS = (
    "prompt", "max_new_tokens", "engine", "precision", "temperature", "top_p", "stop", "samples",
    "revisions", "calculator",
)  # fmt: skip
LONGEST_VALUE = 80  # characters of a setting that are shown
SAID = {"true": True, "false": False, "1": True, "0": False}  # verdicts of a table without types


@dataclass(frozen=True)
class Answer:
    """Judged answers of a row. `question` is "" and `gold` None where the row does not say.

    `source` is where a run's problem is from; "" in files, which do not tell. `missing` counts the
    completions that were not there.
    """

    model: str
    problem_id: str
    question: str
    gold: Fraction | None
    correct: tuple[bool, ...]
    graded_here: bool
    source: str = ""
    sample: str | None = None
    missing: int = 0

    @property
    def key(self) -> Key:
        return self.model, self.problem_id, self.sample


@dataclass(frozen=True)
class Source:
    """What one path gave. `settings` are an evaluation's, by model; none for files of answers.

    `bad` are the rows of a file that could not be used.
    """

    path: RowSource
    answers: list[Answer]
    settings: Mapping[str, Mapping[str, Any]]
    bad: tuple[BadRow, ...] = ()


def load_compared(
    paths: Sequence[RowSource], columns: Mapping[str, str] = NO_COLUMNS
) -> tuple[list[ComparedModel], tuple[str, ...], list[BadRow]]:
    """Every model found, in order; how they were judged, in words; the rows that were left out.

    A run directory among several paths stands for its tuned model (or the base model where that is
    all it has); alone, for both. `RUN/evaluations/base` names one evaluation.

    Args:
        columns: where a column of a file stands; see `data.answer_columns.named_columns`.

    Raises:
        NetgainError: a path holds no answers that can be used.
    """
    if len({real(p) if isinstance(p, Path) else p for p in paths}) < len(paths):
        raise EvaluationError("the same path was given twice; a model cannot differ from itself")
    alone = len(paths) == 1
    sources = [
        _run_source(p, alone) if isinstance(p, Path) and p.is_dir() else _file_source(p, columns)
        for p in paths
    ]
    by_model: dict[str, list[Answer]] = defaultdict(list)
    settings: dict[str, Mapping[str, Any]] = {}
    times = Counter(name for s in sources for name in {a.model for a in s.answers})
    for source in sources:
        for answer in source.answers:
            name = answer.model
            by_model[name if times[name] == 1 else f"{name} ({source.path})"].append(answer)
        settings |= source.settings
    answers = [a for rows in by_model.values() for a in rows]
    by_question = _pair_by_question(by_model)
    _refuse_mixed_problems(answers, by_question)
    compared_models = [_compared_model(name, rows, by_question) for name, rows in by_model.items()]
    notes = (*_notes(answers, by_question), *_other_conditions(settings))
    return compared_models, notes, [row for source in sources for row in source.bad]


def _compared_model(name: str, answers: Sequence[Answer], by_question: bool) -> ComparedModel:
    right: dict[str, list[bool]] = defaultdict(list)
    for answer in answers:
        right[_key(answer, by_question)].extend(answer.correct)
    sources = sorted({answer.source for answer in answers})
    return ComparedModel(
        name,
        {problem: tuple(verdicts) for problem, verdicts in right.items()},
        sources[0] if len(sources) == 1 else ", ".join(sources),
    )


def _key(answer: Answer, by_question: bool) -> str:
    return " ".join(answer.question.split()) if by_question else answer.problem_id


def _pair_by_question(by_model: Mapping[str, Sequence[Answer]]) -> bool:
    """Ids pair problems where the models share any; else the text of the question does.

    Raises:
        EvaluationError: neither does.
    """
    ids = [{a.problem_id for a in answers} for answers in by_model.values()]
    if len(ids) < 2 or set.intersection(*ids):
        return False
    if all(a.question for answers in by_model.values() for a in answers):
        return True
    raise EvaluationError(
        f"the models share no problem id ({_examples(by_model)}), and not every row has its "
        "question, so their answers cannot be paired; give both files the same ids"
    )


def _examples(by_model: Mapping[str, Sequence[Answer]]) -> str:
    """How the first two models name their problems."""
    ids = {name: {a.problem_id: None for a in answers} for name, answers in by_model.items()}
    return "; ".join(
        f"{name} has {len(its):,}, such as {next(iter(its))!r:.60}"
        for name, its in list(ids.items())[:2]
    )


def _refuse_mixed_problems(answers: Sequence[Answer], by_question: bool) -> None:
    """One problem has one question and one known answer, whoever answers it."""
    questions: dict[str, str] = {}
    golds: dict[str, Fraction] = {}
    for answer in answers:
        key = _key(answer, by_question)
        text = " ".join(answer.question.split())
        if text and questions.setdefault(key, text) != text:
            raise EvaluationError(
                f"problem id {key!r:.80} stands for different questions, so answers cannot be "
                "paired by id; give every problem its own id"
            )
        if answer.gold is not None and golds.setdefault(key, answer.gold) != answer.gold:
            raise EvaluationError(
                f"problem {key!r:.80} has two known answers, {golds[key]} and {answer.gold}; "
                "mend one of them"
            )


def _notes(answers: Sequence[Answer], by_question: bool) -> tuple[str, ...]:
    found = []
    here = {a.graded_here for a in answers}
    if here == {True, False}:
        found.append(
            "Some rows came with a verdict and others were judged here by the robust grader: "
            "where graders differ, a difference may be the grader's. Judge all rows the same way."
        )
    elif here == {False}:
        found.append("The verdicts are those in the files (`correct`); nothing was judged here.")
    if by_question:
        found.append("Problems are paired by their question's text, for no ids are shared.")
    missing: Counter[str] = Counter()
    for answer in answers:
        missing[answer.model] += answer.missing
    found += [
        f"{count:,} completion{'s'[: count != 1]} of {model} {'is' if count == 1 else 'are'} "
        "missing and counted as wrong."
        for model, count in missing.items()
        if count
    ]
    return tuple(found)


def _other_conditions(settings: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Where evaluations were not made alike, the models are not all that differs."""
    parts = [dict(flat({name: s.get(name) for name in CONDITIONS})) for s in settings.values()]
    for name in dict.fromkeys(key for part in parts for key in part):
        found = dict.fromkeys(part.get(name, "none") for part in parts)
        if len(found) > 1:
            short = (f"{v[: LONGEST_VALUE - 1]}…" if len(v) > LONGEST_VALUE else v for v in found)
            yield (
                f"The evaluations differ in {name} ({' and '.join(short)}), so a difference may "
                "come from that."
            )


# -- reading -------------------------------------------------------------------------------


def _file_source(path: RowSource, columns: Mapping[str, str]) -> Source:
    answers: list[Answer] = []
    bad: list[BadRow] = []
    name = name_of_file(path) if isinstance(path, Path) else path.stem
    for _, _, found in each_row([path], lambda r, _, line: _answer(r, name, line, columns)):
        if isinstance(found, BadRow):
            bad.append(found)
        else:
            answers.append(found)
    if not answers:
        raise DataError(no_rows_words(path, bad, "answers that can be used"))
    if all(answer.missing == len(answer.correct) for answer in answers):
        raise DataError(no_completions_words([path]))
    return Source(path, answers, {}, tuple(bad))


def _answer(row: Any, stem: str, line: int, columns: Mapping[str, str]) -> Answer:
    under_names = named_columns(row, columns) if isinstance(row, Mapping) else {}
    verdicts = under_names.get("correct")
    if verdicts is not None and not (isinstance(verdicts, str) and _has_choices(under_names)):
        return _graded(under_names, verdicts, stem)
    read = answer_row(row, f"{stem}, line {line}", columns)
    own_id = label_column(under_names if "id" in columns else row, "id")  # not lm-eval's doc_id
    named = own_id or read.problem.question or read.problem.id
    verdict = tuple(g.correct for g in grade_row(read))
    return Answer(
        read.model or stem, named, read.problem.question, read.problem.answer, verdict,
        graded_here=True, sample=read.sample, missing=read.completions.count(None),
    )  # fmt: skip


def _has_choices(row: Mapping[str, Any]) -> bool:
    """Whether `correct` may be the label of the right choice, as in AQuA."""
    return any(row.get(name) for name in COLUMNS["choices"])


def _graded(row: Mapping[str, Any], verdicts: Any, stem: str) -> Answer:
    """A row that says itself what was right."""
    given = verdicts if isinstance(verdicts, list) else [verdicts]
    given = [SAID.get(one.lower(), one) if isinstance(one, str) else one for one in given]
    if not given or not all(isinstance(one, (bool, int, float)) and one in (0, 1) for one in given):
        raise DataError(
            f"'correct' must be true or false (or 1 or 0), or a list of these, not {verdicts!r:.60}"
        )
    question, model = (
        next((row[name] for name in COLUMNS[what] if isinstance(row.get(name), str)), "").strip()
        for what in ("question", "model")
    )
    problem_id = label_column(row, "id") or question
    if not problem_id:
        raise DataError("neither 'id' nor 'question' says which problem this answers")
    gold = None
    with contextlib.suppress(DataError):  # it was judged already, so an odd answer is no hindrance
        gold = gold_answer(str(column(row, "gold")))
    right = tuple(map(bool, given))
    sample = sample_of(first_of(row, COLUMNS["sample"]))
    return Answer(
        model or stem, problem_id, question, gold, right, graded_here=False, sample=sample
    )


def _run_source(path: Path, alone: bool) -> Source:
    """The evaluations of a run directory, or one evaluation's own folder."""
    if (path / "run.json").exists():
        return _of_run(path, alone)
    folder = EvaluationFolder(path)
    if folder.summary_file.exists():
        whole = real(path)
        alone = folder.problems_file.exists()
        name = whole.name if alone else f"{whole.parent.parent.name} ({whole.name})"
        return _source(path, {name: folder}, asked_problems(folder))
    if (path / "plan.json").exists():
        raise RunError(f"{path} holds an unfinished evaluation; the command that began it goes on")
    raise RunError(f"{path} is no run directory, no evaluation of one, and no file of answers")


def _of_run(path: Path, alone: bool) -> Source:
    run = RunDirectory(path)
    run.refuse_other_format()
    found = {m: run.evaluation(m) for m in ("base", "tuned") if run.evaluation(m).summary()}
    if not found:
        raise RunError(f"{path} holds no finished evaluation; `netgain run` goes on with it")
    if alone:
        return _source(path, found, run.problems("test"))
    model, folder = list(found.items())[-1]
    return _source(path, {f"{run.root.name} ({model})": folder}, run.problems("test"))


def _source(
    path: Path, folders: Mapping[str, EvaluationFolder], problems: Sequence[Problem]
) -> Source:
    """The answers of finished evaluations, by name."""
    answers: list[Answer] = []
    settings: dict[str, Mapping[str, Any]] = {}
    for name, folder in folders.items():
        found = read_stored_answers(folder, problems)
        assert found is not None
        if found.kind == "generated":
            settings[name] = found.summary.settings
        right = found.right
        answers += [
            Answer(name, p.id, p.question, p.answer, right[p.id], True, p.source) for p in problems
        ]
    return Source(path, answers, settings)
