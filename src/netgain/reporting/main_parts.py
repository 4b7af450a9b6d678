"""The first screen and the five parts that a reader reads, as blocks; the appendix has the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from netgain import wording
from netgain.records import (
    Advice,
    Concern,
    Difficulty,
    Findings,
    FurtherResult,
    Metric,
    ModelFigures,
)
from netgain.reporting import captions, error_phrases, phrases
from netgain.reporting.blocks import (
    Block,
    Cell,
    Code,
    Facts,
    Figures,
    Fold,
    Grid,
    Heading,
    Lines,
    Section,
    Strip,
    Words,
    further_id,
    notes,
)
from netgain.reporting.drawing import MODELS, Chart
from netgain.reporting.examples import quoted
from netgain.reporting.picture import published_metrics
from netgain.reporting.view import bare_p, outcomes_grid, short_words, to_heed, value_cell

CONCERNS, PROPOSALS = 3, 3  # that stand open
LENGTH = "length of an answer, "  # the figures of this name
PICTURE = ("accuracy", "progress")  # the charts of the first screen
Drawn = Mapping[str, Chart]


# -- the first screen ----------------------------------------------------------------------


def first_screen(f: Findings, drawn: Drawn) -> Section:
    """Verdict, what is next, picture, figures, concerns."""
    label = phrases.verdict_label(f)
    sentence, beyond = phrases.verdict_sentences(f)
    blocks: list[Block] = [Words(sentence, tone="sentence")]
    if beyond:
        blocks.append(Words(beyond))
    missing = phrases.missing_comparison(f)
    if missing:
        blocks.append(Words(missing, tone="missing"))
    if f.advice:
        blocks.append(Words(f"{f.advice[0].do}.", "What to do next:", "conclusion", "next"))
    picture = tuple(drawn[name] for name in PICTURE if name in drawn)
    if picture:
        blocks.append(Figures(picture))
    figures = tuple(_figures(f))
    if figures:
        blocks.append(Strip(figures))
    blocks += _concerns(to_heed(f))
    return Section("verdict", label, tuple(blocks), f"verdict {label.lower().replace(' ', '-')}")


def _figures(f: Findings) -> Iterator[tuple[str, str, str]]:
    """At most four, and none that the sentence and the picture have."""
    if f.comparison is None:
        for metric in f.key_metrics[:4]:
            yield _large(metric)
        return
    c = f.comparison
    yield (
        "Fixed and broken",
        f"{wording.integer(c.won)} / {wording.integer(c.lost)}",
        f"of {wording.quantity(c.n, 'problems')}, generated answers",
    )
    parts = f.format_skill
    if parts is not None and parts.strict:
        change = wording.value_words(parts.metrics[0].estimate, "points")
        yield "By a strict grader", change, phrases.strict_parts(parts)
    lengths = [m.estimate.value for m in f.accuracy_metrics if m.name.startswith(LENGTH)]
    if len(lengths) == 2 and None not in lengths:
        before, after = (wording.integer(round(length or 0.0)) for length in lengths)
        yield "Tokens an answer", f"{before} → {after}", phrases.LENGTHS
    known = [m for m in f.key_metrics if not wording.undefined(m.estimate)]
    spent = [m for m in known if m.name in {"time in all", "cost in all"}]
    if spent:
        values = [wording.value_words(m.estimate, m.unit) for m in spent]
        yield (" and ".join(m.name.split()[0] for m in spent).capitalize(), values[0],
               ", ".join([*values[1:], wording.KIND_WORDS[spent[0].kind]]))  # fmt: skip


def _large(metric: Metric) -> tuple[str, str, str]:
    estimate = metric.estimate
    beside = [wording.KIND_WORDS[metric.kind]]
    if estimate.n is not None:
        beside.append(f"n = {wording.integer(estimate.n)}")
    if estimate.interval is not None:
        beside.insert(0, wording.interval_words(estimate, metric.unit, metric.kind))
    return (wording.capital(metric.name), wording.value_words(estimate, metric.unit),
            ", ".join(beside))  # fmt: skip


def _concerns(concerns: Sequence[Concern]) -> Iterator[Block]:
    lines = tuple(map(concern_line, concerns))
    if lines:
        yield Words("", "Bear in mind:")
        yield Lines(lines[:CONCERNS], "caveats")
    if lines[CONCERNS:]:
        more = len(lines) - CONCERNS
        yield Fold(phrases.MORE_TO_HEED.format(more), (Lines(lines[CONCERNS:], "caveats"),))


def concern_line(concern: Concern) -> Words:
    return Words(concern.text, "Grave." if concern.severity == "grave" else "")


# -- fine-tuning overview ------------------------------------------------------------------


def overview(f: Findings, drawn: Drawn) -> Section | None:
    if not f.overview:
        return None
    return Section("overview", "Fine-tuning overview", (Facts(tuple(f.overview.items())),))


# -- training metrics ----------------------------------------------------------------------


def training(f: Findings, drawn: Drawn) -> Section | None:
    """What fell by how much, what that means, the curves, and whether to train on."""
    blocks: list[Block] = []
    rows = tuple(_training_rows(f))
    if rows:
        blocks.append(
            Grid(
                captions.TEACHER_FORCED,
                ("Figure", "Before", "After", "Change", "What it means"), rows, stacked=True,
            )
        )  # fmt: skip
    charts = tuple(drawn[n] for n in ("loss", "token-agreement") if n in drawn)
    if charts:
        blocks.append(Figures(charts))
    if f.forecast is not None:
        blocks.append(Words(f.forecast.sentence, "More training?"))
    health = error_phrases.health(f)
    if health:
        blocks.append(Words(health, "Training health."))
    if not blocks:
        return None
    return Section("training", "Training metrics", tuple(blocks))


def _training_rows(f: Findings) -> Iterator[tuple[Cell | str, ...]]:
    known = {m.name: m for m in f.training_metrics if not wording.undefined(m.estimate)}

    def cell(*names: str) -> str:
        found = next((known[n] for n in names if n in known), None)
        unit = "" if found is None or found.unit == "nats" else found.unit
        return "–" if found is None else unbroken(wording.value_words(found.estimate, unit))

    for whose, ends in (
        ("training", ("training loss at the end",)),
        ("validation", ("validation loss, best", "validation loss at the end")),
    ):
        change = known.get(f"change of {whose} loss")
        if change is not None:
            yield (
                Cell(f"{wording.capital(whose)} loss, nats", strong=True),
                cell(f"{whose} loss at the start"),
                cell(*ends),
                cell(f"change of {whose} loss"),
                error_phrases.loss_meaning(change, whose),
            )
        late = known.get(f"change of {whose} loss over the last third")
        if late is not None:
            name = f"{wording.capital(whose)} loss over the last third"
            yield name, "–", "–", cell(late.name), error_phrases.late_meaning(late)
    agreement = "teacher-forced token accuracy, "
    last = [f"{agreement}{when}" for when in ("of the kept adapter", "at the end")]
    if any(name in known for name in last):
        start, end = (
            known.get(f"{agreement}at the start"),
            next(known[n] for n in last if n in known),
        )
        yield (
            Cell("Teacher-forced token accuracy", strong=True),
            cell(f"{agreement}at the start"),
            cell(*last),
            "–" if start is None else unbroken(wording.quantity(
                (end.estimate.value or 0.0) - (start.estimate.value or 0.0), "points"
            )),
            error_phrases.TOKENS_MEANING,
        )  # fmt: skip


# -- errors and outliers -------------------------------------------------------------------


def errors(f: Findings, drawn: Drawn) -> Section | None:
    """What is hard, the kinds of errors, how they changed, examples, what stands out."""
    model = next((m for m in reversed(MODELS) if m in f.difficulty or m in f.errors_found), None)
    if model is None:
        return None
    blocks: list[Block] = []
    wrong = f.errors_found[model].n if model in f.errors_found else 0
    hard = f.difficulty.get(model)
    if hard is not None and hard.groups:
        blocks.append(
            Words(error_phrases.hard_words(model, hard, *_right_and_wrong(f, model, hard, wrong)),
                  "What is hard.", "difficulty")
        )  # fmt: skip
    if model in f.errors_found:
        found = f.errors_found[model]
        told = error_phrases.errors_words(model, found, error_phrases.of_those_looked_into(f))
        blocks.append(Words(told, "Kinds of errors.", "kinds"))
        if "errors" in drawn and found.n >= error_phrases.FEWEST:
            blocks.append(Figures((drawn["errors"],)))
    forms = error_phrases.forms_words(f)
    if forms:
        blocks.append(Words(forms, "How the answers changed.", "changes"))
    if f.unusual:
        blocks.append(Words(error_phrases.unusual_words(f.unusual), "Unusual answers.", "unusual"))
    quotes = quoted(f, model)
    if quotes:
        blocks += [Heading("Examples", error_phrases.EXAMPLES_NOTE), *quotes]
    return Section("errors", "Errors and outliers", tuple(blocks))


def _right_and_wrong(f: Findings, model: str, hard: Difficulty, wrong: int) -> tuple[int, int]:
    if f.comparison is not None:
        c = f.comparison
        right = c.both + (c.won if model == "tuned" else c.lost)
        return right, c.n - right
    return hard.n - wrong, wrong


# -- comparison ----------------------------------------------------------------------------


def comparison(f: Findings, drawn: Drawn) -> Section | None:
    """Every model on the same problems, published figures, fixed and broken, format, extras."""
    blocks: list[Block] = []
    published = [r for r in f.further if r.kind == "published"]
    rows: list[tuple[Cell | str, ...]] = [*map(_model_row, f.models), *_published_rows(f)]
    if rows:
        change = "Against the base" if len(f.models) > 2 else "Tuned − base"
        heads = ("Model", "Accuracy", change, "p", "Accuracy, strict grader")
        blocks.append(Grid(captions.MODELS, heads, tuple(rows), stacked=True))
    for result in published:
        blocks += [Words(sentence) for sentence in result.sentences[-1:]]
        blocks.append(Fold(phrases.CONDITIONS, notes(result.caveats)))
    if f.comparison is not None:
        blocks.append(Words(phrases.moved_words(f.comparison), "Fixed and broken.", "answers"))
        blocks.append(outcomes_grid(f.comparison))
    if f.format_skill is not None:
        blocks.append(Words(phrases.format_words(f.format_skill), "Format and skill.", "format"))
    extras = [r for r in f.further if r.kind != "published"]
    beside = tuple(_extra_row(r) for r in extras if r.changes)
    if beside:
        columns = ("Beside the headline", "Compared", "Difference", "Verdict")
        blocks.append(Grid(captions.BESIDE, columns, beside))
    told = [r for r in extras if not r.changes and r.sentences]
    blocks += [Words(r.sentences[0], f"{r.title}.", further_id(r.kind)) for r in told]
    return Section("comparison", "Comparison", tuple(blocks)) if blocks else None


def _extra_row(result: FurtherResult) -> tuple[Cell | str, ...]:
    c = result.changes[0]
    what = f"{phrases.WHOSE[c.model]}: {phrases.compared_words(c)}"
    return result.title, what, short_words(c.metric), c.verdict


def _model_row(of: ModelFigures) -> tuple[Cell | str, ...]:
    c = of.to_base
    return (
        Cell(wording.capital(of.name), of.about, strong=True),
        value_cell(of.accuracy),
        "–" if c is None else value_cell(c.metric),
        "–" if c is None else unbroken(bare_p(c.deciding_p)),
        value_cell(of.strict),
    )


def _published_rows(f: Findings) -> Iterator[tuple[Cell | str, ...]]:
    for metric in published_metrics(f):
        n = "" if metric.estimate.n is None else f", n = {wording.integer(metric.estimate.n)}"
        yield (
            Cell("Published", f"{metric.estimate.method}{n}", strong=True),
            Cell(wording.value_words(metric.estimate, metric.unit), phrases.PUBLISHED_CONDITIONS),
            "–", "–", "–",
        )  # fmt: skip


# -- conclusion ----------------------------------------------------------------------------


def conclusion(f: Findings, drawn: Drawn) -> Section:
    """Three sentences, then the proposals in their order."""
    blocks: list[Block] = [Words(" ".join(phrases.conclusion(f)))]
    for advice in f.advice[:PROPOSALS]:
        blocks += _proposal(advice)
    if f.advice[PROPOSALS:]:
        rest = tuple(block for a in f.advice[PROPOSALS:] for block in _proposal(a))
        blocks.append(Fold(f"{len(f.advice) - PROPOSALS} more proposals", rest))
    return Section("conclusion", phrases.CONCLUSION_TITLE, tuple(blocks))


def _proposal(advice: Advice) -> Iterator[Block]:
    yield Heading(advice.do)
    lines = [Words(advice.evidence, "Evidence:"), Words(advice.effect, "Expected effect:")]
    known = [m for m in advice.cost if not wording.undefined(m.estimate)]
    if known:
        prices = ", ".join(f"{m.name} {wording.value_words(m.estimate, m.unit)}" for m in known)
        lines.append(Words(f"{prices} ({known[0].estimate.method})", "Cost, projected:"))
    elif advice.cost:
        lines.append(Words(f"not known ({advice.cost[0].estimate.method})", "Cost:"))
    yield Lines(tuple(lines), "proposal")
    yield Code(advice.command, f"Command: {advice.do}")


def unbroken(words: str) -> str:
    """A figure that stays on one line of a narrow cell."""
    return words.replace(" ", "\N{NO-BREAK SPACE}")


PARTS = (overview, training, errors, comparison, conclusion)


def main_parts(f: Findings, drawn: Drawn) -> Iterator[Section]:
    """The five, in order; one that nothing is known of is left out."""
    for make in PARTS:
        section = make(f, drawn)
        if section is not None:
            yield section


def drawn_in(sections: Collection[Section]) -> set[str]:
    """The names of the charts that these sections show."""
    return {
        chart.name for section in sections for block in section.blocks
        if isinstance(block, Figures) for chart in block.charts
    }  # fmt: skip
