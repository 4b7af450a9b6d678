"""How a model answers under several wordings of the instruction: accuracy, and form.

    python benchmarks/prompt_wordings.py MODEL --data train.jsonl --limit 320 --out FOLDER

Each wording is asked by `netgain evaluate`, on the same problems, greedily; what is in FOLDER is
not asked again. Choose a wording on training problems, and quote a figure from others. Prints a
Markdown table, and with --json a file of the counts.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from netgain.analysis.estimates.statistics import wilson
from netgain.diagnosis.form import forms_of
from netgain.grading import grade_all
from netgain.recipe import PromptSettings
from netgain.store import EvaluationFolder

ASKED = {
    "default before": 'Solve the problem step by step. End with a line "#### " followed by the '
    "final number.",
    "boxed": "Please reason step by step, and put your final answer within \\boxed{}.",
    "the answer is": "Solve the problem step by step. Finish with the sentence "
    '"The answer is N.", where N is the final number.',
    "hashes by example": "Solve the problem step by step. After the last step, write the final "
    "number on a line of its own, for example: #### 42",
    "answer line": "Solve the problem step by step. Write the final number on the last line, in "
    'the form "Answer: 42".',
    "hashes after the steps": "Reason step by step first. When you are done, write #### and then "
    "the final number.",
    "let's think": "",  # the style chain_of_thought, which names no ending
}
FORMS = ("begins_with_mark", "truncated", "loops", "empty")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--data", required=True)
    parser.add_argument("--limit", type=int, default=320)
    parser.add_argument("--max-new-tokens", type=int, default=1024)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    told = parser.parse_args()
    rows = []
    for name, instruction in ASKED.items():
        folder = told.out / name.replace(" ", "-").replace("'", "")
        if not (folder / "evaluation.json").exists():
            ask(told, instruction, folder)
        rows.append({"wording": name, **counts(folder, instruction)})
    if told.json:
        told.json.write_text(json.dumps(rows, indent=1) + "\n")
    print(table(rows))


def ask(told: argparse.Namespace, instruction: str, folder: Path) -> None:
    setting = [f"prompt.instruction={json.dumps(instruction)}"] if instruction else []
    setting = setting or ["prompt.style=chain_of_thought"]
    setting += [f"evaluate.max_new_tokens={told.max_new_tokens}"]
    words = [word for each in setting for word in ("--set", each)]
    subprocess.run(
        [sys.executable, "-m", "netgain.cli.main", "evaluate", told.model, "--data", told.data,
         "--limit", str(told.limit), "--seed", "7", *words, "--out", str(folder), "--json"],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def counts(folder: Path, instruction: str) -> dict[str, Any]:
    evaluation = EvaluationFolder(folder)
    problems, answers = evaluation.problems(), evaluation.generations()
    asked = {p.id: p.question for p in problems}
    ending = PromptSettings(instruction=instruction).answer_ending
    graded = grade_all(problems, answers, ending)
    forms = Counter(
        form for g in answers for form in forms_of(g.text, g.finish_reason, asked[g.problem_id])
    )
    return {
        "n": len(answers),
        "robust": sum(g.correct for g in graded),
        "strict": sum(g.strict for g in graded),
        "tokens": sum(g.completion_tokens for g in answers) / len(answers),
        **{form: forms[form] for form in FORMS},
    }


def table(rows: list[dict[str, Any]]) -> str:
    head = (
        "| wording | robust | strict, in its own form | begins with the mark | cut off | loops "
        "| empty | tokens |"
    )
    lines = [head, "|---|---|---|---|---|---|---|---|"]
    for row in rows:
        n = row["n"]
        shares = " | ".join(share(row[key], n) for key in ("robust", "strict"))
        forms = " | ".join(str(row[form]) for form in FORMS)
        lines.append(f"| {row['wording']} | {shares} | {forms} | {row['tokens']:.0f} |")
    return "\n".join(lines)


def share(count: int, n: int) -> str:
    estimate = wilson(count, n)
    assert estimate.value is not None and estimate.interval is not None
    low, high = estimate.interval
    return f"{estimate.value:.1%} ({low:.1%}–{high:.1%})"


if __name__ == "__main__":
    main()
