"""A false equation is asserted only when it is surely one: how current models write, and slips."""

from __future__ import annotations

from pathlib import Path

import pytest

from netgain.diagnosis import diagnose
from netgain.records import FinishReason


def false_in(text: str, finish_reason: FinishReason = "stop") -> list[str]:
    found = diagnose("", text, finish_reason=finish_reason)
    return [equation.text for equation in found.equations if equation.holds is False]


@pytest.mark.parametrize(
    "text",
    [
        # Signs and fragments: what stands before belongs to it.
        "Rising by 4 gives -9 + 4 = -5 degrees.",
        "5 (gifts) + 12 (1 game a month) + 3 (prizes) = 20 games",
        "tickets $6 + snacks $4 + rides (2 rides × $9) = $28 each",
        "He has 30, minus 4 (lost) minus 6 (sold) equals 20.",
        "1 + 2 + ... + 8 + 9 = 45",
        "the sum of 7 and 4 + 5 = 16",
        "half of (6 + 4) = 5 pears",
        "1 check every 3 months x 4 quarters = 4",
        "sqrt(16) + 5 = 9, so |3 - 8| = 5 and max(4, 9) = 9",
        "\\sqrt{49} = 7, 2\\pi \\times 5 = 31.4 and 5! = 120",
        # A part of something, which words or letters name.
        "He keeps 2/5. This 2/5 equals 18 acres.",
        "Tuesday = Monday + (3/4)Monday = (7/4)Monday = 21.",
        "\\[ 12 = \\frac{3}{4} y \\]\n\\[ y = 16 \\]",
        "Rent: 1/4 = 1500. Fuel: 50% = 60 + 5.",
        "Number of hens = \\( \\frac{1}{3} \\) of cows = \\( \\frac{1}{3} \\times 60 = 20 \\)",
        "3(4 x 5)y = 30",
        # Results that run on, or are worked out in parts.
        "4 bags × 2.5 kg = 10 kg plus 6 bags × 3 kg = 18 kg, 28 kg in all.",
        "He pays 15 dollars for entry plus 2 * 8 = 16 dollars for rides.",
        "50 - 9 - 20 + 30 = 50 - 9 = 41; 41 - 20 = 21; 21 + 30 = 51",
        "40 + 40 + 25 = 40 + 40 = 80, 80 + 25 = 105",
        "3 * 5 = 15 + 4 = 19 - 2 = 17",
        "<<12*20=240 + 12*10=120 + 12*30=360>>",
        "$30 \\times 4 = 120$ miles a week divided by 6 hours is 20",
        # Units, clocks, rates, conversions.
        "2 hours 15 minutes + 50 minutes = 3 hours 5 minutes = 185 minutes",
        "20 minutes + 2 hours = 20 + 120 = 140 minutes",
        "3 hours × $5 per 10 minutes = 3 × 30 = 90",
        "48 eggs × $2 per 12 eggs = $8",
        "9 ft × 12 ft = 108 ft^2 and 5 m × 4 m = 20 m²",
        "10 pm + 8 = 6 am, and 9 am - 5 pm = 16 hours",
        "3 dozen / 4 = 36 / 4 = 9",
        "4 * 25 = $1, 0.25 * 100 = 25%",
        "90 minutes × 60 mph = 90 miles",
        "$1.50 * 4 = 600 cents",
        # Rounding and approximation.
        "38 / 3 = 12.67, 12.67 * 3 = 38, 0.33 * 60 = 20",
        "7 * 3.14 is about 7 * 3 = 21, 100 / 7 ≈ 14",
        "26 / 8 = 3 full boxes, with 2 left over",
        "50 / 6 = 8 boxes",
        "8 / 3 = 2.6666666666666665",
        "10 / 3 = 3 remainder 1, 29 % 6 = 5",
        # Percentages.
        "$60 + 20% = $72, 100% - 35% = 65, 30 / 40 * 100 = 75%",
        "The chance is 3 * 0.2 = 0.6 (60%), so 1 - 0.6 = 0.4 (or 40%).",
        # LaTeX, Markdown, tables, code.
        "2\\frac{1}{2} + 1\\frac{1}{4} = 3\\frac{3}{4}",
        "5^2 + 3^2 = 34, 4² + 3² = 25, 2^{3} = 8, 30^\\circ + 60^\\circ = 90^\\circ",
        "**12** + 5 = **17** and *6* + 1 = *7*",
        "| day | sum |\n|---|---|\n| 2 | 3 + 4 = 7 |\n| 9 | 7 + 1 = 8 |",
        "\\begin{align*} x &= 5 + 3 \\\\ &= 8 \\end{align*}",
        "eggs = 5 * 12  # 1 dozen = 12\nif eggs == 5 + 12:\n    eggs += 3 - 2\nassert 3 + 4 != 8",
        "if 5 + 3 <= 10 and 2 * 3 >= 5: print(f'{2 + 3 = }')",
        "Number of 2 x 6 boards = $24 / $8 = 3",
        "The ratio 2:3 = 10:15, on 2020-05-06 at 10:30",
        "1.500 + 2.500 = 4.000 Euro; 10 000 + 5 000 = 15 000",
        "10k + 5k = 15k and 3e3 * 2 = 6e3",
        "1st + 2nd = 3rd place",
        # Science: powers of ten, prefixes, letters that are numbers.
        "m = (1.04 × 10^-3 L) / (22.4 L/mol) = 4.64 × 10⁻⁵ mol",
        "500 nm = 500 × 10^-9 m = 0.5 μm and 2 * 16,000 ≈ 32 kHz",
        "$2,000 * [(1 - (1 + 0.06)^-10) / 0.06] = $14,720.17",
        "n = (1 atm * 0.5 L) / (0.082 L·atm/mol·K * 298 K) = 0.02 mol",
        "1/f = 1/∞ + 1/(-5) = -0.2, 1/4 = 1/do + 1/(-20)",
        "2(1.5)(500 nm) = 3\\lambda and 30 * 2 pi = 188.5",
        "W = 2 * 20 J / (500 V)^2 = 160 * 10^-6 F",
        "\\binom{7}{5} 2^5 = 21 \\cdot 32 = 672",
        "5400 × 1.99807 = 10,800 and 9 × 10^2/3 × 10^4 = 0.03",
        "200 / 3 = 66(2/3) units, 8 * (1/4)% = 0.02",
        "Option A: 2/5 = 10/20 is false since 40 is not 50.",
        # What is asked, supposed, denied or taken back.
        "Is 3 * 4 = 13?",
        "If 3 * 4 = 13, we would be wrong.",
        "3 * 4 = 13 is wrong, of course.",
        "3 * 4 = 13. Wait, that's wrong: 3 * 4 = 12",
        "27 + 22 + 11 = 59 shells.\nHowever, let me re-check.\n27 + 22 + 11 = 60",
        "17 + 5 = 23\nHmm, I made a mistake.\nSo there are 22.",
        "~~3 + 4 = 8~~ 3 + 4 = 7",
        "400 + 240 = 64",  # the text ends within the number
    ],
)  # fmt: skip
def test_no_usual_way_of_writing_is_called_false(text: str) -> None:
    assert false_in(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "The total is 4 + 20 + 7 + 8 = 49 pages.",
        "\\[ \\frac{3}{4} \\times 7000 = 4500 \\text{ gallons} \\]",
        "\\[ 30 \\text{ miles} + 5 \\text{ miles} + 2 \\text{ miles} = 53 \\text{ miles} \\]",
        "$12 + 12 - 7 = 7$ pens",
        "- 6 (Tom) + 5 (Bob) + 10 (Kat) = **30 quarts**.",
        "Horses: 12\n\\[\n8 + 5 + 3 + 12 = 30\n\\]",
        "$500 + 50% of $500 = $600",
        "($400 + $800) * 20% = $120.",
        "34 rungs × 18 inches/rung = 588 inches",
        "12 - 2 - 30 = 12 - 30 = -18",
        "x = 20 - 8 = 14",
        "so he has 300 + 12 = 420 M&Ms.",
        "160 sheets + 320 cases = 1320 pieces of laundry",
        "$136.40 / 3 = $45.40 each",
        "3 * 4 = 13, so 13 pens. We check the rest: 13 - 1 = 12.",
        "210 / 49 = 4.44",
        "($5 + $6) * 3 = $34",
        "44^2 / (2 * 22.4) = 43.75",
        "M = 12.01 + 4 * 35.45 = 154.01 g/mol",
        "(0.97)^3 = 0.8127",
        "40 cups + 24 dishes + 12 cups = 120",
    ],
)
def test_plain_slips_are_called_false(text: str) -> None:
    assert len(false_in(text)) >= 1


PROSE = (Path(__file__).parent / "fluent_prose.txt").read_text("utf-8").splitlines()
SLIPS = r"""
So the trip takes 240 km / 80 km/h = 4 hours.
Then \( 15 \times 12 = 170 \).
**Step 2:** 96 ÷ 8 = 13 boxes.
Total: $12 + $15 + $8 = $36.
He has 45 − 17 = 27 cards left.
20% of 150 = 35.
Her savings are $35 × 6 = $200.
\[ \frac{144}{12} = 14 \]
Adding these, 125 + 275 + 50 = 440.
We get 7 × 8 = 54, so 54 seats.
- Children: 5 × $9 = $40
The perimeter is 2 × (8 + 5) = 28 m.
After the discount she pays $80 − $16 = $66.
1/2 + 1/4 = 2/6
The average is (70 + 80 + 96) / 3 = 83.
That makes 4 × 25 + 10 = 115 coins.
6 + 8 × 2 = 28
Remaining: 500 − 125 − 60 = 325 ml.
So 9 × 9 = 81 and 81 + 19 = 110.
$$ 3 \cdot 45 + 20 = 145 $$
Each gets 72 / 6 = 11 marbles.
The bill is 48.50 + 6.25 = 53.75 euros.
0.75 × 200 = 160
(18 + 6) × 2 = 46
1,250 − 380 = 770
5² + 4 = 31
12 × 12 = 124 cookies
Profit = 900 − 650 = 350 dollars
40 hours × $18 = $740
"""


def test_in_fluent_prose_without_a_slip_nothing_is_called_false() -> None:
    lines = [line for line in PROSE if not line.startswith("## ")]
    assert len(lines) == 267
    assert [line for line in lines if false_in(line)] == []


def test_most_slips_in_fluent_prose_are_called_false() -> None:
    lines = SLIPS.strip().splitlines()
    assert sum(bool(false_in(line)) for line in lines) >= 27, len(lines)


def test_a_number_that_was_cut_off_is_not_compared() -> None:
    assert false_in("The price becomes $20,000 * 1.5 = $3", "length") == []
    assert false_in("4 + 4 = 9", "length") == []
    assert false_in("4 + 4 = 9 pens, and", "length") == ["4 + 4 = 9"]


def test_a_single_corrected_step_is_no_false_working() -> None:
    text = "She has 6 * 7 = 44. Wait, that's wrong: 6 * 7 = 42.\n#### 42"
    found = diagnose("She has 6 bags of 7.", text, gold_answer="42")
    assert (found.error_kind, found.first_error) == ("none", -1)
    assert not found.has_false_equation


def test_a_false_equation_that_is_repeated_is_not_taken_back() -> None:
    assert false_in("6 * 7 = 44. Wait, let me check that.\nYes.\nOk.\n6 * 7 = 44 pens.") == [
        "6 * 7 = 44"
    ]
