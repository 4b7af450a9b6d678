"""Greedy chat answers of a server, against those of the transformers engine in fp32.

    transformers serve FOLDER --dtype float32 --port 8000      (or any other server)
    python benchmarks/endpoint_agreement.py http://localhost:8000 NAME [--model FOLDER]
                                            [--problems N] [--max-new-tokens N] [--out FILE.json]

NAME is what the server calls the model, whose weights are also in FOLDER (the embedded model, where
it is left out). Problems are built in. It says how many texts and prompt lengths are the same: a
server that applies another chat template shows at once, by the lengths.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from engine_runs import machine, model_folder, table, timed, write_out

from netgain.data.wordproblems import word_problems
from netgain.generate.endpoint_engine import EndpointSampler
from netgain.generate.endpoint_server import Server
from netgain.generate.sampler import Request, Sampling
from netgain.generate.transformers_engine import TransformersSampler
from netgain.grading import grade
from netgain.models.loading import load_model, load_renderer
from netgain.prompts import prompter
from netgain.recipe import PromptSettings


def main() -> None:
    parser = argparse.ArgumentParser(description="A server against transformers in fp32.")
    parser.add_argument("url")
    parser.add_argument("name", help="what the server calls the model")
    parser.add_argument("--model", default="embedded", help="the same weights, for transformers")
    parser.add_argument("--problems", type=int, default=20)
    parser.add_argument("--max-new-tokens", type=int, default=64)
    parser.add_argument("--out", type=Path, default=None)
    arguments = parser.parse_args()

    folder = model_folder(arguments.model)
    renderer = load_renderer(folder)
    problems = word_problems(arguments.problems, seed=1)
    ask = prompter(PromptSettings())
    prompts = [ask(problem) for problem in problems]
    requests = [Request(prompt, tuple(renderer.prompt_ids(prompt))) for prompt in prompts]
    sampling = Sampling(max_new_tokens=arguments.max_new_tokens)

    server = EndpointSampler(Server(arguments.url, arguments.name))
    there, seconds_there = timed(lambda: server.generate(requests, sampling))
    local = TransformersSampler(load_model(folder, "fp32"), renderer)
    here, seconds_here = timed(lambda: local.generate(requests, sampling))

    pairs = list(zip(there, here, strict=True))
    right = [
        sum(
            grade(a.text, p.answer, finish_reason=a.finish_reason).correct
            for a, p in zip(answers, problems, strict=True)
            if p.answer is not None
        )
        for answers in (there, here)
    ]
    figures = {
        "problems": len(problems),
        "same_texts": sum(a.text == b.text for a, b in pairs),
        "same_ends": sum(a.finish_reason == b.finish_reason for a, b in pairs),
        "same_prompt_lengths": sum(a.prompt_tokens == b.prompt_tokens for a, b in pairs),
        "right_there": right[0],
        "right_here": right[1],
        "seconds_there": round(seconds_there, 1),
        "seconds_here": round(seconds_here, 1),
    }
    print(table([["compared", ""], *figures.items()]))
    print("\n" + table([["the server", ""], *server.describe().items()]))
    write_out(arguments.out, {**machine(), "server": server.describe(), **figures})


if __name__ == "__main__":
    main()
