"""The page: what stands on it, in which order, and what its policy lets it do."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest

from netgain.records import Concern, Findings
from netgain.reporting import bundle, drawing, page, view
from netgain.reporting import html as html_report
from netgain.reporting.blocks import Cell, Facts, Grid
from netgain.reporting.charts import drawable
from netgain.reporting.document import document
from netgain.reporting.glossary import GLOSSARY
from test_further_report import everything
from test_reporting import HOSTILE, Page, findings, metric, sample, samples, training_only
from test_sections import full

MOST_LIBRARY = 1_500_000  # bytes


def whole() -> Findings:
    """Findings that fill every part of the page."""
    return full(
        further=everything(),
        concerns=(
            Concern("warning", "<i>Seeds</i>: one.", "settings"),
            Concern("passed", "No overlap.", "data"),
        ),
    )


def rendered(of: Findings) -> Page:
    return Page(html_report.render(of).decode())


@cache
def whole_page() -> Page:
    return rendered(whole())


def ids(seen: Page, tag: str) -> list[str]:
    return [value for of, name, value in seen.attributes if (of, name) == (tag, "id")]


def scripts(seen: Page) -> list[tuple[dict[str, str], str]]:
    return [(of, text) for tag, of, text in seen.blocks if tag == "script"]


# --- the order and the list of contents


def test_the_parts_of_the_page_stand_in_the_order_of_its_contents_and_none_is_missing() -> None:
    seen = whole_page()
    parts = ids(seen, "section")
    links = [v.removeprefix("#") for v in seen.values("href") if v.startswith("#")]
    assert parts[:7] == [
        "verdict", "overview", "training", "errors", "comparison", "conclusion", "samples",
    ]  # fmt: skip
    assert parts[7] == "answers"
    assert parts[-5:] == ["data", "settings", "environment", "reproduce", "glossary"]
    listed = [*parts, *parts]  # at the side, and folded for a phone
    assert [link for link in links if link in parts][: len(listed)] == listed
    assert {"format", "curves", "kinds", "difficulty", "cost", "checks"} <= {*parts}
    assert {f"further-{kind}" for kind in ("samples", "task", "perturbed")} <= {*parts}


def test_what_was_not_measured_is_not_in_the_contents() -> None:
    seen = rendered(training_only())
    assert ids(seen, "section") == [
        "verdict", "overview", "training", "conclusion", "curves", "cost", "checks",
        "data", "settings", "environment", "reproduce", "glossary",
    ]  # fmt: skip
    assert "#samples" not in seen.values("href")


def test_every_link_inside_the_page_leads_somewhere() -> None:
    seen = whole_page()
    inside = {v.removeprefix("#") for v in seen.values("href") if v.startswith("#")}
    problems = {v for v in inside if v.startswith("problem=")}  # which the browser opens
    assert inside - problems <= {*seen.values("id")}


def test_headings_do_not_skip_a_level() -> None:
    levels = [int(tag[1]) for tag in whole_page().tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(later <= before + 1 for before, later in pairwise(levels))


def test_a_training_figure_has_a_sentence_of_what_it_means() -> None:
    words = whole_page().text
    told = words[words.index("Measured while a right solution is given") :]
    assert re.search(r"Teacher-forced token accuracy – 92\.[89]% – Share of next tokens", told)
    assert "It is not the share of problems solved: never quote it as that." in told


def test_a_warning_stands_beside_the_verdict_and_what_passed_among_what_was_checked() -> None:
    words = whole_page().text
    assert words.count("<i>Seeds</i>: one.") == words.count("No overlap.") == 1
    assert words.index("<i>Seeds</i>: one.") < words.rindex("Fine-tuning overview")
    assert "passed No overlap." in words


def test_a_figure_tells_value_interval_n_and_kind_on_hover_too() -> None:
    titles = rendered(findings()).values("title")
    assert "41.3%, 95% CI 36.3–46.2, n = 400, generated answers" in titles


def test_the_glossary_explains_each_word_once_and_stands_on_the_page() -> None:
    terms = [term for term, _ in GLOSSARY]
    assert len({*terms}) == len(terms)
    words = rendered(training_only()).text
    assert all(f"{term} {meaning}" in words for term, meaning in GLOSSARY)


# --- base and tuned side by side


def test_base_and_tuned_stand_in_one_row_with_their_intervals() -> None:
    words = rendered(findings()).text
    table = words[words.index("What was measured on the answers themselves") :]
    assert (
        "Figure Base Tuned Kind n Accuracy counted by hand 31.0% 95% CI 26.0–36.0 "
        "41.3% 95% CI 36.3–46.2 generated answers 400"
    ) in table


def test_only_figures_of_one_kind_and_unit_share_a_row_and_differing_n_are_both_told() -> None:
    pairs, alone = view.paired(
        (
            metric("accuracy, base", 0.3, n=400),
            metric("length, base", 10.0, "measured", "tokens"),
            metric("accuracy, tuned", 0.4, n=399),
            metric("length, tuned", 12.0, "measured", "s"),
            metric("difference", 0.1, unit="points"),
        )
    )
    first, *others = view.paired_grid(pairs, "c").rows
    assert (first[0], first[-1]) == (Cell("Accuracy", "counted by hand"), "400 / 399")
    assert [[cell == "–" for cell in row[1:3]] for row in others] == [[False, True], [True, False]]
    assert [metric.name for metric in alone] == ["difference"]


def test_a_reason_that_most_rows_share_is_told_once_above_them() -> None:
    words = rendered(training_only()).text
    assert "How training went" in words and "where no interval is given" not in words
    loss = metric("validation loss, best", 0.31, "teacher_forced", "nats")
    start = metric("validation loss at the start", 0.9, "teacher_forced", "nats")
    words = rendered(replace(training_only(), training_metrics=(loss, start))).text
    table = words[words.index("How training went") :].partition("What it took")[0]
    assert table.startswith("How training went (where no interval is given: seen once)")
    assert table.count("seen once") == 1


def test_a_repeated_first_column_stands_as_a_head_over_its_rows() -> None:
    rows = (("base", "a", "1"), ("base", "b", "2"), ("tuned", "a", "3"))
    grid = Grid("c", ("Model", "What", "Value"), rows, grouped=True)
    assert grid.heads == ("What", "Value")
    assert grid.groups == (("base", (("a", "1"), ("b", "2"))), ("tuned", (("a", "3"),)))
    assert replace(grid, grouped=False).groups == (("", rows),)


def test_paired_comparisons_are_grouped_by_model_and_say_what_stands_against_what() -> None:
    words = rendered(findings(further=everything())).text
    assert "Tuned model revision 1, against first answer" in words
    assert "Tuned against base" in words


def test_settings_stand_by_the_part_of_the_recipe() -> None:
    of = findings(
        settings={"name": "demo", "train.lora.r": "8", "data.limit": "9", "used: device": "cpu"}
    )
    [part] = [section for section in document(of).appendix if section.name == "settings"]
    told = [block for block in part.blocks if isinstance(block, Facts)]
    assert [(block.head, dict(block.pairs)) for block in told] == [
        ("", {"name": "demo"}), ("Train", {"train.lora.r": "8"}), ("Data", {"data.limit": "9"}),
        ("Chosen by netgain", {"device": "cpu"}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\n" * 10, "Nothing but line breaks (10 characters)."),
        ("", "Nothing: the answer is empty."),
    ],
)
def test_a_blank_answer_is_a_sentence(text: str, words: str) -> None:
    blank = sample("p1")
    assert blank.base is not None
    of = samples(replace(blank, base=replace(blank.base, text=text)))
    assert words in rendered(findings(samples=of)).text


# --- charts


def test_every_chart_has_a_still_picture_a_text_alternative_a_table_and_what_moves_it() -> None:
    of = whole()
    seen = rendered(of)
    drawn = drawable(of)
    assert [c.name for c in drawn] == [
        "accuracy", "loss", "token-agreement", "errors", "difficulty", "categories", "samples",
    ]  # fmt: skip
    moving = [c.name for c in drawn if c.moves]
    assert seen.values("data-chart") == moving == [
        "loss", "token-agreement", "difficulty", "categories", "samples",
    ]  # fmt: skip
    assert seen.tags.count("svg") == len(moving) + 2 * (len(drawn) - len(moving))
    [packed] = [text for of_, text in scripts(seen) if of_.get("id") == "chart-data"]
    assert list(json.loads(gzip.decompress(base64.b64decode(packed)))) == moving
    for chart in drawn:
        assert chart.alt in seen.text and chart.caption in seen.text


def test_a_chart_that_moves_tells_value_interval_n_and_kind_under_the_pointer() -> None:
    chart = next(c for c in drawable(findings()) if c.name == "categories")
    [row, *_] = chart.spec["data"]["values"]
    assert (row["said"], row["interval"], row["n"], row["kind"]) == (
        "31.0%", "95% CI 26.0–36.0", "400", "generated answers",
    )  # fmt: skip
    data = drawing.live(chart)
    assert data["toggles"] == ["base", "tuned"]
    assert "31.0%" in json.dumps(data["spec"])
    assert next(c for c in drawable(findings()) if c.name == "loss").zoom == "step"


def test_a_still_picture_holds_nothing_that_only_a_moving_one_needs() -> None:
    chart = next(c for c in drawable(findings()) if c.name == "loss")
    assert drawing.svg(chart).count("<path") < json.dumps(drawing.live(chart)).count("datum") + 100
    assert "graphics-symbol" not in drawing.svg(chart)


def test_a_colour_of_a_chart_has_another_shade_in_the_dark() -> None:
    style = page.source("report.css")
    colours = {
        colour for chart in drawable(whole())
        for colour in re.findall('(?:fill|stroke)="(#[0-9a-f]{3,6})"', drawing.svg(chart))
    }  # fmt: skip
    assert len(colours) > 4
    assert {
        c for c in colours if f'fill="{c}"' not in style and f'stroke="{c}"' not in style
    } == set()


# --- what the page lets itself do


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def rules(seen: Page) -> dict[str, list[str]]:
    [policy] = [v for v in seen.values("content") if "default-src" in v]
    return {name: values for name, *values in (rule.split() for rule in policy.split("; "))}


def test_the_policy_allows_just_the_style_and_the_scripts_that_are_on_the_page() -> None:
    seen = whole_page()
    [style] = [text for tag, _, text in seen.blocks if tag == "style"]
    run = [text for of, text in scripts(seen) if "type" not in of]
    held = [
        gzip.decompress(base64.b64decode(text)).decode()
        for of, text in scripts(seen) if of.get("id") == "chart-library"
    ]  # fmt: skip
    assert rules(seen) == {
        "default-src": ["'none'"],
        "script-src": [*map(digest, run), *map(digest, held)],
        "style-src": [digest(style)],
        "img-src": ["data:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    assert len(run) > 3 and len(held) == 1


def test_a_page_without_charts_holds_no_chart_library() -> None:
    bare = replace(training_only(), curves=(), best_step=None)
    assert "chart-library" not in ids(rendered(bare), "script")


def test_only_a_served_page_may_fetch_and_only_from_where_it_came() -> None:
    plain, served = (page.policy(["a"], ["b"], served=served) for served in (False, True))
    assert "connect-src" not in plain
    assert served == f"{plain}; connect-src 'self'"


def test_the_page_names_no_address_that_could_be_fetched() -> None:
    seen = whole_page()
    assert seen.values("src") == [] and seen.values("style") == []
    assert [name for _, name, _ in seen.attributes if name.startswith("on")] == []
    ours = "".join(text for of, text in scripts(seen) if "type" not in of)
    assert re.findall(r"(?:https?:)?//[a-z]+\.", ours) == []
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", ours)


@pytest.mark.parametrize("text", [*HOSTILE, "\u2028", "<!--<script>"])
def test_data_for_a_script_cannot_end_its_block_and_arrives_as_it_was(text: str) -> None:
    block = page.json_block({"a": text})
    assert "<" not in block
    assert json.loads(block) == {"a": text}


def test_an_end_tag_in_a_script_of_ours_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    page.source.cache_clear()
    monkeypatch.setattr(
        page.PackageLoader, "get_source", lambda *_: ("let a = '</Script >';", None, None)
    )
    with pytest.raises(ValueError, match="end tag"):
        page.source("odd.js")
    page.source.cache_clear()


def test_the_same_findings_give_the_same_page() -> None:
    first = html_report.render(whole())
    drawing._drawn.cache_clear()
    assert html_report.render(whole()) == first


# --- the chart library


@pytest.mark.slow
def test_the_chart_library_is_what_vl_convert_gives() -> None:
    assert bundle.FILE.read_text(encoding="utf-8") == bundle.bundle()


def test_the_chart_library_is_small_enough_and_has_its_licences_with_it() -> None:
    held = page.source("vega.js")
    assert len(held.encode()) <= MOST_LIBRARY
    assert held.startswith("/*!\n" + bundle.LICENCES.read_text(encoding="utf-8"))
    assert "University of Washington Interactive Data Lab" in held[:40_000]
