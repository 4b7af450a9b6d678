"""Numbers in a sentence or a cell, each with its unit and the precision it is printed with.

`text.scan` finds them. What only looks like a figure (a version, a date, a model's size, a step, a
p-value) is set aside first. Every pattern is bounded, so the time is linear in the text.
"""

import itertools
import re
from bisect import bisect_left
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, TypeVar

from netgain.audit.makers import MODEL_NAME
from netgain.text.scan import Number, numbers_in

T = TypeVar("T")
Hedge = Literal["", "about", "over", "under"]
MOST_NUMBERS = 60  # of one sentence; more are no prose

NUMBER = r"(?:\d{1,3}(?:,\d{3}){1,5}|\d{1,15})(?:\.\d{1,12})?|\.\d{1,12}"
PROBLEMS = (
    r"(?:problems?|questions?|examples?|items?|samples?|instances?|prompts?|tasks?|cases?|"
    r"exercises?)"
)
COUNT = r"\d{1,3}(?:,\d{3}){1,4}|\d{1,9}"
_SIGNED = r"[+-]?\d{1,4}(?:\.\d{1,6})?"
_POINTS = (
    r"(?:%[ -]?(?:points?|pts)\b|percentage[ -]points?|percent[ -]points?|points?\b|pp\b|ppt?s?\b|"
    r"p\.p\.|pts?\b|Prozentpunkte?n?\b)"
)
_SHARE = rf"(?:%|percent|{_POINTS})"
_BETWEEN = r"\s?(?:–|—|-|to|,|;|\.\.|and)\s?"
_OUT_OF = r"(?:/|out of|of|von|de|sur|su|di|van|av|af|из)"

_NO_NUMBER = re.compile(r"[\d,]{60}")  # a digest, or something hostile
_INTERVAL = re.compile(
    rf"(?:(?:\b\d\d(?:\.\d)?\s?%\s?)(?:C\.?I\.?|confidence interval|interval)|\bCI\b|"
    rf"\bintervals?\b)[\s:=,]{{0,3}}(?:of|is|was|from)?\s?"
    rf"[\[(]?\s?(?P<low>{_SIGNED})\s?{_SHARE}?{_BETWEEN}(?P<high>{_SIGNED})\s?{_SHARE}?\s?[\])]?"
    rf"|[\[(]\s?(?P<low2>{_SIGNED})\s?{_SHARE}?\s?(?:–|-|to|,|;)\s?(?P<high2>{_SIGNED})\s?"
    rf"{_SHARE}?\s?[\])]|(?<=\d),\s(?P<low3>{_SIGNED})\s?%?\s?[–-]\s?(?P<high3>{_SIGNED})\s?%?\s?\)",
    re.IGNORECASE,
)
_FRACTION = re.compile(
    rf"(?<![\w.,/-])(?P<top>{COUNT})\s?{_OUT_OF}\s?(?:the |a total of |all |its )?"
    rf"(?:same )?(?P<bottom>{COUNT})(?![\w%/]|[.,]\d|-\w|\s?{_SHARE})"
)
_SIZE = re.compile(
    rf"\bn\s?=\s?(?P<eq>{COUNT})\b|(?<=%)\sof\s(?:the\s)?(?P<of>{COUNT})(?![\w%]|[.,]\d)"
    rf"|(?<![\w.,%/-])(?P<count>{COUNT})[\s-](?:(?!of|and|to|in|on|for|per)[a-zA-Z][\w-]{{0,20}}\s)"
    rf"{{0,3}}{PROBLEMS}\b(?! per| each)",
    re.IGNORECASE,
)
_SHOTS = re.compile(r"\b(?:with|using|shot|shots|per|each|from)\W{1,3}$", re.IGNORECASE)
_NOISE = re.compile(
    r"""
    \b\d\d(?:\.\d)?\s?%\s(?:confidence|power|level|of\sthe\stime|credible|intervals?\b|CI\b)
  | \bat\s(?:the\s)?\d\s?%\s(?:level|significance)
  | \bp(?:-value)?\s?(?:=|<|>|≤|≥|of|is|was)\s?\d?\.?\d{1,12}(?:e-?\d{1,3})?
  | ±\s?\d{1,4}(?:\.\d{1,4})?\s?(?:%|points?|pp)?
  | \b(?:steps?|checkpoints?|epochs?|seeds?|tables?|figures?|fig\.|sections?|equation|appendix
        |method|version|line|page|phase|stage|chapter|layer|python|cuda|torch|part|run|example|top
        |problem|item|question|round|iteration|level|temperature|T|k|top[_-][pk]|case)
        (?:[\s\#:=-]|\s?=\s?){1,2}\(?\d{1,9}(?:\.\d{1,9}){0,3}\)?(?!\d|\s?%)
  | \b\d{1,4}-(?:bit|fold|way|gram|layer|year|core|turn|dimensional|gpu|shot)\b
  | @\s?\d{1,6} | \[\d{1,3}(?:,\s?\d{1,3}){0,9}\]
  | (?<![\w.])v?\d{1,4}\.\d{1,6}\.\d{1,9}\S{0,20}
  | \b\d{4}-\d\d(?:-\d\d)?\b | \b\d\d?:\d\d(?::\d\d)?\b | \barxiv:?\s?\d{4}\.\d{4,5}\b
  | \b(?:19|20)\d\d\b(?!\s?%|,\d|\.\d|\s?/|\s(?:steps|tokens|problems|questions|examples|samples))
  | \b\d{1,4}(?:\.\d{1,3})?\s?[BMKbk]\b(?:illion)?(?:\sparameters?)?
  | \b(?:GSM-?8K|ARC-[A-Z]\w{0,10}|MATH-?500|AIME\s?\d{2,4})\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
_TIME = r"(?:days?|d|hours?|hrs?|h|minutes?|mins?|min|seconds?|secs?|s|ms)"
_DURATION = re.compile(
    rf"(?<![\w.,^/@-])(?:\d{{1,3}}(?:,\d{{3}}){{1,2}}|\d{{1,9}}(?:\.\d{{1,6}})?)[ -]?{_TIME}\b"
    rf"(?:(?:,? and |, | )?\d{{1,9}}(?:\.\d{{1,6}})?\s?{_TIME}\b){{0,3}}"
)
_DURATION_PART = re.compile(rf"(\d[\d,]{{0,10}}(?:\.(\d{{1,6}}))?)[ -]?({_TIME})\b")
_SECONDS = {"d": 86400.0, "h": 3600.0, "mi": 60.0, "ms": 0.001, "s": 1.0}
_UNIT = re.compile(
    rf"[ -]?(?P<unit>{_POINTS}|%|per\s?cent\b|percent\b|nats?\b|tokens?\b|USD\b|EUR\b|dollars?\b"
    r"|cents?\b|kWh\b|Wh\b|x\b|times\b|-?fold\b|steps?\b|epochs?\b)",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"[^\W\d]|\^")  # "42Foo" is no number
_UNITS = {
    "%": "%", "percent": "%", "per cent": "%", "nat": "nats", "nats": "nats", "token": "tokens",
    "tokens": "tokens", "usd": "USD", "dollar": "USD", "dollars": "USD", "eur": "EUR",
    "cent": "cents", "cents": "cents", "kwh": "kWh", "wh": "Wh", "x": "x", "times": "x",
    "fold": "x", "step": "steps", "steps": "steps", "epoch": "epochs", "epochs": "epochs",
}  # fmt: skip
_CURRENCIES = {"$": "USD", "€": "EUR", "£": "GBP"}
_PRINTED = re.compile(r"(?P<digits>[\d,' ]*\.?\d+)(?:e(?P<power>[+-]?\d+))?", re.IGNORECASE)
_HEDGES: dict[Hedge, re.Pattern[str]] = {
    "about": re.compile(
        r"(?:about|around|roughly|approximately|approx\.?|circa|ca\.|nearly|almost|some|close to|"
        r"near|~)\s?$", re.IGNORECASE),
    "over": re.compile(r"(?:over|more than|above|at least|exceeding|exceeds|>|≥|>=)\s?$",
                       re.IGNORECASE),
    "under": re.compile(r"(?:under|below|less than|fewer than|at most|up to|<|≤|<=)\s?$",
                        re.IGNORECASE),
}  # fmt: skip


@dataclass(frozen=True)
class Quantity:
    """A number as printed. `value` is in `unit`; `step` is one unit of its last digit.

    Units: "%", "points", "share" (of a fraction such as 12 of 40), "s", "nats", "tokens", a
    currency … or "". `top` is the count of a fraction; `interval` and `n` are printed beside it.
    """

    start: int
    end: int
    value: float
    unit: str
    step: float
    text: str
    signed: bool = False
    hedge: Hedge = ""
    top: int = 0
    interval: tuple[float, float] | None = None
    n: int | None = None

    def agrees(self, value: float) -> bool:
        """Whether `value`, in this quantity's unit, would be printed so, rounded or cut off."""
        slack = 1e-9 * max(1.0, abs(value))
        if self.hedge == "over":
            return value >= self.value - slack
        if self.hedge == "under":
            return value <= self.value + slack
        if self.hedge == "about":
            wide = max(self.step, 10.0 ** _trailing_zeros(self.text) / 2)
            return abs(value - self.value) <= wide + slack
        cut = self.step * (self.step < 1)  # a count is never cut off
        low, high = self.value - self.step / 2 - slack, self.value + self.step / 2 + slack
        return low <= value <= high or abs(self.value) <= abs(value) < abs(self.value) + cut


@dataclass(frozen=True)
class Annotated:
    """A text's quantities. `bare` has blanks for what was set aside; `sizes` are counts of problems
    as (offset, n).
    """

    bare: str
    quantities: tuple[Quantity, ...]
    sizes: tuple[tuple[int, int], ...]


@lru_cache(maxsize=2048)  # several checks read the same sentences
def annotate(text: str) -> Annotated:
    """Read a sentence or a cell.

    >>> noted = annotate("Qwen2-0.5B scores 41.2% (95% CI 36.2–46.2, n = 400)")
    >>> [(q.text, q.unit, q.interval, q.n) for q in noted.quantities]
    [('41.2%', '%', (36.2, 46.2), 400)]
    """
    if not any(c.isdigit() for c in text) or _NO_NUMBER.search(text):
        return Annotated(text, (), ())
    aside = _SetAside()
    bare = MODEL_NAME.sub(lambda m: _blank(m) if any(c.isdigit() for c in m[0]) else m[0], text)
    for pattern, handle in (
        (_INTERVAL, aside.interval), (_FRACTION, aside.fraction),
        (_SIZE, aside.size), (_NOISE, _blank), (_DURATION, aside.duration),
    ):  # fmt: skip
        bare = pattern.sub(handle, bare)
    read = (_quantity(number, bare) for number in itertools.islice(numbers_in(bare), MOST_NUMBERS))
    found = [*aside.quantities, *(q for q in read if q is not None)]
    return Annotated(bare, tuple(_with_neighbours(found, aside)), tuple(aside.sizes))


class _SetAside:
    """What stands in a text beside its figures. Each method notes a find and blanks it."""

    def __init__(self) -> None:
        self.quantities: list[Quantity] = []
        self.intervals: list[tuple[int, tuple[float, float]]] = []
        self.sizes: list[tuple[int, int]] = []

    def interval(self, m: re.Match[str]) -> str:
        low, high = (next(m[k + i] for i in ("", "2", "3") if m[k + i]) for k in ("low", "high"))
        if float(low) < float(high):
            self.intervals.append((m.start(), (float(low), float(high))))
        return _blank(m)

    def fraction(self, m: re.Match[str]) -> str:
        top, bottom = (int(m[g].replace(",", "")) for g in ("top", "bottom"))
        if not bottom > 0 or top > bottom:
            return m[0]
        self.quantities.append(
            Quantity(m.start(), m.end(), top / bottom, "share", 1e-9, m[0].strip(), top=top,
                     n=bottom)
        )  # fmt: skip
        self.sizes.append((m.start("bottom"), bottom))
        return _blank(m)

    def size(self, m: re.Match[str]) -> str:
        if not _SHOTS.search(m.string[max(0, m.start() - 20) : m.start()]):
            self.sizes.append((m.start(), int((m["eq"] or m["of"] or m["count"]).replace(",", ""))))
        return _blank(m)

    def duration(self, m: re.Match[str]) -> str:
        total, step = 0.0, 1.0
        for part in _DURATION_PART.finditer(m[0]):
            seconds = _SECONDS.get(part[3][:2].lower()) or _SECONDS[part[3][:1].lower()]
            total += float(part[1].replace(",", "")) * seconds
            step = seconds * 10.0 ** -len(part[2] or "")
        self.quantities.append(Quantity(m.start(), m.end(), total, "s", step, m[0].strip()))
        return _blank(m)


def _blank(m: re.Match[str]) -> str:
    return " " * len(m[0])


def _quantity(number: Number, text: str) -> Quantity | None:
    """A number with its unit; None where it is part of a name ("42Foo") or has no exact value."""
    start, end = number.start, number.end
    unit = _UNIT.match(text, end)
    if number.value is None or (unit is None and _GOES_ON.match(text, end)):
        return None
    plus = text[:start].endswith("+")
    printed = _PRINTED.search(text, start, end)
    assert printed is not None
    value = float(number.value)
    step = 10.0 ** (int(printed["power"] or 0) - len(printed["digits"].partition(".")[2]))
    written = text[start:end]
    currency = next((name for sign, name in _CURRENCIES.items() if sign in written), "")
    name = (unit["unit"] if unit else "").lower().strip("- ")
    name = _UNITS.get(name, "points" if name else currency)
    if name == "cents":
        value, step, name = value / 100, step / 100, "USD"
    end = unit.end() if unit else end
    before = text[max(0, start - 16) : start - plus]
    hedge: Hedge = next((each for each, words in _HEDGES.items() if words.search(before)), "")
    return Quantity(
        start - plus, end, value, name, step, text[start - plus : end].strip(),
        signed=plus or written[:1] == "-", hedge=hedge,
    )  # fmt: skip


def _with_neighbours(found: list[Quantity], aside: _SetAside) -> list[Quantity]:
    """Give each quantity the interval and the n that follow it before the next quantity."""
    quantities = sorted(found, key=lambda q: q.start)[:MOST_NUMBERS]
    intervals, sizes = sorted(aside.intervals), sorted(aside.sizes)
    placed = []
    for index, q in enumerate(quantities):
        after = quantities[index + 1] if index + 1 < len(quantities) else None
        following = (
            1 << 30 if after is None else after.end if after.unit == "share" else after.start
        )
        interval, size = _first(intervals, q.end, following), _first(sizes, q.end, following)
        placed.append(replace(q, interval=interval, n=q.n or size))
    return placed


def _first(places: list[tuple[int, T]], start: int, end: int) -> T | None:
    at = bisect_left(places, start, key=lambda place: place[0])
    return places[at][1] if at < len(places) and places[at][0] < end else None


def _trailing_zeros(text: str) -> int:
    digits = re.sub(r"[^\d.]", "", text)
    if "." in digits:
        return -len(digits.partition(".")[2])
    return len(digits) - len(digits.rstrip("0"))
