"""Errors, changes, hard problems, outstanding answers and advice, in both readable formats."""

from __future__ import annotations

import dataclasses
import html
import re
from fractions import Fraction

from netgain.analysis.problems.changes import changes
from netgain.analysis.problems.difficulty import difficulty
from netgain.analysis.problems.error_kinds import errors_found
from netgain.analysis.problems.unusual import unusual
from netgain.diagnosis import diagnose
from netgain.records import Advice, Findings, FormChange, Generation, Grade, Problem
from netgain.reporting import html as html_report
from netgain.reporting import markdown
from test_reporting import findings, metric, sample, samples

PROBLEMS = tuple(
    Problem(
        str(i), "ours", f"Ann buys {3 + i} boxes of {4 + i % 7} pens. How many pens has she?",
        Fraction((3 + i) * (4 + i % 7)), f"{3 + i}*{4 + i % 7}=<<{3 + i}*{4 + i % 7}="
        f"{(3 + i) * (4 + i % 7)}>>{(3 + i) * (4 + i % 7)}\n#### {(3 + i) * (4 + i % 7)}",
        category="boxes" if i % 2 else "<b>pens</b>", steps=1,
    )
    for i in range(60)
)  # fmt: skip


def answers(right: range) -> tuple[list[Generation], list[Grade]]:
    generations, grades = [], []
    for i, p in enumerate(PROBLEMS):
        assert p.answer is not None
        said = p.answer if i in right else p.answer + 1
        text = f"{3 + i} * {4 + i % 7} = {said}\n#### {said}"
        generations.append(Generation(p.id, 0, 0, text, "stop", 9, 9, 1.0, None, "d"))
        grades.append(Grade(p.id, 0, 0, str(said), "hashes", i in right, i in right, i in right))
    return generations, grades


def full(**other: object) -> Findings:
    both = {"base": answers(range(20)), "tuned": answers(range(10, 45))}
    wrong = {
        m: {
            g.problem_id: diagnose(p.question, a.text, gold_solution=p.solution)
            for p, a, g in zip(PROBLEMS, generations, grades, strict=True)
            if not g.correct
        }
        for m, (generations, grades) in both.items()
    }
    kinds = {m: {i: d.error_kind for i, d in found.items()} for m, found in wrong.items()}
    return findings(
        errors_found={m: errors_found(found) for m, found in wrong.items()},
        changes=changes(
            PROBLEMS, both["base"][1], both["tuned"][1], kinds["base"], kinds["tuned"]
        ),
        difficulty={m: difficulty(PROBLEMS, grades) for m, (_, grades) in both.items()},
        unusual={m: unusual(PROBLEMS, *pair) for m, pair in both.items()},
        advice=(
            Advice("longer_answers", "Let answers be longer", "40 were cut off", "at most those",
                   (metric("time", 60.0, "projected", "s"),), "netgain run r.yaml --set a=<b>"),
        ),
        **other,
    )  # fmt: skip


def both_formats(of: Findings) -> tuple[str, str]:
    return html.unescape(html_report.render(of).decode()), markdown.render(of).decode()


def test_each_section_is_in_both_formats() -> None:
    for text in both_formats(full()):
        for title in ("Kinds of errors", "What tuning changed", "What makes problems hard",
                      "Conclusion and what to do next"):  # fmt: skip
            assert title in text


def test_kinds_of_errors_say_what_is_claimed_and_what_is_not() -> None:
    for text in both_formats(full()):
        assert "40 wrong answers" in text and "25 wrong answers" in text
        assert "is sometimes wrong" in text and "they have no intervals" in text


def test_forms_of_answers_are_compared_in_counts_and_corrected() -> None:
    forms = (
        FormChange("false_equation", 60, 42, 17, 30, 5, 0.00002, 0.00004, "fewer"),
        FormChange("truncated", 60, 1, 2, 0, 1, 1.0, 1.0, "no change shown"),
    )
    for text in both_formats(full(forms=forms)):
        assert "fewer answers with a false equation (42 before, 17 after)" in text
        assert "p, Holm" in text
        assert "no change shown" in text and "did not come to an end" in text


def test_advice_comes_with_evidence_cost_and_command() -> None:
    for text in both_formats(full()):
        plain = re.sub(r"</?strong>|\*\*", "", text)
        assert "Evidence: 40 were cut off" in plain
        assert "Expected effect: at most those" in plain
        assert "1 min" in text
        assert "netgain run r.yaml --set a=<b>" in text


def test_without_evidence_the_report_says_that_nothing_is_worth_trying() -> None:
    for text in both_formats(findings()):
        assert "nothing is worth trying next" in text


def test_without_a_comparison_there_is_no_advice() -> None:
    for text in both_formats(findings(comparison=None)):
        assert "Expected effect" not in text and "nothing is worth trying" not in text


def test_a_hostile_category_is_inert_in_every_section() -> None:
    page = html_report.render(full()).decode()
    assert "<b>pens" not in page and "&lt;b&gt;pens" in page
    text = markdown.render(full()).decode()
    assert "<b>pens" not in text


def test_a_wrong_sample_shows_where_it_went_wrong() -> None:
    wrong = diagnose("Ann has 2 bags of 3 pens.", "2 * 3 = 7\n#### 7", gold_solution="#### 6")
    right = sample("p9")
    shown = dataclasses.replace(right, base=dataclasses.replace(right.base, diagnosis=wrong))
    for text in both_formats(findings(samples=samples(shown))):
        assert "First wrong step: 1 of 2" in text and "arithmetic" in text
