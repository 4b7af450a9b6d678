"""Does an equation hold? A false one is asserted only when it is surely one.

What may be meant otherwise neither holds nor is false (`doubts`): nothing can be said of it.
"""

import re
from collections.abc import Sequence
from fractions import Fraction

from netgain.diagnosis.arithmetic import Item, Side, evaluate
from netgain.diagnosis.doubts import is_doubtful
from netgain.diagnosis.equations import Equation, Reading
from netgain.diagnosis.plain import plain
from netgain.diagnosis.tokens import Token, shortest
from netgain.diagnosis.units import mixes_units
from netgain.diagnosis.vocabulary import Value

Signature = tuple[Value | str | None, ...]
Rounded = set[Value] | frozenset[Value]
_SMALL, _LARGE = 3, 20  # values from which whole numbers stand for their fractions
_FLOATING = 10**6  # of the value: the last digits that a program gives are noise
_MOVED = 12  # numbers of a side that are moved; more are taken to be like them
_ABOUT = Fraction(1, 20)  # of the value, where the text says that it is not exact
_READ = 300  # characters after an equation in which it may be taken back
_OTHER_RECKONING = re.compile(
    r"\\p?mod\b|\bmod(?:ulo)?\b|≡|\\equiv|\b(?:quotient|remainder|carry|borrow|ternary|binary)\b"
)
_SECOND_THOUGHT = re.compile(
    r"\b(?:wait|hmm|oops|whoops|actually|sorry|apologi[sz]e|scratch that|hold on|correction|i mean"
    r"|(?:mistake|error) (?:above|here|in)"
    r"|(?:made|was|is) (?:an? |another )?(?:\w+ )?(?:mistake|error)"
    r"|(?:that|this|it)(?:['’]s| is| was| seems)(?: \w+)? (?:wrong|incorrect|off)"
    r"|(?:not|n['’]t) (?:right|correct)|(?:let me|let['’]s|need to|should|i['’]ll) (?:re-?check"
    r"|re-?calculat|re-?comput|re-?count|correct|fix|redo|double-?check)\w*)\b",
    re.IGNORECASE,
)
_ROUGH = re.compile(
    r"\b(?:about|approx\w*|around|roughly|nearly|almost|rounded|rounding|round)\b|[~≈]",
    re.IGNORECASE,
)


def holds(equation: Equation, rounded: Rounded = frozenset()) -> bool | None:
    """Whether `equation` is true, None where that cannot be said.

    It cannot of an equation with an unknown, and of writing that is no error: a sum that runs on, a
    difference the other way round ("12 - 20 = 8 less"), a rate ("4 km/2 h"); see `doubts`.

    Args:
        rounded: values that were rounded earlier; what is computed from them may be off.
    """
    left, right = equation.left.value, equation.right.value
    if left is None or right is None:
        return None
    if left == right:
        return None if mixes_units(equation) else True
    if _is_rounding(equation, left, right, rounded) or _percent_holds(equation, left, right):
        return True
    if (left < 0 and left == -right) or _runs_on(equation):
        return None
    return None if is_doubtful(equation) else False


def check_all(
    texts: Sequence[str], readings: Sequence[Reading], cut_off: bool = False
) -> list[list[bool | None]]:
    """Whether each equation of each step holds, None where that cannot be said.

    It cannot in modular arithmetic, nor of an equation that the text takes back ("wait, that's
    wrong: 3 * 4 = 12", or the same reckoned again with another result), nor of a number at the very
    end of a text that was cut off.
    """
    rounded: set[Value] = set()
    found: list[list[bool | None]] = []
    reckoned: list[tuple[int, Signature]] = []  # equations that hold, by step
    for index, reading in enumerate(readings):
        verdicts = [holds(equation, rounded) for equation in reading.equations]
        for equation, true in zip(reading.equations, verdicts, strict=True):
            if true:
                if equation.left.literal or equation.right.literal:
                    reckoned.append((index, _signature(equation)))
                if equation.left.value != equation.right.value and equation.right.value is not None:
                    rounded.add(equation.right.value)
        found.append(verdicts)
    last = {signature: index for index, signature in reckoned}
    for index, (reading, verdicts) in enumerate(zip(readings, found, strict=True)):
        if False not in verdicts:
            continue
        other = _OTHER_RECKONING.search(texts[index]) is not None
        written = plain(texts[index])
        following = "\n".join(text[:_READ] for text in texts[index + 1 : index + 3])
        for i, equation in enumerate(reading.equations):
            if verdicts[i] is not False:
                continue
            again = last.get(_signature(equation), -1) >= index
            is_last = index == len(texts) - 1 and not equation.after.strip()
            cut = is_last and (cut_off or _may_be_cut(equation))
            at = written.rfind(equation.text)
            rest = (
                written[at + len(equation.text) : at + len(equation.text) + _READ]
                if at >= 0
                else ""
            )
            taken_back = _SECOND_THOUGHT.search(f"{rest}\n{following}"[:_READ])
            if again or cut or other or taken_back:
                verdicts[i] = None
    return found


def _may_be_cut(equation: Equation) -> bool:
    """Whether the number that ends a text is the beginning of the right one: "400 + 240 = 64"."""
    left, right = equation.left.value, equation.right
    if not right.literal or left is None:
        return False
    written = right.operands[0].text.replace(",", "").lstrip("$€£¥ ")
    return f"{float(left):.6f}".startswith(written)


def _signature(equation: Equation) -> Signature:
    """What is reckoned: the numbers and signs of its computed side in postfix order."""
    side = equation.right if equation.left.literal else equation.left
    return tuple(item if isinstance(item, str) else item.value for item in side.items)


def places(token: Token) -> int:
    """Digits after the decimal point, of a percentage two more (its value is a share).

    Of 1.8e5 there are -4: its last place is 10,000.
    """
    mantissa, _, power = token.text.partition("e")
    return len(mantissa.partition(".")[2]) - int(power or 0) + (2 if token.percent else 0)


def _is_rounding(equation: Equation, left: Value, right: Value, rounded: Rounded) -> bool:
    """Whether the sides agree once every number stands for all that it may be rounded from."""
    slack = [_slack(side, rounded) for side in (equation.left, equation.right)]
    if None in slack:
        return False
    off = max(abs(Fraction(left) - right) - sum(each or 0 for each in slack), Fraction(0))
    if off * _FLOATING <= abs(Fraction(left)):
        return True
    near = equation.before[-15:] + equation.text + equation.after[:25]
    rough = equation.approximate or _ROUGH.search(near) is not None
    unit = last_place(equation.right) or last_place(equation.left)
    size = max(abs(Fraction(left)), abs(Fraction(right)))
    if rough and off <= size * _ABOUT:
        return True
    if unit is None:
        return False
    if unit < 1 or not (equation.right.literal or equation.left.literal):
        return off < unit
    computed, written = (left, right) if equation.right.literal else (right, left)
    token = (equation.right if equation.right.literal else equation.left).operands[0]
    size, apart = abs(Fraction(computed)), abs(Fraction(computed) - written)
    whole, digits = isinstance(computed, int), equation.left.operands + equation.right.operands
    if not whole or any(places(each) for each in digits):
        zeros = len(token.text) - len(token.text.rstrip("0,"))
        if apart * 2 <= 10 ** token.text[-zeros:].count("0") and zeros > 1:
            return True  # 5,400 × 1.998 = 10,800
    if whole:
        return rough and off <= unit
    # A whole number in place of a fraction: to the nearest, or to either side of a large one.
    up = abs(Fraction(written)) > size
    nearest = apart < Fraction(1, 2) or (apart == Fraction(1, 2) and up)
    return (nearest and size >= _SMALL) or (apart < 1 and size >= _LARGE)


def last_place(side: Side) -> Fraction | None:
    """What one more in the last place of a number makes: 0.01 of 2.35, 10,000 of 1.8e5."""
    return Fraction(10) ** -places(side.operands[0]) if side.literal else None


def _slack(side: Side, rounded: Rounded) -> Fraction | None:
    """How far a side may be off, each of its numbers moved to the ends that it may be rounded from.

    A literal stands for itself: how far it may be off is for the side that is computed to say.
    """
    if side.literal:
        return Fraction(0)
    items = side.items
    numbers = [i for i, item in enumerate(items) if not isinstance(item, str)]
    moved = [i for i in numbers if _may_be_off(items[i], rounded)]  # type: ignore[arg-type]
    total = Fraction(0)
    for i in moved[:_MOVED]:
        token = items[i]
        assert not isinstance(token, str)
        for sign in (-1, 1):
            value = Fraction(token.value or 0) + sign * Fraction(10) ** -places(token) / 2
            end = evaluate((*items[:i], token._replace(value=value), *items[i + 1 :]))
            if end is None:
                return None
            total += abs(Fraction(end) - (side.value or 0)) / 2
    return total * len(moved) / max(1, min(len(moved), _MOVED))


def _may_be_off(token: Token, rounded: Rounded) -> bool:
    """Whether a number may be rounded: with two places or more, which a price has anyway."""
    shown = places(token) - (2 if token.percent else 0)
    return token.value in rounded or (shown >= 2 and token.text[0] not in "$€£¥")


def _runs_on(equation: Equation) -> bool:
    """Whether the right side goes on reckoning with the left one: "9 - 2 = 7 * 3 = 21"."""
    right = equation.right
    if right.literal or not equation.in_chain:
        return False
    first, left = right.items[0], equation.left.value
    if isinstance(first, str) or first.value is None or left is None:
        return False
    return abs(Fraction(first.value) - left) * 250 <= abs(Fraction(left))


def _percent_holds(equation: Equation, left: Value, right: Value) -> bool:
    operands = equation.left.operands + equation.right.operands
    if not any(token.percent for token in operands):
        return False
    readings = [
        (Fraction(left) * 100, right),
        (Fraction(left) / 100, right),
        (_taken_of(equation.left), right),
        (_taken_of(equation.right), left),
    ]
    unit = Fraction(1, 10 ** max(0, places(operands[-1]) - 2))  # 36.19 is 36%
    return any(
        value is not None
        and (
            abs(Fraction(value) - other) * 200 <= abs(Fraction(other))
            or (operands[-1].percent and abs(Fraction(value) - 100 * Fraction(other)) < unit)
        )
        for value, other in [*readings, (left, right)]
    )


def _taken_of(side: Side) -> Value | None:
    """The value with "$80 - 25%" read as 80 less 25% of 80."""
    items: list[Item] = list(side.items)
    for index in range(1, len(items) - 1):
        share, sign = items[index], items[index + 1]
        if isinstance(share, str) or not isinstance(sign, str) or sign not in "+-":
            continue
        if share.percent and share.value is not None:
            change = 1 + share.value if sign == "+" else 1 - share.value
            items[index] = share._replace(value=shortest(Fraction(change)), percent=False)
            items[index + 1] = "*"
    return evaluate(tuple(items))
