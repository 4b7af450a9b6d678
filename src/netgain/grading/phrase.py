"""What number one answer phrase gives: "x = 5", "3 to 5 eggs", "twenty-five", "a loss of $3".

A phrase is what stands on one line after a marker of an answer, and has been through `plain`.
"""

import re
from fractions import Fraction
from itertools import pairwise

from netgain.text.numbers import CURRENCY, MAX_DIGITS
from netgain.text.scan import Number, numbers_in
from netgain.text.words import word_numbers_in

EQUALS = "=≈"

# What may stand before an answer's number without being a statement about something else.
_LEAD = re.compile(
    r"""(?: [^\w\n]
      | \b(?: about | approximately | approx | around | roughly | nearly | almost | exactly | only
          | just | actually | really | indeed | simply | now
          | equals? | to | be | is | are | was | so | thus | therefore | hence | either
          | between | from | (?:an?[ ])?total(?:[ ]of)? | (?:the[ ])?(?:final[ ]|correct[ ])?answer
          | boxed | fbox | text | textbf | mathbf | mathrm | usd | us | eur | gbp | rs
        )\b
      | \b[a-z](?=\s?=)
    )*+""",
    re.VERBOSE | re.IGNORECASE,
)
_LOSS = re.compile(
    r"(?:\b(?:a|an|net|of|the|is|answer|about|approximately)\b|[^\w\n])*"
    r"\b(?:loses?|losing|lost|loss|deficit|negative|minus|down)\b"
    r"(?:\b(?:of|by|about|approximately)\b|[^\w\n+-])*",
    re.IGNORECASE,
)
_OPEN = " $*_`([{:="  # what may stand before "- 18" where it is no subtraction
_ACCOUNTING = re.compile(r"(?:\A|[:=]|\b(?:is|was|be))\s*\(\Z", re.IGNORECASE)
_ONE_OF = re.compile(r"\s+of\b(?!\s+an?\b)", re.IGNORECASE)
_NEGATIVE = re.compile(r"\b(?:negative|(?<![0-9] )minus) $", re.IGNORECASE)
_BELOW_ZERO = re.compile(
    r"\s?(?:°|degrees?\b)?\s?(?:[CF]\b|celsius|fahrenheit)?\s?below\s(?:zero|0\b)", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"[.?](?=\s|\Z)|!(?=\s|\Z)(?!\s?=)")
# An aside in brackets is not part of the answer; brackets in arithmetic ("3 * (4 + 1)") are.
_CLAUSE_END = re.compile(r"[.?;](?=\s|\Z)|!(?=\s|\Z)(?!\s?=)|[,:]\s|(?<![-+*/×÷=(])\s\(")
_OPERATOR = re.compile(r"\s?(?:[-+*/×÷x]|\\times|\\cdot|\\div)\s?")
_CALCULATES = re.compile(
    r"(?:\s[a-z]{2,15})?\s?(?P<sign>[+*×÷]|(?<=\s)[x/](?=\s)|\\times|\\cdot|\\div)\s{0,3}(?=[$€£0-9.(])"
)
_DIVIDES = ("÷", "/", "\\div")
_MOST_TERMS = 8
_UNITS_ONLY = re.compile(r"(?:\s[^\W\d_]+){0,4}[\W_]*")
_RANGE = re.compile(r"\s?-{1,2}\s?[$€£]?|\s+to\s+[$€£]?")
_BETWEEN = re.compile(r"\bbetween\W{0,3}$", re.IGNORECASE)
_AND = re.compile(r"\s+and\s+[$€£]?")
_OR = re.compile(
    r"(?P<unit>(?:\s[^\W\d_]+)?)\s{1,3}(?:or|OR)\s{1,3}(?:else\s|maybe\s|perhaps\s|even\s)?[$€£]?"
)
_LIST = re.compile(r"\s?(?:,|;|,?\s?\band\b)\s?[$€£]?\s?")
_UNIT = re.compile(r"\W{0,3}([^\W\d_]+)")
_COMPARED = re.compile(
    r"\b(?:more|less|greater|smaller|fewer|larger|bigger|than|least|most|not|over|under|between"
    r"|multiple|divisible|if|when|step)\b",
    re.IGNORECASE,
)
_COMPOUND = re.compile(
    r"\s?(?P<large>years?|weeks?|days?|hours?|hrs?|h|minutes?|mins?|dollars?|feet|foot|ft|pounds?"
    r"|lbs?)\b\.?,?\s(?:and\s)?(?=[0-9])",
    re.IGNORECASE,
)
# A quantity in two units of one kind counts in the larger.
_SMALLER = {
    "year": ("month", 12), "week": ("day", 7), "day": ("hour", 24), "hour": ("min", 60),
    "hr": ("min", 60), "h": ("m", 60), "min": ("sec", 60), "minute": ("sec", 60),
    "dollar": ("cent", 100), "feet": ("in", 12), "foot": ("in", 12), "ft": ("in", 12),
    "pound": ("o", 16), "lb": ("o", 16),
}  # fmt: skip


def leading_number(phrase: str) -> Number | None:
    """The number that `phrase` begins with, apart from markup and words that add nothing.

    Digits first, then words; a word of loss directly before it makes it negative.
    """
    number = next(numbers_in(phrase), None)
    if number is not None:
        lead = _LEAD.match(phrase, 0, number.start)
        if lead and lead.end() == number.start:
            return _after_sign(phrase, number)
        loss = _LOSS.match(phrase, 0, number.start)
        if loss and loss.end() == number.start and number.value is not None:
            return number if number.value < 0 else number.with_sign(-1)
    for word in word_numbers_in(phrase[: number.start if number else len(phrase)]):
        lead = _LEAD.match(phrase, 0, word.start)
        begins = lead is not None and lead.end() == word.start
        return word if begins and not _ONE_OF.match(phrase, word.end) else None
    return None


def _after_sign(phrase: str, number: Number) -> Number:
    """ "- 18" is -18, "±18" two answers."""
    before = phrase[max(0, number.start - 2) : number.start]
    if "±" in before:
        return Number(None, number.start, number.end, "conflicting")
    if (
        before[-2:] == "- "
        and (number.value or 0) > 0
        and not phrase[: number.start - 2].strip(_OPEN)
    ):
        return number.with_sign(-1)
    return number


def only_number(line: str) -> Number | None:
    """The one number of the sentence that `line` begins with, or its first where it calculates."""
    sentence = _SENTENCE_END.split(line, maxsplit=1)[0]
    numbers = list(numbers_in(sentence))
    if not numbers or _COMPARED.search(sentence, 0, numbers[0].start):
        return None
    return numbers[0] if len(numbers) == 1 or "=" in sentence else None


def settled(line: str, first: Number) -> Number:
    """The number that an answer beginning with `first` amounts to; see docs/grading.md."""
    if first.value is None:
        return first
    end = _CLAUSE_END.search(line, first.end)
    clause = line[: end.start()] if end else line
    if has_two_solutions(clause):
        return Number(None, first.start, len(clause), "conflicting")
    result = max(map(clause.rfind, EQUALS))
    number = _after_equals(clause, result, first) if result > first.start else first
    number = with_second_unit(clause, number)
    number = worked_out(clause, number)
    second = next(numbers_in(clause, number.end), None)
    if second is None:
        return signed(clause, number)
    if _RANGE.fullmatch(clause, number.end, second.start):
        return second
    if _BETWEEN.search(clause, 0, number.start) and _AND.fullmatch(
        clause, number.end, second.start
    ):
        return second
    if are_alternatives(clause, number, second):
        return Number(None, number.start, second.end, "conflicting")
    return signed(clause, number)


def worked_out(clause: str, first: Number) -> Number:
    """What a sum that is left to the reader comes to: "9 eggs × $2" is 18, "3 + 4 * 2" is 11.

    Subtractions are left alone, since "3 - 5" may be a range, and so is a sum that does not end
    the clause or has more than `_MOST_TERMS` terms.
    """
    terms, end = [first.value or Fraction(0)], first.end
    for _ in range(_MOST_TERMS):
        operator = _CALCULATES.match(clause, end)
        if operator and clause.startswith("(", operator.end()):
            return Number(None, first.start, len(clause), "no_number")
        number = next(numbers_in(clause, operator.end()), None) if operator else None
        if operator is None or number is None or number.start != operator.end():
            break
        if number.value is None:
            return number
        sign, end = operator["sign"], number.end
        if sign == "+":
            terms.append(number.value)
        elif sign in _DIVIDES:
            if not number.value:
                return Number(None, first.start, end, "no_number")
            terms[-1] /= number.value
        else:
            terms[-1] *= number.value
    if end == first.end or not _UNITS_ONLY.fullmatch(clause, end):
        return first
    total = sum(terms, Fraction(0))
    huge = max(abs(total.numerator), total.denominator) >= 10**MAX_DIGITS
    return Number(None if huge else total, first.start, end, "too_large" if huge else "")


def is_list(content: str) -> bool:
    """Whether `content` is nothing but several different numbers ("3, 4", "10 and 20")."""
    numbers = list(numbers_in(content))
    return len({number.value for number in numbers}) > 1 and all(
        _LIST.fullmatch(content, before.end, after.start) for before, after in pairwise(numbers)
    )


def with_second_unit(text: str, number: Number) -> Number:
    """`number` joined by what follows in the next smaller unit: "2 hours and 30 minutes" is 2.5."""
    unit = _COMPOUND.match(text, number.end)
    if unit is None or number.value is None:
        return number
    small, ratio = _SMALLER[unit["large"].lower().rstrip("s")]
    second = next(numbers_in(text, unit.end()), None)
    if second is None or second.start != unit.end() or second.value is None:
        return number
    following = _UNIT.match(text, second.end)
    if not (following and following[1].lower().startswith(small) and 0 <= second.value < ratio):
        return number
    part = second.value / ratio
    return Number(number.value + (part if number.value >= 0 else -part), number.start, second.end)


def has_two_solutions(clause: str) -> bool:
    """ "x = 5 or x = -5"."""
    sides = clause.split(" or ", 1)
    if len(sides) == 1 or not all("=" in side for side in sides):
        return False
    one, other = (next(numbers_in(side.rpartition("=")[2]), None) for side in sides)
    return one is not None and other is not None and one.value != other.value


def _after_equals(clause: str, equals: int, first: Number) -> Number:
    side = numbers_in(clause, equals)
    total, other = next(side, None), next(side, None)
    if total is None or (other and _OPERATOR.fullmatch(clause, total.end, other.start)):
        return first  # "20 = 4 * 5"
    return total


def signed(clause: str, number: Number) -> Number:
    """`number`, negative where the words around it say so: "negative 3", "3 degrees below zero"."""
    value = number.value
    if value is None or value <= 0:
        return number
    if (
        _NEGATIVE.search(clause, 0, number.start)
        or _BELOW_ZERO.match(clause, number.end)
        or _in_accounting_brackets(clause, number)
    ):
        return number.with_sign(-1)
    return number


def _in_accounting_brackets(clause: str, number: Number) -> bool:
    """ "The result is ($500)." A sum of money in brackets by itself is below zero."""
    return (
        clause[number.start - 1 : number.start] == "("
        and clause[number.end : number.end + 1] == ")"
        and clause[number.start] in CURRENCY
        and _ACCOUNTING.search(clause[: number.start]) is not None
    )


def are_alternatives(text: str, first: Number, second: Number) -> bool:
    """Whether "5 or 6" offers two different answers, and not one in two units or rounded."""
    if first.value is None or second.value is None or first.value == second.value:
        return False
    between = _OR.fullmatch(text, first.end, second.start)
    if between is None or "%" in text[first.end : second.end + 2]:
        return False
    whole = first.value.denominator == second.value.denominator == 1
    if not whole and abs(first.value - second.value) <= abs(first.value) / 50:
        return False
    unit = between["unit"].strip().lower()
    following = _UNIT.match(text, second.end)
    return not unit or (following is not None and following[1].lower() == unit)
