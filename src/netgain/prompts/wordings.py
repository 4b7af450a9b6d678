"""Prompts that were measured (docs/prompts.md), tried where the recipe's own does not suit."""

from netgain.recipe import DEFAULT_INSTRUCTION, PromptSettings

INSTRUCTIONS = {
    "boxed": DEFAULT_INSTRUCTION,
    "the answer is": "Solve the problem step by step. Finish with the sentence "
    '"The answer is N.", where N is the final number.',
    "hashes after the steps": "Reason step by step first. When you are done, write #### and then "
    "the final number.",
}


def other_wordings(prompt: PromptSettings) -> dict[str, PromptSettings]:
    """Prompts that ask the same of a chat model in other words, by name; the recipe's left out."""
    system = prompt.system
    found = {
        name: PromptSettings(system=system, instruction=text) for name, text in INSTRUCTIONS.items()
    }
    found["let's think"] = PromptSettings(system=system, style="chain_of_thought")
    return {name: other for name, other in found.items() if other != prompt}
