"""What the base model made of a prompt before training: counts over the same training problems."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PromptTried:
    """One prompt, asked `n` problems. `forms` counts answers by how they look (diagnosis.form).

    `recipe` are the recipe's lines that make it the run's own prompt; () for that prompt itself.
    """

    name: str
    n: int
    solved: int
    forms: Mapping[str, int]
    recipe: tuple[str, ...] = ()


@dataclass(frozen=True)
class PromptCheck:
    """The recipe's own prompt, and where it was suspect, others on the same problems."""

    own: PromptTried
    others: tuple[PromptTried, ...] = ()

    @property
    def best(self) -> PromptTried | None:
        """The other prompt that solved the most, if it solved more than the recipe's."""
        found = max(self.others, key=lambda tried: tried.solved, default=None)
        return found if found is not None and found.solved > self.own.solved else None
