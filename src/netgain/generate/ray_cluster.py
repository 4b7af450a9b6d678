"""Ray around a block of work: a cluster of our own on this machine, or one joined by its address.

A cluster of our own listens on the loopback alone, sends no usage statistics, prints nothing, and
is gone with its files when the block ends. A cluster that was joined is left running.
"""

import logging
import os
import re
import secrets
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from netgain import provenance
from netgain.errors import EvaluationError, MissingDependency

ANSWERS_WITHIN = 5.0  # seconds for a cluster's head to take a connection
OBJECT_STORE = 256 * 2**20  # bytes; a unit's answers take some MB at most, larger ones go to disk
HTTP2_SETTINGS = b"\x04"  # the kind of the frame that a gRPC server, as a head is, begins with
HTTP2_PREFACE = (
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0" + HTTP2_SETTINGS + b"\0" * 5
)  # RFC 9113, 3.4
LONGEST_FOLDER = 24  # characters: Ray puts 80 more behind it, and a socket's path has room for 104


def require_ray() -> Any:
    """Ray, or one line on how to get it."""
    try:
        import ray
    except ImportError:
        raise MissingDependency(
            "several workers need Ray, which is not installed: pip install 'netgain[ray]'"
        ) from None
    return ray


def share_out(
    machines: Sequence[Mapping[str, float]], workers: int, use_gpus: bool
) -> tuple[int, int]:
    """Whole cores (its threads, too) and GPUs for each worker: the largest even share.

    Args:
        machines: what each machine has, as Ray names it: "CPU" and, where there are any, "GPU".

    Raises:
        EvaluationError: there is no room for so many workers.

    >>> share_out([{"CPU": 8.0}, {"CPU": 4.0}], 3, True)
    (4, 0)
    """
    gpus = int(use_gpus and any(m.get("GPU", 0) >= 1 for m in machines))

    def room(cores: int) -> int:
        by_cores = [int(m.get("CPU", 0) // cores) for m in machines]
        by_gpus = [
            int(m.get("GPU", 0)) if gpus else n for m, n in zip(machines, by_cores, strict=True)
        ]
        return sum(map(min, by_cores, by_gpus))

    most = int(max((m.get("CPU", 0) for m in machines), default=0))
    for cores in range(most, 0, -1):
        if room(cores) >= workers:
            return cores, gpus
    each = "a core and a GPU" if gpus else "a core"
    raise EvaluationError(
        f"there is room for {room(1)} workers, with {each} for each, and {workers} are asked for; "
        "ask for fewer, or join a larger cluster by its address"
    )


@contextmanager
def joined(address: str | None) -> Iterator[None]:
    """Ray for as long as the block runs; connected already, it is used and left as it is.

    Args:
        address: "host:port" of a running cluster's head, or "auto" for the one this machine is in;
            None begins one of our own on this machine.

    Raises:
        MissingDependency: Ray is not installed.
        EvaluationError: no cluster can be joined at the address.
    """
    ray = require_ray()
    if ray.is_initialized():
        yield
        return
    if address is not None:
        _refuse_deaf(address)
    folder = _short_folder() if address is None else None
    with _as_it_was(ray) as restore_sigterm:
        try:
            if folder is None:
                _join(ray, str(address))
            else:
                _begin(ray, folder)
            restore_sigterm()
            yield
        finally:
            ray.shutdown()
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)


def is_here(address: str) -> bool:
    """Whether a node's IP address, as Ray knows it, is this machine's."""
    return bool(address == require_ray().util.get_node_ip_address())


def _begin(ray: Any, folder: Path) -> None:
    from ray._private import ray_constants

    os.environ["RAY_AUTH_TOKEN"] = _token()
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    across_machines = ray_constants.ENABLE_RAY_CLUSTER
    # Where it is off, as on a Mac, Ray takes the loopback as this machine's address and listens
    # there alone. Given the loopback while it is on, Ray listens on every address.
    ray_constants.ENABLE_RAY_CLUSTER = False
    try:
        ray.init(
            address="local",
            num_cpus=provenance.cores(),
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            object_store_memory=OBJECT_STORE,
            _node_ip_address="127.0.0.1",
            _temp_dir=str(folder),
        )
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = across_machines


def _join(ray: Any, address: str) -> None:
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        lines = [line.strip() for line in plain(error).splitlines() if line.strip()]
        raise EvaluationError(
            f"the Ray cluster at {address} cannot be joined: {' '.join(lines[:2])}; give the "
            "address of a running cluster's head (host:port), on a machine that is part of that "
            f"cluster (ray start --address={address} makes it one), with the same Python and Ray"
        ) from None


def _refuse_deaf(address: str) -> None:
    """Ray itself tries for minutes where nobody listens, or somebody else does."""
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    if "/" in address or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise EvaluationError(
            f"{address!r} is no address of a Ray cluster's head; give it as host:port, such as "
            "10.0.0.5:6379, or auto"
        )
    try:
        with socket.create_connection((host.strip("[]"), int(port)), ANSWERS_WITHIN) as line:
            if os.environ.get("RAY_USE_TLS", "0") != "0":
                return
            line.settimeout(ANSWERS_WITHIN)
            line.sendall(HTTP2_PREFACE)
            if line.recv(9)[3:4] == HTTP2_SETTINGS:
                return
            reason = "something else answers there"
    except OSError as error:
        reason = str(error)
    raise EvaluationError(
        f"no Ray cluster answers at {address} ({reason}); is its head running "
        f"(ray start --head --port={port}), and can it be reached from this machine?"
    )


def _short_folder() -> Path:
    here = tempfile.gettempdir()
    return Path(tempfile.mkdtemp(prefix="ng-", dir=here if len(here) < LONGEST_FOLDER else "/tmp"))


@cache
def _token() -> str:
    """What the workers show to be let in: one a process, as Ray reads it once."""
    return secrets.token_hex(32)


@contextmanager
def _as_it_was(ray: Any) -> Iterator[Callable[[], None]]:
    """Undo what Ray changes in this process: the environment, and what SIGTERM does.

    What is given puts back a handler of SIGTERM already while Ray runs; where there was none,
    Ray's own is better, which ends the block in order. Of a lost worker Ray prints on stdout,
    whatever `log_to_driver` says; the switch that decides is off in the block.
    """
    environment, printing = dict(os.environ), ray._private.worker
    in_main = threading.current_thread() is threading.main_thread()
    on_sigterm, printed = signal.getsignal(signal.SIGTERM), printing._worker_logs_enabled
    printing._worker_logs_enabled = False

    def restore_sigterm() -> None:
        if in_main and callable(on_sigterm):
            signal.signal(signal.SIGTERM, on_sigterm)

    try:
        yield restore_sigterm
    finally:
        printing._worker_logs_enabled = printed
        for name in os.environ.keys() - environment.keys():
            del os.environ[name]
        os.environ.update(environment)
        if in_main:
            signal.signal(signal.SIGTERM, on_sigterm)


def plain(error: Exception) -> str:
    """An error's text without Ray's colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip()


def last_line(error: Exception) -> str:
    """What an error comes down to, where Ray puts a traceback before it."""
    return plain(error).rpartition("\n")[2].strip()[:300] or type(error).__name__
