"""report.md: reads well as plain text, and on a page that renders Markdown.

The same document as report.html. Foreign text stands in fenced blocks or is escaped; no HTML is
written at all. Links lead to headings of the page, by the anchors that GitHub gives them, and to
the files beside it.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from netgain.records import Findings
from netgain.reporting import error_phrases, phrases, quoted_examples
from netgain.reporting.blocks import (
    Block,
    Code,
    Document,
    Facts,
    Figures,
    Fold,
    Grid,
    Heading,
    Lines,
    Problems,
    Quote,
    Section,
    Strip,
    Words,
)
from netgain.reporting.document import document
from netgain.reporting.drawing import Chart
from netgain.reporting.markdown_blocks import escaped, fenced, grid_of, link, linked

MARKS = {"passed": "✓", "not checked": "?"}  # before a line of what was checked


def render(findings: Findings) -> bytes:
    """report.md as bytes."""
    return rendered(document(findings), findings)


def rendered(made: Document, findings: Findings | None = None) -> bytes:
    """A document as bytes."""
    blocks = list(_opening(made))
    for section in made.sections[1:]:
        blocks.append(f"## {escaped(section.title)}")
        for block in section.blocks:
            if not isinstance(block, Problems):
                blocks += written(block)
            elif findings is not None:
                blocks += _examples(findings)
    parts = {f"## {escaped(section.title)}": section.name for section in made.sections[1:]}
    return ("\n\n".join(linked(blocks, parts)) + "\n").encode()


def _opening(made: Document) -> Iterator[str]:
    yield f"# {escaped(made.title)}"
    if made.lede:
        yield escaped(made.lede)
    sentence, *rest = made.first.blocks
    yield f"**{escaped(made.first.title)}.** {escaped(getattr(sentence, 'text', ''))}"
    for block in rest:
        yield from written(block)
    yield "## Contents"
    yield "\n".join(_contents(made))


def _contents(made: Document) -> Iterator[str]:
    def entry(section: Section) -> str:
        return f"- {link(section.name, escaped(section.title))}"

    yield from map(entry, (*made.parts, *made.problems))
    yield "- Appendix"
    yield from (f"  {entry(section)}" for section in made.appendix)


def chart_file(name: str) -> str:
    """The name of a chart's file beside report.md."""
    return f"chart-{name}.svg"


# -- blocks --------------------------------------------------------------------------------


def written(block: Block) -> Iterator[str]:
    """A block as blocks of Markdown."""
    yield from WRITERS[type(block)](block)


def written_all(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        yield from written(block)


def _words(block: Words) -> Iterator[str]:
    yield _line(block)


def _line(line: Words, *, links: bool = False) -> str:
    text = escaped(line.text, links=links)
    if not line.head:
        return text
    return f"{link(line.link, f'**{escaped(line.head)}**')} {text}".rstrip()


def _lines(block: Lines) -> Iterator[str]:
    if block.style == "checks":
        yield "\n".join(f"- {MARKS.get(e.head, '!')} {escaped(e.text)}" for e in block.lines)
    else:
        links = block.style == "proposal"
        yield "\n".join(f"- {_line(each, links=links)}" for each in block.lines)


def _facts(block: Facts) -> Iterator[str]:
    if block.head:
        yield f"### {escaped(block.head)}"
    yield "\n".join(f"- {escaped(what)}: {escaped(told, links=True)}" for what, told in block.pairs)


def _strip(block: Strip) -> Iterator[str]:
    yield "\n".join(
        f"- {escaped(name)}: **{escaped(value)}** ({escaped(aside)})"
        for name, value, aside in block.figures
    )


def _grid(block: Grid) -> Iterator[str]:
    yield f"{escaped(block.caption)}:"
    yield grid_of(block)


def _figures(block: Figures) -> Iterator[str]:
    for chart in block.charts:
        yield from figure(chart)


def figure(chart: Chart) -> Iterator[str]:
    yield f"![{escaped(chart.alt)}]({chart_file(chart.name)})"
    yield escaped(f"{chart.title}. {chart.caption}")


def _quote(block: Quote) -> Iterator[str]:
    yield f"**{escaped(block.title)}** ({escaped(block.problem_id)})"
    lines = [block.question]
    for each in block.excerpts:
        lines += ["", f"{each.model}:", *each.lines[:-1]]
        lines += [f"{'✗ ' * each.marked}{each.lines[-1]}"] if each.lines else []
    yield fenced("\n".join(lines))
    yield escaped(block.said)


def _examples(findings: Findings) -> Iterator[str]:
    """The first examples of each outcome, and where all the others are."""
    samples = findings.samples
    if samples is None:
        return
    if not samples.texts:
        yield phrases.NO_TEXTS
        return
    yield error_phrases.WHERE_ANSWERS.format(
        quoted_examples.EXAMPLES, escaped(samples.chosen), escaped(samples.folder)
    )
    for title, meaning, found in quoted_examples.sample_groups(findings):
        yield f"### {title}: {meaning}"
        for each in found:
            yield from _example(each)


def _example(sample: quoted_examples.SampleView) -> Iterator[str]:
    category = f" ({escaped(sample.category)})" if sample.category else ""
    yield f"#### Problem {escaped(sample.problem_id)}{category}"
    yield fenced(sample.question)
    yield f"Right answer: {escaped(sample.gold)}"
    for a in sample.answers:
        yield f"{a.model} model: **{a.outcome}**, {escaped(a.found)}, {a.finish}"
        yield a.blank or fenced(a.text)
        if a.error:
            yield escaped(a.error)


def _fold(block: Fold) -> Iterator[str]:
    yield f"{escaped(block.title)}:"
    yield from written_all(block.blocks)


WRITERS: dict[type, Callable[[Any], Iterator[str]]] = {
    Words: _words,
    Lines: _lines,
    Grid: _grid,
    Facts: _facts,
    Strip: _strip,
    Figures: _figures,
    Code: lambda block: iter([fenced(block.text, block.language)]),
    Heading: lambda block: iter([f"### {escaped(block.title)}"]),
    Quote: _quote,
    Fold: _fold,
}
