"""A leaderboard -> the document that page and Markdown render. Nothing is computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from netgain import wording
from netgain.records import Comparison, Leaderboard, RankedModel, SeedSpread, Verdict
from netgain.reporting.blocks import (
    Block,
    Cell,
    Document,
    Facts,
    Figures,
    Fold,
    Grid,
    Lines,
    Section,
    Words,
)
from netgain.reporting.drawing import Chart
from netgain.reporting.glossary import GLOSSARY
from netgain.reporting.leaderboard.agreement import (
    agreement_grid,
    overlap_grid,
    solved_by_one_grid,
)
from netgain.reporting.leaderboard.charts import ROLE_WORDS
from netgain.reporting.view import short_words, value_cell

NONE = "–"
MOST_OPEN = 10  # rows of a table of pairs that stands open
VERDICT_WORDS: dict[Verdict, str] = {
    "improved": "better", "worse": "worse", "no detectable change": "not told apart",
}  # fmt: skip
# Of the report's glossary, what stands here too.
TERMS = ("Base", "Tuned", "Accuracy", "Generated answer", "Teacher-forced", "Loss", "Step, epoch",
         "Percentage point", "Confidence interval (CI)", "p-value", "McNemar's test",
         "Holm, Benjamini–Hochberg", "Choice by log-likelihood", "Seed")  # fmt: skip
OWN_TERMS = (
    ("Letters", "Models that share a letter cannot be told apart at 5%. A model may have several: "
     "it is then told apart neither from the ones nor from the others, though these may be told "
     "apart from each other."),
    ("Open ranks", "The best and the worst rank that a model can have as far as the comparisons "
     "tell: 1 + the models that are ahead of it beyond chance, and all models − those behind it."),
    ("Cohen's kappa", "How much more two models agree than chance makes them: 0 is as often as "
     "chance, 1 is always. Two very good models agree often by chance alone, so their share of "
     "same outcomes says less than kappa."),
)  # fmt: skip
SOURCE = (
    "Made from the records of the runs named above; every figure is recomputed from their stored "
    "answers, and leaderboard.json has all of them."
)


def board_document(board: Leaderboard, charts: Mapping[str, Chart]) -> Document:
    """The page in its order; `charts` by name, in reading order."""
    caveats = [*_left_out(board), *board.caveats]
    first: list[Block] = [Words(board.sentence, tone="sentence")]
    if caveats:
        first.append(Lines(tuple(map(Words, caveats)), "caveats"))
    return Document(
        board.title,
        "",
        Section("verdict", "Who is ahead", tuple(first), "verdict"),
        (
            Section("ranking", "Ranking", tuple(_ranking(board, charts))),
            Section("pairs", "All pairs", tuple(_pairs(board))),
            *_beyond(board, charts),
        ),
        (),
        (
            _differences(board),
            Section("runs", "The runs", (_runs(board), *_notes(_left_out(board)))),
            Section("glossary", "Glossary", (Words(SOURCE), Facts(glossary())), "glossary"),
        ),
    )


def glossary() -> tuple[tuple[str, str], ...]:
    """The terms that a leaderboard needs."""
    return (*OWN_TERMS, *((term, words) for term, words in GLOSSARY if term in TERMS))


def _notes(lines: Sequence[str]) -> Iterator[Block]:
    if lines:
        yield Lines(tuple(map(Words, lines)))


def _left_out(board: Leaderboard) -> list[str]:
    """The runs that could not be used."""
    return [f"{each.run} is left out: {each.why}." for each in board.left_out]


# -- ranking and pairs ---------------------------------------------------------------------


def _ranking(board: Leaderboard, charts: Mapping[str, Chart]) -> Iterator[Block]:
    yield Figures((charts["ranking"],))
    corrected = "; p-values corrected by Holm" if len(board.pairs) > 1 else ""
    yield Grid(
        f"Every model on the same {wording.quantity(board.n, 'problems')} (95% CI{corrected})",
        ("Model", "Accuracy", "Letters", "Open ranks", "Against the best", "Against its base"),
        tuple(map(_rank_row, board.models)),
        stacked=True,
        below="Which it is",
    )
    yield from _notes(_how_to_read(board))


def _rank_row(m: RankedModel) -> tuple[Cell | str, ...]:
    accuracy = value_cell(m.accuracy)
    counted = f"{wording.KIND_WORDS[m.accuracy.kind]}, n = {m.accuracy.estimate.n}"
    return (
        Cell(f"{m.place}. {m.name}", _about(m), strong=True),
        replace(accuracy, aside=f"{accuracy.aside}; {counted}"),
        " ".join(m.letters) or NONE,
        f"{m.ranks[0]}" if m.ranks[0] == m.ranks[1] else f"{m.ranks[0]}–{m.ranks[1]}",
        _change(m.to_best),
        _change(m.to_base),
    )


def _about(model: RankedModel) -> str:
    """What kind of model it is and where its answers are."""
    parts = [ROLE_WORDS[model.role]]
    if model.base:
        parts[0] += f" from {model.base}"
    if model.role == "base" or len(model.runs) > 1:
        parts.append(f"in {_listed(model.runs)}")
    if model.answers_each != "1 answer each":
        parts.append(f"{model.answers_each} a problem")
    return "; ".join(parts)


def _listed(names: Sequence[str], most: int = 4) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def _change(change: Comparison | None) -> Cell | str:
    if change is None:
        return NONE
    estimate = change.difference
    verdict = f"{VERDICT_WORDS[change.verdict]}, {wording.probability(change.deciding_p)}"
    return Cell(
        wording.value_words(estimate, "points"),
        f"{wording.interval_words(estimate, 'points')}; {verdict}",
        strong=True,
    )


def _how_to_read(board: Leaderboard) -> tuple[str, ...]:
    """What the columns mean, in a student's words."""
    pairs = len(board.pairs)
    tests = " and ".join(dict.fromkeys(pair.test for pair in board.pairs))
    corrected = (
        f"; Holm's correction over all {pairs} pairs keeps the chance of even one false difference "
        "at 5%"
        if pairs > 1
        else ""
    )
    letters = board.letters_note or (
        "Models that share a letter cannot be told apart at 5%. That does not make them equal: "
        "more problems might tell them apart."
    )
    return (
        letters,
        "Open ranks are the best and the worst rank that the comparisons leave to a model.",
        f"Every pair was compared on the same problems ({tests}){corrected}. Each interval is that "
        "of its own pair.",
    )


def _pairs(board: Leaderboard) -> Iterator[Block]:
    count = len(board.pairs)
    pairs = "The one pair" if count == 1 else f"All {wording.integer(count)} pairs"
    caption = f"{pairs} on the same {wording.quantity(board.n, 'problems')}"
    grid = Grid(
        caption,
        ("Higher", "Lower", "Only higher / only lower right", "Difference, lower − higher", "p",
         "p, Holm", "Told apart"),
        tuple(
            (
                pair.reference,
                pair.other,
                f"{wording.integer(pair.lost)} / {wording.integer(pair.won)}",
                short_words(pair.metric),
                _bare(pair.p_value),
                NONE if pair.adjusted_p is None else _bare(pair.adjusted_p),
                "no" if pair.verdict == "no detectable change" else "yes",
            )
            for pair in board.pairs
        ),
    )  # fmt: skip
    yield Fold(caption, (grid,))


def _bare(p: float) -> str:
    return wording.probability(p).removeprefix("p = ").removeprefix("p ")


# -- beyond the ranking --------------------------------------------------------------------


def _beyond(board: Leaderboard, charts: Mapping[str, Chart]) -> Iterator[Section]:
    if board.agreements:
        yield Section("agreement", "Do they solve the same problems?", tuple(_agreement(board)))
    curves = [c for name, c in charts.items() if name.startswith(("validation-", "training-"))]
    if curves:
        first, more = tuple(curves[:2]), tuple(curves[2:])
        axes = " and by ".join(chart.name.rpartition("-by-")[2] for chart in more)
        folded = (Fold(f"The same by {axes}", tuple(Figures((c,)) for c in more)),) if more else ()
        shown = tuple(Figures((c,)) for c in first)
        yield Section("training", "Learning curves", (*shown, *folded))
    if any(m.costs for m in board.models):
        drawn = (Figures((charts["cost"],)),) if "cost" in charts else ()
        yield Section("cost", "Cost and accuracy", (*drawn, _costs(board)))
    for place, spread in enumerate(board.seeds, start=1):
        number = f" {place}" if len(board.seeds) > 1 else ""
        blocks = (Words(_seed_words(spread)), _seeds(spread), *_notes(spread.caveats))
        yield Section(f"seeds{number.strip()}", f"One recipe, several seeds{number}", blocks)


def _agreement(board: Leaderboard) -> Iterator[Block]:
    yield Words(
        "Two models of the same accuracy may solve different problems, and then something is to be "
        "gained from both."
    )
    if board.overlap is not None:
        yield overlap_grid(board.overlap)
    yield Words(
        "Same outcome is the share of problems that both get right or both get wrong; Cohen's "
        "kappa of being right says how much of that is more than chance."
    )
    grid = agreement_grid(board)
    yield grid if len(grid.rows) <= MOST_OPEN else Fold(grid.caption, (grid,))
    yield from _notes(board.agreement_notes)
    one = solved_by_one_grid(board)
    if one is not None:
        yield Fold(one.caption, (one,))


def _costs(board: Leaderboard) -> Grid:
    """What training and answering took, model by model."""
    names = list(dict.fromkeys(c.name for m in board.models for c in m.costs))
    return Grid(
        "What it took (measured)",
        ("Model", *map(wording.capital, names)),
        tuple((m.name, *(_cost(m, name) for name in names)) for m in board.models),
    )


def _cost(model: RankedModel, name: str) -> str:
    found = next((c for c in model.costs if c.name == name), None)
    if found is None:
        return NONE
    return wording.with_remark(wording.value_words(found.estimate, found.unit), found.note)


def _seeds(spread: SeedSpread) -> Grid:
    """One recipe's gains by seed, and what they come to."""
    gains = [
        (f"{wording.capital(metric.name)} ({run})", short_words(metric))
        for metric, run in zip(spread.gains, spread.runs, strict=True)
    ]
    whole = [
        (wording.capital(metric.name), short_words(metric))
        for metric in (spread.over_seeds, spread.over_both)
    ]
    spreads = [
        (wording.capital(metric.name), wording.value_words(metric.estimate, "points").lstrip("+"))
        for metric in (spread.between_seeds, spread.between_problems)
    ]
    return Grid(
        f"{len(spread.seeds)} seeds of one recipe, each against its own base (95% CI)",
        ("Figure", "Value"),
        (*gains, *whole, *spreads),
    )


def _seed_words(spread: SeedSpread) -> str:
    """What several seeds say that one cannot."""
    return (
        f"{_listed(spread.runs)} differ in the seed of their training alone, so the spread of "
        "their gains is chance: of the order of the examples, of dropout, of the adapter's start."
    )


def _differences(board: Leaderboard) -> Section:
    """The settings that are not the same in all runs."""
    block: Block = Words("All settings that are on record are the same in these runs.")
    if board.differences:
        block = Grid(
            "Settings that differ",
            ("Setting", *(run.name for run in board.runs)),
            tuple((row.setting, *row.values) for row in board.differences),
        )
    return Section("differences", "What differs between these runs", (block,))


def _runs(board: Leaderboard) -> Grid:
    """What each run brought."""
    return Grid(
        "Runs",
        ("Run", "Problems from", "Problems", "Left out", "Models"),
        tuple(
            (
                run.name,
                run.title or NONE,
                wording.integer(run.problems),
                wording.integer(run.left_out),
                ", ".join(run.models),
            )
            for run in board.runs
        ),
    )
