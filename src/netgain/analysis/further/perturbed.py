"""The same problems with other numbers: a drop is memorisation, or brittleness to numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from netgain.analysis.comparing.comparison import of_differences
from netgain.analysis.further.inputs import MODELS, FurtherEvaluation, Headline
from netgain.analysis.further.pairing import (
    Right,
    Ways,
    accuracy,
    common_only,
    compare_ways,
    counted,
    difference_words,
    drawn_at_random,
    right_of,
    told,
    unsound,
)
from netgain.records import Comparison, FurtherResult, FurtherTable
from netgain.wording import capital, integer

ORIGINAL, PERTURBED = "original numbers", "other numbers"


def perturbed(headline: Headline, evaluations: Sequence[FurtherEvaluation]) -> FurtherResult | None:
    """Each model's perturbed answers against its original ones, and one drop against the other.

    Args:
        evaluations: those of the kind "perturbed", one a model at most.

    Returns:
        None where no model answered both.
    """
    by_model = {e.model: e for e in evaluations if e.grades and e.model in headline.grades}
    found = {m: by_model[m] for m in MODELS if m in by_model}
    variants = {m: _variants(e) for m, e in found.items()}
    originals = {m: common_only(right_of(headline.grades[m], turn=0), variants[m]) for m in found}
    if not any(originals.values()):
        return None
    changes = {
        m: compare_ways(Ways(m, ORIGINAL, PERTURBED), originals[m], variants[m]) for m in found
    }
    sentences = [
        told(c, f"{PERTURBED} against {ORIGINAL}, {m} model") for m, c in reversed(changes.items())
    ]
    if len(found) == 2:
        between = _between(originals, variants, changes)
        changes["both"] = between
        sentences.insert(0, _between_sentence(between))
    return FurtherResult(
        title="The same problems with other numbers",
        kind="perturbed",
        sentences=(*sentences, *_without(found.values())),
        tables=(_table(originals, variants),),
        changes=tuple(changes.values()),
        caveats=(
            "The numbers keep their size, so that a drop is not due to harder sums. Whether it is "
            "memorised problems or answers that hang on the very numbers cannot be told apart "
            "here; a drop that tuning widened is the tuning's.",
            *drawn_at_random(list(changes.values())),
            *(c for e in found.values() for c in unsound(e.generations, f"the {e.model} model")),
        ),
    )


def _variants(evaluation: FurtherEvaluation) -> Right:
    """By original problem, the verdicts on all its variants."""
    found: defaultdict[str, list[bool]] = defaultdict(list)
    for problem, answers in right_of(evaluation.grades, turn=0).items():
        if problem in evaluation.originals:
            found[evaluation.originals[problem]] += answers
    return {original: tuple(right) for original, right in found.items()}


def _between(
    originals: Mapping[str, Right], variants: Mapping[str, Right], changes: Mapping[str, Comparison]
) -> Comparison:
    """The tuned model's change by other numbers less the base model's, problem by problem.

    Both models' first variant stands against the original: of more variants than originals the
    test would not be exact.
    """
    ids = [p for p in originals["base"] if p in originals["tuned"]]

    def change(model: str, problem: str) -> int:
        return variants[model][problem][0] - originals[model][problem][0]

    found = of_differences([change("tuned", p) - change("base", p) for p in ids], 1, most=2.0)
    reference, other = (f"change by {PERTURBED}, {m}" for m in MODELS)
    return Comparison(
        n=len(ids), both=0, lost=found.lost, won=found.won, neither=0, difference=found.mean,
        p_value=found.p_value, test=found.test, verdict=found.verdict, reference=reference,
        other=other, reference_share=changes["base"].difference,
        other_share=changes["tuned"].difference,
    )  # fmt: skip


def _between_sentence(change: Comparison) -> str:
    told_as = {
        "worse": "Tuning made the model lean more on the numbers it was asked with",
        "improved": "Tuning made the model lean less on the numbers it was asked with",
        "no detectable change": "It is not shown that tuning made the model lean more, or less, on "
        "the very numbers",
    }[change.verdict]
    if not change.n:
        return "No verdict on tuning: no problem was answered by both models with both numbers."
    return (
        f"{told_as}: on {counted(change.n, 'problem')} the change by {PERTURBED} is, tuned less "
        f"base, {difference_words(change)}."
    )


def _without(found: Collection[FurtherEvaluation]) -> tuple[str, ...]:
    count = max(e.set_aside for e in found)
    if not count:
        return ()
    return (f"For {counted(count, 'problem')} of those asked no sound variant was found.",)


def _table(originals: Mapping[str, Right], variants: Mapping[str, Right]) -> FurtherTable:
    rows = tuple(
        (
            m,
            accuracy(f"accuracy with {ORIGINAL}, {m}", originals[m]),
            accuracy(f"accuracy with {PERTURBED}, {m}", common_only(variants[m], originals[m])),
            integer(sum(len(variants[m][p]) for p in originals[m])),
        )
        for m in originals
    )
    columns = ("Model", capital(ORIGINAL), capital(PERTURBED), "Variants asked")
    return FurtherTable("Accuracy on the same problems", columns, rows)
