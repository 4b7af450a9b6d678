"""A run directory of any size, written problem by problem: our own texts, answers made by rule.

Texts are about as long as those of GSM8K (question 240 characters, solution 300, answer 350). Of
the answers about half are wrong: by a false sum, another plan, a number misread, a cut, or no
answer. Nothing is held in memory, so that a million answers can be written anywhere.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import asdict
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

from made_run import HARDWARE, LIMIT, VERSIONS, summary, training, training_log
from netgain.data.load import digested, problems_digest
from netgain.data.rows import problem_to_row
from netgain.pipeline.evaluations import settings_digest
from netgain.recipe import parse_recipe
from netgain.records import EvaluationSummary, FinishReason, Generation, Problem
from netgain.store import EvaluationFolder, RunDirectory, write_bytes, write_json, write_sealed
from netgain.store.seals import write_sealed_rows

NAMES = ("Mara", "Jonas", "Amina", "Pavel", "Lucia", "Tariq", "Ingrid", "Wei")
THINGS = ("pencils", "apples", "marbles", "tickets", "stamps", "candles", "buttons", "ribbons")
PLACES = ("at the market", "in the school shop", "at the harbour", "in the old library")
RIGHT = {"base": 0.45, "tuned": 0.55}


def write_run(root: Path, problems: int, answers_a_part: int = 512) -> RunDirectory:
    """A finished run of so many problems; each model answered every one of them once."""
    directory = RunDirectory(root)
    recipe = parse_recipe(
        {
            "name": "large", "model": {"id": "owner/small-model"},
            "data": {"source": "builtin"}, "evaluate": {"max_new_tokens": LIMIT},
        }
    )  # fmt: skip
    directory.begin(recipe, {"command": "netgain run", "versions": VERSIONS, "hardware": HARDWARE})
    digest = _write_problems(directory, problems)
    write_json(directory.train / "trainer_state.json", _trainer_state())
    directory.save_training(training())
    for model in RIGHT:
        _write_answers(directory.evaluation(model), model, problems, answers_a_part, digest)
    return directory


def _write_problems(directory: RunDirectory, count: int) -> str:
    digest = hashlib.sha256()
    directory.data.mkdir(parents=True)

    def rows() -> Iterator[dict[str, Any]]:
        for i in range(count):
            p = problem(i)
            digest.update(digested(p))
            yield problem_to_row(p)

    write_sealed_rows(directory.data / "test.jsonl", rows())
    for name in ("train", "validation"):
        write_bytes(directory.data / f"{name}.jsonl", b"")
    none = problems_digest([])
    write_sealed(
        directory.data / "split.json",
        {
            "source": "builtin", "revision": None, "bad_rows": [], "overlaps": [],
            "no_solution": [],
            "digests": {"train": none, "validation": none, "test": digest.hexdigest()},
            "ids": {
                "train": [], "validation": [], "test": [problem_id(i) for i in range(count)]
            },
        },
    )  # fmt: skip
    return digest.hexdigest()


def _write_answers(
    folder: EvaluationFolder, model: str, count: int, a_part: int, problems: str
) -> None:
    answers = (answered(model, i) for i in range(count))
    truncated = tokens = unit = 0
    settings = dict(summary(model, ()).settings)
    settings["adapter"] = None if model == "base" else "lora " + "0" * 64
    while rows := list(islice(answers, a_part)):
        folder.save_part(unit, rows, settings_digest(settings))
        truncated += sum(g.finish_reason == "length" for g in rows)
        tokens += sum(g.completion_tokens for g in rows)
        unit += 1
    counted = EvaluationSummary(
        model, settings_digest(settings), settings, problems, count, truncated, 0, 80 * count,
        tokens, 0.1 * count,
    )  # fmt: skip
    folder.save_summary(counted)


def _trainer_state() -> dict[str, Any]:
    log = training_log()
    names = {"loss": "loss", "eval_loss": "eval_loss", "learning_rate": "learning_rate",
             "grad_norm": "grad_norm", "step": "step", "epoch": "epoch",
             "seconds": "seconds"}  # fmt: skip
    rows = [
        {names[k]: v for k, v in asdict(point).items() if k in names and v is not None}
        for point in log.points
    ]
    return {
        "best_global_step": log.best_step, "global_step": log.steps, "max_steps": log.planned_steps,
        "epoch": log.epochs, "log_history": rows,
    }  # fmt: skip


# --- texts


def problem_id(i: int) -> str:
    return f"large-{i:07d}"


def problem(i: int) -> Problem:
    """The i-th problem: three or four steps, with its solution in GSM8K's form."""
    rng = random.Random(i)
    name, thing, place = rng.choice(NAMES), rng.choice(THINGS), rng.choice(PLACES)
    boxes, each, given, price = (rng.randint(3, 40) for _ in range(4))
    whole = boxes * each
    left = whole - given if given < whole else whole
    total = left * price
    question = (
        f"{name} buys {boxes} boxes of {thing} {place}, and each of the boxes holds {each} {thing} "
        f"wrapped in thin paper. On the way home {name} gives {given} {thing} to a neighbour and "
        f"sells all the others for {price} cents each. How many cents does {name} get in all?"
    )
    solution = (
        f"All the boxes together hold {boxes} * {each} = <<{boxes}*{each}={whole}>>{whole} {thing} "
        f"when they are opened.\nAfter the gift to the neighbour there are {whole} - {given} = "
        f"<<{whole}-{given}={left}>>{left} {thing} left to be sold.\nSelling all of them brings "
        f"{left} * {price} = <<{left}*{price}={total}>>{total} cents.\n#### {total}"
    )
    return Problem(
        problem_id(i), "builtin", question, Fraction(total), solution, category=thing, steps=3,
        metadata={"file": "test.jsonl", "line": i + 1},
    )  # fmt: skip


def answered(model: str, i: int) -> Generation:
    """One model's answer to the i-th problem."""
    rng = random.Random(f"{model} {i}")
    lines = list(_told(i))
    finish: FinishReason = "stop"
    if rng.random() >= RIGHT[model]:
        kind = rng.randrange(5)
        if kind == 0:  # a false sum
            lines[1] = lines[1].replace(" items", f"{rng.randint(1, 9)} items")
            lines[-1] = f"#### {rng.randint(10, 9999)}"
        elif kind == 1:  # another plan, true sums
            a, b = rng.randint(3, 40), rng.randint(3, 40)
            lines[2:] = [f"So the money is {a} + {b} = {a + b} cents in all.", f"#### {a + b}"]
        elif kind == 2:  # only the end is other
            lines[-1] = f"#### {rng.randint(10, 9999)}"
        elif kind == 3:
            finish = "length"
            lines = ["\n".join(lines)[: rng.randint(80, 250)]]
        else:
            lines = ["I am not sure how this is meant, so I cannot say it."] * rng.randint(1, 9)
    text = "\n".join(lines)
    tokens = LIMIT if finish == "length" else len(text) // 4
    return Generation(problem_id(i), 0, 0, text, finish, 80, tokens, 0.1, None, "0" * 64)


def _told(i: int) -> Iterator[str]:
    """The solution as a model tells it."""
    first, second, third, final = problem(i).solution.splitlines()
    for number, line in enumerate((first, second, third), start=1):
        before, _, rest = line.partition("<<")
        yield f"Step {number}: let us see what we know here. {before}{rest.partition('>>')[2]}"
    yield final
