"""What the benchmarks of engines share: the machine in words, timed runs, figures written out."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from netgain import provenance
from netgain.generate.engines import UNIT_SIZES, EngineSpec, load_sampler
from netgain.generate.sampler import Answer, Request, Sampler, Sampling
from netgain.models.loading import find_model
from netgain.recipe import ModelSettings

RESULTS = Path(__file__).parent / "results"
Found = TypeVar("Found")


@dataclass(frozen=True)
class Speed:
    """A timed run: loading is left out; `tokens` are those of answers, up to where each ends."""

    name: str
    problems: int
    tokens: int
    seconds: float

    @property
    def problems_per_second(self) -> float:
        return self.problems / self.seconds

    @property
    def tokens_per_second(self) -> float:
        return self.tokens / self.seconds

    def figures(self) -> dict[str, Any]:
        rates = {
            "problems_per_second": round(self.problems_per_second, 4),
            "tokens_per_second": round(self.tokens_per_second, 2),
        }
        return {**asdict(self), "seconds": round(self.seconds, 2), **rates}


def machine() -> dict[str, Any]:
    """Hardware, versions and what else was running: a busy machine makes no fair figures."""
    return {
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "hardware": provenance.hardware(),
        "versions": provenance.versions(),
        "load_before": [round(load, 2) for load in os.getloadavg()],
    }


def use_threads(threads: int | None) -> int:
    """As many threads as cores for torch, unless another number is asked for."""
    import torch

    count = threads or provenance.cores()
    torch.set_num_threads(count)
    return count


def model_folder(name: str) -> Path:
    return find_model(ModelSettings(id=name)).folder


def load(engine: str, precision: str, folder: Path, adapter: Path | None = None) -> Sampler:
    """An engine's sampler, warmed by a first answer: what is only done once is no speed."""
    from netgain.models.loading import load_renderer
    from netgain.prompts import chat_prompt

    prompt = chat_prompt((("user", "What is 2 + 2?"),))
    ids = tuple(load_renderer(folder).prompt_ids(prompt))
    sampler = load_sampler(EngineSpec(engine, folder, adapter, precision, ids))
    sampler.generate([Request(prompt, ids)], Sampling(max_new_tokens=4))
    return sampler


def in_units(
    sampler: Sampler, requests: Sequence[Request], sampling: Sampling, size: int
) -> list[Answer]:
    """Answers in order; longest prompts first, `size` at a time, as an evaluation does it."""
    order = sorted(range(len(requests)), key=lambda i: -len(requests[i].ids))
    found: dict[int, Answer] = {}
    for at in range(0, len(order), size):
        unit = order[at : at + size]
        found |= dict(
            zip(unit, sampler.generate([requests[i] for i in unit], sampling), strict=True)
        )
    return [found[i] for i in range(len(requests))]


def unit_size(engine: str) -> int:
    return UNIT_SIZES[engine]


def timed(run: Callable[[], Found]) -> tuple[Found, float]:
    began = time.perf_counter()
    found = run()
    return found, time.perf_counter() - began


def table(rows: Sequence[Sequence[object]]) -> str:
    """Columns in line: the first to the left, the others to the right."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    lines = []
    for row in cells:
        rest = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join([row[0].ljust(widths[0]), *rest]).rstrip())
    return "\n".join(lines)


def write_out(path: Path | None, figures: dict[str, Any]) -> None:
    """The figures as JSON where a file is named; a bare name goes to benchmarks/results/."""
    if path is None:
        return
    if path.parent == Path():
        path = RESULTS / path
    path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(f"\nwritten to {path}")
