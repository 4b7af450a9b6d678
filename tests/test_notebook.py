"""The notebook runs without torch, and shows what it stores."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import ROOT
from notebook_cells import code_cells, run
from test_architecture import without_torch

NOTEBOOK = ROOT / "examples" / "notebook.ipynb"
RUN = """
import json, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from notebook_cells import run
path = Path({path!r})
found = [outputs for _, outputs in run(json.loads(path.read_text("utf-8")), path.parent)]
Path({out!r}).write_text(json.dumps(found), "utf-8")
"""


def test_the_notebook_runs_without_torch_and_shows_what_it_stores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    out = tmp_path / "outputs.json"
    done = without_torch(RUN.format(tests=str(ROOT / "tests"), path=str(NOTEBOOK), out=str(out)))
    assert done.returncode == 0, done.stderr
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))
    stored = [cell["outputs"] for cell in code_cells(notebook)]
    assert json.loads(out.read_text("utf-8")) == stored
    assert sum(bool(outputs) for outputs in stored) >= 8


def test_cells_share_names_and_the_last_expression_is_shown(tmp_path: Path) -> None:
    cells = [
        {"cell_type": kind, "source": source}
        for kind, source in (
            ("markdown", ["# no code"]), ("code", ["a = 1\n", "print(a)"]), ("code", ["a + 1"]),
        )
    ]  # fmt: skip
    first, second = (outputs for _, outputs in run({"cells": cells}, tmp_path))
    assert first == [{"name": "stdout", "output_type": "stream", "text": ["1\n"]}]
    assert second[0]["data"] == {"text/plain": ["2"]}
    with pytest.raises(ZeroDivisionError):
        list(run({"cells": [{"cell_type": "code", "source": ["1 / 0"]}]}, tmp_path))
