"""report.md: the order of the page, links that lead somewhere, and nothing foreign that acts."""

from __future__ import annotations

import dataclasses
import html
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from made_run import made_findings
from netgain.records import Concern, Diagnosis, Findings, Sample
from netgain.reporting import drawing, markdown
from netgain.reporting.charts import drawable
from netgain.reporting.document import document
from netgain.reporting.glossary import GLOSSARY
from netgain.reporting.markdown_blocks import escaped
from test_reporting import findings, hostile, sample, samples

PARSER = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")


@cache
def whole() -> str:
    """The report of a run that has every part."""
    return markdown.render(made_findings()).decode()


def source(of: Findings) -> str:
    return markdown.render(of).decode()


def headings(text: str) -> Iterator[tuple[str, str]]:
    """Level and words of each heading, as a reader sees them."""
    tokens = PARSER.parse(text)
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            inline = tokens[place + 1].children or []
            yield token.tag, "".join(t.content for t in inline)


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives: lower case, without signs, numbered where they repeat."""
    found: Counter[str] = Counter()
    names = set()
    for _, words in headings(text):
        plain = "".join(c for c in words.lower() if c.isalnum() or c in "_- ").replace(" ", "-")
        names.add(f"{plain}-{found[plain]}" if found[plain] else plain)
        found[plain] += 1
    return names


def links(text: str) -> list[str]:
    inline = (child for token in PARSER.parse(text) for child in token.children or [])
    return [str(token.attrGet("href")) for token in inline if token.type == "link_open"]


def inline_types(text: str) -> set[str]:
    return {child.type for token in PARSER.parse(text) for child in token.children or []}


# --- order and links


def test_the_parts_stand_in_the_order_of_the_page() -> None:
    found = [words for level, words in headings(whole()) if level == "h2"]
    sections = document(made_findings()).sections
    assert found == ["Contents", *(section.title for section in sections[1:])]
    assert found[1:6] == [
        "Fine-tuning overview", "Training metrics", "Errors and outliers", "Comparison",
        "Conclusion and what to do next",
    ]  # fmt: skip


def test_every_link_leads_to_a_heading_and_every_part_is_listed() -> None:
    assert {link.removeprefix("#") for link in links(whole())} <= anchors(whole())
    listed = whole()[whole().index("## Contents") : whole().index("## Fine-tuning overview")]
    parts = [words for level, words in headings(whole()) if level == "h2" and words != "Contents"]
    assert re.findall(r"\[([^]]+)\]\(#", listed) == parts


@pytest.mark.parametrize("title", ["Comparison", "`Comparison`", "Contents\n## Comparison", "#"])
def test_a_title_that_repeats_a_heading_moves_no_link(title: str) -> None:
    text = source(findings(title=title))
    assert {link.removeprefix("#") for link in links(text)} <= anchors(text)
    [anchor] = re.findall(r"- \[Comparison\]\(#([\w-]+)\)", text)
    again = title.replace("`", "") == "Comparison"
    assert anchor == ("comparison-1" if again else "comparison")


def test_no_link_can_be_made_of_foreign_text() -> None:
    trick = "\x00key\x01come here\x02"
    text = source(
        findings(title=trick, concerns=(Concern("warning", trick, "data"),), notes=(trick,))
    )
    assert links(text) == links(source(findings()))
    assert "come here" in text


# --- what it holds


def test_both_models_stand_side_by_side() -> None:
    row = next(line for line in whole().splitlines() if line.startswith("| Accuracy  "))
    head = next(
        line for line in whole().splitlines() if line.startswith("| Figure") and "Base" in line
    )
    assert [cell.strip() for cell in head.split("|")[1:4]] == ["Figure", "Base", "Tuned"]
    assert row.count("95% CI") == 2


def test_a_concern_stands_once_beside_the_verdict_or_among_what_was_checked() -> None:
    told = (
        Concern("grave", "Other problems.", "data"),
        Concern("warning", "Cut off.", "answers"),
        Concern("not checked", "One seed.", "settings"),
        Concern("passed", "None.", "data"),
    )
    text = source(findings(concerns=told))
    beside, _, checked = text.partition("## What was checked")
    assert "- **Grave.** Other problems.\n- Cut off." in beside
    assert "- ? One seed.\n- ✓ None." in checked
    assert all(text.count(c.text) == 1 for c in told)


def wrong_at(step: int, *steps: str) -> Sample:
    shown = sample("p1", tuned=False)
    assert shown.tuned is not None
    found = Diagnosis(steps, step, "arithmetic", 0.8, "2 + 2 is 4.", ())
    return dataclasses.replace(shown, tuned=dataclasses.replace(shown.tuned, diagnosis=found))


def test_the_first_wrong_step_is_told_where_it_was_located() -> None:
    text = source(findings(samples=samples(wrong_at(1, "Two.", "2 + 2 = *5*"))))
    assert "First wrong step: 2 of 2" in text
    unknown = source(findings(samples=samples(wrong_at(-1, "Two."))))
    assert "First wrong step: 2" not in unknown and "Kind of error: arithmetic" in unknown


def test_the_glossary_explains_every_term_once() -> None:
    text = whole()[whole().index("## Glossary") :]
    for term, words in GLOSSARY:
        assert text.count(f"\n- {escaped(term)}: {escaped(words)}") == 1, term


def test_every_picture_has_a_file_and_a_text_alternative() -> None:
    charts = {markdown.chart_file(chart.name): chart for chart in drawable(findings())}
    shown = dict(re.findall(r"!\[([^\n]+)\]\((chart-[\w-]+\.svg)\)", source(findings())))
    assert set(shown.values()) == set(charts)
    for alt, name in shown.items():
        assert alt == escaped(charts[name].alt)
        drawn = drawing.svg_file(charts[name]).decode()
        assert f'role="img" aria-label="{html.escape(charts[name].alt)}"' in drawn


# --- foreign text


@pytest.mark.parametrize(
    ("foreign", "seen"),
    [
        ("ask @octocat", "ask `@`octocat"),
        ("see #12 and o/r#3", "see `#`12 and o/r`#`3"),
        ("GH-7", "`GH-`7"),
        (":smile: at 10:30:45", "`:`smile: at 10:30:45"),
        ("me@example.org", "me`@`example.org"),
        ("maj@k", "maj@k"),
        ("#### 4", "\\#### 4"),
        ("$x$ and $$y$$", "\\$x\\$ and \\$\\$y\\$\\$"),
        ("$`x`$", "\\$\\`x\\`\\$"),
    ],
)
def test_what_github_alone_would_obey_is_inert(foreign: str, seen: str) -> None:
    assert escaped(foreign) == seen


@given(st.text(alphabet="@#:a1-g_h`\\*[]().", max_size=30))
def test_signs_set_as_code_change_no_word(foreign: str) -> None:
    [paragraph] = [t for t in PARSER.parse(f"x {escaped(foreign)}") if t.type == "inline"]
    children = paragraph.children or []
    assert {t.type for t in children} <= {"text", "text_special", "code_inline"}
    assert "".join(t.content for t in children).split() == f"x {foreign}".split()
    loose = "".join("\0" if t.type == "code_inline" else t.content for t in children)
    assert not re.search(r"(?<![\w\0])@[a-z0-9]|#\d|:[a-z_-]+:", loose)


def test_hostile_text_stays_in_blocks_of_plain_text() -> None:
    tokens = PARSER.parse(source(hostile()))
    assert {t.info for t in tokens if t.type == "fence"} <= {"text", "sh"}  # never math
    assert not {"html_block", "code_block"} & {t.type for t in tokens}
    assert not {"html_inline", "link_open"} & inline_types(_without_our_links(source(hostile())))


def _without_our_links(text: str) -> str:
    return re.sub(r"\]\(#[\w-]+\)", "]", text)


def test_the_same_findings_give_the_same_text() -> None:
    assert source(made_findings()) == whole()


def test_no_line_of_a_table_is_torn() -> None:
    tables: list[Token] = [t for t in PARSER.parse(source(hostile())) if t.type == "table_open"]
    lines = [line for line in source(hostile()).splitlines() if line.startswith("|---")]
    assert len(tables) == len(lines)
