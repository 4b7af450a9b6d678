"""The files of a batch of requests: what was asked, what was answered, what failed.

An API writes them apart, under names that its user chooses; an id joins their rows.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

from netgain.data.api_shapes import failure_of, is_request
from netgain.data.rows_of_answers import MAX_ANSWER_LINE_BYTES
from netgain.data.shapes import tool_of, under_usual_names
from netgain.errors import DataError
from netgain.importers.found import MOST_NAMED, AnswerFiles
from netgain.importers.names_by_place import stem_of
from netgain.importers.row_kinds import first_telling
from netgain.rowfiles import rows_of
from netgain.wording import integer, one_line

TOOLS = ("API", "OLMES")
MOST_BESIDE = 100  # files of a folder that are looked at beside a named one
MOST_PROBLEMS = 200_000
ALIKE = 3  # characters that begin the names of a batch's files
# Words of a file's name that say what it is of a batch, and not of which one.
_PLAIN = re.compile(
    r"(?:(?:in|out)puts?|errors?|fail(?:ed|ures?)|results?|answers?|responses?|requests?|asked"
    r"|batch|batches|completions?|predictions?|prompts?|jobs?|file)"
)
WHOSE = "holds requests that failed, and nothing tells whose; name it as the answers are named"


@dataclass(frozen=True)
class _Files:
    """Files of batches, by what they hold."""

    requests: tuple[Path, ...] = ()
    answers: tuple[Path, ...] = ()
    failed: tuple[Path, ...] = ()


def joined(
    sources: Sequence[AnswerFiles], requests: Sequence[Path], failed: Sequence[Path]
) -> tuple[list[AnswerFiles], list[Path]]:
    """Answers of batches with the files of what was asked and of what failed.

    Both are those of the answers' folder, or of the files found.

    Returns:
        the evaluations, and files of failed requests of which nothing tells whose they are.
    """
    batches = [one for one in sources if one.tool in TOOLS]
    near = {folder: _beside(folder) for one in batches for folder in _folders(one)}
    answers = [path for one in batches for path in one.files]
    answers += [path for files in near.values() for path in files.answers]
    lost = [*failed, *(path for files in near.values() for path in files.failed)]
    owner = {path: _owner(path, answers) for path in lost}
    found = []
    for one in sources:
        if one.tool in TOOLS:
            beside = [path for path in requests if path.parent in _folders(one)] or requests
            beside = beside or [path for f in _folders(one) for path in near[f].requests]
            asked = tuple(_alike(one.files[0], beside) or beside)
            mine = tuple(path for path, whose in owner.items() if whose in one.files)
            one = replace(one, asked=asked, failed=mine)
        found.append(one)
    return found, [path for path, whose in owner.items() if batches and whose is None]


def _folders(one: AnswerFiles) -> list[Path]:
    return sorted({path.parent for path in one.files})


def _beside(folder: Path) -> _Files:
    """Files of batches among the first of a folder."""
    kinds: dict[str, list[Path]] = {"requests": [], "answers": [], "failed": []}
    for path in sorted(islice(folder.glob("*.jsonl*"), MOST_BESIDE)):
        try:
            first = first_telling(row for _, row in rows_of(path, MAX_ANSWER_LINE_BYTES))
        except (DataError, OSError):
            continue
        if isinstance(first, Mapping) and tool_of(first) in TOOLS:
            kind = "requests" if is_request(first) else "failed" if failure_of(first) else "answers"
            kinds[kind].append(path)
    return _Files(**{kind: tuple(paths) for kind, paths in kinds.items()})


def _owner(failed: Path, answers: Sequence[Path]) -> Path | None:
    """The file of answers that requests which failed belong to."""
    of_folder = [path for path in answers if path.parent == failed.parent] or answers
    best = list(dict.fromkeys(_alike(failed, of_folder)))
    return best[0] if len(best) == 1 else None


def _alike(path: Path, others: Sequence[Path]) -> Sequence[Path]:
    """Of several files the one of a batch's name, or whose name begins so; all where none is."""
    if len(set(others)) < 2:
        return others
    same = [one for one in others if _words(one) == _words(path)]
    if len(set(same)) == 1:
        return same[:1]
    pairs = [zip(path.name, one.name, strict=False) for one in others]
    alike = [sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], of)) for of in pairs]
    best = [one for one, n in zip(others, alike, strict=True) if n == max(alike) >= ALIKE]
    return best if len(set(best)) == 1 else others


def _words(path: Path) -> list[str]:
    """The words of a file's name that tell one batch from another.

    >>> _words(Path("batch_68a-output.jsonl"))
    ['68a']
    """
    words = re.findall(r"[^\W_]+", stem_of(path).lower())
    return sorted(word for word in words if not _PLAIN.fullmatch(word))


# -- rows ----------------------------------------------------------------------------------


def questions(requests: Sequence[Path]) -> dict[str, str]:
    """What batches were asked, by the id that an answer repeats; none where two files differ."""
    found: dict[str, str] = {}
    differ = set()
    for path in requests:
        for _, row in rows_of(path, MAX_ANSWER_LINE_BYTES):
            if len(found) > MOST_PROBLEMS:
                raise DataError(f"{path} asks more than {MOST_PROBLEMS:,} questions; take a part")
            if isinstance(row, Mapping) and is_request(row):
                under = under_usual_names(row)
                asked = under.get("question")
                if isinstance(asked, str) and found.setdefault(str(under["id"]), asked) != asked:
                    differ.add(str(under["id"]))
    return {name: asked for name, asked in found.items() if name not in differ}


def failures(source: AnswerFiles) -> dict[str, str]:
    """Why requests of a batch got no answer, by their id."""
    found: dict[str, str] = {}
    answered: set[str] = set()
    for name, why in _ends(source) if source.tool == "API" else ():
        if why:
            found.setdefault(name, why)
        else:
            answered.add(name)
        if len(found) > MOST_PROBLEMS:
            raise DataError(f"more than {MOST_PROBLEMS:,} requests of {source.files[0]} failed")
    return {name: why for name, why in found.items() if name not in answered}


def _ends(source: AnswerFiles) -> Iterator[tuple[str, str]]:
    """The id of each request that ended, and why it failed: "" where it did not."""
    for path in (*source.files, *source.failed):
        for line, row in rows_of(path, MAX_ANSWER_LINE_BYTES):
            if isinstance(row, Mapping):
                name: Any = under_usual_names(row).get("id", f"row {line}")
                yield str(name), failure_of(row)


def failed_words(failed: Mapping[str, str], what: str = "request", of: str = "") -> str:
    """How many failed, and the first of them with why; "" for none.

    >>> failed_words({"a": "HTTP 503"}, "answer")
    '1 answer failed and counts as wrong: a (HTTP 503)'
    """
    if not failed:
        return ""
    one = len(failed) == 1
    shown = ", ".join(_named(islice(failed.items(), MOST_NAMED)))
    more = ", …" if len(failed) > MOST_NAMED else ""
    return (
        f"{integer(len(failed))} {what}{'' if one else 's'}{of} failed and "
        f"count{'s' if one else ''} as wrong: {shown}{more}"
    )


def _named(failed: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, why in failed:
        yield one_line(f"{name} ({why})" if why else name)
