"""summary.png: a picture of the size that sites show, which says what the report says."""

from __future__ import annotations

import re
import struct

from netgain.reporting import phrases, summary_picture
from test_reporting import findings, hostile, training_only


def drawn(of: object) -> str:
    return "".join(summary_picture._parts(of))  # type: ignore[arg-type]


def test_it_is_a_png_of_1200_by_630_and_the_same_each_time() -> None:
    [(name, content)] = summary_picture.files(findings()).items()
    assert name == "summary.png" and content.startswith(b"\x89PNG")
    assert struct.unpack(">II", content[16:24]) == (1200, 630)
    assert summary_picture.files(findings())["summary.png"] == content


def test_it_says_the_verdict_and_each_models_accuracy() -> None:
    words = " ".join(re.findall(r">([^<]+)</text>", drawn(findings())))
    assert phrases.verdict_label(findings()) in words
    assert "solved 41 more of the 400 problems" in words
    assert "31.0%" in words and "41.3%" in words


def test_without_answers_there_is_none() -> None:
    assert summary_picture.files(training_only()) == {}


def test_hostile_text_is_text_and_does_not_break_it() -> None:
    svg = drawn(hostile())
    assert "<script" not in svg and "<img" not in svg and "\x1b" not in svg
    assert summary_picture.files(hostile())["summary.png"].startswith(b"\x89PNG")
