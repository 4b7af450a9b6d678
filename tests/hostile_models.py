"""Hostile and damaged models, adapters and GGUF files: a tiny sound one, changed in one way each.

`cases()` lists them. Each writes itself into an empty folder and says what has to be in the line
that netgain ends with. Run as a script (FOLDER NAME…), it tries them one after the other in one
process and prints a line of JSON for each: the error's class, its words, seconds on the clock and
of the processor, peak memory.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import struct
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CANARY = "canary"  # is made in the working folder by whatever runs a stranger's code
EVIL = f"open({CANARY!r}, 'w').close()\n"


@dataclass(frozen=True)
class Case:
    """`kind` is "model", "adapter" or "gguf"; `make` changes a sound one in its folder."""

    name: str
    kind: str
    make: Callable[[Path], None]
    words: str

    @property
    def target(self) -> str:
        """What in the case's folder is given to netgain."""
        return {"model": "model", "adapter": "adapter", "gguf": "model.gguf"}[self.kind]


# -- ways to change files ------------------------------------------------------------------


def edit(file: str, **changes: Any) -> Callable[[Path], None]:
    """Set settings of a JSON file; ... takes one out."""

    def make(folder: Path) -> None:
        path = folder / file
        said = json.loads(path.read_text()) if path.exists() else {}
        said |= changes
        path.write_text(json.dumps({k: v for k, v in said.items() if v is not ...}))

    return make


def write(file: str, content: str | bytes) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / file).write_bytes(content.encode() if isinstance(content, str) else content)

    return make


def cut(file: str, share: float) -> Callable[[Path], None]:
    """Keep the first part of a file."""

    def make(folder: Path) -> None:
        content = (folder / file).read_bytes()
        (folder / file).write_bytes(content[: int(len(content) * share)])

    return make


def named(value: Any) -> str:
    """A value as part of a case's name."""
    return re.sub(r"[^\w.-]+", "-", repr(value)).strip("-")[:24] or "none"


def without(*files: str) -> Callable[[Path], None]:
    return lambda folder: [(folder / file).unlink() for file in files] and None


def instead(file: str, put: Callable[[Path], Any]) -> Callable[[Path], None]:
    """Something else than a file in a file's place."""

    def make(folder: Path) -> None:
        (folder / file).unlink(missing_ok=True)
        put(folder / file)

    return make


def both(*makes: Callable[[Path], None]) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        for one in makes:
            one(folder)

    return make


def outside(path: Path) -> None:
    """A link to a sound file elsewhere."""
    other = path.parent.parent / f"elsewhere-{path.name}"
    other.write_text("{}")
    path.symlink_to(other)


def tensors(change: Callable[[dict[str, Any]], Any], file: str = "model.safetensors") -> Any:
    """Change the weights, by name, and write them as a sound file."""

    def make(folder: Path) -> None:
        from safetensors.torch import load_file, save_file

        found = load_file(folder / file)
        change(found)
        save_file(found, folder / file, metadata={"format": "pt"})

    return make


def header(change: Callable[[dict[str, Any]], Any], file: str = "model.safetensors") -> Any:
    """Change what a safetensors file says of itself, and not what is in it."""

    def make(folder: Path) -> None:
        content = (folder / file).read_bytes()
        size = struct.unpack("<Q", content[:8])[0]
        said = json.loads(content[8 : 8 + size])
        change(said)
        text = json.dumps(said).encode()
        (folder / file).write_bytes(struct.pack("<Q", len(text)) + text + content[8 + size :])

    return make


def filled(name: str, value: float) -> Callable[[dict[str, Any]], None]:
    def change(found: dict[str, Any]) -> None:
        found[name].view(-1)[found[name].numel() // 2] = value

    return change


def reshaped(name: str, *shape: int) -> Callable[[dict[str, Any]], None]:
    def change(found: dict[str, Any]) -> None:
        import torch

        found[name] = torch.zeros(*shape)

    return change


def sharded(folder: Path) -> None:
    """The sound model in two files with an index."""
    from safetensors.torch import load_file, save_file

    found = load_file(folder / "model.safetensors")
    names, places = sorted(found), {}
    for number, part in enumerate((names[:10], names[10:]), 1):
        file = f"model-0000{number}-of-00002.safetensors"
        save_file({n: found[n] for n in part}, folder / file, metadata={"format": "pt"})
        places |= dict.fromkeys(part, file)
    index = {"metadata": {"total_size": 1}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "model.safetensors").unlink()


def index(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        sharded(folder)
        path = folder / "model.safetensors.index.json"
        said = json.loads(path.read_text())
        change(said)
        path.write_text(json.dumps(said))

    return make


class Pickled:
    def __reduce__(self) -> Any:
        return exec, (EVIL,)


def pickle(file: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        import torch

        torch.save({"weight": Pickled()}, folder / file)

    return make


FIRST, SECOND = "first-of-two", "second-of-two"
UP = "model.layers.1.mlp.up_proj.weight"
PREFIX = "base_model.model.model.layers.0.self_attn.q_proj"
DEEP = "[" * 100_000
LONG = "x" * 100_000
REDOS = "(([a-z]|[a-z.0-9_])+)+X"


# -- models --------------------------------------------------------------------------------


def models() -> Iterator[tuple[str, Callable[[Path], None], str]]:
    yield from _configurations()
    yield from _code()
    yield from _weights()
    yield from _files()
    yield from _tokenizers()
    yield from _templates()


def _configurations() -> Iterator[tuple[str, Callable[[Path], None], str]]:
    config = "config.json"
    for name, content, words in (
        ("empty", "", "no JSON"), ("no-json", "{not json", "no JSON"),
        ("a-list", "[]", "no JSON obj"),
        ("a-number", "7", "no JSON object"), ("null", "null", "no JSON object"),
        ("deep", '{"a":' + DEEP, "nested too deeply"), ("binary", b"\x00\xff\xfe" * 99, "no JSON"),
        ("huge", " " * 2_000_000 + "{}", "bytes"), ("no-type", "{}", "model_type"),
        ("long-number", '{"model_type":"qwen2","num_hidden_layers":' + "9" * 5000 + "}", "no JSON"),
    ):  # fmt: skip
        yield f"config-{name}", write(config, content), words
    for key, value, words in (
        ("num_hidden_layers", 10**9, "num_hidden_layers"),
        ("num_hidden_layers", 9_999, "absurd|lacks"),
        ("num_hidden_layers", 3, "lacks the tensor model.layers.2"),
        ("num_hidden_layers", 1, "no place"), ("num_hidden_layers", -5, "num_hidden_layers"),
        ("num_hidden_layers", "two", "cannot be loaded"),
        ("num_hidden_layers", 0, "no place|cannot"),
        ("num_hidden_layers", None, "cannot be loaded"),
        ("num_hidden_layers", 1e9, "cannot be loaded"),
        ("vocab_size", 10**12, "vocab_size"), ("vocab_size", 16_000_000, "another shape"),
        ("vocab_size", 0, "shape|cannot"), ("vocab_size", "many", "cannot be loaded"),
        ("hidden_size", 0, "cannot be loaded|shape"), ("hidden_size", -32, "hidden_size"),
        ("hidden_size", 10**15, "hidden_size"), ("hidden_size", 16_000_000, "shape|cannot"),
        ("hidden_size", [32, 32], "cannot be loaded"), ("intermediate_size", 65, "another shape"),
        ("intermediate_size", 10**10, "intermediate_size"),
        ("num_attention_heads", 0, "cannot be loaded"), ("num_attention_heads", 3, "shape|cannot"),
        ("num_attention_heads", 10**9, "num_attention_heads"),
        ("num_key_value_heads", 0, "shape|cannot"), ("num_key_value_heads", 1, "another shape"),
        ("num_labels", 10**9, "num_labels"), ("model_type", 7, "model_type"),
        ("model_type", "no-such-model", "cannot be loaded"), ("model_type", "bert", "lacks|cannot"),
        ("model_type", "gpt2", "lacks|cannot|shape|place"), ("model_type", "t5", "cannot|lacks"),
        ("hidden_act", "evil", "cannot be loaded"), ("hidden_act", {"a": 1}, "cannot be loaded"),
        ("rms_norm_eps", "tiny", "cannot be loaded"), ("rms_norm_eps", -1e9, "no finite numbers"),
        ("rope_parameters", {"rope_type": "evil"}, "cannot be loaded"),
        ("rope_parameters", "none", "cannot be loaded"),
        ("layer_types", ["evil", "evil"], "cannot be loaded"),
        ("layer_types", 5, "cannot be loaded"),
        ("max_position_embeddings", "all", "cannot be loaded"),
        ("tie_word_embeddings", False, "lacks the tensor lm_head.weight"),
        ("dtype", "evil", "cannot be loaded"), ("head_dim", 10**9, "head_dim"),
        ("quantization_config", {"quant_method": "gptq", "bits": 4}, "quantization_config"),
        ("quantization_config", {"quant_method": "mxfp4"}, "quantization_config"),
    ):  # fmt: skip
        # The tiny model lists the kind of each layer, which would be refused before their number.
        changes = {"layer_types": ..., key: value}
        yield f"config-{key}-{named(value)}", edit(config, **changes), words


def _code() -> Iterator[tuple[str, Callable[[Path], None], str]]:
    evil = write("evil.py", EVIL + "class Evil: pass\n")
    auto = {"AutoConfig": "evil.Evil", "AutoModelForCausalLM": "evil.Evil"}
    for name, changes, words in (
        ("auto-map", {"auto_map": auto}, "auto_map"),
        ("auto-map-other", {"auto_map": auto, "model_type": "evil"}, "auto_map"),
        ("auto-map-far", {"auto_map": {"AutoConfig": "owner/repo--evil.Evil"}}, "auto_map"),
        ("trust", {"trust_remote_code": True}, "trust_remote_code"),
        ("pipelines", {"custom_pipelines": {"x": {"impl": "evil.Evil"}}}, "custom_pipelines"),
        ("attention", {"attn_implementation": "owner/repo"}, "owner/repo"),
        ("attention-own", {"_attn_implementation": "owner/repo:evil"}, "owner/repo"),
        ("attention-flash", {"_attn_implementation": "flash_attention_2"}, "flash_attention_2"),
        ("attention-inner", {"_attn_implementation_internal": "a/b", "text_config": {
            "attn_implementation": "owner/repo"}}, "owner/repo|a/b|text_config"),
        ("attention-list", {"attn_implementation": ["owner/repo"]}, "attn_implementation"),
        ("experts", {"experts_implementation": "owner/repo"}, "owner/repo"),
        ("kernels", {"use_kernels": True}, "use_kernels"),
        ("weights-name", {"transformers_weights": "../other.safetensors"}, "transformers_weights"),
    ):  # fmt: skip
        yield f"code-{name}", both(evil, edit("config.json", **changes)), words
    yield "code-tokenizer", both(evil, edit("tokenizer_config.json", auto_map={
        "AutoTokenizer": ["evil.Evil", "evil.Evil"]})), "auto_map"  # fmt: skip
    yield (
        "code-pickle-alone",
        both(without("model.safetensors"), pickle("pytorch_model.bin")),
        "pickle",
    )
    yield (
        "code-adapter-in-model",
        write(
            "adapter_config.json", '{"peft_type": "LORA", "base_model_name_or_path": "owner/repo"}'
        ),
        "is an adapter",
    )


def _weights() -> Iterator[tuple[str, Callable[[Path], None], str]]:
    weights = "model.safetensors"
    nan, inf = float("nan"), float("inf")
    norm = "model.layers.0.input_layernorm.weight"
    for name, change, words in (
        ("missing", lambda t: t.pop(UP), f"lacks the tensor {UP}"),
        ("missing-embeddings", lambda t: t.pop("model.embed_tokens.weight"), "embed_|lm_head"),
        ("left-over", reshaped("model.layers.7.mlp.up_proj.weight", 2, 2), "layers.7"),
        ("left-over-evil", reshaped("evil\x1b[31m", 2), "evil"),
        ("wrong-shape", reshaped(UP, 3, 3), "another shape"),
        ("turned", lambda t: t.update({UP: t[UP].T.contiguous()}), "another shape"),
        ("nan", filled(UP, nan), UP), ("infinite", filled(norm, inf), norm),
        ("minus-infinite", filled(UP, -inf), UP),
        ("nan-embeddings", filled("model.embed_tokens.weight", nan), "embed_tokens"),
        ("nan-bf16", lambda t: (filled(UP, nan)(t), t.update({UP: t[UP].bfloat16()})), UP),
        ("infinite-f16", lambda t: (filled(UP, inf)(t), t.update({UP: t[UP].half()})), UP),
        ("nan-f64", lambda t: (filled(UP, nan)(t), t.update({UP: t[UP].double()})), UP),
        ("beyond-fp32", lambda t: t.update({UP: t[UP].double() * 1e300 * 1e8}), "finite"),
        ("nothing", lambda t: t.clear(), "lacks"),
        ("bias", lambda t: t.pop("model.layers.0.self_attn.q_proj.bias"), "q_proj.bias"),
    ):  # fmt: skip
        yield f"weights-{name}", tensors(change), words
    entry = "model.norm.weight"
    for name, change, words in (
        ("offset", lambda h: h[entry].update(data_offsets=[0, 128]), "damaged"),
        ("beyond", lambda h: h[entry].update(data_offsets=[10**12, 10**12 + 128]), "damaged"),
        ("backwards", lambda h: h[entry].update(data_offsets=[128, 0]), "damaged"),
        ("negative", lambda h: h[entry].update(shape=[-32]), "damaged"),
        ("absurd", lambda h: h[entry].update(shape=[10**18]), "damaged"),
        ("overlap", lambda h: h.update(evil=dict(h[entry])), "damaged"),
        ("dtype", lambda h: h[entry].update(dtype="EVIL"), "EVIL"),
        ("texts", lambda h: h[entry].update(shape=["a"]), "damaged"),
        ("no-object", lambda h: h.update({entry: 7}), "damaged"),
        ("dimensions", lambda h: h[entry].update(shape=[1] * 9 + [32]), "damaged"),
        ("deep", lambda h: h.update(evil=json.loads("[" * 400 + "]" * 400)), "damaged"),
    ):  # fmt: skip
        yield f"header-{name}", header(change), words
    for name, content, words in (
        ("empty", b"", "cut off"), ("short", b"\x08\x00", "cut off"),
        ("long", struct.pack("<Q", 2**62) + b"{}", "cut off"),
        ("huge", struct.pack("<Q", 17_000_000) + b" " * 17_000_010, "makes no sense"),
        ("no-json", struct.pack("<Q", 4) + b"evil", "no JSON"),
        ("list", struct.pack("<Q", 2) + b"[]", "no JSON object"),
        ("nested", struct.pack("<Q", len(DEEP)) + DEEP.encode(), "nested too deeply"),
        ("pickle", b"\x80\x04cposix\nsystem\n", "cut off"),
    ):  # fmt: skip
        yield f"safetensors-{name}", write(weights, content), words
    yield "safetensors-cut", cut(weights, 0.7), "damaged"
    yield (
        "safetensors-more",
        lambda f: write(weights, (f / weights).read_bytes() + b"more")(f),
        "damaged",
    )
    part = "model-00002-of-00002.safetensors"
    yield "index-missing-file", both(sharded, without(part)), "is missing"
    yield "index-no-index", both(sharded, without("model.safetensors.index.json")), "no model.safet"
    yield "index-cut-file", both(sharded, cut(part, 0.5)), "damaged|cut off"
    for name, change, words in (
        ("no-map", lambda i: i.pop("weight_map"), "weight_map"),
        ("map-list", lambda i: i.update(weight_map=[1]), "weight_map"),
        ("outside", lambda i: i["weight_map"].update({UP: "../../evil.safetensors"}), "no file"),
        ("absolute", lambda i: i["weight_map"].update({UP: "/etc/passwd"}), "no file beside"),
        ("number", lambda i: i["weight_map"].update({UP: 7}), "no file beside"),
        ("elsewhere", lambda i: i["weight_map"].update({UP: "model-00001-of-00002.safetensors"}),
         "does not say|lacks"),
        ("missing", lambda i: i["weight_map"].pop(UP), "does not say"),
        ("too-many", lambda i: i["weight_map"].update(evil=part), "lacks the tensor evil"),
    ):  # fmt: skip
        yield f"index-{name}", index(change), words


def _files() -> Iterator[tuple[str, Callable[[Path], None], str]]:
    for file in ("config.json", "model.safetensors", "tokenizer.json", "generation_config.json"):
        yield f"pipe-{file}", instead(file, os.mkfifo), "no ordinary file"
        yield f"folder-{file}", instead(file, Path.mkdir), "is a folder"
        yield (
            f"device-{file}",
            instead(file, lambda p: p.symlink_to("/dev/zero")),
            "no ordinary file",
        )
        yield f"link-{file}", instead(file, outside), "outside the folder"
        yield f"loop-{file}", instead(file, lambda p: p.symlink_to(p.name)), "cannot be read"
    yield "gone-config", without("config.json"), "no config.json"
    yield "gone-weights", without("model.safetensors"), "no weights"
    yield "gone-tokenizer", without("tokenizer.json", "tokenizer_config.json"), "tokenizer"
    yield "link-template", instead("chat_template.jinja", outside), "outside the folder"
    for name, content, words in (
        ("list", "[]", "no JSON object"), ("no-json", "evil", "no JSON"),
        ("text", '{"eos_token_id": "evil"}', "eos_token_id"),
        ("negative", '{"eos_token_id": -1}', "eos_token_id"),
        ("lists", '{"eos_token_id": [[1]]}', "eos_token_id"),
        ("beyond", '{"eos_token_id": 999999}', "another model's"),
        ("true", '{"eos_token_id": true}', "eos_token_id"),
        ("object", '{"eos_token_id": {"a": 1}}', "eos_token_id"), ("deep", DEEP, "nested|no JSON"),
    ):  # fmt: skip
        yield f"generation-{name}", write("generation_config.json", content), words


def _tokenizers() -> Iterator[tuple[str, Callable[[Path], None], str]]:
    for name, content in (
        ("empty", ""), ("list", "[]"), ("object", "{}"), ("deep", DEEP), ("evil", '{"version": 7}'),
        ("unknown", '{"version":"1.0","added_tokens":[],"model":{"type":"Evil","vocab":{}}}'),
    ):  # fmt: skip
        yield f"tokenizer-{name}", write("tokenizer.json", content), "tokenizer"
    yield "tokenizer-cut", cut("tokenizer.json", 0.5), "tokenizer"
    for name, change, words in (
        ("end-number", {"eos_token": 7}, "tokenizer"),
        ("end-list", {"eos_token": ["a"]}, "tokenizer"),
        ("tokens", {"extra_special_tokens": 7}, "tokenizer"),
        ("decoder", {"added_tokens_decoder": {"evil": 7}}, "tokenizer"),
    ):  # fmt: skip
        yield f"tokenizer-{name}", edit("tokenizer_config.json", **change), words
    yield "tokenizer-config-list", write("tokenizer_config.json", "[]"), "no JSON object"
    yield (
        "tokenizer-no-end",
        both(edit("tokenizer_config.json", eos_token=None), without("chat_template.jinja")),
        "end-of-sequence",
    )
    yield "tokenizer-few", _few_tokens, "cannot write"
    yield "tokenizer-other", _more_tokens, "another model's"


def _few_tokens(folder: Path) -> None:
    """A vocabulary that has lost its single bytes."""
    path = folder / "tokenizer.json"
    said = json.loads(path.read_text())
    said["model"]["vocab"] = {t: i for t, i in said["model"]["vocab"].items() if i < 9}
    said["model"]["merges"] = []
    path.write_text(json.dumps(said))


def _more_tokens(folder: Path) -> None:
    path = folder / "tokenizer.json"
    said = json.loads(path.read_text())
    said["model"]["vocab"]["evil"] = 90_000
    path.write_text(json.dumps(said))


def _templates() -> Iterator[tuple[str, Callable[[Path], None], str]]:
    loop = "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}" + (
        "{% endfor %}" * 3 + "x"
    )
    for name, text, words in (
        ("loop", loop, "more than"), ("memory", "{% set x = 'a' * 10000000000 %}{{ x }}", "memory"),
        ("undefined", "{{ a.b.c }}", "undefined"), ("syntax", "{% if %}", "chat template"),
        ("unclosed", "{% for m in messages %}", "chat template"),
        ("padding", "{{ 'a'.ljust(10000000000) }}", "memory"),
        ("format", "{{ '%9999999999d' % 7 }}", "memory|chat template"),
        ("power", "{{ 9 ** (9 ** 9) }}", "seconds|memory"),
        ("output", "{{ 'a' * 50000000 }}", "characters"),
        ("escape", "{{ ''.__class__.__mro__[1].__subclasses__() }}", "unsafe"),
        ("globals", "{{ cycler.__init__.__globals__.os.system('touch canary') }}", "unsafe|undef"),
        ("import", "{% include '/etc/passwd' %}", "chat template"),
        ("recursion", "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", "recursion"),
        ("refuses", "{{ raise_exception('evil\x1b[31m') }}", "evil"),
        ("deaf", "hello", "leaves out what the user says"),
        ("empty-list", "{{ messages[7].x }}", "no element"),
    ):  # fmt: skip
        yield f"template-{name}", write("chat_template.jinja", text), words


# -- adapters ------------------------------------------------------------------------------


def adapters() -> Iterator[tuple[str, Callable[[Path], None], str]]:
    config, weights = "adapter_config.json", "adapter_model.safetensors"
    first, nan = f"{PREFIX}.lora_A.weight", float("nan")

    def half(found: dict[str, Any]) -> None:
        for name in [n for n in found if "layers.1" in n]:
            del found[name]

    for name, change, words in (
        ("half", half, "lacks the tensor"),
        ("one-less", lambda t: t.pop(first), "lacks the tensor"),
        ("only-b", lambda t: [t.pop(n) for n in list(t) if "lora_A" in n], "lacks the tensor"),
        ("empty", lambda t: t.clear(), "lacks the tensor"),
        ("nan", filled(first, nan), "q_proj.lora_A"),
        ("infinite", filled(first, float("inf")), "q_proj.lora_A"),
        ("more", reshaped(f"{PREFIX.replace('layers.0', 'layers.7')}.lora_A.weight", 4, 32), "no"),
        ("base-weights", reshaped(f"{PREFIX}.base_layer.weight", 32, 32), "no place"),
        ("shape", reshaped(first, 4, 31), "asks for"), ("rank", reshaped(first, 5, 32), "asks for"),
        ("embeddings", reshaped("base_model.model.model.embed_tokens.weight", 3, 3), "no place"),
    ):  # fmt: skip
        yield f"adapter-{name}", tensors(change, weights), words
    for key, value, words in (
        ("r", 8, "asks for"), ("r", 0, "rank"), ("r", 10**9, "rank"), ("r", "four", "rank"),
        ("r", -4, "rank"), ("r", None, "rank"), ("lora_alpha", "big", "lora_alpha"),
        ("lora_alpha", float("nan"), "lora_alpha"), ("lora_alpha", 1e300, "lora_alpha"),
        ("peft_type", "IA3", "IA3"), ("peft_type", ["LORA"], "LORA"),
        ("peft_type", ..., "peft_type"),
        ("peft_type", "PROMPT_TUNING", "PROMPT_TUNING"),
        ("target_modules", REDOS, "target_modules"),
        ("target_modules", ["evil"], "does not fit"), ("target_modules", "(q", "target_modules"),
        ("target_modules", ["q_proj"], "no place"), ("target_modules", 7, "adapter"),
        ("target_modules", [], "does not fit"), ("exclude_modules", REDOS, "exclude_modules"),
        ("rank_pattern", {REDOS: 4}, "rank_pattern"), ("rank_pattern", {"q_proj": 10**9}, "rank"),
        ("rank_pattern", {"q_proj": 2}, "asks for"), ("rank_pattern", [1], "rank_pattern"),
        ("rank_pattern", {"((.|[a-z])+)+X": 4}, "rank_pattern"),
        ("layers_pattern", float("nan"), "layers_pattern"), ("alpha_pattern", 3, "alpha_pattern"),
        ("modules_to_save", {"a": 1}, "modules_to_save"),
        ("alpha_pattern", {REDOS: 4}, "alpha_pattern"), ("alpha_pattern", {"q": "x"}, "lora_alpha"),
        ("use_dora", True, "lacks"), ("bias", "evil", "adapter|fit"), ("lora_bias", True, "lacks"),
        ("init_lora_weights", "pissa", "pissa"), ("init_lora_weights", "loftq", "loftq"),
        ("megatron_config", {"a": 1}, "megatron_config"),
        ("layer_replication", [[0, 2]], "layer_repl"),
        ("modules_to_save", ["lm_head"], "lacks"), ("modules_to_save", [REDOS], "modules_to_save"),
        ("layers_to_transform", [7], "does not fit|no place"), ("task_type", "EVIL", "fit|adapter"),
        ("base_model_name_or_path", "owner/another-model", "was trained on"),
    ):  # fmt: skip
        if key != "task_type":
            yield f"adapter-{key}-{named(value)}", edit(config, **{key: value}), words
    for name, content, words in (
        ("empty", "", "no JSON"), ("list", "[]", "no JSON object"), ("deep", DEEP, "nested"),
        ("huge", " " * 2_000_000, "bytes"),
    ):  # fmt: skip
        yield f"adapter-config-{name}", write(config, content), words
    yield "adapter-pipe", instead(config, os.mkfifo), "no ordinary file"
    yield "adapter-pipe-weights", instead(weights, os.mkfifo), "no ordinary file"
    yield "adapter-link", instead(weights, outside), "outside the folder"
    yield "adapter-pickle", both(without(weights), pickle("adapter_model.bin")), "a pickle"
    yield "adapter-no-weights", without(weights), "has no adapter_model.safetensors"
    yield "adapter-cut", cut(weights, 0.6), "damaged|cut off"
    yield "adapter-no-safetensors", write(weights, b"\x80\x04evil"), "cut off"


# -- GGUF ----------------------------------------------------------------------------------


def ggufs() -> Iterator[tuple[str, Callable[[Path], None], str]]:
    from tiny_gguf import LAYERS, tiny_gguf

    def made(**changes: Any) -> Callable[[Path], None]:
        return lambda folder: tiny_gguf(folder / "model.gguf", **changes) and None

    def patched(at: int, content: bytes) -> Callable[[Path], None]:
        def make(folder: Path) -> None:
            path = folder / "model.gguf"
            found = bytearray(path.read_bytes())
            found[at : at + len(content)] = content
            path.write_bytes(found)

        return make

    file = "model.gguf"
    yield "gguf-empty", write(file, b""), "too short"
    yield "gguf-magic", patched(0, b"EVIL"), "does not begin with GGUF"
    yield "gguf-version", patched(4, struct.pack("<I", 99)), "version"
    yield "gguf-big-endian", patched(4, struct.pack(">I", 3)), "big-endian"
    yield "gguf-tensors", patched(8, struct.pack("<Q", 2**60)), "tensors"
    yield "gguf-more-tensors", patched(8, struct.pack("<Q", 19_999)), "sound GGUF|cut off"
    yield "gguf-fields", patched(16, struct.pack("<Q", 2**60)), "settings"
    yield "gguf-more-fields", patched(16, struct.pack("<Q", 1_999)), "sound GGUF|cut off"
    yield "gguf-key", patched(24, struct.pack("<Q", 2**63)), "a text of"
    yield "gguf-pipe", instead(file, os.mkfifo), "no ordinary file"
    yield "gguf-device", instead(file, lambda p: p.symlink_to("/dev/zero")), "no ordinary file"
    yield "gguf-folder", instead(file, Path.mkdir), "no config.json"
    yield "gguf-zeros", write(file, bytes(5_000)), "does not begin with GGUF"
    for share in (0.001, 0.05, 0.3, 0.6, 0.99):
        yield f"gguf-cut-{share}", cut(file, share), "cut off|sound GGUF|too short"
    for name, settings, words in (
        ("no-layers", {"llama.block_count": None}, "block_count"),
        ("layers", {"llama.block_count": LAYERS + 1}, "lacks the tensor blk.2"),
        ("fewer-layers", {"llama.block_count": 1}, "no place"),
        ("many-layers", {"llama.block_count": 2**31 - 1}, "makes no sense"),
        ("text-layers", {"llama.block_count": "two"}, "block_count"),
        ("heads", {"llama.attention.head_count": 3}, "makes no sense"),
        ("no-heads", {"llama.attention.head_count": 0}, "head_count"),
        ("hidden", {"llama.embedding_length": 2**30}, "dimension_count|as \\(|shape"),
        ("inner", {"llama.feed_forward_length": 97}, "ffn_"),
        ("eps", {"llama.attention.layer_norm_rms_epsilon": float("nan")}, "epsilon"),
        ("rope", {"llama.rope.freq_base": -1.0}, "freq_base"),
        ("scaling", {"llama.rope.scaling.type": "yarn"}, "rope.scaling.type"),
        ("experts", {"llama.expert_count": 8}, "expert_count"),
        ("window", {"llama.attention.sliding_window": 128}, "sliding_window"),
        ("split", {"split.count": 4}, "one of 4 parts"),
        ("adapter", {"general.type": "adapter"}, "adapter"),
        ("alignment", {"general.alignment": 7}, "alignment"),
        ("no-tokens", {"tokenizer.ggml.tokens": None}, "no tokenizer"),
        ("text-tokens", {"tokenizer.ggml.tokens": "abc"}, "no tokenizer"),
        ("few-tokens", {"tokenizer.ggml.tokens": ["a", "b"]}, "eos_token_id|token_embd"),
        ("long-token", {"tokenizer.ggml.tokens": ["a" * 5_000] * 9}, "a token of"),
        ("no-merges", {"tokenizer.ggml.merges": None}, "merges"),
        ("bad-merges", {"tokenizer.ggml.merges": ["evil"] * 9}, "unpacked"),
        ("unknown-merges", {"tokenizer.ggml.merges": ["ev il"]}, "unpacked"),
        ("tokenizer", {"tokenizer.ggml.model": "evil"}, "unknown kind"),
        ("splitting", {"tokenizer.ggml.pre": "evil"}, "splits text"),
        ("no-end", {"tokenizer.ggml.eos_token_id": None}, "eos_token_id"),
        ("end", {"tokenizer.ggml.eos_token_id": 10**6}, "eos_token_id"),
        ("template", {"tokenizer.chat_template": "{{ a.b.c }}"}, "undefined"),
        ("template-loop", {"tokenizer.chat_template": "{% for a in range(99999) %}{% for b in "
         "range(99999) %}{% endfor %}{% endfor %}"}, "more than"),
        ("long-template", {"tokenizer.chat_template": "a" * 2_000_000}, "a text of"),
    ):  # fmt: skip
        yield f"gguf-{name}", made(settings=settings), words
    for name, change, words in (
        ("missing", lambda t: t.pop("blk.1.ffn_up.weight"), "lacks the tensor blk.1.ffn_up.weight"),
        ("left-over", lambda t: t.update({"blk.9.ffn_up.weight": t["blk.1.ffn_up.weight"]}), "9"),
        ("shape", lambda t: t.update({"output_norm.weight": t["output_norm.weight"][:9]}), "\\(9,"),
        ("nan", lambda t: t["output_norm.weight"].fill(float("nan")), "finite numbers, in output"),
        ("inf-f16", lambda t: t["blk.0.attn_q.weight"].fill(1e9), "no finite numbers, in blk.0"),
    ):  # fmt: skip
        yield f"gguf-{name}", made(tensors=change), words
    yield "gguf-rows", made(rows=1_000), "token_embd"
    yield "gguf-bias", made(kind="llama", tensors=lambda t: t.update(
        {"blk.0.attn_q.bias": t["output_norm.weight"]})), "no place"  # fmt: skip
    yield "gguf-architecture", made(kind="mamba"), "mamba"


def cases() -> list[Case]:
    kinds = (("model", models), ("adapter", adapters), ("gguf", ggufs))
    found = [Case(*one[:1], kind, *one[1:]) for kind, listed in kinds for one in listed()]
    names = [case.name for case in found]
    assert len(set(names)) == len(names), sorted(n for n in names if names.count(n) > 1)
    return found


# -- trying them ---------------------------------------------------------------------------


def sound(folder: Path) -> None:
    """A sound model, an adapter of it and a GGUF file, of which each case is a change."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    from conftest import make_tiny_model
    from tiny_gguf import tiny_gguf

    make_tiny_model(folder / "model")
    base = AutoModelForCausalLM.from_pretrained(folder / "model")
    torch.manual_seed(1)
    adapted = get_peft_model(base, LoraConfig(r=4, target_modules=["q_proj", "v_proj"]))
    for name, p in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(p)
    adapted.save_pretrained(folder / "adapter")
    edit("adapter_config.json", base_model_name_or_path="model")(folder / "adapter")
    tiny_gguf(folder / "model.gguf")


def put(case: Case, good: Path, folder: Path) -> None:
    """Make the case in its folder, with the sound base model beside an adapter."""
    folder.mkdir(parents=True)
    for name in {"model", case.target} - {"model.gguf"}:
        shutil.copytree(good / name, folder / name)
    if case.kind == "gguf":
        shutil.copyfile(good / "model.gguf", folder / "model.gguf")
    case.make(folder / case.target if case.kind != "gguf" else folder)


def use(kind: str, folder: Path) -> None:
    """All that netgain does before the first answer."""
    from netgain.models.adapter_files import refuse_other_base
    from netgain.models.loading import (
        check_trained,
        find_model,
        load_model,
        load_renderer,
        load_tuned,
    )
    from netgain.recipe import ModelSettings

    model = folder / ("model.gguf" if kind == "gguf" else "model")
    found = find_model(ModelSettings(id=str(model)))
    load_renderer(found.folder)
    if kind == "adapter":
        refuse_other_base(folder / "adapter", str(model), found.description)
        check_trained(found.folder, folder / "adapter")
        load_tuned(found.folder, folder / "adapter", "fp32", [1, 2, 3])
    else:
        load_model(found.folder, "fp32")


def processor_time() -> float:
    """Seconds of this process and of those it started and saw the end of."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main(root: Path, wanted: list[str]) -> None:
    import torch  # noqa: F401  # not to be counted as the first case's time
    import transformers  # noqa: F401

    good = root / "good"
    sound(good)
    for kind in ("model", "adapter", "gguf"):
        use(kind, good)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for case in cases():
        if case.name not in wanted:
            continue
        folder = root / case.name
        put(case, good, folder)
        began, busy, told = time.monotonic(), processor_time(), ("", "nothing was refused")
        try:
            use(case.kind, folder)
        except Exception as error:
            parents = [cls.__name__ for cls in type(error).__mro__]
            told = ("NetgainError" if "NetgainError" in parents else parents[0], str(error))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        row = {"name": case.name, "class": told[0], "words": told[1], "megabytes": peak // 1024,
               "before": memory // 1024, "seconds": time.monotonic() - began,
               "processor": processor_time() - busy}  # fmt: skip
        print(json.dumps(row), flush=True)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
