"""The folder of one evaluation: its plan, its answers as they come, and what vouches for them.

It lies in a run directory, or stands alone; then the problems lie beside the answers.
"""

import contextlib
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from netgain.data.rows import problem_to_row
from netgain.errors import RunDamaged
from netgain.plain_files import MOST_JSON, parse_json, read_plain
from netgain.records import ChoiceScores, EvaluationSummary, Generation, Problem
from netgain.store import schema
from netgain.store.parts import read_part, read_scores, write_part, write_scores
from netgain.store.problem_index import stored_problems
from netgain.store.schema import ANSWER_AGAIN, read_stored
from netgain.store.seals import FIELD, write_sealed, write_sealed_rows
from netgain.store.whole_files import refuse_linked, storage_errors

PARTS = "part-*.parquet"
AnswerKey = tuple[str, int, int]  # problem id, sample, turn


class EvaluationFolder:
    """Paths of an evaluation, and reading and writing of its records."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.generations_folder = path / "generations"
        self.scores_folder = path / "scores"
        self.judged_folder = path / "judged"
        self.problems_file = path / "problems.jsonl"
        self.plan_file = path / "plan.json"
        self.summary_file = path / "evaluation.json"

    # -- problems --------------------------------------------------------------------------

    def save_problems(self, problems: Sequence[Problem]) -> None:
        write_sealed_rows(self.problems_file, map(problem_to_row, problems))

    def problems(self) -> list[Problem]:
        """The problems of an evaluation that has its own.

        Raises:
            RunDamaged: they are missing, cannot be read, or were changed.
        """
        return list(stored_problems(self.problems_file, ANSWER_AGAIN))

    # -- answers ---------------------------------------------------------------------------

    def plan(
        self,
        settings: Mapping[str, Any],
        units: Sequence[Sequence[str]],
        gpus: Sequence[str] = (),
    ) -> int:
        """Fix the units of work; parts of another plan are thrown away, and counted.

        Those of a plan that is lost or damaged stay: each says itself what it is of.

        Args:
            gpus: those of this machine, which are noted and decide nothing.
        """
        plan = {"settings": dict(settings), "units": [list(unit) for unit in units]}
        before = self._planned()
        seen = sorted({*gpus, *(before["gpus"] if before else ())})
        if before == {**plan, "gpus": seen}:
            return 0
        names = {self.part(unit).name for unit in range(len(units))}
        if before is not None and any(before[name] != plan[name] for name in plan):
            names = set()
        dropped = [part for part in self.parts() if part.name not in names]
        for part in (*dropped, *self.judged_folder.glob(PARTS)):
            if part.name not in names:
                part.unlink()
        write_sealed(self.plan_file, {**plan, "gpus": seen})
        return len(dropped)

    def _planned(self) -> dict[str, Any] | None:
        """`plan.json`; None where there is none that can be used."""
        with contextlib.suppress(RunDamaged):
            return read_stored(self.plan_file, schema.Plan, ANSWER_AGAIN)
        return None

    @property
    def gpus(self) -> list[str]:
        """The GPUs of all machines that took part so far."""
        planned = self._planned()
        return planned["gpus"] if planned else []

    def parts(self) -> list[Path]:
        """Every stored part, of answers or of scores."""
        folders = self.generations_folder, self.scores_folder
        return sorted(part for folder in folders for part in folder.glob(PARTS))

    def answer_parts(self) -> list[Path]:
        """Every stored part of answers, in unit order."""
        return sorted(self.generations_folder.glob(PARTS))

    def judged_part(self, part: Path) -> Path:
        """Where the judgements of one part of the answers are kept."""
        return self.judged_folder / part.name

    def planned_settings(self) -> dict[str, Any] | None:
        """What the answers here were, or are being, given by; None where none were begun.

        A damaged file counts as none.
        """
        with contextlib.suppress(RunDamaged):
            summary = self.summary()
            if summary is not None:
                return dict(summary.settings)
        planned = self._planned()
        return planned and dict(planned["settings"])

    def part(self, unit: int) -> Path:
        return self.generations_folder / f"part-{unit:05d}.parquet"

    def save_part(self, unit: int, generations: Sequence[Generation], of: str) -> None:
        """Store one unit of generations; it is there whole or not at all.

        Args:
            of: digest of all that decides the answers.
        """
        write_part(self.part(unit), generations, of)

    def stored_part(self, unit: int, keys: Sequence[AnswerKey], of: str) -> list[Generation] | None:
        """A unit's answers, where just these are stored; None where they are to be given.

        Raises:
            RunDamaged: something is stored that cannot be used.
        """
        path = self.part(unit)
        if not os.path.lexists(path):
            return None
        found = read_part(path, token_ids=True, of=of)
        if list(map(key_of, found)) != list(keys):
            raise RunDamaged(path, "holds other answers than its unit", ANSWER_AGAIN)
        return found

    def generations(
        self, keys: Iterable[AnswerKey] | None = None, of: str | None = None
    ) -> list[Generation]:
        """Every stored generation, in unit order.

        Args:
            of: digest of what must have decided them; None for whatever did.

        Raises:
            RunDamaged: a part cannot be read, was changed, or is not `of` this; or where `keys` are
                given, there is not just one answer for each of them.
        """
        found = [g for path in self.answer_parts() for g in read_part(path, of=of)]
        if keys is not None:
            answered, asked = sorted(map(key_of, found)), sorted(keys)
            if answered != asked:
                problems = {key[0] for key in asked}
                without = len({key[0] for key in set(asked) - set(answered)})
                what = "one answer for each problem"
                if len(problems) < len(asked):
                    what = "each answer that was asked for"
                why = (
                    f"does not hold {what} ({len(found)} answers, "
                    f"{without} of {len(problems)} problems without one)"
                )
                raise RunDamaged(self.generations_folder, why, ANSWER_AGAIN)
        return found

    # -- scores of choices -----------------------------------------------------------------

    def score_part(self, unit: int) -> Path:
        return self.scores_folder / f"part-{unit:05d}.parquet"

    def save_scores(self, unit: int, scores: Sequence[ChoiceScores], of: str) -> None:
        """Store one unit of scores; it is there whole or not at all."""
        write_scores(self.score_part(unit), scores, of)

    def holds_scores(self, unit: int, ids: Sequence[str], of: str) -> bool:
        """Whether a unit's scores are stored, just these.

        Raises:
            RunDamaged: something is stored that cannot be used.
        """
        path = self.score_part(unit)
        if not os.path.lexists(path):
            return False
        if [s.problem_id for s in read_scores(path, of)] != list(ids):
            raise RunDamaged(path, "holds other scores than its unit", ANSWER_AGAIN)
        return True

    def scores(self, ids: Iterable[str] | None = None, of: str | None = None) -> list[ChoiceScores]:
        """Every stored item's scores, in unit order; `of` as in `generations`.

        Raises:
            RunDamaged: a part cannot be read, was changed, or is not `of` this; or where `ids` are
                given, there is not just one item for each of them.
        """
        parts = sorted(self.scores_folder.glob(PARTS))
        found = [s for path in parts for s in read_scores(path, of)]
        if ids is not None and sorted(s.problem_id for s in found) != sorted(ids):
            why = f"does not hold the scores of each item ({len(found)} are there)"
            raise RunDamaged(self.scores_folder, why, ANSWER_AGAIN)
        return found

    # -- the summary -----------------------------------------------------------------------

    def summary(self) -> EvaluationSummary | None:
        """The finished evaluation's summary, or None while it is not finished."""
        if not os.path.lexists(self.summary_file):
            return None
        for folder in (self.generations_folder, self.scores_folder, self.judged_folder):
            refuse_linked(folder)
        found = read_stored(self.summary_file, schema.Evaluation, ANSWER_AGAIN)
        return EvaluationSummary(**{**found, "gpus": tuple(found.get("gpus", ()))})

    def is_older(self) -> bool:
        """Whether an earlier netgain, which sealed no file, made what is here."""
        for path in (self.summary_file, self.plan_file):
            with contextlib.suppress(OSError, ValueError, RecursionError):
                found = parse_json(read_plain(path, MOST_JSON, links=False))
                if isinstance(found, dict) and "settings" in found and FIELD not in found:
                    return True
        return False

    def save_summary(self, summary: EvaluationSummary) -> None:
        write_sealed(self.summary_file, asdict(summary))

    def reopen(self) -> None:
        """Have a finished evaluation count as unfinished; its sound answers stay."""
        with storage_errors(self.path):
            self.summary_file.unlink(missing_ok=True)

    def drop(self) -> None:
        """Remove an evaluation that no longer belongs here; its summary goes first."""
        self.reopen()
        shutil.rmtree(self.path, ignore_errors=True)


def key_of(generation: Generation) -> AnswerKey:
    return generation.problem_id, generation.sample, generation.turn
