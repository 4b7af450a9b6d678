"""Why an equation that does not hold as it was read may be none, or may hold as it was meant.

A false equation is asserted only when it is surely one. Each doubt here is a usual way of writing
in which the reader takes too much or too little for a side, or in which numbers and units do not
mean what they say alone. They were collected by reading what was called false in right answers.
"""

import re
from fractions import Fraction

from netgain.diagnosis.arithmetic import Side, parse
from netgain.diagnosis.equations import Equation
from netgain.diagnosis.plain import UNREADABLE
from netgain.diagnosis.tokens import scan
from netgain.diagnosis.units import is_unit, mixes_units
from netgain.diagnosis.vocabulary import Value

_LABEL = re.compile(r"(?:\A|\n)\s*(?:[-*•+]|\(?\w{1,3}[).:])\s*\Z")  # a bullet, "2)", "(a)"
# What ends before an equation and makes it the rest of something: an operator or a term of a sum in
# words ("karts (2 rides × $10) = $30"), a part ("half of", "5 and"), or what is only supposed.
_FRAGMENT = re.compile(
    r"(?:[-+*/^×÷]\s*|[%)}\]\d] *|\b(?:plus|minus|times|by|per|over|than|from|every|each)\s*"
    r"|\b(?:half|twice|double|triple|thirds?|quarters?|fifths?|percent|root|square"
    r"|cube)(?: of)?(?: the)?\s+|(?:[+×*÷]| [-/] )[^.;:=≈\n]*[A-Za-z][^.;:=≈\n]*"
    r"|\d\s*(?:[A-Za-z]{1,15}\s+){0,2}and\s+|[\w'′√|.,]"
    r"|\b(?:if|suppose|assum(?:e|ing)|not|instead of|rather than|whether|unless|isn['’]t|wrong"
    r"|mistake|error)\b[^.;\n]{0,20})\Z",
    re.IGNORECASE,
)
_NAME_BEFORE = re.compile(r"(?:\b[A-HJ-Zb-z]|_\w{1,9})\s*\Z")  # "A (49)^2": a factor
_COMPOUND_BEFORE = re.compile(r"\d\s*([A-Za-z]{1,12})(?:\s+and)?\s*\Z")  # "1 hour 20 minutes"
_COMPOUND_AFTER = re.compile(r"\s?([A-Za-z]{1,12})(?:,|\s+and)?\s+\d")
_OF_THEM = re.compile(r"\b(?:of|for)\s+\Z")
# Between the left side and its sign: "of", or arithmetic that was not read.
_UNREAD = re.compile(r"[^=≈]{0,80}?(?:\bof\b|[\d*^×÷+)}\]]|/ ?\()")
# What follows an equation and goes on with its right side, or denies it.
_GOES_ON = re.compile(
    r"\||(?!(?:[mgslhdL]|[ckm]m|[km]g|lbs?|oz|ml|hrs?|mins?|ft|in|mph)(?!\w))[^\W\d]"
    r"|\s*(?:[*/^×÷%<]|\.\.\.|…|-\s?\d|\?|of\b"
    r"|[A-Za-z]{0,15}\s*\b(?:plus|minus|times|multiplied|divided)\b"
    r"|(?:am|pm|a\.m|p\.m|o['’]clock|rem|remainder|mod|with (?:a )?rem\w*)\b|余|[rR]\.?\s?\d)"
    r"|\s{0,2}(?![mghlLKksdCFVa]\b)[A-Za-z](?![\w'’&])"
    r"|[^.;\n]{0,30}(?:≠|\?|\b(?:wrong|incorrect|impossible|not possible|mistake|false|untrue"
    r"|too (?:high|low|many|much|few|little))\b|(?:is|does|do|was)(?:n['’]t| not)\b)"
)
# Signs that are none of word problems' arithmetic: rates, clocks, letters for numbers, products
# without a sign.
_STRANGE = re.compile(
    rf"[{UNREADABLE}!?|…~'′″]|\d\s+\(|\d\(\d+/\d+\)|\)\s?%|[A-Za-z] ?\^|\d/[A-Za-z]|[A-Za-z]·"
    r"|\)\s+\d|\)[A-Za-z]|\d(?:st|nd|rd|th)\b|[A-Za-z]\d|\d[A-Za-z]{3}"
    r"|\b(?:per|every|each|for|in|out)\s+[$\d]|/\d+ ?[A-Za-z]|[A-Za-z] ?/ ?\d"
    r"|\b(?:pi|phi|theta|alpha|beta|gamma|lambda|mu|sigma|omega|rho)\b"
    r"|(?<![\d.])[1-9]\d{0,2}\.\d\d0(?!\d)"  # 1.500, which may be 1500
    r"|\d-[A-Za-z]|\d:\d|\b(?:dozens?|pairs?|couple|score|[ap]m|[ap]\.m|noon|midnight|o['’]clock)\b"
)
_FOREIGN = re.compile(r"[^\x00-\x7f€£¥¢×÷∙⋅·≈≅“”‘’–—，。、；！？]")
_CLOCK = re.compile(r"\d ?[ap]\.?m\b|noon|midnight|o['’]clock", re.IGNORECASE)
_ADDED_SHARE = re.compile(r"[-+] ?\$?[\d.]{1,12} ?%(?! ?(?:of|[*×x]))")
_LETTERS = re.compile(r"[A-Za-z]{2}\s+[A-Za-z]")
_WORD_SIGN = re.compile(r"\b(?:plus|minus|times|by)\s*\Z")
_GOES_ON_IN_WORDS = re.compile(r"[^-+*/^×÷\n]{0,40}[A-Za-z]{2}")
_WORD_BEFORE_SIGN = re.compile(r"[A-Za-z]{2}[^=≈]{0,40}[=≈]")
_FACTORS = frozenset({7, 12, 16, 24, 30, 36, 52, 60, 100, 365, 1000, 1440, 3600, 10**6})
_MEASURED = re.compile(
    r"\b(?:seconds?|secs?|min(?:ute)?s?|hours?|hrs?|days?|weeks?|months?|years?|mph|inch(?:es)?|f(?:ee|oo)t"
    r"|ft|yards?|m|km|cm|mm|meters?|kilometers?|g|kg|grams?|kilograms?|oz|ounces?|pounds?|lbs?|ml|liters?"
    r"|cents?|thousands?|millions?|k)\b|[%$¢]",
    re.IGNORECASE,
)
_SI = re.compile(
    r"\b[kMGTmnpcdfuµμ](?:Hz|V|A|W|J|F|s|m|g|Pa|C|N|L|l|mol|cal|eV|Wh|bps|B|Wb|H|T|Ω|ohms?)\b"
)
_MOST_PARTS = 100
_THING = re.compile(r"[\s$*]+(?!and\b|so\b|which\b|or\b|is\b|are\b|but\b)[A-Za-z]{3,}")


def is_doubtful(equation: Equation) -> bool:
    """Whether an equation that does not hold as read may be meant otherwise."""
    return (
        _is_fragment(equation)
        or _goes_on(equation)
        or _is_part_of_something(equation)
        or _is_worked_out_in_parts(equation)
        or _has_strange_signs(equation)
        or _is_in_other_units(equation)
        or _holds_read_otherwise(equation)
        or _counts_whole_things(equation)
    )


def _is_fragment(equation: Equation) -> bool:
    """Whether the left side may be only the end of what was written, or is only supposed."""
    before = equation.before
    if not before or _LABEL.search(before):
        return False
    name = equation.text.startswith("(") and _NAME_BEFORE.search(before)
    compound = _COMPOUND_BEFORE.search(before)
    return bool(
        name
        or _FRAGMENT.search(before)
        or (compound and is_unit(compound[1]))
        or (_OF_THEM.search(before) and not equation.right.literal)
    )


def _goes_on(equation: Equation) -> bool:
    """Whether the right side may be only the beginning of what was written, or is denied."""
    compound = _COMPOUND_AFTER.match(equation.after)
    between = equation.text[equation.left.end - equation.left.start :]
    return bool(
        _GOES_ON.match(equation.after)
        or (equation.left.literal and _LETTERS.search(between.partition("=")[0]))
        or (compound and is_unit(compound[1]))
        or _UNREAD.match(between.partition("=")[0].partition("≈")[0])
        # "Number of 2 x 8 pieces = $24 / $6": the left side names a thing.
        or (not equation.place and not equation.right.literal and _WORD_BEFORE_SIGN.match(between))
    )


def _is_part_of_something(equation: Equation) -> bool:
    """Whether it tells what a part comes to: "2/5 equals 12.8 hectares", "50% = 20 + 5"."""
    left, right = equation.left, equation.right
    if right.value is None or abs(Fraction(right.value)) < 1:
        return False
    if left.literal:
        return left.operands[0].percent
    divisor = left.operands[-1].value
    tight = len(left.items) == 3 and left.items[2] == "/" and _is_proper(left.value)
    return tight and isinstance(divisor, int) and divisor <= _MOST_PARTS


def _is_proper(value: Value | None) -> bool:
    return isinstance(value, Fraction) and 0 < value < 1


def _is_worked_out_in_parts(equation: Equation) -> bool:
    """Whether the right side works out only a part: "48 - 8 - 21 = 48 - 8 = 40; 40 - 21 = 19"."""
    right = equation.right
    if equation.runs_on:
        return True
    if right.literal:
        return False
    if right.operands[0].value == equation.left.value and _GOES_ON_IN_WORDS.match(
        equation.text, right.operands[0].end - equation.left.start
    ):
        return True  # "= 120 miles a week divided by 6", "= 11 days in March + 20"
    whole, part = _signs_and_values(equation, equation.left), _signs_and_values(equation, right)
    return any(whole[i : i + len(part)] == part for i in range(len(whole) - len(part) + 1))


def _has_strange_signs(equation: Equation) -> bool:
    after = equation.after.lstrip()[:1]
    return bool(_FOREIGN.search(equation.text + after) or _STRANGE.search(equation.text))


def _is_in_other_units(equation: Equation) -> bool:
    """Whether units mix, or the two sides differ by the factor of a usual conversion."""
    if mixes_units(equation):
        return True
    left, right = equation.left.value, equation.right.value
    if not left or not right:
        return False
    around = equation.before + equation.text + equation.after
    if abs(left - right) in (12, 24) and _CLOCK.search(around):
        return True
    ratio = Fraction(left) / right
    factor = max(ratio, 1 / ratio)
    if _SI.search(equation.text + equation.after[:12]) and _is_power_of_ten(factor):
        return True  # "2 * 16,000 ≈ 32 kHz"
    if factor.denominator != 1 or factor.numerator not in _FACTORS:
        return _ADDED_SHARE.search(equation.text) is not None
    return bool(_MEASURED.search(around))


def _is_power_of_ten(factor: Fraction) -> bool:
    """Whether a ratio above 1 is about 1,000, 10^6 and so on."""
    return any(abs(factor / 1000**i - 1) < Fraction(1, 50) for i in range(1, 5))


def _holds_read_otherwise(equation: Equation) -> bool:
    """Whether it holds without what may not belong to its left side."""
    # "12 * 20 = 240 + 12 * 10 = 120 + 6": each result stands before the next sum.
    targets = {equation.right.value, equation.right.operands[0].value}
    start = equation.left.start
    text = equation.text[: equation.left.end - start]
    for token in equation.left.operands[1:13]:
        at = token.start - start
        gap = text[:at].rpartition(" ")[2]
        # "a fall by 3 gives -6 + 3 = -3"; "= 6 litres plus 16 * 2 = 32" within a chain.
        minus = gap == "-"
        if minus or equation.continues or _WORD_SIGN.search(text[:at]):
            rest = parse(scan(text[at - minus :]).tokens)
            if rest is not None and rest.value in targets:
                return True
        if not minus and equation.continues:
            break  # only its first number is the side's before it
    return False


def _counts_whole_things(equation: Equation) -> bool:
    """Whether a quotient was made a whole number of things: "40 / 6 = 6 full packs"."""
    left, right = equation.left.value, equation.right.value
    return (
        isinstance(left, Fraction)
        and isinstance(right, int)
        and abs(left - right) < 1
        and "/" in equation.left.items
        and _THING.match(equation.after) is not None
    )


def _signs_and_values(equation: Equation, side: Side) -> list[tuple[str, Value | None]]:
    start = equation.left.start
    tokens = scan(equation.text[side.start - start : side.end - start]).tokens
    return [("", token.value) if token.kind == "n" else (token.text, None) for token in tokens]
