"""A report's numbers, settings and counts of problems against a run's.

Contradicted is only what bears the name of a figure of the run, of the same model or moment, and
that no rounding makes it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from netgain.audit.audited_text import Sentence, Table
from netgain.audit.makers import MODEL_NAME
from netgain.audit.names import (
    BENCHMARK,
    COUNT_HEADER,
    LOSSES,
    TASK,
    Reading,
    is_between,
    says_only_known,
)
from netgain.audit.quantities import NUMBER, PROBLEMS, annotate
from netgain.audit.results import Claim, Mark, claim
from netgain.audit.run_figures import Run, RunFigure
from netgain.wording import one_line

FEWEST = 20  # problems that a figure must rest on to bear anything out
_PARTICULAR = re.compile(
    r"\b(?:step|epochs?|checkpoint|other run|another|previous|earlier|seed|grader|"
    r"majority|sampl\w+|with the calculator|revis\w+|second turn|variant|perturbed|few-shot|"
    r"\d-shot)\b", re.IGNORECASE,
)  # fmt: skip
_GROUP = re.compile(
    r"\bcategor(?:y|ies)\b|\b(?:problems?|questions?) (?:with|of|that|over|under)\b|\bsubset\b|"
    r"\b(?:hard|easy|longe(?:st|r)|shorte(?:st|r)) (?:problems|questions|ones)\b", re.IGNORECASE,
)  # fmt: skip
_KIND_OF_PROBLEM = re.compile(
    r"\b(?:on|for|among) (?!test|validation|held|maths?|word|grade|same|unseen|new|all|the|these|"
    r"our|those)[a-z][\w-]+ (?:problems|questions)\b", re.IGNORECASE,
)  # fmt: skip
_ELSEWHERE = re.compile(
    r"\b(?:published|official(?:ly)?|reported|paper|leaderboard|makers?|literature|model card|"
    r"others?)\b", re.IGNORECASE,
)  # fmt: skip
UNCLEAR = {"loss", "split_accuracy", "format", "error_rate", "cost"}  # of several figures
NOT_MEASURED = re.compile(
    r"\b(?:targets?|goals?|aim(?:s|ed)?|hop(?:e|ed|ing)|expect(?:ed|s)?|would|could|should|might|"
    r"will|plan(?:s|ned)?|threshold|require[sd]?|hypothes\w+|predict(?:ed|ion|s)?|if|unless|at "
    r"least|success criteri\w+|must|need(?:s|ed)?|budget|acceptable|desired|future|baseline to "
    r"beat|example|e\.g\.|suppose|imagine|detectable|power)\b|≥|>=", re.IGNORECASE,
)  # fmt: skip


@lru_cache(maxsize=64)  # the numbers of a sentence ask one after another
def _told_of(quote: str) -> tuple[bool, bool]:
    """Whether a sentence speaks of a group of problems; of another run, step or source."""
    other = _ELSEWHERE.search(quote) or _PARTICULAR.search(quote)
    group = _GROUP.search(quote) or _KIND_OF_PROBLEM.search(quote)
    return bool(group), bool(other)


def figure_claim(r: Reading, run: Run) -> Claim | None:
    """The verdict on one number; None where its name is no figure's of the run."""
    if not r.metric or r.metric in {"other", "gap"} or NOT_MEASURED.search(r.near):
        return None
    if r.metric in {"pass_at_k", "maj_at_k"}:
        return None
    if _told_of(r.quote)[0] or (r.cell and not says_only_known(r.near)):
        return None
    phase = _phase_named(r, run)
    if phase is not None:
        of_phase = _phase_claim(r, run.models[phase])
        if of_phase or r.cell:
            return of_phase
    figures = _candidates(r, run)
    agreeing = [f for f in figures if _same(r, f)]
    mine = [f for f in agreeing if _role_fits(r, f)]
    if mine:
        return _other_unit(r, mine) or _supported(r, mine[0])
    token = [f for f in run.of("token_accuracy") if f.role and _same(r, f)]
    if r.metric in {"accuracy", "split_accuracy"} and not r.change and token and not agreeing:
        reason = (
            f"{r.quantity.text} is the run's teacher-forced token accuracy, which is no share of "
            f"problems solved{_told(run.of('accuracy'))}"
        )
        return _claim(r, "token accuracy called accuracy", "contradicted", reason)
    text = f"{r.near} {r.quote if r.cell else ''}"
    if phase is not None or other_model(text, run):
        return None
    elsewhere = _other_benchmark(text, run)
    if elsewhere and figures:
        return _claim(r, r.metric, "unsupported", f"no figure of this run: it is of {elsewhere}")
    if _told_of(r.quote)[1] or r.quantity.hedge:
        return None
    if not figures:
        silent = r.metric == "accuracy" and not r.change and run.findings.comparison is None
        reason = "no answers were generated in the run, so it has no accuracy"
        return _claim(r, r.metric, "unsupported", reason) if silent else None
    if _of_others(r, figures):
        return None
    between = r.cell and r.quantity.unit == "points" and is_between(r.near.rpartition(" ; ")[2])
    unclear = (r.change and not between) or r.metric in UNCLEAR
    partly = r.metric == "time" and not re.search(r"\btrain", text, re.IGNORECASE)
    if unclear or partly or not (_role_told(r) or between):
        if r.cell or any(_same(r, f) for f in run.others):
            return None
        return _claim(r, r.metric, "unsupported", f"no figure of this run{_told(figures)}")
    expected = [f for f in figures if _role_fits(r, f)]
    return _claim(r, r.metric, "contradicted", f"the run has another figure{_told(expected)}")


def _phase_named(r: Reading, run: Run) -> str | None:
    """The model between base and tuned that a row is of, or that a sentence names; it has
    accuracies alone."""
    if r.metric not in TASK:
        return None
    text = (r.quote.partition(" | ")[0] if r.cell else r.quote).lower()
    return next(
        (name for name in run.models if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)),
        None,
    )


def _phase_claim(r: Reading, of: Sequence[RunFigure]) -> Claim | None:
    figures = [f for f in of if f.metric == r.metric and f.change == r.change]
    same = [f for f in figures if _same(r, f)]
    if same:
        return _supported(r, same[0])
    if not (figures and r.cell):
        return None
    return _claim(r, r.metric, "contradicted", f"the run has another figure{_told(figures)}")


def _of_others(r: Reading, figures: Sequence[RunFigure]) -> bool:
    """Whether a number is told of other problems, or is printed as no share is."""
    q = r.quantity
    sizes = {f.n for f in figures if f.n}
    if r.metric not in TASK | {"error_rate", "format"}:
        return False
    if q.n and sizes and q.n not in sizes:  # the run's value with another n is judged, though
        return not any(_same(replace(r, quantity=replace(q, n=None)), f) for f in figures)
    return not r.cell and not r.change and not q.unit and abs(q.value) > 1


def _candidates(r: Reading, run: Run) -> list[RunFigure]:
    if r.metric == "loss":
        return run.of("train_loss", "eval_loss", change=r.change)
    if r.metric == "token_accuracy":
        return run.of("token_accuracy", "train_token_accuracy", change=r.change)
    if r.metric == "perplexity" and not r.change:
        return []
    if r.metric == "error_rate" and not r.change:
        return [
            RunFigure(f.metric, f.role, 1 - f.value, f.words, unit="share", n=f.n)
            for f in run.of("accuracy")
        ]
    if r.metric == "accuracy":
        named = run.of("accuracy", change=r.change)
        return named or run.of("strict", change=r.change)
    return run.of(r.metric, change=r.change)


def _same(r: Reading, f: RunFigure) -> bool:
    """Whether the run's figure would be printed as this number, in its unit."""
    q, value = r.quantity, f.value
    if f.unit in {"points", "percent_change"}:
        if q.unit not in {"%", "points"} or (f.unit == "percent_change" and q.unit == "points"):
            return False
        return q.agrees(value * 100) or (not q.signed and q.agrees(abs(value) * 100))
    if f.unit == "share" and (q.unit == "%" or (not q.unit and abs(q.value) > 1)):
        value *= 100
    if f.interval is not None and q.interval is not None:
        # Beside "0 of 1319" the interval may be printed as shares or in per cent.
        scales = {"%": (100,), "share": (1, 100)}.get(q.unit, (1,)) if f.unit == "share" else (1,)
        pairs = list(zip(q.interval, f.interval, strict=True))
        if not any(all(abs(a - b * by) <= 0.06 for a, b in pairs) for by in scales):
            return False
    if f.unit == "share" and q.unit in {"%", "share", ""} and q.n and f.n and q.n != f.n:
        return False
    return q.agrees(value)


def _role_told(r: Reading) -> bool:
    """Whether it is told of which model or moment a number is, where the run has several."""
    return r.role not in {"", "from", "to"} or r.metric not in LOSSES | {"token_accuracy"}


def _role_fits(r: Reading, f: RunFigure) -> bool:
    """A start is the base model's; an end or a best is the tuned one's."""
    if not r.role or not f.role or r.change:
        return True
    if r.metric in TASK or r.metric in {"error_rate", "format"}:
        r_role = {"start": "base", "from": "base"}.get(r.role, r.role)
        return f.role == ("base" if r_role == "base" else "tuned")
    return r.metric in {"time", "cost"} or r.role != "end" or f.role == "end"


def _other_unit(r: Reading, figures: Sequence[RunFigure]) -> Claim | None:
    """A change in points that is printed as percent."""
    relative = any(f.unit == "percent_change" for f in figures)
    said = re.search(r"\babsolute|\brelative", r.quote, re.IGNORECASE)
    if r.metric in TASK and r.change and r.quantity.unit == "%" and not relative and not said:
        reason = f"{r.quantity.text} is the run's difference in points{_told(figures)}"
        return _claim(r, "percent for points", "ill-defined", reason)
    return None


def _supported(r: Reading, f: RunFigure) -> Claim:
    if f.n is not None and f.n < FEWEST:
        reason = f"{f.words}: {f.n} problems are too few to bear anything out"
        return _claim(r, r.metric, "unsupported", reason)
    return _claim(r, r.metric, "supported", f"the run has {f.words}")


def _told(figures: Iterable[RunFigure]) -> str:
    shown = list(dict.fromkeys(f.words for f in figures))
    return f"; the run has {'; '.join(shown[:3])}" if shown else ""


def _claim(r: Reading, kind: str, mark: Mark, reason: str) -> Claim:
    return claim(r.line, r.quote, kind.replace("_", " "), mark, reason, r.quantity.text)


def _other_benchmark(text: str, run: Run) -> str:
    source = f"{run.findings.data.get('source', '')} {run.settings.get('data.source', '')}".lower()
    plain = source.replace("-", "")
    for m in BENCHMARK.finditer(text):
        if m[0].lower().replace("-", "") not in plain:
            return m[0]
    return ""


def other_model(text: str, run: Run) -> str:
    own = f"{run.settings.get('model.id', '')} {run.findings.environment.get('base model', '')}"
    for m in MODEL_NAME.finditer(text):
        if m[0].lower().rpartition("/")[2] not in own.lower():
            return one_line(m[0])
    return ""


# -- rows that bear the run's own names ------------------------------------------------------


def row_claims(line: int, label: str, cells: Sequence[tuple[str, str]], run: Run) -> list[Claim]:
    """A row, or a "name: value", of one of the run's metrics. `cells` are (head, text)."""
    name = label.strip().lower()
    found = []
    for head, text in cells:
        known = run.rows.get(f"{name}, {head.strip().lower()}") or run.rows.get(name, ())
        q = next(iter(annotate(text).quantities), None)
        if q is None or not _CELL_START.fullmatch(text[: q.start]) or COUNT_HEADER.match(head):
            continue
        figures = [f for f in known if q.unit in _PRINTED.get(f.unit, {f.unit})]
        if not figures:
            continue
        r = Reading(q, name, "", figures[0].change, "", f"{label}: {text}", line, 0)
        right = [f for f in figures if _same(r, f)]
        mark: Mark = "supported" if right else "contradicted"
        reason = f"the run has {(right or figures)[0].words}"
        found.append(claim(line, r.quote, name, mark, reason, q.text))
    return found


_CELL_START = re.compile(r"[\s~<>≥≤(]*(?:about )?")
_PRINTED = {  # how a unit of a metric is printed
    "share": {"%"}, "percent_change": {"%"}, "nats": {"nats", ""}, "points": {"points"},
}  # fmt: skip


# -- settings and counts of problems ---------------------------------------------------------

_FILLER = (
    r"['\"]?(?:\s?\([^()\d]{0,20}\))?(?:[\s:=|~,$(\"'\[]|-(?=\d)|\b(?:of|is|was|were|at|to|set|"
    r"fixed|value|a|an|the|used|equal|validations?)\b){0,8}"
)
_VALUE = rf"(?P<v>(?:{NUMBER})(?:e[+-]?\d{{1,3}})?)(?P<p>\s?%)?"
# Name -> key in the run's settings, the words before a value, the words after one.
SETTINGS = {
    "learning rate": ("train.learning_rate", r"learning[ _-]rate|\blr\b", r""),
    "LoRA rank": ("train.lora.r",
                  r"\brank\b(?: \(?r\)?)?|\blora_r\b|(?<![\w.'’-])r(?=\s?[=:])", r""),
    "LoRA alpha": ("train.lora.alpha", r"(?:lora[ _-]?)?\balpha\b|lora_alpha\b", r""),
    "dropout": ("train.lora.dropout", r"dropout(?: rate| probability)?|lora_dropout\b", r""),
    "epochs": ("train.epochs", r"\bepochs\b|num_train_epochs",
               r"(?:full |training |complete )?epochs?\b"),
    "batch size": ("train.batch_size", r"(?<!effective )(?<!global )(?<!total )(?<!evaluation )"
                   r"\bbatch[ _]?size\b", r""),
    "weight decay": ("train.weight_decay", r"weight[ _-]decay", r""),
    "warm-up": ("train.warmup_ratio", r"warm-?up[ _-](?:ratio|fraction)", r""),
    "gradient clipping": ("train.max_grad_norm", r"max[ _]grad(?:ient)?[ _]norm", r""),
    "seed": ("train.seed", r"(?:random |training )\bseed\b|^\W*seed\b", r""),
    "patience": ("train.early_stopping.patience", r"patience", r""),
    "new tokens": ("evaluate.max_new_tokens", r"max(?:imum)?[ _-]new[ _-]tokens",
                   r"new tokens\b"),
}  # fmt: skip
_BEFORE = {
    name: re.compile(rf"(?:{words}){_FILLER}{_VALUE}", re.IGNORECASE)
    for name, (_, words, _) in SETTINGS.items()
}
_AFTER = {
    name: re.compile(rf"(?<![\w.,/-]){_VALUE}[\s-]{{1,2}}(?:{after})", re.IGNORECASE)
    for name, (_, _, after) in SETTINGS.items()
    if after
}
_PART = re.compile(
    r"(?<![\w.,/-])(?P<n>\d{1,3}(?:,\d{3})+|\d{1,8})\s(?:(?P<train>train(?:ing)?)|(?P<validation>"
    rf"validation|dev)|(?P<test>test|held-out))\s{PROBLEMS}\b", re.IGNORECASE,
)  # fmt: skip
# Settings of other runs, and of this one only in part ("after 2 epochs").
_TRIED = re.compile(
    r"\b(?:tried|try|swept?|search\w*|ablation|grid|versus|vs|compared?|instead|earlier|previous|would|"
    r"could|should|another|other|next|future|plan(?:s|ned)?|if)\b", re.IGNORECASE,
)  # fmt: skip
_OF_ALL = re.compile(r"\d of (?:all |the )?(?:the )?$")
_IN_PART = re.compile(
    r"\b(?:between|more|further|after|extra|additional|per|first|later)\b", re.IGNORECASE
)


def setting_claims(parts: Sequence[Sentence | Table], run: Run) -> Iterator[Claim]:
    """Settings that a text states; contradicted where it never states the run's own value."""
    stated: dict[str, list[tuple[float, str, int, str]]] = {}
    for line, text, quote in _places(parts):
        for name in () if _TRIED.search(text) else SETTINGS:
            tried = name == "epochs" and _IN_PART.search(text)
            for pattern in (_BEFORE[name], _AFTER.get(name)):
                m = pattern.search(text) if pattern is not None and not tried else None
                if m is not None:
                    stated.setdefault(name, []).append((*_value(m), line, quote))
                    break
    for name, found in stated.items():
        key = SETTINGS[name][0]
        known = run.settings.get(key, "")
        if not re.fullmatch(r"[\d.e+-]+", known):
            continue
        right = [each for each in found if abs(each[0] - float(known)) <= 1e-6 * abs(each[0])]
        for _, text, line, quote in right or found[:1]:
            mark: Mark = "supported" if right else "contradicted"
            yield claim(line, quote, f"setting: {name}", mark, f"the run has {key}: {known}", text)


def _places(parts: Sequence[Sentence | Table]) -> Iterator[tuple[int, str, str]]:
    """(line, text to read, quotation) of every sentence, and of every row as "name: value"."""
    for part in parts:
        if isinstance(part, Sentence):
            yield part.line(), part.text, part.text
        else:
            for line, row in part.rows:
                if len(row) == 2:
                    yield line, f"{row[0]}: {row[1]}", " | ".join(row)


def _value(m: re.Match[str]) -> tuple[float, str]:
    return float(m["v"].replace(",", "")) / (100 if m["p"] else 1), m["v"].strip()


def part_claims(sentence: Sentence, run: Run) -> Iterator[Claim]:
    """ "6,725 training problems"; of "1,000 of the 6,725" the second number is what there was."""
    for m in list(_PART.finditer(sentence.text))[:5]:
        part = next(k for k in ("train", "validation", "test") if m[k])
        stated, known = int(m["n"].replace(",", "")), run.counts.get(part)
        if known is None or stated >= 10**12 or _OF_ALL.search(sentence.text, 0, m.start("n")):
            continue
        mark: Mark = "supported" if stated == known else "contradicted"
        yield claim(sentence.line(m.start()), sentence.text, f"number of {part} problems", mark,
                    f"the run has {known:,} {part} problems", m["n"])  # fmt: skip
