"""No stranger's model, adapter or GGUF file hangs, fills the memory, runs code or is misread.

Quick: one in twelve, in one process. Slow: all of them, and some through the command line.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, netgain
from hostile_models import CANARY, Case, cases, put, sound

SECONDS, MEGABYTES = 10, 2_000  # of the processor
WAITING = 60  # seconds on the clock of a busy machine
CASES = {case.name: case for case in cases()}


def tried(names: list[str], folder: Path) -> list[dict[str, Any]]:
    """What netgain says of each, in one process."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "hostile_models.py"), str(folder), *names],
        capture_output=True, text=True, timeout=280, check=False, cwd=folder,
        env={**os.environ, "NETGAIN_CACHE": str(folder / "cache")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not (folder / CANARY).exists(), "a stranger's code was run"
    return [json.loads(line) for line in done.stdout.splitlines()]


def faults(rows: list[dict[str, Any]]) -> list[str]:
    """Where a case did not end in one clear line, soon and with little memory."""
    found = []
    for row in rows:
        words = row["words"]
        if row["class"] != "NetgainError":
            found.append(f"{row['name']}: {row['class']}: {words}")
        elif re.search(CASES[row["name"]].words, words) is None or len(words.splitlines()) != 1:
            found.append(f"{row['name']}: {words}")
        elif row["processor"] > SECONDS or row["seconds"] > WAITING or row["megabytes"] > MEGABYTES:
            found.append(f"{row['name']}: {row['seconds']:.1f} s, {row['megabytes']} MB")
    return found


def test_there_are_many() -> None:
    assert len(CASES) >= 150
    assert {case.kind for case in CASES.values()} == {"model", "adapter", "gguf"}


def test_some_of_them_end_in_one_clear_line(tmp_path: Path) -> None:
    some = list(CASES)[::12]
    rows = tried(some, tmp_path)
    assert [row["name"] for row in rows] == some
    assert faults(rows) == []


@pytest.mark.slow
@pytest.mark.parametrize("part", range(3))
def test_each_of_them_ends_in_one_clear_line(part: int, tmp_path: Path) -> None:
    names = list(CASES)[part::3]
    rows = tried(names, tmp_path)
    assert len(rows) == len(names)
    assert faults(rows) == []


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    sound(folder)
    return folder


def told(case: Case, good: Path, tmp_path: Path) -> Any:
    """The command line's answer to it."""
    folder = tmp_path / "case"
    put(case, good, folder)
    model = folder / ("model.gguf" if case.kind == "gguf" else "model")
    adapter = ["--adapter", folder / "adapter"] if case.kind == "adapter" else []
    return netgain(
        "evaluate", model, *adapter, "--data", "builtin", "--limit", "2", "--engine",
        "transformers", "--set", "evaluate.max_new_tokens=4", cwd=tmp_path,
        NETGAIN_CACHE=str(tmp_path / "cache"),
    )  # fmt: skip


def of_the_command_line(name: str, good: Path, tmp_path: Path) -> None:
    done = told(CASES[name], good, tmp_path)
    assert done.returncode in (1, 2), done.stdout + done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("netgain: ") and re.search(CASES[name].words, last)
    assert "Traceback" not in done.stderr and "fault of netgain" not in done.stderr
    assert not (tmp_path / CANARY).exists()


def test_the_command_line_tells_it(good: Path, tmp_path: Path) -> None:
    of_the_command_line("weights-missing", good, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["config-a-list", "pipe-config.json", "code-pickle-alone", "code-attention", "weights-nan",
     "generation-list", "template-loop", "template-undefined", "tokenizer-cut", "adapter-half",
     "adapter-pickle", "adapter-nan", "adapter-config-empty", "gguf-magic", "gguf-cut-0.6",
     "gguf-template"],
)  # fmt: skip
def test_the_command_line_tells_it_of_every_kind(name: str, good: Path, tmp_path: Path) -> None:
    of_the_command_line(name, good, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["model", "adapter", "gguf"])
def test_the_sound_ones_pass(kind: str, good: Path, tmp_path: Path) -> None:
    """Or the refusals above would mean nothing."""
    done = told(Case("sound", kind, lambda _: None, ""), good, tmp_path)
    assert done.returncode == 0, done.stderr
