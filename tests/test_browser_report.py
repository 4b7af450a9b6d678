"""The report in a real browser: read, clicked through, printed, by every kind of reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
from made_run import made_findings
from netgain.records import Findings
from netgain.reporting import html as html_report
from test_further_report import everything

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LINES = "all => all.map((path) => path.getAttribute('d')).sort()"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def found() -> Findings:
    """The findings of a made run, every section filled."""
    return made_findings(60, further=everything())


@pytest.fixture(scope="module")
def report(found: Findings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_bytes(html_report.render(found))
    return path


@pytest.fixture(scope="module")
def open_report(browser: Browser, report: Path) -> Iterator[Witness]:
    """The report as it opens, for tests that only look at it."""
    with opener(browser) as open_:
        yield open_(report)


def is_dark(page: Page) -> bool:
    """Whether the page's background is nearer to black than to white."""
    red, green, blue = map(int, re.findall(r"\d+", page.evaluate(BACKGROUND))[:3])
    return red + green + blue < 3 * 128


# --- reading


def test_an_ordinary_report_opens_without_a_word_in_the_console(open_report: Witness) -> None:
    assert open_report.page.locator("h1").is_visible()
    open_report.nothing_happened()


def test_the_verdict_is_on_the_first_screen(open_report: Witness, found: Findings) -> None:
    sentence = open_report.page.locator("#verdict .sentence")
    assert sentence.inner_text().lower() in found.verdict.lower()
    box = sentence.bounding_box()
    assert box is not None and box["y"] + box["height"] < 900


def test_every_entry_of_the_contents_leads_to_a_section_with_that_title(
    open_report: Witness,
) -> None:
    entries = open_report.page.locator("nav.side a").evaluate_all(
        "all => all.map((a) => [a.textContent, a.hash.slice(1)])"
    )
    titles = dict(
        open_report.page.locator("main section[id] > h2").evaluate_all(
            "all => all.map((h) => [h.parentElement.id, h.textContent])"
        )
    )
    assert {anchor for _, anchor in entries} == set(titles)
    verdict = titles.pop("verdict")
    assert verdict in {"Improved", "Worse", "No detectable change"}
    assert {anchor: title for title, anchor in entries if anchor != "verdict"} == titles


def test_a_click_in_the_contents_brings_its_section_into_view(
    open_page: OpenPage, report: Path
) -> None:
    page = open_page(report).page
    page.locator("nav.side a[href='#checks']").click()
    page.wait_for_function(
        "() => Math.abs(document.getElementById('checks').getBoundingClientRect().top) < 300"
    )
    page.locator("nav.side a[href='#checks'][aria-current]").wait_for()


@pytest.mark.parametrize("way", ["click", "address"])
def test_the_glossary_stays_where_the_contents_lead_though_the_page_above_grows(
    open_page: OpenPage, report: Path, way: str
) -> None:
    page = open_page(report, "#glossary" if way == "address" else "").page
    if way == "click":
        page.locator("nav.side a[href='#glossary']").click()
    heading = page.locator("#glossary-title")
    place = "(h) => h.getBoundingClientRect().top"
    wait_until(lambda: 0 <= heading.evaluate(place) < 300)
    # what readers pass on the way is drawn in its own time
    page.evaluate(
        "document.querySelector('#samples').after(Object.assign("
        "document.createElement('pre'), {textContent: '\\n'.repeat(300)}))"
    )
    page.wait_for_timeout(500)
    assert 0 <= heading.evaluate(place) < 300


def test_by_tab_a_reader_reaches_the_search_and_the_problems_are_listed(
    open_page: OpenPage, report: Path
) -> None:
    page = open_page(report).page
    page.locator("#samples").evaluate(
        """(section) => {
          const before = [...document.querySelectorAll("a, button, summary, [tabindex='0']")]
            .filter((e) => e.compareDocumentPosition(section) & 4 && e.checkVisibility());
          before.at(-1).focus({preventScroll: true});
        }"""
    )
    assert page.get_by_test_id("row").count() == 0
    page.keyboard.press("Tab")
    for _ in range(4):
        if page.get_by_test_id("search").evaluate("(e) => e === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.get_by_test_id("row").first.wait_for()
    assert page.get_by_test_id("search").evaluate("(e) => e === document.activeElement")


@pytest.mark.parametrize("width", [320, 390])
def test_nobody_scrolls_sideways(open_page: OpenPage, report: Path, width: int) -> None:
    page = open_page(report, viewport={"width": width, "height": 800}).page
    page_is_no_wider_than_the_window(page)
    move_the_charts(page)
    page_is_no_wider_than_the_window(page)


def test_without_javascript_the_verdict_the_tables_and_the_drawings_are_there(
    open_page: OpenPage, report: Path
) -> None:
    seen = open_page(report, java_script_enabled=False)
    page = seen.page
    assert page.locator("#verdict .sentence").is_visible()
    assert page.locator("table:visible").count() > 5
    drawings = page.locator("figure[data-chart] .still:visible svg")
    assert drawings.count() == page.locator("figure[data-chart]").count() > 4
    assert page.locator("#samples .no-scripts").is_visible()
    assert page.locator("#samples .sample summary:visible").count() > 3
    for dead in (".theme", "#browser form", "#browser button"):
        assert page.locator(f"{dead}:visible").count() == 0
    assert seen.requests == []


# --- colours and motion


def test_the_page_follows_the_system_until_the_reader_chooses(
    open_page: OpenPage, report: Path
) -> None:
    page = open_page(report, color_scheme="dark").page
    assert is_dark(page)
    page.get_by_role("button", name="Light").click()
    assert not is_dark(page)
    page.reload()
    assert not is_dark(page)
    page.get_by_role("button", name="Auto").click()
    assert is_dark(page)
    page.emulate_media(color_scheme="light")
    assert not is_dark(page)
    page.get_by_role("button", name="Dark").click()
    assert is_dark(page)


def test_nothing_moves_by_itself_where_less_motion_is_asked_for(
    open_page: OpenPage, report: Path
) -> None:
    page = open_page(report, reduced_motion="reduce").page
    page.locator("nav.side a[href='#glossary']").click()
    assert page.evaluate("document.getAnimations().length") == 0
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


# --- charts


def test_a_chart_moves_once_it_is_in_view_and_tells_its_values_under_the_mouse(
    open_page: OpenPage, report: Path
) -> None:
    seen = open_page(report, reduced_motion="reduce")
    page = seen.page
    assert move_the_charts(page) > 4
    assert page.locator("figure[data-chart] .still:visible").count() == 0
    tip = page.locator(".tip")
    told = []
    for mark in ("#categories .live .mark-symbol path", "#difficulty .live .mark-symbol path"):

        def is_told(mark: str = mark) -> bool:
            page.mouse.move(2, 2)
            page.locator(mark).first.hover(force=True)
            return tip.is_visible()

        wait_until(is_told)  # a page that still scrolls hides it again
        told.append(tip.inner_text())
        page.mouse.move(2, 2)
        tip.wait_for(state="hidden")
    assert all(re.search(r"\d", words) for words in told) and told[0] != told[1]
    seen.nothing_happened()


def test_a_series_can_be_hidden_and_the_curves_can_be_looked_at_closely(
    open_page: OpenPage, report: Path
) -> None:
    page = open_page(report).page
    figure = page.locator("figure[data-chart=loss]")
    figure.scroll_into_view_if_needed()
    drawing = figure.locator(".live svg.marks")
    drawing.wait_for()
    lines = drawing.locator(".mark-line path")
    drawn = lines.evaluate_all(LINES)

    first = figure.locator("button[data-series]").first
    first.click()
    assert first.get_attribute("aria-pressed") == "false"
    wait_until(lambda: lines.evaluate_all(LINES) != drawn)
    first.click()
    wait_until(lambda: lines.evaluate_all(LINES) == drawn)

    reset = figure.get_by_role("button", name="Reset")
    assert reset.is_disabled()
    figure.get_by_role("button", name="Zoom in").click()
    wait_until(lambda: lines.evaluate_all(LINES) != drawn)
    reset.click()
    wait_until(lambda: lines.evaluate_all(LINES) == drawn)


def test_every_chart_has_a_text_alternative_and_its_values_in_a_table(
    open_page: OpenPage, report: Path
) -> None:
    page = open_page(report).page
    move_the_charts(page)
    for figure in page.locator("figure[data-chart]").all():
        alternative = figure.locator(".alternative").inner_text()
        assert figure.locator("table tbody tr").first.is_visible()
        assert figure.get_by_role("img", name=alternative).count() == 1


# --- print


def test_on_paper_everything_stands_open_and_nothing_is_left_that_only_a_screen_can_do(
    open_page: OpenPage, report: Path
) -> None:
    page = open_page(report, color_scheme="dark").page
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(BACKGROUND) in {"rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"}
    for dead in ("nav.contents", ".theme", ".skip", "#browser form", "button", ".tip"):
        assert page.locator(f"{dead}:visible").count() == 0, dead
    assert page.locator("#samples .sample pre:visible").count() > 3
    drawn = page.locator("figure[data-chart] svg:visible").count()
    assert drawn == page.locator("figure[data-chart]").count()
    # a long answer may be cut, and ends with an ellipsis then
    clipped = page.locator("main pre, main .scroll").evaluate_all(
        """all => all.filter((e) => e.clientHeight && e.scrollHeight > e.clientHeight + 2
            && getComputedStyle(e).webkitLineClamp == "none").length"""
    )
    assert clipped == 0
    assert page.locator("#samples .answer pre").evaluate_all(
        "all => all.every((e) => getComputedStyle(e).webkitLineClamp == '7')"
    )


def test_the_page_prints_to_pdf(open_page: OpenPage, report: Path) -> None:
    content = open_page(report).page.pdf(format="A4")
    assert content.startswith(b"%PDF")
    assert 5 < len(re.findall(rb"/Type\s*/Page\b", content)) < 60


def test_before_the_problems_and_the_appendix_a_report_is_at_most_eight_pages(
    open_page: OpenPage, report: Path
) -> None:
    page = open_page(report).page
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.evaluate("document.querySelectorAll('#samples, .appendix').forEach((e) => e.remove())")
    content = page.pdf(format="A4")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", content)) <= 8


# --- keyboard and screen reader


def test_the_first_tab_offers_to_skip_to_the_content(open_page: OpenPage, report: Path) -> None:
    page = open_page(report).page
    page.keyboard.press("Tab")
    skip = page.locator(".skip:focus")
    box = skip.bounding_box()
    assert box is not None and box["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize(("colours", "width"), [("light", 1280), ("dark", 1280), ("light", 390)])
def test_axe_finds_no_serious_issue(
    open_page: OpenPage, report: Path, colours: str, width: int
) -> None:
    page = open_page(report, color_scheme=colours, viewport={"width": width, "height": 900}).page
    move_the_charts(page)
    page.locator("#samples").scroll_into_view_if_needed()
    page.get_by_test_id("row").first.wait_for()
    assert accessibility_faults(page) == []
