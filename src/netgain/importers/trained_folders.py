"""What transformers' trainers and PEFT leave: a log in the last checkpoint, an adapter."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from netgain.importers.found import Adapter, Training
from netgain.importers.histories import training_logs
from netgain.importers.trainer_state import best_step
from netgain.plain_files import MOST_JSON, parse_json, read_plain

FACTORY_LOG = "trainer_log.jsonl"  # of LLaMA-Factory, beside transformers' own


def each_once(trainings: Sequence[Training]) -> tuple[Training, ...]:
    """A training's log once, where LLaMA-Factory or ms-swift wrote it beside transformers' own."""
    beside = {t.path.parent: t.tool for t in trainings if t.path.suffix == ".jsonl"}
    found = []
    for training in trainings:
        folder = training.path.parent
        root = folder.parent if folder.name.startswith("checkpoint-") else folder
        if training.path.name.endswith("state.json") and root in beside:
            found.append(replace(training, tool=beside.pop(root)))
        elif training.path.suffix != ".jsonl" or folder in beside:
            found.append(training)
    return tuple(found)


def last_checkpoint(into: dict[Path, tuple[int, Path]], path: Path) -> None:
    """Note a checkpoint's file by its training: the last counts, and before it what lies above."""
    folder = path.parent
    step = re.fullmatch(r"checkpoint-(\d{1,12})", folder.name)
    root, place = (folder.parent, int(step[1])) if step else (folder, 10**12)
    if place > into.get(root, (-1, path))[0]:
        into[root] = (place, path)


def training_of(path: Path) -> Training:
    state = parse_json(read_plain(path, MOST_JSON))
    history = state["log_history"]
    if not isinstance(history, list):
        raise ValueError("its log_history is no list")
    planned = state.get("max_steps")
    of_factory = any((place / FACTORY_LOG).is_file() for place in (path.parent, path.parent.parent))
    history = [_teacher_forced(row) for row in history] if of_factory else history
    logs = training_logs(history, best_step(state), planned if isinstance(planned, int) else 0)
    keys = {key for row in history if isinstance(row, Mapping) for key in row}
    tool = "transformers' trainer"
    if {"mean_token_accuracy", "entropy"} & keys:
        tool = "TRL"
    if any(key.startswith(("memory/", "tokens/")) or key == "ppl" for key in keys):
        tool = "Axolotl"
    return Training(tool, path, logs)


def _teacher_forced(row: Any) -> Any:
    """A row of LLaMA-Factory, whose accuracy of a validation set is one of tokens.

    >>> _teacher_forced({"eval_accuracy": 0.5, "eval_loss": 2.0})
    {'eval_mean_token_accuracy': 0.5, 'eval_loss': 2.0}
    """
    if not isinstance(row, Mapping):
        return row
    return {re.sub("^(eval_.{0,80})accuracy$", r"\1mean_token_accuracy", n): row[n] for n in row}


def adapter_of(path: Path) -> Adapter:
    config = json.loads(read_plain(path, 1 << 20))
    base = str(config.get("base_model_name_or_path") or "")
    words = f"{config.get('peft_type')} of rank {config.get('r')}, alpha {config.get('lora_alpha')}"
    return Adapter(path.parent, base, words)
