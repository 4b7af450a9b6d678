"""How long a training takes, and with how much memory."""

import math

from netgain.cost import MIXED, TOKENS_AT_ONCE, bytes_to_train
from netgain.plan.stage import Setting, Stage, estimate, reckoned_by, total_of
from netgain.plan.to_answer import answer_lengths, answers_of
from netgain.records import Estimate
from netgain.wording import integer

BEFORE_VALIDATION = 1 / 3  # of train.checkpoint_seconds, as in train.loop
BEST_SHARE = 1 / 3  # of a checkpoint: the weights without the optimizer's two moments
RIGHT = 0.4  # of train.rft.most answers a problem that are found, very roughly
# The heap of a training process grows for some dozens of steps, as rows differ in length: in six
# trainings (benchmarks/plan_accuracy.py) by 0 to 21% from the sixth step, where a plan stops.
GROWS = 1.12
MEMORY = "weights, adapter, activations"


def train_stage(setting: Setting) -> Stage:
    """Steps, validations, checkpoints, and problems answered on the way."""
    if setting.recipe.train.method == "grpo":
        return _rounds(setting)
    settings, data, speed = setting.recipe.train, setting.data, setting.speed
    examples, checked, solution = _learned(setting)
    per_example = data.question_tokens + solution
    per_epoch = math.ceil(examples / settings.step_examples)
    steps = math.ceil(per_epoch * settings.epochs)
    every = max(1, round(per_epoch / settings.validations_per_epoch))
    validations = 1 + math.ceil(steps / every)
    done = min(1.0, setting.done.steps / steps)
    left = 1 - done
    trained = examples * settings.epochs * per_example
    again = 1.25 if settings.gradient_checkpointing and setting.measured is None else 1.0
    stepping = trained * speed.token * again * left  # each layer is computed once more
    checking = validations * left * checked * per_example * speed.validated_token
    saving = _saved(setting, stepping + checking, math.ceil(validations * left))
    seconds = speed.begin + speed.start + stepping + checking + saving * speed.checkpoint
    seconds += speed.look
    what = f"{integer(steps)} steps, {integer(validations)} validations"
    if done:
        what = f"from step {integer(round(done * steps))} on: {what}"
    method = reckoned_by(setting, "4 FLOP a parameter and trained token")
    found = estimate(seconds, speed.train_factor, method)
    memory = _train_memory(setting)
    asked = settings.accuracy
    if asked is not None:
        times = 1 + math.ceil((validations - 1) / asked.every)
        each = min(asked.limit or data.validation, data.validation)
        what += f", {integer(each)} validation problems answered {integer(times)} times"
        found = total_of(found, _asked_meanwhile(setting, each, times, left))
    return Stage("train", what, found, memory, estimate(trained, (1 / 1.3, 1.3), "of the data"))


def _learned(setting: Setting) -> tuple[float, int, float]:
    """Examples to learn from and to validate on, and the tokens of what is learned of one."""
    settings, data = setting.recipe.train, setting.data
    taught = data.taught.get(settings.distil) if settings.method == "distil" else None
    if taught is not None:
        examples = taught.train + data.beside
        return examples, taught.validation, data.solution_tokens * taught.longer
    answers = settings.rft.most * RIGHT if settings.method == "rft" else 1.0
    return data.train * answers + data.beside, data.validation, data.solution_tokens


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
    found = total_of(
        estimate(seconds, (0.6, 1.6), "about half of the answers are learned from"),
        answers_of(setting, max(1, rounds * each + every), "base"),
    )
    return Stage("train", what, found, _train_memory(setting),
                 estimate(trained, (0.5, 2.0), "half of the answers"))  # fmt: skip


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
    base = answers_of(setting, each, "base")
    tuned = answers_of(setting, each, "tuned")
    first = base if left == 1 else estimate(0.0, (1, 1), "done")
    rest = max(0, round((times - 1) * left))
    loading = (speed.load_base if left == 1 else 0.0) + rest * speed.load_tuned
    loading += speed.look  # the precision is chosen once
    return total_of(first, *[tuned] * rest, estimate(loading, speed.train_factor, "loading"))


def _train_memory(setting: Setting) -> Estimate:
    settings, model, measured = setting.recipe.train, setting.model, setting.measured
    if measured is not None:
        # The run itself waits beside its trainer, and may answer meanwhile.
        training, answering = measured.training, measured.answering.found
        beside = training.beside_bytes if setting.device == "cpu" else 0.0
        if settings.accuracy is not None:
            beside = max(beside, answering.peak_bytes)
        needed = max(GROWS * training.peak_bytes + beside, answering.look_bytes)
        return estimate(needed, (1 / 1.15, 1.15), "measured in a few steps")
    per_example = setting.data.question_tokens + _learned(setting)[2]
    # What is passed at a time is no more than a step has.
    at_once = min(TOKENS_AT_ONCE[setting.device], round(settings.step_examples * per_example))
    adapter = 2.0 * settings.lora.r * model.layers * (4 * model.hidden + 3 * model.wide)
    full = settings.weights == "full"
    size = bytes_to_train(
        model.parameters * (0.6 if settings.weights == "qlora" else setting.width),
        model.parameters if full else adapter,
        model.layers, model.hidden, model.wide, at_once, setting.width,
        settings.gradient_checkpointing,
    )  # fmt: skip
    return estimate(size, (1 / 1.5, 1.5), MEMORY)
