"""What was answered beside the headline, as it was stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from netgain.records import FurtherKind, Generation, Grade, Problem

MODELS = ("base", "tuned")


@dataclass(frozen=True)
class Headline:
    """The greedy answers of both models to the test problems, by model: "base", "tuned".

    `prompt` is the recipe's own, as settings.
    """

    generations: Mapping[str, Sequence[Generation]]
    grades: Mapping[str, Sequence[Grade]]
    prompt: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FurtherEvaluation:
    """One model asked once more in another way. `grades` are one for each of `generations`.

    `name` tells evaluations of a kind apart: the prompt's or the task's name. For a prompt
    `settings["prompt"]` is the group of the recipe that makes it. `clusters` (problem id → label)
    are problems made alike, such as those of one template. `originals` (id of a perturbed problem →
    id of the original) belong to perturbed problems. `set_aside` counts items left out: without a
    numeric answer in a task, without a sound variant among the perturbed.
    """

    name: str
    kind: FurtherKind
    model: str
    settings: Mapping[str, Any]
    problems: Sequence[Problem]
    generations: Sequence[Generation]
    grades: Sequence[Grade]
    clusters: Mapping[str, str] = field(default_factory=dict)
    originals: Mapping[str, str] = field(default_factory=dict)
    set_aside: int = 0


@dataclass(frozen=True)
class ChoiceEvaluation:
    """One model's choices by log-likelihood on a multiple-choice task, by item id.

    `right` goes by the sum of log-likelihoods, `right_normalised` by that sum a character (or what
    the task takes). `normalised_decides` says which of the two the task is judged by.
    """

    name: str
    model: str
    right: Mapping[str, bool]
    right_normalised: Mapping[str, bool]
    categories: Mapping[str, str] = field(default_factory=dict)
    clusters: Mapping[str, str] = field(default_factory=dict)
    set_aside: int = 0
    normalised_decides: bool = True
