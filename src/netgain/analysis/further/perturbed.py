"""The same problems with other numbers: a drop is memorisation, or brittleness to numbers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from netgain.analysis.comparing.pairs import difference_words, of_differences, told
from netgain.analysis.further.asked_again import (
    MODELS,
    FurtherEvaluation,
    Headline,
    Right,
    by_model,
)
from netgain.analysis.further.pairing import Ways, accuracy, compare_ways, drawn_at_random, unsound
from netgain.records import Comparison, FurtherResult, FurtherTable
from netgain.wording import capital, counted, integer

ORIGINAL, PERTURBED = "original numbers", "other numbers"
TOLD = {
    "worse": "Tuning made the model depend more on the exact numbers of a problem",
    "improved": "Tuning made the model depend less on the exact numbers of a problem",
    "no detectable change": "It is not shown that tuning made the model depend more, or less, on "
    "the exact numbers",
}


def perturbed(headline: Headline, evaluations: Sequence[FurtherEvaluation]) -> FurtherResult | None:
    """Each model's perturbed answers against its original ones, and one drop against the other.

    Returns:
        None where no model answered both.
    """
    found = {m: e for m, e in by_model(evaluations).items() if m in headline.grades}
    variants = {m: _variants(e) for m, e in found.items()}
    originals = {m: headline.right(m, variants[m]) for m in found}
    if not any(originals.values()):
        return None
    changes = {
        m: compare_ways(Ways(m, ORIGINAL, PERTURBED), originals[m], variants[m]) for m in found
    }
    sentences = [
        told(c, f"{PERTURBED} against {ORIGINAL}, {m} model") for m, c in reversed(changes.items())
    ]
    if len(found) == 2:
        changes["both"] = _between(originals, variants, changes)
        sentences.insert(0, _between_sentence(changes["both"]))
    without = max(e.set_aside for e in found.values())
    if without:
        of = counted(without, "problem")
        sentences.append(f"For {of} of those asked no sound variant was found.")
    return FurtherResult(
        title="The same problems with other numbers",
        kind="perturbed",
        sentences=tuple(sentences),
        tables=(_table(originals, variants),),
        changes=tuple(changes.values()),
        caveats=(
            "The numbers keep their size, so a drop is not due to harder sums. It can come from "
            "memorised problems or from a brittle model: these cannot be told apart here. Tuning "
            "is the cause only where it widened the drop.",
            *drawn_at_random(list(changes.values())),
            *(c for e in found.values() for c in unsound(e)),
        ),
    )


def _variants(evaluation: FurtherEvaluation) -> Right:
    """By original problem, the verdicts on all its variants."""
    found: defaultdict[str, list[bool]] = defaultdict(list)
    for problem, answers in evaluation.right.items():
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
    if not change.n:
        return "No verdict on tuning: no problem was answered by both models with both numbers."
    return (
        f"{TOLD[change.verdict]}: on {counted(change.n, 'problem')} the change by {PERTURBED} is, "
        f"tuned minus base, {difference_words(change)}."
    )


def _table(originals: Mapping[str, Right], variants: Mapping[str, Right]) -> FurtherTable:
    rows = []
    for m, of in originals.items():
        other = {p: variants[m][p] for p in of}
        first = accuracy(f"accuracy with {ORIGINAL}, {m}", of)
        second = accuracy(f"accuracy with {PERTURBED}, {m}", other)
        rows.append((m, first, second, integer(sum(map(len, other.values())))))
    columns = ("Model", capital(ORIGINAL), capital(PERTURBED), "Variants asked")
    return FurtherTable("Accuracy on the same problems", columns, tuple(rows))
