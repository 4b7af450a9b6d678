"""The stages of a run in seconds and bytes, from its settings, its data and a machine's speed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from netgain.analysis.prompt_doubts import TOO_MANY
from netgain.pipeline.artefacts import Done
from netgain.pipeline.phases import going_on, phases_of
from netgain.pipeline.rollouts import REPLAY
from netgain.plan.named_files import rollouts_of
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
        *_replayed(setting),
        *_trainings(setting),
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
    if not asked or setting.done.stages.get("train") == "done":
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
    left = setting.done.left.get("prompt", 1.0)
    answers = answers_of(setting, round(asked * (prompts - 1 + left)), "base")
    loading = estimate(speed.load_base, (0.5, 2.0), "loading")
    return [_finished(Stage("prompt", what, total_of(answers, loading)), setting.done, "prompt")]


def _trainings(setting: Setting) -> Iterator[Stage]:
    """The trainings, with the answers that they learn from; those before the last with their
    models' answers, too, unless they are rounds.
    """
    drawn: set[tuple[object, ...]] = set()
    for phase in phases_of(setting.recipe, Path()):
        name = phase.place.name
        done = setting.done.phases.get(name, Done())
        of = replace(setting, recipe=phase.recipe, done=done)
        stages = [*_own_answers(of, drawn), _finished(train_stage(of), done, "train")]
        if phase.is_asked:
            stages.append(_finished(evaluate_stage(of, "tuned"), done, "tuned"))
        number, _, is_round = name.partition("-round-")
        called = f"phase {number.partition('-')[0]}{f', round {is_round}' if is_round else ''}"
        yield from (replace(stage, name=f"{called}: {stage.name}") for stage in stages)
    last = replace(setting, recipe=going_on(setting.recipe, Path()))
    yield from _own_answers(last, drawn)
    yield _finished(train_stage(last), setting.done, "train")


def _own_answers(setting: Setting, drawn: set[tuple[object, ...]]) -> list[Stage]:
    """The samples that are learned from or chosen by, of every model whose are not `drawn` yet."""
    train, data, speed, done = setting.recipe.train, setting.data, setting.speed, setting.done
    if train.method != "rft" and (train.method != "grpo" or train.grpo.choose == "all"):
        return []
    models = (train.start, *(train.rft.samplers if train.method == "rft" else ()))
    new = {(model, train.rollouts, train.seed) for model in models} - drawn
    drawn |= new
    if not new or "train" in done.stages:
        return []
    names = [rollouts_of(place) for place, *_ in new]
    open_ = [name for name in names if name not in done.stages]
    problems, samples = data.train + data.validation, train.rollouts.samples
    what = f"{integer(samples)} samples of each of {integer(problems)} problems"
    what += f", by each of {len(open_ or new)} models" if len(open_ or new) > 1 else ""
    left = sum(done.left.get(name, 1.0) for name in open_)
    answers = answers_of(setting, round(problems * samples * left), "base")
    loading = estimate(speed.load_base * len(open_), (0.5, 2.0), "loading")
    stage = Stage("own answers", what, total_of(answers, loading))
    return [stage if open_ else _finished(stage, done, names[0])]


def _replayed(setting: Setting) -> list[Stage]:
    """The base model's answers to questions of `data.mixture`, given once for all trainings."""
    done, rows = setting.done, setting.data.replayed
    if not rows or any("train" in each.stages for each in (done, *done.phases.values())):
        return []
    loading = estimate(setting.speed.load_base, (0.5, 2.0), "loading")
    what = f"{integer(rows)} questions of data.mixture answered by the base model"
    every = (*done.phases.values(), done)  # they lie where the first training does
    first = next((each for each in every if REPLAY in {*each.stages, *each.left}), done)
    answers = answers_of(setting, round(rows * first.left.get(REPLAY, 1.0)), "base")
    return [_finished(Stage("replay", what, total_of(answers, loading)), first, REPLAY)]
