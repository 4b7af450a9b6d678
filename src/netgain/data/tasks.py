"""The benchmarks that are known by name: where each lies, and how a row becomes a problem.

`TASKS` is the whole list. Tasks with a `headline` are scored by the log-likelihood of their
choices, the others by generated answers. See docs/tasks.md for licences and traps.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from netgain.data.choice_tasks import (
    ARC,
    HELLASWAG,
    MMLU,
    ChoiceFormat,
    ChoiceItem,
    arc_problem,
    hellaswag_problem,
    mmlu_problem,
)
from netgain.data.load import GSM8K, bad_rows_message, fetch_splits, local_source, split_files
from netgain.data.rows import numeric_problem, read_rows
from netgain.data.split import sample
from netgain.errors import DataError
from netgain.grading.loglikelihood import ChoiceMetric
from netgain.records import Problem
from netgain.rowfiles import BadRow, kind_words


@dataclass(frozen=True)
class Task:
    """A benchmark on the Hub. `read` takes a row, the source and the id a row has by default.

    Problems that are not independent share `metadata["cluster"]`. For multiple choice, `format`
    gives what is scored, `headline` is the metric usually quoted, and `shots` the split that
    solved examples come from.
    """

    hub_id: str
    subset: str  # the configuration
    split: str
    read: Callable[[Mapping[str, Any], str, str], Problem]
    format: ChoiceFormat | None = None
    headline: ChoiceMetric | None = None
    shots: str = "train"


@dataclass(frozen=True)
class LoadedTask:
    """A task's problems. `set_aside` names rows that are sound but have no numeric answer."""

    name: str
    problems: list[Problem]
    bad_rows: list[BadRow]
    set_aside: list[BadRow]
    source: str
    revision: str | None  # the Hub commit that was used
    available: int  # problems before the limit


def load_task(
    name: str,
    source: str | Path | None = None,
    *,
    revision: str | None = None,
    limit: int | None = None,
    seed: int = 0,
    skip: int = 0,
) -> LoadedTask:
    """The problems of a task, in the order of its file.

    Args:
        name: a key of `TASKS`.
        source: a local file or folder in the Hub's format, or another Hub id that holds the same;
            None is the task's own.
        revision: commit, branch or tag on the Hub; None is the newest.
        limit: so many are drawn at random by `seed`; a longer draw holds the shorter one.
        skip: so many are passed over first: what a limit of `skip` holds.

    Raises:
        DataError: no such task, or nothing usable there (every bad row is named).
        HubUnreachable: it has to come from the Hub, which does not answer.
    """
    found, bad, said, commit = load_split(name, find_task(name).split, source, revision)
    problems = [p for p in found if p.answer is not None or p.answer_choice is not None]
    if not problems:
        reasons = f"\n{bad_rows_message(bad, [])}" if bad else ""
        raise DataError(f"task {name}: no usable problem in {said}{reasons}")
    drawn = problems
    if skip or (limit is not None and limit < len(problems)):
        kept = {p.id for p in sample(problems, limit, f"task:{seed}", skip)}
        drawn = [p for p in problems if p.id in kept]
    return LoadedTask(name, drawn, bad, _without_answer(found), said, commit, len(problems))


def load_shots(
    name: str, count: int, source: str | Path | None = None, *, revision: str | None = None
) -> list[Problem]:
    """The first `count` solved examples of a task's training data, of each subject it has.

    Args:
        source, revision: as for `load_task`; a file is read whole.

    Raises:
        DataError, HubUnreachable: as `load_task` does.
    """
    found, _, _, _ = load_split(name, find_task(name).shots, source, revision)
    taken: Counter[object] = Counter()
    shots = []
    for problem in found:
        subject = problem.metadata.get("subject")
        if taken[subject] < count:
            taken[subject] += 1
            shots.append(problem)
    return shots


def load_split(
    name: str, split: str, source: str | Path | None, revision: str | None
) -> tuple[list[Problem], list[BadRow], str, str | None]:
    """Problems and bad rows of a split, where they come from, and the Hub commit.

    Raises:
        DataError, HubUnreachable: as `load_task` does.
    """
    task = find_task(name)
    where = None if source is None else local_source(f"source of task {name}", str(source))
    said = task.hub_id if source is None else str(source)
    commit = None
    if where is None:
        where, commit = fetch_splits(said, revision, task.subset, (split,))
    found, bad = read_rows(
        split_files(where, task.subset, split),
        f"{name}-{split}",
        lambda row, row_id: task.read(row, said, row_id),
    )
    return found, bad, said, commit


def find_task(name: str) -> Task:
    """The task of this name.

    Raises:
        DataError: there is none; the message lists them.
    """
    if name not in TASKS:
        raise DataError(f"no task {name!r:.80}; there are: {', '.join(sorted(TASKS))}")
    return TASKS[name]


def choice_items(
    name: str, problems: Sequence[Problem], shots: Sequence[Problem] = ()
) -> list[ChoiceItem]:
    """What is scored for these problems of a task of multiple choice, after solved `shots`.

    Raises:
        DataError: the task's answers are generated, not chosen.
    """
    form = find_task(name).format
    if form is None:
        raise DataError(f"task {name} has no choices to score; its answers are generated")
    return [form.item(problem, shots) for problem in problems]


def _without_answer(found: Sequence[Problem]) -> list[BadRow]:
    return [
        BadRow(
            p.metadata["file"], p.metadata["line"], "no numeric answer (the gold answer is None)"
        )
        for p in found
        if p.answer is None and p.answer_choice is None
    ]


# -- numeric answers -----------------------------------------------------------------------


def platinum_problem(row: Mapping[str, Any], source: str, row_id: str) -> Problem:
    """GSM8K's columns and `cleaning_status`, which becomes the category."""
    status = row.get("cleaning_status")
    problem = numeric_problem(row, source, row_id)
    return replace(problem, category=status) if isinstance(status, str) else problem


def symbolic_problem(row: Mapping[str, Any], source: str, row_id: str) -> Problem:
    """GSM8K's columns, `id` of the template, `instance` and `original_id` (in GSM8K's test set).

    The `id` names a template and not a row: its instances are one cluster.
    """
    template = row.get("id")
    if not isinstance(template, (int, str)) or isinstance(template, bool):
        raise DataError(f"'id' must name the template, not be {kind_words(template)}")
    problem = numeric_problem({**row, "id": row_id}, source, row_id)
    more = {name: row[name] for name in ("instance", "original_id") if row.get(name) is not None}
    return replace(problem, metadata={"cluster": f"template-{template}", **more})


def plus_problem(row: Mapping[str, Any], source: str, row_id: str) -> Problem:
    """`question, solution, answer, perturbation_type, seed_question`; an answer may be "None".

    The perturbations of one seed question are one cluster, named by a digest of its text, as the
    data gives it no id.
    """
    seed = row.get("seed_question")
    if not isinstance(seed, str) or not seed.strip():
        raise DataError(f"'seed_question' must be text, not {kind_words(seed)}")
    columns = {
        "id": row_id,
        "question": row.get("question"),
        "answer": row.get("solution"),
        "gold": row.get("answer"),
        "category": row.get("perturbation_type"),
    }
    problem = numeric_problem(columns, source, row_id, may_have_none=True)
    digest = hashlib.sha256(seed.strip().encode(errors="replace")).hexdigest()[:12]
    return replace(problem, metadata={"cluster": f"seed-{digest}"})


def _symbolic(subset: str) -> Task:
    return Task("apple/GSM-Symbolic", subset, "test", symbolic_problem)


def _arc(subset: str, headline: ChoiceMetric) -> Task:
    return Task("allenai/ai2_arc", subset, "test", arc_problem, ARC, headline)


TASKS: Mapping[str, Task] = {
    "arc_challenge": _arc("ARC-Challenge", "acc_norm"),
    "arc_easy": _arc("ARC-Easy", "acc"),
    "gsm8k": Task(GSM8K, "main", "test", numeric_problem),
    "gsm8k_platinum": Task("madrylab/gsm8k-platinum", "main", "test", platinum_problem),
    "gsm_plus": Task("qintongli/GSM-Plus", "default", "test", plus_problem),
    "gsm_symbolic": _symbolic("main"),
    "gsm_symbolic_p1": _symbolic("p1"),
    "gsm_symbolic_p2": _symbolic("p2"),
    "hellaswag": Task(
        "Rowan/hellaswag", "default", "validation", hellaswag_problem, HELLASWAG, "acc_norm"
    ),
    "mmlu": Task("cais/mmlu", "all", "test", mmlu_problem, MMLU, "acc", shots="dev"),
}
