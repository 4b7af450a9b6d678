"""Reports say first what was found, call each number by its kind, and obey nothing they quote."""

import dataclasses
import json
import math
import re
from collections import Counter
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from netgain import wording
from netgain.analysis.estimates.statistics import wilson
from netgain.errors import StorageError
from netgain.records import (
    QUESTION_MARK,
    Comparison,
    Concern,
    Estimate,
    Findings,
    FormatSkill,
    Metric,
    MetricKind,
    ModelFigures,
    Sample,
    SampleAnswer,
    Samples,
    Share,
    Stratum,
)
from netgain.records import TrainingPoint as Point
from netgain.reporting import (
    REPORTERS,
    charts,
    curves,
    dots,
    drawing,
    json_report,
    markdown,
    quoted_examples,
    write_reports,
)
from netgain.reporting import html as html_report
from netgain.reporting.blocks import Fold, Lines, Strip
from netgain.reporting.document import document

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><style>body{display:none}</style>",
    "<img src=x onerror=alert(2)>",
    "</pre></details><iframe src=https://evil.example>",
    "```` fence ````` `",
    "[click](javascript:alert(3)) ![pic](https://evil.example/p.png)",
    "\x1b[31mred",
    "nul\x00byte",
    "\u202egnp.exe",
    "{{7*7}} {% raw %}",
    "a | b | c",
    "# heading",
    "&lt;b&gt; &#60;script&#62;",
    "A" * 3000,
    "\ud800 lone surrogate",
)


def _share(value: float | None, n: int) -> Share:
    """Counts of n problems with just this mean."""
    if value is None or not 0 <= value <= 1:
        return Share(())
    return Share.by_value({Fraction(str(value)): n})


def metric(
    name: str,
    value: float | None,
    kind: MetricKind = "generated",
    unit: str = "share",
    n: int = 400,
) -> Metric:
    interval = None if value is None else (max(0.0, value - 0.05), min(1.0, value + 0.05))
    if unit != "share":
        interval = None
    return Metric(
        name,
        unit,
        kind,
        Estimate(
            value,
            "counted by hand",
            interval,
            "" if interval else "seen once",
            0.95 if interval else None,
            None if kind == "teacher_forced" and unit != "share" else n,
            _share(value, n) if unit == "share" else None,
        ),
    )


TEACHER_FORCED = metric(
    "teacher-forced token accuracy, of the kept adapter", 0.9285, "teacher_forced"
)
CURVES = tuple(
    Point(
        step,
        epoch=step / 100,
        loss=2 / step,
        eval_loss=3 / step if step % 20 == 0 else None,
        token_accuracy=1 - 0.5 / step,
        eval_token_accuracy=1 - 0.6 / step if step % 20 == 0 else None,
    )
    for step in range(10, 201, 10)
)


PARTS = FormatSkill(
    n=400,
    strict=52,
    skill=33,
    unattributed=8,
    format=11,
    metrics=(
        metric("change in strict accuracy", 0.13, unit="points"),
        metric("skill", 0.0825, unit="points"),
        metric("not attributed", 0.02, unit="points"),
        metric("format", 0.0275, unit="points"),
    ),
)


def sample(
    problem_id: str, words: str = "2 + 2 = 4", base: bool = False, tuned: bool = True
) -> Sample:
    return Sample(
        problem_id, words, "4", "sums", 2, ("percent", words), 0,
        SampleAnswer(words, None, "length", base, False, 100),
        SampleAnswer(words, "4", "stop", tuned, True, 12),
    )  # fmt: skip


def samples(*rows: Sample) -> Samples:
    """All of a run's samples."""
    strata = Counter(row.outcome for row in rows)
    return Samples(
        total=len(rows), rows=rows, chosen="all problems",
        strata=tuple(Stratum(name, n, n) for name, n in sorted(strata.items())),
        prompts=((("system", "Be brief."), ("user", f"{QUESTION_MARK} Think.")),),
        folder="../evaluations",
    )  # fmt: skip


def findings(**changes: object) -> Findings:
    base, tuned = metric("accuracy, base", 0.31), metric("accuracy, tuned", 0.4125)
    compared = Comparison(
        n=400,
        both=100,
        lost=24,
        won=65,
        neither=211,
        difference=Estimate(0.1025, "paired", (0.06, 0.145), level=0.95, n=400),
        p_value=0.0000141,
        test="exact McNemar test",
        verdict="improved",
        reference_share=base.estimate,
        other_share=tuned.estimate,
        detectable_difference=Estimate(0.066, "80% power", why_no_interval="by design"),
    )
    full = Findings(
        title="A small model on sums",
        verdict="The tuned model solved 41 more of the 400 problems than the base model did.",
        concerns=(Concern("warning", "Only one seed was tried.", "settings"),),
        comparison=compared,
        key_metrics=(
            base,
            tuned,
            metric("gain", 0.1025, unit="points"),
            TEACHER_FORCED,
            metric("time to train", 4321.0, "measured", "s"),
            metric("price", 0.42, "projected", "USD"),
            metric("accuracy, base, by its makers", 0.33, "published"),
            metric("accuracy of choices", 0.5, "choice_loglikelihood"),
        ),
        accuracy_metrics=(base, tuned),
        training_metrics=(
            TEACHER_FORCED,
            metric("validation loss, best", 0.31, "teacher_forced", "nats"),
        ),
        cost_metrics=(metric("energy", None, "projected", "Wh"),),
        category_metrics=(("sums", base, tuned), ("products", tuned, base)),
        curves=CURVES,
        best_step=160,
        samples=samples(
            sample("p1"), sample("p2", base=True, tuned=False), sample("p3", tuned=False)
        ),
        settings={"rank": "8"},
        data={"test": "400 problems"},
        environment={"python": "3.11"},
        reproduce=("netgain run recipe.yaml",),
        notes=("Both models saw the same prompt.",),
        format_skill=PARTS,
        overview={"Model": "a small model", "Method": "fine-tuning on sums"},
        models=(
            ModelFigures("base", "as it was", base, base, None),
            ModelFigures("tuned", "after training", tuned, tuned, compared),
        ),
    )
    return dataclasses.replace(full, **changes)  # type: ignore[arg-type]


def training_only() -> Findings:
    return findings(
        verdict="Training ran to its end.",
        concerns=(),
        comparison=None,
        key_metrics=(TEACHER_FORCED,),
        accuracy_metrics=(),
        category_metrics=(),
        format_skill=None,
        samples=None,
        models=(),
    )


def hostile() -> Findings:
    """Every place that quotes others holds every hostile text."""
    words = "\n".join(HOSTILE)
    return findings(
        title=words,
        verdict=words,
        concerns=tuple(Concern("warning", text, "data") for text in HOSTILE),
        category_metrics=tuple(
            (each, metric("accuracy", 0.2), metric("accuracy", 0.3)) for each in HOSTILE
        ),
        samples=samples(
            *(sample(each, each) for each in HOSTILE),
            dataclasses.replace(
                sample(words, words, base=True, tuned=False), gold=words, category=words
            ),
        ),
        settings={each: each for each in HOSTILE},
        notes=HOSTILE,
        reproduce=HOSTILE,
    )


class Page(HTMLParser):
    """What a browser would make of a page: tags, attributes, blocks, and text outside of them."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.blocks: list[tuple[str, dict[str, str], str]] = []  # style and script, what is in it
        self.feed(source)
        self.close()
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag in {"style", "script"}:
            self.blocks.append((tag, {name: value or "" for name, value in attrs}, ""))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem:
            tag, of, before = self.blocks[-1]
            self.blocks[-1] = (tag, of, before + data)
        else:
            self.words.append(data)

    def values(self, name: str) -> list[str]:
        return [value for _, attribute, value in self.attributes if attribute == name]


def page(of: Findings) -> Page:
    return Page(html_report.render(of).decode())


def rendered_markdown(of: Findings) -> Page:
    source = markdown.render(of).decode()
    return Page(MarkdownIt("commonmark", {"html": True}).enable("table").render(source))


# --- what is said first, and by what name


def test_the_verdict_comes_before_every_figure_and_its_concerns_before_every_part() -> None:
    for source in (markdown.render(findings()).decode(), page(findings()).text):
        verdict = source.index("solved 41 more")
        assert source.index("Improved") < verdict < source.index("Only one seed")
        assert verdict < source.index("41.3%")
        assert source.index("Only one seed") < source.rindex("Training metrics")


def test_a_large_figure_has_its_kind_its_interval_and_its_n_beside_it() -> None:
    of = findings(comparison=None, key_metrics=(metric("accuracy, tuned", 0.4125), TEACHER_FORCED))
    words = page(of).text
    assert "Accuracy, tuned 41.3% 95% CI 36.3–46.2, generated answers, n = 400" in words
    assert re.search(r"of the kept adapter 92\.[89]% 95% CI [\d.–]+, teacher-forced", words)
    assert "**41.3%** (95% CI 36.3–46.2, generated answers, n = 400)" in (
        markdown.render(of).decode()
    )


def test_the_first_screen_has_at_most_four_figures_and_three_concerns() -> None:
    told = tuple(Concern("warning", f"Concern number {i}.", "data") for i in range(7))
    first, *_ = document(findings(concerns=told)).sections
    [strip] = [block for block in first.blocks if isinstance(block, Strip)]
    assert [name for name, *_ in strip.figures] == ["Fixed and broken", "By a strict grader"]
    [open_] = [block for block in first.blocks if isinstance(block, Lines)]
    [fold] = [block for block in first.blocks if isinstance(block, Fold)]
    assert (len(open_.lines), fold.title) == (3, "4 more to bear in mind")
    alone, *_ = document(findings(comparison=None)).sections
    [strip] = [block for block in alone.blocks if isinstance(block, Strip)]
    assert len(strip.figures) == 4


def test_paired_counts_stand_in_the_right_cells() -> None:
    source = markdown.render(findings()).decode()
    assert re.search(r"\| base right \| 100 +\| 24 \(broken\) +\|", source)
    assert re.search(r"\| base wrong \| 65 \(fixed\) +\| 211 +\|", source)
    assert "+10.3 points (95% CI +6.0 to +14.5, n = 400); generated answers" in source
    assert "exact McNemar test: p < 0.0001" in source
    assert "Smallest detectable difference: 6.6 points; 80% power" in source


@pytest.mark.parametrize(
    "name",
    [
        "accuracy",
        "Accuracy",
        "ACCURACY (validation)",
        "token accuracy",
        "mean_token_accuracy",
        "accu\u200bracy",
        "ａｃｃｕｒａｃｙ",
        "eval_accuracy",
        "accurate answers",
        "accuracy, teacher-forced token",
    ],
)
def test_a_teacher_forced_number_cannot_be_called_accuracy(name: str) -> None:
    with pytest.raises(ValueError, match="teacher-forced"):
        metric(name, 0.9285, "teacher_forced")


def test_a_change_in_strict_accuracy_is_shown_with_its_parts() -> None:
    for words in (markdown.render(findings()).decode(), page(findings()).text):
        assert "the sum of the other three" in words
        section = words[words.rindex("What a change in strict accuracy is made of") :]
        shown = [section.index(w) for w in ("+13.0 points", "+8.3 points", "+2.0 p", "+2.8 p")]
        assert shown == sorted(shown)
    stored = json.loads(json_report.render(findings()))["format_skill"]
    assert stored["strict"] == stored["skill"] + stored["unattributed"] + stored["format"] == 52
    for words in (
        markdown.render(findings(format_skill=None)).decode(),
        page(findings(format_skill=None)).text,
    ):
        assert "Change in strict accuracy" not in words


def test_where_only_training_is_known_accuracy_is_always_teacher_forced_token_accuracy() -> None:
    sources = [
        markdown.render(training_only()).decode(),
        html_report.render(training_only()).decode(),
    ]
    for source in sources:
        # Before the glossary, which also tells what an accuracy would be.
        claims = re.split(r'(?m)^## Glossary|<section id="glossary"', source)[0].lower()
        claims = claims.replace("no answers were generated, so there is no accuracy", "")
        assert claims.count("accuracy") > 3
        assert re.findall(r"(?<!teacher-forced token )accuracy", claims) == []
        assert "92.8%" in source or "92.9%" in source


def test_a_teacher_forced_metric_among_the_answers_is_refused() -> None:
    odd = metric("validation loss, best", 0.9, "teacher_forced")
    for changes in (
        {"accuracy_metrics": (odd,)},
        {"category_metrics": (("sums", odd, odd),)},
    ):
        for render in (markdown.render, html_report.render):
            with pytest.raises(ValueError, match="teacher-forced"):
                render(findings(**changes))


def test_without_generated_answers_the_report_says_so_and_shows_the_training() -> None:
    for words in (markdown.render(training_only()).decode(), page(training_only()).text):
        assert "No answers were generated, so there is no accuracy to report" in words
        assert "Not compared" in words
        assert "Loss during training" in words
        assert "Samples" not in words


def test_without_a_pair_an_accuracy_is_no_gain() -> None:
    alone = findings(comparison=None)
    assert "There is no paired comparison" in page(alone).text
    assert "No answers were generated" not in page(alone).text


def test_nothing_but_a_verdict_is_a_report_too() -> None:
    empty = dataclasses.replace(
        training_only(),
        key_metrics=(),
        training_metrics=(),
        cost_metrics=(),
        curves=(),
        best_step=None,
        settings={},
        data={},
        environment={},
        reproduce=(),
        notes=(),
        overview={},
    )
    assert charts.drawable(empty) == ()
    assert "Training ran to its end." in page(empty).text
    assert "Training ran to its end." in markdown.render(empty).decode()


# --- numbers in words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.412, "41.2%"),
        (0.9996, "99.96%"),
        (0.99999, ">99.99%"),
        (0.0004, "0.04%"),
        (1e-9, "<0.01%"),
        (0.0, "0%"),
        (1.0, "100%"),
        (math.nextafter(1, 0), ">99.99%"),
    ],
)
def test_a_share_is_never_rounded_to_a_false_end(value: float, words: str) -> None:
    assert wording.percent(value) == words


@given(st.floats(0, 1))
@example(5e-324)
def test_only_an_exact_end_is_printed_as_one(share: float) -> None:
    words = wording.percent(share)
    assert (words == "0%") == (share == 0)
    assert (words == "100%") == (share == 1)
    assert re.fullmatch(r"0\.0+%|100\.0+%", words) is None


@given(st.floats(0, 1))
def test_a_p_value_is_never_printed_as_zero(p: float) -> None:
    words = wording.probability(p)
    assert not re.search(r"= 0(\.0+)?$", words)
    assert (words == "p = 1") == (p == 1)


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.031, "points", "+3.1 points"),
        (-0.031, "points", "−3.1 points"),
        (0.0, "points", "0 points"),
        (0.00001, "points", "between 0 and +0.01 points"),
        (-0.645, "percent_change", "−64.5%"),
        (1.5, "percent_change", "+150.0%"),
        (4320, "s", "1 h 12 min"),
        (59.96, "s", "60.0 s"),
        (3599.6, "s", "1 h"),
        (86_399, "s", "1 d"),
        (0, "s", "0 s"),
        (0.42, "USD", "0.42 USD"),
        (0.00042, "EUR", "0.00042 EUR"),
        (12_345.6, "USD", "12,345.60 USD"),
        (1, "steps", "1 step"),
        (184_320, "tokens", "184,320 tokens"),
        (77.312, "tokens/s", "77.31 tokens/s"),
        (0.31234, "nats", "0.3123 nats"),
        (3, "", "3"),
    ],
)
def test_quantities_read_well(value: float, unit: str, words: str) -> None:
    assert wording.quantity(value, unit) == words


def test_a_metric_in_words_has_interval_n_and_kind() -> None:
    words = wording.metric_words(Metric("accuracy", "share", "generated", wilson(543, 1319)))
    assert words == "41.2% (95% CI 38.5–43.8, n = 1319), generated answers"
    none = Estimate(0.0, "Wilson", (0.0, 0.0029), level=0.95, n=1319)
    assert wording.estimate_words(none, "share") == "0% (0 of 1319, 95% CI 0–0.29)"


def test_an_undefined_value_gives_its_reason_and_no_number() -> None:
    unknown = metric("energy", None, "projected", "Wh")
    assert wording.metric_words(unknown) == "not available: seen once, projected"
    for value in (math.nan, math.inf):
        words = wording.metric_words(metric("speed", value, "measured", "tokens/s"))
        assert words.startswith("not available: the value is not a finite number")


def test_a_projection_has_no_confidence_interval() -> None:
    estimate = Estimate(0.4, "curve", (0.3, 0.5), level=0.9, n=5)
    assert "90% interval 30.0–50.0" in wording.estimate_words(estimate, "share", "projected")


# --- text that others wrote


def test_hidden_and_active_characters_become_visible_marks() -> None:
    shown = wording.terminal_safe("a\x1b[31mb\x00c\u202ed\x9be\ud800\r\nf\tg\u2028h")
    assert shown == ("a⟨U+001B⟩[31mb⟨U+0000⟩c⟨U+202E⟩d⟨U+009B⟩e⟨U+D800⟩\nf\tg⟨U+2028⟩h")
    assert wording.terminal_safe("Größe ≤ 3 € 数学 👩\u200d🔬") == "Größe ≤ 3 € 数学 👩\u200d🔬"


@given(st.text())
def test_safe_text_stays_safe_and_can_be_stored(foreign: str) -> None:
    safe = wording.terminal_safe(foreign)
    assert wording.terminal_safe(safe) == safe
    assert not set(safe) & {"\x1b", "\x00", "\r", "\u202e"}
    safe.encode()


def test_hostile_text_is_inert_and_visible_in_html() -> None:
    seen = page(hostile())
    assert not set(seen.tags) & {"img", "iframe", "object", "link", "base"}
    run = [text for tag, of, text in seen.blocks if "type" not in of]  # neither data nor held back
    assert not any("alert(1)" in text or "body{display" in text for text in run)
    assert seen.tags.count("style") == 1
    assert [name for _, name, _ in seen.attributes if name.startswith("on")] == []
    assert seen.values("style") == []
    assert seen.values("src") == []
    assert all(value.startswith("#") or value == "../evaluations" for value in seen.values("href"))
    for words in (
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(2)>",
        "[click](javascript:alert(3))",
        "⟨U+001B⟩[31mred",
        "nul⟨U+0000⟩byte",
        "⟨U+202E⟩gnp.exe",
        "{{7*7}} {% raw %}",
        "&lt;b&gt; &#60;script&#62;",
        "A" * 3000,
    ):
        assert words in seen.text


def test_ids_are_unique_and_every_table_has_a_caption() -> None:
    seen = page(findings())
    assert len(set(seen.values("id"))) == len(seen.values("id"))
    assert seen.tags.count("table") == seen.tags.count("caption")
    assert seen.tags.count("h1") == seen.tags.count("main") == 1
    labels = {value for tag, name, value in seen.attributes if (tag, name) == ("svg", "aria-label")}
    assert labels == {chart.alt for chart in charts.drawable(findings())}


def test_hostile_text_is_inert_and_visible_in_markdown() -> None:
    source = markdown.render(hostile()).decode()
    seen = rendered_markdown(hostile())
    assert not set(seen.tags) & {"script", "style", "iframe", "details"}
    assert all(value.startswith("#") for value in seen.values("href"))
    assert all(value.startswith("chart-") for value in seen.values("src"))
    assert [name for _, name, _ in seen.attributes if name.startswith("on")] == []
    assert seen.tags.count("h1") == 1
    for words in (
        "<script>alert(1)</script>",
        "⟨U+001B⟩[31mred",
        "⟨U+202E⟩gnp.exe",
        "{{7*7}}",
        "[click](javascript:alert(3))",
    ):
        assert words in seen.text
    assert not set(source) & {"\x1b", "\x00", "\u202e", "\r"}


def test_a_fence_is_longer_than_any_run_of_backticks_inside() -> None:
    block = markdown.fenced("a\n`````\nb")
    assert block.startswith("``````text\n") and block.endswith("\n``````")


@given(st.text(alphabet="ab@`*_[]()<>!&;#|~$\\-+=.1: \n{}", max_size=40))
def test_escaped_text_reads_as_it_was(foreign: str) -> None:
    plain = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
    seen = Page(plain.render("- x " + markdown.escaped(foreign)))
    assert {"ul", "li"} <= set(seen.tags) <= {"ul", "li", "code"}
    assert "".join(seen.words).split() == f"x {foreign}".split()
    alone = Page(plain.render(markdown.escaped(foreign)))
    assert set(alone.tags) <= {"p", "code"}


def test_a_table_keeps_its_columns_whatever_a_cell_holds() -> None:
    for each in HOSTILE:
        cells = markdown.escaped(each)
        seen = Page(MarkdownIt().enable("table").render(f"| a | b |\n|---|---|\n| {cells} | 1 |"))
        assert seen.tags.count("td") == 2


def test_an_endless_answer_is_cut_and_the_cut_is_said() -> None:
    long = quoted_examples.shown("x" * 50_000)
    assert len(long) < 21_000
    assert "report.json has the rest" in long


# --- charts


def test_each_chart_has_title_alt_and_the_table_behind_it() -> None:
    drawn = charts.drawable(findings())
    assert [c.name for c in drawn] == [
        "accuracy", "loss", "token-agreement", "categories",
    ]  # fmt: skip
    for chart in drawn:
        assert chart.title and chart.alt and chart.rows
        assert all(len(row) == len(chart.columns) for row in chart.rows)
        svg = drawing.svg_file(chart).decode()
        assert chart.title in svg and "style=" not in svg and "<script" not in svg


def test_the_token_agreement_axis_says_teacher_forced() -> None:
    chart = curves.agreement_chart(findings())
    assert chart is not None
    assert chart.columns[1] == "teacher-forced token accuracy, training"
    svg = drawing.svg(chart)
    assert ">teacher-forced token accuracy</text>" in svg
    assert "best step 160" in svg


def test_a_hostile_category_is_shown_safely_in_a_drawing() -> None:
    chart = dots.category_chart(hostile())
    assert chart is not None
    svg = drawing.svg(chart)
    assert "<script" not in svg and "<img" not in svg
    assert "&lt;script&gt;alert(1)" in svg


def test_categories_alike_after_shortening_stay_apart() -> None:
    pair = (metric("accuracy", 0.1), metric("accuracy", 0.2))
    chart = dots.category_chart(
        findings(category_metrics=(("x" * 60 + "a", *pair), ("x" * 60 + "b", *pair)))
    )
    assert chart is not None
    assert len({row["row"] for row in chart.spec["data"]["values"]}) == 2


def test_thinning_is_bounded_and_keeps_ends_spikes_and_the_best_step() -> None:
    log = [(step, 1.0) for step in range(100_000)]
    log[54_321] = (54_321, 9.0)
    kept = curves.thinned(log, keep=77_777)
    assert len(kept) <= 504
    assert {(0, 1.0), (99_999, 1.0), (54_321, 9.0), (77_777, 1.0)} <= set(kept)
    assert kept == curves.thinned(log, keep=77_777) == sorted(kept)


def test_a_loss_that_is_not_finite_is_named_and_breaks_nothing() -> None:
    points = (Point(1, loss=2.0), Point(2, loss=math.nan), Point(3, loss=1.0))
    chart = curves.loss_chart(findings(curves=points))
    assert chart is not None
    assert chart.rows[1] == ("2", "not a finite number")
    assert "<svg" in drawing.svg(chart)
    assert curves.loss_chart(findings(curves=(Point(1, loss=math.inf),))) is None


def test_a_step_logged_twice_keeps_its_last_value() -> None:
    chart = curves.loss_chart(findings(curves=(Point(1, loss=2.0), Point(1, loss=1.5))))
    assert chart is not None
    assert chart.rows == (("1", "1.5"),)


def test_rounds_are_drawn_by_their_reward_and_not_by_their_loss() -> None:
    """Theirs is near nought, below it where they learn, and no loss on solutions."""
    points = (Point(0, eval_loss=1.2), Point(1, loss=-0.02, reward=0.25), Point(2, reward=0.5))
    chart = curves.reward_chart(findings(curves=points))
    assert chart is not None
    assert chart.rows == (("1", "25.0%"), ("2", "50.0%"))
    assert chart.columns[0] == "round" and "at round 1, 50.0% at round 2" in chart.alt
    x = chart.spec["layer"][0]["encoding"]["x"]  # two rounds have no tick between them
    assert x["title"] == "round" and x["axis"]["values"] == [1, 2]
    assert curves.loss_chart(findings(curves=points)) is None
    assert curves.reward_chart(findings(curves=(Point(1, loss=2.0),))) is None


# --- report.json


def test_report_json_holds_everything() -> None:
    stored = json.loads(json_report.render(findings()))
    assert stored["format_version"] == 4
    assert set(stored) == {field.name for field in dataclasses.fields(Findings)}
    assert stored["key_metrics"][0]["kind"] == "generated"
    assert stored["key_metrics"][0]["estimate"]["interval"] == [0.26, 0.36]
    assert stored["curves"][3]["step"] == 40
    assert stored["comparison"]["won"] == 65
    as_plain = json.loads(json.dumps(dataclasses.asdict(findings())))
    assert stored == as_plain


def test_report_json_keeps_hostile_text_exactly_and_shows_a_terminal_nothing_active() -> None:
    raw = json_report.render(hostile())
    assert json.loads(raw)["notes"] == list(HOSTILE)
    assert not set(raw.decode()) & {"\x1b", "\x00", "\u202e", "\x9b"}


def test_a_float_that_is_not_finite_is_null() -> None:
    stored = json.loads(json_report.render(findings(curves=(Point(1, loss=math.nan),))))
    assert stored["curves"][0]["loss"] is None


# --- files


def test_the_same_findings_give_the_same_bytes(tmp_path: Path) -> None:
    first = write_reports(findings(), tmp_path / "a")
    second = write_reports(findings(), tmp_path / "b")
    assert [path.name for path in first] == [
        *REPORTERS,
        "chart-accuracy.svg",
        "chart-loss.svg",
        "chart-token-agreement.svg",
        "chart-categories.svg",
        "summary.png",
    ]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
    images = re.findall(r"\]\((chart-[a-z-]+\.svg)\)", (tmp_path / "a/report.md").read_text())
    assert sorted(images) == sorted(path.name for path in first[3:-1])


def refuse(_: Findings) -> bytes:
    raise RuntimeError("cannot be rendered")


def test_a_report_that_fails_leaves_the_old_files_untouched(tmp_path: Path) -> None:
    write_reports(findings(), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(RuntimeError):
        write_reports(training_only(), tmp_path, REPORTERS | {"report.html": refuse})
    misplaced = (metric("validation loss, best", 0.9, "teacher_forced"),)
    with pytest.raises(ValueError, match="teacher-forced"):
        write_reports(findings(accuracy_metrics=misplaced), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_report_that_cannot_be_stored_leaves_the_old_files_untouched(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("old")
    (tmp_path / "report.html").mkdir()
    with pytest.raises(StorageError, match="could not be written"):
        write_reports(training_only(), tmp_path)
    assert (tmp_path / "report.json").read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"report.json", "report.html"}


def test_charts_of_an_earlier_report_do_not_linger(tmp_path: Path) -> None:
    write_reports(findings(), tmp_path)
    write_reports(training_only(), tmp_path)
    assert not (tmp_path / "chart-accuracy.svg").exists()
    assert (tmp_path / "chart-loss.svg").exists()
