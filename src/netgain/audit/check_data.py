"""What a report says of model and data: which they were, how they were split, how many."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from netgain.audit import vocabulary as words
from netgain.audit.agreement import NO_RUN
from netgain.audit.context import claim
from netgain.audit.document import Unit
from netgain.audit.evidence import Evidence
from netgain.audit.makers import DATASET_NAME, MODEL_NAME, makers_of_model
from netgain.audit.quantities import PROBLEMS
from netgain.audit.reading import mentions
from netgain.audit.results import Claim

_SPLIT = re.compile(
    r"(?<![\d.])(?P<a>\d\d)\s?%?\s?(?:/|-|:|–)\s?(?P<b>\d\d?)\s?%?(?=[ -](?:train|split|ratio|"
    r"partition)|\s?(?:\(|train))|split(?: of|:| is| was)?\s(?P<c>\d\d)\s?%?\s?(?:/|-|:|"
    r"–)\s?(?P<d>\d\d?)\s?%?",
    re.IGNORECASE,
)
_HELD_OUT = re.compile(
    r"(?<![\d.])(?P<b>\d\d?)\s?%[^.;%\d]{0,40}\b(?:held[- ]out|for|as|set "
    r"aside)\b[^.;%\d]{0,20}validation",
    re.IGNORECASE,
)
_PARTS = re.compile(
    r"(?<![\w.,/-])(?P<n>\d{1,3}(?:,\d{3})+|\d{1,8})\s(?:(?!into|for|of|in|to|and|"
    r"%)[a-z0-9-]{1,12}\s)?(?:(?P<train>train(?:ing)?)|"
    rf"(?P<validation>validation|dev|val)|(?P<test>test|held-?out))\b(?:[- "
    rf"]set)?(?=\s{PROBLEMS}|[\s,.;)]|$)",
    re.IGNORECASE,
)
_PARTS_AFTER = re.compile(
    rf"(?<![\w.,/-])(?P<n>\d{{1,3}}(?:,\d{{3}})+|\d{{2,8}})\s(?:{PROBLEMS}\s)?(?:(?:were|are|"
    rf"was)\s)?"
    r"(?:used\s|kept\s)?(?:for|in)\s(?:the\s)?(?:(?P<train>train(?:ing)?)|"
    r"(?P<validation>validation)|(?P<test>test(?:ing)?|evaluation))\b(?! steps| loss)",
    re.IGNORECASE,
)
_EVALUATED = re.compile(
    rf"(?:evaluated|tested|measured|graded|scored|asked|answered|solved|test set|"
    rf"benchmarked)\b[^.;]{{0,40}}?\b(?:on|of|all|with|same)\s(?:the |all |same |full |a total of "
    rf")*(?P<n>\d{{1,3}}(?:,\d{{3}})+|\d{{2,8}})\s(?:[a-z0-9-]{{1,12}}\s){{0,2}}{PROBLEMS}",
    re.IGNORECASE,
)
_TUNED_ON = re.compile(
    r"(?:fine-?tun(?:ed?|ing)|train(?:ed|ing)?|adapt(?:ed|ing)?)\b[^.;:]{0,60}?\bon\s(?:the\s)?"
    r"(?:[A-Za-z'-]{1,20}\s){0,3}$", re.IGNORECASE,
)  # fmt: skip
_BASE_MODEL = re.compile(
    r"(?:(?:base |pre-?trained |starting )?model(?: name| id)?\s?[:=|]\s?|fine-?tun(?:e[ds]?|"
    r"ing)(?: of)?\s"
    r"(?:the |a |our )?(?:[A-Za-z']{1,20}\s){0,3}|start(?:ed|ing|s)? (?:from|with) (?:the )?|"
    r"base model (?:is|was) (?:the )?|based on (?:the )?|adapter (?:on|for) (?:the )?|(?:we|"
    r"was) (?:used?|train(?:ed)?) (?:the )?)$",
    re.IGNORECASE,
)
_SIZE_HEADER = re.compile(rf"^\W*(?:n|(?:number of )?(?:test )?{PROBLEMS})\W*$", re.IGNORECASE)


def check_data(unit: Unit, text: str, evidence: Evidence | None) -> Iterator[Claim]:
    """Every such statement in a text."""
    for check in _CHECKS:
        yield from check(unit, text, evidence)


def _split(unit: Unit, text: str, evidence: Evidence | None) -> Iterator[Claim]:
    stated = [
        (float(m["a"] or m["c"]), float(m["b"] or m["d"])) for m in list(_SPLIT.finditer(text))[:5]
    ]
    stated += [(100 - float(m["b"]), float(m["b"])) for m in list(_HELD_OUT.finditer(text))[:2]]
    for a, b in stated:
        if a + b != 100:
            continue
        known = evidence.settings.get("data.validation_fraction") if evidence else None
        if known is None:
            yield claim(
                unit,
                "setting: split",
                "unsupported",
                NO_RUN if evidence is None else "the run keeps no such setting",
            )
            continue
        share = 100 * float(known)
        right = min(abs(b - share), abs(a - share)) < 0.5
        fact = f"data.validation_fraction: {known} ({100 - share:g}/{share:g})"
        yield claim(unit, "setting: split", "supported" if right else "contradicted",
                    f"the run has {fact}", "" if right else fact)  # fmt: skip


def _parts(unit: Unit, text: str, evidence: Evidence | None) -> Iterator[Claim]:
    """How many problems were trained on, validated on and tested."""
    stated = [
        (name, int(m["n"].replace(",", "")))
        for m in [*list(_PARTS.finditer(text))[:8], *list(_PARTS_AFTER.finditer(text))[:8]]
        for name in ("train", "validation", "test")
        if m[name] and not re.match(r"\s(?:steps|epochs|runs?|loss)", text[m.end() : m.end() + 8])
    ]
    stated += [("test", int(m["n"].replace(",", ""))) for m in list(_EVALUATED.finditer(text))[:4]]
    for name, n in dict.fromkeys(stated):
        kind = f"number of {name} problems"
        known = _part(name, evidence) if evidence is not None else None
        if known is None:
            reason = NO_RUN if evidence is None else "the run does not say how many there were"
            yield claim(unit, kind, "unsupported", reason)
        elif n in known:
            yield claim(unit, kind, "supported", f"the run has {n} {name} problems")
        else:
            fact = f"{known[0]} {name} problems"
            yield claim(unit, kind, "contradicted", f"the run has {fact}", f"{fact}.")


def _size_cell(unit: Unit, text: str, evidence: Evidence | None) -> Iterator[Claim]:
    """The column "n" beside an accuracy."""
    if (
        unit.kind != "cell"
        or not _SIZE_HEADER.match(unit.header)
        or not text.startswith(unit.label)
    ):
        return
    stated = unit.text.replace(",", "")
    of_accuracy = {metric for *_, metric in mentions(unit.label)} & words.TASK_ACCURACY
    known = _part("test", evidence) if evidence is not None else None
    if not (of_accuracy and stated.isdigit() and known):
        return
    right = int(stated[:12]) in known
    yield claim(unit, "number of test problems", "supported" if right else "contradicted",
                f"the run has {known[0]} test problems",
                "" if right else f"{known[0]} test problems.")  # fmt: skip


def _part(name: str, evidence: Evidence) -> list[int] | None:
    listed = evidence.findings.data.get("problems", "")
    found = [int(m[1]) for m in re.finditer(rf"(\d+) {name}", listed)]
    short = evidence.findings.data.get("problems too long, not trained on", "")
    if name == "train" and found and short.isdigit():
        found.append(found[0] - int(short))
    if name == "test":
        if evidence.comparison is not None:
            found.append(evidence.comparison.n)
        found += [f.n for f in evidence.of("accuracy") if f.n and f.main]
    return found or None


def _base_model(unit: Unit, text: str, evidence: Evidence | None) -> Iterator[Claim]:
    for m in list(MODEL_NAME.finditer(text))[:6]:
        if not _BASE_MODEL.search(text[max(0, m.start() - 60) : m.start()]):
            continue
        if not any(c.isdigit() for c in m[0]):
            continue
        if evidence is None or not evidence.model:
            yield claim(
                unit,
                "setting: model",
                "unsupported",
                NO_RUN if evidence is None else "the run does not name its model",
            )
            continue
        known = _plain_name(evidence.model)
        stated = _plain_name(m[0].rpartition("/")[2])
        if "embedded" in known and not makers_of_model(evidence.model):
            known += "smollm2135minstruct"
        right = stated in known
        fact = evidence.settings.get("model.id", "") or evidence.model
        if fact == "embedded":
            fact = evidence.findings.environment.get("base model", fact)
        yield claim(
            unit,
            "setting: model",
            "supported" if right else "contradicted",
            f"the run's model is {fact}",
            "" if right else f"Base model: {fact}.",
        )


def _plain_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _training_data(unit: Unit, text: str, evidence: Evidence | None) -> Iterator[Claim]:
    for m in list(DATASET_NAME.finditer(text))[:6]:
        if not _TUNED_ON.search(text[max(0, m.start() - 90) : m.start()]):
            continue
        if words.NOT_A_CLAIM.search(text):
            continue
        if evidence is None or not evidence.source:
            yield claim(
                unit,
                "setting: data",
                "unsupported",
                NO_RUN if evidence is None else "the run does not name its data",
            )
            continue
        right = _plain_name(m[0]) in _plain_name(evidence.source)
        known = DATASET_NAME.search(evidence.source) or evidence.source == "builtin"
        if right:
            yield claim(unit, "setting: data", "supported", f"the run has {evidence.source}")
        elif known:
            yield claim(unit, "setting: data", "contradicted", f"the run has {evidence.source}",
                        f"Trained on {evidence.source}.")  # fmt: skip
        else:
            yield claim(
                unit,
                "setting: data",
                "unsupported",
                f"the run's data is {evidence.source}; its name does not say which it is",
            )


_CHECKS: tuple[Callable[[Unit, str, Evidence | None], Iterator[Claim]], ...] = (
    _split, _size_cell, _parts, _base_model, _training_data,
)  # fmt: skip
