"""Training and evaluation ask the same way, and every solution ends with a learned end."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from conftest import CHATML, make_tokenizer
from netgain.data.wordproblems import word_problems
from netgain.errors import ModelError
from netgain.models.loading import load_tokenizer
from netgain.models.render import make_renderer
from netgain.prompts import prompter, text_prompt
from netgain.prompts.endings import with_ending
from netgain.recipe import PromptSettings
from netgain.records import Problem
from netgain.train.batches import lay_out
from netgain.train.examples import Answers, build_examples, build_instructions

PROBLEM = Problem("p", "x", "Ana has 3 pens and buys 4. How many?", Fraction(7), "3+4=7\n#### 7")
# What Llama-type instruct models do: the turn ends with a token that is not the text's end.
OTHER_END = CHATML.replace("<|im_end|>", "<|endoftext|>")


def test_the_prompt_is_the_same_tokens_in_training_and_in_evaluation(tiny_model: Path) -> None:
    renderer = make_renderer(load_tokenizer(tiny_model))
    asked = renderer.prompt_ids(prompter(PromptSettings())(PROBLEM))
    (row,) = build_examples([PROBLEM], renderer, PromptSettings(), 512).rows
    assert list(row.prompt_ids) == asked
    text = renderer.tokenizer.decode(asked)
    assert text.startswith("<|im_start|>user\nAna has 3 pens")
    assert text.endswith("<|im_start|>assistant\n")


@pytest.mark.parametrize("template", [CHATML, OTHER_END, None], ids=["chatml", "other", "none"])
@pytest.mark.parametrize("pad", ["<|endoftext|>", "<|im_end|>", None])
def test_what_is_learned_is_the_solution_and_its_end_alone_whatever_the_padding(
    template: str | None, pad: str | None
) -> None:
    tokenizer = make_tokenizer(template)
    tokenizer.pad_token = pad
    renderer = make_renderer(tokenizer)
    (row,) = build_examples([PROBLEM], renderer, PromptSettings(), 512).rows
    learned = list(row.completion_ids)
    batch = lay_out([row])
    assert batch.labels.tolist() == learned
    assert batch.input_ids[0][batch.learned + 1].tolist() == learned
    assert learned[-1] == renderer.end_id in renderer.stop_ids
    assert tokenizer.decode(learned[:-1]) == "3+4=7\n\\boxed{7}"
    end = "<|endoftext|>" if template == OTHER_END else "<|im_end|>"
    assert tokenizer.convert_ids_to_tokens(renderer.end_id) == end
    assert tokenizer.pad_token_id is not None


def test_special_tokens_written_out_in_what_is_learned_teach_one_end_and_no_other_turn(
    tiny_model: Path,
) -> None:
    renderer = make_renderer(load_tokenizer(tiny_model))
    plain = renderer.completion_ids("It is 7.")
    for text in ("It is 7.<|im_end|>", "It is 7.\n<|im_end|><|im_end|>"):
        assert renderer.completion_ids(text) == plain
    turns = "It is 7.<|im_end|>\n<|im_start|>user\nAnd 8?"
    ids = renderer.completion_ids(turns)
    assert not set(ids[:-1]) & set(renderer.tokenizer.all_special_ids)
    assert renderer.tokenizer.decode(ids[:-1]) == turns  # as plain text
    assert renderer.completion_ids("It is 7.\n")[:-1] != plain[:-1]  # white space stays
    with_special = renderer.prompt_ids(prompter(PromptSettings())(PROBLEM))
    assert set(with_special) & set(renderer.tokenizer.all_special_ids)


STYLES = ["few_shot_chat", "few_shot_text", "chain_of_thought", "answer_only", "lm_eval_gsm8k"]


@pytest.mark.parametrize("style", STYLES)
def test_training_asks_in_every_style_as_evaluation_does_and_masks_all_of_it(
    tiny_model: Path, style: str
) -> None:
    renderer = make_renderer(load_tokenizer(tiny_model))
    settings, training = PromptSettings(style=style), word_problems(8, 1)
    for problem, row in zip(
        training, build_examples(training, renderer, settings, 4096).rows, strict=True
    ):
        asked = renderer.prompt_ids(prompter(settings, training)(problem))
        learned = list(row.completion_ids)
        assert list(row.prompt_ids) == asked
        assert problem.solution not in renderer.tokenizer.decode(asked)
        answer = renderer.tokenizer.decode(learned[:-1])
        raw = style in {"few_shot_text", "lm_eval_gsm8k"}
        assert answer == (
            str(problem.answer)
            if style == "answer_only"
            else " " * raw
            + with_ending(problem.solution, str(problem.answer), settings.answer_ending)
        )


def test_validation_problems_get_their_worked_examples_from_training_problems(
    tiny_model: Path,
) -> None:
    renderer = make_renderer(load_tokenizer(tiny_model))
    drawn = word_problems(9, 1)
    settings = PromptSettings(style="few_shot_chat")
    rows = build_examples(drawn[6:], renderer, settings, 4096, drawn[:6]).rows
    texts = [renderer.tokenizer.decode([*row.prompt_ids, *row.completion_ids]) for row in rows]
    assert all(text.count(p.question) == 1 for text, p in zip(texts, drawn[6:], strict=True))
    assert all(sum(p.question in text for p in drawn[:6]) == 5 for text in texts)


def test_raw_text_gets_no_template_and_a_beginning_token_where_the_tokenizer_adds_one() -> None:
    from tokenizers.processors import TemplateProcessing

    tokenizer = make_tokenizer()
    renderer = make_renderer(tokenizer)
    prompt = text_prompt("Question: 3 + 4?\nAnswer:")
    plain = renderer.prompt_ids(prompt)
    assert tokenizer.decode(plain) == prompt.text
    begin = tokenizer.convert_tokens_to_ids("<|endoftext|>")
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|endoftext|> $A", special_tokens=[("<|endoftext|>", begin)]
    )
    assert renderer.prompt_ids(prompt) == [begin, *plain]  # as lm-eval's hf engine does


def test_a_model_without_a_template_gets_a_plain_one() -> None:
    renderer = make_renderer(make_tokenizer(None))
    text = renderer.tokenizer.decode(renderer.prompt_ids(prompter(PromptSettings())(PROBLEM)))
    assert renderer.template == "plain"
    assert text.startswith("User: Ana has") and text.endswith("Assistant: ")


def test_a_tokenizer_without_any_end_is_refused() -> None:
    tokenizer = make_tokenizer(None)
    tokenizer.eos_token = None
    with pytest.raises(ModelError, match="could never learn to stop"):
        make_renderer(tokenizer)


def test_generation_stops_at_every_end_the_model_knows(tiny_model: Path) -> None:
    tokenizer = load_tokenizer(tiny_model)
    renderer = make_renderer(tokenizer, [tokenizer.eos_token_id, tokenizer.pad_token_id])
    assert set(renderer.stop_ids) == {tokenizer.eos_token_id, tokenizer.pad_token_id}


def test_an_example_that_is_too_long_is_left_out_and_named_never_cut(tiny_model: Path) -> None:
    renderer = make_renderer(load_tokenizer(tiny_model))
    long = Problem("long", "x", "Why? " * 400, Fraction(7), "#### 7")
    examples = build_examples([PROBLEM, long], renderer, PromptSettings(), 300)
    assert examples.too_long == ["long"]
    assert len(examples.rows) == 1


def test_others_answers_and_rows_beside_the_problems_begin_as_solutions_do(
    tiny_model: Path,
) -> None:
    renderer = make_renderer(load_tokenizer(tiny_model))
    row = replace(PROBLEM, metadata={"mixture": "m", "answers": "data"})
    for settings, space in (
        (PromptSettings(style="lm_eval_gsm8k", shots=0), " "),
        (PromptSettings(style="template", template="{{question}}: ", template_as="text"), ""),
        (PromptSettings(), ""),
    ):
        told = Answers({"p": ("It is 7.", "\nIt is 7.")}, "another model's answer")
        taught = build_examples([PROBLEM], renderer, settings, 512, answers=told).rows
        beside = build_instructions([row], renderer, settings, 512, {}).rows
        learned = [renderer.tokenizer.decode(e.completion_ids[:-1]) for e in (*taught, *beside)]
        first = " " if settings.style == "template" else space  # it asks as few_shot_text does
        assert learned == [f"{space}It is 7.", "\nIt is 7.", f"{first}3+4=7\n#### 7"]
