"""Files of figures: results of lm-eval, lighteval and inspect, and what trainers sum up.

They say how models were asked and what the tool's own graders found; none has answers.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netgain.importers.found import Figure, FigureKind

MOST_FIGURES = 2_000
_TEACHER_FORCED = re.compile(r"loss|perplexity|ppl|token_acc|accuracy|bits_per_byte|entropy")
_NOT_FIGURES = re.compile(
    r"runtime|per_second|_time$|flos|samples|epoch|stderr|step|memory|_tokens"
)
_SIZE = re.compile(r"max_gen_toks|max_new_tokens|max_tokens|generation_size")
TOKENS = "most new tokens"


@dataclass(frozen=True)
class Results:
    """What one file of results says: of a model, by task how it was asked, and the figures."""

    tool: str
    model: str
    conditions: Mapping[str, Mapping[str, str]]
    figures: tuple[Figure, ...]
    adapted: bool = False  # whether an adapter is named


def harness_results(document: Any) -> Results | None:
    """Results of lm-eval or lighteval; None where it is neither."""
    if not isinstance(document, Mapping) or not isinstance(document.get("results"), Mapping):
        return None
    if "config_general" in document:
        return _lighteval(document)
    if {"configs", "n-shot", "versions", "config"} & document.keys():
        return _lm_eval(document)
    return None


def _lm_eval(document: Mapping[str, Any]) -> Results:
    config = _part(document, "config")
    arguments = _arguments(config.get("model_args"))
    model = str(document.get("model_name") or arguments.get("pretrained") or arguments.get("model")
                or config.get("model") or "")  # fmt: skip
    adapter = arguments.get("peft") or arguments.get("lora_local_path")
    if adapter:  # its name is then the model's
        model = f"{arguments.get('pretrained') or model} + {Path(str(adapter)).name}"
    conditions, figures = {}, []
    for task, metrics in _part(document, "results").items():
        if not isinstance(metrics, Mapping):
            continue
        task_config = _part(_part(document, "configs"), task)
        kind: FigureKind = "generated"
        if task_config.get("output_type", "generate_until") != "generate_until":
            kind = "choice_loglikelihood"
        shots = _part(document, "n-shot").get(task, task_config.get("num_fewshot"))
        asked = {**_part(task_config, "generation_kwargs"), **_arguments(config.get("gen_kwargs"))}
        conditions[task] = _known(
            shots=shots, prompt="a chat template" if document.get("chat_template") else "raw text",
            temperature=asked.get("temperature"), limit=config.get("limit"),
            precision=arguments.get("dtype") or config.get("model_dtype"),
            grader=", ".join(k for k in metrics if "," in k and "stderr" not in k),
            **_tokens(asked),
        )  # fmt: skip
        if kind == "generated" and "chat_template" not in document:
            conditions[task].pop("prompt")  # an older version, which does not say
        named = {k: v for k, v in metrics.items() if "," in k}  # METRIC,FILTER
        figures += list(_figures(named or metrics, kind, f"{model} on {task}"))
    return Results("lm-eval", model, conditions, tuple(figures), bool(adapter))


def _lighteval(document: Mapping[str, Any]) -> Results:
    general = _part(document, "config_general")
    of_model = _part(general, "model_config")
    asked = _part(of_model, "generation_parameters")
    model = str(general.get("model_name") or of_model.get("model_name") or "")
    conditions, figures = {}, []
    for name, metrics in _part(document, "results").items():
        if name == "all" or not isinstance(metrics, Mapping):
            continue
        parts = name.split("|")  # suite|task|shots, since 0.11 task|shots
        task = parts[-2] if len(parts) > 1 else name
        shots = parts[-1] if len(parts) > 1 else None
        conditions[task] = _known(
            shots=shots, temperature=asked.get("temperature"), limit=general.get("max_samples"),
            precision=of_model.get("dtype"),
            grader=", ".join(k for k in metrics if "stderr" not in k), **_tokens(asked),
        )  # fmt: skip
        figures += list(_figures(metrics, "generated", f"{model} on {task}"))
    return Results("lighteval", model, conditions, tuple(figures))


def opencompass_figures(document: Any, path: Path) -> tuple[Figure, ...]:
    """The figures of `results/MODEL/TASK.json`, in percent; () for no such file."""
    if not isinstance(document, Mapping) or not isinstance(document.get("details"), (list, dict)):
        return ()
    own = {name: value for name, value in document.items() if name != "details"}
    return tuple(_figures(own, "generated", f"{path.parent.name} on {path.stem}"))


def inspect_results(header: Any) -> Results | None:
    """The head of a log of inspect (`header.json`, or `_journal/start.json`); None for no such."""
    if not isinstance(header, Mapping) or not isinstance(header.get("eval"), Mapping):
        return None
    about, plan = header["eval"], _part(header, "plan")
    asked = {**_part(about, "model_generate_config"), **_part(plan, "config")}
    model, task = str(about.get("model") or ""), str(about.get("task") or "")
    task = task.rpartition("/")[2]
    scores = _part(header, "results").get("scores")
    figures: list[Figure] = []
    for score in scores if isinstance(scores, list) else ():
        for name, metric in _part(score, "metrics").items():
            value = _part(metric, "value") or (metric.get("value") if metric else None)
            figures += _figures({f"{score.get('name')} {name}": value}, "generated",
                                f"{model} on {task}")  # fmt: skip
    steps = [s.get("solver") for s in plan.get("steps") or () if isinstance(s, Mapping)]
    conditions = _known(
        shots=_part(about, "task_args").get("fewshot"), temperature=asked.get("temperature"),
        limit=_part(about, "config").get("limit"), prompt=", ".join(filter(None, steps)) or None,
        grader=", ".join(str(s.get("name")) for s in scores if isinstance(s, Mapping))
        if isinstance(scores, list) else None, **_tokens(asked),
    )  # fmt: skip
    if header.get("status") not in (None, "success"):
        conditions["unfinished"] = str(header["status"])
    return Results("inspect", model, {task: conditions}, tuple(figures))


def trainer_figures(document: Any, of: str) -> tuple[Figure, ...]:
    """The figures that a trainer sums up (`all_results.json` and its like); () for no such file.

    None of them is an accuracy on the task, whatever it is called: losses and accuracies are
    teacher-forced, BLEU and ROUGE measure likeness of words.
    """
    if not isinstance(document, Mapping) or not document:
        return ()
    if not all(isinstance(v, (int, float, str, type(None))) for v in document.values()):
        return ()
    if not any(re.match(r"(?:train|eval|predict|test)_", str(name)) for name in document):
        return ()
    found = []
    for name, value in document.items():
        if not _NOT_FIGURES.search(name):
            kind: FigureKind = "teacher_forced" if _TEACHER_FORCED.search(name) else "other"
            found += list(_figures({name: value}, kind, of))
    return tuple(found)


def _figures(metrics: Any, kind: FigureKind, of: str) -> Iterator[Figure]:
    items = metrics.items() if isinstance(metrics, Mapping) else ()
    for _, (name, value) in zip(range(MOST_FIGURES), items, strict=False):
        known = isinstance(value, (int, float)) and not isinstance(value, bool)
        if known and not _NOT_FIGURES.search(str(name)):
            told: FigureKind = "teacher_forced" if "perplexity" in str(name) else kind
            yield Figure(str(name), float(value), told, of)


def _part(document: Any, name: str) -> Mapping[str, Any]:
    found = document.get(name) if isinstance(document, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _arguments(given: Any) -> Mapping[str, Any]:
    """`pretrained=x,dtype=y` or the same as an object."""
    if isinstance(given, str):
        return dict(part.split("=", 1) for part in given.split(",") if "=" in part)
    return given if isinstance(given, Mapping) else {}


def _tokens(asked: Mapping[str, Any]) -> dict[str, Any]:
    return next(({TOKENS: v} for k, v in asked.items() if _SIZE.fullmatch(str(k))), {})


def _known(**named: Any) -> dict[str, str]:
    return {name: str(value) for name, value in named.items() if value is not None and value != ""}
