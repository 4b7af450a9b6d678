"""What `TrueAccuracy` asks: its arguments as a recipe's settings, its problems as prompts."""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from netgain.data.asked import Asked, load_asked
from netgain.data.load import nothing_usable
from netgain.data.rows import read_problems
from netgain.data.split import sample
from netgain.data.tasks import TASKS
from netgain.errors import DataError, UsageError
from netgain.generate.answering import Question
from netgain.prompts import prompter
from netgain.recipe import Recipe, parse_recipe
from netgain.records import Generation, Problem
from netgain.rowfiles import GIVEN, GivenRows, bad_rows_words
from netgain.store import storage_errors, whole_file

log = logging.getLogger("netgain")
Rows = Iterable[Mapping[str, Any]]


def settings_of(
    problems: Any, prompt: str | Mapping[str, Any] | None, limit: int | None, max_new_tokens: int,
    batch_size: int | None, columns: Mapping[str, str] | Sequence[str], seed: int,
) -> Recipe:  # fmt: skip
    """The callback's arguments as a recipe, so that they are checked, and explained, as one.

    Raises:
        RecipeError: with one line a mistake, all of them.
    """
    source = str(problems) if isinstance(problems, (str, Path)) else GIVEN
    if isinstance(columns, Mapping):
        columns = [f"{name}={place}" for name, place in columns.items()]
    raw: dict[str, Any] = {
        "name": "TrueAccuracy",
        "model": {"id": "embedded"},  # the trainer has the model
        "data": {
            "source": source, "columns": list(columns), "seed": seed,
            **({} if source == "builtin" else {"on_bad_row": "skip"}),
        },
        "evaluate": {"limit": limit, "max_new_tokens": max_new_tokens, "batch_size": batch_size},
    }  # fmt: skip
    if prompt is not None:
        raw["prompt"] = {"style": prompt} if isinstance(prompt, str) else dict(prompt)
    return parse_recipe(raw, "TrueAccuracy")


def questions_of(problems: Any, recipe: Recipe) -> list[tuple[Problem, Question]]:
    """The problems that are asked, in the order in which they are, each with its prompt.

    Raises:
        DataError: no problem can be used, or a prompt's examples are not there.
        HubUnreachable: the problems are to come from the Hub, which does not answer.
    """
    asked = _problems(problems, recipe)
    if asked.bad_rows:
        log.warning(
            "%d rows of the validation problems cannot be used, for example %s",
            len(asked.bad_rows), next(iter(bad_rows_words(asked.bad_rows, {}))),
        )  # fmt: skip
    # In the order of a draw, also where all are asked: a round that runs out of time has asked a
    # random part of them.
    drawn = sample(asked.problems, recipe.evaluate.limit, f"test:{recipe.data.seed}")
    prompt_of = prompter(recipe.prompt, asked.shots, drawn)
    return [(p, Question(p.id, prompt_of(p))) for p in drawn]


def _problems(problems: Any, recipe: Recipe) -> Asked:
    if isinstance(problems, (str, Path)):
        asked = load_asked(recipe.data, recipe.evaluate.limit)
        if asked.task is not None and TASKS[asked.task].headline is not None:
            raise UsageError(
                "problems", f"{asked.task} is scored by log-likelihoods, and no answers are given; "
                "netgain evaluate scores a checkpoint on it"
            )  # fmt: skip
        return asked
    given: Any = problems
    if hasattr(problems, "iterrows"):  # a table of pandas
        given = problems.to_dict("records")
    elif hasattr(problems, "to_dicts"):  # of polars
        given = problems.to_dicts()
    if isinstance(given, Mapping) or not isinstance(given, Iterable):
        raise UsageError("problems", "give a file, or a list of rows (dictionaries)")
    rows = GivenRows(list(given))
    found, bad = read_problems([rows], GIVEN, "row", recipe.data.columns)
    if not found:
        raise DataError(nothing_usable(GIVEN, "validation", bad))
    return Asked(found, [], bad)


def write_answers(
    path: Path, problems: Sequence[Problem], answers: Sequence[Generation], model: str
) -> None:
    """Answers as rows that `netgain grade`, `compare`, `diagnose` and `analyse` read.

    Raises:
        StorageError: the place cannot be written.
    """
    with storage_errors(path.parent, "choose another place with out="):
        path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as file:
        for p, answer in zip(problems, answers, strict=True):
            row = {
                "id": p.id, "question": p.question, "answer": p.solution, "gold": str(p.answer),
                "category": p.category, "model": model, "completion": answer.text,
                "finish_reason": answer.finish_reason,
            }  # fmt: skip
            file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
