"""`strict` and `flexible` against lm-eval's own code: its filters, its metric, its task file.

Needs lm-eval 0.4.13, which `make test-all` installs without its dependencies; skipped without it.
Nothing here repeats lm-eval's patterns: they are read from the `gsm8k.yaml` in its package.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from importlib.resources import files
from operator import attrgetter
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from netgain.grading import (
    flexible_extract,
    gold_answer,
    grade,
    lm_eval_match,
    strict_extract,
)
from shared_data import shared_rows

VERSION = "0.4.13"
try:
    INSTALLED = importlib.metadata.version("lm-eval")
except importlib.metadata.PackageNotFoundError:
    INSTALLED = "no lm-eval"
pytestmark = pytest.mark.skipif(
    INSTALLED != VERSION, reason=f"needs lm-eval {VERSION} (`make test-all`); found {INSTALLED}"
)

EXTRACTORS = {"strict-match": strict_extract, "flexible-extract": flexible_extract}
# Every character that the patterns name, and pieces that they nearly match.
PIECES = st.sampled_from(
    [
        "#### ", "####", "#", " ", "\n", "-", "−", "$", ".", ",", "0", "7", "42", "1,234", "3.50",
        "$18.00", "-5", "[invalid]", "٣", "x", "\u00a0", "<<1+1=2>>", "%",
    ]
)  # fmt: skip
TEXT = st.lists(PIECES, max_size=25).map("".join) | st.text()
GOLD = st.integers(-(10**9), 10**9).map("{:,}".format) | st.integers(0, 10**6).map(str)


class LmEval:
    """lm-eval's GSM8K task, without its data set and its models."""

    def __init__(self) -> None:
        from lm_eval.api.metrics import exact_match_fn
        from lm_eval.filters import build_filter_ensemble

        task = yaml.safe_load(files("lm_eval").joinpath("tasks/gsm8k/gsm8k.yaml").read_text())
        assert task["doc_to_target"] == "{{answer}}"
        self.ensembles = [
            build_filter_ensemble(
                made["name"],
                [(step.pop("function"), step or None) for step in made["filter"]],
            )
            for made in task["filter_list"]
        ]
        (settings_of_metric,) = task["metric_list"]
        assert settings_of_metric.pop("metric") == "exact_match"
        del settings_of_metric["aggregation"], settings_of_metric["higher_is_better"]
        self.metric, self.settings = exact_match_fn, settings_of_metric

    def filtered(self, texts: Sequence[str]) -> dict[str, list[str]]:
        """What each filter makes of each text."""
        from lm_eval.api.instance import Instance

        instances = [Instance("generate_until", {}, (), n, resps=[t]) for n, t in enumerate(texts)]
        for ensemble in self.ensembles:
            ensemble.apply(instances)
        return {
            ensemble.name: [instance.filtered_resps[ensemble.name] for instance in instances]
            for ensemble in self.ensembles
        }

    def score(self, filtered: str, target: str) -> bool:
        made = self.metric(predictions=[filtered], references=[target], **self.settings)
        return bool(made["exact_match"])


@pytest.fixture(scope="module")
def lm_eval() -> LmEval:
    return LmEval()


def check(lm_eval: LmEval, texts: Sequence[str], targets: Sequence[str]) -> None:
    """Equal extraction and equal verdict, for every text and both filters."""
    filtered = lm_eval.filtered(texts)
    assert set(filtered) == set(EXTRACTORS)
    for name, extracted in filtered.items():
        for text, target, theirs in zip(texts, targets, extracted, strict=True):
            ours = EXTRACTORS[name](text)
            assert ours == theirs, (name, text)
            verdict = lm_eval.score(theirs, target)
            assert lm_eval_match(ours, target) == verdict, (name, text, target)
            grade_of = attrgetter("strict" if name == "strict-match" else "flexible")
            assert grade_of(grade(text, gold_answer(target))) == verdict, (name, text, target)


def test_every_real_output_is_judged_as_lm_eval_judges_it(lm_eval: LmEval) -> None:
    rows: list[dict[str, Any]] = list(shared_rows("model_solutions/dev.jsonl"))
    check(lm_eval, [row["completion"] for row in rows], [row["answer"] for row in rows])


@pytest.mark.parametrize("split", ["train", "test"])
def test_every_gsm8k_solution_is_judged_as_lm_eval_judges_it(lm_eval: LmEval, split: str) -> None:
    solutions = [row["answer"] for row in shared_rows(f"gsm8k/{split}.jsonl")]
    check(lm_eval, solutions, solutions)


@settings(deadline=None, max_examples=400)
@given(texts=st.lists(TEXT, min_size=1, max_size=8), gold=GOLD)
def test_random_text_is_judged_as_lm_eval_judges_it(
    lm_eval: LmEval, texts: list[str], gold: str
) -> None:
    own = texts + [f"{text}#### {gold}" for text in texts] + [f"{text}{gold}." for text in texts]
    check(lm_eval, own, [f"so it is\n#### {gold}"] * len(own))


def test_all_three_verdicts_of_a_grade_are_the_graders_own(lm_eval: LmEval) -> None:
    judged = grade("It costs #### $18.00", gold_answer("#### 18"))
    filtered = {name: made[0] for name, made in lm_eval.filtered(["It costs #### $18.00"]).items()}
    assert judged.strict == lm_eval.score(filtered["strict-match"], "#### 18")
    assert judged.flexible == lm_eval.score(filtered["flexible-extract"], "#### 18")
