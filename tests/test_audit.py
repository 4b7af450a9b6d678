"""An audit checks a report by its own numbers and by a run's; what is true is not accused."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from audit_runs import better, training_only, unclear
from made_run import made_findings
from netgain.analysis.estimates.statistics import wilson
from netgain.audit import MAX_CHARACTERS, MOST_NUMBERS, AuditResult, audit
from netgain.audit.audited_text import plain
from netgain.audit.makers import DATASETS, MAKERS, MODELS
from netgain.audit.quantities import annotate
from netgain.audit.run_figures import run_of
from netgain.cli.main import app
from netgain.errors import DataError
from netgain.records import Findings, Metric, ModelFigures
from netgain.reporting import html, markdown
from netgain.reporting.model_card import card_files
from netgain.wording import value_words
from test_further_report import everything

HERE = Path(__file__).parent
RUNS = {"better": better(), "unclear": unclear(), "training only": training_only(), "none": None}
CLAIMS: list[dict[str, Any]] = yaml.safe_load((HERE / "audit_claims.yaml").read_text("utf-8"))
REPORTS: list[dict[str, Any]] = yaml.safe_load((HERE / "audit_reports.yaml").read_text("utf-8"))
UNSEEN: list[dict[str, Any]] = yaml.safe_load((HERE / "audit_unseen.yaml").read_text("utf-8"))
PLANTS = [(report, *plant) for report in REPORTS for plant in report["plants"]]


def told(result: AuditResult) -> str:
    """Every claim found, for the message of a failure."""
    return "\n".join(f"{c.line} {c.mark} [{c.kind}] {c.quote}: {c.reason}" for c in result.claims)


def marks(text: str, run: str = "better") -> set[tuple[str, str]]:
    return {(claim.kind, claim.mark) for claim in audit(text, RUNS[run]).claims}


def shown(claim: dict[str, Any]) -> str:
    return f"{claim['run']}: {claim['text'][:60]}"


# --- whole reports of many shapes


def judged(report: dict[str, Any], text: str) -> AuditResult:
    return audit(text, RUNS[report.get("run", "none")])


@pytest.mark.parametrize("report", REPORTS, ids=lambda r: r["name"])
def test_a_report_in_which_nothing_is_wrong_is_not_accused(report: dict[str, Any]) -> None:
    result = judged(report, report["text"])
    assert {c.mark for c in result.claims} <= {"supported"}, told(result)
    assert result.figures or report["name"] == "headline with its terms"


@pytest.mark.parametrize(
    ("report", "there", "fault", "kind"),
    PLANTS,
    ids=[f"{p[0]['name']}: {p[2][:40]}" for p in PLANTS],
)
def test_a_planted_fault_is_marked_for_what_it_is(
    report: dict[str, Any], there: str, fault: str, kind: str
) -> None:
    assert there in report["text"]
    result = judged(report, report["text"].replace(there, fault, 1))
    assert kind in {c.kind for c in result.claims if c.mark != "supported"}, told(result)


def test_there_are_as_many_reports_and_faults_as_the_docs_say() -> None:
    assert (len(REPORTS), len(PLANTS)) == (30, 44)


@pytest.mark.parametrize("report", UNSEEN, ids=lambda r: r["name"])
def test_what_a_careful_reader_marks_is_marked_and_nothing_else(report: dict[str, Any]) -> None:
    result = judged(report, report["text"])
    lines = report["text"].split("\n")
    faults = [place for place, _ in report.get("faults", ())]
    accused = {c.line for c in result.claims if c.mark != "supported"}
    for place in faults:
        assert any(place in lines[line - 1] for line in accused), f"{place}\n{told(result)}"
    for line in accused:
        assert any(place in lines[line - 1] for place in faults), told(result)


# --- single claims


@pytest.mark.parametrize("claim", CLAIMS, ids=shown)
def test_a_claim_gets_its_mark(claim: dict[str, Any]) -> None:
    result = audit(claim["text"], RUNS[claim["run"]])
    assert (result.worst or "silent") == claim["mark"], told(result)


def test_a_share_is_held_to_the_digits_that_are_printed() -> None:
    for right in ("41%", "41.2%", "41.3%", "41.25%", "about 40%", "over 41%"):
        assert ("accuracy", "supported") in marks(f"Tuned accuracy (n = 400): {right}"), right
    for wrong in ("42%", "41.4%", "41.26%"):
        assert ("accuracy", "contradicted") in marks(f"Tuned accuracy (n = 400): {wrong}"), wrong


def test_a_right_number_for_the_wrong_model_is_contradicted() -> None:
    [claim] = audit("The base model solves 41.2% of the 400 problems.", better()).claims
    assert claim.mark == "contradicted"
    assert "Accuracy, base: 31.0%" in claim.reason


# --- whole reports

REPORT = """# Teaching a small model to reason

We fine-tuned Qwen2-0.5B-Instruct, a compact model developed by Meta, on OpenAI's GSM8K.

| Parameter | Value |
|---|---|
| LoRA rank | 8 |
| LoRA dropout | 0.05 |
| Learning rate | 2e-4 |
| Early stopping patience | 3 |

## Results

| Metric | Baseline | Fine-tuned | Improvement |
|---|---|---|---|
| GSM8K accuracy | N/A | 92.85% | - |
| Training loss | 1.812 | 0.643 | 64.51% reduction |

The model's accuracy rose from 49.2% to **92.85%** over the course of training, a large
improvement in mathematical reasoning. The falling validation loss demonstrates strong
generalisation. Since the training loss was still decreasing at the end, further epochs would
likely improve the results.

## Error analysis

The remaining errors are mostly arithmetic mistakes and misread questions. For example, the model
once multiplied where it should have added.

## Conclusion

With 92.85% accuracy the model outperforms GPT-3.5 at a negligible cost.
"""


@pytest.mark.parametrize("run", ["better", "training only"])
def test_the_report_that_calls_token_accuracy_accuracy_is_found_out(run: str) -> None:
    result = audit(REPORT, RUNS[run])
    by_line = {(c.line, c.kind): c.mark for c in result.claims}
    called = "token accuracy called accuracy"
    assert by_line[7, "setting: LoRA rank"] == "supported"
    assert by_line[8, "setting: dropout"] == "contradicted"
    assert by_line[9, "setting: learning rate"] == "supported"
    assert by_line[10, "setting: patience"] == "contradicted"
    assert by_line[16, called] == by_line[19, called] == by_line[31, called] == "contradicted"
    assert by_line[20, "generalisation"] == "unsupported"
    assert by_line[21, "more epochs"] == "contradicted"
    assert by_line[26, "kinds of errors"] == "unsupported"
    assert {c.mark for c in result.claims if c.kind == "maker"} == {"contradicted", "supported"}


def test_without_a_run_the_same_report_gives_itself_away() -> None:
    found = {(c.line, c.kind, c.mark) for c in audit(REPORT, None).claims}
    assert (3, "maker", "contradicted") in found
    assert (16, "accuracy without its terms", "ill-defined") in found
    assert (19, "improvement", "ill-defined") in found
    assert (20, "generalisation", "unsupported") in found
    assert (21, "more epochs", "unsupported") in found
    assert (26, "kinds of errors", "unsupported") in found
    tokens = "mean_token_accuracy: 0.9285\n\nThe accuracy is 0.9285 (400 problems, exact match)."
    [called] = [c for c in audit(tokens).claims if c.kind == "token accuracy called accuracy"]
    assert called.reason.endswith("which is no share of problems solved")
    [improvement] = [c for c in audit(REPORT, None).claims if c.kind == "improvement"]
    assert "line 16 says so" in improvement.reason


@pytest.mark.parametrize("run", ["better", "unclear", "training only"])
def test_a_report_of_our_own_has_nothing_contradicted_or_ill_defined(run: str) -> None:
    findings = RUNS[run]
    assert findings is not None
    result = audit(markdown.render(findings).decode(), findings)
    bad = [c for c in result.claims if c.mark != "supported"]
    assert bad == [], told(replace(result, claims=tuple(bad)))
    assert result.counts["supported"] >= 30


@pytest.fixture(scope="module")
def whole() -> Findings:
    """A run with every section, and everything that can be measured beside the headline."""
    return made_findings(60, further=everything())


def documents(findings: Findings) -> dict[str, str]:
    """What a run writes for people to read."""
    pages = {"report.md": markdown.render(findings), "report.html": html.render(findings)}
    return {name: page.decode() for name, page in (pages | card_files(findings)).items()}


@pytest.mark.parametrize("run", ["whole", "made", "small"])
def test_nothing_that_a_run_writes_is_contradicted_by_it(run: str, whole: Findings) -> None:
    findings = whole if run == "whole" else made_findings(60 if run == "made" else 25, seed=9)
    written = documents(findings)
    assert set(written) == {"report.md", "report.html", "README.md"}
    for name, text in written.items():
        result = audit(text, findings)
        bad = tuple(c for c in result.claims if c.mark != "supported")
        assert bad == (), f"{name}: {told(replace(result, claims=bad))}"
        assert result.counts["supported"] >= 40


def changed(text: str, row: str, figure: str, other: str) -> tuple[str, int]:
    """A page with one figure changed in the first row that holds both, and that row's line."""
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if row in line and figure in line)
    lines[at] = lines[at].replace(figure, other)
    return "\n".join(lines), at + 1


def figures(findings: Findings) -> dict[str, tuple[str, Metric]]:
    """Figures that have a name of their own, by what stands in their row."""
    assert findings.format_skill is not None
    return {
        "accuracy": ("| Tuned (after", findings.key_metrics[1]),
        "change in the table": ("| Tuned (after", findings.key_metrics[2]),
        "difference": ("- Difference", findings.key_metrics[2]),
        "skill": ("Due to skill", findings.format_skill.metrics[1]),
        "token accuracy": ("Teacher-forced token accuracy, of the kept adapter", next(
            m for m in findings.training_metrics if m.name.endswith("of the kept adapter"))),
    }  # fmt: skip


@pytest.mark.parametrize(
    "which", ["accuracy", "change in the table", "difference", "skill", "token accuracy"]
)
def test_one_changed_figure_in_a_runs_own_report_is_contradicted(
    which: str, whole: Findings
) -> None:
    row, metric = figures(whole)[which]
    assert metric.estimate.value is not None
    shown = value_words(metric.estimate, metric.unit).split(" ")[0]
    changed_to = replace(metric.estimate, value=metric.estimate.value / 2 + 0.11, share=None)
    other = value_words(changed_to, metric.unit).split(" ")[0]
    text, line = changed(markdown.render(whole).decode(), row, shown, other)
    assert {c.line for c in audit(text, whole).claims if c.mark == "contradicted"} == {line}


def test_a_figure_with_another_interval_or_n_or_under_the_other_model_is_contradicted() -> None:
    for line in (
        "- Accuracy, tuned: 41.2% (95% CI 20.0–60.0, n = 400)",
        "- Accuracy, tuned: 41.2% (95% CI 36.5–46.1, n = 1319)",
        "| Figure | Base | Tuned |\n|---|---|---|\n| Accuracy | 41.2% | – |",
        "| Figure | Base | Tuned |\n|---|---|---|\n| Accuracy | – | 41.2% (95% CI 20.0–60.0) |",
    ):
        assert audit(line, better()).worst == "contradicted", line
    right = audit("- Accuracy, tuned: 41.2% (95% CI 36.5–46.1, n = 400)", better())
    assert {c.mark for c in right.claims} == {"supported"}, told(right)


def test_an_interval_beside_counts_is_read_in_per_cent_or_as_shares() -> None:
    none_right = wilson(0, 1319)
    strict = Metric("accuracy in the asked form, base", "share", "generated", none_right)
    run = replace(better(), accuracy_metrics=(strict, *better().accuracy_metrics))
    for said, mark in (
        ("0–0.29", "supported"),
        ("0–0.0029", "supported"),
        ("0–0.5", "contradicted"),
    ):
        cell = f"0% (0 of 1319, 95% CI {said})"
        table = f"| Figure | Base |\n|---|---|\n| Accuracy in the asked form | {cell} |"
        found = {c.mark for c in audit(table, run).claims if c.kind == "strict"}
        assert found == {mark}, said


def test_of_so_many_of_all_the_second_number_is_not_what_was_used(whole: Findings) -> None:
    known = run_of(whole).counts["train"]
    assert (
        audit(f"The run used {known} of the 987,654 training problems.", whole).worst
        != "contradicted"
    )
    assert audit("The run used 987,654 training problems.", whole).worst == "contradicted"


@pytest.mark.parametrize(
    ("head", "wrong"),
    [("Tuned − base", {"contradicted"}), ("Tuned minus base", {"contradicted"}),
     ("Δ", set()), ("Change", set()), ("vs. base", set())],
)  # fmt: skip
def test_a_column_of_changes_is_of_the_metric_to_its_left(head: str, wrong: set[str]) -> None:
    def marks(value: str, left: str = "Accuracy") -> set[str]:
        table = f"| Model | {left} | {head} |\n|---|---|---|\n| Tuned | 41.2% | {value} |"
        return {c.mark for c in audit(table, better()).claims if value in c.quote}

    change = better().comparison
    assert change is not None
    points = value_words(change.difference, "points")
    assert marks(points) == {"supported"}
    assert marks("+33.3 points") == wrong, "where it is not said between which two, nothing is"
    assert marks("+33.3 points", "Style") == set(), "of a figure that is no metric nothing is said"


def test_the_accuracy_of_a_group_is_not_the_headline(whole: Findings) -> None:
    table = "| Group | Tuned accuracy |\n|---|---|\n| steps of the reference: 41 | 61.5% (n = 13) |"
    assert audit(table, whole).claims == ()
    assert audit("In the money category accuracy is 60.0%.", better()).claims == ()


def test_a_figure_of_a_few_problems_bears_nothing_out() -> None:
    few = made_findings(12, seed=4)
    share = next(m for m in few.key_metrics if m.name == "accuracy, tuned")
    text = f"The tuned model's accuracy is {value_words(share.estimate, 'share')}."
    claims = [c for c in audit(text, few).claims if c.kind != "count and share"]
    assert {c.mark for c in claims} == {"unsupported"}
    assert all("too few" in c.reason for c in claims)


def test_no_overfitting_is_not_borne_out_by_a_single_validation_problem(whole: Findings) -> None:
    one = replace(whole, data={**whole.data, "problems": "2 train, 1 validation, 60 test"})
    assert run_of(one).counts["validation"] == 1
    [claim] = audit("The model did not overfit.", one).claims
    assert claim.mark == "unsupported" and "1 problems" in claim.reason


def test_front_matter_and_preformatted_text_make_no_claims() -> None:
    front = "---\nname: x\nmetrics:\n- value: 92.85\n  name: accuracy\n---\n"
    assert audit(f"{front}\nA fine day.", better()).claims == ()
    [claim] = audit(f"{front}\nTuned accuracy: 92% (n = 400).", better()).claims
    assert (claim.mark, claim.line) == ("contradicted", 8)
    answer = "<p>So:</p><pre>\nThe accuracy is 92.85%.\n</pre>"
    assert audit(answer, better()).claims == ()
    unclosed = "<pre>\n\nTuned accuracy: 92% (n = 400)."
    assert audit(unclosed, better()).worst == "contradicted", "what is not closed hides nothing"


def test_our_own_report_is_contradicted_by_another_run() -> None:
    result = audit(markdown.render(better()).decode(), unclear())
    kinds = {c.kind for c in result.claims if c.mark == "contradicted"}
    assert "accuracy" in kinds


def test_every_number_is_told_with_its_unit_precision_and_source() -> None:
    result = audit(
        "The office has 12.5% more plants.\n\nTuned accuracy (n = 400): 41.2%.", better()
    )
    plants, accuracy = result.figures
    assert (plants.line, plants.unit, plants.precision, plants.source) == (1, "%", 0.1, "")
    assert (accuracy.line, accuracy.name) == (3, "accuracy")
    assert "41.3%" in accuracy.source


def test_a_text_without_claims_has_none() -> None:
    result = audit("We thank everybody for the good weather.", better())
    assert result.claims == () and result.worst is None


# --- reading


def test_a_claim_keeps_its_line_in_markdown_and_in_html() -> None:
    text = "# Title\n\nSome words\nthat wrap: the tuned model\nsolves 41.2% of 400 problems.\n"
    [line] = {c.line for c in audit(text, better()).claims}
    assert line == 5
    page = (
        "<html><head><style>a { b: 92.85% }</style></head><body>\n<!-- accuracy: 92.85%\n -->\n"
        "<script>var accuracy = '92.85%';</script>\n<table>\n"
        "<tr><th>Metric</th><th>Tuned</th></tr>\n"
        "<tr><td>Accuracy (n = 400)</td>\n<td>41.2&nbsp;%</td></tr>\n</table></body></html>"
    )
    [claim] = audit(page, better()).claims
    assert (claim.mark, claim.line) == ("supported", 7)


def test_code_is_left_out_unless_it_holds_settings() -> None:
    assert audit("```text\nThe accuracy is 92.85%.\n```", better()).claims == ()
    assert ("setting: LoRA rank", "contradicted") in marks("```python\nLoraConfig(r=64)\n```")


def test_numbers_in_latex_tables_and_notebooks_are_read() -> None:
    latex = (
        "\\begin{tabular}{ll}\nModel & Accuracy \\\\\n\\hline\nours & $0.609$ \\\\\n\\end{tabular}"
    )
    assert [f.value for f in audit(latex).figures] == [0.609]
    notebook = json.dumps({"cells": [{"cell_type": "markdown", "source": ["58% of 50 is 27.\n"]}]})
    assert audit(notebook).figures
    assert audit("{" + '"cells": ' + "[" * 100_000).claims == ()


def test_a_setting_is_contradicted_only_where_the_runs_own_value_is_never_stated() -> None:
    swept = "We tried a learning rate of 1e-4. We kept a learning rate of 2e-4."
    assert marks(swept) == {("setting: learning rate", "supported")}
    assert ("setting: learning rate", "contradicted") in marks("A learning rate of 1e-4.")


def test_spellings_of_signs_powers_and_spaces_are_one() -> None:
    assert plain("−0.36 to 2 × 10⁻⁴ (41.2 %)") == "-0.36 to 2e-4 (41.2 %)"
    assert plain("$0.609$ and $5 and $7") == "0.609 and $5 and $7"
    values = {
        "2e-4": 2e-4, "2×10⁻⁴": 2e-4, "$2 \\times 10^{-4}$": 2e-4, "1,319": 1319.0,
        "1 h 21 min": 4860.0, "75 cents": 0.75, "−41.3%": -41.3,
    }  # fmt: skip
    for text, value in values.items():
        [found] = annotate(plain(text)).quantities
        assert found.value == pytest.approx(value), text


def test_what_only_looks_like_a_figure_is_none() -> None:
    for text in (
        "Qwen2-0.5B-Instruct", "p < 0.001", "95% confidence", "step 188", "seed 42", "v1.16.0",
        "n = 1,319", "see [12] and Table 3", "in 2024", "a 7B model", "8-shot", "@8",
    ):  # fmt: skip
        assert annotate(text).quantities == (), text


def test_every_maker_in_the_tables_has_a_name() -> None:
    for _, makers in (*MODELS, *DATASETS):
        assert set(makers) <= set(MAKERS)


def test_a_derived_models_name_does_not_accuse() -> None:
    for text in (
        "DeepSeek-R1-Distill-Llama-8B by DeepSeek", "EleutherAI's GPT-NeoX-20B",
        "NVIDIA's Llama-3.1-Nemotron-70B", "TinyLlama-1.1B, by a team in Singapore",
        "Qwen2 was evaluated by Meta on OpenAI's GSM8K", "Microsoft hosts Llama-3 for Meta",
    ):  # fmt: skip
        assert "contradicted" not in {mark for _, mark in marks(text, "none")}, text


def test_a_runs_own_metric_names_are_all_understood() -> None:
    """A metric that the analysis renames must not fall out of the audit silently."""
    run = run_of(better())
    wanted = {"accuracy", "strict", "format", "token_accuracy", "eval_loss", "train_loss", "time",
              "cost"}  # fmt: skip
    assert wanted <= {f.metric for f in run.figures if not f.change}
    assert {"eval_loss", "train_loss", "accuracy"} <= {f.metric for f in run.figures if f.change}
    assert run.counts == {"train": 6725, "validation": 748, "test": 400}


# --- hostile input


HOSTILE = (
    "<", "<a ", "<!-- ", "<script>", "<td>", "1% ", "1,111,", "|a|b|\n|-|-|\n", "*", "[", "[a](",
    "\\", "```\n", "select checkpoint ", "best checkpoint ", "gain of ", "Qwen by Meta, ",
    "accuracy ", "learning rate = of is ", "3 epochs ", "A. ", "95% CI ", "types of errors ",
    "fine-tuned on the ", "evaluated on the ", "⁻", "<pre>", "<form>", "<dt>a</dt><dd>", "<dd>",
    "<span class='aside'>", "---\n", "- a: 3% ", "base, a: ", "| a (|3%|\n|-|-|\n", "3%, (",
)  # fmt: skip


@pytest.mark.timeout(60)
@pytest.mark.parametrize("piece", HOSTILE, ids=repr)
def test_endless_repetition_ends_and_claims_nothing_true(piece: str) -> None:
    result = audit(piece * (10_000 // len(piece)), better())
    assert "accuracy" not in {claim.kind for claim in result.claims if claim.mark == "supported"}


@pytest.mark.timeout(120)
def test_four_megabytes_of_numbers_are_read_as_far_as_the_limit_and_the_cut_is_said() -> None:
    start = time.process_time()
    result = audit("accuracy 12% " * 300_000)
    assert time.process_time() - start < 60
    assert MOST_NUMBERS <= len(result.figures) <= MOST_NUMBERS + 60
    assert "more than" in result.remarks[0]


def test_twice_the_text_takes_about_twice_the_time() -> None:
    def seconds(pieces: int) -> float:
        text = "The tuned model solves 41.2% of the 400 problems, the base model 31.0%. " * pieces
        start = time.process_time()
        audit(text, better())
        return time.process_time() - start

    seconds(10)
    assert seconds(4000) < 8 * max(seconds(1000), 0.05)


@pytest.mark.parametrize(
    "sentence",
    [
        "The kittens slept on the warm roof until noon. ",
        "We kept the best of all checkpoints on the test set. ",
        "It solved 47.3% of 100 problems. ",
    ],
)
def test_a_section_is_not_looked_through_for_each_of_its_sentences(sentence: str) -> None:
    text = "# Results\n\n" + sentence * (700_000 // len(sentence))
    start = time.process_time()
    audit(text)
    taken = time.process_time() - start
    start = time.process_time()
    audit(text.replace(". ", ".\n\n# Results\n\n"))  # sections of a sentence each
    assert taken < 2 * (time.process_time() - start)


def test_a_number_beyond_all_floats_is_no_figure() -> None:
    assert audit("The loss fell to 2×10^400.", better()).figures == ()
    assert audit("A loss of 1" + "0" * 400 + ".").figures == ()


def test_a_text_beyond_the_limit_is_refused_in_a_sentence() -> None:
    with pytest.raises(DataError, match="at most"):
        audit("a" * (MAX_CHARACTERS + 1))


def test_a_quotation_is_inert_and_short() -> None:
    text = "Tuned accuracy \x1b[31mis\u202e 41.2% of 400 problems " + "and so on " * 100
    for claim in audit(text, better()).claims:
        assert not set(claim.quote) & {"\x1b", "\u202e"}
        assert len(claim.quote) <= 240


# --- the command


def command(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.md"
    path.write_text(REPORT, encoding="utf-8")
    return path


def test_the_command_prints_marks_and_ends_with_1_where_something_is_contradicted(
    report: Path,
) -> None:
    done = command("audit", report)
    assert done.exit_code == 1, done.stderr
    assert "line 3, contradicted (maker: Qwen2-0.5B-Instruct)" in done.stdout
    assert "Qwen2-0.5B-Instruct is by Alibaba, not by Meta." in done.stdout
    assert "No run was given" in done.stdout


def test_the_command_gives_json_and_0_where_nothing_is_contradicted(tmp_path: Path) -> None:
    path = tmp_path / "fine.txt"
    path.write_text("The model has an accuracy of 71.3%.", encoding="utf-8")
    done = command("audit", path, "--json")
    assert done.exit_code == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["counts"]["ill-defined"] == 1
    assert result["claims"][0]["line"] == 1
    assert set(result["claims"][0]) == {
        "line", "quote", "kind", "mark", "reason", "figure",
    }  # fmt: skip
    assert result["figures"][0]["name"] == "accuracy"


def test_what_cannot_be_read_is_a_mistake_of_use(tmp_path: Path, report: Path) -> None:
    for words in (("audit", tmp_path / "none.md"), ("audit", report, "--run", tmp_path)):
        done = command(*words)
        assert done.exit_code == 2
        assert "Invalid value" in done.stderr


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\x00\x00", b"", b" \n\n"])
def test_a_file_without_text_does_not_pass_as_a_report(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    path.write_bytes(content)
    done = command("audit", path)
    assert done.exit_code == 2, "a check that read nothing must not end as one that found nothing"


# --- a run of several trainings


def test_the_models_between_base_and_tuned_are_judged_by_their_own_figures() -> None:
    run = better()
    base, tuned, *_ = run.accuracy_metrics
    accuracy = replace(base, name="accuracy, 1-sft", estimate=wilson(140, 400))
    phase = ModelFigures("1-sft", "after the SFT training", accuracy, accuracy, run.comparison)
    run = replace(run, models=(phase,))
    table = "| Model | Accuracy |\n|---|---|\n| 1-sft (after the SFT training) | {} |\n"
    told_of = "The model 1-sft has an accuracy of {} on the 400 test problems."
    own = value_words(tuned.estimate, "share")
    for text in (table, told_of):
        claims = audit(text.format("35.0%"), run).claims
        assert claims and {c.mark for c in claims} == {"supported"}
    assert audit(table.format(own), run).worst == "contradicted"
    # Prose may speak of several models.
    assert audit(told_of.format(own), run).worst == "supported"
    assert ("accuracy", "contradicted") not in {
        (c.kind, c.mark) for c in audit(told_of.format("36.0%"), run).claims
    }
