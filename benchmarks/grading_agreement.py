"""How far the three graders agree with adjudicated verdicts; how well unmarked answers are read.

    python benchmarks/grading_agreement.py FILE.jsonl

FILE has `id`, `completion`, `gold` and `correct` on each row. First the share of rows on which each
grader gives the verdict, with the rows on which `robust` does not (their ids alone); beside them
math-verify as it comes, where it is installed (pip install 'math-verify[antlr4_13_2]==0.9.0').
Then, on the same outputs without their `####` and "The answer is", how often the closing sentence
is read as what the mark had said, against plainly taking the last number.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from netgain.grading import extract, gold_answer, grade
from netgain.text.markup import plain
from netgain.text.scan import last_number_in

_AFTER_MARK = re.compile(r"(?:(?:\n|(?<=[.!?])\s*)#### ?\S+\s*)?(?:\n+The answer is:? \S+\s*)?\Z")
_INLINE_MARK = re.compile(r"#### ?(?=[^\n]*\Z)")


def main() -> None:
    parser = argparse.ArgumentParser(description="Agreement of the graders with verdicts.")
    parser.add_argument("file", type=Path)
    with parser.parse_args().file.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    math_verify = math_verify_grade()
    agree: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    for row in rows:
        judged = grade(row["completion"], gold_answer(row["gold"]))
        verdicts = {"robust": judged.correct, "strict": judged.strict, "flexible": judged.flexible}
        if math_verify is not None:
            verdicts["math-verify"] = math_verify(row["completion"], row["gold"])
        agree.update(name for name, verdict in verdicts.items() if verdict == row["correct"])
        rules[judged.rule] += 1
        if judged.correct != row["correct"]:
            print(
                f"{row['id']}: gold {row['gold']}, read {judged.extracted} by {judged.rule},",
                end=" ",
            )
            print(f"verdict {row['correct']}")
    for name, count in agree.most_common():
        print(f"{name}: {count:,} of {len(rows):,} agree ({count / len(rows):.3%})")
    print("rules:", ", ".join(f"{rule} {count:,}" for rule, count in rules.most_common()))
    print_unmarked([row["completion"].rstrip() for row in rows])


def math_verify_grade() -> Callable[[str, str], bool] | None:
    """math-verify's verdict by its defaults; None where it is not installed."""
    if importlib.util.find_spec("math_verify") is None:
        print("math-verify is not installed: pip install 'math-verify[antlr4_13_2]==0.9.0'")
        return None
    from math_verify import parse, verify

    return lambda text, gold: bool(verify(parse(gold), parse(text)))


def print_unmarked(texts: list[str]) -> None:
    tried, closing, last = 0, 0, 0
    for text in texts:
        unmarked = without_mark(text)
        marked = extract(text).value
        if unmarked is None or marked is None:
            continue
        tried += 1
        closing += extract(unmarked).value == marked
        number = last_number_in(plain(unmarked))
        last += number is not None and number.value == marked
    if tried:
        print(
            f"marks taken away from {tried:,} outputs: same answer read from the closing sentence"
        )
        print(f"{closing / tried:.2%}, by the last number {last / tried:.2%}")


def without_mark(text: str) -> str | None:
    """`text` without the mark it ends with; None where there is none, or another one remains."""
    shorter = _AFTER_MARK.sub("", text, count=1)
    if shorter == text:
        shorter = _INLINE_MARK.sub("", text)
    if shorter == text or extract(shorter).rule not in ("closing", "last_number"):
        return None
    return shorter


if __name__ == "__main__":
    main()
