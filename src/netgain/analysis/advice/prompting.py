"""Could the same model answer better if it were asked otherwise?"""

from collections.abc import Iterator

from netgain.analysis.advice.proposing import ALL_AGAIN, Evidence, command, price, whole_seconds
from netgain.recipe import DEFAULT_INSTRUCTION
from netgain.records import Advice
from netgain.wording import integer, number

FORMAT_GAP = 0.02  # robust − strict accuracy of the tuned model
TOKENS_A_STEP = 10  # fewer leave no room for working
ASKS_FOR_A_FORM = ("####", "\\boxed", "answer is")  # in an instruction


def strict_form(e: Evidence) -> Advice | None:
    answers = e.records.answered("tuned")
    instruction = e.records.recipe["prompt"]["instruction"]
    missed, n = int((answers.correct & ~answers.strict).sum()), len(answers)
    if (
        not n
        or missed / n <= FORMAT_GAP
        or any(form in instruction.lower() for form in ASKS_FOR_A_FORM)
    ):
        return None
    return Advice(
        kind="strict_form",
        do="Ask for the form that strict graders read",
        evidence=(
            f"{integer(missed)} of {integer(n)} answers of the tuned model are right, "
            "but not in the form that a strict grader reads, and the instruction asks for none."
        ),
        effect=(
            "Strict accuracy rises as far as the model follows the instruction. What another "
            "instruction does to accuracy is not measured here; it can be a loss."
        ),
        cost=price(e, whole_seconds(e), f"{ALL_AGAIN}; the prompt is trained on too"),
        command=command(e, *_default_instruction(e)),
    )


def step_by_step(e: Evidence) -> Advice | None:
    summary = e.records.summaries["tuned"]
    steps = [p.steps for p in e.records.problems if p.steps]
    instruction = e.records.recipe["prompt"]["instruction"]
    if not summary.n or not steps or "step" in instruction.lower():
        return None
    length, mean_steps = summary.completion_tokens / summary.n, sum(steps) / len(steps)
    if length >= TOKENS_A_STEP * mean_steps:
        return None
    return Advice(
        kind="step_by_step",
        do="Ask for the working, step by step",
        evidence=(
            f"Answers of the tuned model are {number(length, 2)} tokens long on average, for "
            f"problems of {number(mean_steps, 2)} steps: there is no room for working in them."
        ),
        effect=(
            "Chain-of-thought prompts raised GSM8K accuracy of very large models only; models "
            "below about 10 billion parameters gained little or lost (Wei et al. 2022, "
            "arXiv:2201.11903). Here it is not measured."
        ),
        cost=price(e, whole_seconds(e), f"{ALL_AGAIN}, and more for longer answers"),
        command=command(e, *_default_instruction(e)),
    )


def _default_instruction(e: Evidence) -> Iterator[str]:
    """The instruction that is the default, and the ending that it asks for."""
    yield f"prompt.instruction={DEFAULT_INSTRUCTION}"
    prompt = e.records.recipe["prompt"]
    if prompt.get("ending") is not None and prompt["style"] != "template":
        yield "prompt.ending=null"
