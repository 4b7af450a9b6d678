"""What to try next: each proposal with the figure of this run that asks for it.

A rule looks at one figure and proposes at most one experiment that a command of netgain can do
(docs/advice.md lists the rules, their thresholds and sources). Nothing is advised without
evidence, so an empty list is a possible answer. Where the run cannot answer its question, that
comes first; then more of what it had too little of; then what makes the measurement better, since
the others rest on it; then what this run has measured to help, the largest gain first; then the
rest, the cheapest first.
"""

import math
from collections.abc import Callable

from netgain.analysis.advice import computing, measuring, other_training, prompting, scale
from netgain.analysis.advice.proposing import Evidence
from netgain.records import Advice

__all__ = ["Evidence", "advise"]

Rule = Callable[[Evidence], Advice | None]
TIERS: tuple[tuple[Rule, ...], ...] = (
    (measuring.longer_answers_first, scale.larger_model),
    (scale.more_data, scale.more_steps, scale.more_test_problems, scale.more_validation_problems),
    (
        measuring.longer_answers, measuring.another_seed, computing.sample_first,
        computing.perturb_first,
    ),
    (computing.majority_vote, computing.self_refinement, computing.other_prompt),
    (
        prompting.strict_form, prompting.step_by_step, computing.more_samples,
        computing.own_solutions, other_training.policy_gradient, computing.more_varied_problems,
        other_training.train_longer, other_training.train_shorter, other_training.smaller_change,
        scale.larger_model_at_last,
    ),
)  # fmt: skip


def advise(evidence: Evidence) -> tuple[Advice, ...]:
    """The proposals that this run gives evidence for, best first."""
    found = [(tier, rule(evidence)) for tier, rules in enumerate(TIERS) for rule in rules]
    ranked = [(tier, place, a) for place, (tier, a) in enumerate(found) if a is not None]
    ranked.sort(key=lambda each: (each[0], *_rank(*each)))
    return tuple(advice for *_, advice in ranked)


def _rank(tier: int, place: int, advice: Advice) -> tuple[float, float]:
    """Within a tier: as listed in the first ones; else by what was measured, then by time."""
    if tier < 3:
        return place, 0.0
    gain = advice.measured.estimate.value if advice.measured else None
    time = next((m.estimate.value for m in advice.cost if m.name == "time"), None)
    return -(gain or 0.0), math.inf if time is None else time
