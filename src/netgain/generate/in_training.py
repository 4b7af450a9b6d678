"""Answers of a model that another program trains, in this process and in between its steps.

The model is lent: it answers in evaluation mode and without gradients, and is given back as it
was, with every random generator in the state in which it was found. So the training goes on as if
nobody had asked.
"""

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy
import torch

from netgain.errors import EvaluationError
from netgain.generate.answering import Asking, Question, answer_unit
from netgain.generate.sampler import Sampler
from netgain.generate.transformers_engine import TransformersSampler
from netgain.models.loading import free_memory
from netgain.models.render import Renderer
from netgain.records import Generation

SPREAD = (
    "the weights are spread over processes (FSDP, DeepSpeed ZeRO-3, tensor parallelism), so they "
    "cannot answer while they are trained; answer with a checkpoint: netgain evaluate CHECKPOINT …"
)


class _TimeIsUp(BaseException):
    """Ends a batch in the middle. No `Exception`: engines try another way after one of these."""


@contextmanager
def lent(model: Any, renderer: Renderer) -> Iterator[Sampler]:
    """A sampler over a model in memory, which is given back as it was found.

    Args:
        model: of transformers, or one that PEFT has put adapters into.

    Raises:
        EvaluationError: as `answering_part`.
    """
    answers = answering_part(model)
    training = [(module, module.training) for module in model.modules()]
    attention = answers.config._attn_implementation
    numpy_state, python_state = numpy.random.get_state(), random.getstate()
    try:
        with torch.random.fork_rng(range(torch.cuda.device_count())):
            model.eval()
            yield TransformersSampler(answers, renderer, without_gradient=torch.no_grad)
    finally:
        if answers.config._attn_implementation != attention:
            answers.set_attn_implementation(attention)
        for module, was in training:
            module.training = was
        numpy.random.set_state(numpy_state)
        random.setstate(python_state)
        free_memory()


def answering_part(model: Any) -> Any:
    """What generates: the model itself, or the one inside PEFT's, whose layers hold the adapter.

    Raises:
        EvaluationError: it cannot answer in this process, or not as it is trained.
    """
    if not hasattr(model, "generate") or model.config.is_encoder_decoder:
        raise EvaluationError(
            f"{type(model).__name__} is no model that goes on with a text (AutoModelForCausalLM), "
            "so it cannot answer a problem"
        )
    if any(type(p).__name__ == "DTensor" for p in model.parameters()):
        raise EvaluationError(SPREAD)
    if not hasattr(model, "get_base_model"):
        return model
    if model.active_peft_config.is_prompt_learning:
        raise EvaluationError(
            f"an adapter of the kind {model.active_peft_config.peft_type.value} cannot answer "
            "while it is trained; answer with a checkpoint: netgain evaluate … --adapter FOLDER"
        )
    return model.get_base_model()


def answer_within(
    sampler: Sampler, questions: Sequence[Question], asking: Asking, batch: int, seconds: float
) -> list[Generation]:
    """The answers to as many of the questions, in order, as whole batches fit into the time.

    Args:
        batch: questions answered together.
        seconds: after which a batch that is not finished is dropped.
    """
    end = time.monotonic() + seconds

    def tell(*_: int) -> None:
        if time.monotonic() > end:
            raise _TimeIsUp

    found: list[Generation] = []
    try:
        for at in range(0, len(questions), batch):
            found += answer_unit(sampler, questions[at : at + batch], asking, tell)
    except _TimeIsUp:
        pass
    return found
