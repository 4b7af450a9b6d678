"""What the Hub's refusals mean to a user, each as one clause, with no secret in it."""

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from netgain.wording import duration, one_line

SHOWN = 200  # characters of foreign text
NO_HUB = (
    "the answer is none that a Hub gives; see whether HF_ENDPOINT is right, and whether a proxy or "
    "the network's login page answers in the Hub's place"
)
NO_ADDRESS = "HF_ENDPOINT is no address; one begins with https:// or http://"
TOKEN = (
    "the token (HF_TOKEN, or that of `hf auth login`) has characters that no token has; copy it "
    "again"
)
LOGIN = "log in with `hf auth login`, or set HF_TOKEN"
# Tokens, names and passwords in addresses, and signatures, wherever a foreign text repeats them.
SECRET = re.compile(r"hf_\w{4,}|(?i:bearer|basic)\s+[^\s'\"]+|(?<=://)[^/\s@]+@|(?<=\?)\S+")


class HubFailure(Exception):
    """What failed, why, and what to do.

    Attributes:
        is_passing: no fault of what was asked for: it may work later, or with a way to the Hub.
        is_storage: it is the local cache that fails.
        is_damage: what arrived is not what the Hub has.
        is_missing: the Hub has no such repository that the user may see.
    """

    def __init__(
        self,
        words: str,
        *,
        is_passing: bool = False,
        is_storage: bool = False,
        is_damage: bool = False,
        is_missing: bool = False,
    ) -> None:
        self.is_passing, self.is_storage, self.is_damage = is_passing, is_storage, is_damage
        self.is_missing = is_missing
        super().__init__(words)


def plain(text: str) -> str:
    """Foreign text as the beginning of one line, without what may be a secret."""
    return one_line(SECRET.sub("…", text[: 10 * SHOWN]))[:SHOWN]


def refused(
    status: int, headers: Mapping[str, str], host: str, page: str, logged_in: bool
) -> HubFailure:
    """What an answer of 400 or more means.

    Args:
        headers: the answer's.
        host: who gave it.
        page: the repository's address for people.
        logged_in: whether a token was sent.
    """
    found = _no_access(status, headers, page, logged_in)
    if found is not None:
        return found
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return proxy_refused("407 Proxy Authentication Required")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = asked_to_wait(headers)
        when = "in some minutes" if wait is None else f"in {duration(round(wait))}"
        more = "" if logged_in else f"; who has logged in may ask more often: {LOGIN}"
        words = f"{host} takes no more requests for now (429); try again {when}{more}"
        return HubFailure(words, is_passing=True)
    said = plain(headers.get("x-error-message", ""))
    words = _status_words(status) + (f": {said}" if said else "")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return HubFailure(f"{host} is out of order ({words}); try again later", is_passing=True)
    if status == HTTPStatus.NOT_FOUND and "x-error-code" not in headers:
        return HubFailure(
            f"{host} knows no such address ({words}); see whether HF_ENDPOINT is right"
        )
    rights = "see whether the token may read it, and whether a proxy or firewall refuses"
    return HubFailure(f"{host} refuses ({words}); {rights}")


def _no_access(
    status: int, headers: Mapping[str, str], page: str, logged_in: bool
) -> HubFailure | None:
    """What the Hub itself says of a repository that it does not give; None where it does not."""
    code = headers.get("x-error-code", "")
    if code == "GatedRepo":
        then = "wait until you are let in" if logged_in else LOGIN
        return HubFailure(
            f"its owner decides who may have it; ask for access at {page}, and {then}"
        )
    if code == "RevisionNotFound":
        return HubFailure("the Hub has no such revision of it; give a commit, a branch or a tag")
    if code == "RepoNotFound" or (status == HTTPStatus.UNAUTHORIZED and not logged_in):
        private = "" if logged_in else f"; if it is private, {LOGIN}"
        return HubFailure(
            f"the Hub has nothing of this id that you may see; check the id{private}",
            is_missing=True,
        )
    if status == HTTPStatus.UNAUTHORIZED:
        return HubFailure(f"the Hub does not accept the token; {LOGIN}, or take it away")
    if headers.get("x-error-message") == "Access to this resource is disabled.":
        return HubFailure("the Hub has disabled it; choose another")
    return None


def _status_words(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def asked_to_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks us to wait: Retry-After, or the Hub's own rate-limit header."""
    spent = re.search(r"\br=0 ?; ?t=(\d{1,8})\b", headers.get("ratelimit", "")[:SHOWN])
    if spent:
        return float(spent[1])
    value = headers.get("retry-after", "").strip()[:SHOWN]
    if re.fullmatch(r"[0-9]{1,8}", value):
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError, OSError):
        return None


def proxy_refused(words: str) -> HubFailure:
    return HubFailure(
        f"the proxy refuses ({plain(words)}); see HTTPS_PROXY, HTTP_PROXY and NO_PROXY",
        is_passing=True,
    )
