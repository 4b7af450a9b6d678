"""The questions that the browser asks about all problems: what there is, and which match.

Within one facet any of the values will do; every facet must match. A search is plain text, whatever
its case, in a problem's id, question, or an answer.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netgain.viewing.index import KINDS, MOST_GROUPED, NONE, OUTCOMES, Bools, Index
from netgain.wording import integer

LONGEST_SEARCH = 500  # characters
MOST_VALUES = 100  # in one query
MOST_ROWS = 500  # in one answer
SORTS = ("place", "id", "outcome", "steps", "length", "base_kind", "tuned_kind")
FACETS = ("outcome", "kind", "group", "steps", "category", "finish")
KIND_WORDS = tuple(kind.replace("_", " ") for kind in KINDS)
CUT = " cut off"
_NUMBER = re.compile(r"[0-9]{1,9}")
_FLAGS = {"": False, "false": False, "0": False, "true": True, "1": True}


class BadQuery(ValueError):
    """What is wrong with a query, in words."""


@dataclass(frozen=True)
class Query:
    """What is asked for; an empty facet asks for nothing."""

    search: str = ""
    outcome: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    finish: tuple[str, ...] = ()
    min_length: int | None = None
    max_length: int | None = None
    sort: str = "place"
    descending: bool = False
    offset: int = 0
    limit: int = 50


def parse_query(pairs: Sequence[tuple[str, str]]) -> Query:
    """A query from the names and values of an address.

    Raises:
        BadQuery: an unknown name, one that may stand once only, or a value out of bounds.
    """
    if len(pairs) > MOST_VALUES:
        raise BadQuery(f"at most {MOST_VALUES} values can be asked for at once")
    known = {f.name for f in fields(Query)}
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name not in known:
            raise BadQuery(f"there is no {name!r:.40} to ask for")
        if name in FACETS:
            found[name] = (*found.get(name, ()), value)
        elif name in found:
            raise BadQuery(f"{name} stands there twice")
        else:
            found[name] = _value(name, value)
    return Query(**{name: value for name, value in found.items() if value is not None})


def _value(name: str, value: str) -> str | int | bool | None:
    """One value read; None where it is empty, which asks for nothing."""
    if name == "search":
        words = value.strip()
        if len(words) > LONGEST_SEARCH:
            raise BadQuery(f"a search has at most {LONGEST_SEARCH} characters")
        return words
    if name == "descending":
        if value not in _FLAGS:
            raise BadQuery("descending is true or false")
        return _FLAGS[value]
    if not value:
        return None
    if name == "sort":
        if value not in SORTS:
            raise BadQuery(f"problems are sorted by {', '.join(SORTS)}")
        return value
    if not _NUMBER.fullmatch(value):
        raise BadQuery(f"{name} is a whole number")
    number = int(value)
    if name == "limit" and not 1 <= number <= MOST_ROWS:
        raise BadQuery(f"limit is 1 to {MOST_ROWS}")
    return number


# -- which problems match ------------------------------------------------------------------


def matching(index: Index, query: Query) -> NDArray[np.intp]:
    """The places of the problems that match, in the order asked for."""
    mask = np.ones(len(index.problems), bool)
    for facet in FACETS:
        values = getattr(query, facet)
        if values:
            any_of = np.zeros(len(mask), bool)
            for value in dict.fromkeys(values):
                any_of |= MASKS[facet](index, value)
            mask &= any_of
    if query.min_length is not None:
        mask &= index.length >= query.min_length
    if query.max_length is not None:
        mask &= index.length <= query.max_length
    if query.search and mask.any():
        mask &= index.texts.search(query.search)
    return _sorted(index, np.flatnonzero(mask), query)


def _none(index: Index) -> Bools:
    return np.zeros(len(index.problems), bool)


def _coded(codes: NDArray[Any], value: str, names: Sequence[str]) -> Bools:
    found: Bools = codes == names.index(value) if value in names else np.zeros(len(codes), bool)
    return found


def _outcome(index: Index, value: str) -> Bools:
    return _coded(index.outcome, value, OUTCOMES)


def _kind(index: Index, value: str) -> Bools:
    model, _, words = value.partition(": ")
    if model not in index.answers:
        return _none(index)
    return _coded(index.answers[model].kind, words, KIND_WORDS)


def _group(index: Index, value: str) -> Bools:
    return index.problems.groups.get(value, _none(index))


def _steps(index: Index, value: str) -> Bools:
    found: Bools = index.problems.steps == int(value) if _NUMBER.fullmatch(value) else _none(index)
    return found


def _category(index: Index, value: str) -> Bools:
    return _coded(index.problems.category, value, index.problems.categories)


def _finish(index: Index, value: str) -> Bools:
    model = value.removesuffix(CUT)
    known = model in index.answers and value == model + CUT
    return index.answers[model].cut if known else _none(index)


MASKS: dict[str, Callable[[Index, str], Bools]] = {
    "outcome": _outcome,
    "kind": _kind,
    "group": _group,
    "steps": _steps,
    "category": _category,
    "finish": _finish,
}


def _sorted(index: Index, places: NDArray[np.intp], query: Query) -> NDArray[np.intp]:
    """Places by the value asked for, then by place; those without a value come last either way."""
    if query.sort == "place":
        return places[::-1] if query.descending else places
    values = _sort_values(index, query.sort)[places]
    known = values != NONE
    order = np.argsort(-values[known] if query.descending else values[known], kind="stable")
    return np.concatenate([places[known][order], places[~known]])


def _sort_values(index: Index, name: str) -> NDArray[Any]:
    if name == "outcome":
        return index.outcome
    if name == "steps":
        return index.problems.steps
    if name == "length":
        return index.length
    if name == "id":
        return index.problems.id_ranks
    model = name.removesuffix("_kind")
    if model not in index.answers:
        return np.full(len(index.problems), NONE, np.int8)
    names = np.array([KINDS.index(kind) for kind in sorted(KINDS)], np.int8)
    ranks = np.append(np.argsort(names), NONE).astype(np.int8)  # the last is for NONE, −1
    return ranks[index.answers[model].kind]


# -- what there is -------------------------------------------------------------------------


def facets(index: Index) -> dict[str, Any]:
    """Every value that can be asked for, with how many problems have it."""
    problems = index.problems
    lengths = index.length
    return {
        "total": len(problems),
        "outcomes": _counted(index.outcome, OUTCOMES),
        "kinds": sorted(
            [f"{model}: {name}", count]
            for model, rows in index.answers.items()
            for name, count in _counted(rows.kind, KIND_WORDS)
        ),
        "groups": sorted(
            ([name, int(rows.sum())] for name, rows in problems.groups.items()),
            key=lambda pair: natural(pair[0]),
        ),
        "steps": [
            [str(value), int(count)]
            for value, count in zip(*np.unique(problems.steps, return_counts=True), strict=True)
            if value != NONE
        ],
        "categories": sorted(
            _counted(problems.category, problems.categories), key=lambda pair: natural(pair[0])
        ),
        "finish": [
            [f"{model}{CUT}", int(rows.cut.sum())]
            for model, rows in index.answers.items()
            if rows.cut.any()
        ],
        "length": {"min": int(min(lengths, default=0)), "max": int(max(lengths, default=0))},
        "chosen": "all problems",
        "strata": [],
        "models": list(index.answers),
    }


def _counted(codes: NDArray[Any], names: Sequence[str]) -> list[list[Any]]:
    counts = np.bincount(codes[codes != NONE], minlength=len(names)).tolist()
    return [[name, count] for name, count in zip(names, counts, strict=True) if count]


def not_known(index: Index) -> list[str]:
    """What cannot be asked of all problems, in words."""
    found = []
    wrong = sum(int((~rows.correct).sum()) for rows in index.answers.values())
    looked = sum(int((rows.kind != NONE).sum()) for rows in index.answers.values())
    if looked < wrong:
        found.append(
            f"The kind of error is known of {integer(looked)} of {integer(wrong)} wrong answers, "
            "drawn at random; of any other it is found when its problem is opened."
        )
    if len(index.problems) > MOST_GROUPED:
        found.append(
            f"More than {integer(MOST_GROUPED)} problems are not sorted by kind of problem; each "
            "says its own when it is opened."
        )
    return found


def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts numbers in names by their size.

    >>> sorted(["a 10", "a 9", "A"], key=natural)
    ['A', 'a 9', 'a 10']
    """
    return [
        (int(part), "") if _NUMBER.fullmatch(part) else (NONE, part.casefold())
        for part in re.split(r"([0-9]{1,9})", name)
    ]


def rows_of(
    index: Index, places: Sequence[int], openings: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Some problems as rows of the list."""
    problems = index.problems
    for place, opening in zip(places, openings, strict=True):
        steps, category = int(problems.steps[place]), int(problems.category[place])
        kinds = {f"{model}_kind": _kind_words(index, model, place) for model in ("base", "tuned")}
        yield {
            "place": place,
            "problem_id": problems.ids[place],
            "opening": opening,
            "outcome": OUTCOMES[index.outcome[place]],
            **kinds,
            "steps": None if steps == NONE else steps,
            "category": None if category == NONE else problems.categories[category],
            "length": int(index.length[place]),
        }


def _kind_words(index: Index, model: str, place: int) -> str | None:
    rows = index.answers.get(model)
    code = NONE if rows is None else int(rows.kind[place])
    return None if code == NONE else KIND_WORDS[code]
