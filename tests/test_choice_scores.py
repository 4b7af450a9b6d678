"""Log-likelihoods of choices, against the plain computation, and the verdicts made of them."""

from __future__ import annotations

import math
from typing import Any

import pytest

from conftest import make_tokenizer
from netgain.data.choice_tasks import ChoiceItem
from netgain.data.wordproblems import word_problems
from netgain.errors import EvaluationError
from netgain.generate import choice_scores
from netgain.generate.choice_scores import score_choices
from netgain.grading.loglikelihood import chosen, graded_choices
from netgain.records import ChoiceScores, Problem

ITEMS = [
    ChoiceItem(
        problem.id,
        f"{problem.question} " * (1 + number % 3),
        (str(problem.answer), problem.solution.splitlines()[0], "none", "none of them"),
    )
    for number, problem in enumerate(word_problems(9, 4))
]


def small_model(**settings: Any) -> Any:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(2)
    config = AutoConfig.for_model(
        settings.pop("kind", "qwen2"), vocab_size=600, hidden_size=32, intermediate_size=64,
        num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, initializer_range=0.4,
        **{"max_position_embeddings": 2048, **settings},
    )  # fmt: skip
    return AutoModelForCausalLM.from_config(config).eval()


@pytest.fixture(scope="module")
def model() -> Any:
    return small_model()


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return make_tokenizer(None)


def plain_value(model: Any, tokenizer: Any, context: str, choice: str) -> float:
    """One sequence, no padding, no cache: the definition."""
    import torch

    before = tokenizer.encode(context.rstrip())
    ids = tokenizer.encode(f"{context} {choice}")
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([ids])).logits[0].log_softmax(-1)
    return math.fsum(logits[at - 1, ids[at]].item() for at in range(len(before), len(ids)))


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_batches_and_shared_contexts_change_nothing(
    model: Any, tokenizer: Any, batch_size: int
) -> None:
    found = score_choices(model, tokenizer, ITEMS, batch_size)
    assert [scores.problem_id for scores in found] == [item.problem_id for item in ITEMS]
    for scores, item in zip(found, ITEMS, strict=True):
        expected = [plain_value(model, tokenizer, item.context, choice) for choice in item.choices]
        assert scores.log_likelihoods == pytest.approx(expected, abs=1e-4)
        assert scores.characters == tuple(len(choice) for choice in item.choices)
        assert scores.tokens[0] < scores.tokens[1]


def test_tight_bounds_on_memory_change_nothing(
    model: Any, tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = score_choices(model, tokenizer, ITEMS)
    sizes = []
    forward = model.forward
    monkeypatch.setattr(choice_scores, "MOST_LOGITS", 600 * 10)
    monkeypatch.setattr(choice_scores, "MOST_TOKENS", 150)
    monkeypatch.setattr(
        model, "forward",
        lambda **given: sizes.append((given["input_ids"].numel(), given["logits_to_keep"]))
        or forward(**given),
    )  # fmt: skip
    tight = score_choices(model, tokenizer, ITEMS)
    for scores, others in zip(tight, wide, strict=True):
        assert scores.log_likelihoods == pytest.approx(others.log_likelihoods, abs=1e-4)
    longest = max(len(tokenizer.encode(item.context)) for item in ITEMS)
    assert max(tokens for tokens, _ in sizes) <= max(150, longest)


def test_a_context_is_computed_once_for_all_its_choices(
    model: Any, tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    forward = model.forward
    monkeypatch.setattr(
        model, "forward",
        lambda **given: seen.append(int(given["input_ids"].shape[1])) or forward(**given),
    )  # fmt: skip
    item = ChoiceItem("a", ITEMS[0].context, ("10", "20", "30", "40"))
    score_choices(model, tokenizer, [item, item])
    assert seen[0] == len(tokenizer.encode(item.context.rstrip()))
    assert sum(seen[1:]) < 5  # what is left of the choices


def test_only_what_a_greedy_answer_would_begin_with_is_called_greedy(
    model: Any, tokenizer: Any
) -> None:
    import torch

    asked = 0
    for problem in word_problems(60, 8):
        ids = tokenizer.encode(problem.question)
        with torch.inference_mode():
            best = int(model(input_ids=torch.tensor([ids])).logits[0, -1].argmax())
        text = tokenizer.decode(best)
        if not text.startswith(" ") or tokenizer.encode(problem.question + text) != [*ids, best]:
            continue  # a choice follows a space
        asked += 1
        item = ChoiceItem("a", problem.question, (text[1:], f"{text[1:]} zebras", "zebras"))
        assert score_choices(model, tokenizer, [item])[0].greedy == (True, False, False)
    assert asked > 3


def test_a_model_in_bf16_gives_finite_scores_near_those_in_fp32(tokenizer: Any) -> None:
    import torch

    exact = score_choices(small_model(), tokenizer, ITEMS)
    rounded = score_choices(small_model().to(torch.bfloat16), tokenizer, ITEMS)
    for a, b in zip(exact, rounded, strict=True):
        assert b.log_likelihoods == pytest.approx(a.log_likelihoods, rel=0.1)


def test_what_is_cut_off_a_long_context_is_counted(tokenizer: Any) -> None:
    scores = score_choices(small_model(max_position_embeddings=64), tokenizer, ITEMS)
    assert any(each.cut for each in scores) and min(each.cut for each in scores) >= 0
    with pytest.raises(EvaluationError, match=r"a choice of .* tokens is longer than the model's"):
        score_choices(small_model(max_position_embeddings=8), tokenizer, ITEMS)


def test_a_model_that_overflows_is_refused_and_not_graded(tokenizer: Any) -> None:
    broken = small_model()
    broken.lm_head.weight.data.fill_(math.nan)
    with pytest.raises(EvaluationError, match="not a number"):
        score_choices(broken, tokenizer, ITEMS[:1])


def test_no_items_have_no_scores(model: Any, tokenizer: Any) -> None:
    assert score_choices(model, tokenizer, []) == []


# -- verdicts ------------------------------------------------------------------------------


def problem(
    name: str, right: int | None, choices: tuple[str, ...] = ("a", "bb", "cccc")
) -> Problem:
    return Problem(name, "own", "?", None, choices=choices, answer_choice=right)


def scores(name: str, *values: float, characters: tuple[int, ...] = (1, 2, 4)) -> ChoiceScores:
    return ChoiceScores(name, values, characters, (1, 1, 3), (False,) * len(values))


def test_each_metric_divides_by_its_own_length() -> None:
    found = scores("p", -2.0, -3.0, -5.0)
    assert chosen(found, "acc") == 0
    assert chosen(found, "acc_norm") == 2  # −2, −1.5, −1.25 a character
    assert chosen(found, "acc_tokens") == 2  # −2, −3, −1.67 a token
    assert graded_choices([problem("p", 2)], [found]) == {"p": False}
    assert graded_choices([problem("p", 2)], [found], "acc_norm") == {"p": True}


def test_of_equal_scores_the_first_counts_and_an_empty_choice_never() -> None:
    assert chosen(scores("p", -1.0, -1.0, -1.0), "acc") == 0
    assert chosen(scores("p", -1.0, -9.0, -9.0, characters=(0, 1, 1)), "acc_norm") == 1


def test_a_problem_without_scores_or_with_other_choices_is_refused() -> None:
    with pytest.raises(EvaluationError, match="has 3 choices and 0 scores"):
        graded_choices([problem("p", 0)], [])
    with pytest.raises(EvaluationError, match="has 3 choices and 2 scores"):
        graded_choices([problem("p", 0)], [scores("p", -1.0, -2.0, characters=(1, 1))])
    with pytest.raises(EvaluationError, match="no right choice"):
        graded_choices([problem("p", None)], [scores("p", -1.0, -1.0, -1.0)])
    with pytest.raises(EvaluationError, match="not a number"):
        graded_choices([problem("p", 0)], [scores("p", math.nan, -1.0, -1.0)])


@pytest.mark.parametrize("kind", ["qwen2", "mistral"])
def test_the_share_that_is_scored_is_told_after_each_batch(tokenizer: Any, kind: str) -> None:
    sliding = {"sliding_window": 8} if kind == "mistral" else {}
    told: list[float] = []
    score_choices(small_model(kind=kind, **sliding), tokenizer, ITEMS, 2, told.append)
    assert len(told) > 3 and told == sorted(told) and told[-1] == 1
