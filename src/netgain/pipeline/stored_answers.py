"""The one reader of a finished evaluation: its answers, sound, and each right or wrong.

Whether a model generated its answers or was scored by the log-likelihood of given choices, what
comes out is right or wrong, problem by problem. (Answers to half a million problems do not fit into
memory; those of a run's headline are read in parts by `judged`.)
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from netgain.data.load import problems_digest
from netgain.data.tasks import TASKS
from netgain.grading import grade_all
from netgain.grading.loglikelihood import ChoiceMetric, graded_choices
from netgain.pipeline.evaluations import answer_keys, ending_of, is_of_scores, vouched_summary
from netgain.plain_files import real
from netgain.records import (
    ChoiceScores,
    EvaluationSummary,
    Generation,
    Grade,
    MetricKind,
    Problem,
)
from netgain.store import AnswerKey, EvaluationFolder, RunDirectory

Right = Mapping[str, tuple[bool, ...]]  # problem id -> right or wrong, one value an answer


@dataclass(frozen=True)
class StoredAnswers:
    """A finished evaluation: generated answers, or the scores of choices."""

    summary: EvaluationSummary
    problems: Sequence[Problem]
    generations: Sequence[Generation] = ()
    scores: Sequence[ChoiceScores] = ()

    @property
    def kind(self) -> MetricKind:
        return "choice_loglikelihood" if is_of_scores(self.summary) else "generated"

    @cached_property
    def grades(self) -> Sequence[Grade]:
        """One for each of `generations`."""
        return grade_all(self.problems, self.generations, ending_of(self.summary.settings))

    @property
    def last(self) -> Sequence[Grade]:
        """The grades of the last turn."""
        turn = len(self.summary.settings.get("revisions") or ())
        return [g for g in self.grades if g.turn == turn]

    @property
    def metric(self) -> ChoiceMetric:
        """How choices are judged: as is usual for their task."""
        task = TASKS.get(str(self.summary.settings.get("task")))
        return (task and task.headline) or "acc"

    @cached_property
    def right(self) -> Right:
        """Of several turns the last one; choices by the metric that is usual for their task."""
        if is_of_scores(self.summary):
            return self.chosen(self.metric)
        found: dict[str, list[bool]] = defaultdict(list)
        for grade in self.last:
            found[grade.problem_id].append(grade.correct)
        return {problem_id: tuple(verdicts) for problem_id, verdicts in found.items()}

    def chosen(self, metric: ChoiceMetric) -> Right:
        """Which choices are right, by one metric of their log-likelihoods."""
        right = graded_choices(self.problems, self.scores, metric)
        return {problem_id: (verdict,) for problem_id, verdict in right.items()}


def read_stored_answers(
    folder: EvaluationFolder, problems: Sequence[Problem]
) -> StoredAnswers | None:
    """A finished evaluation of these problems; None while it is not finished.

    Raises:
        RunDamaged: it was changed, is of other problems, or its answers or scores are not whole.
    """
    summary = vouched_summary(folder, problems_digest(problems))
    if summary is None:
        return None
    ids = [p.id for p in problems]
    if is_of_scores(summary):
        return StoredAnswers(summary, problems, scores=folder.scores(ids, of=summary.digest))
    generations = folder.generations(_keys_of(summary, ids), of=summary.digest)
    return StoredAnswers(summary, problems, generations)


def _keys_of(summary: EvaluationSummary, ids: Sequence[str]) -> Iterator[AnswerKey]:
    said = summary.settings
    return answer_keys(ids, int(said.get("samples", 1)), len(said.get("revisions") or ()) + 1)


def asked_problems(folder: EvaluationFolder) -> list[Problem]:
    """What a finished evaluation was asked: problems of its own, or the first of its run's test
    problems, as many as it has answers to.

    Raises:
        RunDamaged: the problems are not whole.
    """
    if folder.problems_file.exists():
        return folder.problems()
    summary = folder.summary()
    assert summary is not None
    each = len(list(_keys_of(summary, [""])))
    run = RunDirectory(real(folder.path).parent.parent)
    return run.problems("test")[: summary.n // each]
