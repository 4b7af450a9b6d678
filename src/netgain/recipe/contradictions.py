"""Mistakes of a recipe that only show when two settings are read together."""

import operator
from collections.abc import Iterator

from netgain.recipe.data_settings import MAX_BUILTIN, DataSettings
from netgain.recipe.mistakes import Mistake
from netgain.recipe.prompt_rules import shown
from netgain.recipe.setting_kinds import HUB_ID
from netgain.recipe.settings import ModelSettings, Recipe, local_path
from netgain.recipe.train_settings import (
    INSTEAD,
    SECTIONS,
    GrpoSettings,
    LoraSettings,
    TrainSettings,
)

EMBEDDED = "HuggingFaceTB/SmolLM2-135M-Instruct"


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
    methods = {t.method for t in (*recipe.phases, recipe.train)}
    if recipe.data.perturbed and methods == {"distil"}:
        yield Mistake(
            ("data.perturbed", "train.method"),
            "data.perturbed has no effect with train.method: distil: another model's answers are "
            "to the problems as they stand, and none is to a variant; leave it out",
        )
    if mixture and methods == {"grpo"}:
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


def unheeded(train: TrainSettings) -> list[str]:
    """What was set and has no effect with `grpo`, in one sentence, if anything.

    It is told and not refused: a run's own recipe.yaml holds every setting, and a recipe for
    another method is run with --set train.method=grpo.
    """
    if train.method != "grpo":
        return []
    plain = TrainSettings()
    found = [
        f"train.{name} (train.grpo.{other} takes its place)"
        for name, other in INSTEAD.items()
        if getattr(train, name) != getattr(plain, name)
    ]
    if train.grpo.choose == "all" and train.rollouts != plain.rollouts:
        found.append("train.rollouts (train.grpo.choose: mixed draws them)")
    return [f"no effect with train.method: grpo: {', '.join(found)}"] if found else []


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
