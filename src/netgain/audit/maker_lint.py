"""Models and data sets said to be somebody's who did not make them, by the tables in `makers`.

Only what stands side by side is read: "Qwen2, developed by Meta", "Meta's Qwen2", "GSM8K was
released by Google", and a table's row "Developer" below its row "Model".
"""

import re
from collections.abc import Iterator

from netgain.audit.audited_text import Sentence, Table
from netgain.audit.makers import DATASET_NAME, MAKER_NAME, MODEL_NAME, maker_of, makers_of
from netgain.audit.results import Claim, claim

_MADE = (
    r"(?:developed|released|created|made|built|trained|pre-?trained|published|introduced|produced|"
    r"open-sourced|designed)"
)
_THING = r"(?:models?|famil(?:y|ies)|series|LLMs?|data ?sets?|benchmarks?)"
# Between a thing and its maker: "Qwen2 (by Meta", "GSM8K was released by", "Phi-3, a model from".
_BY = re.compile(
    rf"^(?:\s\d(?:\.\d)?)?\W{{0,3}}(?:(?:which |that )?(?:is|was|are|were"
    rf"|has been)\s)?(?:[\w-]+ly )?"
    rf"(?:(?:an?|the) (?:[\w-]+ ){{0,4}}{_THING},? (?:from|{_MADE} by|by)|(?:{_MADE}\s)?by)\s"
    r"(?:the\s)?$",
    re.IGNORECASE,
)
_OWN = re.compile(r"^'s\s(?:(?:new|own|open|small|latest|recent|popular|compact)\s){0,2}$", re.I)
_APPOSED = re.compile(rf"^'s\s(?:[\w.+-]{{1,24}}\s){{0,3}}{_THING}\b", re.IGNORECASE)
_DEVELOPER = re.compile(r"\W*(?:model )?(?:developer|maker|creator|vendor|made by)s?\W*", re.I)
_MODEL_ROW = re.compile(r"\W*(?:base |foundation )?model(?: name)?\W*", re.IGNORECASE)
_MOST = 40  # names of one sentence


def maker_claims(part: Sentence | Table) -> Iterator[Claim]:
    if isinstance(part, Sentence):
        for name, by, at in () if part.code else _ascribed(part.text):
            yield from _judged(name, by, part.line(at), part.text)
        return
    for (_, above), (line, row) in zip(part.rows, part.rows[1:], strict=False):
        if len(row) == 2 and _DEVELOPER.fullmatch(row[0]) and _MODEL_ROW.fullmatch(above[0]):
            named, maker = MODEL_NAME.search(" ".join(above[1:2])), maker_of(row[1].strip())
            if named is not None and maker is not None:
                yield from _judged(named[0], maker, line, " | ".join(row))


def _ascribed(text: str) -> Iterator[tuple[str, str, int]]:
    """(thing, maker, offset) wherever a sentence says that the one is the other's."""
    makers = list(MAKER_NAME.finditer(text))[: _MOST // 2]
    things = [m for m in MODEL_NAME.finditer(text) if m[0].casefold() != "deepseek"]  # a maker, too
    things += [
        m for m in DATASET_NAME.finditer(text)
        if not any(t.start() <= m.start() < t.end() for t in things)
    ]  # fmt: skip
    things = sorted(things, key=lambda m: m.start())[:_MOST] if makers else []
    for m in makers:
        if any(t.start() <= m.start() < t.end() for t in things):
            continue  # "Meta" within "Meta-Llama"
        after = next((t for t in things if t.start() >= m.end()), None)
        before = next((t for t in reversed(things) if t.end() <= m.start()), None)
        gap = text[before.end() : m.start()] if before and m.start() - before.end() <= 100 else "?"
        apposed = gap == ", " and _APPOSED.match(text[m.end() : m.end() + 80])
        if after is not None and _OWN.match(text[m.end() : after.start()][:60]):
            yield after[0], maker_of(m[0]) or "", m.start()
        elif before is not None and (apposed or _BY.match(gap)):
            yield before[0], maker_of(m[0]) or "", m.start()


def _judged(thing: str, maker: str, line: int, quote: str) -> Iterator[Claim]:
    makers = makers_of(thing)
    if makers:
        who = " and ".join(makers[:2])
        right = maker in makers
        reason = f"{thing} is by {who}" + ("" if right else f", not by {maker}")
        yield claim(line, quote, "maker", "supported" if right else "contradicted", reason, thing)
