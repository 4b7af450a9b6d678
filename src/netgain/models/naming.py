"""What a model's own files say it is called: a proposal, since anybody may have written them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from netgain.errors import ModelError
from netgain.models.foreign_files import read_object
from netgain.models.gguf_header import Gguf, is_gguf, read_header
from netgain.recipe import HUB_ID
from netgain.recipe.reading import PlainLoader
from netgain.wording import one_line

MOST_CARD = 2**16  # characters of a model card that are read
NAME = re.compile(r"[A-Za-z0-9][\w .+()/-]{0,99}")
HUB = re.compile(r"https?://(?:www\.)?(?:huggingface\.co|hf\.co)/([\w.-]+/[\w.-]+)/?")


def told_name(path: Path) -> str | None:
    """The name that a model folder or a GGUF file gives itself, a Hub id where it tells one.

    A folder tells it in config.json (`_name_or_path`) or its model card, a GGUF file in its
    metadata. None where nothing in them looks like a name; damaged files tell none.

    Returns:
        at most 100 letters, digits and plain signs, on one line.
    """
    try:
        said = [*_of_gguf(read_header(path))] if is_gguf(path) else [*_of_folder(path)]
    except (ModelError, OSError):
        return None
    names = [name for text in said if (name := _cleaned(text)) is not None]
    return next((name for name in names if HUB_ID.match(name)), names[0] if names else None)


def _cleaned(text: Any) -> str | None:
    """A name without its place on the Hub; None for a path on a disk, or for no name at all."""
    if not isinstance(text, str) or len(text) > 500:
        return None
    name = HUB.sub(r"\1", one_line(text)).strip()
    if name.count("/") > 1 or NAME.fullmatch(name) is None or ".." in name:
        return None
    return name


def _of_gguf(file: Gguf) -> Iterator[Any]:
    for key in ("general.source.huggingface.repository", "general.source.repo_url",
                "general.source.url", "general.repo_url", "general.url"):  # fmt: skip
        yield file.said.get(key)
    parts = [file.text(f"general.{key}") for key in ("basename", "size_label", "finetune")]
    if parts[0]:
        owner = file.text("general.organization").replace(" ", "")
        name = "-".join(part for part in parts if part)
        yield f"{owner}/{name}" if owner else name
    yield file.said.get("general.name")
    yield file.said.get("general.base_model.0.repo_url")


def _of_folder(folder: Path) -> Iterator[Any]:
    if folder.parent.name == "snapshots" and folder.parent.parent.name.startswith("models--"):
        yield folder.parent.parent.name.removeprefix("models--").replace("--", "/")
    config = folder / "config.json"
    said = read_object(config) if config.exists() else {}
    yield said.get("_name_or_path")
    card = _card(folder / "README.md")
    yield card.get("model_name")
    listed = card.get("model-index")
    if isinstance(listed, list) and listed and isinstance(listed[0], dict):
        yield listed[0].get("name")
    yield card.get("title")
    yield said.get("_model_name_or_path")
    base = card.get("base_model")
    yield base[0] if isinstance(base, list) and base else base


def _card(path: Path) -> dict[str, Any]:
    """A model card's front matter, and its first heading as "title"."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", errors="replace") as file:
        text = file.read(MOST_CARD)
    found: dict[str, Any] = {}
    front = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    if front:
        try:
            said = yaml.load(front[1], Loader=PlainLoader)
        except (yaml.YAMLError, ValueError, RecursionError):
            said = None
        found = said if isinstance(said, dict) else {}
    title = re.search(r"^# (.{1,200})$", text[front.end() if front else 0 :], re.MULTILINE)
    return {**found, "title": title[1] if title else None}
