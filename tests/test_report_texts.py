"""`report.texts: false`: a report that can be passed on where its problems may not be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from made_run import made_records
from netgain.analysis.assembling import assemble
from netgain.recipe import parse_recipe
from netgain.records import LEFT_OUT, Findings
from netgain.reporting import html, json_report, markdown
from netgain.reporting.model_card import card_files

FEWEST = 12  # characters of a text that cannot stand somewhere by chance


@pytest.fixture(scope="module")
def both() -> tuple[Findings, Findings]:
    """The findings of one run, with its texts and without."""
    records = made_records(60)
    recipe = {**records.recipe, "report": {"texts": False}}
    return assemble(records), assemble(replace(records, recipe=recipe))


def words_of(findings: Findings) -> set[str]:
    """Every line of a question, an answer, or of what was said about an answer."""
    assert findings.samples is not None
    found: set[str] = set()
    for row in findings.samples.rows:
        found.update(row.question.splitlines())
        for answer in (row.base, row.tuned):
            if answer is not None:
                found.update(answer.text.splitlines())
                found.update([answer.diagnosis.evidence] if answer.diagnosis else [])
    found.update(a.evidence for of in findings.unusual.values() for a in of.answers)
    return {line.strip() for line in found if len(line.strip()) >= FEWEST}


def test_no_question_and_no_answer_is_in_any_file(both: tuple[Findings, Findings]) -> None:
    shown, left_out = both
    foreign = words_of(shown)
    assert len(foreign) > 100
    for render in (json_report.render, markdown.render, html.render):
        text, whole = render(left_out).decode(), render(shown).decode()
        assert [line for line in foreign if line in text] == []
        assert any(line in whole for line in foreign)
    [card] = card_files(left_out).values()
    assert [line for line in foreign if line in card.decode()] == []


def test_ids_kinds_and_figures_stay(both: tuple[Findings, Findings]) -> None:
    shown, left_out = both
    assert shown.samples is not None and left_out.samples is not None
    assert not left_out.samples.texts and left_out.samples.prompts == shown.samples.prompts
    for before, after in zip(shown.samples.rows, left_out.samples.rows, strict=True):
        assert (after.problem_id, after.outcome, after.groups, after.steps) == (
            before.problem_id, before.outcome, before.groups, before.steps,
        )  # fmt: skip
        assert after.question == after.gold == LEFT_OUT
        for one, other in ((before.base, after.base), (before.tuned, after.tuned)):
            assert one is not None and other is not None
            assert (one.correct, one.completion_tokens) == (other.correct, other.completion_tokens)
            kinds = [a.diagnosis.error_kind if a.diagnosis else None for a in (one, other)]
            assert kinds[0] == kinds[1]
    same = replace(left_out, samples=shown.samples, unusual=shown.unusual)
    assert same == replace(shown, settings=left_out.settings)


def test_the_report_says_that_they_were_left_out(both: tuple[Findings, Findings]) -> None:
    _, left_out = both
    said = "The questions and answers are left out of this report"
    assert said in html.render(left_out).decode() and said in markdown.render(left_out).decode()


def test_the_setting_moves_no_run_to_another_folder() -> None:
    raw = {"name": "r", "model": {"id": "embedded"}, "data": {"source": "builtin"}}
    other = parse_recipe({**raw, "report": {"texts": False}})
    assert not other.report.texts and other.run_name() == parse_recipe(raw).run_name()
