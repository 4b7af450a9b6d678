"""What is learned beside the training problems: questions with answers of any kind, in shares.

A source is a benchmark by its name, or a file or Hub data set with a question and an answer in each
row. A row whose question stands, exactly or nearly, among the test problems is left out and
counted, and so is one that is there twice.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netgain.data.load import bad_rows_message, located, name_of, nothing_usable, split_files
from netgain.data.overlap import find_overlaps, normalised_words
from netgain.data.rows import read_rows
from netgain.data.shapes import under_usual_names
from netgain.data.split import sample
from netgain.data.tasks import find_task, load_split
from netgain.errors import DataError
from netgain.grading.choices import LETTERS
from netgain.recipe import DataSettings, MixtureSettings
from netgain.records import Problem
from netgain.rowfiles import BadRow, label_column, text_column

log = logging.getLogger("netgain")
CHOOSE = "Answer with the letter of the right choice and its text."


@dataclass(frozen=True)
class Mixed:
    """Rows to learn from, and by source what became of all rows: counts, as they are stored."""

    rows: list[Problem]
    sources: list[dict[str, Any]]


def mix(
    data: DataSettings,
    training: Sequence[Problem],
    test: Sequence[Problem],
    validation: Sequence[Problem] = (),
) -> Mixed:
    """The rows of `data.mixture`, in the amounts that it asks for.

    A row's question is in `question`, what is learned in `solution`, and the source in
    `metadata["mixture"]`.

    Args:
        training: what they are learned beside, which shares are counted from.
        test: every problem that is tested on, of all benchmarks of the recipe.
        validation: no question of these or of `training` is had twice.

    Raises:
        DataError: there is no such source, or nothing usable in it.
        HubUnreachable: it has to come from the Hub, which does not answer.
    """
    usable, told = [], []
    for name, found, said in usable_rows(data, training, test, validation):
        usable.append((name, found))
        told.append(said)
    counts = amounts(len(training), data.mixture, [len(rows) for _, rows in usable])
    rows = []
    for (name, of), count, said in zip(usable, counts, told, strict=True):
        said["learned"] = count
        rows += sample(of, count, f"mixture:{name}:{data.seed}") if count else []
    return Mixed(rows, told)


def usable_rows(
    data: DataSettings,
    training: Sequence[Problem],
    test: Sequence[Problem],
    validation: Sequence[Problem] = (),
) -> Iterator[tuple[str, list[Problem], dict[str, Any]]]:
    """Each source's name, all its rows that may be learned, and what became of the others.

    Arguments and errors as those of `mix`.
    """
    seen = {normalised_words(p.question) for p in (*training, *validation)}
    for number, wanted in enumerate(data.mixture):
        name, found, bad = _read(wanted, data)
        distinct = list(_new(found, seen))
        tested = {o.test_id for o in find_overlaps(training=test, test=distinct)}
        kept = [p for p in distinct if p.id not in tested]
        if not kept:
            raise DataError(
                f"data.mixture: none of the {len(found):,} rows of {name} is left: "
                f"{len(found) - len(distinct):,} are there already, and {len(tested):,} are among "
                "the test problems; leave the source out"
            )
        said = {
            "source": name, "answers": wanted.answers, "rows": len(found), "bad_rows": len(bad),
            "twice": len(found) - len(distinct), "tested": len(tested),
        }  # fmt: skip
        yield name, [_marked(p, name, number, wanted) for p in kept], said


def amounts(
    training: int, wanted: Sequence[MixtureSettings], available: Sequence[int]
) -> list[int]:
    """How many rows of each source are taken, at most as many as there are.

    A share is of everything that is learned from: problems and all sources together.

    >>> amounts(80, [MixtureSettings(source="a", share=0.2)], [1000])
    [20]
    >>> amounts(70, [MixtureSettings(source="a", share=0.2), MixtureSettings(source="b", limit=10)],
    ...         [1000, 1000])
    [20, 10]
    """
    fixed = [
        None if w.share is not None else min(n, w.limit or n)
        for w, n in zip(wanted, available, strict=True)
    ]
    shares = sum(w.share or 0.0 for w in wanted)
    whole = (training + sum(n or 0 for n in fixed)) / (1 - shares)
    found = []
    for w, n, count in zip(wanted, available, fixed, strict=True):
        asked = round((w.share or 0.0) * whole) if count is None else count
        if count is None and asked > min(n, w.limit or n):
            log.warning(
                "data.mixture: %s has %d usable rows, and a share of %g would be %d: all are taken",
                w.name or w.source, n, w.share, asked,
            )  # fmt: skip
        found.append(min(asked, n, w.limit or n))
    return found


def _new(rows: Iterable[Problem], seen: set[tuple[str, ...]]) -> Iterable[Problem]:
    for row in rows:
        words = normalised_words(row.question)
        if words not in seen:
            seen.add(words)
            yield row


def _marked(row: Problem, name: str, number: int, wanted: MixtureSettings) -> Problem:
    """The row under an id of its own, saying where it is from; choices become part of the text."""
    about = {**row.metadata, "mixture": name, "answers": wanted.answers}
    plain = replace(row, id=f"mixture-{number}-{row.id}", metadata=about)
    if row.answer_choice is None:
        return plain
    offered = [f"{x}. {text}" for x, text in zip(LETTERS, row.choices, strict=False)]
    return replace(
        plain, question="\n".join([row.question, *offered]) + f"\n\n{CHOOSE}",
        solution=offered[row.answer_choice], choices=(), answer_choice=None,
    )  # fmt: skip


# -- reading -------------------------------------------------------------------------------


def _read(wanted: MixtureSettings, data: DataSettings) -> tuple[str, list[Problem], list[BadRow]]:
    """A source's name, its rows, and those that cannot be used."""
    if wanted.name is not None:
        found, bad, said, _ = load_split(
            wanted.name, find_task(wanted.name).shots, wanted.source, wanted.revision
        )
        name = wanted.name
        found = [p for p in found if p.solution or p.answer_choice is not None]
    else:
        said = str(wanted.source)
        name = name_of(said)
        of = "data.mixture.source"
        where, _ = located(of, said, wanted.revision, data.subset, ("train",))
        files = split_files(where, data.subset, "train")
        found, bad = read_rows(files, name, lambda row, row_id: instruction(row, said, row_id))
    if bad and data.on_bad_row == "stop":
        raise DataError(bad_rows_message(bad, found))
    if not found:
        raise DataError(nothing_usable(said, "mixture", bad))
    return name, found, bad


def instruction(row: Mapping[str, Any], source: str, default_id: str) -> Problem:
    """A question and its answer as text, whatever they are; columns under their usual names.

    Alpaca's `instruction`, `input` and `output` are read too.

    Raises:
        DataError: what is missing or unusable.
    """
    row = under_usual_names(row)
    row_id = label_column(row, "id")
    return Problem(
        default_id if row_id is None else row_id, source, text_column(row, "question"), None,
        solution=text_column(row, "answer"),
    )  # fmt: skip
