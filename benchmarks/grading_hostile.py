"""How long all three graders take on hostile outputs of 1/4, 1/2 and 1 MB.

    python benchmarks/grading_hostile.py [--repeats N]

Each line is one text, its piece repeated to the full length. The last column is the time of the
megabyte divided by that of the half: about 2 where time grows linearly, 4 where it grows with the
square. Short times are mostly start-up, so their ratio says little.
"""

from __future__ import annotations

import argparse
import time
from fractions import Fraction

from netgain.grading import grade

SIZES = (250_000, 500_000, 1_000_000)
PIECES = {
    "digits": "1234567890", "hashes": "#", "hashes and spaces": "#### ", "empty answers": "####\n",
    "hash numbers": "#### 1\n", "numbered headings": "#### 1. Add\n", "nested braces": "{{}",
    "open braces": "{", "closed braces": "}", "open boxes": "\\boxed{", "empty boxes": "\\boxed{}",
    "boxed text": "\\boxed{x} ", "boxed numbers": "\\boxed{1} ", "unpaired <<": "<<",
    "unpaired << with digits": "<<1+1=", "annotations": "1+1=<<1+1=2>>2 ", "halves": "½",
    "mixed scripts": "１２三٤५½ⅷ０", "superscripts": "2²", "thin spaces": "1\u2009",
    "number words": "twenty-five hundred and ", "word numbers": "one ",
    "statements": "the answer is ", "statements of numbers": "The answer is 5. ",
    "open statements": "the answer to ", "answer lines": "Answer:\n", "A: lines": "A:\n",
    "A: numbers": "A: 1\n", "final answers": "final answer ", "questions": "\nQuestion: ",
    "questions with digits": "1\nQuestion:", "turns": "<|im_end|>", "thoughts": "</think>",
    "open thoughts": "<think>", "tags": "<answer>", "or": "5 or 6 ", "equations": "1=",
    "powers": "9**", "carets": "9^", "open powers": "2^{", "fractions": "\\frac{",
    "short fractions": "\\frac12", "ratios": "1/", "clocks": "1:30:", "minus signs": "-",
    "dollars": "$", "points": ".", "commas": ",", "digit, comma": "1,", "digit, point": "1.",
    "grouped": "1,234", "spaced": "1 234 ", "apostrophes": "1'234", "exponents": "1e9",
    "times ten": "1x10^", "stars": "*", "bold": "**1**", "underscores": "_1", "backquotes": "`",
    "spaces": " ", "lines": "\n", "sentences": "He has 3. ", "letters": "a",
    "words": "for the 3 of ", "subscripts": "x_1 ", "compound units": "2 hours 30 minutes ",
    "questions and answers": "#### 1 How many are they now?\n", "Chinese": "答案是",
    "checks": "\nCheck: 1", "latex spaces": "\\,", "wrappers": "\\text{",
    "nested wrappers": "\\text{\\text{", "minus in the end": "1-", "brackets": "(", "escapes": "\\",
    "conflicts": "#### 5\n#### 6\n", "alternatives": "The answer is 5 or 6. ",
    "asked again": "#### 1\nIs it?\n#### 2\nHow many are left of them?\n",
    "letters and marks": "a" * 500 + "\n#### 1?\n", "brackets and numbers": "1 (2) ",
    "parts": "9, 3 of them ", "second thoughts": "wait, ", "corrections": "Wait, it is 5. ",
    "roots": "√4", "root words": "sqrt", "hexadecimal": "0x1", "dates": "1/1/2024 ",
    "refusals": "I cannot say ", "products": "1 × ", "Chinese numbers": "答案是十",
    "first lines": "1\n\n", "bold answers": "**1**. ", "feet and inches": "5'6",
    "myriads": "1万", "other digits": "๑", "digits and underscores": "1_000", "codes": "USD1",
    "numbered questions": "\n2. How many of them are left over? ", "prompts": "\nInput: 1",
    "restated questions": "1\nQuestion: one", "open tokens": "<|", "short tokens": "<a|>",
    "another one": "\nNow let's solve another ", "offers": "Would you like 1? ", "hyphens": "1-1/2",
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the graders on hostile outputs.")
    parser.add_argument("--repeats", type=int, default=1, help="the fastest of N counts")
    repeats = parser.parse_args().repeats
    print(f"{'text':26}" + "".join(f"{size / 1e6:>9.2f} MB" for size in SIZES) + "   1 MB / 0.5 MB")
    slowest = 0.0
    for name, piece in PIECES.items():
        for head, tail in (("", ""), ("1 ", " x")):
            seconds = [
                fastest(head + piece * (size // len(piece)) + tail, repeats) for size in SIZES
            ]
            slowest = max(slowest, seconds[-1])
            label = f"{name}, enclosed" if head else name
            print(f"{label:26}" + "".join(f"{s:>10.4f} s" for s in seconds), end="")
            print(f"{seconds[-1] / max(seconds[-2], 1e-9):>12.1f}")
    print(f"slowest megabyte: {slowest:.2f} s")


def fastest(text: str, repeats: int) -> float:
    """Processor seconds of the fastest of `repeats` gradings of `text`, finished and cut off."""
    times = []
    for _ in range(repeats):
        began = time.process_time()
        grade(text, Fraction(18))
        middle = time.process_time()
        grade(text, Fraction(18), finish_reason="length")
        times.append(max(middle - began, time.process_time() - middle))
    return min(times)


if __name__ == "__main__":
    main()
