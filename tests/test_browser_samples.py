"""The sample browser in a real browser: searched, filtered, sorted, linked to and read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from browser_support import (
    OpenPage,
    accessibility_faults,
    page_is_no_wider_than_the_window,
    wait_until,
)
from made_run import made_findings
from netgain.records import Findings, Sample, Samples
from netgain.reporting import html as html_report

if TYPE_CHECKING:
    from playwright.sync_api import Page

N = 80


@pytest.fixture(scope="module")
def found() -> Findings:
    """The findings of a made run without what is drawn, which other tests look at."""
    return replace(
        made_findings(N), comparison=None, format_skill=None, curves=(), forecast=None,
        errors_found={}, difficulty={}, category_metrics=(),
    )  # fmt: skip


@pytest.fixture(scope="module")
def samples(found: Findings) -> Samples:
    assert found.samples is not None
    return found.samples


@pytest.fixture(scope="module")
def report(found: Findings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("samples") / "report.html"
    path.write_bytes(html_report.render(found))
    return path


def first(samples: Samples, fits: Callable[[Sample], bool]) -> Sample:
    return next(row for row in samples.rows if fits(row))


def listed(page: Page) -> list[str]:
    """The ids of the rows that are shown."""
    return list(
        page.get_by_test_id("row")
        .locator("a")
        .evaluate_all("all => all.map((a) => new URLSearchParams(a.hash.slice(1)).get('problem'))")
    )


def wait_for_count(page: Page, n: int, of: int = N) -> None:
    page.get_by_test_id("count").get_by_text(re.compile(rf"^{n} of {of} problem")).wait_for()


def opened_problem(page: Page) -> str:
    """The id in the heading of the problem that is open, once it is."""
    page.get_by_test_id("problem").wait_for()
    return page.locator("#problem-title").inner_text().removeprefix("Problem ")


# --- the list


def test_search_finds_words_of_questions_and_answers_and_the_address_keeps_them(
    open_page: OpenPage, report: Path, samples: Samples
) -> None:
    wanted = samples.rows[5]
    words = wanted.question[20:60]
    seen = open_page(report, "#problems")
    seen.page.get_by_test_id("search").fill(words.upper())
    wait_for_count(seen.page, 1)
    assert listed(seen.page) == [wanted.problem_id]
    again = open_page(report, "#" + seen.page.url.partition("#")[2]).page
    wait_for_count(again, 1)
    assert again.get_by_test_id("search").input_value() == words.upper()
    again.get_by_test_id("clear").click()
    wait_for_count(again, N)
    seen.nothing_happened()


def test_each_value_of_each_filter_finds_as_many_problems_as_it_says(
    open_page: OpenPage, report: Path
) -> None:
    seen = open_page(report, "#problems")
    page = seen.page
    page.get_by_test_id("row").first.wait_for()
    page.get_by_test_id("more-filters").locator("summary").click()
    facets = page.locator("[data-facet]:visible").all()
    assert [each.get_attribute("data-facet") for each in facets] == [
        "outcome", "kind", "group", "steps", "category", "finish",
    ]  # fmt: skip
    for facet in facets:
        for label in facet.locator("label").all()[:4]:
            said = int(label.locator(".n").inner_text())
            label.locator("input").check()
            wait_for_count(page, said)
            label.locator("input").uncheck()
    wait_for_count(page, N)
    seen.nothing_happened()


def test_filters_add_up_within_one_kind_and_narrow_across_kinds(
    open_page: OpenPage, report: Path, samples: Samples
) -> None:
    page = open_page(report, "#problems").page
    outcomes = page.get_by_test_id("facet-outcome")
    for name in ("Fixed", "Broken"):
        outcomes.get_by_label(name).check()
    changed = [row for row in samples.rows if row.outcome in {"fixed", "broken"}]
    wait_for_count(page, len(changed))
    page.get_by_test_id("more-filters").locator("summary").click()
    page.get_by_test_id("facet-steps").locator("input[value='2']").check()
    wait_for_count(page, sum(row.steps == 2 for row in changed))
    page.get_by_test_id("min-length").fill("80")
    long = [
        row for row in changed if row.steps == 2 and row.base and row.tuned
        and max(row.base.completion_tokens, row.tuned.completion_tokens) >= 80
    ]  # fmt: skip
    wait_for_count(page, len(long))
    assert 0 < len(long) < len(changed)


def test_a_list_is_sorted_by_what_is_chosen_both_ways(
    open_page: OpenPage, report: Path, samples: Samples
) -> None:
    page = open_page(report, "#problems?sort=length").page
    wait_for_count(page, N)
    length = {
        row.problem_id: max(a.completion_tokens for a in (row.base, row.tuned) if a)
        for row in samples.rows
    }
    shortest = [length[i] for i in listed(page)]
    assert shortest == sorted(length.values())[: len(shortest)]
    before = listed(page)
    page.get_by_test_id("descending").check()
    page.wait_for_function(
        "(id) => !document.querySelector('[data-testid=row] a').hash.includes(id)", arg=before[0]
    )
    longest = [length[i] for i in listed(page)]
    assert longest == sorted(length.values(), reverse=True)[: len(longest)]


def test_more_rows_come_on_demand(open_page: OpenPage, report: Path) -> None:
    page = open_page(report, "#problems").page
    page.get_by_test_id("more").click()
    page.get_by_test_id("more").wait_for(state="hidden")
    assert len(set(listed(page))) == N


def test_a_filter_that_nothing_fits_says_so(open_page: OpenPage, report: Path) -> None:
    page = open_page(report, "#problems?search=nowhere-to-be-found").page
    wait_for_count(page, 0)
    assert "none fits" in page.get_by_test_id("count").inner_text()


# --- links and history


def test_a_link_to_one_problem_opens_it_at_once(
    open_page: OpenPage, report: Path, samples: Samples
) -> None:
    wanted = samples.rows[70]
    seen = open_page(report, f"#problem={quote(wanted.problem_id)}")
    assert opened_problem(seen.page) == wanted.problem_id
    assert seen.page.get_by_test_id("question").inner_text() == wanted.question
    assert seen.page.get_by_test_id("position").inner_text() == f"71 of {N}"
    assert seen.page.evaluate("document.activeElement.id") == "problem-title"
    seen.nothing_happened()


def test_a_link_to_a_problem_that_is_not_there_says_so(open_page: OpenPage, report: Path) -> None:
    seen = open_page(report, "#problem=%3Cscript%3Ewindow.pwned=1%3C/script%3E")
    told = seen.page.get_by_test_id("trouble").get_by_text("There is no problem <script>")
    told.wait_for()
    wait_until(lambda: 0 <= told.evaluate("(e) => e.getBoundingClientRect().top") < 900)
    assert seen.page.get_by_test_id("retry").count() == 0
    assert seen.page.get_by_test_id("row").count() > 0
    seen.nothing_happened()


def test_the_back_button_leads_from_a_problem_to_the_same_list_and_row(
    open_page: OpenPage, report: Path
) -> None:
    page = open_page(report, "#problems?outcome=both+wrong").page
    row = page.get_by_test_id("row").nth(2).get_by_role("link")
    address = row.get_attribute("href")
    row.click()
    page.get_by_test_id("problem").wait_for()
    page.go_back()
    page.get_by_test_id("problem").wait_for(state="hidden")
    assert page.url.endswith("#problems?outcome=both+wrong")
    assert page.evaluate("document.activeElement.getAttribute('href')") == address
    page.go_forward()
    page.get_by_test_id("problem").wait_for()


# --- one problem


def test_the_first_wrong_step_is_marked_where_it_stands(
    open_page: OpenPage, report: Path, samples: Samples
) -> None:
    def is_arithmetic(row: Sample) -> bool:
        found = row.tuned.diagnosis if row.tuned else None
        return found is not None and found.error_kind == "arithmetic" and found.first_error >= 0

    row = first(samples, is_arithmetic)
    assert row.tuned is not None and row.tuned.diagnosis is not None
    found = row.tuned.diagnosis
    page = open_page(report, f"#problem={row.problem_id}").page
    tuned = page.get_by_test_id("answer-tuned")
    step = f"First wrong step: {found.first_error + 1} of {len(found.steps)}"
    assert step in tuned.get_by_test_id("diagnosis").inner_text()
    marks = tuned.get_by_test_id("text").locator("mark.wrong-step").all_inner_texts()
    assert found.steps[found.first_error] in "".join(marks)
    assert "first wrong step" in tuned.get_by_test_id("text").inner_text()


def test_differences_prompt_raw_text_and_tokens_are_shown_on_demand(
    open_page: OpenPage, report: Path, samples: Samples
) -> None:
    row = first(samples, lambda row: row.outcome == "fixed" and bool(row.base and row.base.text))
    assert row.base is not None and row.tuned is not None
    page = open_page(report, f"#problem={row.problem_id}").page
    page.get_by_test_id("problem").wait_for()
    assert page.locator("mark.differs").count() == 0
    page.get_by_test_id("view-differences").click()
    only_base = page.get_by_test_id("answer-base").locator("mark.differs").all_inner_texts()
    assert only_base and all(each in row.base.text for each in only_base)
    page.get_by_test_id("view-prompt").click()
    prompt = page.get_by_test_id("prompt").inner_text()
    assert row.question in prompt and "Solve the problem step by step" in prompt
    page.get_by_test_id("view-raw").click()
    assert "⏎" in page.get_by_test_id("answer-tuned").get_by_test_id("text").inner_text()
    page.get_by_test_id("view-tokens").click()
    assert "Parquet" in page.get_by_test_id("tokens").first.inner_text()
    assert page.get_by_test_id("view-raw").get_attribute("aria-pressed") == "true"


# --- by keyboard, on a phone, by screen reader


def test_everything_can_be_done_by_keyboard(
    open_page: OpenPage, report: Path, samples: Samples
) -> None:
    page = open_page(report, "#problems", reduced_motion="reduce").page
    page.get_by_test_id("row").first.wait_for()
    ids = listed(page)
    wait_until(lambda: page.locator("#browser").bounding_box()["y"] < 400)  # keys are its own then
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "search"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert opened_problem(page) == ids[1]
    for key, place in (("j", 2), ("ArrowRight", 3), ("k", 2), ("ArrowLeft", 1)):
        page.keyboard.press(key)
        page.get_by_test_id("position").get_by_text(f"{place + 1} of {N}", exact=True).wait_for()
        assert opened_problem(page) == ids[place]
    page.keyboard.press("d")
    assert page.get_by_test_id("view-differences").get_attribute("aria-pressed") == "true"
    page.keyboard.press("Escape")
    page.get_by_test_id("problem").wait_for(state="hidden")
    assert ids[1] in page.evaluate("document.activeElement.getAttribute('href')")
    page.keyboard.press("?")
    page.get_by_test_id("help").wait_for()


@pytest.mark.parametrize(("colours", "width"), [("light", 1280), ("dark", 320)])
def test_an_open_problem_is_accessible_and_fits_the_window(
    open_page: OpenPage, report: Path, samples: Samples, colours: str, width: int
) -> None:
    row = first(samples, lambda row: row.outcome == "both wrong" and row.steps == 2)
    page = open_page(
        report, f"#problem={row.problem_id}", color_scheme=colours,
        viewport={"width": width, "height": 800},
    ).page  # fmt: skip
    page.get_by_test_id("problem").wait_for()
    for view in ("differences", "prompt"):
        page.get_by_test_id(f"view-{view}").click()
    assert accessibility_faults(page) == []
    page_is_no_wider_than_the_window(page)
    box = page.get_by_test_id("problem").bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width
