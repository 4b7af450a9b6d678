"""Which sampled answers are learned from: right ones that ended by themselves.

Of a model's own samples (rejection sampling, Yuan et al. 2023, arXiv:2308.01825) or of another
model's answers (distillation), those are kept that are right and ended by themselves, distinct by
their equations, at most so many a problem.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from netgain.diagnosis import equations_in
from netgain.diagnosis.form import begins_with_mark
from netgain.records import Generation, Grade

Order = Callable[[Generation, Grade], tuple[int, int]]


@dataclass(frozen=True)
class Kept:
    """What is learned from, and the counts behind it.

    `texts` are by problem id; a problem without a right answer is not there. `right` counts the
    samples with the right answer, and `ended` those of them that ended by themselves, with working
    before the answer; `mixed` counts problems with right and wrong samples, which a policy gradient
    can learn from. `wrong` is by problem id the share of samples that were wrong, where one
    more is counted as wrong, so that it is never 0.
    """

    texts: Mapping[str, tuple[str, ...]]
    problems: int
    samples: int
    right: int
    ended: int
    mixed: int
    wrong: Mapping[str, float]

    @property
    def examples(self) -> int:
        """Answers that are learned from."""
        return sum(map(len, self.texts.values()))


def in_form_first(generation: Generation, grade: Grade) -> tuple[int, int]:
    """An answer in the recipe's own form comes before one that is not, else the earlier sample."""
    return int(not grade.strict), generation.sample


def shortest_first(generation: Generation, grade: Grade) -> tuple[int, int]:
    """The shorter answer, which a small model learns more easily."""
    return len(generation.text), generation.sample


def right_answers(
    judged: Sequence[tuple[Generation, Grade]], most: int, order: Order = in_form_first
) -> Kept:
    """Choose what to learn from.

    Args:
        judged: every sample of every problem, with its grade.
        most: answers kept of one problem.
        order: which of them are kept; the least come first.
    """
    right: dict[str, list[tuple[Generation, Grade]]] = defaultdict(list)
    drawn = Counter(g.problem_id for g, _ in judged)
    solved = Counter(g.problem_id for g, grade in judged if grade.correct)
    for g, grade in judged:
        if grade.correct and g.finish_reason == "stop" and not begins_with_mark(g.text):
            right[g.problem_id].append((g, grade))
    texts = {
        i: _distinct([g.text.rstrip() for g, _ in sorted(of, key=lambda pair: order(*pair))], most)
        for i, of in right.items()
    }
    return Kept(
        texts, len(drawn), len(judged), solved.total(), sum(map(len, right.values())),
        sum(solved[i] < drawn[i] for i in solved),
        {i: (drawn[i] - solved[i] + 1) / (drawn[i] + 1) for i in texts},
    )  # fmt: skip


def _distinct(texts: Sequence[str], most: int) -> tuple[str, ...]:
    """The first of each set of equations; a text without any is told apart by its words."""
    found: dict[tuple[str, ...], str] = {}
    for text in texts:
        made = tuple("".join(e.text.split()) for e in equations_in(text))
        found.setdefault(made or (" ".join(text.split()),), text)
    return tuple(list(found.values())[:most])
