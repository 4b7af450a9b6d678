"""How what was trained is served: whether rounding to an engine's precision keeps it.

A base that is published in bf16 lies on bf16's grid. Where a small adapter is merged into it and
rounded back, a change of less than half a unit in the last place vanishes, and much of the adapter
with it. So the weights that an engine would really use are compared with the unrounded ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netgain.errors import EvaluationError
from netgain.models.adapter_files import is_adapter
from netgain.models.loading import free_memory, load_model, load_tuned

KEPT = 0.9  # of what training changed in the logits; with less, figures would be of another model
PLACES = 32  # of each text, at its end, where logits are compared
Way = tuple[str, str]  # engine and precision
COARSENESS = ("fp32", "bf16", "int8")
UNROUNDED: Way = ("transformers", "fp32")


@dataclass(frozen=True)
class Serving:
    """An engine and a precision, and how much of what was trained is left in them.

    `kept` is the share of the change of logits that remains after rounding: the projection of the
    change that is served on the change that was trained (1 is all of it). `asked` is what the
    recipe came to, `kept_as_asked` what would have been left there.
    """

    engine: str
    precision: str
    kept: float
    asked: Way
    kept_as_asked: float

    @property
    def is_as_asked(self) -> bool:
        return (self.engine, self.precision) == self.asked

    def words(self) -> str:
        """Why it is not as asked."""
        return (
            f"rounded to {self.asked[1]} for {self.asked[0]}, only {100 * self.kept_as_asked:.0f}% "
            f"of the change in the logits would be left, so {self.engine} answers in "
            f"{self.precision}"
        )


def choose_serving(
    base: Path, trained: Path, asked: Way, texts: Sequence[Sequence[int]]
) -> Serving:
    """The first way in which training is kept: as asked, else in fp32, else unrounded.

    Args:
        trained: an adapter, or a whole model.
        texts: token ids of some prompts with their solutions, on which logits are compared.
    """
    engine = asked[0]
    if engine == "vllm" and is_adapter(trained):  # it stays beside the base, unrounded
        return Serving(*asked, 1.0, asked, 1.0)
    ways: list[Way] = list(dict.fromkeys([asked, (engine, "fp32"), UNROUNDED]))
    kept = _kept(base, trained, ways, texts)
    chosen = next((way for way in ways if kept[way] >= KEPT), ways[-1])
    return Serving(*chosen, kept[chosen], asked, kept[asked])


def _kept(
    base: Path, trained: Path, ways: Sequence[Way], texts: Sequence[Sequence[int]]
) -> dict[Way, float]:
    """For each way, the share of the change of logits that it keeps."""
    model = load_model(base, "fp32")
    before = _logits_by_way(model, ways, texts)
    del model
    free_memory()
    after = _logits_by_way(load_tuned(base, trained, "fp32", list(texts[0])), ways, texts)
    change = after[UNROUNDED] - before[UNROUNDED]
    whole = float((change * change).sum())
    if not whole:
        raise EvaluationError(
            f"{trained} changes nothing: its logits are the base model's, so they would be one "
            "model compared with itself"
        )
    return {way: float(((after[way] - before[way]) * change).sum()) / whole for way in ways}


def _logits_by_way(model: Any, ways: Sequence[Way], texts: Sequence[Sequence[int]]) -> Any:
    """Logits with the weights that each way would really use. The model is rounded on the way.

    OpenVINO is handed matrices in fp16; in bf16 it rounds them once more, and for int8 they are
    packed. So from the finest to the coarsest each way starts from what the one before it left.
    """
    import torch

    from netgain.models.gguf_export import through_int8

    found = {UNROUNDED: _logits(model, texts)}
    for way in sorted({*ways} - {UNROUNDED}, key=lambda w: (COARSENESS.index(w[1]), w)):
        engine, precision = way
        with torch.no_grad():
            for weight in model.parameters():
                if engine == "openvino" and weight.dim() >= 2:
                    weight.copy_(weight.half())
                if precision == "int8" and weight.dim() == 2:
                    weight.copy_(through_int8(weight))
                elif precision != "fp32":
                    weight.copy_(weight.bfloat16())
        found[way] = _logits(model, texts)
    return found


def _logits(model: Any, texts: Sequence[Sequence[int]]) -> Any:
    """Logits at each text's last places, [places, vocabulary], in fp32."""
    import torch

    with torch.inference_mode():
        rows = [
            model(input_ids=torch.tensor([list(ids)], device=model.device)).logits[0, -PLACES:]
            for ids in texts
        ]
        return torch.cat([row.float().cpu() for row in rows])
