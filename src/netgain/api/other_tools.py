"""What another tool's file or folder is, and what reads it: one line, for who gives it to us."""

import shlex
from pathlib import Path

from netgain.errors import DataError
from netgain.importers.found import Found
from netgain.importers.looking import look
from netgain.rowfiles import conversion

PACKED = {".zip", ".xz", ".bz2", ".tar", ".tgz", ".7z"}
WEIGHTS = {".gguf", ".safetensors", ".bin", ".pt", ".pth"}
WITH_ANSWERS = "is a folder with answers"
MOST_LOOKED = 32 << 20  # bytes of a JSON file that is looked into before it is read as rows


def what_it_is(path: Path) -> str:
    """A sentence on what is there and what reads it, without the path; "" where it is not known.

    >>> what_it_is(Path("no-such-file.jsonl"))
    ''
    """
    if path.is_dir():
        return _found(path)
    if not path.is_file():
        return ""
    suffix = path.suffix.lower()
    command = conversion(path)
    if command:
        return f"is no JSONL and no Parquet; convert it: {command}"
    if suffix in PACKED:
        return "is packed; unpack it and give the file in it"
    if suffix in WEIGHTS:
        return "is a model's file; `netgain evaluate MODEL --data DATA` has the model answer"
    return _found(path) if suffix == ".json" and path.stat().st_size <= MOST_LOOKED else ""


def only_file(folder: Path) -> Path | None:
    """The file of answers that a folder holds, where it holds exactly one."""
    if not folder.is_dir():
        return None
    try:
        files = {file for one in look([folder]).answers for file in one.files}
    except DataError:  # too many files
        return None
    return files.pop() if len(files) == 1 else None


def what_no_run_is(path: Path) -> str:
    """The same where a run directory was to be given.

    >>> what_no_run_is(Path("no-such-folder"))
    ''
    """
    within = next((f.parent for p in ("*", "runs/*") for f in path.glob(f"{p}/run.json")), None)
    give = f"is no run directory; give one, as {within or 'runs/NAME-…'}"
    compares = "`netgain analyse BASE TUNED` compares answers in files and folders"
    if path.is_dir() and within is not None:
        return give
    told = what_it_is(path)
    if path.is_file() and not told:
        return f"is a file and no run directory; give one, as runs/NAME-…; {compares}"
    return f"{give}; {compares}" if told.startswith(WITH_ANSWERS) else told


def _found(path: Path) -> str:
    """What `netgain import` finds there, and what to give instead."""
    try:
        found = look([path])
    except DataError:  # too many files
        return ""
    if found.answers:
        if path.is_file():
            return ""
        return (
            f"{WITH_ANSWERS}; give the file of them, as "
            f"{found.answers[0].files[0]} (`netgain analyse BASE TUNED` takes folders too)"
        )
    if found.trainings or found.adapters:
        what = found.trainings[0].tool if found.trainings else "PEFT"
        return f"holds a training of {what} and no answers; {_evaluates(path, found)}"
    if found.figures:
        return (
            "holds figures and no answers; have the tool write its samples (run lm-eval with "
            "--log_samples) and give their file"
        )
    if (path / "config.json").is_file():
        return (
            "is a model's folder and holds no answers; `netgain evaluate "
            f"{shlex.quote(str(path))} --data DATA` makes them"
        )
    return ""


def _evaluates(path: Path, found: Found) -> str:
    base = next((a.base for a in found.adapters if a.base), "BASE_MODEL")
    where = found.adapters[0].folder if found.adapters else path if path.is_dir() else path.parent
    return (
        f"`netgain evaluate {shlex.quote(base)} --adapter {shlex.quote(str(where))} --data DATA` "
        "makes them, for `compare` and `report`"
    )
