"""A GGUF file -> an ordinary model folder, unpacked once into the cache.

The folder is named by the file's SHA-256, so a file is unpacked once wherever it lies. Matrices are
de-quantised to fp32 a part at a time, so memory does not grow with the model. De-quantised weights
are not the original ones, and the model's description says so.
"""

import hashlib
import json
import logging
import math
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from filelock import FileLock

from netgain.errors import MissingDependency, ModelError, StorageError
from netgain.models.foreign_files import first_line
from netgain.models.gguf_header import PLAIN, Gguf, read_header
from netgain.models.gguf_layout import (
    ROPE_FACTORS,
    Shape,
    llama3_rope,
    shape_of,
    storage_name,
    tensor_names,
)
from netgain.plain_files import real
from netgain.store import file_digest, replace_folder, storage_errors, sync_folder, write_bytes
from netgain.wording import one_line

log = logging.getLogger("netgain")
VERSION = "v1"  # of how files are unpacked
AT_ONCE = 2**22  # weights that are unpacked together
REMEDY = "set NETGAIN_CACHE to a folder that can be written"


def cache_folder() -> Path:
    """Where netgain keeps what it can make again: $NETGAIN_CACHE, or the user's cache."""
    base = os.environ.get("NETGAIN_CACHE")
    if base:
        return Path(base)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "netgain"


def unpacked(path: Path) -> Path:
    """The model folder of a GGUF file, made on first use.

    Raises:
        ModelError: the file is damaged, or of a kind that is not known here.
        MissingDependency: the gguf package is not installed.
        StorageError: no room in the cache, or it cannot be written.
    """
    require_gguf()
    file = read_header(path)
    shape = shape_of(file)
    names = tensor_names(file, shape)
    models = cache_folder() / "models"
    with storage_errors(models, REMEDY):
        models.mkdir(parents=True, exist_ok=True)
        folder = models / f"gguf-{_known_digest(path, models)}-{VERSION}"
        with FileLock(f"{folder}.lock"):
            if not (folder / "config.json").exists():
                log.info("unpacking %s into %s (once)", path.name, models)
                _unpack(file, shape, names, folder)
    return folder


def describe(path: Path) -> str:
    """What a GGUF file holds, in words: "Qwen2.5-Coder-0.5B-Instruct, Q4_K_M, de-quantised"."""
    import gguf

    file = read_header(path)
    kinds = {kind.value: kind.name.removeprefix("MOSTLY_").removeprefix("ALL_")
             for kind in gguf.LlamaFileType}  # fmt: skip
    kind = storage_name(file, kinds)
    return f"{called(file)}, {kind}, {'from GGUF' if kind in PLAIN else 'de-quantised'}"


def called(file: Gguf) -> str:
    """The name that a file gives itself, or else its own, on one line."""
    name = one_line(file.text("general.name"))[:100].strip()
    return name or one_line(file.path.stem)[:100]


def require_gguf() -> None:
    """Raise MissingDependency where the gguf package is not installed."""
    try:
        import gguf  # noqa: F401
    except ImportError:
        raise MissingDependency("GGUF files need: pip install gguf") from None


def _known_digest(path: Path, models: Path) -> str:
    """The file's SHA-256 (hex). It is noted beside the folders with what tells a changed file."""
    found = path.stat()
    # The time of the last change of the file's entry cannot be set by hand.
    stamp = [str(real(path)), found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]
    note = models / f".digest-{hashlib.sha256(json.dumps(stamp).encode()).hexdigest()[:32]}"
    try:
        noted = note.read_text(encoding="ascii")
        if len(noted) == 64 and set(noted) <= set("0123456789abcdef"):
            return noted
    except (OSError, ValueError):
        pass
    digest = file_digest(path)
    write_bytes(note, digest.encode(), durable=False)
    return digest


def _unpack(file: Gguf, shape: Shape, names: dict[str, str], folder: Path) -> None:
    wanted = sum(4 * math.prod(file.tensors[name].shape) for name in names.values())
    if (free := shutil.disk_usage(folder.parent).free) < wanted:
        raise StorageError(
            f"{file.path} takes {wanted / 1e9:.1f} GB unpacked, and {folder.parent} has "
            f"{free / 1e9:.1f} GB free; free some space, or {REMEDY}"
        )
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        _write_settings(file, shape, aside)
        with (aside / "model.safetensors").open("wb") as out:
            _write_weights(file, shape, names, out)
        sync_folder(aside)
        replace_folder(aside, folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _write_settings(file: Gguf, shape: Shape, aside: Path) -> None:
    """Configuration and tokenizer, as transformers reads them from the file."""
    from transformers import AutoConfig, AutoTokenizer, GenerationConfig

    # Beside the file may lie others' files, so it is read through a link from an empty folder.
    with tempfile.TemporaryDirectory() as empty:
        (Path(empty) / "model.gguf").symlink_to(real(file.path))
        try:
            config: Any = AutoConfig.from_pretrained(
                empty, gguf_file="model.gguf", local_files_only=True
            )
            tokenizer: Any = AutoTokenizer.from_pretrained(
                empty, gguf_file="model.gguf", local_files_only=True
            )
        except Exception as error:  # whatever the metadata makes of it
            raise ModelError(
                f"{file.path} cannot be unpacked: {first_line(error)}; fetch it again"
            ) from error
    if config.model_type != file.text("general.architecture"):
        raise ModelError(f"{file.path} is read as a {config.model_type} model, not known here")
    kind = {"llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM"}[config.model_type]
    if len(tokenizer) > shape.vocabulary:
        raise ModelError(f"{file.path} has a tokenizer with more tokens than embeddings")
    config.architectures, config.dtype = [kind], "float32"
    if ROPE_FACTORS in file.tensors:
        config.rope_parameters = _stretched(file, shape, config)
    config.save_pretrained(aside)
    GenerationConfig.from_model_config(config).save_pretrained(aside)
    tokenizer.init_kwargs["local_files_only"] = False  # of how it was read; not to be written down
    tokenizer.save_pretrained(aside)


def _stretched(file: Gguf, shape: Shape, config: Any) -> Any:
    import numpy as np

    factors = np.concatenate(list(_values(file, ROPE_FACTORS))).tolist()
    found = llama3_rope(factors, float(config.rope_parameters["rope_theta"]), shape.width)
    if found is None:
        raise ModelError(
            f"{file.path} stretches its rotary positions ({ROPE_FACTORS}) in a way not known here; "
            "give the model's folder instead"
        )
    return found


def _write_weights(file: Gguf, shape: Shape, names: dict[str, str], out: BinaryIO) -> None:
    """All tensors as fp32 in one safetensors file, by name, as its own writer orders them."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for ours in sorted(names):
        size = file.tensors[names[ours]].shape
        count = 4 * math.prod(size)
        header[ours] = {"dtype": "F32", "shape": list(size), "data_offsets": [at, at + count]}
        at += count
    said = json.dumps(header, separators=(",", ":")).encode()
    said += b" " * (-len(said) % 8)
    out.write(len(said).to_bytes(8, "little") + said)
    for ours in sorted(names):
        for part in _converted(file, shape, ours, names[ours]):
            out.write(part.tobytes())


def _converted(file: Gguf, shape: Shape, ours: str, name: str) -> Iterator[Any]:
    """A tensor's weights in transformers' order: Llama's rotary halves lie apart there."""
    import numpy as np

    heads = {"q_proj": shape.heads, "k_proj": shape.kv_heads}.get(ours.split(".")[-2])
    if heads is None or file.text("general.architecture") != "llama":
        yield from _values(file, name)
        return
    whole = np.concatenate(list(_values(file, name)))
    pairs = whole.reshape(heads, shape.width // 2, 2, *whole.shape[1:])
    yield np.ascontiguousarray(pairs.swapaxes(1, 2)).reshape(whole.shape)


def _values(file: Gguf, name: str) -> Iterator[Any]:
    """A tensor's weights as fp32, some rows at a time.

    Raises:
        ModelError: one of them is no finite number.
    """
    import gguf
    import numpy as np

    stored = file.tensors[name]
    rows = stored.shape[0] if len(stored.shape) > 1 else 1
    data = np.memmap(file.path, np.uint8, "r", stored.start, (rows, stored.size // rows))
    step = max(1, AT_ONCE * rows // max(1, stored.size))
    kind = gguf.GGMLQuantizationType(stored.number)
    for first in range(0, rows, step):
        part = np.ascontiguousarray(data[first : first + step])
        with np.errstate(all="ignore"):
            values = gguf.quants.dequantize(part, kind).astype(np.float32, copy=False)
        if not np.isfinite(values).all():
            raise ModelError(f"{file.path} has weights that are no finite numbers, in {name}")
        yield values.reshape(-1, *stored.shape[1:]) if len(stored.shape) > 1 else values.reshape(-1)
