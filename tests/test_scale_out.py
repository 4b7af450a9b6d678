"""Units of work on Ray's workers: the same records as one process's, whatever dies or hangs."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import psutil
import pytest

from conftest import ROOT
from netgain.errors import EvaluationError, MissingDependency, ModelError
from netgain.generate import ray_cluster, scale_out
from netgain.generate.answering import Asking, Question, answer_here
from netgain.generate.ray_cluster import share_out
from netgain.generate.ray_worker import differences, limit_threads, place
from netgain.generate.sampler import Answer, Request, Sampling
from netgain.generate.scale_out import answer_on_workers
from netgain.prompts import chat_prompt
from netgain.records import Generation

TESTS = f"{ROOT / 'src'}{os.pathsep}{ROOT / 'tests'}"  # where workers find this module
Rows = dict[int, list[Generation]]
ASKING = Asking(Sampling(max_new_tokens=8, temperature=0.7), samples=2, seed=5)


def make_units(units: int, questions: int = 3) -> dict[int, list[Question]]:
    return {
        unit: [
            Question(f"u{unit}-{i}", chat_prompt((("user", f"unit {unit}, question {i}"),)))
            for i in range(questions)
        ]
        for unit in range(units)
    }


@dataclass(frozen=True)
class FakeEngine:
    """Answers from prompt and seed alone; `act` does whatever else a worker may do meanwhile."""

    seconds: float = 0.0
    act: Callable[[str], None] | None = None
    renderer: Any = None

    def generate(
        self, requests: list[Request], sampling: Sampling, tell: Any = None
    ) -> list[Answer]:
        time.sleep(self.seconds)
        if self.act is not None:
            self.act(requests[0].prompt.messages[0][1])
        return [
            Answer(f"{r.prompt.messages[0][1]} -> {r.seed}", "stop", 7, 3, 0.25) for r in requests
        ]


def fake(seconds: float = 0.0, act: Callable[[str], None] | None = None) -> FakeEngine:
    return FakeEngine(seconds, act)


def here(units: dict[int, list[Question]], asking: Asking = ASKING, load: Any = fake) -> Rows:
    rows: Rows = {}
    answer_here(load, units, asking, rows.__setitem__)
    return rows


class Store:
    """The one writer: keeps rows, and every call, so that a second one for a unit would show."""

    def __init__(self, then: Callable[[int], None] = lambda finished: None) -> None:
        self.calls: list[tuple[int, list[Generation]]] = []
        self.then = then

    def __call__(self, unit: int, rows: list[Generation]) -> None:
        self.calls.append((unit, rows))
        self.then(len(self.calls))

    @property
    def rows(self) -> Rows:
        assert len({unit for unit, _ in self.calls}) == len(self.calls), "a unit was stored twice"
        return dict(self.calls)


# -- without Ray -------------------------------------------------------------------------------


def test_in_one_process_units_are_answered_in_order_and_the_engine_is_loaded_once() -> None:
    loads: list[int] = []

    def load() -> FakeEngine:
        loads.append(1)
        return FakeEngine()

    store = Store()
    units = dict(reversed(make_units(4).items()))
    answer_here(load, units, ASKING, store)
    assert [unit for unit, _ in store.calls] == [3, 2, 1, 0]
    assert loads == [1]
    first = store.rows[3]
    assert [(r.problem_id, r.sample) for r in first[:3]] == [("u3-0", 0), ("u3-0", 1), ("u3-1", 0)]


def test_nothing_to_do_loads_nothing() -> None:
    def load() -> FakeEngine:
        raise AssertionError("loaded")

    answer_here(load, {}, ASKING, Store())


def test_without_ray_several_workers_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingDependency, match=r"pip install 'netgain\[ray\]'"):
        answer_on_workers(fake, make_units(2), ASKING, Store(), 2)


@pytest.mark.parametrize(
    ("machines", "workers", "cores", "gpus"),
    [
        ([{"CPU": 8.0}], 2, 4, 0),
        ([{"CPU": 8.0}], 3, 2, 0),
        ([{"CPU": 0.0}, {"CPU": 2.0}, {"CPU": 4.0}], 3, 2, 0),
        ([{"CPU": 3.0}, {"CPU": 3.0}], 4, 1, 0),
        ([{"CPU": 16.0, "GPU": 4.0}], 4, 4, 1),
        ([{"CPU": 16.0}, {"CPU": 8.0, "GPU": 2.0}], 2, 4, 1),
    ],
)
def test_cores_are_shared_evenly_and_each_worker_gets_a_gpu_where_there_are_any(
    machines: list[dict[str, float]], workers: int, cores: int, gpus: int
) -> None:
    assert share_out(machines, workers, use_gpus=True) == (cores, gpus)


def test_an_engine_that_computes_on_the_processor_leaves_gpus_alone() -> None:
    assert share_out([{"CPU": 8.0, "GPU": 1.0}], 4, use_gpus=False)[1] == 0


def test_more_workers_than_there_is_room_for_are_refused_with_the_number_that_fits() -> None:
    with pytest.raises(EvaluationError, match="room for 2 workers, with a core and a GPU"):
        share_out([{"CPU": 16.0, "GPU": 2.0}], 3, use_gpus=True)
    with pytest.raises(EvaluationError, match="room for 2 workers, with a core for each"):
        share_out([{"CPU": 2.0}], 3, use_gpus=True)


def test_a_worker_with_other_versions_or_another_gpu_is_told_apart() -> None:
    ours = {"torch": "2.13.0", "peft": "0.21.2", "openvino": "2026.4.1", "GPU": "none"}
    theirs = {"torch": "2.12.0", "peft": "0.21.2", "GPU": "NVIDIA L4"}
    assert differences(theirs, ours) == (
        "torch 2.12.0 instead of 2.13.0; GPU NVIDIA L4 instead of none"
    )
    assert differences(ours, dict(ours)) == "" and place()["GPU"]


@pytest.mark.parametrize(("asked", "threads"), [(None, "4"), ("2", "2"), ("64", "4")])
def test_a_worker_computes_on_its_share_of_the_cores_or_on_fewer_where_asked(
    monkeypatch: pytest.MonkeyPatch, asked: str | None, threads: str
) -> None:
    monkeypatch.setenv("MKL_NUM_THREADS", "64")
    monkeypatch.delitem(sys.modules, "torch", raising=False)  # as in a worker that has just begun
    if asked is None:
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    else:
        monkeypatch.setenv("OMP_NUM_THREADS", asked)
    limit_threads(4)
    assert (os.environ["OMP_NUM_THREADS"], os.environ["MKL_NUM_THREADS"]) == (threads, threads)


@pytest.mark.parametrize("address", ["ray://10.0.0.5:10001", "10.0.0.5", "10.0.0.5:port"])
def test_an_address_of_another_kind_is_refused(address: str) -> None:
    pytest.importorskip("ray")
    with pytest.raises(EvaluationError, match="host:port"):
        answer_on_workers(fake, make_units(2), ASKING, Store(), 2, address)


@pytest.mark.timeout(60)
def test_where_no_cluster_answers_it_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    monkeypatch.setattr(ray_cluster, "ANSWERS_WITHIN", 0.5)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{server.getsockname()[1]}"
        for what in ("nobody", "somebody who says nothing"):
            with pytest.raises(EvaluationError, match=f"no Ray cluster answers at {address}"):
                answer_on_workers(fake, make_units(2), ASKING, Store(), 2, address)
            assert what == "nobody" or server.accept()
            server.listen()


@pytest.mark.timeout(60)
def test_a_web_server_is_no_cluster() -> None:
    pytest.importorskip("ray")
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        Thread(target=server.handle_request, daemon=True).start()
        with pytest.raises(EvaluationError, match="something else answers there"):
            answer_on_workers(
                fake, make_units(2), ASKING, Store(), 2, f"127.0.0.1:{server.server_port}"
            )  # fmt: skip


# -- with Ray: a cluster of several nodes ------------------------------------------------------


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head that answers nothing, and two nodes of one core each, all on this machine."""
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    folder = tempfile.mkdtemp(prefix="ngt-", dir="/tmp")  # short: sockets are in it
    whole = dict(os.environ)
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_TMPDIR": folder, "PYTHONPATH": TESTS}
    made = Cluster()
    try:
        made.add_node(num_cpus=0, include_dashboard=False)
        for _ in range(2):
            made.add_node(num_cpus=1)
        made.wait_for_nodes()
        yield made
    finally:
        made.shutdown()
        shutil.rmtree(folder)
        os.environ.clear()
        os.environ.update(whole)


def node_id() -> str:
    import ray

    return str(ray.get_runtime_context().get_node_id())


def note(folder: Path, what: str) -> None:
    """Marks that a unit began or ended on a node; held there while the node's file "hold" lies."""
    unit = what.partition(",")[0].removeprefix("unit ")
    node = node_id()
    (folder / f"began-{unit}-{node}").touch()
    time.sleep(0.1)
    while (folder / f"hold-{node}").exists():
        time.sleep(0.02)
    (folder / f"ended-{unit}-{node}").touch()


def open_units(folder: Path, node: str) -> list[int]:
    began = {p.name.split("-")[1] for p in folder.glob(f"began-*-{node}")}
    ended = {p.name.split("-")[1] for p in folder.glob(f"ended-*-{node}")}
    return sorted(int(unit) for unit in began - ended)


@pytest.mark.slow
def test_a_node_killed_midway_costs_time_and_changes_no_record(
    cluster: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    doomed = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    units = make_units(40)
    lost: list[int] = []

    def kill_midway(finished: int) -> None:
        if finished < 9 or lost:
            return
        hold = tmp_path / f"hold-{doomed.node_id}"
        hold.touch()
        time.sleep(0.5)  # a unit that was past the hold has ended
        lost.extend(open_units(tmp_path, doomed.node_id))
        if lost:
            cluster.remove_node(doomed, allow_graceful=False)
        else:
            hold.unlink()  # the node waits for its next unit: it is killed with that one

    store = Store(kill_midway)
    load = partial(fake, 0.0, partial(note, tmp_path))
    began = time.monotonic()
    with caplog.at_level(logging.WARNING, logger="netgain"):
        answer_on_workers(load, units, ASKING, store, 3, cluster.address)
    print(f"40 units of 0.1 s, three nodes, one killed: {time.monotonic() - began:.1f} s")

    assert len(lost) == 1  # the node held unfinished work …
    assert lost == open_units(tmp_path, doomed.node_id)  # … which it never finished …
    elsewhere = [p for p in tmp_path.glob(f"ended-{lost[0]}-*") if doomed.node_id not in p.name]
    assert len(elsewhere) == 1  # … and another did
    assert store.rows == here(units)
    assert f"was lost; unit {lost[0]} is answered again" in caplog.text


def crash_on(poison: str, what: str) -> None:
    if what.startswith(poison):
        os._exit(3)


@pytest.mark.slow
def test_a_unit_that_ends_every_worker_is_given_up_and_named_and_all_else_is_answered(
    cluster: Any,
) -> None:
    units = make_units(8)
    store = Store()
    load = partial(fake, 0.0, partial(crash_on, "unit 5,"))
    with pytest.raises(EvaluationError) as told:
        answer_on_workers(load, units, ASKING, store, 2, cluster.address)
    assert "1 of 8 units are not answered, the first of them unit 5" in str(told.value)
    assert "(problems u5-0, u5-1, u5-2): it ended 3 workers" in str(told.value)
    assert store.rows == {u: rows for u, rows in here(units).items() if u != 5}


def freeze_once(folder: Path, what: str) -> None:
    mark = folder / "frozen"
    if what.startswith("unit 2,") and not mark.exists():
        mark.write_text(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGSTOP)


@pytest.mark.slow
def test_a_worker_that_hangs_is_ended_and_its_unit_answered_by_another(
    cluster: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scale_out, "SILENT_SECONDS", 15.0)
    units = make_units(6)
    store = Store()
    load = partial(fake, 0.0, partial(freeze_once, tmp_path))
    with caplog.at_level(logging.WARNING, logger="netgain"):
        answer_on_workers(load, units, ASKING, store, 2, cluster.address)
    assert store.rows == here(units)
    assert "no worker gave a token in 15 s" in caplog.text
    assert "unit 2 is answered again" in caplog.text
    wait_for_end(int((tmp_path / "frozen").read_text()))


def load_nothing() -> FakeEngine:
    raise ModelError("the folder /models/small holds no model")


def load_and_die() -> FakeEngine:
    os._exit(9)


def load_for_ever() -> FakeEngine:
    time.sleep(1000)
    raise AssertionError


def overflow(what: str) -> None:
    raise OverflowError(f"{what}: too much")


@pytest.mark.slow
def test_what_an_engine_raises_in_a_worker_comes_through_as_itself(
    cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    units = make_units(3)
    with pytest.raises(ModelError) as told:
        answer_on_workers(load_nothing, units, ASKING, Store(), 2, cluster.address)
    assert str(told.value) == "the folder /models/small holds no model"
    with pytest.raises(OverflowError, match="unit 0, question 0: too much") as unexpected:
        answer_on_workers(partial(fake, 0.0, overflow), units, ASKING, Store(), 1, cluster.address)
    assert unexpected.value.args == ("unit 0, question 0: too much",)
    assert "in overflow" in unexpected.value.__notes__[0]  # where it was raised
    monkeypatch.setattr(scale_out, "is_here", lambda address: False)
    with pytest.raises(ModelError, match=r"holds no model .*at the same paths on every machine"):
        answer_on_workers(load_nothing, units, ASKING, Store(), 1, cluster.address)


@pytest.mark.slow
def test_where_every_worker_is_lost_it_is_said_why_and_how_to_go_on(
    cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    units = make_units(5)
    with pytest.raises(
        EvaluationError, match=r"5 of 5 units .*ended 3 workers.*by a crash.*same command"
    ):
        answer_on_workers(load_and_die, units, ASKING, Store(), 1, cluster.address)
    monkeypatch.setattr(scale_out, "START_SECONDS", 3.0)
    with pytest.raises(
        EvaluationError,
        match=r"5 of 5 units .*no worker found room and loaded the model in 3 s, 3 times",
    ):
        answer_on_workers(load_for_ever, units, ASKING, Store(), 2, cluster.address)


@dataclass(frozen=True)
class TellingEngine(FakeEngine):
    """Tells of a token a second for three seconds."""

    def generate(
        self, requests: list[Request], sampling: Sampling, tell: Any = None
    ) -> list[Answer]:
        for _ in range(3):
            time.sleep(1.1)
            tell(0, 10)
        return super().generate(requests, sampling)


@pytest.mark.slow
def test_what_workers_do_is_told_while_a_unit_is_answered(
    cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scale_out, "SILENT_SECONDS", 30.0)
    told: list[tuple[int, int]] = []
    answer_on_workers(
        TellingEngine, make_units(1), ASKING, Store(), 1, cluster.address,
        tell=lambda answers, tokens: told.append((answers, tokens)),
    )  # fmt: skip
    assert len(told) >= 2 and sum(tokens for _, tokens in told) >= 20


def warn(what: str) -> None:
    if what.startswith("unit 1,"):
        logging.getLogger("netgain").warning("out of memory with 6 answers at once")


@pytest.mark.slow
def test_a_joined_cluster_is_left_running_and_what_its_workers_warn_of_is_passed_on(
    cluster: Any, caplog: pytest.LogCaptureFixture
) -> None:
    import ray

    before = dict(os.environ), signal.getsignal(signal.SIGTERM)
    store = Store()
    with caplog.at_level(logging.WARNING, logger="netgain"):
        answer_on_workers(
            partial(fake, 0.0, warn), make_units(3), ASKING, store, 2, cluster.address
        )  # fmt: skip
    assert len(store.rows) == 3
    assert caplog.text.count(f"on {socket.gethostname()}: out of memory with 6 answers") == 1
    assert not ray.is_initialized()
    assert cluster.remaining_processes_alive()
    assert (dict(os.environ), signal.getsignal(signal.SIGTERM)) == before


# -- with Ray: a cluster of its own, in a process of its own -----------------------------------

OWN = """
import sys, os, glob, logging
from pathlib import Path
import psutil
import test_scale_out as t
from netgain.generate.scale_out import answer_on_workers
logging.basicConfig(level="WARNING")
folder = Path(sys.argv[1])
"""
SECRET = "hf_NeverToBeWritten0123456789"


def start(code: str, folder: Path) -> subprocess.Popen[str]:
    environment = {
        **os.environ, "TMPDIR": str(folder), "HF_TOKEN": SECRET, "PYTHONPATH": TESTS
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-c", OWN + code, str(folder)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """Ray's sockets lie in the temporary folder, and a socket's path may have 104 characters."""
    with tempfile.TemporaryDirectory(prefix="ngt-", dir="/tmp") as folder:
        yield Path(folder)


def wait_for_end(*pids: int) -> None:
    deadline = time.monotonic() + 30
    while left := [pid for pid in pids if psutil.pid_exists(pid)]:
        assert time.monotonic() < deadline, [psutil.Process(pid).cmdline() for pid in left]
        time.sleep(0.1)


OBSERVED = """
def look(finished):
    if finished != 2:
        return
    family = psutil.Process().children(recursive=True)
    (folder / "pids").write_text(" ".join(str(p.pid) for p in family))
    heard = {c.laddr.ip for p in [psutil.Process(), *family] for c in p.net_connections("inet")
             if c.status == "LISTEN"}
    (folder / "heard").write_text(" ".join(sorted(heard)))
    logs = [p for p in folder.glob("ng-*/session_2*/logs/**/*") if p.is_file()]
    assert logs
    secret = os.environ["HF_TOKEN"].encode()
    assert not [p for p in logs if secret in p.read_bytes()]

store = t.Store(look)
answer_on_workers(LOAD, UNITS, t.ASKING, store, 2)
print(store.rows == t.here(UNITS), len(store.calls))
"""


@pytest.mark.slow
def test_a_cluster_of_its_own_is_private_silent_and_gone_afterwards(short_folder: Path) -> None:
    pytest.importorskip("ray")
    poison = "LOAD, UNITS = t.partial(t.fake, 0.05), t.make_units(9)\n"
    process = start(poison + OBSERVED, short_folder)
    out, err = process.communicate(timeout=200)
    assert (out, err) == ("True 9\n", "")  # nothing of Ray's on the terminal
    heard = (short_folder / "heard").read_text().split()
    assert heard and all(ip.removeprefix("::ffff:").startswith("127.") for ip in heard)
    wait_for_end(*map(int, (short_folder / "pids").read_text().split()))
    assert sorted(p.name for p in short_folder.iterdir()) == ["heard", "pids"]


ENDLESS = """
def look(finished):
    family = psutil.Process().children(recursive=True)
    (folder / "new").write_text(" ".join(str(p.pid) for p in family))
    (folder / "new").rename(folder / "pids")

answer_on_workers(t.partial(t.fake, 0.2), t.make_units(5000), t.ASKING, t.Store(look), 2)
"""


@pytest.mark.slow
def test_interrupted_it_leaves_no_process_and_no_file_behind(short_folder: Path) -> None:
    pytest.importorskip("ray")
    process = start(ENDLESS, short_folder)
    pids = short_folder / "pids"
    while not pids.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=100)
    assert process.returncode != 0
    assert [p.name for p in short_folder.iterdir()] == ["pids"]
    wait_for_end(*map(int, pids.read_text().split()))


# -- a real model ------------------------------------------------------------------------------


@pytest.mark.slow
def test_two_workers_with_a_real_model_give_the_texts_of_one_process(
    cluster: Any, tiny_model: Path
) -> None:
    from netgain.data.wordproblems import word_problems
    from netgain.generate.engines import EngineSpec, load_sampler
    from netgain.models.loading import load_renderer

    questions = [
        Question(p.id, chat_prompt((("user", p.question),))) for p in word_problems(24, 11)
    ]
    units = {i: questions[i * 4 : i * 4 + 4] for i in range(6)}
    asking = Asking(Sampling(max_new_tokens=24))
    probe = tuple(load_renderer(tiny_model).prompt_ids(questions[0].prompt))
    load = partial(load_sampler, EngineSpec("transformers", tiny_model, None, "fp32", probe))
    store = Store()
    answer_on_workers(load, units, asking, store, 2, cluster.address)
    expected = here(units, asking, load)
    assert store.rows.keys() == expected.keys()
    pairs = [
        (a, b) for u in units for a, b in zip(store.rows[u], expected[u], strict=True)
    ]  # fmt: skip
    assert all(replace(a, seconds=0) == replace(b, seconds=0) for a, b in pairs)
    differing = sum(a.text != b.text for a, b in pairs)
    print(f"{differing} of {len(pairs)} texts differ (fp32)")
