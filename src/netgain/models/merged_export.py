"""A trained model -> one folder of safetensors with its tokenizer, as other tools load it."""

from __future__ import annotations

import shutil
from pathlib import Path

from netgain.errors import StorageError
from netgain.models.loading import PROBE, TOKENIZERS, ModelFiles, load_renderer, load_tuned
from netgain.store import replace_folder, storage_errors

# Beside the weights and their configuration, which are written anew.
KEPT = (*TOKENIZERS, "merges.txt", "added_tokens.json", "special_tokens_map.json",
        "tokenizer_config.json", "chat_template.jinja", "generation_config.json")  # fmt: skip


def export_model(base: ModelFiles, trained: Path, out: Path, precision: str) -> None:
    """Write what was trained, an adapter merged into its base, to a new folder, or nothing.

    Args:
        trained: an adapter, or a whole model that was trained from the base.
        precision: "fp32" or "bf16".

    Raises:
        StorageError: the folder is there, or cannot be written.
        EvaluationError, ModelError: base and adapter are not whole, or do not go together.
    """
    if out.exists():
        raise StorageError(f"{out} is there already; choose another folder")
    probe = load_renderer(base.folder).completion_ids(PROBE)
    model = load_tuned(base.folder, trained, precision, probe).to("cpu")
    aside = out.with_name(f".{out.name}.tmp")
    with storage_errors(out, "choose another folder"):
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        try:
            model.save_pretrained(str(aside))
            for name in KEPT:
                if (base.folder / name).is_file() and not (aside / name).exists():
                    shutil.copyfile(base.folder / name, aside / name)
            replace_folder(aside, out)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
