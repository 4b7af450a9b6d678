"""The transformers engine: greedy answers are model.generate's own, at less work."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from conftest import make_tiny_model, make_tokenizer
from netgain.errors import EvaluationError
from netgain.generate.sampler import Request, Sampling
from netgain.generate.token_choice import draw
from netgain.generate.transformers_engine import TransformersSampler, fill_holes
from netgain.models.render import Renderer, make_renderer
from netgain.records import Prompt

Ids = tuple[int, ...]
SIZES: dict[str, Any] = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "max_position_embeddings": 1024, "bos_token_id": None, "tie_word_embeddings": False,
}  # fmt: skip
TEXT = "Ann has 12 pens and buys 3 boxes of 8 pens each. She gives 5 to Tom. How many are left? "
NEW = 24


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return make_renderer(make_tokenizer())


def tiny(family: str, renderer: Renderer) -> Any:
    """A random model in fp32 whose attention matters: larger weights than a fresh one has."""
    import transformers as tf

    kinds: dict[str, tuple[Any, Any, dict[str, Any]]] = {
        "qwen2": (tf.Qwen2Config, tf.Qwen2ForCausalLM, {"num_key_value_heads": 2}),
        "llama": (tf.LlamaConfig, tf.LlamaForCausalLM, {"num_key_value_heads": 1}),
        "gpt_neox": (tf.GPTNeoXConfig, tf.GPTNeoXForCausalLM, {}),
        "gemma": (tf.GemmaConfig, tf.GemmaForCausalLM, {"num_key_value_heads": 1, "head_dim": 16}),
        "gemma3": (
            tf.Gemma3TextConfig, tf.Gemma3ForCausalLM,
            {"num_key_value_heads": 1, "head_dim": 16, "sliding_window": 16},
        ),
        "nemotron": (tf.NemotronConfig, tf.NemotronForCausalLM, {"num_key_value_heads": 2}),
        "mamba": (tf.MambaConfig, tf.MambaForCausalLM, {}),
        "bloom": (tf.BloomConfig, tf.BloomForCausalLM, {"n_layer": 2, "n_head": 4}),
    }  # fmt: skip
    configure, build, more = kinds[family]
    torch.manual_seed(1)
    config = configure(
        vocab_size=len(renderer.tokenizer), eos_token_id=renderer.end_id, **(SIZES | more)
    )
    model = build(config).eval()
    with torch.no_grad():
        for weights in model.parameters():
            if weights.dim() > 1:
                weights.normal_(std=0.25)
    return model


@pytest.fixture(scope="module")
def llama(renderer: Renderer) -> Any:
    return tiny("llama", renderer)


def ids_of(renderer: Renderer, *texts: str) -> list[Ids]:
    return [tuple(renderer.prompt_ids(Prompt((), text))) for text in texts]


def asked(prompts: Sequence[Ids], seed: int | None = None) -> list[Request]:
    return [
        Request(Prompt((), "x"), ids, None if seed is None else seed + i)
        for i, ids in enumerate(prompts)
    ]


def answered(sampler: TransformersSampler, prompts: Sequence[Ids], **more: Any) -> list[Ids]:
    sampling = Sampling(**({"max_new_tokens": NEW} | more))
    return [a.ids for a in sampler.generate(asked(prompts), sampling)]


def generated(model: Any, renderer: Renderer, ids: Ids, new: int = NEW) -> Ids:
    """model.generate's greedy answer to one prompt alone, without what ends it."""
    from transformers import GenerationConfig

    config = GenerationConfig(  # type: ignore[no-untyped-call]
        max_new_tokens=new, do_sample=False, eos_token_id=list(renderer.stop_ids),
        pad_token_id=renderer.tokenizer.pad_token_id,
    )  # fmt: skip
    row = model.generate(input_ids=torch.tensor([ids]), generation_config=config)[0, len(ids) :]
    stops = [i for i, token in enumerate(row.tolist()) if token in renderer.stop_ids]
    return tuple(row.tolist()[: stops[0]] if stops else row.tolist())


PROMPTS = {
    "very different lengths": (TEXT * 9 + "9", "1", TEXT, "What is 3 + 4?", TEXT * 3 + "b", "12"),
    "a common prefix": tuple(TEXT * 4 + end for end in ("1", "Why?", TEXT + "2", "3 4 5 6", "77")),
    "identical prompts": (TEXT, TEXT, TEXT),
    "a prompt that begins all others": (TEXT, TEXT + "Then he", TEXT + TEXT),
    "one prompt": (TEXT,),
    "one token": ("1",),
    "one token beside more than is read at once": ("1", "2", *(TEXT * 24 + end for end in "123")),
}


@pytest.mark.parametrize(
    "family", ["qwen2", "llama", "gpt_neox", "gemma", "gemma3", "bloom", "nemotron", "mamba"]
)
def test_greedy_answers_are_those_of_generate(family: str, renderer: Renderer) -> None:
    model = tiny(family, renderer)
    expected = {
        kind: [generated(model, renderer, ids) for ids in ids_of(renderer, *texts)]
        for kind, texts in PROMPTS.items()
    }
    sampler = TransformersSampler(model, renderer)
    assert sampler.shares_prefix is (family in ("qwen2", "llama", "gpt_neox", "gemma"))
    for kind, texts in PROMPTS.items():
        assert answered(sampler, ids_of(renderer, *texts)) == expected[kind], kind


@pytest.mark.parametrize("family", ["llama", "gemma3", "mamba"])
def test_answers_that_end_early_leave_the_others_as_they_are(
    family: str, renderer: Renderer
) -> None:
    model = tiny(family, renderer)
    prompts = ids_of(renderer, *(TEXT[: 3 + 5 * i] for i in range(12)))
    free = answered(TransformersSampler(model, renderer), prompts)
    stops = {free[i][2 * i] for i in range(8)}
    early = Renderer(renderer.tokenizer, renderer.end_id, tuple(stops), renderer.template)
    sampler = TransformersSampler(model, early)
    forwards = Forwards(model)
    got = answered(sampler, prompts)
    ends = [next((i for i, token in enumerate(ids) if token in stops), NEW) for ids in free]
    assert got == [ids[:end] for ids, end in zip(free, ends, strict=True)]
    assert len(set(map(len, got))) > 2
    if not sampler.shares_prefix:
        return
    rows = [rows for rows, width in forwards.shapes if width == 1]
    needed = [sum(len(ids) >= step for ids in got) for step in range(1, len(rows) + 1)]
    assert rows == needed  # each step holds only answers that are not finished


class Forwards:
    """Rows and width of every forward pass from here on."""

    def __init__(self, model: Any) -> None:
        self.shapes: list[tuple[int, int]] = []
        model.register_forward_pre_hook(self._seen, with_kwargs=True)

    def _seen(self, model: Any, args: Any, kwargs: Any) -> None:
        self.shapes.append(tuple(kwargs["input_ids"].shape))

    def tokens(self) -> int:
        return sum(rows * width for rows, width in self.shapes)


def test_what_prompts_begin_with_is_computed_once_over_batches(renderer: Renderer) -> None:
    model = tiny("llama", renderer)
    sampler = TransformersSampler(model, renderer)
    forwards = Forwards(model)
    shots = ids_of(renderer, TEXT * 5)[0]
    ends = [tuple(range(40 + i, 50 + i)) for i in range(8)]
    answered(sampler, [shots + end for end in ends[:4]], max_new_tokens=1)
    assert forwards.tokens() == len(shots) + 4 * 10
    answered(sampler, [shots + end for end in ends[4:]], max_new_tokens=1)
    assert forwards.tokens() == len(shots) + 8 * 10
    answered(sampler, [shots + ends[0], shots[:50] + ends[1]], max_new_tokens=1)
    answered(sampler, [shots + end for end in ends[:4]], max_new_tokens=1)
    assert forwards.shapes[-1] == (4, 10)  # a shorter prefix in between does not lose the long one


def test_long_answers_outgrow_the_first_buffer(llama: Any, renderer: Renderer) -> None:
    prompts = ids_of(renderer, TEXT, TEXT + "so", "Hello")
    lone = Renderer(renderer.tokenizer, renderer.end_id, (), renderer.template)
    got = answered(TransformersSampler(llama, lone), prompts, max_new_tokens=150)
    assert got == [generated(llama, lone, ids, 150) for ids in prompts]
    assert {len(ids) for ids in got} == {150}


def test_many_prompts_are_read_in_parts(llama: Any, renderer: Renderer) -> None:
    prompts = ids_of(renderer, *(f"{i} {TEXT * (1 + i % 7)}" for i in range(40)))
    forwards = Forwards(llama)
    got = answered(TransformersSampler(llama, renderer), prompts, max_new_tokens=4)
    wide = [shape for shape in forwards.shapes if shape[1] > 1]
    assert len(wide) > 2 and max(rows * width for rows, width in wide) <= 2048
    assert got == [generated(llama, renderer, ids, 4) for ids in prompts]


@pytest.mark.parametrize("family", ["llama", "gemma3"])
def test_tokens_and_answers_are_told_as_they_come(family: str, renderer: Renderer) -> None:
    sampler = TransformersSampler(tiny(family, renderer), renderer)
    told: list[tuple[int, int]] = []
    requests = asked(ids_of(renderer, TEXT, "12", TEXT * 3))
    found = sampler.generate(requests, Sampling(NEW), lambda *counts: told.append(counts))
    assert sum(answers for answers, _ in told) == 3
    assert sum(tokens for _, tokens in told) == sum(a.completion_tokens for a in found)
    assert len(told) == max(a.completion_tokens for a in found)  # at every step


# -- another transformers ------------------------------------------------------------------------


def test_where_the_own_loop_cannot_be_imported_answers_are_those_of_generate(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tiny("llama", renderer)
    for name in ("batch_decoding", "kv_cache", "shared_attention"):
        monkeypatch.setitem(sys.modules, f"netgain.generate.{name}", None)
    sampler = TransformersSampler(model, renderer)
    prompts = ids_of(renderer, *PROMPTS["very different lengths"])
    assert not sampler.shares_prefix
    assert answered(sampler, prompts) == [generated(model, renderer, ids) for ids in prompts]


def test_where_the_own_loop_fails_midway_generate_takes_over(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from netgain.generate import kv_cache

    model = tiny("llama", renderer)
    sampler = TransformersSampler(model, renderer)
    prompts = ids_of(renderer, *PROMPTS["a common prefix"])
    monkeypatch.setattr(kv_cache.PrefixedLayer, "update", lambda *_, **__: 1 / 0)
    assert answered(sampler, prompts) == [generated(model, renderer, ids) for ids in prompts]
    assert "going on by generate" in caplog.text and not sampler.shares_prefix


# -- sampling --------------------------------------------------------------------------------


def sampled(
    sampler: TransformersSampler, requests: Sequence[Request], top_p: float = 0.9
) -> list[Ids]:
    found = sampler.generate(requests, Sampling(NEW, temperature=0.8, top_p=top_p))
    return [answer.ids for answer in found]


@pytest.mark.parametrize("top_p", [1.0, 0.9])
def test_a_sampled_answer_depends_on_its_seed_and_not_on_its_batch(
    llama: Any, renderer: Renderer, top_p: float
) -> None:
    sampler = TransformersSampler(llama, renderer)
    requests = asked(ids_of(renderer, TEXT, "12", TEXT * 3, TEXT, "What?"), seed=7)
    together = sampled(sampler, requests, top_p)
    assert [sampled(sampler, [one], top_p)[0] for one in requests] == together
    assert sampled(sampler, requests[::-1], top_p)[::-1] == together
    assert together[0] != together[3]  # the same prompt with two seeds
    other = sampled(sampler, asked([r.ids for r in requests], seed=700), top_p)
    assert all(a != b for a, b in zip(together, other, strict=True))


def test_drawing_without_a_seed_is_refused(llama: Any, renderer: Renderer) -> None:
    requests = asked(ids_of(renderer, TEXT))
    with pytest.raises(EvaluationError, match="seed"):
        sampled(TransformersSampler(llama, renderer), requests)


@pytest.mark.parametrize(("top_p", "vocabulary"), [(1.0, 12), (0.7, 12), (0.3, 12), (0.95, 3000)])
def test_draws_follow_transformers_own_top_p(top_p: float, vocabulary: int) -> None:
    """3000 nearly equal tokens: the nucleus is wider than the tokens that are looked at first."""
    from transformers import TopPLogitsWarper

    generator = torch.Generator().manual_seed(3)
    scores = torch.randn(2, vocabulary, generator=generator) * (1.5 if vocabulary < 100 else 0.1)
    kept = TopPLogitsWarper(top_p)(torch.zeros(2, 0), scores).softmax(-1)
    count = 20_000 if vocabulary < 100 else 1000
    draws = (torch.arange(count) + 0.5) / count  # every quantile once
    for row in range(2):
        tokens = draw(scores[row].expand(count, -1), top_p, draws)
        shares = torch.bincount(tokens, minlength=vocabulary) / count
        assert (shares - kept[row]).abs().max() < 2 / count
        if vocabulary < 100:
            assert set(tokens.tolist()) == set(kept[row].nonzero()[:, 0].tolist())


def test_a_draw_next_to_one_never_takes_a_token_outside_the_nucleus() -> None:
    scores = torch.tensor([[0.0, 9.0, -torch.inf, 8.0, -torch.inf]])
    edge = torch.tensor([1 - 2**-24])
    assert draw(scores, 1.0, edge).item() == 3
    assert draw(scores, 0.5, edge).item() == 1
    assert draw(scores, 0.0, edge).item() == 1


# -- ends ------------------------------------------------------------------------------------


def test_a_stop_text_ends_the_answer_and_its_generation(renderer: Renderer) -> None:
    model = tiny("llama", renderer)
    sampler = TransformersSampler(model, renderer)
    requests = asked(ids_of(renderer, TEXT))
    whole = sampler.generate(requests, Sampling(NEW))[0]
    stop = whole.text[10:13]
    forwards = Forwards(model)
    cut = sampler.generate(requests, Sampling(NEW, stop=(stop,)))[0]
    assert cut.finish_reason == "stop"
    assert cut.text == whole.text[: whole.text.index(stop)]
    steps = cut.completion_tokens
    assert steps < whole.completion_tokens == NEW
    assert len([width for _, width in forwards.shapes if width == 1]) <= steps


def test_an_open_calculation_pauses_the_answer(renderer: Renderer, tmp_path: Path) -> None:
    """A model that only knows how to write `<<3*4=12>>`, one character after the other."""
    text = "<<3*4=12>>"
    tokens = ids_of(renderer, text)[0]
    requests = asked(ids_of(renderer, "So "))
    sampler = TransformersSampler(tiny("llama", renderer), renderer)
    sampler.model = Recites(sampler.model, tokens, start=len(requests[0].ids) - 1)
    assert sampler.generate(requests, Sampling(len(tokens)))[0].text == text
    paused = sampler.generate(requests, Sampling(len(tokens), pause="calculator"))[0]
    assert (paused.text, paused.finish_reason) == ("<<3*4=", "stop")


class Recites:
    """Stands for a model: from the position `start` on, its next token is a text's next one."""

    def __init__(self, model: Any, tokens: Ids, start: int) -> None:
        self.model = model
        self.tokens = tokens
        self.start = start

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def __call__(self, **inputs: Any) -> Any:
        out = self.model(**inputs)
        at = int(inputs["position_ids"][0, -1]) - self.start
        if 0 <= at < len(self.tokens):
            out.logits[..., self.tokens[at]] = 1e4
        return out


def test_a_prompt_of_no_tokens_is_refused(llama: Any, renderer: Renderer) -> None:
    with pytest.raises(EvaluationError, match="no tokens"):
        TransformersSampler(llama, renderer).generate(asked([()]), Sampling(4))
    assert TransformersSampler(llama, renderer).generate([], Sampling(4)) == []


def test_running_out_of_memory_passes_up_with_nothing_held(renderer: Renderer) -> None:
    import gc

    model = tiny("llama", renderer)
    sampler = TransformersSampler(model, renderer)
    prompts = ids_of(renderer, *(TEXT * 3 + end for end in "abcd"))
    answered(sampler, prompts, max_new_tokens=2)
    failing = FailsAt(model, 4)
    with pytest.raises(torch.OutOfMemoryError) as caught:
        answered(sampler, prompts, max_new_tokens=50)
    caught.value.__traceback__ = None
    del caught
    failing.handle.remove()
    gc.collect()
    weights = {id(p) for p in (*model.parameters(), *model.buffers())}
    states = [
        x for x in gc.get_objects()
        if isinstance(x, torch.Tensor) and x.dim() == 4 and id(x) not in weights
    ]  # fmt: skip
    assert states == []
    assert answered(sampler, prompts[:2]) == [generated(model, renderer, i) for i in prompts[:2]]


class FailsAt:
    def __init__(self, model: Any, call: int) -> None:
        self.left = call
        self.handle = model.register_forward_pre_hook(self._count)

    def _count(self, model: Any, args: Any) -> None:
        self.left -= 1
        if self.left == 0:
            raise torch.OutOfMemoryError("out of memory")


def test_holes_are_filled_from_the_end() -> None:
    assert fill_holes([0, 1]) == [0, 1]
    assert fill_holes([3]) == [3]
    assert sorted(fill_holes([1, 2, 5, 7])) == [1, 2, 5, 7]
    assert fill_holes([1, 2, 5, 7])[1:3] == [1, 2]


def test_a_model_of_the_tests_own_folder_is_served(tmp_path: Path) -> None:
    """By the one way that evaluation loads engines."""
    from netgain.generate.engines import EngineSpec, load_sampler

    make_tiny_model(tmp_path)
    sampler = load_sampler(EngineSpec("transformers", tmp_path, None, "bf16", (5, 6, 7)))
    answers = sampler.generate(asked([(5, 6, 7), (8, 9)]), Sampling(5))
    assert [a.prompt_tokens for a in answers] == [3, 2]
    assert all(0 < a.completion_tokens <= 5 and a.seconds > 0 for a in answers)
