"""What was measured beside the headline, in the reports and in the advice that follows from it."""

from __future__ import annotations

import html
import json
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt

from conftest import ROOT
from netgain.analysis.advice import Evidence, advise
from netgain.analysis.further.asked_again import Headline
from netgain.pipeline.extras import further_results
from netgain.recipe import load_recipe, parse_recipe
from netgain.records import Advice, Findings, FurtherResult, FurtherTable, Generation, Problem
from netgain.reporting import html as html_report
from netgain.reporting import json_report, markdown, write_reports
from netgain.reporting.charts import drawable
from test_advice import N, evidence, find
from test_further import ORIGINALS, evaluation, headline, sampled, turns, variants
from test_reporting import HOSTILE, TEACHER_FORCED, findings

VOTES = evaluation("samples", "tuned", sampled(["23111111"] * 30, tokens=12))
GREEDY = headline(tuned=sampled(["2"] * 30), base=sampled(["2"] * 30))


def everything() -> tuple[FurtherResult, ...]:
    return further_results(
        headline(base=sampled(["1"] * 20 + ["2"] * 20), tuned=sampled(["1"] * 40)),
        [
            evaluation("samples", "base", sampled(["1211"] * 20 + ["2221"] * 20)),
            evaluation("samples", "tuned", sampled(["1211"] * 40)),
            evaluation("revisions", "tuned", turns("1" * 40, "2" * 40)),
            evaluation("calculator", "tuned", sampled(["1"] * 40)),
            evaluation("prompt", "base", sampled(["1"] * 40), "2: few_shot_chat",
                       settings={"prompt": {"style": "few_shot_chat"}}),
            evaluation("task", "base", sampled(["1"] * 40), "elsewhere"),
            evaluation("task", "tuned", sampled(["1"] * 40), "elsewhere"),
            evaluation("perturbed", "tuned", variants("2" * 40), originals=ORIGINALS),
        ],
    )  # fmt: skip


def light(further: tuple[FurtherResult, ...] = ()) -> Findings:
    """Without the drawings that other tests look at."""
    return findings(further=further, curves=(), category_metrics=(), forecast=None)


def both_formats(further: tuple[FurtherResult, ...]) -> tuple[str, str]:
    of = light(further)
    return html.unescape(html_report.render(of).decode()), markdown.render(of).decode()


# --- reports


def test_every_measurement_has_its_section_with_sentences_and_figures_in_both_formats() -> None:
    found = everything()
    assert {r.kind for r in found} == {
        "samples", "revisions", "calculator", "prompt", "task", "perturbed",
    }  # fmt: skip
    for text in both_formats(found):
        for result in found:
            assert result.title in text
            assert result.sentences[0].partition(":")[0] in text.replace("\\", "")
        assert "Revising hurts here." in text


def test_report_json_holds_curves_tables_and_comparisons() -> None:
    plain = json.loads(json_report.render(light(everything())))
    kinds = {r["kind"]: r for r in plain["further"]}
    curve = next(c for c in kinds["samples"]["curves"] if c["measure"] == "pass@k")
    assert [p["k"] for p in curve["points"]] == [1, 2, 4]
    assert {"tokens", "seconds", "figure"} <= curve["points"][0].keys()
    change = kinds["revisions"]["changes"][0]
    assert (change["won"], change["lost"], change["verdict"]) == (0, 40, "worse")
    assert kinds["task"]["tables"][0]["rows"][0][2]["estimate"]["value"] == 1.0


def test_samples_are_drawn_against_tokens_and_the_drawing_is_in_both_formats(
    tmp_path: Path,
) -> None:
    of = light(everything())
    chart = next(c for c in drawable(of) if c.name == "samples")
    assert "base maj@4" in chart.alt and "tuned greedy" in chart.alt
    assert len(chart.rows) == 2 * (3 + 3 + 1)
    write_reports(of, tmp_path)
    assert "chart-samples.svg" in (tmp_path / "report.md").read_text(encoding="utf-8")
    assert (tmp_path / "chart-samples.svg").exists()
    assert chart.title in (tmp_path / "report.html").read_text(encoding="utf-8")
    write_reports(light(), tmp_path)
    assert not (tmp_path / "chart-samples.svg").exists()


def test_without_further_measurements_nothing_is_drawn_or_said() -> None:
    assert "samples" not in {c.name for c in drawable(light())}
    for text in both_formats(()):
        assert "Several samples" not in text


def test_hostile_names_of_tasks_are_inert() -> None:
    rows = sampled(["1"] * 12)
    found = further_results(
        Headline({}, {}),
        [evaluation("task", m, rows, name) for name in HOSTILE for m in ("base", "tuned")],
    )
    page = html_report.render(light(found)).decode()
    assert "<script>alert" not in page and "<iframe" not in page and "<img src=x" not in page
    rendered = (
        MarkdownIt("commonmark").enable("table").render(markdown.render(light(found)).decode())
    )
    assert "<script>" not in rendered and "<iframe" not in rendered
    assert "<img" not in rendered.replace('<img src="chart-', "")
    assert 'href="javascript' not in rendered


def test_a_teacher_forced_figure_is_refused_in_a_further_table() -> None:
    table = FurtherTable("Accuracy", ("What", "Value"), (("base", TEACHER_FORCED),))
    result = FurtherResult("T", "task", ("Nothing.",), (table,))
    with pytest.raises(ValueError, match="teacher-forced"):
        html_report.render(light((result,)))


# --- advice


def with_further(
    found: Iterable[FurtherResult], e: Evidence | None = None, **extras: Any
) -> Evidence:
    """The evidence of a run that measured these, asked for by its recipe's extras."""
    e = e or evidence()
    recipe = parse_recipe({**e.records.recipe, "extras": extras}).plain()
    return replace(e, records=replace(e.records, further=tuple(found), recipe=recipe))


def advised(e: Evidence, do: str) -> Advice:
    return find(advise(e), do)


def names(e: Evidence) -> set[str]:
    return {a.do for a in advise(e)}


def test_a_vote_that_beats_the_greedy_answer_is_advised_with_its_price_in_tokens() -> None:
    e = with_further(further_results(GREEDY, [VOTES]), samples={"n": 8, "limit": 30})
    found = advised(e, "Take the majority of several samples")
    assert "+100 points" in found.evidence
    assert "96 generated tokens a problem in place of 10" in found.evidence
    assert found.measured is not None and found.measured.estimate.value == 1.0
    assert "--set extras.samples.n=4 --set extras.samples.limit=null" in found.command


def test_a_vote_that_still_rises_asks_for_more_samples() -> None:
    votes = evaluation("samples", "tuned", sampled(["2311"] * 30))  # a tie at 2, right at 4
    e = with_further(further_results(GREEDY, [votes]), samples={"n": 4})
    found = advised(e, "Take the majority of several samples")
    assert "still rises at 4" in found.effect and "extras.samples.n=8" in found.command
    above = headline(tuned=sampled(["1"] * 30))
    e = with_further(further_results(above, [votes]), samples={"n": 4})
    assert names(e) >= {"Draw more samples"}


def test_a_vote_that_shows_nothing_asks_for_nothing() -> None:
    votes = evaluation("samples", "tuned", sampled(["1111"] * 15 + ["2222"] * 15))
    same = headline(tuned=sampled(["1"] * 15 + ["2"] * 15))
    assert names(with_further(further_results(same, [votes]), samples={"n": 4})) == set()


def test_own_solutions_are_advised_only_where_pass_at_k_is_well_above_pass_at_1() -> None:
    votes = evaluation("samples", "base", sampled(["1222"] * 30 + ["2222"] * 10))
    none = headline(tuned=sampled(["2"] * 40))
    e = with_further(further_results(none, [votes]), samples={"n": 4, "temperature": 0.9})
    found = advised(e, "Train on the base model's own right answers")
    assert "pass@4 − pass@1" in found.evidence.lower() and "is not measured here" in found.effect
    assert found.measured is None
    sets = [w for w in shlex.split(found.command) if w.startswith("train.")]
    assert sets == [
        "train.method=rft", "train.rollouts.samples=4", "train.rollouts.temperature=0.9",
    ]  # fmt: skip
    assert (
        parse_recipe(
            {"name": "r", "model": {"id": "embedded"}, "data": {"source": "builtin"}},
            overrides=sets,
        ).train.method
        == "rft"
    )
    steady = evaluation("samples", "base", sampled(["1111"] * 30 + ["2222"] * 10))
    assert "own right" not in " ".join(names(with_further(further_results(none, [steady]))))


def test_a_policy_gradient_is_advised_where_rejection_sampling_saw_mixed_problems() -> None:
    def after(method: str, mixed: int) -> Evidence:
        e = evidence()
        counts = {"train": {"problems": 200, "samples": 800, "mixed": mixed}}
        recipe = {**e.records.recipe, "train": {**e.records.recipe["train"], "method": method}}
        training = {**(e.records.training or {}), "own_answers": counts}
        return replace(e, records=replace(e.records, recipe=recipe, training=training))

    found = advised(after("rft", 60), "Go on with a policy gradient")
    assert "Of 200 training problems 60 have right and wrong samples" in found.evidence
    e = after("rft", 60)
    training = {**(e.records.training or {}), "examples": {"train": 0}}
    without = replace(e, records=replace(e.records, training=training))
    times = [advised(x, "Go on with a policy gradient").cost[0].estimate for x in (e, without)]
    there, last = (e.records.training or {})["examples"]["train"], e.records.state.points[-1]
    learned = 60 * 16 * 8 / 2 * last.seconds / (there * last.epoch)  # of the recipe's default
    assert times[0].value == pytest.approx(times[1].value + learned)
    assert "learning from about half of them" in times[0].method
    sets = [w for w in shlex.split(found.command) if w.startswith("train.")]
    rft = {"train": {"method": "rft", "rft": {"most": 3}}}
    plain = {"name": "r", "model": {"id": "embedded"}, "data": {"source": "builtin"}, **rft}
    assert parse_recipe(plain, overrides=sets).train.method == "grpo"
    for too_little in (after("rft", 20), after("distil", 60)):
        assert "policy gradient" not in " ".join(names(too_little))


def test_revising_is_advised_only_where_it_helped_and_no_turn_hurt() -> None:
    told = ["Check.", "Check again."]
    helped = evaluation("revisions", "tuned", turns("2" * 40, "1" * 40, "1" * 40))
    e = with_further(further_results(GREEDY, [helped]), revisions={"instructions": told})
    found = advised(e, "Let the model revise its answers")
    assert "corrected 40 answers and broke 0" in found.evidence
    assert json.dumps([*told, "Check again."]) in found.command
    hurt = evaluation("revisions", "tuned", turns("2" * 40, "1" * 40, "2" * 40))
    e = with_further(further_results(GREEDY, [hurt]), revisions={"instructions": told})
    assert names(e) == set()


def test_a_prompt_that_beats_the_recipes_own_is_advised_with_its_lines() -> None:
    own = evidence().records.recipe["prompt"]
    better = {**own, "instruction": 'Think: "slowly".'}
    sweep = evaluation(
        "prompt", "tuned", sampled(["1"] * 40), "better", settings={"prompt": better}
    )
    found = further_results(headline(own, tuned=sampled(["2"] * 40)), [sweep])
    asked = advised(with_further(found), "Ask with the other prompt")
    assert "'better'" in asked.evidence and "the best of several prompts" in asked.effect
    assert 'prompt.instruction="Think: \\"slowly\\"."' in shlex.split(asked.command)
    worse = replace(sweep, grades=[replace(g, correct=False) for g in sweep.grades])
    found = further_results(headline(own, tuned=sampled(["2"] * 40)), [worse])
    assert names(with_further(found)) == set()


def test_a_drop_that_tuning_widened_asks_for_more_varied_problems() -> None:
    own = headline(base=sampled(["1"] * 40), tuned=sampled(["1"] * 40))

    def measured(base: str, tuned: str) -> tuple[FurtherResult, ...]:
        return further_results(
            own,
            [
                evaluation("perturbed", "base", variants(base), originals=ORIGINALS),
                evaluation("perturbed", "tuned", variants(tuned), originals=ORIGINALS),
            ],
        )

    wider = with_further(measured("1" * 40, "2" * 40))
    assert "train.epochs=1" in advised(wider, "Train on more varied problems").command
    limited = with_further(
        measured("1" * 40, "2" * 40),
        evidence(settings={"data": {"source": "owner/data", "limit": 500}}),
    )
    assert "data.limit=1000" in advised(limited, "Train on more varied problems").command
    assert names(with_further(measured("2" * 40, "2" * 40))) == set()


def test_answers_that_change_both_ways_ask_for_samples_until_there_are_some() -> None:
    unsteady = evidence(base=range(80), tuned=range(40, 120))
    found = advised(unsteady, "Ask every problem several times")
    assert "Tuning fixed 40 of 200 problems and broke 40" in found.evidence
    assert "extras.samples.n=8" in found.command
    assert "Ask every problem several times" not in names(
        with_further((), unsteady, samples={"n": 8})
    )


def test_a_gain_with_a_wide_gap_of_the_loss_asks_for_other_numbers() -> None:
    gained = evidence(base=range(40, 80), tuned=range(40, 120), gap=0.3)
    assert "Ask the same problems with other numbers" not in names(gained), "no annotations"
    annotated = [Problem(str(i), "s", "q", Fraction(1), "<<1*1=1>>1", steps=3) for i in range(N)]
    gained = replace(gained, records=replace(gained.records, problems=annotated))
    found = advised(gained, "Ask the same problems with other numbers")
    assert "extras.perturbed.seed=42" in found.command
    close = replace(evidence(base=range(40, 80), tuned=range(40, 120), gap=0.0))
    close = replace(close, records=replace(close.records, problems=annotated))
    assert "Ask the same problems with other numbers" not in names(close)


def runs() -> Sequence[Evidence]:
    own = evidence().records.recipe["prompt"]
    other = {**own, "style": "few_shot_chat", "instruction": 'It\'s: "so"; $HOME.'}
    sweep = evaluation("prompt", "base", sampled(["1"] * 40), "few", settings={"prompt": other})
    none = headline(own, base=sampled(["2"] * 40), tuned=sampled(["2"] * 40))
    revised = evaluation("revisions", "tuned", turns("2" * 40, "1" * 40))
    return [
        with_further(further_results(GREEDY, [VOTES]), samples={"n": 8}),
        with_further(further_results(none, [sweep])),
        with_further(further_results(none, [revised]), revisions={"instructions": ["Check: it."]}),
        evidence(base=range(80), tuned=range(40, 120)),
    ]


@pytest.mark.parametrize("e", runs())
def test_every_run_command_is_one_that_the_recipe_accepts_and_changes_it(
    e: Evidence, tmp_path: Path
) -> None:
    kept = tmp_path / "recipe.yaml"
    kept.write_text(parse_recipe(e.records.recipe).to_yaml(), encoding="utf-8")
    commands = [shlex.split(a.command) for a in advise(e)]
    of_runs = [words for words in commands if words[1] == "run"]
    assert of_runs
    for words in of_runs:
        assert words[:3] == ["netgain", "run", "runs/r/recipe.yaml"]
        assert load_recipe(kept, words[4::2]).plain() != load_recipe(kept).plain()


def test_measured_proposals_cost_what_this_runs_speed_says() -> None:
    e = with_further(further_results(GREEDY, [VOTES]), samples={"n": 8})
    found = advised(e, "Take the majority of several samples")
    prices = {m.name: m.estimate.value for m in found.cost}
    assert prices["time"] == pytest.approx(4 * 200)  # four samples, 200 s for both models


def test_a_generation_without_tokens_does_not_break_the_drawing() -> None:
    """Failed answers have no tokens, and the chart's scale is logarithmic."""
    rows = [
        (Generation(f"p{i}", s, 0, "", "error", 5, 0, 0.0, None, "d", "gone"), g)
        for i, (_, g) in enumerate(sampled(["2"] * 4))
        for s in range(2)
    ]
    votes = evaluation("samples", "base", [(a, replace(g, sample=a.sample)) for a, g in rows])
    found = further_results(Headline({}, {}), [votes])
    assert "8 answers of the samples of the base model ended with an error" in found[0].caveats[1]
    assert b"<svg" in html_report.render(light(found))


def test_the_recipe_on_the_page_about_these_figures_is_a_recipe() -> None:
    page = (ROOT / "docs" / "test-time-compute.md").read_text(encoding="utf-8")
    extras = yaml.safe_load(page.split("```yaml\n")[1].split("```")[0])
    recipe = parse_recipe({**evidence().records.recipe, **extras})
    assert recipe.extras.samples is not None and recipe.extras.samples.n == 8
    assert [t.name for t in recipe.extras.tasks] == ["arc_easy"]
