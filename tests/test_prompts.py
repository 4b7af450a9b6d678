"""What a model is asked: every style, where its examples come from, and lm-eval's own prompts."""

from __future__ import annotations

import importlib.metadata
import random
import re
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from conftest import ROOT, SHARED
from netgain.data.perturbing import perturb_all
from netgain.data.rows import read_problems
from netgain.data.wordproblems import word_problems
from netgain.errors import DataError, MissingDependency, RecipeError
from netgain.prompts import completion_text, prompter, stop_texts
from netgain.prompts.endings import with_ending
from netgain.prompts.lm_eval_prompts import cot_shots
from netgain.recipe import PromptSettings, parse_recipe
from netgain.recipe.prompt_rules import HEEDED
from netgain.recipe.templates import MAX_TEXT, TemplateMistake, read_template
from netgain.records import Problem, Prompt

PENS = Problem("pens", "x", "Ana has 3 pens and buys 4. How many?", Fraction(7), "3+4=7\n#### 7")
CUPS = Problem("cups", "x", "Bo has 2 cups and sells 1. How many?", Fraction(1), "2-1=1\n#### 1")
HALF = Problem("half", "x", "What is half of 5?", Fraction(5, 2), "5/2=2.5\n#### 2.5")
TRAINING = word_problems(30, 5)


def ask(problem: Problem = PENS, training: Any = (CUPS, HALF), **settings: Any) -> Prompt:
    return prompter(PromptSettings(**settings), training, [problem])(problem)


# -- styles --------------------------------------------------------------------------------


EARLIER = 'Solve the problem step by step. End with a line "#### " followed by the final number.'


def test_a_prompt_is_made_as_earlier_runs_made_it() -> None:
    prompt = ask(instruction=EARLIER)
    assert prompt.messages == (("user", f"{PENS.question}\n\n{EARLIER}"),)
    assert prompt.digest == "fc61e62411990d0e85487bb55f6fa02eee57abb4bb67569ff496428c706fc5c2"


@pytest.mark.parametrize(
    ("instruction", "ending"),
    [
        (PromptSettings().instruction, "\\boxed{2.5}"),
        (EARLIER, "#### 2.5"),
        ('Say "The answer is N." in the end.', "The answer is 2.5."),
    ],
)
def test_shots_and_what_is_learned_end_as_the_instruction_asks(
    instruction: str, ending: str
) -> None:
    settings = PromptSettings(style="few_shot_chat", shot_ids=("half",), instruction=instruction)
    prompt = prompter(settings, [HALF], [PENS])(PENS)
    assert prompt.messages[1] == ("assistant", f"5/2=2.5\n{ending}")
    assert completion_text(HALF, prompt, settings) == f"5/2=2.5\n{ending}"


def test_an_answer_that_is_given_twice_at_the_end_is_given_once_as_asked() -> None:
    twice = "3 + 5 = 8\n#### 8\nThe answer is: 8"
    assert with_ending(twice, "8", "boxed") == "3 + 5 = 8\n\\boxed{8}"


def test_a_former_default_in_a_stored_recipe_is_no_setting_in_vain() -> None:
    stored = PromptSettings(style="chain_of_thought", instruction=EARLIER)
    assert stored.answer_ending == "hashes"


def test_an_ending_that_the_instruction_does_not_ask_for_is_refused() -> None:
    with pytest.raises(ValueError, match=r"is not what prompt\.instruction asks for"):
        PromptSettings(ending="hashes")


def test_few_shot_chat_shows_worked_examples_as_turns_each_with_the_instruction() -> None:
    prompt = ask(style="few_shot_chat", shot_ids=("half", "cups"), system="Hi", instruction="Do.")
    assert prompt.messages == (
        ("system", "Hi"),
        ("user", "What is half of 5?\n\nDo."),
        ("assistant", "5/2=2.5\n#### 2.5"),
        ("user", "Bo has 2 cups and sells 1. How many?\n\nDo."),
        ("assistant", "2-1=1\n#### 1"),
        ("user", "Ana has 3 pens and buys 4. How many?\n\nDo."),
    )


def test_few_shot_text_is_raw_text_that_ends_where_the_answer_begins() -> None:
    settings = PromptSettings(style="few_shot_text", shot_ids=("cups",), instruction="Do.")
    prompt = prompter(settings, [CUPS], [PENS])(PENS)
    assert prompt.messages == ()
    assert prompt.text == (
        "Do.\n\nQuestion: Bo has 2 cups and sells 1. How many?\nAnswer: 2-1=1\n#### 1\n\n"
        "Question: Ana has 3 pens and buys 4. How many?\nAnswer:"
    )
    assert stop_texts(settings) == ("Question:",)


def test_answer_only_shows_and_asks_for_the_answer_alone() -> None:
    prompt = ask(style="answer_only", shot_ids=("half",))
    assert [role for role, _ in prompt.messages] == ["user", "assistant", "user"]
    assert prompt.messages[1][1] == "2.5"
    assert len(ask(style="answer_only").messages) == 1


def test_chain_of_thought_adds_one_sentence_to_the_question() -> None:
    (user,) = ask(style="chain_of_thought").messages
    assert user == ("user", f"{PENS.question}\n\nLet's think step by step.")


def test_the_users_stop_texts_come_after_the_styles_own_each_once() -> None:
    settings = PromptSettings(style="lm_eval_gsm8k", stop=("</s>", "\n\n\n"))
    assert stop_texts(settings) == ("Question:", "</s>", "<|im_end|>", "\n\n\n")
    assert stop_texts(PromptSettings()) == ()


def test_prompts_that_differ_have_digests_that_differ() -> None:
    made = [
        ask(), ask(instruction="Do."), ask(system=""), ask(style="chain_of_thought"),
        ask(style="few_shot_chat", shots=1), ask(style="few_shot_text", shots=1),
        ask(style="answer_only", shots=1), ask(CUPS, [PENS, HALF]),
    ]  # fmt: skip
    assert len({p.digest for p in made}) == len(made)


# -- shots ---------------------------------------------------------------------------------


def shown(prompt: Prompt, training: list[Problem]) -> list[str]:
    """Ids of the training problems whose solution stands in a prompt, in order."""
    said = prompt.text or "\n".join(text for _, text in prompt.messages)
    found = [(said.find(p.solution), p.id) for p in training if p.solution in said]
    return [name for _, name in sorted(found)]


def test_every_question_gets_the_same_shots_and_the_seed_decides_which() -> None:
    settings = {"style": "few_shot_chat", "shots": 4, "instruction": "Do."}
    pens = shown(ask(PENS, TRAINING, **settings), TRAINING)
    assert len(pens) == 4
    assert shown(ask(CUPS, TRAINING, **settings), TRAINING) == pens
    assert shown(ask(PENS, TRAINING, **settings, shot_seed=1), TRAINING) != pens


def test_drawn_shots_depend_neither_on_order_nor_on_problems_that_are_not_shown() -> None:
    settings = {"style": "few_shot_text", "shots": 4}
    drawn = shown(ask(PENS, TRAINING, **settings), TRAINING)
    other = [p for p in TRAINING if p.id in drawn or int(p.id[-2:]) % 2]
    random.Random(0).shuffle(other)
    assert shown(ask(PENS, other, **settings), TRAINING) == drawn


@pytest.mark.parametrize("style", ["few_shot_chat", "few_shot_text", "answer_only"])
def test_a_training_problem_is_never_its_own_example(style: str) -> None:
    of = prompter(PromptSettings(style=style, shots=29), TRAINING)
    for problem in TRAINING:
        prompt = of(problem)
        text = prompt.text or "\n".join(content for _, content in prompt.messages)
        assert text.count(problem.question) == 1
        assert sum(p.question in text for p in TRAINING) == 30


def test_a_question_that_stands_twice_is_shown_once_and_never_to_itself() -> None:
    twin = Problem("twin", "x", PENS.question, Fraction(7), PENS.solution)
    assert shown(ask(PENS, [twin, CUPS, HALF], style="few_shot_chat", shots=2), [twin]) == []
    with pytest.raises(DataError, match="only 1 with a solution"):
        ask(HALF, [twin, PENS], style="few_shot_chat", shots=2)


@pytest.mark.parametrize(
    ("settings", "training", "told"),
    [
        ({"shots": 3}, [CUPS, HALF], "3 worked examples .* there are only 2 with a solution"),
        ({"shots": 2}, [], "there are none with a solution.*lower prompt.shots"),
        ({"shots": 2}, [CUPS, PENS], "only 1 with a solution other than 'pens'"),
        ({"shot_ids": ("cup",)}, [CUPS], "no training problem has the id 'cup'; did you mean"),
        ({"shot_ids": ("pens",)}, [CUPS, PENS], "'pens' is one of the problems that are asked"),
    ],
)
def test_shots_that_cannot_be_shown_are_an_error_for_people(
    settings: dict[str, Any], training: list[Problem], told: str
) -> None:
    with pytest.raises(DataError, match=told):
        ask(PENS, training, style="few_shot_chat", **settings)


# -- mistakes are told when the recipe is read ---------------------------------------------


@pytest.mark.parametrize(
    ("settings", "field", "told"),
    [
        ({"shots": 3}, "shots", "no effect with prompt.style: zero_shot_chat, only with few"),
        ({"template": "{{ question }}"}, "template", "only with template; leave it out"),
        ({"style": "few_shot_text", "system": "Hi"}, "system", "no effect"),
        ({"style": "chain_of_thought", "instruction": "Do."}, "instruction", "only with zero_shot"),
        ({"style": "lm_eval_gsm8k", "shot_ids": ["a"]}, "shot_ids", "a list of 1 has no effect"),
        ({"style": "lm_eval_gsm8k_cot", "shots": 9}, "shots", "more than the 8"),
        ({"style": "few_shot_chat", "shots": 1, "shot_ids": ["a"]}, "shots", "beside prompt.shot_"),
        ({"style": "few_shot_chat", "shot_ids": ["a", "b", "a"]}, "shot_ids", "'a' stands twice"),
        ({"style": "few_shot_chat", "shot_ids": ["a"], "shot_seed": 1}, "shot_seed", "no effect"),
        ({"instruction": "\ud800"}, "instruction", "half a character"),
        ({"style": "template", "template": "{{ question }}\ud800"}, "template", "half a char"),
        ({"style": "template"}, "template", "is required with prompt.style: template"),
        ({"style": "template", "template": "{{ questoin }}"}, "template", "'questoin' is not kn"),
        ({"style": "template", "template": "{% if %}"}, "template", "line 1: Expected an expr"),
        ({"style": "template", "template": "Hello"}, "template", "same prompt of every problem"),
        (
            {"style": "template", "template": "{{ question }}", "shots": 2},
            "shots",
            "no effect, as the template does not use it",
        ),
        (
            {"style": "template", "template": "{{ question }}{{ shots | length }}"},
            "template",
            "uses shots, and there are none",
        ),
        (
            {
                "style": "template",
                "template": "{{ question }}",
                "template_as": "text",
                "system": "Hi",
            },
            "system",
            "no effect",
        ),
    ],
)  # fmt: skip
def test_what_a_style_does_not_heed_is_refused_by_name(
    settings: dict[str, Any], field: str, told: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        PromptSettings.model_validate(settings)
    (error,) = caught.value.errors()
    assert error["loc"] == (field,)
    assert told in error["msg"]
    recipe = {"name": "x", "model": {"id": "embedded"}, "data": {"source": "builtin"}}
    with pytest.raises(RecipeError, match=f"prompt.{field}: "):
        parse_recipe({**recipe, "prompt": settings})


def test_all_mistakes_of_a_prompt_are_told_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        PromptSettings(style="chain_of_thought", instruction="Do.", shots=2, shot_seed=3)
    assert [e["loc"][0] for e in caught.value.errors()] == ["instruction", "shots", "shot_seed"]


# -- the user's template -------------------------------------------------------------------

TEMPLATE = """\
{% if system %}{{ system }}

{% endif %}
{% for shot in shots %}
Problem {{ loop.index }}: {{ shot.question }}
Work: {{ shot.solution.split("####")[0].strip() }} => {{ shot.answer }}

{% endfor %}
Problem: {{ question | upper }} ({{ instruction ~ "!" }})
Work:
"""


def test_a_template_makes_one_user_turn_or_raw_text() -> None:
    settings = {
        "style": "template", "template": TEMPLATE, "system": "S", "instruction": "I",
        "shot_ids": ("half",),
    }  # fmt: skip
    text = (
        "S\n\nProblem 1: What is half of 5?\nWork: 5/2=2.5 => 2.5\n\n"
        "Problem: ANA HAS 3 PENS AND BUYS 4. HOW MANY? (I!)\nWork:"
    )
    assert ask(**settings).messages == (("system", "S"), ("user", text))
    assert ask(**settings, template_as="text").text == text


def test_a_template_can_show_choices() -> None:
    choice = Problem("c", "x", "Sky?", None, choices=("red", "blue"), answer_choice=1)
    template = (
        "{{ question }}{% for c in choices %} {{ 'ABCD'[loop.index0] }}) {{ c }}{% endfor %}"
        " First: {{ choices[0] }}"
    )
    assert ask(choice, style="template", template=template).messages[0][1] == (
        "Sky? A) red B) blue First: red"
    )
    with pytest.raises(RecipeError, match=r"cannot be used for problem 'pens'.*no element 0"):
        ask(PENS, style="template", template=template)


HOSTILE = [
    "{{ ''.__class__.__mro__ }}",
    "{{ question.__init__.__globals__ }}",
    "{{ shots.__class__ }}",
    "{{ self }}",
    "{{ question }}{{ [1, 2, 3] | random }}",
    "{{ question }}{{ lipsum(1) }}",
    "{{ question }}{{ namespace(a=1) }}",
    "{{ question }}{{ strftime_now('%f') }}",
    "{{ lipsum(1000) }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% macro f(n) %}{{ f(n) }}{{ f(n) }}{% endmacro %}{{ f(1) }}",
    "{% for a in shots recursive %}{{ loop(shots) }}{% endfor %}",
    "{{ 9 ** 9 ** 9 ** 9 }}",
    "{{ 'a' * 1000000000 }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ question.ljust(1000000000) }}",
    "{{ question | center(1000000000) }}",
    "{% set x = 99999999 %}" + "{% set x = x * x %}" * 100 + "{{ x }}",
    "{% set x = question %}" + "{% set x = x ~ x %}" * 100 + "{{ x }}",
    "{% set x = question %}" + "{% set x = x + x %}" * 100 + "{{ x }}",
    "{% set x = question %}" + "{% set x = x | replace('e', x) %}" * 100 + "{{ x }}",
    "{% set x = range(100000) | join('" + "a" * 5000 + "') %}",
    "{% set x = [question] %}" + "{% set x = [x, x] %}" * 100 + "{{ x }}",
    "{% for a in range(100000) %}{{ question }}{% endfor %}",
    "{% for a in range(10000000000) %}{% endfor %}",
    "{% for a in range(3) %}" * 30 + "{{ question }}" + "{% endfor %}" * 30,
    "{{ " + "(" * 4000 + "1" + ")" * 4000 + " }}",
    "{{ " + "9" * 5000 + " }}",
    "{{ question.strip }}",
    "{{ shots }}",
    "{{ question }}" * 1000,
]


@pytest.mark.parametrize("template", HOSTILE, ids=lambda t: t[:40])
def test_a_hostile_template_is_refused_when_the_recipe_is_read(template: str) -> None:
    with pytest.raises(ValidationError, match="cannot be used"):
        PromptSettings(style="template", template=template, shots=1)


def test_a_template_that_runs_long_or_grows_long_is_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("netgain.in_limits.RENDER_SECONDS", 0.05)
    values = {"question": "a" * 1000, "shots": (), "instruction": "", "system": "", "choices": ()}
    nested = "{% for a in question %}" * 4 + "{% endfor %}" * 4
    for template in (nested, nested.replace("question", "range(9999)")):
        with pytest.raises(TemplateMistake, match=r"takes more than 0\.05 s"):
            read_template(template).render(values)
    long = {**values, "question": "a" * MAX_TEXT}
    assert len(read_template("{{ question }}").render(long)) == MAX_TEXT
    with pytest.raises(TemplateMistake, match="more than 200,000 characters"):
        read_template("{{ question }}.").render(long)


# -- lm-eval's own prompts -----------------------------------------------------------------


VERSION = "0.4.13"
try:
    INSTALLED = importlib.metadata.version("lm-eval")
except importlib.metadata.PackageNotFoundError:
    INSTALLED = "no lm-eval"
needs_lm_eval = pytest.mark.skipif(
    INSTALLED != VERSION, reason=f"needs lm-eval {VERSION} (`make test-all`); found {INSTALLED}"
)
TASK_FILES = {"lm_eval_gsm8k": "gsm8k.yaml", "lm_eval_gsm8k_cot": "gsm8k-cot.yaml"}


def gsm8k() -> dict[str, Path]:
    paths = {split: SHARED / "data" / "gsm8k" / f"{split}.jsonl" for split in ("train", "test")}
    if not all(path.is_file() for path in paths.values()):
        pytest.skip("needs GSM8K, which is not in the repository; set NETGAIN_SHARED to find it")
    return paths


def lm_eval_instances(style: str, cache: Path, limit: int | None) -> list[Any]:
    """The requests that lm-eval itself makes of its task, on local files instead of the Hub's."""
    import lm_eval
    from lm_eval.api.task import ConfigurableTask
    from lm_eval.tasks._yaml_loader import load_yaml

    config = load_yaml(Path(lm_eval.__file__).parent / "tasks" / "gsm8k" / TASK_FILES[style])
    files = {split: str(path) for split, path in gsm8k().items()}
    config |= {
        "dataset_path": "json",
        "dataset_name": None,
        "dataset_kwargs": {"data_files": files, "cache_dir": str(cache)},
    }
    task = ConfigurableTask(config=config)
    task.set_fewshot_seed(1234)  # what its command line sets where --seed does not
    task.build_all_requests(limit=limit)
    return list(task.instances)


@pytest.mark.parametrize("style", TASK_FILES)
@pytest.mark.parametrize("limit", [40, pytest.param(None, marks=pytest.mark.slow)])
@needs_lm_eval
def test_prompts_and_stop_rules_are_lm_evals_own_byte_for_byte(
    style: str, limit: int | None, tmp_path: Path
) -> None:
    theirs = lm_eval_instances(style, tmp_path, limit)
    training, test = (
        read_problems([path], "gsm8k", f"gsm8k-{split}")[0] for split, path in gsm8k().items()
    )
    random.Random(0).shuffle(training)  # as a run does, which also splits some off
    settings = PromptSettings(style=style)
    of = prompter(settings, training[747:], test[:limit], training[:747])
    assert len(theirs) == (limit or 1319)
    for problem, instance in zip(test, theirs, strict=False):
        assert of(problem).text == instance.args[0]
        assert list(stop_texts(settings)) == instance.args[1]["until"]


def in_file(problems: list[Problem], name: str) -> list[Problem]:
    return [
        Problem(f"{name}-{p.id}", "x", p.question, p.answer, p.solution,
                metadata={"file": f"{name}.jsonl", "line": line})
        for line, p in enumerate(problems, 1)
    ]  # fmt: skip


def test_lm_evals_draws_go_by_a_problems_line_whatever_part_of_the_file_is_asked() -> None:
    training, test = in_file(TRAINING, "train"), in_file(word_problems(20, 6), "test")
    settings = PromptSettings(style="lm_eval_gsm8k")
    whole = prompter(settings, training, test)
    part = random.Random(3).sample(test, 7)
    shuffled = random.Random(4).sample(training, len(training))
    of_part = prompter(settings, shuffled[4:], part, shuffled[:4])
    assert [of_part(p) for p in part] == [whole(p) for p in part]
    assert len({whole(p).text.rpartition("Question:")[0] for p in test}) == 20  # drawn anew
    draws = random.Random(1234)
    for p in test:
        expected = [training[i].id for i in draws.sample(range(30), 5)]
        text = whole(p).text
        at = {t.id: text.index(f"Answer: {t.solution}\n\n") for t in training if t.id in expected}
        assert sorted(at, key=at.__getitem__) == expected


def test_lm_evals_style_never_shows_a_training_problem_to_itself() -> None:
    training = in_file(TRAINING, "train")
    of = prompter(PromptSettings(style="lm_eval_gsm8k", shots=29), training)
    for problem in training:
        assert of(problem).text.count(problem.question) == 1
        assert of(problem).text.count("Answer:") == 30
    with pytest.raises(DataError, match="only 29 with a solution other than 'train-"):
        prompter(PromptSettings(style="lm_eval_gsm8k", shots=30), training)(training[0])


def test_without_lm_eval_the_command_that_installs_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "lm_eval", None)
    cot_shots.cache_clear()
    with pytest.raises(MissingDependency, match=r"pip install --no-deps lm-eval==0\.4\.13"):
        ask(style="lm_eval_gsm8k_cot")


@pytest.mark.parametrize(
    "content",
    ["", "[", "fewshot_config: {samples: [{question: Why?, target: So.}]}",
     "fewshot_config: {samples: !function os.abort}", "x: !!python/object/apply:os.abort []"],
)  # fmt: skip
def test_another_lm_eval_is_refused_and_its_file_never_run(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "lm_eval" / "tasks" / "gsm8k"
    folder.mkdir(parents=True)
    (tmp_path / "lm_eval" / "__init__.py").write_text("raise SystemExit('it was imported')")
    (folder / "gsm8k-cot.yaml").write_text(content)
    monkeypatch.delitem(sys.modules, "lm_eval", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    cot_shots.cache_clear()
    with pytest.raises(MissingDependency, match=r"does not hold the examples of lm-eval 0\.4\.13"):
        ask(style="lm_eval_gsm8k_cot")


# -- the page ------------------------------------------------------------------------------


PAGE = (ROOT / "docs" / "prompts.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(
    r"^### (\w+)\n(?:(?!^###).)*?```yaml\n(.*?)```\n\n```text\n(.*?)\n```", PAGE, re.M | re.S
)


def test_the_page_shows_every_style() -> None:
    assert [style for style, _, _ in EXAMPLES] == list(HEEDED)


@pytest.mark.parametrize(("style", "settings", "rendered"), EXAMPLES, ids=lambda t: t[:20])
def test_the_page_shows_what_is_asked(style: str, settings: str, rendered: str) -> None:
    given = PromptSettings.model_validate(yaml.safe_load(settings))
    prompt = prompter(given, [CUPS, HALF], [PENS])(PENS)
    chat = "\n".join(f"[{role}]\n{content}" for role, content in prompt.messages)
    assert (given.style, chat or prompt.text) == (style, rendered)


def test_a_variant_with_other_numbers_is_asked_with_its_originals_shots() -> None:
    drawn = word_problems(40, 5)
    training = [replace(p, metadata={"file": "t", "line": n}) for n, p in enumerate(drawn[:20], 1)]
    asked = [replace(p, metadata={"file": "e", "line": n}) for n, p in enumerate(drawn[20:], 1)]
    pairs = perturb_all(asked, seed=1).pairs
    assert len(pairs) > 5
    settings = PromptSettings(style="lm_eval_gsm8k", shots=3)
    originals = prompter(settings, training, asked)
    variants = prompter(settings, training, [v for _, v in pairs])
    for original, variant in pairs:
        before = originals(original).text.removesuffix(f"Question: {original.question}\nAnswer:")
        assert variants(variant).text == f"{before}Question: {variant.question}\nAnswer:"
