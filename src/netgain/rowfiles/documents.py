"""JSON that is no JSONL: an array of rows, rows within an object, columns, rows by number."""

import codecs
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from netgain.errors import DataError
from netgain.plain_files import MOST_CONTAINERS
from netgain.rowfiles.columns import usual_spelling

CHUNK = 1 << 20
DEEPEST = 2  # how deep in an object its rows may stand
# Columns by which rows of an object's values, or columns, are known.
TELLING = {
    "question", "problem", "query", "prompt", "origin_prompt", "instruction", "input", "messages",
    "completion", "prediction", "response", "output", "answer", "gold", "solution",
    "actual_output", "expected_output", "model_output", "generation", "ground_truth", "target",
    "raw_input", "conversations", "raw_output", "predict", "generated_text",
    "reference", "label",
}  # fmt: skip
ASKS = ("question", "problem", "query", "prompt", "instruction")  # of an object that is a row
_SPACE = re.compile(r"[\s,]*")


def array_rows(stream: Any, most_bytes: int) -> Iterator[Any]:
    """The elements of JSON arrays, and objects that stand one after another.

    What cannot be read is a `DataError`; nothing can be read after it.
    """
    decoder, text = json.JSONDecoder(), codecs.getincrementaldecoder("utf-8-sig")()
    buffer, at, ended, tried = "", 0, False, 0
    while True:
        begin = _SPACE.match(buffer, at).end()  # type: ignore[union-attr]
        begin += buffer[begin : begin + 1] in ("[", "]")
        if begin > at:
            at = begin
            continue
        if at < len(buffer) and (ended or len(buffer) - at > tried):
            try:
                value, at = decoder.raw_decode(buffer, at)
            except (ValueError, RecursionError) as error:
                if ended or len(buffer) - at > most_bytes:
                    yield _not_readable(error, ended, most_bytes)
                    return
                tried = 2 * (len(buffer) - at)
            else:
                tried = 0
                yield value
                continue
        elif ended:
            return
        chunk = stream.read(CHUNK)
        ended = not chunk
        try:
            buffer, at = buffer[at:] + text.decode(chunk, final=ended), 0
        except UnicodeDecodeError:
            yield DataError("not UTF-8 text, from here on")
            return
        if buffer.count("{") + buffer.count("[") > MOST_CONTAINERS:
            yield DataError(f"more than {MOST_CONTAINERS:,} objects and lists in a row")
            return


def _not_readable(error: Exception, ended: bool, most_bytes: int) -> DataError:
    if not ended:
        return DataError(f"the row is longer than {most_bytes:,} characters, or is not JSON")
    why = error.msg.lower() if isinstance(error, json.JSONDecodeError) else "a number is too long"
    return DataError(f"not valid JSON from here on ({why}): the file may have been cut off")


def rows_in(document: Any) -> Sequence[Any] | None:
    """The rows that a JSON object holds; None where it is a row itself.

    >>> rows_in({"data": [{"question": "1+1?"}], "version": 1})
    [{'question': '1+1?'}]
    >>> rows_in({"0": {"prediction": "2"}, "1": {"prediction": "3"}})
    [{'id': '0', 'prediction': '2'}, {'id': '1', 'prediction': '3'}]
    >>> rows_in({"question": ["1+1?", "1+2?"], "answer": [2, 3]})
    [{'question': '1+1?', 'answer': 2}, {'question': '1+2?', 'answer': 3}]
    """
    if not isinstance(document, Mapping) or not document:
        return None
    if not any(isinstance(document.get(name), str) for name in ASKS):
        lists = [rows for rows in _lists(document, DEEPEST) if _tells(rows[0])]
        if lists:
            return max(lists, key=len)
    values = list(document.values())
    if all(isinstance(value, Mapping) and TELLING & value.keys() for value in values):
        return [{"id": key, **value} for key, value in document.items()]
    return _columns(document)


def _columns(document: Mapping[str, Any]) -> Sequence[Any] | None:
    """Rows of columns that are lists of one length, or tables as pandas writes them; else None."""
    lists = {}
    for name, value in document.items():
        if isinstance(value, Mapping) and value:
            value = list(value.values())
        if (
            isinstance(value, list)
            and value
            and not any(isinstance(c, (dict, list)) for c in value)
        ):
            lists[_singular(str(name))] = value
    lengths = [len(column) for column in lists.values()]
    if len(TELLING & lists.keys()) < 2 or min(lengths) != max(lengths):
        return None
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def _singular(name: str) -> str:
    """
    >>> _singular("predictions"), _singular("Ground Truths"), _singular("steps")
    ('prediction', 'ground_truth', 'steps')
    """
    usual = usual_spelling(name)
    one = usual.removesuffix("s")
    return one if one in TELLING else usual if usual in TELLING else name


def _lists(document: Mapping[str, Any], deep: int) -> Iterator[list[Any]]:
    """Lists of objects that stand in an object, or in one within it."""
    for value in document.values():
        if isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value):
            yield value
        elif isinstance(value, Mapping) and deep > 1:
            yield from _lists(value, deep - 1)


def _tells(row: Mapping[str, Any]) -> bool:
    """Whether a row asks something, or answers it; a message of a chat does neither."""
    return (
        not {"role", "from"} & row.keys()
        and len(TELLING & {usual_spelling(str(name)) for name in row}) > 0
    )
