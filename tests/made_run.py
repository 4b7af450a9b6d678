"""A whole run's records without a run: built-in problems, and answers made by rule.

What is made of them goes through the same analysis as a real run's, so a report of it has every
section. The answers are right, or wrong in one of the ways that a diagnosis tells apart. Words
drawn at random make texts as long, and as hard to compress, as those of GSM8K.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from netgain.analysis.assembling import assemble
from netgain.analysis.inputs import RunRecords
from netgain.data.wordproblems import word_problems
from netgain.diagnosis import diagnose
from netgain.grading import grade_all
from netgain.recipe import parse_recipe
from netgain.records import (
    Diagnosis,
    EvaluationSummary,
    Findings,
    FinishReason,
    Generation,
    Grade,
    Problem,
    Prompt,
    TrainingLog,
    TrainingPoint,
)
from netgain.text.numbers import format_number

RIGHT = {"base": 0.35, "tuned": 0.5}  # of the problems
LIMIT = 256
INSTRUCTION = 'Solve the problem step by step. End with a line "#### " followed by the number.'
HARDWARE = {"processor": "made up", "cores": "2", "memory": "8 GiB", "system": "Linux"}
VERSIONS = {"python": "3.11.7", "netgain": "0.1.0", "torch": "2.13.0", "transformers": "5.23.0"}


def made_findings(n: int = 60, seed: int = 3, **more: Any) -> Findings:
    """The findings of a made run; `more` are fields of `RunRecords`, as `further`."""
    return assemble(made_records(n, seed, **more))


def made_records(n: int = 60, seed: int = 3, **more: Any) -> RunRecords:
    """`n` problems that both models answered, a training log, and all that belongs to a run."""
    problems = [with_a_scene(p) for p in word_problems(n, seed)]
    generations = {m: [answered(m, p, seed) for p in problems] for m in RIGHT}
    grades = {m: grade_all(problems, rows) for m, rows in generations.items()}
    log = training_log()
    return RunRecords(
        recipe=recipe(),
        facts={"command": "netgain run recipe.yaml", "versions": VERSIONS, "hardware": HARDWARE},
        split=split(problems),
        training=training(),
        state=log,
        problems=problems,
        summaries={m: summary(m, rows) for m, rows in generations.items()},
        generations=generations,
        grades=grades,
        place="runs/made",
        diagnoses={m: diagnosed(problems, generations[m], grades[m]) for m in RIGHT},
        prompts={p.id: prompt(p) for p in problems},
        **more,
    )


def diagnosed(
    problems: Sequence[Problem], generations: Sequence[Generation], grades: Sequence[Grade]
) -> dict[str, Diagnosis]:
    """Problem id -> where and why its answer went wrong, for each wrong answer."""
    return {
        p.id: diagnose(
            p.question, g.text, gold_solution=p.solution, gold_answer=p.answer,
            finish_reason=g.finish_reason,
        )
        for p, g, judged in zip(problems, generations, grades, strict=True)
        if not judged.correct
    }  # fmt: skip


def prompt(problem: Problem) -> Prompt:
    return Prompt((("user", f"{problem.question}\n{INSTRUCTION}"),), digest="made")


# --- texts


@cache
def vocabulary() -> tuple[str, ...]:
    """The words of built-in problems."""
    texts = " ".join(p.question for p in word_problems(300, 1))
    return tuple(sorted(set(re.findall(r"\b[a-z]{3,}\b", texts))))


def chatter(words: int, rng: random.Random) -> str:
    """A sentence of words that say nothing."""
    return f"{' '.join(rng.choices(vocabulary(), k=words)).capitalize()}."


def with_a_scene(problem: Problem) -> Problem:
    scene = chatter(14, random.Random(problem.id))
    return replace(problem, question=f"{scene} {problem.question}")


def answered(model: str, problem: Problem, seed: int) -> Generation:
    """One model's answer; which problems it gets right is drawn by model, problem and seed."""
    rng = random.Random(f"{model} {problem.id} {seed}")
    # Half of the draw is the problem's own, so that both models find the same ones hard.
    shared = random.Random(f"{problem.id} {seed}").random()
    right = 0.5 * shared + 0.5 * rng.random() < _threshold(RIGHT[model])
    text, finish = told(problem, rng), "stop"
    if not right:
        text, finish = rng.choice(WRONG)(problem, rng)
    tokens = LIMIT if finish == "length" else max(1, len(text) // 4)
    reason: FinishReason = "length" if finish == "length" else "stop"
    return Generation(problem.id, 0, 0, text, reason, 80, tokens, 0.5, None, "made")


def _threshold(share: float) -> float:
    """Where the mean of two uniform draws lies with probability `share` (at most a half)."""
    return math.sqrt(share / 2)


def told(problem: Problem, rng: random.Random, change: Mapping[str, str] | None = None) -> str:
    """The reference solution in sentences, as a model tells it; `change` replaces lines."""
    *steps, final = problem.solution.splitlines()
    lines = [(change or {}).get(line, line) for line in steps]
    spoken = [
        f"{i}. {chatter(15, rng)} {re.sub(r'<<.*?>>', '', line)}" for i, line in enumerate(lines, 1)
    ]
    return "\n".join(["Let us go through the problem step by step.", *spoken, final])


def arithmetic(problem: Problem, rng: random.Random) -> tuple[str, str]:
    """One result is false, and the answer with it."""
    *steps, _ = problem.solution.splitlines()
    line = rng.choice(steps)
    false = re.sub(r"(\d+)(?=\D*$)", lambda m: str(int(m[1]) + rng.randint(1, 9)), line)
    return _ending(told(problem, rng, {line: false}), problem, rng), "stop"


def setup(problem: Problem, rng: random.Random) -> tuple[str, str]:
    """True sums by another plan."""
    numbers = [int(x) for x in re.findall(r"\d+", problem.question)][:2] or [2, 3]
    first, last = numbers[0], numbers[-1]
    text = f"We add what is given: {first} + {last} = {first + last}.\n#### {first + last}"
    if text.endswith(f" {_answer(problem)}"):  # the other plan comes to the same number
        text = _ending(text, problem, rng)
    return text, "stop"


def cut_off(problem: Problem, rng: random.Random) -> tuple[str, str]:
    text = told(problem, rng)
    return text[: max(10, int(len(text) * rng.uniform(0.3, 0.7)))].rstrip("#"), "length"


def looping(problem: Problem, rng: random.Random) -> tuple[str, str]:
    return "So we count them once more.\n" * 30, "length"


def silent(problem: Problem, rng: random.Random) -> tuple[str, str]:
    return "I cannot say; the question does not tell enough.", "stop"


WRONG = (arithmetic, arithmetic, setup, setup, cut_off, looping, silent)


def _ending(text: str, problem: Problem, rng: random.Random) -> str:
    """The text with another final answer than the right one."""
    return f"{text.rpartition('####')[0]}#### {_answer(problem)}{rng.randint(1, 9)}"


def _answer(problem: Problem) -> str:
    return "" if problem.answer is None else format_number(problem.answer)


# --- what lies around them


def recipe() -> dict[str, Any]:
    return parse_recipe(
        {
            "name": "made", "model": {"id": "owner/small-model"},
            "data": {"source": "builtin"}, "evaluate": {"max_new_tokens": LIMIT},
            "prompt": {"instruction": INSTRUCTION}, "cost": {"price_per_hour": 0.5},
        }
    ).plain()  # fmt: skip


def split(problems: Sequence[Problem]) -> dict[str, Any]:
    names = ("train", "validation", "test")
    return {
        "source": "builtin", "revision": None, "bad_rows": [], "overlaps": [], "no_solution": [],
        "digests": dict.fromkeys(names, "0" * 64),
        "ids": {
            "train": [f"t{i}" for i in range(1000)], "validation": [f"v{i}" for i in range(100)],
            "test": [p.id for p in problems],
        },
    }  # fmt: skip


def training() -> dict[str, Any]:
    return {
        "precision": "bf16", "device": "cpu", "tokens_at_once": 1024, "processes": 1,
        "trainable_parameters": 4_400_000, "parameters": 494_000_000, "digest": "0" * 64,
        "adapter": "0" * 64, "log": "0" * 64, "template": "the model's own", "too_long": [],
        "examples": {"train": 1000, "validation": 100}, "energy_wh": None, "resumed": False,
        "model": {"description": "owner/small-model", "digest": "0" * 64, "revision": None},
        "versions": VERSIONS, "hardware": HARDWARE,
    }  # fmt: skip


def training_log() -> TrainingLog:
    """Two epochs of 120 steps: a validation loss that falls and flattens."""
    rng = random.Random(3)
    points = []
    for step in range(0, 241, 4):
        validates = step % 12 == 0
        at = 0.8 + 0.5 * math.exp(-step / 50)
        points.append(
            TrainingPoint(
                step, epoch=step / 120, tokens=800 * step, seconds=2.0 * step,
                loss=at + rng.gauss(0, 0.03) if step else None,
                eval_loss=at + 0.05 + rng.gauss(0, 0.004) if validates else None,
                token_accuracy=0.9 - 0.2 * math.exp(-step / 50) if step else None,
                eval_token_accuracy=0.88 - 0.2 * math.exp(-step / 50) if validates else None,
                learning_rate=2e-4 * (1 - step / 240) if step else None,
                grad_norm=1.0 + rng.random() if step else None,
            )
        )  # fmt: skip
    return TrainingLog(tuple(points), 240, 240, 240, 2.0)


def summary(model: str, rows: Sequence[Generation]) -> EvaluationSummary:
    settings = {
        "engine": "transformers", "precision": "bf16", "device": "cpu", "batch_size": 32,
        "max_new_tokens": LIMIT, "adapter": None if model == "base" else "0" * 64,
        "prompt": {"style": "zero_shot_chat", "instruction": INSTRUCTION},
    }  # fmt: skip
    return EvaluationSummary(
        model, "0" * 64, settings, "0" * 64, len(rows),
        sum(g.finish_reason == "length" for g in rows), 0,
        sum(g.prompt_tokens for g in rows), sum(g.completion_tokens for g in rows), 90.0,
    )  # fmt: skip
