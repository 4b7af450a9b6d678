"""Batches of APIs: what was asked, what was said, and what failed."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import netgain
from netgain.data.api_shapes import failure_of, is_request
from netgain.data.rows_of_answers import read_answers
from netgain.importers.looking import look

NUMBERS = ((7, 5), (13, 2), (8, 9), (21, 4), (16, 3), (33, 6), (9, 9), (4, 17))
QUESTIONS = [f"A shelf has {n} jars in each of {m} rows. How many jars are there?"
             for n, m in NUMBERS]  # fmt: skip
GOLDS = [n * m for n, m in NUMBERS]
EXPIRED = {"code": "batch_expired", "message": "This request could not be executed in time."}


def save(path: Path, rows: list[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def problems(tmp_path: Path) -> Path:
    rows = [{"question": q, "answer": f"#### {g}"} for q, g in zip(QUESTIONS, GOLDS, strict=True)]
    return save(tmp_path / "problems" / "jars.jsonl", rows)


def request(i: int, kind: str) -> dict[str, Any]:
    said = f"{QUESTIONS[i]} Please reason step by step."
    messages = [{"role": "user", "content": said}]
    bodies: dict[str, dict[str, Any]] = {
        "chat": {"body": {"model": "big", "messages": messages}},
        "responses": {"body": {"model": "big", "input": messages, "instructions": "Be brief."}},
        "responses, a text": {"body": {"model": "big", "input": said}},
        "responses, parts": {"body": {"model": "big", "input": [
            {"type": "message", "role": "developer", "content": "Be brief."},
            {"type": "message", "role": "user",
             "content": [{"type": "input_text", "text": said}]}]}},
        "completions": {"body": {"model": "big", "prompt": said}},
        "anthropic": {"params": {"model": "big", "messages": messages}},
        "google": {"key": f"r{i}", "request": {
            "contents": [{"role": "user", "parts": [{"text": said}]}]}},
    }  # fmt: skip
    return bodies[kind] if kind == "google" else {"custom_id": f"r{i}", **bodies[kind]}


def reply(i: int, text: str, kind: str, model: str = "big", cut: bool = False) -> dict[str, Any]:
    if kind == "google":
        return {"key": f"r{i}", "response": {"modelVersion": model, "candidates": [
            {"content": {"role": "model", "parts": [{"text": text}]},
             "finishReason": "MAX_TOKENS" if cut else "STOP"}]}}  # fmt: skip
    if kind == "anthropic":
        return {"custom_id": f"r{i}", "result": {"type": "succeeded", "message": {
            "model": model, "content": [{"type": "text", "text": text}],
            "stop_reason": "max_tokens" if cut else "end_turn"}}}  # fmt: skip
    body: dict[str, Any]
    ended = "length" if cut else "stop"
    if kind == "chat":
        choice = {"message": {"role": "assistant", "content": text}, "finish_reason": ended}
        body = {"object": "chat.completion", "model": model, "choices": [choice]}
    elif kind == "completions":
        body = {"object": "text_completion", "model": model,
                "choices": [{"text": text, "finish_reason": ended}]}  # fmt: skip
    else:
        body = {
            "id": "resp_1", "object": "response", "model": model, "error": None,
            "status": "incomplete" if cut else "completed",
            "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
            "output": [
                {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text",
                                                                 "text": "Maybe 999."}]},
                {"type": "message", "role": "assistant", "status": "completed", "content": [
                    {"type": "output_text", "text": text, "annotations": []}]},
            ],
        }  # fmt: skip
    return {"id": "b", "custom_id": f"r{i}", "error": None,
            "response": {"status_code": 200, "request_id": "q", "body": body}}  # fmt: skip


def failed(i: int, kind: str) -> dict[str, Any]:
    """A request that got no answer, in each way that such rows are written."""
    rows: dict[str, dict[str, Any]] = {
        "expired": {"response": None, "error": EXPIRED},
        "refused": {"error": None, "response": {"status_code": 400, "body": {
            "error": {"message": "Unsupported parameter", "type": "invalid_request_error"}}}},
        "a bare status": {"error": None, "response": {"status_code": 503, "body": None}},
        "failed": {"error": None, "response": {"status_code": 200, "body": {
            "object": "response", "status": "failed", "output": [],
            "error": {"code": "server_error", "message": "It broke."}}}},
        "anthropic's error": {"result": {"type": "errored", "error": {
            "type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}}},
        "anthropic's end": {"result": {"type": "expired"}},
        "google's error": {"error": {"code": 13, "message": "Internal"}},
    }  # fmt: skip
    return {("key" if "google" in kind else "custom_id"): f"r{i}", **rows[kind]}


ASKED = ("chat", "responses", "responses, a text", "responses, parts", "completions", "anthropic",
         "google")  # fmt: skip
FAILED = ("expired", "refused", "a bare status", "failed", "anthropic's error", "anthropic's end",
          "google's error")  # fmt: skip


def batch(folder: Path, kind: str, right: int, *, asked: bool = True, **more: Any) -> Path:
    """The answers to all but `without`; the first `right` of them are right."""
    without = more.get("without", ())
    if asked:
        save(folder / "batch_input.jsonl", [request(i, kind) for i in range(8)])
    rows = [
        reply(i, f"So it is {g if i < right else 1}.", kind, folder.name)
        for i, g in enumerate(GOLDS)
        if i not in without
    ]
    return save(folder / "batch_output.jsonl", [*more.get("first", ()), *rows])


@pytest.mark.parametrize("kind", ASKED)
def test_a_batch_of_any_kind_is_read_with_what_it_was_asked(
    kind: str, tmp_path: Path, problems: Path
) -> None:
    assert is_request(request(0, kind)) and not is_request(reply(0, "7", kind))
    sides = [batch(tmp_path / name, kind, n) for name, n in (("small", 2), ("big", 6))]
    [source] = look([tmp_path / "big"]).answers
    assert (source.tool, source.model, len(source.asked)) == ("API", "big", 1)
    for given in (sides, [path.parent for path in sides]):
        c = netgain.analyse(*given, data=problems, out=tmp_path / "r").comparison
        assert c is not None and (c.n, c.both, c.won, c.lost) == (8, 2, 4, 0)
    share = netgain.grade(sides[1], data=problems).models["big"].accuracies["robust"].estimate
    assert share.value == 6 / 8


@pytest.mark.parametrize("kind", ASKED)
def test_an_answer_of_a_batch_that_was_cut_off_is_told_from_one_that_ended(
    kind: str, tmp_path: Path
) -> None:
    rows = [reply(0, "35", kind), reply(1, "2", kind, cut=True)]
    found, bad = read_answers([save(tmp_path / "a.jsonl", [r | {"gold": 35} for r in rows])])
    assert not bad and [a.finish_reasons for a in found] == [("stop",), ("length",)]
    assert [a.completions for a in found] == [("35",), ("2",)]


def test_a_response_that_ended_in_its_reasoning_is_an_empty_answer(tmp_path: Path) -> None:
    row = reply(0, "", "responses", cut=True) | {"gold": 35}
    del row["response"]["body"]["output"][1]
    [found], _ = read_answers([save(tmp_path / "a.jsonl", [row])])
    assert found.completions == ("",) and found.finish_reasons == ("length",)
    refused = {"type": "message", "content": [{"type": "refusal", "refusal": "I cannot help."}]}
    row["response"]["body"]["output"][1:] = [refused]
    [found], _ = read_answers([save(tmp_path / "a.jsonl", [row])])
    assert found.completions == ("I cannot help.",)


def test_an_answer_of_responses_is_read_in_a_row_of_ones_own_too(tmp_path: Path) -> None:
    body = reply(0, "It is 35.", "responses")["response"]["body"]
    asked = {"question": QUESTIONS[0], "gold": 35}
    rows: list[dict[str, Any]] = [
        asked | {"response": body}, asked | {"output": body["output"]},
        {"gold": 35, "request": request(0, "responses")["body"], "response": body},
    ]  # fmt: skip
    for row in rows:
        [found], bad = read_answers([save(tmp_path / "a.jsonl", [row])])
        assert not bad and found.completions == ("It is 35.",)
        assert found.problem.question == QUESTIONS[0]


@pytest.mark.parametrize(
    "row",
    [
        {"key": "a", "response": {"text": "It is 35.", "tokens": 4}},
        {"custom_id": "a", "response": {"text": "It is 35.", "tokens": 4}},
        {"response": {"output": ["It is", "35."]}},
        {"custom_id": "a", "completion": "It is 35.", "error": "wrong unit"},
        {"key": "a", "completion": "It is 35.", "error": "none"},
        {"id": 3, "body": "A shelf has 7 jars in each of 5 rows.", "response": {
            "choices": [{"message": {"content": "It is 35."}, "finish_reason": "stop"}]}},
    ],
)  # fmt: skip
def test_a_row_that_is_no_api_s_keeps_its_answer(row: dict[str, Any], tmp_path: Path) -> None:
    asked = {"question": "How many jars are there?", "gold": 35}
    [found], bad = read_answers([save(tmp_path / "a.jsonl", [asked | row])])
    assert not bad and " ".join((found.completions[0] or "").split()) == "It is 35."
    assert found.problem.question.endswith("How many jars are there?")
    assert found.problem.question.startswith("A shelf") == ("body" in row)
    assert not found.never_came


@pytest.mark.parametrize("place", ["in a file of its own", "first of the output"])
@pytest.mark.parametrize("kind", FAILED)
def test_a_failed_request_counts_as_wrong_and_is_told(
    kind: str, place: str, tmp_path: Path, problems: Path
) -> None:
    assert failure_of(failed(0, kind)) and not is_request(failed(0, kind))
    shape = "anthropic" if "anthropic" in kind else "google" if "google" in kind else "responses"
    lost, apart = [failed(i, kind) for i in (0, 7)], place == "in a file of its own"
    batch(tmp_path / "small", shape, 2)
    big = batch(tmp_path / "big", shape, 6, without=(0, 7), first=() if apart else lost)
    if apart:
        save(tmp_path / "big" / "batch_errors.jsonl", lost)
    for given in (tmp_path / "big", big):
        found = netgain.analyse(tmp_path / "small", given, data=problems, out=tmp_path / "r")
        c = found.comparison
        assert c is not None and (c.n, c.both, c.won, c.lost) == (8, 1, 4, 1)
        told = "\n".join(found.told)
        assert "2 requests" in told and "failed and count as wrong" in told and "r7" in told
        assert "2 of 8" in "\n".join(concern.text for concern in found.findings.concerns)
    graded = netgain.grade(big, data=problems)
    assert graded.models["big"].accuracies["robust"].estimate.value == 5 / 8
    assert graded.models["big"].unanswered["error"] == 2 and not graded.bad_rows
    assert "2 answers failed and count as wrong" in "\n".join(graded.remarks())


def test_import_tells_and_copies_failed_requests(tmp_path: Path, problems: Path) -> None:
    batch(tmp_path / "small", "chat", 2)
    batch(tmp_path / "big", "chat", 6, without=(0, 7), first=[failed(0, "refused")])
    save(tmp_path / "big" / "batch_errors.jsonl", [failed(7, "expired")])
    told = netgain.import_results(tmp_path / "big", out=tmp_path / "copies")
    assert not told.found.unread and not any(copied.faults for copied in told.copied)
    assert "2 requests failed and count as wrong" in repr(told)
    [answers] = told.plain()["answers"]
    assert answers["failed"] == {"count": 2, "first": "r0: Unsupported parameter"}
    [copy] = (tmp_path / "copies" / "answers").iterdir()
    c = netgain.analyse(tmp_path / "small", copy, data=problems, out=tmp_path / "r").comparison
    assert c is not None and (c.n, c.both, c.won, c.lost) == (8, 1, 4, 1)
    small = netgain.import_results(tmp_path / "small")
    assert "failed" not in repr(small) and "failed" not in small.plain()["answers"][0]


def test_a_request_that_was_answered_in_the_end_did_not_fail(
    tmp_path: Path, problems: Path
) -> None:
    big = batch(tmp_path / "big", "chat", 6)
    save(tmp_path / "big" / "batch_errors.jsonl", [failed(i, "expired") for i in range(8)])
    graded = netgain.grade(big, data=problems)
    assert graded.models["big"].accuracies["robust"].estimate.value == 6 / 8
    assert not graded.bad_rows and "failed" not in "\n".join(graded.remarks())
    assert "as wrong" not in repr(netgain.import_results(tmp_path / "big"))


@pytest.mark.parametrize(
    "names",
    [("small_output", "big_output", "big_error"), ("output_small", "output_big", "errors-big"),
     ("batch_68a_output", "batch_68b_output", "batch_68b_error")],
)  # fmt: skip
def test_failed_requests_belong_to_the_answers_of_their_name(
    names: tuple[str, str, str], tmp_path: Path, problems: Path
) -> None:
    folder = tmp_path / "all"
    sides = []
    for name, right, without in ((names[0], 2, ()), (names[1], 6, (0, 7))):
        rows = batch(tmp_path / name, "chat", right, asked=False, without=without)
        sides.append(rows.rename(save(folder / f"{name}.jsonl", [])))
    save(folder / "requests.jsonl", [request(i, "chat") for i in range(8)])
    save(folder / f"{names[2]}.jsonl", [failed(i, "expired") for i in (0, 7)])
    assert [len(source.failed) for source in look([folder]).answers] in ([0, 1], [1, 0])
    c = netgain.analyse(*sides, data=problems, out=tmp_path / "r").comparison
    assert c is not None and (c.n, c.both, c.won, c.lost) == (8, 1, 4, 1)


def test_failed_requests_of_no_known_answers_are_told(tmp_path: Path) -> None:
    for name in ("one", "two"):
        rows = batch(tmp_path / name, "chat", 6, asked=False, without=(0,))
        rows.rename(save(tmp_path / "all" / f"{name}_output.jsonl", []))
    lost = save(tmp_path / "all" / "lost.jsonl", [failed(0, "expired")])
    found = netgain.import_results(tmp_path / "all")
    assert not any(source.failed for source in found.found.answers)
    [(path, why)] = found.found.unread
    assert path == lost and "whose" in why
    data = save(tmp_path / "p.jsonl", [
        {"question": q, "answer": f"#### {g}"} for q, g in zip(QUESTIONS, GOLDS, strict=True)
    ])  # fmt: skip
    save(tmp_path / "all" / "asked.jsonl", [request(i, "chat") for i in range(8)])
    sides = (tmp_path / "all" / f"{name}_output.jsonl" for name in ("one", "two"))
    told = netgain.analyse(*sides, data=data, out=tmp_path / "r").remarks()
    assert [line.partition(" ")[0] for line in told] == [str(lost)]
    alone = netgain.import_results(lost)
    assert "requests that failed" in repr(alone)


def test_a_named_file_of_failed_requests_is_taken_with_the_answers(
    tmp_path: Path, problems: Path
) -> None:
    batch(tmp_path / "small", "chat", 2)
    big = batch(tmp_path / "big", "chat", 6, without=(0,))
    lost = save(tmp_path / "elsewhere" / "e.jsonl", [failed(0, "expired")])
    found = netgain.import_results(big, lost, out=tmp_path / "copies")
    assert "1 request failed and counts as wrong" in repr(found)


def test_the_command_for_a_verdict_names_the_only_file_of_problems(
    tmp_path: Path, problems: Path
) -> None:
    for name, right in (("base", 2), ("big", 6)):
        batch(tmp_path / "all" / name, "chat", right)
    told = "\n".join(netgain.import_results(tmp_path / "all").missing())
    assert "--data PROBLEMS" in told and "names a file of problems" in told
    [line, *_] = netgain.import_results(tmp_path / "all", problems.parent).missing()
    assert line.endswith(f" --data {problems}") and "PROBLEMS" not in line
    inside = problems.rename(tmp_path / "all" / "the problems.jsonl")
    [line, *more] = netgain.import_results(tmp_path / "all").missing()
    command = shlex.split(line.partition(": ")[2])
    assert command[-2:] == ["--data", str(inside)] and str(inside) in "\n".join(more)
    done = subprocess.run(
        [sys.executable, "-m", *command, "--out", str(tmp_path / "r")], timeout=200, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    assert "the same 8 problems" in done.stdout
    save(tmp_path / "all" / "unsolved.jsonl", [{"question": QUESTIONS[0]}])
    assert str(inside) in netgain.import_results(tmp_path / "all").missing()[0]
    save(tmp_path / "all" / "others.jsonl", [{"question": QUESTIONS[0], "answer": "#### 35"}])
    assert "--data PROBLEMS" in netgain.import_results(tmp_path / "all").missing()[0]


REASONS = {
    "refusal": "error", "SAFETY": "error", "RECITATION": "error", "PROHIBITED_CONTENT": "error",
    "tool_use": "stop", "pause_turn": "stop", "model_context_window_exceeded": "length",
    "max_output_tokens": "length", "function_call": "stop", "completed": "stop",
}  # fmt: skip


def test_ends_that_apis_name_leave_no_row_out(tmp_path: Path) -> None:
    rows = [{"id": i, "gold": 1, "completion": "", "finish_reason": reason}
            for i, reason in enumerate(REASONS)]  # fmt: skip
    found, bad = read_answers([save(tmp_path / "a.jsonl", rows)])
    assert not bad and [a.finish_reasons[0] for a in found] == list(REASONS.values())
