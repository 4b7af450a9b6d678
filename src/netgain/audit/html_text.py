"""HTML -> lines of text, in linear time whatever the input. Not a browser: it only reads.

`html.parser` is not used because some releases need quadratic time on unclosed tags. Markdown
passes through unchanged apart from the tags inside it, and every line keeps its number.
"""

from __future__ import annotations

import html
import re

LONGEST_TAG = 2000
# A tag holds no other bracket here, so each "<" is looked at no further than the next one.
_TAG = re.compile(
    rf"<(?P<close>/?)(?P<name>[A-Za-z][A-Za-z0-9]{{0,20}})\b[^<>]{{0,{LONGEST_TAG}}}>"
)
_COMMENT = re.compile(r"<!--|<(script|style|svg|template|head)\b[^<>]{0,2000}>", re.IGNORECASE)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "title",
        "tr",
        "ul",
    ]
)
Line = tuple[int, str]


def text_lines(source: str) -> list[Line]:
    """The lines of Markdown, plain text or HTML as (number, text); tables become Markdown rows.

    Several lines may share a number, where a source line holds several blocks.
    """
    builder = _Builder()
    position = 0
    bare = _without_hidden(source)
    for tag in _TAG.finditer(bare):
        builder.text(bare[position : tag.start()])
        builder.tag(tag["name"].lower(), bool(tag["close"]), tag[0].count("\n"))
        position = tag.end()
    builder.text(bare[position:])
    return builder.finished()


def _without_hidden(source: str) -> str:
    """Comments, scripts, styles and drawings blanked out; their line ends stay."""
    kept: list[str] = []
    position = 0
    while (found := _COMMENT.search(source, position)) is not None:
        end_mark = "-->" if found[1] is None else f"</{found[1].lower()}"
        end = _end_of(source, found.end(), end_mark)
        kept += [source[position : found.start()], "\n" * source.count("\n", found.start(), end)]
        position = end
    return "".join([*kept, source[position:]])


def _end_of(source: str, start: int, mark: str) -> int:
    """Where a hidden part ends; an unclosed one ends with the text, so it is looked for once."""
    if mark == "-->":
        at = source.find(mark, start)
        return len(source) if at < 0 else at + len(mark)
    closing = re.compile(re.escape(mark) + r"[^<>]{0,200}>", re.IGNORECASE).search(source, start)
    return len(source) if closing is None else closing.end()


class _Builder:
    """Collects lines while text and tags come in."""

    def __init__(self) -> None:
        self.number = 1
        self.lines: list[Line] = []
        self.parts: list[str] = []
        self.cells: list[str] | None = None  # of the table row that is open
        self.in_table = False
        self.row_number = 1
        self.rows = 0  # seen in the table that is open

    def text(self, piece: str) -> None:
        for index, part in enumerate(piece.split("\n")):
            if index:
                self.end_line()
                self.number += 1
            self.parts.append(part)

    def tag(self, name: str, closing: bool, newlines: int) -> None:
        if name == "table":
            self.end_line()
            self.in_table, self.rows = not closing, 0
        if name == "tr" and not closing:
            self.end_line()
            self.cells, self.row_number = [], self.number
        elif name == "tr" and self.cells is not None:
            self._end_row(self.cells)
        elif name in {"td", "th"} and self.cells is not None:
            cell = " ".join("".join(self.parts).split()).replace("|", "/")
            if closing or cell:  # a cell may end with the next one's beginning
                self.cells.append(cell)
            self.parts = []
        elif name in _BLOCKS:
            self.end_line()
            if name in {"h1", "h2", "h3", "h4", "h5", "h6"} and not closing:
                self.parts.append("# ")
            elif name == "li" and not closing:
                self.parts.append("- ")
            if name in {"p", "table", "ul", "ol", "div", "section"} and not self.in_table:
                self.lines.append((self.number, ""))
        for _ in range(newlines):
            self.end_line()
            self.number += 1

    def end_line(self) -> None:
        if self.cells is not None:  # white space within a row is no line end
            self.parts.append(" ")
            return
        line, self.parts = html.unescape("".join(self.parts)), []
        if line.strip() or not self.in_table:  # a blank line would end the table
            self.lines.append((self.number, line))

    def _end_row(self, cells: list[str]) -> None:
        self.cells, self.parts = None, []
        self.lines.append((self.row_number, html.unescape("| " + " | ".join(cells) + " |")))
        if self.rows == 0:
            self.lines.append((self.row_number, "|" + "---|" * max(1, len(cells))))
        self.rows += 1

    def finished(self) -> list[Line]:
        if self.cells is not None:
            self._end_row(self.cells)
        self.end_line()
        return self.lines
