"""How much there is to read before the problems and the appendix, and how large a page is."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser

import pytest

from conftest import ROOT
from made_run import made_findings
from netgain.records import Findings
from netgain.reporting import html
from netgain.reporting.document import document
from test_further_report import everything
from test_reporting import training_only

EXAMPLE = ROOT / "examples" / "demo-report" / "report.html"
MOST_WORDS = 1500  # five minutes
MOST_BYTES = 800_000  # of a page of 80 problems
SKIPPED = {"script", "style", "svg", "nav", "details"}
VOID = {"meta", "link", "br", "input", "wbr"}


class Read(HTMLParser):
    """The words that a reader of the main parts meets: what is folded is not among them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.skipping: list[str] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if (self.skipping or tag in SKIPPED) and tag not in VOID:
            self.skipping.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.skipping and self.skipping[-1] == tag:
            self.skipping.pop()

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            self.words += data.split()


def words_before_the_problems(page: str) -> int:
    start, end = page.index('<main id="content"'), page.index('<section id="samples"')
    return len(Read(re.sub(r"<(line|path|rect|text)[^>]*/>", "", page[start:end])).words)


@cache
def whole() -> Findings:
    return made_findings(80, further=everything())


def test_the_main_parts_of_the_example_are_read_in_five_minutes() -> None:
    count = words_before_the_problems(EXAMPLE.read_text(encoding="utf-8"))
    assert 400 < count <= MOST_WORDS, count


def test_so_are_those_of_a_run_that_measured_everything() -> None:
    count = words_before_the_problems(html.render(whole()).decode())
    assert 600 < count <= MOST_WORDS, count


def test_a_page_of_80_problems_is_small() -> None:
    assert len(html.render(made_findings(80))) < MOST_BYTES
    assert len(html.render(whole())) < MOST_BYTES


def test_there_are_five_parts_in_their_order_under_their_names() -> None:
    assert [part.title for part in document(whole()).parts] == [
        "Fine-tuning overview", "Training metrics", "Errors and outliers", "Comparison",
        "Conclusion and what to do next",
    ]  # fmt: skip


@pytest.mark.parametrize("few", [3, 9])
def test_of_fewer_than_ten_right_or_wrong_answers_nothing_is_said_one_by_one(few: int) -> None:
    [errors] = [p for p in document(made_findings(few)).parts if p.name == "errors"]
    words = " ".join(getattr(block, "text", "") for block in errors.blocks)
    assert "too few to say" in words
    assert not any(getattr(block, "charts", ()) for block in errors.blocks)


def test_a_part_that_nothing_is_known_of_is_left_out() -> None:
    assert [p.name for p in document(training_only()).parts] == [
        "overview", "training", "conclusion",
    ]  # fmt: skip
