"""Policy gradient: advantages, the gradient against TRL's, rounds that are resumed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import torch

from netgain.errors import RecipeError, TrainingError
from netgain.grading import grade
from netgain.models.loading import load_model
from netgain.recipe import parse_recipe
from netgain.records import FinishReason, Generation
from netgain.train.attention import pack_attention
from netgain.train.batches import lay_out, places_of_round
from netgain.train.examples import Example
from netgain.train.history import TaskScore
from netgain.train.job import rollouts_file, write_examples
from netgain.train.loop import ToldToEnd
from netgain.train.objective import PLAIN, Weighing, batch_loss, log_probabilities, plain_head
from netgain.train.policy_gradient import (
    Judged,
    Reward,
    advantages,
    reward_of,
    to_examples,
    told_of,
)
from netgain.train.processes import Group
from netgain.train.stepping import CLIPPED, Stepper
from training_bench import Bench


@pytest.fixture
def bench(tiny_model: Path, tmp_path: Path) -> Bench:
    return Bench(tiny_model, tmp_path / "train")


def answer(
    text: str, problem: str = "p", sample: int = 0, finish: FinishReason = "stop",
    kind: Reward = "robust", seed: int = 0,
) -> Judged:  # fmt: skip
    """An answer to a problem whose right answer is 12."""
    ids = tuple(range(1, 1 + len(text)))
    drawn = len(ids) + (finish == "stop")
    row = Generation(problem, sample, 0, text, finish, 1, drawn, 0.0, 1, "", None, ids)
    judged = grade(text, Fraction(12), problem_id=problem, sample=sample)
    return Judged(row, judged, reward_of(row, judged, kind, seed))


def test_an_answer_is_worth_one_where_it_is_right_and_ended_by_itself() -> None:
    assert answer("It is 12.").reward == 1
    assert answer("It is 13.").reward == 0
    assert answer("It is 12.", finish="length").reward == 0
    assert answer("It is 12.", kind="strict").reward == 0
    assert answer("#### 12", kind="strict").reward == 1


def test_a_random_reward_does_not_look_at_the_answer() -> None:
    rewards = [
        [answer(text, sample=i, kind="random", seed=3).reward for i in range(200)]
        for text in ("It is 12.", "no")
    ]
    assert rewards[0] == rewards[1]
    assert 60 < sum(rewards[0]) < 140


def test_advantages_sum_to_nought_and_can_be_put_to_one_scale() -> None:
    assert advantages([1, 0, 0, 0]) == [0.75, -0.25, -0.25, -0.25]
    assert advantages([1, 0, 0, 1], standardise=True)[0] == pytest.approx(0.5 / (1 / 3) ** 0.5)
    assert advantages([0, 0, 0], standardise=True) == [0, 0, 0]


def test_groups_that_agree_are_not_learned_from_and_ends_are() -> None:
    rows = [
        answer("12", "mixed", 0), answer("no", "mixed", 1),
        answer("12 or so", "mixed", 2, "length"), answer("12", "right", 0),
        answer("12", "right", 1),
    ]  # fmt: skip
    found = to_examples(rows, {"mixed": [7, 8], "right": [9]}, end_id=99)
    assert [(e.problem_id, e.completion_ids[-1]) for e in found] == [
        ("mixed", 99), ("mixed", 99), ("mixed", len("12 or so")),
    ]  # fmt: skip
    assert [round(e.weight, 6) for e in found] == [0.666667, -0.333333, -0.333333]
    assert all(e.prompt_ids == (7, 8) and e.origin == "rollout" for e in found)


def test_an_end_that_the_model_did_not_draw_is_not_learned() -> None:
    """A text of `prompt.stop` ended the first answer, after its last token."""
    rows = [answer("12", "p", 0), answer("no", "p", 1)]
    rows[0] = replace(rows[0], generation=replace(rows[0].generation, completion_tokens=2))
    ends = [e.completion_ids[-1] for e in to_examples(rows, {"p": [7]}, end_id=99)]
    assert ends == [2, 99]


def test_what_is_told_of_a_round_keeps_the_graders_apart() -> None:
    told = told_of([answer("It is 12."), answer("#### 12"), answer("12", finish="length")])
    assert told["reward"] == pytest.approx(2 / 3)
    assert told["reward_robust"] == 1
    assert told["reward_strict"] == pytest.approx(1 / 3)
    assert told["completions/clipped_ratio"] == pytest.approx(1 / 3)


def test_rounds_go_through_all_problems_before_one_comes_again() -> None:
    rounds = [places_of_round(10, 4, 1, step) for step in range(6)]
    assert [len(r) for r in rounds[:3]] == [4, 3, 3], "none is much smaller than the others"
    assert len(places_of_round(3, 4, 1, 5)) == 3
    assert sorted(chain(*rounds[:3])) == sorted(chain(*rounds[3:])) == list(range(10))
    assert rounds[:3] != rounds[3:]
    assert rounds[2] == places_of_round(10, 4, 1, 2)


@pytest.mark.parametrize(
    ("beta", "clip", "temperature"),
    [(0.0, None, 1.0), (0.3, None, 0.7), (0.0, (0.1, 0.3), 0.7), (0.3, (0.1, 0.3), 1.0)],
)
def test_the_gradient_is_that_of_trls_grpo_loss(
    beta: float,
    clip: tuple[float, float] | None,
    temperature: float,
    bench: Bench,
    tmp_path: Path,
) -> None:
    """Same tokens and advantages, token-level normalisation, with and without KL; in fp32.

    With `clip` the model has moved away from the one that drew the tokens.
    """
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    worth = [0.75, -0.25, -0.25, -0.25, 0.5, -0.5]
    rows = [
        Example(e.problem_id, e.prompt_ids, e.completion_ids, w, "rollout")
        for e, w in zip(bench.train, worth, strict=False)
    ]
    batch, learned = lay_out(rows, padded=True), sum(len(e.completion_ids) for e in rows)
    reference = log_probabilities(load_model(bench.model, "fp32"), None, batch, temperature)
    ours, theirs = (moved(load_model(bench.model, "fp32")) for _ in range(2))
    old = (
        None
        if clip is None
        else log_probabilities(moved(load_model(bench.model, "fp32"), 2), None, batch, temperature)
    )
    weighing = replace(PLAIN, temperature=temperature, old=old, clip=clip or PLAIN.clip)
    if beta:
        weighing = replace(weighing, kl=beta, reference=reference)
    sums = batch_loss(ours, None, batch, weighing)
    clipped = float(sums.detach()[CLIPPED])
    assert (0 < clipped < learned) == (clip is not None)
    (sums[0] / learned).backward()
    trainer: Any = GRPOTrainer(
        model=theirs, reward_funcs=lambda completions, **_: [0.0] * len(completions),
        args=GRPOConfig(
            output_dir=str(tmp_path / "trl"), loss_type="bnpo", beta=0.0, num_generations=2,
            per_device_train_batch_size=6, gradient_accumulation_steps=1, use_cpu=True, bf16=False,
            report_to="none", gradient_checkpointing=False, temperature=temperature,
            **({} if clip is None else {
                "num_iterations": 2, "epsilon": clip[0], "epsilon_high": clip[1],
            }),
        ),
        train_dataset=Dataset.from_list([{"prompt": "1 + 1"}] * 6),
        processing_class=bench.renderer.tokenizer,
    )  # fmt: skip
    trainer.current_gradient_accumulation_steps = 1
    trainer.beta = beta
    trainer.model.eval()  # no dropout on either side
    theirs_has = padded(rows, reference)
    if old is not None:
        theirs_has["old_per_token_logps"] = by_row(rows, old)
    trainer._compute_loss(trainer.model, theirs_has).backward()
    for (name, p), (_, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert q.grad is not None and q.grad.abs().max() > 0
        close = 1e-5 * float(q.grad.abs().max())
        assert torch.allclose(p.grad, q.grad, rtol=1e-3, atol=close), name


def moved(model: Any, seed: int = 1) -> Any:
    """The model a little away from where it was, the same little each time; its weights trained."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for p in model.parameters():
            p += 0.02 * torch.randn_like(p)
    return model.requires_grad_(True)


def test_the_reference_of_kl_is_the_base_beneath_the_adapter(bench: Bench) -> None:
    settings = bench.settings(**{**GRPO, "grpo": {"kl": 0.5}})
    batch = lay_out(bench.train[:3])
    stepper = Stepper(bench.held(settings), settings, 1024, Group())
    base = load_model(bench.model, "fp32")
    assert pack_attention(base)
    alone = log_probabilities(base, plain_head(base, packed=True), batch)
    for name, master in stepper.held.masters.items():
        if "lora_B" in name:
            torch.nn.init.normal_(master, std=0.5)
    weighing = stepper._weighing(batch)
    assert weighing.reference is not None and torch.allclose(weighing.reference, alone, atol=1e-5)
    own = log_probabilities(stepper.bare, stepper.head, batch)
    assert not torch.allclose(own, alone, atol=1e-2)
    assert all(m.requires_grad for m in stepper.held.masters.values())


def padded(rows: Sequence[Example], reference: torch.Tensor) -> dict[str, torch.Tensor]:
    """The batch as TRL has it: prompts padded on the left, completions on the right."""
    before = max(len(e.prompt_ids) for e in rows)
    after = max(len(e.completion_ids) for e in rows)

    def filled(ids: tuple[int, ...], to: int, left: bool) -> tuple[list[int], list[int]]:
        pad, one = [0] * (to - len(ids)), [1] * len(ids)
        return ([*pad, *ids], [*pad, *one]) if left else ([*ids, *pad], [*one, *pad])

    prompts = [filled(e.prompt_ids, before, True) for e in rows]
    completions = [filled(e.completion_ids, after, False) for e in rows]
    return {
        "prompt_ids": torch.tensor([ids for ids, _ in prompts]),
        "prompt_mask": torch.tensor([mask for _, mask in prompts]),
        "completion_ids": torch.tensor([ids for ids, _ in completions]),
        "completion_mask": torch.tensor([mask for _, mask in completions]),
        "advantages": torch.tensor([e.weight for e in rows]),
        "ref_per_token_logps": by_row(rows, reference),
    }


def by_row(rows: Sequence[Example], of_tokens: torch.Tensor) -> torch.Tensor:
    """One number for each learned token, as TRL has it: a padded row for each completion."""
    return torch.nn.utils.rnn.pad_sequence(
        list(of_tokens.split([len(e.completion_ids) for e in rows])), batch_first=True
    )


def test_only_what_was_pushed_too_far_is_clipped() -> None:
    """Ratios 1.5 and 0.5, each with a weight that pushes on, and one that pulls back."""
    old = torch.zeros(4)
    log_p = torch.tensor([1.5, 1.5, 0.5, 0.5]).log()
    weights, clipped = Weighing(old=old, clip=(0.2, 0.4)).of(
        torch.tensor([1.0, -1.0, 1.0, -1.0]), log_p, slice(None)
    )
    assert clipped.tolist() == [True, False, False, True]
    assert weights.tolist() == pytest.approx([0, -1.5, 0.5, 0])


def test_several_steps_of_a_round_are_several_of_the_optimizer(bench: Bench) -> None:
    """Not one step of a longer gradient; the probabilities of the drawn tokens move further."""
    rows = [
        Example(e.problem_id, e.prompt_ids, e.completion_ids, (-1.0) ** i, "rollout")
        for i, e in enumerate(bench.train[:6])
    ]

    def after(steps: int, clip: float) -> tuple[Stepper, float]:
        grpo = {"steps": steps, **({"clip": clip} if steps > 1 else {})}
        settings = bench.settings(**{**GRPO, "grpo": grpo, "lora": {"dropout": 0.0}})
        stepper = Stepper(bench.held(settings), settings, 300, Group())
        return stepper, float(stepper.learn(rows, 0, 0.05).sums[CLIPPED])

    one, none_clipped = after(1, 0.2)
    three, some_clipped = after(3, 0.01)
    assert none_clipped == 0 < some_clipped
    assert {float(v) for n, v in three.moments().items() if n.endswith(".step")} == {3.0}
    assert {float(v) for n, v in one.moments().items() if n.endswith(".step")} == {1.0}


GRPO: dict[str, Any] = {
    "method": "grpo", "grpo": {"rounds": 6, "problems": 4, "samples": 2, "validate_every": 3},
    "accuracy": {"limit": 4}, "select": "validation_accuracy", "checkpoint_seconds": 1e-6,
    "warmup_ratio": 0.0,
}  # fmt: skip


def playing(
    bench: Bench,
    asked: list[int],
    ends_at: int = -1,
    end: type[BaseException] = KeyboardInterrupt,
) -> Callable[..., dict[str, float]]:
    """A round whose answers are reference solutions, some of them worth less than nothing."""

    def play(step: int, weights: Path | None) -> dict[str, float]:
        if step == ends_at:
            raise end
        assert (weights is None) == (step == 0)
        asked.append(step)
        rows = bench.train[step : step + 4] if step != 4 else []
        rows = [
            Example(e.problem_id, e.prompt_ids, e.completion_ids, (-1.0) ** i, "rollout")
            for i, e in enumerate(rows)
        ]
        write_examples(rollouts_file(bench.folder / "checkpoints", step), rows)
        return {
            "reward": 0.5, "reward_robust": 0.5, "seconds_sampling": 0.2, "seconds_grading": 0.1,
        }  # fmt: skip

    return play


def score(step: int, weights: Path | None) -> TaskScore:
    return TaskScore(9, step, 0)


@pytest.mark.parametrize(  # it ends before, or after, a round that teaches nothing
    ("ends_at", "steps"),
    [(5, 3), *(pytest.param(*case, marks=pytest.mark.slow) for case in ((3, 1), (3, 3), (5, 1)))],
)
def test_a_loop_of_rounds_resumes_to_the_same_weights(
    steps: int, ends_at: int, tiny_model: Path, tmp_path: Path
) -> None:
    grpo = {**GRPO, "grpo": {**GRPO["grpo"], "steps": steps}}
    whole, parts = Bench(tiny_model, tmp_path / "a"), Bench(tiny_model, tmp_path / "b")
    asked: list[int] = []
    whole.run(ask=score, roll=playing(whole, asked), **grpo)
    assert asked == [0, 1, 2, 3, 4, 5]
    with pytest.raises(KeyboardInterrupt):
        parts.run(ask=score, roll=playing(parts, asked, ends_at), **grpo)
    parts.run(ask=score, roll=playing(parts, asked), **grpo)
    assert whole.weights() == parts.weights()
    rows = [p for p in whole.log().points if p.loss is not None]
    assert [p.step for p in rows] == [1, 2, 3, 4, 5, 6]
    assert all(p.sampling_seconds == 0.2 and p.grading_seconds == 0.1 for p in rows)
    assert all((p.training_seconds or 0) >= 0 and p.weights_seconds is not None for p in rows)
    assert rows[4].grad_norm == 0  # no group differed: nothing was learned
    assert all(p.token_accuracy is None for p in rows)


@pytest.mark.slow
def test_a_training_that_is_told_to_end_in_a_round_keeps_all_before_it(
    tiny_model: Path, tmp_path: Path
) -> None:
    """No checkpoint falls by time here, so what it goes on from was saved at the end."""
    rare = {**GRPO, "checkpoint_seconds": 0}
    whole, parts = Bench(tiny_model, tmp_path / "a"), Bench(tiny_model, tmp_path / "b")
    whole.run(ask=score, roll=playing(whole, []), **rare)
    asked: list[int] = []
    with pytest.raises(ToldToEnd):
        parts.run(ask=score, roll=playing(parts, asked, 3, ToldToEnd), **rare)
    parts.run(ask=score, roll=playing(parts, asked), **rare)
    assert asked == [0, 1, 2, 3, 4, 5]
    assert whole.weights() == parts.weights()


def nothing_until(bench: Bench, taught: int, bases: list[bool]) -> Callable[..., dict[str, float]]:
    """Rounds that teach nothing, but for one; whether each was answered by the base itself."""

    def play(step: int, weights: Path | None) -> dict[str, float]:
        bases.append(weights is None)
        rows = [replace(e, weight=1.0) for e in bench.train[:4]] if step == taught else []
        write_examples(rollouts_file(bench.folder / "checkpoints", step), rows)
        return {"reward": 0.5, "seconds_sampling": 0.2, "seconds_grading": 0.1}

    return play


@pytest.mark.parametrize(("warmup", "taught", "changed"), [(0.0, 1, 2), (0.2, 1, 2), (0.0, 4, 5)])
def test_the_base_answers_until_a_round_teaches_something(
    warmup: float, taught: int, changed: int, bench: Bench
) -> None:
    """Weights that are the base's own are not handed over as trained ones, which is refused; and
    none of them is kept as the best.
    """
    bases: list[bool] = []
    settings = {**GRPO, "schedule": "constant_with_warmup", "warmup_ratio": warmup}

    def solved(step: int, weights: Path | None) -> TaskScore:
        assert (weights is None) == (step < changed)
        return TaskScore(9, 9 - step, 0)

    bench.run(ask=solved, roll=nothing_until(bench, taught, bases), **settings)
    assert bases == [step < changed for step in range(6)]
    assert bench.log().best_step == (3 if changed <= 3 else 6)
    told = [p.entropy is not None for p in bench.log().points if p.loss is not None]
    assert told == [step == taught for step in range(6)]


def test_rounds_that_teach_nothing_at_all_are_told(bench: Bench) -> None:
    for _ in range(2):  # done once, the same command says the same
        with pytest.raises(TrainingError, match=r"nothing was learned in 6 rounds: in none of "):
            bench.run(ask=score, roll=nothing_until(bench, 99, []), **GRPO)


def test_weights_of_other_layers_are_not_taken_for_these(bench: Bench, tmp_path: Path) -> None:
    wide, narrow = (
        bench.held(bench.settings(lora={"target_modules": targets}))
        for targets in ("all-linear", ["q_proj"])
    )
    for name, held in (("wide", wide), ("narrow", narrow)):
        (tmp_path / name).mkdir()
        held.save(tmp_path / name)
    with pytest.raises(TrainingError, match=r"not of the layers that are trained here: \d+"):
        narrow.restore(tmp_path / "wide")
    with pytest.raises(TrainingError, match=r"train\.lora\.target_modules"):
        wide.restore(tmp_path / "narrow")
    wide.restore(tmp_path / "wide")


WHOLE: dict[str, Any] = {"name": "r", "model": {"id": "embedded"}, "data": {"source": "builtin"}}


def test_a_recipe_of_rounds_needs_accuracy_to_choose_by() -> None:
    with pytest.raises(RecipeError, match=r"train.select: validation_accuracy and train.accuracy"):
        parse_recipe({**WHOLE, "train": {"method": "grpo"}})
    with pytest.raises(RecipeError, match=r"train.grpo has no effect with train.method: sft"):
        parse_recipe({**WHOLE, "train": {"grpo": {"rounds": 3}}})
    with pytest.raises(RecipeError, match=r"needs train.distil.source"):
        parse_recipe({**WHOLE, "train": {"method": "distil"}})
    with pytest.raises(RecipeError, match=r"train.grpo.clip: .* has no effect with one step"):
        parse_recipe({**WHOLE, "train": {**RULED, "grpo": {"clip": [0.2, 0.3]}}})


RULED: dict[str, Any] = {
    "method": "grpo", "accuracy": {"limit": 9}, "select": "validation_accuracy",
}  # fmt: skip


def test_steps_and_clipping_decide_a_run_only_where_there_are_steps() -> None:
    plain = parse_recipe({**WHOLE, "train": RULED})
    assert "steps" not in plain.train.deciding()["grpo"]
    twice = [
        parse_recipe({**WHOLE, "train": {**RULED, "grpo": {"steps": 2, "clip": clip}}})
        for clip in (0.2, 0.3, [0.2, 0.3])
    ]
    assert len({r.digest() for r in (plain, *twice)}) == 4
    assert [r.train.grpo.clip_bounds for r in twice] == [(0.2, 0.2), (0.3, 0.3), (0.2, 0.3)]
