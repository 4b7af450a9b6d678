"""W&B, MLflow, Trackio and TensorBoard: how each is told of a run, in a process of its own.

So a library can print, hang, ask for a password or crash, and the run goes on
(`pipeline/telling`). What a run is taken up from (its id there, the steps that were told) lies in
`trackers/NAME.json`. Little is imported here, since a process for each tracker stands beside a
training.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netgain.plain_files import MOST_JSON, read_plain

FOLDER = "trackers"
PROJECT = "netgain"
LONGEST_LOGIN = 60.0  # seconds, of the look whether there is one
LONGEST_PARAM = 500  # characters, of a setting at MLflow
MOST_PARAMS, MOST_METRICS = 100, 1000  # that MLflow takes at once
Values = Mapping[str, float]


@dataclass(frozen=True)
class Live:
    """A run at a tracker: its id there, and how it is told values and that it ends."""

    id: str
    log: Callable[[Values, int], Any]
    end: Callable[[], Any]


@dataclass(frozen=True)
class Begun:
    """What a tracker is told of a run. `id` is what it called it before, "" for a new one."""

    root: Path
    name: str
    config: Mapping[str, Any]
    id: str


@dataclass
class _State:
    """What one tracker was told so far: the last step of each kind of rows."""

    path: Path
    id: str = ""
    steps: dict[str, int] = field(default_factory=dict)
    figures: str = ""

    @classmethod
    def of(cls, path: Path) -> _State:
        """As it was kept; a damaged file counts as none."""
        try:
            said = json.loads(read_plain(path, MOST_JSON, links=False))
            steps = {str(k): int(v) for k, v in said["steps"].items()}
            return cls(path, str(said["id"]), steps, str(said["figures"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return cls(path)

    def is_new(self, said: Mapping[str, Any]) -> bool:
        if said["kind"] == "figures":
            return self.figures != _digest(said["values"])
        return int(said["step"]) > self.steps.get(said["kind"], -1)

    def keep(self, said: Mapping[str, Any]) -> None:
        if said["kind"] == "figures":
            self.figures = _digest(said["values"])
        else:
            self.steps[said["kind"]] = said["step"]
        said = {"id": self.id, "steps": self.steps, "figures": self.figures}
        aside = self.path.with_suffix(".tmp")
        aside.write_text(json.dumps(said), encoding="utf-8")
        aside.replace(self.path)


def _digest(values: Any) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def main(name: str) -> None:
    """Read lines of JSON from standard input, and tell a tracker; ends when the input does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this decides when it ends
    lines = map(json.loads, sys.stdin)
    follow(name, next(lines), lines)


def follow(name: str, head: Mapping[str, Any], lines: Iterable[Mapping[str, Any]]) -> None:
    """Tell a tracker all lines that it was not told before. Without any it is not begun."""
    root = Path(head["root"])
    state = _State.of(root / FOLDER / f"{name}.json")
    live = None
    for said in lines:
        if not said["values"] or not state.is_new(said):
            continue
        if live is None:
            state.path.parent.mkdir(exist_ok=True)
            live = TRACKERS[name].begin(Begun(root, head["name"], head["config"], state.id))
            state.id = live.id
        live.log(said["values"], said["step"])
        state.keep(said)
    if live is not None:
        live.end()


def _wandb(begun: Begun) -> Live:
    import wandb

    # Its files go where it keeps them (./wandb, WANDB_DIR): links are among them, and a run
    # directory that has links in it is refused.
    run = wandb.init(
        project=os.environ.get("WANDB_PROJECT", PROJECT), name=begun.name, id=begun.id or None,
        resume="allow", config=dict(begun.config),
    )  # fmt: skip
    return Live(run.id, lambda values, step: run.log(dict(values), step=step), run.finish)


def _mlflow(begun: Begun) -> Live:
    import mlflow
    from mlflow.entities import Metric, Param

    client = mlflow.MlflowClient()
    run_id = begun.id
    if not run_id:
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", PROJECT)
        known = client.get_experiment_by_name(name)
        experiment = known.experiment_id if known else client.create_experiment(name)
        run_id = client.create_run(experiment, run_name=begun.name).info.run_id
        params = [Param(k, v[:LONGEST_PARAM]) for k, v in _flat(begun.config)]
        for first in range(0, len(params), MOST_PARAMS):
            client.log_batch(run_id, params=params[first : first + MOST_PARAMS])

    def tell(values: Values, step: int) -> None:
        now = int(time.time() * 1000)
        metrics = [Metric(k, v, now, step) for k, v in values.items()]
        for first in range(0, len(metrics), MOST_METRICS):
            client.log_batch(run_id, metrics=metrics[first : first + MOST_METRICS])

    return Live(run_id, tell, lambda: client.set_terminated(run_id))


def _flat(settings: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield before + name, str(value)


def _trackio(begun: Begun) -> Live:
    import trackio

    # Trackio takes a run up by its name, so the name has to be this run's own.
    name = begun.id or f"{begun.name}-{_digest(str(begun.root.resolve()))[:8]}"
    project = os.environ.get("TRACKIO_PROJECT", PROJECT)
    run = trackio.init(project=project, name=name, resume="allow", config=dict(begun.config))
    return Live(name, lambda values, step: run.log(dict(values), step=step), run.finish)


def _tensorboard(begun: Begun) -> Live:
    # The writer that torch.utils.tensorboard has, too; it needs no torch.
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(begun.root / FOLDER / "tensorboard"))

    def tell(values: Values, step: int) -> None:
        told = [Summary.Value(tag=name, simple_value=value) for name, value in values.items()]
        writer.add_event(Event(wall_time=time.time(), step=step, summary=Summary(value=told)))

    return Live("tensorboard", tell, writer.close)


NO_LOGIN = 3
LOGIN = f"import sys, wandb\nsys.exit(0 if wandb.login(prompt=False, verify=False) else {NO_LOGIN})"


def _wandb_not_ready() -> str:
    """Why W&B cannot be used; a login that it would ask for stops a run that nobody watches."""
    if os.environ.get("WANDB_MODE") in ("offline", "dryrun", "disabled"):
        return ""
    try:
        code = subprocess.run(
            [sys.executable, "-c", LOGIN], stdin=subprocess.DEVNULL, capture_output=True,
            timeout=LONGEST_LOGIN, check=False,
        ).returncode  # fmt: skip
    except subprocess.TimeoutExpired:
        return ""
    # Anything else, as an older version that knows no `prompt`, will be told by the run.
    return "has no login; give `wandb login`, or set WANDB_MODE=offline" if code == NO_LOGIN else ""


@dataclass(frozen=True)
class Tracker:
    """How a tracker is used: what to import and to install, how a run begins there.

    `not_ready` says why it cannot be used, "" where it can.
    """

    module: str
    package: str
    begin: Callable[[Begun], Live]
    not_ready: Callable[[], str] = str  # which gives ""


TRACKERS: Mapping[str, Tracker] = {
    "tensorboard": Tracker("tensorboard", "tensorboard", _tensorboard),
    "wandb": Tracker("wandb", "wandb", _wandb, _wandb_not_ready),
    "mlflow": Tracker("mlflow", "mlflow", _mlflow),
    "trackio": Tracker("trackio", "trackio", _trackio),
}
