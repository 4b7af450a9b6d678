"""What was measured beside the headline: samples, turns, a calculator, prompts, tasks, variants."""

from dataclasses import dataclass
from typing import Literal

from netgain.records.comparison import Comparison
from netgain.records.figures import Metric

FurtherKind = str  # as `pipeline.extras` names them; "published" beside these
FurtherCell = str | Metric


@dataclass(frozen=True)
class FurtherTable:
    """A table of words and figures; the first cell of a row names it, others may be ""."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[FurtherCell, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"a row of {self.caption!r} has not {len(self.columns)} cells")


@dataclass(frozen=True)
class CurvePoint:
    """A figure at k answers a problem, and what they took: means a problem, generated tokens."""

    k: int
    tokens: float
    seconds: float
    figure: Metric


@dataclass(frozen=True)
class FurtherCurve:
    """One figure by the number of answers, k rising. Greedy answers are a curve of one point."""

    model: str
    measure: Literal["maj@k", "pass@k", "greedy"]
    points: tuple[CurvePoint, ...]


@dataclass(frozen=True)
class FurtherResult:
    """One measurement beside the headline, told.

    `sentences` begin with the verdict. `figures` are those that a sentence rests on and no table
    or change holds.
    """

    title: str
    kind: FurtherKind
    sentences: tuple[str, ...]
    tables: tuple[FurtherTable, ...] = ()
    changes: tuple[Comparison, ...] = ()
    curves: tuple[FurtherCurve, ...] = ()
    figures: tuple[Metric, ...] = ()
    caveats: tuple[str, ...] = ()
