"""Are test problems among the training problems, word for word or nearly?

Exact: the questions are the same after folding case, white space and punctuation. Near: the
sets of 5-word runs of the two questions have a Jaccard similarity of at least 0.7, numbers
included, so that the same story with other numbers in every sentence is not a copy of it. (Runs of
words are the usual contamination measure, Brown et al. 2020, arXiv:2005.14165, appendix C;
there 13 words, too long for questions of 40.)
"""

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import yaml

from netgain.data.rows import place_of
from netgain.errors import DataError, OverlapError
from netgain.records import Problem

RUN_WORDS = 5
NEAR = 0.7
MAX_NAMED_PAIRS = 10
_WORD = re.compile(r"\w+(?:[.,]\d+)*", re.UNICODE)
_GROUPING = re.compile(r"(?<=\d),(?=\d)")
Run = tuple[str, ...]


@dataclass(frozen=True)
class Overlap:
    """A test problem that stands, exactly or nearly, among the training problems.

    The places are file and line, "" for problems that were read from no file.
    """

    test_id: str
    train_id: str
    kind: Literal["exact", "near"]
    similarity: float  # Jaccard of word runs, 0 to 1
    test_place: str = ""
    train_place: str = ""

    def __str__(self) -> str:
        test = f"{self.test_place} ({self.test_id})" if self.test_place else self.test_id
        how = self.kind if self.kind == "exact" else f"near, similarity {self.similarity:.2f}"
        return f"test: {test} ~ training: {self.train_place or self.train_id}: {how}"


def normalised_words(text: str) -> Run:
    """Words and numbers, case folded, without punctuation.

    >>> normalised_words("Tom's 1,200 Cups!")
    ('tom', 's', '1200', 'cups')
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return tuple(_GROUPING.sub("", w) if "," in w else w for w in _WORD.findall(folded))


def find_overlaps(training: Sequence[Problem], test: Sequence[Problem]) -> list[Overlap]:
    """For each test problem the most similar training problem, where it is exact or near."""
    train_words = [normalised_words(p.question) for p in training]
    exact = dict(zip(train_words, training, strict=True))
    train_runs = [_runs(words) for words in train_words]
    holders: dict[Run, list[int]] = defaultdict(list)
    for index, runs in enumerate(train_runs):
        for run in runs:
            holders[run].append(index)
    found = []
    for problem in test:
        words = normalised_words(problem.question)
        if words in exact:
            found.append(_overlap(problem, exact[words], 1.0, "exact"))
            continue
        runs = _runs(words)
        best = max(
            ((_similarity(runs, train_runs[i]), -i) for i in _candidates(runs, holders)),
            default=(0.0, 0),
        )
        if best[0] >= NEAR:
            found.append(_overlap(problem, training[-best[1]], best[0], "near"))
    return found


def refuse_overlaps(overlaps: Sequence[Overlap], allowed: Sequence[str]) -> None:
    """Stop unless every overlapping test problem was allowed by its id.

    Raises:
        OverlapError: naming the pairs, and the setting that allows them.
    """
    refused = [o for o in overlaps if o.test_id not in set(allowed)]
    if not refused:
        return
    lines = "\n".join(f"  - {overlap}" for overlap in refused[:MAX_NAMED_PAIRS])
    left = len(refused) - MAX_NAMED_PAIRS
    more = f"\n  … and {left:,} more" if left > 0 else ""
    # The whole list: what is left out here could not be copied from anywhere.
    names = yaml.safe_dump(
        [*allowed, *(o.test_id for o in refused)],
        default_flow_style=True, allow_unicode=True, width=math.inf,
    ).strip()  # fmt: skip
    one = len(refused) == 1
    raise OverlapError(
        f"{len(refused):,} test problem{'' if one else 's'} also stand{'s' if one else ''} among "
        f"the training problems, so the result would flatter:\n{lines}{more}\n"
        "remove them from the training data, or allow them by name in the recipe, under data:\n"
        f"  allow_overlap: {names}"
    )


def refuse_unknown(allowed: Sequence[str], test: Sequence[Problem]) -> None:
    """An id in `data.allow_overlap` that no test problem has allows nothing: a slip.

    Raises:
        DataError: naming all of them.
    """
    known = {p.id for p in test}
    unknown = [name for name in allowed if name not in known]
    if unknown:
        named = ", ".join(f"{name!r:.80}" for name in unknown[:MAX_NAMED_PAIRS])
        left = len(unknown) - MAX_NAMED_PAIRS
        raise DataError(
            f"data.allow_overlap: no test problem has the id {named}"
            f"{f' (and {left:,} more)' if left > 0 else ''}; take it out, or mend it"
        )


def _overlap(
    test: Problem, train: Problem, value: float, kind: Literal["exact", "near"]
) -> Overlap:
    return Overlap(test.id, train.id, kind, value, place_of(test), place_of(train))


def _candidates(runs: frozenset[Run], holders: dict[Run, list[int]]) -> set[int]:
    """Every training problem that can be near: those that hold one of the rarest of these runs.

    A near one shares at least `NEAR` of the runs, so it holds at least one of any
    n − ⌈NEAR·n⌉ + 1 of them; the rarest have the fewest holders.
    """
    needed = math.ceil(NEAR * len(runs) - 1e-9)
    rarest = sorted(runs, key=lambda run: len(holders.get(run, ())))[: len(runs) - needed + 1]
    return {index for run in rarest for index in holders.get(run, ())}


def _similarity(a: frozenset[Run], b: frozenset[Run]) -> float:
    shared = len(a & b)
    return shared / (len(a) + len(b) - shared)


def _runs(words: Run) -> frozenset[Run]:
    if len(words) <= RUN_WORDS:
        return frozenset({words})
    return frozenset(words[i : i + RUN_WORDS] for i in range(len(words) - RUN_WORDS + 1))
