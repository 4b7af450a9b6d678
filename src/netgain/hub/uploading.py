"""A folder to a model repository on the Hub, in one commit: the only place that uploads."""

from pathlib import Path
from typing import Any

from netgain.errors import HubUnreachable, MissingDependency, ModelError
from netgain.hub.failures import NO_ADDRESS, HubFailure
from netgain.hub.fetching import failure_of

PATIENCE = 120.0  # seconds that the Hub may take to store what it was sent


def upload(repo: str, folder: Path, private: bool, message: str) -> str:
    """Upload a folder's files, into a new repository or one that is there; gives its address.

    Args:
        repo: owner/name.
        private: of a new repository. One that is there already and public is refused then.
        message: of the commit.

    Raises:
        ModelError: the repository is public and was to be private, or the Hub refuses.
        HubUnreachable: there is no way to the Hub for now.
        MissingDependency: huggingface_hub is not installed.
    """
    try:
        import huggingface_hub

        from netgain.hub.bounded_client import bounded
    except ImportError:
        raise MissingDependency(
            "uploading to the Hub needs huggingface_hub: pip install huggingface_hub"
        ) from None
    except ValueError:  # it takes the address apart as it is imported
        raise ModelError(f"nothing was uploaded: {NO_ADDRESS}") from None
    try:
        with bounded(PATIENCE):
            api = huggingface_hub.HfApi()
            _make_ready(api, repo, private)
            done = api.upload_folder(repo_id=repo, folder_path=folder, commit_message=message)
    except ModelError:
        raise
    except Exception as error:  # whatever a library makes of foreign answers
        failure = error if isinstance(error, HubFailure) else failure_of(error)
        words = f"{repo} was not uploaded: {failure}"
        raise (HubUnreachable if failure.is_passing else ModelError)(words) from None
    return str(getattr(done, "commit_url", "") or f"https://huggingface.co/{repo}")


def _make_ready(api: Any, repo: str, private: bool) -> None:
    try:
        is_private = api.repo_info(repo).private
    except HubFailure as failure:
        if not failure.is_missing:
            raise
        api.create_repo(repo, private=private)
        return
    if private and not is_private:
        raise ModelError(
            f"{repo} is there already and public; give --public to publish into it, or another name"
        )
