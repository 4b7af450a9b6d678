"""The recipe as it is shown: by its parts."""

from __future__ import annotations

from netgain import wording
from netgain.records import Findings

HEADS = {"": "", "used": "What the hardware made of it"}


def settings_rows(findings: Findings) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Settings by the part of the recipe they stand in, each as (key, words)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for key, value in findings.settings.items():
        part = "used" if key.startswith("used: ") else key.partition(".")[0] if "." in key else ""
        found.setdefault(part, []).append((key.removeprefix("used: "), value))
    return tuple((HEADS.get(part, wording.capital(part)), tuple(of)) for part, of in found.items())
