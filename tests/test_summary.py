"""What a report concludes, what it says was done, and its concerns, which are told once each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netgain.analysis.assembling import assemble
from netgain.analysis.chosen_samples import fewest_of_each, shown_samples, stratified
from netgain.analysis.concerns import concerns
from netgain.analysis.inputs import Answered, EarlierTraining, RunRecords, Start
from netgain.records import Concern, Diagnosis, Findings, Prompt, TrainingLog
from netgain.reporting import phrases
from test_advice import FALLING, N, evidence

SPLIT: dict[str, Any] = {
    "source": "owner/data", "revision": "abc", "bad_rows": [], "overlaps": [], "no_solution": [],
    "digests": {"train": "1", "validation": "2", "test": "3"},
    "ids": {"train": ["a", "b"], "validation": ["c"], "test": [str(i) for i in range(N)]},
}  # fmt: skip
TRAINING: dict[str, Any] = {
    "examples": {"train": 900, "validation": 100},
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


def concern(findings: Findings, words: str) -> Concern:
    found = [c for c in findings.concerns if words in c.text]
    assert len(found) == 1, f"{words!r} is not once among {[c.text for c in findings.concerns]}"
    return found[0]


# -- the first screen and the conclusion ---------------------------------------------------


def told(findings: Findings) -> str:
    return " ".join(phrases.conclusion(findings))


def test_a_change_within_noise_is_neither_gain_nor_loss() -> None:
    found = assemble(records())
    assert "report neither a gain nor a loss" in told(found)
    assert found.comparison is not None
    assert "Chance alone can fix and break so many" in phrases.moved_words(found.comparison)


@pytest.mark.parametrize(
    ("tuned", "moved", "concluded"),
    [
        (range(40, 120), "does not explain this gain", "The training helped on these problems."),
        (range(40, 42), "does not explain this loss", "The training did harm on these problems."),
    ],
)
def test_a_change_beyond_chance_is_named_by_its_direction(
    tuned: range, moved: str, concluded: str
) -> None:
    found = assemble(records(tuned=tuned))
    assert found.comparison is not None
    assert moved in phrases.moved_words(found.comparison)
    assert told(found).startswith(concluded)
    assert "with its interval" in told(found)


def test_a_run_at_the_floor_says_first_that_it_cannot_answer_its_question() -> None:
    found = assemble(records(base=range(1), tuned=range(2)))
    said = "This run cannot answer whether training helps: both models solve almost none of the "
    assert found.at_floor and found.verdict.startswith(f"{said}200 problems (base 1, tuned 2).")
    assert told(found).startswith("The problems are too hard for both models")
    unread = records(base=range(1), tuned=range(2))
    grades = {m: [replace(g, extracted=None) for g in of] for m, of in unread.grades.items()}
    found = assemble(replace(unread, grades=grades))
    assert found.at_floor and "does not say that the problems are too hard" in found.verdict
    assert told(found).startswith("Most answers of both models were cut off or could not be read")
    assert not assemble(records()).at_floor


def test_the_conclusion_has_three_sentences_and_leads_on_to_the_proposals() -> None:
    found = assemble(records(cut=30))
    sentences = list(phrases.conclusion(found))
    assert len(sentences) == 3 and sentences[-1].startswith("What to do next follows")
    grave = replace(found, concerns=(Concern("grave", "Other problems.", "data"),))
    assert list(phrases.conclusion(grave))[-1].startswith("First mend what is called grave")


def test_what_was_done_is_told_in_eight_plain_lines() -> None:
    found = assemble(records(losses=FALLING)).overview
    assert [*found] == [
        "Model", "Data", "Problems", "Method", "LoRA", "Training", "Hardware", "Time, cost, energy",
    ]  # fmt: skip
    assert found["Data"] == "owner/data"
    assert found["Problems"] == "2 to train on, 1 to validate on, 200 to test on"
    assert "10 of 1000 parameters (1.0%)" in found["LoRA"]
    assert "; energy not measured: " in found["Time, cost, energy"]


def test_who_and_when_stand_under_the_title() -> None:
    made = records(losses=FALLING)
    begun = {**made.facts, "begun": "2026-11-09T23:59:00Z"}
    recipe = {**made.recipe, "report": {**made.recipe["report"], "author": "Ada <b>L</b>"}}
    found = assemble(replace(made, facts=begun, recipe=recipe))
    assert phrases.lede(found).endswith(" Ada <b>L</b>, 9 November 2026.")
    assert phrases.lede(found).startswith("Supervised fine-tuning (SFT) on worked solutions, with ")
    assert "Problems: 2 to train on, 1 to validate on, 200 to test on." in phrases.lede(found)
    for day in ("", "soon", "2026-13-40T00:00:00Z", None):
        assert "Date" not in assemble(replace(made, facts={**made.facts, "begun": day})).overview


def test_every_model_has_its_accuracy_and_its_change_against_the_base() -> None:
    one = records(tuned=range(40, 120))
    between = Answered(*(np.arange(N) < 60 for _ in range(4)), np.zeros(N, dtype=bool))
    recipe = {**one.recipe, "phases": [one.recipe["train"]]}
    found = assemble(replace(one, phases={"1-sft": between}, recipe=recipe))
    assert [m.name for m in found.models] == ["base", "1-sft", "tuned"]
    base, sft, tuned = found.models
    assert base.to_base is None and tuned.to_base == found.comparison
    assert sft.about == "after the SFT training" and sft.accuracy.estimate.value == 0.3
    assert sft.to_base is not None and sft.to_base.adjusted_p is not None
    assert [m.name for m in assemble(one).models] == ["base", "tuned"]


def begun(**known: Any) -> RunRecords:
    return replace(records(tuned=range(40, 120)), start=Start("runs-1", **known))


def test_trainings_before_the_last_are_told_with_their_own_steps_and_time() -> None:
    one = records(losses=FALLING)
    assert one.state is not None
    phase = EarlierTraining("1-sft", one.recipe["train"], True, one.state, ())
    round_of = replace(phase, name="2-rft-round-1", goes_on=False)
    found = assemble(replace(one, earlier=(phase, round_of)))
    told_of = found.overview
    assert (
        told_of["Training 1-sft"] == told_of["Training 2-rft-round-1"] == told_of["Last training"]
    )
    assert "Training" not in told_of and found.began_at == "1-sft"
    assert "10 h of it training" in told_of["Time, cost, energy"]  # three times 200 min
    noted = {m.name: m.note for m in found.cost_metrics}
    assert noted["time for training"] == noted["tokens trained on"] == "the last training alone"


KEPT = {"problems": 29, "samples": 116, "right": 3, "ended": 3, "mixed": 1}


def learned(method: str = "rft", n: int = 3, **training: Any) -> Findings:
    """A run that learned from `n` right answers to two of 29 problems, and was validated on 7."""
    of = {"train": {**KEPT, "examples": n, "problems_kept": 2},
          "validation": {**KEPT, "examples": 7, "problems_kept": 5}}  # fmt: skip
    ids = {**SPLIT["ids"], "train": [f"t{i}" for i in range(29)]}
    one = records(split={"ids": ids}, losses=FALLING)
    recipe = {**one.recipe, "train": {**one.recipe["train"], "method": method,
                                      "distil": {"source": "a/taught.jsonl"}}}  # fmt: skip
    own = {"own_answers": of, "examples": {"train": n, "validation": 7}, "method": method}
    return assemble(replace(one, recipe=recipe, training={**TRAINING, **own, **training}))


def test_what_was_learned_from_is_told_where_it_is_not_every_problem() -> None:
    found = learned()
    words = "3 right answers to 2 of 29 problems, the model's own"
    assert found.overview["Learned from"] == words
    assert f"Learned from: {words}." in phrases.lede(found)
    assert concern(found, "rests on so few").text.startswith(f"Training learned from {words}: ")
    assert found.data["learned from"] == "3 right answers, the model's own, to 2 problems"
    one = learned(n=1).data["learned from"]
    assert one == "1 right answer, the model's own, to 2 problems"
    origins = {"another model's answer": 3, "reference with other numbers": 1, "qa": 50}
    beside = learned("distil", examples={"train": 54, "validation": 7}, origins=origins)
    assert beside.overview["Learned from"] == (
        "3 right answers to 2 of 29 problems, from taught.jsonl; 1 solution of variants with other "
        "numbers; 50 rows of qa"
    )
    assert not [c for c in beside.concerns if "rests on so few" in c.text]
    assert "Learned from" not in assemble(records(losses=FALLING)).overview  # all solutions


def test_rounds_tell_how_many_problems_they_chose_and_had() -> None:
    one = records()
    grpo = {**one.recipe["train"]["grpo"], "rounds": 3, "problems": 4}
    recipe = {**one.recipe, "train": {**one.recipe["train"], "method": "grpo", "grpo": grpo}}
    training = {**TRAINING, "method": "grpo", "examples": {"train": 20, "validation": 12}}
    log = TrainingLog((), best_step=3, steps=3, planned_steps=3, epochs=None)
    found = assemble(replace(one, recipe=recipe, training=training, state=log))
    assert found.overview["Learned from"].startswith("its own answers to 20 of 2 problems, those")
    assert "at most 12 of 2 problems in its rounds" in concern(found, "rests on so few").text


def test_what_was_validated_on_is_counted_as_what_it_is() -> None:
    found = learned()
    assert found.forecast is not None
    assert "only 7 right answers to 5 problems were validated on" in found.forecast.sentence
    whys = {m.estimate.why_no_interval for m in found.training_metrics}
    assert "only 7 right answers to 5 problems to validate on (20 needed)" in whys
    solutions = learned(examples={"train": 3, "validation": 12}).forecast  # none was right
    assert solutions is not None and "only 12 problems were validated on" in solutions.sentence


def right(of: range) -> Answered:
    return Answered(*(np.isin(np.arange(N), of) for _ in range(4)), np.zeros(N, dtype=bool))


def test_a_start_that_another_run_trained_is_not_credited_to_this_training() -> None:
    found = assemble(begun())
    assert "begun from the weights of runs-1" in found.overview["Method"]
    assert found.overview["Began from"] == "the weights of runs-1"
    said = concern(found, "of both trainings together").text
    assert "cannot be told apart here" in said and found.over_start is None
    assert found.began_at == "runs-1" and found.models[-1].about == "after runs-1 and this training"
    assert told(found).startswith("This training and the one it began from together helped")
    assert "for this training run alone" not in told(found)


def test_a_start_that_was_asked_the_same_is_compared_with_what_came_of_it() -> None:
    one = records()
    recipe = {**one.recipe, "train": {**one.recipe["train"], "method": "rft", "start": "a/older"}}
    found = assemble(begun(recipe=recipe, log=one.state, answers=right(range(40, 118))))
    _, start, tuned = found.models
    assert start.name == "start" and start.accuracy.estimate.value == 78 / N
    assert start.to_base is not None and start.to_base.adjusted_p is not None
    assert found.over_start is not None and found.comparison == tuned.to_base
    assert (found.over_start.won, found.over_start.lost) == (2, 0)
    assert (found.over_start.reference, found.over_start.other) == ("start", "tuned")
    said = concern(found, "of both trainings together").text
    assert "The start alone answers 39.0% of the same problems" in said
    assert "of this training alone: no detectable change, +1.0 points (95% CI" in said
    began = found.overview["Began from"]
    assert (
        "runs-1 (RFT on the model's own right answers, itself begun from older): 2 epochs" in began
    )


# -- concerns ------------------------------------------------------------------------------


def test_equal_conditions_pass_and_a_different_prompt_is_grave() -> None:
    one = records()
    assert concern(assemble(one), "Base and tuned answered").severity == "passed"
    tuned = one.summaries["tuned"]
    other = replace(tuned, settings={**tuned.settings, "prompt": {"style": "answer_only"}})
    found = assemble(replace(one, summaries={**one.summaries, "tuned": other}))
    told = concern(found, "Base and tuned answered")
    assert (told.severity, "with different prompt" in told.text) == ("grave", True)
    assert found.concerns[0] == told, "the gravest stands first"


def test_answers_to_other_problems_are_grave() -> None:
    one = records()
    other = replace(one.summaries["tuned"], problems_digest="another")
    found = assemble(replace(one, summaries={**one.summaries, "tuned": other}))
    assert concern(found, "Base and tuned answered different problems.").severity == "grave"


def test_concerns_stand_by_severity_and_none_twice() -> None:
    found = assemble(records(cut=30, split={"bad_rows": [{"line": 3}]})).concerns
    order = ("grave", "warning", "not checked", "passed")
    places = [order.index(c.severity) for c in found]
    assert places == sorted(places) and len({c.text for c in found}) == len(found)


def test_overlap_of_training_and_test_is_told_either_way() -> None:
    assert concern(assemble(records()), "equal or close").severity == "passed"
    allowed = records(split={"overlaps": [{"test": "1", "train": "a"}]})
    assert concern(assemble(allowed), "equal or close").severity == "grave"


def test_memorisation_that_was_not_measured_is_not_called_absent() -> None:
    assert concern(assemble(records()), "by heart").severity == "not checked"


def test_cut_off_answers_are_a_warning_from_one_percent_on() -> None:
    told = concern(assemble(records(cut=30)), "reached the limit of 100 tokens")
    assert told.severity == "warning" and "30 of 200 (15.0%) of the tuned model" in told.text
    assert concern(assemble(records(cut=1)), "reached the limit").severity == "passed"


def test_rows_left_out_are_told() -> None:
    found = assemble(records(split={"bad_rows": [{"line": 3}]}))
    assert concern(found, "Left out of the data: 1 row that could not be read.").severity == (
        "warning"
    )


def with_slips(*ids: str) -> Findings:
    slip = Diagnosis(("13 * 4 = 50",), 0, "arithmetic", 0.9, "13 * 4 is 52", ())
    return assemble(replace(records(), false_working={"tuned": dict.fromkeys(ids, slip)}))


def test_one_right_answer_with_a_slip_raises_no_alarm_for_the_run() -> None:
    told = concern(with_slips("82"), "a false equation on the way")
    assert (told.severity, told.text.count("1 of 45")) == ("passed", 1)
    assert concern(assemble(records()), "a false equation").severity == "passed"


def test_many_right_answers_with_false_working_are_a_warning_that_counts_them() -> None:
    told = concern(with_slips("80", "82", "83", "41"), "a false equation on the way")
    assert told.severity == "warning"
    assert "0 of 40 right answers (0%) of the base model and 4 of 45 (8.9%)" in told.text
    assert "Among the 6 problems that tuning fixed there are 3." in told.text


def test_a_log_too_short_to_show_spikes_is_not_passed() -> None:
    one = records()
    assert one.state is not None
    short = replace(one.state, points=one.state.points[:5])
    found = assemble(replace(one, state=short))
    assert concern(found, "Spikes in the training log").severity == "not checked"


def test_conditions_that_are_not_on_record_are_not_called_the_same() -> None:
    one = records()
    assert "engine, precision, max new tokens" in concern(assemble(one), "with the same").text
    bare = {m: replace(s, settings={}) for m, s in one.summaries.items()}
    found = concerns(replace(one, summaries=bare), assemble(one))
    [told] = [c for c in found if "were asked is not on record" in c.text]
    assert told.severity == "not checked"


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
    assert found.title == "owner/model fine-tuned on mine (local files)"


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
    assert found.at_floor and "3 problems are too few to show any difference" in found.verdict
