"""What is wrong with a recipe, in lines for people: the field, the value, what is allowed."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from netgain.recipe.other_names import CALLED, OTHERWISE, usual
from netgain.recipe.prompt_rules import shown
from netgain.recipe.settings import Recipe

EXAMPLES = {
    "model": "for example model: {id: Qwen/Qwen2-0.5B-Instruct}",
    "data": "for example data: {source: openai/gsm8k}",
}
SLIP = 0.8  # how alike two names must be for one to be the other mistyped
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong; `fields` are the settings that it is about."""

    fields: tuple[str, ...]
    text: str


# -- what a setting takes ------------------------------------------------------------------


@cache
def _whole_schema() -> Schema:
    return Recipe.model_json_schema()


def settings_of(schema: Schema | None = None) -> Mapping[str, Schema]:
    """The settings of a group (of the whole recipe where none is given) by name."""
    found: Mapping[str, Schema] = (_whole_schema() if schema is None else schema)["properties"]
    return found


def group_of(schema: Schema) -> Schema | None:
    """The group of settings that a setting is, or None where it is a value."""
    for one in (schema, *schema.get("anyOf", ())):
        if "$ref" in one:
            found: Schema = _whole_schema()["$defs"][one["$ref"].rpartition("/")[2]]
            return found
    return None


def setting_at(path: Sequence[object]) -> tuple[str, Schema | None]:
    """The longest part of a path that names a setting, dotted, and that setting."""
    names: list[str] = []
    schema: Schema | None = None
    level: Mapping[str, Schema] = settings_of()
    for part in path:
        if isinstance(part, int) and schema is not None and group_of(schema.get("items", {})):
            schema = schema["items"]
            level = settings_of(group_of(schema))
            continue
        if not isinstance(part, str) or part not in level:
            break
        names.append(part)
        schema = level[part]
        group = group_of(schema)
        level = settings_of(group) if group else {}
    return ".".join(names), schema


def all_settings(level: Mapping[str, Schema] | None = None, prefix: str = "") -> Iterator[str]:
    """The dotted names of all settings and groups."""
    for name, schema in (settings_of() if level is None else level).items():
        yield prefix + name
        group = group_of(schema)
        if group:
            yield from all_settings(settings_of(group), f"{prefix}{name}.")


def takes_text(schema: Schema | None) -> bool:
    options = () if schema is None else (schema, *schema.get("anyOf", ()))
    return any(one.get("type") == "string" and not {"enum", "const"} & set(one) for one in options)


def allowed_words(schema: Schema) -> str:
    """What a setting takes.

    >>> allowed_words({"type": "integer", "minimum": 1, "maximum": 1000000})
    'a whole number from 1 to 1,000,000'
    """
    if "allowed" in schema:
        return str(schema["allowed"])
    group = group_of(schema)
    if group:
        return f"a group of settings ({', '.join(settings_of(group))})"
    if "anyOf" in schema:
        return ", or ".join(allowed_words(one) for one in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        *others, last = schema.get("enum") or [schema["const"]]
        return f"{', '.join(others)} or {last}" if others else f"{last}, which is the only one"
    kind = schema["type"]
    if kind in {"integer", "number"}:
        return f"a {'whole ' if kind == 'integer' else ''}number {_range(schema)}"
    return {"boolean": "true or false", "string": "text", "null": "null"}[kind]


def _range(schema: Schema) -> str:
    least, above = schema.get("minimum"), schema.get("exclusiveMinimum")
    most, below = schema.get("maximum"), schema.get("exclusiveMaximum")
    low = f"above {above:,g}" if above is not None else f"from {least:,g}"
    if most is not None:
        return f"{low} to {int(most):,}" if least is not None else f"{low}, at most {int(most):,}"
    if below is not None:
        return f"{low} and below {below:,g}" if above is not None else f"{low}, below {below:,g}"
    return low if above is not None else f"{low} upwards"


# -- mistakes in one setting ---------------------------------------------------------------


def explain(errors: Iterable[Any]) -> list[Mistake]:
    """Pydantic's errors, one mistake a setting."""
    found: dict[str, Mistake] = {}
    for error in errors:
        mistake = _explain(error)
        found.setdefault(mistake.fields[0], mistake)  # a union gives an error for each of its types
    return list(found.values())


def _explain(error: Any) -> Mistake:
    path = list(error["loc"])
    if error["type"] in {"extra_forbidden", "invalid_key"}:
        name = ".".join(map(str, path))
        return Mistake((name,), f"{name}: there is no such setting; {_nearest(path)}")
    name, schema = setting_at(path)
    assert schema is not None  # the whole recipe is a mapping, so every error has a setting
    last = name.rpartition(".")[2]
    if error["type"] == "missing":
        hint = EXAMPLES.get(name) or f"give {allowed_words(schema)}"
        return Mistake((name,), f"{name}: is required and missing; {hint}")
    if error["type"] == "mistake":  # of settings read together, which say it themselves
        which = "".join(f" (entry {part + 1})" for part in path if isinstance(part, int))
        return Mistake((name,), f"{name}{which}: {error['msg']}")
    value = error["input"]
    if value is None and {"type": "null"} not in schema.get("anyOf", ()):
        return Mistake((name,), f"{name}: is empty; give {allowed_words(schema)}{_or_not(schema)}")
    entry = next((part for part in path if isinstance(part, int)), None)
    inside = "" if entry is None else f" in entry {entry + 1} of the list"
    verb = "choose" if "enum" in schema or "const" in schema else "give"
    told = f"{name}: {shown(value)}{inside} is not allowed; {verb} {allowed_words(schema)}"
    group = group_of(schema)
    if group:
        key, of_key = next((k, v) for k, v in settings_of(group).items() if not group_of(v))
        example = shown(of_key.get("default", "…"))
        group_words = f"{{{key}: {example}}}"
        whole = group_words if inside else f"{last}: {group_words}"
        return Mistake((name,), f"{told}, for example {whole}")
    text = value[:80] if isinstance(value, str) else ""
    near = difflib.get_close_matches(text, schema.get("enum", ()), n=1)
    if near:
        told += f"; did you mean {near[0]!r}?"
    elif (inside or takes_text(schema)) and not isinstance(value, (str, list, Mapping)):
        told += "; put it in quotes"
    return Mistake((name,), told)


def _or_not(schema: Schema) -> str:
    if "default" not in schema:
        return ""
    if group_of(schema):
        return ", or leave it out for the defaults"
    return f", or leave it out for the default ({shown(schema['default'])})"


def same_setting(name: str) -> str:
    """The setting that another tool, or another group, calls so; "" where none does the same."""
    elsewhere = (s for s in all_settings() if s.rpartition(".")[2] == usual(name))
    return CALLED.get(usual(name)) or next(elsewhere, "")


def set_instead(option: str) -> str:
    """What to do in place of an option that there is not; "" where that is not known.

    >>> set_instead("--epochs")
    'it is a setting of the recipe: --set train.epochs=VALUE'
    """
    same = same_setting(option)
    if same:
        return f"it is a setting of the recipe: --set {same}=VALUE"
    return OTHERWISE.get(usual(option), "")


def _nearest(path: Sequence[object]) -> str:
    """What does the same, or why nothing does; else what was mistyped; else all that there are."""
    above, schema = setting_at(path[:-1])
    group = group_of(schema) if schema is not None else _whole_schema()
    known = list(settings_of(group)) if group else []
    name = usual(path[-1])
    if name in OTHERWISE:
        return OTHERWISE[name]
    same = same_setting(name)
    if same:
        return f"did you mean {same!r}?"
    # Of names that mean something else many look alike, so only a slip of the fingers counts.
    near = difflib.get_close_matches(name, known, n=1, cutoff=SLIP)
    if near:
        return f"did you mean {'.'.join([*filter(None, [above]), near[0]])!r}?"
    others = {s.rpartition(".")[2]: s for s in reversed(list(all_settings()))}
    near = difflib.get_close_matches(name, others, n=1, cutoff=SLIP)
    if near:
        return f"did you mean {others[near[0]]!r}?"
    return "known here: " + ", ".join(sorted(known))
