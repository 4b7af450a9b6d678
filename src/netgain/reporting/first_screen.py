"""The first screen of a report: verdict, what is next, picture, figures, concerns."""

from collections.abc import Iterator, Sequence

from netgain import wording
from netgain.records import Concern, Findings, Metric
from netgain.reporting import phrases
from netgain.reporting.blocks import Block, Drawn, Figures, Fold, Lines, Section, Strip, Words
from netgain.reporting.view import to_heed

CONCERNS = 3  # that stand open
LENGTH = "length of an answer, "  # the figures of this name
PICTURE = ("accuracy", "progress")  # the charts of the first screen


def first_screen(f: Findings, drawn: Drawn) -> Section:
    """Verdict, what is next, picture, figures, concerns."""
    label = phrases.verdict_label(f)
    sentence, beyond = phrases.verdict_sentences(f)
    blocks: list[Block] = [Words(sentence, tone="sentence")]
    if beyond:
        blocks.append(Words(beyond))
    missing = phrases.missing_comparison(f)
    if missing:
        blocks.append(Words(missing, tone="missing"))
    if f.advice:
        blocks.append(Words(f"{f.advice[0].do}.", "What to do next:", "conclusion", "next"))
    picture = tuple(drawn[name] for name in PICTURE if name in drawn)
    if picture:
        blocks.append(Figures(picture))
    figures = tuple(_figures(f))
    if figures:
        blocks.append(Strip(figures))
    blocks += _concerns(to_heed(f))
    return Section("verdict", label, tuple(blocks), f"verdict {label.lower().replace(' ', '-')}")


def _figures(f: Findings) -> Iterator[tuple[str, str, str]]:
    """At most four, and none that the sentence and the picture have."""
    if f.comparison is None:
        for metric in f.key_metrics[:4]:
            yield _large(metric)
        return
    c = f.comparison
    yield (
        "Fixed and broken",
        f"{wording.integer(c.won)} / {wording.integer(c.lost)}",
        f"of {wording.quantity(c.n, 'problems')}, generated answers",
    )
    parts = f.format_skill
    if parts is not None and parts.strict:
        change = wording.value_words(parts.metrics[0].estimate, "points")
        yield "By a strict grader", change, phrases.strict_parts(parts)
    lengths = [m.estimate.value for m in f.accuracy_metrics if m.name.startswith(LENGTH)]
    if len(lengths) == 2 and all(lengths):  # none where others' answers were read without tokens
        before, after = (wording.integer(round(length or 0.0)) for length in lengths)
        yield "Tokens an answer", f"{before} → {after}", phrases.LENGTHS
    known = [m for m in f.key_metrics if not wording.undefined(m.estimate)]
    spent = [m for m in known if m.name in {"time in all", "cost in all"}]
    if spent:
        values = [wording.value_words(m.estimate, m.unit) for m in spent]
        yield (" and ".join(m.name.split()[0] for m in spent).capitalize(), values[0],
               ", ".join([*values[1:], wording.KIND_WORDS[spent[0].kind]]))  # fmt: skip


def _large(metric: Metric) -> tuple[str, str, str]:
    estimate = metric.estimate
    beside = [wording.KIND_WORDS[metric.kind]]
    if estimate.n is not None:
        beside.append(f"n = {wording.integer(estimate.n)}")
    if estimate.interval is not None:
        beside.insert(0, wording.interval_words(estimate, metric.unit, metric.kind))
    return (wording.capital(metric.name), wording.value_words(estimate, metric.unit),
            ", ".join(beside))  # fmt: skip


def _concerns(concerns: Sequence[Concern]) -> Iterator[Block]:
    lines = tuple(map(concern_line, concerns))
    if lines:
        yield Words("", "Bear in mind:")
        yield Lines(lines[:CONCERNS], "caveats")
    if lines[CONCERNS:]:
        more = len(lines) - CONCERNS
        yield Fold(phrases.MORE_TO_HEED.format(more), (Lines(lines[CONCERNS:], "caveats"),))


def concern_line(concern: Concern) -> Words:
    return Words(concern.text, "Grave." if concern.severity == "grave" else "")
