"""What an audit gives back: claims with their marks, and the table of where each number is from."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from netgain.wording import one_line

Mark = Literal["supported", "contradicted", "unsupported", "ill-defined"]
MARKS: tuple[Mark, ...] = ("contradicted", "ill-defined", "unsupported", "supported")
FORMAT_VERSION = 2
LONGEST_QUOTE = 240


@dataclass(frozen=True)
class Claim:
    """One statement of a report that was checked.

    `line` counts from 1. `quote` is safe to show. `kind` says which check it was. `figure` is the
    number that was checked, "" for a statement in words.
    """

    line: int
    quote: str
    kind: str
    mark: Mark
    reason: str
    figure: str = ""


@dataclass(frozen=True)
class Source:
    """One number of a report, what it is of, and where it comes from ("" where that is not known).

    `unit` is "%", "points", "share" (a count of a count), "s", a currency … or "". `precision` is
    the size of one unit in the last printed digit.
    """

    line: int
    figure: str
    value: float
    unit: str
    precision: float
    name: str
    source: str


@dataclass(frozen=True)
class AuditResult:
    """All claims and numbers in reading order; `remarks` are about the audit itself."""

    claims: tuple[Claim, ...]
    figures: tuple[Source, ...]
    against_run: bool
    remarks: tuple[str, ...] = ()

    @property
    def counts(self) -> Mapping[Mark, int]:
        """How many claims bear each mark, worst first."""
        found = Counter(claim.mark for claim in self.claims)
        return {mark: found[mark] for mark in MARKS}

    @property
    def worst(self) -> Mark | None:
        """The gravest mark of all; None where nothing could be checked."""
        return next((mark for mark, count in self.counts.items() if count), None)

    def plain(self) -> dict[str, Any]:
        """The result as JSON-like data."""
        return {
            "format_version": FORMAT_VERSION,
            "against_run": self.against_run,
            "counts": dict(self.counts),
            "claims": [dict(vars(claim)) for claim in self.claims],
            "figures": [dict(vars(figure)) for figure in self.figures],
            "remarks": list(self.remarks),
        }


def claim(line: int, quote: str, kind: str, mark: Mark, reason: str, figure: str = "") -> Claim:
    """A claim whose quotation is safe and short."""
    safe = one_line(quote[: LONGEST_QUOTE + 1])
    if len(safe) > LONGEST_QUOTE:
        safe = safe[: LONGEST_QUOTE - 1] + "…"
    return Claim(line, safe, kind, mark, one_line(reason), one_line(figure))
