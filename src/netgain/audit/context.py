"""What the checks share: the run, if there is one, and what the whole text says once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from netgain.audit import vocabulary as words
from netgain.audit.agreement import share_of
from netgain.audit.document import Unit
from netgain.audit.evidence import Evidence
from netgain.audit.reading import Reading
from netgain.audit.results import Claim, Mark
from netgain.wording import one_line

LONGEST_QUOTE = 240


@dataclass(frozen=True)
class Context:
    """A text's whole, for judging one of its claims.

    `token_numbers` are numbers that the text itself calls token accuracy (share → line).
    `lacking` lists what is said nowhere of how accuracy was measured. `sizes` are the numbers of
    problems that the text names. `base_figure` says whether the text gives an accuracy of the
    untuned model that it measured; `base_absent` the line where it says there is none, or 0.
    """

    evidence: Evidence | None
    token_numbers: dict[float, int]
    lacking: tuple[str, ...]
    base_figure: bool
    base_absent: int


def context_of(
    units: Sequence[Unit], readings: Iterable[Reading], evidence: Evidence | None
) -> Context:
    """Read the whole text for what single claims depend on."""
    read = list(readings)
    lacking = []
    for name, pattern in (
        ("n", words.N_STATED), ("prompt", words.PROMPT_STATED), ("grader", words.GRADER_STATED),
    ):  # fmt: skip
        if not any(pattern.search(unit.quote) for unit in units):
            lacking.append(name)
    if "n" in lacking and any(u.kind == "cell" and u.header.lower() == "n" for u in units):
        lacking.remove("n")
    accuracies = [r for r in read if r.metric in words.TASK_ACCURACY and not r.change]
    return Context(
        evidence,
        {share_of(r.quantity): r.line for r in reversed(read)
         if r.metric == "token_accuracy" and not r.change},
        tuple(lacking),
        any(r.role in {"base", "start"} and not r.published for r in accuracies),
        next((u.line() for u in units if _says_no_baseline(u)), 0),
    )  # fmt: skip


def claim(
    unit: Unit,
    kind: str,
    mark: Mark,
    reason: str,
    wording: str = "",
    *,
    line: int = 0,
    figure: str = "",
) -> Claim:
    """A judged claim, its quotation made safe and short."""
    quote = one_line(unit.quote)
    if len(quote) > LONGEST_QUOTE:
        quote = quote[: LONGEST_QUOTE - 1] + "…"
    return Claim(line or unit.line(), quote, kind, mark, reason, wording, one_line(figure))


def judged(reading: Reading, kind: str, mark: Mark, reason: str, wording: str = "") -> Claim:
    """A judged number."""
    return claim(
        reading.unit, kind, mark, reason, wording,
        line=reading.line, figure=reading.quantity.text,
    )  # fmt: skip


def _says_no_baseline(unit: Unit) -> bool:
    if unit.kind == "cell":
        about = f"{unit.header} {unit.label}".lower()
        role = words.ROLE.search(unit.header) or words.ROLE.search(unit.label)
        named = role is not None and role.lastgroup == "base" and "loss" not in about
        return named and unit.text.strip().lower() in NOTHING
    return bool(words.NO_BASELINE.search(unit.text))


NOTHING = frozenset({"n/a", "na", "-", "–", "—", "--", "none", "?", "not measured", "unknown",
                     "not available", "tbd", "n.a.", "not reported", "not evaluated"})  # fmt: skip
