"""A problem and its worked examples -> chat messages, or raw text."""

import hashlib
import json
from collections.abc import Callable, Sequence

from netgain.errors import RecipeError
from netgain.prompts.shots import Shot
from netgain.recipe import PromptSettings
from netgain.recipe.templates import TemplateMistake, read_template
from netgain.records import Problem, Prompt

Make = Callable[[Problem, Sequence[Shot]], Prompt]


def chat_prompt(messages: tuple[tuple[str, str], ...]) -> Prompt:
    """A prompt of these (role, content) messages."""
    return Prompt(messages=messages, digest=_digest(messages))


def text_prompt(text: str) -> Prompt:
    """A prompt of raw text, to which no chat template is applied."""
    return Prompt(messages=(), text=text, digest=_digest(text))


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def chat(
    system: str | None, instruction: str, reply: Callable[[Shot], str] = lambda shot: shot.solution
) -> Make:
    """Each shot is a user turn and an assistant turn; the problem is the last user turn.

    A user turn is the question, an empty line, the instruction.

    Args:
        reply: what the assistant answered to a shot.
    """
    head = (("system", system),) if system is not None else ()

    def user(question: str) -> tuple[str, str]:
        return ("user", f"{question}\n\n{instruction}".strip())

    def make(problem: Problem, shots: Sequence[Shot]) -> Prompt:
        turns = [turn for s in shots for turn in (user(s.question), ("assistant", reply(s)))]
        return chat_prompt((*head, *turns, user(problem.question)))

    return make


def labelled_text(labels: tuple[str, str], instruction: str = "") -> Make:
    """Raw text: the instruction, then each shot, then the problem, an empty line between them.

    Args:
        labels: what stands before a question and before an answer, for example "Q:" and "A:".
    """
    ask, answer = labels
    head = [instruction] if instruction else []

    def make(problem: Problem, shots: Sequence[Shot]) -> Prompt:
        shown = [f"{ask} {s.question}\n{answer} {s.solution}" for s in shots]
        return text_prompt("\n\n".join([*head, *shown, f"{ask} {problem.question}\n{answer}"]))

    return make


def user_template(settings: PromptSettings) -> Make:
    """The user's Jinja template, as one user turn (after the system message) or as raw text."""
    template = read_template(settings.template or "")
    head = (("system", settings.system),) if settings.system is not None else ()

    def make(problem: Problem, shots: Sequence[Shot]) -> Prompt:
        values = {
            "question": problem.question,
            "shots": [
                {"question": s.question, "solution": s.solution, "answer": s.answer} for s in shots
            ],
            "instruction": settings.instruction,
            "system": settings.system or "",
            "choices": problem.choices,
        }
        try:
            text = template.render(values)
        except TemplateMistake as mistake:
            raise RecipeError(
                f"prompt.template cannot be used for problem {problem.id!r:.80}: {mistake}"
            ) from None
        return text_prompt(text) if settings.template_as == "text" else chat_prompt(
            (*head, ("user", text))
        )  # fmt: skip

    return make
