"""Plain facts of a run, to print as they are: settings, data, environment, how to reproduce."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from netgain.analysis.inputs import RunRecords
from netgain.recipe import INSTEAD, SECTIONS, local_path
from netgain.recipe.prompt_rules import HEEDED
from netgain.records.training import REPLAYED
from netgain.wording import counted, integer

OWN = {"python", "netgain"}  # not pinned as the packages are


# What a recipe may leave open; the value is then the one that was used.
LEFT_TO_THE_ENGINE = ("engine", "batch_size", "precision")


def settings(records: RunRecords) -> dict[str, str]:
    """The recipe, one line a setting, and what the hardware made of it."""
    found = dict(flat({k: v for k, v in records.recipe.items() if k != "report_to"}))
    for name in _unheeded(records.recipe["prompt"]):
        found.pop(f"prompt.{name}", None)
    method = records.recipe["train"].get("method", "sft")
    unheeded = {s for of in SECTIONS.values() for s in of} - set(SECTIONS[method])
    unheeded |= INSTEAD.keys() if method == "grpo" else set()
    for name in [n for n in found if n.startswith("train.") and n.split(".")[1] in unheeded]:
        del found[name]
    for name in LEFT_TO_THE_ENGINE:
        used = {str(s.settings[name]) for s in records.summaries.values() if name in s.settings}
        if found.get(f"evaluate.{name}") in {"none", "auto"} and len(used) == 1:
            found[f"evaluate.{name}"] = used.pop()
    training = records.training
    if training is not None:
        found["used: precision, device"] = f"{training['precision']}, {training['device']}"
        if training.get("tokens_at_once"):
            found["used: tokens at a time"] = integer(training["tokens_at_once"])
        if training.get("processes", 1) > 1:
            found["used: processes"] = integer(training["processes"])
        found["used: trainable parameters"] = (
            f"{integer(training['trainable_parameters'])} of {integer(training['parameters'])}"
        )
        found["used: chat template"] = training["template"]
    if records.state is not None:
        found["used: rounds" if method == "grpo" else "used: optimizer steps"] = (
            f"{records.state.steps} of {records.state.planned_steps} planned"
            + (", stopped early" if records.state.steps < records.state.planned_steps else "")
        )
    return found


def flat(settings: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Nested settings as (name, words), names in one line after points."""
    found = []
    for key, value in settings.items():
        if isinstance(value, Mapping):
            found += flat(value, f"{prefix}{key}.")
        else:
            found.append((prefix + key, _plain(value)))
    return found


def _unheeded(prompt: Mapping[str, Any]) -> set[str]:
    """The prompt settings that the style does not look at; a user's template may look at any."""
    if prompt["style"] == "template":
        return set()
    return prompt.keys() - HEEDED[prompt["style"]] - {"style", "stop"}


def _plain(value: Any) -> str:
    """A setting in words: a list's items after commas, one with settings of its own on a line.

    >>> _plain([]), _plain(["a", 2]), _plain([{"style": "few_shot_chat", "shots": None}])
    ('none', 'a, 2', 'style few_shot_chat')
    """
    if value is None or value in ([], ()):
        return "none"
    if isinstance(value, Mapping):
        given = ((k, v) for k, v in value.items() if v not in (None, [], ()))
        return ", ".join(f"{k} {_plain(v)}" for k, v in given)
    if isinstance(value, list | tuple):
        own = any(isinstance(item, Mapping) for item in value)
        return ("\n" if own else ", ").join(map(_plain, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def source_name(records: RunRecords) -> str:
    """Where the problems are from, as a title has it: a path on a disk tells a reader nothing."""
    source = str(records.split["source"])
    if source == "builtin":
        return "built-in word problems"
    if _is_path(source):
        return f"{PurePath(source).name or source} (local files)"
    return source


def _is_path(source: str) -> bool:
    """Whether a source names files on a disk, which need not be there any more.

    >>> _is_path("../shared/data/gsm8k"), _is_path("openai/gsm8k")
    (True, False)
    """
    begins_as_one = source.startswith((".", "/", "~"))
    return begins_as_one or source.count("/") > 1 or local_path(source) is not None


def data(records: RunRecords) -> dict[str, str]:
    split = records.split
    ids = split["ids"]
    found = {
        "source": split["source"] + (f" at {split['revision']}" if split["revision"] else ""),
    }
    elsewhere, commit = records.recipe["data"].get("test_source"), split.get("test_revision")
    if elsewhere is not None:
        found["source of the test problems"] = elsewhere + (f" at {commit}" if commit else "")
    found |= {
        "problems": ", ".join(f"{len(ids[k])} {k}" for k in ("train", "validation", "test")),
        "overlap of training and test": (
            f"{len(split['overlaps'])} near or equal" if split["overlaps"] else "none found"
        ),
        "bad rows skipped": str(len(split["bad_rows"])),
        "problems without a solution, not trained on": str(len(split["no_solution"])),
    }
    if split.get("removed"):
        found["training problems left out, as they are among the test problems"] = str(
            len(split["removed"])
        )
    if split.get("variants"):
        found["variants of training problems with other numbers"] = integer(split["variants"])
    for source in split.get("mixture", ()):
        found[f"learned beside them from {source['source']}"] = (
            f"{integer(source['learned'])} of {counted(source['rows'], 'row')} drawn; left out as "
            f"among the test problems: {integer(source['tested'])}; as there already: "
            f"{integer(source['twice'])}"
        )
    if records.training is not None:
        found |= _learned(records.training, split.get("mixture", ()))
        found["problems too long, not trained on"] = str(len(records.training["too_long"]))
    for name, digest in split["digests"].items():
        found[f"SHA-256 of {name}"] = digest
    return found


def _learned(training: Mapping[str, Any], mixture: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What was learned from, where it was not the data's solutions; of a mixture also what nothing
    was learned of.
    """
    origins = training.get("origins") or {}
    if origins:
        named = [REPLAYED.format(s["source"]) if s.get("answers") == "own" else s["source"]
                 for s in mixture]  # fmt: skip
        origins = dict.fromkeys(named, 0) | origins
    by_origin = {
        "examples learned from, by origin": ", ".join(
            f"{integer(n)} {name}" for name, n in sorted(origins.items())
        )
    } if len(origins) > 1 else {}  # fmt: skip
    own = training.get("own_answers", {}).get("train")
    if not own:
        return by_origin
    whose = "the model's own" if training["method"] == "rft" else "another model's"
    return {
        "learned from": f"{counted(own['examples'], 'right answer')}, {whose}, to "
        f"{counted(own['problems_kept'], 'problem')}",
        "answers to choose from": f"{integer(own['samples'])} to "
        f"{counted(own['problems'], 'problem')}; right: {integer(own['right'])}; of these, not cut "
        f"off and with working before the answer: {integer(own['ended'])}",
        **by_origin,
    }


def environment(records: RunRecords) -> dict[str, str]:
    source = records.training or records.facts
    found = {**source["hardware"], **source["versions"]}
    if records.training is not None:
        model = records.training["model"]
        found["base model"] = model["description"]
        found["base model revision"] = model["revision"] or "none (local files)"
        found["base model SHA-256"] = model["digest"]
    for name, summary in records.summaries.items():
        s = summary.settings
        found[f"{name} answers"] = (
            f"{s['engine']}, {s['precision']}, {s['device']}, greedy, "
            + ("batches" if s["engine"] == "transformers" else "units")
            + f" of {s['batch_size']}"
        )
    return found


def reproduce(records: RunRecords) -> tuple[str, ...]:
    """Commands and comments for a shell."""
    versions = (records.training or records.facts)["versions"]
    pins = [f"{k}=={v.partition('+')[0]}" for k, v in versions.items() if k not in OWN]
    again = f"reproduced/{PurePath(records.place).name}"
    return (
        "# the command that began this run; every later one is in its run.log",
        str(records.facts["command"]),
        f"# the versions it ran with, under Python {versions.get('python', 'unknown')}; netgain "
        f"{versions.get('netgain', 'unknown')} is on no package index yet, so in a clone of its "
        "repository",
        shlex.join(["pip", "install", ".[train]", *pins]),
        *_other_versions(records, versions),
        "# the whole run again, from the recipe that was kept. It has a folder of its own, because "
        "beside this run netgain would reuse its adapter and answers",
        f"netgain run {shlex.quote(records.place + '/recipe.yaml')} --out {shlex.quote(again)}",
    )


def _other_versions(records: RunRecords, versions: Mapping[str, str]) -> Iterator[str]:
    """Where a model answered under other versions than training had."""
    for name, summary in records.summaries.items():
        answered = summary.settings.get("versions", {})
        differ = [f"{k} {v}" for k, v in answered.items() if versions.get(k) != v]
        if differ:
            yield f"# the {name} model answered with {', '.join(differ)}"
