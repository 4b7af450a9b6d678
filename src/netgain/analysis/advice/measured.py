"""What was measured beside the headline, as the rules look at it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from netgain.analysis.advice.proposing import Evidence, evaluation_seconds
from netgain.analysis.further.majority import GREEDY
from netgain.records import Comparison, FurtherKind, FurtherResult
from netgain.wording import estimate_words, number, probability


def result(e: Evidence, kind: FurtherKind) -> FurtherResult | None:
    return next((r for r in e.records.further if r.kind == kind), None)


def changes(e: Evidence, kind: FurtherKind, model: str) -> list[Comparison]:
    """The paired comparisons of one model, or between the two where `model` is ""."""
    found = result(e, kind)
    return [c for c in found.changes if c.model == model] if found else []


def extra(e: Evidence, name: str) -> Mapping[str, Any]:
    """The recipe's settings of one extra; empty where it was not asked for."""
    extras = e.records.recipe.get("extras") or {}
    return extras.get(name) or {}


def votes(e: Evidence) -> list[Comparison]:
    """The tuned model's maj@k against its greedy answer, the largest k first."""
    return [c for c in changes(e, "samples", "tuned") if c.reference == GREEDY]


def still_rising(e: Evidence) -> Comparison | None:
    """The last step of the tuned model's maj@k curve, where it is a rise."""
    steps = (c for c in changes(e, "samples", "tuned") if c.reference != GREEDY)
    return next((c for c in steps if c.verdict == "improved"), None)


def told(change: Comparison) -> str:
    """The difference, its interval and the p-value that decided."""
    p = change.deciding_p
    words = estimate_words(change.difference, "points")
    return f"{words}, {probability(p)}" + (" after Holm" if change.adjusted_p is not None else "")


def tokens_of_votes(e: Evidence, k: int) -> str:
    """What k samples of the tuned model take, beside one greedy answer."""
    found = result(e, "samples")
    of = {c.measure: c.points for c in found.curves if c.model == "tuned"} if found else {}
    cost = next((p.tokens for p in of.get("maj@k", ()) if p.k == k), None)
    if cost is None:
        return "an unknown number of tokens"
    greedy = of["greedy"][0].tokens if of.get("greedy") else None
    words = f"{number(cost, 3)} generated tokens a problem"
    return f"{words} in place of {number(greedy, 3)}" if greedy else words


def all_problems(e: Evidence, name: str) -> tuple[str, ...]:
    """The setting that asks all test problems, where the extra asked the first few only."""
    return (f"extras.{name}.limit=null",) if extra(e, name).get("limit") is not None else ()


def yaml(value: object) -> str:
    """A value as `--set` reads it."""
    return json.dumps(value, ensure_ascii=False)


def seconds_of_sampling(e: Evidence, n: int) -> float:
    """n answers to every training problem, at both models' mean speed."""
    asked = e.records.summaries["tuned"].n
    ids = e.records.split.get("ids", {})
    train = len(ids.get("train", ())) or asked
    return evaluation_seconds(e) / 2 * n * train / asked if asked else 0.0
