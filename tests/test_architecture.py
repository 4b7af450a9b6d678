"""The doors between the rooms open one way, and the analysing half needs no torch."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import ROOT

PACKAGE = ROOT / "src" / "netgain"
ROOMS = (
    ("errors", "parquet_pages", "plain_files", "records", "in_limits", "limited_process"),
    ("text", "rowfiles", "wording"),
    ("recipe", "cost", "provenance", "trackers"),
    ("grading", "hub"),
    ("diagnosis",),
    ("data",),
    ("prompts",),
    ("analysis",),
    ("importers",),
    ("store",),
    ("audit", "reporting"),
    ("models",),
    ("generate",),
    ("train",),
    ("pipeline",),
    ("plan",),
    ("exports", "viewing"),
    ("api", "callbacks"),
    ("cli",),
    ("__main__",),
)
RANK = {room: rank for rank, rooms in enumerate(ROOMS) for room in rooms}
HEAVY = {"torch", "transformers", "trl", "peft", "accelerate", "datasets"}
FILES = sorted(p for p in PACKAGE.rglob("*.py") if p != PACKAGE / "__init__.py")


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_to_the_left_only(path: Path) -> None:
    here = room_of(path)
    assert here in RANK, f"{here} is no room of the house: give it its place in ROOMS and the docs"
    for name in imports_of(path):
        parts = name.split(".")
        if parts[0] == "netgain" and len(parts) > 1 and parts[1] in RANK and parts[1] != here:
            assert RANK[parts[1]] < RANK[here], f"{here} imports {parts[1]}: not to its left"


BESIDE_THE_FACE = {"api", "cli", "errors", "wording"}


@pytest.mark.parametrize("path", sorted((PACKAGE / "cli").glob("*.py")), ids=lambda p: p.name)
def test_the_command_line_calls_the_public_face_and_nothing_else(path: Path) -> None:
    rooms = {name.split(".")[1] for name in imports_of(path) if name.startswith("netgain.")}
    assert rooms - {"__version__"} <= BESIDE_THE_FACE


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_generate_and_train_import_the_heavy_packages(path: Path) -> None:
    if room_of(path) not in {"models", "generate", "train"}:
        assert not {name.split(".")[0] for name in imports_of(path)} & HEAVY


def test_nothing_unpickles_or_evaluates() -> None:
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        assert not names & {"eval", "exec"}, path
        assert not {name.split(".")[0] for name in imports_of(path)} & {"pickle", "dill"}, path


BLOCKED = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {heavy!r}:
            raise ImportError(f"{{name}} is not installed", name=name)
sys.meta_path.insert(0, Refuse())
"""


def without_torch(code: str) -> subprocess.CompletedProcess[str]:
    script = BLOCKED.format(heavy=HEAVY) + code
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False
    )


def test_analysis_reports_and_plans_work_without_torch() -> None:
    done = without_torch(
        "import netgain.pipeline, netgain.plan, netgain.analysis.assembling, netgain.reporting\n"
        "import netgain.exports.formats, netgain.exports.publishing, netgain.trackers\n"
        "print('fine')"
    )
    assert done.stdout.strip() == "fine", done.stderr


def test_help_needs_no_torch_and_lists_commands_sorted_with_examples() -> None:
    done = without_torch(
        "sys.argv = ['netgain', '--help']\nfrom netgain.cli.main import main\nmain()"
    )
    assert done.returncode == 0, done.stderr
    assert "Examples" in done.stdout
    listed = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("│ ")
              and line[2:3].isalpha()]  # fmt: skip
    assert listed == sorted(listed) and {"plan", "run"} <= set(listed)


def test_a_run_without_torch_says_what_to_install() -> None:
    recipe = str(ROOT / "recipes" / "demo.yaml")
    done = without_torch(
        "import os, tempfile\nos.chdir(tempfile.mkdtemp())\n"
        f"sys.argv = ['netgain', 'run', {recipe!r}]\n"
        "from netgain.cli.main import main\nmain()"
    )
    assert done.returncode == 1
    assert "pip install 'netgain[train]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_imports_nothing_slow() -> None:
    """A stand-in for the clock: what makes a start slow is named here."""
    code = (
        "import sys\nsys.argv = ['netgain', '--help']\nfrom netgain.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('SLOW', sorted({m.split('.')[0] for m in sys.modules} & "
        "{'numpy', 'scipy', 'pyarrow', 'pydantic', 'torch', 'jinja2', 'vl_convert'}))"
    )
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "SLOW []" in done.stdout, done.stdout + done.stderr
    assert time.monotonic() - began < 60  # a hang, not a benchmark


def test_a_files_name_stands_once_in_the_package() -> None:
    names = [path.name for path in FILES if path.name != "__init__.py"]
    assert sorted({name for name in names if names.count(name) > 1}) == []
