"""A run directory or an evaluation alone, read for a leaderboard: its models' judged answers."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from netgain.analysis import facts
from netgain.analysis.comparing.likeness import Asked
from netgain.analysis.comparing.model_entries import (
    ModelEntry,
    RunEntry,
    answer_costs,
    training_costs,
)
from netgain.analysis.inputs import RunRecords
from netgain.errors import RunError
from netgain.pipeline.compared_models import CONDITIONS
from netgain.pipeline.evaluating import refuse_other_conditions
from netgain.pipeline.evaluations import settings_digest
from netgain.pipeline.stored_answers import asked_problems, read_stored_answers
from netgain.plain_files import real
from netgain.recipe import HUB_ID, Recipe
from netgain.records import EvaluationSummary, ModelRole, Problem
from netgain.store import EvaluationFolder, RunDirectory

OF_A_RUN, OF_AN_EVALUATION = ("run.json", "recipe.yaml"), ("evaluation.json", "plan.json")
# Of an evaluation's settings, those that say which problems, and not how they are answered; and
# where it was done, which alone is no other model as long as the answers are the same.
NOT_OF_THE_MODEL = ("problems", "asked", "set_aside", "batch_size", "versions", "device")
OF_EVALUATE = ("engine", "max_new_tokens", "batch_size", "precision")


def is_ours(path: Path) -> bool:
    """Whether a folder is a run, or an evaluation."""
    return any((path / name).is_file() for name in (*OF_A_RUN, *OF_AN_EVALUATION))


def run_above(evaluation: Path) -> Path | None:
    """The run that an evaluation lies in; None where it stands alone."""
    folder = evaluation if evaluation.name else real(evaluation)
    above = folder.parent.parent if folder.parent.name == "evaluations" else None
    if above is None and real(folder).parent.name == "evaluations":
        above = real(folder).parent.parent
    return above if above and any((above / file).is_file() for file in OF_A_RUN) else None


def read_entry(path: Path, name: str) -> RunEntry:
    """The run or the evaluation that a folder holds.

    Raises:
        NetgainError: it is damaged, or not finished.
    """
    if any((path / file).is_file() for file in OF_A_RUN):
        return _run(RunDirectory(path), name)
    return _evaluation(path, name)


def _run(directory: RunDirectory, name: str) -> RunEntry:
    run_facts, recipe = directory.facts(), directory.recipe()
    problems = directory.problems("test")
    asked = by_what_is_asked(problems)
    summaries = _finished(directory)
    training = directory.training(required="tuned" in summaries)
    log = None if training is None else directory.training_log()
    records = RunRecords(
        recipe.plain(), run_facts, directory.split(), training, log, problems,
        dict[str, EvaluationSummary](summaries.items()), {}, {}, name,
    )  # fmt: skip
    weights = _last_part(records.model_name())
    entries = {role: _entry(role, weights, directory.evaluation(role), asked) for role in summaries}
    trained_in = str((training or {}).get("reused_from") or "")
    if "tuned" in entries:
        took = training_costs(log, recipe.cost, trained_in)
        tuned = entries["tuned"]
        entries["tuned"] = replace(tuned, costs=(*took, *tuned.costs))
    return RunEntry(
        name=name,
        title=_last_part(str(records.split["source"])),
        problems=_listed(asked),
        entries=tuple(entries.values()),
        settings=facts.settings(records) | _conditions(summaries),
        machine=_machine(training or run_facts),
        log=log,
        recipe_but_seed=_recipe_but_seed(recipe),
        seed=recipe.train.seed,
        trained_in=trained_in,
    )


def _finished(directory: RunDirectory) -> dict[ModelRole, EvaluationSummary]:
    """What is finished of base and tuned, the base first."""
    roles: tuple[ModelRole, ...] = ("base", "tuned")
    found = {role: directory.evaluation(role).summary() for role in roles}
    summaries = {role: summary for role, summary in found.items() if summary is not None}
    if not summaries:
        raise RunError(f"{directory.root} holds no finished evaluation; `netgain run` goes on")
    if "tuned" in summaries:
        refuse_other_conditions(directory, "tuned", summaries["tuned"].settings)
    return summaries


def _recipe_but_seed(recipe: Recipe) -> str:
    """SHA-256 (hex) of a recipe without the seeds of its trainings."""
    *phases, train = (t.model_copy(update={"seed": 0}) for t in (*recipe.phases, recipe.train))
    return recipe.model_copy(update={"train": train, "phases": tuple(phases)}).digest()


def _machine(source: Mapping[str, Any]) -> str:
    hardware = source["hardware"]
    return str(hardware.get("gpu") or hardware.get("processor") or "")


def _conditions(summaries: Mapping[ModelRole, EvaluationSummary]) -> dict[str, str]:
    """How the answers were given, where the recipe says nothing of it."""
    settings = next(iter(summaries.values())).settings
    asking = {name: settings[name] for name in CONDITIONS if name in settings}
    versions = {
        f"answered with {package}": version
        for package, version in (settings.get("versions") or {}).items()
    }
    of_recipe = ("prompt", *OF_EVALUATE)
    return dict(facts.flat({k: v for k, v in asking.items() if k not in of_recipe} | versions))


# -- an evaluation alone -------------------------------------------------------------------


def _evaluation(path: Path, name: str) -> RunEntry:
    folder = EvaluationFolder(path)
    run = None if folder.problems_file.exists() else RunDirectory(real(path).parent.parent)
    summary = folder.summary()
    if summary is None:
        raise RunError(f"{path} holds an unfinished evaluation; the command that began it goes on")
    problems = asked_problems(folder)
    asked = by_what_is_asked(problems)
    adapter = summary.settings.get("adapter", "")
    role: ModelRole = "evaluated" if adapter == "" else "base" if adapter is None else "tuned"
    sources = {p.source for p in problems} if run is None else {str(run.split()["source"])}
    return RunEntry(
        name=name,
        title=_last_part(sources.pop()) if len(sources) == 1 else "",
        problems=_listed(asked),
        entries=(_entry(role, "", folder, asked),),
        settings=_as_recipe(summary.settings) | _conditions({role: summary}),
    )


def _as_recipe(settings: Mapping[str, Any]) -> dict[str, str]:
    """An evaluation's settings in words, under the names that a recipe has for them."""
    evaluate = {name: settings[name] for name in OF_EVALUATE if name in settings}
    named = {name: settings[name] for name in ("task", "prompt") if name in settings}
    return dict(facts.flat(named | {"evaluate": evaluate}))


def _last_part(name: str) -> str:
    """A local path's last part; other names as they are.

    >>> _last_part("../shared/gsm8k"), _last_part("openai/gsm8k")
    ('gsm8k', 'openai/gsm8k')
    """
    return name if HUB_ID.match(name) else Path(name).name or name


# -- right or wrong ------------------------------------------------------------------------


def _entry(
    role: ModelRole, weights: str, folder: EvaluationFolder, asked: Mapping[str, Problem]
) -> ModelEntry:
    """A finished evaluation's answers, right or wrong, and what they took.

    Raises:
        RunDamaged: it was changed, is of other problems, or its answers are not whole.
    """
    found = read_stored_answers(folder, list(asked.values()))
    assert found is not None
    key_of = {p.id: key for key, p in asked.items()}
    right = {key_of[i]: verdicts for i, verdicts in found.right.items()}
    single = all(len(verdicts) == 1 for verdicts in right.values())
    settings = found.summary.settings
    identity, base_identity = _identities(settings, role)
    return ModelEntry(
        role=role,
        weights=weights,
        right=right,
        identity=identity,
        base_identity=base_identity,
        kind=found.kind,
        extracted={key_of[g.problem_id]: g.extracted for g in found.last} if single else {},
        asked={key_of[g.problem_id]: g.prompt_digest for g in found.generations if g.turn == 0},
        # Prompts are compared one by one instead.
        conditions={k: str(settings[k]) for k in CONDITIONS if k in settings and k != "prompt"},
        costs=answer_costs(found.summary),
    )


def _identities(settings: Mapping[str, Any], role: ModelRole) -> tuple[str, str]:
    """What stands for a model and the way it was asked, and the same of its base."""
    if not {"model", "adapter"} <= settings.keys():
        return "", ""
    deciding = {k: v for k, v in settings.items() if k not in NOT_OF_THE_MODEL}
    base = settings_digest({**deciding, "adapter": None})
    return settings_digest(deciding), "" if role == "base" else base


def _listed(asked: Mapping[str, Problem]) -> dict[str, Asked]:
    return {key: Asked(p.id, p.question, p.category) for key, p in asked.items()}


def by_what_is_asked(problems: Iterable[Problem]) -> dict[str, Problem]:
    """Problems under a name that tells what is asked: question, choices and known answer.

    Ids do not do: another run's may mean other problems. A problem that stands there twice has its
    number behind it.
    """
    times: Counter[str] = Counter()
    found = {}
    for p in problems:
        question = " ".join(p.question.split())
        key = json.dumps([question, str(p.answer), p.answer_choice, *p.choices], ensure_ascii=False)
        found[f"{key}{times[key] or ''}"] = p
        times[key] += 1
    return found
