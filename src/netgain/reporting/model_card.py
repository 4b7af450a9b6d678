"""README.md: a model card for the adapter, as the Hugging Face Hub reads it.

The front matter holds what is known: no licence is guessed, a base model or data that are not on
the Hub are left out there and named in the text, and the model index holds shares of right answers
alone. Teacher-forced figures stand in the text under their own names.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import yaml

from netgain import wording
from netgain.records import Findings, Metric, Publication, PublishedResult
from netgain.reporting import appendix, card_phrases, error_phrases, phrases, view
from netgain.reporting.blocks import Block, Facts, Words, notes
from netgain.reporting.markdown import written_all
from netgain.reporting.markdown_blocks import escaped, fenced
from netgain.reporting.usage_code import usage_code

NAME = "README.md"
METRIC_TYPES = {
    "strict-match": "exact_match",
    "asked form": "exact_match",
    "flexible-extract": "exact_match",
}
TRAINED_BY = ("train.", "used: ")  # the settings that tell how the adapter was made


def card_files(findings: Findings, merged: bool = False) -> dict[str, bytes]:
    """The card by its name; none where nothing was trained.

    Args:
        merged: it is for a whole model, the adapter merged into its base.
    """
    made = findings.publication
    if made is None:
        return {}
    kind = card_phrases.WHOLE if made.whole else card_phrases.ADAPTER
    if merged:
        made, kind = replace(made, whole=True), card_phrases.MERGED
    view.refuse_misplaced(findings)
    blocks = [
        card_phrases.TO_PUBLISH.format(name=re.sub(r"[^A-Za-z0-9._-]", "-", made.name)),
        f"# {escaped(made.name)}",
        *_what_it_is(findings, made, kind),
        *_use(findings, made),
        *_training(findings),
        *_evaluation(findings),
        *_limits(findings),
        *_cost(findings),
        *_again(findings),
    ]
    text = f"---\n{front_matter(made)}---\n\n" + "\n\n".join(blocks) + "\n"
    return {NAME: text.encode()}


# -- front matter --------------------------------------------------------------------------


def front_matter(made: Publication) -> str:
    """The card's metadata as YAML: one line a text, whatever is in it."""
    library = "transformers" if made.whole else "peft"
    facts: dict[str, Any] = {"library_name": library, "pipeline_tag": "text-generation"}
    base = made.base if made.base_on_hub else made.base_same_as
    if base is not None:
        relation = "finetune" if made.whole else "adapter"
        facts |= {"base_model": wording.one_line(base), "base_model_relation": relation}
    if made.training_data is not None:
        facts["datasets"] = [wording.one_line(made.training_data.id)]
    facts["tags"] = ["netgain"] if made.whole else ["lora", "netgain"]
    if made.results:
        facts["metrics"] = list(dict.fromkeys(map(_metric_type, made.results)))
        facts["model-index"] = [
            {"name": wording.one_line(made.name), "results": _index_entries(made.results)}
        ]
    # A line is never folded: what begins with --- would otherwise end the front matter.
    return yaml.safe_dump(facts, sort_keys=False, allow_unicode=True, width=float("inf"))


def _index_entries(results: Iterable[PublishedResult]) -> list[dict[str, Any]]:
    """The model index: the figures of generated answers, those of each data set together."""
    found: dict[tuple[tuple[str, str], ...], list[dict[str, Any]]] = {}
    for result in results:
        if result.metric.kind != "generated":
            continue
        metric = {
            "type": _metric_type(result),
            "value": percent_value(result),
            "name": wording.one_line(_metric_name(result.metric)),
        }
        found.setdefault(tuple(_data_set(result)), []).append(metric)
    return [
        {"task": {"type": "text-generation"}, "dataset": dict(data), "metrics": metrics}
        for data, metrics in found.items()
    ]


def _data_set(result: PublishedResult) -> Iterator[tuple[str, str]]:
    """The Hub wants a type of every data set: its id there, or a name."""
    hub = result.hub
    yield "name", wording.one_line(result.data)
    yield "type", wording.one_line(hub.id if hub else result.data)
    if hub is not None:
        known = (("config", hub.config), ("split", hub.split), ("revision", hub.revision))
        yield from ((key, wording.one_line(value)) for key, value in known if value)


def _metric_name(metric: Metric) -> str:
    """What it is, in per cent, how sure, and of what kind."""
    name = metric.name.removesuffix(", tuned")
    interval = wording.interval_words(metric.estimate, metric.unit, metric.kind)
    return f"{name} (%, {interval}, n = {metric.estimate.n}, {wording.KIND_WORDS[metric.kind]})"


def _metric_type(result: PublishedResult) -> str:
    found = (kind for name, kind in METRIC_TYPES.items() if name in result.metric.name)
    return next(found, "accuracy")


def percent_value(result: PublishedResult) -> float:
    """A share in per cent to two decimals; more where these would say 0 or 100 and it is not.

    >>> from netgain.analysis.estimates.statistics import wilson
    >>> def share(right, n):
    ...     found = Metric("m", "share", "generated", wilson(right, n))
    ...     return PublishedResult("d", None, found, "")
    >>> percent_value(share(544, 1319)), percent_value(share(999_999, 1_000_000))
    (41.24, 99.9999)
    >>> percent_value(share(3, 3))
    100.0
    """
    value = result.metric.estimate.value
    if value is None:
        raise ValueError(f"{result.metric.name!r} has no value to publish")
    rounded = round(100 * value, 2)
    return rounded if rounded not in {0.0, 100.0} else round(100 * value, 10)


# -- text ----------------------------------------------------------------------------------


def _what_it_is(findings: Findings, made: Publication, kind: str) -> Iterator[str]:
    base, data = escaped(made.base_words), escaped(made.data_words)
    if made.base_on_hub:
        base = f"[{base}](https://huggingface.co/{_address(made.base)})"
    if made.training_data is not None:
        data = f"[{data}](https://huggingface.co/datasets/{_address(made.training_data.id)})"
    yield f"{kind} {base}, fine-tuned on {made.learned} of {data}. {_answered(findings)}"
    if made.base_same_as is not None and not made.base_on_hub:
        yield card_phrases.SAME_AS.format(escaped(made.base_same_as))
    elif not made.base_on_hub:
        yield card_phrases.NOT_ON_HUB
    yield f"**{phrases.verdict_label(findings)}.** {escaped(phrases.verdict_body(findings))}"
    missing = phrases.missing_comparison(findings)
    if missing:
        yield missing


def _answered(findings: Findings) -> str:
    """Whose answers the figures come from."""
    if findings.comparison is not None:
        return card_phrases.BOTH_ANSWERED
    models = {m.name.rpartition(", ")[2] for m in findings.accuracy_metrics}
    if "tuned" in models:
        return card_phrases.TUNED_ANSWERED
    return card_phrases.BASE_ANSWERED if "base" in models else card_phrases.NONE_ANSWERED


def _address(hub_id: str) -> str:
    return quote(wording.one_line(hub_id))


def _use(findings: Findings, made: Publication) -> Iterator[str]:
    yield "## How to use it"
    packages = " ".join(f"{name}=={version.partition('+')[0]}" for name, version in made.versions)
    yield card_phrases.HOW_ASKED
    yield fenced(f"pip install {packages}", "sh")
    code, note = usage_code(findings, made)
    if note:
        yield note
    yield fenced(code, "python")
    if made.whole:
        yield card_phrases.SET_MODEL
        return
    yield card_phrases.SET_ADAPTER


def _training(findings: Findings) -> Iterator[str]:
    yield "## Training"
    settings = {
        key.removeprefix("train.").removeprefix("used: "): value
        for key, value in findings.settings.items()
        if key.startswith(TRAINED_BY)
    }
    blocks: list[Block] = [Facts(tuple(settings.items()))] if settings else []
    forced = tuple(m for m in findings.training_metrics if m.kind == "teacher_forced")
    if forced:
        blocks += [Words(error_phrases.LOSS_NOTE), view.metric_grid(forced, "How training went")]
    yield from written_all(blocks)


def _evaluation(findings: Findings) -> Iterator[str]:
    yield "## Evaluation"
    yield from written_all(appendix.answer_blocks(findings))
    yield from _elsewhere(findings)
    answers = findings.environment.get("tuned answers")
    if answers:
        yield card_phrases.GENERATED_BY.format(escaped(answers))
    if findings.data:
        yield "The problems:"
        yield from written_all([Facts(tuple(findings.data.items()))])


def _elsewhere(findings: Findings) -> Iterator[str]:
    for result in findings.further:
        if result.kind == "task":
            yield f"### {escaped(result.title)}"
            yield from written_all(notes((*result.sentences, *result.caveats)))


def _limits(findings: Findings) -> Iterator[str]:
    yield "## Limits"
    told = (c.text for c in view.to_heed(findings))
    yield from written_all(notes((*told, card_phrases.LICENCE)))


def _cost(findings: Findings) -> Iterator[str]:
    if findings.cost_metrics:
        yield "## Cost and energy"
        yield from written_all([view.metric_grid(findings.cost_metrics, "What it took")])


def _again(findings: Findings) -> Iterator[str]:
    if findings.reproduce:
        yield "## How to reproduce"
        yield fenced("\n".join(findings.reproduce), "sh")
