"""What is wrong with a recipe, in lines for people: the field, the value, what is allowed."""

from __future__ import annotations

import difflib
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from netgain.recipe.data_settings import MAX_BUILTIN, DataSettings
from netgain.recipe.kinds import HUB_ID
from netgain.recipe.other_names import CALLED, OTHERWISE, usual
from netgain.recipe.prompt_rules import shown
from netgain.recipe.settings import ModelSettings, Recipe, local_path
from netgain.recipe.train_settings import SECTIONS, GrpoSettings, LoraSettings, TrainSettings

EMBEDDED = "HuggingFaceTB/SmolLM2-135M-Instruct"
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


def takes_null(schema: Schema) -> bool:
    return any(one.get("type") == "null" for one in schema.get("anyOf", ()))


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
    if value is None and not takes_null(schema):
        return Mistake((name,), f"{name}: is empty; give {allowed_words(schema)}{_or_not(schema)}")
    entry = next((part for part in path if isinstance(part, int)), None)
    inside = "" if entry is None else f" in entry {entry + 1} of the list"
    told = f"{name}: {shown(value)}{inside} is not allowed; {_verb(schema)} {allowed_words(schema)}"
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


def _verb(schema: Schema) -> str:
    return "choose" if "enum" in schema or "const" in schema else "give"


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


# -- settings read together ----------------------------------------------------------------


def contradictions(recipe: Recipe) -> Iterator[Mistake]:
    """Mistakes that only show when two settings are read together."""
    data = recipe.data
    yield from _model_mistakes(recipe.model)
    yield from _phase_mistakes(recipe)
    if data.test_source is not None and data.test_fraction is not None:
        yield Mistake(
            ("data.test_source", "data.test_fraction"),
            "data.test_source and data.test_fraction exclude each other; set one",
        )
    if data.test_revision is not None and data.test_source is None and data.source != "builtin":
        yield Mistake(
            ("data.test_revision", "data.test_source"),
            f"data.test_revision: {shown(data.test_revision)} is of data.test_source, which is not "
            "set; set it, or data.revision",
        )
    if data.limit is not None and data.limit < 1 / data.validation_fraction:
        yield Mistake(
            ("data.limit", "data.validation_fraction"),
            f"data.limit: {data.limit} leaves no validation problem at data.validation_fraction "
            f"{data.validation_fraction}; raise one of them",
        )
    yield from _training_mistakes(recipe.train)
    yield from _mixture_mistakes(recipe)
    names = [task.name for task in recipe.extras.tasks]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Mistake(
            ("extras.tasks",),
            f"extras.tasks: {shown(name)} stands {names.count(name)} times; keep one",
        )
    if data.source == "builtin":
        yield from _builtin_mistakes(recipe)
    elif data.builtin_steps is not None:
        yield Mistake(
            ("data.builtin_steps", "data.source"),
            f"data.builtin_steps: {data.builtin_steps} has an effect on the built-in problems "
            "alone; leave it out",
        )


def _mixture_mistakes(recipe: Recipe) -> Iterator[Mistake]:
    mixture = recipe.data.mixture
    for number, source in enumerate(mixture, start=1):
        where = f"data.mixture (entry {number})"
        if source.name is None and source.source is None:
            yield Mistake(
                ("data.mixture",),
                f"{where}: names nothing; give name: a benchmark, or source: a file or a Hub id",
            )
    if sum(source.share or 0 for source in mixture) >= 1:
        yield Mistake(
            ("data.mixture",),
            "data.mixture: the shares make up everything, and nothing is left for the training "
            "problems; lower them",
        )
    if mixture and all(t.method == "grpo" for t in (*recipe.phases, recipe.train)):
        yield Mistake(
            ("data.mixture", "train.method"),
            "data.mixture has no effect with train.method: grpo, which learns from its own answers "
            "to the training problems alone; leave it out",
        )


# What the phases of a recipe must share for one to go on from the other.
SHARED = ("weights", "lora.r", "lora.alpha", "lora.target_modules", "lora.use_rslora",
          "lora.use_dora", "lora.bias")  # fmt: skip


def _phase_mistakes(recipe: Recipe) -> Iterator[Mistake]:
    if not recipe.phases:
        return
    for number, phase in enumerate(recipe.phases, start=1):
        for mistake in _training_mistakes(phase):
            yield Mistake(("phases",), f"phase {number}: {mistake.text}")
        if phase.start is not None and number > 1:
            yield Mistake(
                ("phases",),
                f"phase {number}: train.start is the phase before it; leave it out",
            )
        for name in SHARED:
            here, last = (operator.attrgetter(name)(t) for t in (phase, recipe.train))
            if here != last:
                yield Mistake(
                    ("phases", f"train.{name}"),
                    f"train.{name} is {shown(here)} in phase {number} and {shown(last)} in the "
                    "last one; each goes on from the weights of the one before, so they must be "
                    "the same",
                )
    if recipe.train.start is not None:
        yield Mistake(
            ("train.start", "phases"),
            "train.start has no effect after phases: training goes on from the last of them; set "
            "it in the first phase",
        )


def _grpo_mistakes(train: TrainSettings) -> Iterator[Mistake]:
    if train.loss != "nll":
        yield Mistake(
            ("train.loss", "train.method"),
            f"train.loss: {train.loss} has no meaning with train.method: grpo, whose weights are "
            "the answers' advantages; leave it out",
        )
    if train.grpo.kl and train.weights == "full":
        yield Mistake(
            ("train.grpo.kl", "train.weights"),
            "train.grpo.kl needs the base model beside what is trained, which train.weights: full "
            "does not keep; train an adapter, or leave it out",
        )
    if train.grpo.steps == 1 and train.grpo.clip != GrpoSettings().clip:
        yield Mistake(
            ("train.grpo.clip", "train.grpo.steps"),
            f"train.grpo.clip: {shown(train.grpo.clip)} has no effect with one step a round, which "
            "learns from what the model itself just said; set train.grpo.steps, or leave it out",
        )
    if train.select != "validation_accuracy":
        yield Mistake(
            ("train.select", "train.method"),
            "train.method: grpo keeps the weights that solve the most validation problems; set "
            "train.select: validation_accuracy and train.accuracy, for example {limit: 100}",
        )


def _model_mistakes(model: ModelSettings) -> Iterator[Mistake]:
    """`same_as` is for weights that do not say what they are."""
    published = EMBEDDED if model.id == "embedded" else model.id
    if model.same_as in (None, published):
        return
    if model.id == "embedded" or (HUB_ID.match(model.id) and local_path(model.id) is None):
        what = (
            f"model.id: {model.id} is {published}" if model.id != published else "model.id says it"
        )
        yield Mistake(
            ("model.same_as", "model.id"),
            f"model.same_as: {shown(model.same_as)} cannot be, as {what}; leave it out (it is of a "
            "local folder or file)",
        )


def _training_mistakes(train: TrainSettings) -> Iterator[Mistake]:
    if train.select == "validation_accuracy" and train.accuracy is None:
        yield Mistake(
            ("train.select", "train.accuracy"),
            "train.select: validation_accuracy needs train.accuracy, which says on how many "
            "problems it is measured, for example accuracy: {limit: 100}",
        )
    for name in dict.fromkeys(name for names in SECTIONS.values() for name in names):
        methods = [method for method, heeded in SECTIONS.items() if name in heeded]
        if train.method not in methods and getattr(train, name) != type(getattr(train, name))():
            yield Mistake(
                (f"train.{name}", "train.method"),
                f"train.{name} has no effect with train.method: {train.method}; set train.method: "
                f"{' or '.join(methods)}, or leave it out",
            )
    if train.method == "distil" and train.distil.source is None:
        yield Mistake(
            ("train.distil.source", "train.method"),
            "train.method: distil learns from another model's answers, so it needs "
            "train.distil.source: the file that holds them",
        )
    if train.method == "grpo":
        yield from _grpo_mistakes(train)
    if train.weights == "full" and train.lora != LoraSettings():
        yield Mistake(
            ("train.lora", "train.weights"),
            "train.lora has no effect with train.weights: full, which trains no adapter; leave "
            "one of them out",
        )


# Settings that only problems read from files can heed.
OF_FILES = (
    "revision", "subset", "test_source", "test_revision", "test_fraction", "on_bad_row",
    "allow_overlap",
)  # fmt: skip


def _builtin_mistakes(recipe: Recipe) -> Iterator[Mistake]:
    for name in OF_FILES:
        value, default = getattr(recipe.data, name), DataSettings.model_fields[name].default
        if value != default:
            yield Mistake(
                (f"data.{name}", "data.source"),
                f"data.{name}: {shown(value)} has no effect on the built-in problems; leave it "
                f"out, or set it to {shown(default)}",
            )
    for name, limit in (("data", recipe.data.limit), ("evaluate", recipe.evaluate.limit)):
        if limit is not None and limit > MAX_BUILTIN:
            yield Mistake(
                (f"{name}.limit",),
                f"{name}.limit: {shown(limit)} is more built-in problems than can be made; "
                f"{MAX_BUILTIN:,} is the most",
            )
    if recipe.evaluate.skip > MAX_BUILTIN:
        yield Mistake(
            ("evaluate.skip",),
            f"evaluate.skip: {shown(recipe.evaluate.skip)} is more built-in problems than can be "
            f"made; {MAX_BUILTIN:,} is the most",
        )
