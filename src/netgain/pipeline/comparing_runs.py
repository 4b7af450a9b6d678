"""Run directories and folders of `netgain evaluate` -> a leaderboard.

What is no run is the user's mistake and refused; a run that is damaged or unfinished is left out,
and the leaderboard says so.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from netgain.analysis.comparing.standings import leaderboard
from netgain.errors import EvaluationError, NetgainError, RunDamaged, RunError
from netgain.pipeline.run_entries import is_ours, read_entry
from netgain.plain_files import real
from netgain.records import LEFT_OUT, Leaderboard, LeftOut


def compare_runs(
    paths: Sequence[Path], tell: Callable[[str, str], None] = lambda name, why: None
) -> Leaderboard:
    """The leaderboard of all models in these run directories and evaluations.

    Args:
        tell: is told the name of each that is left out, why, and what would mend it; the
            leaderboard itself says why.

    Raises:
        RunError: a path is no run and no evaluation, or stands there twice.
        EvaluationError: fewer than two of them can be used, or nothing in them can be compared.
    """
    _refuse_unusable(paths)
    runs, left_out, faults = [], [], []
    for path, name in zip(paths, run_names(paths), strict=True):
        try:
            runs.append(read_entry(path, name))
        except NetgainError as error:
            why = error.what if isinstance(error, RunDamaged) else str(error)
            left_out.append(LeftOut(name, _without_places(why, path, name)))
            faults.append((name, str(error)))
    if len(runs) < 2 and left_out:
        found = "none" if not runs else "one"
        raise EvaluationError(
            f"of {len(paths)} runs {found} can be used, and a leaderboard needs two:\n"
            + "\n".join(f"  - {name}: {why}" for name, why in faults)
        )
    for name, why in faults:
        tell(name, why)
    board = leaderboard(runs, left_out)
    shown = all(run.settings.get("report.texts") != "no" for run in runs)
    return board if shown else _without_questions(board)


def _without_questions(board: Leaderboard) -> Leaderboard:
    """The same, where a run's report leaves its texts out."""
    if board.overlap is None:
        return board
    alone = tuple(replace(p, question=LEFT_OUT) for p in board.overlap.solved_by_one)
    return replace(board, overlap=replace(board.overlap, solved_by_one=alone))


def _without_places(told: str, path: Path, name: str) -> str:
    """What was told of a run, with its name where its place on this machine stood."""
    whole = real(path)
    if whole.parent.name == "evaluations":  # the problems are its run's
        told = told.replace(str(whole.parents[1]), name.partition("/evaluations/")[0])
    return told.replace(str(path), name)


def _refuse_unusable(paths: Sequence[Path]) -> None:
    seen = Counter(real(path) for path in paths)
    twice = dict.fromkeys(str(path) for path in paths if seen[real(path)] > 1)
    if twice:
        raise RunError(f"the same run was given twice ({', '.join(twice)}); give each run once")
    for path in paths:
        if not is_ours(path):
            what = "is no run directory" if path.is_dir() else "is no folder"
            raise RunError(
                f"{path} {what}; give folders that `netgain run` or `netgain evaluate` wrote"
            )


def run_names(paths: Sequence[Path]) -> list[str]:
    """What each run is called: its folder, with as many of those above as tell it from the others.

    An evaluation inside a run is called with that run.

    >>> run_names([Path("/a/run"), Path("/b/run"), Path("/b/other")])
    ['a/run', 'b/run', 'other']
    """
    parts = [real(path).parts for path in paths]
    lengths = [3 if each[-2:-1] == ("evaluations",) else 1 for each in parts]
    names = ["/".join(each[-n:]) for each, n in zip(parts, lengths, strict=True)]
    while len(set(names)) < len(names):
        times = Counter(names)
        lengths = [n + (times[name] > 1) for n, name in zip(lengths, names, strict=True)]
        names = ["/".join(each[-n:]) for each, n in zip(parts, lengths, strict=True)]
    return names
