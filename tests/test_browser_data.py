"""The problems inside a report: all are there, in so many bytes, and nothing gets out of them."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import json
import random
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browser_support import OpenPage
from netgain import wording
from netgain.analysis.chosen_samples import FEWEST_OF_A_STRATUM, stratum_of
from netgain.records import (
    QUESTION_MARK,
    CheckedEquation,
    Diagnosis,
    Sample,
    SampleAnswer,
    Samples,
    Stratum,
)
from netgain.reporting import browser, view
from netgain.reporting.browser import SCRIPTS, STYLES
from netgain.reporting.json_report import plain
from netgain.reporting.page import environment, page
from test_reporting import HOSTILE

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import Page

HOSTILE_HERE = (*HOSTILE, "<!-- <script>", "</SCRIPT\n>", "]]>", "\udc00\ud800", "\ufdd0\uffff")


def answer(text: str, *, right: bool) -> SampleAnswer:
    if right:
        return SampleAnswer(text, "4", "stop", True, True, len(text))
    steps = tuple(text.split("\n"))
    false = tuple(CheckedEquation(0, words, False) for words in steps[:1])
    found = Diagnosis(steps, 0, "arithmetic", 0.9, "step 1 is false", false)
    return SampleAnswer(text, "5", "stop", False, False, len(text), found)


def made(number: int, words: str = "2 + 2 = 5") -> Sample:
    """A problem with an outcome of its own among four; "broken" ones are rare."""
    base, tuned = number % 50 == 0, number % 3 == 0
    return Sample(
        f"made-{number}", f"Question {number}?", "4", "sums", number % 7, ("money",), 0,
        answer(f"{words}\nAnswer {number}", right=base), answer(words, right=tuned),
    )  # fmt: skip


def samples(*rows: Sample, prompt: str = "") -> Samples:
    strata = Counter(stratum_of(row.base, row.tuned) for row in rows)
    return Samples(
        total=len(rows), rows=rows, chosen="all problems",
        strata=tuple(Stratum(name, n, n) for name, n in sorted(strata.items())),
        prompts=((("user", f"{prompt}{QUESTION_MARK}"),),), folder="../evaluations",
    )  # fmt: skip


def unpacked(data: str) -> Any:
    return json.loads(gzip.decompress(base64.b64decode(data, validate=True)))


def varied(number: int, length: int) -> str:
    """Text that hardly compresses."""
    return base64.b64encode(random.Random(number).randbytes(length)).decode()


def partial(found: browser.Browser) -> str:
    """The browser's part of a page."""
    return environment().get_template("browser.html.j2").render(browser=found)


def test_every_problem_is_in_the_page_as_report_json_has_it() -> None:
    all_of_them = samples(*map(made, range(60)))
    found = browser.embedded(all_of_them)
    assert unpacked(found.data) == plain(all_of_them)
    assert found.notes == ()


def test_the_same_problems_give_the_same_bytes_whatever_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = browser.embedded(samples(*map(made, range(60)))).data
    monkeypatch.setattr("time.time", lambda: 4e9)
    assert browser.embedded(samples(*map(made, range(60)))).data == first


class Blocks(HTMLParser):
    """The page's elements, and the text of its data block."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.data = ""
        self._within = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self._within = dict(attrs).get("id") == "samples-data"

    def handle_endtag(self, tag: str) -> None:
        self._within = False

    def handle_data(self, data: str) -> None:
        if self._within:
            self.data += data


def test_hostile_text_cannot_leave_its_block_and_comes_back_as_it_was() -> None:
    rows = [made(i, text) for i, text in enumerate(HOSTILE_HERE)]
    rows = [dataclasses.replace(r, question=t, gold=t, category=t, groups=(t,))
            for r, t in zip(rows, HOSTILE_HERE, strict=True)]  # fmt: skip
    blocks = Blocks(partial(browser.embedded(samples(*rows))))
    tame = Blocks(partial(browser.embedded(samples(made(0)))))
    assert blocks.tags == tame.tags and blocks.tags["script"] == 1
    assert unpacked(blocks.data)["rows"] == plain(rows)


@pytest.mark.parametrize("most_bytes", [20_000, 60_000])
def test_fewer_of_each_sort_are_taken_where_not_all_fit_and_the_page_says_so(
    most_bytes: int,
) -> None:
    rows = tuple(made(i, varied(i, 300)) for i in range(400))
    found = browser.embedded(samples(*rows), most_bytes)
    assert most_bytes / 2 < len(found.data) <= most_bytes
    block = unpacked(found.data)
    chosen = [rows[int(row["problem_id"].removeprefix("made-"))] for row in block["rows"]]
    shown = Counter(stratum_of(row.base, row.tuned) for row in chosen)
    of = {s["name"]: s for s in block["strata"]}
    assert {name: s["shown"] for name, s in of.items()} == {name: shown[name] for name in of}
    fewest = min(FEWEST_OF_A_STRATUM, len(block["rows"]) // len(of))
    assert all(shown[name] >= min(s["n"], fewest) for name, s in of.items())
    assert found.notes == (f"{len(block['rows'])} of 400 problems are in this page.",)
    words = partial(found)
    assert "netgain view RUN_DIR" in words and 'href="../evaluations"' in words


def test_the_sample_does_not_depend_on_the_order_of_the_problems() -> None:
    rows = [made(i, varied(i, 300)) for i in range(300)]
    found = [browser.embedded(samples(*order), 40_000).samples for order in (rows, rows[::-1])]
    ids = [{row.problem_id for row in s.rows} for s in found if s is not None]
    assert ids[0] == ids[1]


def test_prompts_go_before_problems_do() -> None:
    rows = samples(*map(made, range(60)), prompt=varied(7, 30_000))
    found = browser.embedded(rows, 40_000)
    block = unpacked(found.data)
    assert len(block["rows"]) == 60
    assert block["prompts"] == [] and {row["prompt"] for row in block["rows"]} == {None}
    assert found.notes == (
        "Prompts are left out: they would take too much room. netgain view has them.",
    )


def test_a_problem_with_an_endless_text_is_left_out_and_counted() -> None:
    rows = samples(*map(made, range(5)), made(5, "A" * (browser.LONGEST_ROW + 1)))
    found = browser.embedded(rows)
    assert len(unpacked(found.data)["rows"]) == 5
    assert found.notes == (
        "5 of 6 problems are in this page.", "Left out of this page: 1 problem with endless texts.",
    )  # fmt: skip


def test_what_unpacks_into_too_much_for_a_browser_is_made_less(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(browser, "MOST_JSON", 100_000)
    rows = samples(*(made(i, "A" * 5000) for i in range(40)))
    block = unpacked(browser.embedded(rows).data)
    assert 0 < len(json.dumps(block["rows"], separators=(",", ":"))) <= 100_000


LOOKED_INTO = "looked into: 300 of 5,000 problems, drawn at random"


def some_of_many() -> browser.Browser:
    """A page that holds a part of the problems looked into, which are a part of all."""
    rows = samples(*(made(i, varied(i, 300)) for i in range(300)))
    return browser.embedded(dataclasses.replace(rows, total=5000, chosen=LOOKED_INTO), 20_000)


def test_a_sample_of_the_problems_looked_into_says_both_and_counts_those() -> None:
    found = some_of_many()
    assert found.samples is not None
    assert " of 300 problems, as many as one page holds, " in found.samples.chosen
    assert found.samples.chosen.endswith(f"({LOOKED_INTO})")
    assert '<th scope="col" class="n">Problems looked into</th>' in partial(found)
    all_of_them = browser.embedded(samples(*(made(i, varied(i, 300)) for i in range(300))), 20_000)
    assert "looked into" not in partial(all_of_them)


def test_a_page_with_fewer_problems_than_sorts_promises_none_of_each() -> None:
    rows = samples(*(made(i, varied(i, 3000)) for i in range(150)))
    for room in (1500, 4000, 8000):
        found = browser.embedded(rows, room).samples
        assert found is not None and len(found.rows) < len(found.strata)
        assert "at least" not in found.chosen and "by its size" in found.chosen


@pytest.mark.parametrize(
    "folder, address",
    [
        ("../evaluations", "../evaluations"),
        ("/srv/a b/evaluations", "/srv/a%20b/evaluations"),
        ("//host/evaluations", "/host/evaluations"),
        ("100%/a?b#c", "./100%25/a%3Fb%23c"),
        ("javascript:alert(1)", "./javascript%3Aalert%281%29"),
        ("\udcff", "./%FF"),
    ],
)
def test_the_way_to_all_answers_is_a_path_whatever_its_name(folder: str, address: str) -> None:
    found = some_of_many()
    assert found.samples is not None
    moved = dataclasses.replace(found, samples=dataclasses.replace(found.samples, folder=folder))
    assert moved.address == address
    assert f'href="{address}"' in partial(moved)


def test_a_page_with_no_room_for_a_single_problem_says_so() -> None:
    rows = samples(*(made(i, varied(i, 3000)) for i in range(4)))
    assert browser.embedded(rows, 1500).notes[0] == "0 of 4 problems are in this page."


# -- the program in the page ---------------------------------------------------------------


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with nothing but the browser in it."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    context = {"title": "Problems", "verdict": "", "notes": ()}
    found = browser.embedded(samples(*map(made, range(12))))
    path.write_bytes(
        page("viewer.html.j2", context | {"browser": found}, browser.STYLES, browser.SCRIPTS)
    )
    return path


def test_the_list_says_of_which_problems_it_is_a_part(browser: Chromium, tmp_path: Path) -> None:
    found = some_of_many()
    assert found.samples is not None
    path = tmp_path / "report.html"
    context = {"title": "Problems", "verdict": "", "notes": (), "browser": found}
    path.write_bytes(page("viewer.html.j2", context, STYLES, SCRIPTS))
    opened = browser.new_page()
    opened.goto(f"{path.as_uri()}#problems?outcome=fixed")
    held = len(found.samples.rows)
    status = opened.get_by_test_id("count").get_by_text("in this page")
    fixed = sum(row.outcome == "fixed" for row in found.samples.rows)
    assert status.inner_text() == f"{fixed} of the {held} problems in this page (of 5,000)"
    opened.close()


@pytest.fixture(scope="module")
def program(browser: Chromium, report: Path) -> Iterator[Page]:
    """The page, open, for what its functions say."""
    opened = browser.new_page()
    opened.goto(report.as_uri())
    yield opened
    opened.close()


def test_the_page_hides_exactly_the_characters_that_the_terminal_does(program: Page) -> None:
    hidden = program.evaluate(
        """() => Array.from({length: 0x110000}, (_, code) => code)
          .filter((code) => netgainText.visible(String.fromCodePoint(code))
                            !== String.fromCodePoint(code))"""
    )
    # A browser knows characters of later Unicode versions too.
    known = {c for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) != "Cn"}
    nowhere = {
        c for c in range(sys.maxunicode + 1) if c & 0xFFFE == 0xFFFE or 0xFDD0 <= c <= 0xFDEF
    }
    marked = {c for c in known | nowhere if wording.terminal_safe(chr(c)) != chr(c)}
    assert set(hidden) & (known | nowhere) == marked


def test_the_page_spells_foreign_text_as_the_report_does(program: Page) -> None:
    texts = [*HOSTILE_HERE, "a\r\nb\rc", "", "\U0001f468\u200d\U0001f469", "a b  c. " * 40]
    written = json.dumps(texts)  # half of a surrogate pair cannot be sent in another way
    found = program.evaluate(
        f"{written}.map((text) => [netgainText.visible(text), netgainText.opening(text)])"
    )
    assert found == [[wording.terminal_safe(text), view.opening(text)] for text in texts]


def test_the_page_rounds_shares_as_the_report_does(program: Page) -> None:
    shares = [0, 1, 0.5, 0.412, 0.3958, 0.00001, 0.004, 0.9951, 0.99999999, 0.99962]
    found = program.evaluate("(shares) => shares.map(netgainText.percent)", shares)
    assert found == list(map(wording.percent, shares))


@pytest.mark.parametrize(
    "first, second",
    [
        ("Tom has 3 + 4 = 7 pens.", "Tom has 3 + 5 = 8 pens, so 8."),
        ("", "all of it"),
        ("a b c d e f", "x a c b f y"),
        ("the same", "the same"),
        ("2,000.5 pens\ncost  much", "2,000 pens cost much"),
    ],
)
def test_what_is_left_unmarked_is_the_same_in_both_answers(
    program: Page, first: str, second: str
) -> None:
    found = program.evaluate("(both) => netgainText.differences(...both)", [first, second])
    left = []
    for text, ranges in ((first, found["first"]), (second, found["second"])):
        kept = list(text)
        for r in ranges:
            kept[r["start"] : r["end"]] = " " * (r["end"] - r["start"])
        left.append("".join("".join(kept).split()))
    assert left[0] == left[1]
    assert (first == second) == (found == {"first": [], "second": []})


def test_answers_too_long_to_be_compared_are_refused_at_once(program: Page) -> None:
    assert (
        program.evaluate("netgainText.differences('a b '.repeat(9000), 'c d '.repeat(9000))")
        is None
    )


def test_steps_are_found_where_they_stand_also_when_they_repeat(program: Page) -> None:
    text = "So 4.\n\nSo 4.\n \\[ x\n = 4 \\]\nSo 4."
    steps = ["So 4.", "So 4.\n\\[ x\n= 4 \\]", "not there", "So 4."]
    found = program.evaluate("(both) => netgainText.stepPlaces(...both)", [text, steps])
    assert [f and text[f["start"] : f["end"]] for f in found] == [
        "So 4.", "So 4.\n \\[ x\n = 4 \\]", None, "So 4.",
    ]  # fmt: skip
    assert found[0]["start"] == 0 and found[3]["end"] == len(text)


def test_the_prompt_holds_the_question_in_its_place(open_page: OpenPage, report: Path) -> None:
    opened = open_page(report, "#problem=made-3").page
    opened.get_by_test_id("view-prompt").click()
    assert "Question 3?" in opened.get_by_test_id("prompt").inner_text()
    assert QUESTION_MARK not in opened.get_by_test_id("prompt").inner_text()


def damaged(report: Path, tmp_path: Path) -> Path:
    whole = report.read_text(encoding="utf-8")
    data = Blocks(whole).data
    path = tmp_path / "damaged.html"
    path.write_text(whole.replace(data, data[: len(data) // 2 // 4 * 4]), encoding="utf-8")
    return path


def test_damaged_data_are_called_so(open_page: OpenPage, report: Path, tmp_path: Path) -> None:
    opened = open_page(damaged(report, tmp_path), "#problems").page
    opened.get_by_test_id("retry").wait_for()
    assert "could not be read" in opened.get_by_test_id("trouble").inner_text()


def test_without_scripts_the_page_says_where_the_problems_are(
    open_page: OpenPage, report: Path
) -> None:
    # The witness is a script itself, so only what is seen can be asked here.
    opened = open_page(report, java_script_enabled=False).page
    assert opened.get_by_text("need JavaScript to be read").is_visible()
    assert not opened.get_by_test_id("search").is_visible()
