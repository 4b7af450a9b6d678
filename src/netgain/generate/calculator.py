"""The calculator that GSM8K's annotations were made for.

A model trained on them writes `<<48/2=24>>24`. Here generation pauses after `<<48/2=`, the
expression is computed, and `24>>` is written into the answer before the model goes on, as in the
sampling code of Cobbe et al. 2021 (arXiv:2110.14168; github.com/openai/grade-school-math,
`calculator.py`). Figures with and without it are different figures.
"""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Literal

from netgain.diagnosis.arithmetic import parse
from netgain.diagnosis.tokens import scan
from netgain.errors import EvaluationError
from netgain.generate.sampler import (
    Answer,
    Request,
    Sampler,
    Sampling,
    Tell,
    read_answer,
    wants_result,
)
from netgain.models.render import Renderer
from netgain.text.numbers import format_number

MOST_RESULTS = 60  # computed in one answer; a model that asks for more goes round in a circle
DECIMALS = 10  # of a result that does not end


def answer_with_calculator(
    sampler: Sampler, requests: Sequence[Request], sampling: Sampling, tell: Tell | None = None
) -> list[Answer]:
    """Answers in which the expressions of open annotations are computed, in order.

    Each round goes on with all answers that paused: what was written so far is part of the next
    prompt. An expression that cannot be computed is left to the model.

    Raises:
        EvaluationError: the engine takes no token ids, so that no answer can be gone on with.
    """
    if sampler.renderer is None:
        raise EvaluationError(
            "the calculator needs an engine that takes token ids, and a server takes text; "
            "choose another engine"
        )
    written: list[list[int]] = [[] for _ in requests]
    answers: dict[int, Answer] = {}
    seconds = [0.0] * len(requests)
    going = list(range(len(requests)))
    results = 0
    while going:
        results += 1
        pause: Literal["calculator"] | None = "calculator" if results <= MOST_RESULTS else None
        found = _go_on(sampler, requests, replace(sampling, pause=pause), written, going, tell)
        paused = []
        for i, answer in zip(going, found, strict=True):
            seconds[i] += answer.seconds
            written[i] += answer.ids
            answers[i] = answer
            room = sampling.max_new_tokens - len(written[i])
            if pause and room > 0 and wants_result(answer.text):
                paused.append(i)
                written[i] += _result_ids(sampler.renderer, answer.text)[:room]
        before = len(going)
        going = [i for i in paused if len(written[i]) < sampling.max_new_tokens]
        if tell is not None:
            tell(before - len(going), 0)
    return [
        _whole(sampler.renderer, answers[i], len(requests[i].ids), written[i], seconds[i], sampling)
        for i in range(len(requests))
    ]


def result_of(text: str) -> str | None:
    """The value of the expression that the text ends in, as it is written into an answer.

    >>> result_of("in all <<48/2+1="), result_of("each <<1/3="), result_of("<<1/0=")
    ('25', '0.3333333333', None)
    """
    side = parse(scan(text[text.rindex("<<") + 2 : -1].replace(",", "")).tokens)
    if side is None or side.value is None:
        return None
    plain = format_number(Fraction(side.value))
    return f"{float(side.value):.{DECIMALS}f}".rstrip("0").rstrip(".") if "/" in plain else plain


def _go_on(
    sampler: Sampler,
    requests: Sequence[Request],
    sampling: Sampling,
    written: Sequence[list[int]],
    going: Sequence[int],
    tell: Tell | None,
) -> list[Answer]:
    """The next piece of each answer, none longer than it may still be."""
    left = [sampling.max_new_tokens - len(written[i]) for i in going]
    asked = []
    for i in going:
        seed = requests[i].seed  # another one for each piece, or its draws would be the first's
        ids = (*requests[i].ids, *written[i])
        asked.append(
            replace(requests[i], ids=ids, seed=None if seed is None else seed + len(written[i]))
        )
    tell_tokens: Tell | None = None if tell is None else lambda _, tokens: tell(0, tokens)
    found = sampler.generate(asked, replace(sampling, max_new_tokens=max(left)), tell_tokens)
    return [
        a if len(a.ids) <= room else replace(a, ids=a.ids[:room], text="", finish_reason="length")
        for a, room in zip(found, left, strict=True)
    ]


def _result_ids(renderer: Renderer, text: str) -> list[int]:
    result = result_of(text)
    if result is None:
        return []
    return list(renderer.tokenizer(f"{result}>>", add_special_tokens=False)["input_ids"])


def _whole(
    renderer: Renderer,
    last: Answer,
    prompt_tokens: int,
    written: Sequence[int],
    seconds: float,
    sampling: Sampling,
) -> Answer:
    """All pieces of an answer as one, ended as its last piece did."""
    whole = read_answer(renderer, written, prompt_tokens, seconds, replace(sampling, pause=None))
    at_limit = len(written) >= sampling.max_new_tokens and wants_result(last.text)
    reason = "length" if at_limit else last.finish_reason
    return replace(whole, finish_reason=reason, error=last.error)
