"""The part of an output that is the model's own answer to the question asked.

Not part of it: what was thought before `</think>`, what follows an end-of-turn token, and the next
question that a base model may have made up.
"""

import re

from netgain.text.markup import plain
from netgain.text.words import word_numbers_in

_THOUGHT_ENDS = (
    "</think>", "</thinking>", "</thought>", "</reasoning>", "</scratchpad>", "[/THINK]",
    "<|end_of_thought|>", "<|channel|>final<|message|>", "◁/think▷",
)  # fmt: skip
_USER_TURN = re.compile(
    r"<[|｜][^<>\s]{1,40}>\s?user\b|<[|｜]\w{0,12}user\w{0,12}[|｜]>|<start_of_turn>user\b"
    r"|<extra_id_1>user\b|\[INST\]",
    re.IGNORECASE,
)
_THOUGHT_STARTS = ("<think>", "<thinking>", "[THINK]", "◁think▷")
_TRACES = (
    "</",
    "<|",
    "[/",
    "<｜",
    "[I",
    "[T",
    "[|",
    "|>",
    "◁",
)  # every token holds one of these, or
_TAG = re.compile(r"<[a-z]", re.IGNORECASE)  # begins with this
_TURN = re.compile(
    r"(?:<[|｜][^<>|｜\s]{1,40}[|｜]?>|<[a-z_]{1,20}\|>"
    r"|</?(?:s|eos|bos|end_of_turn|start_of_turn|end_of_utterance|eoh|eom|extra_id_[0-9]{1,3}"
    r"|reserved_[0-9]{1,3})>"
    r"|(?<![^\n])</?(?:user|human|question|problem|instruction)>"
    r"|\[/?INST\]|<</?SYS>>|\[\|\w{1,20}\|\])(?:(?:assistant|model)\b)?",
    re.IGNORECASE,
)
# Labels of a question; of the second kind, only where one of a reply stands below.
_QUESTION = (
    "question|problem|exercise|q|instruction|instruct|puzzle"
    "|pregunta|problema|ejercicio|pergunta|exercício|domanda|esercizio|frage|aufgabe|problème"
    "|exercice|vraag|opgave|pytanie|zadanie|вопрос|задача|питання|soru|soal|pertanyaan|câu hỏi"
    "|प्रश्न|প্রশ্ন|سؤال|السؤال|คำถาม|問題|质问|質問|问题|問|问|题目|題目|문제|질문"
)
_PROMPT = "input|prompt|student|customer|context|passage|task|example"
_REPLY = re.compile(
    r"\n[^\w\n]{0,8}(?:output|response|completion|teacher|tutor|professor|expert|agent|assistant|answer|solution|model"
    r"|bot|ai|reply|a)[^\S\n]?#?[0-9]{0,4}[*_\])>]{0,4}[^\S\n]?(?:[:：.]|\n)",
    re.IGNORECASE,
)
_ENDS = (
    r"[^\S\n]?(?:[#№][^\S\n]?)?[0-9]{0,4}[*_\])>}]{0,4}[^\S\n]?"
    r"(?:[:：]|(?<=[0-9*_])[.)]\}?\s|(?<=[\])>}])|\n(?=[^\n]))"
)
_NEXT = re.compile(
    r"\n(?!\n)[^\w\n]{0,8}+(?:(?<=\\)[a-z]{4,12}\*?\{)?(?:"
    r"(?:[0-9]{1,2}[.)][^\S\n]?)?"
    r"(?:(?:new|next|another|similar|bonus|practice|extra|related|follow-?up)\s)?"
    rf"(?:(?:{_QUESTION}){_ENDS}|q\.\s|example[^\S\n]?#?[0-9]{{1,4}}[*_]{{0,3}}:"
    rf"|(?P<prompt>{_PROMPT}){_ENDS})"
    r"|(?P<role>(?:gpt4 correct )?(?:human|user))[*_>]{0,3}(?::|\n(?=[^\n]))"
    r"|(?<=\[)round [0-9]{1,3}\]"
    r"|(?<=#\s)(?P<reply>response|assistant|output)[*_]{0,3}:"
    r"|(?P<announced>(?:(?:ok(?:ay)?|now|next|here|then)\b[^\n.:?!]{0,20})?"
    r"(?:\b(?:let['’]?s|let us|here|try|solve)\b)[^\n.:?!]{0,30}\b(?:another|similar|new|next)\b"
    r"(?:\s[a-z]{1,12})?\s(?:one|problem|question|example|exercise|puzzle|task)\b"
    r"|(?:now )?try (?:this|these) (?:one|problem|question|exercise)s?\b"
    r"|below is an? (?:instruction|question|problem|task)\b|you are an? (?:ai|helpful)\b)"
    r"|(?P<numbered>(?:[2-9]|1[0-9])[.)][^\S\n][^\n]{20,400}\?[^\S\n]{0,8}\n)"
    r")",
    re.IGNORECASE,
)
_FIRST_ITEM = re.compile(r"(?:\A|\n)[^\w\n]{0,8}1[.)]\s")
_ENUMERATOR = re.compile(r"(?:\n|\A)[^\w\n]{0,8}(?:step\s)?[0-9]{1,2}[.):]", re.IGNORECASE)
_MARK = re.compile(
    r"####|oxed\s?\{|nswer|\bans\b|\nA:|答|답|espuesta|esposta|isposta|éponse|ntwort|твет|ідповідь",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d+")
_BEFORE = 60
_SHOWN = 600  # characters of a question that are looked at
_LOOKED_BACK = 10_000  # characters before it
_ATTEMPTS = 16


def own_answer(text: str, cut_off: bool) -> tuple[str, bool]:
    """The part that answers the question asked, and whether that part was cut off.

    "" where the text ended, or was cut off, while the model was still thinking.
    """
    text = text.lstrip()
    if any(trace in text for trace in _TRACES) or ("<" in text and _TAG.search(text)):
        user = _USER_TURN.search(text)
        if user and text[: user.start()].strip():
            text, cut_off = text[: user.start()], False
        text = _without_thought(text, cut_off).lstrip()
        for _ in range(_ATTEMPTS):
            end = _TURN.search(text)
            if end is None:
                break
            if text[: end.start()].strip():
                text, cut_off = text[: end.start()], False
                break
            text = text[end.end() :].lstrip()
    return _before_next_question(text, cut_off)


def _without_thought(text: str, cut_off: bool) -> str:
    ends = [(text.rfind(token), token) for token in _THOUGHT_ENDS]
    at, token = max(ends)
    if at >= 0 and text[at + len(token) :].strip():
        return text[at + len(token) :]
    start = max(text.rfind(token) for token in _THOUGHT_STARTS)
    if start > at and (cut_off or not _TURN.sub("", text[:start]).strip()):
        return ""
    return text


def _before_next_question(text: str, cut_off: bool) -> tuple[str, bool]:
    start = 0
    for _ in range(_ATTEMPTS):
        question = _NEXT.search(text, start)
        if question is None:
            break
        if _is_next(text, question):
            return text[: question.start()], False
        start = question.end()
    return text, cut_off


def _is_next(text: str, question: re.Match[str]) -> bool:
    """Whether it is another question, and not the one asked, said again or answered in parts.

    A number must have been given before it. After a marked answer it is another one; else where it
    brings a number of its own, or several.
    """
    before = text[max(0, question.start() - _LOOKED_BACK) : question.start()]
    numbers = _DIGITS.search(_ENUMERATOR.sub("", before))
    if numbers is None or before[-_BEFORE:].rstrip().endswith((":", "：")):
        return False
    below = text[question.end() : question.end() + _SHOWN]
    if question["prompt"] and not _REPLY.search(below):
        return False
    if question["numbered"] and _FIRST_ITEM.search(before):
        return False
    if _MARK.search(before):
        return True
    if question["announced"] or question["reply"]:
        return not _MARK.search(below)
    if question["role"] and "\n" in below.strip() and not (_REPLY.search(below) or "?" in below):
        return False  # "User: 10 points", "Admin: 15 points"
    asked = _REPLY.split("\n" + below.lstrip(), maxsplit=1)[0].lstrip()
    line = asked.partition("\n")[0].partition("?")[0]
    own = _numbers(question[0] + line)
    return len(own) > 1 or not own <= _numbers(before)


def _numbers(text: str) -> set[str]:
    text = plain(_ENUMERATOR.sub("", text))
    words = (str(number.value) for number in word_numbers_in(text))
    return {*_DIGITS.findall(text), *words} - {"1"}
