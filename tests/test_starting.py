"""Training that goes on from trained weights: those, of the same base and shape, or none."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

import netgain
from conftest import REFERENCE, tiny
from netgain.errors import TrainingError
from netgain.models.loading import ModelFiles
from netgain.pipeline.run_findings import findings_of
from netgain.pipeline.starting import start_of
from netgain.recipe import parse_recipe
from netgain.store import RunDirectory
from netgain.train.loop import Loop, Talk
from netgain.train.processes import Group
from netgain.train.stepping import Stepper
from netgain.train.weights import Origin, hold
from training_bench import Bench

WHOLE: dict[str, Any] = {"name": "r", "model": {"id": "embedded"}, "data": {"source": "builtin"}}
WEIGHTS = "adapter_model.safetensors"


@pytest.fixture
def trained(tiny_model: Path, tmp_path: Path) -> Bench:
    bench = Bench(tiny_model, tmp_path / "first")
    bench.run()
    return bench


def started(place: Path, **train: Any) -> Any:
    return parse_recipe({**WHOLE, "train": {"start": str(place), **train}})


def test_training_goes_on_from_the_weights_of_an_adapter(trained: Bench, tmp_path: Path) -> None:
    adapter = trained.folder / "adapter"
    start = start_of(started(adapter), trained.files)
    assert start is not None and start.folder == adapter
    held = hold(Origin(trained.model, "tiny", None), trained.settings(), "fp32")
    held.restore(start.folder)
    at_start = {n: m.clone() for n, m in held.masters.items()}
    saved = load_file(adapter / WEIGHTS)
    assert len(saved) == len(at_start)
    (tmp_path / "again").mkdir()
    held.save(tmp_path / "again")
    assert (tmp_path / "again" / WEIGHTS).read_bytes() == (adapter / WEIGHTS).read_bytes()
    stepper = Stepper(held, trained.settings(), 1024, Group())
    second = Bench(trained.model, tmp_path / "second")
    loop = Loop(
        second.job(trained.settings()), held, stepper, trained.train, trained.validation, Group(),
        Talk(lambda *_: None),
    )  # fmt: skip
    loop.run()
    first, then = trained.log().points, second.log().points
    best = min(p.eval_loss for p in first if p.eval_loss is not None and p.step)
    assert then[0].eval_loss == pytest.approx(best, rel=1e-5)  # it begins where the first ended
    assert any(not m.equal(at_start[n]) for n, m in held.masters.items())


def test_what_does_not_fit_is_refused(trained: Bench, tmp_path: Path) -> None:
    adapter = trained.folder / "adapter"
    files: ModelFiles = trained.files
    assert start_of(parse_recipe(WHOLE), files) is None
    with pytest.raises(TrainingError, match="is no run directory and no folder of trained weights"):
        start_of(started(tmp_path / "nothing"), files)
    with pytest.raises(TrainingError, match=r"has r 8, and train.lora.r is 4; set it to match"):
        start_of(started(adapter, lora={"r": 4}), files)
    with pytest.raises(TrainingError, match=r"holds an adapter, and train.weights: full trains"):
        start_of(started(adapter, weights="full"), files)
    cut = tmp_path / "cut"
    shutil.copytree(adapter, cut)
    (cut / WEIGHTS).write_bytes((cut / WEIGHTS).read_bytes()[:-9])
    with pytest.raises(Exception, match=r"adapter_model\.safetensors"):
        start_of(started(cut), files)


def test_a_recipe_without_a_start_is_the_recipe_that_it_was() -> None:
    assert (
        parse_recipe({**WHOLE, "train": {"start": None}}).digest() == parse_recipe(WHOLE).digest()
    )
    assert started(Path("x")).digest() != parse_recipe(WHOLE).digest()


def test_a_report_finds_what_the_start_was_and_what_it_solves(
    tiny_model: Path, hub_data: Path, tmp_path: Path
) -> None:
    words = ("evaluate.limit=8", "train.epochs=1", "evaluate.max_new_tokens=16", "data.limit=20")
    changes = [w for w in tiny(tiny_model, hub_data, *words) if w != "--set"]
    runs = tmp_path / "runs"
    first = netgain.run(str(REFERENCE), changes, out=runs / "first", quiet=True)
    assert first.findings.began_at == "" and not first.findings.after_another
    adapter = runs / "first" / "train" / "adapter"
    second = [*changes, f"train.start={adapter}", "train.learning_rate=0.01"]
    found = netgain.run(str(REFERENCE), second, out=runs / "second", quiet=True).findings
    assert found.began_at == "first" and found.after_another
    assert [m.name for m in found.models] == ["base", "start", "tuned"]
    assert found.models[1].accuracy.estimate == first.findings.models[1].accuracy.estimate
    assert found.over_start is not None and found.over_start.n == 8
    assert "the weights of first (SFT on worked solutions): 1 epoch" in found.overview["Began from"]
    moved = runs.rename(tmp_path / "elsewhere")  # found beside it, wherever that is
    assert findings_of(RunDirectory(moved / "second")).over_start == found.over_start
    (moved / "first" / "run.json").write_text("{}")  # a damaged one is no reason for no report
    gone = findings_of(RunDirectory(moved / "second"))
    assert gone.began_at == "first" and gone.over_start is None and gone.after_another
