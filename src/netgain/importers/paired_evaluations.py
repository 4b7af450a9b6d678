"""One model's answers, read from another tool's files; two of them paired by problem."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from netgain.data.api_shapes import failure_of
from netgain.data.known_problems import KnownProblems, question_key
from netgain.data.rows_of_answers import AnswerRow, answer_row, each_row
from netgain.data.shapes import prompt_of
from netgain.errors import DataError
from netgain.importers.batch_files import MOST_PROBLEMS, questions
from netgain.importers.found import AnswerFiles
from netgain.importers.names_by_place import stem_of
from netgain.records import Ending, FinishReason, Problem
from netgain.rowfiles import BadRow, no_rows_words

Said = tuple[str | None, FinishReason]
NONE_KNOWN = KnownProblems()


@dataclass
class Evaluation:
    """Answers of one model, by problem id.

    `made_ids` are ids that no row has. `verdicts` are the source's own, by its grader's name (""
    where it has none) and problem. `prompts` are digests of what was asked, `endings` the
    forms that it asked for, where that is known. `failed` says of requests that got no answer why.
    `ends_known` says whether the source tells how answers ended, `is_scored` that it gives points
    and no verdicts.
    """

    source: AnswerFiles
    problems: dict[str, Problem] = field(default_factory=dict)
    answers: dict[str, list[Said]] = field(default_factory=lambda: defaultdict(list))
    verdicts: dict[str, dict[str, list[bool]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    prompts: dict[str, str] = field(default_factory=dict)
    endings: dict[str, Ending] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    made_ids: set[str] = field(default_factory=set)
    bad: list[BadRow] = field(default_factory=list)
    ends_known: bool = False
    is_scored: bool = False

    @property
    def label(self) -> str:
        return f"{self.source.name} ({self.source.tool})"

    def answers_to(self, ids: Sequence[str]) -> list[list[Said]]:
        """All answers to each of these problems."""
        return [self.answers[i] for i in ids]

    def samples(self) -> int:
        """The largest number of answers to one problem."""
        return max(map(len, self.answers.values()), default=0)


def read_evaluation(
    source: AnswerFiles, columns: Mapping[str, str], known: KnownProblems = NONE_KNOWN
) -> Evaluation:
    """Read the files of an evaluation; of several, each holds further samples.

    Args:
        columns: where a column stands that has another name.
        known: problems with right answers, for files that have none: found by id or question.

    Raises:
        DataError: a file cannot be read, or no row can be used.
    """
    found, asked = Evaluation(source), questions(source.asked)
    for file in (*source.files, *source.failed):
        earlier = set(found.problems) if source.parts else set()

        def read(row: Any, path: Any, line: int, earlier: Any = earlier) -> AnswerRow:
            default = f"row {line}"
            answer = answer_row(row, default, columns, may_lack_gold=True)
            if answer.problem.id in earlier:  # each part counts its problems from the first
                of_part = f"{stem_of(path)}: {answer.problem.id}"
                answer = replace(answer, problem=replace(answer.problem, id=of_part))
                default = of_part if answer.problem.id == default else default
            if answer.choices is not None:
                raise DataError("multiple choice is compared (`netgain compare`), not analysed")
            if source.of_model in ("", answer.model):
                _note_verdict(found, answer)
            if answer.problem.id == default:
                found.made_ids.add(default)
            return answer

        for _, _, answer in each_row([file], read):
            if isinstance(answer, BadRow):
                found.bad.append(answer)
            elif file in source.failed and answer.problem.id in found.problems:
                continue  # it was answered in the end
            elif source.of_model in ("", answer.model):
                _take(found, answer, asked, known)
        if len(found.problems) > MOST_PROBLEMS:
            raise DataError(f"{file} has more than {MOST_PROBLEMS:,} problems; analyse a part")
    if found.is_scored:
        found.verdicts.clear()
    if not found.problems:
        raise DataError(no_rows_words(source.files[0], found.bad, "answers that can be used"))
    return found


def _note_verdict(found: Evaluation, answer: AnswerRow) -> None:
    """The source's verdict, also of a row that repeats an answer for another filter."""
    if answer.own == ():
        found.is_scored = True
    elif answer.own is not None:
        grader = answer.row.get("filter")
        grader = grader if isinstance(grader, str) and grader != "none" else ""
        verdicts = found.verdicts[grader][answer.problem.id]
        if len(verdicts) <= len(found.answers.get(answer.problem.id, ())):
            verdicts += answer.own


def _take(
    found: Evaluation,
    answer: AnswerRow,
    asked: Mapping[str, str],
    known: KnownProblems,
) -> None:
    problem = filled(answer.problem, asked, known)
    found.problems.setdefault(problem.id, problem)
    found.answers[problem.id] += zip(answer.completions, answer.finish_reasons, strict=True)
    why = failure_of(answer.row)
    if why:
        found.failed[problem.id] = why
    found.ends_known = (
        found.ends_known
        or bool({"finish_reason", "stop_reason"} & answer.row.keys())
        or any(isinstance(answer.row.get(name), Mapping) for name in ("output", "response"))
        or any(reason != "stop" for reason in answer.finish_reasons)
    )
    if answer.ending is not None:
        found.endings[problem.id] = answer.ending
    digest = prompt_digest(answer.row)
    if digest is not None:
        found.prompts[problem.id] = digest


def filled(problem: Problem, asked: Mapping[str, str], known: KnownProblems) -> Problem:
    """A problem with what a batch was asked, and with the right answer of a known one."""
    if not problem.question and problem.id in asked:
        problem = replace(problem, question=asked[problem.id])
    return known.fill(problem)


def prompt_digest(row: Mapping[str, Any]) -> str | None:
    """SHA-256 (hex) of what was asked as a whole; None where the row does not say it."""
    given = row.get("prompt_digest")
    if isinstance(given, str):  # as `netgain import` writes it
        return given
    asked = prompt_of(row)
    if asked is None:
        return None
    text = json.dumps(asked, sort_keys=True, default=str)
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


# -- pairing -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Paired:
    """Problems that both answered: (problem, its id in the base's answers, in the tuned one's).

    `by` counts what paired them: "id and question", "question", "id". `unpaired` are ids that one
    side alone has, base and tuned. `conflicts` are ids whose two sides have other right answers.
    """

    problems: tuple[tuple[Problem, str, str], ...]
    by: Mapping[str, int]
    unpaired: tuple[tuple[str, ...], tuple[str, ...]]
    conflicts: tuple[str, ...]
    without_gold: tuple[str, ...]

    def ids(self, role: str) -> list[str]:
        """The ids of the paired problems in the answers of "base" or "tuned"."""
        return [base if role == "base" else tuned for _, base, tuned in self.problems]


def pair(base: Evaluation, tuned: Evaluation) -> Paired:
    """Problems that are the same on both sides: by id where their questions agree, else by these.

    An id alone counts where a side has no question, and never where it was made up. A question
    that stands twice on a side pairs by id only.
    """
    keys = [{i: question_key(p.question) for i, p in e.problems.items()} for e in (base, tuned)]
    once = [{k: i for i, k in of.items() if k} for of in keys]
    for place, of in enumerate(keys):
        for key, times in Counter(of.values()).items():
            if times > 1:
                once[place].pop(key, None)
    pairs: list[tuple[str, str]] = []
    by: Counter[str] = Counter()
    for i in tuned.problems:
        key = keys[1][i]
        made = i in tuned.made_ids or i in base.made_ids
        if i in base.problems and key == keys[0][i] and key:
            pairs.append((i, i))
            by["id and question"] += 1
        elif key and key in once[0] and key in once[1]:
            pairs.append((once[0][key], i))
            by["question"] += 1
        elif i in base.problems and not made and not (key and keys[0][i]):
            pairs.append((i, i))
            by["id"] += 1
    return _paired(base, tuned, pairs, by)


def _paired(
    base: Evaluation, tuned: Evaluation, pairs: Sequence[tuple[str, str]], by: Mapping[str, int]
) -> Paired:
    found, conflicts, without = [], [], []
    for one, other in pairs:
        first, second = base.problems[one], tuned.problems[other]
        if None not in (first.answer, second.answer) and first.answer != second.answer:
            conflicts.append(other)
            continue
        answer = first.answer if second.answer is None else second.answer
        if answer is None:
            without.append(other)
            continue
        problem = replace(
            second, answer=answer, question=second.question or first.question,
            solution=second.solution or first.solution,
            category=second.category or first.category,
        )  # fmt: skip
        found.append((problem, one, other))
    used = [{p[0] for p in pairs}, {p[1] for p in pairs}]
    left = [
        tuple(i for i in e.problems if i not in of)
        for e, of in zip((base, tuned), used, strict=True)
    ]
    return Paired(tuple(found), by, (left[0], left[1]), tuple(conflicts), tuple(without))
