"""`netgain.export`: the trained model as one folder that other tools load."""

from __future__ import annotations

from pathlib import Path

from netgain.api.answer_rows import refuse_others
from netgain.api.arguments import refuse_unknown
from netgain.errors import RunError
from netgain.models.loading import find_model
from netgain.models.merged_export import export_model
from netgain.pipeline.rebuilding import refuse_no_run
from netgain.store import RunDirectory


def export(run: str | Path, out: str | Path, *, precision: str = "fp32") -> Path:
    """Write a run's trained model as safetensors, the adapter merged, with its tokenizer.

    Args:
        run: a run directory with trained weights.
        out: a new folder.
        precision: of the weights written. bf16 halves the size, and may round away a part of what
            was learned (docs/models.md).

    Raises:
        RunError: nothing was trained there, or what was trained was changed.
        ModelError, EvaluationError: base and adapter do not go together.
        StorageError: the folder is there already, or cannot be written.

    >>> import netgain
    >>> run = netgain.train("recipe.yaml", {"train.epochs": 1}, quiet=True)
    >>> folder = netgain.export(run.folder, "exported")
    >>> sorted(path.name for path in folder.glob("*.safetensors"))
    ['model.safetensors']
    """
    refuse_unknown("precision", precision, ("fp32", "bf16"))
    refuse_others(Path(run))
    refuse_no_run(Path(run))
    directory = RunDirectory(Path(run))
    if directory.training() is None or not directory.has_adapter():
        raise RunError(f"{run} holds no trained weights; `netgain train` makes them")
    directory.sound_adapter_digest()
    export_model(find_model(directory.recipe().model), directory.adapter, Path(out), precision)
    return Path(out)
