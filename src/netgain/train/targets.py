"""Whether train.lora.target_modules names parts that the model has, before training begins."""

from collections.abc import Iterable
from typing import Any

from netgain.errors import TrainingError
from netgain.in_limits import OutOfLimits, full_matches

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
    ends = {id(model.get_input_embeddings()), id(model.get_output_embeddings())}
    named = [(name, module) for name, module in model.named_modules() if name]
    layers = {name: _adaptable(module) for name, module in named}
    outer = {name for name, module in named if id(module) in ends}
    fitting = (n.rpartition(".")[2] for n, fits in layers.items() if fits and n not in outer)
    known = ", ".join(dict.fromkeys(fitting))
    advice = f"give a list of some of these: {known}; or {ALL_LINEAR}"
    if not targets:
        raise TrainingError(f"{SETTING} names no layers; {advice}")
    for target in [targets] if isinstance(targets, str) else targets:
        names = _matches(target, layers, isinstance(targets, str))
        if outer & set(names):
            raise TrainingError(
                f"{SETTING}: {target!r} names the model's head or embeddings, which get no adapter "
                f"here; {advice}"
            )
        found = [layers[name] for name in names]
        if not found:
            raise TrainingError(f"{SETTING}: {target!r} is the name of no layer; {advice}")
        if not all(found):
            raise TrainingError(
                f"{SETTING}: {target!r} names parts of the model that no adapter fits; {advice}"
            )


def _matches(target: str, names: Iterable[str], whole: bool) -> list[str]:
    if not whole:
        return [name for name in names if name == target or name.endswith(f".{target}")]
    try:
        return full_matches([target], list(names))[0]
    except OutOfLimits as error:
        raise TrainingError(
            f"{SETTING}: {target!r:.200} is no regular expression that can be used ({error}); give "
            "a list of names"
        ) from error


def _adaptable(module: Any) -> bool:
    """Layers with a matrix of weights; norms have a vector, and blocks have none."""
    weight = getattr(module, "weight", None)
    return weight is not None and weight.dim() >= 2 and not any(module.children())
