"""Trainings that follow each other in one recipe: each a run of its own, all compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import netgain
from conftest import REFERENCE, tiny
from netgain import pipeline
from netgain.data import load_problems
from netgain.errors import RecipeError, RunError
from netgain.pipeline.phases import going_on, phases_of
from netgain.pipeline.preparing import _digest
from netgain.pipeline.starting import Start
from netgain.plan import make_plan
from netgain.recipe import load_recipe, parse_recipe
from netgain.store import PHASES, RunDirectory, folder_digest, name_beside, siblings
from test_own_answers import Scripted

WHOLE: dict[str, Any] = {"name": "r", "model": {"id": "embedded"}, "data": {"source": "builtin"}}


def phased(*trains: dict[str, Any]) -> Any:
    return parse_recipe({**WHOLE, "train": list(trains)})


def test_a_list_under_train_is_phases_and_a_run_of_its_own() -> None:
    recipe = phased({"epochs": 1}, {"method": "rft"})
    assert [p.method for p in recipe.phases] == ["sft"] and recipe.train.method == "rft"
    assert parse_recipe(yaml.safe_load(recipe.to_yaml())) == recipe
    word = "train=[{epochs: 1}, {method: rft}]"
    assert parse_recipe(WHOLE, overrides=[word]) == recipe
    alone = parse_recipe({**WHOLE, "train": {"method": "rft"}})
    assert phased({"method": "rft"}).digest() == alone.digest() != recipe.digest()


@pytest.mark.parametrize(
    ("trains", "told"),
    [
        (({"lora": {"r": 4}}, {}), "train.lora.r is 4 in phase 1 and 8 in the last one"),
        (({}, {"start": "x"}), "train.start has no effect after phases"),
        (({}, {"start": "x"}, {}), "phase 2: train.start is the phase before it"),
        (({"method": "grpo"}, {}), "phase 1: train.method: grpo keeps the weights"),
        (({"epochs": -1}, {}), "epochs"),
    ],
)
def test_phases_that_cannot_follow_each_other_are_refused_at_once(
    trains: tuple[dict[str, Any], ...], told: str
) -> None:
    with pytest.raises(RecipeError) as caught:
        phased(*trains)
    assert told in str(caught.value)


def test_every_phase_is_planned() -> None:
    stages = make_plan(phased({"epochs": 1}, {"method": "rft"})).stages
    names = [name for name, _, _ in stages]
    assert names.index("phase 1: train") < names.index("own answers") < names.index("train")
    assert "phase 1: evaluate tuned" in names


def test_a_phase_that_is_done_is_planned_at_no_cost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = phased({"epochs": 1}, {"epochs": 2}, {"method": "rft"})
    begun: dict[str, Any] = {"command": "", "begun": "", "versions": {}, "hardware": {}}
    facts = {"source": "", "revision": None, "bad_rows": [], "overlaps": [], "no_solution": []}
    runs = [(p.place, p.recipe) for p in phases_of(recipe, tmp_path)]
    for place, of in [(tmp_path, recipe), *runs]:
        place.mkdir(parents=True, exist_ok=True)
        RunDirectory(place).begin(of, begun)
        RunDirectory(place).save_problems({"train": [], "validation": [], "test": []}, facts)

    def training(directory: RunDirectory, required: bool = False) -> dict[str, Any] | None:
        return {} if directory.root.name == "1-sft" else None

    monkeypatch.setattr(RunDirectory, "training", training)
    found = make_plan(recipe, root=tmp_path).stages
    stages = {name: (what, metrics) for name, what, metrics in found}
    assert stages["phase 1: train"][0].startswith("done: ")
    assert stages["phase 1: train"][1][0].estimate.value == 0
    for name in ("phase 1: evaluate tuned", "phase 2: train", "train"):
        assert (stages[name][1][0].estimate.value or 0) > 0


def test_rounds_sample_the_models_before_and_train_from_where_the_phase_began() -> None:
    rft = {"method": "rft", "rft": {"rounds": 3, "most": 1}}
    recipe = phased({"epochs": 1}, rft)
    root = Path("root")
    phases = phases_of(recipe, root)
    assert [(p.place.name, p.is_asked) for p in phases] == [
        ("1-sft", True), ("2-rft-round-1", False), ("2-rft-round-2", False),
    ]  # fmt: skip
    sft, first, second = (str(p.place) for p in phases)
    trains = [*(p.recipe.train for p in phases[1:]), going_on(recipe, root).train]
    assert [t.rft.samplers for t in trains] == [(), (first,), (first, second)]
    assert {t.start for t in trains} == {sft} and {t.rft.rounds for t in trains} == {1}
    assert phases_of(phased({"method": "rft"}), root) == []
    alone = going_on(phased(rft), root).train
    assert alone.start is None and len(alone.rft.samplers) == 2


def test_a_phase_and_the_last_training_are_the_same_wherever_their_folder_lies(
    tmp_path: Path,
) -> None:
    """A run is begun with a relative folder, goes on with its absolute one, or is moved."""
    recipe = phased({"epochs": 1}, {"method": "rft", "rft": {"rounds": 2}}, {"epochs": 2})
    here, there = (phases_of(recipe, Path(root)) for root in ("q", "/elsewhere/q"))
    facts: dict[str, Any] = {"command": "", "begun": "", "versions": {}, "hardware": {}}
    for one, other in zip(here, there, strict=True):
        place = RunDirectory(tmp_path / one.place.name)
        for phase in (one, other):
            place.root.mkdir(exist_ok=True)
            place.begin(phase.recipe, facts, places=False)
        assert place.recipe() == other.recipe
        longer = other.recipe.train.model_copy(update={"epochs": 9})
        with pytest.raises(RunError, match=r"train\.epochs: "):
            place.begin(other.recipe.model_copy(update={"train": longer}), facts, places=False)
    run = RunDirectory(tmp_path / "run")
    run.root.mkdir()
    first, second = (parse_recipe({**WHOLE, "train": {"start": s}}) for s in ("a", "b"))
    run.begin(first, facts)
    with pytest.raises(RunError, match=r"train\.start: "):  # the user's own
        run.begin(second, facts)


def test_what_decides_a_training_is_the_weights_that_it_starts_from_not_their_place() -> None:
    recipe = phased({"epochs": 1}, {"method": "rft", "rft": {"rounds": 2}})

    def key(root: str, weights: str) -> str:
        return _digest("base", Start(Path(root), weights), {}, going_on(recipe, Path(root)))

    assert key("q", "1") == key("/elsewhere/q", "1") != key("q", "2")


def test_phases_are_asked_the_test_problems_where_the_run_is_and_not_in_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweep trains its trials alone, and asks the chosen one: its phases, too."""
    done: list[str] = []

    def stage(name: str) -> Any:
        return lambda directory, recipe, progress: done.append(f"{directory.root.name}: {name}")

    monkeypatch.setattr(pipeline, "STAGES", {name: stage(name) for name in pipeline.STAGES})
    monkeypatch.setattr(pipeline, "compare_phases", lambda recipe, root: root)
    recipe = phased({"epochs": 1}, {"method": "rft", "rft": {"rounds": 2}})

    def ran(only: str) -> list[str]:
        done.clear()
        pipeline.run(recipe, tmp_path / "run", only, "", lambda *_: None)
        return [each for each in done if not each.startswith("run:") or each == "run: tuned"]

    trained = [f"{name}: {stage}" for name in ("1-sft", "2-rft-round-1") for stage in
               ("data", "train")]  # fmt: skip
    assert ran("train") == trained
    assert ran("all") == [*trained, "1-sft: tuned", "run: tuned"]
    assert ran("evaluate") == ["1-sft: tuned", "run: tuned"]


def test_later_settings_of_rejection_sampling_leave_older_digests_alone() -> None:
    assert phased({"method": "rft"}).train.deciding()["rft"] == {"most": 2}
    digests = {
        phased({"method": "rft", "rft": rft}).digest()
        for rft in ({}, {"rounds": 2}, {"easy": "less"}, {"unsolved": "solution"})
    }
    assert len(digests) == 4


def test_every_round_is_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [
        name for name, _, _ in make_plan(phased({"method": "rft", "rft": {"rounds": 2}})).stages
    ]
    assert names.index("phase 1, round 1: own answers") < names.index("own answers")
    assert "phase 1, round 1: train" in names and "phase 1: train" not in names
    # Another run's model is sampled once, in the first round, as the base is.
    monkeypatch.setattr("netgain.plan.refuse_weights", lambda *_: None)
    rft = {"method": "rft", "rft": {"rounds": 2, "samplers": ["elsewhere"]}}
    what = {name: what for name, what, _ in make_plan(phased(rft)).stages}
    assert what["phase 1, round 1: own answers"].endswith("problems, by each of 2 models")
    assert what["own answers"].endswith("problems")


def test_a_run_and_its_phases_are_beside_each_other(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    first, second = (a / PHASES / name for name in ("1", "2"))
    theirs = b / PHASES / "1"
    for place in (a, b, first, second, theirs):
        place.mkdir(parents=True)
        (place / "run.json").write_text("{}")

    def beside(place: Path) -> list[Path]:
        return [d.root for d in siblings(RunDirectory(place))]

    assert beside(a) == [b, first, second, theirs]
    assert beside(first) == [second, a, b, theirs]
    assert beside(theirs) == [a, b, first, second]
    assert name_beside(RunDirectory(theirs)) == "b/phases/1" and name_beside(RunDirectory(b)) == "b"


@pytest.mark.slow
def test_each_round_of_rejection_sampling_draws_from_the_model_before(
    tiny_model: Path, hub_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine is scripted: it solves every second sample, whatever the weights are."""
    words = (
        "train.method=rft", "train.rft.rounds=2", "train.rft.most=9", "train.rft.easy=less",
        "train.rollouts.samples=2", "train.epochs=1", "evaluate.limit=4", "data.limit=20",
    )  # fmt: skip
    changes = [w for w in tiny(tiny_model, hub_data, *words) if w != "--set"]
    loaded: list[object] = []
    problems = load_problems(load_recipe(REFERENCE, changes).data)
    gold = {p.question: str(p.answer) for p in (*problems.pool, *problems.test)}
    engine = Scripted(gold, True)

    def load(spec: Any) -> Scripted:
        loaded.append(spec.adapter)
        return engine

    monkeypatch.setattr("netgain.pipeline.served_model.load_sampler", load)
    root = tmp_path / "run"
    run = netgain.run(str(REFERENCE), changes, out=root, quiet=True)
    costs = {m.name for m in run.findings.cost_metrics}
    assert "time for the answers drawn before training" in costs
    first = RunDirectory(root / "phases" / "1-rft-round-1")
    # The base once, the first round's model for the second, then the test problems.
    assert loaded == [None, first.adapter, None, RunDirectory(root).adapter]
    made, then = first.training(), RunDirectory(root).training()
    assert made is not None and then is not None
    assert then["start"] is None and made["own_answers"]["train"]["samples"] == 36
    assert then["own_answers"]["train"]["samples"] == 72
    assert then["examples"]["train"] == 2 * made["examples"]["train"] == 36
    assert then["origins"] == {"own answer": 36}
    assert first.evaluation("tuned").summary() is None


def test_each_phase_goes_on_from_the_one_before_and_all_are_compared(
    tiny_model: Path, hub_data: Path, tmp_path: Path
) -> None:
    words = ("evaluate.limit=8", "train.epochs=1", "train.loss=dft", "evaluate.max_new_tokens=16")
    raw = yaml.safe_load(REFERENCE.read_text())
    first = {**raw["train"], "epochs": 1, "learning_rate": 0.01}
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump({**raw, "train": [first, raw["train"]]}))
    changes = [w for w in tiny(tiny_model, hub_data, *words) if w != "--set"]
    root = tmp_path / "run"
    run = netgain.run(str(path), changes, out=root, quiet=True)
    costs = {m.name: m.estimate.value for m in run.findings.cost_metrics}
    parts = [v for k, v in costs.items() if k.startswith("time for") and v is not None]
    assert costs["time for the trainings before the last"]
    assert costs["time in all"] == pytest.approx(sum(parts))
    earlier, last = RunDirectory(root / "phases" / "1-sft"), RunDirectory(root)
    there = earlier.training(), last.training()
    assert there[0] is not None and there[1] is not None
    assert there[0]["start"] is None and there[1]["start"] == folder_digest(earlier.adapter)
    assert there[1]["adapter"] != there[0]["adapter"]
    models = json.loads((root / "report" / "report.json").read_text())["models"]
    assert [m["name"] for m in models] == ["base", "1-sft", "tuned"]
    assert [m["to_base"] is None for m in models] == [True, False, False]
    board = json.loads((root / "phases" / "leaderboard" / "leaderboard.json").read_text())
    assert [m["role"] for m in board["models"]].count("tuned") == 2
    assert len(board["models"]) == 3
    assert last.evaluation("base").summary() is not None
    assert not (earlier.root / "evaluations" / "base").exists()
    before = {p: p.stat().st_mtime_ns for p in root.rglob("*.parquet")}
    netgain.run(str(path), changes, out=root, quiet=True)
    assert {p: p.stat().st_mtime_ns for p in root.rglob("*.parquet")} == before
    assert load_recipe(root / "recipe.yaml").phases
    moved = root.rename(tmp_path / "elsewhere")
    netgain.run(str(path), changes, out=moved, quiet=True)
    assert {root / p.relative_to(moved) for p in moved.rglob("*.parquet")} == set(before)
    assert all((moved / p.relative_to(root)).stat().st_mtime_ns == t for p, t in before.items())
