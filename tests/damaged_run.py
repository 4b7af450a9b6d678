"""A finished run whose files are damaged one by one: what the readers of a run then say.

Damage may be refused in words or make no difference. It may not change a figure.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from conftest import REFERENCE, make_tiny_model
from netgain import pipeline
from netgain.errors import NetgainError
from netgain.pipeline.compared_models import load_compared
from netgain.pipeline.run_entries import read_entry
from netgain.pipeline.run_findings import findings_of
from netgain.recipe import load_recipe
from netgain.store import RunDirectory
from netgain.viewing.opened import open_view

LONGEST = 5.0  # seconds that a reader may take
SETTINGS = (
    "train.epochs=0.4", "train.precision=fp32", "train.learning_rate=0.01",
    "evaluate.engine=transformers", "evaluate.precision=fp32", "evaluate.max_new_tokens=8",
    "evaluate.batch_size=4", "extras.prompt_check=8",
)  # fmt: skip
EXTRAS = (
    "extras.samples={n: 2, limit: 6}", "extras.perturbed={limit: 8}",
    "extras.prompts=[{style: zero_shot_chat, instruction: Say the number.}]",
)  # fmt: skip


def finished_run(root: Path, model: Path, data: Path, *more: str) -> RunDirectory:
    """A whole run of a tiny model, with its report."""
    overrides = [f"model.id={model}", f"data.source={data}", *SETTINGS, *more]
    recipe = load_recipe(REFERENCE, overrides)
    pipeline.run(recipe, root, "all", "netgain run", lambda *_: None)
    return RunDirectory(root)


def model_and_data(place: Path) -> tuple[Path, Path]:
    """A tiny random model and a small data set in the Hub's layout, made in a folder."""
    import pyarrow
    import pyarrow.parquet

    from netgain.data.wordproblems import word_problems

    make_tiny_model(place / "model")
    data, problems = place / "data" / "main", word_problems(60, 3)
    data.mkdir(parents=True)
    for split, part in (("train", problems[:40]), ("test", problems[40:52])):
        rows = [{"question": p.question, "answer": p.solution} for p in part]
        table = pyarrow.Table.from_pylist(rows)
        pyarrow.parquet.write_table(table, data / f"{split}-00000-of-00001.parquet")
    return place / "model", data.parent


def tiny_run(place: Path) -> Path:
    """The same with a model and problems of its own, all in one folder."""
    model, data = model_and_data(place)
    return finished_run(place / "runs" / "run", model, data, *EXTRAS).root


Told = tuple[str, str]  # figures; words that may be missing, and then this is said


def _report(root: Path) -> Told:
    return repr(findings_of(RunDirectory(root))), ""


def _compare(root: Path) -> Told:
    compared_models, notes, _ = load_compared([root])
    return repr((compared_models, notes)), ""


def _leaderboard(root: Path) -> Told:
    return repr(read_entry(root, "run")), ""


def _view(root: Path) -> Told:
    view = open_view(root, lambda *_: None)
    index = view.index
    arrays = [index.outcome, index.length]
    for answers in index.answers.values():
        arrays += [answers.correct, answers.kind, answers.cut, answers.tokens]
    shown = [view.whole.problem(place) for place in range(len(index.problems))]
    return repr((list(map(np.ndarray.tolist, arrays)), shown)), view.verdict


READERS: dict[str, Callable[[Path], Told]] = {
    "report": _report, "compare": _compare, "leaderboard": _leaderboard, "view": _view,
}  # fmt: skip


@dataclass(frozen=True)
class Damage:
    """One change to one file: a flipped bit at `at`, or all from `at` on cut off."""

    path: Path
    kind: str
    at: int
    bit: int = 0

    def of(self, content: bytes) -> bytes:
        if self.kind == "cut":
            return content[: self.at]
        changed = bytearray(content)
        changed[self.at] ^= 1 << self.bit
        return bytes(changed)


def damages(root: Path, seed: int) -> Iterator[Damage]:
    """Damages without end: a file drawn, then a bit of it, or in one of four a place to cut it."""
    rng = random.Random(seed)
    files = [p for p in sorted(root.rglob("*")) if p.is_file() and p.stat().st_size]
    while True:
        path = rng.choice(files)
        kind = "cut" if rng.random() < 0.25 else "flip"
        yield Damage(path, kind, rng.randrange(path.stat().st_size), rng.randrange(8))


def tried(damage: Damage, root: Path, undamaged: dict[str, Told]) -> dict[str, str]:
    """What each reader made of it: "same", "refused", or a fault in words."""
    content, times = damage.path.read_bytes(), damage.path.stat()
    damage.path.write_bytes(damage.of(content))
    try:
        return {name: _outcome(READERS[name], root, told) for name, told in undamaged.items()}
    finally:
        damage.path.write_bytes(content)
        os.utime(damage.path, ns=(times.st_atime_ns, times.st_mtime_ns))


def _outcome(read: Callable[[Path], Told], root: Path, expected: Told) -> str:
    began = time.monotonic()
    try:
        with at_most(4 * LONGEST):
            figures, words = read(root)
        same = figures == expected[0] and words in (expected[1], "")
        found = "same" if same else "another figure"
    except NetgainError as error:
        found = "refused" if "\n" not in str(error).strip() else "refused in several lines"
    except TookTooLong:
        return "hung"
    except Exception as error:
        found = f"{type(error).__name__}: {error}"[:200]
    return found if time.monotonic() - began < LONGEST else "took too long"


class TookTooLong(BaseException):
    """No ordinary error, so that no reader takes it for one of its own."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    def ended(*_: Any) -> None:
        raise TookTooLong

    before = signal.signal(signal.SIGALRM, ended)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def read_all(root: Path, readers: Collection[str] = tuple(READERS)) -> dict[str, Told]:
    return {name: READERS[name](root) for name in readers}


def counted(outcomes: list[dict[str, str]]) -> dict[str, dict[str, int]]:
    """How often each reader said what."""
    return {name: dict(Counter(o[name] for o in outcomes)) for name in outcomes[0]}
