"""Histories of trainings, as rows of names and numbers by step -> training logs.

LLaMA-Factory writes `trainer_log.jsonl`, ms-swift `logging.jsonl`; W&B, MLflow, Trackio and
TensorBoard hold what transformers logged, under `train/` and `eval/`.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from netgain.importers.trainer_state import points_of
from netgain.records import TrainingLog

Row = Mapping[str, Any]
# Other names of what transformers and TRL log.
NAMES = {
    "lr": "learning_rate", "current_steps": "step", "train/global_step": "step", "_step": "_step",
    "token_acc": "mean_token_accuracy", "eval_token_acc": "eval_mean_token_accuracy",
    "eval_acc": "eval_mean_token_accuracy", "total_tokens": "num_tokens",
    "tokens/total": "num_tokens", "global_step": "step",
}  # fmt: skip
STEP_OF = "global_step/max_steps"  # of ms-swift: "5/10"
MOST_SETS = 50
_LOSS = re.compile(r"eval_(.{1,80})_loss")


def training_logs(
    rows: Iterable[Row], best_step: int | None = None, planned: int = 0
) -> dict[str, TrainingLog]:
    """Logs by validation set ("" for one without a name), from rows with a step each.

    Raises:
        ValueError, TypeError: a step that cannot be.
    """
    history = [renamed(row) for row in rows if isinstance(row, Mapping)]
    planned = max([planned, *(_whole(row.get("_planned")) for row in history)])
    names = _sets(history)
    return {
        name: _log([_of_set(row, name) for row in history] if name else history, best_step, planned)
        for name in names or [""]
    }


def renamed(row: Row) -> dict[str, Any]:
    """A row under transformers' names.

    >>> renamed({"train/loss": 1.5, "train/global_step": 5, "eval/loss": 2})
    {'loss': 1.5, 'step': 5, 'eval_loss': 2}
    """
    found: dict[str, Any] = {}
    for name, value in row.items():
        new = NAMES.get(name, name)
        if new.startswith("train/"):
            new = NAMES.get(new.removeprefix("train/"), new.removeprefix("train/"))
        elif new.startswith(("eval/", "val/")):
            new = f"eval_{new.partition('/')[2]}"
            new = NAMES.get(new, new)
        found[new] = value
    if isinstance(found.get(STEP_OF), str):
        done, _, planned = found.pop(STEP_OF).partition("/")
        if done.strip().isdecimal():
            found["step"] = int(done)
        found["_planned"] = int(planned) if planned.strip().isdecimal() else 0
    if "total_steps" in found:
        found["_planned"] = found["total_steps"]
    return found


def _sets(history: Sequence[Row]) -> list[str]:
    """Names of several validation sets; none where the loss of one alone was logged."""
    names: dict[str, None] = {}
    for row in history:
        for key in row:
            match = _LOSS.fullmatch(key)
            if match and ("eval_loss" not in row or f"eval_{match[1]}_runtime" in row):
                names[match[1]] = None
    if any("eval_loss" in row for row in history):
        kept = [n for n in names if any(f"eval_{n}_runtime" in row for row in history)]
        return ["", *kept][: MOST_SETS + 1] if kept else []
    return list(names)[:MOST_SETS]


def _of_set(row: Row, name: str) -> Row:
    """A row with the figures of one validation set as those of the only one."""
    begin = f"eval_{name}_"
    own = {f"eval_{k.removeprefix(begin)}": v for k, v in row.items() if k.startswith(begin)}
    # TRL writes its own figures of a set without the set's name, in the row of its loss.
    kept = {k: v for k, v in row.items() if not k.startswith("eval_") or "eval_loss" in own}
    return kept | own


def _log(history: Sequence[Row], best_step: int | None, planned: int) -> TrainingLog:
    points = tuple(points_of(history))
    losses = [(p.eval_loss, p.step) for p in points if p.eval_loss is not None]
    last = max((p.step for p in points), default=0)
    epochs = [p.epoch for p in points if p.epoch is not None]
    best = best_step if best_step is not None else min(losses)[1] if losses else None
    return TrainingLog(points, best, last, max(planned, last), max(epochs, default=None))


def _whole(value: Any) -> int:
    known = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return int(value) if known and 0 <= value < 10**9 else 0
