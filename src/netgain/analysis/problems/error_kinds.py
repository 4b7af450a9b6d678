"""How many wrong answers are of which kind: counted from diagnoses, per model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from netgain.analysis.estimates.statistics import wilson
from netgain.records import Diagnosis, ErrorsFound, Metric

ABSTAINED = "no suggestion"


def errors_found(diagnoses: Mapping[str, Diagnosis]) -> ErrorsFound:
    """Kinds as shares of the wrong answers; suggested sub-kinds as shares of the `setup` ones.

    Args:
        diagnoses: problem id -> diagnosis, of the wrong answers.
    """
    kinds: Counter[str] = Counter(d.error_kind for d in diagnoses.values())
    setup = [d for d in diagnoses.values() if d.error_kind == "setup"]
    subs: Counter[str] = Counter(d.sub_kind or ABSTAINED for d in setup)
    first = Counter(d.first_error for d in diagnoses.values() if d.first_error >= 0)
    located = sum(first.values())
    return ErrorsFound(
        n=len(diagnoses),
        kinds=_shares(kinds, len(diagnoses)),
        sub_kinds=_shares(subs, len(setup)),
        in_first_step=Metric(
            "the error is in the first step", "share", "generated", wilson(first[0], located)
        ),
    )


def _shares(counts: Counter[str], n: int) -> tuple[Metric, ...]:
    return tuple(
        Metric(name.replace("_", " "), "share", "generated", wilson(count, n))
        for name, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    )
