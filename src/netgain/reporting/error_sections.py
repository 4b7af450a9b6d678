"""The appendix on errors: their kinds, what tuning changed, hard problems, categories, outliers."""

from collections.abc import Iterator, Mapping, Sequence

from netgain import wording
from netgain.analysis.sentences import FORM_WORDS
from netgain.records import (
    Changes,
    Comparison,
    Difficulty,
    Findings,
    FormChange,
    GroupAccuracy,
    GroupChange,
    Metric,
)
from netgain.reporting import captions, categories, error_phrases
from netgain.reporting.blocks import Block, Drawn, Grid, Section, Words, chart_block, notes, texts
from netgain.reporting.drawing import MODELS
from netgain.reporting.view import bare_p, paired_grid, short_words
from netgain.wording import counted

SHOWN_UNUSUAL = 3  # examples of each kind and model


# -- kinds of errors, and what tuning changed ----------------------------------------------


def kinds_section(f: Findings, drawn: Drawn) -> Iterator[Section]:
    models = [m for m in MODELS if m in f.errors_found]
    if not any(f.errors_found[m].n for m in models):
        return
    heads = [
        f"{wording.capital(m)} ({counted(f.errors_found[m].n, 'wrong answer')})" for m in models
    ]
    grid = _by_model(captions.KINDS, "Kind", heads, [f.errors_found[m].kinds for m in models])
    located = [(m, f.errors_found[m].in_first_step.estimate) for m in models]
    first = "; ".join(
        f"{m} {wording.percent(of.value)}, n = {of.n}" for m, of in located if of.value is not None
    )
    told = error_phrases.FIRST_STEP.format(first) if first else ""
    blocks = (*texts((error_phrases.ERRORS_NOTE, told)), *chart_block(drawn, "errors"), grid)
    yield Section("kinds", "Kinds of errors", blocks)


def _by_model(
    caption: str, what: str, heads: Sequence[str], metrics: Sequence[Sequence[Metric]]
) -> Grid:
    """Metrics of the same names, one column a model."""
    by_name = [{m.name: m for m in of} for of in metrics]
    names = dict.fromkeys(name for of in by_name for name in of)
    rows = tuple(
        (wording.capital(name), *(short_words(of[name]) if name in of else "–" for of in by_name))
        for name in names
    )
    return Grid(caption, (what, *heads), rows)


def changes_section(f: Findings, drawn: Drawn) -> Iterator[Section]:
    changes = f.changes
    if changes is None:
        return
    blocks: list[Block] = []
    if f.forms:
        blocks += [Words(error_phrases.FORMS_NOTE), _forms_grid(f.forms)]
    blocks.append(Words(_moved(changes, f.comparison)))
    blocks.append(
        Grid(
            captions.MOVES,
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
        columns = ("Group", "n", "Fixed / broken", "Tuned − base", "Beyond the rest", "p",
                   "Verdict")  # fmt: skip
        caption = captions.GROUPS_CHANGED.format(len(tested))
        blocks.append(Grid(caption, columns, tuple(map(_group_change, told))))
    elif tested:
        blocks.append(Words(error_phrases.NO_GROUP_CHANGED.format(len(tested))))
    yield Section("changes", "What tuning changed", (*blocks, *notes(changes.notes)))


def _moved(changes: Changes, comparison: Comparison | None) -> str:
    looked_into = sum(map(sum, changes.moves))
    of = ""
    if comparison is not None and looked_into < comparison.n:
        of = f"Of the {counted(looked_into, 'problem')} looked into: "
    return (
        f"{of}{counted(len(changes.fixed), 'problem')} fixed, "
        f"{wording.integer(len(changes.broken))} broken. "
        f"{wording.capital(changes.same_answer.name)}: {short_words(changes.same_answer)}."
    )


def _forms_grid(forms: Sequence[FormChange]) -> Grid:
    heads = ("Base", "Tuned", "Only base", "Only tuned", "p", "p, Holm", "Verdict")
    rows = tuple(
        (
            FORM_WORDS[f.form],
            *map(wording.integer, (f.base, f.tuned, f.only_base, f.only_tuned)),
            *(bare_p(p) for p in (f.p_value, f.adjusted_p)),
            f.verdict,
        )
        for f in forms
    )
    caption = captions.FORMS.format(wording.integer(forms[0].n))
    return Grid(caption, ("Answers that", *heads), rows)


def _group_change(g: GroupChange) -> tuple[str, ...]:
    return (
        wording.group_words(g.feature, g.group), wording.integer(g.n), f"{g.fixed} / {g.broken}",
        short_words(g.difference), short_words(g.beyond_rest), _adjusted(g.adjusted_p), g.verdict,
    )  # fmt: skip


# -- hard problems, categories, what stands out --------------------------------------------


def difficulty_section(f: Findings, drawn: Drawn) -> Iterator[Section]:
    models = [m for m in MODELS if m in f.difficulty]
    if not models:
        return
    by_name: dict[tuple[str, str], dict[str, GroupAccuracy]] = {}
    for m in models:
        for g in f.difficulty[m].groups:
            by_name.setdefault((g.feature, g.group), {})[m] = g
    rows = tuple(
        (wording.group_words(*name), *(cell for m in models for cell in _group_cells(of.get(m))))
        for name, of in by_name.items()
    )
    columns = [cell for m in models for cell in (f"{wording.capital(m)} accuracy", "Verdict")]
    said = dict.fromkeys(note for m in models for note in f.difficulty[m].notes)
    blocks = (
        Words(error_phrases.HARD_NOTE),
        *texts(_summaries(f.difficulty, models)),
        *chart_block(drawn, "difficulty"),
        Grid(captions.BY_KIND, ("Group", *columns), rows),
        *notes(said),
    )
    yield Section("difficulty", "What makes problems hard", blocks)


def _summaries(found: Mapping[str, Difficulty], models: Sequence[str]) -> Iterator[str]:
    yield from (f"{wording.capital(m)} model: {found[m].summary}" for m in models)


def _group_cells(group: GroupAccuracy | None) -> tuple[str, str]:
    if group is None:
        return "", ""
    verdict = group.verdict
    if verdict in {"harder", "easier"}:
        return short_words(group.accuracy), f"{verdict}, {_adjusted(group.adjusted_p)}"
    return short_words(group.accuracy), "–" if verdict == "no difference shown" else verdict


def categories_section(f: Findings, drawn: Drawn) -> Iterator[Section]:
    if not f.category_metrics:
        return
    grid = paired_grid(categories.rows(f), "Figures by category")
    blocks = (*chart_block(drawn, "categories"), grid, *texts((categories.left_out(f),)))
    yield Section("categories", "Categories", blocks)


def unusual_section(f: Findings, drawn: Drawn) -> Iterator[Section]:
    models = [m for m in MODELS if m in f.unusual]
    if not any(f.unusual[m].answers for m in models):
        return
    bullets = []
    for m in models:
        seen: dict[str, int] = {}
        for answer in f.unusual[m].answers:
            seen[answer.kind] = seen.get(answer.kind, 0) + 1
            if seen[answer.kind] <= SHOWN_UNUSUAL:
                bullets.append(f"{m}, {answer.problem_id}: {answer.evidence or answer.kind}")
    grid = _by_model(
        "How many", "What", [*map(wording.capital, models)], [f.unusual[m].counts for m in models]
    )
    blocks = (Words(error_phrases.UNUSUAL_NOTE), grid, *notes(bullets))
    yield Section("unusual", "Answers that stand out", blocks)


def _adjusted(p: float | None) -> str:
    return "too few to test" if p is None else wording.probability(p)


def _plain(kind: str) -> str:
    return kind.replace("_", " ")
