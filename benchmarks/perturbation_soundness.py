"""For how many problems a variant with new numbers exists, and whether the variants hold.

    python benchmarks/perturbation_soundness.py [FOLDER] [--seed N] [--read N]

FOLDER has train.jsonl and test.jsonl with question and answer (a GSM8K solution) on each row. For
each file: the share of problems with a variant, overall and by steps, with Wilson's interval; why
there is none for the others; how many variants hold when they are read again from their text; how
many come back to the original when they are given its numbers; how much was changed; the digits of
answers on both sides. `--read N` prints N variants of both files for a reader's eyes, each number
as [before→after].

Then, and without FOLDER alone, the built-in templates are the oracle: each is written again with
one draw changed, and the traced original, given the numbers of that text, must give its answer.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from pathlib import Path
from random import Random

from netgain.analysis.estimates.statistics import wilson
from netgain.data.perturbing import Unperturbed, perturb, perturb_all, trace_problem
from netgain.data.perturbing.checking import is_sound
from netgain.data.perturbing.numerals import numerals_in, whole_digits
from netgain.data.rows import read_problems
from netgain.data.wordproblems import TEMPLATES
from netgain.data.wordproblems.story import Story
from netgain.records import Problem

FIGURES = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+")
NOTE = re.compile(r"<<[^<>]*>>")
MOST_STEPS = 8
DRAWS = 60  # of each template
SHIFTS = (1, 3, 4, 7, 11, 16)


def main() -> None:
    parser = argparse.ArgumentParser(description="Variants with new numbers: how many, how sound.")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--read", type=int, default=0, metavar="N")
    arguments = parser.parse_args()
    if arguments.folder:
        problems = {
            name: read_problems([arguments.folder / f"{name}.jsonl"], "file", name)[0]
            for name in ("train", "test")
        }
        if arguments.read:
            show([*problems["train"], *problems["test"]], arguments.seed, arguments.read)
            return
        for name, some in problems.items():
            print(f"## {name}.jsonl, seed {arguments.seed}")
            measure(some, arguments.seed)
    print("## built-in templates")
    compare_with_templates()


def measure(problems: Sequence[Problem], seed: int) -> None:
    started = time.process_time()
    found = perturb_all(problems, seed)
    seconds = time.process_time() - started
    print(f"a variant exists: {share(len(found.pairs), len(problems))}")
    print(f"{1000 * seconds / len(problems):.1f} ms a problem, one core")
    print("none, because:")
    for reason, count in found.reasons.most_common():
        print(f"  {count:5,} ({count / len(problems):.1%}) {reason}")
    steps = Counter(steps_of(p) for p in problems)
    with_variant = Counter(steps_of(p) for p, _ in found.pairs)
    print("by steps of the reference:")
    for n in sorted(steps):
        label = f"{n}" if n < MOST_STEPS else f"{n} or more"
        print(f"  {label}: {share(with_variant[n], steps[n])}")
    print(f"hold when read again: {sum(is_sound(*pair) for pair in found.pairs):,}")
    back = Counter(comes_back(*pair) for pair in found.pairs)
    print(f"given the original's numbers: {dict(back)}")
    print_changes(found.pairs)


def share(count: int, n: int) -> str:
    estimate = wilson(count, n)
    low, high = estimate.interval or (0.0, 1.0)
    return f"{count:,} of {n:,} ({count / n:.1%}, 95% {low:.1%} to {high:.1%})"


def steps_of(problem: Problem) -> int:
    return min(problem.steps or 0, MOST_STEPS)


def comes_back(original: Problem, variant: Problem) -> str:
    """A variant is a problem like any other: with the first numbers, it has the first answer."""
    traced, first = trace_problem(variant), numerals_in(original.question)
    if isinstance(traced, str) or first is None:
        return "not traced"
    numbers = [numeral.value for numeral in first]
    moved = {i for i, n in enumerate(traced.question) if n.value != numbers[i]}
    if not moved <= traced.free:
        return "not all free"
    results = traced.results(numbers)
    return "the original's answer" if results and results[-1] == original.answer else "WRONG"


def print_changes(pairs: Sequence[tuple[Problem, Problem]]) -> None:
    changed = Counter(len(variant.metadata["changed"]) for _, variant in pairs)
    written = sum(len(numerals_in(original.question) or ()) for original, _ in pairs)
    print(f"numbers changed: {dict(sorted(changed.items()))}")
    print(
        f"of the numbers of these questions: {sum(k * v for k, v in changed.items()) / written:.1%}"
    )
    for side, name in enumerate(("originals", "variants")):
        digits = Counter(whole_digits(pair[side].answer or Fraction(0)) for pair in pairs)
        print(f"digits of the answers, {name}: {dict(sorted(digits.items()))}")
    for side, name in enumerate(("originals", "variants")):
        mean = sum(significant(pair[side].answer or Fraction(0)) for pair in pairs) / len(pairs)
        print(f"digits of the answers without final zeros, mean, {name}: {mean:.2f}")
    larger = sum((v.answer or 0) > (o.answer or 0) for o, v in pairs)
    print(f"larger answers than the original's: {share(larger, len(pairs))}")


def significant(value: Fraction) -> int:
    return len(str(value.numerator).rstrip("0"))


def show(problems: list[Problem], seed: int, most: int) -> None:
    Random(seed).shuffle(problems)
    for problem in problems:
        variant = perturb(problem, seed)
        if isinstance(variant, Unperturbed):
            continue
        print(f"-- {variant.id}")
        print(marked(problem.question, variant.question))
        print(marked(NOTE.sub("", problem.solution), NOTE.sub("", variant.solution)))
        most -= 1
        if not most:
            return


def marked(before: str, after: str) -> str:
    new = (match[0] for match in FIGURES.finditer(after))

    def mark(match: re.Match[str]) -> str:
        value = next(new)
        return value if value == match[0] else f"[{match[0]}→{value}]"

    return FIGURES.sub(mark, before)


class Nudged(Random):
    """Draws what its seed says, but for the whole number that is drawn at one call."""

    def __init__(self, seed: str, call: int, shift: int) -> None:
        super().__init__(seed)
        self.calls, self.call, self.shift = 0, call, shift

    def randint(self, a: int, b: int) -> int:
        drawn = super().randint(a, b)
        self.calls += 1
        return a + (drawn - a + self.shift) % (b - a + 1) if self.calls - 1 == self.call else drawn


def from_template(name: str, rng: Random) -> Problem:
    story = Story(rng)
    TEMPLATES[name].write(story)
    question = " ".join([*story.facts, story.question])
    return Problem(name, "builtin", question, story.answer, story.solution())


def rewritings(draws: int, shifts: Sequence[int]) -> Iterator[tuple[Problem, list[Problem]]]:
    """Problems of each template, each with others that differ from it in nothing but figures."""
    for name in TEMPLATES:
        for seed in range(draws):
            drawn = Nudged(f"{name} {seed}", -1, 0)
            original = from_template(name, drawn)
            others = []
            for call, shift in product(range(drawn.calls), shifts):
                try:
                    other = from_template(name, Nudged(f"{name} {seed}", call, shift))
                except (ValueError, StopIteration):
                    continue  # the template itself refuses these numbers
                if FIGURES.sub("#", original.question) == FIGURES.sub("#", other.question):
                    others.append(other)
            yield original, others


def compare_with_templates() -> None:
    outcome: Counter[str] = Counter()
    compared: set[str] = set()
    for original, others in rewritings(DRAWS, SHIFTS):
        traced = trace_problem(original)
        if isinstance(traced, str):
            outcome["no number of the original is free"] += len(others)
            continue
        for other in others:
            numbers = [numeral.value for numeral in numerals_in(other.question) or ()]
            moved = {i for i, n in enumerate(traced.question) if n.value != numbers[i]}
            if not moved or not moved <= traced.free:
                outcome["a number moved that is held fixed, or none did"] += 1
                continue
            results = traced.results(numbers)
            same = results is not None and results[-1] == other.answer
            outcome["the template's answer" if same else "ANOTHER ANSWER"] += 1
            compared.add(original.id)
    print(f"{len(compared)} of {len(TEMPLATES)} templates compared")
    for what, count in outcome.most_common():
        print(f"  {count:6,} {what}")


if __name__ == "__main__":
    main()
