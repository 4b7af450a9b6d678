"""The problems that a report quotes: one fixed, the most frequent error, one broken."""

from __future__ import annotations

from dataclasses import replace

from made_run import made_findings
from netgain import wording
from netgain.records import Findings, Sample
from netgain.reporting import drawing, html, markdown
from netgain.reporting.blocks import Quote
from netgain.reporting.charts import drawable
from netgain.reporting.document import document


def quotes(of: Findings) -> list[Quote]:
    [part] = [part for part in document(of).parts if part.name == "errors"]
    return [block for block in part.blocks if isinstance(block, Quote)]


def row_of(of: Findings, quote: Quote) -> Sample:
    assert of.samples is not None
    return next(row for row in of.samples.rows if row.problem_id == quote.problem_id)


def test_a_fixed_problem_the_most_frequent_error_and_a_broken_problem_are_quoted() -> None:
    of = made_findings(80)
    fixed, frequent, broken = quotes(of)
    assert (fixed.title, broken.title) == ("Fixed by tuning", "Broken by tuning")
    assert row_of(of, fixed).outcome == "fixed" and row_of(of, broken).outcome == "broken"
    assert [each.model for each in fixed.excerpts] == ["Base", "Tuned"]
    assert [each.marked for each in fixed.excerpts] == [True, False]
    assert [each.model for each in broken.excerpts] == ["Tuned"]
    counted = {m.name: m.estimate.value or 0.0 for m in of.errors_found["tuned"].kinds}
    kind = max(counted, key=lambda name: counted[name])
    assert frequent.title == f"The most frequent error: {kind}"
    wrong = row_of(of, frequent).tuned
    assert wrong is not None and wrong.diagnosis is not None
    assert wrong.diagnosis.error_kind.replace("_", " ") == kind


def test_of_each_kind_the_wrong_step_is_quoted_that_is_surest() -> None:
    of = made_findings(80)
    assert of.samples is not None
    surest = max(
        row.tuned.diagnosis.confidence
        for row in of.samples.rows
        if row.outcome == "broken" and row.tuned and row.tuned.diagnosis
        and row.tuned.diagnosis.first_error >= 0
    )  # fmt: skip
    wrong = row_of(of, quotes(of)[-1]).tuned
    assert wrong is not None and wrong.diagnosis is not None
    assert wrong.diagnosis.confidence == surest
    assert f"(confidence {round(100 * surest)}%)" in quotes(of)[-1].said


def test_a_wrong_answer_without_a_located_step_is_quoted_without_a_mark() -> None:
    of = made_findings(80)
    assert of.samples is not None
    [fixed, *_] = quotes(of)
    row = row_of(of, fixed)
    assert row.base is not None and row.base.diagnosis is not None
    blank = replace(row.base, text="\n\n", extracted=None,
                    diagnosis=replace(row.base.diagnosis, first_error=-1, steps=()))  # fmt: skip
    alone = replace(of.samples, rows=(replace(row, base=blank),))
    [only] = quotes(replace(of, samples=alone))
    assert [each.marked for each in only.excerpts] == [False, False]
    assert only.excerpts[0].lines == ("Nothing but line breaks (2 characters).",)
    assert "The base model answered nothing readable" in only.said
    for text in (
        html.render(replace(of, samples=alone)),
        markdown.render(replace(of, samples=alone)),
    ):
        assert b"Nothing but line breaks" in text


def test_without_tuned_answers_the_base_models_most_frequent_error_is_quoted() -> None:
    of = made_findings(80)
    assert of.samples is not None
    rows = tuple(replace(row, tuned=None) for row in of.samples.rows)
    alone = replace(
        of, comparison=None, samples=replace(of.samples, rows=rows),
        errors_found={"base": of.errors_found["base"]},
        difficulty={"base": of.difficulty["base"]},
    )  # fmt: skip
    [only] = quotes(alone)
    assert only.title.startswith("The most frequent error: ")
    assert [each.model for each in only.excerpts] == ["Base"]


def test_the_dots_of_the_errors_chart_are_labelled_where_they_stand() -> None:
    of = made_findings(80)
    [chart] = [chart for chart in drawable(of) if chart.name == "errors"]
    drawn = drawing.svg(chart)
    for model in ("base", "tuned"):
        for metric in of.errors_found[model].kinds:
            said = wording.value_words(metric.estimate, metric.unit)
            assert f">{model} {said}<" in drawn
    assert not chart.moves, "a hand gains nothing by it"
