"""Worked examples from training problems: drawn by seed, or named by id."""

import difflib
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from netgain.errors import DataError
from netgain.prompts.endings import with_ending
from netgain.recipe import PromptSettings
from netgain.records import Ending, Problem
from netgain.text.numbers import format_number

CHOICE_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Shot:
    """A worked example."""

    question: str
    solution: str
    answer: str


def answer_text(problem: Problem) -> str:
    """The right answer alone: a number, or the letter of a choice.

    >>> from fractions import Fraction
    >>> answer_text(Problem("p", "x", "Half of 5?", Fraction(5, 2)))
    '2.5'
    """
    if problem.answer is not None:
        return format_number(problem.answer)
    return "" if problem.answer_choice is None else CHOICE_LETTERS[problem.answer_choice]


def shot_of(problem: Problem, ending: Ending = "hashes") -> Shot:
    """A worked example whose solution ends in this way."""
    answer = answer_text(problem)
    solution = with_ending(problem.solution, answer, ending) if problem.solution else ""
    return Shot(problem.question, solution, answer)


def shown_shots(
    settings: PromptSettings, training: Sequence[Problem], asked: Sequence[Problem]
) -> Callable[[Problem], tuple[Shot, ...]]:
    """The same shots for every problem, except that none is ever shown itself.

    Drawn ones stand in an order that the seed gives to ids: they depend neither on the order of
    the training problems nor, but for those that come and go, on how many there are.

    Raises:
        DataError: there are too few training problems, or none has a given id.
    """
    n, ending = settings.shot_count, settings.answer_ending
    if n == 0:
        return lambda problem: ()
    if settings.shot_ids:
        named = _named(settings.shot_ids, training, asked)
        return lambda problem: tuple(shot_of(p, ending) for p in named if not _same(p, problem))
    ranked = _ranked(settings, training)

    def drawn(problem: Problem) -> tuple[Shot, ...]:
        found = tuple(islice((shot_of(p, ending) for p in ranked if not _same(p, problem)), n))
        if len(found) < n:
            raise too_few(n, len(found), f" other than {problem.id!r:.80}")
        return found

    if len(ranked) < n:
        raise too_few(n, len(ranked))
    return drawn


def _same(shot: Problem, asked: Problem) -> bool:
    """Whether a shot is the problem that is asked, or that with other numbers."""
    return shot.question == asked.question or shot.id in (asked.id, asked.metadata.get("original"))


def _ranked(settings: PromptSettings, training: Sequence[Problem]) -> list[Problem]:
    """Training problems that can be shown, each question once, in the order the seed gives."""

    def rank(problem: Problem) -> bytes:
        return hashlib.sha256(f"{settings.shot_seed}:{problem.id}".encode()).digest()

    usable = (p for p in training if p.solution or settings.style == "answer_only")
    first: dict[str, Problem] = {}
    for problem in sorted(usable, key=rank):
        first.setdefault(problem.question, problem)
    return list(first.values())


def _named(
    ids: Sequence[str], training: Sequence[Problem], asked: Sequence[Problem]
) -> list[Problem]:
    by_id = {p.id: p for p in training}
    asked_ids = {p.id for p in asked}
    for one in ids:
        if one in asked_ids:
            raise DataError(
                f"prompt.shot_ids: {one!r:.80} is one of the problems that are asked, so a shot "
                "would give its answer away; name training problems only"
            )
        if one not in by_id:
            near = difflib.get_close_matches(one[:80], by_id, n=1) if len(by_id) < 20_000 else []
            hint = f"did you mean {near[0]!r:.80}?" if near else "name training problems only"
            raise DataError(f"prompt.shot_ids: no training problem has the id {one!r:.80}; {hint}")
    return [by_id[one] for one in ids]


def too_few(wanted: int, there: int, which: str = "") -> DataError:
    """The error that says so."""
    held = f"only {there:,}" if there else "none"
    return DataError(
        f"the prompt shows {wanted} worked examples from training problems, and there "
        f"{'is' if there == 1 else 'are'} {held} with a solution{which}; lower prompt.shots, or "
        "give more training problems"
    )
