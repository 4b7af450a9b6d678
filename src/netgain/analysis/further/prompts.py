"""Other prompts for the same problems: how much of a gain a prompt would have given for free."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from netgain.analysis.comparing.pairs import adjusted, told
from netgain.analysis.estimates.melded import paired_difference
from netgain.analysis.estimates.statistics import ALPHA, LEVEL
from netgain.analysis.further.asked_again import MODELS, FurtherEvaluation, Headline, Right
from netgain.analysis.further.pairing import Ways, accuracy, compare_ways, spent, unsound
from netgain.records import Comparison, Estimate, FurtherCell, FurtherResult, FurtherTable, Metric
from netgain.wording import capital, estimate_words, number

OWN = "the recipe's prompt"
LONGEST_SETTING = 200  # characters of a prompt's setting that are shown
GAINS = (
    f"gain of the tuning under {OWN}",
    "gain of the base model's best other prompt",
    "gain of the tuning over the base model's best other prompt",
)
Asked = Mapping[str, Mapping[str, FurtherEvaluation]]  # model -> prompt -> answers


def prompts(headline: Headline, evaluations: Sequence[FurtherEvaluation]) -> FurtherResult | None:
    """Each prompt against the recipe's own, and the tuned model against the best of them.

    Args:
        evaluations: one a prompt and model; the name is the prompt's.

    Returns:
        None where no model answered under another prompt than the recipe's.
    """
    found = {
        m: {e.name: e for e in evaluations if e.model == m and e.grades}
        for m in MODELS
        if m in headline.grades
    }
    asked = [e for of in found.values() for e in of.values()]
    if not asked:
        return None
    changes = {m: adjusted([_change(headline, e) for e in of.values()]) for m, of in found.items()}
    free, figures = _for_free(headline, changes.get("base", []), found.get("base", {}))
    against_own = [(m, c) for m, of in changes.items() for c in of]
    return FurtherResult(
        title="Other prompts for the same problems",
        kind="prompt",
        sentences=(
            *free,
            *(told(c, f"{c.other} against {c.reference}, {m} model") for m, c in against_own),
        ),
        tables=(_table(headline, found), *_prompts_table(headline, asked)),
        changes=(*(c for _, c in against_own), *_tuning(found)),
        figures=figures,
        caveats=(
            "The best of several prompts looks better on the problems it was chosen on than it "
            "is: for a figure to quote, ask it new problems.",
            *(c for e in asked for c in unsound(e, f"the {e.model} model, {e.name}")),
        ),
    )


def _change(headline: Headline, evaluation: FurtherEvaluation) -> Comparison:
    lines = recipe_lines(evaluation.settings.get("prompt", {}), headline.prompt)
    ways = Ways(evaluation.model, OWN, evaluation.name, recipe=lines)
    return compare_ways(ways, headline.right(evaluation.model), evaluation.right)


def recipe_lines(prompt: Mapping[str, Any], own: Mapping[str, Any]) -> tuple[str, ...]:
    """What `--set` takes to make this prompt the run's own: the settings that differ.

    >>> recipe_lines({"style": "a", "instruction": "Think: well."}, {"style": "a"})
    ('prompt.instruction="Think: well."',)
    """
    return tuple(
        f"prompt.{key}={json.dumps(value, ensure_ascii=False)}"
        for key, value in _differing(prompt, own).items()
    )


def _differing(prompt: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in prompt.items() if own.get(key) != value}


def _tuning(found: Asked) -> list[Comparison]:
    """Tuned − base under each prompt that both models were asked."""
    base, tuned = (found.get(m, {}) for m in MODELS)
    return adjusted(
        [
            compare_ways(Ways("", f"base, {name}", f"tuned, {name}"), e.right, tuned[name].right)
            for name, e in base.items()
            if name in tuned
        ]
    )


# -- a gain for free -----------------------------------------------------------------------


def _for_free(
    headline: Headline,
    changes: Sequence[Comparison],
    asked: Mapping[str, FurtherEvaluation],
) -> tuple[list[str], tuple[Metric, ...]]:
    """Tuning's gain beside the gain of the base model's best prompt, and what is left of it.

    The best of m prompts is chosen on the same problems, so its interval, and that of what is
    left, holds for all m at once: then it holds for the best (Bonferroni, level 1 − 5% / m,
    rounded up).
    """
    if not changes or "tuned" not in headline.grades:
        return [], ()
    best = max(changes, key=lambda c: c.difference.value or 0.0)
    other = asked[best.other].right
    own, tuned = (headline.right(m) for m in MODELS)
    common = [p for p in other if p in own and p in tuned]
    if not common:
        return [], ()
    level = math.ceil(1000 * (1 - ALPHA / len(changes))) / 1000
    tuning = _gain(common, own, tuned)
    free = _gain(common, own, other, level)
    left = _gain(common, other, tuned, level)
    several = len(changes) > 1
    chosen = f", the best of {len(changes)} on these very problems," if several else ""
    sentence = (
        f"How much a prompt gives for free: {best.other!r}{chosen} changes the base model's "
        f"accuracy by {estimate_words(free, 'points')}; tuning changes it by "
        f"{estimate_words(tuning, 'points')} under {OWN}. Tuned, less the base model under "
        f"{best.other!r}: {estimate_words(left, 'points')}. {_what_is_left(tuning, left)}"
    )
    figures = zip(GAINS, (tuning, free, left), strict=True)
    return [sentence], tuple(Metric(name, "points", "generated", gain) for name, gain in figures)


def _what_is_left(tuning: Estimate, left: Estimate) -> str:
    if left.interval is None or tuning.interval is None:
        return "What is left of the tuning's gain cannot be said."
    if left.interval[0] > 0:
        return "The tuning gave more than any of these prompts did alone."
    if left.interval[1] < 0:
        return "That prompt alone gave more than the tuning."
    if tuning.interval[0] > 0:
        return "So it is not shown that the tuning gave more than a prompt would have."
    return "Neither is shown to be better than the other."


def _gain(problems: Sequence[str], before: Right, after: Right, level: float = LEVEL) -> Estimate:
    pairs = [(before[p][0], after[p][0]) for p in problems]
    return paired_difference(
        pairs.count((True, False)), pairs.count((False, True)), len(pairs), level
    )


# -- tables --------------------------------------------------------------------------------


def _table(headline: Headline, found: Asked) -> FurtherTable:
    """Prompts by models: accuracy and the length of an answer."""
    names = dict.fromkeys(name for of in found.values() for name in of)
    asked = {g.problem_id for of in found.values() for e in of.values() for g in e.grades}
    rows: list[tuple[FurtherCell, ...]] = []
    for name in (OWN, *names):
        cells: list[FurtherCell] = [name]
        for m, of in found.items():
            if name == OWN:
                right, answers = headline.right(m, asked), headline.answers(m, asked)
            elif name in of:
                right, answers = of[name].right, list(of[name].generations)
            else:
                cells += ["", ""]
                continue
            cells.append(accuracy(f"accuracy under {name}, {m}", right))
            cells.append(number(spent(answers).tokens, 3))
        rows.append(tuple(cells))
    columns = [f"{capital(m)}{what}" for m in found for what in (" accuracy", ", generated tokens")]
    return FurtherTable("Accuracy under each prompt", ("Prompt", *columns), tuple(rows))


def _prompts_table(headline: Headline, asked: Sequence[FurtherEvaluation]) -> list[FurtherTable]:
    """What each prompt is, as far as it is another than the recipe's."""
    settings = {
        e.name: _differing(e.settings["prompt"], headline.prompt)
        for e in asked
        if e.settings.get("prompt")
    }
    rows = tuple(
        (name, "; ".join(f"{k}: {_shortened(v)}" for k, v in of.items()) or "no difference")
        for name, of in settings.items()
    )
    caption = f"The prompts, where they differ from {OWN}"
    return [FurtherTable(caption, ("Prompt", "Settings"), rows)] if rows else []


def _shortened(value: Any) -> str:
    text = "none" if value is None or value == [] else str(value)
    return text if len(text) <= LONGEST_SETTING else text[: LONGEST_SETTING - 1] + "…"
