"""The model card and the Hub's results: valid, honest about what was measured, and usable."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard, parse_eval_result_entries
from huggingface_hub.repocard_data import eval_results_to_model_index, model_index_to_eval_results
from markdown_it import MarkdownIt

from conftest import make_tiny_model
from made_run import made_findings, made_records
from netgain.analysis.assembling import assemble
from netgain.analysis.to_publish import publication
from netgain.errors import StorageError
from netgain.records import (
    QUESTION_MARK,
    Concern,
    Findings,
    FurtherResult,
    FurtherTable,
    HubData,
    MetricKind,
    Publication,
    PublishedResult,
)
from netgain.reporting import write_reports
from netgain.reporting.eval_results import eval_result_files
from netgain.reporting.model_card import card_files
from netgain.reporting.writing import WRITTEN
from test_reporting import HOSTILE, findings, hostile, metric, samples, training_only
from test_reporting import sample as one_sample

GSM8K = HubData("openai/gsm8k", "main", "test", "e53f048856ff4f594e959d75785d2c2d37b678ee")
ARC = HubData("allenai/ai2_arc", "ARC-Easy", "test")
# Names, quotes and line ends that would mean something in YAML.
YAML_TRICKS = (
    "a: b", "- x", "---", "x\n---\ny", '"quoted"', "it's", "#no", "!!python/object:os.system x",
    "&a *a", "{a: [b", "null", "2024-01-01", "%TAG", "\u2028---\u2028", "x\r\n...\r\n", "🙂",
)  # fmt: skip


def result(
    name: str = "accuracy, tuned",
    hub: HubData | None = GSM8K,
    kind: MetricKind = "generated",
    value: float = 0.4125,
) -> PublishedResult:
    return PublishedResult(
        "openai/gsm8k, 400 of the test problems", hub, metric(name, value, kind),
        "greedy, prompt style zero shot chat, at most 256 new tokens",
    )  # fmt: skip


def published(**changes: Any) -> Publication:
    made = Publication(
        name="small-sums",
        base="owner/small-model",
        base_on_hub=True,
        base_revision="c540970f9e29518b1d8f06ab8b24cba66ad77b6d",
        base_words="owner/small-model",
        data_words="openai/gsm8k",
        training_data=dataclasses.replace(GSM8K, split="train"),
        plain_template=False,
        precision="bf16",
        max_new_tokens=256,
        stop=(),
        versions=(("torch", "2.13.0+cpu"), ("transformers", "5.23.0"), ("peft", "0.21.2")),
        results=(
            result(),
            result("accuracy by lm-eval strict-match, tuned", value=0.39),
            result("accuracy on arc_easy by log-likelihood, tuned", ARC, "choice_loglikelihood"),
        ),
    )
    return dataclasses.replace(made, **changes)


def of(made: Publication, base: Findings | None = None) -> Findings:
    return dataclasses.replace(base or findings(), publication=made)


def card(of: Findings) -> ModelCard:
    return ModelCard(card_files(of)["README.md"].decode())


def front_matter(of: Findings) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(card(of).data.to_yaml())
    return loaded


def code_of(of: Findings) -> str:
    [code] = re.findall("```python\n(.*?)\n```", card_files(of)["README.md"].decode(), re.DOTALL)
    return str(code)


def everything(value: Any) -> Iterator[Any]:
    """Every key and leaf of plain data."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield key
            yield from everything(item)
    elif isinstance(value, list):
        for item in value:
            yield from everything(item)
    else:
        yield value


# --- front matter


def test_the_front_matter_says_what_the_hub_asks_for() -> None:
    data = card(of(published())).data
    assert data.base_model == "owner/small-model"
    assert data.library_name == "peft"
    assert data.pipeline_tag == "text-generation"
    assert data.datasets == ["openai/gsm8k"]
    assert "license" not in front_matter(of(published()))  # nobody knows it


def test_the_model_index_survives_the_hubs_own_library() -> None:
    made = card(of(published()))
    [index] = yaml.safe_load(made.content.split("---\n")[1])["model-index"]
    name, results = model_index_to_eval_results([index])
    assert name == "small-sums"
    assert eval_results_to_model_index(name, results) == [index]
    first, strict = results  # what was chosen by log-likelihood stands in the text alone
    assert (first.metric_type, first.metric_value) == ("accuracy", 41.25)
    assert (first.dataset_type, first.dataset_config) == ("openai/gsm8k", "main")
    assert (first.dataset_split, first.dataset_revision) == ("test", GSM8K.revision)
    assert "95% CI 36.3–46.2, n = 400, generated answers" in str(first.metric_name)
    assert (strict.metric_type, strict.metric_value) == ("exact_match", 39.0)
    assert "choice by log-likelihood" not in made.content.split("---\n")[1]
    assert first.verified is None and first.verify_token is None


def test_what_is_not_on_the_hub_is_left_out_of_the_front_matter_and_said_in_the_text() -> None:
    local = of(published(base="/models/own", base_on_hub=False, base_revision=None,
                         training_data=None, results=(result(hub=None),)))  # fmt: skip
    facts = front_matter(local)
    assert not {"base_model", "datasets"} & facts.keys()
    assert facts["model-index"][0]["results"][0]["dataset"]["type"] != GSM8K.id
    assert "was read from local files and not from the Hub" in card(local).text
    assert eval_result_files(local) == {}


def test_without_an_adapter_there_is_nothing_to_publish(tmp_path: Path) -> None:
    assert card_files(findings()) == {} == eval_result_files(findings())
    names = {path.name for path in write_reports(bare(), tmp_path, {})}
    assert names == set()


def test_an_adapter_that_was_not_evaluated_has_a_card_without_results() -> None:
    unknown = of(published(results=()), training_only())
    assert "model-index" not in front_matter(unknown)
    assert "No answers were generated" in card(unknown).text
    assert eval_result_files(unknown) == {}


@pytest.mark.parametrize("trick", [*YAML_TRICKS, *HOSTILE])
def test_no_text_gets_out_of_its_place_in_the_yaml(trick: str) -> None:
    hub = HubData(trick, trick, trick, trick)
    made = published(
        name=trick, base=trick, base_words=trick, data_words=trick, training_data=hub,
        base_revision=trick, results=(dataclasses.replace(result(hub=hub), data=trick),),
    )  # fmt: skip
    facts = front_matter(of(made))
    assert facts.keys() == front_matter(of(published())).keys() | {"metrics"}
    assert [facts["library_name"], facts["tags"]] == ["peft", ["lora", "netgain"]]
    [entry] = facts["model-index"][0]["results"]
    assert entry["metrics"][0]["value"] == 41.25
    assert all(isinstance(each, str | float) for each in everything(facts))
    [(path, content)] = eval_result_files(of(made)).items()
    assert re.fullmatch(r"\.eval_results/[A-Za-z0-9._-]+\.yaml", path)
    [stored] = parse_eval_result_entries(yaml.safe_load(content))
    assert isinstance(stored.dataset_id, str) and stored.value == 41.25


def test_hostile_text_in_a_card_is_inert() -> None:
    words = "\n".join(HOSTILE)
    made = of(published(name=words, base_words=words, data_words=words), hostile())
    source = card_files(made)["README.md"].decode()
    body = source.split("\n---\n", 1)[1].split("-->", 1)[1]
    tags = re.findall(r"<(/?\w+)", MarkdownIt().enable("table").render(body))
    assert not {tag.lstrip("/") for tag in tags} & {"script", "img", "iframe", "style", "details"}
    hrefs = re.findall(r'href="([^"]*)"', MarkdownIt().render(body))
    assert all(href.startswith("https://huggingface.co/") for href in hrefs)
    assert not set(source) & {"\x1b", "\x00", "\u202e", "\r"}
    assert "-->" not in source.split("<!--")[1].split("-->")[0]


# --- what may be called a result


@pytest.mark.parametrize("kind", ["teacher_forced", "measured", "projected", "published"])
def test_only_generated_or_chosen_answers_can_be_published_as_a_result(kind: MetricKind) -> None:
    name = {
        "teacher_forced": "teacher-forced token accuracy, of the kept adapter",
        "published": "accuracy, by its makers",
    }.get(kind, "share of time")
    with pytest.raises(ValueError, match="cannot be published"):
        result(name, kind=kind)
    with pytest.raises(ValueError, match="cannot be published"):
        PublishedResult("d", None, metric("gain", 0.1, unit="points"), "")


def test_teacher_forced_figures_stand_in_the_text_alone_and_under_their_own_names() -> None:
    full = of(published())
    assert all(m.kind == "teacher_forced" for m in full.training_metrics)
    structured = [front_matter(full), *map(yaml.safe_load, eval_result_files(full).values())]
    for each in everything(structured):
        assert "teacher" not in str(each) and each not in {92.85, 0.9285}
    text = card(full).text
    forced = [line for line in text.splitlines() if "92.9%" in line]
    assert forced and all(
        re.match(r"\| Teacher-forced token accuracy, of the kept adapter .*\| teacher-forced", line)
        for line in forced
    )


def test_the_evaluation_names_both_models_with_n_and_interval() -> None:
    text = card(of(published())).text
    assert "41 more of the 400 problems" in text
    assert re.search(r"\| Accuracy +\| 31.0% \(95% CI 26.0–36.0\) +\| 41.3% \(95% CI", text)
    assert "+10.3 points (95% CI +6.0 to +14.5, n = 400)" in text
    assert "Only one seed was tried." in text[text.index("## Limits") :]


def test_a_run_whose_tuned_model_has_not_answered_yet_says_whose_answers_there_are() -> None:
    records = made_records()
    only_base = dataclasses.replace(
        records,
        grades={"base": records.grades["base"]},
        summaries={"base": records.summaries["base"]},
        generations={"base": records.generations["base"]},
        diagnoses={"base": records.diagnoses["base"]},
    )
    text = card(of(published(results=()), assemble(only_base))).text
    assert "The tuned model has not answered the test problems yet" in text
    assert "answered the same problems before and after" not in text
    made = publication(only_base)
    assert made is not None and made.results == ()


def test_the_limits_are_all_that_must_be_borne_in_mind_each_once() -> None:
    told = (
        Concern("grave", "Base and tuned differ in engine.", "comparison"),
        Concern("warning", "The base is de-quantised.", "environment"),
        Concern("not checked", "Not known.", "data"),
        Concern("passed", "All is well.", "data"),
    )
    base = findings(concerns=told)
    limits = card(of(published(), base)).text.partition("## Limits")[2].splitlines()
    assert limits[2:4] == ["- Base and tuned differ in engine.", "- The base is de-quantised."]
    assert "All is well" not in "".join(limits) and "Not known" not in "".join(limits)


@pytest.mark.parametrize(
    "source", ["../shared/data/gsm8k", "/gone/gsm8k", "~/x/gsm8k", "a/b/gsm8k"]
)
def test_local_data_are_called_by_their_folder_though_it_is_gone(source: str) -> None:
    records = made_records()
    made = publication(dataclasses.replace(records, split={**records.split, "source": source}))
    assert made is not None and made.data_words == "gsm8k (local files)"
    assert made.results[0].data == "gsm8k (local files), all 60 test problems"


# --- results for a data set's leaderboard


def test_results_for_leaderboards_are_in_the_hubs_form() -> None:
    [(path, content)] = eval_result_files(of(published())).items()
    assert path == ".eval_results/gsm8k.yaml"
    [entry] = parse_eval_result_entries(yaml.safe_load(content))
    assert (entry.dataset_id, entry.task_id) == ("openai/gsm8k", "gsm8k")
    assert (entry.value, entry.dataset_revision) == (41.25, GSM8K.revision)
    assert "400 of the test problems" in str(entry.notes) and "n = 400" in str(entry.notes)
    assert entry.verify_token is None and entry.date is None


def test_problems_held_out_by_us_are_no_benchmark() -> None:
    held_out = result(hub=dataclasses.replace(GSM8K, split=None))
    assert eval_result_files(of(published(results=(held_out,)))) == {}


def test_data_sets_of_the_same_name_get_files_of_their_own() -> None:
    other = HubData("somebody/gsm8k", "default", "test")
    made = of(published(results=(result(), result("accuracy on other, tuned", other))))
    assert list(eval_result_files(made)) == [
        ".eval_results/gsm8k.yaml",
        ".eval_results/somebody-gsm8k.yaml",
    ]


def test_the_card_says_how_it_is_published() -> None:
    source = card_files(of(published(), bare()))["README.md"].decode()
    assert "\nnetgain push RUN_DIR YOUR-NAME/small-sums\n" in source


# --- files


def bare() -> Findings:
    """Findings with nothing to draw, which takes the longest."""
    return findings(comparison=None, curves=(), category_metrics=(), models=(), format_skill=None)


def test_a_report_writes_the_same_card_and_results_again_and_removes_what_is_gone(
    tmp_path: Path,
) -> None:
    full = of(published(), bare())
    first = {path: path.read_bytes() for path in write_reports(full, tmp_path, {})}
    assert [p.relative_to(tmp_path).as_posix() for p in first] == [
        "README.md",
        ".eval_results/gsm8k.yaml",
    ]
    assert {path: path.read_bytes() for path in write_reports(full, tmp_path, {})} == first
    write_reports(of(published(results=(result(hub=None),)), bare()), tmp_path, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == [WRITTEN, "README.md"]
    write_reports(bare(), tmp_path, {})
    assert list(tmp_path.iterdir()) == []


def test_a_card_with_a_licence_and_results_of_others_survive_the_next_report(
    tmp_path: Path,
) -> None:
    write_reports(of(published(), bare()), tmp_path, {})
    mine = (tmp_path / "README.md").read_text().replace("---\n", "---\nlicense: mit\n", 1)
    (tmp_path / "README.md").write_text(mine)
    (tmp_path / ".eval_results/other.yaml").write_text("[]")
    written = write_reports(of(published(results=(result(hub=None),)), bare()), tmp_path, {})
    assert [path.name for path in written] == ["README.new.md"]
    assert (tmp_path / "README.md").read_text() == mine
    assert [path.name for path in (tmp_path / ".eval_results").iterdir()] == ["other.yaml"]


def test_a_report_that_fails_leaves_the_published_files_as_they_were(tmp_path: Path) -> None:
    def refuse(_: Findings) -> bytes:
        raise RuntimeError("cannot be rendered")

    write_reports(of(published(), bare()), tmp_path, {})
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    with pytest.raises(RuntimeError):
        write_reports(bare(), tmp_path, {"report.json": refuse})
    (tmp_path / "README.md").unlink()
    (tmp_path / "README.md").mkdir()  # so that it cannot be stored
    with pytest.raises(StorageError):
        write_reports(of(published(results=(result(value=0.9),)), bare()), tmp_path, {})
    (tmp_path / "README.md").rmdir()
    (tmp_path / "README.md").write_bytes(before[tmp_path / "README.md"])
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


# --- from a run's records


def test_a_run_gives_the_facts_that_its_card_needs() -> None:
    made = made_findings().publication
    assert made is not None
    assert (made.name, made.base, made.base_on_hub) == ("made", "owner/small-model", False)
    assert [r.metric.name for r in made.results] == [
        "accuracy, tuned",
        "accuracy by lm-eval strict-match, tuned",
        "accuracy by lm-eval flexible-extract, tuned",
    ]
    assert {r.hub for r in made.results} == {None}
    assert made.results[0].data == "built-in word problems, all 60 test problems"


def test_a_model_and_data_fetched_from_the_hub_are_named_with_their_revisions() -> None:
    records = made_records()
    assert records.training is not None
    model = {**records.training["model"], "revision": "abc"}
    hub = dataclasses.replace(
        records,
        training={**records.training, "model": model},
        split={**records.split, "source": GSM8K.id, "revision": GSM8K.revision},
        recipe={**records.recipe, "evaluate": {**records.recipe["evaluate"], "limit": 60}},
    )
    made = publication(hub)
    assert made is not None
    assert (made.base_on_hub, made.base_revision) == (True, "abc")
    assert made.training_data == dataclasses.replace(GSM8K, split="train")
    # A part of the test split is no result of the split.
    assert made.results[0].hub == dataclasses.replace(GSM8K, split=None)
    assert made.results[0].data == "openai/gsm8k, 60 of the test problems"
    unlimited = {**hub.recipe, "evaluate": {**hub.recipe["evaluate"], "limit": None}}
    whole = publication(dataclasses.replace(hub, recipe=unlimited))
    assert whole is not None and whole.results[0].hub == GSM8K
    bad = {**hub.split, "bad_rows": [{"line": 3}]}
    part = publication(dataclasses.replace(hub, recipe=unlimited, split=bad))
    assert part is not None and "could not be read" in part.results[0].data
    assert part.results[0].hub == dataclasses.replace(GSM8K, split=None)
    elsewhere = {**records.recipe["data"], "test_source": "owner/test"}
    recipe = {**unlimited, "data": elsewhere}
    local = publication(dataclasses.replace(hub, recipe=recipe))
    assert local is not None and local.results[0].hub is None
    assert "from elsewhere" in local.results[0].data
    split = {**hub.split, "test_revision": "def"}
    pinned = publication(dataclasses.replace(hub, recipe=recipe, split=split))
    assert pinned is not None
    assert pinned.results[0].hub == HubData("owner/test", "main", "test", "def")
    assert pinned.results[0].data == "owner/test, all 60 test problems"
    held_out = {**records.recipe["data"], "test_fraction": 0.2}
    made = publication(dataclasses.replace(hub, recipe={**hub.recipe, "data": held_out}))
    assert made is not None and made.results[0].hub == dataclasses.replace(GSM8K, split=None)
    assert publication(dataclasses.replace(hub, training=None)) is None


def test_a_benchmark_elsewhere_is_published_under_its_own_data_set() -> None:
    chosen = metric("accuracy on arc_easy by log-likelihood, tuned", 0.5, "choice_loglikelihood")
    rows = (("arc_easy", "log-likelihood", "", chosen), ("arc_easy, beside it", "", "", chosen))
    table = FurtherTable("Accuracy elsewhere", ("Task", "Judged by", "Base", "Tuned"), rows)
    records = made_records(further=(FurtherResult("Elsewhere", "task", ("…",), (table,)),))
    wanted = {"name": "arc_easy", "source": None, "limit": None}

    def with_task(**changes: object) -> PublishedResult:
        extras = {**records.recipe["extras"], "tasks": [{**wanted, **changes}]}
        recipe = {**records.recipe, "extras": extras}
        made = publication(dataclasses.replace(records, recipe=recipe))
        assert made is not None
        return made.results[-1]

    assert with_task().hub == ARC
    assert with_task().metric is chosen
    assert with_task(source="elsewhere").hub is None


# --- the code of the card


def test_the_code_is_python_that_asks_the_prompt_of_the_evaluation_greedily() -> None:
    code = code_of(of(published()))
    compile(code, "card", "exec")
    assert 'REVISION = "c540970f9e29518b1d8f06ab8b24cba66ad77b6d"' in code
    assert '{"role": "system", "content": "Be brief."}' in code
    assert '{"role": "user", "content": QUESTION + " Think."}' in code
    assert "do_sample=False, max_new_tokens=256" in code
    assert "torch.bfloat16" in code


@pytest.mark.parametrize("trick", [*YAML_TRICKS, *HOSTILE, "'\"", '"""', "\\", "```"])
def test_no_prompt_gets_out_of_its_literal(trick: str) -> None:
    shown = samples(one_sample("p1"))
    asked = ((("user", f"{trick}{QUESTION_MARK}{trick}"),),)
    made = of(
        published(base=trick, base_revision=trick, base_words=trick, stop=(trick,)),
        findings(samples=dataclasses.replace(shown, prompts=asked)),
    )
    [block] = [
        token.content
        for token in MarkdownIt().parse(card_files(made)["README.md"].decode())
        if token.info == "python"
    ]
    names: dict[str, Any] = {"QUESTION": "Q"}
    lines = [line for line in block.splitlines() if re.match(r"BASE|REVISION|STOP|    {", line)]
    told = "\n".join(lines).replace("    {", "MESSAGE = {").replace("},", "}")
    exec(compile(told, "card", "exec"), names)  # our own lines, with foreign literals in them
    assert (names["BASE"], names["STOP"]) == (trick, [trick])
    assert names["MESSAGE"] == {"role": "user", "content": f"{trick}Q{trick}"}


def test_a_prompt_that_is_not_on_record_is_not_made_up() -> None:
    fixed = dataclasses.replace(samples(one_sample("p1")), prompts=((("user", "Always this."),),))
    for shown in (None, fixed):
        unknown = of(published(), findings(samples=shown))
        assert "The prompt of the evaluation is not on record" in card(unknown).text
        assert '{"role": "user", "content": QUESTION}' in code_of(unknown)
        assert "Always this." not in code_of(unknown)


def test_shots_that_differ_from_problem_to_problem_are_said_to() -> None:
    rows = (one_sample("p1"), one_sample("p2"), dataclasses.replace(one_sample("p3"), prompt=1))
    prompts = tuple((("", f"{shot} {QUESTION_MARK}"),) for shot in ("first", "second"))
    shown = dataclasses.replace(samples(*rows), prompts=prompts)
    made = of(published(), findings(samples=shown))
    assert "differed from problem to problem" in card(made).text
    assert 'prompt = "first " + QUESTION' in code_of(made)


RUN_ALL = """
import json, runpy, sys
for path in sys.argv[1:]:
    names = runpy.run_path(path)
    print("RESULT", json.dumps([names["inputs"].input_ids[0].tolist(), names["answer"]]))
"""


@pytest.mark.slow
def test_the_code_gives_the_prompt_and_the_answer_of_the_evaluation(tmp_path: Path) -> None:
    """With a chat template, without one, and with a raw text and a text that ends the answer."""
    own, bare = tmp_path / "own", tmp_path / "bare"
    make_tiny_model(own)
    make_tiny_model(bare, template=None)
    question = 'It\'s 2 + 2: "what"?\nSay.'
    chat = (("system", "Be brief."), ("user", f"{QUESTION_MARK}\n\nThink."))
    cases = [(own, chat, ()), (bare, chat, ()), (own, (("", f"Q: {QUESTION_MARK}\nA:"),), ("e",))]
    expected, scripts = [], []
    for number, (base, messages, stop) in enumerate(cases):
        adapter = tmp_path / f"adapter-{number}"
        make_adapter(base, adapter)
        expected.append(evaluated(base, adapter, messages, question, stop))
        shown = dataclasses.replace(samples(one_sample("p1")), prompts=(messages,))
        made = published(base=str(base), base_on_hub=False, precision="fp32", stop=stop,
                         max_new_tokens=12, plain_template=base is bare)  # fmt: skip
        code = code_of(of(made, findings(samples=shown)))
        code = code.replace('ADAPTER = "train/adapter"', f'ADAPTER = "{adapter}"')
        scripts.append(tmp_path / f"{number}.py")
        [ours] = re.findall("(?m)^QUESTION = .*$", code)
        scripts[-1].write_text(code.replace(ours, f"QUESTION = {question!r}"))
    done = subprocess.run(
        [sys.executable, "-c", RUN_ALL, *map(str, scripts)], capture_output=True, text=True,
        timeout=240, check=False, env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = [json.loads(x.split(" ", 1)[1]) for x in done.stdout.splitlines() if x[:7] == "RESULT "]
    assert told == expected
    assert any(answer for _, answer in told)


def make_adapter(base: Path, folder: Path) -> None:
    """An adapter that acts, as trained ones do."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(1)
    config = LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False)
    get_peft_model(AutoModelForCausalLM.from_pretrained(base), config).save_pretrained(folder)


def evaluated(
    base: Path, adapter: Path, messages: Any, question: str, stop: tuple[str, ...]
) -> list[Any]:
    """Prompt tokens and answer as an evaluation makes them."""
    from netgain.generate.sampler import Request, Sampling
    from netgain.generate.transformers_engine import TransformersSampler
    from netgain.models.loading import load_renderer, load_tuned
    from netgain.prompts import chat_prompt, text_prompt

    asked = tuple((role, text.replace(QUESTION_MARK, question)) for role, text in messages)
    prompt = chat_prompt(asked) if asked[0][0] else text_prompt(asked[0][1])
    renderer = load_renderer(base)
    ids = renderer.prompt_ids(prompt)
    sampler = TransformersSampler(load_tuned(base, adapter, "fp32", ids), renderer)
    [answer] = sampler.generate([Request(prompt, tuple(ids))], Sampling(12, stop=stop))
    return [ids, answer.text]
