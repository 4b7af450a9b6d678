"""Problems -> what is learned from: token ids of a prompt and of the completion to learn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from netgain.errors import TrainingError
from netgain.models.render import Renderer
from netgain.prompts import as_answer, completion_text, plain_prompter, prompter
from netgain.recipe import PromptSettings
from netgain.records import Problem
from netgain.records.training import REPLAYED

REFERENCE = "reference"  # the origin of the data's own solutions
VARIANT = "reference with other numbers"


@dataclass(frozen=True)
class Example:
    """One thing to learn. Every method of training makes these; only `weight` tells them apart.

    The objective of an optimizer step is −Σ w·log p over the completions' tokens, divided by the
    number of those tokens, with w the weight of the example that a token is of.
    """

    problem_id: str
    prompt_ids: tuple[int, ...]
    completion_ids: tuple[int, ...]  # the token that ends a turn included
    weight: float = 1.0
    origin: str = REFERENCE

    @property
    def tokens(self) -> int:
        """Tokens of prompt and completion."""
        return len(self.prompt_ids) + len(self.completion_ids)


@dataclass(frozen=True)
class Examples:
    """Examples, and the ids of the problems that were too long to become one."""

    rows: list[Example]
    too_long: list[str]


@dataclass(frozen=True)
class Answers:
    """What is learned instead of the data's solutions; texts and weights are by problem id.

    Attributes:
        else_solutions: whether a problem without any is learned with its solution; else it is
            passed over.
    """

    texts: Mapping[str, Sequence[str]]
    origin: str
    weights: Mapping[str, float] = field(default_factory=dict)
    else_solutions: bool = False


def build_examples(
    problems: Sequence[Problem],
    renderer: Renderer,
    prompt: PromptSettings,
    max_length: int,
    training: Sequence[Problem] | None = None,
    answers: Answers | None = None,
) -> Examples:
    """Tokenise the reference solutions, or given answers. The prompts are those of evaluation.

    Worked examples in a prompt never include the problem itself, whose solution would be there to
    copy. An example longer than `max_length` tokens is left out and named, never cut: a cut one
    would lose its answer and its end, or, where the prompt alone is too long, teach nothing.

    Args:
        training: the problems that worked examples are taken from; `problems` where None.
        answers: what is learned instead of the solution.

    Raises:
        TrainingError: nothing fits.
        DataError: there are too few training problems for the worked examples.
    """
    ask = prompter(prompt, problems if training is None else training)
    rows: list[Example] = []
    too_long: dict[str, None] = {}
    for problem in problems:
        asked = ask(problem)
        prompt_ids = tuple(renderer.prompt_ids(asked))
        texts: Sequence[str] = () if answers is None else answers.texts.get(problem.id, ())
        origin, weight = VARIANT if "original" in problem.metadata else REFERENCE, 1.0
        if answers is not None and texts:
            origin, weight = answers.origin, answers.weights.get(problem.id, 1.0)
        elif answers is None or answers.else_solutions:
            texts = [completion_text(problem, asked, prompt)]
        for text in texts:
            completion_ids = tuple(renderer.completion_ids(as_answer(text, asked)))
            if len(prompt_ids) + len(completion_ids) > max_length:
                too_long[problem.id] = None
                continue
            rows.append(Example(problem.id, prompt_ids, completion_ids, weight, origin))
    if not rows:
        raise TrainingError(
            f"none of the {len(problems)} problems fits into train.max_length = {max_length} "
            "tokens; raise it"
        )
    return Examples(rows, list(too_long))


def build_instructions(
    rows: Sequence[Problem],
    renderer: Renderer,
    prompt: PromptSettings,
    max_length: int,
    own: Mapping[str, str],
) -> Examples:
    """Tokenise what is learned beside the problems: each question alone, and its answer.

    Args:
        rows: as `netgain.data.mixture.mix` makes them.
        own: the model's own answers, by id; a row that is to be learned so and has none is passed
            over.
    """
    ask = plain_prompter(prompt)
    found: list[Example] = []
    too_long = []
    for row in rows:
        origin, text = row.metadata["mixture"], row.solution
        if row.metadata["answers"] == "own":
            if row.id not in own:
                continue
            origin, text = REPLAYED.format(origin), own[row.id]
        asked = ask(row)
        prompt_ids = tuple(renderer.prompt_ids(asked))
        completion_ids = tuple(renderer.completion_ids(as_answer(text, asked)))
        if len(prompt_ids) + len(completion_ids) > max_length:
            too_long.append(row.id)
            continue
        found.append(Example(row.id, prompt_ids, completion_ids, origin=origin))
    return Examples(found, too_long)
