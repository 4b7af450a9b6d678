"""What a report says by itself stands in a few files, where it can be read through."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import ROOT
from sentence_list import listed, sentences

ROOM = ROOT / "src" / "netgain" / "reporting"
WORDS = {
    "phrases.py", "error_phrases.py", "captions.py", "card_phrases.py", "board_phrases.py",
    "glossary.py",
}  # fmt: skip
CODE = {"usage_code.py"}  # a program for a reader to run, and its comments
FIGURE = re.compile(r"(?:change of )?\S+ loss at the end")


@pytest.mark.parametrize(
    "path",
    [p for p in sorted(ROOM.rglob("*.py")) if p.name not in WORDS | CODE],
    ids=lambda p: p.name,
)
def test_no_sentence_stands_outside_the_files_of_words(path: Path) -> None:
    found = [text for _, text in sentences(path.read_text(encoding="utf-8"))]
    assert [text for text in found if not FIGURE.fullmatch(text)] == []


def test_no_sentence_calls_what_is_validated_on_the_datas_own_solutions() -> None:
    """With rejection sampling and distillation it is a model's right answers."""
    paths = [*ROOM.rglob("*.py"), ROOM.parent / "analysis" / "concerns.py"]
    said = [text for p in paths for _, text in sentences(p.read_text(encoding="utf-8"))]
    assert said and not [text for text in said if "reference solution" in text]


def test_every_file_of_words_is_listed() -> None:
    heads = [line for line in listed([str(ROOM)]) if line.startswith("\n")]
    assert {Path(head.strip()).name for head in heads} >= WORDS


def test_a_sentence_is_told_from_docstrings_errors_and_short_names() -> None:
    source = (
        'def f(n):\n    """This docstring is no sentence of a report."""\n'
        '    log.warning("this is logged and not a sentence")\n'
        '    raise ValueError(f"this error is no sentence {n} either")\n'
        'A = "three short words"\nB = f"of the {n} wrong answers of both models"\n'
    )
    assert [*sentences(source)] == [(6, "of the {n} wrong answers of both models")]
