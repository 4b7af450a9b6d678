"""The finished evaluations of a run, or one alone, read to be handed on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netgain.errors import NetgainError, RunError
from netgain.models.embedded import DESCRIPTION
from netgain.pipeline.evaluating import prompter_of
from netgain.pipeline.run_entries import OF_A_RUN, run_above
from netgain.pipeline.stored_answers import StoredAnswers, asked_problems, read_stored_answers
from netgain.plain_files import MOST_JSON, parse_json, read_plain
from netgain.prompts import prompter
from netgain.recipe import EMBEDDED, HUB_ID, ModelSettings, PromptSettings, Recipe, local_path
from netgain.records import Problem, Prompt
from netgain.store import EvaluationFolder, RunDirectory

ROLES = ("base", "tuned")


@dataclass(frozen=True)
class Evaluated:
    """A finished evaluation with its answers.

    `name` is "base", "tuned", or what else was asked ("tuned-samples"); `model` names the model.
    `base` is the model that it came from and `adapter` what was trained ("" for nothing), both as
    others would name them. `prompt_of` is None where a prompt cannot be made again.
    """

    name: str
    model: str
    base: str
    adapter: str
    answers: StoredAnswers
    prompt_of: Callable[[Problem], Prompt] | None


def may_show_texts(path: Path) -> bool:
    """Whether questions and answers may leave: `report.texts` of the run, yes without a run."""
    run = _run_of(path)
    return run is None or run.recipe().report.texts


def evaluated(path: Path, roles_only: bool = False) -> Iterator[Evaluated]:
    """The evaluations of a run directory, base and tuned first; or the one of a folder.

    Args:
        roles_only: leave out what was asked beside the headline.

    Raises:
        RunError: none is finished, or one is damaged.
    """
    run = _run_of(path)
    if run is None or run.root != path:
        yield _alone(path, run)
        return
    recipe, folders = run.recipe(), run.root / "evaluations"
    others = sorted(p.name for p in folders.glob("*-*") if p.name.startswith(("base-", "tuned-")))
    found = 0
    for name in ROLES if roles_only else (*ROLES, *others):
        answers = _read(run.evaluation(name))
        if answers is not None:
            found += 1
            yield _of_run(run, recipe, name, answers)
    if not found:
        raise RunError(f"{path} holds no finished evaluation; `netgain run` goes on with it")


def _run_of(path: Path) -> RunDirectory | None:
    """The run that this is, or lies in."""
    if any((path / name).is_file() for name in OF_A_RUN):
        return RunDirectory(path)
    above = run_above(path)
    return None if above is None else RunDirectory(above)


def _read(folder: EvaluationFolder) -> StoredAnswers | None:
    if folder.summary() is None:
        return None
    return read_stored_answers(folder, asked_problems(folder))


def _alone(path: Path, run: RunDirectory | None) -> Evaluated:
    answers = _read(EvaluationFolder(path))
    if answers is None:
        raise RunError(f"{path} holds no finished evaluation; the command that began it goes on")
    if run is not None:
        return _of_run(run, run.recipe(), path.name, answers)
    base = _source_of(path)
    adapter = str(answers.summary.settings.get("adapter") or "")
    return Evaluated(
        path.name, f"{base} + adapter" if adapter else base, base, "adapter" if adapter else "",
        answers, _prompter(answers, lambda prompt: prompter(prompt, (), answers.problems)),
    )  # fmt: skip


def _of_run(run: RunDirectory, recipe: Recipe, name: str, answers: StoredAnswers) -> Evaluated:
    base = name_of(recipe.model)
    role, _, asked = name.partition("-")
    model = base if role == "base" else recipe.name
    return Evaluated(
        name, f"{model} ({asked})" if asked else model, base,
        "" if role == "base" else recipe.name, answers,
        _prompter(answers, lambda prompt: prompter_of(run, prompt, answers.problems)),
    )  # fmt: skip


def name_of(model: ModelSettings) -> str:
    """What others call a recipe's model: its Hub id, or its name without its place on this disk."""
    how = ""
    is_on_hub = HUB_ID.match(model.id) and local_path(model.id) is None
    said = model.same_as or (model.id if is_on_hub else Path(model.id).name)
    if model.id == "embedded":
        said, how = EMBEDDED, DESCRIPTION.partition(", ")[2]
    return ", ".join(filter(None, (model.name or said, how)))


def _source_of(path: Path) -> str:
    """The model that an evaluation alone asked, by `sources.json`."""
    try:
        said: Any = parse_json(read_plain(path / "sources.json", MOST_JSON))
        return name_of(ModelSettings(id=str(said["model"]["id"])))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return path.name


def _prompter(
    answers: StoredAnswers, make: Callable[[PromptSettings], Callable[[Problem], Prompt]]
) -> Callable[[Problem], Prompt] | None:
    """What makes the prompts that were asked, where it does."""
    said = answers.summary.settings.get("prompt")
    if not answers.generations or not isinstance(said, dict):
        return None
    first = answers.generations[0]
    problem = next(p for p in answers.problems if p.id == first.problem_id)
    try:
        prompt_of = make(PromptSettings.model_validate(said))
        same = prompt_of(problem).digest == first.prompt_digest
    except (NetgainError, ValueError):
        return None
    return prompt_of if same else None
