"""The last stage: grade, compare, report. From the records alone, without torch."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from netgain.analysis.assembling import assemble
from netgain.analysis.concerns import differing
from netgain.analysis.further.asked_again import MODELS
from netgain.analysis.inputs import Answered, EarlierTraining, RunRecords, Start, Whole
from netgain.errors import NetgainError, RunDamaged
from netgain.pipeline.evaluating import prompter_of, refuse_other_conditions
from netgain.pipeline.evaluations import vouched_summary
from netgain.pipeline.extra_evaluations import (
    HeadlineAnswers,
    extra_summaries,
    further_of,
)
from netgain.pipeline.judged import MOST_LOOKED_INTO, Judged, headline_answers, judged_answers
from netgain.pipeline.judges import Judges
from netgain.pipeline.phases import phases_of
from netgain.pipeline.progress import Progress
from netgain.pipeline.prompt_check import prompt_check_of
from netgain.pipeline.starting import run_behind
from netgain.pipeline.telling import tell_figures
from netgain.recipe import Recipe
from netgain.records import (
    Concern,
    EvaluationSummary,
    Findings,
    FurtherResult,
    Generation,
    Problem,
    Prompt,
)
from netgain.reporting import write_reports
from netgain.store import ProblemIndex, RunDirectory, name_beside


def report(directory: RunDirectory, recipe: Recipe, progress: Progress) -> None:
    """Grade, compare, and write the reports, from the records alone."""
    progress("report", 0, 1, "grading and comparing")
    findings = findings_of(directory, keep=True)
    write_reports(findings, directory.report)
    tell_figures(directory, recipe, findings)
    progress("report", 1, 1, str(directory.report))


def findings_of(directory: RunDirectory, keep: bool = False) -> Findings:
    """Everything known of a run, assembled. Needs no torch.

    Of more than `MOST_LOOKED_INTO` problems a random sample is looked into one by one.

    Args:
        keep: store the judgements of the answers beside them, where that can be done. They are read
            where they are there, and the findings are the same.
    """
    recipe = directory.recipe()
    index = directory.problem_index("test", MOST_LOOKED_INTO)
    tuned = directory.evaluation("tuned").summary()
    if tuned is not None:
        refuse_other_conditions(directory, "tuned", tuned.settings)
    found = {m: vouched_summary(directory.evaluation(m), index.digest) for m in MODELS}
    summaries = {m: s for m, s in found.items() if s is not None}
    training = directory.training(required="tuned" in summaries)
    judged = _judged(directory, index, list(summaries), keep)
    generations = {m: of.generations for m, of in judged.items()}
    whole = Whole(index.categories, {m: of.answers for m, of in judged.items()})
    grades = {m: of.grades for m, of in judged.items()}
    problems = index.whole()
    if training is not None and directory.has_adapter():
        directory.sound_adapter_digest()
    findings = assemble(
        RunRecords(
            recipe=recipe.plain(),
            facts=directory.facts(),
            split=directory.split(),
            training=training,
            serving=None if training is None else directory.serving(),
            state=None if training is None else directory.training_log(),
            problems=problems,
            summaries=summaries,
            generations=generations,
            grades=grades,
            place=str(directory.root),
            further=_further(directory, recipe, index, judged),
            extras=extra_summaries(directory, recipe),
            diagnoses={m: of.diagnoses for m, of in judged.items()},
            false_working={m: of.false_working for m, of in judged.items()},
            prompts=_prompts(directory, recipe, problems, generations),
            whole=None if index.all_drawn else whole,
            prompt_check=prompt_check_of(directory, recipe),
            phases=_phases(directory, recipe, index, keep),
            earlier=tuple(_earlier(directory, recipe)),
            start=_start(directory, recipe, index, tuned),
        )
    )
    return findings if directory.has_adapter() else _without_adapter(findings)


def _without_adapter(findings: Findings) -> Findings:
    """The same where a trained adapter is gone: there is nothing to publish a card of."""
    if findings.publication is None:
        return findings
    gone = (
        "The adapter is no longer in train/adapter: what is told here is of one that this folder "
        "does not hold, and there is no model card."
    )
    concern = Concern("warning", gone, "environment")
    return replace(findings, concerns=(concern, *findings.concerns), publication=None)


def _judged(
    directory: RunDirectory, index: ProblemIndex, models: Sequence[str], keep: bool
) -> dict[str, Judged]:
    found = {}
    with Judges(len(index) * len(models)) as judges:
        for model in models:
            folder = directory.evaluation(model)
            beside = folder.judged_folder if keep else None
            found[model] = judged_answers(folder, index, judges, beside)
    return found


def _phases(
    directory: RunDirectory, recipe: Recipe, index: ProblemIndex, keep: bool
) -> dict[str, Answered]:
    """The answers of the models of earlier trainings, as far as they were asked these problems."""
    found = {}
    for phase in phases_of(recipe, directory.root):
        earlier = RunDirectory(phase.place)
        if vouched_summary(earlier.evaluation("tuned"), index.digest) is not None:
            found[phase.place.name] = _judged(earlier, index, ["tuned"], keep)["tuned"].answers
    return found


def _earlier(directory: RunDirectory, recipe: Recipe) -> Iterator[EarlierTraining]:
    """The trainings before the last that were done in this run."""
    for phase in phases_of(recipe, directory.root):
        there = RunDirectory(phase.place)
        if there.training() is not None:
            tuned = there.evaluation("tuned").summary()
            drawn = extra_summaries(there, phase.recipe).values()
            yield EarlierTraining(
                phase.place.name, phase.recipe.plain()["train"], phase.is_asked,
                there.training_log(), [*([tuned] if tuned else []), *drawn],
            )  # fmt: skip


def _start(
    directory: RunDirectory, recipe: Recipe, index: ProblemIndex, tuned: EvaluationSummary | None
) -> Start | None:
    """What the first training began from, and what the run that made it has on record."""
    first = next(iter(phases_of(recipe, directory.root)), None)
    training = (directory if first is None else RunDirectory(first.place)).training()
    said = (*recipe.phases, recipe.train)[0].start
    if training is None or training.get("start") is None or said is None:
        return None
    run = run_behind(directory, said, training["start"])
    if run is None:
        return Start(PurePath(said).name)
    name = name_beside(run)
    try:
        made, log = run.recipe().plain(), run.training_log()
        there = run.evaluation("tuned")
        asked = there.summary()
        alike = asked is not None and tuned is not None and not any(differing(asked, tuned))
        answers = None
        if alike and vouched_summary(there, index.digest) is not None:
            answers = _judged(run, index, ["tuned"], keep=False)["tuned"].answers
    except NetgainError:  # another run that is damaged is no reason to report nothing of this one
        return Start(name)
    return Start(name, made, log, answers)


def _further(
    directory: RunDirectory, recipe: Recipe, index: ProblemIndex, judged: Mapping[str, Judged]
) -> tuple[FurtherResult, ...]:
    """What was measured beside the headline; its problems' headline answers are read for it."""

    def test() -> Sequence[Problem]:
        return index.whole() if index.all_drawn else directory.problems("test")

    def headline(asked: Collection[str]) -> HeadlineAnswers:
        if index.all_drawn:
            return {m: (of.generations, of.grades) for m, of in judged.items()}
        return {m: headline_answers(directory.evaluation(m), index, asked) for m in judged}

    return further_of(directory, recipe, test, headline)


def _prompts(
    directory: RunDirectory,
    recipe: Recipe,
    problems: Sequence[Problem],
    generations: Mapping[str, Sequence[Generation]],
) -> dict[str, Prompt]:
    """What was asked, by problem id: prompts made again, where their digests are the stored ones.

    None where they can no longer be made: a report does not fail for want of shots.

    Raises:
        RunDamaged: the training problems, which the shots are from, are not whole.
    """
    digests = {g.problem_id: g.prompt_digest for rows in generations.values() for g in rows}
    try:
        prompt_of = prompter_of(directory, recipe.prompt, problems)
        made = {p.id: prompt_of(p) for p in problems if p.id in digests}
    except RunDamaged:
        raise
    except NetgainError:
        return {}
    return {i: prompt for i, prompt in made.items() if prompt.digest == digests[i]}
