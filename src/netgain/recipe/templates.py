"""The user's own prompt template: a small part of Jinja, in a sandbox, bounded in time and size.

A recipe may come from anybody, so its template is read as hostile. It can print, branch, loop and
set; what could run long or grow without bound (macros, includes, powers, format strings, lists of
lists) is refused when the recipe is read. The time of loops and the length of every text made on
the way are bounded while it is rendered.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MAX_TEMPLATE = 10_000  # characters
MAX_TEXT = 200_000  # characters of a prompt, and of a text made on the way
MAX_SECONDS = 2.0  # of this thread's processor time, for one prompt

VARIABLES = frozenset({"question", "shots", "instruction", "system", "choices"})


class TemplateMistake(ValueError):
    """What is wrong with a template, in words."""


@dataclass(frozen=True)
class ShownShot:
    """A worked example as a template sees it."""

    question: str
    solution: str
    answer: str


@dataclass(frozen=True)
class UserTemplate:
    """A compiled template; `variables` are those of `VARIABLES` that it uses."""

    variables: frozenset[str]
    compiled: Any

    def render(self, values: Mapping[str, Any]) -> str:
        """The text for one problem.

        Args:
            values: one for each of `VARIABLES`.

        Raises:
            TemplateMistake: it cannot be rendered, takes too long, or grows too long.
        """
        parts: list[str] = []
        length = 0
        deadline = time.thread_time() + MAX_SECONDS
        try:
            for part in self.compiled.generate(**values, _deadline=deadline):
                length += len(part)
                if length > MAX_TEXT:
                    raise TemplateMistake(f"it makes more than {MAX_TEXT:,} characters")
                parts.append(part)
        except TemplateMistake:
            raise
        except Exception as error:  # whatever an expression of the user's may raise
            raise TemplateMistake(_first_line(error)) from None
        text = "".join(parts)
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
def compile_template(text: str) -> UserTemplate:
    """Read a template.

    Raises:
        TemplateMistake: it is no template, too long, or uses what is not allowed.
    """
    if len(text) > MAX_TEMPLATE:
        raise TemplateMistake(f"it is longer than {MAX_TEMPLATE:,} characters")
    from jinja2 import TemplateSyntaxError, meta

    from netgain.recipe.sandbox import Sandbox, refuse_others, restricted

    environment = Sandbox()
    try:
        tree = environment.parse(text)
        refuse_others(tree)
        used = meta.find_undeclared_variables(tree) - {"range"}
        unknown = sorted(used - VARIABLES)
        if unknown:
            known = ", ".join(sorted(VARIABLES))
            raise TemplateMistake(f"{unknown[0]!r:.80} is not known; known are {known}")
        compiled = environment.from_string(restricted(tree))
    except TemplateMistake:
        raise
    except TemplateSyntaxError as error:
        raise TemplateMistake(f"line {error.lineno}: {_first_line(error)}") from None
    except Exception as error:  # nested too deeply, a number of too many digits, …
        raise TemplateMistake(_first_line(error)) from None
    return UserTemplate(frozenset(used), compiled)


def try_template(text: str) -> UserTemplate:
    """Compile a template and render it for sample problems, with a number and with choices.

    Raises:
        TemplateMistake: it renders for neither, or every problem would be asked the same.
    """
    template = compile_template(text)
    made = {_sample_prompt(template, n, ()) for n in (2, 3)}
    if any(isinstance(one, TemplateMistake) for one in made) and "choices" in template.variables:
        made = {_sample_prompt(template, n, ("red", "blue", "green", "white")) for n in (2, 3)}
    for one in made:
        if isinstance(one, TemplateMistake):
            raise one
    if len(made) == 1:
        raise TemplateMistake(
            "it makes the same prompt of every problem; write {{ question }} where it should stand"
        )
    return template


def _sample_prompt(
    template: UserTemplate, n: int, choices: tuple[str, ...]
) -> str | TemplateMistake:
    shot = ShownShot("Ben has 1 pen and buys 1. How many has he?", "1 + 1 = 2\n#### 2", "2")
    values = {
        "question": f"Ana has {n} pens and buys 4. How many pens has she?",
        "shots": (shot,) * 2,
        "instruction": "Solve it.",
        "system": "Be brief.",
        "choices": choices,
    }
    try:
        return template.render(values)
    except TemplateMistake as mistake:
        return mistake


def _first_line(error: Exception) -> str:
    said = (str(error) or type(error).__name__).partition("\n")[0]
    return said.replace(f"{ShownShot.__module__}.{ShownShot.__name__} object", "a shot")[:200]
