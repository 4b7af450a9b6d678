"""Arguments of the public functions, checked before anything is done."""

from collections.abc import Sequence

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


def refuse_unknown(name: str, value: str, known: Sequence[str]) -> None:
    """Refuse a word that is none of those that are known.

    Raises:
        UsageError: listing them.

    >>> refuse_unknown("precision", "fp8", ("fp32", "bf16"))
    Traceback (most recent call last):
    netgain.errors.UsageError: precision: 'fp8' is not known; choose fp32, bf16
    """
    if value not in known:
        raise UsageError(name, f"{value!r:.60} is not known; choose {', '.join(known)}")
