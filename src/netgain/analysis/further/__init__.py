"""What was measured beside the headline: evaluations in, one `FurtherResult` a measurement out.

Each kind has its module. Nothing here changes the headline's verdict.
"""

from __future__ import annotations

from collections.abc import Sequence

from netgain.analysis.further.calculator import calculator
from netgain.analysis.further.inputs import ChoiceEvaluation, FurtherEvaluation, Headline
from netgain.analysis.further.pairing import MARGIN
from netgain.analysis.further.perturbed import perturbed
from netgain.analysis.further.prompts import prompts
from netgain.analysis.further.revisions import revisions
from netgain.analysis.further.samples import samples
from netgain.analysis.further.tasks import tasks
from netgain.records import FurtherResult

__all__ = ["ChoiceEvaluation", "FurtherEvaluation", "Headline", "further_results"]


def further_results(
    headline: Headline,
    evaluations: Sequence[FurtherEvaluation],
    choices: Sequence[ChoiceEvaluation] = (),
    margin: float = MARGIN,
) -> tuple[FurtherResult, ...]:
    """Everything that was measured beside the headline, in reading order.

    Args:
        headline: both models' greedy answers to the test problems; a model may be absent.
        evaluations: in any order, of any kinds.
        margin: of non-inferiority, a share in (0, 1).
    """
    of = {
        kind: [e for e in evaluations if e.kind == kind] for kind in {e.kind for e in evaluations}
    }
    found = (
        tasks(of.get("task", []), choices, margin),
        perturbed(headline, of.get("perturbed", [])),
        prompts(headline, of.get("prompt", [])),
        samples(headline, of.get("samples", []), margin),
        revisions(of.get("revisions", [])),
        calculator(headline, of.get("calculator", [])),
    )
    return tuple(result for result in found if result is not None)
