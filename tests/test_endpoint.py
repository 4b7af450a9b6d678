"""A server that dies, hangs, sends rubbish or limits the rate costs time, and never an answer."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from fake_server import (
    Asked,
    Behaviour,
    FakeServer,
    closes,
    completion,
    cut_short,
    drips,
    drips_headers,
    endless,
    good,
    hangs,
    refusal,
    status,
)
from netgain.errors import EvaluationError, MissingDependency, RecipeError
from netgain.generate.answering import Asking, Question, answer_unit
from netgain.generate.endpoint_engine import EndpointSampler
from netgain.generate.endpoint_server import Server
from netgain.generate.sampler import Answer, Request, Sampling
from netgain.prompts import chat_prompt
from netgain.records import Prompt

KEY = "sk-Very/Secret+key=0123456789"
GREEDY = Sampling(max_new_tokens=64)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


class Waits:
    """A clock that only waiting moves, so that no test waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waited: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        if seconds:
            self.waited.append(seconds)
        await asyncio.sleep(0)

    def clock(self) -> float:
        return self.now


def sampler(fake: FakeServer, waits: Waits | None = None, **settings: Any) -> EndpointSampler:
    waits = waits or Waits()
    server = Server(fake.url, "tiny", **{"timeout": 5.0, **settings})
    return EndpointSampler(server, waits.sleep, waits.clock)


def chats(*texts: str, seed: int | None = None) -> list[Request]:
    return [Request(chat_prompt((("user", text),)), seed=seed) for text in texts]


def texts(answers: Sequence[Answer]) -> list[str]:
    return [a.text for a in answers]


def always(behaviour: Behaviour) -> Callable[[int, Asked], Behaviour]:
    return lambda number, asked: behaviour


def then_good(*first: Behaviour) -> Callable[[int, Asked], Behaviour]:
    return lambda number, asked: first[number] if number < len(first) else good()


# -- what is asked, and what is made of the answer -------------------------------------------------


def test_chats_and_raw_text_go_where_they_belong() -> None:
    raw = Request(Prompt(messages=(), text="one plus"))
    system = Request(chat_prompt((("system", "be brief"), ("user", "hello"))))
    with FakeServer(always(good())) as fake:
        assert texts(sampler(fake, concurrency=1).generate([raw, system], GREEDY)) == [
            "ONE PLUS",
            "HELLO",
        ]
    first, second = fake.asked
    assert first.path == "/v1/completions" and first.body["prompt"] == "one plus"
    assert second.path == "/v1/chat/completions"
    assert second.body["messages"] == [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "hello"},
    ]
    assert second.headers["Authorization"] == f"Bearer {KEY}"
    assert second.body["model"] == "tiny"


def test_a_greedy_request_asks_for_temperature_0_and_no_draws() -> None:
    with FakeServer(always(good())) as fake:
        sampler(fake).generate(chats("a"), GREEDY)
    sent = fake.asked[0].body
    assert sent["temperature"] == 0 and sent["max_tokens"] == 64
    assert not {"seed", "top_p", "stop"} & set(sent)


def test_a_sampled_request_carries_its_own_seed() -> None:
    sampling = Sampling(max_new_tokens=8, temperature=0.7, top_p=0.9)
    asked = [*chats("a", seed=11), *chats("b", seed=12)]
    with FakeServer(always(good())) as fake:
        sampler(fake, concurrency=1).generate(asked, sampling)
    assert [r.body["seed"] for r in fake.asked] == [11, 12]
    assert {(r.body["temperature"], r.body["top_p"]) for r in fake.asked} == {(0.7, 0.9)}


def test_answers_are_in_order_though_they_come_out_of_order() -> None:
    words = [f"q{i}" for i in range(12)]
    slow_first = lambda n, asked: good(after=0.1 if n % 4 == 0 else 0.0)  # noqa: E731
    with FakeServer(slow_first) as fake:
        answers = sampler(fake, concurrency=4).generate(chats(*words), GREEDY)
    assert texts(answers) == [w.upper() for w in words]


def test_as_many_requests_as_allowed_are_under_way_and_no_more() -> None:
    with FakeServer(always(good(after=0.05))) as fake:
        sampler(fake, concurrency=3).generate(chats(*"abcdefghi"), GREEDY)
    assert fake.most_under_way == 3


def test_no_more_requests_a_minute_than_allowed_are_begun() -> None:
    waits = Waits()
    with FakeServer(then_good(status(500))) as fake:
        sampler(fake, waits, concurrency=1, requests_per_minute=30).generate(chats(*"abc"), GREEDY)
    assert len(fake.asked) == 4
    assert waits.now == pytest.approx(6.0)  # 2 s apart, the try again among them


def test_four_stop_texts_are_sent_and_all_are_applied() -> None:
    sampling = Sampling(max_new_tokens=8, stop=("A:", "B:", "C:", "D:", "E:"))
    with FakeServer(always(good("yes E: no", "length"))) as fake:
        answer = sampler(fake).generate(chats("a"), sampling)[0]
    assert fake.asked[0].body["stop"] == ["A:", "B:", "C:", "D:"]
    assert (answer.text, answer.finish_reason) == ("yes ", "stop")


@pytest.mark.parametrize(
    ("said", "reason"),
    [("stop", "stop"), ("length", "length"), ("eos_token", "stop"), ("content_filter", "error")],
)
def test_finish_reasons_are_ours(said: str, reason: str) -> None:
    with FakeServer(always(good("words", said))) as fake:
        answer = sampler(fake).generate(chats("a"), GREEDY)[0]
    assert (answer.text, answer.finish_reason) == ("words", reason)
    assert (said in (answer.error or "")) == (reason == "error")


def test_an_answer_that_is_all_hidden_thought_is_cut_off_and_empty() -> None:
    thought = lambda h, asked: h.send(200, completion(asked, None, "length"))  # noqa: E731
    with FakeServer(always(thought)) as fake:
        answer = sampler(fake).generate(chats("a"), GREEDY)[0]
    assert (answer.text, answer.finish_reason) == ("", "length")


def test_token_counts_are_the_servers() -> None:
    with FakeServer(always(good())) as fake:
        asking = sampler(fake)
        answer = asking.generate(chats("a"), GREEDY)[0]
    assert (answer.prompt_tokens, answer.completion_tokens) == (7, 3)
    assert "token_counts" not in asking.describe()


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": -1, "completion_tokens": 1e9}, [1]])
def test_missing_token_counts_are_0_and_said_to_be_missing(usage: Any) -> None:
    with FakeServer(always(good(usage=usage))) as fake:
        asking = sampler(fake)
        answers = asking.generate(chats("a", "b"), GREEDY)
    assert [(a.prompt_tokens, a.completion_tokens) for a in answers] == [(0, 0)] * 2
    assert asking.describe()["token_counts"] == "missing in 2 of 2 answers"


def test_what_must_stand_beside_a_verdict_is_described() -> None:
    with FakeServer(always(good(model="tiny-2", system_fingerprint="fp_1"))) as fake:
        asking = sampler(fake)
        asking.generate(chats("a"), GREEDY)
    assert asking.describe() == {
        "url": f"{fake.url}/v1",
        "model": "tiny",
        "chat_template": "the server's own",
        "server": "fake/1",
        "answered_as": "tiny-2",
        "system_fingerprint": "fp_1",
    }


def test_half_a_character_does_not_reach_a_file() -> None:
    with FakeServer(always(good("a\ud83d b"))) as fake:
        answer = sampler(fake).generate(chats("a"), GREEDY)[0]
    assert answer.text.encode() == "a\ufffd b".encode()


def test_a_unit_of_questions_with_samples_and_turns_is_answered() -> None:
    questions = [Question(f"p{i}", chat_prompt((("user", f"q{i}"),))) for i in range(3)]
    asking = Asking(Sampling(8, temperature=1.0), samples=2, revisions=("check",))
    with FakeServer(then_good(status(500), closes)) as fake:
        rows = answer_unit(sampler(fake), questions, asking)
    assert [(r.problem_id, r.sample, r.turn) for r in rows] == [
        (f"p{i}", sample, turn) for i in range(3) for sample in range(2) for turn in range(2)
    ]
    assert {r.text for r in rows} == {"Q0", "Q1", "Q2", "CHECK"}
    assert len({r.seed for r in rows}) == 12


def test_it_works_where_a_loop_is_running_as_in_a_notebook() -> None:
    async def cell() -> list[Answer]:
        return sampler(fake).generate(chats("a"), GREEDY)

    with FakeServer(always(good())) as fake:
        assert texts(asyncio.run(cell())) == ["A"]


def test_it_needs_no_torch_and_no_transformers() -> None:
    code = (
        "import sys; sys.modules |= dict.fromkeys(('torch', 'transformers', 'tokenizers'));"
        "from netgain.generate.endpoint_engine import EndpointSampler;"
        "from netgain.generate.sampler import Request, Sampling;"
        "from netgain.generate.endpoint_server import Server;"
        "from netgain.records import Prompt;"
        "asked = [Request(Prompt((('user', 'a'),)))];"
        "print(EndpointSampler(Server(sys.argv[1], 'tiny')).generate(asked, Sampling(8))[0].text)"
    )
    with FakeServer(always(good())) as fake:
        done = subprocess.run(
            [sys.executable, "-c", code, fake.url], capture_output=True, text=True, timeout=60
        )
    assert done.stdout == "A\n", done.stderr


def test_a_calculator_is_refused() -> None:
    with FakeServer(always(good())) as fake, pytest.raises(EvaluationError, match="token ids"):
        sampler(fake).generate(chats("a"), Sampling(8, pause="calculator"))


def test_a_missing_library_names_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "httpx2", None)
    with pytest.raises(MissingDependency, match=r"pip install 'netgain\[endpoint\]'"):
        EndpointSampler(Server("http://localhost", "tiny"))


# -- faults that cost time and no answer -----------------------------------------------------------

RUBBISH: dict[str, Behaviour] = {
    "an internal error": status(500, b"oops"),
    "overloaded": status(503, b"", Retry_After="1"),
    "too many requests": status(429, b""),
    "closes at once": closes,
    "cut short": cut_short,
    "not json": status(200, b"<html>welcome to the hotel</html>"),
    "nothing": status(200, b""),
    "no object": status(200, [1, 2]),
    "no choices": status(200, {"error": "none"}),
    "empty choices": status(200, {"choices": []}),
    "choices of numbers": status(200, {"choices": [3]}),
    "text that is a number": good(42),
    "text that is nothing": good([], "stop"),
    "NaN": status(200, b'{"choices": [{"message": {"content": "a"}, "finish_reason": NaN}]}'),
    "nested too deeply": status(200, b"[" * 200_000),
    "a number of 5,000 digits": status(200, b'{"choices": ' + b"9" * 5000 + b"}"),
    "not UTF-8": status(200, b'{"choices": "\xff\xfe"}'),
    "megabytes": status(200, b" " * (5 << 20)),
    "packed": status(200, b"\x1f\x8b", Content_Encoding="gzip"),
    "endless": endless,
}


@pytest.mark.parametrize("name", RUBBISH)
def test_each_fault_is_tried_again(name: str) -> None:
    with FakeServer(then_good(RUBBISH[name], RUBBISH[name])) as fake:
        answers = sampler(fake, concurrency=1).generate(chats("a", "b"), GREEDY)
    assert [(a.text, a.finish_reason, a.error) for a in answers] == [
        ("A", "stop", None),
        ("B", "stop", None),
    ]
    assert len(fake.asked) == 4


@pytest.mark.parametrize("silence", [hangs, drips, drips_headers])
def test_silence_ends_by_the_time_limit_and_is_tried_again(silence: Behaviour) -> None:
    with FakeServer(then_good(silence)) as fake:
        answers = sampler(fake, timeout=0.2).generate(chats("a"), GREEDY)
    assert texts(answers) == ["A"]
    assert len(fake.asked) == 2


def test_every_third_request_failing_costs_no_answer() -> None:
    faults = itertools.cycle([status(500), closes, status(429), cut_short])
    words = [f"q{i}" for i in range(40)]
    with FakeServer(lambda n, asked: next(faults) if n % 3 == 0 else good()) as fake:
        answers = sampler(fake).generate(chats(*words), GREEDY)
    assert texts(answers) == [w.upper() for w in words]
    assert not any(a.error for a in answers)


def test_waits_grow_up_to_a_minute() -> None:
    waits = Waits()
    with FakeServer(then_good(*[status(500)] * 9)) as fake:
        sampler(fake, waits, retries=9).generate(chats("a"), GREEDY)
    longest = [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert all(m / 2 <= w <= m for m, w in zip(longest, waits.waited, strict=True))


@pytest.mark.parametrize(("asked_for", "waited"), [("7", 7.0), ("3600", 60.0)])
def test_a_servers_retry_after_is_kept_up_to_a_minute(asked_for: str, waited: float) -> None:
    waits = Waits()
    with FakeServer(then_good(status(429, Retry_After=asked_for))) as fake:
        sampler(fake, waits).generate(chats("a"), GREEDY)
    assert waits.waited == [waited]


def test_retry_after_may_be_a_date() -> None:
    waits = Waits()
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    with FakeServer(then_good(status(503, Retry_After=date))) as fake:
        sampler(fake, waits).generate(chats("a"), GREEDY)
    assert len(waits.waited) == 1 and 20 < waits.waited[0] <= 30


@pytest.mark.parametrize("nonsense", ["soon", "-5", "nan", "1e400"])
def test_a_retry_after_that_is_none_is_passed_over(nonsense: str) -> None:
    waits = Waits()
    with FakeServer(then_good(status(429, Retry_After=nonsense))) as fake:
        sampler(fake, waits).generate(chats("a"), GREEDY)
    assert len(waits.waited) == 1 and 0.5 <= waits.waited[0] <= 1


def test_answers_are_told_as_they_come() -> None:
    told: list[tuple[int, int]] = []
    seen: list[int] = []

    def slower(number: int, asked: Asked) -> Behaviour:
        seen.append(len(told))
        return good()

    with FakeServer(slower) as fake:
        sampler(fake, concurrency=1).generate(
            chats(*"abcd"), GREEDY, lambda answers, tokens: told.append((answers, tokens))
        )
    assert told == [(1, 3)] * 4
    assert seen == [0, 1, 2, 3]  # each before the next is asked for


def test_a_server_that_was_down_for_all_tries_of_some_still_answers_all() -> None:
    with FakeServer(lambda n, asked: closes if n < 6 else good()) as fake:
        answers = sampler(fake, concurrency=2, retries=2).generate(chats(*"abcdef"), GREEDY)
    assert texts(answers) == list("ABCDEF")


# -- a request's own fault -------------------------------------------------------------------------

TOO_LONG = "This model's maximum context length is 2048 tokens, you requested 3000 tokens"


@pytest.mark.parametrize("place", [0, 5])
def test_a_refused_request_is_an_error_and_the_others_are_answered(place: int) -> None:
    asked = list("abcdef")
    asked[place] = "far too long"
    only = lambda n, asked: refusal(TOO_LONG) if "long" in asked.text else good()  # noqa: E731
    with FakeServer(only) as fake:
        answers = sampler(fake, concurrency=1).generate(chats(*asked), GREEDY)
    assert answers[place].finish_reason == "error"
    assert answers[place].error == f"HTTP 400: {TOO_LONG}"
    assert [a.finish_reason for a in answers].count("stop") == 5
    assert sum(r.text == "far too long" for r in fake.asked) == 1


@pytest.mark.parametrize("fault", [status(500, b"worker died"), hangs, good(42)])
def test_a_request_that_alone_fails_every_time_is_an_error(fault: Behaviour) -> None:
    only = lambda n, asked: fault if asked.text == "bad" else good()  # noqa: E731
    with FakeServer(only) as fake:
        asking = sampler(fake, concurrency=1, retries=1, timeout=0.15)
        answers = asking.generate(chats("bad", "b", "c"), GREEDY)
    assert [a.finish_reason for a in answers] == ["error", "stop", "stop"]
    assert answers[0].error and answers[0].text == ""
    assert sum(r.text == "bad" for r in fake.asked) == 4  # both tries, and both again at the end


def test_settings_that_no_request_gets_through_with_end_the_run() -> None:
    with (
        FakeServer(always(refusal("temperature must be at least 1"))) as fake,
        pytest.raises(EvaluationError, match=r"no request with these settings.*at least 1"),
    ):
        sampler(fake).generate(chats("a", "b", "c"), GREEDY)


@pytest.mark.parametrize(
    "words",
    [
        "Unsupported parameter: '{}' is not supported with this model.",
        '{{"type": "extra_forbidden", "loc": ["body", "{}"], "msg": "not permitted"}}',
        "Unrecognized request argument supplied: {}",
    ],
)
@pytest.mark.parametrize("name", ["max_tokens", "stop", "seed"])
def test_a_parameter_that_a_server_does_not_take_is_left_out(name: str, words: str) -> None:
    sampling = Sampling(max_new_tokens=9, temperature=1.0, stop=("END",))
    with FakeServer(
        lambda n, asked: (
            refusal(words.format(name), 422) if name in asked.body else good("yes END no")
        )
    ) as fake:
        asking = sampler(fake, concurrency=3)
        answers = asking.generate(chats("a", "b", "c", seed=5), sampling)
    assert texts(answers) == ["yes "] * 3
    assert asking.describe()["not_taken"] == name
    last = fake.asked[-1].body
    assert (last.get("max_completion_tokens") == 9) == (name == "max_tokens")


# -- a server that is gone, or was never there -----------------------------------------------------


def test_a_server_that_dies_midway_ends_the_run_and_the_rest_can_be_asked_later() -> None:
    fake = FakeServer(always(good()))

    def dies(number: int, asked: Asked) -> Behaviour:
        if number >= 3:
            threading_stop(fake)
            return closes
        return good()

    fake.choose = dies
    asking = sampler(fake, concurrency=2, retries=3)
    with pytest.raises(EvaluationError, match=r"127\.0\.0\.1.*answers so far are kept; start"):
        asking.generate(chats(*"abcdefgh"), GREEDY)
    fake.choose = always(good())
    fake.start(fake.port)
    with fake:
        assert texts(asking.generate(chats(*"abcdefgh"), GREEDY)) == list("ABCDEFGH")


def threading_stop(fake: FakeServer) -> None:
    with fake.lock:
        fake.stop()


ENDINGS: dict[str, tuple[Behaviour, str]] = {
    "errors": (status(502, b"bad gateway"), "answers HTTP 502: bad gateway after 3 tries"),
    "silence": (hangs, r"no whole answer within 0\.1 s after 3 tries \(a longer timeout may help"),
    "rubbish": (status(200, b"<html>"), "is no JSON: '<html>'"),
    "closing": (closes, "broke off"),
    "rate limits": (status(429, b"slow down"), "lets no request through.*slow down"),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_a_server_that_answers_nobody_makes_no_errors_but_ends_the_run(name: str) -> None:
    behaviour, words = ENDINGS[name]
    with FakeServer(always(behaviour)) as fake, pytest.raises(EvaluationError, match=words):
        sampler(fake, retries=2, timeout=0.1).generate(chats(*"abc"), GREEDY)


def test_a_server_that_answers_a_plain_question_but_none_of_ours_ends_the_run() -> None:
    plain = lambda n, asked: good("2") if asked.text == "What is 1 + 1?" else hangs  # noqa: E731
    with FakeServer(plain) as fake, pytest.raises(EvaluationError, match="a longer timeout"):
        sampler(fake, retries=1, timeout=0.1).generate(chats("a", "b"), GREEDY)


def test_a_reply_of_megabytes_is_not_taken_though_it_is_whole() -> None:
    with (
        FakeServer(always(good("a" * (4 << 20)))) as fake,
        pytest.raises(EvaluationError, match="more than 4 MiB"),
    ):
        sampler(fake, retries=0).generate(chats("a"), GREEDY)


def test_a_server_that_stops_working_midway_makes_no_errors_but_ends_the_run() -> None:
    with (
        FakeServer(lambda n, asked: good() if n < 4 else status(500)) as fake,
        pytest.raises(EvaluationError, match="HTTP 500"),
    ):
        sampler(fake, concurrency=1, retries=1).generate(chats(*"abcdefghij"), GREEDY)
    assert len(fake.asked) < 12  # not every question is tried before it is given up


def test_where_nobody_listens_the_message_says_so() -> None:
    fake = FakeServer(always(good()))
    fake.stop()
    with pytest.raises(EvaluationError, match="cannot be reached"):
        sampler(fake, retries=0).generate(chats("a"), GREEDY)


@pytest.mark.parametrize("code", [401, 403])
def test_a_refused_key_ends_the_run_at_once_and_names_the_variable(
    code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeServer(always(refusal("who are you", code))) as fake:
        with pytest.raises(EvaluationError, match=r"the key in OPENAI_API_KEY.*who are you"):
            sampler(fake, concurrency=1).generate(chats(*"abc"), GREEDY)
        assert len(fake.asked) <= 3
        monkeypatch.delenv("OPENAI_API_KEY")
        with pytest.raises(EvaluationError, match=r"OPENAI_API_KEY unset.*set OPENAI_API_KEY"):
            sampler(fake, concurrency=1).generate(chats("a"), GREEDY)
    assert "Authorization" not in fake.asked[-1].headers


def test_an_unknown_model_is_told_with_the_ones_there_are() -> None:
    with (
        FakeServer(always(refusal("no such model", 404)), models=("small", "large")) as fake,
        pytest.raises(EvaluationError, match="no model 'tiny'; it has small, large"),
    ):
        sampler(fake).generate(chats("a"), GREEDY)


def test_a_path_that_is_missing_though_the_model_is_there_is_told_as_such() -> None:
    with (
        FakeServer(always(status(404)), models=("tiny",)) as fake,
        pytest.raises(EvaluationError, match="no such path"),
    ):
        sampler(fake).generate(chats("a"), GREEDY)


def test_a_key_that_no_header_can_hold_is_refused_without_showing_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MY_KEY", "secret\nX-Other: 1")
    with FakeServer(always(good())) as fake:
        with pytest.raises(EvaluationError, match="MY_KEY") as caught:
            sampler(fake, key_variable="MY_KEY").generate(chats("a"), GREEDY)
        assert not fake.asked
    assert "secret" not in str(caught.value)


def test_a_redirection_is_not_followed_and_the_key_goes_nowhere() -> None:
    with FakeServer(always(good())) as other:
        away = status(307, b"", Location=f"{other.url}/v1/chat/completions?k={KEY}")
        with (
            FakeServer(always(away)) as fake,
            pytest.raises(EvaluationError, match=f"elsewhere.*127.0.0.1:{other.port}"),
        ):
            sampler(fake).generate(chats("a"), GREEDY)
        assert not other.asked


def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeServer(always(good())) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        asking = EndpointSampler(Server("http://model.invalid/v1", "tiny"))
        assert texts(asking.generate(chats("a"), GREEDY)) == ["A"]
    assert proxy.asked[0].path == "http://model.invalid/v1/chat/completions"


def test_an_unusable_proxy_setting_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "gopher://me:hunter22@proxy")
    with pytest.raises(EvaluationError, match="HTTP_PROXY") as caught:
        EndpointSampler(Server("http://model.invalid", "tiny")).generate(chats("a"), GREEDY)
    assert "hunter22" not in "".join(traceback.format_exception(caught.value))


# -- the key ---------------------------------------------------------------------------------------


def echo(code: int, asked: Asked) -> Behaviour:
    """A server that sends the key back in every place it can."""
    header = asked.headers["Authorization"]
    more = {"model": header, "system_fingerprint": header, "usage": header}
    body = completion(asked, f"your header is {header}", header, **more)
    if code == 666:
        return status(200, f"<html>{header} {json.dumps(header)}".encode(), X_Echo=header)
    if code >= 300:
        body = json.dumps({"error": {"message": f"bad {header}", "header": header}}).encode()
    return status(code, body, f"no {header}", X_Echo=header, Server=header, Location=f"/{header}")


@pytest.mark.parametrize("code", [200, 307, 400, 401, 404, 429, 500, 666])
def test_the_key_is_nowhere(code: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    seen: list[object] = []
    with FakeServer(lambda n, asked: echo(code, asked), models=(f"m {KEY}",)) as fake:
        asking = sampler(fake, retries=1)
        try:
            seen += asking.generate(chats("a", "b", "c"), GREEDY)
        except EvaluationError as error:
            seen += [error, error.__cause__, error.__context__, vars(error)]
            whole = traceback.TracebackException.from_exception(error, capture_locals=True)
            seen += ["".join(whole.format())]
    assert all(r.headers["Authorization"].endswith(KEY) for r in fake.asked)
    seen += [asking.describe(), asking.server, vars(asking)]
    seen += [(r.getMessage(), r.msg, r.args, vars(r)) for r in caplog.records]
    # The library logs headers at this level, and the key is sent back in one.
    assert not any(r.name.startswith("httpcore2") for r in caplog.records)
    everything = repr(seen) + "".join(str(one) for one in seen)
    assert "[key]" in everything
    for part in (KEY, KEY[3:], "Secret", KEY.replace("/", "%2F")):
        assert part not in everything


def test_a_placeholder_for_a_key_is_left_in_the_models_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "EMPTY")
    with FakeServer(always(good("the box is EMPTY"))) as fake:
        assert texts(sampler(fake).generate(chats("a"), GREEDY)) == ["the box is EMPTY"]


def test_logs_of_others_are_as_before_afterwards() -> None:
    before = [logging.getLogger(name).level for name in ("httpx2", "httpcore2")]
    with FakeServer(always(good())) as fake:
        sampler(fake).generate(chats("a"), GREEDY)
    assert [logging.getLogger(name).level for name in ("httpx2", "httpcore2")] == before


# -- settings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "url is missing"),
        ("localhost:8000/v1", "does not say http:// or https://; for example http://localhost"),
        ("ftp://host/v1", "must begin with http"),
        ("http:///v1", "names no host"),
        ("http://host:99999", "port"),
        ("http://host name", "white space"),
        ("http://host/v1/chat/completions", "goes too far.*'/v1'"),
        ("http://me:hunter22@host/v1", "no user name, password"),
        ("https://host/v1?key=hunter22", "no user name, password, query"),
    ],
)
def test_a_url_that_cannot_be_used_is_said_why(url: str, words: str) -> None:
    with pytest.raises(RecipeError, match=words) as caught:
        Server(url, "tiny")
    assert "hunter22" not in str(caught.value)


def test_all_mistakes_are_said_at_once_and_a_key_given_as_a_name_is_not_shown() -> None:
    with pytest.raises(RecipeError) as caught:
        Server("host", "", 0, -1, float("nan"), -1, key_variable=KEY)
    said = str(caught.value)
    for name in ("url", "model", "concurrency", "requests_per_minute", "timeout", "retries"):
        assert name in said
    assert "key_variable" in said and KEY not in said


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://localhost:11434", "http://localhost:11434/v1"),
        ("http://localhost:8000/v1/", "http://localhost:8000/v1"),
        ("https://host/openai/v1", "https://host/openai/v1"),
        ("http://[::1]:8000", "http://[::1]:8000/v1"),
    ],
)
def test_v1_is_meant_where_no_path_is_given(url: str, base: str) -> None:
    assert Server(url, "tiny").base == base
