"""What a folder holds that can be viewed: a run with its two models, or one evaluation alone."""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from netgain.errors import NetgainError, RunDamaged, RunError
from netgain.pipeline.evaluating import prompter_of
from netgain.pipeline.evaluations import ending_of, vouched_summary
from netgain.pipeline.run_entries import OF_A_RUN, OF_AN_EVALUATION, run_above
from netgain.plain_files import open_plain, real
from netgain.recipe import Recipe, local_path
from netgain.records import Problem, Prompt
from netgain.reporting.writing import read_written
from netgain.store import EvaluationFolder, RunDirectory
from netgain.store.schema import ANEW, ANSWER_AGAIN, told
from netgain.viewing.access import no_pieces, pieces_of
from netgain.viewing.index import Answers, Index, Progress, joined, read_answers, read_problems
from netgain.viewing.judgements import made_judgements, stored_judgements
from netgain.viewing.texts import Texts
from netgain.viewing.viewed_problems import PromptOf, Whole

LARGEST_REPORT = 200_000_000  # bytes of report.json that are read for its verdict
MOST_DRAWN_IN_ORDER = 50_000  # problems that are read whole where their order decides the shots
NOT_FINISHED = "The {model} model has not answered all problems yet: its answers are not here."


@dataclass(frozen=True)
class View:
    """All that the server shows. `verdict` is "" where there is no report; `notes` are caveats."""

    title: str
    verdict: str
    notes: tuple[str, ...]
    whole: Whole

    @property
    def index(self) -> Index:
        return self.whole.index


def open_view(root: Path, progress: Progress) -> View:
    """Read a run directory, or the folder of an evaluation alone, so that it can be shown.

    Raises:
        RunError: there is neither, or no answers yet.
        RunDamaged: a file is missing, changed or damaged.
    """
    if any((root / name).is_file() for name in OF_A_RUN):
        return _run(RunDirectory(root), progress)
    if any((root / name).is_file() for name in OF_AN_EVALUATION):
        return _alone(EvaluationFolder(root), progress)
    if not root.is_dir():
        raise RunError(f"{root} is no folder; give the directory of a run, as under runs/")
    raise RunError(
        f"{root} holds no run: there is no run.json in it; give the directory that `netgain run` "
        "printed, or the --out of `netgain evaluate`"
    )


def _run(directory: RunDirectory, progress: Progress) -> View:
    recipe = directory.recipe()
    folders = {model: directory.evaluation(model) for model in ("base", "tuned")}
    _refuse_unfinished(folders)
    split = directory.split()
    path = directory.data / "test.jsonl"
    texts = Texts(len(split["ids"]["test"]))
    problems = read_problems(path, len(split["ids"]["test"]), texts, progress)
    if problems.digest != split["digests"]["test"]:
        why = "was changed after the run began: it has not the SHA-256 that split.json records"
        raise RunDamaged(path, why, ANEW)
    answers: dict[str, Answers] = {}
    for model, folder in folders.items():
        if vouched_summary(folder, problems.digest) is not None:
            progress("judgements", 0, len(problems))
            judged = stored_judgements(directory, model)
            answers[model] = read_answers(folder, problems, judged, texts, progress)
    title, verdict = _reported(directory)
    notes = [NOT_FINISHED.format(model=model) for model in folders if model not in answers]
    if not verdict:
        notes.append("No report as netgain wrote it is here: `netgain report` makes one.")
    whole = Whole(
        joined(problems, answers, texts),
        _prompts(directory, recipe, len(problems)),
        pieces_of(list(_tokenizers(directory, recipe))),
        recipe.prompt.answer_ending,
    )
    return View(title, verdict, tuple(notes), whole)


def _alone(folder: EvaluationFolder, progress: Progress) -> View:
    _refuse_without_problems(folder)
    _refuse_unfinished({"base": folder})
    path = folder.problems_file
    with told(path, ANSWER_AGAIN), open_plain(path, links=False) as lines:
        count = sum(1 for _ in lines)
    texts = Texts(count)
    problems = read_problems(folder.problems_file, count, texts, progress)
    summary = vouched_summary(folder, problems.digest)
    judged = made_judgements(problems)
    answers = read_answers(folder, problems, judged, texts, progress)
    whole = Whole(
        joined(problems, {"base": answers}, texts),
        lambda problem: None,
        no_pieces,
        ending_of(summary.settings if summary else None),
    )
    return View(f"Evaluation {real(folder.path).name}", "", (), whole)


def _refuse_without_problems(folder: EvaluationFolder) -> None:
    if folder.problems_file.is_file():
        return
    run = run_above(folder.path)
    if run is None:
        raise RunDamaged(folder.problems_file, "is missing", ANSWER_AGAIN)
    raise RunError(
        f"{folder.path} is an evaluation inside the run {run}; view the run: "
        f"`netgain view {shlex.quote(str(run))}`"
    )


def _refuse_unfinished(folders: Mapping[str, EvaluationFolder]) -> None:
    """Raise RunError where no evaluation is finished, or one holds no answers to read."""
    finished = [folder for folder in folders.values() if folder.summary_file.exists()]
    if not finished:
        begun = sum(len(folder.parts()) for folder in folders.values())
        where = " and ".join(str(folder.path) for folder in folders.values())
        state = f"it holds {begun} of its batches" if begun else "no answer is stored"
        raise RunError(
            f"there is no finished evaluation in {where} yet ({state}); give the command that "
            "made it again: it goes on from there"
        )
    for folder in finished:
        if folder.scores_folder.is_dir():
            raise RunError(
                f"{folder.path} holds scores of choices and no written answers, so there is "
                "nothing in it to read"
            )


def _reported(directory: RunDirectory) -> tuple[str, str]:
    """Title and verdict of the report; the folder's name and "" where there is none as written."""
    path = directory.report / "report.json"
    try:
        found = json.loads(read_written(path, LARGEST_REPORT))
        return str(found["title"]), str(found["verdict"])
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        pass  # what is shown here is read from the answers, so a report is no need
    return real(directory.root).name, ""


def _prompts(directory: RunDirectory, recipe: Recipe, count: int) -> PromptOf:
    """What makes a problem's prompt again; nothing where it can no longer be made."""
    in_order = recipe.prompt.style == "lm_eval_gsm8k" and count <= MOST_DRAWN_IN_ORDER
    try:
        asked: Sequence[Problem] = directory.problems("test") if in_order else ()
        made = prompter_of(directory, recipe.prompt, asked)
    except RunDamaged:
        raise
    except NetgainError:
        return lambda problem: None

    def prompt_of(problem: Problem) -> Prompt | None:
        try:
            return made(problem)
        except NetgainError:
            return None

    return prompt_of


def _tokenizers(directory: RunDirectory, recipe: Recipe) -> Iterator[Path]:
    """Where the tokenizer may lie: training stores it by the adapter."""
    yield directory.adapter / "tokenizer.json"
    if local_path(recipe.model.id):
        yield Path(recipe.model.id).expanduser() / "tokenizer.json"
