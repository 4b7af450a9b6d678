"""What the runs beside this one have finished, copied instead of done again."""

import shutil
from collections.abc import Iterator
from dataclasses import replace

from netgain.plain_files import real
from netgain.store.directory import RunDirectory
from netgain.store.evaluation import EvaluationFolder
from netgain.store.whole_files import copy_folder, storage_errors, write_bytes

PHASES = "phases"  # where a run keeps the runs of its earlier trainings


def siblings(directory: RunDirectory) -> Iterator[RunDirectory]:
    """The other runs in the same folder, by name, a run's phases, and theirs; none that cannot be
    read.

    For a phase they are the other phases, the run that it is of, what is beside that, and the
    phases of these.
    """
    here = real(directory.root)
    folders = [here.parent, here / PHASES]
    if here.parent.name == PHASES:
        folders.append(here.parent.parent.parent)
    for folder in folders:
        try:
            beside = sorted(folder.iterdir())
        except OSError:
            continue
        for path in beside:
            # Either will do: what a run has finished is sound without the other.
            if path != here and any((path / n).is_file() for n in ("run.json", "recipe.yaml")):
                yield RunDirectory(path)
                if path / PHASES not in folders:
                    folders.append(path / PHASES)


def name_beside(other: RunDirectory) -> str:
    """What a run is called in the records of one beside it; a phase with the run that it is of."""
    root = real(other.root)
    return "/".join(root.parts[-3:] if root.parent.name == PHASES else root.parts[-1:])


def reuse_training(directory: RunDirectory, other: RunDirectory) -> None:
    """Copy another run's finished training here; what vouches for it comes last."""
    copy_folder(other.adapter, directory.train / other.adapter.name)
    state = "trainer_state.json"
    write_bytes(directory.train / state, (other.train / state).read_bytes())
    done = other.training(required=True)
    assert done is not None
    directory.save_training({**done, "reused_from": done.get("reused_from") or name_beside(other)})


def reuse_evaluation(here: EvaluationFolder, there: EvaluationFolder, run: str) -> None:
    """Copy the finished evaluation of another run, of this name, here; its summary comes last."""
    with storage_errors(here.path):
        shutil.rmtree(here.path, ignore_errors=True)
        for part in sorted(there.path.glob("*/part-*.parquet")):
            write_bytes(here.path / part.relative_to(there.path), part.read_bytes())
        if there.problems_file.exists():
            write_bytes(here.problems_file, there.problems_file.read_bytes())
    summary = there.summary()
    assert summary is not None
    here.save_summary(replace(summary, reused_from=summary.reused_from or run))
