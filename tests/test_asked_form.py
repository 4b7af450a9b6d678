"""In which form the strict grader reads: as the prompt asked, else as all models' answers end."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest

import netgain
from netgain.api.graded import Graded
from netgain.data.asked_form import asked_form
from netgain.data.rows_of_answers import begun
from netgain.rowfiles import GivenRows

ASK = "How many?\n\nGive the number within \\boxed{}."
CHAT = [{"role": "user", "content": ASK}]
BOX, HASHES, SENTENCE = "So \\boxed{4}", "So\n#### 4", "The answer is 4."


def rows(*texts: str, **more: Any) -> list[dict[str, Any]]:
    return [{"id": i, "gold": "4", "completion": text, **more} for i, text in enumerate(texts)]


def strict(found: Graded, model: str = "") -> float | None:
    return found.models[model].accuracies["strict"].estimate.value


def save(path: Path, given: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(map(json.dumps, given)), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": ASK},
        {"prompt": CHAT},
        {"question": ASK},
        {"instruction": "Put it within $\\boxed{}$", "input": "How many?"},
        {"messages": [*CHAT, {"role": "assistant", "content": HASHES}]},
        {"conversations": [{"from": "human", "value": ASK}, {"from": "gpt", "value": HASHES}]},
        {"system": "Use \\boxed{}.", "question": "How many?"},
        {"doc": {}, "resps": [], "arguments": [[ASK, {"until": []}]]},
        {"doc": {}, "resps": [], "arguments": {"gen_args_0": {"arg_0": json.dumps(CHAT)}}},
        {"doc": {}, "resps": [], "filter": "netgain-strict-boxed"},
        {"full_prompt": ASK},
        {"ending": "boxed", "prompt": "How many? Answer after ####."},
    ],
)
def test_a_row_says_which_form_was_asked_for(row: dict[str, Any]) -> None:
    assert asked_form(row) == "boxed"


def test_other_forms_and_rows_that_say_nothing() -> None:
    shots = "Q: 1+1?\nA: 1+1=2. The answer is 2.\n\nQ: 2+2?\nA:"
    assert asked_form({"prompt": shots}) == "the_answer_is"
    assert asked_form({"prompt": 'End with "the answer is N".'}) == "the_answer_is"
    assert asked_form({"prompt": "Question: 1+1?\nAnswer: #### 2\n\nQuestion:"}) == "hashes"
    assert asked_form({"filter": "netgain-strict-the-answer-is"}) == "the_answer_is"
    for silent in (
        {"question": "How many?", "answer": "\\boxed{4}", "completion": BOX},
        {"messages": [{"role": "user", "content": "2?"}, {"role": "assistant", "content": BOX}]},
        {"ending": "They lived happily.", "filter": "strict-match", "prompt": 7},
        {"ending": ["boxed"], "filter": ["x"], "prompt": [None, 3], "messages": {"a": 1}},
    ):
        assert asked_form(silent) is None


def test_strict_reads_what_each_prompt_asked_for() -> None:
    given = [
        {"id": 0, "gold": "4", "prompt": ASK, "completion": BOX},
        {"id": 1, "gold": "4", "prompt": ASK, "completion": HASHES},
        {"id": 2, "gold": "4", "prompt": "End with ####.", "completion": HASHES},
        {"id": 3, "gold": "4", "prompt": "End with ####.", "completion": BOX},
    ]
    out: list[Any] = []
    found = netgain.grade(given, out=out)
    assert [row["strict"] for row in out] == [True, False, True, False]
    assert "in the form that its prompt asks for: \\boxed{} (2), #### (2)" in repr(
        found.remarks()
    ).replace("\\\\", "\\")


@pytest.mark.parametrize(("text", "form"), [(BOX, "\\boxed{}"), (SENTENCE, '"The answer is"')])
def test_without_a_prompt_most_answers_tell_the_form(text: str, form: str, tmp_path: Path) -> None:
    given = rows(*[text] * 15, *["4"] * 4, HASHES)
    for source in (given, save(tmp_path / "a.jsonl", given)):
        found = netgain.grade(source)
        assert strict(found) == 0.75
        assert f"strict reads {form}, as most answers end so" in found.remarks()


@pytest.mark.parametrize(
    "texts",
    [
        [BOX] * 10 + ["4"] * 10,  # half is not most
        [BOX] * 18 + [HASHES] * 2,  # one in ten has ####
        [f"\\boxed{{4}} {'then ' * 50} it is four"] * 20,  # within, not at the end
    ],
)
def test_an_unclear_form_is_left_at_hashes(texts: list[str]) -> None:
    found = netgain.grade(rows(*texts))
    assert strict(found) == sum("####" in text for text in texts) / 20
    assert not any("most answers" in remark for remark in found.remarks())


def test_the_form_must_be_that_of_every_model() -> None:
    given = [*rows(*[BOX] * 9, model="a"), *rows(*["It is 4."] * 9, model="b")]
    found = netgain.grade(given)
    assert strict(found, "a") == 0
    assert any("few answers have it" in remark for remark in found.remarks())


def test_answers_with_hashes_need_no_remark_and_are_read_as_ever() -> None:
    found = netgain.grade(rows(*[HASHES] * 9, BOX))
    assert strict(found) == 0.9 and found.remarks() == []


@pytest.mark.parametrize(("text", "form"), [(BOX, "\\boxed{}"), (SENTENCE, '"The answer is"')])
def test_a_stream_is_read_in_the_form_that_a_file_of_it_is(
    text: str, form: str, tmp_path: Path
) -> None:
    given = rows(*[text] * 15, *["4"] * 4, HASHES)
    path = save(tmp_path / "a.jsonl", given)
    done = subprocess.run(
        [sys.executable, "-m", "netgain", "grade", "-", "--json"],
        input=path.read_bytes(), capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    figures = json.loads(done.stdout)
    assert figures["models"][""]["accuracy"]["strict"]["value"] == 0.75
    assert figures["strict_form"] == f"strict reads {form}, as most answers end so"
    assert figures["file"] == "/dev/stdin" and figures["models"][""]["n"] == 20
    found = netgain.grade(one for one in given)  # no list: it goes by once, too
    assert strict(found) == 0.75 and found.remarks() == netgain.grade(path).remarks()


def test_the_first_rows_of_a_stream_settle_the_form_and_all_are_read_once() -> None:
    texts = [BOX] * 200 + [HASHES] * 300
    given: list[Any] = rows(*texts)
    given[250] = 7  # a row that cannot be used is told by its number
    passed: list[Any] = []
    found = netgain.grade(passed.append(row) or row for row in given)
    assert passed == given and found.count == 499
    assert strict(found) == pytest.approx(200 / 499)
    assert [bad.line for bad in found.bad_rows] == [251]
    told = "as most of the first 200 end so; all together do not: grade a file of them"
    assert any(told in remark for remark in found.remarks())
    assert strict(netgain.grade(rows(*texts))) == 300 / 500


def test_a_stream_is_held_back_for_few_rows_alone() -> None:
    """However long they are, and a stream without end is read no further than it must."""

    def endless() -> Iterator[dict[str, Any]]:
        for i in count():
            taken.append(i)
            yield {"id": i, "gold": "4", "completion": BOX + " " * 1_000_000}

    taken: list[int] = []
    first, every, more = begun(GivenRows(endless()))
    assert more and len(taken) == len(list(first.rows)) + 1 <= 18
    assert [row["id"] for _, row in islice(every.rows, 30)] == list(range(30))


def test_analyse_reads_the_asked_form_and_no_skill_is_lost_by_it(tmp_path: Path) -> None:
    asked = {"prompt": ASK}
    base = [{"id": i, "question": f"{i}?", "gold": "4", "completion": t, **asked}
            for i, t in enumerate(["It is 5."] * 12 + [BOX] * 8)]  # fmt: skip
    tuned = [{**row, "completion": BOX} for row in base]
    sides = save(tmp_path / "base.jsonl", base), save(tmp_path / "tuned.jsonl", tuned)
    found = netgain.analyse(*sides, out=tmp_path / "r")
    parts = found.findings.format_skill
    assert parts is not None and parts.format == 0
    named = {m.name: m.estimate.value for m in found.findings.accuracy_metrics}
    assert named["accuracy in the asked form, base"] == 0.4
    assert named["accuracy in the asked form, tuned"] == 1
    assert "Strict reads \\boxed{}, as the prompts ask." in found.told
    bare = [[{k: v for k, v in row.items() if k != "prompt"} for row in side]
            for side in (base, tuned)]  # fmt: skip
    sides = save(tmp_path / "base.jsonl", bare[0]), save(tmp_path / "tuned.jsonl", bare[1])
    found = netgain.analyse(*sides, out=tmp_path / "r")  # the base's form is unclear
    named = {m.name: m.estimate.value for m in found.findings.accuracy_metrics}
    assert named["accuracy by lm-eval strict-match, tuned"] == 0
    assert any("few answers have it" in told for told in found.told)
    assert found.findings.format_skill is None and "by form" not in repr(found)


def test_what_a_model_learned_of_hashes_stays_form(tmp_path: Path) -> None:
    """Where the tuned model alone has ####, most likely that was asked for."""
    both = rows(*["It is 4."] * 20, question="2 + 2?"), rows(*[HASHES] * 20, question="2 + 2?")
    sides = [save(tmp_path / f"{i}.jsonl", side) for i, side in enumerate(both)]
    found = netgain.analyse(*sides, out=tmp_path / "r")
    parts = found.findings.format_skill
    assert parts is not None and parts.format == 20 and found.told == ()
