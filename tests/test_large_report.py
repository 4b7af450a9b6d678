"""Of very many problems all are counted, and a random sample is looked into; the report says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from large_run import problem, write_run
from netgain.grading import grade_all
from netgain.pipeline import judged
from netgain.pipeline import run_findings as judging
from netgain.pipeline.judged import headline_answers
from netgain.pipeline.run_findings import findings_of
from netgain.records import Findings
from netgain.reporting import json_report
from netgain.store import RunDirectory
from netgain.store.problem_index import index_problems

N = 400
DRAWN = 100
SAID = f"looked into: {DRAWN} of {N} problems, drawn at random"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    return write_run(tmp_path_factory.mktemp("large") / "run", N, 64)


@pytest.fixture(scope="module")
def whole(run: RunDirectory) -> Findings:
    return findings_of(run)


@pytest.fixture(scope="module")
def sampled(run: RunDirectory, whole: Findings) -> Findings:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judged, "MOST_LOOKED_INTO", DRAWN)
        patch.setattr(judging, "MOST_LOOKED_INTO", DRAWN)
        return findings_of(run)


def heeded(findings: Findings) -> set[str]:
    return {c.text for c in findings.concerns if c.severity == "warning"}


def test_figures_of_all_answers_do_not_depend_on_the_sample(
    whole: Findings, sampled: Findings
) -> None:
    for name in (
        "verdict", "comparison", "key_metrics", "accuracy_metrics", "category_metrics",
        "format_skill", "cost_metrics", "forecast", "advice",
    ):  # fmt: skip
        assert getattr(sampled, name) == getattr(whole, name), name
    assert heeded(whole) < heeded(sampled)


def test_what_rests_on_the_sample_says_so(whole: Findings, sampled: Findings) -> None:
    assert sum(SAID in text for text in heeded(sampled)) == 1
    assert sampled.samples is not None and SAID in sampled.samples.chosen
    assert (sampled.samples.total, len(sampled.samples.rows)) == (N, DRAWN)
    assert sampled.changes is not None and sampled.changes.notes[0] == SAID
    for model in ("base", "tuned"):
        assert sampled.difficulty[model].notes[0] == SAID
        assert sampled.difficulty[model].n == DRAWN
        assert all(m.note.endswith(SAID) for m in sampled.errors_found[model].kinds)
        assert all(m.note.endswith(SAID) for m in sampled.unusual[model].counts)
    assert SAID not in repr(whole)


def test_the_sample_has_the_same_answers_and_diagnoses_as_all(
    whole: Findings, sampled: Findings
) -> None:
    assert whole.samples is not None and sampled.samples is not None
    all_rows = {row.problem_id: row for row in whole.samples.rows}
    for row in sampled.samples.rows:
        of_all = all_rows[row.problem_id]
        assert (row.base, row.tuned, row.groups) == (of_all.base, of_all.tuned, of_all.groups)


def test_the_same_problems_are_drawn_in_any_order_and_fewer_are_among_more() -> None:
    problems = [problem(i) for i in range(300)]
    drawn = {p.id for p in index_problems(problems, 50).whole()}
    assert len(drawn) == 50
    assert {p.id for p in index_problems(problems[::-1], 50).whole()} == drawn
    assert drawn < {p.id for p in index_problems(problems, 80).whole()}
    assert [p.id for p in index_problems(problems, 300).whole()] == [p.id for p in problems]


def test_the_draw_favours_no_place_in_the_file() -> None:
    drawn = index_problems((problem(i) for i in range(2000)), 500).drawn
    early = sum(place < 1000 for place in drawn)
    assert 190 < early < 310  # 250 expected; five standard deviations


def test_a_sampled_report_is_valid_json_with_the_sample_in_it(
    sampled: Findings, tmp_path: Path
) -> None:
    report = json.loads(json_report.render(sampled))
    assert report["samples"]["total"] == N
    assert len(report["samples"]["rows"]) == DRAWN


def test_extras_are_compared_with_the_answers_to_just_their_problems(run: RunDirectory) -> None:
    index = run.problem_index("test", 5)
    problems = {p.id: p for p in run.problems("test")[:30]}
    generations, grades = headline_answers(run.evaluation("base"), index, problems.keys())
    assert {g.problem_id for g in generations} == problems.keys()
    assert grades == grade_all(list(problems.values()), generations)
