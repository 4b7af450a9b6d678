"""What a run has measured beside the headline, read back from its records alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from netgain.analysis.further import (
    ChoiceEvaluation,
    FurtherEvaluation,
    Headline,
    further_results,
)
from netgain.data.tasks import TASKS
from netgain.errors import RunDamaged
from netgain.grading import grade_all
from netgain.grading.loglikelihood import graded_choices
from netgain.pipeline.answering import ending_of, sound_summary
from netgain.pipeline.evaluating import refuse_other_conditions
from netgain.pipeline.prompt_check import measured_prompt
from netgain.pipeline.scoring import sound_scores
from netgain.prompts.wordings import other_wordings
from netgain.recipe import Recipe
from netgain.records import (
    EvaluationSummary,
    FurtherKind,
    FurtherResult,
    Generation,
    Grade,
    Problem,
)
from netgain.store import EvaluationFolder, RunDirectory
from netgain.store.schema import ANSWER_AGAIN

MODELS = ("base", "tuned")
HeadlineAnswers = Mapping[str, tuple[Sequence[Generation], Sequence[Grade]]]  # by model


def further_of(
    directory: RunDirectory,
    recipe: Recipe,
    test: Callable[[], Sequence[Problem]],
    headline: Callable[[Collection[str]], HeadlineAnswers],
) -> tuple[FurtherResult, ...]:
    """Every finished extra of the recipe, analysed.

    Args:
        test: gives the test problems.
        headline: gives the headline's answers to some problems, by id; more are no harm.

    Raises:
        RunDamaged: an extra's records were changed or are not whole.
    """
    answered, chosen = [], []
    for kind, suffix, name, limit in _asked_for(directory, recipe):
        for model in MODELS:
            folder = directory.evaluation(f"{model}-{suffix}")
            summary = folder.summary()
            if summary is None:
                continue
            refuse_other_conditions(directory, folder.path.name, summary.settings)
            problems = folder.problems() if folder.problems_file.exists() else test()[:limit]
            if kind == "task" and TASKS[name].headline is not None:
                chosen.append(_choices(folder, model, name, problems))
            else:
                answered.append(_answers(folder, model, kind, name, problems))
    if not answered and not chosen:
        return ()
    asked = {i for e in answered for p in e.problems for i in (p.id, e.originals.get(p.id, p.id))}
    found = headline(asked)
    generations = {m: rows for m, (rows, _) in found.items()}
    grades = {m: rows for m, (_, rows) in found.items()}
    beside = Headline(generations, grades, recipe.prompt.model_dump(mode="json"))
    return further_results(beside, answered, chosen)


def extra_summaries(directory: RunDirectory, recipe: Recipe) -> dict[str, EvaluationSummary]:
    """The summary of every finished extra, and of the look at the prompt, by folder."""
    found: dict[str, EvaluationSummary] = {}
    if recipe.extras.prompt_check:
        checks = [
            "check-own",
            *(f"check-{i + 1}" for i in range(len(other_wordings(recipe.prompt)))),
        ]
        told = {name: directory.evaluation(name).summary() for name in checks}
        found |= {name: summary for name, summary in told.items() if summary is not None}
    for _, suffix, _, _ in _asked_for(directory, recipe):
        for model in MODELS:
            summary = directory.evaluation(f"{model}-{suffix}").summary()
            if summary is not None:
                found[f"{model}-{suffix}"] = summary
    return found


def _asked_for(
    directory: RunDirectory, recipe: Recipe
) -> Iterator[tuple[FurtherKind, str, str, int | None]]:
    """Kind, folder without the model's name, name, and limit of each extra of the recipe."""
    wanted = recipe.extras
    if wanted.samples is not None:
        yield "samples", "samples", "samples", wanted.samples.limit
    if wanted.revisions is not None:
        yield "revisions", "revisions", "revisions", wanted.revisions.limit
    if wanted.calculator is not None:
        yield "calculator", "calculator", "calculator", wanted.calculator.limit
    if wanted.perturbed is not None:
        yield "perturbed", "perturbed", "perturbed", None
    for number, prompt in enumerate(wanted.prompts, start=1):
        yield "prompt", f"prompt-{number}", f"{number}: {prompt.style}", None
    better = measured_prompt(directory, recipe)
    if better is not None:
        yield "prompt", "prompt-measured", better[0], None
    for task in wanted.tasks:
        yield "task", f"task-{task.name}", task.name, None


def _answers(
    folder: EvaluationFolder,
    model: str,
    kind: FurtherKind,
    name: str,
    problems: Sequence[Problem],
) -> FurtherEvaluation:
    summary = sound_summary(folder, problems)
    assert summary is not None
    generations = folder.generations(of=summary.digest)
    return FurtherEvaluation(
        name=name,
        kind=kind,
        model=model,
        settings=summary.settings,
        problems=problems,
        generations=generations,
        grades=grade_all(problems, generations, ending_of(summary.settings)),
        clusters=_clusters(problems),
        originals={p.id: str(p.metadata["original"]) for p in problems if "original" in p.metadata},
        set_aside=_set_aside(summary.settings),
    )


def _choices(
    folder: EvaluationFolder, model: str, name: str, problems: Sequence[Problem]
) -> ChoiceEvaluation:
    scores = sound_scores(folder, problems)
    summary = folder.summary()
    if scores is None or summary is None:
        raise RunDamaged(folder.summary_file, "is missing", ANSWER_AGAIN)
    return ChoiceEvaluation(
        name=name,
        model=model,
        right=graded_choices(problems, scores, "acc"),
        right_normalised=graded_choices(problems, scores, "acc_norm"),
        categories={p.id: p.category for p in problems if p.category is not None},
        clusters=_clusters(problems),
        set_aside=_set_aside(summary.settings),
        normalised_decides=TASKS[name].headline == "acc_norm",
    )


def _clusters(problems: Sequence[Problem]) -> dict[str, str]:
    return {p.id: str(p.metadata["cluster"]) for p in problems if "cluster" in p.metadata}


def _set_aside(settings: Mapping[str, Any]) -> int:
    return int(settings.get("set_aside", 0))
