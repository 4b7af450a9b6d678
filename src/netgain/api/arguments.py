"""Arguments of the public functions, checked before anything is done."""

from __future__ import annotations

from netgain.errors import UsageError


def refuse_outside(
    name: str, value: float | None, low: float, high: float | None = None, whole: bool = True
) -> None:
    """Refuse a number that is below `low` or above `high`; None is no number, and let pass.

    Raises:
        UsageError: saying what is allowed.

    >>> refuse_outside("limit", 0, 1)
    Traceback (most recent call last):
    netgain.errors.UsageError: limit: 0 is not allowed; give a whole number from 1 upwards
    """
    if value is None or (low <= value and (high is None or value <= high)):
        return
    upper = "upwards" if high is None else f"to {high:,g}"
    kind = "a whole number" if whole else "a number"
    raise UsageError(name, f"{value:g} is not allowed; give {kind} from {low:g} {upper}")
