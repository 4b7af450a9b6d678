"""The built-in word problems: exact solutions, no surprises in the wording, the same every time."""

from __future__ import annotations

import ast
import operator
import re
from collections import Counter
from dataclasses import astuple
from fractions import Fraction
from hashlib import sha256
from random import Random

import pytest

from netgain.data.wordproblems import (
    CATEGORIES,
    TEMPLATES,
    measures,
    more_or_fewer,
    operations,
    percentages,
    rates,
    shares,
    spending,
    story_words,
    times,
    word_problems,
)
from netgain.data.wordproblems.story import Story
from netgain.errors import DataError
from netgain.records import Problem

# The numbers a solution may use unasked: percent, clock, calendar, dozen, metric, twice and half.
KNOWN = {Fraction(n) for n in (2, 7, 12, 24, 60, 100, 1000)}
NUMBER = re.compile(r"\d+(?:\.\d+)?")
ANNOTATION = re.compile(r"<<([^=<>]+)=([^<>]+)>>")
STEP = re.compile(r"([A-Z].*) = \$?<<([0-9.+\-*/()]+)=(\d+(?:\.\d\d)?)>>(\S.*)")
# nouns that the templates name where they use them
UNITS = (
    "meter, kilometer, centimeter, inch, foot/feet, liter, milliliter, gram, kilogram, cent, "
    "minute, hour, day, week, year, time, point, page, piece, part, student, cup, bead, group, "
    "book, tree, passenger, crate, lesson, glass, plank, token, right answer, percentage point"
)
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@pytest.fixture(scope="module")
def problems() -> list[Problem]:
    return word_problems(10_000, seed=7)


def exact(expression: str) -> Fraction:
    """Plain arithmetic, computed with rationals; anything else is refused."""

    def value(node: ast.expr) -> Fraction:
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            return OPERATORS[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.Constant):
            return Fraction(ast.get_source_segment(expression, node) or "")
        raise ValueError(f"not plain arithmetic: {expression}")

    return value(ast.parse(expression, mode="eval").body)


def numbers(text: str) -> set[Fraction]:
    return {Fraction(found) for found in NUMBER.findall(text)}


def all_nouns() -> set[story_words.Noun]:
    """Every noun that a template module keeps in a constant, however deep in tuples."""
    modules = (
        story_words,
        operations,
        more_or_fewer,
        percentages,
        rates,
        shares,
        spending,
        times,
        measures,
    )
    found, pending = set(story_words.nouns(UNITS)), list[object]()
    pending += [v for m in modules for k, v in vars(m).items() if k.isupper()]
    while pending:
        thing = pending.pop()
        if isinstance(thing, story_words.Noun):
            found.add(thing)
        elif isinstance(thing, tuple):
            pending.extend(thing)
    return found


def texts(problem: Problem) -> list[str]:
    """The question, and the solution as a reader sees it: without annotations and last line."""
    lines = [ANNOTATION.sub("", line) for line in problem.solution.splitlines()[:-1]]
    return [problem.question, *lines]


def test_every_annotation_is_exact_and_the_last_one_is_the_answer(problems: list[Problem]) -> None:
    for problem in problems:
        *lines, last = problem.solution.splitlines()
        for line in lines:
            match = STEP.fullmatch(line)
            assert match, line
            says, left, right, rest = match.groups()
            assert exact(left) == Fraction(right) > 0, line
            # What a reader sees must be what is annotated, on both sides.
            assert says.replace(" ", "").endswith(left), line
            assert re.match(rf"{re.escape(right)}(?![\d])", rest), line
        assert last == f"#### {right}"
        assert problem.answer == Fraction(right)
        assert problem.steps == len(lines) == problem.solution.count("<<")


def test_only_money_has_cents(problems: list[Problem]) -> None:
    with_cents = Counter[bool]()
    for problem in problems:
        for line in problem.solution.splitlines()[:-1]:
            right = line.split("=")[-1].split(">>")[0]
            if "." in right:
                assert "$<<" in line and not right.endswith(".00"), line
        with_cents["." in problem.solution.splitlines()[-1]] += 1
    assert 0 < with_cents[True] < 0.1 * len(problems)


def test_every_number_of_a_step_is_given_or_computed_or_well_known(problems: list[Problem]) -> None:
    for problem in problems:
        have = numbers(problem.question) | KNOWN
        for left, right in ANNOTATION.findall(problem.solution):
            assert numbers(left) <= have, (problem.question, left)
            have.add(Fraction(right))


def test_no_distracting_number_is_needed(problems: list[Problem]) -> None:
    plain = word_problems(10_000, seed=7, distractors=False)
    shown = sum(p.metadata["distractor"] for p in problems)
    assert 0.2 < shown / len(problems) < 0.3
    assert not any(p.metadata["distractor"] for p in plain)
    for with_, without in zip(problems, plain, strict=True):
        assert (with_.id, with_.solution) == (without.id, without.solution)
        assert with_.metadata["distractor"] == (with_.question != without.question)
        if with_.metadata["distractor"]:
            assert NUMBER.search(with_.question)
            assert len(with_.question) > len(without.question)


def test_the_same_arguments_give_the_same_problems() -> None:
    assert word_problems(300, seed=3) == word_problems(300, seed=3)
    assert word_problems(100, seed=3) == word_problems(300, seed=3)[:100]
    assert word_problems(50, seed=3) != word_problems(50, seed=-3)


def test_a_pinned_problem_stays_the_same() -> None:
    problem = word_problems(1, seed=0)[0]
    assert problem.id == "builtin-0-00000"
    assert problem.source == "builtin"
    assert problem.question == PINNED_QUESTION
    assert problem.solution == PINNED_SOLUTION


def test_seeds_go_on_meaning_the_same_problems() -> None:
    """Every text and figure of 5,000 problems, as one digest: results with them stay comparable."""
    digest = sha256()
    for seed in (0, 1, -3, 12345, 7):
        for problem in word_problems(1000, seed=seed, distractors=seed != 7):
            digest.update(repr(astuple(problem)).encode())
    assert digest.hexdigest() == PINNED_DIGEST


def test_questions_are_all_different(problems: list[Problem]) -> None:
    folded = {" ".join(p.question.lower().split()) for p in problems}
    assert len(folded) == len({p.id for p in problems}) == len(problems)


def test_another_seed_rarely_gives_the_same_question(problems: list[Problem]) -> None:
    other = {p.question for p in word_problems(5_000, seed=8)}
    assert len(other & {p.question for p in problems}) < 0.005 * len(other)


def test_templates_categories_and_lengths_are_all_there(problems: list[Problem]) -> None:
    assert len(TEMPLATES) >= 44
    assert {p.metadata["template"] for p in problems} == set(TEMPLATES)
    assert {p.category for p in problems} == set(CATEGORIES) and len(CATEGORIES) == 8
    assert all(p.category == TEMPLATES[p.metadata["template"]].category for p in problems)
    steps = Counter(p.steps for p in problems)
    assert set(steps) == set(range(1, 9))
    assert sum(steps[n] for n in (1, 2, 3)) > 0.75 * len(problems)


def test_nouns_agree_with_their_numbers(problems: list[Problem]) -> None:
    nouns = {n for n in all_nouns() if n.one != n.many}
    assert len(nouns) > 150
    plural = {n.one: False for n in nouns} | {n.many: True for n in nouns}
    # The longest noun first, so that "9 toy trains" is not read as "9 toy".
    forms = "|".join(re.escape(f) for f in sorted(plural, key=len, reverse=True))
    # A number inside a price, a decimal, a time or a fraction does not count what follows.
    counted = re.compile(
        rf"(?<![\d.:/$])\b(\d+|a|an|one|each|every) (?:more )?({forms})(?! tickets?)(?![\w-])",
        re.IGNORECASE,
    )
    unknown = re.compile(r"(?<![\d.:/$])\b1 (?:more )?\w+(?<!s)s\b")
    checked = 0
    for problem in problems:
        for text in texts(problem):
            assert not unknown.search(text), text
            for number, form in counted.findall(text):
                several = number.isdigit() and number != "1"
                assert plural[form.lower()] == several, (number, form, text)
                checked += 1
    assert checked > 30_000


def test_articles_fit_the_words_after_them(problems: list[Problem]) -> None:
    wrong = re.compile(
        r"\ba (?:[aeio]|u(?!ni|se)|hour|8|11\b|18\b)|\ban (?!hour|[aeiou]|8|11\b|18\b)",
        re.IGNORECASE,
    )
    for problem in problems:
        for text in texts(problem):
            assert not wrong.search(text), text


def test_sentences_are_well_formed(problems: list[Problem]) -> None:
    for problem in problems:
        question, *lines = texts(problem)
        sentences = re.split(r"(?<=[.?])(?<!Ms\.)(?<!Mr\.) ", question)
        assert all(s[0].isupper() and s[-1] in ".?" for s in sentences), question
        assert question.endswith("?") and question.count("?") == 1, question
        assert all(line[0].isupper() and line.endswith(".") for line in lines), lines
        for text in (question, *lines):
            assert text == text.strip()
            assert not re.search(r"  | [.,?%]|[.,?]{2}|[{}]|None|Fraction", text), text
            assert not re.search(r"(?i)\b(the|a|an|of|in|to|is|has|and) \1\b", text), text


def test_a_step_refuses_what_is_not_whole_or_not_positive() -> None:
    story = Story(Random(0))
    for expression in ("3 - 3", "2 - 5", "7 / 2"):
        with pytest.raises(ValueError, match="positive whole number"):
            story.step("That is", expression)
    with pytest.raises(ValueError, match="cents"):
        story.step("That is", "1 / 3", "$")
    with pytest.raises(ValueError, match="not plain arithmetic"):
        story.step("That is", "abs(3)")
    assert story.steps == []


def test_helpers_write_plurals_articles_and_lists() -> None:
    assert story_words.count(1, story_words.noun("box")) == "1 box"
    assert story_words.count(3, story_words.noun("berry")) == "3 berries"
    assert story_words.noun("tray").many == "trays"
    assert [story_words.a(w) for w in ("egg", "uniform", "8-hour shift", "10-hour shift")] == [
        "an egg",
        "a uniform",
        "an 8-hour shift",
        "a 10-hour shift",
    ]
    assert story_words.listing(["a"]) == "a"
    assert story_words.listing(["a", "b", "c"]) == "a, b and c"
    assert story_words.money(Fraction(15, 2)) == "7.50"
    assert story_words.money(7) == "7"
    assert story_words.money(Fraction("1234567890123.45")) == "1234567890123.45"


def test_names_are_many_and_different() -> None:
    names = [person.name for person in story_words.PEOPLE]
    assert len(set(names)) == len(names) > 100


def test_a_wrong_number_of_problems_is_refused() -> None:
    assert word_problems(0, seed=1) == []
    with pytest.raises(ValueError, match="n must be 0 or more, not -1"):
        word_problems(-1, seed=1)


def test_running_out_of_different_problems_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def always_the_same(story: Story) -> None:
        story.fact("Here is 1.")
        story.step("That makes", "1 + 1")
        story.ask("What is 1 + 1?")
        story.aside("It is 5 o'clock.")

    for name, template in TEMPLATES.items():
        fixed = type(template)(template.category, always_the_same)
        monkeypatch.setitem(TEMPLATES, name, fixed)
    with pytest.raises(DataError, match="only 1 of 2 different"):
        word_problems(2, seed=1)


PINNED_DIGEST = "4ad1a1cc81204a4ff8081a3ab0a3fb72a3e86561590e912ea134c988b75429cc"

# A published seed must go on meaning the same problems.
PINNED_QUESTION = (
    "Rafael folds 18 paper cranes per hour. "
    "Rafael wears a jacket with 8 pockets. "
    "He has to fold 54 paper cranes in all. "
    "How many hours does Rafael need?"
)
PINNED_SOLUTION = "This takes 54 / 18 = <<54/18=3>>3 hours.\n#### 3"
