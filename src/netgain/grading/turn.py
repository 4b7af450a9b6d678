"""The part of an output that is the model's own answer to the question asked.

Not part of it: what was thought before `</think>`, what follows an end-of-turn token, and the next
question that a base model may have made up.
"""

from __future__ import annotations

import re

_THOUGHT_ENDS = (
    "</think>", "</thinking>", "</thought>", "</reasoning>", "</scratchpad>", "[/THINK]",
    "<|end_of_thought|>", "<|channel|>final<|message|>", "◁/think▷",
)  # fmt: skip
_THOUGHT_STARTS = ("<think>", "<thinking>", "[THINK]", "◁think▷")
# Every token above and below holds one of these.
_TRACES = ("</", "<|", "[/", "<t", "<s", "<e", "<｜", "[I", "[T", "◁")
_TURN = re.compile(
    r"<\|(?:im_end|endoftext|eot_id|eom_id|end_of_text|end|return|eot|im_start|start_header_id|user"
    r"|assistant|endofassistant)\|>(?:assistant\b)?|</s>|<eos>|<end_of_turn>|<start_of_turn>"
    r"|\[/?INST\]|<｜end▁of▁sentence｜>|<｜User｜>"
)
_NEXT_QUESTION = re.compile(
    r"\n[^\w\n]{0,8}(?:(?:new|next|another)\s)?"
    r"(?:(?:question|problem|exercise|q|human|user|instruction)[^\S\n]?#?[0-9]{0,4}"
    r"[*_]{0,3}[^\S\n]?(?::|(?<=[0-9])[.)]\s|\n(?=[^\n]))"
    r"|example[^\S\n]?#?[0-9]{1,4}[*_]{0,3}:|问题|题目)",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"[0-9]")
_BEFORE = 60
_ATTEMPTS = 16


def own_answer(text: str, cut_off: bool) -> tuple[str, bool]:
    """The part that answers the question asked, and whether that part was cut off.

    "" where the text ended, or was cut off, while the model was still thinking.
    """
    text = text.lstrip()
    if any(trace in text for trace in _TRACES):
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
    question = _NEXT_QUESTION.search(text)
    first_digit = _DIGIT.search(text) if question else None
    while question and first_digit:
        start = question.start()
        announced = text[max(0, start - _BEFORE) : start].rstrip().endswith(":")
        # Without a number before it, or announced, it is the question asked, said again.
        if first_digit.start() < start and not announced:
            return text[:start], False
        question = _NEXT_QUESTION.search(text, question.end())
    return text, cut_off
