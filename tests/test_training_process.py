"""The training process: started, watched, killed, begun anew; two of them train as one."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from netgain.errors import OutOfMemory, TrainingError
from netgain.train import launch
from netgain.train.history import TaskScore
from netgain.train.launch import FineTuning, fine_tune, first_budget
from netgain.train.worker import END, OUT_OF_MEMORY
from training_bench import OF, Bench


@pytest.fixture
def bench(tiny_model: Path, tmp_path: Path) -> Bench:
    return Bench(tiny_model, tmp_path / "train")


def tune(
    bench: Bench, answer: Any = None, worker: Any = launch.WORKER, **changes: Any
) -> FineTuning:
    return fine_tune(
        bench.files, bench.train, bench.validation, bench.settings(**changes), bench.folder, OF,
        lambda *news: bench.seen.append(news), answer, worker,
    )  # fmt: skip


def rows(bench: Bench) -> list[dict[str, Any]]:
    state = json.loads((bench.folder / "trainer_state.json").read_text())
    clocks = {"seconds", "eval_runtime"}
    return [{k: v for k, v in row.items() if k not in clocks} for row in state["log_history"]]


def stand_in(tmp_path: Path, code: str) -> list[str]:
    """A worker of a few lines; `job` is the job's file, `n` how often it was started."""
    script = tmp_path / "worker.py"
    script.write_text(
        "import json, os, signal, sys\n"
        "from pathlib import Path\n"
        "job = json.loads(Path(sys.argv[1]).read_text())\n"
        "count = Path(sys.argv[1]).with_name('count')\n"
        "n = int((count.read_text() if count.exists() else '') or 0) + 1\n"
        "count.write_text(str(n))\n"
        "done = json.dumps({'done': {'parameters': 2, 'trainable_parameters': 1}})\n" + code
    )
    return [sys.executable, str(script)]


def test_the_process_gives_what_the_loop_gives_here(
    bench: Bench, tiny_model: Path, tmp_path: Path
) -> None:
    asked = []

    def answer(step: int, weights: Path | None) -> TaskScore:
        asked.append((step, weights is not None and weights.is_dir()))
        return TaskScore(3, 1, 0)

    done = tune(bench, answer, accuracy={})
    here = Bench(tiny_model, tmp_path / "here")
    here.run(ask=lambda *_: TaskScore(3, 1, 0), accuracy={})
    assert rows(bench) == rows(here)
    assert bench.weights() == here.weights()
    assert asked == [(0, False), (1, False), (2, True)]  # in step 1 the rate is still 0
    assert (done.device, done.precision, done.processes) == ("cpu", "fp32", 1)
    assert 0 < done.trainable_parameters < done.parameters
    assert bench.seen[-1] == here.seen[-1]


def test_an_error_in_the_process_is_the_runs_error(bench: Bench) -> None:
    with pytest.raises(TrainingError, match="'nothing' is the name of no layer"):
        tune(bench, lora={"target_modules": ["nothing"]})
    with pytest.raises(TrainingError, match="NVIDIA GPU"):
        tune(bench, weights="qlora")


def test_running_out_of_memory_halves_what_is_passed_at_a_time(
    bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    worker = stand_in(
        tmp_path,
        f"print(done if n == 3 else '', flush=True) if n == 3 else sys.exit({OUT_OF_MEMORY})",
    )
    done = tune(bench, worker=worker)
    longest = max(e.tokens for e in [*bench.train, *bench.validation])
    assert done.tokens_at_once == max(longest, 1024 // 4)
    assert "with 1024 tokens at a time: going on with 512 (the same examples a step)" in caplog.text


def test_an_end_by_the_systems_memory_killer_does_too(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kills = iter([0, 1, 1, 1])
    monkeypatch.setattr(launch, "memory_kills", lambda: next(kills))
    code = "os.kill(os.getpid(), signal.SIGKILL) if n == 1 else print(done, flush=True)"
    assert tune(bench, worker=stand_in(tmp_path, code)).tokens_at_once == 512


def test_an_end_by_somebody_else_is_told_and_not_tried_again(bench: Bench, tmp_path: Path) -> None:
    code = "os.kill(os.getpid(), signal.SIGTERM)"
    with pytest.raises(TrainingError, match=r"from outside \(SIGTERM\); give the same command"):
        tune(bench, worker=stand_in(tmp_path, code))


@pytest.mark.parametrize(
    ("step", "asks", "heard"), [(3, "roll", END), (3, "ask", None), (0, "roll", None)]
)
def test_a_run_that_is_told_to_end_lets_its_worker_save_where_that_is_whole(
    step: int, asks: str, heard: Any, bench: Bench, tmp_path: Path
) -> None:
    """Between steps, and while a round is answered; not within a validation, nor before a step."""
    told = tmp_path / "told"
    code = (
        "signal.signal(signal.SIGTERM, lambda *_: None)\n"
        f"print(json.dumps({{'progress': [{step}, 9, '']}}), flush=True)\n"
        f"print(json.dumps({{{asks!r}: [{step}, None]}}), flush=True)\n"
        f"Path({str(told)!r}).write_text(sys.stdin.readline())\n"
    )

    def ends(step: int, weights: Path | None) -> Any:
        sys.exit(143)

    with pytest.raises(SystemExit):
        fine_tune(
            bench.files, bench.train, bench.validation, bench.settings(), bench.folder, OF,
            lambda *news: None, ends, worker=stand_in(tmp_path, code), roll=ends,
        )  # fmt: skip
    assert (json.loads(told.read_text()) if told.exists() else None) == heard


def test_a_crash_is_told_with_its_last_words(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="ZeroDivisionError"):
        tune(bench, worker=stand_in(tmp_path, "1 / 0"))


def test_not_even_one_example_fitting_is_an_error_with_advice(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(OutOfMemory, match=r"train\.max_length"):
        tune(bench, worker=stand_in(tmp_path, f"sys.exit({OUT_OF_MEMORY})"))


def test_a_real_want_of_memory_ends_the_process_with_its_status(bench: Bench) -> None:
    """The limit is the system's own: what is asked beyond it is refused."""
    path = bench.written_job(bench.settings())
    code = (
        "import resource, sys, torch\n"
        "from netgain.train import worker, stepping\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + (1 << 28), used + (1 << 28)))\n"
        "stepping.Stepper.validate = lambda *_: torch.zeros(1 << 31)\n"
        "worker.main(sys.argv[1])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, check=False)
    assert done.returncode == OUT_OF_MEMORY, done.stderr.decode()[-2000:]


def test_what_a_small_machine_cannot_hold_is_not_tried(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = bench.settings()
    assert first_budget(bench.model, settings, "fp32", "cpu", 300, 1) == 1024
    assert first_budget(bench.model, settings, "fp32", "cpu", 3000, 1) == 3000
    monkeypatch.setattr(launch, "memory_limit", lambda: 1.0)
    assert first_budget(bench.model, settings, "fp32", "cpu", 300, 1) == 300


def test_the_process_ends_with_the_one_that_started_it(bench: Bench) -> None:
    path = bench.written_job(bench.settings(epochs=500, early_stopping=None))
    process = subprocess.Popen(
        [*launch.WORKER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, env={**os.environ, "NETGAIN_WORKER_LISTENS": "1"},
    )  # fmt: skip
    assert process.stdout is not None and process.stdin is not None
    process.stdout.readline()  # it trains
    process.stdin.close()
    assert process.wait(timeout=60) == 1
    process.stdout.close()


# -- several processes ---------------------------------------------------------------------

NO_DROPOUT = {"lora": {"dropout": 0.0}, "epochs": 3}


def assert_the_same_training(one: Bench, two: Bench) -> None:
    for a, b in zip(rows(one), rows(two), strict=True):
        assert a.keys() == b.keys()
        for key, value in a.items():
            assert value == pytest.approx(b[key], rel=2e-4), key


def test_two_processes_train_as_one(bench: Bench, tiny_model: Path, tmp_path: Path) -> None:
    done = tune(bench, processes=2, **NO_DROPOUT)
    assert done.processes == 2
    alone = Bench(tiny_model, tmp_path / "alone")
    alone.run(**NO_DROPOUT)
    assert_the_same_training(bench, alone)


@pytest.mark.slow
@pytest.mark.parametrize(
    "launcher",
    [["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m"],
     # On CPUs accelerate starts several processes by MPI alone; on GPUs it does as torchrun does.
     ["-m", "accelerate.commands.launch", "--cpu", "--num_processes=1", "--num_machines=1",
      "--mixed_precision=no", "--dynamo_backend=no", "-m"]],
    ids=["torchrun", "accelerate"],
)  # fmt: skip
def test_torchrun_and_accelerate_launch_the_same_worker(
    launcher: list[str], bench: Bench, tiny_model: Path, tmp_path: Path
) -> None:
    path = bench.written_job(bench.settings(**NO_DROPOUT))
    done = subprocess.run(
        [sys.executable, *launcher, "netgain.train.worker", str(path)],
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    alone = Bench(tiny_model, tmp_path / "alone")
    alone.run(**NO_DROPOUT)
    assert_the_same_training(bench, alone)


# -- kills ---------------------------------------------------------------------------------


def newest(bench: Bench) -> int:
    """The newest checkpoint's step; 0 where there is none."""
    found = bench.folder.glob("checkpoints/checkpoint-*")
    return max((int(p.name.partition("-")[2]) for p in found), default=0)


def kill_and_end(
    bench: Bench, kills: int, seed: int, changes: dict[str, Any]
) -> tuple[int, list[int]]:
    """Train, with so many SIGKILLs, each a random moment after the training has gone on.

    Returns how many met a living process, and the newest checkpoint's step at each.
    """
    path = bench.written_job(bench.settings(**changes))
    wait = random.Random(seed)
    met, steps = 0, [0]
    for _ in range(kills):
        process = subprocess.Popen(
            [*launch.WORKER, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while newest(bench) <= steps[-1] and process.poll() is None:
            time.sleep(0.005)
        time.sleep(wait.uniform(0, 0.5))
        met += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        steps.append(newest(bench))
    subprocess.run([*launch.WORKER, str(path)], capture_output=True, check=True)
    return met, steps


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "way", [{}, {"weights": "full", "learning_rate": 0.001}], ids=["lora", "full"]
)
def test_twenty_kills_change_no_bit(
    way: dict[str, Any], bench: Bench, tiny_model: Path, tmp_path: Path
) -> None:
    changes = {"epochs": 150, "batch_size": 4, "checkpoint_seconds": 0.05,
               "early_stopping": None, **way}  # fmt: skip
    whole = Bench(tiny_model, tmp_path / "whole")
    whole.run(**changes)
    met, steps = kill_and_end(bench, 20, 11, changes)
    assert met >= 15
    on_the_way = [step for step in steps if step < 4 * 150]
    assert len(on_the_way) > 10 and on_the_way == sorted(set(on_the_way))
    assert rows(bench) == rows(whole)
    for name in ("adapter/adapter_model.safetensors", "model/model.safetensors"):
        if (whole.folder / name).exists():
            assert (bench.folder / name).read_bytes() == (whole.folder / name).read_bytes()


# -- what a review found -------------------------------------------------------------------


def test_where_one_of_several_processes_fails_the_others_end_too(
    bench: Bench, tmp_path: Path
) -> None:
    code = (
        f"import time\nsys.exit({OUT_OF_MEMORY}) if os.environ['RANK'] == '1' else time.sleep(600)"
    )
    with pytest.raises(OutOfMemory):
        tune(bench, worker=stand_in(tmp_path, code), processes=2)


def test_a_worker_that_ends_while_problems_are_answered_is_begun_anew(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kills = iter([0, 1, 1, 1])
    monkeypatch.setattr(launch, "memory_kills", lambda: next(kills))
    code = (
        "if n == 1:\n"
        "    print(json.dumps({'ask': [1, None]}), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "print('a library says hello')\n"
        "print(done, flush=True)"
    )

    def answer(step: int, weights: Path | None) -> TaskScore:
        time.sleep(0.5)  # it is gone by then
        return TaskScore(1, 1, 1)

    done = tune(bench, answer, stand_in(tmp_path, code), accuracy={})
    assert done.tokens_at_once < 1024


def test_what_did_not_fit_before_is_not_tried_again(bench: Bench, tmp_path: Path) -> None:
    def stop(step: int, total: int, note: str) -> None:
        raise KeyboardInterrupt

    code = (
        f"if n == 1:\n    sys.exit({OUT_OF_MEMORY})\n"
        "print(json.dumps({'progress': [1, 2, '']}), flush=True)\n"
        "import time; time.sleep(60)"
    )
    with pytest.raises(KeyboardInterrupt):
        fine_tune(bench.files, bench.train, bench.validation, bench.settings(), bench.folder, OF,
                  stop, None, stand_in(tmp_path, code))  # fmt: skip
    again = tune(bench, worker=stand_in(tmp_path, "print(done, flush=True)"))
    assert again.tokens_at_once == 512


def test_a_process_that_nobody_listens_to_refuses_to_ask(bench: Bench) -> None:
    path = bench.written_job(bench.settings(accuracy={}))
    done = subprocess.run(
        [*launch.WORKER, str(path)], capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 1 and "nobody listens" in done.stdout
