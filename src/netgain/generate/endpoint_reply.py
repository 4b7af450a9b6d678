"""What a server sent back: an answer, or the fault that took its place.

A reply is foreign input. Its size was bounded before it came here; here it must be JSON of the
right shape, and every text that leaves has the key taken out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from netgain.generate.endpoint_server import Key
from netgain.wording import one_line

MOST_BYTES = 4 * 2**20  # of one reply
MOST_TOKENS = 10**9  # a count above it is not believed
SHOWN = 300  # characters of a server's words in a message
READ = 4000  # characters of a refusal that are searched for a parameter's name
MOST_MODELS = 20  # names that a message lists

FaultKind = Literal[
    "away",  # no connection
    "broken",  # an error of the server's, silence, or rubbish
    "limited",  # too many requests
    "refused",  # this request is not taken
    "denied",  # the key is not taken
    "missing",  # no such model, or no such path
    "moved",  # a redirection
]


@dataclass(frozen=True)
class Reply:
    """An answer as the server gave it. `ended` is the server's own word for why it ended.

    A token count is None where the server gives none, or none that can be believed.
    """

    text: str
    ended: str
    prompt_tokens: int | None
    completion_tokens: int | None
    model: str = ""
    fingerprint: str = ""


@dataclass(frozen=True)
class Fault:
    """Why there is no answer. `words` are for people; `wait` is what the server asks for, in s."""

    kind: FaultKind
    words: str
    wait: float | None = None


def read_reply(status: int, headers: Mapping[str, str], body: bytes, key: Key) -> Reply | Fault:
    """An answer or a fault, from one response that arrived whole.

    Args:
        headers: with case-insensitive names.
    """
    if status < 300:
        return _read_answer(body, key)
    words = f"HTTP {status}"
    if 300 <= status < 400:
        target = one_line(key.hide(headers.get("location", "")))[:SHOWN].split("?")[0]
        return Fault("moved", f"{words}, to {target.rpartition('@')[2] or 'nowhere'}")
    said = refusal_words(body, key)
    words = f"{words}: {said}" if said else words
    if status in (401, 403):
        return Fault("denied", words)
    if status in (404, 405):
        return Fault("missing", words)
    wait = retry_after(headers.get("retry-after", ""))
    if status == 429:
        return Fault("limited", words, wait)
    return Fault("broken" if status >= 500 or status in (408, 409, 425) else "refused", words, wait)


def read_json(body: bytes) -> Any:
    """The reply as JSON.

    Raises:
        ValueError: it is no JSON, or holds NaN or an infinity.
    """

    def refuse(constant: str) -> Any:
        raise ValueError(f"holds {constant}")

    try:
        return json.loads(body, parse_constant=refuse)
    except RecursionError:
        raise ValueError("is nested too deeply") from None


def refusal_words(body: bytes, key: Key) -> str:
    """The message in an error's body, or the beginning of whatever it is, as one safe line."""
    try:
        found = read_json(body)
    except ValueError:
        found = None
    for name in ("error", "message"):
        found = found[name] if isinstance(found, dict) and name in found else found
    text = found if isinstance(found, str) else body.decode(errors="replace")
    return one_line(key.hide(text)[: 2 * READ])[:READ]


def refused_parameter(words: str, sent: Mapping[str, Any]) -> str | None:
    """The one of `sent`'s optional parameters that these words say the server does not take."""
    if not re.search(
        r"unsupported|not supported|unknown|unrecognized|unexpected|not permitted|extra_forbidden",
        words,
        re.IGNORECASE,
    ):
        return None
    named = (n for n in ("max_tokens", "stop", "seed") if n in sent)
    return next((n for n in named if re.search(rf"\b{n}\b", words)), None)


def read_models(body: bytes, key: Key) -> list[str]:
    """The names that a list of models holds, the first of them; [] where it is no such list."""
    try:
        found = read_json(body)
    except ValueError:
        return []
    rows = found.get("data") if isinstance(found, dict) else None
    ids = [row.get("id") for row in rows or () if isinstance(row, dict)] if _is_list(rows) else []
    return [one_line(key.hide(i))[:SHOWN] for i in ids if isinstance(i, str)][:MOST_MODELS]


def retry_after(header: str) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110, 10.2.3), or None.

    >>> retry_after("7"), retry_after("soon"), retry_after("-1")
    (7.0, None, None)
    """
    header = header.strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,6})?", header, re.ASCII):
        return float(header)
    try:
        when = parsedate_to_datetime(header)
    except (TypeError, ValueError, OverflowError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def _read_answer(body: bytes, key: Key) -> Reply | Fault:
    try:
        found = read_json(body)
    except ValueError as error:
        begins = one_line(key.hide(body.decode(errors="replace"))[: 2 * SHOWN])[:SHOWN]
        why = str(error) if str(error).startswith("holds") else "is no JSON"
        return Fault("broken", f"what it sent {why}: {begins!r}")
    choices = found.get("choices") if isinstance(found, dict) else None
    first = choices[0] if _is_list(choices) and choices else None
    if not isinstance(first, dict):
        return Fault("broken", "what it sent holds no answer: no choices")
    ended = first.get("finish_reason")
    message = first.get("message")
    text = message.get("content") if isinstance(message, dict) else first.get("text")
    if text is None and isinstance(message, dict) and ended == "length":
        text = ""  # all tokens went into thoughts that the server keeps apart
    if not isinstance(text, str):
        return Fault("broken", "what it sent holds no answer: its text is no text")
    usage = found.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    return Reply(
        text=key.hide_in_answer(_valid(text)),
        ended=_label(ended, key),
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        model=_label(found.get("model"), key),
        fingerprint=_label(found.get("system_fingerprint"), key),
    )


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _valid(text: str) -> str:
    """Half a character (a lone surrogate), which JSON can write, cannot be stored."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _label(value: object, key: Key) -> str:
    return one_line(key.hide(_valid(value)))[:100] if isinstance(value, str) else ""


def _count(value: object) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 <= value <= MOST_TOKENS else None  # type: ignore[operator, return-value]
