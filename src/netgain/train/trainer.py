"""TRL's SFT trainer with what it lacks: exact resume, time-based checkpoints, no silent NaN."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback
from trl.trainer.sft_trainer import SFTTrainer

from netgain.errors import TrainingDiverged
from netgain.train.checkpoints import mark_complete

Progress = Callable[[int, int, str], None]  # steps done, steps planned, a word on the loss
# A checkpoint this old is renewed before a validation, which may itself take a while.
BEFORE_VALIDATION = 1 / 3


class Trainer(SFTTrainer):
    """SFTTrainer that counts on after a resume, and stops at the first non-finite loss."""

    _seconds_before = 0.0
    _clock = 0.0

    def resume_counters(self, state: dict[str, Any] | None) -> None:
        """Take up token and time counts where the last checkpoint's log left them.

        The trainer itself starts them at nought, so a resumed run's curve would fold back.
        """
        rows = state["log_history"] if state else []
        self._total_train_tokens = next(
            (row["num_tokens"] for row in reversed(rows) if "num_tokens" in row), 0
        )
        self._seconds_before = next(
            (row["seconds"] for row in reversed(rows) if "seconds" in row), 0.0
        )
        self._clock = time.perf_counter()

    def training_step(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        loss: torch.Tensor = super().training_step(*args, **kwargs)  # type: ignore[no-untyped-call]
        if not torch.isfinite(loss):
            raise self._diverged("loss", loss.item())
        return loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        norm = logs.get("grad_norm")
        if norm is not None and not math.isfinite(norm):
            raise self._diverged("gradient norm", norm)
        logs["seconds"] = round(self._seconds_before + time.perf_counter() - self._clock, 3)
        super().log(logs, start_time)

    def create_model_card(self, *args: Any, **kwargs: Any) -> None:
        """Checkpoints carry no model card: the report writes the only one."""

    def _diverged(self, what: str, value: float) -> TrainingDiverged:
        rate = self._get_learning_rate()
        return TrainingDiverged(
            f"the {what} became {value} at step {self.state.global_step + 1}, learning rate "
            f"{rate:.3g}: training cannot go on. Try a lower train.learning_rate (a third of it), "
            "a longer train.warmup_ratio, a lower train.max_grad_norm, or train.precision: fp32"
        )


class Steward(TrainerCallback):
    """Saves often enough, marks whole checkpoints, and reports progress.

    A checkpoint is due when the last one is `seconds` old, and just before a validation when it
    is a third of that. Where checkpoints fall changes no result: a resume is exact.
    """

    def __init__(self, seconds: float, progress: Progress) -> None:
        self.seconds = seconds
        self.progress = progress
        self.saved_at = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        logged = state.global_step % state.logging_steps == 0  # else a loss would be half counted
        age = time.monotonic() - self.saved_at
        validates_next = (state.global_step + 1) % state.eval_steps == 0
        due = self.seconds * BEFORE_VALIDATION if validates_next else self.seconds
        if logged and age >= due and self.seconds > 0:
            control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        checkpoint = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        mark_complete(checkpoint, finished=control.should_training_stop)
        self.saved_at = time.monotonic()

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        row = logs or {}
        if "eval_loss" in row:
            note = f"validation loss {row['eval_loss']:.3f}"
        elif "loss" in row:
            note = f"loss {row['loss']:.3f}"
        else:
            return
        self.progress(state.global_step, state.max_steps, note)
