"""`netgain plan` says beforehand what a run would take, with ranges, and runs nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from conftest import REFERENCE, ROOT, netgain
from netgain import provenance
from netgain.data import load_problems, split_problems
from netgain.data.mixture import mix
from netgain.data.rows import problem_to_row
from netgain.data.wordproblems import word_problems
from netgain.errors import NetgainError
from netgain.plan import Plan, hardware, make_plan, sizes
from netgain.recipe import load_recipe
from netgain.records import Problem


@pytest.fixture(autouse=True)
def steady_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two plans are compared by what they plan, not by what else the machine does meanwhile."""
    monkeypatch.setattr("netgain.plan.matrix_product_speed", lambda: 1e11)


def test_the_reference_recipe_is_planned_without_hub_or_model() -> None:
    plan = make_plan(load_recipe(REFERENCE))
    stages = {name: what for name, what, _ in plan.stages}
    assert stages["data"] == "6726 train, 747 validation, 1319 test"
    assert stages["train"].startswith("2523 steps")
    for metric in plan.totals:
        assert metric.kind == "projected"
        value, interval = metric.estimate.value, metric.estimate.interval
        assert value is not None and interval is not None
        assert 0 < interval[0] <= value <= interval[1]


def test_more_work_is_planned_to_take_longer() -> None:
    short = make_plan(load_recipe(ROOT / "recipes/demo.yaml", ["train.epochs=1"]))
    long = make_plan(load_recipe(ROOT / "recipes/demo.yaml", ["train.epochs=10"]))
    assert (short.totals[0].estimate.value or 0) < (long.totals[0].estimate.value or 0)


def test_a_large_limit_on_built_in_problems_is_counted_and_not_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = []

    def few(n: int, seed: int, most_steps: int | None = None) -> list[Problem]:
        made.append(n)
        return word_problems(n, seed, most_steps=most_steps)

    monkeypatch.setattr(sizes, "word_problems", few)
    recipe = load_recipe(ROOT / "recipes/demo.yaml", ["data.limit=100000", "evaluate.limit=9000"])
    assert make_plan(recipe).stages[0][1] == "93,750 train, 6250 validation, 9000 test"
    assert sum(made) <= 200


def test_a_plan_of_built_in_problems_counts_what_a_run_would_make() -> None:
    recipe = load_recipe(ROOT / "recipes/demo.yaml")
    loaded = load_problems(recipe.data, recipe.evaluate.limit)
    split = split_problems(loaded, recipe.data, recipe.evaluate.limit)
    size = sizes._builtin_size(recipe)
    assert (size.train, size.validation, size.test) == (
        len(split.train), len(split.validation), len(split.test),
    )  # fmt: skip
    length = sum(len(p.question) for p in split.train) / len(split.train)
    asked = (length + len(recipe.prompt.instruction)) / 3.3 + 30
    assert size.question_tokens == pytest.approx(asked, rel=0.1)


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("{tmp}/empty", "is no model folder: it has no config.json"),
        ("{tmp}/bare", "has no weights in safetensors"),
        ("{tmp}/pickled", "only pytorch_model.bin, a pickle, which is never loaded"),
        ("{tmp}/odd", "its config.json has no usable hidden_size"),
        ("{tmp}/broken", "config.json is no JSON"),
        ("{tmp}/empty/config.yaml", "no such folder, and no Hub id"),
        ("embeded", "did you mean embedded?"),
        ("gpt2", "no Hub id (owner/name)"),
        ("someone/thing", "its name does not say: model 'someone/thing' is not in the local cache"),
    ],
)
def test_a_model_that_cannot_be_planned_with_is_told_the_true_reason(
    tmp_path: Path, model: str, told: str
) -> None:
    for name in ("empty", "bare", "pickled", "odd", "broken"):
        (tmp_path / name).mkdir()
    for name in ("bare", "pickled", "odd"):
        (tmp_path / name / "config.json").write_text('{"vocab_size": 9}')
    (tmp_path / "pickled" / "pytorch_model.bin").write_bytes(b"")
    for name in ("odd", "broken"):
        (tmp_path / name / "model.safetensors").write_bytes(b"")
    (tmp_path / "broken" / "config.json").write_text("{")
    with pytest.raises(NetgainError) as caught:
        sizes.model_size(model.format(tmp=tmp_path))
    assert told in str(caught.value)
    assert "disk" not in str(caught.value)


def data_of(tmp_path: Path, *train: object) -> Path:
    problems = [{"question": p.question, "answer": p.solution} for p in word_problems(40, 4)]
    for name, rows in (("train", [*train, *problems[:30]]), ("test", problems[30:])):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / f"{name}.jsonl").write_text(lines)
    return tmp_path


def planned(*overrides: str) -> Plan:
    return make_plan(load_recipe(ROOT / "recipes/gsm8k-smollm2-cpu.yaml", overrides))


def test_what_would_be_left_out_or_not_used_is_said(tmp_path: Path) -> None:
    bare = {"question": "How many?", "answer": "5"}
    folder = data_of(tmp_path, {"text": "x"}, {"text": "y"}, bare)
    remarks = "\n".join(planned(f"data.source={folder}", "data.on_bad_row=skip").remarks)
    assert "2 rows cannot be used, skipped as data.on_bad_row says" in remarks
    assert "train.jsonl, lines 1, 2: no 'question'" in remarks
    assert "1 training problem has no solution to learn from" in remarks
    assert "data.revision is not used" in remarks


def test_known_data_is_not_planned_in_a_way_that_a_run_would_refuse() -> None:
    with pytest.raises(NetgainError, match="has test problems of its own"):
        planned("data.test_fraction=0.2")
    with pytest.raises(NetgainError, match=r"data set 'openai/gsm8k' .* not in the local cache"):
        planned("data.test_source=a/b")
    with pytest.raises(NetgainError, match=r"data set 'a/b' .* not in the local cache"):
        planned("data.source=a/b")
    with pytest.raises(NetgainError, match=r"did you mean openai/gsm8k\?"):
        planned("data.source=gsm8k")


def test_less_memory_is_advised_by_what_is_not_done_already() -> None:
    large = ("model.id=owner/something-30B", "data.limit=1000")
    before = planned(*large)
    assert "set train.gradient_checkpointing: true" in before.remarks[-1]
    assert re.search(r"about [\d,]+ GiB and the machine has [\d,]+ GiB", before.remarks[-1])
    after = planned(*large, "train.gradient_checkpointing=true")
    assert not any("gradient_checkpointing" in remark for remark in after.remarks)
    memory = [next(m for m in p.totals if m.name == "memory") for p in (before, after)]
    assert (memory[1].estimate.value or 0) < (memory[0].estimate.value or 0)
    assert (after.totals[0].estimate.value or 0) > (before.totals[0].estimate.value or 0)


@pytest.mark.parametrize(
    ("gpus", "torch", "asked", "expected"),
    [
        ((), "2.8.0", "fp32", ("cpu", "fp32")),
        (("NVIDIA H100 80GB HBM3",), "2.8.0", "auto", ("cuda", "bf16")),
        (("Tesla T4",), "2.8.0", "auto", ("cuda", "fp32")),
        (("NVIDIA L4",), "2.8.0+cpu", "fp32", ("cpu", "fp32")),
    ],
)
def test_a_plan_says_on_what_and_how_it_would_run(
    gpus: tuple[str, ...],
    torch: str,
    asked: str,
    expected: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(provenance, "gpus", lambda: gpus)
    monkeypatch.setattr(provenance, "versions", lambda: {"torch": torch})
    plan = planned(f"train.precision={asked}", f"evaluate.precision={asked}")
    assert dict(plan.conditions) == {
        "device": expected[0],
        "precision": f"{expected[1]} in training, {expected[1]} in evaluation",
    }
    on_processor = expected[0] == "cpu"
    assert ("CPU" in plan.machine) is on_processor
    assert any("comes out longer" in remark for remark in plan.remarks) is on_processor


def test_sizes_come_from_a_local_configuration_or_the_name(tiny_model: Path) -> None:
    stored = (tiny_model / "model.safetensors").stat().st_size / 4  # fp32, and a small header
    assert sizes.model_size(str(tiny_model)).parameters == pytest.approx(stored, rel=0.1)
    assert sizes.model_size("someone/Thing-1.5B-Chat").parameters == 1.5e9
    with pytest.raises(NetgainError, match="nothing is known of the size"):
        sizes.model_size("someone/thing")


def test_the_command_prints_a_plan_and_leaves_no_trace(tmp_path: Path) -> None:
    done = netgain("plan", REFERENCE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "No run was begun" in done.stdout and "Cost in all" in done.stdout
    assert "run directory: runs/gsm8k-qwen2-0.5b-7b87b715" in done.stdout
    assert "precision: " in done.stdout and "device: " in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_extras_are_planned_as_a_stage_of_their_own_and_cost_time() -> None:
    plain = make_plan(load_recipe(ROOT / "recipes/demo.yaml"))
    extra = make_plan(
        load_recipe(
            ROOT / "recipes/demo.yaml", ["extras.samples.n=8", "extras.prompts=[{}]"]
        )
    )  # fmt: skip
    assert "extras" not in [name for name, _, _ in plain.stages]
    what = {name: words for name, words, _ in extra.stages}["extras"]
    assert what == "prompt 1: zero_shot_chat (150 problems), samples (150 problems × 8)"
    time = {name: metrics for name, _, metrics in extra.stages}["extras"][0].estimate.value
    assert time is not None and time > 0
    assert (extra.totals[0].estimate.value or 0) > (plain.totals[0].estimate.value or 0)


def test_what_a_method_samples_is_planned_and_costs_time() -> None:
    def stages(*words: str) -> dict[str, tuple[str, float]]:
        found = make_plan(load_recipe(ROOT / "recipes/demo.yaml", words)).stages
        return {
            name: (what, next((m.estimate.value or 0.0 for m in metrics if m.name == "time"), 0.0))
            for name, what, metrics in found
        }

    plain = stages()
    drawn = stages("train.method=rft", "train.rollouts.samples=6")
    assert "own answers" not in plain
    assert drawn["own answers"][0].startswith("6 samples of each of ")
    assert drawn["own answers"][1] > plain["evaluate base"][1]
    words = ("train.method=grpo", "train.select=validation_accuracy", "train.accuracy.limit=20")
    few = stages(*words, "train.grpo.rounds=10")
    many = stages(*words, "train.grpo.rounds=100", "train.epochs=9")
    assert few["train"][0].startswith("10 rounds of 128 answers, 20 validation problems")
    assert 5 * few["train"][1] < many["train"][1] < 11 * few["train"][1]
    assert "own answers" in few and "own answers" not in stages(*words, "train.grpo.choose=all")


def test_what_a_policy_gradient_does_not_heed_is_told_and_changes_no_plan() -> None:
    words = ("train.method=grpo", "train.select=validation_accuracy", "train.epochs=9")
    more = ("train.batch_size=64", "train.gradient_accumulation=2", "train.rollouts.samples=9")

    def plan(*words: str) -> Plan:
        return make_plan(load_recipe(ROOT / "recipes/demo.yaml", words), on="A100 80GB PCIe")

    def train(plan: Plan) -> list[float | None]:
        return [m.estimate.value for name, _, ms in plan.stages if name == "train" for m in ms]

    chosen = ("train.grpo.choose=all",)
    plain, changed = plan(*words, *chosen), plan(*words, *chosen, *more)
    assert train(plain) == train(changed)
    # recipes/demo.yaml has validations_per_epoch: 4.
    assert (
        "no effect with train.method: grpo: train.epochs (train.grpo.rounds takes its place), "
        "train.validations_per_epoch (train.grpo.validate_every takes its place)"
    ) in plain.remarks
    (told,) = [r for r in changed.remarks if r.startswith("no effect")]
    assert "train.batch_size (train.grpo.problems takes its place)" in told
    assert told.endswith("train.rollouts (train.grpo.choose: mixed draws them)")
    assert "train.rollouts" not in " ".join(plan(*words, *more).remarks)
    assert "no effect" not in " ".join(plan("train.epochs=9", "train.batch_size=64").remarks)


def rows_file(path: Path, *rows: dict[str, str]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_what_is_learned_beside_the_problems_is_planned_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """80 problems, a variant of each, and sources by share and by number: 200 examples an epoch."""
    monkeypatch.setattr(sizes, "MOST_MADE", 0)  # without the problems, what is asked for counts
    words = ("data.limit=100", "data.validation_fraction=0.2", "train.batch_size=1",
             "train.gradient_accumulation=1", "train.epochs=1")  # fmt: skip

    def planned(*more: str) -> tuple[dict[str, str], str]:
        found = make_plan(load_recipe(ROOT / "recipes/demo.yaml", [*words, *more]))
        return {name: what for name, what, _ in found.stages}, " ".join(found.remarks)

    assert "80 steps" in planned()[0]["train"]
    sources = "data.mixture=[{name: arc_easy, limit: 20}, {source: a/b, share: 0.1}]"
    stages, told = planned("data.perturbed=1", sources)
    assert "200 steps" in stages["train"]
    assert "80 variants" in told and "40 rows of data.mixture" in told
    assert "how many rows arc_easy adds" in planned("data.mixture=[{name: arc_easy}]")[1]
    drawn = planned("data.perturbed=1", "train.method=rft")[0]
    assert "180 problems" in drawn["own answers"]
    phases = planned(
        "phases=[{epochs: 1, batch_size: 1}]", "train.method=grpo", "train.accuracy.limit=9",
        "train.select=validation_accuracy", "data.mixture=[{name: arc_easy, limit: 20}]",
    )[0]  # fmt: skip
    assert "100 steps" in phases["phase 1: train"]
    own = planned("data.mixture=[{name: a, limit: 20, answers: own}, {name: b, limit: 5}]")[0]
    assert own["replay"] == "20 questions of data.mixture answered by the base model"


def test_rows_of_a_file_are_counted_as_a_run_takes_them(tmp_path: Path) -> None:
    recipe = load_recipe(ROOT / "recipes/demo.yaml", ["data.limit=100", "evaluate.limit=20"])
    loaded = load_problems(recipe.data, 20)
    split = split_problems(loaded, recipe.data, 20)
    questions = ["A?", "B?", "a?", split.train[0].question, split.test[0].question, "C?"]
    path = rows_file(tmp_path / "a.jsonl", *({"question": q, "answer": "x"} for q in questions))

    def planned(more: str) -> tuple[dict[str, str], str]:
        sources = f"data.mixture=[{{source: {path}, {more}}}]"
        words = ["data.limit=100", "evaluate.limit=20", "train.batch_size=1", "train.epochs=1",
                 "train.gradient_accumulation=1", sources]  # fmt: skip
        of = load_recipe(ROOT / "recipes/demo.yaml", words)
        rows = mix(of.data, split.train, split.test, split.validation).rows
        found = make_plan(of)
        stages = {name: what for name, what, _ in found.stages}
        assert stages["train"].startswith(f"{len(split.train) + len(rows)} steps")
        return stages, " ".join(found.remarks)

    assert "3 rows of data.mixture are counted" in planned("share: 0.5")[1]
    stages, told = planned("answers: own")
    assert stages["replay"].startswith("3 questions of data.mixture") and "not known" not in told
    assert "2 rows of data.mixture are counted" in planned("limit: 2")[1]
    rows_file(path, {"question": "A?"})
    with pytest.raises(NetgainError, match="no 'answer'"):
        planned("limit: 2")


# -- what a training names by its path -----------------------------------------------------


def test_only_right_answers_of_another_model_are_counted(tmp_path: Path) -> None:
    words = ["data.limit=50", "data.validation_fraction=0.2", "evaluate.limit=20",
             "train.batch_size=1", "train.gradient_accumulation=1", "train.epochs=1"]  # fmt: skip
    recipe = load_recipe(ROOT / "recipes/demo.yaml", words)
    train = split_problems(load_problems(recipe.data, 20), recipe.data, 20).train
    path = tmp_path / "t.jsonl"

    def plan(*rows: dict[str, str]) -> Plan:
        rows_file(path, *rows)
        distil = ["train.method=distil", f"train.distil.source={path}"]
        return make_plan(load_recipe(ROOT / "recipes/demo.yaml", [*words, *distil]))

    def said(problem: Problem, answer: object, more: str = "") -> dict[str, str]:
        return {"question": problem.question, "completion": f"{more}It is {answer}."}

    def time(plan: Plan) -> float:
        [metrics] = [metrics for name, _, metrics in plan.stages if name == "train"]
        return metrics[0].estimate.value or 0.0

    right = [said(p, p.answer) for p in train[:10]]
    found = plan(*right, *(said(p, "7000003") for p in train[10:]))
    assert {n: what for n, what, _ in found.stages}["train"].startswith("10 steps")
    assert "t.jsonl: 10 right answers to 10 of 40 training problems would be learned from" in (
        found.remarks
    )
    assert time(plan(*(said(p, p.answer, "Let me think. " * 40) for p in train[:10]))) > time(found)
    with pytest.raises(NetgainError, match="none of its 1 row answers one of the 40"):
        plan({"question": "Another?", "completion": "It is 7."})
    with pytest.raises(NetgainError, match=r"none of 1 answer to 1 of the 40 .* is right"):
        plan(said(train[0], "7000003"))


def test_weights_that_a_run_would_not_go_on_from_are_refused(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text('{"r": 4, "lora_alpha": 16}')
    start = ("model.id=owner/something-1B", f"train.start={tmp_path}")  # not on this disk
    with pytest.raises(NetgainError, match=r"has r 4, and train\.lora\.r is 8; set it to match"):
        planned(*start)
    with pytest.raises(NetgainError, match=r"holds an adapter, and train\.weights: full trains"):
        planned(*start, "train.weights=full")
    for setting in ("train.start=none/there", "train.rft.samplers=[none/there]"):
        with pytest.raises(NetgainError, match="none/there is no run directory and no folder"):
            planned("train.method=rft", setting)


def test_variants_of_problems_that_are_here_are_counted_once(tmp_path: Path) -> None:
    problems = word_problems(100, 1)
    path = tmp_path / "own.jsonl"
    path.write_text("".join(json.dumps(problem_to_row(p)) + "\n" for p in problems))
    recipe = load_recipe(ROOT / "recipes/demo.yaml", [
        f"data.source={path}", "data.builtin_steps=null", "data.limit=null",
        "data.test_fraction=0.2", "data.perturbed=1", "evaluate.limit=null", "train.batch_size=1",
        "train.gradient_accumulation=1", "train.epochs=1",
    ])  # fmt: skip
    true = split_problems(load_problems(recipe.data), recipe.data)
    assert 0 < true.variants < len(true.train) <= 2 * (len(true.train) - true.variants)
    found = make_plan(recipe)
    stages = {name: what for name, what, _ in found.stages}
    assert f"{len(true.train)} train," in stages["data"]
    assert f"{len(true.train)} steps" in stages["train"]
    assert f"{true.variants} variants are among" in " ".join(found.remarks)


def test_the_look_at_the_prompt_is_planned_where_it_is_asked_for() -> None:
    recipe = ROOT / "recipes/demo.yaml"
    asked = make_plan(load_recipe(recipe, ["extras.prompt_check=40"]))
    told = {name: words for name, words, _ in asked.stages}
    assert told["prompt"] == "40 training problems answered by the base model"
    none = make_plan(load_recipe(recipe, ["extras.prompt_check=0"]))
    assert "prompt" not in [name for name, _, _ in none.stages]


# -- memory --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "limits", "expected"),
    [
        ("0::/a/b\n", {"a/b/memory.max": "max\n", "a/memory.max": "3000\n"}, 3000),
        ("0::/a/b\n", {"a/b/memory.max": "2000\n", "memory.max": "9000\n"}, 2000),
        ("0::/\n", {"memory.max": "max\n"}, None),
        ("4:cpu:/x\n7:memory:/j\n", {"memory/j/memory.limit_in_bytes": "1000\n"}, 1000),
        ("4:cpu:/x\n", {"memory/x/memory.limit_in_bytes": "1000\n"}, None),
    ],
)
def test_the_memory_limit_is_that_of_the_processs_own_control_group(
    own: str, limits: dict[str, str], expected: float | None, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import psutil

    (tmp_path / "own").write_text(own)
    for name, content in limits.items():
        path = tmp_path / "groups" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    monkeypatch.setattr(provenance, "OWN_CGROUP", tmp_path / "own")
    monkeypatch.setattr(provenance, "CGROUPS", tmp_path / "groups")
    whole = psutil.virtual_memory().total
    assert provenance.memory_limit() == (whole if expected is None else expected)


# -- GPUs by name --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("NVIDIA RTX A1000", None), ("RTX A1000", None), ("NVIDIA L40", "L40"),
        ("NVIDIA L40S", "L40S"), ("NVIDIA L4", "L4"), ("nvidia geforce rtx 4090", "RTX 4090"),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", None), ("NVIDIA GeForce RTX 4090 D", None),
        ("NVIDIA A100-SXM4-80GB", "A100-SXM4-80GB"), ("NVIDIA A100 80GB PCIe", "A100 80GB PCIe"),
        ("A100", None), ("Tesla T4", "T4"), ("NVIDIA T400", None), ("NVIDIA A30X", None),
        ("NVIDIA B200", "B200"), ("NVIDIA GeForce RTX 5090", "RTX 5090"),
        ("NVIDIA RTX A6000", "RTX A6000"), ("Quadro RTX 6000", None),
        ("NVIDIA RTX 6000 Ada Generation", "RTX 6000 Ada Generation"),
        ("AMD Instinct MI300X", "MI300X"), ("NVIDIA H100 80GB HBM3", "H100 80GB HBM3"),
        ("", None), ("NVIDIA", None), ("x" * 100_000, None), ("nvidia " * 10_000, None),
    ],
)  # fmt: skip
def test_a_gpu_is_known_by_its_whole_name_alone(name: str, found: str | None) -> None:
    card = hardware.known_gpu(name)
    assert (card.name if card else None) == found


def test_every_card_has_a_source_and_figures_that_go_together() -> None:
    assert len(hardware.GPUS) == len(hardware.every_name())  # no two are written alike
    for card in hardware.GPUS.values():
        assert hardware.known_gpu(f"NVIDIA {card.name}") == card
        assert card.source.startswith(("NVIDIA ", "AMD "))
        assert card.bf16 is None or card.fp32 < card.bf16 < 40 * card.fp32
        assert 4 < card.memory < 300 and 200 < card.bandwidth < 9000
        assert card.peak("fp32") == card.fp32 * 1e12


def test_a_card_without_bf16_is_planned_in_fp32_at_its_fp32_speed() -> None:
    t4 = hardware.find_gpu("Tesla T4")
    assert t4.peak("bf16") == t4.peak("fp32") == 8.1e12


def test_a_plan_for_a_gpu_elsewhere_is_projected_and_says_so() -> None:
    plans = {
        name: make_plan(load_recipe(REFERENCE), on=name) for name in ("L4", "NVIDIA H100 80GB HBM3")
    }
    for plan in plans.values():
        assert not plan.measured and dict(plan.conditions)["device"] == "cuda"
        assert "not asked here" in plan.machine and "data sheet" in plan.machine
        assert any(remark.startswith("projected from the card") for remark in plan.remarks)
    slow, fast = (plan.totals[0].estimate.value or 0 for plan in plans.values())
    assert slow > fast


def test_an_unknown_gpu_is_said_to_be_unknown_with_those_near_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(NetgainError, match=r"GPU 'A100'; near it: A100-SXM4-40GB"):
        make_plan(load_recipe(REFERENCE), on="A100")
    with pytest.raises(NetgainError, match=r"'xyz'; known: B200, H200"):
        make_plan(load_recipe(REFERENCE), on="xyz")
    monkeypatch.setattr(provenance, "gpus", lambda: ("NVIDIA RTX A1000",))
    monkeypatch.setattr(provenance, "versions", lambda: {"torch": "2.8.0"})
    with pytest.raises(NetgainError, match="speed of the GPU 'NVIDIA RTX A1000' is not known"):
        make_plan(load_recipe(REFERENCE))
