"""Weights on the disk: what their headers say, whether that is true, and whether all are numbers.

Read here with bounds, before any library is given the file. The format:
https://github.com/huggingface/safetensors#format.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from netgain.errors import ModelError
from netgain.models.foreign_files import parse_object, read_object
from netgain.wording import one_line

MOST_HEADER = 16 * 2**20  # bytes
MOST_TENSORS = 100_000
INDEX = "model.safetensors.index.json"
AT_ONCE = 2**24  # bytes looked through together
BYTES = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1,
    "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1,
}  # fmt: skip
# A number is infinite or none where all bits of its exponent are set: as which whole number it is
# read, and those bits. (F8_E4M3 has no infinity, and its one NaN has all bits set but the sign.)
EXPONENTS: Mapping[str, tuple[str, int]] = {
    "F64": ("<u8", 0x7FF0_0000_0000_0000), "F32": ("<u4", 0x7F80_0000), "F16": ("<u2", 0x7C00),
    "BF16": ("<u2", 0x7F80), "F8_E5M2": ("<u1", 0x7C), "F8_E4M3": ("<u1", 0x7F),
}  # fmt: skip


@dataclass(frozen=True)
class Tensor:
    """Where a tensor lies in a file: `start` and `size` in bytes."""

    file: Path
    kind: str
    shape: tuple[int, ...]
    start: int
    size: int


def model_tensors(folder: Path) -> dict[str, Tensor]:
    """All tensors of a model, of one file or of several with an index, by name.

    Raises:
        ModelError: a file is damaged, or index and files contradict each other.
    """
    whole, index = folder / "model.safetensors", folder / INDEX
    if whole.exists():
        return file_tensors(whole)
    if not index.exists():
        raise ModelError(
            f"{folder} has weights of other names than model.safetensors, and no {INDEX} that "
            "says which belong together"
        )
    places = read_object(index, MOST_HEADER).get("weight_map")
    if not isinstance(places, dict) or not places:
        raise ModelError(f"{index} has no weight_map")
    found: dict[str, Tensor] = {}
    for name in sorted({*map(str, places.values())}):
        if Path(name).name != name or not name.endswith(".safetensors"):
            raise ModelError(f"{index} names {one_line(name)[:100]!r}, which is no file beside it")
        if not (folder / name).exists():
            raise ModelError(f"{folder / name} is missing, and {INDEX} says that weights are in it")
        for tensor, place in file_tensors(folder / name).items():
            if places.get(tensor) != name:
                raise ModelError(
                    f"{folder / name} holds the tensor {one_line(tensor)[:100]}, which {INDEX} "
                    "does not say"
                )
            found[tensor] = place
    if absent := next((tensor for tensor in places if tensor not in found), None):
        raise ModelError(
            f"{folder / str(places[absent])} lacks the tensor {one_line(absent)[:100]}, which "
            f"{INDEX} says it has"
        )
    return found


def file_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of one safetensors file, by name.

    Raises:
        ModelError: its header is not true of it.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > size - 8:
            raise ModelError(f"{path} is no sound safetensors file: it was cut off, or is none")
        if length > MOST_HEADER:
            raise ModelError(f"{path} has a header of {length:,} bytes, which makes no sense")
        header = parse_object(file.read(length), f"the header of {path}")
    header.pop("__metadata__", None)
    if len(header) > MOST_TENSORS:
        raise ModelError(f"{path} holds {len(header):,} tensors, which makes no sense")
    begin = 8 + length
    found = {name: _tensor(path, name, said, begin, size) for name, said in header.items()}
    at = begin
    for name, tensor in sorted(found.items(), key=lambda item: item[1].start):
        if tensor.start != at:
            raise ModelError(
                f"{path} is damaged: its tensor {one_line(name)[:100]} does not begin where the "
                "one before it ends"
            )
        at += tensor.size
    if at != size:
        raise ModelError(f"{path} is damaged: it is {size:,} bytes long, its tensors end at {at:,}")
    return found


def _tensor(path: Path, name: str, said: Any, begin: int, end: int) -> Tensor:
    fault = ModelError(f"{path} is damaged: its header makes no sense at {one_line(name)[:100]}")
    if not isinstance(said, dict):
        raise fault
    kind, shape = said.get("dtype"), _counts(said.get("shape"))
    place = _counts(said.get("data_offsets"))
    if shape is None or place is None or len(place) != 2 or not isinstance(kind, str):
        raise fault
    if kind not in BYTES:
        raise ModelError(
            f"{path} stores {one_line(name)[:100]} as {one_line(kind)[:20]!r}, not known here"
        )
    size = math.prod(shape) * BYTES[kind]
    if place[1] - place[0] != size or begin + place[1] > end:
        raise fault
    return Tensor(path, kind, shape, begin + place[0], size)


def _counts(values: Any) -> tuple[int, ...] | None:
    """A few whole numbers from 0 on; None where it is something else."""
    if not isinstance(values, list) or len(values) > 8:
        return None
    right = all(type(value) is int and 0 <= value < 2**48 for value in values)
    return tuple(values) if right else None


def refuse_no_numbers(tensors: Mapping[str, Tensor]) -> None:
    """Refuse weights that are infinite or no numbers (NaN): a model answers nothing with them.

    Raises:
        ModelError: naming the first such tensor.
    """
    for name, tensor in tensors.items():
        if tensor.kind not in EXPONENTS or not tensor.size:
            continue
        kind, bits = EXPONENTS[tensor.kind]
        mask = np.array(bits, dtype=kind)
        data = np.memmap(tensor.file, np.uint8, "r", tensor.start, (tensor.size,)).view(kind)
        step = AT_ONCE // mask.itemsize
        for first in range(0, len(data), step):
            if bool(((data[first : first + step] & mask) == mask).any()):
                raise ModelError(
                    f"{tensor.file} holds values that are no finite numbers (NaN or infinite) in "
                    f"{one_line(name)[:100]}; such a model answers nothing"
                )
