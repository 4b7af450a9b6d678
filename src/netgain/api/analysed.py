"""`netgain.analyse`: two models' answers from any tool, compared, diagnosed and reported."""

import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from netgain.api.answer_rows import Columns, known_problems, named
from netgain.api.running import figures_of
from netgain.api.shown import Line, Part, Shown
from netgain.api.two_sides import both_of, is_whole_run, log_of, side_of, what_it_holds
from netgain.data.known_problems import KnownProblems
from netgain.errors import EvaluationError
from netgain.importers.analysing import analyse as analyse_both
from netgain.importers.batch_files import WHOSE
from netgain.importers.paired_evaluations import Evaluation
from netgain.importers.two_graders import Disagreement
from netgain.importers.what_is_known import ANSWERS
from netgain.pipeline.run_findings import findings_of
from netgain.plain_files import real
from netgain.records import Comparison, Findings
from netgain.reporting import write_reports
from netgain.reporting.json_report import plain
from netgain.reporting.writing import refuse_foreign
from netgain.store import RunDirectory, whole_file
from netgain.wording import counted, one_line, quoted

REPORT = Path("analysis")
DISAGREEMENTS = "disagreements.jsonl"


@dataclass(frozen=True, repr=False)
class Analysis(Shown):
    """The findings, the page that shows them, what to know first, and where graders disagree."""

    findings: Findings
    page: Path
    warnings: tuple[str, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    left_out: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

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
        yield from (Line(one_line(note)) for note in self.told)
        yield Line(str(self.page), whole=True)

    def remarks(self) -> list[str]:
        return list(self.left_out)

    def plain(self) -> dict[str, Any]:
        found: dict[str, Any] = plain(self.findings)
        found["warnings"] = list(self.warnings)
        found["disagreements"] = [asdict(d) for d in self.disagreements]
        return found


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
    if tuned is None and is_whole_run(given[0]):
        findings = findings_of(RunDirectory(given[0]))
        write_reports(findings, folder)
        _write((), folder)
        return Analysis(findings, folder / "report.html")
    found = [what_it_holds(path, named_so) for path in given]
    note = ""
    if tuned is None:
        sides, note = both_of(found[0], given[0], task, named_so, known)
    else:
        sides = tuple(  # type: ignore[assignment]
            side_of(f, p, task, named_so, known, found) for f, p in zip(found, given, strict=True)
        )
    _refuse_unknown(sides, known, data)
    if len({tuple(map(real, e.source.files)) for e in sides}) == 1 and tuned is not None:
        raise EvaluationError(f"{base} is given twice; give the answers of two models")
    command = shlex.join(["netgain", "analyse", *map(str, given), "--out", str(folder)])
    result = analyse_both(sides[0], sides[1], log_of(found), command, note)
    write_reports(result.findings, folder)
    _write(result.disagreements, folder)
    for role, rows in result.answers.items():
        _write_answers(rows, folder / ANSWERS / f"{role}.parquet")
    bad = tuple(
        f"{one_line(e.label)}: {counted(len(e.bad), 'row')} cannot be used, first: {e.bad[0]}"
        for e in sides
        if e.bad
    )
    unread = dict.fromkeys(pair for of in found for pair in of.theirs.unread)
    bad += tuple(f"{path} {why}" for path, why in unread if why == WHOSE)
    page = folder / "report.html"
    return Analysis(result.findings, page, result.warnings, result.disagreements, bad, result.told)


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
            other = f"there a question is {quoted(there.question)}, here {quoted(asked)}"
            do = "give the problems that were asked"
        else:
            other = "the answers come without questions"
            do = "give problems with these ids in a column id"
            if side.source.tool == "API":
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
