"""Which choice a text gives that makes no statement: by bold, by its lines, by what it quotes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from netgain.grading.choice_naming import label_token, mentioned, only_choice
from netgain.grading.choices import NOT_OFFERED, Choices, words_of

DENIED = re.compile(r"\b(?:not|if|whether|neither|nor|no|unless|than)\b|n['’]t\b", re.IGNORECASE)
_RULED_OUT = re.compile(
    r"\b(?:wrong|incorrect|false|cannot|eliminated?|eliminating|excluded?|rul(?:e|ed|ing)\sout)\b",
    re.IGNORECASE,
)
_SHORTEST_QUOTE = 4  # letters; a shorter text ("no", "it") says little where it merely occurs
_BOLD = re.compile(r"\*\*([^*\n]{1,300})\*\*")
_SENTENCE_END = re.compile(r"[.!?](?=\s)|\n")
_LISTED = re.compile(r"[\s>*#•-]{0,12}[(\[]?([A-J]|[0-9]{1,2})[)\].:]")
_LISTED_INLINE = re.compile(r"(?<!\w)[(\[]?([A-J])[).\]:](?!\w)")
# "A:" may be short for "answer:", and "A - " an article before a dash.
_FIRST = re.compile(
    r"[\s>*#\"'“]{0,12}(?P<start>[(\[]?)(?P<label>[B-J](?=[)\].:,;]|\s[-–—(])|A(?=[)\].,;]))"
)
_SAID = re.compile(r"(?:\b(?:is|be)|['’]s)\s(?=[^.!?\n]{1,300}[.!?]?\s*\Z)", re.IGNORECASE)
_SO = re.compile(r"\b(?:so|therefore|thus|hence)[,:]?\s([^.!?\n]{1,300})[.!?]?\s*\Z", re.IGNORECASE)
_REASON = re.compile(
    r",?\s(?:since|because|as|while|whereas|although|though)\s[^.!?\n]{0,200}?"
    r"\b(?:wrong|incorrect|eliminated|excluded|ruled\sout)\b[^.!?\n]*",
    re.IGNORECASE,
)
_ANYWHERE = re.compile(r"\(([A-J]|[0-9]{1,2})\)|\b(?:[Oo]ption|[Cc]hoice|[Ll]etter)\s([A-J])\b")


def _bold(text: str, choices: Choices) -> frozenset[int]:
    return _all_only(_BOLD.findall(text), choices)


def _last_line(text: str, choices: Choices) -> frozenset[int]:
    return _all_only(text.rstrip().rsplit("\n", 1)[-1:], choices)


def _first(text: str, choices: Choices) -> frozenset[int]:
    line = text.lstrip().partition("\n")[0]
    if only_choice(line, choices) is not None:
        return _all_only([line], choices)
    label = _FIRST.match(line)
    if label is None or len({m[1] for m in _LISTED_INLINE.finditer(line)}) > 1:
        return frozenset()
    token = label_token(line, label.start("start"), choices)
    return frozenset({choices.index(label["label"])} - {NOT_OFFERED}) if token else frozenset()


def _quoted(text: str, choices: Choices) -> frozenset[int]:
    among = [
        i for i, w in enumerate(choices.words) if len(w) >= _SHORTEST_QUOTE or w[-1:].isdigit()
    ]
    last = _affirmed(_last_sentence(text), choices)
    ends = [words_of(last[match.end() :]) for match in _SAID.finditer(last)]
    ends += [words_of(so[1]) for so in _SO.finditer(_last_sentence(text))]
    said = frozenset(choices.words.index(end) for end in ends if end and end in choices.words)
    in_last = said or mentioned(last, choices, among)
    return in_last if len(in_last) == 1 else mentioned(_affirmed(text, choices), choices, among)


def _labelled(text: str, choices: Choices) -> frozenset[int]:
    found = {choices.index(m[1] or m[2]) for m in _ANYWHERE.finditer(_affirmed(text, choices))}
    return frozenset(found - {NOT_OFFERED})


PROSE_RULES: Mapping[str, Callable[[str, Choices], frozenset[int]]] = {
    "bold": _bold, "last_line": _last_line, "first": _first, "text": _quoted, "label": _labelled,
}  # fmt: skip


def several_named(text: str, choices: Choices) -> bool:
    """Whether `text`, which by no rule gives one choice, names several."""
    return bool(_quoted(text, choices) or _labelled(text, choices))


def opens_listing(line: str, below: str) -> bool:
    """Whether `line` and the line `below` begin with labels in order."""
    here, next_one = _LISTED.match(line), _LISTED.match(below)
    return here is not None and next_one is not None and _follows(here[1], next_one[1])


def without_listings(text: str) -> str:
    """`text` without runs of lines that begin with labels in order (A, B, C…), and empty lines."""
    kept: list[str] = []
    run: list[str] = []
    before = ""
    for line in [line for line in text.split("\n") if line.strip()]:
        match = _LISTED.match(line)
        label = match[1] if match else ""
        if not _follows(before, label):
            kept += run if len(run) < 2 else []
            run = []
        (run if label else kept).append(line)
        before = label
    return "\n".join([*kept, *(run if len(run) < 2 else [])])


def _follows(before: str, label: str) -> bool:
    if before.isdigit() and label.isdigit():
        return int(label) == int(before) + 1
    return len(before) == len(label) == 1 and ord(label) == ord(before) + 1


def _all_only(lines: Iterable[str], choices: Choices) -> frozenset[int]:
    found = {only_choice(line, choices) for line in lines}
    return frozenset(i for i in found if i is not None and i != NOT_OFFERED)


def _last_sentence(text: str) -> str:
    ends = [match.end() for match in _SENTENCE_END.finditer(text.rstrip())]
    return text[ends[-1] if ends else 0 :]


def _affirmed(text: str, choices: Choices) -> str:
    """`text` without the sentences that deny or suppose something, or rule something out."""
    text = _REASON.sub("", text)
    denials = [match.start() for match in DENIED.finditer(text)]
    offered = " ".join(choices.words).split()  # "false" may be a choice itself
    denials += [m.start() for m in _RULED_OUT.finditer(text) if m[0].lower() not in offered]
    denials.sort()
    if not denials:
        return text
    kept, start, denied = [], 0, iter([*denials, len(text)])
    next_denial = next(denied)
    for end in [*(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]:
        if next_denial >= end:
            kept.append(text[start:end])
        while next_denial < end:
            next_denial = next(denied, len(text))
        start = end
    return " ".join(kept)
