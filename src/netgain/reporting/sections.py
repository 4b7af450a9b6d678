"""Sections made of sentences and plain tables, the same for every format.

Nothing is computed: cells are words for what Findings holds. Cells may hold foreign text (a data
set's categories, ids); each format escapes them in its own way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from netgain import wording
from netgain.analysis.sentences import FORM_WORDS, forms_sentence
from netgain.records import (
    Advice,
    Changes,
    Comparison,
    Difficulty,
    ErrorsFound,
    Findings,
    FormChange,
    GroupAccuracy,
    GroupChange,
    Metric,
    UnusualAnswers,
)
from netgain.reporting.drawing import MODELS
from netgain.reporting.further import further_section
from netgain.reporting.parts import Grid, Proposal, Section, short_words

SHOWN_UNUSUAL = 3  # examples of each kind and model
ERRORS_NOTE = (
    "Each wrong answer has one kind here. Arithmetic: a false equation led to the wrong answer. "
    "Setup: the equations are right, the plan is wrong. A program gives these labels and is "
    "sometimes wrong (docs/diagnosis.md says how often), so they have no intervals."
)
FORMS_NOTE = (
    "An answer can have several of these forms, whether it is right or wrong, so no form hides "
    "another one."
)


def sections(findings: Findings) -> Iterator[Section]:
    """The sections that hold anything, in reading order."""
    if any(e.n for e in findings.errors_found.values()):
        yield errors_section(findings.errors_found)
    if findings.changes is not None:
        yield changes_section(findings.changes, findings.comparison, findings.forms)
    if findings.difficulty:
        yield difficulty_section(findings.difficulty)
    if any(u.answers for u in findings.unusual.values()):
        yield unusual_section(findings.unusual)
    yield from map(further_section, findings.further)
    if findings.comparison is not None:
        yield advice_section(findings.advice)


# -- kinds of errors -----------------------------------------------------------------------


def errors_section(found: Mapping[str, ErrorsFound]) -> Section:
    models = [m for m in MODELS if m in found]
    heads = tuple(f"{wording.capital(m)} ({_answers(found[m].n)})" for m in models)
    kinds = _by_model(
        "Kinds of errors, shares of the wrong answers",
        "Kind",
        heads,
        [found[m].kinds for m in models],
    )
    located = [(m, found[m].in_first_step.estimate) for m in models]
    first = "; ".join(
        f"{m} {wording.percent(of.value)}, n = {of.n}" for m, of in located if of.value is not None
    )
    told = f"Where a step could be named, it is the first one in: {first}." if first else ""
    return Section(
        "errors", "Kinds of errors",
        tuple(filter(None, (ERRORS_NOTE, told))),
        (kinds,),
        chart="errors",
    )  # fmt: skip


def _by_model(
    caption: str, what: str, heads: tuple[str, ...], metrics: Sequence[Sequence[Metric]]
) -> Grid:
    """Metrics of the same names, one column a model."""
    by_name = [{m.name: m for m in of} for of in metrics]
    names = dict.fromkeys(name for of in by_name for name in of)
    rows = tuple(
        (wording.capital(name), *(short_words(of[name]) if name in of else "–" for of in by_name))
        for name in names
    )
    return Grid(caption, (what, *heads), rows)


def _answers(count: int) -> str:
    return f"{wording.integer(count)} wrong answer{'s'[: count != 1]}"


# -- what tuning changed -------------------------------------------------------------------


def changes_section(
    changes: Changes, comparison: Comparison | None, forms: Sequence[FormChange] = ()
) -> Section:
    looked_into = sum(map(sum, changes.moves))
    of = ""
    if comparison is not None and looked_into < comparison.n:
        of = f"Of the {wording.integer(looked_into)} problems looked into: "
    paragraphs = [
        f"{of}{_problems(len(changes.fixed))} fixed, {_problems(len(changes.broken))} broken. "
        f"{wording.capital(changes.same_answer.name)}: {short_words(changes.same_answer)}."
    ]
    grids = []
    if forms:
        paragraphs = [forms_sentence(forms), FORMS_NOTE, *paragraphs]
        grids.append(_forms_grid(forms))
    grids.append(
        Grid(
            "Kinds of errors before and after (problems; rows: base, columns: tuned)",
            ("Base ↓ tuned →", *map(_plain, changes.kinds)),
            tuple(
                (_plain(kind), *map(wording.integer, row))
                for kind, row in zip(changes.kinds, changes.moves, strict=True)
            ),
        )
    )
    tested = [g for g in changes.groups if g.verdict != "too few"]
    told = [g for g in tested if g.verdict != "no difference shown"]
    if told:
        columns = (
            "Group",
            "n",
            "Fixed / broken",
            "Tuned − base",
            "Beyond the rest",
            "p",
            "Verdict",
        )
        caption = (
            f"Kinds of problems whose change differs from that of all other problems, of "
            f"{len(tested)} (p corrected for all of them, Benjamini–Hochberg)"
        )
        grids.append(Grid(caption, columns, tuple(map(_group_change, told))))
    elif tested:
        paragraphs.append(
            f"In none of {len(tested)} kinds of problems does the change differ from that of all "
            "other problems (after Benjamini–Hochberg correction; report.json has them all)."
        )
    return Section("changes", "What tuning changed", tuple(paragraphs), tuple(grids), changes.notes)


def _forms_grid(forms: Sequence[FormChange]) -> Grid:
    heads = ("Base", "Tuned", "Only base", "Only tuned", "p", "p, Holm", "Verdict")
    rows = tuple(
        (
            FORM_WORDS[f.form],
            *map(wording.integer, (f.base, f.tuned, f.only_base, f.only_tuned)),
            *(wording.probability(p).removeprefix("p = ") for p in (f.p_value, f.adjusted_p)),
            f.verdict,
        )
        for f in forms
    )
    n = wording.integer(forms[0].n)
    return Grid(f"Forms of the answers to the same {n} problems", ("Answers that", *heads), rows)


def _group_change(g: GroupChange) -> tuple[str, ...]:
    return (
        wording.group_words(g.feature, g.group), wording.integer(g.n), f"{g.fixed} / {g.broken}",
        short_words(g.difference), short_words(g.beyond_rest), _adjusted(g.adjusted_p), g.verdict,
    )  # fmt: skip


# -- what makes problems hard --------------------------------------------------------------


def difficulty_section(found: Mapping[str, Difficulty]) -> Section:
    models = [m for m in MODELS if m in found]
    paragraphs = [f"{wording.capital(m)} model: {found[m].summary}" for m in models]
    paragraphs.append(
        "These are associations, not causes: a group is called harder or easier where its accuracy "
        "differs from that of all other problems (–: not shown) after correcting for their number "
        "(Benjamini–Hochberg)."
    )
    by_name: dict[tuple[str, str], dict[str, GroupAccuracy]] = {}
    for m in models:
        for g in found[m].groups:
            by_name.setdefault((g.feature, g.group), {})[m] = g
    rows = tuple(
        (
            wording.group_words(*name),
            *(cell for m in models for cell in _group_cells(of.get(m))),
        )
        for name, of in by_name.items()
    )
    columns = tuple(cell for m in models for cell in (f"{wording.capital(m)} accuracy", "Verdict"))
    grids = [Grid("Accuracy by kind of problem", ("Group", *columns), rows)]
    notes = dict.fromkeys(note for m in models for note in found[m].notes)
    return Section(
        "difficulty", "What makes problems hard", tuple(paragraphs), tuple(grids), tuple(notes),
        chart="difficulty",
    )  # fmt: skip


def _group_cells(group: GroupAccuracy | None) -> tuple[str, str]:
    if group is None:
        return "", ""
    verdict = group.verdict
    if verdict in {"harder", "easier"}:
        verdict_words = f"{verdict}, {_adjusted(group.adjusted_p)}"
    else:
        verdict_words = "–" if verdict == "no difference shown" else verdict
    return short_words(group.accuracy), verdict_words


# -- answers that stand out ----------------------------------------------------------------


def unusual_section(found: Mapping[str, UnusualAnswers]) -> Section:
    models = [m for m in MODELS if m in found]
    bullets = []
    for m in models:
        seen: dict[str, int] = {}
        for answer in found[m].answers:
            seen[answer.kind] = seen.get(answer.kind, 0) + 1
            if seen[answer.kind] <= SHOWN_UNUSUAL:
                bullets.append(f"{m}, {answer.problem_id}: {answer.evidence}")
    return Section(
        "unusual",
        "Answers that stand out",
        ("Each is a reason to look at the answer, not a verdict on it.",),
        (
            _by_model(
                "How many",
                "What",
                tuple(map(wording.capital, models)),
                [found[m].counts for m in models],
            ),
        ),
        tuple(bullets),
    )


# -- advice --------------------------------------------------------------------------------


def advice_section(advice: Sequence[Advice]) -> Section:
    if not advice:
        nothing = "By the evidence of this run, nothing is worth trying next at this size."
        return Section("advice", "What to try next", (nothing,))
    how = (
        "Each proposal rests on a figure of this run. First comes what the run had too little of, "
        "then what makes the measurement better, since the others rest on it."
    )
    proposals = tuple(Proposal(a.do, tuple(_advice_lines(a)), a.command) for a in advice)
    return Section("advice", "What to try next", (how,), proposals=proposals)


def _advice_lines(advice: Advice) -> Iterator[str]:
    yield f"Evidence: {advice.evidence}"
    yield f"Expected effect: {advice.effect}"
    known = [m for m in advice.cost if not wording.undefined(m.estimate)]
    if known:
        prices = ", ".join(f"{m.name} {wording.value_words(m.estimate, m.unit)}" for m in known)
        yield f"Cost, projected: {prices} ({known[0].estimate.method})"
    elif advice.cost:
        yield f"Cost: not known ({advice.cost[0].estimate.method})"


def _adjusted(p: float | None) -> str:
    return "too few to test" if p is None else wording.probability(p)


def _problems(count: int) -> str:
    return f"{wording.integer(count)} problem{'s'[: count != 1]}"


def _plain(kind: str) -> str:
    return kind.replace("_", " ")
