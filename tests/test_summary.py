"""The summary repeats the run's figures and says what they mean; the checks say what was sought."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netgain.analysis.checks import checks
from netgain.analysis.findings import assemble
from netgain.analysis.inputs import RunRecords
from netgain.analysis.samples import fewest_of_each, shown_samples, stratified
from netgain.records import Check, Diagnosis, Findings, Prompt, SummaryPoint
from test_advice import FALLING, N, evidence

SPLIT: dict[str, Any] = {
    "source": "owner/data", "revision": "abc", "bad_rows": [], "overlaps": [], "no_solution": [],
    "digests": {"train": "1", "validation": "2", "test": "3"},
    "ids": {"train": ["a", "b"], "validation": ["c"], "test": [str(i) for i in range(N)]},
}  # fmt: skip
TRAINING: dict[str, Any] = {
    "precision": "bf16", "device": "cpu", "tokens_at_once": 1024, "processes": 1,
    "trainable_parameters": 10, "parameters": 1000, "template": "own", "too_long": [],
    "energy_wh": None, "resumed": False, "hardware": {"cpu": "some"}, "versions": {"python": "3"},
    "model": {"description": "owner/model", "revision": "def", "digest": "4"},
}  # fmt: skip


def records(split: dict[str, Any] | None = None, **changes: Any) -> RunRecords:
    found = evidence(**changes).records
    summaries = {
        m: replace(s, settings={**s.settings, "engine": "fake", "precision": "fp32",
                                "device": "cpu", "batch_size": 8})
        for m, s in found.summaries.items()
    }  # fmt: skip
    return replace(
        found, split={**SPLIT, **(split or {})}, training=TRAINING, summaries=summaries,
        facts={"command": "netgain run r.yaml", "hardware": {}, "versions": {}},
    )  # fmt: skip


def line(findings: Findings, section: str) -> SummaryPoint:
    found = [p for p in findings.summary if p.section == section]
    assert found, f"no line on {section}: {[p.section for p in findings.summary]}"
    return found[0]


def check(findings: Findings, name: str) -> Check:
    found = [c for c in findings.checks if name in c.name]
    assert found, f"{name!r} is not among {[c.name for c in findings.checks]}"
    return found[0]


# -- summary -------------------------------------------------------------------------------


def test_every_figure_of_the_summary_stands_elsewhere_in_the_findings() -> None:
    found = assemble(records(losses=FALLING, cut=30))
    known = {
        *found.key_metrics, *found.accuracy_metrics, *found.training_metrics, *found.cost_metrics,
        *(found.format_skill.metrics if found.format_skill else ()),
        *(m for e in found.errors_found.values() for m in e.kinds),
        *(m for d in found.difficulty.values() for g in d.groups for m in (g.accuracy,
                                                                           g.difference)),
        *(m for a in found.advice for m in a.cost),
    }  # fmt: skip
    assert len(found.summary) > 4
    assert all(m in known for p in found.summary for m in p.figures)


def test_a_change_within_noise_is_neither_gain_nor_loss() -> None:
    told = line(assemble(records()), "comparison")
    assert "Do not report this as a gain or as a loss." in told.recommendation
    assert "chance alone can do that" in told.interpretation


@pytest.mark.parametrize(
    ("tuned", "words"), [(range(40, 120), "a gain that"), (range(40, 42), "a loss that")]
)
def test_a_change_beyond_chance_is_named_by_its_direction(tuned: range, words: str) -> None:
    told = line(assemble(records(tuned=tuned)), "comparison")
    assert words in told.interpretation
    assert "Quote the difference with its interval" in told.recommendation


def test_token_accuracy_comes_with_the_share_solved_and_a_warning() -> None:
    log = records().state
    assert log is not None
    agreed = [
        replace(p, eval_token_accuracy=0.9) if p.eval_loss is not None else p for p in log.points
    ]
    found = assemble(replace(records(), state=replace(log, points=tuple(agreed))))
    told = next(p for p in found.summary if p.title == "Token accuracy")
    assert "the tuned model solves 22.5%" in told.interpretation
    assert told.recommendation == "Never quote it as accuracy on the task."


def test_cut_off_answers_are_told_from_one_percent_on() -> None:
    assert [p.title for p in assemble(records(cut=30)).summary].count("Cut-off answers") == 1
    assert "Cut-off answers" not in [p.title for p in assemble(records(cut=1)).summary]


def test_the_summary_ends_with_the_first_proposal() -> None:
    found = assemble(records(cut=30))
    assert found.summary[-1].recommendation == f"{found.advice[0].do}."
    assert found.summary[-1].interpretation == found.advice[0].evidence


# -- checks --------------------------------------------------------------------------------


def test_equal_conditions_pass_and_a_different_prompt_asks_for_attention() -> None:
    one = records()
    assert check(assemble(one), "same conditions").outcome == "passed"
    tuned = one.summaries["tuned"]
    other = replace(tuned, settings={**tuned.settings, "prompt": {"style": "answer_only"}})
    told = check(
        assemble(replace(one, summaries={**one.summaries, "tuned": other})), "same conditions"
    )
    assert (told.outcome, "prompt" in told.words) == ("attention", True)


def test_answers_to_other_problems_ask_for_attention() -> None:
    one = records()
    other = replace(one.summaries["tuned"], problems_digest="another")
    found = assemble(replace(one, summaries={**one.summaries, "tuned": other}))
    assert check(found, "same conditions").words == "Base and tuned answered different problems."


def test_overlap_of_training_and_test_is_told_either_way() -> None:
    assert check(assemble(records()), "among the training").outcome == "passed"
    allowed = records(split={"overlaps": [{"test": "1", "train": "a"}]})
    assert check(assemble(allowed), "among the training").outcome == "attention"


def test_memorisation_that_was_not_measured_is_not_called_absent() -> None:
    assert check(assemble(records()), "Memorised").outcome == "not checked"


def test_cut_off_answers_and_rows_left_out_ask_for_attention() -> None:
    found = assemble(records(split={"bad_rows": [{"line": 3}]}, cut=30))
    assert check(found, "token limit").outcome == "attention"
    assert check(found, "left out").words == "Left out: 1 row that could not be read."


def test_right_results_of_false_working_are_counted_and_told_at_the_verdict() -> None:
    one = records()
    slip = Diagnosis(("13 * 4 = 50",), 0, "arithmetic", None, 0.9, "13 * 4 is 52", ())
    found = assemble(replace(one, false_working={"tuned": {"82": slip, "41": slip}}))
    told = check(found, "false equation")
    assert (told.outcome, told.words.startswith("0 of 40 of the base model, 2 of 45")) == (
        "attention", True,
    )  # fmt: skip
    assert "Of 5 problems that tuning fixed, 1 was answered by way of a false equation" in " ".join(
        found.caveats
    )
    none = check(assemble(one), "false equation")
    assert (none.outcome, "right working" in none.words) == ("passed", False)


def test_a_log_too_short_to_show_spikes_is_not_passed() -> None:
    one = records()
    assert one.state is not None
    short = replace(one.state, points=one.state.points[:5])
    assert check(assemble(replace(one, state=short)), "Training log").outcome == "not checked"


# -- published figures ---------------------------------------------------------------------


def test_a_published_score_stands_beside_the_same_model_on_the_same_benchmark_alone() -> None:
    def told(model: str, source: str) -> list[str]:
        one = records(split={"source": source})
        recipe = {**one.recipe, "model": {**one.recipe["model"], "id": model}}
        return [r.title for r in assemble(replace(one, recipe=recipe)).further]

    assert told("Qwen/Qwen2-0.5B-Instruct", "openai/gsm8k") == ["Beside published figures"]
    assert told("Qwen/Qwen2-0.5B-Instruct", "owner/data") == []
    assert told("owner/model", "openai/gsm8k") == []


def test_a_title_names_local_data_by_its_folder_alone(tmp_path: Any) -> None:
    (tmp_path / "mine").mkdir()
    found = assemble(records(split={"source": str(tmp_path / "mine")}))
    assert found.title == "owner/model on mine (local files)"


def test_settings_that_the_prompt_style_does_not_heed_are_not_shown() -> None:
    assert "prompt.instruction" in assemble(records()).settings
    other = records(settings={"prompt": {"style": "answer_only"}})
    assert "prompt.instruction" not in assemble(other).settings


# -- samples -------------------------------------------------------------------------------


def test_all_problems_are_samples_where_they_are_few() -> None:
    found = shown_samples(records())
    assert (found.total, len(found.rows), found.chosen) == (N, N, "all problems")
    assert sum(s.n for s in found.strata) == N


def test_a_sample_of_many_keeps_every_sort_and_says_so() -> None:
    found = shown_samples(records(tuned=range(40, 82)), most=60)
    assert len(found.rows) < N == found.total
    assert f"of {N} problems" in found.chosen
    assert {row.outcome for row in found.rows} == {"fixed", "both right", "both wrong"}
    assert all(s.shown == s.n for s in found.strata if s.n <= 20)


def test_which_samples_are_shown_does_not_depend_on_their_order() -> None:
    ids = [str(i) for i in range(500)]
    assert stratified({"a": ids}, 50) == stratified({"a": ids[::-1]}, 50)
    assert len(stratified({"a": ids, "b": ["x"]}, 50)) == 50


@given(st.lists(st.integers(0, 60), max_size=30), st.integers(0, 400), st.integers(0, 25))
def test_a_sample_has_the_size_asked_for_and_its_least_of_every_stratum(
    sizes: list[int], most: int, fewest: int
) -> None:
    strata = {f"s{i}": [f"{i}-{j}" for j in range(n)] for i, n in enumerate(sizes)}
    kept = stratified(strata, most, fewest)
    assert len(kept) == min(most, sum(sizes))
    least = fewest_of_each(strata, most, fewest)
    left = max(0, most - sum(min(n, least) for n in sizes))
    beyond = max(1, sum(max(0, n - least) for n in sizes))
    for ids in strata.values():
        floor = min(len(ids), least)
        share = min(1, left / beyond) * (len(ids) - floor)
        assert floor <= len(kept & set(ids)) and abs(len(kept & set(ids)) - floor - share) < 1


def test_of_more_strata_than_places_the_largest_are_shown_and_no_floor_is_claimed() -> None:
    strata = {
        name: [f"{name}{i}" for i in range(n)] for name, n in zip("abc", (50, 3, 40), strict=True)
    }
    assert fewest_of_each(strata, 2) == 0
    assert {i[0] for i in stratified(strata, 2)} == {"a", "c"}
    found = shown_samples(records(tuned=range(40, 82)), most=2)
    assert len(found.rows) == 2 < len(found.strata)
    assert "at least" not in found.chosen


def test_long_texts_make_a_smaller_sample_and_an_endless_one_is_left_out() -> None:
    few = shown_samples(records(tuned=range(40, 82)))
    size = sum(
        len(row.question) + sum(len(a.text) for a in (row.base, row.tuned) if a) for row in few.rows
    )
    found = shown_samples(records(tuned=range(40, 82)), most_text=size // 2)
    assert 0.3 * len(few.rows) < len(found.rows) < 0.6 * len(few.rows)
    assert found.chosen.startswith(f"a sample of {len(found.rows)} of {N} problems, stratified")
    assert {row.outcome for row in found.rows} == {row.outcome for row in few.rows}
    made = records(tuned=range(40, 82))
    long = replace(made.generations["base"][0], text="A" * size)
    generations = {**made.generations, "base": (long, *made.generations["base"][1:])}
    found = shown_samples(replace(made, generations=generations), most_text=10 * size)
    assert len(found.rows) == N - 1 and "; 1 with endless texts are left out" in found.chosen


def test_a_prompt_is_kept_once_with_a_mark_for_the_question() -> None:
    asked = {str(i): Prompt((("system", "Be brief."), ("user", "q Think."))) for i in range(N)}
    found = shown_samples(replace(records(), prompts=asked))
    assert found.prompts == ((("system", "Be brief."), ("user", "〚question〛 Think.")),)
    assert {row.prompt for row in found.rows} == {0}


def test_so_few_problems_that_no_difference_shows_are_said_to_be_so_few() -> None:
    one = records()
    few = [str(i) for i in range(3)]
    found = assemble(
        replace(
            one,
            problems=one.problems[:3],
            grades={m: g[:3] for m, g in one.grades.items()},
            generations={m: g[:3] for m, g in one.generations.items()},
            summaries={m: replace(s, n=3) for m, s in one.summaries.items()},
        )
    )
    assert [row.problem_id for row in (found.samples.rows if found.samples else ())] == few
    told = line(found, "comparison").interpretation
    assert "0 points or more" not in told
    assert "So few problems show no difference, however large." in told


def test_conditions_that_are_not_on_record_are_not_called_the_same() -> None:
    one = records()
    bare = {m: replace(s, settings={"max_new_tokens": 100}) for m, s in one.summaries.items()}
    told = check(assemble(one), "same conditions").words
    assert "engine, precision, max new tokens" in told
    found = checks(replace(one, summaries={m: replace(s, settings={}) for m, s in bare.items()}),
                   assemble(one))  # fmt: skip
    assert next(c for c in found if "same conditions" in c.name).outcome == "not checked"
