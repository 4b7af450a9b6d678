"""What a file or a folder of another tool is, and what reads it: one line, for who gives it to us.

Only names and the beginning of a file are looked at.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from netgain.plain_files import NotPlain, open_plain
from netgain.rowfiles import conversion

HEAD = 1 << 16  # bytes of a file that are looked at
PACKED = {".zip", ".xz", ".bz2", ".tar", ".tgz", ".7z"}
WEIGHTS = {".gguf", ".safetensors", ".bin", ".pt", ".pth"}
LM_EVAL = re.compile(
    r'"(?:n-shot|n-samples|higher_is_better|config_general|lm_eval_version|[a-z_0-9]+,[a-z-]+)":'
)


def what_it_is(path: Path) -> str:
    """A sentence on what is there and what reads it, without the path; "" where it is not known.

    >>> what_it_is(Path("no-such-file.jsonl"))
    ''
    """
    if path.is_dir():
        return _folder(path)
    return _file(path) if path.is_file() else ""


def _file(path: Path) -> str:
    suffix = path.suffix.lower()
    command = conversion(path)
    if command:
        return f"is no JSONL and no Parquet; convert it: {command}"
    if suffix in PACKED:
        return "is packed; unpack it and give the file in it"
    if suffix in WEIGHTS:
        return "is a model's file; `netgain evaluate MODEL --data DATA` has the model answer"
    if path.name == "trainer_state.json":
        return f"is a trainer's log and holds no answers; {_evaluates(path.parent)}"
    if suffix == ".json" and LM_EVAL.search(_head(path)):
        return (
            "is lm-eval's file of results: figures without answers; run lm-eval with --log_samples "
            "and give the samples_*.jsonl that it writes"
        )
    return ""


def _folder(path: Path) -> str:
    names = {entry.name for _, entry in zip(range(10_000), path.iterdir(), strict=False)}
    samples = sorted(name for name in names if re.fullmatch(r"samples_.*\.jsonl", name))
    if samples:
        return f"is a folder of lm-eval; give the files of answers in it, as {path / samples[0]}"
    if any(re.fullmatch(r"results_.*\.json", name) for name in names):
        return (
            "is a folder of lm-eval with figures and no answers; run lm-eval with --log_samples "
            "and give the samples_*.jsonl that it writes"
        )
    trained = "trainer_state.json" in names or any(n.startswith("checkpoint-") for n in names)
    if trained or "adapter_config.json" in names:
        what = "of transformers' or TRL's trainer" if trained else "of an adapter"
        return f"is a folder {what} and holds no answers; {_evaluates(path)}"
    if "config.json" in names:
        return (
            "is a model's folder and holds no answers; `netgain evaluate "
            f"{shlex.quote(str(path))} --data DATA` makes them"
        )
    return ""


def _evaluates(folder: Path) -> str:
    inside = sorted(folder.glob("checkpoint-*/adapter_config.json"))
    where = folder if (folder / "adapter_config.json").exists() or not inside else inside[-1].parent
    return (
        f"`netgain evaluate BASE_MODEL --adapter {shlex.quote(str(where))} --data DATA` makes "
        "them, for `compare` and `report`"
    )


def _head(path: Path) -> str:
    try:
        with open_plain(path) as file:
            head = file.read(HEAD)
            size = path.stat().st_size
            file.seek(max(HEAD, size - HEAD))  # lm-eval's own keys stand at the end of a long one
            return (head + file.read(HEAD)).decode("utf-8", errors="replace")
    except (OSError, NotPlain):
        return ""
