"""A unit of work: some questions, each with its samples and turns, answered by a loaded engine.

It is a plain function of plain data, so it gives the same rows in this process and in a worker on
another machine (`scale_out.answer_on_workers`).
"""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from netgain.errors import EvaluationError
from netgain.generate.calculator import answer_with_calculator
from netgain.generate.sampler import Answer, Request, Sampler, Sampling, Tell
from netgain.prompts import chat_prompt
from netgain.records import Generation, Prompt

log = logging.getLogger("netgain")
Load = Callable[[], Sampler]  # loads the engine; picklable, so that a worker can do it
Done = Callable[[int, list[Generation]], None]  # stores a unit's answers, in this process alone


@dataclass(frozen=True)
class Question:
    """A problem as it is asked."""

    problem_id: str
    prompt: Prompt


@dataclass(frozen=True)
class Asking:
    """How often and in how many turns each question is answered.

    `revisions` are what the model is told after each of its answers, in turn: with two of them
    every question has three answers, turn 0 to 2. With `calculator` the expression of an open
    annotation (`<<3*4=`) is computed and written into the answer. `at_once` is the most answers
    that the engine is given together; None is all of a unit.
    """

    sampling: Sampling
    samples: int = 1
    seed: int = 0
    revisions: tuple[str, ...] = ()
    calculator: bool = False
    at_once: int | None = None


def answer_here(
    load: Load,
    units: Mapping[int, Sequence[Question]],
    asking: Asking,
    done: Done,
    tell: Tell | None = None,
) -> None:
    """Answer every unit in the order given, and tell `done` of each as it is finished.

    Args:
        units: questions by the unit's number.
        done: called once for every unit, with its number and `answer_unit`'s rows.
        tell: called while a unit is answered.
    """
    if units:
        sampler = load()
        for unit, questions in units.items():
            done(unit, answer_unit(sampler, questions, asking, tell))


def answer_unit(
    sampler: Sampler, questions: Sequence[Question], asking: Asking, tell: Tell | None = None
) -> list[Generation]:
    """Every answer to these questions: by question, then sample, then turn.

    Raises:
        EvaluationError: revisions are asked for, and a prompt is no chat.
    """
    asked = [(q, sample) for q in questions for sample in range(asking.samples)]
    prompts = [q.prompt for q, _ in asked]
    turns: list[list[Generation]] = []
    for turn in range(len(asking.revisions) + 1):
        if turn:
            words = asking.revisions[turn - 1]
            prompts = [
                _revised(prompt, row, words)
                for prompt, row in zip(prompts, turns[-1], strict=True)
            ]  # fmt: skip
        keys = [(q.problem_id, sample, turn) for q, sample in asked]
        turns.append(_answer_turn(sampler, keys, prompts, asking, tell))
    return [row for rows in zip(*turns, strict=True) for row in rows]


def answer_seed(asking: Asking, problem_id: str, sample: int, turn: int) -> int | None:
    """What decides one answer's draws, whatever it is answered together with; None for greedy."""
    if asking.sampling.temperature == 0:
        return None
    content = f"{asking.seed}:{problem_id}:{sample}:{turn}".encode()
    return int.from_bytes(hashlib.sha256(content).digest()[:4], "big")


def _answer_turn(
    sampler: Sampler,
    keys: Sequence[tuple[str, int, int]],
    prompts: Sequence[Prompt],
    asking: Asking,
    tell: Tell | None,
) -> list[Generation]:
    renderer = sampler.renderer
    requests = [
        Request(
            prompt,
            () if renderer is None else tuple(renderer.prompt_ids(prompt)),
            answer_seed(asking, *key),
        )
        for key, prompt in zip(keys, prompts, strict=True)
    ]
    size = asking.at_once or len(requests)
    answers = [
        answer
        for at in range(0, len(requests), size)
        for answer in answer_all(sampler, requests[at : at + size], asking, tell)
    ]
    return [
        Generation(
            problem_id=key[0], sample=key[1], turn=key[2], text=a.text,
            finish_reason=a.finish_reason, prompt_tokens=a.prompt_tokens,
            completion_tokens=a.completion_tokens, seconds=a.seconds, seed=request.seed,
            prompt_digest=request.prompt.digest, error=a.error, token_ids=a.ids,
        )
        for key, request, a in zip(keys, requests, answers, strict=True)
    ]  # fmt: skip


def answer_all(
    sampler: Sampler, requests: Sequence[Request], asking: Asking, tell: Tell | None = None
) -> list[Answer]:
    """Answers to all; when memory runs out the halves are answered one after the other."""
    try:
        if asking.calculator:
            return answer_with_calculator(sampler, requests, asking.sampling, tell)
        return sampler.generate(requests, asking.sampling, tell)
    except Exception as error:
        if len(requests) == 1 or not _is_out_of_memory(error):
            raise
        error.__traceback__ = None  # its frames hold the failed batch's memory
    from netgain.models.loading import free_memory

    free_memory()
    half = len(requests) // 2
    log.warning("out of memory with %d answers at once: going on with %d", len(requests), half)
    return [
        *answer_all(sampler, requests[:half], asking, tell),
        *answer_all(sampler, requests[half:], asking, tell),
    ]


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError):
        return True
    if not isinstance(error, RuntimeError):
        return False
    from netgain.models.loading import is_out_of_memory

    return is_out_of_memory(error)


def refuse_raw_text(prompt: Prompt) -> None:
    """Raise EvaluationError where a prompt is no chat, which no revision could go on with."""
    if not prompt.messages:
        raise EvaluationError(
            "revisions need a chat prompt, and this prompt style is raw text; choose another "
            "prompt.style, or leave revisions out"
        )


def _revised(prompt: Prompt, answer: Generation, words: str) -> Prompt:
    refuse_raw_text(prompt)
    return chat_prompt((*prompt.messages, ("assistant", answer.text), ("user", words)))
