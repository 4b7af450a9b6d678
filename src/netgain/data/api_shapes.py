"""What was asked of a model over an API, and what it said: batches and logs of calls."""

from __future__ import annotations

from collections.abc import Mapping

from netgain.data.asked_text import asked, turns
from netgain.data.row_parts import Row, first_named, known, listed, part_of, texts_of


def api_call(row: Row) -> Row:
    """What was asked of an API, what it said, or both: OpenAI's, Anthropic's, Google's batches."""
    if "custom_id" not in row and "request" not in row:
        return row
    asked_for, said = _request(row), _response(row)
    if not (asked_for and said) and "custom_id" not in row:
        return row
    choices = listed(said.get("choices")) or listed(said.get("candidates")) or [said]
    choices = [choice for choice in choices if isinstance(choice, Mapping)]
    reasons = [first_named(c, "finish_reason", "finishReason", "stop_reason") for c in choices]
    users = [text for role, text in _asked_turns(asked_for) if role == "user"]
    texts = texts_of(choices)
    found = {
        **known(
            id=row.get("custom_id"), model=first_named(said, "model", "modelVersion"),
            question=asked(users[-1]) if users else None, completion=texts if said else None,
        ),
        **({"finish_reason": reasons} if any(reasons) and len(reasons) == len(choices) else {}),
    }  # fmt: skip
    return {**{n: v for n, v in row.items() if n not in API_PARTS}, **found}


API_PARTS = {"response", "result", "body", "params", "id", "error", "request"}


def _request(row: Row) -> Row:
    parts = (part_of(row, "body"), part_of(row, "params"), part_of(row, "request"),
             part_of(row, "request", "body"))  # fmt: skip
    return next((part for part in parts if _asked_turns(part)), {})


def _asked_turns(part: Row) -> list[tuple[str, str]]:
    return turns(part.get("messages") or part.get("contents"))


def _response(row: Row) -> Row:
    parts = (part_of(row, "response", "body"), part_of(row, "result", "message"),
             part_of(row, "response"))  # fmt: skip
    told = ("choices", "content", "candidates")
    return next((part for part in parts if any(isinstance(part.get(n), list) for n in told)), {})


def is_request(row: Row) -> bool:
    """Whether a row is what a model was to be asked, by an id that its answer repeats."""
    if "native_id" in row:
        return "query" in part_of(row, "doc") and "model_output" not in row
    return "custom_id" in row and bool(_request(row)) and not _response(row)
