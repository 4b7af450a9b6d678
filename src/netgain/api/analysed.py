"""`netgain.analyse`: two models' answers from any tool, compared, diagnosed and reported."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from netgain.api.answer_rows import Columns, is_ours, known_problems, named
from netgain.api.running import figures_of
from netgain.api.shown import Line, Part, Shown
from netgain.data.known_problems import KnownProblems
from netgain.errors import DataError, EvaluationError
from netgain.importers.analysing import Disagreement
from netgain.importers.analysing import analyse as analyse_both
from netgain.importers.evaluations import Evaluation, read_evaluation
from netgain.importers.found import AnswerFiles, Found
from netgain.importers.looking import look
from netgain.importers.what_is_known import ANSWERS
from netgain.pipeline.stored_answers import asked_problems, read_stored_answers
from netgain.plain_files import real
from netgain.records import Comparison, Findings, Problem, TrainingLog
from netgain.reporting import write_reports
from netgain.reporting.json_report import plain
from netgain.reporting.writing import refuse_foreign
from netgain.store import EvaluationFolder, RunDirectory, whole_file
from netgain.wording import integer, one_line

REPORT = Path("analysis")
DISAGREEMENTS = "disagreements.jsonl"
MOST_LISTED = 12


@dataclass(frozen=True, repr=False)
class Analysis(Shown):
    """The findings, the page that shows them, what to know first, and where graders disagree."""

    findings: Findings
    page: Path
    warnings: tuple[str, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def comparison(self) -> Comparison | None:
        return self.findings.comparison

    @property
    def verdict(self) -> str:
        return self.findings.verdict

    def parts(self) -> Iterator[Part]:
        for warning in self.warnings:
            yield Line(one_line(f"{warning}."), "yellow")
        yield Line(one_line(self.verdict), "bold")
        yield from figures_of(self.findings)
        told = [note for note in self.findings.notes if _is_of_graders(note)]
        yield from (Line(one_line(note)) for note in told)
        yield Line(str(self.page), whole=True)

    def remarks(self) -> list[str]:
        return list(self.left_out)

    def plain(self) -> dict[str, Any]:
        found: dict[str, Any] = plain(self.findings)
        found["warnings"] = list(self.warnings)
        found["disagreements"] = [asdict(d) for d in self.disagreements]
        return found


def _is_of_graders(note: str) -> bool:
    return ("robust grader" in note and ("agree" in note)) or "in no figure" in note \
        or "several answers a problem" in note  # fmt: skip


def analyse(
    base: str | Path,
    tuned: str | Path | None = None,
    *,
    out: str | Path = REPORT,
    data: str | Path | None = None,
    task: str | None = None,
    columns: Columns = (),
) -> Analysis:
    """Compare, diagnose and report two models' answers, whatever tools they come from.

    Problems are paired by id, content and question; both models are graded by netgain's graders,
    beside the source's own. What else than the model differed is told first.

    Args:
        base: a file or a folder of answers of any tool, a run directory, or an evaluation in one.
        tuned: the same of the other model; None where `base` holds both.
        out: the folder of the report.
        data: a file of problems, for answers that have neither question nor right answer.
        task: which of several tasks.
        columns: where a column of answers stands: {"completion": "output.text"}.

    Raises:
        DataError: something holds no answers, or more than one evaluation.
        EvaluationError: no problem was answered by both.

    >>> import json, netgain
    >>> from pathlib import Path
    >>> for name, rights in (("old", 5), ("new", 15)):
    ...     rows = [{"id": i, "question": f"{i} + 1?", "answer": str(i + 1),
    ...              "completion": f"#### {i + 1 if i < rights else 0}"} for i in range(20)]
    ...     _ = Path(f"{name}.jsonl").write_text("\\n".join(map(json.dumps, rows)))
    >>> found = netgain.analyse("old.jsonl", "new.jsonl", out="compared")
    >>> found.comparison.won, found.comparison.lost, found.page.as_posix()
    (10, 0, 'compared/report.html')
    """
    folder, named_so = Path(out), named(columns)
    refuse_foreign(folder, "report.json")
    known = known_problems(data)
    given = [Path(base)] + ([] if tuned is None else [Path(tuned)])
    found = [_found(path, named_so) for path in given]
    if tuned is None:
        sides = _both(found[0], given[0], task, named_so, known)
    else:
        sides = tuple(  # type: ignore[assignment]
            _side(f, p, task, named_so, known, found) for f, p in zip(found, given, strict=True)
        )
    _refuse_unknown(sides, known, data)
    if len({tuple(map(real, e.source.files)) for e in sides}) == 1 and tuned is not None:
        raise EvaluationError(f"{base} is given twice; give the answers of two models")
    command = shlex.join(["netgain", "analyse", *map(str, given), "--out", str(folder)])
    result = analyse_both(sides[0], sides[1], _log(found), command)
    write_reports(result.findings, folder)
    _write(result.disagreements, folder)
    for role, rows in result.answers.items():
        _write_answers(rows, folder / ANSWERS / f"{role}.parquet")
    bad = tuple(
        f"{one_line(e.label)}: {integer(len(e.bad))} rows cannot be used, first: {e.bad[0]}"
        for e in sides
        if e.bad
    )
    return Analysis(
        result.findings, folder / "report.html", result.warnings, result.disagreements, bad
    )


def _refuse_unknown(
    sides: Sequence[Evaluation], known: KnownProblems, data: str | Path | None
) -> None:
    """Say how ids and questions look on both sides, where the data have no answered problem."""
    if not known.by_id:
        return
    for side in sides:
        if any(problem.answer is not None for problem in side.problems.values()):
            continue
        first = next(iter(side.problems.values()))
        there = next(iter(known.by_id.values()))
        asked = next((p.question for p in side.problems.values() if p.question), "")
        if asked:
            other = f"there a question is {there.question!r:.80}, here {asked!r:.80}"
            do = "give the problems that were asked"
        else:
            other = "the answers come without questions"
            do = "give problems with these ids in a column id"
            if side.source.tool == "batch":
                do = f"lay the batch's file of requests beside the answers, or {do}"
        raise EvaluationError(
            f"{data} has none of the problems that {one_line(side.label)} answers: there an id is "
            f"{there.id!r:.60}, here {first.id!r:.60}, and {one_line(other)}; {do}"
        )


def _write(disagreements: tuple[Disagreement, ...], folder: Path) -> None:
    path = folder / DISAGREEMENTS
    path.unlink(missing_ok=True)
    if disagreements:
        with whole_file(path) as file:
            for row in disagreements:
                file.write(json.dumps(asdict(row), ensure_ascii=True).encode() + b"\n")


def _write_answers(rows: list[dict[str, Any]], path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    path.parent.mkdir(exist_ok=True)
    safe = [{n: _whole(v) if isinstance(v, str) else v for n, v in r.items()} for r in rows]
    with whole_file(path) as file:
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(safe), file, compression="zstd")


def _whole(text: str) -> str:
    """Half a character cannot be stored."""
    return text.encode(errors="replace").decode()


# -- what a path holds ---------------------------------------------------------------------


@dataclass(frozen=True)
class _Holds:
    """Other tools' files, or evaluations of netgain's own by role."""

    theirs: Found
    ours: Mapping[str, Evaluation]
    log: TrainingLog | None = None


def _found(path: Path, columns: Mapping[str, str]) -> _Holds:
    if path.is_dir() and is_ours(path):
        return _ours(path)
    found = look([path], columns=columns)
    if (
        not found.answers and found.problems
    ):  # rows that might be learned from were named as answers
        found = look([path], wants_answers=True, columns=columns)
    return _Holds(found, {})


def _both(
    holds: _Holds, path: Path, task: str | None, columns: Mapping[str, str], known: KnownProblems
) -> tuple[Evaluation, Evaluation]:
    """The two evaluations of one path."""
    if {"base", "tuned"} <= holds.ours.keys():
        return holds.ours["base"], holds.ours["tuned"]
    answers = _of_task(holds.theirs.answers, task)
    roles = _roles(answers, holds.theirs)
    if len(answers) != 2 or roles is None:
        raise DataError(
            f"{path} holds {len(answers)} evaluations{_listed(answers)}; name the base and the "
            "tuned one: netgain analyse BASE TUNED"
        )
    base, tuned = (read_evaluation(one, columns, known) for one in roles)
    return base, tuned


def _roles(answers: list[AnswerFiles], theirs: Found) -> tuple[AnswerFiles, AnswerFiles] | None:
    """Which of two is the base: an adapter names it, or their names do."""
    if len(answers) != 2:
        return None
    bases = {adapter.base for adapter in theirs.adapters}
    marks = [
        (a.model in bases) * 4 + (" + " not in a.model) + any(
            word in a.model.lower() for word in ("base", "before", "untuned", "original")
        ) - any(word in a.model.lower() for word in ("tuned", "after", "sft", "lora", "grpo"))
        for a in answers
    ]  # fmt: skip
    if marks[0] == marks[1]:
        return None
    first, second = answers
    return (first, second) if marks[0] > marks[1] else (second, first)


def _side(
    holds: _Holds, path: Path, task: str | None, columns: Mapping[str, str],
    known: KnownProblems, every: list[_Holds],
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
    return f"; `netgain import` says what it holds{told}"


def _log(found: list[_Holds]) -> TrainingLog | None:
    """The log of the only training with one validation set; histories of others are beside it."""
    trainings = [t for holds in found for t in holds.theirs.trainings]
    states = [t for t in trainings if t.path.name == "trainer_state.json"] or trainings
    logs = [log for t in states for log in t.logs.values()]
    logs += [holds.log for holds in found if holds.log is not None]
    return logs[0] if len(logs) == 1 else None


def _ours(path: Path) -> _Holds:
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
    return _Holds(Found(), found, log)


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
    generations = stored.generations
    last = max((g.turn for g in generations), default=0)
    for said in generations:
        if said.turn == last and said.problem_id in found.problems:
            found.answers[said.problem_id].append((said.text, said.finish_reason))
            found.prompts[said.problem_id] = said.prompt_digest
    return found
