"""The shots of lm-eval 0.4.13's tasks `gsm8k` and `gsm8k_cot`, as lm-eval draws and shows them.

`gsm8k` (`lm_eval/api/samplers.py: ContextSampler`) draws five training problems anew for each
document, in the order of the test file, from one generator seeded with 1234; nothing else draws
from it. `gsm8k_cot` shows eight fixed ones (Wei et al. 2022), whose text is read from the installed
lm-eval's task file, as data: nothing of lm-eval is imported or run.
"""

import hashlib
import importlib.util
import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

from netgain.errors import MissingDependency
from netgain.prompts.shots import Shot, shot_of, too_few
from netgain.recipe import PromptSettings
from netgain.records import Problem

LABELS, STOP = ("Question:", "Answer:"), ("Question:", "</s>", "<|im_end|>")
COT_LABELS, COT_STOP = ("Q:", "A:"), ("Q:", "</s>", "<|im_end|>")
COT_FILE = Path("tasks", "gsm8k", "gsm8k-cot.yaml")
COT_DIGEST = (
    "8891624983ad7951218788c6e80ea96393295ebbe2b89848c286d91e20129aec"  # SHA-256 of their JSON
)
INSTALL = "pip install --no-deps lm-eval==0.4.13"
MAX_TASK_BYTES = 1_000_000


def lm_eval_shots(
    settings: PromptSettings, pool: Sequence[Problem], asked: Sequence[Problem]
) -> Callable[[Problem], tuple[Shot, ...]]:
    """The shots that lm-eval shows with each problem asked.

    A problem's place in lm-eval's run is its line in the test file, whatever part of the file is
    asked; where problems have no lines, or come from several files, it is its place in `asked`.
    lm-eval asks no training problem: one gets shots drawn by its id, never itself.

    Args:
        pool: the whole training split; it is put into the order of its file.

    Raises:
        DataError: it has too few problems.
    """
    n = settings.shot_count
    pool = sorted((p for p in pool if p.solution), key=_place)
    if len(pool) < n:
        raise too_few(n, len(pool))
    at = {p.id: index for index, p in enumerate(pool)}
    places = {id_: place for id_, place in _places(asked).items() if id_ not in at}
    drawn = _draws(Random(settings.shot_seed), len(pool), n, set(places.values()))

    def shots(problem: Problem) -> tuple[Shot, ...]:
        if problem.id in places:
            return tuple(shot_of(pool[i]) for i in drawn[places[problem.id]])
        own = Random(f"{settings.shot_seed}:{problem.id}")
        order = own.sample(range(len(pool)), min(n + 1, len(pool)))
        others = [i for i in order if i != at.get(problem.id)][:n]
        if len(others) < n:
            raise too_few(n, len(others), f" other than {problem.id!r:.80}")
        return tuple(shot_of(pool[i]) for i in others)

    return shots


def _draws(random: Random, size: int, n: int, wanted: set[int]) -> dict[int, list[int]]:
    """Of one draw a document, in order, those that are wanted."""
    found = {}
    for place in range(max(wanted, default=-1) + 1):
        drawn = random.sample(range(size), n)
        if place in wanted:
            found[place] = drawn
    return found


def _place(problem: Problem) -> tuple[str, int]:
    """File and line, of the original where the problem is a variant; 0 where there is none."""
    of = "original_" if "original" in problem.metadata else ""
    return problem.metadata.get(f"{of}file", ""), problem.metadata.get(f"{of}line", 0)


def _places(asked: Sequence[Problem]) -> dict[str, int]:
    """The 0-based place of each problem among lm-eval's documents."""
    places = [_place(p) for p in asked]
    if all(line for _, line in places) and len({file for file, _ in places}) == 1:
        return {p.id: line - 1 for p, (_, line) in zip(asked, places, strict=True)}
    return {p.id: place for place, p in enumerate(asked)}


# -- the eight fixed ones ------------------------------------------------------------------


@cache
def cot_shots() -> tuple[Shot, ...]:
    """The eight worked examples of `gsm8k_cot`.

    Raises:
        MissingDependency: lm-eval is not installed, or its file holds other examples.
    """
    path = _task_file()
    if path is None:
        raise MissingDependency(
            "prompt.style: lm_eval_gsm8k_cot shows the examples in lm-eval's own task file, and "
            f"lm-eval is not installed: {INSTALL}"
        )
    try:
        with path.open("rb") as file:
            task = yaml.load(file.read(MAX_TASK_BYTES), Loader=_TaskLoader)
        samples = [(s["question"], s["target"]) for s in task["fewshot_config"]["samples"]]
    except (OSError, yaml.YAMLError, LookupError, TypeError):
        samples = []
    if hashlib.sha256(json.dumps(samples).encode()).hexdigest() != COT_DIGEST:
        raise MissingDependency(
            f"{path} does not hold the examples of lm-eval 0.4.13's gsm8k_cot, which "
            f"prompt.style: lm_eval_gsm8k_cot shows: {INSTALL}"
        )
    return tuple(Shot(question, target, "") for question, target in samples)


def _task_file() -> Path | None:
    found = importlib.util.find_spec("lm_eval")
    for folder in (found.submodule_search_locations or ()) if found is not None else ():
        if (Path(folder) / COT_FILE).is_file():
            return Path(folder) / COT_FILE
    return None


class _TaskLoader(yaml.SafeLoader):
    """Plain data; lm-eval's own tags, which name functions, are read as nothing."""


def _nothing(loader: Any, suffix: str, node: Any) -> None:
    return None


_TaskLoader.add_multi_constructor("!", _nothing)
