"""How long answers take, and with how much memory."""

from collections.abc import Sequence

from netgain.analysis.further.asked_again import MODELS
from netgain.data.load import local_source
from netgain.generate.engines import UNIT_SIZES
from netgain.generate.probe import Probed
from netgain.pipeline.extras import ways_of
from netgain.plan.speed import answering_seconds
from netgain.plan.stage import Setting, Stage, estimate, reckoned_by, total_of
from netgain.records import Estimate
from netgain.wording import integer

UNLIKE = 0.5  # of the base's share of answers at the limit, what a tuned model may keep


def evaluate_stage(setting: Setting, model: str) -> Stage:
    """Load the model and answer every test problem."""
    settings, data, speed = setting.recipe.evaluate, setting.data, setting.speed
    left = setting.done.left.get(model, 1.0)
    answers = answers_of(setting, round(data.test * left), model)
    loading = speed.load_base if model == "base" else speed.load_tuned
    seconds = total_of(answers, estimate(loading, speed.train_factor, "loading"))
    what = (
        f"{integer(round(data.test * left))} problems, greedy, up to "
        f"{integer(settings.max_new_tokens)} tokens each"
    )
    memory = None
    if setting.measured is not None:
        peak = _answering_bytes(setting, setting.measured.answering.found, model)
        memory = estimate(peak, (1 / 1.15, 1.15), "measured")
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
        unit = setting.recipe.evaluate.batch_size or UNIT_SIZES.get(setting.engine, 32)
        tokens = min(n, unit) * (prompt + max(lengths))
    more = max(0.0, tokens - seen) * found.token_bytes
    return max(float(found.peak_bytes), found.held_bytes + more)


def extras_stage(setting: Setting) -> list[Stage]:
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
    both = [answers_of(setting, answers[model], model) for model in MODELS]
    return [Stage("extras", what + unknown, total_of(*both))]


def answers_of(setting: Setting, n: int, model: str) -> Estimate:
    """Seconds that so many answers of the base or the tuned model take."""
    settings, data, speed = setting.recipe.evaluate, setting.data, setting.speed
    unit = settings.batch_size or UNIT_SIZES.get(setting.engine, 32)
    prompt = data.asked_tokens or data.question_tokens
    seconds = answering_seconds(speed, n, prompt, answer_lengths(setting, model), unit)
    factor = speed.base_factor if model == "base" else speed.tuned_factor
    if model in setting.earlier.answers and setting.measured is not None:
        factor = speed.train_factor
    return estimate(seconds, factor, reckoned_by(setting, "2 FLOP a parameter and token"))


def answer_lengths(setting: Setting, model: str) -> Sequence[int]:
    """Tokens of answers as they are to be expected.

    Those of an earlier run where there is one; else, for the base, those that were seen in the
    measurement; for the tuned model, the reference solutions that it learns from, with half of the
    base's share of answers that go on to the limit.
    """
    data, limit = setting.data, setting.recipe.evaluate.max_new_tokens
    earlier = setting.earlier.answers.get(model)
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
