"""Where a solution first goes wrong, what kind of error it is, and by what evidence.

Deterministic, on the CPU, without another language model. Equations are read and checked
(`equations`, `checks`), what each step computes is compared with the question and the reference
(`graph`, `reference`), and a few rules choose the first wrong step (`kinds`). See docs/diagnosis.md
for what this can and cannot see.
"""

from netgain.diagnosis.diagnosing import diagnose
from netgain.diagnosis.equations import equations_in
from netgain.diagnosis.steps import split_steps
