"""Rows as evaluation tools write them -> the same rows under the names that everybody uses.

Each shape is told by what is in a row; a row of another shape comes back as it is. A shape adds the
columns `question, answer, gold, completion, model, id, sample, finish_reason, choices, own_verdict`
where its tool keeps them in places of its own.
"""

from collections.abc import Mapping

from netgain.data.api_shapes import api_call
from netgain.data.asked_text import asked, turns
from netgain.data.row_parts import Row, Shape, known, listed, part_of, texts_in, texts_of, unwrapped

# A tool's own verdict, by the names of its metrics.
VERDICTS = (
    "own_verdict", "correct", "is_correct", "symbolic_correct", "exact_match", "extractive_match",
    "qem", "em", "acc", "acc_norm", "accuracy", "score", "reward",
)  # fmt: skip


def _lm_eval(row: Row) -> Row:
    """`samples_*.jsonl`: the answers to a document, or the log-likelihoods of its choices."""
    if not is_lm_eval(row):
        return row
    texts = [text for one in row["resps"] for text in (one if isinstance(one, list) else [one])]
    metrics = [name for name in row.get("metrics") or VERDICTS if name in row]
    finish = known(finish_reason=row.get("finish_reason"))  # in netgain's own exports
    found = {"target": row.get("target"), **row["doc"], "id": row.get("doc_id"), **finish}
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
        **known(id=row.get("doc_id")), "question": asked(row["prompt_0"]),
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
        row = {**known(id=doc.get("id")), "choices": doc.get("choices"),
               "gold_index": doc.get("gold_index")}  # fmt: skip
    elif isinstance(row.get("full_prompt"), str) and "predictions" in row:
        row = {name: texts_in(value) for name, value in row.items()}
        metrics, texts = row.get("metrics"), row["predictions"]
        query = row.get("example") or row["full_prompt"]
    else:
        return row
    offered = listed(row.get("choices"))
    right = row.get("gold_index")
    right = right[0] if isinstance(right, list) and right else right
    answers = [offered[right]] if isinstance(right, int) and 0 <= right < len(offered) else []
    texts = texts if isinstance(texts, list) else [texts]
    kept = {n: v for n, v in row.items() if n not in ("choices", "metrics", "gold")}
    given = row.get("gold")
    answers = answers or (given if isinstance(given, list) else [given] if given else [])
    metrics = metrics if isinstance(metrics, Mapping) else {}
    verdicts = [v for v in metrics.values() if v in (0, 1)]
    return {
        **kept,
        **(known(answer=str(answers[0]).strip()) if answers else {}),
        **known(own_verdict=verdicts[0] if len(verdicts) == 1 else None),
        **metrics,
        **known(question=asked(query) if isinstance(query, str) else None),
        "completion": texts[0] if len(texts) == 1 else texts,
    }


def _inspect(row: Row) -> Row:
    """A sample of a log of inspect."""
    output, scores = row.get("output"), row.get("scores")
    if not isinstance(output, Mapping) or "target" not in row or "input" not in row:
        return row
    choice: Row = next((c for c in listed(output.get("choices")) if isinstance(c, Mapping)), {})
    text = output.get("completion")
    if text is None and choice:
        text = texts_of([choice])
    given, target = row["input"], row["target"]
    said = [text_ for role, text_ in turns(given) if role == "user"] if given else []
    score = next(iter(scores.values()), None) if isinstance(scores, Mapping) else row.get("score")
    value = score.get("value") if isinstance(score, Mapping) else None
    about = row.get("metadata")
    inner: Row = about if isinstance(about, Mapping) else {}
    return {
        **known(
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
        **known(question=text and asked(text)),
        **(known(answer=gold) if isinstance(gold, str) and "####" in gold else {}),
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
            **known(
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
            **known(
                question=asked(users[-1]) if users else None, id=row.get("index"),
                completion=texts_of(said.get("choices")),
                model=row.get("model") or said.get("model"),
            ),
        }  # fmt: skip
    choices, raw = row.get("choices"), row.get("raw_input")
    if not isinstance(raw, Mapping) or not isinstance(choices, list):
        return row
    said = [choice for choice in choices if isinstance(choice, Mapping)]
    reviews = [choice.get("review") for choice in said]
    return {
        **raw,
        **known(
            id=row.get("index"), model=row.get("model"),
            completion=texts_of(said),
            own_verdict=[r.get("result") for r in reviews if isinstance(r, Mapping)],
            finish_reason=[choice.get("finish_reason") for choice in said],
        ),
    }  # fmt: skip


def _verl_dump(row: Row) -> Row:
    """A validation answer of verl: `input, output, score`, and `gts` since 0.5."""
    if not {"input", "output", "score"} <= row.keys() or not isinstance(row["input"], str):
        return row
    gold = unwrapped(row.get("gts"))
    return {
        **row, **known(gold=gold), "question": asked(row["input"]), "completion": row["output"],
    }  # fmt: skip


def _tora(row: Row) -> Row:
    """ToRA, and the harnesses that came of it: `gt, gt_cot, code, score`."""
    if not isinstance(row.get("code"), list) or "gt" not in row:
        return row
    texts = row["code"]
    return {
        **row, **known(answer=row.get("gt_cot"), gold=row["gt"]),
        "completion": texts[0] if len(texts) == 1 else texts,
    }  # fmt: skip


def _dart_math(row: Row) -> Row:
    if "ref_ans" not in row or not {"resp", "response"} & row.keys():
        return row
    return {**row, "gold": row["ref_ans"], "completion": row.get("resp", row.get("response"))}


def _nemo_skills(row: Row) -> Row:
    if "expected_answer" not in row or "generation" not in row:
        return row
    solution = known(answer=row.get("reference_solution"))
    return {**row, "gold": row["expected_answer"], **solution}


def _olmes(row: Row) -> Row:
    """OLMES: `TASK-predictions.jsonl`; what was asked stands in `TASK-requests.jsonl`."""
    said = row.get("model_output")
    doc = part_of(row, "doc")
    if "native_id" not in row or not (isinstance(said, list) or "query" in doc):
        return row
    metrics = part_of(row, "metrics")
    texts = [one.get("continuation") for one in listed(said) if isinstance(one, Mapping)]
    name = next((name for name in VERDICTS if name in metrics), "")
    kept = {n: v for n, v in row.items() if n not in ("doc", "metrics", "model_output")}
    return {
        **kept,
        **known(
            id=row.get("doc_id"), gold=row.get("label"), answer=doc.get("answer"),
            question=asked(doc["query"]) if doc else None, own_verdict=metrics.get(name),
        ),
        **known(completion=texts[0] if len(texts) == 1 else texts or None),
    }  # fmt: skip


OF_TOOLS: Mapping[str, Shape] = {
    "lm-eval": _lm_eval, "lm-eval before 0.4": _lm_eval_before_0_4, "lighteval": _lighteval,
    "inspect": _inspect, "OpenCompass": _opencompass, "evalscope": _evalscope, "verl": _verl_dump,
    "ToRA": _tora, "DART-Math": _dart_math, "NeMo-Skills": _nemo_skills, "OLMES": _olmes,
    "API": api_call,
}  # fmt: skip
# Tools that have no places of their own, by the columns that they write.
NAMED_BY: Mapping[str, set[str]] = {
    "LLaMA-Factory": {"prompt", "predict", "label"}, "ms-swift": {"response", "labels"},
    "open-instruct": {"question", "model_output"},
}  # fmt: skip
