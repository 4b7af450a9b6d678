"""Models and data sets said to be somebody's who did not make them, by the tables in `makers`.

Only what stands side by side is read: "Qwen2, developed by Meta", "Meta's Qwen2", "GSM8K was
released by Google", and a table's row "Developer" below its row "Model".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from netgain.audit.document import Sentence, Table
from netgain.audit.makers import (
    DATASET_NAME,
    MAKER_NAME,
    MODEL_NAME,
    maker_of,
    makers_of_dataset,
    makers_of_model,
)
from netgain.audit.results import Claim, claim

_MADE = (
    r"(?:developed|released|created|made|built|trained|pre-?trained|published|introduced|produced|"
    r"open-sourced|designed)"
)
_THING = r"(?:models?|famil(?:y|ies)|series|LLMs?|data ?sets?|benchmarks?)"
# Between a thing and its maker: "Qwen2 (by Meta", "GSM8K was released by", "Phi-3, a model from".
_BY = re.compile(
    rf"^(?:\s\d(?:\.\d)?)?\W{{0,3}}(?:(?:which |that )?(?:is|was|are|were|has "
    rf"been)\s)?(?:[\w-]+ly )?"
    rf"(?:(?:an?|the) (?:[\w-]+ ){{0,4}}{_THING},? (?:from|{_MADE} by|by)|(?:{_MADE}\s)?by)\s"
    r"(?:the\s)?$",
    re.IGNORECASE,
)
_OWN = re.compile(r"^'s\s(?:(?:new|own|open|small|latest|recent|popular|compact)\s){0,2}$", re.I)
_APPOSED = re.compile(rf"^'s\s(?:[\w.+-]{{1,24}}\s){{0,3}}{_THING}\b", re.IGNORECASE)
_DEVELOPER = re.compile(r"\W*(?:model )?(?:developer|maker|creator|vendor|made by)s?\W*", re.I)
_MODEL_ROW = re.compile(r"\W*(?:base |foundation )?model(?: name)?\W*", re.IGNORECASE)


@dataclass(frozen=True)
class _Thing:
    start: int
    end: int
    name: str
    makers: tuple[str, ...]


def maker_claims(part: Sentence | Table) -> Iterator[Claim]:
    if isinstance(part, Sentence):
        if not part.code:
            yield from _in_text(part.text, part)
        return
    for (_, above), (line, row) in zip(part.rows, part.rows[1:], strict=False):
        if len(row) != 2 or not (_DEVELOPER.fullmatch(row[0]) and _MODEL_ROW.fullmatch(above[0])):
            continue
        named, maker = MODEL_NAME.search(" ".join(above[1:2])), maker_of(row[1].strip())
        if named is not None and maker is not None:
            thing = _Thing(0, 0, named[0], makers_of_model(named[0]))
            yield from _judged(thing, maker, line, " | ".join(row))


def _in_text(text: str, sentence: Sentence) -> Iterator[Claim]:
    makers = list(MAKER_NAME.finditer(text))[:20]
    things = _things(text) if makers else []
    for m in makers:
        maker = maker_of(m[0])
        if maker is None or any(t.start <= m.start() < t.end for t in things):
            continue  # "Meta" within "Meta-Llama"
        thing = _ascribed(text, m, things)
        if thing is not None:
            yield from _judged(thing, maker, sentence.line(m.start()), text)


def _things(text: str) -> list[_Thing]:
    models = [
        _Thing(m.start(), m.end(), m[0], makers_of_model(m[0]))
        for m in MODEL_NAME.finditer(text)
        if m[0].casefold() != "deepseek"  # alone it is the maker
    ]
    data = [
        _Thing(m.start(), m.end(), m[0], makers_of_dataset(m[0]))
        for m in DATASET_NAME.finditer(text)
        if not any(t.start <= m.start() < t.end for t in models)
    ]
    return sorted([*models, *data], key=lambda t: t.start)[:40]


def _ascribed(text: str, maker: re.Match[str], things: list[_Thing]) -> _Thing | None:
    after = next((t for t in things if t.start >= maker.end()), None)
    if after is not None and _OWN.match(text[maker.end() : after.start][:60]):
        return after
    before = next((t for t in reversed(things) if t.end <= maker.start()), None)
    if before is None or maker.start() - before.end > 100:
        return None
    gap = text[before.end : maker.start()]
    apposed = re.fullmatch(r",\s", gap) and _APPOSED.match(text[maker.end() : maker.end() + 80])
    return before if apposed or _BY.match(gap) else None


def _judged(thing: _Thing, maker: str, line: int, quote: str) -> Iterator[Claim]:
    if not thing.makers:
        return
    who = " and ".join(thing.makers[:2])
    if maker in thing.makers:
        yield claim(line, quote, "maker", "supported", f"{thing.name} is by {who}", thing.name)
    else:
        reason = f"{thing.name} is by {who}, not by {maker}"
        yield claim(line, quote, "maker", "contradicted", reason, thing.name)
