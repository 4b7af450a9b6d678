"""Numbers and foreign text in words: the one place where a Metric or an Estimate is spelled out.

It rounds, and does nothing else to a number: no figure is derived here. A share is never rounded
to a false 0% or 100%, an undefined value is named with its reason, and a kind goes with each
metric. Text that others wrote (models, data sets) is made visible and inert, never dropped.
"""

import math
import re
import unicodedata
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from netgain.records import Estimate, Metric, MetricKind

MINUS = "\N{MINUS SIGN}"
FEW = 50  # problems; a share of fewer hides how few they are

KIND_WORDS: dict[MetricKind, str] = {
    "teacher_forced": "teacher-forced",
    "generated": "generated answers",
    "choice_loglikelihood": "choice by log-likelihood",
    "measured": "measured",
    "projected": "projected",
    "published": "published",
}

# What a reader sees after the number, for exactly one and for any other amount.
UNIT_WORDS: dict[str, tuple[str, str]] = {
    "": ("", ""),
    "tokens": ("token", "tokens"),
    "problems": ("problem", "problems"),
    "steps": ("step", "steps"),
    "epochs": ("epoch", "epochs"),
}


def metric_words(metric: Metric) -> str:
    """A metric's value, uncertainty and kind in one phrase.

    >>> from netgain.records import Share
    >>> metric_words(Metric("accuracy", "share", "generated",
    ...     Estimate(0.412, "Wilson", (0.382, 0.443), level=0.95, n=1000,
    ...              share=Share.count(412, 1000))))
    '41.2% (95% CI 38.2–44.3, n = 1000), generated answers'
    """
    words = estimate_words(metric.estimate, metric.unit, metric.kind)
    return f"{words}, {KIND_WORDS[metric.kind]}"


def estimate_words(estimate: Estimate, unit: str, kind: MetricKind | None = None) -> str:
    """A value with its interval and its n, or why it has none."""
    value = value_words(estimate, unit)
    if undefined(estimate):
        return value
    counted = " of " in value
    n = "" if estimate.n is None or counted else f"n = {integer(estimate.n)}"
    parts = (interval_words(estimate, unit, kind), n)
    return with_remark(value, ", ".join(part for part in parts if part))


def with_remark(value: str, remark: str) -> str:
    """A remark in parentheses, inside those that the value may already end with.

    >>> with_remark("3.1%", "n = 9"), with_remark("0% (0 of 9)", "95% CI 0–30")
    ('3.1% (n = 9)', '0% (0 of 9, 95% CI 0–30)')
    """
    if not remark:
        return value
    return f"{value[:-1]}, {remark})" if value.endswith(")") else f"{value} ({remark})"


def undefined(estimate: Estimate) -> bool:
    """Whether there is no number to print."""
    return estimate.value is None or not math.isfinite(estimate.value)


def value_words(estimate: Estimate, unit: str) -> str:
    """The value alone; a share of few, or of exactly 0 or 1, shows the counts behind it.

    >>> value_words(Estimate(0.5, "counted", why_no_interval="counted", n=2), "share")
    '50.0% (1 of 2)'
    """
    value = estimate.value
    if value is None:
        return f"not available: {estimate.why_no_interval or estimate.method}"
    if not math.isfinite(value):
        return "not available: the value is not a finite number"
    words = quantity(value, unit)
    n = estimate.n
    if unit != "share" or n is None or not (n < FEW or value in (0, 1)):
        return words
    count = round(value * n)  # a mean of shares, as pass@k is, counts no problems
    return f"{words} ({integer(count)} of {integer(n)})" if abs(count - value * n) < 1e-9 else words


def interval_words(estimate: Estimate, unit: str, kind: MetricKind | None = None) -> str:
    """The interval with its level, or the reason there is none."""
    if estimate.interval is None:
        # What was read from a clock or a meter needs no interval, so its absence is no news.
        told = kind == "measured"
        return estimate.why_no_interval if told else f"no interval: {estimate.why_no_interval}"
    low, high = estimate.interval
    # A projection's band says where a new value may fall, which a confidence interval does not.
    name = "interval" if kind == "projected" else "CI"
    return f"{level_words(estimate.level)} {name} {_range(low, high, unit)}"


def level_words(level: float | None) -> str:
    """
    >>> level_words(0.95), level_words(0.999)
    ('95%', '99.9%')
    """
    return "" if level is None else f"{level * 100:.6g}%"


def _range(low: float, high: float, unit: str) -> str:
    low_words, high_words = (quantity(v, unit) for v in (low, high))
    if unit == "share" and not math.isnan(low) and low >= 0:
        return f"{low_words.removesuffix('%')}–{high_words.removesuffix('%')}"
    if unit == "points":
        return f"{low_words.removesuffix(' points')} to {high_words.removesuffix(' points')}"
    return f"{low_words} to {high_words}"


def quantity(value: float, unit: str) -> str:
    """A number with its unit.

    >>> quantity(0.9996, "share"), quantity(0.031, "points"), quantity(-0.645, "percent_change")
    ('99.96%', '+3.1 points', '−64.5%')
    >>> quantity(4320, "s"), quantity(0.42, "USD"), quantity(1, "problems")
    ('1 h 12 min', '0.42 USD', '1 problem')
    """
    if math.isnan(value):
        return "undefined"
    if math.isinf(value):
        return f"{MINUS if value < 0 else ''}∞"
    if unit == "share":
        return percent(value)
    if unit == "points":
        return f"{percent(value, signed=True).removesuffix('%')} points"
    if unit == "percent_change":
        return percent(value, signed=True)
    if unit == "s":
        return duration(value)
    if re.fullmatch("[A-Z]{3}", unit):
        return f"{money(value)} {unit}"
    one, many = UNIT_WORDS.get(unit, (unit, unit))
    return f"{number(value)} {one if value == 1 else many}".rstrip()


def percent(share: float, *, signed: bool = False) -> str:
    """A share in percent. Only an exact 0 or 1 is printed as 0% or 100%.

    >>> percent(0.412), percent(0.99962), percent(0.9999999), percent(0.0), percent(1.0)
    ('41.2%', '99.96%', '>99.99%', '0%', '100%')
    >>> percent(115 / 400), percent(1 / 80)
    ('28.8%', '1.3%')
    """
    size = abs(Decimal(repr(float(share)))) * 100  # as it is written, so that ties are ties
    sign = MINUS if share < 0 else "+" if signed and share > 0 else ""
    if size in (0, 100):
        return f"{sign}{size:.0f}%"
    near_an_end = size < 1 or 99 < size < 100
    rounded = Decimal(f"{size:.0f}")  # of a very large one; others have a decimal or two
    if size < 10**9:
        rounded = size.quantize(Decimal("0.01" if near_an_end else "0.1"), ROUND_HALF_UP)
    if rounded not in (0, 100):
        return f"{sign}{rounded}%"
    if size < 1:
        return f"between 0 and {sign}0.01%" if sign else "<0.01%"
    return f"{sign}>99.99%" if size < 100 else f"{sign}{size:.1f}%"


def probability(p: float) -> str:
    """A p-value, never rounded to 0 or to 1.

    >>> probability(0.0314), probability(1e-9), probability(0.9996), probability(1.0)
    ('p = 0.031', 'p < 0.0001', 'p > 0.99', 'p = 1')
    """
    if not math.isfinite(p):
        return "p not available"
    if p in (0, 1):
        return "p = 1" if p else "p < 0.0001"
    if p < 0.0001:
        return "p < 0.0001"
    if p > 0.99:
        return "p > 0.99"
    return f"p = {_plain(p, 2)}"


def duration(seconds: float) -> str:
    """
    >>> duration(0.0123), duration(59.97), duration(3599.7), duration(90061)
    ('12 ms', '60.0 s', '1 h', '1 d 1 h')
    """
    size, sign = abs(seconds), MINUS if seconds < 0 else ""
    if size < 1:
        return f"{sign}{_plain(size * 1000, 2)} ms" if size else "0 s"
    if size < 60:
        return f"{sign}{size:.1f} s"
    if size < 3600 - 0.5:
        minutes, rest = divmod(round(size), 60)
        return f"{sign}{minutes} min" + (f" {rest} s" if rest else "")
    if size < 86400 - 30:
        hours, rest = divmod(round(size / 60), 60)
        return f"{sign}{hours} h" + (f" {rest} min" if rest else "")
    days, rest = divmod(round(size / 3600), 24)
    return f"{sign}{integer(days)} d" + (f" {rest} h" if rest else "")


def money(amount: float) -> str:
    """
    >>> money(1234.5), money(0.42), money(0.00432)
    ('1,234.50', '0.42', '0.0043')
    """
    size, sign = abs(amount), MINUS if amount < 0 else ""
    if size == 0:
        return "0"
    return sign + (_plain(size, 2) if size < 0.1 else f"{size:,.2f}")


def number(value: float, digits: int = 4) -> str:
    """A plain number: integers whole, others with four significant digits.

    >>> number(1319), number(184320), number(197.34), number(0.00002)
    ('1319', '184,320', '197.3', '0.00002')
    """
    if not math.isfinite(value):
        return "not a finite number"
    sign = MINUS if value < 0 else ""
    size = abs(value)
    if size == int(size) or size >= 10 ** (digits - 1):
        return sign + integer(round(size))
    return sign + _plain(size, digits)


def integer(value: int) -> str:
    """A count; thousands are separated from five digits on."""
    return f"{value:,}" if abs(value) >= 10_000 else str(value)


def _plain(size: float, digits: int) -> str:
    """Significant digits without an exponent."""
    return f"{Decimal(f'{size:.{digits}g}'):f}"


def counted(n: int, noun: str) -> str:
    """
    >>> counted(1, "problem"), counted(12000, "problem")
    ('1 problem', '12,000 problems')
    """
    return f"{integer(n)} {noun}{'s'[: n != 1]}"


def listed(words: Sequence[str], most: int = 4) -> str:
    """
    >>> listed(["a", "b"]), listed(["a", "b", "c"], most=2)
    ('a, b', 'a, b and 1 more')
    """
    rest = len(words) - most
    return ", ".join(words[:most]) + (f" and {rest} more" if rest > 0 else "")


def quoted(text: str, most: int = 60) -> str:
    """A text in quotes; where it is longer than `most` characters, cut after a word.

    >>> quoted("How many lamps are there?", 12), quoted("row 1")
    ("'How many …'", "'row 1'")
    """
    if len(text) > most:
        words = text[: most + 1].rsplit(None, 1)
        text = f"{words[0]} …" if len(words) > 1 else f"{text[:most]}…"
    return repr(text)


# Why two models have no problem in common, and what would help.
OTHER_PROBLEMS = (
    "They were asked different problems, or the same ones under other ids or in other words; only "
    "answers to the same problems can be compared"
)


def capital(name: str) -> str:
    """A metric's name as it starts a row; the rest keeps its case."""
    return name[:1].upper() + name[1:]


_BETWEEN = re.compile(r"over ([\d,]+) to ([\d,]+)(.*)")


def group_words(feature: str, group: str) -> str:
    """A kind of problem in words; a count that is whole begins after the limit below it.

    >>> group_words("question length", "over 30 to 45 words"), group_words("percent", "yes")
    ('question length: 31 to 45 words', 'percent')
    >>> group_words("largest number", "over 20 to 100"), group_words("percent", "no")
    ('largest number: above 20, up to 100', 'no percent')
    """
    if feature != "category" and group in {"yes", "no"}:
        return feature if group == "yes" else f"no {feature}"
    found = _BETWEEN.fullmatch(group)
    if found is None:
        return f"{feature}: {group}"
    low, high, unit = found.groups()
    if feature == "question length":
        return f"{feature}: {integer(int(low.replace(',', '')) + 1)} to {high}{unit}"
    return f"{feature}: above {low}, up to {high}{unit}"


def terminal_safe(text: str) -> str:
    """Foreign text with everything invisible or active made visible; lines and tabs stay.

    Escape sequences lose their first character to a mark such as ⟨U+001B⟩, and so do
    bidirectional controls, so that what is printed is all there is.

    >>> terminal_safe("a\\x1b[31mb\\u202ec\\x00")
    'a⟨U+001B⟩[31mb⟨U+202E⟩c⟨U+0000⟩'
    """
    lines = text.replace("\r\n", "\n")
    if lines.isascii() and lines.isprintable():
        return lines
    return "".join(_mark(c) if _is_hidden(c) else c for c in lines)


def one_line(text: str) -> str:
    """Foreign text for a place that holds one line: safe, and white space folded."""
    return " ".join(terminal_safe(text).split())


def _mark(character: str) -> str:
    return f"⟨U+{ord(character):04X}⟩"


def _is_hidden(character: str) -> bool:
    if character in "\n\t\u200c\u200d":  # joiners: several scripts and emoji need them to be read
        return False
    code = ord(character)
    if code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:  # never characters; XML refuses some
        return True
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
