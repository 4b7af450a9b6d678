"""What wrong answers are like, per model, and how the forms of answers changed between the two."""

from collections import Counter
from collections.abc import Mapping, Sequence

from netgain.analysis.estimates.mcnemar import ALPHA, mcnemar
from netgain.analysis.estimates.statistics import holm
from netgain.diagnosis.form import forms_of
from netgain.records import (
    AnswerForm,
    Diagnosis,
    ErrorsFound,
    Estimate,
    FormChange,
    Generation,
    Grade,
    Metric,
    Problem,
)

NOT_CERTAIN = "a program's labels, which are sometimes wrong"
FORMS: tuple[AnswerForm, ...] = (
    "false_equation", "no_answer", "truncated", "loops", "begins_with_mark", "copies_question",
)  # fmt: skip


def errors_found(diagnoses: Mapping[str, Diagnosis]) -> ErrorsFound:
    """Kinds as shares of the wrong answers.

    Args:
        diagnoses: problem id -> diagnosis, of the wrong answers.
    """
    n = len(diagnoses)
    kinds = Counter(d.error_kind for d in diagnoses.values())
    first = Counter(d.first_error for d in diagnoses.values() if d.first_error >= 0)
    return ErrorsFound(
        n=n,
        kinds=tuple(
            _share(kind.replace("_", " "), count, n)
            for kind, count in sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))
        ),
        in_first_step=_share("goes wrong in the first step", first[0], first.total()),
    )


def _share(name: str, count: int, n: int) -> Metric:
    estimate = Estimate(count / n if n else None, "counted", why_no_interval=NOT_CERTAIN, n=n)
    return Metric(name, "share", "measured", estimate)


def forms_by_problem(
    problems: Sequence[Problem],
    generations: Sequence[Generation],
    grades: Sequence[Grade],
    diagnoses: Mapping[str, Diagnosis],
) -> dict[AnswerForm, frozenset[str]]:
    """Form -> problems whose answer by one model has it. An answer can have several, right or not.

    Args:
        diagnoses: problem id -> diagnosis, of the answers that state a false equation at least.
    """
    questions = {p.id: p.question for p in problems}
    found: dict[AnswerForm, set[str]] = {form: set() for form in FORMS}
    for g in generations:
        for form in forms_of(g.text, g.finish_reason, questions[g.problem_id]):
            if form != "empty":  # it is among the answers that cannot be read
                found[form].add(g.problem_id)
    found["no_answer"] = {g.problem_id for g in grades if g.extracted is None}
    found["false_equation"] = {
        i for i, d in diagnoses.items() if any(e.holds is False for e in d.equations)
    }
    return {form: frozenset(ids) for form, ids in found.items()}


def form_changes(
    n: int,
    base: Mapping[AnswerForm, frozenset[str]],
    tuned: Mapping[AnswerForm, frozenset[str]],
) -> tuple[FormChange, ...]:
    """Compare, problem by problem, every form that any answer has.

    Exact unconditional McNemar tests, with Holm's correction for their number.

    Args:
        n: problems that both models answered.
    """
    present = [form for form in FORMS if base[form] or tuned[form]]
    only = [(len(base[form] - tuned[form]), len(tuned[form] - base[form])) for form in present]
    p_values = [mcnemar(before, after, n) for before, after in only]
    rows = zip(present, only, p_values, holm(p_values), strict=True)
    return tuple(
        FormChange(
            form=form,
            n=n,
            base=len(base[form]),
            tuned=len(tuned[form]),
            only_base=before,
            only_tuned=after,
            p_value=p,
            adjusted_p=adjusted,
            verdict="no change shown" if adjusted >= ALPHA
            else "more" if after > before else "fewer",
        )
        for form, (before, after), p, adjusted in rows
    )  # fmt: skip
