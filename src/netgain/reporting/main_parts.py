"""The five parts after the first screen, as blocks; the appendix has the rest."""

from collections.abc import Collection, Iterator

from netgain import wording
from netgain.analysis.comparing.pairs import verdict_sentence
from netgain.records import Advice, Difficulty, Findings, FurtherResult, ModelFigures
from netgain.reporting import captions, error_phrases, phrases
from netgain.reporting.blocks import (
    Block,
    Cell,
    Code,
    Drawn,
    Facts,
    Figures,
    Fold,
    Grid,
    Heading,
    Lines,
    Section,
    Words,
    further_id,
    notes,
)
from netgain.reporting.drawing import MODELS
from netgain.reporting.picture import published_metrics
from netgain.reporting.quoted_examples import quoted
from netgain.reporting.view import bare_p, outcomes_grid, short_words, unbroken, value_cell

PROPOSALS = 3  # that stand open


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
        before = captions.BEFORE.format(f.began_at) if f.began_at else ""
        blocks.append(
            Grid(
                captions.TEACHER_FORCED + before,
                ("Figure", "Before", "After", "Change", "What it means"), rows, stacked=True,
            )
        )  # fmt: skip
    charts = tuple(drawn[n] for n in ("reward", "loss", "token-agreement") if n in drawn)
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
    if f.over_start is not None:
        alone = verdict_sentence(f.over_start, base="the start")
        blocks.append(Words(alone, "This training alone."))
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
