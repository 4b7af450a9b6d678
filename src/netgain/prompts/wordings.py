"""Wordings of the instruction, measured in docs/prompts.md: tried where the recipe's own fails."""

from __future__ import annotations

from netgain.recipe import PromptSettings

WORDINGS: dict[str, str] = {
    "boxed": "Please reason step by step, and put your final answer within \\boxed{}.",
    "hashes after the steps": "Reason step by step first. When you are done, write #### and then "
    "the final number.",
    "the answer is": "Solve the problem step by step. Finish with the sentence "
    '"The answer is N.", where N is the final number.',
}


def other_wordings(prompt: PromptSettings) -> dict[str, PromptSettings]:
    """Prompts that ask the same of a chat model in other words, by name; the recipe's left out."""
    found = {
        name: PromptSettings(system=prompt.system, instruction=text)
        for name, text in WORDINGS.items()
    }
    return {name: other for name, other in found.items() if other != prompt}
