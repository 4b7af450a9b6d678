"""Problems with new numbers, made from a solution's calculator annotations.

A model that solved a problem should solve it with other numbers. The graph of quantities that
annotations such as `<<48/2=24>>` span says which numbers of the question feed which expressions;
the new answer comes from executing these with new numbers, exactly. A variant is made only where
every number of question and solution is understood: a wrong one would accuse a model of
memorising. The idea is GSM-Symbolic's (Mirzadeh et al. 2024, arXiv:2410.05229, by hand-made
templates) and GSM-Plus's (Li et al. 2024, arXiv:2402.19255, "numerical substitution").
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random

from netgain.data.perturbing.checking import is_sound
from netgain.data.perturbing.drawn_numbers import draw
from netgain.data.perturbing.numerals import numerals_in, replaced
from netgain.data.perturbing.roles import free_numbers
from netgain.data.perturbing.solution import read_solution
from netgain.data.perturbing.tracing import FIXED, Trace, trace, value_of
from netgain.records import Problem
from netgain.text.numbers import format_number

PLACE = ("file", "line")
MAX_CHARACTERS = 10_000  # of a question or of a solution
MAX_NUMBERS = 40  # of a question
NO_ANNOTATIONS = "the solution has no calculator annotations"
TOO_LONG = "the question or the solution is too long"
UNREADABLE = "an annotation or a number is not readable"
NO_ANSWER = "the problem has no numeric answer"
NOT_LAST = "the last result is not the answer"
NONE_FIT = "no other numbers fit"
UNSOUND = "the rewritten solution does not check"


@dataclass(frozen=True)
class Unperturbed:
    """Why a problem has no variant."""

    reason: str


@dataclass(frozen=True)
class Perturbed:
    """Each problem with its variant, and how many have none for each reason."""

    pairs: list[tuple[Problem, Problem]]
    reasons: Counter[str]


def perturb(problem: Problem, seed: int) -> Problem | Unperturbed:
    """The problem with other numbers, the same ones for the same problem and seed.

    The variant's id is `{id}~{seed}`, its category and steps are the original's. Its metadata are
    the original's (its place in a file as `original_file` and `original_line`), with `original`
    (the id) and `changed` (each changed number of the question, [before, after], in order).
    """
    traced = trace_problem(problem)
    if isinstance(traced, str):
        return Unperturbed(traced)
    # A string seed: Random(-1) and Random(1) would be the same generator.
    numbers = draw(traced, Random(f"netgain perturbing {problem.id} {seed}"))
    results = None if numbers is None else traced.results(numbers)
    if numbers is None or results is None:
        return Unperturbed(NONE_FIT)
    variant = write_variant(problem, traced, numbers, results, seed)
    return variant if is_sound(problem, variant) else Unperturbed(UNSOUND)


def perturb_all(problems: Iterable[Problem], seed: int) -> Perturbed:
    """A variant of each problem that has one."""
    found = Perturbed([], Counter())
    for problem in problems:
        variant = perturb(problem, seed)
        if isinstance(variant, Unperturbed):
            found.reasons[variant.reason] += 1
        else:
            found.pairs.append((problem, variant))
    return found


def trace_problem(problem: Problem) -> Trace | str:
    """What each number of a problem depends on, or why it has no variant."""
    if problem.answer is None:
        return NO_ANSWER
    if max(len(problem.question), len(problem.solution)) > MAX_CHARACTERS:
        return TOO_LONG
    numerals, solution = numerals_in(problem.question), read_solution(problem.solution)
    if solution is None or numerals is None or len(numerals) > MAX_NUMBERS:
        return UNREADABLE
    if not solution.annotations:
        return NO_ANNOTATIONS
    if solution.annotations[-1].result != problem.answer:
        return NOT_LAST
    free = free_numbers(problem.question, numerals)
    return trace(problem.question, numerals, free, solution) if free else FIXED


def write_variant(
    problem: Problem,
    traced: Trace,
    numbers: list[Fraction],
    results: list[Fraction],
    seed: int,
) -> Problem:
    """The problem with `numbers` in its question and `results` in its solution; no check yet.

    Raises:
        ValueError: a number needs more decimals than the text has for it.
    """
    changes = [
        (spot.numeral, value_of(source, numbers, results))
        for annotation, sources in zip(traced.solution.annotations, traced.operands, strict=True)
        for spot, source in zip(annotation.operands, sources, strict=True)
    ]
    changes += [(spot.numeral, value_of(source, numbers, results)) for spot, source in traced.spots]
    changes.sort(key=lambda change: change[0].start)
    given = list(zip(traced.question, numbers, strict=True))
    kept = {k: v for k, v in problem.metadata.items() if k not in PLACE}
    # Shots that go by a problem's place must be the same for both.
    kept |= {f"original_{k}": problem.metadata[k] for k in PLACE if k in problem.metadata}
    changed = [
        [format_number(old.value), format_number(new)] for old, new in given if old.value != new
    ]
    return replace(
        problem,
        id=f"{problem.id}~{seed}",
        question=replaced(problem.question, given),
        answer=results[-1],
        solution=replaced(problem.solution, changes),
        metadata={**kept, "original": problem.id, "changed": changed},
    )
