"""What a training learned from and was validated on: how much, and whose."""

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from netgain.analysis.inputs import RunRecords
from netgain.wording import counted, integer

# Origins of what is learned, as `train.examples` names them; others are sources of a mixture.
SOLUTIONS = {
    "reference": "of the data",
    "reference with other numbers": "of variants with other numbers",
}
ANSWERS = {"own answer", "another model's answer"}


def validated_on(training: Mapping[str, Any] | None) -> str:
    """What was validated on, where it was not a solution to each validation problem; else "".

    >>> kept = {"validation": {"examples": 7, "problems_kept": 5}}
    >>> validated_on({"own_answers": kept, "examples": {"validation": 7}})
    '7 right answers to 5 problems'
    """
    training = training or {}
    kept = (training.get("own_answers") or {}).get("validation") or {}
    n = (training.get("examples") or {}).get("validation")
    if not kept.get("examples") or kept["examples"] != n:
        return ""  # where no answer is right the solutions are validated on
    return _answers(kept)


def learned_words(records: RunRecords) -> str:
    """What was learned from, where it was not the data's solutions alone; else ""."""
    training = records.training or {}
    there = integer(len(records.split["ids"]["train"]))
    if training.get("method") == "grpo":
        chosen = integer((training.get("examples") or {}).get("train", 0))
        mixed = records.recipe["train"]["grpo"]["choose"] == "mixed"
        which = ", those that it solved in some samples and not in others" if mixed else ""
        return f"its own answers to {chosen} of {there} problems{which}"
    kept = (training.get("own_answers") or {}).get("train")
    parts = []
    if kept:
        parts.append(f"{_answers(kept, there)}, {_whose(records)}")
    others = [*_others(training.get("origins") or {})]
    return "; ".join([*parts, *others]) if parts or len(others) > 1 else ""


def problems_learned(records: RunRecords) -> int | None:
    """How many problems and rows were learned from; None where that is not on record.

    Of the problems that rounds choose from, the last training had at most as many as it took.
    """
    training = records.training or {}
    examples = (training.get("examples") or {}).get("train")
    kept = (training.get("own_answers") or {}).get("train")
    if examples is None:
        return None
    if training.get("method") == "grpo" and records.state is not None:
        a_round = int(records.recipe["train"]["grpo"]["problems"])
        return min(int(examples), records.state.steps * a_round)
    again = int(kept["examples"] - kept["problems_kept"]) if kept else 0
    return int(examples) - again


def _answers(kept: Mapping[str, int], of: str = "") -> str:
    n, problems = kept["examples"], kept["problems_kept"]
    share = f"{integer(problems)} of {of} problems" if of else counted(problems, "problem")
    return f"{counted(n, 'right answer')} to {share}"


def _whose(records: RunRecords) -> str:
    if records.recipe["train"].get("method") == "rft":
        return "the model's own"
    source = (records.recipe["train"].get("distil") or {}).get("source")
    return f"from {PurePath(source).name}" if source else "another model's"


def _others(origins: Mapping[str, int]) -> Iterator[str]:
    """What was learned beside a model's answers, by origin."""
    for name, n in origins.items():
        if name in SOLUTIONS:
            yield f"{counted(n, 'solution')} {SOLUTIONS[name]}"
        elif name not in ANSWERS:
            yield f"{counted(n, 'row')} of {name}"
