"""The answer of a text that marks none: the number that its closing sentence comes to.

"Therefore, 3 friends can pick 42 eggs in 7 days." holds three numbers, of which 42 is the answer.
Numbers that by their wording only say when, for what, out of what or compared with what are left
aside (English only); of the others the last counts. The question is not known here, so this reads
less surely than a marked answer; docs/grading.md says how often it errs.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from netgain.grading.phrase import (
    EQUALS,
    are_alternatives,
    has_two_solutions,
    signed,
    with_second_unit,
)
from netgain.text.scan import Number, numbers_in, plain
from netgain.text.words import word_numbers_in

_WINDOW = 600  # characters before the last digit in which its sentence must begin
_AFTER = 300
_TRIES = 64

_DIGIT = re.compile(r"[\d¼-¾⅐-⅞]")
_SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[^\W\d_a-z]|[\[(\"'*\\$¿¡])|(?<=[。！？])")
_ENUMERATOR = re.compile(
    r"[^\w\n]*(?:[0-9]{1,2}[.)]|(?:step|part)\s[0-9]{1,2}[*_]{0,2}[:.)])\s+(?=\S)|\s*[-*•]\s+(?=\S)",
    re.IGNORECASE,
)
_CHECK = re.compile(
    r"\n[^\w\n]*(?:(?:let(?:'s|’s| us| me)|we can|to)\s)?(?:double[ -]?)?"
    r"(?:check|verify|verification|proof)\b|\n\s*\n[^\w\n]*note\b",
    re.IGNORECASE,
)
_CHATTER = re.compile(
    r"\b(?:let me know|hope (?:this|that|it)|feel free|(?:other|more|further) questions)\b"
    r"|\A\W*(?:(?:would|do|did) you|shall i|should i|want me to|may i|i can also|thanks?\b"
    r"|if you(?:['’]d| would)? (?:like|want))"
    r"|\A\W*(?:difficulty|tags?|references?|sources?|word count|rate this)\b"
    r"|\b(?:confidence|certainty)\b|\A[^.]{0,30}[0-9] ?% (?:sure|certain|confident)\b"
    r"|(?:\?|？)[\s*_\"')]*\Z",
    re.IGNORECASE,
)
_WRONG = re.compile(r"\b(?:wrong|mistake|incorrect|error|wait|actually)\b", re.IGNORECASE)
_BOLD = re.compile(
    r"(?<![0-9*])\*\*(?!\s)([^*\n]{1,60})(?<!\s)\*\*(?![0-9*])|\\textbf\{([^{}\n]{1,60})\}"
)
# A sentence that says what to do next gives no answer; its last number is as good as any.
_PLAN = re.compile(
    r"\b(?:we|you|i)\s(?:can|could|need\sto|must|have\sto|should|will)\s(?:now\s|then\s|also\s)?"
    r"(?:multiply|divide|add|subtract|calculate|compute|find|determine|use|set|solve|substitute"
    r"|convert|figure)\b|\blet(?:'s|’s|\sus|\sme)\b",
    re.IGNORECASE,
)
_CONCLUSION = re.compile(
    r"\W*(?:therefore|so|thus|hence|finally|in total|altogether|in conclusion|overall|that)\b",
    re.IGNORECASE,
)

# Words after which a number says when, for what, out of what, compared with what.
_ASIDE = re.compile(
    r"""\b(?: (?P<clause>if|when|while|because|since|before|after|until|till|unless)
      | in|for|over|per|by|every|each|within|during|with|without|than|out[ ]of|from|at|on|across
      | through|between|among|vs|versus|given|worth|using|number
      | of[ ](?:the|those|these|all|her|his|their|its)
      | to[ ][a-z]+
      | (?!remain|even|morn|leav|mak|giv|total|bring|result|earn|th)[a-z]{2,}ing
    )\b | \#""",
    re.VERBOSE | re.IGNORECASE,
)
_FIRST_ASIDE = re.compile(
    r"(?:^|[,;:])\W*(?:(?:therefore|so|thus|hence|finally|then)\b\W*)*"
    r"\b(?:in|after|for|over|at|with|by|if|during|within|from|since|when|out of|of|given|every|each"
    r"|per|on|using)(?:\s(?:the|an?|all|his|her|their|its|these|those|each|every|another|next|first"
    r"|last))*\s$",
    re.IGNORECASE,
)
_FINITE = (
    r"\b(?:is|are|was|were|will|would|can|could|should|must|has|have|had|needs?|makes?|made|costs?"
    r"|gets?|got|earns?|earned|spends?|spent|pays?|paid|takes?|took|leaves?|equals?|gives?|gave"
    r"|receives?|received|sells?|sold|buys?|bought|eats?|ate|becomes?|totals?)\b"
)
_VERB = re.compile(rf"{_FINITE}|[=:]", re.IGNORECASE)
_VERB_BEFORE = re.compile(
    rf"{_FINITE}\W+(?:(?:be|exactly|about|only|just|a total of|(?:left )?with|her|him|them)\W+)*\Z",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:]\s|\b(?:which|that|so|but)\b", re.IGNORECASE)
_JOINED = re.compile(r"[^,;:=]{0,60}\b(?:and|plus|to)(?:\sthen)?\s[$€£]?", re.IGNORECASE)
_OF = re.compile(r"\s?[\w-]+(?:\s\w+)?\sof\s[$€£]?")
_SUM = re.compile(r"\b(?:total|sum|average|mean|profit|cost|price|rest|remainder)\b", re.IGNORECASE)
_RESTATED = re.compile(r"[^,;:=]{0,20},?\s\(?or\s(?:about|approximately|roughly)\s[$€£]?")
_BRACKETS = re.compile(r"(?<=[^\W_])[ ]\((?=[^()]*[0-9])[^()=]{1,120}\)(?!\s?[-+*/×÷=^])")
_WHOSE = re.compile(r",\s(?:who|whom|whose)\b[^,;:]*")
_PART = re.compile(r"[^,;:]*,\s(?:including\s|with\s|and\s)?")
_PART_OF = re.compile(r"\sof\s(?:them|these|those|which|whom)\b")
_PERCENT = re.compile(r",?\s\(?or\s")
_ATTRIBUTE = re.compile(
    r"-[a-z]|(?:st|nd|rd|th)\b|(?:%|\s?percent)\s+of\b|\s\w+\s(?:from now|ago|later|earlier)\b",
    re.IGNORECASE,
)


_REFUSED = re.compile(
    r"\b(?:I|we|you|one|it|this|the\s(?:answer|question|problem|total|number|price|cost)[^.\n]{0,40}?)"
    r"\s(?:(?:can(?:not|['’]t|\snot)|could\s?n[o'’]t|am\sunable\sto|are\sunable\sto"
    r"|is\s(?:not\spossible|impossible)\sto)\s(?:be\s)?(?:determined?|answer(?:ed)?|solved?"
    r"|calculated?|computed?|tell|say|know))\b"
    r"|\b(?:not\senough|insufficient)\s(?:information|data|details)\b"
    r"|\b(?:more|additional|further)\s(?:information|data)\sis\s(?:needed|required)\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"[=≈]|\b(?:so|therefore|thus|hence|but|however|assum\w*)\b", re.IGNORECASE)


def refuses(text: str) -> bool:
    """Whether `text` ends by saying that the answer cannot be told, and works out none after it."""
    window = text[-_WINDOW:]
    ends = [refusal.end() for refusal in _REFUSED.finditer(window)]
    return bool(ends) and _GOES_ON.search(window, ends[-1]) is None


def closing_number(text: str) -> tuple[Number, bool] | None:
    """The number that `text` closes with, and whether it is simply the last one of its sentence."""
    end = len(text)
    for _ in range(_TRIES):
        digit = _last_digit(text, end)
        start = max(0, digit - _WINDOW)
        window = text[start : min(end, digit + _AFTER)] if digit >= 0 else text[-_WINDOW:]
        if start and (word := window.find(" ", 0, digit - start)) >= 0:
            window = window[word:]
        found = _in_window(_without_check(window), digit >= 0)
        if found is not None or start == 0:
            return found
        end = start
    return None


def _last_digit(text: str, end: int) -> int:
    while end > 0:
        start = max(0, end - _WINDOW)
        found = [digit.start() for digit in _DIGIT.finditer(text, start, end)]
        if found:
            return found[-1]
        end = start
    return -1


def _without_check(window: str) -> str:
    """`window` without a last paragraph that checks or annotates an answer given before it."""
    check = _CHECK.search(window)
    if check is None or not _DIGIT.search(window, 0, check.start()):
        return window
    return window if _WRONG.search(window, check.end()) else window[: check.start()]


def _in_window(window: str, has_digits: bool) -> tuple[Number, bool] | None:
    enumerators = None
    for raw in _sentences_backwards(window):
        sentence = _without_brackets(plain(raw))
        if _CHATTER.search(sentence):
            continue
        numbers = _quantities(sentence)
        label = _ENUMERATOR.match(sentence)
        if label and numbers:  # "2. Double it" holds no number but its own
            enumerators = enumerators or (numbers[0], True)
            numbers = [number for number in numbers if number.start >= label.end()]
        if numbers:
            number = _emphasised(raw) or signed(sentence, _main(sentence, numbers))
            return number, number.value == signed(sentence, numbers[-1]).value
        if has_digits and not _CONCLUSION.match(sentence):
            continue
        words = word_numbers_in(sentence)
        if len(words) == 1 and (not has_digits or _says(sentence, words[0])):
            return words[0], False
    return enumerators


def _without_brackets(sentence: str) -> str:
    """`sentence` without an aside in brackets, where a number stands outside of it."""
    if ")" not in sentence:
        return sentence
    outside = _BRACKETS.sub(lambda match: " " * len(match[0]), sentence)
    return outside if _DIGIT.search(_ENUMERATOR.sub("", outside, count=1)) else sentence


def _says(sentence: str, word: Number) -> bool:
    """Whether a conclusion says a number in words: "so she has eighteen", but not "has one"."""
    return word.value != 1 and _VERB_BEFORE.search(sentence[: word.start]) is not None


def _sentences_backwards(window: str) -> Iterator[str]:
    for line in reversed(window.split("\n")):
        label = _ENUMERATOR.match(line)
        head = label.end() if label else 0
        first, *others = _SENTENCES.split(line[head:])
        yield from reversed([line[:head] + first, *others])


def _quantities(sentence: str) -> list[Number]:
    """The numbers of a sentence from its last "=" on; "2 hours and 30 minutes" is one of them."""
    found: list[Number] = []
    for number in numbers_in(sentence):
        if not found or number.start >= found[-1].end:
            found.append(with_second_unit(sentence, number))
    equals = max(map(sentence.rfind, EQUALS))
    results = [number for number in found if number.start > equals]
    return results or found


def _emphasised(raw: str) -> Number | None:
    """The number in bold print, where only a part of the sentence is bold."""
    for bold in reversed(list(_BOLD.finditer(raw))):
        content = plain(bold[1] or bold[2])
        numbers = _quantities(content)
        if numbers and not content.rstrip().endswith(":"):
            return signed(content, _main(content, numbers))
    return None


def _main(sentence: str, numbers: list[Number]) -> Number:
    """The last number that the wording does not leave aside; the last of all if it leaves none."""
    if has_two_solutions(sentence) or any(
        are_alternatives(sentence, *pair) for pair in pairwise(numbers)
    ):
        return Number(None, numbers[0].start, numbers[-1].end, "conflicting")
    if _PLAN.search(sentence):
        return numbers[-1]
    main, before, aside = [], None, False
    for number in numbers:
        aside = _is_aside(sentence, number, before, aside)
        main += [] if aside else [number]
        before = number
    return (main or numbers)[-1]


def _is_aside(sentence: str, number: Number, before: Number | None, before_is_aside: bool) -> bool:
    reference = sentence[number.start - 1 : number.start] + sentence[number.end : number.end + 1]
    if reference == "[]" or _ATTRIBUTE.match(sentence, number.end):
        return True
    if before is None:
        return _FIRST_ASIDE.search(sentence[: number.start]) is not None
    gap = sentence[before.end : number.start]
    if gap.isspace() or _RESTATED.fullmatch(gap):  # "12 5 dollar bills", "2/3 or about 0.67"
        return True
    if _WHOSE.search(gap) or _says_part(sentence, gap, number):
        return True
    if _PERCENT.fullmatch(gap) and _is_percentage_of(sentence, number, before):
        return True
    if _JOINED.fullmatch(gap) and not _VERB.search(gap):
        return before_is_aside or _ASIDE.search(gap) is not None
    phrase = _CLAUSE.split(gap)[-1]
    if _OF.fullmatch(phrase) and not _SUM.search(phrase):
        return True
    openings = list(_ASIDE.finditer(phrase))
    return any(o["clause"] or not _VERB.search(phrase, o.end()) for o in openings)


def _says_part(sentence: str, gap: str, number: Number) -> bool:
    """ "18 eggs in total, 3 of them brown"; in "…, 3 of them are brown" that is said itself."""
    part = _PART_OF.match(sentence, number.end) if _PART.fullmatch(gap) else None
    return part is not None and _VERB.search(sentence, part.end()) is None


def _is_percentage_of(sentence: str, number: Number, before: Number) -> bool:
    """ "3/8, or 37.5%"; in "0.7, or 70%" the percentage counts as the last number does."""
    if sentence[number.end : number.end + 1] != "%" or before.value is None:
        return False
    return "/" in sentence[before.start : before.end] and number.value == 100 * before.value
