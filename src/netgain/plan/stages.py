"""The stages of a run in seconds and bytes, from its settings, its data and a machine's speed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from netgain.analysis.further.asked_again import MODELS
from netgain.analysis.prompt_doubts import TOO_MANY
from netgain.cost import TOKENS_AT_ONCE, bytes_to_train, bytes_to_train_checkpointed
from netgain.data.load import local_source
from netgain.generate.probe import Probed
from netgain.pipeline.artefacts import Done
from netgain.pipeline.extras import ways_of
from netgain.plan.sizes import DataSize, ModelSize
from netgain.plan.speed import Speed, answering_seconds
from netgain.plan.trial import Measured
from netgain.prompts.wordings import other_wordings
from netgain.recipe import Recipe
from netgain.records import Estimate
from netgain.wording import integer

UNITS = {"transformers": 32, "openvino": 256, "vllm": 512}  # generate.engines.UNIT_SIZES
BEFORE_VALIDATION = 1 / 3  # of train.checkpoint_seconds, as in train.loop
BEST_SHARE = 1 / 3  # of a checkpoint: the weights without the optimizer's two moments
UNLIKE = 0.5  # of the base's share of answers at the limit, what a tuned model may keep
MIXED = 0.5  # of a round's answers, those whose group does not agree, very roughly
RIGHT = 0.4  # of train.rft.most answers a problem that are found, very roughly
REPORT = (5.0, 0.02)  # s, to write the report, and for each test problem in it
# The heap of a training process grows for some dozens of steps, as rows differ in length: in six
# trainings (benchmarks/plan_accuracy.py) by 0 to 21% from the sixth step, where a plan stops.
GROWS = 1.12
MEMORY = "weights, adapter, activations"
LEVEL = 0.8


@dataclass(frozen=True)
class Setting:
    """What all stages start from."""

    recipe: Recipe
    model: ModelSize
    data: DataSize
    device: str
    engine: str
    width: int  # bytes of a number that training computes with
    speed: Speed
    measured: Measured | None
    done: Done


@dataclass(frozen=True)
class Stage:
    """`seconds` is None where nothing is known, `memory` (bytes) where nothing is loaded."""

    name: str
    what: str
    seconds: Estimate | None = None
    memory: Estimate | None = None
    tokens: Estimate | None = None


def stages_of(setting: Setting) -> list[Stage]:
    """All that a run does, in order; what is done costs nothing."""
    data, done = setting.data, setting.done
    parts = ((data.train, "train"), (data.validation, "validation"), (data.test, "test"))
    what = ", ".join(f"{integer(n)} {name}" for n, name in parts)
    found = [
        Stage("data", what),
        *_prompt(setting),
        *_phases(setting),
        *_own_answers(setting),
        _finished(train_stage(setting), done, "train"),
        _finished(evaluate_stage(setting, "base"), done, "base"),
        _finished(evaluate_stage(setting, "tuned"), done, "tuned"),
        *_extras(setting),
    ]
    report = REPORT[0] + REPORT[1] * data.test
    found.append(
        Stage("report", "grade, compare, write", _estimate(report, (0.5, 2.0), "a few seconds"))
    )
    return found


def _finished(stage: Stage, done: Done, name: str) -> Stage:
    """The stage as it is still to be done."""
    if name in done.stages:
        free = Estimate(0.0, done.stages[name], why_no_interval="costs nothing")
        return Stage(stage.name, f"{done.stages[name]}: {stage.what}", free)
    return stage


# -- the prompt ----------------------------------------------------------------------------


def _prompt(setting: Setting) -> list[Stage]:
    """The look at the prompt: more wordings are asked where many answers are seen to be cut off."""
    recipe, speed = setting.recipe, setting.speed
    asked = min(recipe.extras.prompt_check, setting.data.train)
    if not asked or "train" in setting.done.stages:
        return []
    what, prompts = f"{integer(asked)} training problems answered by the base model", 1
    seen, limit = speed.base_answers, recipe.evaluate.max_new_tokens
    if seen and sum(length >= limit for length in seen) > TOO_MANY * len(seen):
        others = len(other_wordings(recipe.prompt))
        what += (
            f"; then under {others} other wordings, since too many tried answers were cut off (the "
            "best of them may be asked the test problems too, which is not counted here)"
        )
        prompts += others
    answers = _answers(setting, asked * prompts, "base")
    return [Stage("prompt", what, _sum(answers, _estimate(speed.load_base, (0.5, 2.0), "loading")))]


def _phases(setting: Setting) -> Iterator[Stage]:
    """The trainings before the last one with the answers of each one's model, and the rounds of
    rejection sampling before its last.
    """
    if "train" in setting.done.stages:
        return
    trains = (*setting.recipe.phases, setting.recipe.train)
    for number, train in enumerate(trains, start=1):
        recipe = setting.recipe.model_copy(update={"train": train, "phases": ()})
        of = replace(setting, recipe=recipe, done=replace(setting.done, steps=0))
        learning = (*_own_answers(of), train_stage(of))
        for earlier in range(1, train.rft.rounds if train.method == "rft" else 1):
            for stage in learning:
                yield replace(stage, name=f"phase {number}, round {earlier}: {stage.name}")
        if number < len(trains):
            for stage in (*learning, evaluate_stage(of, "tuned")):
                yield replace(stage, name=f"phase {number}: {stage.name}")


def _own_answers(setting: Setting) -> list[Stage]:
    """The samples that rejection sampling chooses from."""
    settings, data, speed = setting.recipe.train, setting.data, setting.speed
    drawn = settings.method == "rft" or (
        settings.method == "grpo" and settings.grpo.choose == "mixed"
    )
    if not drawn or "train" in setting.done.stages:
        return []
    problems = data.train + data.variants + data.validation
    answers = problems * settings.rollouts.samples
    what = f"{integer(settings.rollouts.samples)} samples of each of {integer(problems)} problems"
    loading = _estimate(speed.load_base, (0.5, 2.0), "loading")
    return [Stage("own answers", what, _sum(_answers(setting, answers, "base"), loading))]


# -- training ------------------------------------------------------------------------------


def train_stage(setting: Setting) -> Stage:
    """Steps, validations, checkpoints, and problems answered on the way."""
    if setting.recipe.train.method == "grpo":
        return _rounds(setting)
    settings, data, speed = setting.recipe.train, setting.data, setting.speed
    per_example = data.question_tokens + data.solution_tokens
    answers = settings.rft.most * RIGHT if settings.method == "rft" else 1.0
    examples = (data.train + data.variants) * answers + data.beside
    per_epoch = math.ceil(examples / (settings.batch_size * settings.gradient_accumulation))
    steps = math.ceil(per_epoch * settings.epochs)
    every = max(1, round(per_epoch / settings.validations_per_epoch))
    validations = 1 + math.ceil(steps / every)
    done = min(1.0, setting.done.steps / steps)
    left = 1 - done
    trained = examples * settings.epochs * per_example
    again = 1.25 if settings.gradient_checkpointing and setting.measured is None else 1.0
    stepping = trained * speed.token * again * left  # each layer is computed once more
    checking = validations * left * data.validation * per_example * speed.validated_token
    saving = _saved(setting, stepping + checking, math.ceil(validations * left))
    seconds = speed.begin + speed.start + stepping + checking + saving * speed.checkpoint
    seconds += speed.look
    what = f"{integer(steps)} steps, {integer(validations)} validations"
    if done:
        what = f"from step {integer(round(done * steps))} on: {what}"
    method = _method(setting, "4 FLOP a parameter and trained token")
    found = _estimate(seconds, speed.train_factor, method)
    memory = _train_memory(setting)
    asked = settings.accuracy
    if asked is not None:
        times = 1 + math.ceil((validations - 1) / asked.every)
        each = min(asked.limit or data.validation, data.validation)
        what += f", {integer(each)} validation problems answered {integer(times)} times"
        found = _sum(found, _asked_meanwhile(setting, each, times, left))
    return Stage("train", what, found, memory, _estimate(trained, (1 / 1.3, 1.3), "of the data"))


def _rounds(setting: Setting) -> Stage:
    """Rounds of a policy gradient: in each the model is loaded and answers, then it learns."""
    settings, data, speed = setting.recipe.train, setting.data, setting.speed
    asked = settings.grpo
    left = 1 - min(1.0, setting.done.steps / asked.rounds)
    rounds = round(asked.rounds * left)
    each = asked.problems * asked.samples
    lengths = answer_lengths(setting, "base")
    answer = sum(lengths) / len(lengths)
    trained = rounds * asked.steps * each * MIXED * (data.question_tokens + answer)
    validations = 1 + math.ceil(asked.rounds / asked.validate_every)
    limit = settings.accuracy.limit if settings.accuracy else None
    checked = min(limit or data.validation, data.validation)
    every = checked * math.ceil(validations * left)
    loaded = rounds * speed.load_tuned + math.ceil(validations * left) * speed.load_tuned
    seconds = speed.begin + speed.start + trained * speed.token + loaded + speed.look
    what = (
        f"{integer(asked.rounds)} rounds of {integer(each)} answers, {integer(checked)} "
        f"validation problems answered {integer(validations)} times"
    )
    found = _sum(
        _estimate(seconds, (0.6, 1.6), "about half of the answers are learned from"),
        _answers(setting, max(1, rounds * each + every), "base"),
    )
    return Stage("train", what, found, _train_memory(setting),
                 _estimate(trained, (0.5, 2.0), "half of the answers"))  # fmt: skip


def _saved(setting: Setting, seconds: float, validations: int) -> float:
    """How many checkpoints are saved in so much training, the best weights counted as parts."""
    every = setting.recipe.train.checkpoint_seconds
    saved = 1.0 + BEST_SHARE * validations
    if every <= 0:
        return saved
    between = seconds / max(1, validations)
    whole, rest = divmod(between, every)
    return saved + validations * (whole + (rest >= every * BEFORE_VALIDATION))


def _asked_meanwhile(setting: Setting, each: int, times: int, left: float) -> Estimate:
    """The base answers before the first step, what is trained at the others; each is loaded."""
    speed = setting.speed
    base = _answers(setting, each, "base")
    tuned = _answers(setting, each, "tuned")
    first = base if left == 1 else _estimate(0.0, (1, 1), "done")
    rest = max(0, round((times - 1) * left))
    loading = (speed.load_base if left == 1 else 0.0) + rest * speed.load_tuned
    loading += speed.look  # the precision is chosen once
    return _sum(first, *[tuned] * rest, _estimate(loading, speed.train_factor, "loading"))


def _train_memory(setting: Setting) -> Estimate:
    settings, model, measured = setting.recipe.train, setting.model, setting.measured
    if measured is not None:
        # The run itself waits beside its trainer, and may answer meanwhile.
        training, answering = measured.training, measured.answering.found
        beside = training.beside_bytes if setting.device == "cpu" else 0.0
        if settings.accuracy is not None:
            beside = max(beside, answering.peak_bytes)
        needed = max(GROWS * training.peak_bytes + beside, answering.look_bytes)
        return _estimate(needed, (1 / 1.15, 1.15), "measured in a few steps")
    per_example = setting.data.question_tokens + setting.data.solution_tokens
    # What is passed at a time is no more than a step has.
    examples = settings.batch_size * settings.gradient_accumulation
    at_once = min(TOKENS_AT_ONCE[setting.device], round(examples * per_example))
    adapter = 2.0 * settings.lora.r * model.layers * (4 * model.hidden + 3 * model.wide)
    full = settings.weights == "full"
    reckon = bytes_to_train_checkpointed if settings.gradient_checkpointing else bytes_to_train
    size = reckon(
        model.parameters * (0.6 if settings.weights == "qlora" else setting.width),
        model.parameters if full else adapter,
        model.layers, model.hidden, model.wide, at_once, setting.width,
    )  # fmt: skip
    return _estimate(size, (1 / 1.5, 1.5), MEMORY)


# -- answering -----------------------------------------------------------------------------


def evaluate_stage(setting: Setting, model: str) -> Stage:
    """Load the model and answer every test problem."""
    settings, data, speed = setting.recipe.evaluate, setting.data, setting.speed
    left = setting.done.left.get(model, 1.0)
    answers = _answers(setting, round(data.test * left), model)
    loading = speed.load_base if model == "base" else speed.load_tuned
    seconds = _sum(answers, _estimate(loading, speed.train_factor, "loading"))
    what = (
        f"{integer(round(data.test * left))} problems, greedy, up to "
        f"{integer(settings.max_new_tokens)} tokens each"
    )
    memory = None
    if setting.measured is not None:
        peak = _answering_bytes(setting, setting.measured.answering.found, model)
        memory = _estimate(peak, (1 / 1.15, 1.15), "measured")
    return Stage(f"evaluate {model}", what, seconds, memory)


def _answering_bytes(setting: Setting, found: Probed, model: str) -> float:
    """The peak that was measured, or more where the run's keys and values take more.

    An engine with a cache keeps those of every answer until it is full; without one, those of the
    answers that are given together.
    """
    lengths = answer_lengths(setting, model)
    prompt, n = setting.data.asked_tokens or 0.0, setting.data.test
    if found.cache_tokens:
        seen = float(sum(sum(run.prompts) + sum(run.answers) for run in found.runs))
        tokens = min(float(found.cache_tokens), n * (prompt + sum(lengths) / len(lengths)))
    else:
        seen = max(len(run.prompts) * (max(run.prompts) + max(run.answers)) for run in found.runs)
        unit = setting.recipe.evaluate.batch_size or UNITS.get(setting.engine, 32)
        tokens = min(n, unit) * (prompt + max(lengths))
    more = max(0.0, tokens - seen) * found.token_bytes
    return max(float(found.peak_bytes), found.held_bytes + more)


def _extras(setting: Setting) -> list[Stage]:
    """What is measured beside the headline, of both models; nothing where nothing is asked for."""
    words, unknown, done = [], "", setting.done
    answers = dict.fromkeys(MODELS, 0)
    for kind, way in ways_of(setting.recipe):
        if way.data is not None:
            source, unknown = way.data.source, " (the benchmarks' time is not known)"
            here = source is not None and local_source("extras.tasks.source", source) is not None
            words.append(way.name if here else f"{way.name} (from the Hub)")
            continue
        problems, each = way.answers(setting.data.test)
        for model in way.models:
            name = f"{model}-{way.folder}"
            left = 0.0 if name in done.stages else done.left.get(name, 1.0)
            answers[model] += round(problems * each * left)
        name = way.name if way.name == kind else f"{kind} {way.name}"
        count = f"{'' if way.own is None else 'at most '}{integer(problems)} problems"
        words.append(f"{name} ({count}{f' × {each}' if each > 1 else ''})")
    if not words:
        return []
    what = ", ".join(words)
    if unknown and not any(answers.values()):
        return [Stage("extras", f"{what} (time not known)")]
    both = [_answers(setting, answers[model], model) for model in MODELS]
    return [Stage("extras", what + unknown, _sum(*both))]


def _answers(setting: Setting, n: int, model: str) -> Estimate:
    """Seconds that so many answers of the base or the tuned model take."""
    settings, data, speed = setting.recipe.evaluate, setting.data, setting.speed
    unit = settings.batch_size or UNITS.get(setting.engine, 32)
    prompt = data.asked_tokens or data.question_tokens
    seconds = answering_seconds(speed, n, prompt, answer_lengths(setting, model), unit)
    factor = speed.base_factor if model == "base" else speed.tuned_factor
    if model in setting.done.answers and setting.measured is not None:
        factor = speed.train_factor
    return _estimate(seconds, factor, _method(setting, "2 FLOP a parameter and token"))


def answer_lengths(setting: Setting, model: str) -> Sequence[int]:
    """Tokens of answers as they are to be expected.

    Those of an earlier run where there is one; else, for the base, those that were seen in the
    measurement; for the tuned model, the reference solutions that it learns from, with half of the
    base's share of answers that go on to the limit.
    """
    data, limit = setting.data, setting.recipe.evaluate.max_new_tokens
    earlier = setting.done.answers.get(model)
    if earlier:
        return earlier
    seen = setting.speed.base_answers
    if model == "base" and seen:
        return seen
    lengths = data.solutions or (round(data.solution_tokens),)
    likely = [min(limit, length) for length in lengths]
    if seen:
        share = UNLIKE * sum(length >= limit for length in seen) / len(seen)
        likely += [limit] * round(share * len(likely))
    elif model == "base":  # it may ramble: some go on to four times as long
        likely += [min(limit, 4 * length) for length in likely[: len(likely) // 3 or 1]]
    return likely


# -- figures -------------------------------------------------------------------------------


def _method(setting: Setting, reckoned: str) -> str:
    if setting.measured is None:
        return f"{reckoned}, usual share of peak"
    return "measured in a few steps and answers on this machine"


def _estimate(value: float, factor: tuple[float, float], method: str) -> Estimate:
    down, up = factor
    return Estimate(value, method, (value * down, value * up), level=LEVEL)


def _sum(*parts: Estimate) -> Estimate:
    return total(parts)


def total(parts: Sequence[Estimate]) -> Estimate:
    """Ranges added end to end: the parts share their causes, so their errors do not cancel."""
    low = math.fsum(p.interval[0] for p in parts if p.interval)
    high = math.fsum(p.interval[1] for p in parts if p.interval)
    return Estimate(
        math.fsum(p.value or 0.0 for p in parts), "sum of the parts", (low, high), level=LEVEL
    )
