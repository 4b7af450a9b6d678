"""The user's own prompt template: Jinja, in its sandbox, in a process with limits.

A recipe may come from anybody, so its template is read as hostile: it runs where strangers' chat
templates do (`in_limits`). It sees five variables and nothing else, so that a prompt depends on
the problem alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from netgain.in_limits import OutOfLimits, render, undeclared

MAX_TEMPLATE = 10_000  # characters
MAX_TEXT = 200_000  # characters of a prompt

VARIABLES = frozenset({"question", "shots", "instruction", "system", "choices"})


class TemplateMistake(ValueError):
    """What is wrong with a template, in words."""


@dataclass(frozen=True)
class UserTemplate:
    """A template that was read; `variables` are those of `VARIABLES` that it uses."""

    text: str
    variables: frozenset[str]

    def render(self, values: Mapping[str, Any]) -> str:
        """The text for one problem.

        Args:
            values: one for each of `VARIABLES`; a shot is a dict of question, solution, answer.

        Raises:
            TemplateMistake: it cannot be rendered, takes too long, or grows too long.
        """
        try:
            text = render(self.text, values, strict=True)
        except OutOfLimits as error:
            raise TemplateMistake(str(error).replace("dict object", "a shot")) from None
        if len(text) > MAX_TEXT:
            raise TemplateMistake(f"it makes more than {MAX_TEXT:,} characters")
        if has_half_character(text):
            raise TemplateMistake("it makes half a character (a lone surrogate)")
        return text


def has_half_character(text: str) -> bool:
    """Whether a lone surrogate is in the text, which no tokenizer and no file takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


@lru_cache(maxsize=64)
def read_template(text: str) -> UserTemplate:
    """Read a template.

    Raises:
        TemplateMistake: it is no template, too long, or uses what is not known.
    """
    if len(text) > MAX_TEMPLATE:
        raise TemplateMistake(f"it is longer than {MAX_TEMPLATE:,} characters")
    try:
        used = set(undeclared(text))
    except OutOfLimits as error:
        raise TemplateMistake(str(error)) from None
    unknown = sorted(used - VARIABLES)
    if unknown:
        known = ", ".join(sorted(VARIABLES))
        raise TemplateMistake(f"{unknown[0]!r:.80} is not known; known are {known}")
    return UserTemplate(text, frozenset(used))


def try_template(text: str) -> UserTemplate:
    """Read a template and render it for sample problems, with a number and with choices.

    Raises:
        TemplateMistake: it renders for neither, or every problem would be asked the same.
    """
    template = read_template(text)
    try:
        made = {_sample_prompt(template, n, ()) for n in (2, 3)}
    except TemplateMistake:
        if "choices" not in template.variables:
            raise
        made = {_sample_prompt(template, n, ("red", "blue", "green", "white")) for n in (2, 3)}
    if len(made) == 1:
        raise TemplateMistake(
            "it makes the same prompt of every problem; write {{ question }} where it should stand"
        )
    return template


def _sample_prompt(template: UserTemplate, n: int, choices: tuple[str, ...]) -> str:
    shot = {
        "question": "Ben has 1 pen and buys 1. How many has he?",
        "solution": "1 + 1 = 2\n#### 2",
        "answer": "2",
    }
    values = {
        "question": f"Ana has {n} pens and buys 4. How many pens has she?",
        "shots": [shot] * 2,
        "instruction": "Solve it.",
        "system": "Be brief.",
        "choices": choices,
    }
    return template.render(values)
