"""Find the training and test files of a source: built-in, one file, a folder, or the Hub."""

import difflib
import hashlib
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from netgain.data.overlap import find_overlaps
from netgain.data.rows import place_of, read_problems
from netgain.data.wordproblems import word_problems
from netgain.errors import DataError
from netgain.hub import fetch
from netgain.recipe import BUILTIN_TEST, BUILTIN_TRAIN, HUB_ID, DataSettings, local_path
from netgain.records import Problem
from netgain.rowfiles import BadRow, bad_rows_words, conversion

GSM8K = "openai/gsm8k"
# What people write for these sources, for the "did you mean".
KNOWN_SOURCES = {"builtin": "builtin", "gsm8k": GSM8K, GSM8K: GSM8K}
OTHER_FORMATS = {".xlsx", ".xls", ".ods", ".zip", ".arrow", ".feather"}
# Names of files of rows, which are no Hub ids.
OF_ROWS = {".jsonl", ".json", ".parquet", ".csv", ".tsv", ".gz", ".zst"}


@dataclass(frozen=True)
class LoadedProblems:
    """Problems of a source, before any limit: a pool to train on, and a test set."""

    pool: list[Problem]
    test: list[Problem]
    bad_rows: list[BadRow]
    source: str  # where they came from, in words
    revision: str | None  # the Hub commit that was used
    test_revision: str | None = None  # that of `test_source`, where it is set


def load_problems(
    settings: DataSettings, test_limit: int | None = None, test_skip: int = 0
) -> LoadedProblems:
    """Read every problem the recipe's `data` names.

    The limit and the number skipped decide how many built-in problems are made; others are read
    whole.

    Raises:
        DataError: nothing usable there, or bad rows while `on_bad_row` is "stop" (all named).
        HubUnreachable: the source is a Hub id and the Hub does not answer.
    """
    if settings.source == "builtin":
        return _builtin(settings, test_limit, test_skip)
    splits = ("train", "test") if settings.test_source is None else ("train",)
    where, revision = located(
        "data.source", settings.source, settings.revision, settings.subset, splits
    )
    _refuse_unclear_test(where, settings)
    train_files = split_files(where, settings.subset, "train")
    name = name_of(settings.source)
    held_out, test_revision = settings.test_fraction is not None, None
    prefix = name if held_out else f"{name}-train"
    pool, bad = read_problems(train_files, settings.source, prefix, settings.columns)
    if settings.test_fraction is not None:
        pool, test = _hold_out(pool, settings.test_fraction, settings)
        bad_test: list[BadRow] = []
    else:
        test, bad_test, test_revision = _read_test(where, settings)
    bad += bad_test
    if bad and settings.on_bad_row == "stop":
        raise DataError(bad_rows_message(bad, [*pool, *test]))
    _require_distinct_ids(pool, test)
    for kind, problems in (("training", pool), ("test", test)):
        if not problems:
            raise DataError(nothing_usable(settings.source, kind, bad))
    return LoadedProblems(pool, test, bad, settings.source, revision, test_revision)


def _read_test(
    where: Path, settings: DataSettings
) -> tuple[list[Problem], list[BadRow], str | None]:
    """Test problems, bad rows, and the Hub commit of `test_source`."""
    source, revision = settings.source, None
    if settings.test_source is not None:
        source, asked = settings.test_source, settings.test_revision
        if source == settings.source:  # one data set, so one revision where no other is named
            asked = asked or settings.revision
        where, revision = located("data.test_source", source, asked, settings.subset, ("test",))
    files = split_files(where, settings.subset, "test")
    found, bad = read_problems(files, source, f"{name_of(source)}-test", settings.columns)
    return found, bad, revision


def _refuse_unclear_test(where: Path, settings: DataSettings) -> None:
    """It must be clear what is for testing, and no test problem is passed over in silence."""
    if settings.test_source is not None:
        return
    if where.is_file() and settings.test_fraction is None:
        raise DataError(
            f"{where} is one file, so it is not known which problems are for testing; "
            "set data.test_source to another file, or data.test_fraction to hold a part out"
        )
    if where.is_dir() and settings.test_fraction is not None:
        own = _found_files(where, settings.subset, "test")
        if own:
            raise DataError(
                f"{where} has test problems of its own ({own[0].relative_to(where)}), which "
                f"data.test_fraction: {settings.test_fraction} would leave unused; take it out, "
                "or set data.source to the file with the training problems"
            )


def _builtin(settings: DataSettings, test_limit: int | None, test_skip: int) -> LoadedProblems:
    """Training and test problems from one draw, so that no question stands in both."""
    n_pool, n_test = builtin_counts(settings, test_limit)
    n_test += test_skip
    # The test problems come first, so that they stay the same when the pool grows. Two draws of
    # one template can come out nearly alike: a few more are drawn, and such twins left out.
    spare = n_pool // 20 + 10
    pool: list[Problem] = []
    while len(pool) < n_pool:
        drawn = word_problems(
            n_test + n_pool + spare, settings.seed, most_steps=settings.builtin_steps
        )
        test, rest = drawn[:n_test], drawn[n_test:]
        twins = {o.test_id for o in find_overlaps(training=test, test=rest)}
        pool = [p for p in rest if p.id not in twins]
        spare *= 4
    return LoadedProblems(pool[:n_pool], test[test_skip:], [], "built-in word problems", None)


def builtin_counts(settings: DataSettings, test_limit: int | None) -> tuple[int, int]:
    """How many built-in problems are made for training and validation, and for testing."""
    return settings.limit or BUILTIN_TRAIN, test_limit or BUILTIN_TEST


def local_source(setting: str, source: str) -> Path | None:
    """The file or folder that a source names; None for a Hub id.

    Raises:
        DataError: it is neither.
    """
    path = local_path(source)
    if path is not None:
        return path
    if HUB_ID.match(source) and Path(source).suffix not in OF_ROWS:
        return None
    is_data = setting in {"data", "data.source"}  # of an evaluation without a recipe, of a recipe
    names = KNOWN_SOURCES if is_data else {"gsm8k": GSM8K}
    near = difflib.get_close_matches(source.casefold()[:80], names, n=1, cutoff=0.7)
    hint = f"did you mean {names[near[0]]}?" if near else "give one of these"
    if HUB_ID.match(source.partition("@")[0]) and "@" in source:
        hint = "a revision is given apart, as data.revision, data.test_revision or a task's own"
    if is_data and not near:
        hint += ", or 'builtin'"
    raise DataError(
        f"{setting}: {source!r:.200} is no such file or folder, and no Hub id (owner/name); {hint}"
    )


def located(
    setting: str, source: str, revision: str | None, subset: str, splits: Sequence[str]
) -> tuple[Path, str | None]:
    """A local path for the source; what looks like a Hub id and is no path is fetched."""
    path = local_source(setting, source)
    if path is not None:
        return path, None
    return fetch_splits(source, revision, subset, splits)


def fetch_splits(
    repo: str, revision: str | None, subset: str, splits: Sequence[str]
) -> tuple[Path, str]:
    """The files of these splits of a Hub data set in the local cache, and the commit they are of.

    Raises:
        DataError, HubUnreachable, StorageError, MissingDependency: as `netgain.hub.fetch`.
    """
    patterns = [pattern for split in splits for pattern in _patterns(subset, split)]
    return fetch("dataset", repo, revision, patterns)


def split_files(where: Path, subset: str, split: str) -> list[Path]:
    """The files of one split: `split.jsonl` and the like, or Parquet in the Hub's layout."""
    if where.is_file():
        if where.suffix.lower() in OTHER_FORMATS:
            how = conversion(where)
            raise DataError(
                f"{where} is not JSONL (each line one JSON object with a question and an answer), "
                f"JSON, CSV or Parquet; convert it to one of them{': ' if how else ''}{how}"
            )
        return [where]
    found = _found_files(where, subset, split)
    if not found:
        looked = ", ".join(_patterns(subset, split))
        raise DataError(f"{where} holds no {split} split; looked for {looked}")
    return found


def _found_files(folder: Path, subset: str, split: str) -> list[Path]:
    every = (sorted(folder.glob(pattern)) for pattern in _patterns(subset, split))
    return next((files for files in every if files), [])


def _patterns(subset: str, split: str) -> tuple[str, ...]:
    """Where the files of a split may lie in a folder or a Hub repository, best first."""
    return (
        f"{split}.jsonl",
        f"{subset}/{split}.jsonl",
        f"{subset}/{split}-*.parquet",
        f"{subset}/{split}.parquet",
        f"{subset}/{split}/*.parquet",  # the Hub's own conversion
        f"data/{split}-*.parquet",
        f"data/{split}-*.jsonl",
        f"{split}-*.parquet",
        f"{split}.parquet",
        *(
            f"{split}{kind}"
            for kind in (".json", ".csv", ".tsv", ".jsonl.gz", ".json.gz", ".csv.gz")
        ),
    )


def name_of(source: str) -> str:
    """What begins the ids of rows that have none."""
    name = Path(source).name
    for kind in (".gz", ".zst", *OF_ROWS):
        name = name.removesuffix(kind)
    return name


def _hold_out(
    pool: Sequence[Problem], fraction: float, settings: DataSettings
) -> tuple[list[Problem], list[Problem]]:
    order = list(range(len(pool)))
    random.Random(f"test:{settings.seed}").shuffle(order)
    held = set(order[: max(1, round(len(pool) * fraction))])
    if pool and len(held) == len(pool):
        raise DataError(
            f"data.test_fraction: {fraction} holds out all {len(pool):,} problems of "
            f"{settings.source} for testing and leaves none to train on; lower it"
        )
    return (
        [p for i, p in enumerate(pool) if i not in held],
        [p for i, p in enumerate(pool) if i in held],
    )


def _require_distinct_ids(pool: Sequence[Problem], test: Sequence[Problem]) -> None:
    trained = {p.id: p for p in pool}
    shared = [p for p in test if p.id in trained]
    if shared:
        first, many = shared[0], len(shared) > 1
        raise DataError(
            f"{len(shared):,} id{'s stand' if many else ' stands'} in both training and test data "
            f"({'for example ' if many else ''}{first.id!r:.80}: {place_of(trained[first.id])} and "
            f"{place_of(first)}); give every problem its own id"
        )


def bad_rows_message(bad: Sequence[BadRow], usable: Sequence[Problem]) -> str:
    """What to say of rows that cannot be used: all of them, with places and reasons."""
    counts = Counter(p.metadata["file"] for p in usable)
    named = "\n".join(f"  - {line}" for line in bad_rows_words(bad, counts))
    return (
        f"{len(bad):,} row{'s'[: len(bad) != 1]} cannot be used:\n{named}\n"
        "mend them, or go on without them by --set data.on_bad_row=skip (they are then counted)"
    )


def nothing_usable(source: str, kind: str, bad: Sequence[BadRow]) -> str:
    """What to say of a source without any problem of this kind."""
    message = f"{source} gave no usable {kind} problem"
    if not bad:
        return message
    named = "\n".join(f"  - {line}" for line in bad_rows_words(bad, {}))
    return f"{message}; skipped, as data.on_bad_row says:\n{named}"


def problems_digest(problems: Iterable[Problem]) -> str:
    """SHA-256 (hex) over ids, questions, choices and answers, in order."""
    digest = hashlib.sha256()
    for problem in problems:
        digest.update(digested(problem))
    return digest.hexdigest()


def digested(problem: Problem) -> bytes:
    """What a digest over problems takes from one of them."""
    p = problem
    text = f"{p.id}\0{p.question}\0{p.answer}\0{p.solution}\0"
    if p.choices:
        text += "".join(f"{part}\0" for part in (*p.choices, p.answer_choice))
    return text.encode()
