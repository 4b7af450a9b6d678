"""A first recipe as text: what has to be set, and what is changed most often, with its meaning."""

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import yaml

from netgain.recipe.mistakes import allowed_words, setting_at
from netgain.wording import one_line

# Written as comments, with their defaults: what a first recipe changes most often.
OFFERED: Mapping[str, tuple[str, ...]] = {
    "data": ("limit", "test_fraction", "seed"),
    "train": ("weights", "epochs", "learning_rate", "batch_size", "max_length", "seed"),
    "evaluate": ("limit", "max_new_tokens"),
    "cost": ("price_per_hour",),
}
HEAD = """\
# A recipe of netgain.
#   netgain plan {file}{on}    how long it takes, how much memory and money, what it can show
#   netgain run {file}     trains, answers with base and trained model, and reports
# A line that begins with "# " and a setting is its default: take the "# " away to change it.
# All settings: docs/recipe.md
"""
Chosen = tuple[Any, str]  # a value, and why


def starter(
    name: str,
    model: str,
    data: str,
    chosen: Mapping[str, Chosen] = MappingProxyType({}),
    told: Sequence[str] = (),
    on: str | None = None,
) -> str:
    """The text of a recipe.

    Args:
        chosen: settings by their dotted names that are set, and not offered at their defaults.
        told: lines that say what it is made for.
        on: the GPU that it is planned for, where that is not here.

    >>> print(starter("first", "embedded", "builtin").splitlines()[6])
    name: first
    """
    slug = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:64] or "recipe"
    where = "" if on is None else f" --on '{on}'"
    lines = HEAD.format(file=one_line(f"{name}.yaml"), on=where).splitlines()
    for line in told:
        lines += textwrap.wrap(one_line(line), 92, initial_indent="## ", subsequent_indent="##   ")
    lines += ["", f"name: {_value(slug)}", ""]
    required = {"model": ("id", model), "data": ("source", data)}
    for group in dict.fromkeys((*required, *OFFERED, *(n.partition(".")[0] for n in chosen))):
        own = {n.partition(".")[2]: c for n, c in chosen.items() if n.startswith(f"{group}.")}
        needed = required.get(group)
        lines += [f"{group}:" if needed or own else f"# {group}:"]
        if needed:
            lines += [*_meaning(f"{group}.{needed[0]}"), f"  {needed[0]}: {_value(needed[1])}"]
        for setting in dict.fromkeys((*own, *OFFERED.get(group, ()))):
            _, schema = setting_at((group, setting))
            assert schema is not None
            lines += _meaning(f"{group}.{setting}")
            if setting in own:
                value, why = own[setting]
                lines += [f"  {setting}: {_value(value)}  # {one_line(why)}"]
            else:
                lines += [f"#   {setting}: {_value(schema['default'])}"]
        lines.append("")
    return "\n".join(lines)


def _meaning(name: str) -> Iterator[str]:
    """What a setting is and takes, as comments that no editor takes for a setting."""
    _, schema = setting_at(name.split("."))
    assert schema is not None
    words = f"{schema['description']} Takes {allowed_words(schema)}."
    yield from textwrap.wrap(words, 92, initial_indent="  ## ", subsequent_indent="  ## ")


def _value(value: Any) -> str:
    text: str = yaml.safe_dump(value, default_flow_style=True, width=10_000)
    return text.removesuffix("\n...\n").strip()
