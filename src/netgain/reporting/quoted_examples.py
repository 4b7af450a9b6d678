"""Problems with their answers, in words: a few that are quoted, and some of each outcome."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from netgain import wording
from netgain.records import Findings, Sample, SampleAnswer
from netgain.reporting import error_phrases
from netgain.reporting.blocks import Excerpt, Quote
from netgain.reporting.view import opening

EXAMPLES = 3  # of each outcome that stand on the page itself
LONGEST_TEXT = 20_000  # characters of one answer shown; report.json has all of it
STEPS = 2  # of a quoted answer, the wrong one last
LONGEST_STEP, LONGEST_QUESTION, LONGEST_ANSWER = 160, 320, 160  # characters


# -- a few that are quoted -----------------------------------------------------------------


def quoted(f: Findings, model: str) -> list[Quote]:
    """A problem that tuning fixed, the most frequent error of a model, and one that it broke.

    Of each kind the one whose wrong step is surest, and of these the shortest.
    """
    rows = f.samples.rows if f.samples is not None and f.samples.texts else ()
    kinds = f.errors_found[model].kinds if model in f.errors_found else ()
    kind = max(kinds, key=lambda m: m.estimate.value or 0.0).name if kinds else ""

    def frequent(row: Sample) -> bool:
        answer = row.tuned if model == "tuned" else row.base
        wrong = answer.diagnosis if answer is not None and not answer.correct else None
        return wrong is not None and wrong.error_kind.replace("_", " ") == kind

    by = "both trainings" if f.after_another else "tuning"
    wanted: tuple[tuple[str, str, Callable[[Sample], bool]], ...] = (
        (f"Fixed by {by}", "base", lambda row: row.outcome == "fixed"),
        (f"{error_phrases.FREQUENT_TITLE}: {kind}", model, frequent),
        (f"Broken by {by}", "tuned", lambda row: row.outcome == "broken"),
    )
    found: dict[str, Quote] = {}
    for title, wrong, fits in wanted:
        held = [row for row in rows if row.problem_id not in found and fits(row)]
        if held:
            row = min(held, key=lambda row: _awkward(row, wrong))
            found[row.problem_id] = _quote(title, row, wrong)
    return list(found.values())


def _awkward(row: Sample, model: str) -> tuple[float, int, str]:
    """What makes a problem a poor example: no wrong step that was surely found, and length."""
    texts = (row.question, *(a.text for a in (row.base, row.tuned) if a is not None))
    answer = row.tuned if model == "tuned" else row.base
    wrong = answer.diagnosis if answer is not None and _wrong_steps(answer) else None
    return -wrong.confidence if wrong else 0.0, sum(map(len, texts)), row.problem_id


def _wrong_steps(answer: SampleAnswer) -> tuple[str, ...]:
    """The last steps up to the first wrong one; () where none was located."""
    wrong = None if answer.correct else answer.diagnosis
    if wrong is None or not 0 <= wrong.first_error < len(wrong.steps):
        return ()
    steps = wrong.steps[max(0, wrong.first_error + 1 - STEPS) : wrong.first_error + 1]
    return tuple(opening(step, LONGEST_STEP) for step in steps)


def _quote(title: str, row: Sample, model: str) -> Quote:
    answer = row.tuned if model == "tuned" else row.base
    assert answer is not None
    both = {"Base": row.base, "Tuned": row.tuned}
    shown = [each for each in both.items() if each[1] is answer or row.outcome == "fixed"]
    return Quote(
        title=title,
        problem_id=row.problem_id,
        question=opening(row.question, LONGEST_QUESTION),
        excerpts=tuple(_excerpt(name, of) for name, of in shown if of is not None),
        said=error_phrases.answered_words(row, answer, model),
        link=urlencode({"problem": row.problem_id}, errors="replace"),
    )


def _excerpt(model: str, answer: SampleAnswer) -> Excerpt:
    steps = _wrong_steps(answer)
    whole = error_phrases.blank_words(answer.text) or opening(answer.text, LONGEST_ANSWER)
    return Excerpt(model, steps or (whole,), bool(steps))


# -- some of each outcome ------------------------------------------------------------------


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


def sample_groups(findings: Findings) -> Iterator[tuple[str, str, Sequence[SampleView]]]:
    """Title, meaning and examples of each outcome that holds any."""
    samples = findings.samples
    rows = samples.rows if samples is not None and samples.texts else ()
    for title, (outcome, meaning) in error_phrases.OUTCOMES.items():
        found = [s for s in rows if s.outcome == outcome][:EXAMPLES]
        if found:
            yield title, meaning, [sample_view(s) for s in found]


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
        finish=error_phrases.FINISH_WORDS[a.finish_reason],
        text=shown(a.text) or "(empty)",
        error=error_phrases.error_words(a.diagnosis) if a.diagnosis else "",
        blank=error_phrases.blank_words(a.text),
    )


def shown(foreign: str) -> str:
    """Foreign text as it is displayed: safe, and cut (saying so) where it is endless."""
    if len(foreign) > LONGEST_TEXT:
        foreign = f"{foreign[:LONGEST_TEXT]}\n{error_phrases.CUT_HERE}"
    return wording.terminal_safe(foreign)
