"""Every exception that netgain raises on purpose.

NetgainError                  one clear line for people; the command line prints it and exits
├── RecipeError               the recipe has mistakes (all of them are listed)
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

from pathlib import Path


class NetgainError(Exception):
    """Base of all deliberate errors; `exit_code` is what the command line returns."""

    exit_code = 1


class RecipeError(NetgainError):
    exit_code = 2


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
    """`what` names the file and its fault, without what to do about it."""

    def __init__(self, path: Path, fault: str, remedy: str) -> None:
        self.what = f"{path} {fault}"
        super().__init__(f"{self.what}; {remedy}")


class StorageError(NetgainError):
    pass


class MissingDependency(NetgainError):
    pass
