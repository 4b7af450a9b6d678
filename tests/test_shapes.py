"""Rows as many tools write them, and files of every usual kind: read, and read right."""

from __future__ import annotations

import contextlib
import csv
import gzip
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

import netgain
from conftest import SHARED
from netgain.data.answer_columns import guesses
from netgain.data.asked_text import asked, turns
from netgain.data.load import load_problems
from netgain.data.rows import read_problems
from netgain.data.rows_of_answers import read_answers
from netgain.errors import DataError
from netgain.recipe import DataSettings
from netgain.rowfiles import rows_of

ASKED = "A kite has 3 tails of 14 knots each. How many knots?"
WORKED = "Each tail has 14 knots: 3 * 14 = <<3*14=42>>42.\n#### 42"
SAID = "Three tails, so 3 * 14 = 42.\n#### 42"
STEPS = f"{ASKED} Please reason step by step, and put your final answer within \\boxed{{}}."
CHAT = f"<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\n{ASKED}<|im_end|>\n"
Row = dict[str, Any]

INSPECT: Row = {
    "id": 7, "epoch": 1, "input": ASKED, "target": "42", "messages": [],
    "output": {
        "model": "hf/small",
        "choices": [{
            "message": {"role": "assistant",
                        "content": [{"type": "reasoning", "reasoning": "13?"},
                                    {"type": "text", "text": SAID}]},
            "stop_reason": "stop",
        }],
    },
    "scores": {"match": {"value": "C", "answer": "42"}},
}  # fmt: skip
BATCH_BODY: Row = {
    "model": "big",
    "choices": [{"message": {"content": SAID}, "finish_reason": "stop"}],
}
SHAPES: dict[str, Row] = {
    "lm-eval": {
        "doc_id": 7, "doc": {"question": ASKED, "answer": WORKED}, "target": " 42",
        "resps": [[SAID]], "filter": "strict-match", "metrics": ["exact_match"], "exact_match": 1.0,
    },
    "lighteval": {
        "doc": {"query": f"Question: {ASKED}\nAnswer:", "choices": [" 42"], "gold_index": [0]},
        "metric": {"extractive_match": 1}, "model_response": {"text": [SAID], "logprobs": []},
    },
    "lighteval before 0.10": {
        "example": f"Question: {ASKED}\nAnswer:", "full_prompt": CHAT, "predictions": [SAID],
        "choices": [WORKED], "gold_index": [0], "metrics": {"qem": 1},
    },
    "lighteval with lists as texts": {
        "example": ASKED, "full_prompt": CHAT, "predictions": str([SAID]), "gold": str([WORKED]),
        "choices": "[]", "gold_index": "[]", "metrics": {"quasi_exact_match_gsm8k": 1},
    },
    "inspect": INSPECT,
    "opencompass": {
        "origin_prompt": [{"role": "HUMAN", "prompt": STEPS}], "prediction": SAID, "gold": WORKED,
    },
    "evalscope": {
        "index": 7, "input": f"**User**: \n{STEPS}", "target": "42",
        "sample_score": {"score": {"value": {"acc": 1.0}, "prediction": SAID}},
    },
    "evalscope before 1.0": {
        "index": 7, "raw_input": {"question": ASKED, "answer": WORKED}, "model": "small",
        "choices": [{"message": {"content": SAID}, "finish_reason": "stop",
                     "review": {"gold": "42", "pred": "42", "result": True}}],
    },
    "verl": {"input": f"user\n{STEPS}\nassistant\n", "output": SAID, "gts": "42", "score": 1.0},
    "nemo-skills": {"problem": ASKED, "expected_answer": 42, "generation": SAID,
                    "predicted_answer": "42", "symbolic_correct": True},
    "dart-math": {"query": ASKED, "ref_ans": "42", "resp": SAID, "ans": "42", "correct": True},
    "tora": {"idx": 7, "question": ASKED, "gt_cot": WORKED, "gt": "42", "code": [SAID],
             "pred": ["42"], "score": [True]},
    "open-instruct": {"question": ASKED, "answer": "42", "model_output": SAID, "prediction": "14"},
    "llama-factory": {"prompt": f"{CHAT}<|im_start|>assistant\n", "predict": SAID, "label": WORKED},
    "ms-swift": {"response": SAID, "labels": WORKED,
                 "messages": [{"role": "user", "content": ASKED},
                              {"role": "assistant", "content": SAID}]},
    "lm-eval before 0.4": {"doc_id": 7, "prompt_0": f"Question: {ASKED}\nAnswer:",
                           "logit_0": SAID, "truth": f" {WORKED}", "acc": "True"},
    "an anthropic batch": {"custom_id": "7", "question": ASKED, "gold": 42, "result": {
        "type": "succeeded", "message": {"model": "big", "stop_reason": "end_turn",
                                         "content": [{"type": "text", "text": SAID}]}}},
    "olmes": {"doc_id": 7, "native_id": 7, "metrics": {"exact_match": 1.0}, "label": "42",
              "model_output": [{"continuation": SAID, "num_tokens": 9}], "question": ASKED},
    "a log of calls": {"gold": 42, "request": {"messages": [{"role": "user", "content": STEPS}]},
                       "response": BATCH_BODY},
    "google's batch": {"gold": 42,
                       "request": {"contents": [{"role": "user", "parts": [{"text": STEPS}]}]},
                       "response": {"candidates": [{"content": {"parts": [{"text": SAID}]},
                                                    "finishReason": "STOP"}]}},
    "an answer in an object": {"question": ASKED, "expected": ["42"],
                               "response": {"text": SAID, "tokens": 9}},
    "a right answer in an object": {"question": ASKED, "ground_truth": {"value": 42, "unit": "x"},
                                    "output": {"message": {"content": SAID}}},
    "messages with metadata": {"metadata": {"answer": 42, "source": "x"},
                               "messages": [{"role": "user", "content": ASKED},
                                            {"role": "assistant", "content": SAID}]},
    "verl's rule": {"input": CHAT, "output": SAID, "score": 1.0,
                    "gts": {"ground_truth": "42", "style": "rule"}},
    "a spreadsheet": {"Nr.": "7", "Question Text": ASKED, "Ground Truth": "42",
                      "Model Response": SAID, "Correct?": "yes"},
    "camel case": {"problemId": 7, "problemStatement": ASKED, "groundTruth": 42,
                   "rawOutput": SAID, "isCorrect": True},
    "openai batch": {"custom_id": "7", "response": {"status_code": 200, "body": BATCH_BODY},
                     "question": ASKED, "gold": 42},
    "a pipeline": {"question": ASKED, "answer": WORKED,
                   "generated_text": [{"generated_text": SAID}]},
    "messages": {"gold": 42, "messages": [{"role": "user", "content": ASKED},
                                          {"role": "assistant", "content": SAID}]},
    "conversations": {"gold": "42", "conversations": [{"from": "human", "value": ASKED},
                                                      {"from": "gpt", "value": SAID}]},
}  # fmt: skip


def lines(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("tool", SHAPES)
def test_answers_of_every_tool_are_read_with_question_gold_and_its_own_verdict(
    tool: str, tmp_path: Path
) -> None:
    path = lines(tmp_path / "rows.jsonl", SHAPES[tool])
    [found], bad = read_answers([path])
    assert not bad and found.problem.question == ASKED and found.problem.answer == 42
    assert found.completions == (SAID,)
    silent = {"open-instruct", "a pipeline", "llama-factory", "ms-swift", "messages",
              "conversations", "openai batch", "an anthropic batch", "a log of calls",
              "google's batch", "opencompass", "an answer in an object",
              "a right answer in an object", "messages with metadata"}  # fmt: skip
    assert found.own == (None if tool in silent else (True,))
    [summary] = netgain.grade(path).models.values()
    assert summary.accuracies["robust"].estimate.value == 1.0
    assert netgain.diagnose(path).models[found.model].kinds == {"none": 1}


def test_what_a_row_says_beside_its_text_is_kept(tmp_path: Path) -> None:
    [found], _ = read_answers([lines(tmp_path / "a.jsonl", INSPECT)])
    assert (found.model, found.problem.id, found.sample) == ("hf/small", "7", "1")
    assert found.finish_reasons == ("stop",)
    cut = {"model": "m", "completion": SAID, "choices": [{"stop_reason": "max_tokens"}]}
    [found], _ = read_answers([lines(tmp_path / "a.jsonl", INSPECT | {"output": cut})])
    assert found.finish_reasons == ("length",)
    failed = INSPECT | {"error": {"message": "gone"}, "output": {"model": "m", "choices": []}}
    wrong = INSPECT | {"id": 8, "scores": {"match": {"value": "I"}}}
    [first, second], _ = read_answers([lines(tmp_path / "a.jsonl", failed, wrong)])
    assert first.completions == (None,) and second.own == (False,)


def test_a_table_s_verdicts_are_read_as_words_too(tmp_path: Path) -> None:
    rows = [{"id": i, "question": f"{i} + 1?", "Model": "m", "Correct": word}
            for i, word in enumerate(("True", "no", "correct", "0"))]  # fmt: skip
    others = [row | {"Model": "n", "Correct": "yes"} for row in rows]
    [pair] = netgain.compare(rows, others).pairs
    assert (pair.both, pair.won) == (2, 2)


def test_log_likelihoods_of_choices_are_no_texts(tmp_path: Path) -> None:
    scored = {"doc_id": 1, "doc": {"question": "Sky?", "choices": ["red", "blue"]}, "target": 1,
              "resps": [[["-3.1", "False"]], [["-0.2", "True"]]], "acc": 1.0}  # fmt: skip
    path = lines(tmp_path / "a.jsonl", scored, {**scored, "doc_id": 2, "acc": 0.0})
    with pytest.raises(DataError, match=r"no row of .* has a 'completion'"):
        netgain.grade(path)
    other = lines(tmp_path / "b.jsonl", scored, {**scored, "doc_id": 2})
    [pair] = netgain.compare(path, other).pairs
    assert (pair.both, pair.won, pair.lost) == (1, 1, 0)


def test_guessed_columns_are_told_and_can_be_said(tmp_path: Path) -> None:
    row = {"problem": ASKED, "ground_truth": 42, "generation": SAID}
    assert guesses(row) == "question is read from problem, gold from ground_truth, " \
        "completion from generation"  # fmt: skip
    found = netgain.grade(lines(tmp_path / "a.jsonl", row))
    assert "gold from ground_truth" in found.remarks()[0]
    assert guesses(SHAPES["nemo-skills"]) == ""  # a tool's rows are not guessed at
    assert guesses({"question": ASKED, "gold": 1, "completion": "1"}) == ""
    named = netgain.grade(
        lines(tmp_path / "a.jsonl", {**row, "mine": "#### 1"}), columns={"completion": "mine"}
    )
    assert named.models[""].accuracies["robust"].estimate.value == 0.0


@pytest.mark.parametrize(
    ("prompt", "question"),
    [
        (ASKED, ASKED),
        (STEPS, ASKED),
        (f"Solve it step by step.\n{ASKED}", ASKED),
        (f"Question: 1+1?\nAnswer: 2\n\nQuestion: {ASKED}\nAnswer:", ASKED),
        (CHAT, ASKED),
        (f"<s>[INST] {ASKED} [/INST]", ASKED),
        (f"<start_of_turn>user\n{ASKED}<end_of_turn>\n<start_of_turn>model\n", ASKED),
        ("How is it done step by step?", "How is it done step by step?"),
        ("Which number is the final answer? Tell how many.",
         "Which number is the final answer? Tell how many."),
        ("", ""),
    ],
)  # fmt: skip
def test_the_question_is_found_in_a_prompt(prompt: str, question: str) -> None:
    assert asked(prompt) == question


def test_messages_that_are_none_are_no_turns() -> None:
    assert turns(None) == turns([1, {"role": "user"}, {"content": 3}]) == []


# -- problems to learn from ----------------------------------------------------------------

PLAIN = "Each tail has 14 knots, and 3 * 14 = 42"
PROBLEMS: dict[str, Row] = {
    "a story and its question": {"body": "A kite has 3 tails of 14 knots each.",
                                 "question": "How many knots?", "answer": "42 (knots)"},
    "SVAMP": {"ID": "chal-7", "Body": "A kite has 3 tails of 14 knots each.",
              "Question": "How many knots?", "Equation": "( 3.0 * 14.0 )", "Answer": 42.0},
    "a passage": {"passage": "A kite has 3 tails of 14 knots each.", "question": "How many knots?",
                  "answer": WORKED},
    "Alpaca": {"instruction": "A kite has 3 tails of 14 knots each.", "input": "How many knots?",
               "output": WORKED},
    "Alpaca without input": {"instruction": ASKED, "input": "", "output": WORKED},
    "AQuA": {"question": ASKED, "options": ["A)14", "B)42", "C)17"], "correct": "B",
             "rationale": f"{PLAIN}\nThe answer is B."},
    "MGSM": {"question": ASKED, "answer": None, "answer_number": 42, "equation_solution": None},
    "MetaMathQA": {"query": ASKED, "original_question": "x", "type": "GSM_SV",
                   "response": f"{PLAIN}.\n#### 42\nThe answer is: 42"},
    "Dolly": {"context": "A kite has 3 tails of 14 knots each.", "response": WORKED,
              "instruction": "How many knots?"},
    "OpenMathInstruct": {"problem": ASKED, "expected_answer": "42",
                         "generated_solution": f"{PLAIN}. So \\boxed{{42}}."},
    "NuminaMath": {"problem": ASKED, "solution": f"{PLAIN}. So it is $\\boxed{{42}}$.",
                   "messages": [{"role": "user", "content": ASKED}], "source": "x"},
    "problem, solution, answer": {"problem": ASKED, "solution": f"{PLAIN}.", "answer": "42"},
    "orca-math": {"question": ASKED, "answer": f"{PLAIN}. Therefore, the kite has 42 knots."},
    "messages": {"messages": [{"role": "system", "content": "Be brief."},
                              {"role": "user", "content": ASKED},
                              {"role": "assistant", "content": WORKED}]},
    "conversations": {"conversations": [{"from": "human", "value": ASKED},
                                        {"from": "gpt", "value": WORKED}]},
    "prompt and completion": {"prompt": ASKED, "completion": WORKED},
    "messages in both": {"prompt": [{"role": "user", "content": ASKED}],
                         "completion": [{"role": "assistant", "content": WORKED}]},
    "verl": {"prompt": [{"role": "user", "content": STEPS}],
             "reward_model": {"ground_truth": "42", "style": "rule"},
             "extra_info": {"question": ASKED, "answer": WORKED}},
}  # fmt: skip
BARE = {"a story and its question", "SVAMP", "MGSM"}


@pytest.mark.parametrize("shape", PROBLEMS)
def test_problems_of_every_usual_shape_are_read_whole(shape: str, tmp_path: Path) -> None:
    [found], bad = read_problems([lines(tmp_path / "a.jsonl", PROBLEMS[shape])], "s", "s")
    assert not bad and found.question.replace("\n", " ") == ASKED and found.answer == 42
    assert bool(found.solution) == (shape not in BARE)
    assert "The answer is B" not in found.solution


def test_problems_that_cannot_be_used_are_told_by_their_reason(tmp_path: Path) -> None:
    rows = [
        {"problem": ASKED, "solution": WORKED, "answer": "41"},
        {"question": ASKED, "options": ["A)14", "B)None of these"], "correct": "B"},
        {"problem": ASKED, "solution": "We prove it.\nThat is the proof."},
        {"question": ASKED},
    ]
    found, bad = read_problems([lines(tmp_path / "a.jsonl", *rows)], "s", "s")
    told = ("two right answers: 41, and 42", "'None of these' is not a number", "is not a number",
            "no 'answer'")  # fmt: skip
    assert not found and all(why in row.reason for why, row in zip(told, bad, strict=True))


def test_columns_of_problems_can_be_named(tmp_path: Path) -> None:
    row = {"text": {"asked": ASKED}, "worked": WORKED, "question": "not this"}
    path = lines(tmp_path / "a.jsonl", row, row)
    settings = DataSettings(
        source=str(path), test_fraction=0.5, columns=("question=text.asked", "answer=worked")
    )
    found = load_problems(settings)
    assert {(p.question, p.answer, p.solution) for p in (*found.pool, *found.test)} == {
        (ASKED, 42, WORKED)
    }
    with pytest.raises(ValueError, match="columns"):
        DataSettings(source="a", columns=("completion=x",))


def test_the_field_s_data_is_read(tmp_path: Path) -> None:
    path = SHARED / "data" / "field" / "failing.jsonl"
    if not path.is_file():
        pytest.skip("needs field/failing.jsonl, which is not in the repository")
    for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        if row["command"] == "data":
            file = tmp_path / f"{row['name']}{row['suffix']}"
            file.write_text(row["input"], encoding="utf-8")
            problems, bad = read_problems([file], "s", "s")
            assert problems and not bad, row["name"]


# -- files of every kind -------------------------------------------------------------------

ROWS = [{"id": str(i), "question": f"{i} + 1?", "gold": str(i + 1), "completion": f"#### {i + 1}"}
        for i in range(1, 4)]  # fmt: skip


def zipped(path: Path, members: list[tuple[str, bytes]], zstd: bool = False) -> Path:
    """A zip file; with zstd as inspect packs its members, which Python's zipfile cannot write."""
    if not zstd:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members:
                archive.writestr(name, content)
        return path
    body, listed = b"", b""
    for name, content in members:
        packed = pyarrow.compress(content, "zstd", asbytes=True)
        told = (0, 93, 0, 0, zlib.crc32(content), len(packed), len(content), len(name), 0)
        listed += struct.pack("<4s6H3I5H2I", b"PK\1\2", 63, 63, *told, 0, 0, 0, 0, len(body))
        listed += name.encode()
        body += struct.pack("<4s5H3I2H", b"PK\3\4", 63, *told) + name.encode() + packed
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, len(members), len(members), len(listed),
                      len(body), 0)  # fmt: skip
    path.write_bytes(body + listed + end)
    return path


def table(path: Path, delimiter: str = ",", encoding: str = "utf-8") -> Path:
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, list(ROWS[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(ROWS)
    return path


def text(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def packed(path: Path, content: str, zstd: bool = False) -> Path:
    data = content.encode()
    path.write_bytes(pyarrow.compress(data, "zstd", asbytes=True) if zstd else gzip.compress(data))
    return path


def parquet(path: Path) -> Path:
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), path)
    return path


JSONL = "".join(json.dumps(row) + "\n" for row in ROWS)
KINDS: dict[str, Callable[[Path], Path]] = {
    "jsonl": lambda p: text(p, JSONL),
    "jsonl with a byte-order mark": lambda p: text(p, "\ufeff" + JSONL),
    "an array": lambda p: text(p, json.dumps(ROWS)),
    "an array on many lines": lambda p: text(p, "\n" + json.dumps(ROWS, indent=2)),
    "objects on many lines": lambda p: text(p, "\n".join(json.dumps(r, indent=1) for r in ROWS)),
    "rows in an object": lambda p: text(p, json.dumps({"version": 1, "data": ROWS})),
    "rows under any name, deeper in": lambda p: text(
        p, json.dumps({"about": [{"a": 1}], "run": {"testCases": ROWS, "n": [3]}})
    ),
    "rows by number": lambda p: text(p, json.dumps(dict(enumerate(ROWS)), indent=4)),
    "columns": lambda p: text(p, json.dumps({k: [r[k] for r in ROWS] for k in ROWS[0]})),
    "columns in the plural, and what is none": lambda p: text(
        p,
        json.dumps(
            {"accuracy": 0.5, "model": "m", **{f"{k}s": [r[k] for r in ROWS] for k in ROWS[0]}}
        ),
    ),
    "pandas": lambda p: text(
        p, json.dumps({k: {str(i): r[k] for i, r in enumerate(ROWS)} for k in ROWS[0]})
    ),
    "csv": table,
    "csv of Excel": lambda p: table(p, ";", "utf-8-sig"),
    "tsv": lambda p: table(p, "\t"),
    "gzip": lambda p: packed(p, JSONL),
    "gzip of an array": lambda p: packed(p, json.dumps(ROWS)),
    "zstd": lambda p: packed(p, JSONL, zstd=True),
    "parquet by another name": parquet,
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_known_by_its_content_and_not_by_its_name(kind: str, tmp_path: Path) -> None:
    path = KINDS[kind](tmp_path / "rows.txt")
    answers, bad = read_answers([path])
    assert not bad
    assert [(a.problem.question, a.completions, a.problem.answer) for a in answers] == [
        (row["question"], (row["completion"],), int(row["gold"])) for row in ROWS
    ]


@pytest.mark.parametrize("zstd", [False, True])
def test_a_log_of_inspect_is_read_also_unfinished_and_superseded(
    zstd: bool, tmp_path: Path
) -> None:
    samples = [INSPECT | {"id": i, "input": f"{i} + 1?", "target": str(i + 1)} for i in (2, 10)]
    early = samples[0] | {"output": {"model": "m", "choices": []}}
    names = [f"samples/{s['id']}_epoch_1.json" for s in samples]
    members = [
        ("_journal/start.json", b"{}"), (names[0], json.dumps(early).encode()),
        *((n, json.dumps(s).encode()) for n, s in zip(names, samples, strict=True)),
    ]  # fmt: skip
    with pytest.warns(UserWarning) if not zstd else pytest.MonkeyPatch.context():
        path = zipped(tmp_path / "log.eval", members, zstd)
    answers, bad = read_answers([path])
    assert not bad and [a.problem.id for a in answers] == ["2", "10"]
    assert all(a.completions == (SAID,) for a in answers)
    cut = tmp_path / "cut.eval"
    cut.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match="cut off"):
        read_answers([cut])


def link(path: Path) -> Path:
    info = zipfile.ZipInfo("samples/1_epoch_1.json")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    return path


HOSTILE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "out of it": (lambda p: zipped(p, [("../samples/1.json", b"{}")]), "outside its folder"),
    "absolute": (lambda p: zipped(p, [("/samples/1.json", b"{}")]), "outside its folder"),
    "a link": (link, "a link in it"),
    "no log": (lambda p: zipped(p, [("notes.txt", b"x")]), "unpack it"),
    "a bomb": (lambda p: zipped(p, [("samples/1.json", bytes(300 << 20))]), "far more than"),
    "gzip bomb": (lambda p: packed(p, " " * (300 << 20)), "200 times its size"),
    "half a gzip": (
        lambda p: p.write_bytes(gzip.compress(JSONL.encode())[:60]) and p, "was cut off",
    ),
    "utf-16": (lambda p: p.write_bytes(JSONL.encode("utf-16")) and p, "UTF-16"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_and_broken_files_are_refused_in_one_line(kind: str, tmp_path: Path) -> None:
    make, why = HOSTILE[kind]
    with pytest.raises(DataError, match=why) as caught:
        read_answers([make(tmp_path / "rows.txt")])
    assert "\n" not in str(caught.value)


def test_what_can_be_read_of_a_damaged_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(ROWS)[:-70])
    answers, [bad] = read_answers([path])
    assert len(answers) == 2 and "cut off" in bad.reason
    path.write_bytes(JSONL.encode().replace(b"2 + 1?", b"\xff + 1?"))
    answers, [bad] = read_answers([path])
    assert len(answers) == 2 and "iconv -f WINDOWS-1252" in bad.reason
    table(path)
    path.write_bytes(path.read_bytes().replace(b"2 + 1?", b"\xff,\x00"))
    answers, faults = read_answers([path])
    assert len(answers) == 2 and len(faults) == 1
    dense = "[" + "[]," * 1_100_000 + "[]]"
    path.write_text(f'{{"id": 1, "completion": {dense}}}\n{JSONL}')
    answers, [bad] = read_answers([path])
    assert len(answers) == 3 and "objects and lists" in bad.reason


ODD: tuple[Any, ...] = (
    None, True, -1, 1e400, "", "x", [], [[]], {}, {"a": []}, [None], [{"content": 3}], "\ud800",
)  # fmt: skip


def test_rows_of_odd_values_are_read_or_refused(tmp_path: Path) -> None:
    import random

    rng = random.Random(3)

    def changed(value: Any, depth: int) -> Any:
        if depth == 0 or not isinstance(value, (dict, list)) or not value:
            return rng.choice(ODD)
        copied = value.copy()
        place = rng.choice(list(copied) if isinstance(copied, dict) else range(len(copied)))
        copied[place] = changed(copied[place], depth - 1)
        return copied

    rows = [*SHAPES.values(), *PROBLEMS.values()]
    for number in range(500):
        row = changed(rng.choice(rows), rng.randint(1, 5))
        path = lines(tmp_path / "a.jsonl", row)
        for read in (read_answers, lambda p: read_problems(p, "s", "s"), netgain.grade):
            try:
                read([path] if read is not netgain.grade else path)
            except DataError as error:
                assert "a.jsonl" in str(error)
        with contextlib.suppress(DataError):
            netgain.import_results(path, out=tmp_path / str(number))


def test_no_input_ends_in_a_traceback(tmp_path: Path) -> None:
    import random

    rng, path = random.Random(5), tmp_path / "x"
    whole = [KINDS[kind](tmp_path / "y").read_bytes() for kind in KINDS]
    whole.append(zipped(tmp_path / "z", [("samples/1.json", json.dumps(INSPECT).encode())])
                 .read_bytes())  # fmt: skip
    for _ in range(600):
        content = bytearray(rng.choice(whole))
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(content) + 1)
            cut = rng.choice([content[:at], content[:at] + content[at + 9 :], content[at:]])
            content = rng.choice([cut, content])
            if content:
                content[rng.randrange(len(content))] = rng.randrange(256)
        path.write_bytes(content)
        try:
            for _, row in rows_of(path):
                assert row is None or isinstance(row, (dict, list, str, int, float, DataError))
            read_answers([path])
            read_problems([path], "s", "s")
        except DataError as error:
            assert str(path) in str(error)
