"""A leaderboard -> the document that page and Markdown render. Nothing is computed."""

from collections.abc import Iterator, Mapping
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
    notes,
)
from netgain.reporting.drawing import Chart
from netgain.reporting.glossary import GLOSSARY
from netgain.reporting.leaderboard import board_phrases
from netgain.reporting.leaderboard.agreement import agreement_grid, overlap_grid, solved_by_one_grid
from netgain.reporting.leaderboard.board_charts import ROLE_WORDS
from netgain.reporting.view import bare_p, short_words, unbroken, value_cell

NONE = "–"
MOST_OPEN = 10  # rows of a table of pairs that stands open
VERDICT_WORDS: dict[Verdict, str] = {
    "improved": "better", "worse": "worse", "no detectable change": "not told apart",
}  # fmt: skip
# Of the report's glossary, what stands here too.
TERMS = ("Base", "Tuned", "Accuracy", "Generated answer", "Teacher-forced", "Loss", "Step, epoch",
         "Percentage point", "Confidence interval (CI)", "p-value", "McNemar's test",
         "Holm, Benjamini–Hochberg", "Choice by log-likelihood", "Seed")  # fmt: skip


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
            Section("runs", "The runs", (_runs(board), *notes(_left_out(board)))),
            Section(
                "glossary", "Glossary", (Words(board_phrases.SOURCE), Facts(glossary())), "glossary"
            ),
        ),
    )


def glossary() -> tuple[tuple[str, str], ...]:
    """The terms that a leaderboard needs."""
    return (*board_phrases.OWN_TERMS, *((term, words) for term, words in GLOSSARY if term in TERMS))


def _left_out(board: Leaderboard) -> list[str]:
    """The runs that could not be used."""
    return [f"{each.run} is left out: {each.why}." for each in board.left_out]


# -- ranking and pairs ---------------------------------------------------------------------


def _ranking(board: Leaderboard, charts: Mapping[str, Chart]) -> Iterator[Block]:
    yield Figures((charts["ranking"],))
    yield Grid(
        board_phrases.ranking_caption(board),
        ("Model", "Accuracy", "Letters", "Open ranks", "Against the best", "Against its base"),
        tuple(map(_rank_row, board.models)),
        stacked=True,
        below="Which it is",
    )
    yield from notes(board_phrases.how_to_read(board))


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
        parts.append(f"in {wording.listed(model.runs)}")
    if model.answers_each != "1 answer each":
        parts.append(f"{model.answers_each} a problem")
    return "; ".join(parts)


def _change(change: Comparison | None) -> Cell | str:
    if change is None:
        return NONE
    estimate = change.difference
    p = unbroken(wording.probability(change.deciding_p))
    verdict = f"{VERDICT_WORDS[change.verdict]}, {p}"
    return Cell(
        wording.value_words(estimate, "points"),
        f"{wording.interval_words(estimate, 'points')}; {verdict}",
        strong=True,
    )


def _pairs(board: Leaderboard) -> Iterator[Block]:
    caption = board_phrases.pairs_caption(board)
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
                bare_p(pair.p_value),
                bare_p(pair.adjusted_p),
                "no" if pair.verdict == "no detectable change" else "yes",
            )
            for pair in board.pairs
        ),
    )  # fmt: skip
    yield Fold(caption, (grid,))


# -- beyond the ranking --------------------------------------------------------------------


def _beyond(board: Leaderboard, charts: Mapping[str, Chart]) -> Iterator[Section]:
    if board.agreements:
        yield Section("agreement", board_phrases.AGREEMENT_TITLE, tuple(_agreement(board)))
    curves = [c for name, c in charts.items() if name.startswith(("validation-", "training-"))]
    if curves:
        yield Section("training", "Learning curves", tuple(Figures((c,)) for c in curves))
    if any(m.costs for m in board.models):
        yield Section("cost", "Cost and accuracy", (_costs(board),))
    for place, spread in enumerate(board.seeds, start=1):
        number = f" {place}" if len(board.seeds) > 1 else ""
        blocks = (Words(board_phrases.seed_words(spread)), _seeds(spread), *notes(spread.caveats))
        yield Section(f"seeds{number.strip()}", f"One recipe, several seeds{number}", blocks)


def _agreement(board: Leaderboard) -> Iterator[Block]:
    yield Words(board_phrases.AGREEMENT_WHY)
    if board.overlap is not None:
        yield overlap_grid(board.overlap)
    yield Words(board_phrases.AGREEMENT_HOW)
    grid = agreement_grid(board)
    yield grid if len(grid.rows) <= MOST_OPEN else Fold(grid.caption, (grid,))
    yield from notes(board.agreement_notes)
    one = solved_by_one_grid(board)
    if one is not None:
        yield Fold(one.caption, (one,))


def _costs(board: Leaderboard) -> Grid:
    """What training and answering took, model by model."""
    names = list(dict.fromkeys(c.name for m in board.models for c in m.costs))
    return Grid(
        "What it took (measured)",
        ("Model", "Accuracy", *map(wording.capital, names)),
        tuple(
            (m.name, short_words(m.accuracy), *(_cost(m, name) for name in names))
            for m in board.models
        ),
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
        (wording.capital(metric.name), board_phrases.with_interval(metric))
        for metric in (spread.over_seeds, spread.over_both)
    ]
    spreads = [
        (wording.capital(metric.name), wording.value_words(metric.estimate, "points").lstrip("+"))
        for metric in (spread.between_seeds, spread.between_problems)
    ]
    return Grid(
        board_phrases.seeds_caption(spread),
        ("Figure", "Value"),
        (*gains, *whole, *spreads),
    )


def _differences(board: Leaderboard) -> Section:
    """The settings that are not the same in all runs."""
    block: Block = Words(board_phrases.SAME_SETTINGS)
    if board.differences:
        block = Grid(
            "Settings that differ",
            ("Setting", *(run.name for run in board.runs)),
            tuple((row.setting, *row.values) for row in board.differences),
        )
    return Section("differences", board_phrases.DIFFERENCES_TITLE, (block,))


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
