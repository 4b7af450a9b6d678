"""The leaderboard in a real browser: quiet, accessible, and deaf to hostile names."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser_support import (
    OpenPage,
    Witness,
    accessibility_faults,
    move_the_charts,
    opener,
    page_is_no_wider_than_the_window,
    wait_until,
)
from hostile_findings import attack
from leaderboard_runs import problems_of, write_run, write_standalone
from netgain.pipeline.comparing_runs import compare_runs
from netgain.records import Leaderboard
from netgain.reporting.leaderboard import write_leaderboard
from netgain.wording import terminal_safe

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BASE = [i % 3 == 0 for i in range(60)]
ONE = [i % 2 == 0 for i in range(60)]
TWO = [i % 5 < 3 for i in range(60)]
NAME = "<img src=x onerror=window.pwned=1> '+(window.pwned=2)+' \x1b[31m\u202e {}"


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Leaderboard:
    """Two runs and an evaluation, whose names and questions are hostile."""
    root = tmp_path_factory.mktemp("board")
    numbers = count()
    problems = attack(tuple(problems_of(60)), lambda _: NAME.format(next(numbers)))
    return compare_runs(
        [
            write_run(root / NAME.format("one"), {"base": BASE, "tuned": ONE}, problems, price=1.5),
            write_run(root / NAME.format("two"), {"base": BASE, "tuned": TWO}, problems, price=1.5),
            write_standalone(root / "alone", [not right for right in ONE], problems),
        ]
    )


@pytest.fixture(scope="module")
def written(board: Leaderboard, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("leaderboard") / "out"
    return write_leaderboard(board, folder)[0]


@pytest.fixture(scope="module")
def opened(browser: Browser, written: Path) -> Iterator[Witness]:
    with opener(browser) as open_:
        yield open_(written)


def test_a_leaderboard_of_hostile_names_runs_nothing_fetches_nothing_and_shows_them(
    opened: Witness, board: Leaderboard
) -> None:
    page = opened.page
    assert move_the_charts(page) > 2
    for drawing in page.locator("figure[data-chart] .live svg.marks").all():
        drawing.hover(force=True)
    words = " ".join(page.locator("main").inner_text().split())
    for model in board.models:
        assert " ".join(terminal_safe(model.name).split()) in words
    opened.nothing_happened()


@pytest.mark.parametrize(("colours", "width"), [("light", 1280), ("dark", 390)])
def test_the_leaderboard_is_accessible_and_fits_the_window(
    open_page: OpenPage, written: Path, colours: str, width: int
) -> None:
    page = open_page(written, color_scheme=colours, viewport={"width": width, "height": 900}).page
    move_the_charts(page)
    assert accessibility_faults(page) == []
    page_is_no_wider_than_the_window(page)


def test_without_javascript_the_ranking_and_its_drawings_are_there(
    open_page: OpenPage, written: Path, board: Leaderboard
) -> None:
    page = open_page(written, java_script_enabled=False).page
    assert page.locator("#ranking table tbody tr:visible").count() >= len(board.models)
    drawn = page.locator("figure[data-chart] .still:visible svg").count()
    assert drawn == page.locator("figure[data-chart]:visible").count() > 2


def test_a_run_can_be_hidden_in_the_curves(open_page: OpenPage, written: Path) -> None:
    page = open_page(written).page
    figure = page.locator("#training figure[data-chart]").first
    figure.scroll_into_view_if_needed()
    figure.locator(".live svg.marks").wait_for()
    lines = figure.locator(".live .mark-line path")
    shown = lines.count()
    figure.locator("button[data-series]").first.click()
    wait_until(lambda: lines.count() < shown)
