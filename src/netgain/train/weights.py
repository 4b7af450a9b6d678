"""The ways to hold weights in training: one table, `WAYS`.

| way | loaded | trained | saved | served |
|---|---|---|---|---|
| lora | bf16 where the hardware has it, else fp32 | adapters in fp32 | a PEFT adapter | merged |
| qlora | 4-bit NF4, on an NVIDIA GPU only | adapters in fp32 | a PEFT adapter | merged |
| full | fp32; computed in bf16 beside it where the hardware has it | all weights, in fp32 | a model folder, safetensors, fp32 | as a model |

What each needs of memory is reckoned in `netgain.cost`. Trained biases (`train.lora.bias`) are
weights of the base itself, so the base is then held in fp32.
"""  # noqa: E501

import importlib.util
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from netgain.errors import TrainingError
from netgain.models.loading import load_model
from netgain.recipe import TrainSettings
from netgain.train.lora import Masks, speed_up_lora
from netgain.train.targets import refuse_unknown_targets

BESIDE_WEIGHTS = {".json", ".txt", ".model", ".jinja"}  # configuration and tokenizer


@dataclass(frozen=True)
class Origin:
    """The base that is trained: its folder, and what it is called in what is saved."""

    folder: Path
    description: str
    revision: str | None


@dataclass
class Held:
    """A model that is trained.

    Attributes:
        model: what is called; its trainable weights have gradients.
        masters: by name, the fp32 tensors that the optimizer changes: the model's own weights
            where those are fp32, else twins of them.
        masks: what draws dropout masks before each micro-batch.
        save: writes what was trained into an empty folder.
        restore: reads it back from such a folder.
    """

    model: Any
    masters: dict[str, Tensor]
    masks: Masks
    save: Callable[[Path], None]
    restore: Callable[[Path], None]

    def write_back(self) -> None:
        """Round the masters into the model, where it computes in less than fp32."""
        own = dict(self.model.named_parameters())
        with torch.no_grad():
            for name, master in self.masters.items():
                if own[name] is not master:
                    own[name].copy_(master)


def hold(origin: Origin, settings: TrainSettings, precision: str) -> Held:
    """Load a model to be trained in the way that the recipe says.

    Raises:
        TrainingError: this machine cannot hold it that way, or a setting names no layer.
        ModelError: the model cannot be loaded.
    """
    return WAYS[settings.weights](origin, settings, precision)


# -- adapters ------------------------------------------------------------------------------


def _lora(origin: Origin, settings: TrainSettings, precision: str) -> Held:
    return _adapted(load_model(origin.folder, precision), origin, settings)


def _qlora(origin: Origin, settings: TrainSettings, precision: str) -> Held:
    """QLoRA (Dettmers et al. 2023, arXiv:2305.14314). Not verified on hardware here."""
    if not torch.cuda.is_available():
        raise TrainingError(
            "train.weights: qlora needs an NVIDIA GPU, and there is none here; use lora, or full"
        )
    if importlib.util.find_spec("bitsandbytes") is None:
        raise TrainingError("train.weights: qlora needs bitsandbytes: pip install bitsandbytes")
    from peft import prepare_model_for_kbit_training
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    packed: Any = BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )  # fmt: skip
    model: Any = AutoModelForCausalLM.from_pretrained(
        str(origin.folder), quantization_config=packed, dtype=dtype, use_safetensors=True,
        trust_remote_code=False, device_map={"": torch.cuda.current_device()},
    )  # fmt: skip
    model = prepare_model_for_kbit_training(  # type: ignore[no-untyped-call]
        model, use_gradient_checkpointing=settings.gradient_checkpointing
    )
    return _adapted(model, origin, settings)


def _adapted(model: Any, origin: Origin, settings: TrainSettings) -> Held:
    from peft import LoraConfig, get_peft_model

    targets = settings.lora.target_modules
    refuse_unknown_targets(model, targets)
    config = LoraConfig(
        r=settings.lora.r,
        lora_alpha=settings.lora.alpha,
        lora_dropout=settings.lora.dropout,
        bias=settings.lora.bias,
        use_rslora=settings.lora.use_rslora,
        use_dora=settings.lora.use_dora,
        target_modules=targets if isinstance(targets, str) else list(targets),
        task_type="CAUSAL_LM",
    )
    torch.manual_seed(settings.seed)  # the adapter's start
    adapted: Any = get_peft_model(model, config)
    masters = {name: p for name, p in adapted.named_parameters() if p.requires_grad}

    def save(folder: Path) -> None:
        save_adapter(adapted, folder, origin)

    def restore(folder: Path) -> None:
        from peft import get_peft_model_state_dict, set_peft_model_state_dict

        found = load_file(folder / "adapter_model.safetensors")
        own = get_peft_model_state_dict(adapted, save_embedding_layers=False)
        other = [n for n in {**found, **own} if n not in found or n not in own]
        if other:
            raise TrainingError(
                f"the adapter in {folder} is not of the layers that are trained here: {len(other)} "
                f"tensors are in one of them alone, for example {other[0]}; set "
                "train.lora.target_modules and train.lora.bias as they were in its training"
            )
        set_peft_model_state_dict(adapted, found)

    return Held(adapted, masters, speed_up_lora(adapted), save, restore)


def save_adapter(adapted: Any, folder: Path, origin: Origin) -> None:
    """Write a PEFT adapter: configuration and weights, the same bytes for the same adapter.

    PEFT itself names the base by its folder here, which means nothing elsewhere and tells of this
    disk, and writes the layers' names in an order that changes from one process to the next.
    """
    from peft import get_peft_model_state_dict

    state = get_peft_model_state_dict(adapted, save_embedding_layers=False)
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    save_file(plain, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    config = adapted.peft_config["default"]
    config.save_pretrained(str(folder))
    path = folder / "adapter_config.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    targets = said["target_modules"]
    said["target_modules"] = targets if isinstance(targets, str) else sorted(targets)
    said |= {
        "base_model_name_or_path": origin.description,
        "revision": origin.revision,
        "inference_mode": True,
    }
    path.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")


# -- all weights ---------------------------------------------------------------------------


def _full(origin: Origin, settings: TrainSettings, precision: str) -> Held:
    model = load_model(origin.folder, precision)
    model.requires_grad_(True)
    masters: dict[str, Tensor] = dict(model.named_parameters())
    if precision == "bf16":
        whole = load_model(origin.folder, "fp32")
        masters = {name: p.detach() for name, p in whole.named_parameters()}

    def save(folder: Path) -> None:
        # Beside the weights, what a model keeps and does not train.
        kept = {name: b for name, b in model.named_buffers() if name in model.state_dict()}
        plain = {n: t.detach().cpu().contiguous() for n, t in {**kept, **masters}.items()}
        save_file(plain, folder / "model.safetensors", metadata={"format": "pt"})
        for path in origin.folder.iterdir():
            if path.suffix in BESIDE_WEIGHTS and not path.name.endswith(".index.json"):
                shutil.copyfile(path, folder / path.name)
        config = json.loads((origin.folder / "config.json").read_text(encoding="utf-8"))
        config.pop("torch_dtype", None)
        config["dtype"] = "float32"
        (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")

    def restore(folder: Path) -> None:
        found = load_file(folder / "model.safetensors")
        with torch.no_grad():
            for name, master in masters.items():
                master.copy_(found[name])
        held.write_back()

    held = Held(model, masters, Masks(keep=1.0, layers=0, widest=0), save, restore)
    return held


WAYS: Mapping[str, Callable[[Origin, TrainSettings, str], Held]] = {
    "lora": _lora,
    "qlora": _qlora,
    "full": _full,
}
