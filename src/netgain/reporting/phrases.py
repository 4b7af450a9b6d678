"""Every sentence that a report says by itself, made from Findings: one place, to be read through.

Concerns, proposals, the verdict and what was measured beside the headline bring their own words
with them (analysis/concerns.py, advice/, sentences.py, comparing/, further/).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from netgain import wording
from netgain.analysis.comparing.pairs import detectable_sentence
from netgain.analysis.sentences import KIND_MEANINGS, counted, were
from netgain.records import (
    ACCURACY_KINDS,
    Comparison,
    Difficulty,
    ErrorsFound,
    Findings,
    FormatSkill,
    GroupAccuracy,
    Metric,
    UnusualAnswers,
    Verdict,
)

FEWEST = 10  # right and wrong answers; of fewer nothing is said one by one
NAMED = 3  # kinds of problems

VERDICT_LABELS: dict[Verdict | None, str] = {
    "improved": "Improved",
    "worse": "Worse",
    "no detectable change": "No detectable change",
    None: "Not compared",
}
FORM_NAMES = {  # "fewer answers" or "more answers" goes before
    "false_equation": "with a false equation",
    "no_answer": "without a readable result",
    "truncated": "cut off before their end",
    "loops": "that repeat themselves",
    "begins_with_mark": "that begin with the result, without working",
    "copies_question": "that copy the question",
}

# -- notes that stand beside tables and charts ---------------------------------------------

LOSS_NOTE = (
    "Loss and teacher-forced token accuracy are measured while the model is given the reference "
    "solution and guesses each next token. They say how training went, not how many problems are "
    "solved."
)
FORMAT_NOTE = (
    "The strict grader accepts an answer only in one form, so a rise in it can come from form "
    "alone. The first row is the sum of the other three. Skill is the change that the robust "
    "grader saw, which reads an answer in any form. Problems won where the base model gave no "
    "readable answer are counted apart."
)
TOKENS_MEANING = (
    "Share of next tokens guessed right while the reference is given. It is not the share of "
    "problems solved: never quote it as that."
)
ERRORS_NOTE = (
    "Each wrong answer has one kind here. Arithmetic: a false equation led to the wrong answer. "
    "Setup: the equations are right, the plan is wrong. A program gives these labels and is "
    "sometimes wrong (docs/diagnosis.md says how often), so they have no intervals."
)
FORMS_NOTE = (
    "An answer can have several of these forms, whether it is right or wrong, so no form hides "
    "another one."
)
HARD_NOTE = (
    "These are associations, not causes. A group is called harder or easier where its accuracy "
    "differs from that of all other problems after correcting for the number of groups "
    "(Benjamini–Hochberg). A dash means that no difference is shown."
)
UNUSUAL_NOTE = "Each is a reason to look at the answer, not a verdict on it."
ADVICE_NOTE = (
    "Each proposal rests on a figure of this run. First comes what the run had too little of, then "
    "what makes the measurement better, then the rest."
)
NO_ADVICE = "By the evidence of this run, nothing is worth trying next at this size."
CHECKED_NOTE = (
    "What this run cannot tell, and what was looked for and found in order. What was not in order "
    "stands on the first screen."
)
KINDS_NOTE = (
    "Kinds of figures: “generated answers” is read from answers that the model wrote itself; "
    "“choice by log-likelihood” from the choices it found likeliest; “teacher-forced” compares its "
    "next-token guesses with a reference solution it is being given; “measured” was read from a "
    "clock, counter or meter; “projected” is an estimate of what was not measured; “published” is "
    "quoted from others."
)
NO_TEXTS = "The questions and answers are left out of this report (report.texts in the recipe)."


# -- the first screen ----------------------------------------------------------------------


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
    problems = f"Problems: {of['Problems']}" if "Problems" in of else ""
    known = (method, problems, ", ".join(of[k] for k in ("Author", "Date") if k in of))
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


# -- training ------------------------------------------------------------------------------


def loss_meaning(change: Metric, whose: str) -> str:
    value = change.estimate.value or 0.0
    on = {
        "training": "the solutions it learns from",
        "validation": "solutions it does not learn from",
    }[whose]
    if value < 0:
        return f"The model predicts {on} better than before."
    if value > 0:
        return f"The model predicts {on} worse than before: something is wrong with the training."
    return f"The model predicts {on} as well as before."


def late_meaning(change: Metric) -> str:
    value = change.estimate.value or 0.0
    if value < -0.01:
        return "It was still falling towards the end."
    return "It stood still towards the end." if value <= 0.01 else "It rose towards the end."


def health(f: Findings) -> str:
    """A word on spikes; "" where the log was not looked through."""
    found = {m.name: m.estimate.value for m in f.training_metrics if m.name.endswith("spikes")}
    if not found or any(value is None for value in found.values()):
        return ""
    spikes = [f"{round(value)} {name}" for name, value in found.items() if value]
    if spikes:
        return f"Training health: {' and '.join(spikes)}; look at the curves at these steps."
    return "Training health: no spikes of the loss or of the gradient norm."


# -- errors and outliers -------------------------------------------------------------------


def hard_words(model: str, found: Difficulty, right: int, wrong: int) -> str:
    """What is hard for a model."""
    if min(right, wrong) < FEWEST:
        few = "right" if right < wrong else "wrong"
        return (
            f"The {model} model gave fewer than {FEWEST} {few} answers: too few to say which "
            "problems are hard for it."
        )
    harder = sorted(
        (g for g in found.groups if g.verdict == "harder"),
        key=lambda g: g.difference.estimate.value or 0.0,
    )
    tested = sum(g.verdict != "too few" for g in found.groups)
    if not harder:
        return (
            f"Of {counted(tested, 'kind')} of problems, none is shown to be harder than the rest "
            f"for the {model} model."
        )
    named = "; ".join(map(_against_the_rest, _without_twins(harder)[:NAMED]))
    return f"Harder than the rest for the {model} model: {named}. An association, not a cause."


def _without_twins(groups: Sequence[GroupAccuracy]) -> list[GroupAccuracy]:
    """One group of those that hold the same problems under two names, as far as counts show it."""
    kept: dict[tuple[object, object], GroupAccuracy] = {}
    for group in groups:
        kept.setdefault((group.accuracy.estimate.share, group.rest.estimate.share), group)
    return list(kept.values())


def _against_the_rest(group: GroupAccuracy) -> str:
    own, rest = (wording.percent(m.estimate.value or 0.0) for m in (group.accuracy, group.rest))
    n = group.accuracy.estimate.n or 0
    return (
        f"{wording.group_words(group.feature, group.group)} ({own} of {counted(n, 'problem')} "
        f"right, {rest} of the others)"
    )


def errors_words(model: str, found: ErrorsFound, of: str) -> str:
    """The most frequent kinds of errors."""
    if found.n < FEWEST:
        return (
            f"The {model} model gave {counted(found.n, 'wrong answer')}{of}: too few to say which "
            "errors are frequent."
        )
    most, *others = sorted(found.kinds, key=lambda m: -(m.estimate.value or 0.0))
    meaning = {kind.replace("_", " "): words for kind, words in KIND_MEANINGS.items()}
    count = round((most.estimate.value or 0.0) * found.n)
    told = (
        f"{wording.integer(count)} of the {counted(found.n, 'wrong answer')} of the {model} "
        f"model{of} {were(count)} of the kind “{most.name}”: {meaning.get(most.name, most.name)}."
    )
    if others:
        second = round((others[0].estimate.value or 0.0) * found.n)
        told += f" Next comes “{others[0].name}” ({wording.integer(second)})."
    return told


def forms_words(f: Findings) -> str:
    """How answers changed in form."""
    moved = [form for form in f.forms if form.verdict != "no change shown"]
    if not f.forms:
        return ""
    if not moved:
        return "No form of answers is shown to have become more or less frequent."
    told = "; ".join(
        f"{form.verdict} answers {FORM_NAMES[form.form]} ({wording.integer(form.base)} before, "
        f"{wording.integer(form.tuned)} after)"
        for form in moved
    )
    return f"After training there are {told}."


def unusual_words(found: Mapping[str, UnusualAnswers]) -> str:
    """Answers that stand out, counted."""
    told = []
    for model, of in found.items():
        kinds = [
            f"{wording.integer(round(m.estimate.value * of.n))} {m.name}"
            for m in of.counts
            if m.estimate.value
        ]
        if kinds:
            told.append(f"{model} model: {', '.join(kinds)}")
    if not told:
        return "No answer is unusually long, repeats itself, or is off by a telling factor."
    return f"{wording.capital('; '.join(told))}. Each is a reason to look, not a verdict."


# -- comparison ----------------------------------------------------------------------------


def moved_words(c: Comparison) -> str:
    """What became of the problems, and whether chance explains it."""
    moved = f"{counted(c.won, 'problem')} {were(c.won)} fixed and {wording.integer(c.lost)} broken"
    if c.verdict == "no detectable change":
        return f"{moved}: chance alone can do that."
    what = "gain" if c.verdict == "improved" else "loss"
    return f"{moved}: a {what} that chance alone does not explain."


def format_words(parts: FormatSkill) -> str:
    """What a change in strict accuracy is made of."""
    if not (parts.strict or parts.skill or parts.format or parts.unattributed):
        return "The strict and the robust grader see no change of form."
    told = ", ".join(
        f"{wording.integer(abs(count))} {'more' if count > 0 else 'fewer'} {what}"
        for count, what in (
            (parts.skill, "from skill"),
            (parts.format, "from form alone"),
            (parts.unattributed, "where the base model's answer could not be read"),
        )
        if count
    )
    whole = f"{wording.integer(abs(parts.strict))} {'more' if parts.strict > 0 else 'fewer'}"
    if not parts.strict:
        whole = "as many answers as before"
    return f"A grader that insists on one form accepts {whole}: {told}."


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


def conclusion(f: Findings) -> Iterator[str]:
    """Three sentences: whether it helped, what to make of it, what to do."""
    c = f.comparison
    if c is None:
        yield "Nothing can be concluded about a gain before both models have answered."
    elif f.at_floor:
        yield "The problems are too hard for both models, so this run does not answer its question."
    elif c.verdict == "improved":
        yield "The training helped on these problems."
    elif c.verdict == "worse":
        yield "The training did harm on these problems."
    else:
        yield "Whether the training helped is not shown: report neither a gain nor a loss."
    if c is not None and not f.at_floor:
        yield _worth(f, c)
    grave = sum(concern.severity == "grave" for concern in f.concerns)
    if grave:
        yield "First mend what is called grave on the first screen: until then no figure counts."
    elif f.advice:
        yield f"What to do next: {f.advice[0].do[:1].lower()}{f.advice[0].do[1:]}."


def _worth(f: Findings, c: Comparison) -> str:
    parts = f.format_skill
    if c.verdict == "no detectable change":
        return "A small effect may exist; more test problems would show it."
    alone = "quote the difference with its interval, and for this training run alone."
    if parts is None or not parts.strict:
        return wording.capital(alone)
    if parts.skill * parts.strict > 0 and abs(parts.skill) >= abs(parts.strict) / 2:
        return f"Most of the change is skill, not form: {alone}"
    return f"Most of the change is form, or may be: {alone}"
