"""Rows as tools write them -> the same rows under the names that everybody uses.

Each shape is told by what is in a row. It adds the columns `question, answer, gold, completion,
model, id, sample, finish_reason, choices, correct` where it keeps them in places of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from netgain.data.asked_text import asked, spoken, turns

Row = Mapping[str, Any]
Shape = Callable[[Row], Row]
# Texts that belong before the question: half of the problem stands there.
BEFORE = (
    "body", "Body", "context", "passage", "story", "premise", "scenario", "background",
)  # fmt: skip
SPOKEN = {"messages", "conversations", "prompt"}
ASKED = ("question", "problem", "query", "instruction")
CAPITAL = ("Question", "Answer", "ID", "Problem", "Solution")
PARTS = {*BEFORE, *CAPITAL, "instruction"}
# A tool's own verdict, by the names of its metrics.
VERDICTS = (
    "own_verdict", "correct", "is_correct", "symbolic_correct", "exact_match", "extractive_match",
    "qem", "em", "acc", "acc_norm", "accuracy", "score", "reward",
)  # fmt: skip


def under_usual_names(row: Row) -> Row:
    """A row of any known shape under the usual names; what else it holds is kept."""
    for shape in (*OF_TOOLS.values(), *OF_MANY):
        row = _put(shape, row)
    return row


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
    """What the tool that wrote a row says of its answers; None where it says nothing."""
    for name in VERDICTS:
        value = row.get(name)
        values = value if isinstance(value, list) else [value]
        if values and all(isinstance(v, (bool, int, float)) and v in (0, 1) for v in values):
            return tuple(map(bool, values))
    return None


def _put(shape: Shape, row: Row) -> Row:
    """A row through one shape; with other values than its tool writes it stays as it is."""
    try:
        return shape(row)
    except (TypeError, AttributeError, KeyError, IndexError, ValueError):
        return row


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _given(**columns: Any) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if value is not None}


def _lm_eval(row: Row) -> Row:
    """`samples_*.jsonl`: the answers to a document, or the log-likelihoods of its choices."""
    if not is_lm_eval(row):
        return row
    texts = [text for one in row["resps"] for text in (one if isinstance(one, list) else [one])]
    metrics = [name for name in row.get("metrics") or VERDICTS if name in row]
    found = {"target": row.get("target"), **row["doc"], "id": row.get("doc_id")}
    if metrics:
        found.setdefault("own_verdict", row[metrics[0]])
    if texts and not all(isinstance(text, str) for text in texts):  # [log-likelihood, is greedy]
        return {**found, "correct": row.get("acc")}
    return {**found, "completion": texts[0] if len(texts) == 1 else texts}


def is_lm_eval(row: Row) -> bool:
    return isinstance(row.get("doc"), Mapping) and isinstance(row.get("resps"), list)


def _lighteval(row: Row) -> Row:
    """A row of `details_*.parquet`: `doc, metric, model_response`; before 0.10 one flat row."""
    doc, said = row.get("doc"), row.get("model_response")
    if isinstance(doc, Mapping) and isinstance(said, Mapping):
        metrics, texts, query = row.get("metric"), said.get("text"), doc.get("query")
        row = {**_given(id=doc.get("id")), "choices": doc.get("choices"),
               "gold_index": doc.get("gold_index")}  # fmt: skip
    elif isinstance(row.get("predictions"), list) and isinstance(row.get("full_prompt"), str):
        metrics, texts = row.get("metrics"), row["predictions"]
        query = row.get("example") or row["full_prompt"]
    else:
        return row
    offered = _list(row.get("choices"))
    right = row.get("gold_index")
    right = right[0] if isinstance(right, list) and right else right
    answers = [offered[right]] if isinstance(right, int) and 0 <= right < len(offered) else []
    texts = texts if isinstance(texts, list) else [texts]
    kept = {n: v for n, v in row.items() if n not in ("choices", "metrics", "gold")}
    given = row.get("gold")
    answers = answers or (given if isinstance(given, list) else [given] if given else [])
    return {
        **kept,
        **(_given(answer=str(answers[0]).strip()) if answers else {}),
        **(metrics if isinstance(metrics, Mapping) else {}),
        **_given(question=asked(query) if isinstance(query, str) else None),
        "completion": texts[0] if len(texts) == 1 else texts,
    }


def _inspect(row: Row) -> Row:
    """A sample of a log of inspect."""
    output, scores = row.get("output"), row.get("scores")
    if not isinstance(output, Mapping) or "target" not in row or "input" not in row:
        return row
    choice: Row = next((c for c in _list(output.get("choices")) if isinstance(c, Mapping)), {})
    text = output.get("completion")
    if text is None and choice:
        text = _texts([choice])
    given, target = row["input"], row["target"]
    said = [text_ for role, text_ in turns(given) if role == "user"] if given else []
    score = next(iter(scores.values()), None) if isinstance(scores, Mapping) else None
    value = score.get("value") if isinstance(score, Mapping) else None
    about = row.get("metadata")
    inner: Row = about if isinstance(about, Mapping) else {}
    return {
        **_given(
            solution=inner.get("reasoning") or inner.get("solution"),
            id=row.get("id"), choices=row.get("choices"), model=output.get("model"),
            question=given if isinstance(given, str) else said[-1] if said else None,
            gold=target[0] if isinstance(target, list) and target else target,
            completion=text, own_verdict={"C": 1, "I": 0, "N": 0}.get(str(value), value),
            finish_reason="error" if row.get("error") else choice.get("stop_reason"),
        ),
        "sample": row.get("epoch"),
    }  # fmt: skip


def _opencompass(row: Row) -> Row:
    """A prediction of OpenCompass: `origin_prompt, prediction, gold`."""
    prompt = row.get("origin_prompt")
    if prompt is None or "prediction" not in row:
        return row
    said = [text for role, text in turns(prompt) if role in ("user", "human", "HUMAN")]
    text = prompt if isinstance(prompt, str) else said[-1] if said else None
    gold = row.get("gold")
    return {
        **row,
        **_given(question=text and asked(text)),
        **(_given(answer=gold) if isinstance(gold, str) and "####" in gold else {}),
    }


def _evalscope(row: Row) -> Row:
    """A review of evalscope: `sample_score` since 1.0, before it `raw_input` and `review`."""
    score = row.get("sample_score")
    if isinstance(score, Mapping) and isinstance(score.get("score"), Mapping):
        inner = score["score"]
        values = inner.get("value") if isinstance(inner.get("value"), Mapping) else {}
        more = score.get("sample_metadata")
        solution = more.get("reasoning") if isinstance(more, Mapping) else None
        first = next(iter(values.values()), None)
        given = row.get("input")
        return {
            **row,
            **_given(
                question=asked(given) if isinstance(given, str) else None,
                completion=inner.get("prediction") or inner.get("extracted_prediction"),
                id=row.get("index"), solution=solution or None,
                own_verdict=values.get(inner.get("main_score_name"), first),
            ),
        }  # fmt: skip
    said = row.get("model_output")
    if isinstance(said, Mapping):  # a prediction, which has no verdict and mostly no right answer
        users = [text for role, text in turns(row.get("messages")) if role == "user"]
        return {
            **row,
            **_given(
                question=asked(users[-1]) if users else None, id=row.get("index"),
                completion=_texts(said.get("choices")), model=row.get("model") or said.get("model"),
            ),
        }  # fmt: skip
    choices, raw = row.get("choices"), row.get("raw_input")
    if not isinstance(raw, Mapping) or not isinstance(choices, list):
        return row
    said = [choice for choice in choices if isinstance(choice, Mapping)]
    reviews = [choice.get("review") for choice in said]
    return {
        **raw,
        **_given(
            id=row.get("index"), model=row.get("model"),
            completion=_texts(said),
            own_verdict=[r.get("result") for r in reviews if isinstance(r, Mapping)],
            finish_reason=[choice.get("finish_reason") for choice in said],
        ),
    }  # fmt: skip


def _texts(choices: Any) -> Any:
    """The text of each choice of a chat completion: one, or a list."""
    said = [c for c in choices if isinstance(c, Mapping)] if isinstance(choices, list) else []
    messages = [c.get("message") for c in said]
    texts = [spoken(m.get("content")) if isinstance(m, Mapping) else None for m in messages]
    return texts[0] if len(texts) == 1 else texts


def _verl_dump(row: Row) -> Row:
    """A validation answer of verl: `input, output, score`, and `gts` since 0.5."""
    if not {"input", "output", "score"} <= row.keys() or not isinstance(row["input"], str):
        return row
    gold = row.get("gts")
    gold = gold[0] if isinstance(gold, list) and gold else gold
    return {
        **row, **_given(gold=gold), "question": asked(row["input"]), "completion": row["output"],
    }  # fmt: skip


def _tora(row: Row) -> Row:
    """ToRA, and the harnesses that came of it: `gt, gt_cot, code, score`."""
    if not isinstance(row.get("code"), list) or "gt" not in row:
        return row
    texts = row["code"]
    return {
        **row, **_given(answer=row.get("gt_cot"), gold=row["gt"]),
        "completion": texts[0] if len(texts) == 1 else texts,
    }  # fmt: skip


def _dart_math(row: Row) -> Row:
    if "ref_ans" not in row or not {"resp", "response"} & row.keys():
        return row
    return {**row, "gold": row["ref_ans"], "completion": row.get("resp", row.get("response"))}


def _nemo_skills(row: Row) -> Row:
    if "expected_answer" not in row or "generation" not in row:
        return row
    solution = _given(answer=row.get("reference_solution"))
    return {**row, "gold": row["expected_answer"], **solution}


def _openai_batch(row: Row) -> Row:
    """A line of OpenAI's batches: of the answers, or of what was asked."""
    if "custom_id" not in row:
        return row
    response, body = row.get("response"), row.get("body")
    found: dict[str, Any] = {"id": row["custom_id"]}
    if isinstance(response, Mapping) and isinstance(response.get("body"), Mapping):
        said = response["body"].get("choices")
        choices = [c for c in said if isinstance(c, Mapping)] if isinstance(said, list) else []
        found |= _given(
            model=response["body"].get("model"),
            completion=_texts(said),
            finish_reason=[c.get("finish_reason") for c in choices] or None,
        )
    if isinstance(body, Mapping):
        users = [text for role, text in turns(body.get("messages")) if role == "user"]
        found |= _given(question=users[-1] if users else None)
    others = {n: v for n, v in row.items() if n not in ("response", "body", "id", "error")}
    return {**others, **found}


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
    for name in CAPITAL:
        if name in found and name.lower() not in found:
            found[name.lower()] = found[name]
    pairs = [*((name, "question") for name in BEFORE), ("instruction", "input")]
    if "question" not in found and not found.get("input"):
        pairs = [(name, "instruction") for name in BEFORE]  # Dolly
    for before, after in pairs:
        parts = [found.get(before), found.get(after)]
        texts = [part.strip() for part in parts if isinstance(part, str) and part.strip()]
        if len(texts) == 2 and texts[0] not in texts[1]:
            found["question"] = ("\n" if before == "instruction" else " ").join(texts)
    return found


OF_TOOLS: Mapping[str, Shape] = {
    "lm-eval": _lm_eval, "lighteval": _lighteval, "inspect": _inspect,
    "OpenCompass": _opencompass, "evalscope": _evalscope, "verl": _verl_dump, "ToRA": _tora,
    "DART-Math": _dart_math, "NeMo-Skills": _nemo_skills, "OpenAI batch": _openai_batch,
}  # fmt: skip
OF_MANY: Sequence[Shape] = (_chat, _verl, _parts_of_a_question)
# Tools that have no places of their own, by the columns that they write.
NAMED_BY: Mapping[str, set[str]] = {
    "LLaMA-Factory": {"prompt", "predict", "label"}, "ms-swift": {"response", "labels"},
    "open-instruct": {"question", "model_output"},
}  # fmt: skip


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
