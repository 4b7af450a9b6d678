"""A loaded model -> GGUF, the file that the fast CPU engine reads.

Covers decoders of the Llama, Qwen2 and Qwen3 types, whose tensors the format has names for. Our
engine gets token ids, so a file for it has no tokenizer; one for other programs has.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netgain.errors import MissingDependency, ModelError
from netgain.models.gguf_tokenizer import add_tokenizer
from netgain.models.render import Renderer

ARCHITECTURES = ("llama", "qwen2", "qwen3")
INT8_GROUP = 32  # weights that share a scale in Q8_0


ENGINE = "use evaluate.engine: transformers"


def write_gguf(
    model: Any,
    path: Path,
    int8: bool = False,
    renderer: Renderer | None = None,
    instead: str = ENGINE,
    called: str = "",
) -> None:
    """Write a transformers causal LM to `path`: its shape, matrices as fp16, the rest as fp32.

    fp16 has three bits more than bf16, so a bf16 model loses nothing but its smallest weights; a
    weight beyond 65,504 is refused. With `int8` matrices are Q8_0: groups of 32 weights of a row
    as whole numbers from -127 to 127 with one fp16 scale.

    Args:
        renderer: the tokenizer to put in, for programs that give text; None leaves it out.
        instead: what else to do, for the message where the model cannot be written.
        called: the model's name, for who reads the file.

    Raises:
        ModelError: the model is of a type the format, or this export, has no names for.
        MissingDependency: the gguf package is not installed.
    """
    try:
        import gguf
    except ImportError:
        raise MissingDependency("writing GGUF needs: pip install gguf") from None
    config = model.config
    why = unsupported(config.to_dict())
    if why is not None:
        raise ModelError(f"{why}; {instead}")
    writer = gguf.GGUFWriter(path, config.model_type)
    _describe(writer, config, int8)
    if called:
        writer.add_name(called)
    if renderer is not None:
        add_tokenizer(writer, renderer, config.vocab_size)
    architecture = gguf.MODEL_ARCH[config.model_type.upper()]
    names = gguf.get_tensor_name_map(architecture, config.num_hidden_layers)
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        target = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if target is None:
            raise ModelError(f"the model's tensor {name!r} has no name in GGUF")
        values = _values(name, tensor, config, instead)
        if int8 and values.ndim == 2:
            if values.shape[1] % INT8_GROUP:
                raise ModelError(
                    f"the model's tensor {name!r} has rows of {values.shape[1]} weights, and int8 "
                    f"packs {INT8_GROUP} together; leave int8 out"
                )
            packed = gguf.quants.quantize(values, gguf.GGMLQuantizationType.Q8_0)
            writer.add_tensor(target, packed, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        else:
            writer.add_tensor(target, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def through_int8(weight: Any) -> Any:
    """A matrix (a tensor) as it is after being packed as Q8_0 and unpacked again."""
    import gguf
    import torch

    kind = gguf.GGMLQuantizationType.Q8_0
    packed = gguf.quants.quantize(weight.detach().float().cpu().numpy(), kind)
    return torch.from_numpy(gguf.quants.dequantize(packed, kind))


def unsupported(config: Mapping[str, Any]) -> str | None:
    """Why a model with this configuration (`config.json`) cannot be exported; None where it can.

    What the format or its reader has no place for would be lost quietly: it is named here.
    """
    kind = config.get("model_type")
    if kind not in ARCHITECTURES:
        return (
            f"models of type {kind!r} cannot be exported to GGUF here "
            f"(only {', '.join(ARCHITECTURES)})"
        )
    if config.get("quantization_config"):
        return "the model's weights are quantised already, and the export takes plain ones"
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    rotation = rope.get("rope_type") or rope.get("type") or "default"
    if rotation != "default":
        return (
            f"the model's rotary positions are of type {rotation!r}, which the export does not "
            "carry"
        )
    layers = set(config.get("layer_types") or ()) - {"full_attention"}
    if layers or config.get("use_sliding_window"):
        return "some layers of the model see a sliding window only, which the export does not carry"
    if config.get("hidden_act", "silu") != "silu":
        return f"the model's activation is {config['hidden_act']!r}, and the export takes 'silu'"
    return None


def _describe(writer: Any, config: Any, int8: bool) -> None:
    import gguf

    heads = config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // heads
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(width)
    writer.add_value_length(width)
    writer.add_rope_dimension_count(width)
    writer.add_rope_freq_base(float(config.rope_parameters["rope_theta"]))
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    kinds = gguf.LlamaFileType
    writer.add_file_type(kinds.MOSTLY_Q8_0 if int8 else kinds.MOSTLY_F16)


def _values(name: str, tensor: Any, config: Any, instead: str) -> Any:
    """The tensor as numpy; Llama's queries and keys in the order of rows that GGUF keeps."""
    import numpy as np

    values = tensor.detach().float().cpu().numpy()
    if config.model_type == "llama":
        if ".q_proj." in name:
            values = _interleaved(values, config.num_attention_heads)
        elif ".k_proj." in name:
            values = _interleaved(values, config.num_key_value_heads)
    if values.ndim < 2:
        return values
    if np.abs(values).max() > np.finfo(np.float16).max:
        raise ModelError(
            f"the model's tensor {name!r} has weights beyond the range of fp16; {instead}"
        )
    return values.astype(np.float16)


def _interleaved(values: Any, heads: int) -> Any:
    """Rows of each head's two halves, taken alternately: GGUF rotates neighbours."""
    rows = values.shape[0]
    return (
        values.reshape(heads, 2, rows // heads // 2, *values.shape[1:])
        .swapaxes(1, 2)
        .reshape(values.shape)
    )
