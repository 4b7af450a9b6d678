"""Rows of any known shape -> the same rows under the names that everybody uses.

Names that are spelled otherwise ("Ground Truth", "modelResponse") are put in the usual spelling;
then come the shapes of tools (`tool_shapes`), and those that many write: chat messages, verl's
training data, questions in two parts.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from netgain.data.asked_text import asked, turns
from netgain.data.row_parts import Row, Shape, text_within, unwrapped
from netgain.data.tool_shapes import NAMED_BY, OF_TOOLS, VERDICTS
from netgain.rowfiles import ALIASES, usual_spelling

# Texts that belong before the question: half of the problem stands there.
BEFORE = ("body", "context", "passage", "story", "premise", "scenario", "background")
SPOKEN = {"messages", "conversations", "prompt"}
ASKED = ("question", "problem", "query", "instruction")
PARTS = {*BEFORE, "instruction"}
# What a table says of an answer, where JSON has true or false.
VERDICT_WORDS = {
    **dict.fromkeys(("true", "yes", "correct", "right", "pass", "passed", "1", "1.0"), True),
    **dict.fromkeys(("false", "no", "incorrect", "wrong", "fail", "failed", "0", "0.0"), False),
}  # fmt: skip
RIGHTS = {"answer", "reference", "label", *ALIASES["gold"]}
ANSWERS = {"completion", "response", "output", "generation", "prediction", "result"}
MOST_NAMES, LONGEST_NAME = 300, 80  # of a row whose names are looked at
OPTIONS = {"choices", "options", "endings"}


def under_usual_names(row: Row) -> Row:
    """A row of any known shape under the usual names; what else it holds is kept."""
    row = _spelled(row)
    for shape in OF_TOOLS.values():
        found = _put(shape, row)
        if found is not row:  # one tool wrote it
            row = found
            break
    for shape in OF_MANY:
        row = _put(shape, row)
    return row


def _spelled(row: Row) -> Row:
    """A row whose names also have the usual spelling, and a verdict in words as true or false.

    >>> _spelled({"Ground Truth": 7, "id": 1})
    {'ground_truth': 7, 'Ground Truth': 7, 'id': 1}
    """
    if len(row) > MOST_NAMES:
        return row
    others = _other_spellings(tuple(n for n in row if type(n) is str and len(n) <= LONGEST_NAME))
    found = {**{usual: row[name] for name, usual in others}, **row} if others else row
    said = found.get("correct")
    if isinstance(said, str) and not OPTIONS & found.keys():
        found = {**found, "correct": VERDICT_WORDS.get(said.strip().lower(), said)}
    return found


@lru_cache(maxsize=256)
def _other_spellings(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Names of a row that have another usual spelling, with it; rows of a file share them."""
    found = [(name, usual_spelling(name)) for name in names]
    return tuple((name, usual) for name, usual in found if usual != name)


def tool_of(row: Row) -> str:
    """The tool that writes rows of this shape; "" where it is one that many write.

    >>> tool_of({"query": "1+1?", "ref_ans": "2", "resp": "2"}), tool_of({"question": "1+1?"})
    ('DART-Math', '')
    """
    for name, shape in OF_TOOLS.items():
        if _put(shape, row) is not row:
            return name
    for name, columns in NAMED_BY.items():
        if columns <= row.keys():
            return name
    return ""


def own_verdicts(row: Row) -> tuple[bool, ...] | None:
    """What the tool that wrote a row says of its answers; None where it says nothing.

    () for a score that is neither 0 nor 1: then no row of its file has a verdict.
    """
    scored = None
    for name in VERDICTS:
        value = row.get(name)
        values = value if isinstance(value, list) else [value]
        values = [VERDICT_WORDS.get(v.lower(), v) if isinstance(v, str) else v for v in values]
        if values and all(isinstance(v, (bool, int, float)) for v in values):
            if all(v in (0, 1) for v in values):
                return tuple(map(bool, values))
            scored = ()
    return scored


def _put(shape: Shape, row: Row) -> Row:
    """A row through one shape; with other values than its tool writes it stays as it is."""
    try:
        return shape(row)
    except (TypeError, AttributeError, KeyError, IndexError, ValueError):
        return row


def _chat(row: Row) -> Row:
    """Messages: the user's last one is the question, what the assistant says then its answer.

    `prompt` and `completion` may be messages too (TRL); `prompt` alone is verl's.
    """
    if not SPOKEN & row.keys() and not isinstance(row.get("completion"), list):
        return row
    found = dict(row)
    for name in ("messages", "conversations", "prompt"):
        said = turns(found.get(name))
        users = [place for place, (role, _) in enumerate(said) if role == "user"]
        if not users:
            continue
        if name == "prompt":
            found.pop(name)
        found.setdefault("question", said[users[-1]][1])
        answers = [text for role, text in said[users[-1] + 1 :] if role == "assistant"]
        if answers:
            found.setdefault("assistant", answers[-1])
        break
    if isinstance(found.get("prompt"), str) and not any(found.get(name) for name in ASKED):
        found["question"] = asked(found["prompt"])
    if isinstance(found.get("completion"), list):
        texts = [text for role, text in turns(found["completion"]) if role == "assistant"]
        found["completion"] = texts[-1] if texts else found["completion"]
    return found


def _verl(row: Row) -> Row:
    """Training data of verl: `reward_model.ground_truth`; `extra_info` has the bare question."""
    if "reward_model" not in row and "extra_info" not in row:
        return row
    found = dict(row)
    for name, part, key in (
        ("gold", "reward_model", "ground_truth"), ("answer", "extra_info", "answer"),
    ):  # fmt: skip
        inner = row.get(part)
        if isinstance(inner, Mapping) and inner.get(key) is not None:
            found.setdefault(name, inner[key])
    extra = row.get("extra_info")
    bare = extra.get("question") if isinstance(extra, Mapping) else None
    asked_for = found.get("question")
    if isinstance(bare, str) and isinstance(asked_for, str) and bare and asked_for.startswith(bare):
        found["question"] = bare  # without the instruction after it
    return found


def _parts_of_a_question(row: Row) -> Row:
    """What belongs together: a story and its question, an instruction and its input."""
    if not PARTS & row.keys():
        return row
    found = dict(row)
    pairs = [*((name, "question") for name in BEFORE), ("instruction", "input")]
    if "question" not in found and not found.get("input"):
        pairs = [(name, "instruction") for name in BEFORE]  # Dolly
    for before, after in pairs:
        parts = [found.get(before), found.get(after)]
        texts = [part.strip() for part in parts if isinstance(part, str) and part.strip()]
        if len(texts) == 2 and texts[0] not in texts[1]:
            found["question"] = ("\n" if before == "instruction" else " ").join(texts)
    return found


def _alone(row: Row) -> Row:
    """An answer that stands in an object of its own, a right one that is the only one of a list."""
    inner = [name for name, value in row.items() if type(value) in (list, dict)]
    if not inner or OPTIONS & row.keys():
        return row
    found = {name: unwrapped(row[name]) for name in inner if name in RIGHTS}
    said = {name: text_within(row[name]) for name in inner
            if name in ANSWERS and isinstance(row[name], dict)}  # fmt: skip
    return {**row, **found, **said} if found or said else row


def _described(row: Row) -> Row:
    """A right answer in the `metadata` of a row that has none beside it."""
    about = row.get("metadata")
    if not isinstance(about, dict) or any(row.get(name) is not None for name in RIGHTS):
        return row
    found = {name: unwrapped(about[name]) for name in about if name in RIGHTS}
    return {**row, **found} if found else row


OF_MANY: Sequence[Shape] = (_chat, _verl, _parts_of_a_question, _described, _alone)


def prompt_of(row: Row) -> Any:
    """What the model was asked as a whole, as the row says it; None where it does not."""
    arguments = row.get("arguments")
    if isinstance(arguments, Mapping):  # lm-eval since 0.4.3
        first = arguments.get("gen_args_0")
        return first.get("arg_0") if isinstance(first, Mapping) else None
    if isinstance(arguments, list) and arguments and isinstance(arguments[0], list):
        return arguments[0][0] if arguments[0] else None
    said = row.get("model_response")
    if isinstance(said, Mapping):
        return said.get("input")
    if isinstance(row.get("output"), Mapping):
        return [turn for turn in turns(row.get("messages")) if turn[0] != "assistant"] or None
    names = ("full_prompt", "origin_prompt", "prompt")
    return next((row[name] for name in names if row.get(name)), None)
