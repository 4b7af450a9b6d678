"""The problems that a report shows one by one: all of them, or so many of each sort."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from netgain.analysis.inputs import RunRecords
from netgain.analysis.problems.features import features_of
from netgain.analysis.problems.groups import group_names
from netgain.records import (
    LEFT_OUT,
    QUESTION_MARK,
    Diagnosis,
    Generation,
    Grade,
    Problem,
    Prompt,
    Sample,
    SampleAnswer,
    Samples,
    Stratum,
    outcome_of,
)
from netgain.text.numbers import format_number
from netgain.wording import integer

MOST_SAMPLES = 3000  # more than GSM8K's test split has
FEWEST_OF_A_STRATUM = 20
MOST_TEXT = 64_000_000  # bytes of UTF-8 of all questions and answers shown
LONGEST_TEXT = MOST_TEXT // 16  # of one problem
MARGIN = 0.97  # of what a sample's size promises, because problems differ
FOLDER = "../evaluations"
Messages = tuple[tuple[str, str], ...]


def shown_samples(
    records: RunRecords, most: int = MOST_SAMPLES, most_text: int = MOST_TEXT
) -> Samples:
    """The problems that a model answered, stratified where there are too many of them.

    A stratum is an outcome with the kinds of errors. Each is shown by at least
    `FEWEST_OF_A_STRATUM` of its problems (all, where it has fewer) as far as there is room, and the
    rest by its size; which ones is decided by a digest of their ids, so it does not depend on their
    order.

    Args:
        most: problems shown.
        most_text: bytes of UTF-8 that questions and answers may have in all. A problem with more
            than a sixteenth of it alone is not shown.
    """
    answers = {
        model: _answers(
            rows,
            records.grades[model],
            {**records.diagnoses.get(model, {}), **records.false_working.get(model, {})},
        )
        for model, rows in records.generations.items()
    }
    base, tuned = answers.get("base", {}), answers.get("tuned", {})
    asked = [p for p in records.problems if p.id in base or p.id in tuned]
    sizes = {p.id: _size(p, base.get(p.id), tuned.get(p.id)) for p in asked}
    strata: dict[str, list[str]] = defaultdict(list)
    for problem in asked:
        strata[stratum_of(base.get(problem.id), tuned.get(problem.id))].append(problem.id)
    kept, how = _within(strata, sizes, most, most_text)
    shown: dict[Messages, int] = {}
    rows = tuple(
        sample_of(
            problem,
            _prompt_place(records.prompts.get(problem.id), problem.question, shown),
            base.get(problem.id),
            tuned.get(problem.id),
        )
        for problem in asked
        if problem.id in kept
    )
    return Samples(
        total=len(asked) if records.whole is None else len(records.whole.categories),
        rows=rows,
        chosen=_chosen(len(rows), len(asked), how, records.looked_into()),
        strata=tuple(
            Stratum(name, len(ids), sum(i in kept for i in ids))
            for name, ids in sorted(strata.items())
        ),
        prompts=tuple(shown),
        folder=FOLDER,
    )


def without_texts(samples: Samples, *, prompts: bool) -> Samples:
    """The same problems with their ids, kinds and figures, and no word that stands in them.

    Args:
        prompts: keep them, because there are no problems in them.
    """
    rows = tuple(
        replace(
            row, question=LEFT_OUT, gold=LEFT_OUT, prompt=row.prompt if prompts else None,
            base=_without_text(row.base), tuned=_without_text(row.tuned),
        )
        for row in samples.rows
    )  # fmt: skip
    kept = samples.prompts if prompts else ()
    return replace(samples, rows=rows, prompts=kept, texts=False)


def _without_text(answer: SampleAnswer | None) -> SampleAnswer | None:
    if answer is None:
        return None
    found = answer.diagnosis
    if found is not None:
        found = replace(found, steps=(), first_error=-1, evidence=LEFT_OUT, equations=())
    extracted = None if answer.extracted is None else LEFT_OUT
    return replace(answer, text=LEFT_OUT, extracted=extracted, diagnosis=found)


def _size(problem: Problem, *answers: SampleAnswer | None) -> int:
    """Bytes of a problem's texts; a wrong answer's come again as the steps looked into."""
    texts = [problem.question]
    for answer in answers:
        if answer is not None:
            texts += [answer.text, *(answer.diagnosis.steps if answer.diagnosis else ())]
    return sum(len(text.encode(errors="surrogatepass")) for text in texts)


def _within(
    strata: Mapping[str, Sequence[str]], sizes: Mapping[str, int], most: int, most_text: int
) -> tuple[frozenset[str], str]:
    """As many problems as fit, and how they were drawn, in words."""
    longest = most_text // (MOST_TEXT // LONGEST_TEXT)
    short = {name: [i for i in ids if sizes[i] <= longest] for name, ids in strata.items()}
    short = {name: ids for name, ids in short.items() if ids}
    endless = len(sizes) - sum(map(len, short.values()))
    without = f"; {integer(endless)} with endless texts are left out" if endless else ""
    most = min(most, len(sizes) - endless)
    while True:
        kept = stratified(short, most)
        size = sum(sizes[i] for i in kept)
        if size <= most_text:
            return kept, strata_words(fewest_of_each(short, most)) + without
        most = min(most - 1, int(most * most_text / size * MARGIN))


def _chosen(shown: int, asked: int, how: str, looked_into: str) -> str:
    if shown == asked:
        return looked_into or "all problems"
    drawn = f"a sample of {integer(shown)} of {integer(asked)} problems, {how}"
    return f"{drawn} ({looked_into})" if looked_into else drawn


def strata_words(fewest: int) -> str:
    """How a sample was drawn of which each stratum has at least so many."""
    if not fewest:
        return "chosen by outcome and kind of error, each sort by its size"
    return (
        f"stratified by outcome and kind of error: at least {fewest} of each sort where there are "
        "so many, the rest in proportion"
    )


def stratum_of(base: SampleAnswer | None, tuned: SampleAnswer | None) -> str:
    """Outcome and kinds of errors: "broken: setup", "both wrong: arithmetic → setup"."""
    outcome = outcome_of(base, tuned)
    kinds = [
        a.diagnosis.error_kind.replace("_", " ")
        for a in (base, tuned)
        if a is not None and a.diagnosis is not None and not a.correct
    ]
    return f"{outcome}: {' → '.join(kinds)}" if kinds else outcome


def stratified(
    strata: Mapping[str, Sequence[str]], most: int, fewest: int = FEWEST_OF_A_STRATUM
) -> frozenset[str]:
    """Ids chosen from each stratum: `most` in all, or all where there are no more.

    Each has at least `fewest_of_each` of its ids (all, where it has fewer); the rest is shared out
    by size, by the largest remainders.

    >>> sorted(stratified({"a": ["1", "2"], "b": ["3"]}, 5))
    ['1', '2', '3']
    """
    least = fewest_of_each(strata, most, fewest)
    floors = {name: min(len(ids), least) for name, ids in strata.items()}
    beyond = {name: len(ids) - floors[name] for name, ids in strata.items()}
    places = min(most - sum(floors.values()), sum(beyond.values()))
    shares = {name: divmod(places * n, max(1, sum(beyond.values()))) for name, n in beyond.items()}
    spare = places - sum(whole for whole, _ in shares.values())
    favoured = set(sorted(shares, key=lambda name: (-shares[name][1], name))[:spare])
    kept: set[str] = set()
    for name, ids in strata.items():
        count = floors[name] + shares[name][0] + (name in favoured)
        kept.update(sorted(ids, key=_shuffled)[:count])
    return frozenset(kept)


def fewest_of_each(
    strata: Mapping[str, Sequence[str]], most: int, fewest: int = FEWEST_OF_A_STRATUM
) -> int:
    """How many ids each stratum can have at least among `most`, `fewest` if there is room.

    0 where there are more strata than that.

    >>> fewest_of_each({"a": ["1", "2"], "b": ["3"]}, 1), fewest_of_each({"a": ["1", "2"]}, 1)
    (0, 1)
    """
    while fewest and sum(min(len(ids), fewest) for ids in strata.values()) > most:
        fewest -= 1
    return fewest


def _shuffled(problem_id: str) -> bytes:
    return hashlib.sha256(problem_id.encode(errors="surrogatepass")).digest()


def _answers(
    generations: Sequence[Generation],
    grades: Sequence[Grade],
    diagnoses: Mapping[str, Diagnosis],
) -> dict[str, SampleAnswer]:
    graded = {g.problem_id: g for g in grades}
    return {
        g.problem_id: sample_answer(g, graded[g.problem_id], diagnoses.get(g.problem_id))
        for g in generations
    }


def sample_answer(answer: Generation, grade: Grade, diagnosis: Diagnosis | None) -> SampleAnswer:
    """An answer as it is shown, with what was found in it."""
    return SampleAnswer(
        text=answer.text,
        extracted=grade.extracted,
        finish_reason=answer.finish_reason,
        correct=grade.correct,
        strict=grade.strict,
        completion_tokens=answer.completion_tokens,
        diagnosis=diagnosis,
    )


def sample_of(
    problem: Problem, prompt: int | None, base: SampleAnswer | None, tuned: SampleAnswer | None
) -> Sample:
    """A problem as it is shown, with both answers; `prompt` is the place of what was asked."""
    return Sample(
        problem_id=problem.id,
        question=problem.question,
        gold="" if problem.answer is None else format_number(problem.answer),
        category=problem.category,
        steps=problem.steps,
        groups=group_names(features_of(problem)),
        prompt=prompt,
        base=base,
        tuned=tuned,
    )


def _prompt_place(prompt: Prompt | None, question: str, shown: dict[Messages, int]) -> int | None:
    """Where a prompt's messages, without the question, stand in `shown`; added if they are new."""
    if prompt is None:
        return None
    messages = prompt.messages or (("", prompt.text),)
    *before, (role, last) = messages
    begin, found, end = last.rpartition(question)
    asked = f"{begin}{QUESTION_MARK}{end}" if found and question else last
    return shown.setdefault((*before, (role, asked)), len(shown))
