"""Which numbers of a question may change, judged by the words around them.

A number that names something (a year, a date, a time of day, "grade 5", "2nd", "5-gallon"), that
belongs to a range, a ratio or a fraction, that is somebody's age, or that the world fixes (legs of
a dog, days of a week) is left alone. So is every number that the question has twice, in figures or
in words, and every number that follows from others of the question: 4 + 6 = 10 may be a coincidence
or the same fact said again.
"""

import re
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

from netgain.data.perturbing.numerals import Numeral
from netgain.diagnosis.tokens import scan
from netgain.diagnosis.vocabulary import CARDINALS, PARTS

_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
    "|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
)
_BODY = (
    "legs?|wheels?|sides|eyes?|ears|arms?|hands?|fingers?|toes?|wings|corners|tires?|tentacles"
    "|faces|edges|strings|degrees?|players|innings|periods|holes|continents|planets|states"
)
_MONEY_PIECES = "bills?|notes?|banknotes?|coins?"  # there is no 60-dollar bill
_TIMES = "times|days|hours|minutes|weeks|months|seconds|nights|evenings|mornings"
_SPANS = "hour|day|night|evening|morning|week|weekend|month|year"
_AFTER = re.compile(
    rf"""[A-Za-z_°]                                                  # 2nd, 5k
    |[-–—]\w | [:/]\ ?\d | [.,]\d                                    # 5-gallon, 3-5, 2:5, 3/4
    |\ (?:to|or|-|–|through|x|by)\ [$€£]?\d                         # a range, a size
    |\ ?(?:[ap]\.?m\b|o['’]clock|noon|midnight)
    |\ (?:hundred|thousand|million|billion|trillion)\b
    |\ (?:{_MONTHS})\b
    |\ (?:[a-z]+\ )?(?:{_BODY}|{_MONEY_PIECES})\b
    |\ (?:feet|foot|inches|inch|meters|centimeters|cm|ft)\ (?:and|tall|high)\b
    |\ (?:years?|months?|weeks?|days?)[\ -](?:old|of\ age|older|younger|senior|junior)
    |\ (?:[a-z]+\ )?(?:{_TIMES})\ (?:a|per|each|every|of\ the|in\ a|in\ the|out\ of|one|the)
     \ (?:[a-z]+\ )?(?:{_SPANS})\b                                  # 5 days a week
    |\ (?:{_TIMES})/(?:{_SPANS})\b
    |\ (?:[a-z]+\ )?(?:hours|days|months)\ in\ (?:a|an|one|each|every)\b
    |\ (?:more\ )?days?\ (?:this|that|last|next)\ week
    |\ (?:days|weekdays)\b(?=[^.]{{0,60}}\bweek)
    |\ ?[A-Za-z]+\ (?:in|to|per|makes?|equals?|is|are)\ (?:a|an|1|one|each|every)
     \ [A-Za-z]+[\s,.)]                                             # 1000 MB in a GB""",
    re.VERBOSE,
)
_LABELS = (
    "grade|grades|class|room|number|numbers|no\\.|page|pages|chapter|chapters|day|days|week|month"
    "|level|size|route|question|questions|figure|lane|floor|year|step|part|round|game|section|train"
    "|flight|highway|lesson|phase|stage|version|age|ages|aged|apartment|channel|locker|problem|type"
    "|x|by|score\\ is"
)
_MEASURES = "bushel|gallon|barrel|pint|quart|cup|liter|ounce|foot|inch|meter|mile"
_BEFORE = re.compile(
    rf"""[\w.,:/#°+*=–—-]\Z
    |\b(?:{_MONTHS})\.?,?\ \Z
    |\b(?:{_LABELS})\ \Z                                            # grade 5, page 12
    |\bequals?(?:\ to)?\ (?:about\ )?[$€£]?\Z                       # one ounce is equal to 30 ml
    |\b(?:{_MEASURES})\b[^.?!\d]{{0,30}}\b(?:weighs|is|has|holds)\ (?:about\ )?\Z
    |\bbetween\ [$€£]?\Z
    |\bbetween\ [$€£]?[\d.,]{{1,12}}%?(?:\ [a-z]+)?\ and\ [$€£]?\Z
    |\d%?(?:\ [a-z]+)?\ (?:to|or|-|–|through)\ [$€£]?\Z""",
    re.VERBOSE | re.IGNORECASE,
)
_NAME_BEFORE = re.compile(r"[a-z,'’] [A-Z]\w* \Z")  # "an Xbox 360"
_BARE_BEFORE = re.compile(
    r"\b(?:at|until|till|by|is|was|were|are|turned|turns|be|from)(?: only| now)? \Z"
)
_BARE_AFTER = re.compile(
    r" (?:inches|feet|foot|cm|centimeters)\b| ?(?:[.,;?!)]|\Z)"
    r"| (?:and|when|now|but|years?|while|today|to)\b"
)
_AGES = re.compile(r"\b(?:years? old|ages?|aged|older|younger|oldest|youngest|birthdays?)\b")
_ORDINALS = {"first": 1, "second": 2, "sixth": 6, **PARTS}
_ORDINAL = re.compile(r"\b(?:" + "|".join(_ORDINALS) + r")\b", re.IGNORECASE)
_ENUMERATED = re.compile(r"[^.?!]{0,40}(?::|, named| named|, (?:[A-Z]\w+, )+)")
_COUNT = re.compile(
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    r"|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|hundred|dozen)\b",
    re.IGNORECASE,
)
_CONTEXT = 60
_MOST_PERCENTS = 8  # of which sums are formed
_ALWAYS_FIXED = frozenset(map(Fraction, (0, 1, 2)))
_YEARS = range(1500, 2101)
_FEW = 7


def words_of(text: str) -> set[Fraction]:
    """The numbers that a text writes in words, "second" and "third" among them."""
    found = {Fraction(value) for value in scan(text).words}
    return found | {Fraction(_ORDINALS[w.lower()]) for w in _ORDINAL.findall(text)}


def free_numbers(question: str, numerals: Sequence[Numeral]) -> set[int]:
    """The places in `numerals` of those that the question's wording lets change."""
    written = Counter(n.value for n in numerals) + Counter(words_of(question))
    ages = _AGES.search(question) is not None
    free = {
        i
        for i, n in enumerate(numerals)
        if written[n.value] == 1 and not _has_role(question, n, ages)
    }
    return free - _related(question, numerals)


def _has_role(question: str, numeral: Numeral, ages: bool) -> bool:
    if numeral.value in _ALWAYS_FIXED or (numeral.percent and not 0 < numeral.value < 100):
        return True
    before = question[max(0, numeral.start - _CONTEXT) : numeral.start]
    money = before.endswith(("$", "€", "£"))
    if _AFTER.match(question, numeral.end) or _BEFORE.search(before):
        return True
    if not money and "," not in numeral.text and numeral.value in _YEARS:
        return True
    plain = not money and not numeral.percent
    bare = _BARE_AFTER.match(question, numeral.end)
    if plain and bare and (ages or _BARE_BEFORE.search(before)):
        return True
    if plain and _NAME_BEFORE.search(before):
        return True
    return bool(
        plain and numeral.value <= _FEW and _ENUMERATED.match(question, numeral.end)
    )  # "3 friends: Ann, Bo and Cy"


def _related(question: str, numerals: Sequence[Numeral]) -> set[int]:
    """Numbers of which one is the sum or the product of two others; percentages that make 100.

    A number in words counts, too: four lamps are 3 small and 1 large ones.
    """
    found: set[int] = set()
    values = [n.value for n in numerals]
    words = Counter(word.lower() for word in _COUNT.findall(question))
    for word, times in words.items():
        values += [Fraction(CARDINALS[word])] * min(times, 2)
    places: dict[Fraction, set[int]] = {}
    for place, value in enumerate(values):
        places.setdefault(value, set()).add(place)
    for i, j in combinations(range(len(values)), 2):
        one, other = values[i], values[j]
        whole = places.get(one + other, set())
        if min(one, other) > 1:
            whole = whole | places.get(one * other, set())
        whole = whole - {i, j}
        if whole:
            found |= {i, j} | whole
    percents = [i for i, n in enumerate(numerals) if n.percent][:_MOST_PERCENTS]
    for size in (2, 3, 4):
        for some in combinations(percents, size):
            if sum(values[i] for i in some) == 100:
                found |= set(some)
    return found
