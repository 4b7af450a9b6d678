"""The appendix of a report, as blocks: every figure, setting and fact behind the main parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from netgain import wording
from netgain.analysis.sentences import FORM_WORDS
from netgain.records import (
    Changes,
    Comparison,
    Difficulty,
    Findings,
    FormChange,
    FurtherCell,
    FurtherResult,
    FurtherTable,
    GroupAccuracy,
    GroupChange,
    Metric,
)
from netgain.reporting import captions, categories, error_phrases, phrases
from netgain.reporting.blocks import (
    Block,
    Code,
    Facts,
    Figures,
    Grid,
    Lines,
    Section,
    Words,
    further_id,
    notes,
)
from netgain.reporting.drawing import MODELS
from netgain.reporting.glossary import GLOSSARY
from netgain.reporting.main_parts import Drawn
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
from netgain.wording import counted

SHOWN_UNUSUAL = 3  # examples of each kind and model


def appendix(f: Findings, drawn: Drawn, shown: Iterable[str]) -> Iterator[Section]:
    """Its sections in order; `shown` are the charts that stand in the main parts already."""
    left = {name: chart for name, chart in drawn.items() if name not in set(shown)}
    for make in SECTIONS:
        yield from make(f, left)


def _section(name: str, title: str, blocks: Iterable[Block]) -> Iterator[Section]:
    held = tuple(blocks)
    if held:
        yield Section(name, title, held)


def _chart(drawn: Drawn, *names: str) -> Iterator[Block]:
    found = tuple(drawn[name] for name in names if name in drawn)
    if found:
        yield Figures(found)


def _texts(texts: Iterable[str]) -> Iterator[Block]:
    yield from (Words(text) for text in texts if text)


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


# -- kinds of errors, and what tuning changed ----------------------------------------------


def _kinds(f: Findings, drawn: Drawn) -> Iterator[Section]:
    models = [m for m in MODELS if m in f.errors_found]
    if not any(f.errors_found[m].n for m in models):
        return
    heads = [
        f"{wording.capital(m)} ({counted(f.errors_found[m].n, 'wrong answer')})" for m in models
    ]
    grid = _by_model(captions.KINDS, "Kind", heads, [f.errors_found[m].kinds for m in models])
    located = [(m, f.errors_found[m].in_first_step.estimate) for m in models]
    first = "; ".join(
        f"{m} {wording.percent(of.value)}, n = {of.n}" for m, of in located if of.value is not None
    )
    told = error_phrases.FIRST_STEP.format(first) if first else ""
    blocks = (*_texts((error_phrases.ERRORS_NOTE, told)), *_chart(drawn, "errors"), grid)
    yield Section("kinds", "Kinds of errors", blocks)


def _by_model(
    caption: str, what: str, heads: Sequence[str], metrics: Sequence[Sequence[Metric]]
) -> Grid:
    """Metrics of the same names, one column a model."""
    by_name = [{m.name: m for m in of} for of in metrics]
    names = dict.fromkeys(name for of in by_name for name in of)
    rows = tuple(
        (wording.capital(name), *(short_words(of[name]) if name in of else "–" for of in by_name))
        for name in names
    )
    return Grid(caption, (what, *heads), rows)


def _changes(f: Findings, drawn: Drawn) -> Iterator[Section]:
    changes = f.changes
    if changes is None:
        return
    blocks: list[Block] = []
    if f.forms:
        blocks += [Words(error_phrases.FORMS_NOTE), _forms_grid(f.forms)]
    blocks.append(Words(_moved(changes, f.comparison)))
    blocks.append(
        Grid(
            captions.MOVES,
            ("Base ↓ tuned →", *map(_plain, changes.kinds)),
            tuple(
                (_plain(kind), *map(wording.integer, row))
                for kind, row in zip(changes.kinds, changes.moves, strict=True)
            ),
        )
    )
    tested = [g for g in changes.groups if g.verdict != "too few"]
    told = [g for g in tested if g.verdict != "no difference shown"]
    if told:
        columns = ("Group", "n", "Fixed / broken", "Tuned − base", "Beyond the rest", "p",
                   "Verdict")  # fmt: skip
        caption = captions.GROUPS_CHANGED.format(len(tested))
        blocks.append(Grid(caption, columns, tuple(map(_group_change, told))))
    elif tested:
        blocks.append(Words(error_phrases.NO_GROUP_CHANGED.format(len(tested))))
    yield Section("changes", "What tuning changed", (*blocks, *notes(changes.notes)))


def _moved(changes: Changes, comparison: Comparison | None) -> str:
    looked_into = sum(map(sum, changes.moves))
    of = ""
    if comparison is not None and looked_into < comparison.n:
        of = f"Of the {counted(looked_into, 'problem')} looked into: "
    return (
        f"{of}{counted(len(changes.fixed), 'problem')} fixed, "
        f"{wording.integer(len(changes.broken))} broken. "
        f"{wording.capital(changes.same_answer.name)}: {short_words(changes.same_answer)}."
    )


def _forms_grid(forms: Sequence[FormChange]) -> Grid:
    heads = ("Base", "Tuned", "Only base", "Only tuned", "p", "p, Holm", "Verdict")
    rows = tuple(
        (
            FORM_WORDS[f.form],
            *map(wording.integer, (f.base, f.tuned, f.only_base, f.only_tuned)),
            *(bare_p(p) for p in (f.p_value, f.adjusted_p)),
            f.verdict,
        )
        for f in forms
    )
    caption = captions.FORMS.format(wording.integer(forms[0].n))
    return Grid(caption, ("Answers that", *heads), rows)


def _group_change(g: GroupChange) -> tuple[str, ...]:
    return (
        wording.group_words(g.feature, g.group), wording.integer(g.n), f"{g.fixed} / {g.broken}",
        short_words(g.difference), short_words(g.beyond_rest), _adjusted(g.adjusted_p), g.verdict,
    )  # fmt: skip


# -- hard problems, categories, what stands out --------------------------------------------


def _difficulty(f: Findings, drawn: Drawn) -> Iterator[Section]:
    models = [m for m in MODELS if m in f.difficulty]
    if not models:
        return
    by_name: dict[tuple[str, str], dict[str, GroupAccuracy]] = {}
    for m in models:
        for g in f.difficulty[m].groups:
            by_name.setdefault((g.feature, g.group), {})[m] = g
    rows = tuple(
        (wording.group_words(*name), *(cell for m in models for cell in _group_cells(of.get(m))))
        for name, of in by_name.items()
    )
    columns = [cell for m in models for cell in (f"{wording.capital(m)} accuracy", "Verdict")]
    said = dict.fromkeys(note for m in models for note in f.difficulty[m].notes)
    blocks = (
        Words(error_phrases.HARD_NOTE),
        *_texts(_summaries(f.difficulty, models)),
        *_chart(drawn, "difficulty"),
        Grid(captions.BY_KIND, ("Group", *columns), rows),
        *notes(said),
    )
    yield Section("difficulty", "What makes problems hard", blocks)


def _summaries(found: Mapping[str, Difficulty], models: Sequence[str]) -> Iterator[str]:
    yield from (f"{wording.capital(m)} model: {found[m].summary}" for m in models)


def _group_cells(group: GroupAccuracy | None) -> tuple[str, str]:
    if group is None:
        return "", ""
    verdict = group.verdict
    if verdict in {"harder", "easier"}:
        return short_words(group.accuracy), f"{verdict}, {_adjusted(group.adjusted_p)}"
    return short_words(group.accuracy), "–" if verdict == "no difference shown" else verdict


def _categories(f: Findings, drawn: Drawn) -> Iterator[Section]:
    if not f.category_metrics:
        return
    grid = paired_grid(categories.rows(f), "Figures by category")
    blocks = (*_chart(drawn, "categories"), grid, *_texts((categories.left_out(f),)))
    yield Section("categories", "Categories", blocks)


def _unusual(f: Findings, drawn: Drawn) -> Iterator[Section]:
    models = [m for m in MODELS if m in f.unusual]
    if not any(f.unusual[m].answers for m in models):
        return
    bullets = []
    for m in models:
        seen: dict[str, int] = {}
        for answer in f.unusual[m].answers:
            seen[answer.kind] = seen.get(answer.kind, 0) + 1
            if seen[answer.kind] <= SHOWN_UNUSUAL:
                bullets.append(f"{m}, {answer.problem_id}: {answer.evidence or answer.kind}")
    grid = _by_model(
        "How many", "What", [*map(wording.capital, models)], [f.unusual[m].counts for m in models]
    )
    blocks = (Words(error_phrases.UNUSUAL_NOTE), grid, *notes(bullets))
    yield Section("unusual", "Answers that stand out", blocks)


# -- what was measured beside the headline -------------------------------------------------


def _further(f: Findings, drawn: Drawn) -> Iterator[Section]:
    for result in f.further:
        yield Section(further_id(result.kind), result.title, tuple(_measured(result, drawn)))


def _measured(result: FurtherResult, drawn: Drawn) -> Iterator[Block]:
    """One measurement: its sentences, tables, comparisons and caveats."""
    yield from _texts(result.sentences)
    yield from _chart(drawn, SAMPLES_CHART) if result.curves else ()
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
    _answers, _format, _training, _kinds, _changes, _difficulty, _categories, _unusual, _further,
    _cost, _checks, _facts("data", "Data and split", lambda f: f.data), _settings,
    _facts("environment", "Environment", lambda f: f.environment), _reproduce, _glossary,
)  # fmt: skip


def _adjusted(p: float | None) -> str:
    return "too few to test" if p is None else wording.probability(p)


def _plain(kind: str) -> str:
    return kind.replace("_", " ")
