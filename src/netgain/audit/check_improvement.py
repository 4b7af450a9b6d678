"""Claims in words that the tuned model is better, as good, or worse."""

from __future__ import annotations

import re
from collections.abc import Sequence

from netgain.audit import suggest
from netgain.audit import vocabulary as words
from netgain.audit.agreement import NO_RUN
from netgain.audit.check_changes import NO_BASELINE, noise_words, pair_noise
from netgain.audit.context import Context, claim
from netgain.audit.document import Unit
from netgain.audit.makers import MODEL_NAME
from netgain.audit.reading import Reading, mentions
from netgain.audit.results import Claim

_TIMES = re.compile(
    r"(?:(?P<more>more than|over)|(?P<nearly>nearly|almost|close to))?\s?"
    r"\b(?P<times>doubl(?:ed?|es|ing)|tripl(?:ed?|es|ing)|quadrupl(?:ed?|es|ing))\b",
    re.IGNORECASE,
)
_RIVAL = re.compile(
    rf"\b(?:{words.UP}|comparable|on par|competitive|match(?:es|ed)?|rivals?|close "
    rf"to)\b[^.]{{0,60}}$",
    re.IGNORECASE,
)
_GREAT_STATE = re.compile(r"state[- ]of[- ]the[- ]art|\bSOTA\b", re.IGNORECASE)


def improvement(
    unit: Unit, context: Context, readings: Sequence[Reading], around: str
) -> Claim | None:
    text = unit.text
    if any(r.change and r.metric in words.TASK_ACCURACY for r in readings):
        return None  # judged with its number
    if words.QUALITY.search(text) and (factor := _factor(unit, context)) is not None:
        return factor
    up, down = words.IMPROVED.search(text), words.WORSENED.search(text)
    cautious = words.CAUTIOUS.search(text)
    rises = _rises(readings)
    if not (up or down or cautious or rises) or (not words.QUALITY.search(text) and not cautious):
        return None
    named = {metric for _, _, metric in mentions(text)}
    of_the_task = (
        rises
        or named & words.TASK_ACCURACY
        or re.search(
            r"perform|reason|abilit|capabilit|better (?:than|at)|outperform|\bmath",
            text,
            re.IGNORECASE,
        )
    )
    if named and not of_the_task:
        return None
    if not of_the_task and not re.search(
        r"\b(?:model|base(?:line)?|results?|scores?|gain|difference|improvement)\b",
        text,
        re.IGNORECASE,
    ):
        return None
    negated = cautious or (words.NEGATED.search(text) and not readings)
    if (words.NOT_A_CLAIM.search(text) and not readings) or words.PUBLISHED.search(text):
        return None
    if rival(unit, context, readings, around) is not None:
        return None
    if not negated and not up and not rises and down:
        return _worse(unit, context)
    return _same(unit, context) if negated else _better(unit, context, readings)


def _factor(unit: Unit, context: Context) -> Claim | None:
    """ "Doubled": a ratio in a word."""
    m = _TIMES.search(unit.text)
    evidence = context.evidence
    ratios = evidence.of("relative", change=True) if evidence is not None else []
    if m is None or not ratios or words.NEGATED.search(unit.text):
        return None
    ratio = ratios[0].value + 1
    wanted = {"doubl": 2.0, "tripl": 3.0, "quadr": 4.0}[m["times"].lower()[:5]]
    low, high = (wanted, 99.0) if m["more"] else (0.9 * wanted, 1.05 * wanted)
    if m["nearly"]:
        low, high = 0.8 * wanted, wanted
    if low <= ratio <= high:
        return None  # what else the sentence claims is judged as an improvement
    reason = f"tuned over base is {ratio:.3g} ({ratios[0].words})"
    return claim(unit, "improvement", "contradicted", reason, suggest.difference(evidence))


def _rises(readings: Sequence[Reading]) -> bool:
    """Two accuracies with an arrow between them claim an improvement without a word."""
    ends = {r.role: r.quantity.value for r in readings if r.metric in words.TASK_ACCURACY}
    return "start" in ends and "end" in ends and ends["end"] > ends["start"]


def _better(unit: Unit, context: Context, readings: Sequence[Reading]) -> Claim:
    evidence = context.evidence
    wording = suggest.difference(evidence)
    comparison = evidence.comparison if evidence is not None else None
    if comparison is None:
        if not context.base_figure or context.base_absent:
            where = f" (line {context.base_absent} says so)" if context.base_absent else ""
            return claim(unit, "improvement", "ill-defined", NO_BASELINE + where, wording)
        noise = pair_noise(readings)
        if noise:
            return claim(unit, "difference inside noise", "unsupported", noise, wording)
        reason = NO_RUN if evidence is None else "the run holds no paired comparison"
        return claim(unit, "improvement", "unsupported", reason, wording)
    if comparison.verdict == "improved":
        return claim(unit, "improvement", "supported", noise_words(comparison))
    kind = "difference inside noise" if comparison.verdict != "worse" else "improvement"
    return claim(unit, kind, "contradicted", noise_words(comparison), wording)


def _same(unit: Unit, context: Context) -> Claim | None:
    evidence = context.evidence
    if evidence is None or evidence.comparison is None:
        return None
    comparison = evidence.comparison
    if comparison.verdict == "improved":
        return claim(unit, "no improvement", "contradicted", noise_words(comparison),
                     suggest.accuracy(evidence))  # fmt: skip
    return claim(unit, "no improvement", "supported", noise_words(comparison))


def _worse(unit: Unit, context: Context) -> Claim | None:
    evidence = context.evidence
    if evidence is None or evidence.comparison is None:
        return None
    comparison = evidence.comparison
    if comparison.verdict == "worse":
        return claim(unit, "loss of accuracy", "supported", noise_words(comparison))
    return claim(unit, "loss of accuracy", "contradicted", noise_words(comparison),
                 suggest.accuracy(evidence))  # fmt: skip


def significance(
    unit: Unit, context: Context, readings: Sequence[Reading], around: str
) -> Claim | None:
    """ "Statistically significant" where no other rule has judged the sentence."""
    text = unit.text
    if not re.search(r"statistically significant", text, re.IGNORECASE):
        return None
    if words.IMPROVED.search(text) or words.WORSENED.search(text) or words.CAUTIOUS.search(text):
        return None
    return _better(unit, context, readings)


def rival(unit: Unit, context: Context, readings: Sequence[Reading], around: str) -> Claim | None:
    """Better than, or as good as, a model that the run did not evaluate."""
    text = unit.text
    great = _GREAT_STATE.search(text)
    for m in MODEL_NAME.finditer(text):
        if _RIVAL.search(text[max(0, m.start() - 110) : m.start()]) and re.search(
            r"\b(?:than|with|to|over|par|outperform\w*|surpass\w*|beat\w*|match\w*|rival\w*|"
            r"exceed\w*)\s"
            r"(?:the |that of )?(?:[\w-]{1,20} ){0,3}$", text[: m.start()], re.IGNORECASE,
        ):  # fmt: skip
            if context.evidence is not None and _same_family(m[0], context.evidence.model):
                continue
            great = m
    if great is None or words.NEGATED.search(text):
        return None
    if (
        context.evidence is None
        and great.re is MODEL_NAME
        and words.ROLE.search(text[great.start() :])
    ):
        return None  # "than the base Qwen2": the untuned model itself
    reason = "only the base and the tuned model were evaluated alike; other models' scores come " \
        "from other prompts and graders"  # fmt: skip
    return claim(unit, "comparison with other models", "unsupported", reason,
                 suggest.accuracy(context.evidence))  # fmt: skip


def _same_family(name: str, model: str) -> bool:
    plain = re.sub(r"[^a-z0-9]", "", name.rpartition("/")[2].lower())
    return bool(plain) and plain in re.sub(r"[^a-z0-9]", "", model.lower())
