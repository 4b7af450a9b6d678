"""A run read once: where everything lies, and a few numbers a problem to filter and sort by."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import numpy as np
import pyarrow
from numpy.typing import NDArray

from netgain.analysis.problems.features import features_of
from netgain.analysis.problems.groups import group_names
from netgain.data.load import problems_digest
from netgain.data.rows import problem_from_row
from netgain.errors import RunDamaged
from netgain.plain_files import open_plain, parse_json
from netgain.records import ErrorKind, Outcome, Problem
from netgain.store import EvaluationFolder
from netgain.store.parts import Part
from netgain.store.problem_index import MOST_LINE
from netgain.store.schema import ANEW, ANSWER_AGAIN, told
from netgain.store.seals import sealed_lines
from netgain.viewing.texts import Texts

KINDS: tuple[str, ...] = get_args(ErrorKind)
OUTCOMES: tuple[Outcome, ...] = (
    "fixed", "broken", "both wrong", "both right", "right", "wrong",
)  # fmt: skip
MOST_GROUPED = 20_000  # problems; reading the features of many more would take minutes
BATCH = 2_000  # problems, or answers, read at once
CHARACTERS = 4 << 20  # of questions that are held at once
JUDGED = ("correct", "error_kind")  # what is read of each judgement
NONE = -1  # of a code or a number: there is none

Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]
Codes = NDArray[np.int8]
Judged = Callable[[Path], pyarrow.Table]  # a part of answers -> `JUDGED`, row for row
Progress = Callable[[str, int, int], None]  # what is read, how much of it, of how many


@dataclass(frozen=True)
class Answers:
    """One model's first answers, by place of the problem."""

    parts: Sequence[Path]
    part: Ints  # which of `parts` holds it
    row: Ints  # and in which row
    correct: Bools
    kind: Codes  # place in KINDS; NONE where it is right or was not looked into
    cut: Bools  # at the token limit
    tokens: Ints


@dataclass(frozen=True)
class Problems:
    """The problems of a file, by place. `digest` is `problems_digest` of all."""

    path: Path
    digest: str
    ids: Sequence[str]
    places: dict[str, int]
    offsets: NDArray[np.int64]  # of each problem's line in the file, in bytes
    checks: NDArray[np.uint32]  # of each line: its CRC-32
    id_ranks: Ints  # each problem's place among the sorted ids
    steps: Ints
    category: Ints  # place in `categories`
    categories: Sequence[str]
    groups: dict[str, Bools] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Index:
    """What filters, sorts and finds problems. `answers` are by model, base first."""

    problems: Problems
    answers: dict[str, Answers]
    texts: Texts
    outcome: Codes  # place in OUTCOMES
    length: Ints  # tokens of the longer answer


def read_problems(path: Path, count: int, texts: Texts, progress: Progress) -> Problems:
    """Read a file of `count` problems; their ids and questions go into `texts`.

    Raises:
        RunDamaged: it is missing, cannot be read, or holds another number of problems.
    """
    reader = _Reader(path, count, texts, progress)
    digest = problems_digest(reader.problems())
    if len(reader.ids) != count or len(set(reader.ids)) != count:
        raise RunDamaged(path, f"does not hold the {count} problems that were asked", ANEW)
    reader.flush()
    ranks = np.empty(count, np.int32)
    ranks[sorted(range(count), key=reader.ids.__getitem__)] = np.arange(count)
    return Problems(
        path, digest, reader.ids, {i: place for place, i in enumerate(reader.ids)},
        np.array(reader.offsets, np.int64), np.array(reader.checks, np.uint32), ranks,
        reader.steps, reader.category, list(reader.categories), reader.groups,
    )  # fmt: skip


class _Reader:
    """What is kept of each problem while the file goes by."""

    def __init__(self, path: Path, count: int, texts: Texts, progress: Progress) -> None:
        self.path, self.count, self.texts, self.progress = path, count, texts, progress
        self.ids: list[str] = []
        self.offsets: list[int] = []
        self.checks: list[int] = []
        self.steps = np.full(count, NONE, np.int32)
        self.category = np.full(count, NONE, np.int32)
        self.categories: dict[str, int] = {}
        self.groups: dict[str, Bools] = {}
        self._texts: list[str] = []
        self._characters = 0

    def problems(self) -> Iterator[Problem]:
        """Each problem in turn, taken note of."""
        offset = 0
        with told(self.path, ANEW), open_plain(self.path, links=False) as file:
            for line in sealed_lines(file, MOST_LINE):
                problem = problem_from_row(parse_json(line))
                self._note(problem, offset)
                self.checks.append(zlib.crc32(line))
                offset += len(line)
                yield problem

    def _note(self, problem: Problem, offset: int) -> None:
        place = len(self.ids)
        if place == self.count:
            raise ValueError("more problems than were asked")
        self.ids.append(problem.id)
        self.offsets.append(offset)
        if problem.steps is not None:
            self.steps[place] = problem.steps
        if problem.category is not None:
            found = self.categories.setdefault(problem.category, len(self.categories))
            self.category[place] = found
        if self.count <= MOST_GROUPED:
            for name in group_names(features_of(problem)):
                self.groups.setdefault(name, np.zeros(self.count, bool))[place] = True
        self._texts += (problem.id, problem.question)
        self._characters += len(problem.question)
        if len(self._texts) >= 2 * BATCH or self._characters >= CHARACTERS:
            self.flush()

    def flush(self) -> None:
        """Hand the texts on."""
        texts = pyarrow.array(self._texts, pyarrow.string())
        end = len(self.ids)
        places = np.arange(end - len(self._texts) // 2, end, dtype=np.int32)
        if len(texts):
            self.texts.add(texts, np.repeat(places, 2))
        self._texts, self._characters = [], 0
        self.progress("problems", end, self.count)


def read_answers(
    folder: EvaluationFolder, problems: Problems, judged: Judged, texts: Texts, progress: Progress
) -> Answers:
    """Read the first answer (sample 0, turn 0) to each problem; their texts go into `texts`.

    Raises:
        RunDamaged: a part cannot be read, or there is not one such answer for each problem.
    """
    n, parts, summary = len(problems), folder.answer_parts(), folder.summary()
    of = None if summary is None else summary.digest
    part, row, tokens = (np.full(n, NONE, np.int32) for _ in range(3))
    correct, cut = np.zeros(n, bool), np.zeros(n, bool)
    kind = np.full(n, NONE, np.int8)
    seen = 0
    for number, path in enumerate(parts):
        verdicts = judged(path)
        begin = 0
        for batch in Part(path, of).batches(BATCH):
            first = _first(batch)
            rows = np.flatnonzero(first) if first is not None else np.arange(len(batch))
            at = _places(path, batch["problem_id"].take(pyarrow.array(rows)), problems)
            part[at], row[at] = number, begin + rows
            tokens[at] = batch["completion_tokens"].to_numpy()[rows]
            cut[at] = _codes(batch["finish_reason"], ("length",))[rows] == 0
            mine = verdicts.slice(begin, len(batch)).combine_chunks()
            correct[at] = mine["correct"].to_numpy(zero_copy_only=False)[rows]
            kind[at] = _codes(mine["error_kind"].combine_chunks(), KINDS)[rows]
            texts.add(batch["text"].take(pyarrow.array(rows)), at)
            begin += len(batch)
            seen += len(rows)
            progress("answers", seen, n)
    if seen != n or (part == NONE).any():
        raise RunDamaged(
            folder.generations_folder, "does not hold one answer for each problem", ANSWER_AGAIN
        )
    kind[correct] = NONE
    return Answers(parts, part, row, correct, kind, cut, tokens)


def _first(batch: pyarrow.RecordBatch) -> Bools | None:
    """Which rows are of sample 0 and turn 0; None where all are."""
    later = batch["sample"].to_numpy() | batch["turn"].to_numpy()
    return later == 0 if later.any() else None


def _places(path: Path, ids: pyarrow.Array, problems: Problems) -> Ints:
    try:
        return np.array([problems.places[i] for i in ids.to_pylist()], np.int32)
    except KeyError as unknown:
        fault = f"holds an answer to a problem that was not asked ({unknown.args[0]!r:.80})"
        raise RunDamaged(path, fault, ANSWER_AGAIN) from None


def _codes(values: pyarrow.Array, names: Sequence[str]) -> Codes:
    """Each value's place among `names`, NONE where it is none of them."""
    found = pyarrow.compute.index_in(values, pyarrow.array(names, pyarrow.string()))
    codes: Codes = found.fill_null(NONE).to_numpy(zero_copy_only=False).astype(np.int8)
    return codes


def joined(problems: Problems, answers: dict[str, Answers], texts: Texts) -> Index:
    """The index of what was read; `outcome_of`'s rule, for all problems at once."""
    texts.finish()
    rows = list(answers.values())
    code = {name: np.int8(i) for i, name in enumerate(OUTCOMES)}
    if len(rows) == 1:
        outcome = np.where(rows[0].correct, code["right"], code["wrong"])
        return Index(problems, answers, texts, outcome, rows[0].tokens)
    base, tuned = rows
    outcome = np.select(
        [base.correct & tuned.correct, tuned.correct, base.correct],
        [code["both right"], code["fixed"], code["broken"]],
        code["both wrong"],
    )
    return Index(problems, answers, texts, outcome, np.maximum(base.tokens, tuned.tokens))
