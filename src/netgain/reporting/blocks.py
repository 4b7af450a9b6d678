"""What a report is made of, whichever format it goes into: blocks, built once, rendered by each.

Texts may be foreign (a data set's categories, a model's answers): each format makes them safe in
its own way. Nothing is computed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Literal

from netgain.reporting.drawing import Chart


def further_id(kind: str) -> str:
    """The name of the section on something that was measured beside the headline.

    >>> further_id("prompts")
    'further-prompts'
    """
    return "further-" + re.sub(r"[^A-Za-z0-9_-]", "-", kind)


@dataclass(frozen=True)
class Words:
    """A paragraph or a line of a list: words, with a bold head before them.

    `link` is where more of it stands: the name of a section, or "problems?" with a filter, which
    only the page has. `tone` sets it apart.
    """

    text: str
    head: str = ""
    link: str = ""
    tone: Literal["", "sentence", "missing", "next"] = ""


@dataclass(frozen=True)
class Lines:
    """A list. In "checks" the heads are outcomes; in a "proposal" addresses may be links."""

    lines: tuple[Words, ...]
    style: Literal["notes", "caveats", "checks", "proposal"] = "notes"


def notes(lines: Iterable[str]) -> tuple[Block, ...]:
    """Sentences as a list; () where there are none."""
    held = tuple(map(Words, lines))
    return (Lines(held),) if held else ()


def texts(of: Iterable[str]) -> tuple[Block, ...]:
    """Paragraphs, without the empty ones."""
    return tuple(Words(text) for text in of if text)


@dataclass(frozen=True)
class Cell:
    """A cell with what is set small beside its words; `said` is shown on pointing at it."""

    words: str
    aside: str = ""
    said: str = ""
    strong: bool = False


@dataclass(frozen=True)
class Grid:
    """A table; the first cell of a row names it.

    Where it is `grouped`, the first column repeats from row to row: a page can set it as a head
    over them (`heads`, `groups`), a plain table shows it as it is. A `stacked` one becomes a list
    on a phone. `below` is what the asides of its first column are called where they get a column.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell | str, ...], ...]
    grouped: bool = False
    stacked: bool = False
    below: str = ""

    @property
    def heads(self) -> tuple[str, ...]:
        """The columns that remain when the groups stand as heads."""
        return self.columns[1:] if self.grouped else self.columns

    @property
    def groups(self) -> tuple[tuple[Cell | str, tuple[tuple[Cell | str, ...], ...]], ...]:
        """(head, rows without it); one group without a head where it is not grouped."""
        if not self.grouped:
            return (("", self.rows),)
        return tuple(
            (head, tuple(row[1:] for row in rows))
            for head, rows in groupby(self.rows, key=itemgetter(0))
        )


@dataclass(frozen=True)
class Facts:
    """Plain facts: (what, words), with a head over them."""

    pairs: tuple[tuple[str, str], ...]
    head: str = ""


@dataclass(frozen=True)
class Strip:
    """A few figures set large: (name, value, what goes with it)."""

    figures: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Figures:
    """Charts; several stand beside each other where there is room."""

    charts: tuple[Chart, ...]


Drawn = Mapping[str, Chart]  # by name


def chart_block(drawn: Drawn, *names: str) -> tuple[Block, ...]:
    """Those of the named charts that there are, beside each other."""
    found = tuple(drawn[name] for name in names if name in drawn)
    return (Figures(found),) if found else ()


@dataclass(frozen=True)
class Code:
    """Lines for a shell."""

    text: str
    label: str
    language: Literal["sh", "python"] = "sh"


@dataclass(frozen=True)
class Heading:
    """A heading inside a section; `aside` is set small after it."""

    title: str
    aside: str = ""


@dataclass(frozen=True)
class Excerpt:
    """A part of a model's answer; the last of its `lines` is the first wrong step if `marked`."""

    model: str
    lines: tuple[str, ...]
    marked: bool = False


@dataclass(frozen=True)
class Quote:
    """The beginning of a problem, parts of the answers to it, and what is said of them."""

    title: str
    problem_id: str
    question: str
    excerpts: tuple[Excerpt, ...]
    said: str
    link: str


@dataclass(frozen=True)
class Fold:
    """Blocks that are closed until they are asked for; on paper they stand open."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Problems:
    """Problem by problem: the browser on a page, a few examples in plain text."""


Block = (
    Words | Lines | Grid | Facts | Strip | Figures | Code | Heading | Quote | Fold | Problems
)  # fmt: skip


@dataclass(frozen=True)
class Section:
    """A titled part. `name` is its anchor."""

    name: str
    title: str
    blocks: tuple[Block, ...]
    style: str = ""


@dataclass(frozen=True)
class Document:
    """A report in its order: a first screen, parts, the problems, and an appendix."""

    title: str
    lede: str
    first: Section
    parts: tuple[Section, ...]
    problems: tuple[Section, ...]
    appendix: tuple[Section, ...]

    @property
    def sections(self) -> tuple[Section, ...]:
        return (self.first, *self.parts, *self.problems, *self.appendix)

    @property
    def contents(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """The list at the side: heads ("" for none) with (anchor, title)."""
        groups = (("", (self.first, *self.parts, *self.problems)), ("Appendix", self.appendix))
        return [(head, [(s.name, s.title) for s in of]) for head, of in groups if of]
