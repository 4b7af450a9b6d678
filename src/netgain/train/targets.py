"""Whether train.lora.target_modules names parts that the model has, before training begins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from netgain.errors import TrainingError

ALL_LINEAR = "all-linear"
SETTING = "train.lora.target_modules"


def refuse_unknown_targets(model: Any, targets: str | tuple[str, ...]) -> None:
    """Every name has to stand for layers that can be adapted.

    A list holds ends of names, a text is a regular expression over whole names, as in peft, which
    passes over a name in a list that stands for nothing.

    Raises:
        TrainingError: naming those that do not, and the names there are.
    """
    if isinstance(targets, str) and targets.lower() == ALL_LINEAR:
        return
    layers = {name: _adaptable(module) for name, module in model.named_modules() if name}
    known = ", ".join(dict.fromkeys(n.rpartition(".")[2] for n, fits in layers.items() if fits))
    advice = f"give a list of some of these: {known}; or {ALL_LINEAR}"
    if not targets:
        raise TrainingError(f"{SETTING} names no layers; {advice}")
    for target in [targets] if isinstance(targets, str) else targets:
        found = [layers[name] for name in _matches(target, layers, isinstance(targets, str))]
        if not found:
            raise TrainingError(f"{SETTING}: {target!r} is the name of no layer; {advice}")
        if not all(found):
            raise TrainingError(
                f"{SETTING}: {target!r} names parts of the model that no adapter fits; {advice}"
            )


def _matches(target: str, names: Any, whole: bool) -> Iterator[str]:
    try:
        pattern = re.compile(target if whole else rf"(.*\.)?{re.escape(target)}")
    except re.error as error:
        raise TrainingError(
            f"{SETTING}: {target!r} is no regular expression ({error}); give a list of names"
        ) from error
    return (name for name in names if pattern.fullmatch(name))


def _adaptable(module: Any) -> bool:
    """Layers with a matrix of weights; norms have a vector, and blocks have none."""
    weight = getattr(module, "weight", None)
    return weight is not None and weight.dim() >= 2 and not any(module.children())
