"""One problem whole: its question, both answers, prompt and tokens, read from where they lie."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow

from netgain.analysis.problems.features import features_of
from netgain.analysis.problems.groups import group_names
from netgain.data.rows import problem_from_row
from netgain.diagnosis.judging import look_into
from netgain.errors import RunDamaged
from netgain.grading import grade_one
from netgain.records import Ending, Generation, Problem, Prompt, Sample, SampleAnswer
from netgain.reporting.json_report import plain
from netgain.store.parts import GENERATION_SCHEMA, open_parquet
from netgain.store.schema import ANEW, ANSWER_AGAIN
from netgain.text.numbers import format_number
from netgain.viewing.index import Index, Problems
from netgain.viewing.tokens import Pieces

OPENING = 110  # characters of a question in the list, as in the browser of a report
READ_FOR_OPENING = 4 * OPENING
PromptOf = Callable[[Problem], Prompt | None]


@dataclass(frozen=True)
class Whole:
    """What gives one problem whole."""

    index: Index
    prompt_of: PromptOf
    pieces: Pieces
    ending: Ending = "hashes"

    def problem(self, place: int) -> dict[str, Any]:
        """The problem at a place, as the browser shows it.

        Raises:
            RunDamaged: a file was changed or damaged since it was indexed.
        """
        (problem,) = problems_at(self.index.problems, [place])
        answers = {model: self._answer(model, place) for model in self.index.answers}
        shown = {model: _shown(problem, answer, self.ending) for model, answer in answers.items()}
        sample = Sample(
            problem_id=problem.id,
            question=problem.question,
            gold="" if problem.answer is None else format_number(problem.answer),
            category=problem.category,
            steps=problem.steps,
            groups=group_names(features_of(problem)),
            prompt=None,
            base=shown.get("base"),
            tuned=shown.get("tuned"),
        )
        return {
            "place": place,
            "sample": plain(sample),
            "messages": self._messages(problem, answers),
            "tokens": self._tokens(answers),
        }

    def _answer(self, model: str, place: int) -> Generation:
        rows = self.index.answers[model]
        path = rows.parts[rows.part[place]]
        try:
            found = _row(path, int(rows.row[place]))
        except (OSError, ValueError, LookupError, pyarrow.ArrowException) as error:
            raise RunDamaged(path, f"cannot be read ({error!s:.200})", ANSWER_AGAIN) from error
        if found.problem_id != self.index.problems.ids[place]:
            raise RunDamaged(path, "was changed since the viewer began", "start the viewer again")
        return found

    def _messages(self, problem: Problem, answers: Mapping[str, Generation]) -> list[list[str]]:
        """The prompt, where it is the one that was asked: its digest stands by the answers."""
        prompt = self.prompt_of(problem)
        if prompt is None or any(a.prompt_digest != prompt.digest for a in answers.values()):
            return []
        return [list(message) for message in prompt.messages or (("", prompt.text),)]

    def _tokens(self, answers: Mapping[str, Generation]) -> dict[str, Any] | None:
        if not any(a.token_ids for a in answers.values()):
            return None
        return {
            model: {"ids": list(a.token_ids), "pieces": self.pieces(a.token_ids)}
            for model, a in answers.items()
        }


def problems_at(problems: Problems, places: Sequence[int]) -> Iterator[Problem]:
    """The problems at some places, read from their file.

    Raises:
        RunDamaged: it was changed or damaged since it was indexed.
    """
    try:
        with problems.path.open("rb") as file:
            for place in places:
                file.seek(int(problems.offsets[place]))
                problem = problem_from_row(json.loads(file.readline()))
                if problem.id != problems.ids[place]:
                    raise ValueError("another problem stands there now")
                yield problem
    except (OSError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError,
            RecursionError) as error:  # fmt: skip
        raise RunDamaged(problems.path, f"cannot be read ({error!r:.200})", ANEW) from error


def opening(question: str) -> str:
    """The beginning of a question on one line, cut between words where that is possible."""
    line = " ".join(question[:READ_FOR_OPENING].split())
    if len(line) <= OPENING:
        return line
    cut = line[: OPENING - 1]
    space = cut.rfind(" ")
    return f"{cut[:space].rstrip('.,;:') if space > OPENING / 2 else cut}…"


def _row(path: Any, row: int) -> Generation:
    """One row of a part, without reading the row groups before it."""
    with open_parquet(path) as file:
        group = 0
        while row >= file.metadata.row_group(group).num_rows:
            row -= file.metadata.row_group(group).num_rows
            group += 1
        held = set(file.schema_arrow.names)
        names = [name for name in GENERATION_SCHEMA.names if name in held]
        table = file.read_row_group(group, columns=names, use_threads=False)
    (values,) = table.slice(row, 1).to_pylist()
    return Generation(**{**values, "token_ids": tuple(values.get("token_ids") or ())})


def _shown(problem: Problem, answer: Generation, ending: Ending) -> SampleAnswer:
    grade = grade_one(problem, answer, ending)
    return SampleAnswer(
        text=answer.text,
        extracted=grade.extracted,
        finish_reason=answer.finish_reason,
        correct=grade.correct,
        strict=grade.strict,
        completion_tokens=answer.completion_tokens,
        diagnosis=look_into(problem, answer, grade),
    )
