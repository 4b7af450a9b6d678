"""What is told of a run that was ended from outside, and what its two logs hold."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import REFERENCE, netgain, tiny
from netgain import pipeline, provenance
from netgain.pipeline import ending
from netgain.pipeline.ending import MARK, marked
from netgain.recipe import load_recipe
from netgain.store import RunDirectory
from training_bench import Bench


def left_by(tmp_path: Path, **changes: object) -> None:
    """A mark as a run leaves it that is killed in training."""
    mark = {"pid": 1, "began": "2026-01-02 03:04:05", "boot": provenance.boot_id(),
            "memory_kills": 0, "stage": "train", **changes}  # fmt: skip
    (tmp_path / MARK).write_text(json.dumps(mark))


def told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> str:
    with caplog.at_level(logging.WARNING, "netgain"), marked(tmp_path):
        pass
    assert not (tmp_path / MARK).exists()
    return caplog.text


def test_an_orderly_end_leaves_nothing_to_tell(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for error in (None, ValueError, KeyboardInterrupt):
        try:
            with marked(tmp_path) as mark:
                mark("train")
                assert (tmp_path / MARK).exists()
                if error:
                    raise error
        except (ValueError, KeyboardInterrupt):
            pass
    assert told(tmp_path, caplog) == ""


@pytest.mark.parametrize(
    ("kills", "changes", "expected"),
    [
        (0, {}, r"SIGKILL.*no end for want of memory.*stage train"),
        (1, {}, r"memory killer has ended a process.*memory was short"),
        (7, {"memory_kills": 3}, r"memory killer has ended processes"),
        (2, {"memory_kills": 3}, r"no end for want of memory"),
        (0, {"boot": "another"}, r"machine has been started anew"),
        (0, {"signal": "SIGTERM"}, r"by SIGTERM, as a shutdown"),
        (0, {"memory_kills": "x", "stage": 5, "boot": None}, r"SIGKILL"),
    ],
)
def test_the_reason_is_what_the_system_gives(
    kills: int, changes: dict[str, object], expected: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setattr(provenance, "memory_kills", lambda: kills)
    monkeypatch.setattr(provenance, "boot_id", lambda: "this")
    left_by(tmp_path, **{"boot": "this", **changes})
    assert re.search(expected, told(tmp_path, caplog))


@pytest.mark.parametrize("content", [b"", b"[1]", b"\xff\xfe", b"[" * 100_000, b'{"stage": "\x1b'])
def test_a_mark_that_cannot_be_read_is_still_one(
    content: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / MARK).write_bytes(content)
    assert "the last run here" in told(tmp_path, caplog)


def test_sigterm_leaves_a_word_and_other_exits_none(tmp_path: Path) -> None:
    with pytest.raises(SystemExit), marked(tmp_path) as mark:
        mark("base")
        sys.exit(143)
    left = json.loads((tmp_path / MARK).read_text())
    assert (left["signal"], left["stage"]) == ("SIGTERM", "base")
    with pytest.raises(SystemExit), marked(tmp_path):
        sys.exit(2)
    assert not (tmp_path / MARK).exists()


@pytest.mark.slow
def test_a_killed_run_is_told_of_at_the_next_start(
    tiny_model: Path, hub_data: Path, tmp_path: Path
) -> None:
    command = ["run", str(REFERENCE), *tiny(tiny_model, hub_data, "train.epochs=1"),
               "--only", "train", "--out", str(tmp_path / "run")]  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "netgain.cli.main", *command],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ),
    )  # fmt: skip
    deadline = time.monotonic() + 100
    while '"stage": "train"' not in _content(tmp_path / "run" / MARK):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = netgain(*command)
    assert done.returncode == 0, done.stderr
    assert "was ended from outside (SIGKILL)" in done.stderr and "stage train" in done.stderr
    assert not (tmp_path / "run" / MARK).exists()
    assert "the last run here" not in netgain(*command).stderr


def _content(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


# -- the system's counts -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("0::/a\n", {"a/memory.events": "low 0\noom 4\noom_kill 3\n"}, 3),
        ("7:memory:/j\n", {"memory/j/memory.oom_control": "under_oom 0\noom_kill 2\n"}, 2),
        ("0::/a\n", {}, 0),
        ("0::/a\n", {"a/memory.events": "oom_kill x\n"}, 0),
    ],
)
def test_ends_for_want_of_memory_are_counted_where_the_system_counts_them(
    own: str, files: dict[str, str], expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance, "OWN_CGROUP", tmp_path / "none")
    machine = provenance.memory_kills()
    (tmp_path / "own").write_text(own)
    for name, content in files.items():
        path = tmp_path / "groups" / name
        path.parent.mkdir(parents=True)
        path.write_text(content)
    monkeypatch.setattr(provenance, "OWN_CGROUP", tmp_path / "own")
    monkeypatch.setattr(provenance, "CGROUPS", tmp_path / "groups")
    assert provenance.memory_kills() - machine == expected


def test_peak_memory_is_this_programs_own_and_not_its_parents() -> None:
    """A child that is started by a large process must not count what its parent took."""
    held = bytearray(200 << 20)
    child = subprocess.run(
        [sys.executable, "-c", "from netgain import provenance; print(provenance.peak_memory())"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert provenance.peak_memory() > len(held)
    assert 0 < int(child.stdout) < len(held)


# -- the logs ------------------------------------------------------------------------------


def test_the_log_has_a_line_a_step_with_loss_speed_and_memory(
    tiny_model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(tiny_model, tmp_path)
    with caplog.at_level(logging.DEBUG, "netgain"):
        bench.run()
    steps = [
        re.fullmatch(
            r"step (\d+) of 2: loss ([\d.]+), token accuracy [\d.]+%, (\d+) tokens/s, learning "
            r"rate [\d.e-]+, gradient norm [\d.]+, memory ([\d.]+) GiB at most",
            record.getMessage(),
        )
        for record in caplog.records
    ]
    found = [step for step in steps if step]
    assert [int(step[1]) for step in found] == [1, 2]
    losses = [point.loss for point in bench.log().points if point.loss is not None]
    assert [float(step[2]) for step in found] == pytest.approx(losses, abs=1e-4)
    assert all(int(step[3]) > 0 and float(step[4]) > 0 for step in found)
    assert "checkpoint saved in" in caplog.text and "validation took" in caplog.text


def test_what_libraries_say_is_kept_apart(
    tiny_model: Path, hub_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import warnings

    def noisy(*_: object) -> None:
        warnings.warn("a library's warning", UserWarning, stacklevel=1)
        logging.getLogger("transformers.x").warning("a library's word")
        logging.getLogger("netgain").warning("our word")

    monkeypatch.setitem(pipeline.STAGES, "data", noisy)
    monkeypatch.setitem(pipeline.STAGES, "prompt", lambda *_: None)
    monkeypatch.setitem(pipeline.STAGES, "train", noisy)
    recipe = load_recipe(REFERENCE, [f"model.id={tiny_model}", f"data.source={hub_data}"])
    directory = RunDirectory(tmp_path / "run")
    pipeline.run(recipe, directory.root, "train", "", lambda *_: None)
    ours, others = directory.log.read_text(), directory.others.read_text()
    assert ours.count("WARNING our word") == 2 and "library" not in ours
    assert "a library's warning" in others and "a library's word" in others
    assert "our word" not in others


def test_ending_reads_no_more_than_a_mark_can_be(tmp_path: Path) -> None:
    (tmp_path / MARK).write_text(" " * ending.LONGEST + "{}")
    assert ending._read(tmp_path / MARK) == {}
