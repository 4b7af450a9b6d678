"""What was asked of a model over an API, what it said, and what failed: batches and logs of calls.

Rows are those of OpenAI (`/v1/chat/completions`, `/v1/completions`, `/v1/responses`), Anthropic and
Google.
"""

from collections.abc import Mapping
from typing import Any

from netgain.data.asked_text import asked, turns
from netgain.data.row_parts import (
    Row,
    first_named,
    is_items,
    known,
    listed,
    part_of,
    said_in_items,
    texts_of,
)

# What of a batch's row is no column; `id` is that of the request's own bookkeeping.
OF_A_BATCH = {"response", "result", "body", "params", "id", "error", "request", "key"}
OF_A_CALL = {"response", "request"}
ASKED_UNDER = ("messages", "contents", "input", "prompt")
SAID_UNDER = ("choices", "content", "candidates")
BROKEN = ("failed", "cancelled", "errored", "expired", "canceled")  # how a request ends unanswered
MOST_SHOWN = 200  # characters of an error


def api_call(row: Row) -> Row:
    """What was asked of an API, what it said, or both; why a request failed is its `error`."""
    name, said, failure = _name(row), _response(row), failure_of(row)
    asked_for = _request(row) if name is not None or "request" in row else {}
    if not (said or failure or (asked_for and name is not None)):
        return {**row, "id": name} if "custom_id" in row else row
    choices = _choices(said)
    reasons = [first_named(c, "finish_reason", "finishReason", "stop_reason") for c in choices]
    users = [text for role, text in _asked_turns(asked_for) if role == "user"]
    ended: Any = reasons if any(reasons) and len(reasons) == len(choices) else None
    found = known(
        id=name, model=first_named(said, "model", "modelVersion"),
        question=asked(users[-1]) if users else None,
        completion=texts_of(choices) if said and not failure else None,
        finish_reason="error" if failure else ended, error=failure or None,
    )  # fmt: skip
    taken = OF_A_CALL if name is None else OF_A_BATCH
    return {**{n: v for n, v in row.items() if n not in taken}, **found}


def failure_of(row: Row) -> str:
    """Why a request got no answer, in the API's words; "" where it got one, or where none was sent.

    >>> failure_of({"custom_id": "a", "response": {"status_code": 503, "body": None}})
    'HTTP 503'
    """
    if _name(row) is None and "request" not in row:
        return ""
    response, result = part_of(row, "response"), part_of(row, "result")
    body = part_of(response, "body") or response
    said, status = _response(row), response.get("status_code")
    refused = isinstance(status, int) and status >= 400
    ended = next((end for end in (body.get("status"), result.get("type")) if end in BROKEN), "")
    if said and not refused and not ended:
        return ""
    own = row.get("error")
    if not {"response", "result", "request"} & row.keys() and not isinstance(own, Mapping):
        own = None  # of a row that is no API's
    errors = map(_words, (own, body.get("error"), result.get("error")))
    told = row.get("status") if "request" in row and not said else None  # Vertex
    words = next(filter(None, errors), "") or (f"HTTP {status}" if refused else ended)
    return words or (told if isinstance(told, str) else "")[:MOST_SHOWN]


def _words(error: Any) -> str:
    """An error's code and message."""
    if isinstance(error, Mapping) and isinstance(error.get("error"), Mapping):
        error = error["error"]
    if not isinstance(error, Mapping):
        return error[:MOST_SHOWN] if isinstance(error, str) else ""
    told = (error.get("code"), error.get("message"))
    words = ": ".join(str(part) for part in told if isinstance(part, (str, int)) and part)
    return (words or str(error.get("type") or ""))[:MOST_SHOWN]


def is_request(row: Row) -> bool:
    """Whether a row is what a model was to be asked, by an id that its answer repeats."""
    if "native_id" in row:
        return "query" in part_of(row, "doc") and "model_output" not in row
    if _name(row) is None or not _request(row):
        return False
    return not _response(row) and not failure_of(row)


def _name(row: Row) -> Any:
    """The id by which a request and its answer belong together; None where there is none."""
    if row.get("custom_id") is not None:
        return row["custom_id"]
    of_google = any(isinstance(row.get(n), Mapping) for n in ("request", "response", "error"))
    return row.get("key") if of_google else None


def _request(row: Row) -> Row:
    parts = (part_of(row, "body"), part_of(row, "params"), part_of(row, "request"),
             part_of(row, "request", "body"))  # fmt: skip
    return next((part for part in parts if _asked_turns(part)), {})


def _asked_turns(part: Row) -> list[tuple[str, str]]:
    given = first_named(part, *ASKED_UNDER)
    return [("user", given)] if isinstance(given, str) else turns(given)


def _response(row: Row) -> Row:
    parts = (part_of(row, "response", "body"), part_of(row, "result", "message"),
             part_of(row, "response"))  # fmt: skip
    return next(filter(_is_reply, parts), {})


def _is_reply(part: Row) -> bool:
    if part.get("object") == "response" or is_items(part.get("output")):
        return True
    return any(isinstance(part.get(name), list) for name in SAID_UNDER)


def _choices(said: Row) -> list[Row]:
    """The answers of a reply, each an object with its text and its end."""
    if is_items(said.get("output")) or said.get("object") == "response":
        return [{"text": said_in_items(said.get("output")), "finish_reason": _end(said)}]
    choices = listed(said.get("choices")) or listed(said.get("candidates")) or [said]
    return [choice for choice in choices if isinstance(choice, Mapping)]


def _end(said: Row) -> Any:
    """How a reply of `/v1/responses` ended: why it is incomplete, else its status."""
    return part_of(said, "incomplete_details").get("reason") or said.get("status")
