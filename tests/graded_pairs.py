"""Two evaluations' grades, paired by problem as a report pairs them."""

from __future__ import annotations

from collections.abc import Sequence

from netgain.analysis.comparing.pairs import compare_right
from netgain.records import Comparison, Grade


def compare(base: Sequence[Grade], tuned: Sequence[Grade]) -> Comparison:
    right = {g.problem_id: g.correct for g in tuned}
    return compare_right([g.correct for g in base], [right[g.problem_id] for g in base])
