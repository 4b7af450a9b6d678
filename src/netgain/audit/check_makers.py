"""Models and data sets ascribed to somebody, against the tables in `makers`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from netgain.audit.context import claim
from netgain.audit.document import Unit
from netgain.audit.makers import (
    DATASET_NAME,
    MAKER_NAME,
    MODEL_NAME,
    maker_of,
    makers_of_dataset,
    makers_of_model,
)
from netgain.audit.results import Claim

_MADE = (
    r"(?:developed|released|created|made|built|trained|pre-?trained|published|introduced|produced|"
    r"provided|open-sourced|designed|authored|constructed|collected|maintained)"
)
_THING = (
    r"(?:models?|famil(?:y|ies)|series|LLMs?|data ?sets?|benchmarks?|checkpoints?|weights|release)"
)
# Between a thing and "by Meta": directly, or "…, a small model", or any words and a verb of making.
_BY = re.compile(
    rf"(?:^['\"]?[\s,(]{{0,3}}|\b{_MADE}\s|\b{_THING},?\s)(?:by|from|of)\s(?:the\s)?$"
    r"|^\s?\($|^\s?\(by\s$|^\s?[|:–—-]\s?$",
    re.IGNORECASE,
)
_OWN = re.compile(r"^(?:'s|s')?\s(?:[\w.,+-]{1,24}\s){0,6}$|^/$", re.IGNORECASE)
# "Phi-3, Microsoft's small model": the thing stands before its maker.
_APPOSITION = re.compile(rf"^'s\s(?:[\w.+-]{{1,24}}\s){{0,5}}{_THING}\b", re.IGNORECASE)
_MAKES = re.compile(
    rf"^(?:\s(?:has|have|recently|first|also))?\s(?:{_MADE}|develops|releases|creates|makes|builds|"
    r"trains|publishes|introduces|offers|provides)\s(?:(?:the|its|a|an|new)\s){0,2}$",
    re.IGNORECASE,
)
# With these words between, a maker and a thing belong to different parts of the sentence.
_APART = re.compile(
    r"\b(?:and|or|but|with|on|for|than|against|to|in|at|is|are|were|via|using|uses?|used|"
    r"evaluat\w*|"
    r"fine-?tun\w*|test\w*|compar\w*|host\w*|serv\w*|grad\w*|report\w*|distribut\w*|quanti\w*|"
    r"beat\w*|outperform\w*|like|as)\b",
    re.IGNORECASE,
)
_WAS_MADE = re.compile(
    r"\b(?:which |that )?(?:is|was|are|were|has been|as)\b(?=[\w\s,.+-]{0,80}\b(?:by|from|of)\b)",
    re.IGNORECASE,
)
_DEVELOPER = re.compile(
    r"^\W*(?:(?:model|base model|data ?set) )?(?:developer|maker|creator|vendor|provider|author|"
    r"organi[sz]ation|company|made by|developed by|released by|by|publisher)s?\W*$", re.IGNORECASE,
)  # fmt: skip
FARTHEST = 120


@dataclass(frozen=True)
class _Named:
    """A model or a data set in a text."""

    start: int
    end: int
    name: str
    makers: tuple[str, ...]


def check_makers(unit: Unit, run_model: str, last_model: str) -> Iterator[Claim]:
    """Claims about who made what.

    Args:
        run_model: the run's base model, "" without a run.
        last_model: the model that the text named last, for a "Developer: …" of its own.
    """
    text = unit.text
    makers = [(m.start(), m.end(), m[0]) for m in MAKER_NAME.finditer(text)][:40]
    if not makers:
        return
    things = _things(text)[:60]
    for start, end, name in makers:
        maker = maker_of(name)
        if maker is None or any(
            t.start <= start < t.end
            and text[start - 1 : start] != "/"
            and text[end : end + 1] != "/"
            for t in things
        ):
            continue  # "Meta" within "Meta-Llama"
        thing = _ascribed(text, start, end, things, makers)
        if thing is None and _is_developer_line(unit, start):
            model = last_model or run_model
            found = MODEL_NAME.search(model)
            thing = _Named(0, 0, found[0], makers_of_model(found[0])) if found else None
        if thing is not None and thing.makers:
            yield _judged(unit, thing, maker, start)


def models_in(text: str) -> list[str]:
    """Every model name in a text."""
    return [m[0] for m in MODEL_NAME.finditer(text)]


def _things(text: str) -> list[_Named]:
    found = [
        _Named(m.start(), m.end(), m[0], makers_of_model(m[0]))
        for m in MODEL_NAME.finditer(text)
        if m[0].casefold() != "deepseek"  # alone it is the maker
    ]
    found += [
        _Named(m.start(), m.end(), m[0], makers_of_dataset(m[0]))
        for m in DATASET_NAME.finditer(text)
        if not any(t.start <= m.start() < t.end for t in found)
    ]
    return sorted(found, key=lambda t: t.start)


def _ascribed(
    text: str, start: int, end: int, things: list[_Named], makers: list[tuple[int, int, str]]
) -> _Named | None:
    """The thing that is said to be this maker's."""
    for thing in things:
        if thing.start <= start < thing.end and text[end : end + 1] == "/":
            return thing  # an owner on the Hub: "google/qwen2"
    after = next((t for t in things if t.start >= end), None)
    if after is not None and after.start - end <= FARTHEST:
        gap = text[end : after.start]
        if _MAKES.match(gap) or (_OWN.match(gap) and not _APART.search(gap)):
            return after
    before = next((t for t in reversed(things) if t.end <= start), None)
    if before is not None and start - before.end <= FARTHEST:
        gap = text[before.end : start]
        for s, e, _ in makers:  # "by Meta and Google": what stands between is a maker too
            if before.end <= s and e <= start:
                gap = text[before.end : s]
                break
        if re.match(r",?\s$", gap) and _APPOSITION.match(text[end : end + 80]):
            return before
        if _BY.search(gap) and not _APART.search(_WAS_MADE.sub(" ", gap)):
            return before
    return None


def _is_developer_line(unit: Unit, start: int) -> bool:
    """A line or a row such as "Developer: Meta" with the model named elsewhere."""
    left = unit.text[:start]
    return bool(_DEVELOPER.match(left.rstrip(" :|=-")) and left.strip())


def _judged(unit: Unit, thing: _Named, maker: str, at: int) -> Claim:
    who = " and ".join(thing.makers[:2])
    line = unit.line(at)
    if maker in thing.makers:
        return claim(unit, "maker", "supported", f"{thing.name} is by {who}", line=line)
    return claim(
        unit, "maker", "contradicted", f"{thing.name} is by {who}, not by {maker}",
        f"{thing.name}, by {thing.makers[0]}.", line=line,
    )  # fmt: skip
