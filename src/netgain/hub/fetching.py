"""From a Hub id and a revision to a folder in the local cache: the only place that fetches."""

import hashlib
import logging
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from netgain.errors import (
    DataError,
    HubUnreachable,
    MissingDependency,
    ModelError,
    NetgainError,
    StorageError,
)
from netgain.hub.failures import NO_ADDRESS, NO_HUB, TOKEN, HubFailure, plain

Kind = Literal["model", "dataset"]
CALLED = {"model": "model", "dataset": "data set"}
COMMIT = re.compile(r"[0-9a-f]{40}")

log = logging.getLogger("netgain")


def fetch(
    kind: Kind, repo: str, revision: str | None, patterns: Sequence[str], *, top_only: bool = False
) -> tuple[Path, str]:
    """Files of a model or a data set in the local cache, and the commit they are of.

    What is in the cache already is not asked for again. Where the Hub cannot be asked and the cache
    has all of it, the cache is used.

    Args:
        repo: owner/name.
        revision: commit, branch or tag; None is the newest.
        patterns: the files that are wanted, as in `fnmatch`.
        top_only: no file in a folder of the repository, whatever its name.

    Raises:
        HubUnreachable: it is not in the cache, and there is no way to the Hub for now.
        ModelError, DataError: there is no such thing, no access to it, or it arrived damaged.
        StorageError: the cache cannot be written.
        MissingDependency: huggingface_hub is not installed.
    """
    what = f"{CALLED[kind]} {repo!r:.200}" + (f" at revision {revision!r:.80}" if revision else "")
    try:
        from huggingface_hub import constants

        from netgain.hub.bounded_client import bounded
    except ImportError:
        raise MissingDependency(
            f"fetching a {CALLED[kind]} from the Hub needs huggingface_hub: "
            "pip install 'netgain[train]'"
        ) from None
    except ValueError:  # it takes the address apart as it is imported
        raise _error(kind, f"{what} cannot be fetched: {NO_ADDRESS}") from None
    asked: dict[str, Any] = {
        "repo_type": kind,
        "revision": revision,
        "allow_patterns": list(patterns),
        "ignore_patterns": ["*/*"] if top_only else None,
    }
    if constants.is_offline_mode():
        folder = _cached(repo, asked)
        if folder is None:
            raise HubUnreachable(
                f"{what} is not in the local cache, or not all of it, and HF_HUB_OFFLINE keeps it "
                "from being fetched; unset HF_HUB_OFFLINE, or use a local folder"
            )
        return folder, folder.name
    try:
        with bounded():
            folder = _download(repo, asked)
    except HubFailure as failure:
        folder = _instead(kind, repo, asked, what, failure)
    return folder, folder.name


def _instead(kind: Kind, repo: str, asked: dict[str, Any], what: str, failure: HubFailure) -> Path:
    """What the cache has of it, or the failure as an error of ours."""
    words = f"{what} cannot be fetched: {failure}"
    if failure.is_storage:
        raise StorageError(words) from None
    cached = None if failure.is_damage else _cached(repo, asked)
    if cached is None:
        raise _error(kind, words, is_passing=failure.is_passing) from None
    log.warning("%s is taken from the local cache, commit %s: %s", what, cached.name, failure)
    return cached


def _error(kind: Kind, words: str, *, is_passing: bool = False) -> NetgainError:
    if is_passing:
        return HubUnreachable(words)
    return ModelError(words) if kind == "model" else DataError(words)


def _download(repo: str, asked: dict[str, Any]) -> Path:
    """The snapshot's folder, with what is new in it checked.

    Raises:
        HubFailure: whatever goes wrong.
    """
    import huggingface_hub

    try:
        blobs = _blobs(repo, asked["repo_type"])
        before = set(blobs.iterdir()) if blobs.is_dir() else set()
        commit = huggingface_hub.HfApi().resolve_revision(
            repo, repo_type=asked["repo_type"], revision=asked["revision"]
        )
        if not COMMIT.fullmatch(commit.resolved):  # it becomes a part of paths
            raise HubFailure(NO_HUB)
        folder = Path(huggingface_hub.snapshot_download(repo, **{**asked, "revision": commit}))
    except HubFailure:
        raise
    except Exception as error:  # whatever a library makes of foreign answers
        raise failure_of(error) from None
    for path, blob in _new_files(folder, blobs, before):
        if not _is_whole(blob):
            path.unlink()
            blob.unlink()
            raise HubFailure(
                f"{path.name!r:.200} arrived damaged (its bytes are not those that the Hub names) "
                "and was deleted; give the command again, and if that does not help, what stands "
                "between here and the Hub (HF_ENDPOINT, a proxy) changes files",
                is_damage=True,
            )
    return folder


def _cached(repo: str, asked: dict[str, Any]) -> Path | None:
    """The snapshot's folder where the cache has all of it."""
    import huggingface_hub

    try:
        folder = Path(huggingface_hub.snapshot_download(repo, **asked, local_files_only=True))
    except (OSError, ValueError):
        return None
    return folder if COMMIT.fullmatch(folder.name) else None


def failure_of(error: Exception) -> HubFailure:
    """What a library's exception says to a user."""
    import httpx2
    from huggingface_hub.constants import HF_HUB_CACHE
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    if isinstance(error, UnicodeEncodeError):
        return HubFailure(TOKEN)
    if isinstance(error, HFValidationError):
        return HubFailure("it is no name that the Hub allows; check the id")
    if isinstance(error, OSError) and error.errno is not None:
        return HubFailure(
            f"the Hub's cache in {HF_HUB_CACHE} cannot be written ({error.strerror}); make room "
            "or another place for it (HF_HOME)",
            is_storage=True,
        )
    if isinstance(error, OSError) and str(error).startswith("Consistency check failed"):
        return HubFailure(
            "a file arrived with another size than the Hub names; give the command again",
            is_damage=True,
        )
    no_hub = (
        ValueError, TypeError, LookupError, AttributeError, AssertionError, RecursionError,
        LocalEntryNotFoundError, httpx2.TooManyRedirects,
    )  # fmt: skip
    if isinstance(error, no_hub):
        return HubFailure(NO_HUB)
    return HubFailure(
        f"{type(error).__name__}: {plain(str(error))}; give the command again: files that are "
        "whole are kept. Where only HF_ENDPOINT can be reached, set HF_HUB_DISABLE_XET=1",
        is_passing=True,
    )


def _blobs(repo: str, kind: str) -> Path:
    """Where the cache keeps a repository's files, each under the digest that the Hub gives it."""
    from huggingface_hub.constants import HF_HUB_CACHE
    from huggingface_hub.file_download import repo_folder_name

    return Path(HF_HUB_CACHE) / repo_folder_name(repo_id=repo, repo_type=kind) / "blobs"


def _new_files(folder: Path, blobs: Path, before: set[Path]) -> Iterator[tuple[Path, Path]]:
    """The snapshot's files that were not there before, each with the blob that it links to.

    Where a system has no links, files lie there without their digest, and none is yielded.
    """
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() and path.is_file():
            blob = blobs / path.readlink().name
            if blob not in before:
                yield path, blob


def _is_whole(blob: Path) -> bool:
    """Whether a file's digest is its name: SHA-256, or Git's SHA-1 for a small file.

    Some mirrors give a plain SHA-1. Another kind of name says nothing.
    """
    wanted = blob.name
    if not re.fullmatch(r"[0-9a-f]{64}|[0-9a-f]{40}", wanted):
        return True
    size = blob.stat().st_size
    digests = [hashlib.sha256()] if len(wanted) == 64 else [
        hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False),
        hashlib.sha1(usedforsecurity=False),
    ]  # fmt: skip
    with blob.open("rb") as file:
        while block := file.read(1 << 22):
            for digest in digests:
                digest.update(block)
    return any(digest.hexdigest() == wanted for digest in digests)
