"""What a report says of a run's circumstances: decoding, shots, hardware, sizes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from netgain.audit import vocabulary as words
from netgain.audit.agreement import NO_RUN
from netgain.audit.context import claim
from netgain.audit.document import Unit
from netgain.audit.evidence import Evidence
from netgain.audit.makers import DATASET_NAME
from netgain.audit.quantities import NUMBER
from netgain.audit.results import Claim
from netgain.recipe import DEFAULT_SHOTS

_DECODING = re.compile(
    r"(?P<greedy>\bgreed(?:y|ily)\b)|\btemperature[\s=:]{1,3}(?:of\s|was\s|"
    r"is\s)?(?P<t>\d(?:\.\d{1,3})?)|"
    r"(?P<sampled>\b(?:nucleus|top-p) sampling\b)", re.IGNORECASE,
)  # fmt: skip
_SHOTS = re.compile(
    r"\b(?P<shots>\d{1,2}|zero|one|two|three|four|five|eight|few)[- ]shot\b", re.IGNORECASE
)
_DEVICE = re.compile(
    r"\b(?:A100|H100|H200|V100|T4|L4|L40S?|A10G?|P100|K80|B200|TPU|CPU|GPU|RTX\s?\d{4}|"
    r"M[1-4](?: (?:Pro|Max|Ultra))?(?= (?:chip|Mac|MacBook)))s?\b"
)
_TRAINABLE = re.compile(
    rf"(?P<n>{NUMBER})\s?(?P<scale>[MKBmk]|million|billion)?\s?(?:\([^()]{{0,30}}\)\s)?(?:of "
    rf"\S{{1,20}} )?"
    r"(?:trainable|learnable|LoRA) parameters|trainable parameters[\s:|=]{1,4}(?:of )?"
    rf"(?P<n2>{NUMBER})\s?(?P<scale2>[MKBmk]|million|billion)?", re.IGNORECASE,
)  # fmt: skip
_SCALES = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "million": 1e6, "billion": 1e9}
_STEPS_TAKEN = re.compile(
    r"(?P<n>\d{1,3}(?:,\d{3})+|\d{1,8})\s(?:optimi[sz](?:er|ation)|training|gradient)\ssteps"
    r"|(?:optimi[sz](?:er|ation)|training|gradient)\ssteps[\s:=|]{1,4}(?P<m>\d[\d,]{0,9})",
    re.IGNORECASE,
)


def check_facts(unit: Unit, text: str, evidence: Evidence | None) -> Iterator[Claim]:
    """Every such statement in a text."""
    for check in _CHECKS:
        yield from check(unit, text, evidence)


def _decoding(unit: Unit, text: str, evidence: Evidence | None) -> Iterator[Claim]:
    m = _DECODING.search(text)
    if m is None or words.NOT_A_CLAIM.search(text) or words.NEGATED.search(text):
        return
    known = ""
    if evidence is not None:
        environment = evidence.findings.environment
        known = environment.get("tuned answers", "") or environment.get("base answers", "")
    if not known:
        yield claim(unit, "setting: decoding", "unsupported",
                    NO_RUN if evidence is None else "the run generated no answers")  # fmt: skip
        return
    greedy = bool(m["greedy"]) or (m["t"] is not None and float(m["t"]) == 0)
    right = greedy == ("greedy" in known)
    yield claim(unit, "setting: decoding", "supported" if right else "contradicted",
                f"the run's answers: {known}", "" if right else f"Answers: {known}.")  # fmt: skip


NUMBER_WORDS = {"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "eight": 8}


def _shots_shown(settings: Mapping[str, str]) -> int:
    """How many solved examples the run's prompts showed."""
    chosen, shots = settings.get("prompt.shot_ids", "none"), settings.get("prompt.shots", "")
    if chosen not in {"none", "", "[]", "()"}:
        return chosen.count(",") + 1
    return int(shots) if shots.isdigit() else DEFAULT_SHOTS.get(settings["prompt.style"], 0)


def _shots(unit: Unit, text: str, evidence: Evidence | None) -> Iterator[Claim]:
    m = _SHOTS.search(text)
    source = evidence.source.lower() if evidence is not None else ""
    if any(name[0].lower() not in source for name in DATASET_NAME.finditer(text)):
        return  # another benchmark may have been asked in another way
    if m is None or words.NOT_A_CLAIM.search(text) or words.NEGATED.search(text):
        return
    style = evidence.settings.get("prompt.style") if evidence is not None else None
    if evidence is None or style is None:
        yield claim(
            unit,
            "setting: shots",
            "unsupported",
            NO_RUN if evidence is None else "the run does not say how it asked",
        )
        return
    shown = _shots_shown(evidence.settings)
    said = m["shots"].lower()
    number = NUMBER_WORDS.get(said, said)
    right = shown > 1 if number == "few" else str(number) == str(shown)
    yield claim(
        unit,
        "setting: shots",
        "supported" if right else "contradicted",
        f"the run has prompt.style: {style}",
        "" if right else f"prompt.style: {style}",
    )


def _device(unit: Unit, text: str, evidence: Evidence | None) -> Iterator[Claim]:
    found = [m[0] for m in _DEVICE.finditer(text)][:6]
    if not found or not re.search(
        r"\b(?:train|ran|run|fine-?tun|tuned|hardware|device|on an?|using|"
        r"GPU:)", text, re.IGNORECASE
    ) or words.NOT_A_CLAIM.search(text) or words.NEGATED.search(text):  # fmt: skip
        return
    if evidence is None:
        yield claim(unit, "setting: hardware", "unsupported", NO_RUN)
        return
    facts = [*evidence.findings.environment.values(),
             evidence.settings.get("used: precision, device", "")]  # fmt: skip
    known = " ".join(facts).lower()
    if "cpu" not in known and "gpu" not in known and "cuda" not in known:
        yield claim(unit, "setting: hardware", "unsupported", "the run does not name its hardware")
        return
    named = [d.lower().rstrip("s") for d in found]
    on_gpu = "cuda" in known
    wrong = [
        d for d in named
        if (d == "cpu" and on_gpu) or (d == "gpu" and not on_gpu)
        or (d not in {"cpu", "gpu"} and d not in known)
    ]  # fmt: skip
    fact = evidence.settings.get("used: precision, device") or "see the environment"
    processor = evidence.findings.environment.get("processor", "")
    shown = ", ".join(x for x in (processor, fact) if x)
    yield claim(unit, "setting: hardware", "contradicted" if wrong else "supported",
                f"the run has {shown}", f"Hardware: {shown}." if wrong else "")  # fmt: skip


def _trainable(unit: Unit, text: str, evidence: Evidence | None) -> Iterator[Claim]:
    m = _TRAINABLE.search(text)
    if m is None:
        return
    known = evidence.settings.get("used: trainable parameters", "") if evidence else ""
    if not known:
        yield claim(unit, "setting: trainable parameters", "unsupported",
                    NO_RUN if evidence is None else "the run does not say")  # fmt: skip
        return
    digits = (m["n"] or m["n2"]).replace(",", "")
    scale = _SCALES[(m["scale"] or m["scale2"] or "").lower()]
    half = 0.5 * scale * 10.0 ** -len(digits.partition(".")[2])
    actual = float(known.partition(" ")[0].replace(",", ""))
    right = abs(float(digits) * scale - actual) <= half * 1.001
    yield claim(
        unit,
        "setting: trainable parameters",
        "supported" if right else "contradicted",
        f"the run has {known}",
        "" if right else f"Trainable parameters: {known}.",
    )


def _steps(unit: Unit, text: str, evidence: Evidence | None) -> Iterator[Claim]:
    m = _STEPS_TAKEN.search(text)
    if m is None or words.NOT_A_CLAIM.search(text):
        return
    known = evidence.settings.get("used: optimizer steps", "") if evidence else ""
    if not known:
        yield claim(unit, "setting: steps", "unsupported",
                    NO_RUN if evidence is None else "the run does not say")  # fmt: skip
        return
    stated = (m["n"] or m["m"]).replace(",", "")
    right = stated in re.findall(r"\d+", known.replace(",", ""))[:1]
    yield claim(unit, "setting: steps", "supported" if right else "contradicted",
                f"the run has {known}", "" if right else f"Optimizer steps: {known}.")  # fmt: skip


_CHECKS: tuple[Callable[[Unit, str, Evidence | None], Iterator[Claim]], ...] = (
    _decoding, _shots, _device, _trainable, _steps,
)  # fmt: skip
