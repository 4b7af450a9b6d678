"""Time: practice, clocks, chores, ages, terms, shifts, journeys."""

from netgain.data.wordproblems.story import Story
from netgain.data.wordproblems.story_words import a, count, listing, noun, words

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
CHORES = words(
    "washing the dishes, sweeping the stairs, folding the laundry, feeding the rabbits, "
    "tidying the attic, cleaning the windows, watering the herbs, chopping firewood, "
    "sorting the mail, polishing the shoes"
)
EVENTS = words("film, concert, football match, lecture, train ride, dance show, boat tour")
COURSES = words("dance course, summer school, cooking course, first-aid course, art course")
OCCASIONS = words(
    "the school play, the lantern festival, a cousin's wedding, the chess tournament, "
    "the ski trip, the harvest festival, the piano recital, the big regatta"
)
TASKS = (
    (noun("parcel"), "weighs", "weigh"),
    (noun("bicycle"), "inspects", "inspect"),
    (noun("call"), "answers", "answer"),
    (noun("form"), "processes", "process"),
    (noun("watch"), "tests", "test"),
    (noun("pizza"), "makes", "make"),
    (noun("visitor"), "registers", "register"),
)
CYCLES = (
    ("garden sprinkler", "switches on", "switch on", "use", noun("liter")),
    ("fish feeder", "opens", "open", "drop", noun("gram")),
    ("weather station", "wakes up", "wake up", "take", noun("measurement")),
    ("wildlife camera", "wakes up", "wake up", "take", noun("photo")),
    ("backup program", "starts", "start", "save", noun("file")),
)


def practice(s: Story) -> None:
    """Minutes a day over days and weeks, sometimes in hours."""
    who, (does, do) = s.person(), s.pick(HOBBIES)
    daily, days = s.pick((10, 15, 20, 25, 30, 40, 45, 50)), s.draw(2, 6)
    weeks = s.draw(2, 12)
    s.fact(f"{who} {does} for {daily} minutes a day on {days} days of every week.")
    s.aside(s.about(who))
    weekly = s.step("In one week, this is", f"{days} * {daily}", "minute")
    s.ask(f"For how many minutes a week does {who} {do}?")
    if s.maybe():
        return
    total = int(s.step(f"In {weeks} weeks, this is", f"{weeks} * {weekly}", "minute"))
    unit = "minutes"
    if total % 60 == 0:
        unit = "hours"
        s.step("In hours, this is", f"{total} / 60", "hour")
    s.ask(f"For how many {unit} does {who} {do} in {weeks} weeks?")


def clock(s: Story) -> None:
    """The minutes between two times of the same half day."""
    event, start, past = s.pick(EVENTS), s.draw(1, 8), s.rng.randrange(5, 60, 5)
    lasts = s.pick([m for m in range(40, 160, 5) if (past + m) % 60])
    end, minute = divmod(start * 60 + past + lasts, 60)
    s.fact(f"{a(event)} begins at {start}:{past:02} PM and ends at {end}:{minute:02} PM.")
    begin = s.step("The start is", f"{start} * 60 + {past}", "minute", "after noon")
    finish = s.step("The end is", f"{end} * 60 + {minute}", "minute", "after noon")
    s.step(f"The {event} lasts", f"{finish} - {begin}", "minute")
    s.ask(f"How many minutes does the {event} last?")
    s.aside(f"A ticket for the {event} costs ${s.draw(5, 30)}.")


def chores(s: Story) -> None:
    """The sum of two to five chores, sometimes out of some hours of free time."""
    who, number = s.person(), s.few(2, 5)
    minutes = [s.draw(2, 9) * 5 for _ in range(number)]
    names = s.sample(CHORES, number)
    parts = [f"{name} ({m} minutes)" for name, m in zip(names, minutes, strict=True)]
    s.fact(f"{who} plans some work at home: {listing(parts)}.")
    total = int(s.step("The work takes", " + ".join(map(str, minutes)), "minute"))
    s.ask("How many minutes does all the work take?")
    if s.maybe(0.6):
        hours = total // 60 + s.draw(1, 2)
        s.fact(f"{who.she} has {count(hours, 'hour')} before {who.she} goes out.")
        free = s.step(f"{who} has", f"{hours} * 60", "minute")
        s.step("That leaves", f"{free} - {total}", "minute")
        s.ask(f"How many minutes are left for {who} after the work?")
    s.aside(s.about(who))


def ages(s: Story) -> None:
    """Ages now and later, of one to three people."""
    one, two, three = s.people(3)
    age, older, later = s.draw(5, 14), s.draw(2, 9), s.draw(2, 12)
    s.fact(f"{one} is {age} years old.")
    s.fact(f"{two} is {older} years older than {one}.")
    second = s.step(f"{two} is", f"{age} + {older}", "year", "old")
    s.aside(f"{one} has {s.draw(12, 60)} storybooks.")
    form = s.rng.randrange(4)
    if form == 0:
        s.step(f"In {later} years, {two} will be", f"{second} + {later}", "year", "old")
        s.ask(f"How many years old will {two} be in {later} years?")
    elif form == 1:
        s.step("The sum of their ages is", f"{age} + {second}", "year")
        s.ask(f"What is the sum of the ages of {one} and {two}?")
    elif form == 2:
        times = s.draw(2, 3)
        s.fact(f"{three} is {'twice' if times == 2 else '3 times'} as old as {two}.")
        third = s.step(f"{three} is", f"{times} * {second}", "year", "old")
        s.step("Together, they are", f"{age} + {second} + {third}", "year", "old")
        s.ask(f"What is the sum of the ages of {one}, {two} and {three}?")
    else:
        s.ask(f"How many years old is {two}?")


def term(s: Story) -> None:
    """Class days of a course, sometimes in lessons."""
    who, course = s.person(), s.pick(COURSES)
    weeks, days, lessons = s.draw(4, 14), s.draw(3, 6), s.draw(2, 7)
    off = s.draw(2, weeks * days // 3)
    s.fact(
        f"{who} signs up for {a(course)} that runs for {weeks} weeks with {days} days of "
        "classes in each week."
    )
    s.fact(f"On {off} of the planned days, classes are canceled.")
    planned = s.step("The plan has", f"{weeks} * {days}", "day")
    left = s.step("Without the canceled days, that leaves", f"{planned} - {off}", "day")
    s.ask("On how many days do classes take place?")
    if s.maybe():
        s.fact(f"Every day with classes has {count(lessons, 'lesson')}.")
        s.step("The number of lessons is", f"{left} * {lessons}", "lesson")
        s.ask(f"How many lessons take place in the whole {course}?")
    s.aside(f"The classroom is on floor {s.draw(2, 9)}.")


def shift(s: Story) -> None:
    """Tasks that fit into a shift with breaks."""
    who, (tasks, does, do) = s.person(), s.pick(TASKS)
    each = s.pick((5, 6, 8, 9, 10, 12, 15))
    fitting = [  # the rest of the shift has room for whole tasks
        (breaks, length, hours)
        for breaks in (2, 3, 4)
        for length in (5, 10, 12, 15, 20, 30)
        for hours in range(3, 10)
        if (hours * 60 - breaks * length) % each == 0
    ]
    breaks, length, hours = s.pick(fitting)
    s.fact(f"{who} has {a(f'{hours}-hour shift')} with {breaks} breaks of {length} minutes each.")
    s.fact(f"Outside the breaks, {who.she} {does} one {tasks.one} every {each} minutes.")
    whole = s.step("The shift has", f"{hours} * 60", "minute")
    pause = s.step("The breaks take", f"{breaks} * {length}", "minute")
    left = s.step("The time for work is", f"{whole} - {pause}", "minute")
    s.step(f"{who} {does}", f"{left} / {each}", tasks)
    s.ask(f"How many {tasks} does {who} {do} in the whole shift?")
    s.aside(s.about(who))


def every_few_hours(s: Story) -> None:
    """Something that happens around the clock, every few hours, for days."""
    who, (what, does, do, verb, unit) = s.person(), s.pick(CYCLES)
    gap, days, each = s.pick((2, 3, 4, 6, 8, 12)), s.draw(2, 14), s.draw(2, 20)
    s.fact(f"{who} has {a(what)} that {does} once every {gap} hours, day and night.")
    daily = s.step("In one day, this happens", f"24 / {gap}", "time")
    total = s.step(f"In {days} days, it happens", f"{daily} * {days}", "time")
    s.ask(f"How many times does the {what} {do} in {days} days?")
    if s.maybe():
        s.fact(f"Each time, the {what} {verb}s {count(each, unit)}.")
        s.step(f"In {days} days, this makes", f"{total} * {each}", unit)
        s.ask(f"How many {unit} does the {what} {verb} in {days} days?")
    s.aside(f"The manual has {s.draw(8, 60)} pages.")


def journey(s: Story) -> None:
    """Legs in hours and minutes, waits between them, sometimes compared with a drive."""
    who, legs = s.person(), s.few(2, 4)
    vehicles = s.sample(("train", "bus", "ferry", "plane"), legs)
    spans = [(s.draw(1, 3), s.draw(2, 11) * 5) for _ in range(legs)]
    wait = s.pick(range(10, 45, 5))
    parts, minutes = [], []
    for vehicle, (h, m) in zip(vehicles, spans, strict=True):
        parts.append(f"{count(h, 'hour')} and {m} minutes by {vehicle}")
        minutes.append(s.step(f"The {vehicle} takes", f"{h} * 60 + {m}", "minute"))
    total = s.step("With the waiting, it takes", " + ".join([*minutes, str(wait)]), "minute")
    s.fact(f"{who} travels {listing(parts)}.")
    s.fact(f"In between, {who.she} waits for {wait} minutes in all.")
    s.ask("How many minutes does the whole journey take?")
    if s.maybe():
        hours = (int(total) - 1) // 60 - s.draw(0, 1)
        s.fact(f"By car, the journey would take only {count(hours, 'hour')}.")
        drive = s.step("By car, it takes", f"{hours} * 60", "minute")
        s.step("The difference is", f"{total} - {drive}", "minute")
        s.ask("How many minutes shorter is the journey by car?")
    s.aside(f"{who}'s bag weighs {s.draw(3, 15)} kilograms.")


def countdown(s: Story) -> None:
    """Weeks and days as days, sometimes less the days that have passed."""
    who, event = s.person(), s.pick(OCCASIONS)
    weeks, days = s.draw(2, 12), s.draw(2, 6)
    s.fact(f"{who} marks in the calendar that {event} is {weeks} weeks and {days} days away.")
    whole = s.step(f"The {weeks} weeks are", f"{weeks} * 7", "day")
    total = int(s.step("With the other days, this makes", f"{whole} + {days}", "day"))
    s.ask(f"How many days away is {event}?")
    if s.maybe():
        passed = s.draw(2, total - 2)
        s.fact(f"Since then, {passed} days have passed.")
        s.step("What is left is", f"{total} - {passed}", "day")
        s.ask(f"How many days are left until {event}?")
    s.aside(s.about(who))
