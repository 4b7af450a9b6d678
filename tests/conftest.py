"""What many tests share: a tiny random model with ChatML, small data in the Hub's layout."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from browser_support import browser, open_page  # noqa: F401  # fixtures

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("NETGAIN_SHARED") or ROOT.parent / "shared")
CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' "
    "+ message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
Done = subprocess.CompletedProcess[str]

# Nothing in a test may reach for the network.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
# Tiny models gain nothing from threads, and threads that wait for a busy core cost a lot.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# In the background of a script Ctrl-C is ignored, and so it would be in what the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Qwen2 of some 40,000 weights: ChatML, padding and end tokens of their own."""
    folder = tmp_path_factory.mktemp("models") / "tiny-qwen2"
    make_tiny_model(folder)
    return folder


def make_tiny_model(folder: Path, template: str | None = CHATML, seed: int = 0) -> None:
    import torch
    from transformers import GenerationConfig, Qwen2Config, Qwen2ForCausalLM

    tokenizer = make_tokenizer(template)
    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = Qwen2ForCausalLM(config)
    # As the real one's: sampling on, and more than one end token.
    model.generation_config = GenerationConfig(
        do_sample=True,
        temperature=0.7,
        repetition_penalty=1.1,
        eos_token_id=[tokenizer.eos_token_id, tokenizer.pad_token_id],
        pad_token_id=tokenizer.pad_token_id,
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def make_tokenizer(template: str | None = CHATML):
    """Byte-level BPE learned from built-in problems; pad and end tokens are distinct, as Qwen's."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    from netgain.data.wordproblems import word_problems

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator((p.question + p.solution for p in word_problems(200, 7)), trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    tokenizer.chat_template = template
    return tokenizer


@pytest.fixture(scope="session")
def hub_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small data set of our own problems in the layout that openai/gsm8k has on the Hub."""
    import pyarrow
    import pyarrow.parquet

    from netgain.data.wordproblems import word_problems

    folder = tmp_path_factory.mktemp("data") / "tiny-gsm8k"
    (folder / "main").mkdir(parents=True)
    problems = word_problems(60, 3)
    for split, part in (("train", problems[:40]), ("test", problems[40:52])):
        rows = [{"question": p.question, "answer": p.solution} for p in part]
        table = pyarrow.Table.from_pylist(rows)
        pyarrow.parquet.write_table(table, folder / "main" / f"{split}-00000-of-00001.parquet")
    return folder


REFERENCE = ROOT / "recipes" / "gsm8k.yaml"


def tiny(model: Path, data: Path, *more: str) -> list[str]:
    """Command-line options: model, data and engine changed, no look at the prompt, and what else.

    Answers of a random model hang on the last bit, so the engine is the one that is always here.
    """
    engine = "evaluate.engine=transformers"
    unchecked = "extras.prompt_check=0"
    overrides = (f"model.id={model}", f"data.source={data}", engine, unchecked, *more)
    return [word for override in overrides for word in ("--set", override)]


def netgain(*words: object, cwd: Path | None = None, **environment: str) -> Done:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "netgain.cli.main", *map(str, words)],
        capture_output=True, text=True, timeout=280, check=False, cwd=cwd,
        env={**os.environ, **environment},
    )  # fmt: skip
