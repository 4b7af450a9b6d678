"""A run directory as a finished evaluation leaves it, of made answers, written as it is made.

However many problems there are, a few thousand are held at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from made_run import HARDWARE, VERSIONS, answered, recipe, split, with_a_scene
from netgain.data.load import digested, problems_digest
from netgain.data.rows import problem_to_row
from netgain.data.wordproblems import word_problems
from netgain.pipeline.evaluations import settings_digest
from netgain.prompts import prompter
from netgain.recipe import parse_recipe
from netgain.records import EvaluationSummary, Generation, Problem
from netgain.store import EvaluationFolder, RunDirectory, write_sealed
from netgain.store.seals import write_sealed_rows

MODELS = ("base", "tuned")
CHUNK = 5000  # problems made at once
VOCABULARY = 49_152  # token ids


def made_problems(n: int) -> Iterator[list[Problem]]:
    """`n` built-in problems in chunks; a problem depends on its place alone."""
    for seed, at in enumerate(range(0, n, CHUNK), 1):
        yield [with_a_scene(p) for p in _chunk(seed)[: n - at]]


@lru_cache(maxsize=1)
def _chunk(seed: int) -> list[Problem]:
    return word_problems(CHUNK, seed)


def made_answer(model: str, problem: Problem) -> Generation:
    answer = answered(model, problem, 3)
    seed = int.from_bytes(hashlib.sha256(f"{model} {problem.id}".encode()).digest()[:4])
    ids = np.random.default_rng(seed).integers(0, VOCABULARY, answer.completion_tokens)
    return replace(answer, token_ids=tuple(ids.tolist()))


def write_run(
    root: Path,
    chunks: Iterable[Sequence[Problem]],
    part_size: int = 64,
    answer: Any = made_answer,
    models: Sequence[str] = MODELS,
    **said: Any,
) -> RunDirectory:
    """A run directory whose base and tuned model have answered these problems; no report.

    `said` are settings that its evaluations record.
    """
    directory = RunDirectory(root)
    settings = parse_recipe(recipe())
    prompt_of = prompter(settings.prompt)
    root.mkdir(parents=True)
    facts = {"command": "netgain run recipe.yaml", "versions": VERSIONS, "hardware": HARDWARE}
    directory.begin(settings, facts)
    digest, ids, part = hashlib.sha256(), [], 0

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal part
        for problems in chunks:
            for p in problems:
                digest.update(digested(p))
                ids.append(p.id)
                yield problem_to_row(p)
            for at in range(0, len(problems), part_size):
                asked = problems[at : at + part_size]
                for model in models:
                    directory.evaluation(model).save_part(
                        part,
                        [replace(answer(model, p), prompt_digest=prompt_of(p).digest)
                         for p in asked],
                        settings_digest({**deciding(model), **said}),
                    )  # fmt: skip
                part += 1

    write_sealed_rows(directory.data / "test.jsonl", rows())
    for name in ("train", "validation"):
        (directory.data / f"{name}.jsonl").touch()
    nothing = {name: problems_digest(()) for name in ("train", "validation")}
    found = split([])
    write_sealed(
        directory.data / "split.json",
        {**found, "digests": {**nothing, "test": digest.hexdigest()},
         "ids": {"train": [], "validation": [], "test": ids}},
    )  # fmt: skip
    for model in models:
        finish(directory.evaluation(model), digest.hexdigest(), len(ids), **said)
    return directory


def deciding(model: str) -> dict[str, Any]:
    """What an evaluation's answers are said to hang on."""
    return {"adapter": model}


def finish(folder: EvaluationFolder, problems_digest: str, n: int, **said: Any) -> None:
    """Write what vouches for an evaluation's answers."""
    settings = {**deciding(folder.path.name), **said}
    folder.save_summary(
        EvaluationSummary(
            model=folder.path.name, digest=settings_digest(settings), settings=settings,
            problems_digest=problems_digest, n=n, truncated=0, errors=0, prompt_tokens=0,
            completion_tokens=0, seconds=1.0,
        )
    )  # fmt: skip
