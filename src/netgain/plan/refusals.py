"""What a run would refuse at once, looked at before anything is loaded."""

import importlib.util

from netgain import provenance
from netgain.data import SplitProblems
from netgain.errors import TrainingError
from netgain.pipeline.checks_ahead import require_installed, try_prompts
from netgain.prompts import prompter
from netgain.recipe import Recipe

# What the parts that get no adapter are called in the usual architectures.
HEAD_AND_EMBEDDINGS = {"lm_head", "embed_out", "embed_tokens", "wte", "wpe", "word_embeddings"}


def refuse_early(recipe: Recipe, device: str, elsewhere: bool, split: SplitProblems | None) -> None:
    """Raise what a run would raise before its first step, as far as the recipe tells.

    Args:
        elsewhere: it is planned for another machine, so nothing is said of what is installed here.
        split: the problems, where they are here.

    Raises:
        NetgainError: saying what to change.
    """
    train = recipe.train
    if train.weights == "qlora" and device != "cuda":
        raise TrainingError(
            "train.weights: qlora needs an NVIDIA GPU, and there is none here; use lora, or full"
        )
    if train.weights == "qlora" and not elsewhere and not importlib.util.find_spec("bitsandbytes"):
        raise TrainingError("train.weights: qlora needs bitsandbytes: pip install bitsandbytes")
    targets = train.lora.target_modules
    if train.weights != "full":
        for name in [targets] if isinstance(targets, str) else targets:
            if name.rpartition(".")[2] in HEAD_AND_EMBEDDINGS:
                raise TrainingError(
                    f"train.lora.target_modules: {name!r:.100} names the model's head or "
                    "embeddings, which get no adapter here; leave it out"
                )
        if not targets:
            raise TrainingError("train.lora.target_modules names no layers; give all-linear")
    gpus = len(provenance.gpus())
    if train.processes and train.processes > gpus and device == "cuda" and not elsewhere:
        raise TrainingError(
            f"train.processes: {train.processes} is more than the {gpus} GPUs here; lower it, or "
            "leave it out"
        )
    if not elsewhere:
        require_installed(recipe)
    if split is not None:
        shots, test, held = split.train, split.test, split.validation
        try_prompts(recipe, lambda prompt: prompter(prompt, shots, test, held), test[0])
