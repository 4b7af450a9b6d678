"""Units of one kind side by side ("1 hour + 30 minutes"), where bare numbers say little."""

import re

from netgain.diagnosis.equations import Equation

# The units of each dimension; names of one unit stand between commas.
_DIMENSIONS = (
    "second sec, minute min, hour hr, day, week, year",
    "millimeter mm, centimeter cm, meter metre m, kilometer kilometre km, inch, foot feet ft, "
    "yard, mile",
    "gram g, kilogram kg, ounce oz, pound lb",
    "milliliter ml, liter litre, teaspoon, tablespoon, cup, pint, quart, gallon",
    "cent penny pennies ¢, nickel, dime, dollar $",
    "dozen",
)
_NAMED = {
    word: (dimension, names.split()[0])
    for dimension, units in enumerate(_DIMENSIONS)
    for names in units.split(",")
    for name in names.split()
    for word in (name, f"{name}s", f"{name}es")
}
_AFTER = re.compile(r"[ ]{0,4}-?(?:([A-Za-z]{1,12})\b|(¢))")


def is_unit(word: str) -> bool:
    """Whether a word is a unit that has others beside it.

    >>> is_unit("hrs"), is_unit("pens")
    (True, False)
    """
    return word.lower() in _NAMED


def mixes_units(equation: Equation) -> bool:
    """Whether two units of one dimension stand in an equation."""
    found = set()
    for token in equation.left.operands + equation.right.operands:
        match = _AFTER.match(equation.text + equation.after, token.end - equation.left.start)
        word = "$" if token.text.startswith("$") else (match[1] or match[2]) if match else ""
        if word.lower() in _NAMED:
            found.add(_NAMED[word.lower()])
    return len({dimension for dimension, _ in found}) < len(found)
