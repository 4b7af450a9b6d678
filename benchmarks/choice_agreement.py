"""How generated answers to multiple choice are read: against another reading, and unmarked.

    python benchmarks/choice_agreement.py FILE.jsonl

FILE has `completion`, `options` and `pred` (the label that another tool read, or null) on each row,
as the published outputs of MMLU-Pro have them (there `model_outputs` is the completion). First the
rows on which both readings give one label, only one does, or they differ. Then, on the outputs that
state their choice once, as "the answer is (B)", the statement is taken away: how often the rest is
read as what it had said, as another choice, or as none.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from pathlib import Path

from netgain.errors import DataError
from netgain.grading.choice import extract_choice
from netgain.grading.choices import Choices, make_choices

_STATEMENT = re.compile(
    r"(?:\n|(?<=[.!?])\s*)[^\n.]{0,60}\b[Aa]nswer is:?\W{0,4}\(?([A-J])\)?.*\Z", re.DOTALL
)
_SHORTEST = 40  # characters that must be left


def main() -> None:
    parser = argparse.ArgumentParser(description="How answers to multiple choice are read.")
    parser.add_argument("file", type=Path)
    against: Counter[str] = Counter()
    unmarked: Counter[str] = Counter()
    with parser.parse_args().file.open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            try:
                choices = make_choices(tuple(map(str, row["options"])))
            except DataError:
                continue
            text = row["completion"]
            against[_verdict(_label(text, choices), row["pred"])] += 1
            statement = _STATEMENT.search(text)
            if statement and statement.start() > _SHORTEST and text.count("nswer is") == 1:
                label = _label(text[: statement.start()], choices)
                unmarked["none" if label is None else str(label == statement[1])] += 1
    for verdict, count in against.most_common():
        print(f"{verdict}: {count:,} of {against.total():,}")
    print(
        f"statement taken away from {unmarked.total():,}: read as what it had said "
        f"{unmarked['True']:,}, as another {unmarked['False']:,}, as none {unmarked['none']:,}"
    )


def _label(text: str, choices: Choices) -> str | None:
    index = extract_choice(text, choices).index
    return None if index is None else choices.labels[index]


def _verdict(ours: str | None, theirs: str | None) -> str:
    if ours == theirs:
        return "the same" if ours else "none by both"
    return "only the other" if ours is None else "only ours" if theirs is None else "different"


if __name__ == "__main__":
    main()
