"""What the JSON files of a run directory must hold, and what to do where one does not.

A file is checked whole when it is read, so that nothing after that meets a missing key or a wrong
type. What a file holds beyond this is kept as it is.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow
from pydantic import BaseModel, ConfigDict, ValidationError

from netgain.errors import RunDamaged
from netgain.plain_files import MOST_JSON, NotPlain, parse_json, read_plain
from netgain.store.seals import FIELD, Unsealed, seal_of

FORMAT_VERSION = 2
# The ways out, whichever command met the damage; RunDamaged names the commands. What a sound
# neighbour has finished is reused, so a new directory costs little.
ANEW = (
    "restore it, or give the command {anew}: in a directory beside this one, what is finished and "
    "sound here is taken over"
)
TRAIN_ON = (
    "give the command {again}: adapter and log are made again, from the last checkpoint where "
    "there is one"
)
TRAIN_AGAIN = "delete {folder}/training.json and " + TRAIN_ON
ANSWER_AGAIN = "give the command {again}: what is lost is answered again"


class _Stored(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)


class Format(_Stored):
    """`run.json`, as far as it tells whether the rest can be read."""

    format_version: int


class Facts(Format):
    """`run.json`."""

    command: str
    versions: dict[str, str]
    hardware: dict[str, str]


class Digests(_Stored):
    """`split.json`, as far as it vouches for the problems."""

    digests: dict[str, str]
    ids: dict[str, list[str]]


class _Names(_Stored):
    train: str
    validation: str
    test: str


class _Ids(_Stored):
    train: list[str]
    validation: list[str]
    test: list[str]


class Split(_Stored):
    """`split.json`."""

    source: str
    revision: str | None
    test_revision: str | None = None
    bad_rows: list[dict[str, Any]]
    overlaps: list[dict[str, Any]]
    no_solution: list[str]
    digests: _Names
    ids: _Ids
    available: dict[str, int] | None = None  # before any limit
    removed: list[dict[str, Any]] = []  # overlaps whose training problem was left out
    variants: int = 0
    mixture: list[dict[str, Any]] = []


class _Base(_Stored):
    description: str
    revision: str | None
    digest: str


class Serving(_Stored):
    """`serving.json`."""

    engine: str
    precision: str
    kept: float
    asked: list[str]
    kept_as_asked: float


class Training(_Stored):
    """`training.json`."""

    precision: str
    device: str
    tokens_at_once: int | None = None
    processes: int = 1
    adapter: str  # digest of what was trained
    log: str  # SHA-256 of trainer_state.json
    trainable_parameters: int
    parameters: int
    model: _Base
    template: str
    too_long: list[str]
    energy_wh: float | None
    resumed: bool
    versions: dict[str, str]
    hardware: dict[str, str]
    reused_from: str | None = None
    method: str = "sft"
    own_answers: dict[str, dict[str, int]] = {}
    origins: dict[str, int] = {}
    start: str | None = None


class JobFile(_Stored):
    """`job.json`, as far as it says what is trained."""

    of: str
    budget: int


class Manifest(_Stored):
    """`manifest.json` of a checkpoint: what it is of, and its files' SHA-256."""

    of: str
    finished: bool = False
    files: dict[str, str]


class Evaluation(BaseModel):
    """`evaluation.json`: the fields of EvaluationSummary."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    model: str
    digest: str
    settings: dict[str, Any]
    problems_digest: str
    n: int
    truncated: int
    errors: int
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    gpus: list[str] = []
    reused_from: str | None = None


class Plan(_Stored):
    """`plan.json`: what decides an evaluation's answers, and its units of work."""

    settings: dict[str, Any]
    units: list[list[str]]
    gpus: list[str]


def read_stored(
    path: Path, schema: type[BaseModel], remedy: str, seal: bool = True
) -> dict[str, Any]:
    """A JSON file of a run directory, checked; as plain data.

    Args:
        seal: whether it must be as netgain wrote it.

    Raises:
        RunDamaged: it is missing, no ordinary file, changed, no JSON, or not of this schema.
    """
    with told(path, remedy):
        content = read_plain(path, MOST_JSON, links=False)
        if seal:
            seal_of(content)
        data: dict[str, Any] = parse_json(content)
        if isinstance(data, dict):
            data.pop(FIELD, None)
        schema.model_validate(data)
    return data


@contextlib.contextmanager
def told(path: Path, remedy: str) -> Iterator[None]:
    """What is wrong with a file of a run directory, as `RunDamaged`."""
    try:
        yield
    except FileNotFoundError:
        raise RunDamaged(path, "is missing", remedy) from None
    except (NotPlain, Unsealed) as error:
        raise RunDamaged(path, str(error), remedy) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        why = f"is damaged ({where + ': ' if where else ''}{first['msg']})"
        raise RunDamaged(path, why, remedy) from error
    except (
        OSError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError,
        RecursionError, pyarrow.ArrowException,
    ) as error:  # fmt: skip
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise RunDamaged(path, f"cannot be read ({why:.200})", remedy) from error
