"""The `trainer_state.json` of transformers (and TRL) -> training points."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from netgain.errors import RunError
from netgain.plain_files import MOST_JSON, parse_json, read_plain
from netgain.records import TrainingLog, TrainingPoint

MOST_STEPS = 10**9
MOST_COUNT = 10**18  # tokens, answers


def read_trainer_state(path: Path) -> TrainingLog:
    """Read a trainer's log. Rows of training and validation at one step become one point.

    Raises:
        RunError: the file is missing, no JSON, has no `log_history`, or steps that are no numbers.
    """
    try:
        return parse_trainer_state(read_plain(path, MOST_JSON))
    except FileNotFoundError:
        raise RunError(f"{path} is missing: training has not finished here") from None
    except (OSError, ValueError, RecursionError, KeyError, TypeError, ArithmeticError) as error:
        raise RunError(f"{path} is no trainer state: {error}") from error


def parse_trainer_state(content: bytes) -> TrainingLog:
    """The same from the file's content.

    Raises:
        ValueError, RecursionError, KeyError, TypeError, ArithmeticError: it is no trainer's log.
    """
    state = parse_json(content)  # bare NaN is accepted
    history = state["log_history"]
    if not isinstance(history, list):
        raise TypeError(f"log_history must be a list, not {type(history).__name__}")
    return TrainingLog(
        points=tuple(points_of(history)),
        best_step=best_step(state),
        steps=_steps(state, "global_step"),
        planned_steps=_steps(state, "max_steps"),
        epochs=_number(state, "epoch"),
    )


def points_of(history: Sequence[Any]) -> list[TrainingPoint]:
    """The rows of a log as points, one a step."""
    merged: dict[int, dict[str, Any]] = {}
    for row in history:
        if not isinstance(row, Mapping) or "step" not in row or "train_runtime" in row:
            continue  # the closing row repeats averages; it is no point of the curve
        step = _steps(row, "step")
        point = merged.setdefault(step, {"step": step})
        found = {
            "epoch": _number(row, "epoch"),
            "tokens": _whole(row, "num_tokens", "eval_num_tokens"),
            "seconds": _number(row, "seconds"),
            "loss": _number(row, "loss"),
            "eval_loss": _number(row, "eval_loss"),
            "token_accuracy": _number(row, "mean_token_accuracy"),
            "eval_token_accuracy": _number(row, "eval_mean_token_accuracy"),
            "learning_rate": _number(row, "learning_rate"),
            "grad_norm": _number(row, "grad_norm"),
            **_of_round(row),
            **_task_counts(row),
        }
        point.update({k: v for k, v in found.items() if v is not None})
    return [TrainingPoint(**merged[step]) for step in sorted(merged)]


def _of_round(row: Mapping[str, Any]) -> dict[str, float | None]:
    """Answers that a policy gradient learned from, under TRL's names; {} in another log."""
    if "reward" not in row:
        return {}
    names = {
        "reward": "reward", "reward_robust": "reward_robust", "reward_strict": "reward_strict",
        "agreed": "frac_reward_zero_std", "truncated": "completions/clipped_ratio",
        "answer_tokens": "completions/mean_length", "entropy": "entropy",
        "clipped": "clip_ratio/region_mean", "sampling_seconds": "seconds_sampling",
        "grading_seconds": "seconds_grading", "training_seconds": "seconds_training",
        "weights_seconds": "seconds_weights",
    }  # fmt: skip
    return {ours: _number(row, theirs) for ours, theirs in names.items()}


def _task_counts(row: Mapping[str, Any]) -> dict[str, int | None]:
    """Answers to validation problems, where netgain's trainer had some generated."""
    n, correct, strict = (
        _whole(row, f"eval_generated_{name}") for name in ("n", "correct", "strict")
    )
    if n is None or correct is None or strict is None:
        return {}
    if not 0 <= max(correct, strict) <= n or min(correct, strict) < 0 or not n:
        raise ValueError(f"{correct} and {strict} right of {n} generated answers cannot be")
    return {"task_n": n, "task_correct": correct, "task_strict": strict}


def best_step(state: Mapping[str, Any]) -> int | None:
    step = state.get("best_global_step")
    if isinstance(step, int) and step > 0:
        return _steps(state, "best_global_step")
    name = str(state.get("best_model_checkpoint") or "")
    tail = name.rpartition("checkpoint-")[2]
    return int(tail) if name and tail.isdigit() else None


def _steps(row: Mapping[str, Any], key: str) -> int:
    """A count of steps; 0 where none is given."""
    value = row.get(key)
    if value is not None and _number(row, key) is None:
        raise TypeError(f"{key} must be a number, not {value!r:.60}")
    found = int(value or 0)
    if not 0 <= found <= MOST_STEPS:
        raise ValueError(f"{key} cannot be {value!r:.60}")
    return found


def _number(row: Mapping[str, Any], key: str) -> float | None:
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) else None


def _whole(row: Mapping[str, Any], *keys: str) -> int | None:
    for key in keys:
        value = _number(row, key)
        if value is not None:
            if abs(value) > MOST_COUNT:
                raise ValueError(f"{key} cannot be {value!r:.60}")
            return int(value)
    return None
