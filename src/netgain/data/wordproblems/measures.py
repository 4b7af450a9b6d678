"""Unit conversion: lengths, volumes, weights, dozens, coins, tokens."""

from netgain.data.wordproblems.story import Story
from netgain.data.wordproblems.story_words import a, count, listing, noun, nouns

DOZENS = (
    (noun("egg"), "uses"),
    (noun("bread roll"), "serves"),
    (noun("tulip bulb"), "plants"),
    (noun("pencil"), "gives away"),
    (noun("oyster"), "serves"),
    (noun("clothespin"), "uses"),
    (noun("candle"), "burns"),
    (noun("doughnut"), "sells"),
)
PARCELED = nouns(
    "book, jar of honey/jars of honey, candle, pair of socks/pairs of socks, "
    "bar of chocolate/bars of chocolate, toy train, tin of tea/tins of tea"
)
STEADY = (
    ("water pump", "moves", "move", noun("liter")),
    ("printing press", "prints", "print", noun("poster")),
    ("ski lift", "carries", "carry", noun("skier")),
    ("bottling machine", "fills", "fill", noun("bottle")),
    ("sorting machine", "sorts", "sort", noun("letter")),
    ("signal lamp", "sends out", "send out", noun("flash")),
    ("popcorn machine", "fills", "fill", noun("cup")),
)


def ribbon(s: Story) -> None:
    """Meters cut into pieces of some centimeters, sometimes after a part is used."""
    who, what = s.person(), s.pick(("ribbon", "rope", "wire", "string", "yarn", "tape"))
    meters, piece = s.draw(2, 12), s.pick((4, 5, 10, 20, 25, 50))
    used = piece * s.draw(1, meters * 100 // piece // 2)
    s.fact(f"{who} has a roll of {what} that is {meters} meters long.")
    length, rest = s.step(f"The {what} is", f"{meters} * 100", "centimeter", "long"), ""
    if s.maybe(0.4):
        s.fact(f"First, {who.she} uses up {count(used, 'centimeter')} of the {what}.")
        length, rest = s.step("What is left is", f"{length} - {used}", "centimeter"), "the rest of "
    s.fact(f"{who.she} cuts {rest}the {what} into pieces of {piece} centimeters.")
    s.step(f"{who} gets", f"{length} / {piece}", "piece")
    s.ask(f"How many pieces does {who} get?")
    s.aside(f"The {what} cost ${s.draw(3, 20)}.")


def glasses(s: Story) -> None:
    """Liters poured into glasses of some milliliters, sometimes after a spill."""
    who, drink = s.person(), s.pick(("lemonade", "milk", "apple juice", "iced tea", "water"))
    liters, size = s.draw(2, 12), s.pick((100, 125, 200, 250, 500))
    spilled = size * s.draw(1, 3)
    s.fact(f"{who} has {liters} liters of {drink} for a party.")
    volume, which = s.step(f"The {drink} is", f"{liters} * 1000", "milliliter"), "all"
    if s.maybe(0.4):
        s.fact(f"By accident, {who.she} spills {count(spilled, 'milliliter')} of the {drink}.")
        volume, which = s.step("What is left is", f"{volume} - {spilled}", "milliliter"), "the rest"
    s.fact(f"{who.she} pours {which} of the {drink} into glasses, {size} milliliters in each.")
    s.step(f"{who} fills", f"{volume} / {size}", "glass")
    s.ask(f"How many glasses does {who} fill?")
    s.aside(f"The party begins at {s.draw(2, 7)} o'clock.")


def dozens(s: Story) -> None:
    """Dozens into single things, sometimes less what is used, sometimes packed again."""
    who, (things, uses) = s.person(), s.pick(DOZENS)
    number = s.draw(2, 9)
    s.fact(f"{who} buys {number} dozen {things}.")
    total = int(s.step(f"{who} has", f"{number} * 12", things))
    s.ask(f"How many {things} does {who} have?")
    if not s.maybe(0.3):
        used = s.draw(3, total - 4)
        s.fact(f"On the same day, {who.she} {uses} {used} {things}.")
        s.step("That leaves", f"{total} - {used}", things)
        s.ask(f"How many {things} are left?")
    s.aside(s.about(who))


def parcel(s: Story) -> None:
    """The weight of a parcel in grams, sometimes against a limit in kilograms."""
    who, things = s.person(), s.pick(PARCELED)
    number, each, box = s.draw(3, 12), s.draw(4, 30) * 10, s.draw(10, 40) * 10
    s.fact(f"{who} sends a parcel with {count(number, things)}.")
    s.fact(f"Each {things.one} weighs {each} grams, and the empty box weighs {box} grams.")
    load = s.step(f"The {things} weigh", f"{number} * {each}", "gram")
    total = int(s.step("With the box, this is", f"{load} + {box}", "gram"))
    s.ask("How many grams does the whole parcel weigh?")
    if s.maybe():
        limit = total // 1000 + s.draw(1, 2)
        s.fact(f"The parcel may weigh up to {count(limit, 'kilogram')}.")
        allowed = s.step("The limit is", f"{limit} * 1000", "gram")
        s.step("The parcel stays below it by", f"{allowed} - {total}", "gram")
        s.ask("By how many grams does the parcel stay below the limit?")
    s.aside(f"The parcel arrives after {s.draw(2, 9)} days.")


def coins(s: Story) -> None:
    """Coins of one to four kinds, counted in cents and turned into dollars."""
    who, kinds = s.person(), s.few(1, 4)
    parts, values = [], []
    for worth in sorted(s.sample((5, 10, 20, 25, 50), kinds), reverse=True):
        number = s.draw(2, 15)
        parts.append(f"{number} coins of {worth} cents")
        values.append(s.step(f"The {worth}-cent coins make", f"{number} * {worth}", "cent"))
    total = values[0]
    if kinds > 1:
        total = s.step("Together, they make", " + ".join(values), "cent")
    s.step("In dollars, this is", f"{total} / 100", "$")
    where = s.pick(("piggy bank", "coat pocket", "purse", "glass jar", "desk drawer"))
    s.fact(f"In {who.her} {where}, {who} finds {listing(parts)}.")
    s.ask(f"How many dollars does {who} find?")
    s.aside(f"{who.she} also finds {s.draw(2, 9)} old keys.")


def fence(s: Story) -> None:
    """Yards to feet to inches, then planks side by side."""
    who, what = s.person(), s.pick(("fence", "boardwalk", "screen", "jetty", "shed wall"))
    yards, plank = s.draw(2, 12), s.pick((3, 4, 6, 9))
    s.fact(f"{who} builds {a(what)} that is {yards} yards long.")
    s.fact(f"The {what} is made of planks that are {plank} inches wide and lie side by side.")
    s.fact("A yard is 3 feet, and a foot is 12 inches.")
    feet = s.step(f"The {what} is", f"{yards} * 3", "foot/feet", "long")
    inches = s.step(f"The {what} is", f"{feet} * 12", "inch", "long")
    s.step(f"{who} needs", f"{inches} / {plank}", "plank")
    s.ask(f"How many planks does {who} need?")
    s.aside(f"Each plank costs ${s.draw(2, 9)}.")


def laps(s: Story) -> None:
    """Laps on a track in meters, turned into kilometers."""
    who, track = s.person(), s.pick((200, 250, 400, 500))
    verb = s.pick(("run", "jog", "skate", "walk"))
    daily = s.pick([k for k in range(2, 13) if k * track <= 5000])
    days = s.pick([k for k in range(2, 26) if daily * track * k % 1000 == 0])
    s.fact(f"One lap of a track is {track} meters long.")
    s.fact(f"{who} {verb}s {daily} laps a day.")
    one = s.step(f"In a day, {who} {verb}s", f"{daily} * {track}", "meter")
    total = s.step(f"In {days} days, {who} {verb}s", f"{days} * {one}", "meter")
    s.step("In kilometers, this is", f"{total} / 1000", "kilometer")
    s.ask(f"How many kilometers does {who} {verb} in {days} days?")
    s.aside(f"The track is {s.draw(4, 9)} meters wide.")


def tokens(s: Story) -> None:
    """Dollars changed into tokens, some spent, sometimes the rest changed back."""
    who, rate, dollars = s.person(), s.draw(2, 8), s.draw(4, 20)
    spent = (dollars - s.draw(1, dollars - 1)) * rate
    where = s.pick(("fair", "arcade", "circus", "street festival", "school bazaar"))
    s.fact(f"At {a(where)}, one dollar buys {rate} tokens.")
    s.fact(f"{who} changes ${dollars} into tokens and spends {spent} of them on games.")
    changed = s.step(f"{who} gets", f"{dollars} * {rate}", "token")
    left = s.step("That leaves", f"{changed} - {spent}", "token")
    s.ask(f"How many tokens does {who} have left?")
    if s.maybe():
        s.fact(f"Then {who.she} changes the remaining tokens back at the same rate.")
        s.step(f"{who} gets back", f"{left} / {rate}", "$")
        s.ask(f"How many dollars does {who} get back?")
    s.aside(f"The {where} is open for {s.draw(4, 9)} hours.")


def steady(s: Story) -> None:
    """Something that happens so often a minute, over hours."""
    who, (what, does, do, things) = s.person(), s.pick(STEADY)
    per, hours = s.draw(4, 30), s.draw(2, 9)
    s.fact(f"{who} is in charge of {a(what)} that {does} {count(per, things)} every minute.")
    s.fact(f"Today, the {what} is in use for {hours} hours.")
    minutes = s.step(f"The {hours} hours are", f"{hours} * 60", "minute")
    s.step(f"In that time, the {what} {does}", f"{minutes} * {per}", things)
    s.ask(f"How many {things} does the {what} {do} today?")
    s.aside(f"The {what} is {s.draw(2, 15)} years old.")
