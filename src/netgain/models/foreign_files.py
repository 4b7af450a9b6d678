"""Files of models and adapters come from anybody: only plain ones are opened, and of bounded size.

A pipe would be waited for without end, a device read without end, and a link may lead to a file
that is none of the model's.
"""

import os
import stat
from pathlib import Path
from typing import Any

from netgain.errors import ModelError
from netgain.plain_files import NotPlain, parse_json, read_plain, real
from netgain.wording import one_line

MOST_ENTRIES = 20_000
MOST_TEXT = 48 * 2**20  # bytes of a text file; the largest tokenizers have 35 MB
MOST_SETTINGS = 2**20  # bytes of a configuration
TEXTS = frozenset({".json", ".jinja", ".txt", ".model"})
READ = TEXTS | {".safetensors"}


def look_over(folder: Path) -> None:
    """Refuse a folder whose files are not what their names say: pipes, devices, links elsewhere.

    Raises:
        ModelError: naming the file.
    """
    home = _home(folder)
    try:
        entries = list(os.scandir(folder))
    except OSError as error:
        raise ModelError(f"{folder} cannot be read ({error.strerror})") from error
    if len(entries) > MOST_ENTRIES:
        raise ModelError(f"{folder} holds {len(entries):,} files: it is no model folder")
    for entry in entries:
        _look_at(Path(entry.path), home)
    more = folder / "additional_chat_templates"
    if more.is_dir():
        for path in list(more.iterdir())[:MOST_ENTRIES]:
            _look_at(path, home)


def _home(folder: Path) -> Path:
    """Where a folder's files may lie: in it, or in the Hub's cache, whose snapshots are links."""
    folder = real(folder)
    return folder.parent.parent if folder.parent.name == "snapshots" else folder


def _look_at(path: Path, home: Path) -> None:
    is_read = path.suffix in READ
    try:
        found = path.stat()
    except OSError as error:
        if is_read:
            raise ModelError(f"{_shown(path)} cannot be read ({error.strerror})") from error
        return
    if stat.S_ISDIR(found.st_mode):
        if is_read:
            raise ModelError(f"{_shown(path)} is a folder, where a file should be")
        return
    if not stat.S_ISREG(found.st_mode):
        raise ModelError(f"{_shown(path)} is no ordinary file (a pipe, a socket or a device)")
    if not is_read:
        return
    if path.is_symlink() and not real(path).is_relative_to(home):
        raise ModelError(
            f"{_shown(path)} is a link to a file outside the folder; put the file itself there"
        )
    if path.suffix in TEXTS and found.st_size > MOST_TEXT:
        raise ModelError(
            f"{_shown(path)} has {found.st_size:,} bytes, and more than {MOST_TEXT:,} are not read"
        )


def read_object(path: Path, most: int = MOST_SETTINGS) -> dict[str, Any]:
    """The JSON object in a file of at most `most` bytes.

    Raises:
        ModelError: it is no ordinary file, too long, no JSON, or no object.
    """
    try:
        return parse_object(read_plain(path, most), _shown(path))
    except NotPlain as error:
        raise ModelError(f"{_shown(path)} {error}") from error
    except OSError as error:
        raise ModelError(f"{_shown(path)} cannot be read ({error.strerror})") from error


def parse_object(content: bytes, name: str) -> dict[str, Any]:
    """The JSON object that `content` holds; `name` is what messages call it.

    Raises:
        ModelError: it is no JSON, nested too deeply, or no object.
    """
    try:
        said = parse_json(content)
    except RecursionError:
        raise ModelError(f"{name} is nested too deeply") from None
    except (ValueError, MemoryError) as error:
        raise ModelError(f"{name} is no JSON ({str(error)[:100]})") from None
    if not isinstance(said, dict):
        raise ModelError(f"{name} holds no JSON object")
    return said


def _shown(path: Path) -> str:
    return one_line(str(path))


def first_line(error: BaseException, most: int = 200) -> str:
    """What an error of another library says, on one line: of a heading, what follows it too."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    return one_line(" ".join(lines[:2]) if lines[0].endswith(":") else lines[0])[:most]
