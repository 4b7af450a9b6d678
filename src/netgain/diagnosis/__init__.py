"""Where a solution first goes wrong, what kind of error it is, and by what evidence.

Deterministic, on the CPU, without another language model. The steps of the solution are read into
a graph of quantities (`graph`) and compared with the question and the reference (`reference`);
what is seen in each step (`features`) is weighed (`locate`). See docs/diagnosis.md for what this
can and cannot see.
"""

from __future__ import annotations

from netgain.diagnosis.diagnosing import diagnose
from netgain.diagnosis.equations import equations_in
from netgain.diagnosis.steps import split_steps

__all__ = ["diagnose", "equations_in", "split_steps"]
