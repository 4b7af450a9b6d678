"""A second run on more test problems: how often is a verdict false where nothing changed?

The first run asks some of the test problems. Where it detects no change, a second one asks more:
all of them, those of the first among them; or the others alone (`evaluate.skip`). Base and tuned
are equally good. Exact McNemar tests at 5%, as in `analysis.estimates`.

    python benchmarks/second_look.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

RESULTS = Path(__file__).parent / "results" / "second_look.json"
ALPHA, RUNS = 0.05, 200_000
FIRST, ALL = (100, 200, 400, 660), 1319
DISCORDANT = (0.1, 0.3)


def significant(won: np.ndarray, discordant: np.ndarray) -> np.ndarray:
    """Whether the exact McNemar test gives less than 5%."""
    fewer = np.minimum(won, discordant - won)
    return np.minimum(1.0, 2 * stats.binom.cdf(fewer, discordant, 0.5)) < ALPHA


def cell(first: int, share: float, rng: np.random.Generator) -> dict[str, Any]:
    of_first, of_others = (rng.binomial(n, share, RUNS) for n in (first, ALL - first))
    won_first, won_others = rng.binomial(of_first, 0.5), rng.binomial(of_others, 0.5)
    seen = significant(won_first, of_first)
    by_all = significant(won_first + won_others, of_first + of_others)
    by_others = significant(won_others, of_others)
    return {
        "first_run": first, "discordant": share,
        "first": float(seen.mean()),
        "second_on_others_alone": float(by_others[~seen].mean()),
        "one_or_the_other_if_second_on_all": float((seen | by_all).mean()),
        "one_or_the_other_if_second_on_others": float((seen | by_others).mean()),
    }  # fmt: skip


def main() -> None:
    rng = np.random.default_rng(0)
    table = [cell(first, share, rng) for share in DISCORDANT for first in FIRST]
    RESULTS.write_text(json.dumps(table, indent=1) + "\n")
    for row in table:
        print(row)


if __name__ == "__main__":
    main()
