"""What an audit gives back: every claim with its mark, the reason, and a better wording."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Mark = Literal["supported", "contradicted", "unsupported", "ill-defined"]
MARKS: tuple[Mark, ...] = ("contradicted", "ill-defined", "unsupported", "supported")
FORMAT_VERSION = 1


@dataclass(frozen=True)
class Claim:
    """One claim of a report.

    `line` counts from 1. `quote` is safe to show. `kind` says what sort of claim it is
    ("accuracy", "token accuracy", "setting: learning rate", "maker", "improvement" …).
    `wording` is a sentence to use instead, "" where the claim can stay as it is. `figure` is the
    number that was judged, "" for a claim in words.
    """

    line: int
    quote: str
    kind: str
    mark: Mark
    reason: str
    wording: str = ""
    figure: str = ""


@dataclass(frozen=True)
class AuditResult:
    """All claims in reading order.

    `unread` are the lines with numbers that no rule could read: nothing is said about them.
    `remarks` are about the audit itself.
    """

    claims: tuple[Claim, ...]
    unread: tuple[int, ...]
    against_run: bool
    remarks: tuple[str, ...] = ()

    @property
    def counts(self) -> Mapping[Mark, int]:
        """How many claims bear each mark, worst first."""
        found = Counter(claim.mark for claim in self.claims)
        return {mark: found[mark] for mark in MARKS}

    @property
    def worst(self) -> Mark | None:
        """The gravest mark of all; None where the text makes no claim that could be read."""
        return next((mark for mark, count in self.counts.items() if count), None)

    def plain(self) -> dict[str, Any]:
        """The result as JSON-like data."""
        return {
            "format_version": FORMAT_VERSION,
            "against_run": self.against_run,
            "counts": dict(self.counts),
            "claims": [vars(claim) | {} for claim in self.claims],
            "unread_lines": list(self.unread),
            "remarks": list(self.remarks),
        }
