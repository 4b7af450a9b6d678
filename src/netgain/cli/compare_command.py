"""`netgain compare`: two or more models on the same problems, from files or run directories."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netgain.cli.output import ColumnOption, exit_over, input_path, print_bad_rows

if TYPE_CHECKING:
    from rich.console import Console

    from netgain.analysis.comparing.contest import Loss
    from netgain.analysis.comparing.published import AgainstPublished
    from netgain.analysis.estimates.seeds import SeedsEstimate
    from netgain.records import Comparison

EPILOG = (
    "Examples:  netgain compare old.jsonl new.jsonl  ·  netgain compare runs/a runs/b --json  ·  "
    "netgain compare runs/a/evaluations/base runs/a runs/b runs/c --seeds  ·  "
    "netgain compare new.jsonl --published Qwen2-0.5B-Instruct"
)


def _points(margin: float | None) -> float | None:
    if margin is not None and not 0.01 <= margin <= 99:
        raise typer.BadParameter(f"{margin:g} is not a number of points from 0.01 to 99")
    return margin


def _model(name: str | None) -> str | None:
    if name is not None and not name.strip():
        raise typer.BadParameter("the name is empty; give that of a model")
    return name


def compare(
    paths: Annotated[
        list[Path],
        typer.Argument(
            parser=input_path,
            metavar="PATHS",
            help="Files of answers (JSONL or Parquet; one may hold several models; - is standard "
            "input), run directories, or evaluations in them. The first is the one compared with.",
            show_default=False,
        ),
    ],
    column: ColumnOption = [],  # noqa: B006 - typer's way to say that there may be none
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    margin: Annotated[
        float | None,
        typer.Option(
            callback=_points,
            help="Ask whether a loss of so many points (0.01 to 99) or more is ruled out.",
        ),
    ] = None,
    seeds: Annotated[
        bool, typer.Option("--seeds", help="All but the first are seeds of one recipe.")
    ] = False,
    published: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            callback=_model,
            help="Set each beside the published GSM8K score of MODEL.",
        ),
    ] = None,
) -> None:
    """Compare models on the same problems: who is better, and is it more than chance.

    A row without a completion is a wrong answer. Rows that cannot be used are listed, left out and
    counted; the exit code is then 1.
    """
    from dataclasses import asdict

    from rich.console import Console

    from netgain.analysis.comparing.contest import compare_all, compare_seeds, loss
    from netgain.analysis.comparing.published import against_published, find_published
    from netgain.data.answers import column_option
    from netgain.pipeline.contenders import load_contenders
    from netgain.reporting.json_report import plain

    score = find_published(published) if published else None
    share = None if margin is None else margin / 100
    contenders, notes, bad = load_contenders(paths, column_option(column))
    print_bad_rows(bad, dict.fromkeys((path.name for path in paths), 1))
    beside = {c.name: against_published(c, score) for c in contenders} if score else {}
    pairs = () if score and len(contenders) == 1 else compare_all(contenders)
    together = compare_seeds(contenders[0], contenders[1:]) if seeds else None
    seeds_loss = loss(together.over_both, share) if together and share is not None else None
    if as_json:
        found = {
            "pairs": [_as_json(p, share, len(pairs)) for p in pairs], "seeds": together,
            "seeds_loss": seeds_loss, "published": beside, "notes": notes,
            "unreadable": [asdict(row) for row in bad],
        }  # fmt: skip
        typer.echo(json.dumps(plain(found), indent=2, sort_keys=True))
        exit_over(bad)
        return
    console = Console(highlight=False)
    if together is not None:
        _print_seeds(console, together, seeds_loss)
    elif len(pairs) == 1:
        _print_pair(console, pairs[0], share)
    elif pairs:
        _print_pairs(console, pairs, share)
    for name, against in beside.items():
        _print_published(console, name, against)
    _print_notes(console, notes)
    exit_over(bad)


def _as_json(pair: Comparison, margin: float | None, among: int) -> dict[str, Any]:
    """A pair as programs read it: the record, its sentence, and what is said of a loss."""
    from netgain.analysis.comparing.comparison import verdict_sentence
    from netgain.analysis.comparing.contest import loss_of
    from netgain.analysis.estimates.mcnemar import MCNEMAR

    single = pair.test == MCNEMAR
    names = ("n", "difference", "test", "p_value", "verdict", "caveats", "answers_each")
    return {
        **{name: getattr(pair, name) for name in names},
        "base": pair.reference, "tuned": pair.other,
        "base_share": pair.reference_share, "tuned_share": pair.other_share,
        "adjusted_p": pair.deciding_p,
        "comparison": {
            "both": pair.both, "only_base": pair.lost, "only_tuned": pair.won,
            "neither": pair.neither, "detectable_difference": pair.detectable_difference,
        } if single else None,
        "loss": None if margin is None else loss_of(pair, margin),
        "sentence": verdict_sentence(pair, pair.reference, pair.other, among),
    }  # fmt: skip


def _print_pair(console: Console, pair: Comparison, margin: float | None) -> None:
    from rich.table import Table
    from rich.text import Text

    from netgain.analysis.comparing.comparison import verdict_sentence
    from netgain.analysis.comparing.contest import loss_of
    from netgain.analysis.estimates.mcnemar import MCNEMAR
    from netgain.wording import estimate_words, one_line, probability, value_words

    base, tuned = one_line(pair.reference), one_line(pair.other)
    sentence = verdict_sentence(pair, pair.reference, pair.other)
    console.print(Text(one_line(sentence), style="bold"))
    console.print()
    table = Table("", "", box=None, pad_edge=False, show_header=False)
    for name, share in ((base, pair.reference_share), (tuned, pair.other_share)):
        table.add_row(Text(f"accuracy, {name}"), estimate_words(share, "share"))
    table.add_row("difference", estimate_words(pair.difference, "points"))
    table.add_row("test", f"{pair.test}: {probability(pair.p_value)}")
    if pair.test == MCNEMAR:
        counts = (
            f"both right {pair.both}, only {base} {pair.lost}, only {tuned} {pair.won}, "
            f"neither {pair.neither}"
        )
        table.add_row("problems", Text(counts))
        smallest = value_words(pair.detectable_difference, "points").lstrip("+")
        table.add_row("detectable", smallest)
    console.print(table)
    if margin is not None:
        console.print(Text(f"\n{loss_of(pair, margin).sentence}"))
    _print_notes(console, pair.caveats)


def _print_pairs(console: Console, pairs: Sequence[Comparison], margin: float | None) -> None:
    from rich.table import Table
    from rich.text import Text

    from netgain.analysis.comparing.contest import loss_of
    from netgain.wording import (
        capital,
        estimate_words,
        interval_words,
        one_line,
        probability,
        value_words,
    )

    shares = {p.reference: p.reference_share for p in pairs}
    shares |= {p.other: p.other_share for p in pairs}
    places = {name: str(place) for place, name in enumerate(shares, start=1)}
    models = Table("", "model", "accuracy", box=None, pad_edge=False)
    for name, share in shares.items():
        models.add_row(places[name], Text(one_line(name)), estimate_words(share, "share"))
    console.print(models)
    console.print()
    table = Table("pair", "verdict", "difference", "interval", "p (Holm)", "detectable",
                  box=None, pad_edge=False)  # fmt: skip
    for p in pairs:
        table.add_row(
            f"{places[p.reference]} → {places[p.other]}",
            p.verdict,
            value_words(p.difference, "points"),
            interval_words(p.difference, "points"),
            probability(p.deciding_p),
            value_words(p.detectable_difference, "points").lstrip("+"),
        )
    console.print(table)
    tests = capital(" and ".join(dict.fromkeys(p.test for p in pairs)))
    console.print(
        f"\n{tests}. p-values, verdicts and detectable differences are adjusted for {len(pairs)} "
        "pairs (Holm); each interval is that of its own pair."
    )
    losses = [] if margin is None else [
        f"{one_line(p.reference)} → {one_line(p.other)}: {loss_of(p, margin).sentence}"
        for p in pairs
    ]  # fmt: skip
    _print_notes(console, [*losses, *dict.fromkeys(c for p in pairs for c in p.caveats)])


def _print_seeds(console: Console, found: SeedsEstimate, loss: Loss | None) -> None:
    from rich.text import Text

    from netgain.wording import estimate_words, quantity

    each = ", ".join(quantity(x, "points") for x in found.by_seed)
    count = f"{found.seeds} seed{'s'[: found.seeds != 1]}"
    console.print(Text(f"{count} on {found.problems} problems: {each}", style="bold"))
    console.print(f"\nother seeds, these problems:  {estimate_words(found.over_seeds, 'points')}")
    console.print(f"other seeds, other problems:  {estimate_words(found.over_both, 'points')}")
    if found.between_seeds is not None and found.between_problems is not None:
        spreads = (quantity(x, "points") for x in (found.between_seeds, found.between_problems))
        seeds, problems = (words.removeprefix("+") for words in spreads)
        console.print(f"true gains vary by {seeds} (standard deviation) from seed to seed, by "
                      f"{problems} from problem to problem")  # fmt: skip
    if loss is not None:
        console.print(Text(f"\nOther seeds, other problems: {loss.sentence}"))
    _print_notes(console, found.caveats)


def _print_published(console: Console, name: str, against: AgainstPublished) -> None:
    from rich.text import Text

    from netgain.wording import one_line

    console.print(Text(f"\n{one_line(name)}. {against.sentence}", style="bold"))
    _print_notes(console, against.caveats)


def _print_notes(console: Console, notes: Sequence[str]) -> None:
    from rich.text import Text

    from netgain.wording import one_line

    for note in notes:
        console.print(Text(f"({one_line(note)})", style="dim"))
