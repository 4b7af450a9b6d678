"""Problems with right answers, for models' answers that bring none: found by id or by question."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

from netgain.data.asked_text import without_instruction
from netgain.records import Problem

OPENING = 6  # words by which a question is looked for within a longer prompt
MOST_WORDS = 5_000  # of a prompt, from its end
_WORD = re.compile(r"[^\W_]+")


def question_key(question: str) -> str:
    """A question's words, without what a prompt says around it on how to answer.

    >>> question_key("How many?\\nPlease reason step by step.") == question_key("how many")
    True
    """
    return " ".join(_WORD.findall(without_instruction(question.strip()).casefold()))


class KnownProblems:
    """Problems by id and by question, also by one that stands within a prompt."""

    def __init__(self, problems: Iterable[Problem] = ()) -> None:
        self.by_id = {problem.id: problem for problem in problems}
        keyed = [(question_key(p.question), p) for p in self.by_id.values() if p.question]
        times = Counter(key for key, _ in keyed)
        self.by_question = {key: p for key, p in keyed if times[key] == 1}
        self.lengths: dict[tuple[str, ...], set[int]] = defaultdict(set)  # in words, by opening
        for key in self.by_question:
            words = key.split()
            if len(words) >= OPENING:
                self.lengths[tuple(words[:OPENING])].add(len(words))

    def find(self, problem: Problem) -> Problem | None:
        """The known problem that this one is; equal ids of different questions are no match."""
        key = question_key(problem.question)
        same = self.by_id.get(problem.id)
        if same is not None and (not key or not same.question):
            return same
        if not key:
            return None
        if same is not None and question_key(same.question) == key:
            return same
        return self.by_question.get(key) or self._within(key.split())

    def _within(self, words: list[str]) -> Problem | None:
        """The last known question that stands within a prompt."""
        words = words[-MOST_WORDS:]
        for at in range(len(words) - OPENING, -1, -1):
            for length in sorted(
                self.lengths.get(tuple(words[at : at + OPENING]), ()), reverse=True
            ):
                found = self.by_question.get(" ".join(words[at : at + length]))
                if found is not None:
                    return found
        return None

    def fill(self, problem: Problem) -> Problem:
        """The same problem with the question, right answer and solution that it lacks."""
        if not self.by_id or (problem.answer is not None and problem.question):
            return problem
        other = self.find(problem)
        if other is None:
            return problem
        return replace(
            problem, question=other.question or problem.question,
            answer=other.answer if problem.answer is None else problem.answer,
            solution=problem.solution or other.solution,
            category=problem.category or other.category,
        )  # fmt: skip
