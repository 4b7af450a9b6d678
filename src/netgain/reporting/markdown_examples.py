"""A few problems with both answers, as Markdown; the first wrong step is told and quoted."""

from __future__ import annotations

from collections.abc import Iterator

from netgain.records import Findings, Sample
from netgain.reporting import error_phrases, examples, phrases, view
from netgain.reporting.markdown_blocks import escaped, fenced

LONGEST_STEP = 200  # characters of a wrong step that is quoted


def example_blocks(findings: Findings) -> Iterator[str]:
    """The first examples of each outcome, and where all the others are."""
    samples = findings.samples
    if samples is None:
        return
    if not samples.texts:
        yield phrases.NO_TEXTS
        return
    yield error_phrases.WHERE_ANSWERS.format(
        examples.EXAMPLES, escaped(samples.chosen), escaped(samples.folder)
    )
    known = {sample.problem_id: sample for sample in samples.rows}
    for title, meaning, shown_ones in examples.sample_groups(findings):
        yield f"### {title}: {meaning}"
        for shown in shown_ones:
            yield from _example(shown, known[shown.problem_id])


def _example(shown: examples.SampleView, sample: Sample) -> Iterator[str]:
    category = f" ({escaped(shown.category)})" if shown.category else ""
    yield f"#### Problem {escaped(shown.problem_id)}{category}"
    yield fenced(shown.question)
    yield f"Right answer: {escaped(shown.gold)}"
    for answer in shown.answers:
        yield (
            f"{answer.model} model: **{answer.outcome}**, {escaped(answer.found)}, {answer.finish}"
        )
        yield answer.blank or fenced(answer.text)
        if answer.error:
            yield escaped(answer.error)
        step = _wrong_step(sample, answer.model)
        if step:
            yield error_phrases.WRONG_STEP
            yield fenced(step)


def _wrong_step(sample: Sample, model: str) -> str:
    """The first wrong step of a model's answer, or "" where none was located."""
    answer = sample.base if model == "Base" else sample.tuned
    found = answer.diagnosis if answer is not None else None
    if found is None or not 0 <= found.first_error < len(found.steps):
        return ""
    return view.opening(found.steps[found.first_error], LONGEST_STEP)
