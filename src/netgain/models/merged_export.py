"""A trained model -> files that other tools load: safetensors, or GGUF with Ollama's Modelfile."""

import shutil
from pathlib import Path

from netgain.errors import ModelError
from netgain.models.gguf_export import unsupported, write_gguf
from netgain.models.gguf_tokenizer import split_name
from netgain.models.loading import PROBE, TOKENIZERS, ModelFiles, load_renderer, load_tuned
from netgain.models.modelfile import Asked, modelfile
from netgain.store import read_json

# Beside the weights and their configuration, which are written anew.
KEPT = (*TOKENIZERS, "merges.txt", "added_tokens.json", "special_tokens_map.json",
        "tokenizer_config.json", "chat_template.jinja", "generation_config.json")  # fmt: skip
CONVERT = "export safetensors and use llama.cpp's convert_hf_to_gguf.py"
GGUF, MODELFILE = "model.gguf", "Modelfile"


def export_model(base: ModelFiles, trained: Path, into: Path, precision: str) -> None:
    """Write what was trained as safetensors, an adapter merged into its base, with its tokenizer.

    Args:
        trained: an adapter, or a whole model that was trained from the base.
        into: an empty folder.
        precision: "fp32" or "bf16".

    Raises:
        EvaluationError, ModelError: base and adapter are not whole, or do not go together.
    """
    probe = load_renderer(base.folder).completion_ids(PROBE)
    model = load_tuned(base.folder, trained, precision, probe).to("cpu")
    model.save_pretrained(str(into))
    for name in KEPT:
        if (base.folder / name).is_file() and not (into / name).exists():
            shutil.copyfile(base.folder / name, into / name)


def export_gguf(
    base: ModelFiles, trained: Path, into: Path, precision: str, asked: Asked
) -> tuple[str, ...]:
    """The same as `model.gguf` with its tokenizer, and a Modelfile beside it.

    Args:
        precision: "fp16", or "int8" for Q8_0.
        asked: how the run asked, for the Modelfile.

    Returns:
        what the Modelfile leaves out, a sentence each.

    Raises:
        EvaluationError, ModelError: as `export_model`, or GGUF cannot carry the model.
        MissingDependency: the gguf package is not installed.
    """
    why = unsupported(read_json(base.folder / "config.json"))
    if why is not None:
        raise ModelError(f"{why}; {CONVERT}")
    renderer = load_renderer(base.folder)
    split_name(renderer.tokenizer)  # before minutes are spent on weights
    model = load_tuned(base.folder, trained, "fp32", renderer.completion_ids(PROBE)).to("cpu")
    write_gguf(model, into / GGUF, precision == "int8", renderer, CONVERT, asked.name)
    text, left_out = modelfile(renderer, asked, GGUF)
    (into / MODELFILE).write_text(text, encoding="utf-8")
    return left_out
