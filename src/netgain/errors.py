"""Every exception that netgain raises on purpose.

NetgainError                  one clear line for people; the command line prints it and exits
├── RecipeError               the recipe has mistakes (all of them are listed)
├── UsageError                an argument of a function, or an option of a command, cannot be
├── DataError                 a row, a file or a split is unusable
│   └── OverlapError          test problems were found among the training problems
├── ModelError                a model is missing, or a directory holds no model
│   └── HubUnreachable        a model or data set has to come from the Hub, which cannot be reached
├── TrainingError             training cannot go on
│   ├── TrainingDiverged      the loss is no longer a finite number
│   └── OutOfMemory           not even a batch of one fits
├── EvaluationError           answers cannot be generated or trusted (adapter not applied…)
│   └── ServerError           a server is gone, refuses the key, or takes no request of this kind
├── RunError                  a run directory is unusable for what was asked
│   ├── RunBusy               another process is working in the run directory
│   └── RunDamaged            a file in it is missing, changed or damaged
├── StorageError              the disk is full, or a file cannot be written
└── MissingDependency         an optional package is not installed

Each message says what happened, where, why, and what to do.
"""

import shlex
from pathlib import Path


class NetgainError(Exception):
    """Base of all deliberate errors; `exit_code` is what the command line returns."""

    exit_code = 1


class RecipeError(NetgainError):
    exit_code = 2


class UsageError(NetgainError):
    """`argument` is the function's own; the command line shows the option that it came from.

    Other arguments stand in `why` in backticks.
    """

    exit_code = 2

    def __init__(self, argument: str, why: str) -> None:
        super().__init__(f"{argument}: {why}")
        self.argument, self.why = argument, why


class DataError(NetgainError):
    pass


class OverlapError(DataError):
    pass


class ModelError(NetgainError):
    pass


class HubUnreachable(ModelError):
    pass


class TrainingError(NetgainError):
    pass


class TrainingDiverged(TrainingError):
    pass


class OutOfMemory(TrainingError):
    pass


class EvaluationError(NetgainError):
    pass


class ServerError(EvaluationError):
    pass


class RunError(NetgainError):
    pass


class RunBusy(RunError):
    pass


class RunDamaged(RunError):
    """`what` names the file and its fault, without what to do about it.

    In `remedy`, {again} stands for the command that goes on with what the file is of, and {anew}
    for the one that begins it in another directory.
    """

    def __init__(self, path: Path, fault: str, remedy: str) -> None:
        self.what = f"{path} {fault}"
        again, anew = _commands(path)
        told = remedy.replace("{again}", f"`{again}`").replace("{anew}", f"`{anew}`")
        super().__init__(f"{self.what}; {told}")


def _commands(path: Path) -> tuple[str, str]:
    """What goes on with the run or evaluation of a file, and what begins it beside it."""
    run = _run_of(path)
    if run is None:
        return "netgain evaluate …", "netgain evaluate … --out ANOTHER"
    lost = path == run / "recipe.yaml"
    recipe = "YOUR-RECIPE.yaml" if lost else shlex.quote(str(run / "recipe.yaml"))
    unnamed = run.name in {"", ".."}
    beside = run / "../again" if unnamed else run.with_name(f"{run.name}-again")
    return (
        f"netgain run {recipe} --out {shlex.quote(str(run))}",
        f"netgain run {recipe} --out {shlex.quote(str(beside))}",
    )


def _run_of(path: Path) -> Path | None:
    """The run directory that a file lies in; None for a file of an evaluation alone."""
    for above in path.parents:
        if any((above / name).exists() for name in ("run.json", "recipe.yaml")):
            return above
    return None


class StorageError(NetgainError):
    pass


class MissingDependency(NetgainError):
    pass
