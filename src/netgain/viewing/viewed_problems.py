"""One problem whole: its question, both answers, prompt and tokens, read from where they lie."""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netgain.analysis.chosen_samples import sample_answer, sample_of
from netgain.data.rows import problem_from_row
from netgain.diagnosis.judging import look_into
from netgain.errors import RunDamaged
from netgain.grading import grade_one
from netgain.plain_files import open_plain, parse_json
from netgain.records import Ending, Generation, Problem, Prompt, SampleAnswer
from netgain.reporting.json_report import plain
from netgain.store.parts import Part
from netgain.store.problem_index import MOST_LINE
from netgain.store.schema import ANEW, told
from netgain.viewing.access import Pieces
from netgain.viewing.index import Index, Problems

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
        return {
            "place": place,
            "sample": plain(sample_of(problem, None, shown.get("base"), shown.get("tuned"))),
            "messages": self._messages(problem, answers),
            "tokens": self._tokens(answers),
        }

    def _answer(self, model: str, place: int) -> Generation:
        rows = self.index.answers[model]
        path = rows.parts[rows.part[place]]
        found = Generation(**Part(path).row(int(rows.row[place])))
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
    with told(problems.path, ANEW), open_plain(problems.path, links=False) as file:
        for place in places:
            file.seek(int(problems.offsets[place]))
            line = file.readline(MOST_LINE)
            if zlib.crc32(line) != problems.checks[place]:
                raise ValueError("it was changed since the viewer began")
            yield problem_from_row(parse_json(line))


def _shown(problem: Problem, answer: Generation, ending: Ending) -> SampleAnswer:
    grade = grade_one(problem, answer, ending)
    return sample_answer(answer, grade, look_into(problem, answer, grade))
