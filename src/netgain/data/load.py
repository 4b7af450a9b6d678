"""Find the training and test files of a source: built-in, one file, a folder, or the Hub."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from netgain.data.overlap import find_overlaps
from netgain.data.rows import read_problems
from netgain.data.wordproblems import word_problems
from netgain.errors import DataError, HubUnreachable, MissingDependency
from netgain.recipe import HUB_ID, DataSettings
from netgain.records import Problem
from netgain.rowfiles import BadRow

BUILTIN_TRAIN, BUILTIN_TEST = 1000, 300  # how many are made where the recipe sets no limit
MAX_NAMED_ROWS = 20  # bad rows named one by one in an error


@dataclass(frozen=True)
class LoadedProblems:
    """Problems of a source, before any limit: a pool to train on, and a test set."""

    pool: list[Problem]
    test: list[Problem]
    bad_rows: list[BadRow]
    source: str  # where they came from, in words
    revision: str | None  # the Hub commit that was used


def load_problems(settings: DataSettings, test_limit: int | None = None) -> LoadedProblems:
    """Read every problem the recipe's `data` names.

    Raises:
        DataError: nothing usable there, or bad rows while `on_bad_row` is "stop" (all named).
        HubUnreachable: the source is a Hub id and the Hub does not answer.
    """
    if settings.source == "builtin":
        return _builtin(settings, test_limit)
    folder_or_file, revision = _locate(settings.source, settings.revision, settings.subset)
    train_files = _split_files(folder_or_file, settings.subset, "train")
    pool, bad = read_problems(train_files, settings.source, _prefix(settings.source, "train"))
    if settings.test_source is not None:
        same = settings.test_source == settings.source
        where, _ = _locate(
            settings.test_source, settings.revision if same else None, settings.subset
        )
        test_files = _split_files(where, settings.subset, "test")
        test, bad_test = read_problems(
            test_files, settings.test_source, _prefix(settings.test_source, "test")
        )
    elif settings.test_fraction is not None:
        pool, test = _hold_out(pool, settings.test_fraction, settings.seed)
        bad_test = []
    elif folder_or_file.is_file():
        raise DataError(
            f"{folder_or_file} is one file, so it is not known which problems are for testing; "
            "set data.test_source to another file, or data.test_fraction to hold a part out"
        )
    else:
        test_files = _split_files(folder_or_file, settings.subset, "test")
        test, bad_test = read_problems(
            test_files, settings.source, _prefix(settings.source, "test")
        )
    bad += bad_test
    if bad and settings.on_bad_row == "stop":
        raise DataError(_bad_rows_message(bad))
    _require_distinct_ids(pool, test)
    for name, problems in (("training", pool), ("test", test)):
        if not problems:
            raise DataError(f"{settings.source} gave no usable {name} problem")
    return LoadedProblems(pool, test, bad, settings.source, revision)


def _builtin(settings: DataSettings, test_limit: int | None) -> LoadedProblems:
    """Training and test problems from one draw, so that no question stands in both."""
    n_pool = settings.limit or BUILTIN_TRAIN
    n_test = test_limit or BUILTIN_TEST
    # The test problems come first, so that they stay the same when the pool grows. Two draws of
    # one template can come out nearly alike: a few more are drawn, and such twins left out.
    drawn = word_problems(n_test + n_pool + n_pool // 20 + 10, settings.seed)
    test, pool = drawn[:n_test], drawn[n_test:]
    while twins := {o.train_id for o in find_overlaps(pool, test)}:
        pool = [p for p in pool if p.id not in twins]
    return LoadedProblems(pool[:n_pool], test, [], "built-in word problems", None)


def _locate(source: str, revision: str | None, subset: str) -> tuple[Path, str | None]:
    """A local path for the source; what looks like a Hub id and is no path is fetched."""
    path = Path(source).expanduser()
    if path.exists():
        return path, None
    if not HUB_ID.match(source) or path.suffix in {".jsonl", ".json", ".parquet"}:
        raise DataError(
            f"data source {source!r}: no such file or folder, and no Hub id (owner/name); "
            "give one of these, or 'builtin'"
        )
    return _fetch(source, revision, subset)


def _fetch(repo: str, revision: str | None, subset: str) -> tuple[Path, str]:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    except ImportError:
        raise MissingDependency(
            "reading a data set from the Hub needs huggingface_hub: pip install 'netgain[train]'"
        ) from None
    try:
        folder = snapshot_download(
            repo,
            repo_type="dataset",
            revision=revision,
            allow_patterns=[p for split in ("train", "test") for p in _patterns(subset, split)],
        )
    except LocalEntryNotFoundError as error:
        raise HubUnreachable(
            f"data set {repo!r} is not in the local cache and the Hub cannot be reached; "
            "connect, or set data.source to a local folder"
        ) from error
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise DataError(
            f"data set {repo!r} (revision {revision or 'newest'}) cannot be fetched: "
            f"{str(error).splitlines()[0]}; check the id and the revision, or use a local folder"
        ) from error
    return Path(folder), Path(folder).name


def _split_files(where: Path, subset: str, split: str) -> list[Path]:
    """The files of one split: `split.jsonl`, or Parquet in the Hub's layout."""
    if where.is_file():
        return [where]
    patterns = _patterns(subset, split)
    for pattern in patterns:
        found = sorted(where.glob(pattern))
        if found:
            return found
    raise DataError(f"{where} holds no {split} split; looked for " + ", ".join(patterns))


def _patterns(subset: str, split: str) -> tuple[str, ...]:
    """Where the files of a split may lie in a folder or a Hub repository, best first."""
    return (
        f"{split}.jsonl",
        f"{subset}/{split}-*.parquet",
        f"{subset}/{split}.parquet",
        f"data/{split}-*.parquet",
        f"{split}-*.parquet",
        f"{split}.parquet",
    )


def _prefix(source: str, split: str) -> str:
    name = Path(source).name.removesuffix(".jsonl").removesuffix(".parquet")
    return f"{name}-{split}"


def _hold_out(
    pool: Sequence[Problem], fraction: float, seed: int
) -> tuple[list[Problem], list[Problem]]:
    order = list(range(len(pool)))
    random.Random(f"test:{seed}").shuffle(order)
    held = set(order[: max(1, round(len(pool) * fraction))])
    return (
        [p for i, p in enumerate(pool) if i not in held],
        [p for i, p in enumerate(pool) if i in held],
    )


def _require_distinct_ids(pool: Sequence[Problem], test: Sequence[Problem]) -> None:
    shared = {p.id for p in pool} & {p.id for p in test}
    if shared:
        raise DataError(
            f"{len(shared)} ids stand in both training and test data (for example "
            f"{min(shared)!r}); give every problem its own id"
        )


def _bad_rows_message(bad: Sequence[BadRow]) -> str:
    named = "\n".join(f"  - {row}" for row in bad[:MAX_NAMED_ROWS])
    more = f"\n  … and {len(bad) - MAX_NAMED_ROWS} more" if len(bad) > MAX_NAMED_ROWS else ""
    return (
        f"{len(bad)} row{'s'[: len(bad) != 1]} cannot be used:\n{named}{more}\n"
        "mend them, or set data.on_bad_row: skip (they are then counted in the report)"
    )


def problems_digest(problems: Sequence[Problem]) -> str:
    """SHA-256 (hex) over ids, questions and answers, in order."""
    digest = hashlib.sha256()
    for problem in problems:
        for part in (problem.id, problem.question, str(problem.answer), problem.solution):
            digest.update(part.encode() + b"\0")
    return digest.hexdigest()
