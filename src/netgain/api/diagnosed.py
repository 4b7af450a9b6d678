"""`netgain.diagnose`: where solutions first go wrong, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from netgain.api.answer_rows import (
    Answers,
    Columns,
    Judged,
    Out,
    judge_rows,
    row_source,
    taken_words,
)
from netgain.api.shown import Line, Part, Table
from netgain.data.to_diagnose import Case, case_of
from netgain.diagnosis import diagnose as find_first_error
from netgain.records import Diagnosis
from netgain.rowfiles import place
from netgain.wording import integer, one_line, percent

MOST_EXAMPLES = 3  # wrong solutions whose evidence is kept
_ADDED = ("first_error", "error_kind", "confidence", "evidence", "equations", "forms")
_FALSE = "false_equation"


@dataclass
class Tally:
    """Counts over the rows read so far. `unchecked` are clean for want of a right answer.

    A solution has one kind; it may have several `features`: a false equation, and its forms.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    features: Counter[str] = field(default_factory=Counter)
    steps: Counter[int] = field(default_factory=Counter)
    unchecked: int = 0

    def add(self, case: Case, found: Diagnosis) -> None:
        self.kinds[found.error_kind] += 1
        if found.error_kind == "none" and case.gold is None:
            self.unchecked += 1
        self.features.update(found.forms)
        self.features[_FALSE] += found.has_false_equation
        if found.first_error >= 0:
            self.steps[found.first_error + 1] += 1

    def merged(self, other: Tally) -> Tally:
        return Tally(
            self.kinds + other.kinds,
            self.features + other.features,
            self.steps + other.steps,
            self.unchecked + other.unchecked,
        )


@dataclass(frozen=True, repr=False)
class Diagnosed(Judged):
    """Counts of errors by model, and the evidence of the first few."""

    models: Mapping[str, Tally]
    examples: tuple[str, ...]

    @property
    def total(self) -> Tally:
        total = Tally()
        for tally in self.models.values():
            total = total.merged(tally)
        return total

    @property
    def rows(self) -> int:
        return self.total.kinds.total()

    def parts(self) -> Iterator[Part]:
        for model, tally in self.models.items():
            if len(self.models) > 1:
                yield Line(one_line(self.name_of(model)), "bold")
            yield from _table(tally)
            if len(self.models) > 1:
                yield Line()
        yield from (Line(one_line(example)) for example in self.examples)
        located = self.total.steps.total()
        if located > len(self.examples):
            yield Line(f"{len(self.examples)} of {integer(located)} shown, see -o", "dim")

    def plain(self) -> dict[str, Any]:
        models = {model: _counts(tally) for model, tally in self.models.items()}
        return {**super().plain(), **_counts(self.total), "models": models}


def diagnose(answers: Answers, *, out: Out = None, columns: Columns = ()) -> Diagnosed:
    """Find the first wrong step of each solution and the kind of error, with evidence.

    Without a reference solution only false equations and missing answers are seen.

    Args:
        answers: a file of rows of any usual kind, or rows (a list, or a table of pandas). Each has
            question, gold_solution or answer, completion or steps (a list), and if you like id,
            model, gold_answer, finish_reason. Multiple choice cannot be diagnosed.
        out: a JSONL file, or a list, for each row with first_error (0-based, -1 for none),
            error_kind, confidence, evidence, the equations read and forms.
        columns: where a column stands that has another name: {"completion": "output.text"}.

    Raises:
        DataError: the file cannot be read, or no row can be used.
        UsageError: a column that is not known.

    >>> import netgain
    >>> rows = [{
    ...     "question": "A jar holds 12 plums. How many are in 4 jars?",
    ...     "answer": "12 * 4 = <<12*4=48>>48 plums\\n#### 48",
    ...     "completion": "12 * 4 = 46 plums\\n#### 46",
    ... }]
    >>> netgain.diagnose(rows)
    error       solutions  share
    arithmetic  1          100%
    whatever the kind: false equation 1
    row 1: step 1 states 12 * 4 = 46, but the left side is 48
    """
    models: dict[str, Tally] = {}
    examples: list[str] = []
    name = row_source(answers).name

    def judge(line: int, row: Any, case: Case) -> Mapping[str, Any]:
        found = find_first_error(
            case.question, case.solution, gold_solution=case.reference, gold_answer=case.gold,
            finish_reason=case.finish_reason,
        )  # fmt: skip
        models.setdefault(case.model, Tally()).add(case, found)
        if found.first_error >= 0 and len(examples) < MOST_EXAMPLES:
            examples.append(f"{_row_words(name, line, case)}: {found.evidence}")
        return _with_diagnosis(row, found)

    source, bad, guessed = judge_rows(answers, out, columns, lambda r, _, c: case_of(r, c), judge)
    return Diagnosed(
        str(source), models, bad, guessed, tuple(examples), taken=taken_words(answers, source)
    )


def _row_words(file: str, line: int, case: Case) -> str:
    """
    >>> _row_words("in.jsonl", 3, Case("b7", "small", "", "4", "", None, "stop"))
    'line 3 (id b7, model small)'
    """
    names = [f"id {case.id}"] if case.id is not None else []
    names += [f"model {case.model}"] if case.model else []
    where = place(file, line).removeprefix(f"{file}, ")
    return f"{where} ({', '.join(names)})" if names else where


def _with_diagnosis(row: Mapping[str, Any], found: Diagnosis) -> dict[str, Any]:
    """The row with what was found; a column that has one of these names is kept as `given_…`."""
    kept = {(f"given_{name}" if name in _ADDED else name): value for name, value in row.items()}
    added = {name: getattr(found, name) for name in _ADDED}
    return kept | added | {"equations": [asdict(equation) for equation in found.equations]}


# -- showing -------------------------------------------------------------------------------


def _counts(tally: Tally) -> dict[str, Any]:
    return {
        "n": tally.kinds.total(),
        "error_kinds": dict(tally.kinds.most_common()),
        "without_error": {
            "right": tally.kinds["none"] - tally.unchecked,
            "could_not_be_checked": tally.unchecked,
        },
        "whatever_the_kind": dict((+tally.features).most_common()),
        "first_wrong_step": {str(step): n for step, n in sorted(tally.steps.items())},
    }


def _table(tally: Tally) -> Iterator[Part]:
    n = tally.kinds.total()
    rows = [(name, integer(count), percent(count / n)) for name, count in _lines(tally)]
    yield Table(rows, ("error", "solutions", "share"))
    features = (+tally.features).most_common()
    if features:
        words = ", ".join(f"{name} {integer(count)}" for name, count in features)
        yield Line(f"whatever the kind: {words.replace('_', ' ')}", "dim")


def _lines(tally: Tally) -> Iterator[tuple[str, int]]:
    """The rows of a table: each kind with its count."""
    for kind, count in tally.kinds.most_common():
        if kind != "none":
            yield kind.replace("_", " "), count
            continue
        if count - tally.unchecked:
            yield "none: right", count - tally.unchecked
        if tally.unchecked:
            yield "none found: could not be checked", tally.unchecked
