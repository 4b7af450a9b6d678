"""`netgain.push`: a trained model, its card and its report to the Hugging Face Hub."""

import shlex
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netgain.api.answer_rows import refuse_others
from netgain.api.shown import Line, Part, Shown, Table
from netgain.errors import UsageError
from netgain.exports.publishing import gather
from netgain.hub.uploading import upload
from netgain.recipe import HUB_ID


@dataclass(frozen=True, repr=False)
class Pushed(Shown):
    """What was uploaded, or would be: (file in the repository, bytes), and who can read it.

    `address` is where it is now, "" where nothing was uploaded. `texts` says whether the report
    has questions and answers in it.
    """

    repo: str
    private: bool
    files: tuple[tuple[str, int], ...]
    texts: bool
    address: str
    next_command: str

    def parts(self) -> Iterator[Part]:
        what = "was uploaded to" if self.address else "would be uploaded to"
        who = "private" if self.private else "PUBLIC: anybody can read and keep it"
        yield Line(f"This {what} https://huggingface.co/{self.repo}, {who}:", whole=True)
        yield Table([(name, f"{size:,} bytes") for name, size in self.files])
        texts = "questions and answers" if self.texts else "no questions and no answers"
        yield Line(f"The report has the recipe, the machine's hardware, and {texts} in it.")
        if self.address:
            yield Line(self.address, whole=True)
        else:
            yield Line(f"Nothing was uploaded. To do it: {self.next_command}", whole=True)

    def plain(self) -> dict[str, Any]:
        return {
            "repo": self.repo, "private": self.private, "files": dict(self.files),
            "texts": self.texts, "uploaded": bool(self.address), "address": self.address,
        }  # fmt: skip


def push(
    run: str | Path, repo: str, *, upload_it: bool = False, private: bool = True,
    merged: bool = False,
) -> Pushed:  # fmt: skip
    """Show what of a run would go to the Hub, or upload it: weights, model card, report.

    The card and the report are made anew; paths of this machine stand in them by their last part.
    A file with a secret in it, or with such a path, is refused.

    Args:
        run: a run directory with trained weights.
        repo: OWNER/NAME. It is made where it is not there.
        upload_it: really do it; otherwise nothing leaves this machine and nothing is asked of the
            Hub.
        private: of a new repository; into one that is public nothing goes without `private=False`.
        merged: the whole model, the adapter merged into it, instead of the adapter.

    Raises:
        RunError: nothing was trained there, or a file has a secret in it.
        ModelError, HubUnreachable: the Hub refuses, or cannot be reached.

    >>> import netgain
    >>> run = netgain.train("recipe.yaml", {"train.epochs": 1}, quiet=True)
    >>> sorted(name for name, _ in netgain.push(run.folder, "me/mine").files)[:3]
    ['README.md', 'adapter_config.json', 'adapter_model.safetensors']
    """
    if not HUB_ID.match(repo):
        raise UsageError("repo", f"{repo!r:.100} is no OWNER/NAME of the Hub")
    path = Path(run)
    refuse_others(path)
    with tempfile.TemporaryDirectory(prefix="netgain-") as place:
        folder = Path(place)
        findings = gather(path, folder, merged)
        files = tuple(
            (file.relative_to(folder).as_posix(), file.stat().st_size)
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        )
        address = (
            upload(repo, folder, private, f"{findings.title}, by netgain") if upload_it else ""
        )
    words = ["netgain", "push", str(run), repo, "--yes", *([] if private else ["--public"]),
             *(["--merged"] if merged else [])]  # fmt: skip
    texts = findings.samples is not None and findings.samples.texts
    return Pushed(repo, private, files, texts, address, shlex.join(words))
