"""A few problems of each outcome with both answers, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netgain import wording
from netgain.records import Diagnosis, Findings, FinishReason, Sample, SampleAnswer
from netgain.reporting.view import opening

EXAMPLES = 3  # of each outcome that stand on the page itself
LONGEST_TEXT = 20_000  # characters of one answer shown; report.json has all of it

FINISH_WORDS: dict[FinishReason, str] = {
    "stop": "ended by itself",
    "length": "cut off at the token limit",
    "error": "ended with an error",
}


@dataclass(frozen=True)
class Answer:
    """One model's answer to a sample. `outcome` is "right" or "wrong".

    Where the text shows nothing, `blank` says so.
    """

    model: str
    outcome: str
    found: str
    finish: str
    text: str
    error: str
    blank: str


@dataclass(frozen=True)
class SampleView:
    """One problem with both answers."""

    problem_id: str
    category: str
    opening: str
    question: str
    gold: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class SampleGroup:
    """Samples with the same outcome."""

    title: str
    meaning: str
    samples: tuple[SampleView, ...]


def sample_groups(findings: Findings) -> Iterator[SampleGroup]:
    """Examples of each outcome that holds any."""
    groups = (
        ("Fixed", "wrong before tuning, right after it", "fixed"),
        ("Broken", "right before tuning, wrong after it", "broken"),
        ("Both wrong", "wrong before and after tuning", "both wrong"),
    )
    shown = findings.samples is not None and findings.samples.texts
    rows = findings.samples.rows if findings.samples is not None and shown else ()
    for title, meaning, outcome in groups:
        samples = [s for s in rows if s.outcome == outcome][:EXAMPLES]
        if samples:
            yield SampleGroup(title, meaning, tuple(map(sample_view, samples)))


def sample_view(s: Sample) -> SampleView:
    """A sample in words."""
    return SampleView(
        problem_id=s.problem_id,
        category=s.category or "",
        opening=opening(s.question),
        question=shown(s.question),
        gold=s.gold,
        answers=tuple(
            _answer(model, answer)
            for model, answer in (("Base", s.base), ("Tuned", s.tuned))
            if answer is not None
        ),
    )


def _answer(model: str, a: SampleAnswer) -> Answer:
    return Answer(
        model=model,
        outcome="right" if a.correct else "wrong",
        found="no answer found" if a.extracted is None else f"answer found: {a.extracted}",
        finish=FINISH_WORDS[a.finish_reason],
        text=shown(a.text) or "(empty)",
        error=error_words(a.diagnosis) if a.diagnosis else "",
        blank=blank_words(a.text),
    )


def blank_words(text: str) -> str:
    """What an answer consists of that shows nothing; "" where it shows something.

    >>> blank_words(""), blank_words("\\n\\n"), blank_words("4")
    ('Nothing: the answer is empty.', 'Nothing but line breaks (2 characters).', '')
    """
    if text.strip():
        return ""
    if not text:
        return "Nothing: the answer is empty."
    what = "line breaks" if not text.strip("\n") else "spaces and line breaks"
    size = f"{wording.integer(len(text))} character{'s'[: len(text) != 1]}"
    return f"Nothing but {what} ({size})."


def error_words(diagnosis: Diagnosis) -> str:
    """Where and how an answer goes wrong, with the confidence in the place."""
    kind = diagnosis.error_kind.replace("_", " ")
    evidence = wording.capital(diagnosis.evidence.rstrip("."))
    if diagnosis.first_error < 0:
        return f"Kind of error: {kind}. {evidence}."
    return (
        f"First wrong step: {diagnosis.first_error + 1} of {len(diagnosis.steps)} (confidence "
        f"{wording.percent(diagnosis.confidence)}); {kind}. {evidence}."
    )


def shown(foreign: str) -> str:
    """Foreign text as it is displayed: safe, and cut (saying so) where it is endless."""
    if len(foreign) > LONGEST_TEXT:
        foreign = foreign[:LONGEST_TEXT] + "\n… cut here for reading; report.json has the rest"
    return wording.terminal_safe(foreign)
