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
_COMMENT = re.compile(
    r"<!--|<(?P<name>script|style|svg|template|head|pre|form)\b[^<>]{0,2000}>"
    # The alternative text of a picture, which Markdown leaves out too.
    r"|<(?P<picture>p)\sclass=[\"']alternative[\"']>",
    re.IGNORECASE,
)
# An aside within a line: a remark on what stands before it.
_ASIDE = re.compile(r"<(?:small\b|span\s[^<>]{0,200}class=[\"']aside[\"'])", re.IGNORECASE)
_BLOCKS = frozenset(
    ["address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption",
     "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li",
     "main", "nav", "ol", "p", "pre", "section", "table", "tbody", "tfoot", "thead", "title",
     "tr", "ul"]
)  # fmt: skip
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
        builder.tag(tag["name"].lower(), bool(tag["close"]), tag[0])
        position = tag.end()
    builder.text(bare[position:])
    return builder.finished()


def _without_hidden(source: str) -> str:
    """Comments, scripts, drawings, preformatted text, forms blanked; their line ends stay."""
    kept: list[str] = []
    position = 0
    unclosed: set[str] = set()
    while (found := _COMMENT.search(source, position)) is not None:
        name = (found["name"] or found["picture"] or "").lower()
        end = found.end() if name in unclosed else _end_of(source, found.end(), name)
        if end is None:
            unclosed.add(name)
            end = found.end()
        kept += [source[position : found.start()], "\n" * source.count("\n", found.start(), end)]
        position = end
    return "".join([*kept, source[position:]])


def _end_of(source: str, start: int, name: str) -> int | None:
    """Where a hidden part ends; an unclosed one ends with the text, so it is looked for once.

    What may stand in a text by mistake hides nothing where it is not closed: None.
    """
    if not name:
        at = source.find("-->", start)
        return len(source) if at < 0 else at + len("-->")
    closing = re.compile(rf"</{name}[^<>]{{0,200}}>", re.IGNORECASE).search(source, start)
    if closing is None:
        return None if name in {"pre", "form", "p"} else len(source)
    return closing.end()


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
        self.asides: list[tuple[str, bool]] = []  # the open inline tags that may be one
        self.term = ""  # of a list of definitions, before its first definition

    def text(self, piece: str) -> None:
        for index, part in enumerate(piece.split("\n")):
            if index:
                self.end_line()
                self.number += 1
            self.parts.append(part)

    def tag(self, name: str, closing: bool, whole: str) -> None:
        newlines = whole.count("\n")
        if name == "table":
            self.end_line()
            self.in_table, self.rows, self.asides = not closing, 0, []
        if name in {"span", "small"}:
            self._inline(name, closing, whole)
        elif name in {"dt", "dd"} and self.cells is None:
            self._definition(name, closing)
        elif name == "tr" and not closing:
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

    def _inline(self, name: str, closing: bool, whole: str) -> None:
        """An aside is set in parentheses, so that what it is said of can be told from it."""
        if not closing:
            aside = _ASIDE.match(whole) is not None
            self.asides.append((name, aside))
            self.parts.append(" (" if aside else "")
        elif self.asides and self.asides[-1][0] == name:
            self.parts.append(")" if self.asides.pop()[1] else "")

    def _definition(self, name: str, closing: bool) -> None:
        """A term and its first definition make an item of a list: "- term: definition"."""
        if name == "dt" and closing:
            self.term, self.parts = "".join(self.parts).strip(), []
        elif name == "dd" and not closing and self.term:
            self.parts, self.term = [f"- {self.term}: "], ""
        else:
            self.end_line()

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
