"""Problems -> training examples: token ids, and labels on the solution alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netgain.errors import TrainingError
from netgain.generate.render import Renderer
from netgain.prompts import completion_text, prompter
from netgain.recipe import PromptSettings
from netgain.records import Problem

IGNORED = -100  # the label that torch's cross entropy passes over


@dataclass(frozen=True)
class Examples:
    """`rows` hold `input_ids` and `labels`; `too_long` names the problems that did not fit."""

    rows: list[dict[str, list[int]]]
    too_long: list[str]

    @property
    def tokens(self) -> int:
        return sum(len(row["input_ids"]) for row in self.rows)


def build_examples(
    problems: Sequence[Problem],
    renderer: Renderer,
    prompt: PromptSettings,
    max_length: int,
    training: Sequence[Problem] | None = None,
) -> Examples:
    """Tokenise. The prompt is masked; the solution and the end-of-turn token are learned.

    The prompts are those of evaluation. Worked examples in them are masked with them, and a
    problem's never include the problem itself, whose solution would be there to copy.

    An example longer than `max_length` tokens is left out and named, never cut: a cut one would
    lose its answer and its end, or, where the prompt alone is too long, train on nothing.

    Args:
        training: the problems that worked examples are taken from; `problems` where None.

    Raises:
        TrainingError: nothing fits.
        DataError: there are too few training problems for the worked examples.
    """
    ask = prompter(prompt, problems if training is None else training)
    rows, too_long = [], []
    for problem in problems:
        asked = ask(problem)
        prompt_ids = renderer.prompt_ids(asked)
        completion_ids = renderer.completion_ids(completion_text(problem, asked, prompt))
        if len(prompt_ids) + len(completion_ids) > max_length:
            too_long.append(problem.id)
            continue
        rows.append(
            {
                "input_ids": prompt_ids + completion_ids,
                "labels": [IGNORED] * len(prompt_ids) + completion_ids,
            }
        )
    if not rows:
        raise TrainingError(
            f"none of the {len(problems)} problems fits into train.max_length = {max_length} "
            "tokens; raise it"
        )
    return Examples(rows, too_long)
