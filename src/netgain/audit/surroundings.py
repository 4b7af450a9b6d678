"""The words around a number: its clause, its model or moment, whether it rose, what it can be."""

from __future__ import annotations

import re

from netgain.audit import vocabulary as words
from netgain.audit.quantities import Quantity

BREAK = re.compile(
    r"[,;:()|]|→|\b(?:and|while|whereas|but|versus|vs|against|compared (?:to|with)|than|to|from)\b",
    re.IGNORECASE,
)
_FROM = re.compile(r"\bfrom\s(?:a |an |about |around |roughly |approximately |only |just |~)?\s?$")
_TO = re.compile(
    r"(?:\bto\s|\binto\s|→\s?|\breach(?:ed|es|ing)\s|\bat\s)"
    r"(?:a |an |about |around |roughly |approximately |over |nearly |almost |only |just |~)?\s?$"
)
_PAIR = re.compile(r"^\s?(?:[a-z]{1,12} ){0,3}(?:→|to\b|up to\b|down to\b)\s?(?:~|about )?$")
_AGAINST = re.compile(r"^\s?(?:versus|vs|against|compared)\b", re.IGNORECASE)


def direct_role(bare: str, q: Quantity, previous: Quantity | None, after: Quantity | None) -> str:
    """ "from A", "A → B", "to B": start and end by the words right beside the number."""
    left = bare[max(0, q.start - 30) : q.start]
    if _FROM.search(left):
        return "start"
    alike = after is not None and (after.unit == q.unit or not q.unit)
    if after is not None and alike and _PAIR.match(bare[q.end : after.start][:40]):
        return "start"
    return "end" if _TO.search(left) and not left.rstrip().endswith("at") else ""


def is_change(bare: str, q: Quantity) -> bool:
    left, right = bare[max(0, q.start - 90) : q.start], bare[q.end : q.end + 40]
    if _TO.search(left):
        return False
    if q.unit == "share" or _AGAINST.match(right):
        return False
    if q.unit == "points" or (q.signed and q.unit == "%"):
        return True
    return bool(words.CHANGE_BEFORE.search(left) or words.CHANGE_AFTER.match(right))


def own_words(bare: str, q: Quantity, previous: Quantity | None, end: int) -> str:
    """What is said of this number: from the one before it to its clause's end, and its aside."""
    aside = re.match(r"\s?\([^()]{0,60}\)", bare[q.end : q.end + 64])
    start = previous.end if previous is not None else 0
    return bare[start : max(end, q.end + (len(aside[0]) if aside else 0))]


def clause_of(bare: str, q: Quantity) -> tuple[int, int]:
    left = [m.end() for m in BREAK.finditer(bare, max(0, q.start - 160), q.start)]
    right = BREAK.search(bare, q.end, q.end + 120)
    return (left[-1] if left else max(0, q.start - 160)), (right.start() if right else q.end + 120)


def role_of(
    bare: str,
    q: Quantity,
    quantities: tuple[Quantity, ...],
    clause: tuple[int, int],
    direct: str,
    metric: str,
) -> str:
    """For an accuracy the model that is named counts most, for a curve "from" and "to"."""
    named = _named_role(bare, q, quantities, clause)
    return (named or direct) if metric in words.TASK_ACCURACY else (direct or named)


def _named_role(
    bare: str, q: Quantity, quantities: tuple[Quantity, ...], clause: tuple[int, int]
) -> str:
    """The model or the moment that a number belongs to, by the words around it."""
    aside = re.match(r"\s?\([^()]{0,60}\)", bare[q.end : q.end + 64])
    if aside is not None and (m := words.ROLE.search(aside[0])) and m.lastgroup != "change":
        return m.lastgroup or ""
    inside = [
        (abs(m.start() - q.start), m.lastgroup or "")
        for m in words.ROLE.finditer(bare, clause[0], min(len(bare), clause[1]))
        if m.lastgroup != "change"
    ]
    models = [pair for pair in inside if pair[1] in {"base", "tuned"}]
    if models or inside:
        return min(models or inside)[1]
    for m in reversed(list(words.ROLE.finditer(bare, max(0, q.start - 160), q.start))):
        before = [other for other in quantities if other.end <= q.start]
        if any(m.end() <= other.start for other in before):
            return ""
        if before and not BREAK.search(bare[before[-1].end : m.start()]):
            return ""  # "41% for the tuned model and 31%": it belongs to the number before
        if m.lastgroup in {"base", "tuned", "best"}:
            return m.lastgroup
    return ""


def direction_of(q: Quantity, around: str, metric: str) -> int:
    if q.signed:
        return -1 if q.value < 0 else 1
    # An improvement of a loss is a fall.
    rise = words.LOSS_UP if metric in words.LOSSES else words.UP
    up, down = (re.search(rf"\b{p}\b", around, re.IGNORECASE) for p in (rise, words.DOWN))
    if bool(up) == bool(down):
        return 0
    return 1 if up else -1


def split_of(text: str) -> str:
    """Which part of the data a text speaks of."""
    lowered = text.lower()
    if re.search(r"\b(?:validation|eval(?:uation)?|val|dev|held[- ]out)\b|eval_|val_", lowered):
        return "validation"
    return "training" if re.search(r"\btrain(?:ing)?\b|train_", lowered) else ""


def fits(metric: str, q: Quantity, *, change: bool, close: bool) -> bool:
    """Whether a number of this unit can be a value of the metric."""
    if metric == "time":
        return q.unit == "s"
    if metric == "cost":
        return len(q.unit) == 3 and q.unit.isupper()
    if metric == "energy":
        return q.unit in {"Wh", "kWh", "J", "kJ", "MJ", "kg", "g"}
    if metric == "length":
        return q.unit in {"tokens", ""}
    if change:
        return q.unit in {"%", "points", "x"} or (q.unit in {"", "nats"} and metric in words.LOSSES)
    if metric in words.SHARES:
        printed_share = (
            q.unit == "" and q.decimals > 0 and (q.value <= 100 if close else q.value <= 1)
        )
        return q.unit in {"%", "share", "points"} or printed_share
    return q.unit in {"", "nats"} and abs(q.value) < 1000 and (q.decimals > 0 or close)
