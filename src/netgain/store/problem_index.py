"""All problems of a file, read one by one: what every figure needs of each, and some of them whole.

Half a million problems do not fit into memory with their texts. Their answers do.
"""

import hashlib
import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from netgain.data.load import digested
from netgain.data.rows import problem_from_row
from netgain.diagnosis.judging import Known, known_of, with_answer
from netgain.plain_files import open_plain, parse_json
from netgain.records import Problem
from netgain.store.schema import told
from netgain.store.seals import sealed_lines

MOST_LINE = 16 << 20  # bytes of one problem


@dataclass(frozen=True)
class ProblemIndex:
    """Problems in their order. `drawn` are the places of those that are kept whole, rising.

    Of the others `problems` has what grading needs. `digest` is `problems_digest` of all.
    """

    digest: str
    places: dict[str, int]  # id -> place
    problems: Sequence[Problem | Known]
    categories: Sequence[str | None]
    drawn: Sequence[int]

    def __len__(self) -> int:
        return len(self.problems)

    @property
    def all_drawn(self) -> bool:
        return len(self.drawn) == len(self.problems)

    def whole(self) -> list[Problem]:
        """The problems that are kept whole, in their order."""
        kept = (self.problems[place] for place in self.drawn)
        return [p for p in kept if isinstance(p, Problem)]

    def to_grade_by(self, problem_id: str) -> Problem:
        """A problem, whole or with its answer alone."""
        found = self.problems[self.places[problem_id]]
        return found if isinstance(found, Problem) else with_answer(found)


def index_problems(problems: Iterable[Problem], most: int) -> ProblemIndex:
    """Keep `most` of the problems whole, drawn at random: those whose id's digest is smallest.

    So it depends neither on their order nor on chance, and fewer are always among more.
    """
    digest = hashlib.sha256()
    places: dict[str, int] = {}
    kept: list[Problem | Known] = []
    categories: list[str | None] = []
    whole: dict[int, Problem] = {}
    first: list[tuple[int, int]] = []  # −order, place; the last of those drawn is on top
    # The same few numbers and names belong to many problems, and are held once.
    answers: dict[Known, Known] = {}
    names: dict[str | None, str | None] = {}
    for place, problem in enumerate(problems):
        digest.update(digested(problem))
        places[problem.id] = place
        known, name = known_of(problem), problem.category
        kept.append(answers.setdefault(known, known))
        categories.append(names.setdefault(name, name))
        whole[place] = problem
        heapq.heappush(first, (-draw_order(problem.id), place))
        if len(first) > most:
            del whole[heapq.heappop(first)[1]]
    for place, problem in whole.items():
        kept[place] = problem
    return ProblemIndex(digest.hexdigest(), places, kept, categories, sorted(whole))


def draw_order(problem_id: str) -> int:
    """A number that says how early a problem is drawn; the same on every machine."""
    return int.from_bytes(hashlib.sha256(problem_id.encode(errors="surrogatepass")).digest()[:8])


def stored_problems(path: Path, remedy: str) -> Iterator[Problem]:
    """Problems as a file of ours holds them, one after the other.

    Raises:
        RunDamaged: the file is missing, cannot be read, or is not as netgain wrote it, which shows
            with the last problem.
    """
    with told(path, remedy), open_plain(path, links=False) as file:
        for line in sealed_lines(file, MOST_LINE):
            yield problem_from_row(parse_json(line))
