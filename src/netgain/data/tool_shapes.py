"""Rows as evaluation tools write them -> the same rows under the names that everybody uses.

Each shape is told by what is in a row; a row of another shape comes back as it is. A shape adds the
columns `question, answer, gold, completion, model, id, sample, finish_reason, choices, own_verdict`
where its tool keeps them in places of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netgain.data.asked_text import asked, spoken, turns

Row = Mapping[str, Any]
Shape = Callable[[Row], Row]
# A tool's own verdict, by the names of its metrics.
VERDICTS = (
    "own_verdict", "correct", "is_correct", "symbolic_correct", "exact_match", "extractive_match",
    "qem", "em", "acc", "acc_norm", "accuracy", "score", "reward",
)  # fmt: skip


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


def _lm_eval_before_0_4(row: Row) -> Row:
    """A row of `TASK_write_out_info.json`: `prompt_0, logit_0, truth`, all of them texts."""
    said = row.get("logit_0")
    if "truth" not in row or not isinstance(row.get("prompt_0"), str) or said is None:
        return row
    metric = next((name for name in ("em", "exact_match", "acc") if name in row), "")
    found = {
        **_given(id=row.get("doc_id")), "question": asked(row["prompt_0"]),
        "answer": str(row["truth"]).strip(), "own_verdict": row.get(metric),
    }  # fmt: skip
    if not isinstance(said, str) or "logit_1" in row:  # log-likelihoods of choices
        return {**found, "correct": row.get(metric)}
    return {**found, "completion": said}


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


def _batch(row: Row) -> Row:
    """A line of OpenAI's or Anthropic's batches: of the answers, or of what was asked."""
    if "custom_id" not in row:
        return row
    body = _inner(row, "response", "body") or _inner(row, "result", "message")
    asked_for = _inner(row, "body") or _inner(row, "params")
    found: dict[str, Any] = {"id": row["custom_id"], **_given(model=body.get("model"))}
    if isinstance(body.get("choices"), list):
        choices = [c for c in body["choices"] if isinstance(c, Mapping)]
        reasons = [c.get("finish_reason") for c in choices] or None
        found |= _given(completion=_texts(choices), finish_reason=reasons)
    elif "content" in body:
        found |= _given(completion=spoken(body["content"]), finish_reason=body.get("stop_reason"))
    users = [text for role, text in turns(asked_for.get("messages")) if role == "user"]
    found |= _given(question=users[-1] if users else None)
    others = {n: v for n, v in row.items() if n not in BATCH_PARTS}
    return {**others, **found}


BATCH_PARTS = {"response", "result", "body", "params", "id", "error"}


def is_request(row: Row) -> bool:
    """Whether a row is what a batch was to ask, and no answer."""
    inner = _inner(row, "body") or _inner(row, "params")
    return "custom_id" in row and "messages" in inner


def _inner(row: Row, *names: str) -> Row:
    """The object that stands under these names, one in another; {} for none."""
    found: Any = row
    for name in names:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


OF_TOOLS: Mapping[str, Shape] = {
    "lm-eval": _lm_eval, "lm-eval before 0.4": _lm_eval_before_0_4, "lighteval": _lighteval,
    "inspect": _inspect, "OpenCompass": _opencompass, "evalscope": _evalscope, "verl": _verl_dump,
    "ToRA": _tora, "DART-Math": _dart_math, "NeMo-Skills": _nemo_skills, "batch": _batch,
}  # fmt: skip
# Tools that have no places of their own, by the columns that they write.
NAMED_BY: Mapping[str, set[str]] = {
    "LLaMA-Factory": {"prompt", "predict", "label"}, "ms-swift": {"response", "labels"},
    "open-instruct": {"question", "model_output"},
}  # fmt: skip
