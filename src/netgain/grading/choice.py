"""Multiple choice from generated text: which of the offered choices does a text give?

It never sees the right answer. The last statement decides ("the answer is (B)", `\\boxed{B}`,
`#### B`, "I choose B", "B is correct", "answer" in some other languages): a label, or the whole
text of a choice, must follow it. Without a statement it is a label by itself: the text's first or
last line, or bold; then the only one named as "(B)" or "option B"; then the only choice whose text
stands in the last sentence. A text that was cut off counts by a statement or its first line only.

Where nothing is found the rule is the reason: `empty`; `no_choice` (none is named, or a label
that is not offered); `conflicting` (a statement names several, or several stand alone); `truncated`
and `error` for a text that was cut off.

Sentences with "not", "if", "neither" and the like state nothing, and lines that begin with labels
in order are the question's choices said again. Only the model's own answer is read (`turn`). Of a
text longer than 100,000 characters the first and the last half of that many are read.
"""

import re
from dataclasses import dataclass

from netgain.grading.choices import NOT_OFFERED, Choices, half_width, words_of
from netgain.grading.turn import own_answer
from netgain.records import FinishReason, Grade

_CUT_OFF = {"length": "truncated", "error": "error"}
_MOST_READ = 100_000  # characters; of a longer text only the beginning and the end are read
_SPAN = 600  # characters after a statement in which its choice must stand
_BEFORE = 200  # and before it
_SHORTEST_QUOTE = 4  # letters of a text that counts where it is merely mentioned
_LISTING = 3  # lines that begin with labels in order and make a listing of the choices

_NEXT_QUESTION = re.compile(r"\n[^\w\n]{0,8}(?:Question|Problem|Q|Human|User)[^\S\n]?[0-9]{0,4}:")
# A label that stands alone. "A" and "I" before a word are an article and a pronoun.
_LABEL = (
    r"(?:[(\[]\s?(?P<bracketed>[A-Ja-j]|[0-9]{1,2})\s?[)\]]"
    r"|(?<!\w)(?<!\w['’])(?P<bare>[A-J]|[0-9]{1,2}|[b-hj])(?![^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
    r"|['’%]\w|%|[.,:-]\w|/(?![A-J]\b)\w"
    r"|(?<=[AI0-9a-z])\s(?!(?:because|since|as|for|and|or|but|which|given|due|based|with|where)\b)[a-z]))"
)
_ALONE = re.compile(_LABEL)
_LEAD = re.compile(
    r"(?:[\s\"'“”‘’*_`$:{<>=~]|[-–—](?![0-9])|\\(?:boxed|text|math)[a-z]{0,6}|\\[(\[]"
    r"|[(\[](?!\s?[A-Ja-j0-9]{1,2}\s?[)\]])"
    r"|\b(?:the|correct|right|best|option|choice|answer|letter|number|most|likely|probably"
    r"|definitely|clearly|indeed|either|both|simply|just|only|is|be)\b)*+",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"[)\]]?(?:\s?,|\s?,?\s(?:and|or|und|oder|et|ou|y|o|и|или)\b|\s?[/&]|\s?(?:还是|或者?|和|또는))\s?"
    r"[(\[]?(?P<label>[A-J]|[0-9]{1,2})(?=[)\]]?(?:[\s.,;/&)*}$]|\Z))(?!\s(?!and|or|are)[a-z])"
)
_VERB = r"(?:(?:would|should|must|will|has\sto)\s)?(?:is|was|be)\b\s?:?|:|="
_STATED = re.compile(
    rf"""
    (?P<behind> \b(?:is|would\sbe|must\sbe|seems)\s(?:(?:indeed|clearly|therefore|thus)\s)?
        (?:(?:the\s)?(?:(?:only|most)\s)?(?:correct|right|best)\b(?!\s(?:to|for|about|that|in)\b)
          (?:\s(?:answer|option|choice|one)\b)? | (?:the|my)\s(?:final\s)?answer\b )
        (?!\s?[:=]|\sis\b) | 是(?:正确|最佳)(?:答案|选项|的) )
    | (?<![A-Za-z])ans(?:wer)?(?=["'*_`\s:=(-]) ["'*_`)\]]{{0,4}} \s?
        (?:(?:to|for)\s[^\n.:?=]{{0,120}}?)?? ["'*_`]{{0,4}} \s? (?: {_VERB} | [-–—]\s )
    | \b(?:correct|right|best|final|my|chosen|selected|closest)\s(?:option|choice|response|letter)?
        ["'*_`]{{0,4}} \s? (?: {_VERB} )
    | \b(?:option|choice)\s(?:is|would\sbe|must\sbe)\b
    | \b(?:I|we)(?:['’](?:ll|d)|\s(?:will|would|must|should))?\s
        (?:choose|pick|select|go\swith|opt\sfor|answer|think|say)\b
    | (?:^|(?<=[.!?;,:]\s)) (?:so|therefore|thus|hence)\b[,:]?(?!\sis\b)
        (?:\s(?:it|that)(?:['’]s|\s(?:is|must\sbe|has\sto\sbe|should\sbe)))?
    | \b(?:it|that|this)(?:['’]s|\s(?:is|must\sbe|has\sto\sbe|should\sbe))\b
    | 而是 | 答案(?:应该|应)?(?:是|为)?\s?:? | (?<![不未若果])选(?:择|项)?
    | (?:答え|正解)\s?は?\s?:? | 정답\s?(?:은|는)?\s?:?
    | \b(?:antwort\s?(?:ist|lautet|:) | respuesta(?:\s(?:correcta|final))?\s?(?:es|:)(?:\sla)?
      | resposta(?:\s(?:correta|final))?\s?(?:é|:) | risposta(?:\s\w+)?\s?(?:è|:)(?:\sla)?
      | réponse(?:\s(?:correcte|finale))?\s?(?:est|:)(?:\sla)?
      | ответ\s?(?:[:—–-]|это)? | відповідь\s?(?:[:—–-]|це)? )
    | <answer> | (?<!\#)\#{{4}}(?!\#) | \\boxed\s?\{{
    | ^[ ]{{0,8}}A[ ]?:(?=[ ]*[(\[]?[A-J0-9]{{1,2}}[)\]]?[ ]*\.?[ ]*$)
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
# Statements so weak that a choice must be all that follows. Those of the first kind conclude.
_WEAK = re.compile(
    r"\W*(?:(?P<so>so|therefore|thus|hence)|it|that|this|(?:i|we) (?:think|say))\b", re.IGNORECASE
)
_SUPPOSED = re.compile(r"\b(?:if|unless|whether)\b", re.IGNORECASE)
_NOT_BUT = re.compile(r"\Anot\s[^.;\n]{1,60}?,?\s(?:but|it['’]s|it is)\s", re.IGNORECASE)
_DENIED = re.compile(r"\b(?:not|if|whether|neither|nor|no|unless|than)\b|n['’]t\b", re.IGNORECASE)
_RULED_OUT = re.compile(
    r"\b(?:wrong|incorrect|false|eliminated?|excluded?|ruled\sout)\b", re.IGNORECASE
)
_OPENS = re.compile(r"\W{0,4}(?:(?:option|answer)\s)?[A-J0-9]{1,2}(?:[).:,]|\s[-–])", re.IGNORECASE)
_OPERATOR = re.compile(r"[+*/=×÷^<>]")
_REASON = re.compile(
    r",?\s(?:since|because|as|while|whereas|although|though)\s[^.!?\n]{0,200}?"
    r"\b(?:wrong|incorrect|eliminated|excluded|ruled\sout)\b[^.!?\n]*",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?;])(?<![\s(*][A-J]\.)\s+|\n")
_LISTED = re.compile(r"\s{0,8}(?:[-*•]\s)?[*_]{0,2}[(\[]?([A-J]|[0-9]{1,2})[)\].:]")
_NAMED = re.compile(r"\(([A-J]|[0-9]{1,2})\)|\b(?:[Oo]ption|[Cc]hoice|[Ll]etter)\s([A-J])\b")
_BOLD = re.compile(r"\*\*([^*\n]{1,200})\*\*")
_AROUND = " \t\n()[]*._`"
_LAST_LABEL = re.compile(r"(?<![\w'’])[(\[]?([A-J]|[0-9]{1,2})[)\]]?(?![\w'’])")


@dataclass(frozen=True)
class ChoiceExtraction:
    """The index of the choice that a text gives, and the rule; None and the reason where none."""

    index: int | None
    rule: str


def extract_choice(
    text: str, choices: Choices, finish_reason: FinishReason = "stop"
) -> ChoiceExtraction:
    """The choice a model's output gives, by the rules in this module's docstring. Never raises."""
    answer, cut_off = own_answer(half_width(text.replace("\r", "\n")), finish_reason != "stop")
    question = _NEXT_QUESTION.search(answer)
    if question:
        found = _by_rules(answer[: question.start()], choices, cut_off=False)
        if found.rule not in ("empty", "no_choice"):
            return found
    if cut_off:  # its last word may be only the beginning of one
        answer = answer.rstrip("".join({c for c in answer[-40:] if c.isalnum()}))
    found = _by_rules(answer, choices, cut_off)
    if cut_off and found.rule in ("empty", "no_choice"):
        return ChoiceExtraction(None, _CUT_OFF.get(finish_reason, "truncated"))
    return found


def grade_choice(
    text: str,
    choices: Choices,
    gold: int,
    *,
    problem_id: str = "",
    sample: int = 0,
    finish_reason: FinishReason = "stop",
) -> Grade:
    """Judge one generated answer to a multiple-choice problem.

    `gold` (an index from 0) is only compared with what was extracted; `extracted` is the label.
    `correct` is by the rules above. `strict` asks for the bare label: the whole output is "B",
    "B." or "(B)" and right. `flexible` takes the last label that stands alone anywhere, as simple
    harnesses do. These two are not lm-eval's: it has no one reading for generated choices.
    """
    found = extract_choice(text, choices, finish_reason)
    label = choices.labels[gold]
    letters = [m[1] for m in _LAST_LABEL.finditer(text) if m[1] in choices.labels]
    return Grade(
        problem_id=problem_id,
        sample=sample,
        turn=0,
        extracted=None if found.index is None else choices.labels[found.index],
        rule=found.rule,
        strict=text.strip(_AROUND) == label,
        flexible=bool(letters) and letters[-1] == label,
        correct=found.index == gold,
    )


def _by_rules(text: str, choices: Choices, cut_off: bool) -> ChoiceExtraction:
    text = text.strip()
    if not text:
        return ChoiceExtraction(None, "empty")
    if len(text) > _MOST_READ:
        text = f"{text[: _MOST_READ // 2]}\n{text[-_MOST_READ // 2 :]}"
    text = _without_listings(text, min(_LISTING, len(choices)))
    named = _stated(text, choices)
    if named:
        return _extraction(named, "stated")
    lines = text.split("\n")
    for rule, parts in (
        ("first", lines[:1]), ("last_line", lines[-1:]), ("bold", _BOLD.findall(text)),
    ):  # fmt: skip
        named = frozenset().union(*(_line(part, choices, rule == "first") for part in parts))
        if len(named - {NOT_OFFERED}) == 1 and (rule == "first" or not cut_off):
            return _extraction(named - {NOT_OFFERED}, rule)
    if cut_off:
        return ChoiceExtraction(None, "no_choice")
    affirmed = [s for s in _SENTENCE_END.split(_REASON.sub("", text)) if not _denies(s, choices)]
    labels = {m[1] or m[2] for s in affirmed for m in _NAMED.finditer(s)}
    named = frozenset(map(choices.index, labels)) - {NOT_OFFERED}
    if named:
        return _extraction(named, "label")
    last = [s for s in affirmed if s.strip()][-1:]
    named = _mentioned(" ".join(last), choices, _SHORTEST_QUOTE)
    return _extraction(named, "text") if named else ChoiceExtraction(None, "no_choice")


def _extraction(named: frozenset[int], rule: str) -> ChoiceExtraction:
    if len(named) > 1:
        return ChoiceExtraction(None, "conflicting")
    [index] = named
    if index == NOT_OFFERED:
        return ChoiceExtraction(None, "no_choice")
    return ChoiceExtraction(index, rule)


def _stated(text: str, choices: Choices) -> frozenset[int]:
    """The choices that the last statement names; none where there is no statement."""
    for marker in reversed(list(_STATED.finditer(text))):
        start = max(0, marker.start() - _BEFORE)
        before = _SENTENCE_END.split(text[start : marker.start()])[-1]
        after = text[marker.end() : marker.end() + _SPAN].lstrip()
        if marker["behind"]:
            named = frozenset() if _DENIED.search(before) else _named_last(before, choices)
        elif weak := _WEAK.match(marker[0]):
            doubted = not weak["so"] and (
                _SUPPOSED.search(before) or _DENIED.search(before.rpartition(",")[2])
            )
            named = frozenset() if doubted else _line(_SENTENCE_END.split(after)[0], choices)
        else:
            named = _named_first(after, choices)
        if named and len(named) < len(choices):
            return named
    return frozenset()


def _named_first(phrase: str, choices: Choices) -> frozenset[int]:
    """The labels, or else the choice's text, that a phrase begins with."""
    phrase = _NOT_BUT.sub("", phrase, count=1)
    lead = _LEAD.match(phrase)
    start = lead.end() if lead else 0
    by_text = _text_at(phrase, 0, choices)
    if by_text is None:
        by_text = _text_at(phrase, start, choices)
    label = _ALONE.match(phrase, start)
    if label is None:
        return frozenset() if by_text is None else frozenset({by_text})
    if by_text is not None and " " in choices.words[by_text]:
        return frozenset({by_text})
    found = {choices.index(label["bracketed"] or label["bare"])}
    end = label.end()
    behind = _text_at(phrase, end, choices)
    while more := _MORE.match(phrase, end):
        found.add(choices.index(more["label"]))
        end = more.end()
    if found == {NOT_OFFERED} and by_text is not None:
        return frozenset({by_text})
    return frozenset(found | ({behind} if behind is not None and len(found) == 1 else set()))


def _named_last(phrase: str, choices: Choices) -> frozenset[int]:
    """What "… is correct" is said of: the label just before it, or the only one in the clause."""
    labels = list(_ALONE.finditer(phrase))
    if labels and not phrase[labels[-1].end() :].strip(_AROUND):
        labels = labels[-1:]
    named = frozenset(choices.index(m["bracketed"] or m["bare"]) for m in labels)
    named = named or _mentioned(phrase, choices)
    return named if len(named) == 1 else frozenset()


def _line(line: str, choices: Choices, begins: bool = False) -> frozenset[int]:
    """The choice that a line is, or (`begins`) whose label "B." or "(B)" it begins with."""
    named = _named_first(line, choices)
    if len(named) != 1:
        return frozenset()
    [index] = named
    lead = _LEAD.match(line)
    label = _ALONE.match(line, lead.end() if lead else 0)
    rest = words_of(line[label.end() :] if label else line)
    text = "" if index == NOT_OFFERED else choices.words[index]
    whole = bool(text) and text in (rest, words_of(line))
    opens = begins and _OPENS.match(line) is not None
    return named if whole or opens or (label and not rest) else frozenset()


def _text_at(phrase: str, start: int, choices: Choices) -> int | None:
    """The choice whose whole text stands at `start`, the longest where several do."""
    said = words_of(phrase[start : start + 2 * max(map(len, choices.texts)) + 40]) + " "
    fitting = [i for i, w in enumerate(choices.words) if w and said.startswith(f"{w} ")]
    if not fitting:
        return None
    best = max(fitting, key=lambda i: len(choices.words[i]))
    rest = said[len(choices.words[best]) + 1 :]
    # "4 + 3 = 7" does not give the choice "4", and "4 3" is not "4".
    number_goes_on = choices.words[best][-1].isdigit() and rest[:1].isdigit()
    return None if _OPERATOR.match(rest) or number_goes_on else best


def _mentioned(text: str, choices: Choices, shortest: int = 1) -> frozenset[int]:
    """The choices whose texts stand in `text` as whole words, outside of longer ones.

    A text of fewer than `shortest` characters counts only where it ends in a digit.
    """
    said, found = f" {words_of(text)} ", set()
    for i in sorted(range(len(choices)), key=lambda i: -len(choices.words[i])):
        words = choices.words[i]
        long_enough = len(words) >= shortest or words[-1:].isdigit()
        if words and long_enough and f" {words} " in said:
            found.add(i)
            said = said.replace(f" {words} ", " | ")
    return frozenset(found)


def _denies(sentence: str, choices: Choices) -> bool:
    offered = " ".join(choices.words).split()  # "false" may be a choice itself
    ruled_out = _RULED_OUT.search(sentence)
    return bool(_DENIED.search(sentence) or (ruled_out and ruled_out[0].lower() not in offered))


def _without_listings(text: str, least: int) -> str:
    """`text` without `least` or more lines that begin with labels in order, and empty lines.

    A line that states an answer behind its label is none of them.
    """
    kept: list[str] = []
    run: list[str] = []
    before = ""
    for line in [line for line in text.split("\n") if line.strip()]:
        match = None if "nswer is" in line else _LISTED.match(line)
        label = match[1] if match else ""
        if not _follows(before, label):
            kept += run if len(run) < least else []
            run = []
        (run if label else kept).append(line)
        before = label
    return "\n".join([*kept, *(run if len(run) < least else [])])


def _follows(before: str, label: str) -> bool:
    if before.isdigit() and label.isdigit():
        return int(label) == int(before) + 1
    return len(before) == len(label) == 1 and ord(label) == ord(before) + 1
