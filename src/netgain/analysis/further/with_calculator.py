"""Greedy answers with and without the calculator, paired; never one figure for both."""

import re
from collections.abc import Collection, Sequence

from netgain.analysis.comparing.pairs import told
from netgain.analysis.further.asked_again import FurtherEvaluation, Headline, by_model
from netgain.analysis.further.pairing import Ways, accuracy, compare_ways, spent, unsound
from netgain.diagnosis import diagnose
from netgain.records import FurtherResult, FurtherTable, Generation
from netgain.wording import counted, integer

PLAIN, WITH = "without the calculator", "with the calculator"
_ANNOTATION = re.compile(r"<<[^<>=\n]{1,200}=[^<>\n]{1,200}>>")
COLUMNS = (
    "Answers", "Accuracy", "With annotations", "Generated tokens a problem", "Time a problem",
)  # fmt: skip


def calculator(
    headline: Headline, evaluations: Sequence[FurtherEvaluation]
) -> FurtherResult | None:
    """Each model with the calculator against the same model's plain greedy answers.

    Returns:
        None where no model has both.
    """
    changes, rows = [], []
    sentences: list[str] = []
    caveats: list[str] = []
    for model, e in by_model(evaluations).items():
        if model not in headline.grades:
            continue
        right, plain = e.right, headline.right(model, e.right)
        changes.append(compare_ways(Ways(model, PLAIN, WITH), plain, right))
        mended = {p for p in plain if right[p][0] and not plain[p][0]}
        found = told(changes[-1], f"{WITH} against {PLAIN}, {model} model")
        sentences.insert(0, f"{found} {_what_it_did(headline, e, mended)}")
        for name, of, answers in (
            (PLAIN, plain, headline.answers(model, right)),
            (WITH, right, e.generations),
        ):
            figure = accuracy(f"accuracy {name}, {model}", of)
            cells = integer(uses(answers)), *spent(answers).cells()
            rows.append((f"{model}, {name}", figure, *cells))
        caveats += unsound(e)
    if not changes:
        return None
    title = "The same problems with and without the calculator"
    return FurtherResult(
        title="With a calculator",
        kind="calculator",
        sentences=tuple(sentences),
        tables=(FurtherTable(title, COLUMNS, tuple(rows)),),
        changes=tuple(changes),
        caveats=(
            "Accuracy with a calculator cannot be compared with plain accuracy: part of the "
            "work is done for the model.",
            *caveats,
        ),
    )


def uses(generations: Sequence[Generation]) -> int:
    """How many answers hold an annotation that the calculator fills (`<<3*4=12>>`)."""
    return sum(_ANNOTATION.search(g.text) is not None for g in generations)


def _what_it_did(headline: Headline, evaluation: FurtherEvaluation, mended: Collection[str]) -> str:
    used, n = uses(evaluation.generations), len(evaluation.generations)
    if not used:
        return (
            f"None of {counted(n, 'answer')} holds an annotation such as <<3*4=12>>: the model "
            "does not write them, so the calculator had nothing to compute."
        )
    problems, false = {p.id: p for p in evaluation.problems}, 0
    for answer in headline.answers(evaluation.model, mended):
        problem = problems[answer.problem_id]
        found = diagnose(
            problem.question, answer.text, gold_solution=problem.solution,
            gold_answer=problem.answer, finish_reason=answer.finish_reason,
        )  # fmt: skip
        false += any(equation.holds is False for equation in found.equations)
    return (
        f"{integer(used)} of {counted(n, 'answer')} hold annotations, which it fills. Of "
        f"{counted(len(mended), 'problem')} that it mended, {integer(false)} had a false equation "
        "in the plain answer."
    )
