"""Time: practice, clocks, chores, ages, terms, shifts, journeys."""

from __future__ import annotations

from random import Random

from netgain.data.wordproblems.wording import (
    DAY,
    HOUR,
    LITER,
    MINUTE,
    YEAR,
    Noun,
    a,
    about,
    capital,
    count,
    few,
    listing,
    noun,
    people,
    person,
)
from netgain.data.wordproblems.working import Draft, Working

LESSON, TIME = noun("lesson"), noun("time")
# a pastime in two forms of the verb
HOBBIES = (
    ("practices the flute", "practice the flute"),
    ("studies Italian", "study Italian"),
    ("draws", "draw"),
    ("exercises", "exercise"),
    ("plays the drums", "play the drums"),
    ("practices juggling", "practice juggling"),
    ("reads the newspaper", "read the newspaper"),
    ("does crossword puzzles", "do crossword puzzles"),
    ("works in the garden", "work in the garden"),
)
CHORES = (
    "washing the dishes",
    "sweeping the stairs",
    "folding the laundry",
    "feeding the rabbits",
    "tidying the attic",
    "cleaning the windows",
    "watering the herbs",
    "chopping firewood",
    "sorting the mail",
    "polishing the shoes",
)
EVENTS = ("film", "concert", "football match", "lecture", "train ride", "dance show", "boat tour")


def practice(rng: Random) -> Draft:
    """Minutes a day over days and weeks, sometimes in hours."""
    who, (does, do) = person(rng), rng.choice(HOBBIES)
    daily, days = rng.choice((10, 15, 20, 25, 30, 40, 45, 50)), rng.randint(2, 6)
    weeks = rng.randint(2, 12)
    facts = (f"{who.name} {does} for {daily} minutes a day on {days} days of every week.",)
    aside, work = about(rng, who), Working()
    weekly = work.step("In one week, this is", f"{days} * {daily}", MINUTE)
    if rng.random() < 0.5:
        ask = f"For how many minutes a week does {who.name} {do}?"
        return Draft(facts, ask, aside, work)
    total = int(work.step(f"In {weeks} weeks, this is", f"{weeks} * {weekly}", MINUTE))
    unit = MINUTE
    if total % 60 == 0:
        unit = HOUR
        work.step("In hours, this is", f"{total} / 60", HOUR)
    ask = f"For how many {unit.many} does {who.name} {do} in {weeks} weeks?"
    return Draft(facts, ask, aside, work)


def clock(rng: Random) -> Draft:
    """The minutes between two times of the same half day."""
    event, start, past = rng.choice(EVENTS), rng.randint(1, 8), rng.randrange(5, 60, 5)
    lasts = rng.choice([m for m in range(40, 160, 5) if (past + m) % 60])
    end, minute = divmod(start * 60 + past + lasts, 60)
    work = Working()
    begin = work.step("The start is", f"{start} * 60 + {past}", MINUTE, "after noon")
    finish = work.step("The end is", f"{end} * 60 + {minute}", MINUTE, "after noon")
    work.step(f"The {event} lasts", f"{finish} - {begin}", MINUTE)
    return Draft(
        (f"{capital(a(event))} begins at {start}:{past:02} PM and ends at {end}:{minute:02} PM.",),
        f"How many minutes does the {event} last?",
        f"A ticket for the {event} costs ${rng.randint(5, 30)}.",
        work,
    )


def chores(rng: Random) -> Draft:
    """The sum of two to five chores, sometimes out of some hours of free time."""
    who, number = person(rng), few(rng, 2, 5)
    minutes = [rng.randint(2, 9) * 5 for _ in range(number)]
    names = rng.sample(CHORES, number)
    parts = [f"{name} ({m} minutes)" for name, m in zip(names, minutes, strict=True)]
    work = Working()
    total = int(work.step("The work takes", " + ".join(map(str, minutes)), MINUTE))
    facts = [f"{who.name} plans some work at home: {listing(parts)}."]
    ask = "How many minutes does all the work take?"
    if rng.random() < 0.6:
        hours = total // 60 + rng.randint(1, 2)
        facts.append(f"{capital(who.she)} has {count(hours, HOUR)} before {who.she} goes out.")
        free = work.step(f"{who.name} has", f"{hours} * 60", MINUTE)
        work.step("That leaves", f"{free} - {total}", MINUTE)
        ask = f"How many minutes are left for {who.name} after the work?"
    return Draft(tuple(facts), ask, about(rng, who), work)


def ages(rng: Random) -> Draft:
    """Ages now and later, of one to three people."""
    one, two, three = people(rng, 3)
    age, older, later = rng.randint(5, 14), rng.randint(2, 9), rng.randint(2, 12)
    facts = [
        f"{one.name} is {age} years old.",
        f"{two.name} is {older} years older than {one.name}.",
    ]
    work = Working()
    second = work.step(f"{two.name} is", f"{age} + {older}", YEAR, "old")
    aside = f"{one.name} has {rng.randint(12, 60)} storybooks."
    form = rng.randrange(4)
    if form == 3:
        return Draft(tuple(facts), f"How many years old is {two.name}?", aside, work)
    if form == 0:
        work.step(f"In {later} years, {two.name} will be", f"{second} + {later}", YEAR, "old")
        ask = f"How many years old will {two.name} be in {later} years?"
        return Draft(tuple(facts), ask, aside, work)
    if form == 1:
        work.step("The sum of their ages is", f"{age} + {second}", YEAR)
        ask = f"What is the sum of the ages of {one.name} and {two.name}?"
        return Draft(tuple(facts), ask, aside, work)
    times = rng.randint(2, 3)
    word = "twice" if times == 2 else "3 times"
    facts.append(f"{three.name} is {word} as old as {two.name}.")
    third = work.step(f"{three.name} is", f"{times} * {second}", YEAR, "old")
    work.step("Together, they are", f"{age} + {second} + {third}", YEAR, "old")
    ask = f"What is the sum of the ages of {one.name}, {two.name} and {three.name}?"
    return Draft(tuple(facts), ask, aside, work)


def term(rng: Random) -> Draft:
    """Class days of a course, sometimes in lessons."""
    who, course = person(rng), rng.choice(COURSES)
    weeks, days, lessons = rng.randint(4, 14), rng.randint(3, 6), rng.randint(2, 7)
    off = rng.randint(2, weeks * days // 3)
    work = Working()
    planned = work.step("The plan has", f"{weeks} * {days}", DAY)
    left = work.step("Without the canceled days, that leaves", f"{planned} - {off}", DAY)
    facts = [
        f"{who.name} signs up for {a(course)} that runs for {weeks} weeks with {days} days of "
        "classes in each week.",
        f"On {off} of the planned days, classes are canceled.",
    ]
    ask = "On how many days do classes take place?"
    if rng.random() < 0.5:
        facts.append(f"Every day with classes has {count(lessons, LESSON)}.")
        work.step("The number of lessons is", f"{left} * {lessons}", LESSON)
        ask = f"How many lessons take place in the whole {course}?"
    return Draft(tuple(facts), ask, f"The classroom is on floor {rng.randint(2, 9)}.", work)


COURSES = ("dance course", "summer school", "cooking course", "first-aid course", "art course")


def shift(rng: Random) -> Draft:
    """Tasks that fit into a shift with breaks."""
    who, (task, does, do) = person(rng), rng.choice(TASKS)
    each = rng.choice((5, 6, 8, 9, 10, 12, 15))
    breaks, length, hours = _breaks(rng, each)
    work = Working()
    whole = work.step("The shift has", f"{hours} * 60", MINUTE)
    pause = work.step("The breaks take", f"{breaks} * {length}", MINUTE)
    left = work.step("The time for work is", f"{whole} - {pause}", MINUTE)
    work.step(f"{who.name} {does}", f"{left} / {each}", task)
    return Draft(
        (
            f"{who.name} has {a(f'{hours}-hour shift')} with {breaks} breaks of {length} minutes "
            "each.",
            f"Outside the breaks, {who.she} {does} one {task.one} every {each} minutes.",
        ),
        f"How many {task.many} does {who.name} {do} in the whole shift?",
        about(rng, who),
        work,
    )


def _breaks(rng: Random, each: int) -> tuple[int, int, int]:
    """Breaks, minutes of each and hours of the shift that leave room for whole tasks."""
    options = [
        (breaks, length, hours)
        for breaks in (2, 3, 4)
        for length in (5, 10, 12, 15, 20, 30)
        for hours in range(3, 10)
        if (hours * 60 - breaks * length) % each == 0
    ]
    return rng.choice(options)


TASKS: tuple[tuple[Noun, str, str], ...] = (
    (noun("parcel"), "weighs", "weigh"),
    (noun("bicycle"), "inspects", "inspect"),
    (noun("call"), "answers", "answer"),
    (noun("form"), "processes", "process"),
    (noun("watch"), "tests", "test"),
    (noun("pizza"), "makes", "make"),
    (noun("visitor"), "registers", "register"),
)


def every_few_hours(rng: Random) -> Draft:
    """Something that happens around the clock, every few hours, for days."""
    who, (what, does, do, verb, unit) = person(rng), rng.choice(CYCLES)
    gap, days, each = rng.choice((2, 3, 4, 6, 8, 12)), rng.randint(2, 14), rng.randint(2, 20)
    work = Working()
    daily = work.step("In one day, this happens", f"24 / {gap}", TIME)
    total = work.step(f"In {days} days, it happens", f"{daily} * {days}", TIME)
    facts = [f"{who.name} has {a(what)} that {does} once every {gap} hours, day and night."]
    ask = f"How many times does the {what} {do} in {days} days?"
    if rng.random() < 0.5:
        facts.append(f"Each time, the {what} {verb}s {count(each, unit)}.")
        work.step(f"In {days} days, this makes", f"{total} * {each}", unit)
        ask = f"How many {unit.many} does the {what} {verb} in {days} days?"
    return Draft(tuple(facts), ask, f"The manual has {rng.randint(8, 60)} pages.", work)


CYCLES: tuple[tuple[str, str, str, str, Noun], ...] = (
    ("garden sprinkler", "switches on", "switch on", "use", LITER),
    ("fish feeder", "opens", "open", "drop", noun("gram")),
    ("weather station", "wakes up", "wake up", "take", noun("measurement")),
    ("wildlife camera", "wakes up", "wake up", "take", noun("photo")),
    ("backup program", "starts", "start", "save", noun("file")),
)


def journey(rng: Random) -> Draft:
    """Legs in hours and minutes, waits between them, sometimes compared with a drive."""
    who, legs = person(rng), few(rng, 2, 4)
    vehicles = rng.sample(("train", "bus", "ferry", "plane"), legs)
    spans = [(rng.randint(1, 3), rng.randint(2, 11) * 5) for _ in range(legs)]
    wait = rng.choice(range(10, 45, 5))
    parts = [
        f"{count(h, HOUR)} and {m} minutes by {v}"
        for v, (h, m) in zip(vehicles, spans, strict=True)
    ]
    work = Working()
    minutes = [
        work.step(f"The {v} takes", f"{h} * 60 + {m}", MINUTE)
        for v, (h, m) in zip(vehicles, spans, strict=True)
    ]
    total = work.step("With the waiting, it takes", " + ".join([*minutes, str(wait)]), MINUTE)
    facts = [
        f"{who.name} travels {listing(parts)}.",
        f"In between, {who.she} waits for {wait} minutes in all.",
    ]
    ask = "How many minutes does the whole journey take?"
    if rng.random() < 0.5:
        hours = (int(total) - 1) // 60 - rng.randint(0, 1)
        facts.append(f"By car, the journey would take only {count(hours, HOUR)}.")
        drive = work.step("By car, it takes", f"{hours} * 60", MINUTE)
        work.step("The difference is", f"{total} - {drive}", MINUTE)
        ask = "How many minutes shorter is the journey by car?"
    return Draft(
        tuple(facts), ask, f"{who.name}'s bag weighs {rng.randint(3, 15)} kilograms.", work
    )


def countdown(rng: Random) -> Draft:
    """Weeks and days as days, sometimes less the days that have passed."""
    who, event = person(rng), rng.choice(OCCASIONS)
    weeks, days = rng.randint(2, 12), rng.randint(2, 6)
    work = Working()
    whole = work.step(f"The {weeks} weeks are", f"{weeks} * 7", DAY)
    total = int(work.step("With the other days, this makes", f"{whole} + {days}", DAY))
    facts = [
        f"{who.name} marks in the calendar that {event} is {weeks} weeks and {days} days away."
    ]
    ask = f"How many days away is {event}?"
    if rng.random() < 0.5:
        passed = rng.randint(2, total - 2)
        facts.append(f"Since then, {passed} days have passed.")
        work.step("What is left is", f"{total} - {passed}", DAY)
        ask = f"How many days are left until {event}?"
    return Draft(tuple(facts), ask, about(rng, who), work)


OCCASIONS = (
    "the school play",
    "the lantern festival",
    "a cousin's wedding",
    "the chess tournament",
    "the ski trip",
    "the harvest festival",
    "the piano recital",
    "the big regatta",
)
