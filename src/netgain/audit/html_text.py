"""HTML -> lines of text, in linear time whatever the input. Not a browser: it only reads.

`html.parser` is not used because some releases need quadratic time on unclosed tags. Markdown
passes through unchanged apart from the tags inside it, and every line keeps its number.
"""

import html
import re

_NAME = r"[^<>]{0,2000}>"  # the rest of a tag, which holds no other bracket
_HIDDEN = re.compile(
    rf"<!--|<(?P<name>script|style|svg|template|head|pre|form)\b{_NAME}"
    # The alternative text of a picture, which Markdown leaves out too.
    r"|<(?P<picture>p)\sclass=[\"']alternative[\"']>",
    re.IGNORECASE,
)
_ROW = re.compile(rf"<table\b{_NAME}"
                  rf"|<tr\b{_NAME}(?P<row>[^<]*+(?:<(?!/?tr\b)[^<]*+)*+)(?:</tr\b{_NAME})?",
                  re.IGNORECASE)  # fmt: skip
_CELL = re.compile(rf"<t[dh]\b{_NAME}", re.IGNORECASE)
# An aside within a line is set in parentheses, so that it can be told from what it is said of.
_ASIDE = re.compile(rf"<(small|span)\b(?P<how>{_NAME})([^<>]{{0,500}})</\1>", re.IGNORECASE)
_DEFINITION = re.compile(
    rf"<dt\b{_NAME}([^<>]{{0,500}})</dt>(\s{{0,200}})<dd\b{_NAME}", re.IGNORECASE
)
_BLOCK = re.compile(
    rf"</?(?P<name>address|article|aside|blockquote|br|dd|div|dl|dt|figcaption|figure|footer|form|h[1-6]|"
    rf"header|hr|li|main|nav|ol|p|pre|section|table|title|ul)\b{_NAME}", re.IGNORECASE,
)  # fmt: skip
_TAG = re.compile(rf"</?[A-Za-z][A-Za-z0-9]{{0,20}}\b{_NAME}")
_END, _ROW_BEGINS, _TABLE_ENDS = "\v", "\f", "\x01"  # a line ends, though none does in the source
_MARKS = re.compile(f"[{_END}{_ROW_BEGINS}{_TABLE_ENDS}]")
_PARAGRAPHS = frozenset(["p", "ul", "ol", "div", "section", "table"])
Line = tuple[int, str]


def text_lines(source: str) -> list[Line]:
    """The lines of Markdown, plain text or HTML as (number, text); tables become Markdown rows.

    Several lines may share a number, where a source line holds several blocks.
    """
    text = _without_hidden(_MARKS.sub(" ", source))
    if "<" in text:
        text = _tables(_DEFINITION.sub(rf"{_END}- \1: \2", _ASIDE.sub(_aside, text)))
        text = _TAG.sub(_newlines, _BLOCK.sub(_block, text))
    lines: list[Line] = []
    in_table = False
    for number, whole in enumerate(text.split("\n"), start=1):
        for line in whole.split(_END):
            if line.startswith(_ROW_BEGINS) or line.strip() or not in_table:
                in_table = line.startswith(_ROW_BEGINS)  # a blank line would end a table
                lines.append((number, html.unescape(line.strip(_ROW_BEGINS + _TABLE_ENDS))))
    return lines


def _newlines(tag: re.Match[str]) -> str:
    return "\n" * tag[0].count("\n")


def _aside(found: re.Match[str]) -> str:
    is_aside = found[1].lower() == "small" or re.search(r"class=[\"']aside[\"']", found["how"])
    return _newlines(found) + (f" ({found[3]})" if is_aside else found[3].replace("\n", " "))


def _tables(text: str) -> str:
    """Rows as lines of cells between "|", the first of a table with a rule below it."""
    first = True

    def row(found: re.Match[str]) -> str:
        nonlocal first
        if found["row"] is None:
            first = True
            return f"{_END}{_TABLE_ENDS}{_END}" + _newlines(found)
        cells = [_TAG.sub(" ", cell).replace("|", "/") for cell in _CELL.split(found["row"])[1:]]
        line = f"{_END}{_ROW_BEGINS}| {' | '.join(' '.join(cell.split()) for cell in cells)} |"
        rule = f"{_END}{_ROW_BEGINS}|" + "---|" * max(1, len(cells)) if first else ""
        first = False
        return line + rule + _newlines(found)

    return _ROW.sub(row, text)


def _block(tag: re.Match[str]) -> str:
    name, closing = tag["name"].lower(), tag[0].startswith("</")
    start = "" if closing else "# " if name[0] == "h" and name[1:].isdigit() else ""
    start = "- " if name == "li" and not closing else start
    return _END * (1 + (name in _PARAGRAPHS)) + start + _newlines(tag)


def _without_hidden(source: str) -> str:
    """Comments, scripts, drawings, preformatted text, forms blanked; their line ends stay."""
    kept: list[str] = []
    position = 0
    unclosed: set[str] = set()
    while (found := _HIDDEN.search(source, position)) is not None:
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
