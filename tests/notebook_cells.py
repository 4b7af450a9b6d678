"""Runs the notebook's cells, without Jupyter: `python tests/notebook_cells.py FILE` stores outputs.

A cell is compiled as Jupyter does it: its last expression is shown, by `_repr_html_` and `repr`.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Cell = dict[str, Any]


def code_cells(notebook: Mapping[str, Any]) -> list[Cell]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def run(notebook: Mapping[str, Any], folder: Path) -> Iterator[tuple[Cell, list[Cell]]]:
    """Each code cell with its outputs, as Jupyter stores them; run one after the other."""
    space: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.chdir(folder):
        for number, cell in enumerate(code_cells(notebook), start=1):
            yield cell, run_cell("".join(cell["source"]), space, number)


def run_cell(source: str, space: dict[str, Any], number: int) -> list[Cell]:
    tree = ast.parse(source, f"cell {number}")
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, f"cell {number}", "exec"), space)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), space)
    outputs: list[Cell] = []
    if printed.getvalue():
        text = printed.getvalue().splitlines(keepends=True)
        outputs.append({"name": "stdout", "output_type": "stream", "text": text})
    if value is not None:
        shown = {"text/plain": repr(value)}
        if hasattr(value, "_repr_html_"):
            shown = {"text/html": value._repr_html_(), **shown}
        outputs.append({
            "data": {kind: text.splitlines(keepends=True) for kind, text in shown.items()},
            "execution_count": number, "metadata": {}, "output_type": "execute_result",
        })  # fmt: skip
    return outputs


def store(path: Path) -> None:
    os.environ["COLUMNS"] = "100"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for number, (cell, outputs) in enumerate(run(notebook, path.parent), start=1):
        cell["execution_count"], cell["outputs"] = number, outputs
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    store(Path(sys.argv[1]))
