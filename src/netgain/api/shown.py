"""Results that show themselves: one description, as text for a terminal and as HTML for a notebook.

A result says its lines and tables once. Everything in them is escaped where it is shown, so that
no name of a model and no sentence of a data set can act.
"""

from __future__ import annotations

import html
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netgain.wording import terminal_safe

if TYPE_CHECKING:
    from rich.console import Console

WIDTH = 100  # characters, where no terminal says how wide it is


@dataclass(frozen=True)
class Line:
    """A line of text. `style` is in the words of rich ("bold", "dim"); `whole` is not wrapped."""

    text: str = ""
    style: str = ""
    whole: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of cells; `head` is () where the columns need no name, `spaced` sets rows apart."""

    rows: Sequence[Sequence[str]]
    head: Sequence[str] = ()
    below: str = ""
    spaced: bool = False


Part = Line | Table


class Shown:
    """Base of what the public functions give back."""

    def parts(self) -> Iterator[Part]:
        """What there is to see, in order."""
        raise NotImplementedError

    def remarks(self) -> Sequence[str]:
        """What to bear in mind, a line each: the command line says it on standard error."""
        return ()

    def plain(self) -> dict[str, Any]:
        """The same as JSON-like data."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        return as_html(self._whole())

    def __repr__(self) -> str:
        return as_text(self._whole())

    def _whole(self) -> Iterator[Part]:
        yield from self.parts()
        yield from (Line(f"({remark})", "dim") for remark in self.remarks())


def print_parts(parts: Iterable[Part], console: Console, table_width: int | None = None) -> None:
    """Print to a terminal or a file; a table may be as wide as `table_width`, or the console."""
    from rich.table import Table as RichTable
    from rich.text import Text

    for part in parts:
        if isinstance(part, Line):
            console.print(Text(terminal_safe(part.text), part.style), soft_wrap=part.whole)
            continue
        table = RichTable(
            box=None, pad_edge=False, show_header=bool(part.head), leading=int(part.spaced),
            caption=Text(part.below) if part.below else None, caption_justify="left",
        )  # fmt: skip
        for name in part.head or [""] * len(part.rows[0]):
            table.add_column(Text(terminal_safe(name)), overflow="fold")  # nothing is cut
        for row in part.rows:
            table.add_row(*(Text(terminal_safe(cell)) for cell in row))
        usual = console.width
        console.width = table_width or usual
        console.print(table)
        console.width = usual


def as_text(parts: Iterable[Part], width: int = WIDTH) -> str:
    """
    >>> print(as_text([Line("two models"), Table([("a", "1"), ("b", "22")], ("name", "n"))]))
    two models
    name  n
    a     1
    b     22
    """
    from rich.console import Console

    into = io.StringIO()
    print_parts(parts, Console(file=into, width=width, highlight=False, color_system=None))
    return "\n".join(line.rstrip() for line in into.getvalue().splitlines())


def as_html(parts: Iterable[Part]) -> str:
    """
    >>> as_html([Line("<b>")])
    '<div class="netgain"><p>&lt;b&gt;</p></div>'
    """
    return f'<div class="netgain">{"".join(map(_html, parts))}</div>'


def _html(part: Part) -> str:
    if isinstance(part, Line):
        text = _escaped(part.text.strip())
        if not text:
            return ""
        if "bold" in part.style:
            return f"<p><strong>{text}</strong></p>"
        return f"<p><small>{text}</small></p>" if "dim" in part.style else f"<p>{text}</p>"
    head = "".join(f"<th>{_escaped(name)}</th>" for name in part.head)
    body = "".join(
        f"<tr>{''.join(f'<td>{_escaped(cell)}</td>' for cell in row)}</tr>" for row in part.rows
    )
    below = f"<caption>{_escaped(part.below)}</caption>" if part.below else ""
    above = f"<thead><tr>{head}</tr></thead>" if head else ""
    return f"<table>{below}{above}<tbody>{body}</tbody></table>"


def _escaped(text: str) -> str:
    return html.escape(terminal_safe(text)).replace("\n", "<br>")
