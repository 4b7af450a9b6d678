"""A run's trackers, told of its training as it goes on and of its figures at the end.

Each works in a process of its own (`trackers`), which gets lines of JSON and is never waited for,
but at the end, and then not for long. Where one fails, that is told once.
"""

import contextlib
import importlib.util
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from netgain.errors import MissingDependency, NetgainError, TrainingError
from netgain.hub.secrets import without_secrets
from netgain.plain_files import MOST_JSON, read_plain
from netgain.recipe import Recipe
from netgain.records import Findings
from netgain.reporting.figure_rows import figure_rows
from netgain.store import RunDirectory
from netgain.trackers import TRACKERS
from netgain.wording import one_line

log = logging.getLogger("netgain")
LONGEST_END = 60.0  # seconds that a tracker may take to send what is left
CHILD = "import sys; from netgain.trackers import main; main(sys.argv[1])"
AT_ONCE = 5.0  # the same, where the run is told to end
# Names of a log's values as a reader of a dashboard should see them.
NAMES = {
    "loss": "train/loss",
    "learning_rate": "train/learning_rate",
    "grad_norm": "train/gradient_norm",
    "mean_token_accuracy": "train/teacher_forced_token_accuracy",
    "num_tokens": "train/tokens",
    "reward": "train/reward",
    "completions/mean_length": "train/answer_tokens",
    "completions/clipped_ratio": "train/answers_cut_off",
    "frac_reward_zero_std": "train/problems_all_alike",
    "entropy": "train/entropy",
    "eval_loss": "validation/loss",
    "eval_mean_token_accuracy": "validation/teacher_forced_token_accuracy",
}
SHARES = {
    "eval_generated_correct": "validation/accuracy_on_the_task",
    "eval_generated_strict": "validation/accuracy_on_the_task_strict",
}


def require_trackers(recipe: Recipe) -> None:
    """Look whether the trackers that the recipe names can be used.

    Raises:
        MissingDependency: a package is not installed.
        TrainingError: one has no login.
    """
    for name in recipe.report_to:
        tracker = TRACKERS[name]
        if importlib.util.find_spec(tracker.module) is None:
            raise MissingDependency(
                f"report_to: {name} needs: pip install {tracker.package} (or leave it out)"
            )
        why = tracker.not_ready()
        if why:
            raise TrainingError(f"report_to: {name} {why}")


class Told:
    """The recipe's trackers, while they are told of a run; nothing that they do ends it."""

    def __init__(self, directory: RunDirectory, recipe: Recipe) -> None:
        self.children: list[_Child] = []
        for name in recipe.report_to:
            with _never_ends_a_run(name):
                self.children.append(_Child(name, directory.root, recipe))

    def row(self, row: Mapping[str, Any]) -> None:
        """A row of the trainer's log."""
        values = values_of(row)
        kind = "eval" if "eval_loss" in row else "train"
        self._say({"values": values, "step": row["step"], "kind": kind})

    def figures(self, findings: Findings, step: int) -> None:
        """A run's figures with their intervals."""
        self._say({"values": final_values(findings), "step": step, "kind": "figures"})

    def end(self, longest: float) -> None:
        """Let all send what is left, together for at most so many seconds."""
        deadline = time.monotonic() + longest
        busy = list(self.children)
        while busy and time.monotonic() < deadline:
            busy = [child for child in busy if not child.hang_up()]
            time.sleep(0.05 if busy else 0)
        for child in self.children:
            with _never_ends_a_run(child.name):
                child.wait(deadline)

    def _say(self, said: Mapping[str, Any]) -> None:
        for child in list(self.children):
            with _never_ends_a_run(child.name):
                if not child.say(said):
                    self.children.remove(child)
                    child.wait(time.monotonic() + AT_ONCE)


@contextlib.contextmanager
def telling(directory: RunDirectory, recipe: Recipe) -> Iterator[Told]:
    """The trackers for as long as the block lasts."""
    told = Told(directory, recipe)
    longest = LONGEST_END
    try:
        yield told
    except (KeyboardInterrupt, SystemExit):  # who ends a run waits for it
        longest = AT_ONCE
        raise
    finally:
        told.end(longest)


def tell_figures(directory: RunDirectory, recipe: Recipe, findings: Findings) -> None:
    """Tell the trackers what is not told yet of the log, and the figures."""
    if not recipe.report_to:
        return
    rows: Sequence[Mapping[str, Any]] = []
    if directory.training() is not None:
        state = read_plain(directory.train / "trainer_state.json", MOST_JSON, links=False)
        rows = json.loads(state)["log_history"]
    with telling(directory, recipe) as told:
        for row in rows:
            told.row(row)
        told.figures(findings, max((int(row["step"]) for row in rows), default=0))


def values_of(row: Mapping[str, Any]) -> dict[str, float]:
    """A row of the log under the names of a dashboard.

    >>> values_of({"step": 3, "eval_loss": 0.5, "eval_generated_n": 4, "eval_generated_correct": 1})
    {'validation/loss': 0.5, 'validation/accuracy_on_the_task': 0.25}
    """
    found = {new: float(row[old]) for old, new in NAMES.items() if old in row}
    n = row.get("eval_generated_n")
    return found | {new: row[old] / n for old, new in SHARES.items() if n and old in row}


def final_values(findings: Findings) -> dict[str, float]:
    """A run's figures by name, each with the ends of its interval."""
    found: dict[str, float] = {}
    for row in figure_rows(findings):
        # The names that all trackers take: MLflow allows no more signs than these.
        name = "final/" + re.sub(r"[^\w .:/-]", "", row["name"])[:200]
        if row["part"].startswith("category "):
            name = f"final/{re.sub(r'[^a-zA-Z0-9 _-]', '', row['part'])}/{name[6:]}"
        ends = {f"{name} {end}": row[end] for end in ("low", "high")}
        found |= {k: float(v) for k, v in {name: row["value"], **ends}.items() if v is not None}
    return found


@contextlib.contextmanager
def _never_ends_a_run(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, NetgainError) as error:
        _tell_failure(name, str(error))


def _tell_failure(name: str, why: str) -> None:
    said = one_line(without_secrets(why))[:300]
    log.warning("report_to: %s failed, and the run goes on without it (%s)", name, said)


class _Child:
    """The process of one tracker."""

    def __init__(self, name: str, root: Path, recipe: Recipe) -> None:
        self.name = name
        self.noise: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHILD, name], stdin=subprocess.PIPE, stdout=self.noise,
            stderr=self.noise, env={**os.environ, "WANDB_SILENT": "true"},
        )  # fmt: skip
        assert self.process.stdin is not None
        self.pipe = self.process.stdin
        os.set_blocking(self.pipe.fileno(), False)
        self.waiting = b""
        self.say({"root": str(root), "name": recipe.name, "config": recipe.plain()})

    def say(self, said: Mapping[str, Any]) -> bool:
        """Hand on a line, without waiting for it; False where the process has ended."""
        self.waiting += (json.dumps(said) + "\n").encode()
        return self._push()

    def _push(self) -> bool:
        try:
            while self.waiting:
                self.waiting = self.waiting[os.write(self.pipe.fileno(), self.waiting) :]
        except BlockingIOError:  # it is busy; the next line takes this one along
            return True
        except BrokenPipeError:
            return False
        return True

    def hang_up(self) -> bool:
        """Hand on what is waiting, as far as it is taken; True where that was all."""
        if self._push() and self.waiting:
            return False
        with contextlib.suppress(OSError):
            self.pipe.close()
        return True

    def wait(self, deadline: float) -> None:
        """Wait for its end, until then; say what went wrong with it."""
        with contextlib.suppress(OSError):
            self.pipe.close()
        try:
            code = self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            _tell_failure(self.name, "it did not end in time")
            return
        if code:
            self.noise.seek(0)
            lines = [line for line in self.noise.read().splitlines() if line.strip()]
            _tell_failure(self.name, lines[-1] if lines else f"its process ended with {code}")
        self.noise.close()
