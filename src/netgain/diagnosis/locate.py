"""Which step is the first wrong one, and how sure that is.

Where the question has a reference, each step's features are weighed and the weights' sum turned
into a share of certainty (a softmax over the steps: a conditional logit, McFadden 1974). The
weights lie beside this file as readable JSON; `benchmarks/first_error_weights.py` fits them.
Without a reference solution there is only falsity to go by: the first false equation, else the
first number from nowhere, else the longest step that reckons (the best guess of those tried).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from netgain.diagnosis.features import Features
from netgain.diagnosis.graph import Graph, Step

WEIGHTS_FILE = "first_error_weights.json"
FALSE_EQUATION = 0.8  # of the 66 that are found without a reference 54 are the first error
_STRAY_OPERAND = 0.4
_LONGEST_STEP = 0.35
_NO_SUM = 0.1


@cache
def weights() -> Mapping[str, float]:
    """The weight of each feature."""
    text = files("netgain.diagnosis").joinpath(WEIGHTS_FILE).read_text(encoding="utf-8")
    found: dict[str, float] = json.loads(text)["weights"]
    return found


def by_weights(rows: Sequence[Features]) -> tuple[int, float]:
    """The step whose features weigh most, and the share of certainty that is on it."""
    weight = weights()
    sums = [sum(weight[name] * value for name, value in row.items() if value) for row in rows]
    best = max(range(len(sums)), key=sums.__getitem__)
    top = sums[best]
    return best, 1 / sum(math.exp(each - top) for each in sums)


def by_falsity(graph: Graph) -> tuple[int, float]:
    """The first false equation, else the first operand from nowhere, else the longest sum."""
    steps = graph.steps
    for confidence, found in (
        (FALSE_EQUATION, [step for step in steps if step.false]),
        (FALSE_EQUATION, [s for s in steps if any(true is False for _, true in s.checked)]),
        (_STRAY_OPERAND, [step for step in steps if step.stray]),
        (_LONGEST_STEP, sorted((step for step in steps if step.reckons), key=_shortness)),
    ):
        if found:
            return found[0].index, confidence
    return len(steps) - 1, _NO_SUM


def _shortness(step: Step) -> int:
    return -len(step.text)
