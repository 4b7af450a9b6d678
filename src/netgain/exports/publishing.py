"""What of a run goes to the Hub: weights, model card, report; and what must never go along.

All files are made anew in a folder of their own and looked through there, so that what is shown,
what is checked and what is uploaded are the same bytes. Nothing is uploaded here.
"""

import base64
import os
import re
import shutil
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from netgain.errors import RunError
from netgain.exports.model_files import trained_run, write_safetensors
from netgain.hub.secrets import secrets_in
from netgain.pipeline.run_findings import findings_of
from netgain.records import Findings
from netgain.reporting import write_reports
from netgain.reporting.model_card import NAME as CARD
from netgain.reporting.model_card import card_files
from netgain.reporting.writing import WRITTEN, read_written
from netgain.store import RunDirectory

REPORT = "report"
AT_THE_TOP = (CARD, ".eval_results")  # where the Hub looks for them
MOST_NAMED = 5
MOST_CARD = 1 << 20  # bytes
MOST_UNPACKED = 256 << 20  # bytes, of what a page has packed
# An absolute path of two parts or more, with the last part apart.
PATH = re.compile(r"(?<![\w.:/~\\])(?:~|/[\w.+@-]+)/(?:[\w.+@-]+/)*([\w.+@-]*)")
PACKED = re.compile(rb"H4sI[A-Za-z0-9+/]{40,}={0,2}")
SOMEBODYS_HOME = r"/home/[\w.-]+|/Users/[\w.-]+|[A-Za-z]:\\+Users\\+[\w.-]+"


def gather(path: Path, into: Path, merged: bool) -> Findings:
    """Put all that is to be uploaded of a run into an empty folder; gives the run's findings.

    Args:
        merged: the whole model with the adapter merged into it, instead of the adapter.

    Raises:
        RunError: nothing was trained there, it was changed, or a file has a secret or a path of
            this machine in it.
    """
    run, _ = trained_run(path)
    merged = merged and run.adapter.name == "adapter"
    if merged:
        write_safetensors(path, into, "fp32")
    else:
        for file in sorted(run.adapter.iterdir()):
            shutil.copyfile(file, into / file.name)
    findings: Findings = without_paths(findings_of(run))
    write_reports(findings, into / REPORT)
    (into / REPORT / WRITTEN).unlink(missing_ok=True)
    if merged:
        for name, content in card_files(findings, merged=True).items():
            (into / REPORT / name).write_bytes(content)
    _take_edited_card(run, into / REPORT)
    for name in AT_THE_TOP:
        if (into / REPORT / name).exists():
            (into / REPORT / name).replace(into / name)
    refuse_secrets(into, path)
    return findings


def _take_edited_card(run: RunDirectory, report: Path) -> None:
    """A card that its owner changed is the one to publish."""
    card = run.report / CARD
    try:
        if card.is_file():
            read_written(card, MOST_CARD)
    except (OSError, ValueError):
        text = card.read_text(encoding="utf-8", errors="replace")
        (report / CARD).write_text(without_paths(text), encoding="utf-8")


def without_paths(value: Any) -> Any:
    """Findings with each absolute path shown by its last part; what models answered stays.

    >>> without_paths(("netgain run /a/b/recipe.yaml --set data.source=/d/gsm8k", "3/4 of 5 km/h"))
    ('netgain run recipe.yaml --set data.source=gsm8k', '3/4 of 5 km/h')
    """
    if isinstance(value, str):
        return PATH.sub(lambda found: found[1] or "…", value)
    if is_dataclass(value) and not isinstance(value, type):
        kept = {f.name: getattr(value, f.name) for f in fields(value) if f.name != "samples"}
        changed = {name: without_paths(inner) for name, inner in kept.items()}
        return replace(value, **{n: new for n, new in changed.items() if new != kept[n]})
    if isinstance(value, Mapping):
        return {key: without_paths(inner) for key, inner in value.items()}
    return type(value)(map(without_paths, value)) if isinstance(value, (tuple, list)) else value


# -- what must not go along ----------------------------------------------------------------


def refuse_secrets(folder: Path, run: Path) -> None:
    """Look through every file that is to be uploaded.

    Raises:
        RunError: naming file, line and kind of what was found, and never the thing itself.
    """
    found = [
        f"{path.relative_to(folder)}, line {line}: {what}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for line, what in _found_in(path, _machine_paths(run))
    ]
    if found:
        more = f"\n  - and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
        listed = "".join(f"\n  - {one}" for one in found[:MOST_NAMED])
        raise RunError(
            f"nothing was uploaded; this has to be taken out of the run first:{listed}{more}"
        )


def _found_in(path: Path, machine: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    for text in _texts(path):
        yield from secrets_in(text)
        for number, line in enumerate(text.split("\n"), 1):
            if machine.search(line):
                yield number, "a path of this machine"


def _texts(path: Path) -> Iterator[str]:
    """A file as text, what is packed in a page unpacked; of weights their header."""
    with path.open("rb") as file:
        if path.suffix == ".safetensors":
            size = int.from_bytes(file.read(8), "little")
            yield file.read(min(size, MOST_UNPACKED)).decode(errors="replace")
            return
        content = file.read()
    yield content.decode(errors="replace")
    for packed in PACKED.findall(content):
        try:
            whole = base64.b64decode(packed)
            unpacked = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(whole, MOST_UNPACKED)
        except (ValueError, zlib.error):  # it only looked like that
            continue
        yield unpacked.decode(errors="replace")


def _machine_paths(run: Path) -> re.Pattern[str]:
    """The user's home, the folder of the run, the current folder, and anybody's home."""
    places = {os.path.expanduser("~"), str(Path.cwd()), str(run.resolve())}  # noqa: PTH111
    names = sorted(re.escape(place) for place in places if len(place) > 1)
    return re.compile(rf"(?<![\w.-])(?:{'|'.join((*names, SOMEBODYS_HOME))})(?![\w.-])")
