"""The tables of docs/recipe.md, written from the settings themselves.

`python -m netgain.recipe.settings_page docs/recipe.md` renews what stands between the two marks.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from netgain.recipe.mistakes import (
    all_settings,
    allowed_words,
    group_of,
    setting_at,
    settings_of,
)

BEGIN, END = "<!-- settings: begin -->\n", "<!-- settings: end -->\n"


def settings_tables() -> str:
    """One table a group: each setting, what it takes, its default and its meaning."""
    groups: dict[str, Any] = {"": None}
    for name in all_settings():
        _, schema = setting_at(name.split("."))
        assert schema is not None
        listed = group_of(schema.get("items", {}))
        if group := group_of(schema):
            groups[name] = group
        elif listed and listed not in groups.values():
            groups[f"{name}, each"] = listed
    return "\n".join("\n".join(_table(name, group)) + "\n" for name, group in groups.items())


def renewed(page: str) -> str:
    """The page with its tables written anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{settings_tables()}\n{END}{after}"


def _table(name: str, group: Mapping[str, Any] | None) -> Iterator[str]:
    if group is not None:
        yield f"### {name}\n\n{group['description']}\n"
    inside = "" if group is None or name.endswith(", each") else f"{name}."
    yield "| setting | takes | default | meaning |\n|---|---|---|---|"
    for key, schema in settings_of(group).items():
        dotted = f"{inside}{key}"
        if group_of(schema) is None:
            meaning = schema["description"]
            yield f"| `{dotted}` | {allowed_words(schema)} | {_default(schema)} | {meaning} |"
        elif "allowed" in schema:
            yield f"| `{dotted}` | {schema['allowed']} | {_default(schema)} | see below |"


def _default(schema: Mapping[str, Any]) -> str:
    if "default" not in schema:
        return "required"
    value = schema["default"]
    if isinstance(value, Mapping):
        return ", ".join(f"`{key}: {inner}`" for key, inner in value.items())
    words = {None: "null", True: "true", False: "false"}
    if value is None or isinstance(value, bool):
        return f"`{words[value]}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8")
