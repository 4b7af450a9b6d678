"""`netgain.compare`: two or more models on the same problems."""

import filecmp
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netgain.analysis.comparing.contest import Loss, compare_all, compare_seeds, loss, loss_of
from netgain.analysis.comparing.pairs import verdict_sentence
from netgain.analysis.comparing.published import (
    AgainstPublished,
    against_published,
    find_published,
)
from netgain.analysis.estimates.mcnemar import MCNEMAR
from netgain.analysis.estimates.seeds import SeedsEstimate
from netgain.api.answer_rows import Answers, Columns, left_out, named, row_source, taken_words
from netgain.api.shown import Line, Part, Shown, Table
from netgain.errors import UsageError
from netgain.pipeline.compared_models import load_compared
from netgain.records import Comparison
from netgain.reporting.json_report import plain
from netgain.rowfiles import BadRow, RowSource
from netgain.wording import (
    capital,
    estimate_words,
    interval_words,
    one_line,
    probability,
    quantity,
    value_words,
)


@dataclass(frozen=True, repr=False)
class Compared(Shown):
    """Every pair of models, or all seeds of a recipe together, or each beside a published score.

    `margin` is a share: the loss that was asked about.
    """

    pairs: tuple[Comparison, ...]
    notes: tuple[str, ...] = ()
    bad_rows: tuple[BadRow, ...] = ()
    margin: float | None = None
    seeds: SeedsEstimate | None = None
    published: Mapping[str, AgainstPublished] | None = None
    files: tuple[str, ...] = ()

    @property
    def seeds_loss(self) -> Loss | None:
        if self.seeds is None or self.margin is None:
            return None
        return loss(self.seeds.over_both, self.margin)

    def parts(self) -> Iterator[Part]:
        if self.seeds is not None:
            yield from _seeds(self.seeds, self.seeds_loss)
        elif len(self.pairs) == 1:
            yield from _pair(self.pairs[0], self.margin)
        elif self.pairs:
            yield from _pairs(self.pairs, self.margin)
        for name, against in (self.published or {}).items():
            yield Line(f"\n{one_line(name)}. {against.sentence}", "bold")
            yield from _notes(against.caveats)
        yield from _notes(self.notes)

    def remarks(self) -> list[str]:
        return left_out(self.bad_rows, dict.fromkeys(self.files, 1))

    def plain(self) -> dict[str, Any]:
        found = {
            "pairs": [_plain_pair(p, self.margin, len(self.pairs)) for p in self.pairs],
            "seeds": self.seeds, "seeds_loss": self.seeds_loss,
            "published": self.published or {}, "notes": self.notes,
            "unreadable": self.bad_rows,
        }  # fmt: skip
        return dict(plain(found))


def compare(
    *answers: Answers,
    margin: float | None = None,
    seeds: bool = False,
    published: str | None = None,
    columns: Columns = (),
) -> Compared:
    """Compare models on the same problems: who is better, and is it more than chance.

    A row without a completion is a wrong answer.

    Args:
        answers: files of answers (JSONL or Parquet; one may hold several models), lists of rows,
            run directories, or evaluations in them. The first is the one compared with.
        margin: ask whether a loss of so many points (0.01 to 99) or more is ruled out.
        seeds: all but the first are seeds of one recipe.
        published: set each beside the published GSM8K score of this model.
        columns: where a column of a file stands: {"completion": "output.text"}.

    Raises:
        NetgainError: something holds no answers that can be used, or nothing to compare.
        UsageError: an argument that cannot be.

    >>> import netgain
    >>> rows = [
    ...     {"id": i, "model": model, "answer": str(i), "completion": f"#### {i if right else 0}"}
    ...     for model, rights in (("before", [1, 0, 0, 0] * 5), ("after", [1, 1, 1, 0] * 5))
    ...     for i, right in enumerate(rights, start=1)
    ... ]
    >>> found = netgain.compare(rows)
    >>> [pair] = found.pairs
    >>> pair.verdict, pair.won, pair.lost
    ('improved', 10, 0)
    >>> found
    Improved: on the same 20 problems “after” answers 75.0% correctly, “before” 25.0%: ...
    """
    if margin is not None and not 0.01 <= margin <= 99:
        raise UsageError("margin", f"{margin:g} is not a number of points from 0.01 to 99")
    if published is not None and not published.strip():
        raise UsageError("published", "the name is empty; give that of a model")
    score = find_published(published) if published else None
    names = (
        ["the rows given"]
        if len(answers) == 1
        else [f"rows {i}" for i in range(1, 1 + len(answers))]
    )
    sources = [row_source(given, name) for given, name in zip(answers, names, strict=True)]
    compared_models, notes, bad = load_compared(sources, named(columns))
    taken = (taken_words(given, source) for given, source in zip(answers, sources, strict=True))
    notes = (*filter(None, taken), *same_files(sources), *notes)
    beside = {c.name: against_published(c, score) for c in compared_models} if score else None
    return Compared(
        () if score and len(compared_models) == 1 else compare_all(compared_models),
        tuple(notes), tuple(bad),
        None if margin is None else margin / 100,
        compare_seeds(compared_models[0], compared_models[1:]) if seeds else None,
        beside, tuple(source.name for source in sources),
    )  # fmt: skip


def same_files(sources: Sequence[RowSource]) -> Iterator[str]:
    """Files that hold the same, byte for byte: then nothing can differ."""
    files = [source for source in sources if isinstance(source, Path) and source.is_file()]
    for place, one in enumerate(files):
        for other in files[place + 1 :]:
            if one.stat().st_size == other.stat().st_size and filecmp.cmp(one, other, False):
                yield (
                    f"{one} and {other} are the same file, byte for byte: one was copied, and this "
                    "is no comparison of two models."
                )


# -- showing -------------------------------------------------------------------------------


def _plain_pair(pair: Comparison, margin: float | None, among: int) -> dict[str, Any]:
    """A pair as programs read it: the record, its sentence, and what is said of a loss."""
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
        "sentence": _sentence(pair, among),
    }  # fmt: skip


def _sentence(pair: Comparison, among: int = 1) -> str:
    """The verdict; names in quotes, for a name such as "after" would be read as a word."""
    return verdict_sentence(pair, f"“{pair.reference}”", f"“{pair.other}”", among)


def _pair(pair: Comparison, margin: float | None) -> Iterator[Part]:
    base, tuned = one_line(pair.reference), one_line(pair.other)
    yield Line(one_line(_sentence(pair)), "bold")
    yield Line()
    rows = [
        (f"accuracy, {name}", estimate_words(share, "share"))
        for name, share in ((base, pair.reference_share), (tuned, pair.other_share))
    ]
    rows.append(("difference", estimate_words(pair.difference, "points")))
    rows.append(("test", f"{pair.test}: {probability(pair.p_value)}"))
    if pair.test == MCNEMAR:
        counts = (
            f"both right {pair.both}, only {base} {pair.lost}, only {tuned} {pair.won}, "
            f"neither {pair.neither}"
        )
        rows += [("problems", counts), ("detectable", _detectable(pair))]
    yield Table(rows)
    if margin is not None:
        yield Line(f"\n{loss_of(pair, margin).sentence}")
    yield from _notes(pair.caveats)


def _pairs(pairs: Sequence[Comparison], margin: float | None) -> Iterator[Part]:
    shares = {p.reference: p.reference_share for p in pairs}
    shares |= {p.other: p.other_share for p in pairs}
    places = {name: str(place) for place, name in enumerate(shares, start=1)}
    yield Table(
        [(places[n], one_line(n), estimate_words(s, "share")) for n, s in shares.items()],
        ("", "model", "accuracy"),
    )
    yield Line()
    rows = [
        (
            f"{places[p.reference]} → {places[p.other]}",
            p.verdict,
            value_words(p.difference, "points"),
            interval_words(p.difference, "points"),
            probability(p.deciding_p),
            _detectable(p),
        )
        for p in pairs
    ]
    yield Table(rows, ("pair", "verdict", "difference", "interval", "p (Holm)", "detectable"))
    tests = capital(" and ".join(dict.fromkeys(p.test for p in pairs)))
    yield Line(
        f"\n{tests}. p-values, verdicts and detectable differences are adjusted for {len(pairs)} "
        "pairs (Holm); each interval is that of its own pair."
    )
    losses = [] if margin is None else [
        f"{one_line(p.reference)} → {one_line(p.other)}: {loss_of(p, margin).sentence}"
        for p in pairs
    ]  # fmt: skip
    yield from _notes([*losses, *dict.fromkeys(c for p in pairs for c in p.caveats)])


def _detectable(pair: Comparison) -> str:
    return value_words(pair.detectable_difference, "points").lstrip("+")


def _seeds(found: SeedsEstimate, lost: Loss | None) -> Iterator[Part]:
    each = ", ".join(quantity(x, "points") for x in found.by_seed)
    count = f"{found.seeds} seed{'s'[: found.seeds != 1]}"
    yield Line(f"{count} on {found.problems} problems: {each}", "bold")
    yield Line(f"\nother seeds, these problems:  {estimate_words(found.over_seeds, 'points')}")
    yield Line(f"other seeds, other problems:  {estimate_words(found.over_both, 'points')}")
    if found.between_seeds is not None and found.between_problems is not None:
        spreads = (quantity(x, "points") for x in (found.between_seeds, found.between_problems))
        seeds, problems = (words.removeprefix("+") for words in spreads)
        yield Line(
            f"true gains vary by {seeds} (standard deviation) from seed to seed, by "
            f"{problems} from problem to problem"
        )
    if lost is not None:
        yield Line(f"\nOther seeds, other problems: {lost.sentence}")
    yield from _notes(found.caveats)


def _notes(notes: Sequence[str]) -> Iterator[Part]:
    yield from (Line(f"({one_line(note)})", "dim") for note in notes)
