"""Every sentence that a report says by itself, made from Findings: one place, to be read through.

Concerns, proposals, the verdict and what was measured beside the headline bring their own words
with them (analysis/concerns.py, advice/, sentences.py, comparing/, further/).
"""

from collections.abc import Iterator

from netgain import wording
from netgain.analysis.comparing.pairs import detectable_sentence
from netgain.records import ACCURACY_KINDS, Comparison, Findings, FormatSkill, Verdict

VERDICT_LABELS: dict[Verdict | None, str] = {
    "improved": "Improved",
    "worse": "Worse",
    "no detectable change": "No detectable change",
    None: "Not compared",
}
NO_TEXTS = "The questions and answers are left out of this report (report.texts in the recipe)."


# -- the first screen ----------------------------------------------------------------------

LENGTHS = "mean of the base, mean of the tuned model"
MORE_TO_HEED = "{} more to bear in mind"


def verdict_label(findings: Findings) -> str:
    """The verdict in one to three words."""
    return VERDICT_LABELS[findings.comparison.verdict if findings.comparison else None]


def verdict_body(findings: Findings) -> str:
    """The verdict's sentence without the label that stands above or before it.

    A sentence that begins in another way stays whole.
    """
    label = verdict_label(findings)
    if findings.verdict.startswith(f"{label}: "):
        return wording.capital(findings.verdict.removeprefix(f"{label}: "))
    return findings.verdict


def verdict_sentences(f: Findings) -> tuple[str, str]:
    """The verdict's body as its first sentence, and what such a run could have shown at all."""
    body = verdict_body(f)
    if f.comparison is None or f.comparison.verdict != "no detectable change":
        return body, ""
    detectable = detectable_sentence(f.comparison)
    first, found, _ = body.partition(f" {detectable}")
    return (first, detectable) if found else (body, "")


def lede(f: Findings) -> str:
    """What was done, by whom and when, in a line under the title."""
    of = f.overview
    method = wording.capital(of.get("Method", "")) + (", with LoRA" if "LoRA" in of else "")
    problems, learned = (f"{k}: {of[k]}" if k in of else "" for k in ("Problems", "Learned from"))
    known = (method, problems, learned, ", ".join(of[k] for k in ("Author", "Date") if k in of))
    return " ".join(f"{told}." for told in known if told)


def missing_comparison(findings: Findings) -> str:
    """Why there is no paired comparison, or "" where there is one."""
    if findings.comparison is not None:
        return ""
    by_category = [metric for _, *pair in findings.category_metrics for metric in pair]
    metrics = (*findings.key_metrics, *findings.accuracy_metrics, *by_category)
    if any(metric.kind in ACCURACY_KINDS - {"published"} for metric in metrics):
        return (
            "There is no paired comparison of the base and the tuned model, so nothing can be "
            "said about a gain."
        )
    return (
        "No answers were generated, so there is no accuracy to report and nothing can be said "
        "about a gain. What follows describes the training only."
    )


# -- comparison ----------------------------------------------------------------------------

CONDITIONS = "What is known of its conditions"
PUBLISHED_CONDITIONS = "other prompt and grader"
FORMAT_NOTE = (
    "The strict grader accepts an answer only in one form, so it can see a rise that comes from "
    "form alone. The robust grader reads an answer in any form: the change that it sees is skill. "
    "Where the base model gave no readable answer, the change may be skill or form. The first row "
    "is the sum of the other three."
)


def moved_words(c: Comparison) -> str:
    """Whether chance explains what became of the problems."""
    if c.verdict == "no detectable change":
        return "Chance alone can fix and break so many problems."
    what = "gain" if c.verdict == "improved" else "loss"
    return f"Chance alone does not explain this {what}."


def format_words(parts: FormatSkill) -> str:
    """What a change in strict accuracy is made of, in problems."""
    if not (parts.strict or parts.skill or parts.format or parts.unattributed):
        return "The strict and the robust grader see no change of form."
    more = "more" if parts.strict > 0 else "fewer"
    count = wording.integer(abs(parts.strict))
    whole = f"{count} {more} answers than before" if parts.strict else "as many answers as before"
    told = [
        f"{_signed(count)} {why}"
        for count, why in (
            (parts.skill, "by skill"),
            (parts.format, "by form alone"),
            (parts.unattributed, "by skill or form, as the base model's answer was not readable"),
        )
        if count
    ]
    return f"The strict grader accepts {whole}: {', '.join(told)}."


def strict_parts(parts: FormatSkill) -> str:
    """The same beside the change in points."""
    _, skill, unattributed, form = parts.metrics
    told = [
        f"{wording.value_words(m.estimate, m.unit).removesuffix(' points')} {why}"
        for m, why in ((skill, "skill"), (form, "form alone"), (unattributed, "skill or form"))
        if m.estimate.value
    ]
    return f"of it {', '.join(told)}"


def _signed(count: int) -> str:
    return f"{count:+,d}".replace("-", wording.MINUS)


# What was compared, by whose answers; "" is between the models.
WHOSE = {"tuned": "Tuned model", "base": "Base model", "": "Tuned against base"}


def compared_words(change: Comparison) -> str:
    """What stands against what; between the models, what is the same of both is told once.

    >>> _shared("tuned, chat", "base, chat"), _shared("maj@4, tuned", "one answer, base")
    ('chat', '')
    """
    both = "" if change.model else _shared(change.other, change.reference)
    return both or f"{change.other}, against {change.reference}"


def _shared(other: str, reference: str) -> str:
    for part in (str.partition, str.rpartition):
        (of, _, rest), (of_reference, _, rest_of_reference) = (
            part(other, ", "),
            part(reference, ", "),
        )
        if part is str.rpartition:
            of, rest = rest, of
            of_reference, rest_of_reference = rest_of_reference, of_reference
        if (of, of_reference) == ("tuned", "base") and rest == rest_of_reference:
            return rest
    return ""


# -- conclusion ----------------------------------------------------------------------------

CONCLUSION_TITLE = "Conclusion and what to do next"
NO_ADVICE = "By the evidence of this run, nothing is worth trying next at this size."
ADVICE_NOTE = "What to do next follows, the most useful first; each rests on a figure of this run."


UNREAD_FIRST = (
    "Most answers of both models were cut off or could not be read, so this run does not answer "
    "its question, nor whether the problems are too hard: look at some answers, and at the limit "
    "of tokens and the form that the prompt asks for."
)
QUOTED_ALONE = "Quote the difference with its interval, and for this training run alone."
QUOTED_TOGETHER = "Quote the difference with its interval, and as that of both trainings together."


def conclusion(f: Findings) -> Iterator[str]:
    """Three sentences: whether it helped, what to make of it, what to do."""
    c = f.comparison
    if c is None:
        yield "Nothing can be concluded about a gain before both models have answered."
    elif f.mostly_unread:
        yield UNREAD_FIRST
    elif f.at_floor:
        yield "The problems are too hard for both models, so this run does not answer its question."
    elif c.verdict == "improved":
        yield f"{_trained(f)} helped on these problems."
    elif c.verdict == "worse":
        yield f"{_trained(f)} did harm on these problems."
    else:
        what = wording.capital(f"whether {_trained(f).lower()} helped is not shown")
        yield f"{what}: report neither a gain nor a loss."
    if c is not None and not f.at_floor:
        yield _worth(f, c)
    if any(concern.severity == "grave" for concern in f.concerns):
        yield "First mend what is called grave on the first screen: until then no figure counts."
    elif f.advice:
        yield ADVICE_NOTE
    elif c is not None:
        yield NO_ADVICE


def _trained(f: Findings) -> str:
    """What stands between the base and the tuned model."""
    return "This training and the one it began from together" if f.after_another else "The training"


def _worth(f: Findings, c: Comparison) -> str:
    parts = f.format_skill
    if c.verdict == "no detectable change":
        return f"An effect too small to show on {wording.quantity(c.n, 'problems')} may exist."
    alone = QUOTED_TOGETHER if f.after_another else QUOTED_ALONE
    if parts is None or not parts.strict:
        return alone
    if parts.skill * parts.strict > 0 and abs(parts.skill) >= abs(parts.strict) / 2:
        return f"At least half of the change is skill, not form. {alone}"
    return f"Half of the change or more is form, or may be. {alone}"


# -- notes and headings of the appendix ----------------------------------------------------

CHECKED_NOTE = (
    "What passed a check, and what this run could not check. What did not pass stands on the first "
    "screen."
)
KINDS_NOTE = (
    "Kinds of figures: “generated answers” is read from answers that the model wrote itself; "
    "“choice by log-likelihood” from the choices it found likeliest; “teacher-forced” compares its "
    "next-token guesses with a right solution it is being given; “measured” was read from a "
    "clock, counter or meter; “projected” is an estimate of what was not measured; “published” is "
    "quoted from others."
)
CATEGORIES_LEFT_OUT = "Only the {} largest of {} categories are shown; report.json has the others."
