"""An audit marks a report's claims by the run's files; true ones are marked supported."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from audit_runs import better, training_only, unclear
from made_run import made_findings
from netgain.audit import MAX_CHARACTERS, MOST_CLAIMS, AuditResult, audit
from netgain.audit.document import plain
from netgain.audit.evidence import evidence_of
from netgain.audit.makers import DATASETS, MAKERS, MODELS
from netgain.audit.quantities import annotate
from netgain.cli.main import app
from netgain.errors import DataError
from netgain.records import Findings, Metric
from netgain.reporting import html, markdown
from netgain.reporting.model_card import card_files
from netgain.wording import capital, group_words, value_words
from test_further_report import everything

RUNS = {"better": better(), "unclear": unclear(), "training only": training_only(), "none": None}
CLAIMS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "audit_claims.yaml").read_text(encoding="utf-8")
)
TRUE = [c for c in CLAIMS if c["mark"] == "supported"]
FALSE = [c for c in CLAIMS if c["mark"] != "supported"]


def told(result: AuditResult) -> str:
    """Every claim found, for the message of a failure."""
    return "\n".join(f"{c.line} {c.mark} [{c.kind}] {c.quote}: {c.reason}" for c in result.claims)


def marks(text: str, run: str = "better") -> set[tuple[str, str]]:
    return {(claim.kind, claim.mark) for claim in audit(text, RUNS[run]).claims}


def shown(claim: dict[str, Any]) -> str:
    return f"{claim['run']}: {claim['text'][:60]}"


# --- single claims


def test_about_half_of_the_claims_are_true() -> None:
    assert len(CLAIMS) >= 200
    assert 0.4 < len(TRUE) / len(CLAIMS) < 0.6


@pytest.mark.parametrize("claim", TRUE, ids=shown)
def test_a_true_claim_is_marked_supported(claim: dict[str, Any]) -> None:
    result = audit(claim["text"], RUNS[claim["run"]])
    assert result.worst == "supported", told(result)
    assert {c.kind for c in result.claims} == set(claim["kinds"]), told(result)


@pytest.mark.parametrize("claim", FALSE, ids=shown)
def test_a_claim_that_misleads_is_caught_for_what_it_is(claim: dict[str, Any]) -> None:
    result = audit(claim["text"], RUNS[claim["run"]])
    assert result.worst == claim["mark"], told(result)
    found = {c.kind for c in result.claims if c.mark == claim["mark"]}
    assert found == set(claim["kinds"]), told(result)


def test_a_share_is_held_to_the_digits_that_are_printed() -> None:
    for right in ("41%", "41.2%", "41.3%", "41.25%", "about 40%", "over 41%"):
        assert ("accuracy", "supported") in marks(f"Tuned accuracy (n = 400): {right}"), right
    for wrong in ("42%", "41.4%", "41.26%", "over 42%", "under 41%"):
        assert ("accuracy", "contradicted") in marks(f"Tuned accuracy (n = 400): {wrong}"), wrong


def test_a_right_number_for_the_wrong_model_is_contradicted() -> None:
    [claim] = audit("The base model solves 41.2% of the 400 problems.", better()).claims
    assert claim.mark == "contradicted"
    assert "other model" in claim.reason


def test_an_accuracy_that_says_of_nothing_how_it_was_measured_is_ill_defined_too() -> None:
    found = marks("The tuned model's accuracy is 41.2%.")
    assert ("accuracy", "supported") in found
    assert ("accuracy without n, prompt, grader", "ill-defined") in found
    assert all(mark == "supported" for _, mark in marks("Tuned accuracy: 41.2% (n = 400)."))


def test_the_better_wording_is_made_of_the_runs_own_figures() -> None:
    [claim] = audit("GSM8K accuracy: 92.85%", better()).claims
    assert "41.3% correctly, the base model 31.0%" in claim.wording
    assert "teacher-forced token accuracy" in claim.reason
    [claim] = audit("The learning rate was 1e-3.", better()).claims
    assert claim.wording == "train.learning_rate: 0.0002"
    [claim] = audit("Accuracy: 30 of 40 problems.", None).claims
    assert "30 of 40 problems right (75.0%, 95% CI" in claim.wording


def test_a_fall_of_loss_names_the_two_points_it_may_go_between() -> None:
    [claim] = audit("Training loss decreased by 64.5%.", better()).claims
    assert claim.mark == "ill-defined"
    assert "step 1 to step 300" in claim.reason and "−62.4%" in claim.reason


def test_early_stopping_makes_a_claim_of_all_epochs_false() -> None:
    stopped = better()
    settings = {**stopped.settings, "used: optimizer steps": "210 of 300 planned, stopped early"}
    result = audit("Trained for 3 epochs.", dataclasses.replace(stopped, settings=settings))
    assert result.worst == "contradicted"
    assert "stopped early" in result.claims[0].reason


def test_two_independent_shares_are_held_against_chance_by_their_n() -> None:
    template = "Base: {}/{}, tuned: {}/{}, a clear improvement (exact match, zero-shot prompt)."
    close, far = template.format(30, 100, 34, 100), template.format(48, 80, 56, 70)
    [noise] = [c for c in audit(close).claims if c.kind == "difference inside noise"]
    assert noise.mark == "unsupported"
    assert "−8.8 points to +16.7 points" in noise.reason
    assert "difference inside noise" not in {c.kind for c in audit(far).claims}


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
    by_line = {(c.line, c.kind): c.mark for c in result.claims if c.kind != "maker"}
    makers = [(c.line, c.mark) for c in result.claims if c.kind == "maker"]
    assert makers == [(3, "contradicted"), (3, "supported")]  # Qwen by Meta, GSM8K by OpenAI
    called = "token accuracy called accuracy"
    assert by_line[7, "setting: LoRA rank"] == "supported"
    assert by_line[8, "setting: dropout"] == "contradicted"
    assert by_line[9, "setting: learning rate"] == "supported"
    assert by_line[10, "setting: early stopping patience"] == "contradicted"
    assert by_line[16, called] == by_line[19, called] == by_line[31, called] == "contradicted"
    assert by_line[17, "change of training loss"] == "supported"  # both of its ends are given
    assert by_line[20, "generalisation"] == "unsupported"
    assert by_line[21, "more epochs"] == "contradicted"
    assert by_line[26, "kinds of errors"] == "unsupported"
    assert by_line[31, "comparison with other models"] == "unsupported"
    assert by_line[31, "cost or energy"] == "unsupported"


def test_without_a_run_the_same_report_gives_itself_away() -> None:
    found = {(c.line, c.kind, c.mark) for c in audit(REPORT, None).claims}
    assert (16, "accuracy", "ill-defined") in found
    assert (19, "improvement", "ill-defined") in found
    assert (3, "maker", "contradicted") in found
    [improvement] = [c for c in audit(REPORT, None).claims if c.kind == "improvement"]
    assert "line 16 says so" in improvement.reason


@pytest.mark.parametrize("run", ["better", "unclear", "training only"])
def test_a_report_of_our_own_has_nothing_contradicted_or_ill_defined(run: str) -> None:
    findings = RUNS[run]
    assert findings is not None
    result = audit(markdown.render(findings).decode(), findings)
    bad = [c for c in result.claims if c.mark != "supported"]
    assert bad == [], told(AuditResult(tuple(bad), (), True))
    assert result.counts["supported"] >= 40


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
        assert bad == (), f"{name}: {told(AuditResult(bad, (), True))}"
        assert result.counts["supported"] >= 60


def changed(text: str, row: str, figure: str, other: str) -> tuple[str, int]:
    """A page with one figure changed in the first row that holds both, and that row's line."""
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if row in line and figure in line)
    lines[at] = lines[at].replace(figure, other)
    return "\n".join(lines), at + 1


def figures(findings: Findings) -> dict[str, tuple[str, Metric]]:
    """Figures of every sort, by what stands in their row."""
    assert findings.changes is not None and findings.format_skill is not None
    tuned = findings.difficulty["tuned"].groups[1]
    kind = findings.errors_found["tuned"].kinds[0]
    [turns] = [r for r in findings.further if r.kind == "revisions"]
    return {
        "accuracy": ("Accuracy, tuned", findings.key_metrics[1]),
        "difference": ("Difference", findings.key_metrics[2]),
        "skill": ("Of it skill", findings.format_skill.metrics[1]),
        "group": (group_words(tuned.feature, tuned.group), tuned.accuracy),
        "error share": (f"| {capital(kind.name)}", kind),
        "category": (findings.category_metrics[0][0], findings.category_metrics[0][2]),
        "further": ("revision 1, against", turns.changes[0].metric),
    }  # fmt: skip


@pytest.mark.parametrize(
    "which",
    ["accuracy", "difference", "skill", "group", "error share", "category",
     "further"],
)  # fmt: skip
def test_one_changed_figure_in_a_runs_own_report_is_contradicted(
    which: str, whole: Findings
) -> None:
    row, metric = figures(whole)[which]
    assert metric.estimate.value is not None
    shown = value_words(metric.estimate, metric.unit).split(" ")[0]
    off = replace(metric.estimate, value=metric.estimate.value / 2 + 0.11, share=None)
    other = value_words(off, metric.unit).split(" ")[0]
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


def test_a_group_that_the_run_does_not_have_is_unsupported(whole: Findings) -> None:
    table = "| Group | Tuned accuracy |\n|---|---|\n| steps of the reference: 41 | 61.3% (n = 9) |"
    [claim] = audit(table, whole).claims
    assert (claim.mark, claim.figure) == ("unsupported", "61.3%")


def test_a_column_of_the_run_may_bear_a_models_word_and_mean_none(whole: Findings) -> None:
    [table] = next(r for r in whole.further if r.kind == "perturbed").tables
    assert table.columns[1] == "Original numbers"  # "original" is the base model elsewhere
    share = table.rows[0][1]
    assert isinstance(share, Metric)
    head = f"| Model | {table.columns[1]} |\n|---|---|\n"
    right = audit(f"{head}| tuned | {value_words(share.estimate, 'share')} |", whole)
    assert {c.mark for c in right.claims} == {"supported"}
    assert audit(f"{head}| tuned | 12.5% |", whole).worst == "contradicted"


def test_front_matter_and_preformatted_text_make_no_claims() -> None:
    front = "---\nname: x\nmetrics:\n- value: 92.85\n  name: accuracy\n---\n"
    assert audit(f"{front}\nA fine day.", better()).claims == ()
    [claim] = audit(f"{front}\nTuned accuracy: 92% (n = 400).", better()).claims
    assert (claim.mark, claim.line) == ("contradicted", 8)
    answer = "<p>So:</p><pre>\nThe accuracy is 92.85%.\n</pre>"
    assert audit(answer, better()).claims == ()
    unclosed = "<pre>\n\nTuned accuracy: 92% (n = 400)."
    assert audit(unclosed, better()).worst == "contradicted", "what is not closed hides nothing"


def test_a_models_words_that_a_report_quotes_are_no_claims_of_the_report(whole: Findings) -> None:
    assert whole.samples is not None
    question = next(r.question for r in whole.samples.rows if " costs " in r.question)
    price = next(s for s in question.split(". ") if " costs " in s and "$" in s)
    assert audit(f"The problem reads: “{price}.”", whole).claims == ()
    assert audit("The whole training costs $31.", whole).worst == "contradicted"


def test_our_own_report_is_contradicted_by_another_run() -> None:
    result = audit(markdown.render(better()).decode(), unclear())
    kinds = {c.kind for c in result.claims if c.mark == "contradicted"}
    assert {"accuracy, tuned", "difference"} <= kinds


def test_a_number_that_no_rule_reads_is_listed_and_not_judged() -> None:
    result = audit(
        "The office has 12.5% more plants.\n\nTuned accuracy (n = 400): 41.2%.", better()
    )
    assert result.unread == (1,)
    assert {c.line for c in result.claims} == {3}


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


def test_spellings_of_signs_powers_and_spaces_are_one() -> None:
    assert plain("−0.36 to 2 × 10⁻⁴ (41.2 %)") == "-0.36 to 2 × 10^-4 (41.2 %)"
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
    evidence = evidence_of(better())
    wanted = {"accuracy", "strict", "truncated", "token_accuracy", "eval_loss", "train_loss",
              "time", "cost"}  # fmt: skip
    assert wanted <= {metric for metric, _ in evidence.by_metric}
    assert {"eval_loss", "train_loss", "difference"} <= {m for m, c in evidence.by_metric if c}


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
    assert len(result.claims) <= MOST_CLAIMS
    assert "accuracy" not in {claim.kind for claim in result.claims if claim.mark == "supported"}


def test_a_text_beyond_the_limit_is_refused_in_a_sentence() -> None:
    with pytest.raises(DataError, match="at most"):
        audit("a" * (MAX_CHARACTERS + 1))


def test_claims_beyond_the_limit_are_cut_and_the_cut_is_said() -> None:
    rows = "".join(f"| Accuracy {i} | 31.0% |\n" for i in range(MOST_CLAIMS + 50))
    result = audit("| Metric | Base |\n|---|---|\n" + rows, better())
    assert len(result.claims) == MOST_CLAIMS
    assert "more than" in result.remarks[0]


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
    assert "line 3, contradicted (maker)" in done.stdout
    assert "Better: Qwen2-0.5B-Instruct, by Alibaba." in done.stdout
    assert "No run was given" in done.stdout


def test_the_command_gives_json_and_0_where_nothing_is_contradicted(tmp_path: Path) -> None:
    path = tmp_path / "fine.txt"
    path.write_text("The learning rate was 2e-4.", encoding="utf-8")
    done = command("audit", path, "--json")
    assert done.exit_code == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["counts"]["unsupported"] == 1
    assert result["claims"][0]["line"] == 1
    assert set(result["claims"][0]) == {
        "line", "quote", "kind", "mark", "reason", "wording", "figure",
    }  # fmt: skip


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
