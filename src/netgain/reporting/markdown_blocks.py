"""The blocks that a Markdown page of ours is made of, with nothing in them that others could obey.

Foreign text stands in fenced blocks or is escaped; no HTML is written. What GitHub alone would
obey (a mention, a reference to an issue, the name of an emoji) has its sign set as code.
"""

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from netgain import wording
from netgain.reporting.blocks import Cell, Grid

WIDEST_CELL = 48  # characters; a longer cell does not push all the others apart

# A sign of markup, the beginning of an address, or a sign that GitHub makes a link or picture of.
_SIGN = re.compile(
    r"(?i)(?P<markup>[\\`*_\[\]|~$])"
    r"|(?P<scheme>(?:https?|ftp)://|\bwww\.)"
    r"|(?P<reference>(?<!\w)@(?=[a-z0-9])|@(?=[\w-]{1,63}\.\w)|#(?=\d)|\bgh-(?=\d)"
    r"|:(?!\d{1,40}:)(?=[\w+-]{1,40}:))"
)
_ADDRESS = re.compile(r"(?i)(?:https?://|\bwww\.)[^\s\\`*\[\]|~$<>]+")
_LINE_START = re.compile(r"^(?:(\d{1,9})(?=[.)](?:\s|$))|(?=[#=>]|[+\-](?:[\s\-]|$)))")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")


def escaped(foreign: str, *, links: bool = False) -> str:
    """Foreign text on one line, with nothing left that Markdown, HTML or GitHub would obey.

    Addresses stay links only with `links`.

    >>> escaped("<b>*x*</b> | y"), escaped("ask @octocat about #12")
    ('&lt;b>\\\\*x\\\\*&lt;/b> \\\\| y', 'ask `@`octocat about `#`12')
    """
    line = wording.one_line(foreign)
    line = _TAG.sub("&lt;", _ENTITY.sub("&amp;", line))
    return _LINE_START.sub(r"\1\\", "".join(_inert_parts(line, links)))


def _inert_parts(line: str, links: bool) -> Iterator[str]:
    """The line with every sign made inert, but for those inside addresses that stay links."""
    end = 0
    for address in _ADDRESS.finditer(line) if links else ():
        yield _SIGN.sub(_inert, line[end : address.start()])
        yield address[0].replace("_", "\\_")
        end = address.end()
    yield _SIGN.sub(_inert, line[end:])


def _inert(found: re.Match[str]) -> str:
    if found["scheme"]:
        return found[0].replace("://", ":&#47;/").replace(".", "&#46;")
    return f"`{found[0]}`" if found["reference"] else f"\\{found[0]}"


def fenced(foreign: str, language: str = "text") -> str:
    """Foreign text in a block whose fence is longer than any run of backticks in it."""
    safe = wording.terminal_safe(foreign)
    longest = max((len(run) for run in re.findall("`+", safe)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{safe}\n{fence}"


def grid(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are safe already, padded so that it also reads as plain text."""
    lines = [tuple(columns), *(tuple(row) for row in rows)]
    widths = [
        min(WIDEST_CELL, max(3, *(len(line[i]) for line in lines))) for i in range(len(columns))
    ]
    head, *body = (
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in lines
    )
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([head, rule, *body])


def grid_of(made: Grid) -> str:
    """A table of cells, escaped; the asides of its first column get one of their own."""
    apart = bool(made.below) and any(isinstance(r[0], Cell) and r[0].aside for r in made.rows)
    rows = []
    for row in made.rows:
        cells = [_cell(cell, with_aside=bool(i) or not apart) for i, cell in enumerate(row)]
        aside = row[0].aside if isinstance(row[0], Cell) else ""
        rows.append([*cells, *([escaped(aside)] if apart else [])])
    columns = (*made.columns, *([made.below] if apart else []))
    return grid([*map(escaped, columns)], rows)


def _cell(cell: Cell | str, *, with_aside: bool) -> str:
    if isinstance(cell, str):
        return escaped(cell)
    return escaped(wording.with_remark(cell.words, cell.aside) if with_aside else cell.words)


# -- links to headings ---------------------------------------------------------------------


def link(part: str, words: str) -> str:
    """Words (safe already) that are to lead to a part of the page; see `linked`.

    Foreign text cannot pass for one: no control character comes through `escaped` or `fenced`.
    """
    return f"\0{part}\1{words}\2"


def linked(blocks: Sequence[str], parts: Mapping[str, str]) -> Iterator[str]:
    """The blocks with every link made to GitHub's anchor of its part, or none where it is not.

    `parts` are the names of parts by their headings, as "## Summary".
    """
    seen: Counter[str] = Counter()
    anchors: dict[str, str] = {}
    for heading in (block for block in blocks if re.match("#{1,6} ", block)):
        anchor = _github_anchor(heading.lstrip("#").strip())
        again = f"-{seen[anchor]}" if seen[anchor] else ""
        seen[anchor] += 1
        if heading in parts:
            anchors.setdefault(parts[heading], f"#{anchor}{again}")

    def made(found: re.Match[str]) -> str:
        part, words = found[1], found[2]
        return f"[{words}]({anchors[part]})" if part in anchors else words

    yield from (re.sub("\0(.*?)\1(.*?)\2", made, block) for block in blocks)


def _github_anchor(heading: str) -> str:
    """
    >>> _github_anchor("Elsewhere: what carried over")
    'elsewhere-what-carried-over'
    """
    return re.sub(r"[^\w\- ]", "", html.unescape(heading).lower()).replace(" ", "-")
