"""What a report says of the training and of the errors; phrases.py has the rest of its words."""

from collections.abc import Mapping, Sequence

from netgain import wording
from netgain.analysis.sentences import KIND_MEANINGS, were
from netgain.records import (
    Diagnosis,
    Difficulty,
    ErrorsFound,
    Findings,
    FinishReason,
    GroupAccuracy,
    Metric,
    Sample,
    SampleAnswer,
    UnusualAnswers,
)
from netgain.reporting.view import opening
from netgain.wording import counted

FEWEST = 10  # right and wrong answers; of fewer nothing is said one by one
NAMED = 3  # kinds of problems
FORM_NAMES = {  # "fewer answers" or "more answers" goes before
    "false_equation": "with a false equation",
    "no_answer": "without a readable result",
    "truncated": "cut off before their end",
    "loops": "that repeat themselves",
    "begins_with_mark": "that begin with the result, without working",
    "copies_question": "that copy the question",
}
UNUSUAL_NAMES = {  # a count goes before
    "very long": "very long",
    "repeated text": "repeating themselves",
    "copied question": "copying the question",
    "wrong sign": "with the wrong sign",
    "off by a power of ten": "off by a power of ten",
    "off by a factor": "too large or small by a whole factor",
}

# -- training ------------------------------------------------------------------------------

LOSS_NOTE = (
    "Loss and teacher-forced token accuracy are measured while the model is given a right "
    "solution and guesses each next token. They say how training went, not how many problems are "
    "solved."
)
TOKENS_MEANING = (
    "Share of next tokens guessed right while a right solution is given. It is not the share of "
    "problems solved: never quote it as that."
)


def loss_meaning(change: Metric, whose: str) -> str:
    """What a change of a loss says."""
    value = change.estimate.value or 0.0
    on = {
        "training": "the solutions it learns from",
        "validation": "solutions it has not seen",
    }[whose]
    if value < 0:
        return f"The model predicts {on} better than before."
    if value > 0:
        return f"The model predicts {on} worse than before: something is wrong with the training."
    return f"The model predicts {on} as well as before."


def health(f: Findings) -> str:
    """A word on spikes; "" where the log was not looked through."""
    found = {m.name: m.estimate.value for m in f.training_metrics if m.name.endswith("spikes")}
    if not found or any(value is None for value in found.values()):
        return ""
    spikes = [f"{round(value)} {name}" for name, value in found.items() if value]
    if spikes:
        return f"{wording.capital(' and '.join(spikes))}: look at the curves at these steps."
    return "Neither the loss nor the gradient norm has spikes."


# -- errors and outliers -------------------------------------------------------------------

ERRORS_NOTE = (
    "Each wrong answer has one kind here. Arithmetic: a false equation led to the wrong answer. "
    "Setup: the equations are right, the plan is wrong. A program gives these labels and is "
    "sometimes wrong (docs/diagnosis.md says how often), so they have no intervals."
)
FORMS_NOTE = "An answer can have several of these forms, whether it is right or wrong."
HARD_NOTE = (
    "These are associations, not causes. A group is called harder or easier where its accuracy "
    "differs from that of all other problems after correcting for the number of groups "
    "(Benjamini–Hochberg). A dash means that no difference is shown."
)
UNUSUAL_NOTE = "Each is a reason to look at the answer, not a verdict on it."
NO_GROUP_CHANGED = (
    "No kind of problem changed more or less than the others did ({} were tested, with "
    "Benjamini–Hochberg correction; report.json has them all)."
)
FIRST_STEP = "Where a wrong step was found, it is the answer's first step in: {}."


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
            f"None of {counted(tested, 'kind')} of problems is shown to be harder than the others "
            f"for the {model} model."
        )
    named = "; ".join(map(_against_the_rest, _without_twins(harder)[:NAMED]))
    return f"The {model} model solves fewer problems of these kinds: {named}."


def _without_twins(groups: Sequence[GroupAccuracy]) -> list[GroupAccuracy]:
    """One group of those that hold the same problems under two names, as far as counts show it."""
    kept: dict[tuple[object, object], GroupAccuracy] = {}
    for group in groups:
        kept.setdefault((group.accuracy.estimate.share, group.rest.estimate.share), group)
    return list(kept.values())


def _against_the_rest(group: GroupAccuracy) -> str:
    own, rest = (wording.percent(m.estimate.value or 0.0) for m in (group.accuracy, group.rest))
    n = wording.integer(group.accuracy.estimate.n or 0)
    return f"{wording.group_words(group.feature, group.group)} ({own} of {n}, others {rest})"


def errors_words(model: str, found: ErrorsFound, of: str) -> str:
    """The two most frequent kinds of errors."""
    if found.n < FEWEST:
        return (
            f"The {model} model gave {counted(found.n, 'wrong answer')}{of}: too few to say which "
            "errors are frequent."
        )
    most = sorted(found.kinds, key=lambda m: -(m.estimate.value or 0.0))[:2]
    counts = [round((m.estimate.value or 0.0) * found.n) for m in most]
    told = " and ".join(
        f"{wording.integer(count)} {were(count)} “{m.name}” ({_kind_meaning(m.name)})"
        for m, count in zip(most, counts, strict=True)
        if count
    )
    return f"Of the {counted(found.n, 'wrong answer')} of the {model} model{of} {told}."


def _kind_meaning(kind: str) -> str:
    return next((words for k, words in KIND_MEANINGS.items() if k.replace("_", " ") == kind), kind)


def of_those_looked_into(f: Findings) -> str:
    """Of how many problems, where not all were looked into."""
    asked = f.comparison.n if f.comparison is not None else 0
    looked_into = max((d.n for d in f.difficulty.values()), default=asked)
    if looked_into >= asked:
        return ""
    return (
        f", among the {wording.integer(looked_into)} of {wording.integer(asked)} problems that "
        "were looked into,"
    )


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
            f"{wording.integer(round(m.estimate.value * of.n))} {UNUSUAL_NAMES[m.name]}"
            for m in of.counts
            if m.estimate.value
        ]
        if kinds:
            told.append(f"{model} model: {', '.join(kinds)}")
    if not told:
        return "No answer is unusually long, repeats itself, or is off by a telling factor."
    return f"{wording.capital('; '.join(told))}."


# -- examples ------------------------------------------------------------------------------

EXAMPLES_NOTE = "short ones; a program marked the first wrong step and named the kind of error"
FREQUENT_TITLE = "The most frequent error"


def answered_words(row: Sample, answer: SampleAnswer, model: str) -> str:
    """What is wrong with a wrong answer, as a program sees it, and what would be right."""
    found = "nothing readable" if answer.extracted is None else opening(answer.extracted, 60)
    told = f"The {model} model answered {found}; right is {opening(row.gold, 60)}."
    wrong = answer.diagnosis
    if wrong is None:
        return told
    kind, evidence = wrong.error_kind.replace("_", " "), opening(wrong.evidence, 160).rstrip(".")
    sure = f" ({_sure(wrong)})" if wrong.first_error >= 0 else ""
    return f"{told} {wording.capital(kind)}{sure}: {evidence[:1].lower()}{evidence[1:]}."


# -- answers one by one --------------------------------------------------------------------

OUTCOMES = {  # a title -> what became of the problems, and what that means
    "Fixed": ("fixed", "wrong before tuning, right after it"),
    "Broken": ("broken", "right before tuning, wrong after it"),
    "Both wrong": ("both wrong", "wrong before and after tuning"),
}
FINISH_WORDS: dict[FinishReason, str] = {
    "stop": "ended by itself",
    "length": "cut off at the token limit",
    "error": "ended with an error",
}
CUT_HERE = "… cut here for reading; report.json has the rest"
NO_PROMPTS = "Prompts are left out: they would take too much room. netgain view has them."
ENDLESS = "Left out of this page: {} with endless texts."
IN_THIS_PAGE = "{:,} of {:,} problems are in this page."
SAMPLED = "a sample of {:,} of {:,} problems, as many as one page holds, {}"
WHERE_ANSWERS = (
    "Here are the first {} of each outcome; report.html and report.json have {}. Every answer "
    "lies as Parquet under {}."
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
    return f"Nothing but {what} ({counted(len(text), 'character')})."


def error_words(diagnosis: Diagnosis) -> str:
    """Where and how an answer goes wrong, with the confidence in the place."""
    kind = diagnosis.error_kind.replace("_", " ")
    evidence = wording.capital(diagnosis.evidence.rstrip("."))
    if diagnosis.first_error < 0:
        return f"Kind of error: {kind}. {evidence}."
    return (
        f"First wrong step: {diagnosis.first_error + 1} of {len(diagnosis.steps)} "
        f"({_sure(diagnosis)}); {kind}. {evidence}."
    )


def _sure(diagnosis: Diagnosis) -> str:
    return f"confidence {wording.percent(diagnosis.confidence).replace('.0%', '%')}"
