"""Accuracy on the task during somebody else's training: a callback for transformers' trainers.

A trainer's own `mean_token_accuracy` compares next tokens while it is fed the reference solution.
This callback asks validation problems as `netgain evaluate` does: the model generates, and the
answers are graded.
"""

import copy
import inspect
import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import distributed
from transformers import TrainerCallback

from netgain.analysis.estimates.statistics import wilson
from netgain.errors import EvaluationError, UsageError
from netgain.generate.answering import Asking, Question
from netgain.generate.in_training import SPREAD, answer_within, lent
from netgain.generate.sampler import Sampling
from netgain.grading import grade_all
from netgain.models.render import Renderer, make_renderer
from netgain.prompts import stop_texts
from netgain.recipe import Recipe
from netgain.records import Generation, Grade, Problem
from netgain.train.asked_in_training import Rows, questions_of, settings_of, write_answers

log = logging.getLogger("netgain")
BATCH = 32  # answers generated together


class TrueAccuracy(TrainerCallback):
    """Has the model answer validation problems while it is trained, and logs how many are right.

        trainer = SFTTrainer(model, args, …, callbacks=[TrueAccuracy("validation.jsonl")])

    At each evaluation of the trainer, and before the first step, these go into the trainer's log,
    and so to every tracker and into `trainer_state.json`:

    - `eval_task_accuracy`: the share of problems solved, by the robust grader, with the bounds of
      its 95% interval (Wilson), `eval_task_accuracy_low` and `eval_task_accuracy_high`;
    - `eval_task_accuracy_strict`: by the strict grader, which wants the answer in the form that
      the prompt asks for. What it alone gains is format and not skill;
    - `eval_generated_n`, `eval_generated_correct`, `eval_generated_strict`: the counts behind them,
      under the names that netgain's own trainer writes, and `eval_task_cut_off`, the answers that
      reached `max_new_tokens`;
    - `eval_task_seconds`: what it took.

    `metric_for_best_model="task_accuracy"` (with `greater_is_better=True`) keeps the checkpoint
    that solves the most problems. The training is the same as without the callback, to the bit:
    answers are greedy, and the model and all random generators are given back as they were.

    Args:
        problems: a file, folder, Hub id or benchmark, as `netgain evaluate` takes them, or rows
            (dictionaries) with a question and an answer. They must not be among those trained on.
        limit: problems that are asked, drawn by `seed`; None asks all.
        every: ask after every so many steps, instead of at each evaluation of the trainer.
        at_start: ask before the first step, too: what the base model solves.
        prompt: a style, or settings of a recipe's section `prompt`, see docs/prompts.md.
        max_new_tokens: tokens of an answer at most.
        batch_size: answers generated together.
        max_seconds: that one round of questions takes at most. Problems that are not answered by
            then are left out of all later rounds, so that rounds are of the same problems.
        columns: where a column of the rows stands that has another name: {"question": "text"}.
        seed: of the draw of problems.
        tokenizer: for a trainer that was given none.
        out: a folder for the answers, `step-N.jsonl` and at the end `trained.jsonl`, which
            `netgain grade`, `compare`, `diagnose` and `analyse` take.

    Raises:
        NetgainError: the problems, or the settings, cannot be used; on making the callback.
    """

    def __init__(
        self,
        problems: str | Path | Rows,
        *,
        limit: int | None = 100,
        every: int | None = None,
        at_start: bool = True,
        prompt: str | Mapping[str, Any] | None = None,
        max_new_tokens: int = 1024,
        batch_size: int | None = BATCH,
        max_seconds: float = 600.0,
        columns: Mapping[str, str] | Sequence[str] = (),
        seed: int = 42,
        tokenizer: Any = None,
        out: str | Path | None = None,
    ) -> None:
        for name, value in (("every", every), ("max_seconds", max_seconds)):
            kinds = int if name == "every" else (int, float)
            if value is not None and not (isinstance(value, kinds) and value > 0):
                raise UsageError(name, f"{value!r:.80} cannot be: give a number above 0")
        self.recipe: Recipe = settings_of(
            problems, prompt, limit, max_new_tokens, batch_size, columns, seed
        )
        self.asked: dict[str, tuple[Problem, Question]] = {
            problem.id: (problem, question)
            for problem, question in questions_of(problems, self.recipe)
        }
        self.every, self.at_start, self.max_seconds = every, at_start, max_seconds
        self.tokenizer, self.out = tokenizer, None if out is None else Path(out)
        self.rounds: list[dict[str, float]] = []
        self._trains = False
        self._answers: dict[int, list[Generation]] = {}  # of the last round, by its step
        self._renderer: Renderer | None = None

    # -- what the trainer tells ------------------------------------------------------------

    def on_train_begin(self, args: Any, state: Any, control: Any, **told: Any) -> None:
        self._trains, self._answers = True, {}
        _refuse_sharded(_trainer())
        if self.at_start and state.global_step == 0:
            self._ask(_trainer(), state, told)

    def on_evaluate(self, args: Any, state: Any, control: Any, **told: Any) -> None:
        # One evaluation of several data sets tells once for each of them; after training the
        # weights of the best step may be back, so that the step alone says nothing.
        known = self._trains and state.global_step in self._answers
        if not known and (self.every is None or not self._trains):
            self._ask(_trainer(), state, told)
            known = state.global_step in self._answers
        metrics = told.get("metrics")
        if known and metrics is not None and self.rounds:
            metrics.update({k: v for k, v in self.rounds[-1].items() if k != "step"})

    def on_step_end(self, args: Any, state: Any, control: Any, **told: Any) -> None:
        if self.every and state.global_step % self.every == 0:
            self._ask(_trainer(), state, told)

    def on_train_end(self, args: Any, state: Any, control: Any, **told: Any) -> None:
        self._trains = False
        if self.out is None:
            return
        best = state.best_model_checkpoint if args.load_best_model_at_end else None
        if best is None and state.global_step in self._answers:
            answers = self._answers[state.global_step]
        else:
            answers = self._answer(_trainer(), told)
        self._write(state, "trained", answers)

    # -- one round of questions ------------------------------------------------------------

    def _ask(self, trainer: Any, state: Any, told: Mapping[str, Any]) -> None:
        """Ask, grade, log. Only the first round may end a training by its failure."""
        began = time.monotonic()
        try:
            answers = self._answer(trainer, told)
            self._write(state, f"step-{state.global_step}", answers)
        except Exception as error:
            if not self.rounds:
                raise
            log.warning("no accuracy on the task at step %d: %s", state.global_step, error)
            return
        self._answers = {state.global_step: answers}
        problems = [self.asked[g.problem_id][0] for g in answers]
        grades = grade_all(problems, answers, self.recipe.prompt.answer_ending)
        figures = figures_of(grades, answers) | {"eval_task_seconds": time.monotonic() - began}
        self.rounds.append({"step": state.global_step, **figures})
        model, modes = told["model"], told["model"].training
        # TRL's trainers take the mode for what is logged, and empty its running figures.
        model.training = False
        try:
            trainer.log(dict(figures))
        finally:
            model.training = modes

    def _answer(self, trainer: Any, told: Mapping[str, Any]) -> list[Generation]:
        """One greedy answer to each problem, each process of a group a part of them."""
        settings = self.recipe.evaluate
        asking = Asking(Sampling(settings.max_new_tokens, stop=stop_texts(self.recipe.prompt)))
        rank, world = _place()
        questions = [question for _, question in self.asked.values()][rank::world]
        batch, seconds = settings.batch_size or BATCH, self.max_seconds
        own: list[Generation] | str
        try:
            with lent(told["model"], self._rendering(told)) as sampler:
                own = answer_within(sampler, questions, asking, batch, seconds)
        except Exception as error:
            if world == 1:
                raise
            own = f"process {rank}: {error}"  # the others wait for something from here
        return self._kept(_gathered(own))

    def _rendering(self, told: Mapping[str, Any]) -> Renderer:
        if self._renderer is None:
            tokenizer = self.tokenizer or told.get("processing_class")
            tokenizer = getattr(tokenizer, "tokenizer", tokenizer)  # a processor has one
            if tokenizer is None:
                raise EvaluationError(
                    "the trainer has no tokenizer; give it processing_class=tokenizer, or give "
                    "TrueAccuracy tokenizer=tokenizer"
                )
            model = told["model"]
            own = getattr(model, "generation_config", None)
            ends = getattr(own, "eos_token_id", None)
            self._renderer = make_renderer(copy.deepcopy(tokenizer), ends)  # it may be changed
        return self._renderer

    def _kept(self, answers: Sequence[Generation]) -> list[Generation]:
        """The answers in the order of the problems; what was not answered is asked no more."""
        found = {g.problem_id: g for g in answers}
        if not found:
            raise EvaluationError(
                f"not one batch of answers was finished in {self.max_seconds:g} seconds; give "
                "TrueAccuracy a larger max_seconds, or a smaller batch_size or max_new_tokens"
            )
        if len(found) < len(self.asked):
            log.warning(
                "%d of %d problems were answered in %g seconds; accuracy on the task is of these "
                "from here on", len(found), len(self.asked), self.max_seconds,
            )  # fmt: skip
            self.asked = {i: pair for i, pair in self.asked.items() if i in found}
        return [found[i] for i in self.asked]

    def _write(self, state: Any, name: str, answers: Sequence[Generation]) -> None:
        if self.out is not None and state.is_world_process_zero:
            problems = [self.asked[g.problem_id][0] for g in answers]
            write_answers(self.out / f"{name}.jsonl", problems, answers, name)


def figures_of(grades: Sequence[Grade], answers: Sequence[Generation]) -> dict[str, float]:
    """What is logged of graded answers, one each of at least one problem."""
    n, right = len(grades), sum(g.correct for g in grades)
    strict = sum(g.strict for g in grades)
    estimate = wilson(right, n)
    assert estimate.interval is not None
    low, high = estimate.interval
    return {
        "eval_task_accuracy": right / n,
        "eval_task_accuracy_low": low,
        "eval_task_accuracy_high": high,
        "eval_task_accuracy_strict": strict / n,
        "eval_task_cut_off": sum(g.finish_reason == "length" for g in answers),
        "eval_generated_n": n,
        "eval_generated_correct": right,
        "eval_generated_strict": strict,
    }


def _trainer() -> Any:
    """The trainer whose call this is, for its log is what trackers and `trainer_state.json` get.

    transformers tells a callback nearly everything but that; it stands in the calling frames.
    """
    frame = inspect.currentframe()
    while frame is not None:
        owner = frame.f_locals.get("self")
        if hasattr(owner, "callback_handler") and callable(getattr(owner, "log", None)):
            return owner
        frame = frame.f_back
    raise EvaluationError(
        "TrueAccuracy is called by no trainer; give it to one of transformers or TRL: "
        "Trainer(…, callbacks=[TrueAccuracy(…)])"
    )


def _refuse_sharded(trainer: Any) -> None:
    plugin = getattr(getattr(trainer.accelerator, "state", None), "deepspeed_plugin", None)
    if getattr(trainer, "is_fsdp_enabled", False) or getattr(plugin, "zero_stage", 0) == 3:
        raise EvaluationError(SPREAD)


def _place() -> tuple[int, int]:
    """This process's number, and how many train together."""
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


def _gathered(own: list[Generation] | str) -> list[Generation]:
    """The answers of all processes, in each of them; of one that failed, what it says.

    Raises:
        EvaluationError: one failed; in all of them.
    """
    parts: list[Any] = [own]
    _, world = _place()
    if world > 1:
        parts *= world
        distributed.all_gather_object(parts, own)
    failed = next((part for part in parts if isinstance(part, str)), None)
    if failed is not None:
        raise EvaluationError(failed)
    return [answer for part in parts for answer in part]
