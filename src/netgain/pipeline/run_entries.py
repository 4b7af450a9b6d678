"""A run directory or an evaluation alone, read for a leaderboard: its models' judged answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from netgain.analysis import facts
from netgain.analysis.comparing.entrants import RunEntry, training_costs
from netgain.analysis.inputs import RunRecords
from netgain.errors import RunError
from netgain.pipeline.answering import vouched_summary
from netgain.pipeline.contenders import CONDITIONS
from netgain.pipeline.evaluating import refuse_other_conditions
from netgain.pipeline.judged_entrants import Answered, Judging
from netgain.plain_files import real
from netgain.recipe import HUB_ID, Recipe
from netgain.records import EvaluationSummary, ModelRole
from netgain.store import EvaluationFolder, RunDirectory

OF_A_RUN, OF_AN_EVALUATION = ("run.json", "recipe.yaml"), ("evaluation.json", "plan.json")
OF_EVALUATE = ("engine", "max_new_tokens", "batch_size", "precision")


def run_above(evaluation: Path) -> Path | None:
    """The run that an evaluation lies in; None where it stands alone."""
    folder = evaluation if evaluation.name else real(evaluation)
    above = folder.parent.parent if folder.parent.name == "evaluations" else None
    if above is None and real(folder).parent.name == "evaluations":
        above = real(folder).parent.parent
    return above if above and any((above / file).is_file() for file in OF_A_RUN) else None


def read_entry(path: Path, name: str, judging: Judging) -> RunEntry:
    """The run or the evaluation that a folder holds.

    Raises:
        NetgainError: it is damaged, or not finished.
    """
    if any((path / file).is_file() for file in OF_A_RUN):
        return _run(RunDirectory(path), name, judging)
    return _evaluation(path, name, judging)


def _run(directory: RunDirectory, name: str, judging: Judging) -> RunEntry:
    run_facts, recipe = directory.facts(), directory.recipe()
    asked = Answered.of(directory.problems("test"))
    summaries = _summaries(directory, asked)
    training = directory.training(required="tuned" in summaries)
    log = None if training is None else directory.training_log()
    records = RunRecords(
        recipe.plain(), run_facts, directory.split(), training, log, asked.problems,
        dict[str, EvaluationSummary](summaries.items()), {}, {}, name,
    )  # fmt: skip
    weights = _last_part(records.model_name())
    entrants = {
        role: judging.entrant(role, weights, directory.evaluation(role), summary, asked)
        for role, summary in summaries.items()
    }
    trained_in = str((training or {}).get("reused_from") or "")
    if "tuned" in entrants:
        took = training_costs(log, recipe.cost, trained_in)
        tuned = entrants["tuned"]
        entrants["tuned"] = replace(tuned, costs=(*took, *tuned.costs))
    return RunEntry(
        name=name,
        title=_last_part(str(records.split["source"])),
        problems=asked.by_key(),
        entrants=tuple(entrants.values()),
        settings=facts.settings(records) | _conditions(summaries),
        machine=_machine(training or run_facts),
        log=log,
        recipe_but_seed=_recipe_but_seed(recipe),
        seed=recipe.train.seed,
        trained_in=trained_in,
    )


def _summaries(directory: RunDirectory, asked: Answered) -> dict[ModelRole, EvaluationSummary]:
    """What is finished of base and tuned, the base first."""
    roles: tuple[ModelRole, ...] = ("base", "tuned")
    found = {role: vouched_summary(directory.evaluation(role), asked.digest) for role in roles}
    summaries = {role: summary for role, summary in found.items() if summary is not None}
    if not summaries:
        raise RunError(f"{directory.root} holds no finished evaluation; `netgain run` goes on")
    if "tuned" in summaries:
        refuse_other_conditions(directory, "tuned", summaries["tuned"].settings)
    return summaries


def _recipe_but_seed(recipe: Recipe) -> str:
    """SHA-256 (hex) of a recipe without the seed of its training."""
    train = recipe.train.model_copy(update={"seed": 0})
    return recipe.model_copy(update={"train": train}).digest()


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


def _evaluation(path: Path, name: str, judging: Judging) -> RunEntry:
    folder = EvaluationFolder(path)
    summary = folder.summary()
    if summary is None:
        raise RunError(f"{path} holds an unfinished evaluation; the command that began it goes on")
    run = None if folder.problems_file.exists() else RunDirectory(real(path).parent.parent)
    problems = folder.problems() if run is None else run.problems("test")
    asked = Answered.of(problems)
    adapter = summary.settings.get("adapter", "")
    role: ModelRole = "evaluated" if adapter == "" else "base" if adapter is None else "tuned"
    sources = {p.source for p in problems} if run is None else {str(run.split()["source"])}
    return RunEntry(
        name=name,
        title=_last_part(sources.pop()) if len(sources) == 1 else "",
        problems=asked.by_key(),
        entrants=(judging.entrant(role, "", folder, summary, asked),),
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
