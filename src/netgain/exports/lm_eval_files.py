"""Answers as lm-eval writes them: `results_DATE.json` and `samples_TASK_DATE.jsonl`.

As version 0.4.13 does (`lm_eval/loggers/evaluation_tracker.py`): a folder a model, in the samples
one line for each document and filter. A filter is a way to read an answer; those of lm-eval's own
names read just as lm-eval does, and netgain's graders have names of their own.
"""

import hashlib
import json
import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from netgain.errors import RunError
from netgain.exports.run_answers import Evaluated, evaluated, may_show_texts
from netgain.grading.lm_eval import INVALID, flexible_extract
from netgain.grading.strict import strict_answer
from netgain.pipeline.evaluations import ending_of
from netgain.records import Ending, Generation, Grade, Problem
from netgain.text.numbers import format_number

ROBUST = "netgain-robust"
# lm-eval's `strict-match` of GSM8K reads "####" alone; the other forms are not called so.
STRICT: Mapping[Ending, str] = {
    "hashes": "strict-match", "boxed": "netgain-strict-boxed",
    "the_answer_is": "netgain-strict-the-answer-is",
}  # fmt: skip
LONGEST_NAME = 100  # bytes of a model's name in that of its folder
PATTERNS = {
    "strict-match": {"function": "regex", "regex_pattern": r"#### (\-?[0-9\.\,]+)"},
    "flexible-extract": {
        "function": "regex", "group_select": -1,
        "regex_pattern": r"(-?[$0-9.,]{2,})|(-?[0-9]+)",
    },
}  # fmt: skip


@dataclass(frozen=True)
class _Filter:
    """A way to read answers: what it finds in a text, and its verdict."""

    name: str
    find: Callable[[Generation, Grade], str | None]
    right: Callable[[Grade], bool]


def write_lm_eval(path: Path, into: Path) -> tuple[str, ...]:
    """Write base and tuned model of a run, or one evaluation, each to a folder of its own.

    Returns:
        what was left out, a sentence each.

    Raises:
        RunError: an evaluation has several answers a problem, or none that were generated.
    """
    texts, now = may_show_texts(path), time.time()
    left_out = [] if texts else ["samples_*.jsonl are left out, for report.texts is false"]
    for one in evaluated(path, roles_only=True):
        _refuse_others(one)
        rows = _answered(one)
        folder = into / folder_name(one)
        folder.mkdir()
        stamp = datetime.fromtimestamp(now).isoformat().replace(":", "-")
        filters = _filters(ending_of(one.answers.summary.settings))
        document = _results(one, rows, filters, now)
        text = json.dumps(document, indent=2, ensure_ascii=False)
        (folder / f"results_{stamp}.json").write_text(text, encoding="utf-8", errors="replace")
        if texts:
            name = f"samples_{_task(one)}_{stamp}.jsonl"
            with (folder / name).open("w", encoding="utf-8", errors="replace") as file:
                for row in _samples(one, rows, filters):
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return tuple(left_out)


def _refuse_others(one: Evaluated) -> None:
    if one.answers.kind != "generated":
        raise RunError(
            f"{one.name} has scores of choices and no generated answers; --as parquet or csv has "
            "them"
        )
    if int(one.answers.summary.settings.get("samples", 1)) > 1:
        raise RunError(
            f"{one.name} has several answers a problem, and a row of lm-eval has one verdict; "
            "--as parquet or csv has them all"
        )


Row = tuple[Problem, Generation, Grade]


def _answered(one: Evaluated) -> list[Row]:
    """The last turn's answers, in the problems' order."""
    last = {g.problem_id: g for g in one.answers.last}
    turn = len(one.answers.summary.settings.get("revisions") or ())
    said = {g.problem_id: g for g in one.answers.generations if g.turn == turn}
    return [(p, said[p.id], last[p.id]) for p in one.answers.problems]


def _filters(ending: Ending) -> tuple[_Filter, ...]:
    return (
        _Filter(STRICT[ending], lambda g, _: strict_answer(g.text, ending), lambda j: j.strict),
        _Filter("flexible-extract", lambda g, _: flexible_extract(g.text), lambda j: j.flexible),
        _Filter(ROBUST, lambda _, j: j.extracted, lambda j: j.correct),
    )


def _task(one: Evaluated) -> str:
    """A name for the problems: their source's, as lm-eval's tasks are named."""
    source = one.answers.problems[0].source.rstrip("/")
    return re.sub(r"\W+", "_", source.rpartition("/")[2].lower()).strip("_") or "problems"


def _samples(
    one: Evaluated, rows: list[Row], filters: tuple[_Filter, ...]
) -> Iterator[dict[str, Any]]:
    for way in filters:
        for number, (problem, said, judged) in enumerate(rows):
            doc = {"id": problem.id, "question": problem.question, "answer": problem.solution}
            target = problem.solution or _gold(problem)
            prompt = "" if one.prompt_of is None else _asked(one.prompt_of(problem))
            settings = one.answers.summary.settings
            # What lm-eval does not keep, and what a reader needs to judge the answers alike.
            beside = {"finish_reason": said.finish_reason, "ending": ending_of(settings)}
            yield {
                "doc_id": number,
                "doc": {**doc, "gold": _gold(problem)},
                "target": target,
                "arguments": {"gen_args_0": {"arg_0": prompt, "arg_1": _asked_with(settings)}},
                "resps": [[said.text]],
                "filtered_resps": [way.find(said, judged) or INVALID],
                "filter": way.name,
                "metrics": ["exact_match"],
                "doc_hash": _digest(json.dumps(doc, ensure_ascii=False)),
                "prompt_hash": _digest(prompt),
                "target_hash": _digest(target),
                "exact_match": float(way.right(judged)),
                **beside,
            }


def _gold(problem: Problem) -> str:
    return "" if problem.answer is None else format_number(problem.answer)


def _asked(prompt: Any) -> str:
    """A prompt as lm-eval has it: raw text, or a chat's messages as JSON."""
    if not prompt.messages:
        return str(prompt.text)
    turns = [{"role": role, "content": text} for role, text in prompt.messages]
    return json.dumps(turns, ensure_ascii=False)


def _asked_with(settings: Mapping[str, Any]) -> dict[str, Any]:
    drawn = float(settings.get("temperature", 0.0))
    return {
        "until": list(settings.get("stop") or ()), "do_sample": drawn > 0, "temperature": drawn,
        "max_gen_toks": settings.get("max_new_tokens"),
    }  # fmt: skip


def _results(
    one: Evaluated, rows: list[Row], filters: tuple[_Filter, ...], now: float
) -> dict[str, Any]:
    task, n, settings = _task(one), len(rows), one.answers.summary.settings
    figures: dict[str, Any] = {"name": task, "alias": task, "sample_len": n}
    for way in filters:
        share = sum(way.right(judged) for _, _, judged in rows) / n
        figures[f"exact_match,{way.name}"] = share
        figures[f"exact_match_stderr,{way.name}"] = (
            math.sqrt(share * (1 - share) / (n - 1)) if n > 1 else "N/A"
        )
    prompt = settings.get("prompt") or {}
    shots = len(prompt.get("shot_ids") or ()) or prompt.get("shots") or 0
    arguments = {"pretrained": one.base, "dtype": settings.get("precision")}
    if one.adapter:
        arguments["peft"] = one.adapter
    chat = rows[0][0] if one.prompt_of is not None else None
    in_turns = one.prompt_of is not None and chat is not None and one.prompt_of(chat).messages
    return {
        "results": {task: figures},
        "group_subtasks": {task: []},
        "configs": {
            task: {
                "task": task, "num_fewshot": shots, "output_type": "generate_until",
                "metric_list": [{"metric": "exact_match", "aggregation": "mean",
                                 "higher_is_better": True}],
                "generation_kwargs": _asked_with(settings), "repeats": 1,
                "filter_list": [
                    {"name": w.name, "filter": [PATTERNS.get(w.name, {"function": w.name}),
                                                {"function": "take_first"}]}
                    for w in filters
                ],
                "metadata": {"version": 1.0, "made_by": "netgain", "prompt": prompt},
            }
        },
        "versions": {task: 1.0},
        "n-shot": {task: shots},
        "higher_is_better": {task: {"exact_match": True}},
        "n-samples": {task: {"original": n, "effective": n}},
        "config": {
            "model": "netgain", "model_args": arguments, "model_dtype": settings.get("precision"),
            "batch_size": settings.get("batch_size"), "device": settings.get("device"),
            "limit": None, "gen_kwargs": None,
        },
        "date": now,
        "model_source": "netgain",
        "model_name": model_name(one),
        "model_name_sanitized": folder_name(one),
        "chat_template": "the model's own" if in_turns else None,
        "total_evaluation_time_seconds": str(one.answers.summary.seconds),
    }  # fmt: skip


def model_name(one: Evaluated) -> str:
    """A model's name for lm-eval: for an adapter the base's before its own."""
    return f"{one.base}/{one.adapter}" if one.adapter else one.base


def folder_name(one: Evaluated) -> str:
    """The same as the name of a folder."""
    return "__".join(_plain(part) for part in (one.base, one.adapter) if part)


def _plain(name: str) -> str:
    """A name for a folder, as lm-eval makes it; none that leads elsewhere.

    >>> _plain("Qwen/Qwen2-0.5B"), _plain("S/m, Q4_1, de-quantised"), _plain("../..")
    ('Qwen__Qwen2-0.5B', 'S__m-Q4_1-de-quantised', '__')
    """
    plain = re.sub(r"[^\w.-]+", "__", name.replace(", ", "-")).encode()[:LONGEST_NAME]
    return plain.decode(errors="ignore").strip(".") or "model"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
