"""Problems with new numbers: only what is understood changes, and the answer is executed anew."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import pytest

from conftest import ROOT, SHARED
from netgain.data.perturbing import Unperturbed, perturb, perturb_all, trace_problem, write_variant
from netgain.data.perturbing.checking import is_sound
from netgain.data.perturbing.drawn_numbers import candidates
from netgain.data.perturbing.numerals import decimals, numerals_in, whole_digits
from netgain.data.perturbing.tracing import Trace
from netgain.data.rows import place_of, problem_from_row, problem_to_row, read_problems
from netgain.data.wordproblems import word_problems
from netgain.diagnosis.equations import noted
from netgain.grading import gold_answer
from netgain.records import Problem
from shared_data import shared_rows

FIGURES = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+")
NOTE = re.compile(r"<<([^<>]*)>>")
SEEDS = range(10)

# Problems of which variants exist, with the numbers of the question that may change.
SOUND: dict[str, tuple[str, str, set[str]]] = {
    "two steps": (
        "Mia folds 18 paper cranes a day for 6 days. She gives 25 of them away. How many are left?",
        "She folds 18 * 6 = <<18*6=108>>108 cranes.\n108 - 25 = <<108-25=83>>83 are left.\n#### 83",
        {"18", "6", "25"},
    ),
    "money with cents": (
        "Pens cost $1.25 and rulers cost $3.50. How much do 8 pens and 14 rulers cost?",
        "The pens cost 8 * 1.25 = $<<8*1.25=10>>10.\n"
        "The rulers cost 14 * 3.50 = $<<14*3.5=49>>49.\n"
        "In all, 10 + 49 = $<<10+49=59>>59.\n#### 59",
        {"1.25", "3.50", "14"},  # 8 * 1.25 would be no whole number of two digits
    ),
    "a percentage as a share": (
        "A coat costs $80. It is sold at 30% off. What does it cost now?",
        "The discount is 80 * 0.30 = $<<80*0.3=24>>24.\n"
        "It costs 80 - 24 = $<<80-24=56>>56.\n#### 56",
        {"80", "30"},
    ),
    "what a percentage leaves": (
        "A tank of 600 liters loses 35% of its water. How many liters are left?",
        "65% is left.\nThat is 600 * 0.65 = <<600*0.65=390>>390 liters.\n#### 390",
        {"600", "35"},
    ),
    "thousands with commas": (
        "A town of 12,000 people gains 3,000 people. How many live there then?",
        "There are 12,000 + 3,000 = <<12000+3000=15000>>15,000 people.\n#### 15,000",
        {"12,000", "3,000"},
    ),
    "cents as dollars": (
        "Stamps cost 45 cents each. Jo buys 20 stamps. How many dollars does she pay?",
        "A stamp is $0.45.\nShe pays 20 * 0.45 = $<<20*0.45=9>>9.\n#### 9",
        {"45"},  # the answer keeps its one digit
    ),
    "a number used twice": (
        "Ned has 14 cards. Ola has 9 more cards than Ned. How many do both have?",
        "Ola has 14 + 9 = <<14+9=23>>23 cards.\nBoth have 14 + 23 = <<14+23=37>>37.\n#### 37",
        {"14", "9"},
    ),
    "half in words": (
        "Uma bakes 48 buns and sells half of them for $5 each. What does she earn?",
        "She sells 48 / 2 = <<48/2=24>>24 buns.\nShe earns 24 * 5 = $<<24*5=120>>120.\n#### 120",
        {"48", "5"},
    ),
    "minutes of an hour stay": (
        "A machine fills 35 jars a minute. How many jars does it fill in 4 hours?",
        "In an hour, it fills 35 * 60 = <<35*60=2100>>2100 jars.\n"
        "In 4 hours, it fills 2100 * 4 = <<2100*4=8400>>8400 jars.\n#### 8400",
        {"35", "4"},
    ),
    "an equation without an annotation": (
        "Lia has 40 beads and buys 35 more. She uses 28. How many has she left?",
        "She has 40 + 35 = 75 beads.\nThen 75 - 28 = <<75-28=47>>47 are left.\n#### 47",
        {"40", "35", "28"},
    ),
    "the result is said before its annotation": (
        "Ben packs 72 eggs in boxes of 6. How many boxes does he fill?",
        "He fills 12 boxes because 72 / 6 = <<72/6=12>>12.\n#### 12",
        {"72", "6"},
    ),
    "a fraction stays": (
        "Of 60 seats, 2/3 are taken. How many seats are free?",
        "Taken are 60 * 2 / 3 = <<60*2/3=40>>40 seats.\n"
        "Free are 60 - 40 = <<60-40=20>>20.\n#### 20",
        {"60"},
    ),
}

# Questions of which some numbers must never change: each with those that may.
PARTLY: dict[str, tuple[str, str, set[str]]] = {
    "a year and a difference": (
        "In 1990 a club had 340 members. By now 125 have left. How many are there?",
        "There are 340 - 125 = <<340-125=215>>215 members.\n#### 215",
        {"340", "125"},
    ),
    "a 6-pack": (
        "Sam buys 35 of the 6-packs. He drinks 28 cans. How many cans are left?",
        "He has 35 * 6 = <<35*6=210>>210 cans.\nThen 210 - 28 = <<210-28=182>>182.\n#### 182",
        {"35", "28"},
    ),
    "legs of dogs": (
        "There are 15 dogs with 4 legs each and 18 ducklings. How many more legs than ducklings?",
        "There are 15 * 4 = <<15*4=60>>60 legs.\nThat is 60 - 18 = <<60-18=42>>42 more.\n#### 42",
        {"15", "18"},
    ),
    "days of a week": (
        "Ava swims 25 laps on 5 days a week. How many laps does she swim in 14 weeks?",
        "A week has 25 * 5 = <<25*5=125>>125 laps.\n"
        "That is 125 * 14 = <<125*14=1750>>1750.\n#### 1750",
        {"25", "14"},
    ),
    "banknotes": (
        "Kim pays a bill of $34 with a $50 bill. How much change does she get?",
        "She gets 50 - 34 = $<<50-34=16>>16.\n#### 16",
        {"34"},
    ),
    "a page number": (
        "On page 12 there are 38 words, on the next one 45. How many words are on both?",
        "There are 38 + 45 = <<38+45=83>>83 words.\n#### 83",
        {"38", "45"},
    ),
    "a measure of the world": (
        "There are 1000 MB in a GB. Tim has 18 GB, of which 5 GB are used. How many MB are free?",
        "Free are 18 - 5 = <<18-5=13>>13 GB.\n"
        "That is 13 * 1000 = <<13*1000=13000>>13000.\n#### 13000",
        {"18", "5"},
    ),
    "a time of day": (
        "From 8 am on, Ian sells 45 cakes at $6 each. What does he earn?",
        "He earns 45 * 6 = $<<45*6=270>>270.\n#### 270",
        {"45", "6"},
    ),
    "an article": (
        "Zoe gets an 80% share of $300 and adds a $90 gift. How much has she?",
        "Her share is 300 * 0.8 = $<<300*0.8=240>>240.\n"
        "She has 240 + 90 = $<<240+90=330>>330.\n#### 330",
        {"300", "90"},
    ),
    "counts that make a whole": (
        "Of 20 birds, 8 are red and 12 are blue. Red ones cost $35. What do the red ones cost?",
        "They cost 8 * 35 = $<<8*35=280>>280.\n#### 280",
        {"35"},
    ),
    "counts that make a whole in words": (
        "Four lamps are dark. Pia buys 3 small bulbs at $8 and 1 large one at $15. What is due?",
        "The small ones cost 3 * 8 = $<<3*8=24>>24.\nIn all, 24 + 15 = $<<24+15=39>>39.\n#### 39",
        {"8", "15"},
    ),
    "said again in words": (
        "Each of 6 boys has 14 cards. The six boys win 25 more. How many cards have they?",
        "They had 6 * 14 = <<6*14=84>>84.\nNow it is 84 + 25 = <<84+25=109>>109.\n#### 109",
        {"14", "25"},
    ),
    "a ratio": (
        "Two kids share $42 in the ratio 3:4. What does the second get?",
        "A part is 42 / 7 = $<<42/7=6>>6.\nShe gets 6 * 4 = $<<6*4=24>>24.\n#### 24",
        {"42"},
    ),
    "a result that equals another number": (
        "Rae picks 32 pears, drops 8 and shares the rest with Jo. Her 12 hens lay 5 eggs each. "
        "How many more eggs than pears has she?",
        "That leaves 32 - 8 = <<32-8=24>>24 pears.\nEach gets 24 / 2 = <<24/2=12>>12 pears.\n"
        "There are 12 * 5 = <<12*5=60>>60 eggs.\n60 - 12 = <<60-12=48>>48 more.\n#### 48",
        {"5"},
    ),
    "named one by one": (
        "Max has 3 friends: Ann, Bo and Cy. Each gets 16 nuts. How many nuts is that?",
        "That is 3 * 16 = <<3*16=48>>48 nuts.\n#### 48",
        {"16"},
    ),
}

# Problems of which no variant can be trusted, each with a word of the reason.
UNSOUND: dict[str, tuple[str, str, str]] = {
    "a number from nowhere": (
        "Nia and her 14 friends share 60 figs. How many does each get?",
        "Each gets 60 / 15 = <<60/15=4>>4.\n#### 4",
        "nowhere",
    ),
    "two quantities of one value": (
        "Tom has 12 pens. He buys 12 more. How many has he?",
        "He has 12 + 12 = <<12+12=24>>24.\n#### 24",
        "for certain",
    ),
    "an annotation that is wrong": (
        "Ivy has 15 eggs and buys 24. How many has she?",
        "She has 15 + 24 = <<15+24=40>>40.\n#### 40",
        "exactly",
    ),
    "a rounded annotation": (
        "Ed shares 100 cm of rope among 7 kids. How long is each piece?",
        "Each piece is 100 / 7 = <<100/7=14.29>>14.29 cm.\n#### 14.29",
        "exactly",
    ),
    "an answer that is not computed": (
        "Al has 15 eggs and buys 24 more. How many dozens are there at least?",
        "He has 15 + 24 = <<15+24=39>>39 eggs, so more than three dozens.\n#### 3",
        "not the answer",
    ),
    "a result that is not used": (
        "Bea has 15 red and 24 blue pens and loses 8. How many blue pens had she at first?",
        "She has 15 + 24 = <<15+24=39>>39.\nBlue were 24 = <<24=24>>24.\n#### 24",
        "",
    ),
    "no annotation": ("Joe has 5 pens. How many?", "He has five pens.\n#### 5", "no calculator"),
    "everything in words": (
        "Joy has seven cats and buys three more. How many has she?",
        "She has 7 + 3 = <<7+3=10>>10.\n#### 10",
        "for certain",
    ),
    "ages": (
        "Gus is 34 years old and his son is 9. How old was Gus when his son was born?",
        "He was 34 - 9 = <<34-9=25>>25.\n#### 25",
        "for certain",
    ),
    "a range": (
        "A hike takes 3 to 5 hours. How much longer can it be?",
        "It can be 5 - 3 = <<5-3=2>>2 hours longer.\n#### 2",
        "for certain",
    ),
    "a result in words": (
        "Liv has 27 plums and 3 bags. How many plums go into each?",
        "Nine go into each because 27 / 3 = <<27/3=9>>9.\n#### 9",
        "for certain",
    ),
    "the number is the calendar's": (
        "A shop sells 60 cups an hour. How many cups is that in a minute?",
        "That is 60 / 60 = <<60/60=1>>1 cup.\n#### 1",
        "",
    ),
    "an unfinished annotation": (
        "Tia has 15 pens and buys 24. How many has she?",
        "She has 15 + 24 = <<15+24=39 pens.\n#### 39",
        "not readable",
    ),
    "an expression that is no arithmetic": (
        "Tia has 15 pens and buys 24. How many has she?",
        "She has <<15 plus 24=39>>39 pens.\n#### 39",
        "not readable",
    ),
}


def make(question: str, solution: str, identity: str = "own-1") -> Problem:
    answer = Fraction(solution.rpartition("####")[2].strip().replace(",", ""))
    metadata = {"file": "own.jsonl", "line": 3, "kind": "test"}
    return Problem(identity, "own", question, answer, solution, category="c", metadata=metadata)


def variants(question: str, solution: str) -> Iterator[tuple[Problem, Problem]]:
    problem = make(question, solution)
    for seed in SEEDS:
        variant = perturb(problem, seed)
        if isinstance(variant, Problem):
            yield problem, variant


def changed(original: str, variant: str) -> set[str]:
    pairs = zip(FIGURES.findall(original), FIGURES.findall(variant), strict=True)
    return {before.rstrip(",") for before, after in pairs if before != after}


@pytest.mark.parametrize("name", SOUND)
def test_a_variant_asks_the_same_of_other_numbers(name: str) -> None:
    question, solution, free = SOUND[name]
    seen: set[str] = set()
    for problem, variant in variants(question, solution):
        assert FIGURES.sub("#", variant.question) == FIGURES.sub("#", question)
        assert changed(question, variant.question) <= free
        seen |= changed(question, variant.question)
        assert variant.answer != problem.answer
        assert is_sound(problem, variant)
    assert seen == free, "each number that may change does for some seed"


@pytest.mark.parametrize("name", PARTLY)
def test_numbers_with_a_role_of_their_own_are_left_alone(name: str) -> None:
    question, solution, free = PARTLY[name]
    found = list(variants(question, solution))
    assert found
    for _, variant in found:
        assert changed(question, variant.question) <= free


@pytest.mark.parametrize("name", UNSOUND)
def test_no_variant_is_made_of_what_is_not_understood(name: str) -> None:
    question, solution, reason = UNSOUND[name]
    for seed in SEEDS:
        found = perturb(make(question, solution), seed)
        assert isinstance(found, Unperturbed)
        assert reason in found.reason


def test_the_solution_is_rewritten_throughout() -> None:
    question, solution, _ = SOUND["what a percentage leaves"]
    for _, variant in variants(question, solution):
        liters, percent = (int(text) for text in FIGURES.findall(variant.question))
        left = 100 - percent
        assert variant.solution == (
            f"{left}% is left.\nThat is {liters} * 0.{left} = <<{liters}*0.{left}="
            f"{variant.answer}>>{variant.answer} liters.\n#### {variant.answer}"
        )
        assert variant.answer == Fraction(liters * left, 100)


def test_the_same_seed_gives_the_same_variant_and_another_one_another() -> None:
    problem = make(*SOUND["two steps"][:2])
    assert perturb(problem, 3) == perturb(problem, 3)
    questions = {found.question for s in SEEDS if isinstance(found := perturb(problem, s), Problem)}
    assert len(questions) > 3


def test_a_variant_says_where_it_comes_from() -> None:
    problem = make(*SOUND["two steps"][:2])
    variant = perturb(problem, -1)
    assert isinstance(variant, Problem)
    assert (variant.id, variant.category, variant.source) == ("own-1~-1", "c", "own")
    assert variant.metadata["original"] == "own-1"
    assert variant.metadata["kind"] == "test"
    befores = [before for before, _ in variant.metadata["changed"]]
    assert befores == [n for n in ("18", "6", "25") if n in befores]
    assert place_of(variant) == "", "it stands in no file"
    assert problem_from_row(problem_to_row(variant)) == variant


def test_all_problems_are_either_paired_or_counted_by_reason() -> None:
    problems = [
        make(q, s, f"p{i}") for i, (q, s, _) in enumerate([*SOUND.values(), *UNSOUND.values()])
    ]
    found = perturb_all(problems, 1)
    assert [original.id for original, _ in found.pairs] == [f"p{i}" for i in range(len(SOUND))]
    assert found.reasons.total() == len(UNSOUND)


def test_a_problem_without_a_numeric_answer_has_no_variant() -> None:
    problem = Problem("mc", "own", "Which?", None, choices=("a", "b"), answer_choice=1)
    assert perturb(problem, 0) == Unperturbed("the problem has no numeric answer")


def numbers_of(problem: Problem) -> list[Fraction]:
    found = numerals_in(problem.question + " " + problem.solution)
    assert found is not None
    return [numeral.value for numeral in found]


def test_size_sign_and_wholeness_of_every_number_stay() -> None:
    pairs = perturb_all(word_problems(120, 11), 2).pairs
    assert len(pairs) > 40
    for original, variant in pairs:
        for before, after in zip(numbers_of(original), numbers_of(variant), strict=True):
            assert after > 0
            assert whole_digits(before) == whole_digits(after)
            assert decimals(before) == decimals(after)
            assert (before == 1) == (after == 1), "singular and plural agree as before"


def test_the_order_of_the_numbers_of_a_question_stays() -> None:
    for original, variant in perturb_all(word_problems(100, 12), 2).pairs:
        values = [
            [n.value for n in numerals_in(problem.question) or ()]
            for problem in (original, variant)
        ]
        for (one, new_one), (other, new_other) in pairwise(sorted(zip(*values, strict=True))):
            assert (one < other) == (new_one < new_other)


def test_percentages_stay_below_a_hundred_and_test_scores_within_it() -> None:
    question = "Ali scored 70 points in a test, Bob scored 20 more. What did Bob score?"
    solution = "Bob scored 70 + 20 = <<70+20=90>>90.\n#### 90"
    for seed in range(30):
        found = perturb(make(question, solution), seed)
        assert isinstance(found, Unperturbed) or (found.answer or 0) <= 100


def test_new_numbers_give_what_the_template_itself_would_give() -> None:
    """The template that wrote a problem is the oracle: it writes it again with other numbers."""
    script = runpy.run_path(str(ROOT / "benchmarks" / "perturbation_soundness.py"))
    compared: set[str] = set()
    for original, others in script["rewritings"](3, (1,)):
        traced = trace_problem(original)
        if isinstance(traced, str):
            continue
        for other in others:
            numbers = [n.value for n in numerals_in(other.question) or ()]
            moved = {i for i, n in enumerate(traced.question) if n.value != numbers[i]}
            if not moved or not moved <= traced.free:
                continue
            results = traced.results(numbers)
            assert results is not None
            assert results[-1] == other.answer, (original, other)
            if list(map(decimals, results)) == list(map(decimals, _results(traced))):
                written = write_variant(original, traced, numbers, results, 0)
                assert _says(written.solution) == _says(other.solution)
            compared.add(original.id)
    assert len(compared) > 40


def _results(traced: Trace) -> list[Fraction]:
    return [annotation.result for annotation in traced.solution.annotations]


def _says(solution: str) -> str:
    """Without the letter that "1 page" and "2 pages" differ in: no draw changes from or to one."""
    return re.sub(r"s\b", "", solution)


def test_every_variant_of_the_built_in_problems_is_sound() -> None:
    for original, variant in perturb_all(word_problems(100, 5), 3).pairs:
        assert is_sound(original, variant)
        assert gold_answer(variant.solution) == variant.answer
        for note in NOTE.findall(variant.solution):
            (equation,) = noted(note)
            assert equation.left.value == equation.right.value


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("She has 16 + 24 = <<16+24=41>>41.\n#### 41", "the annotation is false"),
        ("She has 16 + 24 = <<16+24=40>>40.\n#### 39", "the answer is not what is computed"),
        ("She has 15 + 24 = <<16+24=40>>40.\n#### 40", "what is shown is false"),
        ("Now she has 16 + 24 = <<16+24=40>>40.\n#### 40", "the wording differs"),
    ],
)
def test_the_last_check_refuses_a_variant(wrong: str, why: str) -> None:
    original = make("Kay has 15 pens, buys 24.", "She has 15 + 24 = <<15+24=39>>39.\n#### 39")
    answer = Fraction(40)
    variant = Problem("x~1", "own", "Kay has 16 pens, buys 24.", answer, wrong)
    assert not is_sound(original, variant), why


def test_candidates_are_as_round_as_the_number() -> None:
    def of(text: str) -> list[str]:
        numerals = numerals_in(text)
        assert numerals
        return [str(float(value)).removesuffix(".0") for value in candidates(numerals[0])]

    assert of("5 pens") == ["2", "3", "4", "6", "7", "8", "9"]
    assert of("20 pens") == ["10", "30", "40"]
    assert of("45 pens") == ["35", "55", "65"]
    assert of("15 pens") == ["25"]
    assert of("$2.50") == ["1.5", "3.5"]
    assert all(value.startswith("8") for value in of("an 82 meter wall"))


@pytest.mark.parametrize(
    "text",
    [
        "<<" * 4000,
        "<<1+1=2>>2 " * 800,
        "<<" + "(" * 150 + "1" + ")" * 150 + "=1>>1\n" * 20,
        "9" * 9000,
        "1 2 3 4 5 = " * 700,
        "<<9^9^9^9=1>>1\n#### 1",
        "<<1/0=1>>1\n#### 1",
        "a" * 9000 + "5",
        "٣ + ٤ = <<٣+٤=7>>7\n#### 7",
        "\x00\n\r#### 5",
    ],
)
def test_hostile_texts_have_no_variant_and_do_no_harm(text: str) -> None:
    for question, solution in ((text, "5 + 6 = <<5+6=11>>11\n#### 11"), ("Has 5 and 6.", text)):
        found = perturb(Problem("h", "own", question, Fraction(11), solution), 0)
        assert isinstance(found, Unperturbed)


def test_variants_of_gsm8k_are_sound() -> None:
    list(shared_rows("gsm8k/test.jsonl"))  # skips where they are not
    problems, _ = read_problems([SHARED / "data" / "gsm8k" / "test.jsonl"], "gsm8k", "test")
    found = perturb_all(problems[:120], 1)
    assert len(found.pairs) > 30
    assert len(found.pairs) + found.reasons.total() == 120
    assert all(is_sound(original, variant) for original, variant in found.pairs)
