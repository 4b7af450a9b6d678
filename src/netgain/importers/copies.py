"""What was found, copied into one folder under the usual names: rows of answers, logs, figures."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from netgain.data.answer_columns import COLUMNS, named_columns
from netgain.data.api_shapes import failure_of
from netgain.data.asked_form import asked_form
from netgain.data.right_answers import REFERENCES, first_of, is_worked
from netgain.data.rows_of_answers import MAX_ANSWER_LINE_BYTES
from netgain.data.shapes import own_verdicts
from netgain.data.tool_shapes import is_lm_eval
from netgain.errors import DataError
from netgain.importers.batch_files import questions
from netgain.importers.found import AnswerFiles, Found, Training, log_figures
from netgain.importers.looking import MARK
from netgain.importers.names_by_place import stem_of
from netgain.importers.paired_evaluations import prompt_digest
from netgain.records import TrainingPoint
from netgain.rowfiles import kind_words, rows_of

NOTED = "import.json"
Write = Callable[[bytes], Any]
# A trainer's own names for the fields of a point.
FIELDS = {
    "step": "step", "epoch": "epoch", "tokens": "num_tokens", "seconds": "seconds", "loss": "loss",
    "token_accuracy": "mean_token_accuracy", "learning_rate": "learning_rate",
    "grad_norm": "grad_norm", "reward": "reward",
}  # fmt: skip


@dataclass
class Copied:
    """How many rows of a file of answers were copied, and how many could not be, by the reason.

    `again` counts rows that say an answer once more: for another filter, or of an earlier run.
    """

    rows: int
    again: int
    faults: dict[str, tuple[int, int]]  # reason -> how often, and the first line


def copy_answers(source: AnswerFiles, columns: Mapping[str, str], write: Write) -> Copied:
    """Write each answer of an evaluation under the usual names, a line each; none is graded.

    An answer that never came is written without a completion.
    """
    copied = Copied(0, 0, {})
    seen: set[tuple[str, str]] = set()
    answered: set[str] = set()
    asked = questions(source.asked)
    for place, file in enumerate((*source.files, *source.failed)):
        for line, row in rows_of(file, MAX_ANSWER_LINE_BYTES):
            why = str(row) if isinstance(row, DataError) else ""
            if not why and not isinstance(row, Mapping):
                why = f"a row must be an object, not {kind_words(row)}"
            found = None if why else _copy(row, columns)
            if found is not None and source.of_model not in ("", found.get("model")):
                continue
            if found is None:
                why = why or "no answer of a model is in it"
                many, first = copied.faults.get(why, (0, line))
                copied.faults[why] = (many + 1, first)
                continue
            if is_lm_eval(row):
                key = (str(file), str(found.get("id")))
                if key in seen:
                    copied.again += 1
                    continue
                seen.add(key)
            if file in source.failed:
                if str(found.get("id")) in answered:
                    continue
            elif source.parts and place:
                found["id"] = f"{stem_of(file)}: {found.get('id', line)}"
            elif len(source.files) > 1:
                found["sample"] = f"{place}-{found.get('sample', 0)}"
            if source.failed:
                answered.add(str(found.get("id")))
            question = asked.get(str(found.get("id")))
            if question is not None:
                found.setdefault("question", question)
            copied.rows += 1
            write(_line({"model": source.model, **found}))
    return copied


def _line(row: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(row, ensure_ascii=False, default=str).encode() + b"\n"
    except UnicodeEncodeError:  # half a character somewhere: JSON can write it escaped
        return json.dumps(row, default=str).encode() + b"\n"


def _copy(row: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any] | None:
    under = named_columns(row, columns)
    completion, failure = first_of(under, COLUMNS["completion"]), failure_of(row)
    told = first_of(under, (*REFERENCES, *COLUMNS["gold"], *COLUMNS["choices"]))
    if completion is None and told is None and under.get("correct") is None and not failure:
        return None
    verdicts = own_verdicts(under)
    texts = [under[n] for n in REFERENCES if isinstance(under.get(n), (str, int, float))]
    worked = next((t for t in texts if isinstance(t, str) and is_worked(t)), None)
    found = {
        **{name: first_of(under, COLUMNS[name])
           for name in ("id", "question", "gold", "sample", "finish_reason", "model")},
        "answer": worked if worked is not None else texts[0] if texts else None,
        "category": under.get("category") or under.get("subject"),
        "completion": completion,
        "error": failure or None,
        "own_verdict": list(verdicts) if verdicts else None,
        "correct": under.get("correct") if completion is None else None,
        "prompt_digest": prompt_digest(row),
        "ending": asked_form(row),
    }  # fmt: skip
    choices = first_of(under, COLUMNS["choices"])
    if choices is not None:
        found |= {"choices": choices, "gold": first_of(under, COLUMNS["right_choice"])}
    return {name: value for name, value in found.items() if value is not None}


def history_of(training: Training) -> Iterator[dict[str, Any]]:
    """A training's points as transformers logs them; each validation set under its own name."""
    first = True
    for name, log in training.logs.items():
        begin = f"eval_{name}_" if name else "eval_"
        for point in log.points:
            row: dict[str, Any] = _trained(point) if first else {"step": point.step}
            if point.eval_loss is not None:
                row[f"{begin}loss"] = point.eval_loss
            if point.eval_token_accuracy is not None:
                row[f"{begin}mean_token_accuracy"] = point.eval_token_accuracy
            if len(row) > 1:
                yield row
        first = False


def _trained(point: TrainingPoint) -> dict[str, Any]:
    values = ((theirs, getattr(point, ours)) for ours, theirs in FIELDS.items())
    return {name: value for name, value in values if value is not None}


def file_name(number: int, name: str, kind: str) -> str:
    """A file's name from foreign words: letters, digits and dashes alone.

    >>> file_name(1, "../my/model", ".jsonl")
    '1-my-model.jsonl'
    """
    return f"{number}-{re.sub(r'[^A-Za-z0-9]+', '-', name).strip('-')[:60]}{kind}"


def noted(found: Found, answers: Mapping[str, AnswerFiles]) -> bytes:
    """`import.json`: what each copied file is. `answers` are by the name of their copy."""
    rows = [
        {"file": name, "tool": a.tool, "model": a.model, "task": a.task,
         "role": a.role, "conditions": dict(a.conditions), "from": [str(p) for p in a.files]}
        for name, a in answers.items()
    ]  # fmt: skip
    adapters = [{"base": a.base, "words": a.words, "from": str(a.folder)} for a in found.adapters]
    told = {
        MARK: 1, "answers": rows, "adapters": adapters,
        "trainings": [
            {"tool": t.tool, "from": str(t.path), "logs": [asdict(of) for of in log_figures(t)]}
            for t in found.trainings
        ],
        "figures": [asdict(figure) for figure in found.figures],
    }  # fmt: skip
    return json.dumps(told, indent=1, ensure_ascii=True).encode()
