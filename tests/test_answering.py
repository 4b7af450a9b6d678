"""A unit of work: samples, turns, the calculator and where an answer ends, whatever the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from netgain.errors import EvaluationError
from netgain.generate.answering import Asking, Question, answer_unit
from netgain.generate.calculator import answer_with_calculator, result_of
from netgain.generate.sampler import (
    Answer,
    Request,
    Sampling,
    StopWatch,
    cut_at_stop,
    read_answer,
    wants_result,
)
from netgain.prompts import chat_prompt
from netgain.records import Prompt

END = 1


class Letters:
    """A tokenizer whose tokens are single characters, of the ids that `ord` gives."""

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = True) -> str:
        return "".join(chr(i) for i in ids if i != END)

    def __call__(self, text: str, add_special_tokens: bool = True) -> dict[str, list[int]]:
        return {"input_ids": [ord(c) for c in text]}


@dataclass
class LettersRenderer:
    tokenizer: Any = field(default_factory=Letters)
    stop_ids: tuple[int, ...] = (END,)

    def prompt_ids(self, prompt: Prompt) -> list[int]:
        text = prompt.text or "".join(f"{role}:{words}|" for role, words in prompt.messages)
        return [ord(c) for c in text]


@dataclass
class Scripted:
    """Goes on with what `script` says should stand after the prompt, a letter a token."""

    script: Callable[[str, int | None], str]
    renderer: Any = field(default_factory=LettersRenderer)
    asked: list[Request] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)

    def generate(
        self, requests: Sequence[Request], sampling: Sampling, tell: Any = None
    ) -> list[Answer]:
        self.batches.append(len(requests))
        self.asked += requests
        answers = [self._answer(r, sampling) for r in requests]
        for answer in answers if tell is not None else ():
            tell(1, answer.completion_tokens)
        return answers

    def _answer(self, request: Request, sampling: Sampling) -> Answer:
        decode = self.renderer.tokenizer.decode
        watch = StopWatch(self.renderer.tokenizer, sampling)
        row: list[int] = []
        for letter in [*map(ord, self.script(decode(request.ids), request.seed)), END]:
            row.append(letter)
            if len(row) == sampling.max_new_tokens or watch.ended(row):
                break
        return read_answer(self.renderer, row, len(request.ids), 1.0, sampling)


def questions(*texts: str) -> list[Question]:
    return [Question(f"p{i}", chat_prompt((("user", text),))) for i, text in enumerate(texts)]


# -- samples and turns ---------------------------------------------------------------------


def test_samples_of_a_problem_have_different_seeds_that_the_batch_does_not_change() -> None:
    asking = Asking(Sampling(9, temperature=0.7), samples=3, seed=5)
    sampler = Scripted(lambda prompt, seed: str(seed))
    rows = answer_unit(sampler, questions("a", "b"), asking)
    assert [(g.problem_id, g.sample) for g in rows] == [
        (p, s) for p in ("p0", "p1") for s in range(3)
    ]
    assert len({g.seed for g in rows}) == 6
    alone = answer_unit(sampler, questions("a", "b")[1:], asking)
    assert [g.seed for g in alone] == [g.seed for g in rows[3:]]
    assert [g.seed for g in answer_unit(sampler, questions("a"), Asking(Sampling(9)))] == [None]


def test_each_revision_is_told_after_the_answer_before_and_every_turn_is_kept() -> None:
    sampler = Scripted(lambda prompt, seed: f"{prompt.count('|')}")
    asking = Asking(Sampling(9), revisions=("check", "again"))
    rows = answer_unit(sampler, questions("a", "b"), asking)
    assert [(g.problem_id, g.turn, g.text) for g in rows] == [
        (p, turn, text) for p in ("p0", "p1") for turn, text in enumerate(("1", "3", "5"))
    ]
    assert sampler.asked[-1].prompt.messages == (
        ("user", "b"), ("assistant", "1"), ("user", "check"), ("assistant", "3"), ("user", "again"),
    )  # fmt: skip
    assert len({g.prompt_digest for g in rows}) == 6


def test_a_raw_text_prompt_cannot_be_revised_and_the_message_says_so() -> None:
    raw = [Question("p", Prompt((), "Q: 1+1\nA:", "d"))]
    sampler = Scripted(lambda prompt, seed: "2")
    with pytest.raises(EvaluationError, match="need a chat prompt"):
        answer_unit(sampler, raw, Asking(Sampling(9), revisions=("check",)))


def test_when_memory_runs_out_halves_are_answered_and_nothing_is_lost() -> None:
    sampler = Scripted(lambda prompt, seed: prompt)

    def small(requests: Sequence[Request], sampling: Sampling, tell: object = None) -> list[Answer]:
        if len(requests) > 2:
            raise MemoryError
        return Scripted.generate(sampler, requests, sampling)

    sampler.generate = small  # type: ignore[method-assign]
    rows = answer_unit(sampler, questions(*"abcdefg"), Asking(Sampling(30)))
    assert [g.text for g in rows] == [f"user:{c}|" for c in "abcdefg"]
    assert max(sampler.batches) == 2


# -- where an answer ends ------------------------------------------------------------------


def test_an_answer_ends_before_the_first_stop_text_and_counts_as_ended() -> None:
    sampling = Sampling(99, stop=("\n\nQuestion:", "END"))
    sampler = Scripted(lambda prompt, seed: "so 4\n\nQuestion: what is it? END")
    (row,) = answer_unit(sampler, questions("2+2"), Asking(sampling))
    assert (row.text, row.finish_reason) == ("so 4", "stop")
    assert row.completion_tokens == len("so 4\n\nQuestion:")  # generation stopped there


def test_an_answer_that_reaches_the_limit_is_cut_off() -> None:
    sampler = Scripted(lambda prompt, seed: "abcdef")
    (row,) = answer_unit(sampler, questions("x"), Asking(Sampling(4, stop=("zz",))))
    assert (row.text, row.finish_reason, row.completion_tokens) == ("abcd", "length", 4)


def test_the_first_of_several_stop_texts_counts() -> None:
    assert cut_at_stop("a Q: b END c", Sampling(9, stop=("END", "Q:"))) == ("a ", True)
    assert cut_at_stop("a b", Sampling(9, stop=("END",))) == ("a b", False)


# -- the calculator ------------------------------------------------------------------------


def calculated(script: dict[str, str], limit: int = 200) -> tuple[Answer, Scripted]:
    """The answer of a model that goes on after each text as `script` says."""

    def goes_on(prompt: str, seed: int | None) -> str:
        return next(more for end, more in script.items() if prompt.endswith(end))

    sampler = Scripted(goes_on)
    request = Request(Prompt((), "Q", "d"), tuple(map(ord, "Q")))
    return answer_with_calculator(sampler, [request], Sampling(limit))[0], sampler


def test_open_annotations_are_computed_and_the_model_goes_on_after_them() -> None:
    answer, _ = calculated(
        {
            "Q": "48 / 2 = <<48/2=23>>23",
            "<<48/2=24>>": "24, and 48+24 = <<48+24=99",
            "<<48+24=72>>": "72\n#### 72",
        }
    )
    assert answer.text == "48 / 2 = <<48/2=24>>24, and 48+24 = <<48+24=72>>72\n#### 72"
    assert answer.finish_reason == "stop"
    assert answer.ids == tuple(map(ord, answer.text))


def test_an_answer_without_annotations_is_left_as_it_is() -> None:
    answer, sampler = calculated({"Q": "2 + 2 = 4\n#### 4"})
    assert answer.text == "2 + 2 = 4\n#### 4"
    assert sampler.batches == [1]


def test_an_expression_that_cannot_be_computed_is_left_to_the_model() -> None:
    answer, _ = calculated({"Q": "<<3/0=7>>7", "<<3/0=": "7>>7"})
    assert answer.text == "<<3/0=7>>7"


def test_a_model_that_goes_round_in_annotations_ends_at_the_limit() -> None:
    answer, _ = calculated({"Q": "<<1+1=", ">>": "<<1+1="}, limit=95)
    assert answer.finish_reason == "length"
    assert len(answer.ids) <= 95


@pytest.mark.parametrize(
    ("text", "result"),
    [("<<48/2=", "24"), ("<<1/3=", "0.3333333333"), ("<<2*(3+4)=", "14"), ("<<1,200*2=", "2400"),
     ("<<.5*3=", "1.5"), ("<<1-4=", "-3"), ("<<3/0=", None), ("<<3+=", None)],
)  # fmt: skip
def test_results_are_exact_and_written_plainly(text: str, result: str | None) -> None:
    assert wants_result(text)
    assert result_of(text) == result


@pytest.mark.parametrize("text", ["3*4=", "<<3*4", "<<3*4=12", "<<x*4=", "<<=", "<< 3*4=\n"])
def test_nothing_else_asks_for_a_result(text: str) -> None:
    assert not wants_result(text)


# -- what is told --------------------------------------------------------------------------


@pytest.mark.parametrize("calculator", [False, True])
def test_each_answer_is_told_once_whatever_its_samples_turns_and_pieces(calculator: bool) -> None:
    told: list[tuple[int, int]] = []
    script = lambda prompt, seed: "<<2*3=" if "=" not in prompt else "so"  # noqa: E731
    sampling = Sampling(30, temperature=1.0)
    asking = Asking(sampling, samples=3, revisions=("again",), calculator=calculator)
    rows = answer_unit(
        Scripted(script), questions("a", "b"), asking, lambda *counts: told.append(counts)
    )
    assert sum(answers for answers, _ in told) == len(rows) == 2 * 3 * 2
    assert 0 < sum(tokens for _, tokens in told) <= sum(g.completion_tokens for g in rows)
