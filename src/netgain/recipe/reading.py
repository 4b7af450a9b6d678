"""A recipe file, and what --set changes in it -> a Recipe, or every mistake at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from netgain.errors import RecipeError
from netgain.plain_files import NotPlain, open_input
from netgain.recipe.contradictions import contradictions
from netgain.recipe.mistakes import Mistake, explain, setting_at, takes_text
from netgain.recipe.settings import Recipe

MAX_BYTES = 250_000  # of a recipe file; YAML is read slowly, and each mistake is explained
MOST_DIGITS = 100  # of one number
MOST_MERGED = 1000  # settings that "<<" may bring into one group
Look = Callable[[Recipe], Iterable[Mistake]]


def load_recipe(path: Path, overrides: Sequence[str] = (), look: Look | None = None) -> Recipe:
    """Read a recipe file and apply `field=value` overrides.

    Args:
        look: as in `parse_recipe`.

    Raises:
        RecipeError: the file is missing or no YAML mapping, or fields are wrong (all listed).
    """
    try:
        text = _read(path)
        raw = _parse_yaml(text)
    except ValueError as error:
        raise RecipeError(f"{path} is not valid YAML: {error}") from error
    cut = _cut_by_a_comment(text)
    if cut is not None:
        raise RecipeError(f"{path}, {cut}")
    return parse_recipe(raw, str(path), overrides, look)


def parse_recipe(
    raw: Any,
    where: str = "the recipe",
    overrides: Sequence[str] = (),
    look: Look | None = None,
) -> Recipe:
    """Validate plain data, changed by `field=value` overrides, as a Recipe.

    Args:
        look: finds mistakes that show outside the recipe, as a file that is not there.

    Raises:
        RecipeError: with one line a mistake, all of them.
    """
    if not isinstance(raw, dict):
        empty = "is empty; it" if raw is None else "is no recipe: it"
        raise RecipeError(
            f"{where} {empty} must hold a mapping of settings (name:, model:, data: …)"
        )
    raw = _in_phases(raw)
    mistakes = list(_apply_overrides(raw, overrides))
    raw = _in_phases(raw)  # --set may have given a list too
    changed = {text.partition("=")[0].strip() for text in overrides}
    recipe, found = _validated(raw)
    sound = recipe if recipe is not None else _without_mistakes(raw)
    if sound is not None:
        wrong = [field for mistake in found for field in mistake.fields]
        found += [
            mistake
            for mistake in (*contradictions(sound), *(look(sound) if look else ()))
            if not any(_within(f, w) or _within(w, f) for f in mistake.fields for w in wrong)
        ]
    mistakes += found
    if recipe is None or mistakes:
        raise RecipeError(_listed(mistakes, where, changed))
    return recipe


def _in_phases(raw: dict[str, Any]) -> dict[str, Any]:
    """A list under `train` is phases: its last is the training that the run is named after."""
    train = raw.get("train")
    if not isinstance(train, list) or not train:
        return raw
    return {**raw, "train": train[-1], "phases": train[:-1]}


def _validated(raw: dict[str, Any]) -> tuple[Recipe | None, list[Mistake]]:
    try:
        return Recipe.model_validate(raw), []
    except ValidationError as error:
        return None, explain(error.errors(include_url=False, include_context=False))
    except RecursionError:
        return None, [Mistake((), "the YAML refers to itself; write every value out")]


# What stands for a required setting that is missing or wrong, while the others are looked at.
STAND_INS: Mapping[str, Any] = {
    "name": "x", "model": {"id": "embedded"}, "model.id": "embedded",
    "data": {"source": "x/x"}, "data.source": "x/x",
}  # fmt: skip


def _without_mistakes(raw: dict[str, Any]) -> Recipe | None:
    """The recipe with what is wrong left out, so that all else can be looked at; None without."""
    for _ in range(3):  # leaving a setting out may show a mistake that it hid
        try:
            return Recipe.model_validate(raw)
        except ValidationError as error:
            raw = dict(raw)
            for one in error.errors(include_url=False, include_context=False, include_input=False):
                _leave_out(raw, list(one["loc"]))
        except RecursionError:
            return None
    return None


def _leave_out(raw: dict[str, Any], path: list[Any]) -> None:
    """Take a setting out of plain data, in groups copied along its path."""
    keys = [key for key in path if isinstance(key, str)][: 1 + _depth(raw, path)]
    group = raw
    for key in keys[:-1]:
        group[key] = dict(group[key])
        group = group[key]
    name = ".".join(keys)
    if name in STAND_INS:
        group[keys[-1]] = STAND_INS[name]
    elif keys:
        group.pop(keys[-1], None)


def _depth(raw: Any, path: Sequence[Any]) -> int:
    """How many groups a path goes through before it comes to a value or a list."""
    depth = 0
    for key in path[:-1]:
        raw = raw.get(key) if isinstance(raw, dict) else None
        if not isinstance(raw, dict):
            break
        depth += 1
    return depth


def _within(field: str, group: str) -> bool:
    return field == group or field.startswith(f"{group}.")


def _listed(mistakes: Sequence[Mistake], where: str, changed: set[str]) -> str:
    """All mistakes, each blamed on the file or on --set."""
    lines, by_set = [], []
    for mistake in mistakes:
        # Whether --set gave the setting, or the group that it is in.
        of_set = [any(_within(field, name) for name in changed) for field in mistake.fields]
        by_set += of_set or [False]
        lines.append(f"  - {'--set ' if of_set[:1] == [True] else ''}{mistake.text}")
    who = f"{where} has" if not any(by_set) else "--set has"
    if any(by_set) and not all(by_set):
        who = f"{where} and --set have"
    return "\n".join([f"{who} {len(lines)} mistake{'s'[: len(lines) != 1]}:", *lines])


# -- the file ------------------------------------------------------------------------------


def _read(path: Path) -> str:
    try:
        with open_input(path) as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise RecipeError(f"no recipe at {path}; give the path of a YAML file") from None
    except NotPlain as error:
        inside = path / "recipe.yaml"
        hint = f"did you mean {inside}?" if inside.is_file() else "give the path of a YAML file"
        what = "is a folder, not a recipe" if path.is_dir() else error
        raise RecipeError(f"{path} {what}; {hint}") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise RecipeError(f"cannot read the recipe {path}: {why}") from error
    if len(content) > MAX_BYTES:
        raise RecipeError(f"{path} is no recipe: it is longer than {MAX_BYTES:,} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise RecipeError(f"{path} is no recipe: it is not UTF-8 text") from None


class PlainLoader(yaml.SafeLoader):
    """Plain YAML of anybody's. Groups merged into groups ("<<") may not grow without bound, and
    neither may numbers, which YAML also has as 0x1F and as 1:30:00."""

    def flatten_mapping(self, node: Any) -> None:
        super().flatten_mapping(node)
        if len(node.value) > MOST_MERGED:
            raise yaml.constructor.ConstructorError(
                None, None, f"more than {MOST_MERGED} settings in one group", node.start_mark
            )

    def number(self, node: Any) -> Any:
        """A whole number or another, as `SafeLoader` reads it."""
        if len(node.value) > MOST_DIGITS:
            raise yaml.constructor.ConstructorError(
                None, None, f"a number of more than {MOST_DIGITS} digits", node.start_mark
            )
        whole = node.tag.endswith(":int")
        return self.construct_yaml_int(node) if whole else self.construct_yaml_float(node)


for _kind in ("int", "float"):
    PlainLoader.add_constructor(f"tag:yaml.org,2002:{_kind}", PlainLoader.number)


class _Loader(PlainLoader):
    """The same, in which a name may stand only once in a group."""

    def compose_mapping_node(self, anchor: Any) -> Any:
        node = super().compose_mapping_node(anchor)
        seen = set[tuple[str, str]]()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"{key.value!r:.80} stands twice; keep one", key.start_mark
                    )
                seen.add((key.tag, key.value))
        return node


def _parse_yaml(text: str) -> Any:
    """What the text holds.

    Raises:
        ValueError: it is not valid YAML; the message says where and why.
    """
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ValueError(f"{where}{error.problem or 'it cannot be read'}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ValueError(f"line {line}: a character that YAML does not allow") from error
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _cut_by_a_comment(text: str) -> str | None:
    """What is lost of a text without quotes that holds " ####", which YAML takes for a comment."""
    lines = text.splitlines()
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        if isinstance(token, yaml.ScalarToken) and token.plain:
            mark = token.end_mark
            rest = lines[mark.line][mark.column :].strip() if mark.line < len(lines) else ""
            if rest.startswith("##"):
                return (
                    f"line {mark.line + 1}: YAML takes {rest!r:.60} for a comment, so it would be "
                    "lost; put the whole text in quotes"
                )
    return None


# -- what --set changes --------------------------------------------------------------------


def _apply_overrides(raw: dict[str, Any], overrides: Sequence[str]) -> Iterator[Mistake]:
    """Set `a.b=value` in place; yields a mistake for each override that cannot be read."""
    for text in overrides:
        name, equals, value = text.partition("=")
        name = name.strip()
        keys = name.split(".")
        if not equals or not all(keys):
            told = f"{text!r:.80}: write it as field=value, for example train.epochs=1"
            yield Mistake((name,), told)
            continue
        try:
            parsed = _parse_yaml(value)
        except ValueError:
            known, schema = setting_at(keys)
            if known != name or not takes_text(schema):
                yield Mistake((name,), f"{text!r:.80}: the value is not valid YAML; quote it")
                continue
            parsed = value.strip()
        node: Any = raw
        for key in keys[:-1]:
            if node.get(key) is None:
                node[key] = {}
            node = node[key]
            if not isinstance(node, dict):
                yield Mistake((name,), f"{text!r:.80}: {key} is a value, not a group of settings")
                break
        else:
            node[keys[-1]] = _as_meant(parsed, value.strip(), keys)


def _as_meant(parsed: Any, text: str, keys: Sequence[str]) -> Any:
    """The value for a setting that takes text is the text, whatever else YAML makes of it.

    A commit such as 1234567 or 12e4567 is no number. Elsewhere YAML 1.1 reads 2e-4 as text where a
    number was meant.
    """
    known, schema = setting_at(keys)
    if known == ".".join(keys) and takes_text(schema):
        # What is quoted, null or a list is YAML; else a "#" or a ":" in it is part of the text.
        is_yaml = parsed is None or isinstance(parsed, list) or text[:1] in {'"', "'"}
        return parsed if is_yaml else text
    if isinstance(parsed, str):
        try:
            return float(parsed)
        except ValueError:
            return parsed
    return parsed
