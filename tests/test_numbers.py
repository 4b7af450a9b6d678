from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netgain.text.numbers import MAX_DIGITS, MAX_EXPONENT, format_number, parse_number

LIMIT = 10**MAX_DIGITS
WITHIN_BOUNDS = st.builds(
    Fraction, st.integers(-LIMIT + 1, LIMIT - 1), st.integers(1, 10**6) | st.integers(1, LIMIT - 1)
)


@pytest.mark.parametrize(
    ("token", "value"),
    [
        ("18", Fraction(18)),
        ("18.00", Fraction(18)),
        ("18.", Fraction(18)),
        (" 18\n", Fraction(18)),
        ("007", Fraction(7)),
        ("0", Fraction(0)),
        ("16.5", Fraction(33, 2)),
        (".5", Fraction(1, 2)),
        ("-3", Fraction(-3)),
        ("−3", Fraction(-3)),
        ("+3", Fraction(3)),
        ("$18.00", Fraction(18)),
        ("-$5", Fraction(-5)),
        ("$-5", Fraction(-5)),
        ("€ 7", Fraction(7)),
        ("1,234", Fraction(1234)),
        ("1,234,567.25", Fraction(123456725, 100)),
        ("12,34,567", Fraction(1234567)),
        ("1 234", Fraction(1234)),
        ("1\u2009234\u2009567", Fraction(1234567)),
        ("1\u202f234", Fraction(1234)),
        ("1'234.5", Fraction(2469, 2)),
        ("1.234,5", Fraction(2469, 2)),
        ("1.234.567", Fraction(1234567)),
        ("1,5", Fraction(3, 2)),
        ("12,50", Fraction(25, 2)),
        ("0,125", Fraction(1, 8)),
        ("1234,567", Fraction(1234567, 1000)),
        ("1.234", Fraction(617, 500)),
        ("1/2", Fraction(1, 2)),
        ("-3 / 4", Fraction(-3, 4)),
        ("1,000/8", Fraction(125)),
        ("3 1/2", Fraction(7, 2)),
        ("1e3", Fraction(1000)),
        ("2.5E-2", Fraction(1, 40)),
        ("9" * MAX_DIGITS, Fraction(LIMIT - 1)),
    ],
)
def test_a_number_token_is_read_exactly(token: str, value: Fraction) -> None:
    assert parse_number(token) == value


@pytest.mark.parametrize(
    "token",
    [
        "", " ", "-", "$", ".", ",", "e5", "None", "twelve", "18 apples", "50%", "1 2", "--3",
        "-$-3", "1,2,3", "1,000,00", "1,44000", "1 23", "1.2.3",
        "1/0", "0/0", "1/2/3", "5 9/3", "3 0/0",
        "5:30", "inf", "nan", "0x10", "1_000", "٣", "²",
    ],
)  # fmt: skip
def test_what_is_not_one_number_is_none(token: str) -> None:
    assert parse_number(token) is None


@pytest.mark.parametrize(
    "token",
    [
        "9" * (MAX_DIGITS + 1),
        "0." + "3" * MAX_DIGITS,
        f"1e{MAX_EXPONENT + 1}",
        f"1e-{MAX_EXPONENT + 1}",
        f"1e{'9' * 300}",
        f"999e{MAX_EXPONENT}",
    ],
)
def test_a_number_beyond_the_bounds_is_refused(token: str) -> None:
    assert parse_number(token) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(18), "18"),
        (Fraction(-3), "-3"),
        (Fraction(0), "0"),
        (Fraction(33, 2), "16.5"),
        (Fraction(-1, 20), "-0.05"),
        (Fraction(1, 3), "1/3"),
        (Fraction(-22, 7), "-22/7"),
        (Fraction(1234), "1234"),
        (Fraction(1, 2**70), f"1/{2**70}"),
    ],
)
def test_a_number_is_written_plainly(value: Fraction, text: str) -> None:
    assert format_number(value) == text


@settings(deadline=None)
@given(WITHIN_BOUNDS)
def test_a_written_number_is_read_back_to_the_same_value(value: Fraction) -> None:
    assert parse_number(format_number(value)) == value


@settings(deadline=None)
@given(st.integers(-(10**12), 10**12))
def test_thousands_separators_change_nothing(number: int) -> None:
    assert parse_number(f"{number:,}") == number


@settings(deadline=None)
@given(st.integers(-(10**12), 10**12), st.integers(0, 20))
def test_decimals_are_exact_and_not_rounded_through_floats(digits: int, places: int) -> None:
    value = Fraction(digits, 10**places)
    assert parse_number(f"{digits}e-{places}") == value
    assert parse_number(f"{Decimal(digits).scaleb(-places):f}") == value


@settings(deadline=None)
@given(st.text(alphabet="0123456789.,-+$/eE %−½\n", max_size=40) | st.text())
def test_parsing_never_raises_and_ignores_surrounding_space(text: str) -> None:
    value = parse_number(text)
    assert parse_number(f" \t{text}\n") == value
    if value is not None:
        assert parse_number(format_number(value)) == value


@pytest.mark.timeout(10)
@pytest.mark.parametrize("unit", ["1", "1,", ",", "1.", "-", "$", " ", "1/", "1 1/", "1e", "."])
def test_a_hostile_megabyte_is_refused(unit: str) -> None:
    assert parse_number(unit * (1_000_000 // len(unit)) + "x") is None
