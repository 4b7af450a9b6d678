"""The stages of a run in seconds and bytes, from its settings, its data and a machine's speed."""

from collections.abc import Iterator
from dataclasses import replace

from netgain.analysis.prompt_doubts import TOO_MANY
from netgain.pipeline.artefacts import Done
from netgain.plan.stage import Setting, Stage, estimate, total_of
from netgain.plan.to_answer import answers_of, evaluate_stage, extras_stage
from netgain.plan.to_train import train_stage
from netgain.prompts.wordings import other_wordings
from netgain.records import Estimate
from netgain.wording import integer

REPORT = (5.0, 0.02)  # s, to write the report, and for each test problem in it


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
        *extras_stage(setting),
    ]
    report = REPORT[0] + REPORT[1] * data.test
    found.append(
        Stage("report", "grade, compare, write", estimate(report, (0.5, 2.0), "a few seconds"))
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
    answers = answers_of(setting, asked * prompts, "base")
    return [
        Stage("prompt", what, total_of(answers, estimate(speed.load_base, (0.5, 2.0), "loading")))
    ]


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
    problems = data.train + data.validation
    answers = problems * settings.rollouts.samples
    what = f"{integer(settings.rollouts.samples)} samples of each of {integer(problems)} problems"
    loading = estimate(speed.load_base, (0.5, 2.0), "loading")
    return [Stage("own answers", what, total_of(answers_of(setting, answers, "base"), loading))]
