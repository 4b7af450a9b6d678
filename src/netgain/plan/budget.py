"""What a run may take, read from words: a time or a sum of money."""

import re
from dataclasses import dataclass

from netgain.errors import UsageError

NO_BUDGET = {"none", "no", "unlimited", ""}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_NUMBER = r"([0-9]{1,9}(?:[.,][0-9]{1,3})?)"
_TIME = re.compile(
    rf"{_NUMBER}\s*(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)\b\.?\s*"
)
_MONEY = re.compile(rf"(?:([A-Z]{{3}}|[$€£])\s*{_NUMBER}|{_NUMBER}\s*([A-Z]{{3}}|[$€£]))")
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP"}


@dataclass(frozen=True)
class Budget:
    """What a run may take: `amount` in seconds, or of money in `currency`; None is no bound."""

    amount: float | None = None
    currency: str | None = None


def read_budget(budget: str | None) -> Budget:
    """A time or a sum of money, from words.

    >>> read_budget("1 h 30 min").amount, read_budget("5 USD"), read_budget("none").amount
    (5400.0, Budget(amount=5.0, currency='USD'), None)

    Raises:
        UsageError: it is neither.
    """
    words = "" if budget is None else budget.strip()[:100]
    if words.casefold() in NO_BUDGET:
        return Budget()
    seconds, at = 0.0, 0
    while (part := _TIME.match(words.casefold(), at)) is not None:
        seconds += float(part[1].replace(",", ".")) * _SECONDS[part[2][0]]
        at = part.end()
    if at and at == len(words.casefold()):
        return _positive(seconds, None)
    paid = _MONEY.fullmatch(words.upper())
    if paid is None:
        raise UsageError(
            "budget",
            f"{words!r} is no time (90 min, 2 h, 1 d), no sum of money (5 USD), and not none",
        )
    unit, amount = paid[1] or paid[4], paid[2] or paid[3]
    return _positive(float(amount.replace(",", ".")), _SIGNS.get(unit, unit))


def _positive(amount: float, currency: str | None) -> Budget:
    if amount <= 0:
        raise UsageError("budget", "it has to be more than 0")
    return Budget(amount, currency)
