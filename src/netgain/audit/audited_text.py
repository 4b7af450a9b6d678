"""A report's text -> sentences and tables, each with its line.

Reads Markdown, plain text, HTML, LaTeX tables and the Markdown cells of a notebook. Pictures and
code are left out; of code blocks, lines of settings are kept.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netgain.audit.html_text import Line, text_lines
from netgain.errors import DataError
from netgain.text import markup

MAX_CHARACTERS = 4_000_000
LONGEST_SENTENCE = 1_500
MOST_COLUMNS = 40
MOST_ROWS = 5_000
CONFIG_LANGUAGES = frozenset(["yaml", "yml", "json", "toml", "ini", "cfg", "python", "py"])

# How a report writes what `text.markup` leaves as it is.
_SPELLINGS = (
    (re.compile(r"\\(?:rightarrow|to|Rightarrow)\b|-{1,2}>|=>|⟶|➜|➔"), "→"),
    (re.compile(r"\\(?:approx|sim)\b|[≈∼]"), "~"),
    (re.compile(r"\\times\b"), "×"),
    (re.compile(r"\\alpha\b|α"), "alpha"),
    (re.compile("∆"), "Δ"),
    (re.compile("[’‘]"), "'"),
)
# "$0.609$" and "$92.85\\%$" are mathematics; "$5 and $7" is money.
_MATHS = re.compile(r"\$(?=[^\s$])([\de.,+\-\\%^{}×±/=<>~→ ]{1,60}?)(?<=[^\s$])\$(?!\d)")
_PICTURE = re.compile(r"!\[[^\[\]]{0,1000}\]\([^()\s]{0,500}\)")
_LINK = re.compile(r"\[([^\[\]]{0,500})\]\([^()]{0,500}\)")
_ESCAPE = re.compile(r"\\([\\`*_\[\]|~$#+\-.!<>(){}%&])")
_EMPHASIS = re.compile(r"(?<!\s)\*{1,3}|\*{1,3}(?!\s)|`|~~|(?<!\w)_{1,2}(?=\w)|(?<=\w)_{1,2}(?!\w)")
_COMMA_PERCENT = re.compile(r"\d,\d{1,2}\s?(?:\\?%|Prozent)")
_POINT_PERCENT = re.compile(r"\d\.\d{1,2}\s?\\?%")
_POINT_GROUPS = re.compile(r"(?<![\d.,])\d{1,3}(?:\.\d{3})+(?!\.?\d)")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d{1,4}(?!\d))(?!\d{3}(?!\d))")
_FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})\s*([\w+-]{0,20})")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(\S.{0,500})$|^\\(?:sub){0,2}section\*?\{([^{}]{1,200})\}")
_LIST_ITEM = re.compile(r"^\s{0,12}(?:[-*+•]|\d{1,3}[.)])\s+")
_SENTENCE_END = re.compile(r"[.!?][\"')\]]{0,3}\s+(?=[A-Z0-9\"'(\[~+$-])|[。！？]")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|vs|cf|approx|fig|tab|no|eq|al|ca|resp|sec|acc|avg|max|min|Dr))\.$",
    re.IGNORECASE,
)
_FRONT_MATTER = re.compile(r"---[ ]*\n(?:[A-Za-z_][\w-]*:.*\n|[ #-].*\n|\n)*?---[ ]*(?:\n|$)")
_CELL_EDGE = re.compile(r"(?<!\\)\|")
_LATEX_RULE = re.compile(r"\\(?:hline|toprule|midrule|bottomrule|cmidrule\S{0,20}|cline\S{0,20})")
_LATEX_CELL = re.compile(r"\\multi(?:column|row)\{[^{}]{0,20}\}\{[^{}]{0,20}\}\{([^{}]{0,200})\}")


@dataclass(frozen=True)
class Sentence:
    """A sentence, a list item or a line of settings (`code`). `section` numbers the headings."""

    text: str
    starts: tuple[tuple[int, int], ...]  # (offset, line)
    heading: str = ""
    section: int = 0
    code: bool = False

    def line(self, offset: int = 0) -> int:
        """The source line of a character."""
        return max((line for start, line in self.starts if start <= offset), default=1)


@dataclass(frozen=True)
class Table:
    """A table: heads of the columns, and rows of (line, cells)."""

    headers: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    heading: str = ""
    section: int = 0
    lead: str = ""  # the sentence before it

    def cell(self, row: tuple[str, ...], column: int) -> str:
        return row[column] if column < len(row) else ""


def read_parts(source: str) -> list[Sentence | Table]:
    """Everything in a report that may hold a claim, in reading order.

    Raises:
        DataError: the text is longer than `MAX_CHARACTERS`.
    """
    if len(source) > MAX_CHARACTERS:
        raise DataError(
            f"the report has {len(source):,} characters; at most {MAX_CHARACTERS:,} are read. "
            "Give the part of it that makes the claims"
        )
    source = _notebook(source).replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT_MATTER.match(source)
    if front is not None:  # data about the page, for programs
        source = "\n" * front[0].count("\n") + source[front.end() :]
    return list(_Reader(text_lines(_with_points(source))).parts())


def _with_points(source: str) -> str:
    """A text that writes "31,0 %" and "1.319" with points for commas and commas for points."""
    if not _COMMA_PERCENT.search(source) or _POINT_PERCENT.search(source):
        return source
    source = _POINT_GROUPS.sub(lambda m: m[0].replace(".", ","), source)
    return _DECIMAL_COMMA.sub(".", source)


def _notebook(source: str) -> str:
    """The Markdown of a Jupyter notebook; any other text as it is."""
    if not source.lstrip().startswith("{") or '"cells"' not in source:
        return source
    try:
        cells = json.loads(source)["cells"]
        texts = [
            "".join(c["source"]) if isinstance(c["source"], list) else str(c["source"])
            for c in cells
            if c.get("cell_type") == "markdown"
        ]
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return source
    return "\n\n".join(texts)


def plain(line: str) -> str:
    """A line without Markdown's and LaTeX's marks, with one spelling for signs, spaces, powers.

    >>> plain("**GSM8K accuracy:** $92.85\\\\%$ at 2×10⁻⁴")
    'GSM8K accuracy: 92.85% at 2e-4'
    """
    if not line.isascii():
        line = "".join(c for c in line if unicodedata.category(c) not in {"Cf", "Cc"} or c == "\t")
    line = _LINK.sub(r"\1", _PICTURE.sub("", line))
    line = _ESCAPE.sub(r"\1", markup.plain(line))
    for pattern, replacement in _SPELLINGS:
        line = pattern.sub(replacement, line)
    return _EMPHASIS.sub("", _MATHS.sub(r"\1", line)).replace("\t", " ").rstrip()


class _Reader:
    """Walks over the lines once, keeping the heading and the open paragraph."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.heading, self.section, self.lead = "", 0, ""
        self.paragraph: list[Line] = []
        self.index = 0

    def parts(self) -> Iterator[Sentence | Table]:
        while self.index < len(self.lines):
            number, raw = self.lines[self.index]
            fence = _FENCE.match(raw)
            if fence is not None:
                yield from self._end_paragraph()
                yield from self._fenced(fence[1], fence[2].lower())
            elif "|" in raw and self._is_rule(self.index + 1):
                yield from self._end_paragraph()
                yield self._table()
            elif "\\begin{tabular" in raw:
                yield from self._end_paragraph()
                yield from self._latex_table()
            else:
                yield from self._line(number, raw)
                self.index += 1
        yield from self._end_paragraph()

    def _line(self, number: int, raw: str) -> Iterator[Sentence]:
        stripped = raw.lstrip("> \t")
        heading = _HEADING.match(stripped)
        if heading is not None:
            yield from self._end_paragraph()
            self.section += 1
            self.heading = plain(heading[1] or heading[2]).strip(" #")[:300]
            yield Sentence(self.heading, ((0, number),), self.heading, self.section)
        elif not stripped:
            yield from self._end_paragraph()
        elif (item := _LIST_ITEM.match(raw)) is not None:
            yield from self._end_paragraph()
            self.paragraph = [(number, plain(raw[item.end() :]))]
        else:
            self.paragraph.append((number, plain(stripped)))

    def _end_paragraph(self) -> Iterator[Sentence]:
        """The sentences of the open paragraph, each knowing on which lines it stands."""
        lines, self.paragraph = self.paragraph, []
        starts: list[tuple[int, int]] = []
        length = 0
        for number, piece in lines:
            starts.append((length, number))
            length += len(piece) + 1
        text = " ".join(piece for _, piece in lines)
        at = 0
        for start, end in _sentence_spans(text):
            while at + 1 < len(starts) and starts[at + 1][0] <= start:
                at += 1
            within = [(0, starts[at][1])]
            for offset, number in starts[at + 1 :]:
                if offset >= end:
                    break
                within.append((offset - start, number))
            self.lead = text[start:end]
            yield Sentence(self.lead, tuple(within), self.heading, self.section)

    def _fenced(self, mark: str, language: str) -> Iterator[Sentence]:
        """Skip a block of code; lines of settings are kept."""
        self.index += 1
        while self.index < len(self.lines):
            number, raw = self.lines[self.index]
            self.index += 1
            if raw.strip().startswith(mark) and not raw.strip().strip(mark[0]):
                break
            if language in CONFIG_LANGUAGES and raw.strip():
                text = raw.strip()[:LONGEST_SENTENCE]
                yield Sentence(text, ((0, number),), self.heading, self.section, code=True)

    def _is_rule(self, index: int) -> bool:
        """Whether a line parts a table's head from its body."""
        line = self.lines[index][1].strip() if index < len(self.lines) else ""
        return "-" in line and "|" in line and set(line) <= set("|-: \t")

    def _table(self) -> Table:
        headers = _cells(self.lines[self.index][1])
        self.index += 2
        rows: list[tuple[int, tuple[str, ...]]] = []
        while self.index < len(self.lines) and "|" in self.lines[self.index][1]:
            number, raw = self.lines[self.index]
            if len(rows) < MOST_ROWS:
                rows.append((number, _cells(raw)))
            self.index += 1
        return Table(headers, tuple(rows), self.heading, self.section, self.lead)

    def _latex_table(self) -> Iterator[Table]:
        rows: list[tuple[int, tuple[str, ...]]] = []
        while self.index < len(self.lines):
            number, raw = self.lines[self.index]
            self.index += 1
            text = _LATEX_CELL.sub(r"\1", _LATEX_RULE.sub("", raw))
            if "&" in text and len(rows) < MOST_ROWS:
                text = re.sub(r"\\\\.{0,40}$", "", text.strip())
                cells = re.split(r"(?<!\\)&", text, maxsplit=MOST_COLUMNS)
                rows.append((number, tuple(plain(c).strip()[:LONGEST_SENTENCE] for c in cells)))
            if "\\end{tabular" in raw:
                break
        if rows:
            yield Table(rows[0][1], tuple(rows[1:]), self.heading, self.section, self.lead)


def _cells(row: str) -> tuple[str, ...]:
    inner = row.strip()
    inner = inner[1:] if inner.startswith("|") else inner
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    cells = _CELL_EDGE.split(inner, MOST_COLUMNS)
    return tuple(plain(cell).strip()[:LONGEST_SENTENCE] for cell in cells)


def _sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where sentences begin and end; an endless one is cut between words."""
    start = 0
    ends = [
        m.end()
        for m in _SENTENCE_END.finditer(text)
        if _ABBREVIATION.search(text[max(0, m.start() - 8) : m.start() + 1]) is None
    ]
    for end in [*ends, len(text)]:
        while end - start > LONGEST_SENTENCE:
            cut = text.rfind(" ", start + 1, start + LONGEST_SENTENCE)
            cut = cut if cut > start else start + LONGEST_SENTENCE
            yield start, cut
            start = cut
        if text[start:end].strip():
            yield start, end
        start = end
