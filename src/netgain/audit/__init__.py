"""A written report -> what it says that its own numbers, or a run's, contradict or do not show.

    audit(text, findings)      against a run's Findings
    audit(text, None)          by the text alone

Numbers are read with unit and precision, a table says where each comes from, and a few checks of
words follow. Rules and tables, no model: the same text gives the same marks.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence

from netgain.audit import own_counts
from netgain.audit.audited_text import MAX_CHARACTERS, Sentence, Table, read_parts
from netgain.audit.lints import LINTS, Report
from netgain.audit.maker_lint import maker_claims
from netgain.audit.names import Reading, read_sentence, read_table
from netgain.audit.results import MARKS, AuditResult, Claim, Mark, Source
from netgain.audit.run_check import figure_claim, part_claims, row_claims, setting_claims
from netgain.audit.run_figures import Run, run_of
from netgain.records import Findings

__all__ = ["MARKS", "MAX_CHARACTERS", "MOST_NUMBERS", "AuditResult", "Claim", "Mark", "audit"]

MOST_NUMBERS = 20_000  # of one report; more are no report
MOST_OF_SECTION = 100  # sentences whose counts are held against each other
SECTION_SHOWN = 6_000  # characters of a section that are looked at around a sentence
WHOLE_SHOWN = 400_000  # characters that are searched for what is said once
_ONCE = frozenset(
    {"percent for points", "gain within chance", "kinds of errors", "generalisation", "more epochs",
     "improvement", "chosen on the test split", "hardest problems", "overfitting"}
)  # fmt: skip


def audit(text: str, findings: Findings | None = None) -> AuditResult:
    """Check what a report says.

    Args:
        text: Markdown, plain text, HTML, LaTeX or a notebook, at most `MAX_CHARACTERS`.
        findings: the run it speaks of; None checks the text by itself.

    Raises:
        DataError: the text is longer than that.
    """
    parts = read_parts(text)
    run = run_of(findings) if findings is not None else None
    readings, read, remarks = _read(parts)
    parts = parts[:read]
    report = _report(text[:WHOLE_SHOWN], parts, readings, run)
    claims = _once(
        itertools.chain(
            _against_run(report), _by_itself(report), *(lint(report) for lint in LINTS),
            *(maker_claims(part) for part in parts),
        )
    )  # fmt: skip
    return AuditResult(tuple(claims), _sources(readings, claims), run is not None, tuple(remarks))


def _read(parts: Sequence[Sentence | Table]) -> tuple[list[Reading], int, list[str]]:
    """Every number of the parts, and how many parts were read."""
    readings: list[Reading] = []
    before = ""
    for index, part in enumerate(parts):
        if isinstance(part, Table):
            readings += itertools.islice(read_table(part), MOST_NUMBERS)
        elif _speaks(part):
            found = read_sentence(part, before)
            readings += found
            before = next((r.metric for r in reversed(found) if r.metric), "")
        if len(readings) >= MOST_NUMBERS:
            line = readings[-1].line
            return readings, index + 1, [f"more than {MOST_NUMBERS:,} numbers: read to line {line}"]
    return readings, len(parts), []


def _speaks(sentence: Sentence) -> bool:
    """Whether a sentence speaks of the report's models: code and a glossary do not."""
    return not sentence.code and sentence.heading.lower() != "glossary"


def _report(
    source: str, parts: Sequence[Sentence | Table], readings: list[Reading], run: Run | None
) -> Report:
    pieces: dict[int, list[str]] = defaultdict(list)
    words: list[str] = []
    for part in parts:
        if isinstance(part, Sentence):
            told = [part.text]
        else:
            told = [" | ".join(cells) for cells in (part.headers, *(row for _, row in part.rows))]
        words += told
        pieces[part.section] += told if isinstance(part, Sentence) else []
    sections = {number: " ".join(found)[:SECTION_SHOWN] for number, found in pieces.items()}
    sentences = tuple(p for p in parts if isinstance(p, Sentence) and _speaks(p))
    whole = "\n".join(words)[:WHOLE_SHOWN]
    return Report(parts, readings, sections, whole, source, run, sentences)


def _against_run(report: Report) -> Iterator[Claim]:
    run = report.run
    if run is None:
        return
    named: set[tuple[int, str]] = set()
    for line, label, cells in _rows(report.parts):
        for found in row_claims(line, label, cells, run):
            named.add((line, found.figure))
            yield found
    for reading in report.readings:
        judged = figure_claim(reading, run)
        if judged is not None and (judged.line, judged.figure) not in named:
            yield judged
    yield from setting_claims(report.parts, run)
    for sentence in report.sentences:
        yield from part_claims(sentence, run)


def _rows(
    parts: Sequence[Sentence | Table],
) -> Iterator[tuple[int, str, list[tuple[str, str]]]]:
    """Rows and "name: value" lines as (line, name, [(head, text)])."""
    for part in parts:
        if isinstance(part, Table):
            for line, row in part.rows:
                yield line, row[0], list(zip(part.headers[1:], row[1:], strict=False))
        elif ": " in part.text[:120]:
            label, _, rest = part.text.partition(": ")
            yield part.line(), label, [("", rest)]


def _by_itself(report: Report) -> Iterator[Claim]:
    """The text's numbers against each other."""
    before = None
    for part in report.parts:
        if isinstance(part, Table):
            yield from own_counts.table_count_claims(part)
            yield from own_counts.table_difference_claims(part)
        elif not part.code:
            yield from own_counts.count_claims(part)
            yield from own_counts.difference_claims(part, before)
            before = part
    for _, section in itertools.groupby(report.sentences, key=lambda s: s.section):
        yield from own_counts.bare_count_claims(list(itertools.islice(section, MOST_OF_SECTION)))
    yield from own_counts.impossible_shares(report.readings, dict(report.sections))
    if report.run is not None:  # whose paired test is the better one
        return
    read: dict[tuple[int, str], list[Reading]] = defaultdict(list)
    for reading in report.readings:
        read[reading.section, reading.quote].append(reading)
    for index, last in enumerate(report.sentences):
        if own_counts.IMPROVES.search(last.text):
            window = _window(report.sentences, index)
            near = [r for s in window for r in read.get((s.section, s.text), [])[:20]]
            yield from own_counts.chance_claims(window, near)


def _window(sentences: Sequence[Sentence], index: int) -> list[Sentence]:
    """A sentence and those before it in its section, at most four."""
    section = sentences[index].section
    first = max(0, index + 1 - own_counts.LONGEST_WINDOW)
    return [s for s in sentences[first : index + 1] if s.section == section]


def _once(claims: Iterator[Claim]) -> list[Claim]:
    """Each claim once, and of some kinds only the first that accuses; in reading order."""
    kept: dict[tuple[int, str, str, str], Claim] = {}
    for found in claims:
        kept.setdefault((found.line, found.kind, found.figure, found.quote), found)
    ordered = sorted(kept.values(), key=lambda c: c.line)
    seen: set[str] = set()
    accused = {c.line for c in ordered if c.mark != "supported"}
    result = []
    for found in ordered:
        if found.kind == "improvement" and found.mark == "supported" and found.line in accused:
            continue  # a gain is not borne out where its size is wrong
        accuses = found.kind in _ONCE and found.mark != "supported"
        if not (accuses and found.kind in seen):
            result.append(found)
        if accuses:
            seen.add(found.kind)
    return result


def _sources(readings: Sequence[Reading], claims: Sequence[Claim]) -> tuple[Source, ...]:
    """The table of where each number comes from."""
    reasons = {(c.line, c.figure): c.reason for c in reversed(claims) if c.figure}
    return tuple(
        Source(r.line, r.quantity.text, r.quantity.value, r.quantity.unit, r.quantity.step,
               r.metric.replace("_", " "), reasons.get((r.line, r.quantity.text), ""))
        for r in readings
    )  # fmt: skip
