"""Which settings each prompt style heeds, how many shots it shows, and what is wrong with some."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from netgain.recipe.templates import (
    TemplateMistake,
    UserTemplate,
    has_half_character,
    try_template,
)
from netgain.records import Ending

if TYPE_CHECKING:
    from netgain.recipe.prompt_settings import PromptSettings

_SHOTS = frozenset({"shots", "shot_seed", "shot_ids"})
# What a style heeds besides `stop`, which every style does.
HEEDED: dict[str, frozenset[str]] = {
    "zero_shot_chat": frozenset({"system", "instruction", "ending"}),
    "few_shot_chat": frozenset({"system", "instruction", "ending"}) | _SHOTS,
    "few_shot_text": frozenset({"instruction", "ending"}) | _SHOTS,
    "chain_of_thought": frozenset({"system", "ending"}),
    "answer_only": frozenset({"system"}) | _SHOTS,
    "lm_eval_gsm8k": frozenset({"shots", "shot_seed"}),
    "lm_eval_gsm8k_cot": frozenset({"shots"}),
    "template": frozenset({"template", "template_as", "ending"}),  # and what the template uses
}
DEFAULT_SHOTS = {
    "few_shot_chat": 5,
    "few_shot_text": 5,
    "lm_eval_gsm8k": 5,
    "lm_eval_gsm8k_cot": 8,
}
COT_SHOTS = 8  # there are no more
# What was the default once stands in stored recipes of that time, where nobody set it.
FORMER_DEFAULTS = {
    "instruction": (
        'Solve the problem step by step. End with a line "#### " followed by the final number.',
    ),
}
# The styles whose own words may say how an answer is to end.
ASKS_FOR_ENDING = frozenset({"zero_shot_chat", "few_shot_chat", "few_shot_text", "template"})


def named_ending(instruction: str) -> Ending:
    """The ending that an instruction names; "hashes" where it names none.

    >>> named_ending("Put your final answer within \\\\boxed{}.")
    'boxed'
    """
    if "\\boxed" in instruction:
        return "boxed"
    says = "answer is" in instruction.casefold() and "####" not in instruction
    return "the_answer_is" if says else "hashes"


def prompt_mistakes(settings: PromptSettings) -> Iterator[tuple[str, str]]:
    """(setting, what is wrong with it) for settings that are wrong when read together."""
    for name in ("system", "instruction"):
        if has_half_character(getattr(settings, name) or ""):
            yield name, "holds half a character (a lone surrogate); write the whole one"
    template = None
    if settings.template is not None and settings.style == "template":
        try:
            template = try_template(settings.template)
        except TemplateMistake as mistake:
            yield "template", f"cannot be used: {mistake}"
            return
    elif settings.style == "template":
        yield "template", "is required with prompt.style: template; give the text of the template"
        return
    yield from _unheeded(settings, template)
    yield from _other_ending(settings)
    yield from _wrong_shots(settings, template)


def heeded(settings: PromptSettings, template: UserTemplate | None) -> frozenset[str]:
    """The names of the settings that decide the prompt."""
    found = HEEDED[settings.style] | {"style", "stop"}
    if template is not None:
        found |= template.variables & {"instruction", "system"}
        found |= _SHOTS if "shots" in template.variables else frozenset()
        found |= {"system"} if settings.template_as == "chat" else frozenset()
    return found


def _unheeded(settings: PromptSettings, template: UserTemplate | None) -> Iterator[tuple[str, str]]:
    used = heeded(settings, template)
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if name in used or value == field.default or value in FORMER_DEFAULTS.get(name, ()):
            continue
        if template is not None:
            why = "no effect, as the template does not use it"
        else:
            takers = ", ".join(style for style, names in HEEDED.items() if name in names)
            why = f"no effect with prompt.style: {settings.style}, only with {takers}"
        yield name, f"{shown(value)} has {why}; leave it out"


def shown(value: Any) -> str:
    """A value as a recipe writes it, at most some 80 characters.

    Lists and groups are named and not spelled out: YAML's references can make a short one huge.
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else "-.inf" if value < 0 else ".inf"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}" if value else "[]"
    if isinstance(value, Mapping):
        return "a group of settings" if value else "{}"
    text = repr(value[:81]) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else text[:77] + "…"


def _other_ending(settings: PromptSettings) -> Iterator[tuple[str, str]]:
    """An ending that is set, and another that the prompt itself asks for."""
    asked = settings.template if settings.style == "template" else settings.instruction
    if settings.ending is None or settings.style not in ASKS_FOR_ENDING or not asked:
        return
    named = named_ending(asked)
    if named != settings.ending and (named != "hashes" or "####" in asked):
        where = "template" if settings.style == "template" else "instruction"
        yield (
            "ending",
            f"{settings.ending} is not what prompt.{where} asks for ({named}); leave it "
            f"out, or change the {where}",
        )


def _wrong_shots(
    settings: PromptSettings, template: UserTemplate | None
) -> Iterator[tuple[str, str]]:
    ids = settings.shot_ids
    if ids and settings.shots is not None:
        yield "shots", "cannot stand beside prompt.shot_ids; set one of the two"
    if ids and settings.shot_seed != type(settings).model_fields["shot_seed"].default:
        yield "shot_seed", "has no effect with prompt.shot_ids; leave it out"
    twice = next((one for one in ids if ids.count(one) > 1), None)
    if twice is not None:
        yield "shot_ids", f"{twice!r:.80} stands twice; keep one"
    if settings.style == "lm_eval_gsm8k_cot" and (settings.shots or 0) > COT_SHOTS:
        yield "shots", f"{settings.shots} is more than the {COT_SHOTS} that lm-eval's task has"
    if template is not None and "shots" in template.variables and not settings.shot_count:
        yield (
            "template",
            "uses shots, and there are none; give a number by prompt.shots, or ids by "
            "prompt.shot_ids",
        )
