"""Rows in the formats of ARC, MMLU and HellaSwag, made of the built-in word problems."""

from __future__ import annotations

import random
from typing import Any

from netgain.data.wordproblems import word_problems

Row = dict[str, Any]


def arc_rows(count: int, seed: int = 0) -> list[Row]:
    """Three to five choices of several words, labelled by letters or, in every third, numbers."""
    draw = random.Random(f"arc:{seed}")
    rows = []
    for number, problem in enumerate(word_problems(count, seed)):
        offered = 3 + number % 3
        labels = list("12345" if number % 3 == 2 else "ABCDE")[:offered]
        texts = [f"{draw.randint(2, 99)} {draw.choice(['of them', 'in all', 'left over'])}"
                 for _ in labels]  # fmt: skip
        right = draw.randrange(offered)
        texts[right] = str(problem.answer)
        rows.append(
            {
                "id": f"own_{number}",
                "question": problem.question,
                "choices": {"text": texts, "label": labels},
                "answerKey": labels[right],
            }
        )
    return rows


def mmlu_rows(count: int, seed: int = 0) -> list[Row]:
    draw = random.Random(f"mmlu:{seed}")
    rows = []
    for problem in word_problems(count, seed):
        choices = [str(draw.randint(2, 999)) for _ in range(4)]
        right = draw.randrange(4)
        choices[right] = str(problem.answer)
        rows.append(
            {
                "question": f" {problem.question}\n",
                "subject": "elementary_mathematics",
                "choices": choices,
                "answer": right,
            }
        )
    return rows


def hellaswag_rows(count: int, seed: int = 0) -> list[Row]:
    """A problem and four solutions: endings of some dozen tokens, with the marks of WikiHow."""
    problems = word_problems(count + 3, seed)
    rows = []
    for number in range(count):
        question = problems[number].question
        half = len(question) // 2
        endings = [
            f"{problem.solution.splitlines()[0]} [step]  {'Über ' if number % 2 else ''}so."
            for problem in problems[number : number + 4]
        ]
        rows.append(
            {
                "ind": number,
                "activity_label": "Counting",
                "ctx_a": f"{question[:half]} [title]",
                "ctx_b": question[half:],
                "ctx": question,
                "endings": endings,
                "source_id": f"wikihow~{number // 2}",
                "split_type": "indomain",
                "label": str(number % 4) if number % 3 else "0",
            }
        )
    return rows
