"""`netgain.sweep`: one recipe with several values of some settings, and what validation chooses."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from netgain import pipeline, provenance
from netgain.api.arguments import refuse_outside
from netgain.api.beforehand import sources
from netgain.api.display import Display
from netgain.api.recipes import AnyRecipe, Changes, recipe_of, words_of
from netgain.api.shown import Line, Part, Shown, Table
from netgain.errors import NetgainError, UsageError
from netgain.pipeline.comparing_runs import compare_runs
from netgain.pipeline.trials import (
    SEED,
    By,
    Job,
    Trial,
    best_setting,
    chosen_by,
    combinations,
    do_trials,
    folder_name,
    one_after_the_other,
    with_seed,
    write_record,
)
from netgain.pipeline.trials_on_workers import do_on_workers
from netgain.recipe import Recipe
from netgain.reporting.leaderboard import write_leaderboard
from netgain.store import read_json, sweep_leftovers
from netgain.wording import one_line, percent

log = logging.getLogger("netgain")


@dataclass(frozen=True, repr=False)
class Sweep(Shown):
    """Trials, what they were chosen by, and the setting that was chosen (None: nothing was).

    `tested` is what a trial that was asked the test problems came to, in words, by its folder's
    name; `page` is the leaderboard of these trials.
    """

    folder: Path
    trials: tuple[Trial, ...]
    by: By | None
    chosen: tuple[str, ...] | None
    page: Path | None
    tested: Mapping[str, str]

    def parts(self) -> Iterator[Part]:
        if self.by is None:
            yield Line(
                "Only the seed differs: nothing is chosen, and every trial is tested.", "bold"
            )
        elif self.chosen is None:
            yield Line(
                "Nothing could be chosen: no setting was trained with all its seeds.", "bold"
            )
        else:
            words = ", ".join(self.chosen)
            yield Line(f"Chosen by {self.by}, before any test problem: {one_line(words)}", "bold")
        measured = self.by or f"validation {'accuracy' if self.trials[0].n else 'loss'}"
        yield Table([self._row(t) for t in self.trials], ("trial", measured, "kept step", ""))
        for name, verdict in self.tested.items():
            yield Line(one_line(f"{name}: {verdict}"))
        yield Line(str(self.page or self.folder), whole=True)

    def _row(self, trial: Trial) -> tuple[str, ...]:
        score = ""
        if trial.score is not None:
            is_share = trial.n and self.by != "validation loss"
            score = percent(trial.score) if is_share else f"{trial.score:.4f}"
            score += f" (n = {trial.n})" if is_share else ""
        mark = "chosen" if self.by and trial.setting == self.chosen else ""
        mark = f"failed: {one_line(trial.failed)}" if trial.failed else mark
        step = "" if trial.best_step is None else str(trial.best_step)
        return one_line(", ".join(trial.changes)), score, step, mark

    def remarks(self) -> list[str]:
        failed = sum(bool(t.failed) for t in self.trials)
        if not failed:
            return []
        return [f"{failed} of {len(self.trials)} trials failed; the same command does them again"]

    def plain(self) -> dict[str, Any]:
        return {
            "folder": str(self.folder), "chosen_by": self.by,
            "chosen": None if self.chosen is None else list(self.chosen),
            "trials": [t.plain(str(t.folder)) for t in self.trials], "tested": dict(self.tested),
        }  # fmt: skip


def sweep(
    recipe: AnyRecipe,
    over: Mapping[str, Sequence[object]],
    changes: Changes = (),
    *,
    at_random: int | None = None,
    seed: int = 0,
    out: str | Path | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    quiet: bool = False,
) -> Sweep:
    """Train a recipe with several values of some settings; validation chooses, the test is last.

    A trial is a run directory in one folder, so trials share problems, base answers and samples.
    A setting is chosen by validation (problems solved where the recipe has `train.accuracy`, else
    the loss; the mean over seeds where `train.seed` is among what differs), and only the chosen
    one is asked the test problems. Where the seed alone differs all trials are, and the leaderboard
    tells how much seeds differ. If interrupted, the same call goes on.

    Args:
        recipe, changes: as `load_recipe` takes them.
        over: the values of each setting that differs.
        at_random: so many of all combinations, drawn by `seed`; all of them if not given.
        out: the folder of the trials; runs/NAME-sweep if not given.
        workers, cluster: do so many trials at a time, by Ray; a running cluster's address.
        quiet: say nothing of how far it is on standard error.

    Raises:
        RecipeError: some trial's recipe is wrong, or trials cannot be compared on validation.
        UsageError: there is nothing to try, or too much.

    >>> import netgain
    >>> found = netgain.sweep("recipe.yaml", {"train.lora.r": [2, 4]}, {"train.epochs": 1},
    ...                       quiet=True)
    >>> [trial.folder.name for trial in found.trials], found.by
    (['r-2', 'r-4'], 'validation loss')
    """
    listed = {name: [_word(v) for v in values] for name, values in over.items()}
    rows = combinations(listed, at_random, seed)
    given = words_of(changes)
    look = partial(sources, out=out, only="all")
    recipes = [recipe_of(recipe, [*given, *row], look) for row in rows]
    if SEED in listed:
        recipes = [with_seed(one) for one in recipes]
    _refuse_twice(rows, recipes)
    by = chosen_by(listed, recipes[0])
    folder = Path("runs") / f"{recipes[0].name}-sweep" if out is None else Path(out)
    trials = [Trial(row, folder / folder_name(row)) for row in rows]
    refuse_outside("workers", workers, 1)
    if cluster is not None and not workers:
        raise UsageError("cluster", "say how many with `workers`")
    with Display(quiet) as display:

        def do(job: Job) -> None:
            command = provenance.command_line()
            pipeline.run(job.recipe, job.folder, job.only, command, display.progress)

        def do_jobs(jobs: Sequence[Job]) -> Sequence[NetgainError | None]:
            for job in jobs:
                sweep_leftovers(job.folder)
            if not workers or not jobs:
                return one_after_the_other(jobs, do, log.warning)
            return do_on_workers(jobs, workers, cluster, log.warning)

        found = do_trials(list(zip(trials, recipes, strict=True)), by, do_jobs)
        best = best_setting(found, by) if by else None
        write_record(folder, by, found, best)  # before the tests, which may fail
        tested = [
            Job(r, t.folder, "all", ", ".join(t.changes))
            for t, r in zip(found, recipes, strict=True)
            if not t.failed and (by is None or t.setting == best)
        ]
        for failure in do_jobs(tested):
            if failure is not None:
                raise failure
        page = _compared([job.folder for job in tested], folder)
        verdicts = {job.folder.name: _verdict(job.folder) for job in tested}
    return Sweep(folder, tuple(found), by, best, page, verdicts)


def _verdict(folder: Path) -> str:
    return str(read_json(folder / "report" / "report.json")["verdict"])


def _refuse_twice(rows: Sequence[Sequence[str]], recipes: Sequence[Recipe]) -> None:
    first: dict[str, Sequence[str]] = {}
    for row, recipe in zip(rows, recipes, strict=True):
        same = first.setdefault(recipe.model_dump_json(), row)
        if same is not row:
            raise UsageError("over", f"{', '.join(same)} and {', '.join(row)} are the same trial")


def _compared(tested: Sequence[Path], folder: Path) -> Path | None:
    if len(tested) < 2:
        return next((at / "report" / "report.html" for at in tested), None)
    try:
        page, *_ = write_leaderboard(compare_runs(tested), folder / "leaderboard")
    except NetgainError as error:
        log.warning("no leaderboard: %s", error)
        return None
    return page


def _word(value: object) -> str:
    """A value as `--set` reads it."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
