"""The stages in order: which are done, which are still to do.

data → prompt → train → base → tuned → extras → report. A stage that is done is not done again; an
unfinished one goes on from its last finished unit (a checkpoint, a batch of answers). The report is
always made anew, from the records alone.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from netgain import provenance
from netgain.pipeline.artefacts import artefacts
from netgain.pipeline.ending import marked
from netgain.pipeline.evaluating import evaluate_base, evaluate_tuned
from netgain.pipeline.extra_evaluations import evaluate_extras
from netgain.pipeline.phases import compare_phases, going_on, phases_of
from netgain.pipeline.preparing import prepare_data, train
from netgain.pipeline.progress import Progress
from netgain.pipeline.prompt_check import check_prompt
from netgain.pipeline.run_findings import findings_of, report
from netgain.recipe import Recipe
from netgain.store import RunDirectory, sweep_leftovers

__all__ = ["PARTS", "STAGES", "findings_of", "run"]

log = logging.getLogger("netgain")
STAGES: dict[str, Callable[[RunDirectory, Recipe, Progress], None]] = {
    "data": prepare_data,
    "prompt": check_prompt,
    "train": train,
    "base": evaluate_base,
    "tuned": evaluate_tuned,
    "extras": evaluate_extras,
    "report": report,
}
# What a user can ask for alone.
PARTS: dict[str, tuple[str, ...]] = {
    "all": tuple(STAGES),
    "train": ("data", "prompt", "train"),
    "evaluate": ("data", "prompt", "base", "tuned", "extras"),
    "report": ("report",),
}
# What trainings before the last do at these stages of the run.
OF_PHASES: dict[str, tuple[str, ...]] = {"train": ("data", "train"), "tuned": ("tuned",)}


def run(recipe: Recipe, root: Path, only: str, command: str, progress: Progress) -> Path:
    """Do the stages that are not done; returns the report (or the run directory without one).

    Raises:
        NetgainError: with one clear line; what was finished stays, the same command goes on.
    """
    _do(recipe, root, PARTS[only], command, progress)
    page = root / "report" / "report.html"
    return page if "report" in PARTS[only] else root


def _do(
    recipe: Recipe,
    root: Path,
    stages: Sequence[str],
    command: str,
    progress: Progress,
    is_phase: bool = False,
) -> None:
    """Do these stages of a run, and what must have been trained before them."""
    directory = RunDirectory(root)
    with directory.claimed(), _logged_to(directory.log, directory.others), marked(root) as mark:
        sweep_leftovers(root)
        facts = {
            "command": command,
            "begun": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "versions": provenance.versions(),
            "hardware": provenance.hardware(),
        }
        directory.begin(recipe, facts, places=not is_phase)
        log.info("run directory %s", root)
        log.debug("the command: %s", command)
        last = going_on(recipe, root)
        for stage in stages:
            if stage in OF_PHASES:
                _do_phases(recipe, root, stage, command, progress)
            began = time.monotonic()
            log.debug("stage %s begins", stage)
            with directory.still_there():
                mark(stage)
                STAGES[stage](directory, last, progress)
            if stage == "data" and directory.has_problems():
                for artefact in artefacts(directory, last, stages):
                    log.info("%s", artefact)
            log.debug(
                "stage %s done in %.1f s, memory %.2f GiB at most so far",
                stage, time.monotonic() - began, provenance.peak_memory() / 2**30,
            )  # fmt: skip
        if recipe.phases and "report" in stages:
            log.info("every phase's model: %s", compare_phases(recipe, root))


def _do_phases(recipe: Recipe, root: Path, stage: str, command: str, progress: Progress) -> None:
    """Have each earlier training done, or asked, in order; what is done already costs nothing."""
    phases = phases_of(recipe, root)
    for number, phase in enumerate(phases, start=1):
        if stage == "train" or phase.is_asked:
            log.info("training %d of %d, in %s", number, len(phases) + 1, phase.place)
            _do(phase.recipe, phase.place, OF_PHASES[stage], command, progress, is_phase=True)


class _RunLog(logging.FileHandler):
    """A log file that a full disk silences, so that the error behind it is the one that is told."""

    def handleError(self, record: logging.LogRecord) -> None:
        pass

    def close(self) -> None:
        with suppress(OSError):
            super().close()


OTHERS = ("netgain.printed", "transformers", "peft", "py.warnings")


@contextmanager
def _logged_to(path: Path, others: Path) -> Iterator[None]:
    """What netgain logs also goes to the run's log, what its libraries say to a file of its own."""
    logger = logging.getLogger("netgain")
    handler, apart = _RunLog(path, encoding="utf-8"), _RunLog(others, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    handler.addFilter(lambda record: record.name not in OTHERS)
    apart.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    for name in OTHERS:
        logging.getLogger(name).addHandler(apart)
    logging.captureWarnings(True)
    try:
        yield
    except Exception:
        log.debug("ended by an error", exc_info=True)
        raise
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        for name in OTHERS:
            logging.getLogger(name).removeHandler(apart)
        logging.captureWarnings(False)
        handler.close()
        apart.close()
