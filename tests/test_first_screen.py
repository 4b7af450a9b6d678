"""The picture of the first screen: who solves how much, and what token accuracy hides."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from made_run import made_findings, made_records
from netgain.analysis.assembling import assemble
from netgain.analysis.inputs import Answered, RunRecords
from netgain.records import Findings
from netgain.reporting import drawing
from netgain.reporting.blocks import Strip
from netgain.reporting.charts import drawable
from netgain.reporting.document import document
from netgain.reporting.drawing import Chart

QWEN = "Qwen/Qwen2-0.5B-Instruct"


def records(n: int = 40) -> RunRecords:
    """A run of three trainings on GSM8K, whose log has accuracy on the task, of a known model."""
    made = made_records(n)
    assert made.state is not None
    train = made.recipe["train"]
    recipe = {
        **made.recipe,
        "model": {**made.recipe["model"], "id": QWEN},
        "phases": [{**train, "method": "sft"}, {**train, "method": "rft"}],
    }
    points = tuple(
        replace(p, task_n=20, task_correct=5, task_strict=4, eval_token_accuracy=0.9)
        if p.eval_loss is not None
        else p
        for p in made.state.points
    )
    return replace(
        made, recipe=recipe, split={**made.split, "source": "openai/gsm8k"},
        phases={"1-sft": right(n, 12), "2-rft": right(n, 20)},
        state=replace(made.state, points=points),
    )  # fmt: skip


def right(n: int, many: int) -> Answered:
    flags = np.arange(n) < many
    return Answered(flags, flags, flags, np.ones(n, dtype=bool), np.zeros(n, dtype=bool))


def charts(of: RunRecords) -> dict[str, Chart]:
    return {chart.name: chart for chart in drawable(assemble(of))}


def test_every_model_and_the_published_figure_stand_beside_each_other() -> None:
    chart = charts(records())["accuracy"]
    names = [name for name, _ in chart.rows]
    assert names == ["Base", "1-sft", "2-rft", "Tuned", "Published"]
    assert "50.0%" in chart.rows[2][1] and "published" in chart.rows[4][1]
    assert "another prompt and grader" in chart.caption
    values = chart.spec["data"]["values"]
    assert [v["colour"] for v in values] == ["base", "tuned", "tuned", "tuned", "published"]
    assert (
        all(v["high"] > v["low"] for v in values[:-1]) and values[-1]["high"] == values[-1]["low"]
    )
    drawn = drawing.svg(chart)
    assert all(f">{name}<" in drawn for name in names), "readable without a legend"


def test_tokens_guessed_and_problems_solved_are_drawn_from_none_on_and_named() -> None:
    drawn = charts(records())
    chart = drawn["progress"]
    assert chart.rows[-1][1:] == ("90.0%", "25.0%")
    assert "teacher-forced" in chart.caption
    svg = drawing.svg(chart)
    assert ">tokens guessed<" in svg and ">problems solved<" in svg and ">0%<" in svg
    assert "token-agreement" not in drawn, "every fact once"


def test_without_accuracy_on_the_task_the_picture_is_the_bars_alone() -> None:
    drawn = charts(made_records(40))
    assert "progress" not in drawn and next(iter(drawn)) == "accuracy"


def test_the_picture_stands_on_the_first_screen_and_no_chart_stands_twice() -> None:
    made = document(assemble(records()))
    shown = [
        chart.name for section in made.sections for block in section.blocks
        for chart in getattr(block, "charts", ())
    ]  # fmt: skip
    assert shown[:2] == ["accuracy", "progress"]
    assert len(shown) == len({*shown}) == len(drawable(assemble(records())))


def test_the_comparison_has_a_row_for_each_and_corrects_for_their_number() -> None:
    found = assemble(records())
    [part] = [s for s in document(found).parts if s.name == "comparison"]
    grid = part.blocks[0]
    names = [getattr(row[0], "words", "") for row in getattr(grid, "rows", ())]
    assert names == ["Base", "1-sft", "2-rft", "Tuned", "Published"]
    assert [m.about for m in found.models][1:3] == [
        "after the SFT training",
        "after the RFT training",
    ]
    assert found.models[-1].to_base == found.comparison


def strip_of(found: Findings) -> dict[str, tuple[str, str]]:
    [strip] = [b for b in document(found).first.blocks if isinstance(b, Strip)]
    return {name: (value, aside) for name, value, aside in strip.figures}


def test_what_a_strict_grader_sees_is_told_with_its_parts_which_add_up() -> None:
    found = made_findings(80)
    change, aside = strip_of(found)["By a strict grader"]
    points = [float(x.replace("−", "-")) for x in re.findall(r"[+−][\d.]+", change)]
    parts = [float(x.replace("−", "-")) for x in re.findall(r"[+−][\d.]+", aside)]
    assert len(parts) >= 2 and abs(sum(parts) - points[0]) <= 0.1
    assert found.format_skill is not None
    assert found.format_skill.strict == round(points[0] * 80 / 100)


def test_how_long_answers_are_is_told_where_it_is_known() -> None:
    found = made_findings(40)
    assert re.fullmatch(r"\d+ → \d+", strip_of(found)["Tokens an answer"][0])
    unknown = tuple(
        replace(m, estimate=replace(m.estimate, value=0.0)) if m.name.startswith("length") else m
        for m in found.accuracy_metrics
    )
    assert "Tokens an answer" not in strip_of(replace(found, accuracy_metrics=unknown))
