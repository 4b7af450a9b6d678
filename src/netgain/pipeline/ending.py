"""How a run ended the last time, where it could not say so itself.

A file stands in the run directory while a run is in it. One that is found at the start was left by
a run that was ended from outside. SIGKILL gives a process no time for a word, so the system is
asked: did it start anew meanwhile, or end a process for want of memory?
"""

import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from netgain import provenance
from netgain.store import storage_errors

log = logging.getLogger("netgain")
MARK = ".running"
SIGTERM_STATUS = 143
LONGEST = 4096  # bytes of a mark that are read


@contextmanager
def marked(root: Path) -> Iterator[Callable[[str], None]]:
    """Tell how the last run in this directory ended, and mark it as running until an orderly end.

    Yields what is told of each stage that begins.
    """
    path = root / MARK
    earlier = _read(path)
    if earlier is not None:
        log.warning("%s", how_it_ended(earlier))
    began: dict[str, Any] = {
        "pid": os.getpid(),
        "began": time.strftime("%Y-%m-%d %H:%M:%S"),
        "boot": provenance.boot_id(),
        "memory_kills": provenance.memory_kills(),
    }

    def mark(stage: str, **more: str) -> None:
        with storage_errors(path):
            path.write_text(json.dumps({**began, "stage": stage, **more}), encoding="utf-8")
        began["stage"] = stage

    mark("start")
    try:
        yield mark
    except SystemExit as end:
        if end.code == SIGTERM_STATUS:  # of a shutdown, as a rule, when nobody reads the screen
            with suppress(Exception):
                mark(began["stage"], signal="SIGTERM")
            raise
        path.unlink(missing_ok=True)
        raise
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    path.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, Any] | None:
    """An earlier run's mark; {} where it cannot be read, None where there is none."""
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(LONGEST))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def how_it_ended(mark: dict[str, Any]) -> str:
    """One line on a run that left its mark, by what the system says now."""
    stage, began = (str(mark.get(name, "an unknown"))[:40] for name in ("stage", "began"))
    killed = provenance.memory_kills()
    before = mark.get("memory_kills")
    boot = provenance.boot_id()
    if mark.get("signal") == "SIGTERM":
        why = "was ended from outside by SIGTERM, as a shutdown or a job scheduler does"
    elif boot and mark.get("boot") not in (boot, None, ""):
        why = "was cut off: the machine has been started anew since"
    elif isinstance(before, int) and killed > before:
        why = (
            "was ended from outside (SIGKILL) without a word, and since it began the system's "
            f"memory killer has ended {_processes(killed, before)}: memory was short, probably "
            "here. netgain plan says what this recipe needs, and which setting lowers it"
        )
    else:
        why = (
            "was ended from outside (SIGKILL) without a word, and the system counts no end for "
            "want of memory; a job scheduler's limit, or a container that was stopped, does that"
        )
    return f"the last run here, begun at {began}, {why} (stage {stage}). It goes on from there"


def _processes(killed: int, before: int) -> str:
    # The machine and the control group may both count the same end.
    return "a process" if killed - before <= 2 else "processes"
