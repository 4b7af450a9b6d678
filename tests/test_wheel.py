"""The wheel, installed in an empty environment: analysing needs no torch and nothing beside it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from leaderboard_runs import write_run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
PIP = ("-m", "pip", "--disable-pip-version-check")
LM_EVAL = ROOT / "tests/fixtures/lm-eval-0.4.13"


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`netgain` of the wheel, in an environment of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"  # a build leaves folders beside what it builds
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    subprocess.run([sys.executable, "-m", "venv", folder / "empty"], check=True)
    python = folder / "empty/bin/python"
    subprocess.run(
        [python, *PIP, "install", "--quiet", "--constraint", ROOT / "constraints.txt", source],
        check=True,
    )
    there = subprocess.run(
        [python, *PIP, "list", "--format=json"], capture_output=True, text=True, check=True
    )
    names = {package["name"].lower() for package in json.loads(there.stdout)}
    assert "netgain" in names and not names & {"torch", "transformers", "peft", "datasets"}
    return folder / "empty/bin/netgain"


def test_import_analyse_grade_diagnose_compare_audit_and_report_work(
    command: Path, tmp_path: Path
) -> None:
    for name, right in (("one", [True, False, True]), ("two", [False, False, True])):
        write_run(tmp_path / name, {"base": right})
    rows = ROOT / "examples/answers.jsonl"
    for words in (
        ("import", LM_EVAL),
        ("analyse", LM_EVAL / "random", LM_EVAL / "half", "--out", "analysed"),
        ("grade", rows), ("diagnose", rows), ("compare", rows),
        ("audit", ROOT / "examples/report-to-audit.md"), ("report", "one", "two", "--out", "board"),
    ):  # fmt: skip
        done = subprocess.run(
            [command, *words], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        found = int(words[0] == "audit")  # it ends with 1 where a report is contradicted
        assert done.returncode == found, (words, done.stderr)
    for page in ("analysed/report.html", "board/leaderboard.html"):
        assert (tmp_path / page).stat().st_size > 100_000
