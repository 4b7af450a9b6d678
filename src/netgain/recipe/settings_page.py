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
    groups = (name for name in all_settings() if group_of(setting_at(name.split("."))[1] or {}))
    return "\n".join("\n".join(_table(name)) + "\n" for name in ("", *groups))


def renewed(page: str) -> str:
    """The page with its tables written anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{settings_tables()}\n{END}{after}"


def _table(name: str) -> Iterator[str]:
    group = None
    if name:
        _, schema = setting_at(name.split("."))
        assert schema is not None
        group = group_of(schema)
        assert group is not None
        yield f"### {name}\n\n{group['description']}\n"
    yield "| setting | takes | default | meaning |\n|---|---|---|---|"
    for key, schema in settings_of(group).items():
        if group_of(schema) is None:
            dotted = f"{name}.{key}" if name else key
            meaning = schema["description"]
            yield f"| `{dotted}` | {allowed_words(schema)} | {_default(schema)} | {meaning} |"
        elif "allowed" in schema:
            yield f"| `{name}.{key}` | {schema['allowed']} | {_default(schema)} | see below |"


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
