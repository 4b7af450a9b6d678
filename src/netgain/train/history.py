"""The trainer's log, in the file that transformers' trainers write (`trainer_state.json`).

Token accuracy bears TRL's names (`mean_token_accuracy`, `eval_mean_token_accuracy`). Accuracy on
the task, from generated answers, has names that no other trainer uses for anything:
`eval_generated_n`, `eval_generated_correct` and `eval_generated_strict`, as counts.
"""

from dataclasses import dataclass
from typing import Any

from netgain.recipe import TrainSettings
from netgain.train.batches import Plan


@dataclass(frozen=True)
class TaskScore:
    """Problems answered by generating: how many, and how many were right.

    `correct` is by the robust grader, `strict` by lm-eval's strict one.
    """

    n: int
    correct: int
    strict: int


class History:
    """Rows of a log, and what follows from them: the best validation, and whether to stop."""

    def __init__(self, settings: TrainSettings, rows: list[dict[str, Any]], first: int) -> None:
        """`first` is the first step after which the weights are no longer those of the start."""
        self.settings = settings
        self.rows = rows
        self.first = first

    def has_changed(self, step: int) -> bool:
        """Whether the weights after `step` steps are no longer those of the start.

        A round of a policy gradient whose answers all have one reward changes nothing.
        """
        if self.settings.method != "grpo":
            return step >= self.first
        return any(
            row["step"] <= step and row["learning_rate"] and row["grad_norm"]
            for row in self.rows if "learning_rate" in row
        )  # fmt: skip

    def best_step(self) -> int | None:
        """The step whose weights are kept; the first of several that are as good."""
        judged = self._judged()
        return min(judged, key=lambda pair: (pair[1], pair[0]))[0] if judged else None

    def is_over(self) -> bool:
        """Whether patience has run out."""
        early = self.settings.early_stopping
        best = self.best_step()
        if early is None or best is None:
            return False
        return sum(step > best for step, _ in self._judged()) >= early.patience

    def _judged(self) -> list[tuple[int, tuple[float, ...]]]:
        """Every validation of changed weights, and what it is judged by: less is better."""
        by_accuracy = self.settings.select == "validation_accuracy"
        found: list[tuple[int, tuple[float, ...]]] = []
        for row in self.rows:
            if "eval_loss" not in row or not self.has_changed(row["step"]):
                continue
            if not by_accuracy:
                found.append((row["step"], (row["eval_loss"],)))
            elif "eval_generated_n" in row:
                share = row["eval_generated_correct"] / row["eval_generated_n"]
                found.append((row["step"], (-share, row["eval_loss"])))
        return found

    def state(self, step: int, plan: Plan) -> dict[str, Any]:
        """The whole file's content after `step` steps."""
        best = self.best_step()
        metric = None if best is None else abs(dict(self._judged())[best][0])
        return {
            "best_global_step": best,
            "best_metric": metric,
            "best_model_checkpoint": None if best is None else f"checkpoint-{best}",
            "epoch": step / plan.steps_per_epoch,
            "eval_steps": plan.validate_every,
            "global_step": step,
            "is_hyper_param_search": False,
            "is_local_process_zero": True,
            "is_world_process_zero": True,
            "log_history": self.rows,
            "logging_steps": plan.log_every,
            "max_steps": plan.total,
            "num_input_tokens_seen": 0,
            "num_train_epochs": self.settings.epochs,
            "save_steps": plan.validate_every,
            "stateful_callbacks": {},
            "total_flos": 0.0,
            "train_batch_size": self.settings.batch_size,
            "trial_name": None,
            "trial_params": None,
        }
