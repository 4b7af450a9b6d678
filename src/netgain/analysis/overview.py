"""What a run did, in plain lines: when, model, data, method, weights, steps, machine, cost."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Any

from netgain.analysis.facts import source_name
from netgain.analysis.inputs import RunRecords, Start
from netgain.analysis.learned_from import learned_words
from netgain.analysis.model_figures import EARLIER
from netgain.analysis.training.round_metrics import none_better
from netgain.records import Metric, TrainingLog
from netgain.wording import counted, duration, integer, percent, quantity, value_words

METHODS = {
    "sft": "supervised fine-tuning (SFT) on worked solutions",
    "rft": "rejection-sampling fine-tuning (RFT) on the model's own right answers",
    "distil": "distillation: fine-tuning on another model's right answers",
    "grpo": "reinforcement learning (GRPO) from its own answers, rewarded where they are right",
}
SHORT = {
    "sft": "SFT on worked solutions", "rft": "RFT on the model's own right answers",
    "distil": "distillation of another model's right answers",
    "grpo": "GRPO (reinforcement learning)",
}  # fmt: skip
# Not by the machine's language, so that the same run gives the same bytes everywhere.
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
          "October", "November", "December")  # fmt: skip
STORED_AS = re.compile(r", [^,]{1,40}, (?:de-quantised|from GGUF)$")
SCHEDULES = {
    "linear": "falling linearly", "cosine": "falling as a cosine", "constant": "constant",
    "constant_with_warmup": "constant after a warm-up",
}  # fmt: skip


TRAINING_TIMES = {"time for training", f"time for {EARLIER}"}


def overview(records: RunRecords, spent: Sequence[Metric]) -> dict[str, str]:
    """The lines that this run has records for."""
    author = records.recipe["report"].get("author")
    found = {"Author": author} if author else {}
    date = _date(records.facts.get("begun"))
    if date:
        found["Date"] = date
    found |= {
        "Model": records.model_name(),
        "Data": source_name(records),
        "Problems": _problems(records),
    }
    if records.training is not None:
        learned = learned_words(records)
        found |= {
            "Method": method_words(records.recipe) + _begun(records.start),
            **(
                {f"{'Last training: l' if records.earlier else 'L'}earned from": learned}
                if learned
                else {}
            ),
            "LoRA" if _is_lora(records) else "Weights": _weights(records),
            **dict(_before(records)),
            "Last training" if records.earlier else "Training": ", ".join(
                training_words(records.recipe["train"], records.state)
            ),
        }
    return found | {
        "Hardware": ", ".join(_hardware(records)),
        "Time, cost, energy": f"{_cost(spent)}; energy {_energy(spent)}",
    }


def title(records: RunRecords) -> str:
    """What was done to which model; how its weights were stored is told elsewhere."""
    model = STORED_AS.sub("", records.model_name())
    done = "on" if records.training is None else "fine-tuned on"
    return f"{model} {done} {source_name(records)}"


def _date(begun: object) -> str:
    """The day on which a run was begun (UTC); "" where it is not on record.

    >>> _date("2026-11-09T07:05:29Z"), _date(None), _date("soon")
    ('9 November 2026', '', '')
    """
    try:
        day = datetime.strptime(str(begun)[:10], "%Y-%m-%d")
    except ValueError:
        return ""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _problems(records: RunRecords) -> str:
    ids = records.split["ids"]
    uses = {"train": "to train on", "validation": "to validate on", "test": "to test on"}
    counts = [f"{integer(len(ids[part]))} {use}" for part, use in uses.items() if ids[part]]
    return ", ".join(counts) or "none"


def method_words(recipe: Mapping[str, Any], short: bool = False) -> str:
    """Every training in order."""
    trainings = [*(recipe.get("phases") or ()), recipe["train"]]
    words = SHORT if short or len(trainings) > 1 else METHODS
    return ", then ".join(words[each.get("method", "sft")] for each in trainings)


def started_from(start: Start) -> str:
    """The name of a start and, where its records are there, what made it."""
    if start.recipe is None:
        return start.name
    before = (*(start.recipe.get("phases") or ()), start.recipe["train"])[0].get("start")
    from_another = f", itself begun from {PurePath(before).name}" if before else ""
    return f"{start.name} ({method_words(start.recipe, short=True)}{from_another})"


def _begun(start: Start | None) -> str:
    return f", begun from the weights of {start.name}" if start else ""


def _before(records: RunRecords) -> Iterator[tuple[str, str]]:
    """What was trained before the last training: outside this run, and in its phases."""
    start = records.start
    if start is not None:
        told = ""
        if start.recipe is not None:
            told = f": {', '.join(training_words(start.recipe['train'], start.log))}"
        yield "Began from", f"the weights of {started_from(start)}{told}"
    for earlier in records.earlier:
        words = ", ".join(training_words(earlier.train, earlier.log))
        yield "Training " + earlier.name, words


def _is_lora(records: RunRecords) -> bool:
    return bool(records.recipe["train"].get("weights") != "full")


def _weights(records: RunRecords) -> str:
    training, lora = records.training or {}, records.recipe["train"]["lora"]
    trained, whole = training["trainable_parameters"], training["parameters"]
    share = f"{integer(trained)} of {integer(whole)} parameters ({percent(trained / whole)})"
    if not _is_lora(records):
        return f"all weights are trained: {share}"
    where = lora["target_modules"]
    layers = "all linear layers" if where == "all-linear" else ", ".join(map(str, where))
    return (
        f"rank {lora['r']}, alpha {lora['alpha']}, dropout {lora['dropout']}, on {layers}; {share}"
    )


def training_words(train: Mapping[str, Any], state: TrainingLog | None) -> Iterator[str]:
    """How long and how it was trained: rounds or epochs, steps, batches, learning rate."""
    by_rounds = train.get("method") == "grpo"  # a step on record is then a round
    if by_rounds:
        grpo = train["grpo"]
        done = grpo["rounds"] if state is None else state.steps
        early = f" of {integer(grpo['rounds'])} planned," if done < grpo["rounds"] else ""
        problems, samples = grpo["problems"], grpo["samples"]
        each = f"of {counted(problems, 'problem')} with {counted(samples, 'answer')} each"
        yield f"{quantity(done, 'rounds')}{early} {each}"
    elif state is not None:
        if state.epochs is not None:
            yield quantity(state.epochs, "epochs")
        early = f" of {integer(state.planned_steps)} planned"
        yield quantity(state.steps, "steps") + (early if state.steps < state.planned_steps else "")
    if not by_rounds:
        yield f"batches of {integer(train['batch_size'] * train['gradient_accumulation'])}"
    rate = SCHEDULES.get(train["schedule"], train["schedule"])
    yield f"learning rate {train['learning_rate']:g} {rate}"
    if state is not None and state.best_step is not None:
        unit = "round" if by_rounds else "step"
        kept = f"weights of {unit} {integer(state.best_step)} kept"
        if chosen_by_solving(train) and none_better(state.points):
            kept += f", though no {unit} solved more validation problems than before"
        yield kept


def chosen_by_solving(train: Mapping[str, Any]) -> bool:
    """Whether the validation problems solved chose the kept weights."""
    return train.get("select") == "validation_accuracy"


def _hardware(records: RunRecords) -> Iterator[str]:
    hardware = (records.training or records.facts)["hardware"]
    if hardware.get("gpu"):
        yield str(hardware["gpu"])
    yield str(hardware.get("processor", "a processor that is not on record"))
    if "cores" in hardware:
        yield f"{hardware['cores']} cores"
    if "memory" in hardware:
        yield str(hardware["memory"])
    if records.training is not None:
        yield f"{records.training['precision']} on {records.training['device']}"


def _cost(spent: Sequence[Metric]) -> str:
    known = {m.name: m for m in spent if m.estimate.value is not None}
    parts = []
    if "time in all" in known:
        parts.append(f"{_value(known['time in all'])} in all")
    training = [m.estimate.value or 0.0 for n, m in known.items() if n in TRAINING_TIMES]
    if training:
        parts.append(f"{duration(math.fsum(training))} of it training")
    if "cost in all" in known:
        parts.append(_value(known["cost in all"]))
    return ", ".join(parts) or "not measured"


def _value(metric: Metric) -> str:
    return value_words(metric.estimate, metric.unit)


def _energy(spent: Sequence[Metric]) -> str:
    used = next((m for m in spent if m.name == "energy for training"), None)
    if used is None:
        return "not measured"
    if used.estimate.value is None:
        return f"not measured: {used.estimate.why_no_interval}"
    return f"{_value(used)} for {used.note or 'training'}"
