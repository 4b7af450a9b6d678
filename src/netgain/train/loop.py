"""The training loop: step, log, validate, keep the best, stop early, go on after a kill.

It knows nothing of methods: an example's weight is all that tells them apart.
"""

import logging
import math
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from safetensors.torch import load_file, save_file
from torch import Tensor

from netgain.errors import TrainingDiverged, TrainingError
from netgain.models.loading import free_memory
from netgain.store import copy_folder, storage_errors, write_json
from netgain.train.batches import plan_steps
from netgain.train.checkpoints import (
    MANIFEST,
    OPTIMIZER,
    STATE,
    checkpoint_at,
    last_checkpoint,
    save_best,
    save_checkpoint,
)
from netgain.train.examples import Example
from netgain.train.history import History, TaskScore
from netgain.train.job import Job, read_examples, rollouts_file
from netgain.train.processes import Group
from netgain.train.schedule import rate_of_step
from netgain.train.stepping import Measured, Stepper
from netgain.train.weights import Held

log = logging.getLogger("netgain")
Asked = TypeVar("Asked")
# A checkpoint this old is renewed before a validation, which may itself take a while.
BEFORE_VALIDATION = 1 / 3
FLUSH_EVERY = 10  # steps between looks at a GPU's losses; each look waits for the GPU
TRAINED = {"lora": "adapter", "qlora": "adapter", "full": "model"}  # where the result is put


@dataclass(frozen=True)
class Talk:
    """How the loop tells of itself, and whom it asks.

    `progress` gets the steps done, the steps planned, and a word on the loss. `ask` gets a step and
    a folder with the weights of then (None: the base itself), and has them answer the validation
    problems; it is None where nothing is to be answered. `roll` gets the same, has them answer a
    round's training problems, and gives what these answers were like for the log: at least `reward`
    and the seconds that they and their grading took. What is learned from them is in a file.
    `is_told_to_end` is asked after each step, and `row` gets each row of the log.
    """

    progress: Callable[[int, int, str], None]
    ask: Callable[[int, Path | None], TaskScore] | None = None
    roll: Callable[[int, Path | None], dict[str, float]] | None = None
    is_told_to_end: Callable[[], bool] = lambda: False
    row: Callable[[dict[str, Any]], None] = lambda _: None


class ToldToEnd(Exception):
    """The training was told to end; `roll` may raise it, and a checkpoint is saved first."""


class Loop:
    """One training, from its last checkpoint to its end.

    Args:
        examples, validation: what is learned from, and what losses are measured on.
    """

    def __init__(
        self,
        job: Job,
        held: Held,
        stepper: Stepper,
        examples: Sequence[Example],
        validation: Sequence[Example],
        group: Group,
        talk: Talk,
    ) -> None:
        self.job, self.settings = job, job.train_settings()
        self.held, self.stepper = held, stepper
        self.examples, self.validation = examples, validation
        self.group, self.talk = group, talk
        self.plan = plan_steps(self.settings, len(examples))
        # With a warm-up the first step's learning rate is 0, so it changes nothing.
        self.first = 1 if self._rate(0) else 2
        self.history = History(self.settings, [], self.first)
        self.done = 0
        self.tokens = 0
        self.seconds_before = 0.0
        self.began = self.saved_at = time.monotonic()
        self.waiting: list[tuple[int, float, int, float, Measured, dict[str, float]]] = []
        self.since = (0, 0.0)  # tokens and seconds at the last step that was logged
        self.saving: list[float] = []  # seconds that each checkpoint took

    def run(self) -> None:
        """Train to the end and leave the best weights and the log.

        Raises:
            TrainingDiverged: a loss or a gradient is no finite number.
            TrainingError: no round of a policy gradient had anything to learn from.
        """
        finished = self._resume()
        if not finished:
            self._train()
        if self.group.rank == 0:
            self._leave_result()
        self.group.wait()

    def _train(self) -> None:
        if self.done == 0:
            self._validate()
        while self.done < self.plan.total and not self.history.is_over():
            rate = self._rate(self.done)
            try:
                measured, told = self._step(rate)
            except ToldToEnd:  # while a round was answered; the steps before it are whole
                self._save_and_end()
            self.done += 1
            self.tokens += measured.tokens
            self.waiting.append((self.done, rate, self.tokens, self._seconds(), measured, told))
            if len(self.waiting) >= (FLUSH_EVERY if self.stepper.device == "cuda" else 1):
                self._flush()
            if self.done % self.plan.validate_every == 0 or self.done == self.plan.total:
                self._flush()
                self._validate()
            if self.talk.is_told_to_end():
                self._save_and_end()
            if self._is_due():
                self._flush()
                self._save()
        self._flush()
        self._save(finished=True)

    def _save_and_end(self) -> NoReturn:
        if self.done:
            self._flush()
            self._save()
            log.info("step %d: a checkpoint was saved, from which it goes on", self.done)
        raise ToldToEnd

    def _step(self, rate: float) -> tuple[Measured, dict[str, float]]:
        """Learn from the next step's examples; also what is told of the round they are from."""
        if self.settings.method != "grpo":
            return self.stepper.step(self.examples, self.done, rate), {}
        self._flush()  # whether the weights have changed is read from the log
        began = time.monotonic()
        told: dict[str, float] = {}
        if self.group.rank == 0 and self.talk.roll is not None:
            told = self._with_weights(self.talk.roll)
            spent = told["seconds_sampling"] + told["seconds_grading"]
            told["seconds_weights"] = round(time.monotonic() - began - spent, 3)
        self.group.wait()
        chosen = read_examples(rollouts_file(self.job.checkpoints, self.done))
        began = time.monotonic()
        measured = self.stepper.learn(chosen, self.done, rate)
        measured.norm.item()  # a GPU is waited for, so that the time is the step's own
        if told:
            told["seconds_training"] = round(time.monotonic() - began, 3)
        return measured, told

    def _with_weights(self, ask: Callable[[int, Path | None], Asked]) -> Asked:
        """Ask with the weights as they are now, in a folder that is gone afterwards."""
        folder = self.job.checkpoints / ".asked.tmp"
        with storage_errors(folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            self.held.save(folder)
        free_memory()  # what answers shares the machine with this process
        is_base = not self.history.has_changed(self.done) and self.job.start is None
        answer = ask(self.done, None if is_base else folder)
        shutil.rmtree(folder, ignore_errors=True)
        return answer

    def _rate(self, step: int) -> float:
        return rate_of_step(self.settings, step, self.plan.total, self.plan.warmup)

    # -- the log ---------------------------------------------------------------------------

    def _seconds(self) -> float:
        return round(self.seconds_before + time.monotonic() - self.began, 3)

    def _flush(self) -> None:
        """Read what the device holds of the last steps, and write it into the log."""
        every = self.plan.log_every
        for step, rate, tokens, seconds, measured, told in self.waiting:
            loss, surprise, first, clipped = (measured.sums / max(1, measured.learned)).tolist()
            norm = measured.norm.item()
            for what, value in (("loss", loss), ("gradient norm", norm)):
                if not math.isfinite(value):
                    raise _diverged(what, value, step, rate)
            row: dict[str, Any] = {
                "epoch": step / self.plan.steps_per_epoch,
                "grad_norm": norm,
                "learning_rate": rate,
                "loss": loss,
                "mean_token_accuracy": first,
                "num_tokens": tokens,
                "seconds": seconds,
                "step": step,
            }
            if told:
                # Of sampled tokens the mean −log p is an estimate of the entropy, and how many the
                # model ranks first says nothing of what it knows.
                row |= told
                if measured.learned:
                    row |= {"entropy": surprise, "clip_ratio/region_mean": clipped}
                del row["mean_token_accuracy"]
            if step % every == 0 or step == 1 or step == self.plan.total:
                self.history.rows.append(row)
                self.talk.row(row)
                self._log_step(row)
            word = f"reward {told['reward']:.3f}" if told else f"loss {loss:.3f}"
            self.talk.progress(step, self.plan.total, word)
        self.waiting = []

    def _log_step(self, row: dict[str, Any]) -> None:
        """One line on a step: what it learned, how fast, and the memory it took."""
        if self.group.rank:
            return
        tokens, seconds = row["num_tokens"] - self.since[0], row["seconds"] - self.since[1]
        self.since = row["num_tokens"], row["seconds"]
        learned = f"loss {row['loss']:.4f}"
        if "mean_token_accuracy" in row:
            learned += f", token accuracy {100 * row['mean_token_accuracy']:.1f}%"
        for name in ("reward", "completions/mean_length", "completions/clipped_ratio", "entropy",
                     "frac_reward_zero_std", "seconds_sampling", "seconds_grading",
                     "seconds_training", "seconds_weights"):  # fmt: skip
            if name in row:
                learned += f", {name} {row[name]:.4g}"
        log.debug(
            "step %d of %d: %s, %.0f tokens/s, learning rate %.3g, "
            "gradient norm %.3g, memory %.2f GiB at most",
            row["step"], self.plan.total, learned,
            tokens / max(seconds, 1e-3), row["learning_rate"], row["grad_norm"],
            self.stepper.peak_memory() / 2**30,
        )  # fmt: skip

    def _validate(self) -> None:
        """Measure validation loss and, where it is asked for, accuracy on the task."""
        began = time.monotonic()
        loss, first = self.stepper.validate(self.validation)
        if not math.isfinite(loss):
            raise _diverged("validation loss", loss, self.done, self._rate(max(0, self.done - 1)))
        row: dict[str, Any] = {
            "epoch": self.done / self.plan.steps_per_epoch,
            "eval_examples": len(self.validation),
            "eval_loss": loss,
            "eval_mean_token_accuracy": first,
            "eval_num_tokens": self.tokens,
            "eval_runtime": round(time.monotonic() - began, 3),
            "step": self.done,
        }
        self.history.rows.append(row)
        note = f"validation loss {loss:.3f}"
        score = self._ask_accuracy()
        if score is not None:
            row |= {
                "eval_generated_correct": score.correct,
                "eval_generated_n": score.n,
                "eval_generated_strict": score.strict,
            }
            note += f", {score.correct} of {score.n} problems solved"
        row["seconds"] = self._seconds()
        self.talk.row(row)
        if self.done == self.history.best_step() and self.group.rank == 0:
            save_best(self.job.checkpoints, self.done, self.job.of, self.held.save)
        self.talk.progress(self.done, self.plan.total, note)
        self.since = self.tokens, self._seconds()  # a validation's time is no step's
        if self.group.rank == 0:
            log.info("step %d: %s, token accuracy %.1f%%", self.done, note, 100 * first)
            log.debug("step %d: validation took %.1f s", self.done, time.monotonic() - began)

    def _ask_accuracy(self) -> TaskScore | None:
        asked = self.settings.accuracy
        number, rest = divmod(self.done, self.plan.validate_every)
        last = self.done == self.plan.total or self.history.is_over()
        if asked is None or not (last or (rest == 0 and number % asked.every == 0)):
            return None
        told = [0, 0, 0]
        if self.group.rank == 0 and self.talk.ask is not None:
            score = self._with_weights(self.talk.ask)
            told = [score.n, score.correct, score.strict]
        n, correct, strict = self.group.from_first(told)
        return TaskScore(n, correct, strict) if n else None

    # -- checkpoints -----------------------------------------------------------------------

    def _is_due(self) -> bool:
        """Whether time asks for a checkpoint; where they fall changes no result."""
        seconds = self.settings.checkpoint_seconds
        if self.group.rank or seconds <= 0:
            return False
        before = (self.done + 1) % self.plan.validate_every == 0
        age = time.monotonic() - self.saved_at
        return age >= (seconds * BEFORE_VALIDATION if before else seconds)

    def _save(self, finished: bool = False) -> None:
        if self.group.rank:
            return

        def fill(folder: Path) -> None:
            self.held.save(folder)
            save_file(self.stepper.moments(), folder / OPTIMIZER)
            write_json(folder / STATE, self._state())

        began = time.monotonic()
        save_checkpoint(self.job.checkpoints, self.done, self.job.of, finished, fill)
        self.saved_at = time.monotonic()
        self.saving.append(self.saved_at - began)
        self.since = self.tokens, self._seconds()
        log.debug("step %d: checkpoint saved in %.1f s", self.done, self.saving[-1])

    def _state(self) -> dict[str, Any]:
        state = self.history.state(self.done, self.plan)
        # Beside the rows, of which a long log has not one for each step.
        state["num_input_tokens_seen"] = self.tokens
        state["stateful_callbacks"] = {"netgain": {"seconds": self._seconds()}}
        return state

    def _resume(self) -> bool:
        """Go back to the last whole checkpoint, if there is one; True where it is the end."""
        folder, of = self.job.checkpoints, self.job.of
        found = last_checkpoint(folder, of) if self.group.rank == 0 else None
        (step,) = self.group.from_first([-1 if found is None else found.step])
        if step < 0:
            return False
        found = found or checkpoint_at(folder, step, of)
        if self.group.rank == 0:
            log.info("training goes on from step %d", step)
        self.held.restore(found.folder)
        moments: dict[str, Tensor] = load_file(found.folder / OPTIMIZER)
        self.stepper.restore_moments(moments)
        self.history = History(self.settings, found.state["log_history"], self.first)
        self.done = found.step
        self.tokens = int(found.state["num_input_tokens_seen"])
        self.seconds_before = float(found.state["stateful_callbacks"]["netgain"]["seconds"])
        self.since = self.tokens, self.seconds_before
        return found.finished

    def _leave_result(self) -> None:
        """Put the best weights and the log where readers look."""
        best = self.history.best_step()
        if best is None:
            raise TrainingError(
                f"nothing was learned in {self.done} rounds: in none of them did answers to one "
                "problem differ in their reward, so the weights are those from the start. Raise "
                "train.grpo.samples, problems or rounds, teach the task first (train.method: sft), "
                "or take another model; where the reward is strict, look at whether the base ever "
                "answers in the form that the prompt asks for"
            )
        target = Path(self.job.folder) / TRAINED[self.settings.weights]
        copy_folder(self.job.checkpoints / f"best-{best}", target, MANIFEST)
        write_json(Path(self.job.folder) / STATE, self._state())


def _diverged(what: str, value: float, step: int, rate: float) -> TrainingDiverged:
    return TrainingDiverged(
        f"the {what} became {value} at step {step}, learning rate {rate:.3g}: training cannot go "
        "on. Try a lower train.learning_rate (a third of it), a longer train.warmup_ratio, a lower "
        "train.max_grad_norm, or train.precision: fp32"
    )
