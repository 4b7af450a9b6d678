"""One recipe with several values of some settings: trials, of which validation chooses.

Every trial is a run of its own in one folder, so that trials share problems, base answers, samples
and whatever else is the same. A setting is chosen by validation problems alone; the test problems
are asked of the chosen trial, once for each of its seeds.
"""

import hashlib
import itertools
import re
import statistics
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, Literal

from netgain.errors import NetgainError, RecipeError, UsageError
from netgain.recipe import SECTIONS, Recipe
from netgain.store import RunDirectory, write_json

SEED = "train.seed"
MOST_TRIALS = 1000
RECORD = "sweep.json"
# Where these differ, validation losses are of other texts and cannot be compared.
OTHER_TEXTS = (
    "train.method", "train.start", "train.loss", "train.max_length", "phases",
    *(f"train.{section}" for sections in SECTIONS.values() for section in sections),
)  # fmt: skip
# Where these differ, so do the validation problems, how they are asked, or which steps compete: of
# one training the step that solves the most is never worse than that of the lowest loss.
OTHER_PROBLEMS = (
    "data", "model", "prompt", "evaluate", "train.accuracy", "train.select",
)  # fmt: skip
ASIDE = ("name", "cost", "extras", "report", "report_to", "evaluate.limit")
MORE_TO_LEARN = ("data.perturbed", "data.mixture")  # validation problems are the same whatever
By = Literal["validation accuracy", "validation loss"]


@dataclass(frozen=True)
class Trial:
    """One choice of values: its changes to the recipe, where it lies, and what came of it.

    `score` is what it is chosen by: a share of validation problems solved, or a loss in nats; None
    where the trial failed, and `failed` says why. `best_step` is the step whose weights were kept.
    """

    changes: tuple[str, ...]
    folder: Path
    score: float | None = None
    n: int | None = None
    best_step: int | None = None
    failed: str = ""

    @property
    def setting(self) -> tuple[str, ...]:
        """The changes without the seed: trials that differ in the seed alone share it."""
        return tuple(c for c in self.changes if not c.startswith(f"{SEED}="))

    def plain(self, folder: str) -> dict[str, Any]:
        """As it is written down; `folder` is what its own is called there."""
        return {
            "changes": list(self.changes), "folder": folder, "score": self.score, "n": self.n,
            "best_step": self.best_step, "failed": self.failed or None,
        }  # fmt: skip


def combinations(
    over: Mapping[str, Sequence[str]], at_random: int | None = None, seed: int = 0
) -> list[tuple[str, ...]]:
    """Every combination of values as `field=value` changes, or some of them at random.

    >>> combinations({"train.seed": ["1", "2"], "train.lora.r": ["8"]})
    [('train.seed=1', 'train.lora.r=8'), ('train.seed=2', 'train.lora.r=8')]

    Raises:
        UsageError: there are no values, or more than a thousand combinations.
    """
    if not over:
        raise UsageError("over", "say what differs, for example train.seed=1,2,3")
    total = 1
    for values in over.values():
        total *= len(values)
    if (at_random or total) > MOST_TRIALS or total > 10**7:
        raise UsageError("over", f"{total:,} trials are too many (at most {MOST_TRIALS})")
    named = [[f"{name}={value}" for value in values] for name, values in over.items()]
    places: Container[int] = range(total)
    if at_random is not None and at_random < total:
        places = set(Random(seed).sample(range(total), at_random))
    return [row for place, row in enumerate(itertools.product(*named)) if place in places]


def chosen_by(over: Mapping[str, Sequence[str]], recipe: Recipe) -> By | None:
    """What tells trials apart; None where only seeds differ, and nothing is chosen.

    Raises:
        RecipeError: trials could not be compared on validation.
    """
    names = [name for name in over if name != SEED]
    if not names:
        return None
    aside = [n for n in names if any(f"{n}.".startswith(f"{s}.") for s in ASIDE)]
    if aside:
        raise RecipeError(
            f"--over {aside[0]} changes neither training nor the validation problems, so there is "
            "nothing to choose by; change it with --set"
        )
    foreign = [n for n in names if _touches(n, OTHER_PROBLEMS) and n not in MORE_TO_LEARN]
    if foreign:
        raise RecipeError(
            f"--over {foreign[0]} changes the validation problems or how they are measured, so no "
            "trial could be chosen by them; make runs of their own and compare them with `netgain "
            "report RUN…`"
        )
    accuracy, select = recipe.train.accuracy, recipe.train.select
    if accuracy is not None:
        if accuracy.every > 1 and select == "validation_loss":
            raise RecipeError(
                f"train.accuracy.every: {accuracy.every} leaves it to chance whether problems were "
                "answered at the step that train.select: validation_loss keeps, and trials are "
                "chosen by them; set train.accuracy.every=1, or "
                "train.select=validation_accuracy"
            )
        return "validation accuracy"
    texts = [n for n in names if _touches(n, OTHER_TEXTS)]
    if texts:
        raise RecipeError(
            f"--over {texts[0]} changes what is learned from, so validation losses are of other "
            "texts and cannot be compared; set train.accuracy, for example --set "
            "train.accuracy.limit=200, and trials are chosen by problems solved"
        )
    return "validation loss"


def _touches(name: str, settings: Sequence[str]) -> bool:
    """Whether a setting is one of these, lies in one, or holds one.

    >>> [_touches(name, ["train.rft"]) for name in ("train.rft.most", "train", "train.rftx")]
    [True, True, False]
    """
    return any(f"{name}.".startswith(f"{s}.") or s.startswith(f"{name}.") for s in settings)


def folder_name(changes: Sequence[str]) -> str:
    """A trial's folder: its values, made safe and short; other values have another one.

    >>> folder_name(["train.seed=1", "train.lora.r=8"])
    'seed-1_r-8'
    """
    words, is_whole = [], True
    for change in changes:
        field, _, value = change.partition("=")
        safe = re.sub(r"[^A-Za-z0-9._+-]+", "-", value).strip("-.")
        is_whole = is_whole and safe == value
        words.append(f"{field.rpartition('.')[2].replace('_', '-')}-{safe}")
    name = "_".join(words)
    if is_whole and len(name) <= 80:
        return name
    return f"{name[:70]}-{hashlib.sha256(','.join(changes).encode()).hexdigest()[:8]}"


def with_seed(recipe: Recipe) -> Recipe:
    """A trial of another seed: all its phases have it, or the spread would lack their part."""
    seed = {"seed": recipe.train.seed}
    phases = tuple(phase.model_copy(update=seed) for phase in recipe.phases)
    return recipe.model_copy(update={"phases": phases})


@dataclass(frozen=True)
class Job:
    """Some stages of one trial (`only`, as `pipeline.run` takes it), and what it is called."""

    recipe: Recipe
    folder: Path
    only: str
    label: str


# Does jobs, and returns why each failed, or None.
DoJobs = Callable[[Sequence[Job]], Sequence[NetgainError | None]]


def one_after_the_other(
    jobs: Sequence[Job], do: Callable[[Job], object], tell: Callable[[str], None]
) -> list[NetgainError | None]:
    """Do jobs here; one that fails is told, and the next is done."""
    found: list[NetgainError | None] = []
    for number, job in enumerate(jobs, start=1):
        tell(f"trial {number} of {len(jobs)}: {job.label}")
        try:
            do(job)
            found.append(None)
        except NetgainError as error:
            tell(f"trial {number} failed: {error}")
            found.append(error)
    return found


def do_trials(trials: Sequence[tuple[Trial, Recipe]], by: By | None, do: DoJobs) -> list[Trial]:
    """Train every trial; one that failed says so, and is done again by the same command."""
    jobs = [Job(recipe, t.folder, "train", ", ".join(t.changes)) for t, recipe in trials]
    found = []
    for (trial, _), failure in zip(trials, do(jobs), strict=True):
        try:
            found.append(replace(trial, failed=str(failure)) if failure else _scored(trial, by))
        except NetgainError as error:  # such as a folder that the worker did not share
            found.append(replace(trial, failed=str(error)))
    return found


def _scored(trial: Trial, by: By | None) -> Trial:
    """The trial with the validation of the weights that were kept."""
    state = RunDirectory(trial.folder).training_log()
    kept = next((p for p in state.points if p.step == state.best_step), None)
    if kept is None:
        return trial
    accuracy = by == "validation accuracy" or (by is None and bool(kept.task_n))
    if accuracy and kept.task_n and kept.task_correct is not None:
        score: float | None = kept.task_correct / kept.task_n
    else:
        score = None if accuracy else kept.eval_loss
    return replace(trial, score=score, n=kept.task_n, best_step=kept.step)


def best_setting(trials: Sequence[Trial], by: By | None) -> tuple[str, ...] | None:
    """The setting with the best mean score over its seeds; the first of several as good.

    A setting of which a trial failed or has no score is passed over; None where none is left.
    """
    by_setting: dict[tuple[str, ...], list[float | None]] = {}
    for trial in trials:
        by_setting.setdefault(trial.setting, []).append(trial.score)
    scored = [
        (statistics.fmean(score for score in scores if score is not None), setting)
        for setting, scores in by_setting.items()
        if None not in scores
    ]
    if not scored:
        return None
    sign = -1 if by == "validation loss" else 1
    return max(scored, key=lambda pair: sign * pair[0])[1]


def write_record(folder: Path, by: By | None, trials: Sequence[Trial], chosen: object) -> None:
    """`sweep.json`: every trial with what it was chosen by."""
    rows = [t.plain(t.folder.name) for t in trials]
    write_json(folder / RECORD, {"chosen_by": by, "chosen": chosen, "trials": rows})
