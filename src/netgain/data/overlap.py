"""Are test problems among the training problems, word for word or nearly?

Exact: the questions are the same after folding case, white space and punctuation. Near: the
sets of 5-word runs of the two questions have a Jaccard similarity of at least 0.7, numbers
included, so that the same story with other numbers in every sentence is not a copy of it. (Runs of
words are the usual contamination measure, Brown et al. 2020, arXiv:2005.14165, appendix C;
there 13 words, too long for questions of 40.)
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from netgain.errors import OverlapError
from netgain.records import Problem

RUN_WORDS = 5
NEAR = 0.7
_WORD = re.compile(r"\w+(?:[.,]\d+)*", re.UNICODE)


@dataclass(frozen=True)
class Overlap:
    """A test problem that stands, exactly or nearly, among the training problems."""

    test_id: str
    train_id: str
    kind: Literal["exact", "near"]
    similarity: float  # Jaccard of word runs, 0 to 1


def normalised_words(text: str) -> tuple[str, ...]:
    """Words and numbers, case folded, without punctuation.

    >>> normalised_words("Tom's 1,200 Cups!")
    ('tom', 's', '1200', 'cups')
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return tuple(re.sub(r"(?<=\d),(?=\d)", "", word) for word in _WORD.findall(folded))


def find_overlaps(training: Sequence[Problem], test: Sequence[Problem]) -> list[Overlap]:
    """For each test problem the most similar training problem, where it is exact or near."""
    train_words = [normalised_words(p.question) for p in training]
    exact = {words: problem.id for words, problem in zip(train_words, training, strict=True)}
    train_runs = [_runs(words) for words in train_words]
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, runs in enumerate(train_runs):
        for run in runs:
            holders[run].append(index)
    found = []
    for problem in test:
        words = normalised_words(problem.question)
        if words in exact:
            found.append(Overlap(problem.id, exact[words], "exact", 1.0))
            continue
        runs = _runs(words)
        shared = Counter(index for run in runs for index in holders.get(run, ()))
        best = max(
            ((n / (len(runs) + len(train_runs[i]) - n), -i) for i, n in shared.items()),
            default=(0.0, 0),
        )
        if best[0] >= NEAR:
            found.append(Overlap(problem.id, training[-best[1]].id, "near", best[0]))
    return found


def refuse_overlaps(overlaps: Sequence[Overlap], allowed: Sequence[str]) -> None:
    """Stop unless every overlapping test problem was allowed by its id.

    Raises:
        OverlapError: naming the pairs, and the setting that allows them.
    """
    refused = [o for o in overlaps if o.test_id not in allowed]
    if not refused:
        return
    lines = "\n".join(
        f"  - test {o.test_id} ~ training {o.train_id} ({o.kind}, similarity {o.similarity:.2f})"
        for o in refused[:10]
    )
    more = f"\n  … and {len(refused) - 10} more" if len(refused) > 10 else ""
    names = ", ".join(o.test_id for o in refused[:10])
    raise OverlapError(
        f"{len(refused)} test problem{'s'[: len(refused) != 1]} also stand among the training "
        f"problems, so the result would flatter:\n{lines}{more}\n"
        f"remove them from the training data, or allow them by name: data.allow_overlap: [{names}]"
    )


def _runs(words: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    if len(words) <= RUN_WORDS:
        return frozenset({words})
    return frozenset(words[i : i + RUN_WORDS] for i in range(len(words) - RUN_WORDS + 1))
