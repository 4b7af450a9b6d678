"""What each number of a report is said to be: of which metric, which model or moment, a change.

A number belongs to the metric that is named nearest; in a table, to the one that its row or column
names. Words for other quantities are listed too, so that what belongs to them is not taken for an
accuracy. A number that no word names has no metric.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from netgain.audit.audited_text import Sentence, Table
from netgain.audit.makers import MODEL_NAME
from netgain.audit.quantities import PROBLEMS, Quantity, annotate

MOST_MENTIONS = 80  # of metrics in one sentence
FARTHEST = 120  # characters between a number and the word that names it
# The first that fits counts, so what contains another's words stands before it.
METRICS = {
    "token_accuracy": r"(?:eval_|train_)?(?:mean_)?token_acc(?:uracy)?\w{0,20}"
    r"|(?:teacher[- ]forced )?(?:per[- ]|next[- ])?token(?:[- ]level|[- ]wise)?(?: prediction)? "
    r"(?:accurac(?:y|ies)|agreement|acc\b)|teacher[- ]forced (?:mean )?(?:accuracy|agreement)"
    r"|accuracy (?:of |on |over |at )?(?:the )?(?:next[- ]token prediction|(?:reference )?tokens?)",
    "gap": r"generali[sz]ation gap",
    "perplexity": r"perplexit(?:y|ies)|\bppl\b",
    "eval_loss": r"(?:eval|val|validation|test|dev)_loss|(?:validation|eval(?:uation)?|val|dev|"
    r"held[- ]out|test)[ -](?:set )?(?:cross[- ]entropy )?loss(?:es)?\b|loss on (?:the )?"
    r"(?:validation|held[- ]out)",
    "train_loss": r"train_loss|train(?:ing)?[ -](?:cross[- ]entropy )?loss(?:es)?\b",
    "loss": r"\bloss(?:es)?\b",
    "pass_at_k": r"\b(?:pass|sc|mean|avg|best[- ]of) ?@ ?\(?(?:k|[2-9]|\d{2,4})\)?|\bpass at \d+",
    "maj_at_k": r"\bmaj(?:ority|1)? ?@ ?\d{0,4}|self[- ]consistency|majority[- ]vot\w+|\bmaj\b",
    "format": r"\b(?:format|valid(?:ity)?|readable|be read|pars\w+|truncat\w+|complian\w+|boxed|"
    r"json|tags?|"
    r"cut off|well-formed|reached the limit|at the (?:token )?limit|hit the (?:token )?limit|"
    r"extract(?:ion|able)(?: rate)?|<\w+>)\b",
    "time": r"\b(?:training|run|wall[- ]clock|total) time\b|\btrain(?:ing|ed) (?:took|for)\b|"
    r"\btook\b",
    "cost": r"\bcosts?\b|\bspent\b|\bexpense\b|\bpriced?\b",
    "other": r"\b(?:of [\d,]+ right answers|false equations?|"
    r"reward|advantage|kl|entropy|temperature|top[_-]?p|dropout|ratio|threshold|"
    r"weights?|fraction|confidence|probability|utili[sz]ation|memory|vram|throughput|speed|faster|"
    r"slower|cheaper|param(?:eter)?s|retain\w*|kept|keep|remov\w+|filter\w*|overlap\w*|split|"
    r"warm-?up|coverage|diversity|win[- ]rate|f1|bleu|rouge|clip\w*|epsilon|beta|decay|momentum|"
    r"quantile|percentile|length|tokens?|sparsity|data ?set|train(?:ing)? (?:set|data|split)|held "
    r"out|time|duration|hours?|learning[ _-]rate|lr|rank|alpha|compression|quanti[sz]\w+|"
    r"size|discount|noise|dedup\w*|contaminat\w*|unanimous\w*|agreement|standard (?:error|"
    r"deviation)|std|variance|margin|se|sd|precision|recall|auc|mfu|correlation|share of|skipped|"
    r"duplicat\w+|label\w*|verifier|judge)\b",
    "split_accuracy": r"(?:eval|val|validation|train|training|dev)_acc(?:uracy)?\b|(?:validation|"
    r"train(?:ing)?|val|dev|eval(?:uation)?)(?:[- ]set)? acc(?:uracy|uracies)?\b|accuracy on (?:the"
    r" )?(?:training|validation)",
    "strict": r"(?:accuracy by )?(?:lm-eval )?strict[- ]match(?: accuracy| score)?"
    r"|accuracy in the asked form|(?:accuracy,? (?:by )?(?:the )?)?strict grader|strict accuracy",
    "flexible": r"(?:accuracy by )?(?:lm-eval )?flexible[- ]extract(?: accuracy| score)?",
    "error_rate": r"error rate|fail(?:s|ed)? (?:on|to solve)|wrong answers?|incorrect(?:ly)?\b"
    r"|errors?\b|mistakes?\b",
    "accuracy": r"exact[- _]match(?: accuracy| score)?|\bEM\b|(?<![\w-])accurac(?:y|ies)\b|\bacc\b"
    r"|(?:solve|success|pass) rate|\bpass ?@ ?1\b|\bscor(?:es|ed)\b|correct(?:ly)?\b|solv(?:es?|"
    r"ed|ing)\b|right answers?|answer(?:s|ed)? right|get(?:s|ting)? right|\bright\b(?= (?:on|of))"
    r"|(?:GSM-?8K|MATH|benchmark|test) (?:score|performance|result)s?\b",
}
METRIC = re.compile(
    r"(?<![A-Za-z])(?:" + "|".join(f"(?P<{k}>{v})" for k, v in METRICS.items()) + ")", re.IGNORECASE
)
TASK = frozenset({"accuracy", "strict", "flexible"})
LOSSES = frozenset({"loss", "train_loss", "eval_loss", "perplexity"})
BENCHMARK = re.compile(
    r"(?<![\w-])(?:GSM-?8K|GSM-?(?:Hard|Plus|Symbolic)|MATH(?:-?500)?|SVAMP|MMLU|ARC(?:-\w+)?|"
    r"HellaSwag|MAWPS|AIME\w*|AMC\w*|ASDiv|MultiArith|HumanEval|MBPP|BBH)(?![\w-])"
)
_TUNE = r"(?:(?:fine-?|fine )?tuning|fine-?tune|training|adaptation|LoRA|SFT|GRPO|RL)"
ROLE = re.compile(
    rf"""
    (?P<change>\b(?:change|delta|difference|improvement|gain|increase|decrease|reduction|uplift
        |boost|vs\.?|diff|over\ (?:the\ )?base\w*|relative)\b|Δ|^[+±-]$)
  | (?P<base>\b(?:base(?:line)?|plain|un-?tuned|vanilla|untouched|original|unmodified|unadapted
        |pre-?trained|before(?:\ (?:any\ )?{_TUNE})?|without\ (?:any\ )?{_TUNE})\b)
  | (?P<tuned>\b(?:(?:fine-?|fine\ |LoRA-)?(?<!instruction-)tuned|finetuned?|after(?:\ (?:the\ )?
        {_TUNE})?|adapt(?:er|ed)|our\ model|ours|trained\ model|post-?{_TUNE}|with\ (?:the\ )?LoRA
        |SFT|LoRA|GRPO|(?:the\ )?final\ model)\b)
  | (?P<start>\b(?:initial(?:ly)?|start(?:ing|ed|s)?(?:\ at|\ of|\ out)?|at\ step\ 0)\b)
  | (?P<best>\b(?:best|lowest|minim(?:um|al)|kept|selected|bottomed)\b)
  | (?P<end>\b(?:final(?:ly)?|end(?:ed|ing|s)?|last|finished|converged)\b)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CHANGE_BEFORE = re.compile(
    r"(?:\bby|\b(?:gain|improvement|increase|rise|jump|boost|drop|decrease|reduction|fall|decline|"
    r"difference|margin|delta|uplift|change)s?(?: (?:of|is|was|in|accuracy|loss)){0,3}|Δ)"
    r"[\s:=(~]{0,3}(?:about |around |almost |nearly |over |roughly |only |just |a |an )?\s?$",
    re.IGNORECASE,
)
_CHANGE_AFTER = re.compile(
    r"^[\s-]?(?:(?:absolute|relative|accuracy|percentage)[\s-]){0,2}(?:improvement|gain|increase|"
    r"drop|decrease|reduction|rise|jump|boost|higher|lower|better|worse|more|less|faster|fewer|"
    r"above|below|over the|relative)\b",
    re.IGNORECASE,
)
_FROM = re.compile(r"\bfrom\s(?:about |around |only |just |a )?[~$]?$", re.IGNORECASE)
_ONTO = re.compile(r"^\s?%?\s?(?:→|to\b|up to\b)\s?~?$")
_TO = re.compile(r"(?:\bto\s|→\s?)(?:about |around |only |nearly |almost |~)?$", re.IGNORECASE)
# What may stand in a row's or a column's name beside metrics, models and benchmarks.
_PLAIN = re.compile(
    r"\b(?:models?|the|our|ours?|with|on|of|for|by|test|set|split|score|results?|final|"
    r"performance|value|"
    r"metric|problems?|questions?|answers?|robust|grader|n|instruct|chat|method|system|run|this|"
    r"lm|eval|validation|training|teacher|forced|mean|average|overall|total|minus|nats|"
    r"b|k|pp)\b", re.IGNORECASE,
)  # fmt: skip
COUNT_HEADER = re.compile(
    rf"^\W*(?:n|#.*|(?:num(?:ber)?(?: of)? |test |total |sample )?(?:{PROBLEMS}|size|count)|total|"
    r"id|seeds?|k|step|epoch|rank|params?|tokens|line|page|problems asked)\W*$", re.IGNORECASE,
)  # fmt: skip
_PARTS = re.compile(
    r"[,;()|]|→|\b(?:and|while|whereas|but|versus|vs|against|than|from|to)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Reading:
    """A number as the text uses it.

    `metric` is a key of `METRICS` or "". `role` is base, tuned, start, best, end,
    from, to or "". `near` are
    the words it was named by, `quote` is what a reader is shown.
    """

    quantity: Quantity
    metric: str
    role: str
    change: bool
    near: str
    quote: str
    line: int
    section: int
    cell: bool = False

    @property
    def share(self) -> float:
        """The value as a share, where it is one."""
        q = self.quantity
        if q.unit in {"%", "points"} or (not q.unit and abs(q.value) > 1):
            return q.value / 100
        return q.value


def says_only_known(name: str) -> bool:
    """Whether a row's or a column's name holds nothing but metrics, models and benchmarks.

    >>> says_only_known("Tuned accuracy (%)"), says_only_known("money")
    (True, False)
    """
    for pattern in (MODEL_NAME, BENCHMARK, METRIC, ROLE, _PLAIN):
        name = pattern.sub(" ", name)
    return not re.search(r"[^\W\d_]{2,}", name)


@lru_cache(maxsize=2048)  # several checks read the same sentences
def mentions(text: str) -> tuple[tuple[int, int, str], ...]:
    """Where metrics are named: (start, end, metric)."""
    found = itertools.islice(METRIC.finditer(text), MOST_MENTIONS)
    return tuple((m.start(), m.end(), m.lastgroup or "") for m in found)


def read_sentence(sentence: Sentence, before: str = "") -> list[Reading]:
    """Every number of a sentence. `before` is the metric that the sentence before spoke of."""
    noted = annotate(sentence.text)
    if not noted.quantities:
        return []
    named = mentions(sentence.text)
    found = []
    for index, q in enumerate(noted.quantities):
        left = noted.quantities[index - 1].end if index else 0
        right = (
            noted.quantities[index + 1].start
            if index + 1 < len(noted.quantities)
            else len(noted.bare)
        )
        gap = noted.bare[q.end : right][:40]
        start = bool(_FROM.search(noted.bare[max(0, q.start - 16) : q.start])) or bool(
            _ONTO.match(gap)
        )
        change = not start and _is_change(noted.bare, q)
        metric = _nearest(noted.bare, q, named, left, right) or (before if len(named) == 0 else "")
        if not metric and not named and q.unit == "%" and BENCHMARK.search(sentence.text):
            metric = "accuracy"
        if not named and q.unit == "points":
            metric = "accuracy"
        if not fits(metric, q, change):
            metric = ""
        clause = _clause(noted.bare, q, left, right)
        role = "" if change else _role(noted.bare, q, clause, start)
        found.append(
            Reading(q, metric, role, change, noted.bare[clause[0] : clause[1]], sentence.text,
                    sentence.line(q.start), sentence.section)
        )  # fmt: skip
    return found


def read_table(table: Table) -> Iterator[Reading]:
    """Every number of a table's cells but of its first column."""
    for line, row in table.rows:
        label = row[0]
        for column, cell in enumerate(row[1:], start=1):
            head = table.headers[column] if column < len(table.headers) else ""
            noted = annotate(cell)
            sizes = {n for place in (head, label) for _, n in annotate(place).sizes}
            if not noted.quantities or COUNT_HEADER.match(head) or COUNT_HEADER.match(label):
                continue
            near = f"{label} ; {head}"
            metric = _cell_metric(cell, label, head, f"{table.heading} ; {table.lead[-200:]}")
            metric = metric or _of_the_left(table.headers[1:column], head)
            roles = [m.lastgroup or "" for m in ROLE.finditer(f"{head} ; {label}")]
            for q in noted.quantities[:2]:
                q = replace(q, n=q.n or min(sizes)) if len(sizes) == 1 else q
                change = "change" in roles or q.unit == "points" or (q.signed and q.value > 0)
                named = [r for r in roles if r != "change"]
                role = next((r for r in named if r in {"base", "tuned"}), named[0] if named else "")
                kept = metric if fits(metric, q, change) else ""
                quote = " | ".join(dict.fromkeys(p for p in (label, head, cell) if p))
                yield Reading(q, kept, "" if change else role, change, near, quote, line,
                              table.section, cell=True)  # fmt: skip


def fits(metric: str, q: Quantity, change: bool) -> bool:
    """Whether a number of this unit can be a value of the metric."""
    if change:
        return q.unit in {"%", "points", "x"} or (metric in LOSSES and q.unit in {"", "nats"})
    if metric in LOSSES or metric == "gap":
        return q.unit in {"", "nats"} and abs(q.value) < 1000 and q.step < 1
    if metric in {"other", ""}:
        return True
    if metric in {"time", "cost"}:
        return q.unit == "s" if metric == "time" else len(q.unit) == 3 and q.unit.isupper()
    decimal = not q.unit and q.step < 1 and abs(q.value) <= 100
    return q.unit in {"%", "share"} or decimal


def _nearest(
    bare: str, q: Quantity, named: Sequence[tuple[int, int, str]], left: int, right: int
) -> str:
    """The metric named nearest, between the numbers on both sides; else the last one before."""
    best: tuple[float, str] = (FARTHEST, "")
    for start, end, metric in named:
        if end <= q.start:
            distance = q.start - end + (60.0 if end <= left else 0.0)
        elif q.end <= start < right:
            distance = 1.5 * (start - q.end) + (60.0 if _PARTS.search(bare, q.end, start) else 0.0)
        else:
            continue
        if distance < best[0]:
            best = (distance, metric)
    return best[1]


def _cell_metric(cell: str, label: str, head: str, around: str) -> str:
    """The metric of a cell: what its row or its column names, the more particular of the two."""
    found = [m for place in (cell, head, label) for _, _, m in mentions(place)]
    particular = [m for m in found if m not in {"accuracy", "other"}]
    if particular:
        return particular[0]
    if "other" in found:
        return "other"
    if found or BENCHMARK.search(head) or BENCHMARK.search(label):
        return "accuracy"
    about = [m for _, _, m in mentions(around)]
    return "accuracy" if about and set(about) <= TASK else ""


def _of_the_left(heads: Sequence[str], head: str) -> str:
    """The metric of a column of changes that names none, as "Tuned − base": that of the nearest
    column to its left which names one.
    """
    if not is_between(head) and not any(m.lastgroup == "change" for m in ROLE.finditer(head)):
        return ""
    return next((m for each in reversed(heads) for _, _, m in mentions(each) if m in TASK), "")


def is_between(head: str) -> bool:
    """Whether a column is of the change from base to tuned, as "Tuned − base" is."""
    return {m.lastgroup for m in ROLE.finditer(head)} >= {"base", "tuned"}


def _is_change(bare: str, q: Quantity) -> bool:
    if q.unit == "share" or _TO.search(bare[max(0, q.start - 12) : q.start]):
        return False
    if q.unit == "points" or (q.signed and q.unit == "%"):
        return True
    before = bare[max(0, q.start - 60) : q.start]
    return bool(_CHANGE_BEFORE.search(before) or _CHANGE_AFTER.match(bare[q.end : q.end + 40]))


def _clause(bare: str, q: Quantity, left: int, right: int) -> tuple[int, int]:
    breaks = [m.end() for m in _PARTS.finditer(bare, max(left, q.start - FARTHEST), q.start)]
    after = _PARTS.search(bare, q.end, right)
    return (
        breaks[-1] if breaks else max(left, q.start - FARTHEST),
        min(after.start() if after else right, q.end + FARTHEST),
    )


def _role(bare: str, q: Quantity, clause: tuple[int, int], start: bool) -> str:
    """The model or the moment that a number belongs to, by the words of its clause."""
    inside = [
        (abs(m.start() - q.start), m.lastgroup or "")
        for m in ROLE.finditer(bare, clause[0], clause[1])
        if m.lastgroup != "change"
    ]
    models = [pair for pair in inside if pair[1] in {"base", "tuned"}]
    if models:
        return min(models)[1]
    if start:
        return "from"
    if _TO.search(bare[max(0, q.start - 12) : q.start]):
        return "to"
    return min(inside)[1] if inside else ""
