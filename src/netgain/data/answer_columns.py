"""What the columns of a row of a model's answers are called, and what stands in them.

A row holds one problem and what one model answered:

| column | also | what |
|---|---|---|
| `id` | `idx`, `problem_id`, `uid`, `question_id`… | text or number, distinct within a model; made up if absent |
| `model` | `model_name`, `generator` | may be absent |
| `question` | `problem`, `query`, `instruction`, `input`, `prompt`, `ctx` | may be absent |
| `answer` | `solution`, `reference`, `label(s)` | a worked solution or a bare number |
| `gold` | `gold_answer`, `final_answer`, `expected_answer`, `ground_truth`, `target`… | the right number; goes before `answer` |
| `completion` | `completions`, `response(s)`, `model_output`, `generated_text`, `generation`, `output(s)`, `predict`, `samples`, `prediction` | text, or a list of samples; none, and it counts as a wrong answer |
| `sample` | `sample_id`, `sample_index`, `sample_idx` | which of several samples; the id may then repeat |
| `finish_reason` | `stop_reason` | `stop`, `length` or `error` as several tools write it; one or a list; `stop` if absent |
| `ending` | | `hashes`, `boxed` or `the_answer_is`: the form asked for; else the prompt says it (`asked_form`) |
| `steps` | | a list of texts, for tools that read steps |
| `choices` | `options`, `endings` | multiple choice: a list of texts, or texts with labels |

Rows of other tools, which keep these in places of their own, are put under these names first
(`shapes`): lm-eval, lighteval, inspect, OpenCompass, evalscope, verl, NeMo-Skills, ToRA, DART-Math,
batches of OpenAI and Anthropic, chat messages. Names may be spelled in any usual way ("Ground Truth", `groundTruth`).

With `choices` the right one stands in `gold`, `answerKey`, `answer`, `label`, `target`,
`answer_idx`, `answer_index` or `correct`: a label, an index from 0, or a text (see `grading.choices`).
"""  # noqa: E501 - a table

from collections.abc import Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Any

from netgain.data.right_answers import ANSWERS, first_of
from netgain.data.row_parts import is_items, said_in_items, text_within, texts_in
from netgain.data.shapes import tool_of, under_usual_names
from netgain.errors import DataError
from netgain.records import FinishReason
from netgain.rowfiles import ALIASES, kind_words

MAX_SAMPLES = 10_000
MOST_TOLD = 8  # columns of a row
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ALIASES["id"],
    "model": ("model", "model_name", "generator"),
    "question": (*ALIASES["question"], "prompt", "ctx"),
    "answer": ANSWERS,
    "gold": ALIASES["gold"],
    "completion": (
        "completion", "completions", "response", "responses", "model_output", "generated_text",
        "generation", "output", "outputs", "predict", "samples", "model_response",
        "generated_answer", "generated_solution", "raw_response", "raw_output", "full_response",
        "llm_response", "llm_output", "output_text", "actual_output", "model_answer",
        "model_completion", "prediction", "resp", "assistant", "predicted", "predicted_answer",
    ),
    "sample": ("sample", "sample_id", "sample_index", "sample_idx"),
    "finish_reason": ("finish_reason", "stop_reason"),
    "steps": ("steps",),
    "choices": ("choices", "options", "endings"),
    "right_choice": (
        "gold", "answerKey", "answer", "label", "target", "answer_idx", "answer_index",
        "correct", "correct_option", "correct_answer",
    ),
}  # fmt: skip
# What a user may say the place of; the right choice stands under `gold` or `answer`.
NAMED = tuple(name for name in COLUMNS if name != "right_choice")
NO_COLUMNS: Mapping[str, str] = MappingProxyType({})
FINISH_REASONS: Mapping[str, FinishReason] = {
    **dict.fromkeys(
        ("stop", "eos", "eos_token", "end_turn", "stop_sequence", "unknown", "tool_calls",
         "tool_use", "function_call", "pause_turn", "completed"), "stop",
    ),
    **dict.fromkeys(
        ("length", "max_tokens", "max_length", "model_length", "truncated", "max_output_tokens",
         "model_context_window_exceeded", "incomplete"), "length",
    ),
    **dict.fromkeys(
        ("error", "content_filter", "abort", "failed", "cancelled", "refusal", "safety",
         "recitation", "language", "blocklist", "prohibited_content", "spii", "other",
         "malformed_function_call"), "error",
    ),
}  # fmt: skip


def column_words(row: Mapping[Any, Any]) -> str:
    """Which columns a row has, the first few."""
    names = ", ".join(f"{name!s:.40}" for name in islice(row, MOST_TOLD))
    more = f" and {len(row) - MOST_TOLD} more" if len(row) > MOST_TOLD else ""
    return f"its columns: {names}{more}" if names else "it has no columns"


def column_option(words: Sequence[str]) -> dict[str, str]:
    """`completion=output.text` and the like -> column -> where it stands.

    Raises:
        ValueError: no "=", an unknown column, or one named twice.
    """
    found: dict[str, str] = {}
    for word in words:
        name, equals, path = word.partition("=")
        if not equals or not path.strip() or name not in NAMED:
            raise ValueError(
                f"{word!r:.80} is not COLUMN=NAME with COLUMN one of {', '.join(NAMED)}"
            )
        if name in found:
            raise ValueError(f"the column {name} is named twice")
        found[name] = path.strip()
    return found


def named_columns(row: Mapping[str, Any], columns: Mapping[str, str]) -> Mapping[str, Any]:
    """A row under our names: those of lm-eval's rows, and where `columns` says that one stands.

    A value of `columns` is a column's name or a path into it: "output.text", "choices.0.text". A
    column that is named is looked for nowhere else.
    """
    found = under_usual_names(row)
    for name, path in columns.items():
        others = {key: value for key, value in found.items() if key not in COLUMNS[name]}
        found = {**others, name: _at(row, path)}
    return found


def guesses(row: Any, columns: Mapping[str, str] = NO_COLUMNS) -> str:
    """Which columns of a row were taken for which, where their names are others; "" for none.

    >>> guesses({"question": "1+1?", "ground_truth": 2, "generation": "2"})
    'gold is read from ground_truth, completion from generation'
    """
    if not isinstance(row, Mapping) or tool_of(row):
        return ""
    under_names = named_columns(row, columns)
    others = []
    for name in ("question", "answer", "gold", "completion"):
        value = first_of(under_names, COLUMNS[name])
        taken = next((k for k, v in row.items() if v is value and v is not None), name)
        others += [f"{name} from {taken}"] if taken != name else []
    return ", ".join(others).replace(" from", " is read from", 1)


def _at(row: Any, path: str) -> Any:
    """What stands at `path`; None where nothing does."""
    if isinstance(row, Mapping) and path in row:
        return row[path]
    head, _, rest = path.partition(".")
    if isinstance(row, list) and head.isdigit() and len(head) < 9 and int(head) < len(row):
        inner = row[int(head)]
    elif isinstance(row, Mapping) and head in row:
        inner = row[head]
    else:
        return None
    return _at(inner, rest) if rest else inner


def sample_of(value: Any) -> str | None:
    """Which sample a row is, as text.

    Raises:
        DataError: it is neither a number nor text.
    """
    if value is None:
        return None
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        raise DataError(f"'sample' must be a number or text, not {kind_words(value)}")
    return str(value)


def completions_of(value: Any) -> tuple[tuple[str | None, ...], bool]:
    """The texts of a completion, None for a missing one, and whether they are several samples.

    Raises:
        DataError: it is something else.
    """
    if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
        # As pipelines and servers give them: one object an answer, or one answer's items.
        texts = [said_in_items(value)] if is_items(value) else [text_within(one) for one in value]
        value = texts[0] if len(texts) == 1 else texts
    value = texts_in(value)
    if value is None or isinstance(value, str):
        return (value,), False
    if not isinstance(value, list) or not all(one is None or isinstance(one, str) for one in value):
        raise DataError("'completion' must be text or a list of texts")
    if len(value) > MAX_SAMPLES:
        raise DataError(f"{len(value):,} samples; there must be 1 to {MAX_SAMPLES:,}")
    return tuple(value) or (None,), True


def finish_reasons(value: Any, n: int) -> tuple[FinishReason, ...]:
    """The finish reasons of `n` samples, from one for all, a list, or None for `stop`.

    Raises:
        DataError: one is not known, or there are not as many as samples.
    """
    given = value if isinstance(value, list) else [value] * n
    if len(given) != n:
        raise DataError(f"{len(given)} finish reasons for {n} samples")
    reasons = [FINISH_REASONS.get(str(one or "stop").lower()) for one in given]
    if None in reasons:
        raise DataError(
            f"finish reason {given[reasons.index(None)]!r:.60} is not known; expected one of "
            + ", ".join(FINISH_REASONS)
        )
    return tuple(reason for reason in reasons if reason is not None)


def model_of(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise DataError(f"'model' must be text, not {value!r:.60}")
    return value


def steps_of(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not all(isinstance(step, str) for step in value):
        return None  # a count of steps, as problems have it, is none of ours
    return tuple(value)
