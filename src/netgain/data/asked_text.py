"""The question within a prompt: without a chat template's marks, worked examples and labels."""

import re
from collections.abc import Mapping
from typing import Any

# What begins the user's turn, and what ends it.
TURNS = (
    ("<|im_start|>user\n", "<|im_end|>"),
    ("<|start_header_id|>user<|end_header_id|>", "<|eot_id|>"),
    ("<start_of_turn>user\n", "<end_of_turn>"),
    ("<|user|>", "<|"),
    ("[INST]", "[/INST]"),
    ("**User**:", "**Assistant**"),
    ("### Instruction:", "### Response"),
    ("\nuser\n", "\nassistant"),
)
# What a prompt asks for beside the question: how to answer, and where to put the answer.
_HOW = re.compile(
    r"step[ -]by[ -]step|final answer|\\boxed|####|your answer|the answer (?:in|as|after|with)"
    r"|show your work|reasoning",
    re.IGNORECASE,
)
_END = re.compile(r"[.?!:]\s+|\n\s*")
LONGEST_HOW = 400  # characters of one such sentence
TEXTS = ("text", "input_text", "output_text")  # kinds of a message's parts
LABELS = (("Question:", "Answer:"), ("Problem:", "Solution:"), ("Q:", "A:"))


def asked(prompt: str) -> str:
    """The last question of a prompt.

    >>> asked("<|im_start|>user\\nHow many?<|im_end|>\\n<|im_start|>assistant\\n")
    'How many?'
    >>> asked("Question: 1+1?\\nAnswer: 2\\n\\nQuestion: How many?\\nAnswer:")
    'How many?'
    """
    text = f"\n{prompt}"
    for begin, end in TURNS:
        at = text.rfind(begin)
        if at >= 0:
            text = text[at + len(begin) :].partition(end)[0]
            break
    text = text.strip()
    for question, answer in LABELS:
        at = text.rfind(question)
        if at >= 0 and (at == 0 or text.endswith(answer)):
            text = text[at + len(question) :].removesuffix(answer).strip()
            break
    return without_instruction(text)


def without_instruction(text: str) -> str:
    """A question without the sentences around it that say how to answer.

    >>> without_instruction("How many? Please reason step by step.")
    'How many?'
    """
    for _ in range(4):
        tail = text[-LONGEST_HOW:]
        ends = [match.end() for match in _END.finditer(tail[:-1])]
        last = tail[ends[-1] :] if ends else ""
        if not _HOW.search(last) or last.endswith("?"):
            break
        text = text[: -len(last)].rstrip()
    first, line_end, rest = text.partition("\n")
    if line_end and rest.strip() and len(first) <= LONGEST_HOW and _HOW.search(first):
        text = rest.strip()
    return text


def spoken(content: Any) -> str | None:
    """A message's text: a string, or the texts of its parts, without reasoning and pictures."""
    if isinstance(content, list):
        parts = map(_text_of_part, content)
        content = "\n".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else None


def _text_of_part(part: Any) -> Any:
    if not isinstance(part, Mapping):
        return part
    if part.get("type") == "refusal":
        return part.get("refusal")
    told = part.get("type", "text") in TEXTS and not part.get("thought")
    return part.get("text") if told else None


def turns(messages: Any) -> list[tuple[str, str]]:
    """(role, text) of each message, whatever a tool calls its fields; roles by their usual names.

    >>> turns([{"from": "human", "value": "How many?"}, {"from": "gpt", "value": "2"}])
    [('user', 'How many?'), ('assistant', '2')]
    """
    names = {"human": "user", "gpt": "assistant", "bot": "assistant", "model": "assistant"}
    found = []
    for message in messages if isinstance(messages, list) else ():
        if not isinstance(message, Mapping):
            continue
        role = str(message.get("role") or message.get("from") or "").lower()
        names_of_text = ("content", "value", "prompt", "parts")
        text = next((message[name] for name in names_of_text if name in message), None)
        said = spoken(text)
        if said is not None:
            found.append((names.get(role, role), said))
    return found
