"""The appendix of a report, as blocks: every figure, setting and fact behind the main parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from netgain import wording
from netgain.records import Comparison, Findings, FurtherCell, FurtherResult, FurtherTable, Metric
from netgain.reporting import captions, error_phrases, phrases
from netgain.reporting.blocks import (
    Block,
    Code,
    Drawn,
    Facts,
    Grid,
    Lines,
    Section,
    Words,
    chart_block,
    further_id,
    notes,
    texts,
)
from netgain.reporting.drawing import MODELS
from netgain.reporting.error_sections import (
    categories_section,
    changes_section,
    difficulty_section,
    kinds_section,
    unusual_section,
)
from netgain.reporting.glossary import GLOSSARY
from netgain.reporting.samples_chart import SAMPLES_CHART
from netgain.reporting.view import (
    bare_p,
    checked,
    comparison_lines,
    metric_grid,
    paired,
    paired_grid,
    short_words,
)


def appendix(f: Findings, drawn: Drawn, shown: Iterable[str]) -> Iterator[Section]:
    """Its sections in order; `shown` are the charts that stand in the main parts already."""
    left = {name: chart for name, chart in drawn.items() if name not in set(shown)}
    for make in SECTIONS:
        yield from make(f, left)


def _section(name: str, title: str, blocks: Iterable[Block]) -> Iterator[Section]:
    held = tuple(blocks)
    if held:
        yield Section(name, title, held)


# -- the answers ---------------------------------------------------------------------------


def _answers(f: Findings, drawn: Drawn) -> Iterator[Section]:
    yield from _section("answers", "Answers, base and tuned", answer_blocks(f))


def answer_blocks(f: Findings) -> list[Block]:
    """The figures of the answers, and the paired comparison in full."""
    blocks: list[Block] = []
    both, alone = paired(f.accuracy_metrics)
    caption = captions.ON_ANSWERS
    if both:
        blocks.append(paired_grid(both, caption))
    if alone:
        blocks.append(metric_grid(alone, caption + ("; of one model" if both else "")))
    if f.comparison is not None:
        blocks.append(Facts(comparison_lines(f.comparison)))
    return blocks


def _format(f: Findings, drawn: Drawn) -> Iterator[Section]:
    if f.format_skill is not None:
        grid = metric_grid(f.format_skill.metrics, captions.FORMAT)
        yield Section("format", "Format and skill", (Words(phrases.FORMAT_NOTE), grid))


def _training(f: Findings, drawn: Drawn) -> Iterator[Section]:
    if not f.training_metrics:
        return
    grid = metric_grid(f.training_metrics, "How training went")
    yield Section("curves", captions.TRAINING_TITLE, (Words(error_phrases.LOSS_NOTE), grid))


# -- what was measured beside the headline -------------------------------------------------


def _further(f: Findings, drawn: Drawn) -> Iterator[Section]:
    for result in f.further:
        yield Section(further_id(result.kind), result.title, tuple(_measured(result, drawn)))


def _measured(result: FurtherResult, drawn: Drawn) -> Iterator[Block]:
    """One measurement: its sentences, tables, comparisons and caveats."""
    yield from texts(result.sentences)
    yield from chart_block(drawn, SAMPLES_CHART) if result.curves else ()
    yield from map(_further_grid, result.tables)
    if result.changes:
        yield _changes_grid(result.changes)
    if result.figures:
        rows = tuple(
            (wording.capital(m.name), wording.estimate_words(m.estimate, m.unit))
            for m in result.figures
        )
        yield Grid(captions.BEHIND, ("Figure", "Value"), rows)
    yield from notes(result.caveats)


def _further_grid(table: FurtherTable) -> Grid:
    cells = [cell for row in table.rows for cell in row if isinstance(cell, Metric)]
    kinds = dict.fromkeys(wording.KIND_WORDS[cell.kind] for cell in cells)
    caption = f"{table.caption} ({', '.join(kinds)}; 95% CI)" if kinds else table.caption
    rows = tuple(tuple(map(_cell, row)) for row in table.rows)
    apart = [row[0].partition(", ") for row in rows]
    if not apart or any(model not in MODELS or not what for model, _, what in apart):
        return Grid(caption, table.columns, rows)
    told = tuple(
        (phrases.WHOSE[model], what, *row[1:])
        for (model, _, what), row in zip(apart, rows, strict=True)
    )
    return Grid(caption, ("Model", *table.columns), told, grouped=True)


def _cell(cell: FurtherCell) -> str:
    return short_words(cell) if isinstance(cell, Metric) else cell


def _changes_grid(changes: Sequence[Comparison]) -> Grid:
    corrected = any(c.adjusted_p is not None for c in changes)
    return Grid(
        captions.PAIRS.format(captions.HOLM_DECIDES if corrected else ""),
        ("Model", "Compared", "n", "Won / lost", "Difference", "p")
        + (("p, Holm",) if corrected else ())
        + ("Verdict",),
        tuple(
            (
                phrases.WHOSE[c.model],
                phrases.compared_words(c),
                wording.integer(c.n),
                f"{wording.integer(c.won)} / {wording.integer(c.lost)}",
                short_words(c.metric),
                bare_p(c.p_value),
                *([bare_p(c.adjusted_p)] if corrected else []),
                c.verdict,
            )
            for c in sorted(changes, key=lambda c: list(phrases.WHOSE).index(c.model))
        ),
        grouped=True,
    )


# -- what was checked, and plain facts -----------------------------------------------------


def _checks(f: Findings, drawn: Drawn) -> Iterator[Section]:
    blocks: list[Block] = []
    looked_at = checked(f)
    if looked_at:
        lines = tuple(Words(c.text, c.severity) for c in looked_at)
        blocks += [Words(phrases.CHECKED_NOTE), Lines(lines, "checks")]
    yield from _section("checks", "What was checked", [*blocks, *notes(f.notes)])


def _cost(f: Findings, drawn: Drawn) -> Iterator[Section]:
    if f.cost_metrics:
        yield Section("cost", "Cost and energy", (metric_grid(f.cost_metrics, "What it took"),))


def _facts(name: str, title: str, of: Callable[[Findings], Mapping[str, str]]) -> Make:
    def make(f: Findings, drawn: Drawn) -> Iterator[Section]:
        pairs = tuple(of(f).items())
        yield from _section(name, title, [Facts(pairs)] if pairs else [])

    return make


def _settings(f: Findings, drawn: Drawn) -> Iterator[Section]:
    """The recipe by its parts."""
    found: dict[str, list[tuple[str, str]]] = {}
    for key, value in f.settings.items():
        part, dot, _ = key.partition("." if not key.startswith("used: ") else ":")
        found.setdefault(part if dot else "", []).append((key.removeprefix("used: "), value))
    blocks = (
        Facts(tuple(pairs), "Chosen by netgain" if part == "used" else wording.capital(part))
        for part, pairs in found.items()
    )
    yield from _section("settings", "Settings", blocks)


def _reproduce(f: Findings, drawn: Drawn) -> Iterator[Section]:
    if f.reproduce:
        yield Section("reproduce", "How to reproduce", (Code("\n".join(f.reproduce), "Commands"),))


def _glossary(f: Findings, drawn: Drawn) -> Iterator[Section]:
    blocks = (Words(phrases.KINDS_NOTE), Facts(GLOSSARY))
    yield Section("glossary", "Glossary", blocks, "glossary")


Make = Callable[[Findings, Drawn], Iterator[Section]]
SECTIONS: tuple[Make, ...] = (
    _answers, _format, _training, kinds_section, changes_section, difficulty_section,
    categories_section, unusual_section, _further, _cost, _checks,
    _facts("data", "Data and split", lambda f: f.data), _settings,
    _facts("environment", "Environment", lambda f: f.environment), _reproduce, _glossary,
)  # fmt: skip
