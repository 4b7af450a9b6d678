"""How a problem is asked in the recipe's style, what ends the answer, and what is learned."""

from collections.abc import Callable, Sequence

from netgain.prompts.endings import with_ending
from netgain.prompts.lm_eval_prompts import (
    COT_LABELS,
    COT_STOP,
    LABELS,
    STOP,
    cot_shots,
    lm_eval_shots,
)
from netgain.prompts.shots import answer_text, shown_shots
from netgain.prompts.styles import Make, chat, labelled_text, user_template
from netgain.recipe import PromptSettings
from netgain.records import Problem, Prompt

# The instructions of styles that do not take the recipe's. The first is the trigger sentence of
# Kojima et al. 2022 (arXiv:2205.11916).
STEP_BY_STEP = "Let's think step by step."
NUMBER_ALONE = "Answer with the final number alone, without any working."


def prompter(
    settings: PromptSettings,
    training: Sequence[Problem] = (),
    asked: Sequence[Problem] = (),
    validation: Sequence[Problem] = (),
) -> Callable[[Problem], Prompt]:
    """What makes a problem's prompt, in the recipe's style.

    Args:
        training: the problems that shots may be taken from. A problem's shots never include the
            problem itself, so training problems can be asked, too.
        asked: every problem that an evaluation asks, in order.
        validation: what was split off `training`. Only `lm_eval_gsm8k` draws from it, too, as
            lm-eval draws from the whole training split.

    Raises:
        DataError: there are too few training problems for the shots, or none with a given id.
        MissingDependency: the style needs lm-eval's task file, and it is not installed.
        RecipeError: (by the prompter) the user's template cannot be rendered for a problem.
    """
    style = settings.style
    make = _make(settings)
    # Variants with other numbers are not shown: with them and without, prompts are the same.
    training = [p for p in training if "original" not in p.metadata]
    if style == "lm_eval_gsm8k_cot":
        fixed = cot_shots()[: settings.shot_count] if settings.shot_count else ()
        return lambda problem: make(problem, fixed)
    if style == "lm_eval_gsm8k":
        shots_of = lm_eval_shots(settings, [*training, *validation], asked)
    else:
        shots_of = shown_shots(settings, training, asked)
    return lambda problem: make(problem, shots_of(problem))


def plain_prompter(settings: PromptSettings) -> Callable[[Problem], Prompt]:
    """What makes the prompt of a question that is no problem of the recipe's kind: the question
    alone, as chat or as raw text as the recipe's style is.
    """
    raw = settings.style in ("few_shot_text", "lm_eval_gsm8k", "lm_eval_gsm8k_cot") or (
        settings.style == "template" and settings.template_as == "text"
    )
    make = labelled_text(LABELS) if raw else chat(settings.system, "")
    return lambda problem: make(problem, ())


def _make(settings: PromptSettings) -> Make:
    """Problem and shots -> Prompt."""
    style, system, instruction = settings.style, settings.system, settings.instruction
    if style == "template":
        return user_template(settings)
    if style == "few_shot_text":
        return labelled_text(LABELS, instruction)
    if style == "lm_eval_gsm8k":
        return labelled_text(LABELS)
    if style == "lm_eval_gsm8k_cot":
        return labelled_text(COT_LABELS)
    if style == "chain_of_thought":
        return chat(system, STEP_BY_STEP)
    if style == "answer_only":
        return chat(system, NUMBER_ALONE, reply=lambda shot: shot.answer)
    return chat(system, instruction)


def stop_texts(settings: PromptSettings) -> tuple[str, ...]:
    """The texts that end an answer: the style's own, then the recipe's."""
    own: dict[str, tuple[str, ...]] = {
        "few_shot_text": LABELS[:1],
        "lm_eval_gsm8k": STOP,
        "lm_eval_gsm8k_cot": COT_STOP,
    }
    return tuple(dict.fromkeys((*own.get(settings.style, ()), *settings.stop)))


def completion_text(problem: Problem, prompt: Prompt, settings: PromptSettings) -> str:
    """What training teaches to answer: the solution, ended as the prompt asks, `as_answer`.

    With `answer_only` it is the answer alone.
    """
    text = answer_text(problem)
    if settings.style != "answer_only":
        text = with_ending(problem.solution, text, settings.answer_ending)
    return as_answer(text, prompt)


def as_answer(text: str, prompt: Prompt) -> str:
    """A text as it is learned after a prompt: after raw text it begins with a space, as the shots'
    solutions do, unless white space is there.
    """
    spaced = bool(prompt.messages) or prompt.text[-1:].isspace() or text[:1].isspace()
    return text if spaced else f" {text}"
