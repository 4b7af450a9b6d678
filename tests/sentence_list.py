"""Every sentence template of some modules, read off their source, for a reader's eyes.

`python tests/sentence_list.py src/netgain/reporting src/netgain/analysis` prints them by file.
Docstrings, errors that are raised and what is logged are not among them.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

WORDS = 5  # in a row make a sentence, or a part of one
_RUN = re.compile(r"(?:[A-Za-z][A-Za-z'’-]*[,;:]? ){" + str(WORDS - 1) + r",}[A-Za-z]")
_HOLE = re.compile(r"\{[^{}]*\}")


def sentences(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each string with so many words in a row; what is filled in stands in {}."""
    tree = ast.parse(source)
    skipped = {id(node) for part in _not_shown(tree) for node in ast.walk(part)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(inner) for inner in node.values}
        if id(node) in skipped:
            continue
        text = _template(node)
        if _RUN.search(_HOLE.sub("|", text)):
            yield getattr(node, "lineno", 0), text


def _template(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return ""
    return "".join(
        f"{{{ast.unparse(part.value)}}}" if isinstance(part, ast.FormattedValue)
        else str(getattr(part, "value", "")) for part in node.values
    )  # fmt: skip


def _not_shown(tree: ast.Module) -> Iterator[ast.AST]:
    """Docstrings, errors, what is logged, and what is asserted."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                yield first
        if isinstance(node, ast.Raise | ast.Assert):
            yield node
        of_log = isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log.")
        if of_log:
            yield node


def listed(folders: list[str]) -> Iterator[str]:
    for path in sorted(path for folder in folders for path in Path(folder).rglob("*.py")):
        found = sorted(sentences(path.read_text(encoding="utf-8")))
        if found:
            yield f"\n{path}"
            yield from (f"{line:5}  {text}" for line, text in found)


if __name__ == "__main__":
    print("\n".join(listed(sys.argv[1:])))
