"""What a report says in words that its evidence cannot bear: a few checks, each nearly never wrong.

They read English. Each is told at most once a report, at the first place.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from netgain.audit.audited_text import Sentence, Table
from netgain.audit.names import BENCHMARK, ROLE, TASK, Reading, mentions, says_only_known
from netgain.audit.own_counts import IMPROVES
from netgain.audit.quantities import PROBLEMS, annotate
from netgain.audit.results import Claim, Mark, claim
from netgain.audit.run_check import NOT_MEASURED, other_model
from netgain.audit.run_figures import Run
from netgain.wording import group_words, number, percent, probability

RISE = 0.005  # of a validation loss above its lowest; less is not called overfitting
MOST_TOKEN_FIGURES = 8
FEWEST_VALIDATED = 20  # problems; a validation loss of fewer says nothing


@dataclass(frozen=True)
class Report:
    """A text read whole. `sections` has the words of each section, `text` all of them."""

    parts: Sequence[Sentence | Table]
    readings: Sequence[Reading]
    sections: Mapping[int, str]
    text: str
    source: str  # as it is written, code and all
    run: Run | None = None
    sentences: Sequence[Sentence] = field(default_factory=tuple)


def _any(*forms: str) -> re.Pattern[str]:
    return re.compile("|".join(forms), re.IGNORECASE)


_NEGATED = _any(
    r"\b(?:no|not|never|neither|nor|without|cannot|nothing|hardly|whether|if|does this|how well|"
    r"rather than|instead of(?! \d)|"
    r"unlike|far from|should|would|could|might|may|hope|expect\w*|aim\w*|"
    r"goal|future|test(?:s|ed|ing)? (?:for|of)|measure[sd]?|fail\w*|poor\w*|limited|unclear|"
    r"question|to see|gap|un\w*able)\b|n't\b|\?"
)
_SUPPOSED = _any(r"\b(?:if|may|might|could|would|to (?:avoid|prevent|reduce))\b|\?")
_GENERALISES = _any(r"\bgenerali[sz](?:e[sd]?|ing|ation|able)\b")
_BY_LOSS = _any(r"(?:validation|eval\w*|val|dev|held[- ]out)[ _-](?:set )?loss|\bloss curve"
                r"|\bloss(?:es)? (?:fell|falls|drop\w*|decreas\w*|declin\w*"
                r"|improv\w*)")  # fmt: skip
_NO_CHANGE = _any(
    r"\bno (?:detectable|measurable|(?:statistically )?significant) (?:change|difference|gain|"
    r"improvement)|\bnot (?:statistically )?significant|\b(?:within|inside) (?:the )?noise"
    r"|\bno better than|\bcannot (?:claim an improvement|be told (?:apart|from)|tell)"
)
_OF_ACCURACY = _any(r"\baccura|\bsolv|\d problems\b|tun(?:ed|ing)\b|\breason|\bbase(?:line)?\b|"
                    r"\bGSM|\bperform|\bdifference of")  # fmt: skip
_GAINS = TASK | {"other", "error_rate"}
_FALLING = _any(
    r"\bloss(?:es)?\b[^.]{0,60}\b(?:still|continu\w+|steadily|kept|keeps|(?:not|hadn't"
    r"|n't) (?:yet )?(?:plateau|converg|flatten|saturat)\w*)"
)
_MORE = _any(
    r"\b(?:more|further|additional|longer|extra|another|extended|continu(?:ed|ing))\s(?:[a-z]+\s)"
    r"{0,2}(?:epochs?|training|steps|fine-?tuning)\b|\btrain(?:ing|ed)? (?:for )?(?:longer|more)\b"
)
_NO_EVIDENCE = _any(r"\b(?:no evidence|does not mean|not imply|overfit)")
_HELP = _any(r"\b(?:would|could|will|should|may|might|can|suggest\w*|indicat\w+|room|headroom|"
             r"benefit\w*|help\w*|improv\w*|gains?)\b")  # fmt: skip
_ERRORS = r"(?:errors?|mistakes?|failures?|failure modes?)"
_MOST_ERRORS = _any(
    rf"\b(?:most|majority|bulk|common|typical|main|dominant|primary) (?:of (?:the|its|these) )?"
    rf"(?:\w+ )?{_ERRORS} (?:are|were|come|came|stem|involve|include)",
    rf"\b{_ERRORS} (?:are|were) (?:mostly|mainly|typically|usually|largely|primarily|dominated)\b",
)
_COUNTS = _any(r"\b\d[\d,]* (?:of|out of|/)|\bn\s?=\s?\d|\d\s?%")  # in the sentence itself
_COUNTED = _any(
    rf"\b\d+ (?:\w+ ){{0,2}}(?:wrong|incorrect|failed|sampled|inspected|annotated|{_ERRORS})"
)
_HARDEST = _any(r"\b(?:hardest|most difficult)\b")
_OVERFIT = _any(r"over-?fit\w*")
_DENIES = _any(r"\b(?:no|not|never|without|avoid\w*|prevent\w*|little|minimal)\b|n't\b")
_TEST = (
    r"test[ -](?:set|split|data|accuracy|acc|score|performance|results?|loss|questions|problems)"
)
_THING = r"(?:checkpoint|epoch|step|adapter|model|seed|run)s?"
_CHOSEN = _any(
    rf"\b(?:select|chos|pick|choos|keep|kept)\w*[^.;]{{0,60}}\b(?:by|on|according to|based on"
    rf"|using|with|for)\b (?:the |its )?(?:best |highest |maximum |lowest )?(?:\w+ )?{_TEST}",
    rf"\b{_THING} (?:with|having) (?:the )?(?:best|highest|lowest) (?:\w+ )?(?:{_TEST}|test\b)",
    rf"\b{_THING} (?:that|which) (?:scored|was|did|performed) (?:best"
    rf"|highest)[^.;]{{0,20}} on the test\b",
    rf"\b(?:best|highest) {_TEST}\b[^.;]{{0,40}}\b(?:over|across|among|of (?:the|all"
    rf"|\d))\b[^.;]{{0,20}}\b{_THING}\b",
    rf"\b(?:best|top|highest) (?:{_THING} by (?:the )?|of \d+ {_THING} on (?:the )?)test\b",
    r"\bearly stopping (?:on|by|uses?|using|monitors?) (?:the )?test\b",
    r"\bhighest test accuracy was (?:selected|chosen|kept)",
)
_BEST_OF = _any(r"\b(?:max(?:imum)?|best|highest) (?:over|across|among|of) (?:all |the |\d+ ){0,3}"
                r"(?:saved |\w+ )?(?:checkpoints|epochs|steps)\b")  # fmt: skip
_ON_TEST = _any(r"\btest\b")
_TEST_AS_VALIDATION = _any(
    r"\btest (?:set|split|data)\b[^.;]{0,40}\b(?:serves?|served|used|acts?"
    r"|doubles?) (?:also )?(?:as|for) (?:the |a |our )?(?:validation|dev|eval\w*)\b",
    r"\b(?:validation|dev) (?:set|split) (?:is|was|=) (?:also )?the test (?:set|split)\b",
)
_SELECTS = _any(r"early[- ]stopping|(?:checkpoint|model) selection|select\w* (?:the )?(?:best"
                r"|checkpoint)|best checkpoint|load_best_model")  # fmt: skip
_VALIDATION = _any(r"validation|\bdev\b|eval_loss|\bnot\b|\bnever\b|n't\b|\bwithout\b|\bavoid")
_SOLVES = _any(r"\b(?:shows?|means?|demonstrates?|proves?|indicates?|so|thus"
               r"|i\.e\.)\b[^.]{0,40}\b(?:"
               r"solv\w+|correct(?:ly)?|answers?|get\w* right)\b")  # fmt: skip
_N_SAID = _any(
    rf"\bn\s?=\s?\d|\b\d[\d,]* (?:[a-z][\w-]* ){{0,3}}{PROBLEMS}\b"
    rf"|\b\d[\d,]*%? (?:out )?of (?:the )?\d"
    r"|\b\d{1,6} ?/ ?\d{2,6}\b|\b(?:full|entire|whole|complete|all)\b[^.]{0,30}\btest\b"
    r"|\btest (?:set|split)\b|1,?319"
)
_PROMPT_SAID = _any(r"human-?eval|\bMBPP|[- ]shot\b|\bprompt|lm[-_ ]eval|harness|lighteval"
                    r"|opencompass|\bsystem message|step by step")  # fmt: skip
_GRADER_SAID = _any(
    r"exact[- _]?match|\bEM\b|\bgrad(?:er|ers|ed|ing)\b|\bextract|\bpars(?:e|ed|ing|er)|regex"
    r"|regular expression|\bmatch|\bboxed|####|\bjudge|verif(?:y|ier|ied)|lm[-_ ]eval|harness"
    r"|lighteval|opencompass|\bevalplus|last number|final (?:number|answer|integer)|sympy|strict"
    r"|hand-?checked"
    r"|numeric(?:al)? (?:answer|equal|compar|equiv)|eval\w*\.py|evaluat(?:e|ion)[_ ]script"
    r"|\bcompared? (?:to|with|against) (?:the )?(?:gold|reference|ground)|math[-_ ]verify"
    r"|\bscor(?:er|ing) (?:script|function|rule)|human-?eval|\bMBPP|our own reading"
)
_PUBLISHED = _any(
    r"\bpaper|\breport(?:ed|s)|\breport that|\bofficial|\bpublished|leaderboard|\bmakers\b"
)
_HEADLINE = _any(
    r"accura|exact[- _]match|\bEM\b|\bacc\b|\bscor|\bpass ?@ ?1\b|\bsolves\b|\bGSM-?8K\b"
)
_GENERATED = _any(r"greedy|generat(?:ed|ion|ing|es?)|decod|sampled|exact[- _]match|zero-shot"
                  r"|\d-shot|temperature|max_new_tokens")  # fmt: skip


def _said(s: Sentence, kind: str, mark: Mark, reason: str) -> Claim:
    return claim(s.line(), s.text, kind, mark, reason)


@lru_cache(maxsize=256)
def _says(section: str, said: re.Pattern[str]) -> bool:
    """Whether a section says something; each of its sentences may ask."""
    return said.search(section) is not None


def _where(
    report: Report, said: re.Pattern[str], unless: re.Pattern[str]
) -> Iterator[tuple[Sentence, str]]:
    """The sentences that say something, but for headings, each with the text before it."""
    before = ""
    for s in report.sentences:
        if said.search(s.text) and s.text != s.heading and not unless.search(s.text):
            yield s, before
        before = s.text


def generalises(report: Report) -> Iterator[Claim]:
    """ "Generalises" from a validation loss, or held against the run's figures."""
    for s, before in _where(report, _GENERALISES, _NEGATED):
        reason = "the run has no accuracy on problems from elsewhere" if report.run else ""
        if _BY_LOSS.search(s.text) or (_BY_LOSS.search(before) and len(s.text) < 160):
            reason = (
                "a lower validation loss says how well reference solutions are predicted; "
                "generalising is accuracy on problems from elsewhere"
            )
        if reason:
            yield _said(s, "generalisation", "unsupported", reason)


def more_epochs(report: Report) -> Iterator[Claim]:
    ends = report.run.lowest_and_last if report.run is not None else None
    reason = (
        "a loss that still falls does not show that more epochs help: training loss falls while a "
        "model memorises"
    )
    mark: Mark = "contradicted" if ends is not None and _rose(ends) else "unsupported"
    for s, before in _where(report, _MORE, _NO_EVIDENCE):
        near = f"{before} {s.text}"
        if _HELP.search(s.text) and _FALLING.search(near) and not _NO_EVIDENCE.search(near):
            told = f"{reason}; {_curve(ends)}" if ends is not None else reason
            yield _said(s, "more epochs", mark, told)


def _rose(ends: tuple[tuple[int, float], tuple[int, float]]) -> bool:
    return ends[1][1] > ends[0][1] * (1 + RISE)


def _curve(ends: tuple[tuple[int, float], tuple[int, float]]) -> str:
    (low_step, low), (last_step, last) = ends
    return (
        f"the run's validation loss was lowest at step {low_step} ({number(low)}) and ended at "
        f"{number(last)} (step {last_step})"
    )


def overfitting(report: Report) -> Iterator[Claim]:
    """ "Did not overfit", held against the run's validation loss."""
    if report.run is None:
        return
    ends, validated = report.run.lowest_and_last, report.run.counts.get("validation")
    for s, _ in _where(report, _OVERFIT, _SUPPOSED):
        if ends is None:
            yield _said(s, "overfitting", "unsupported", "the run has too few validations to tell")
        elif validated is not None and validated < FEWEST_VALIDATED:
            reason = f"the run's validation loss is of {validated} problems, too few to tell"
            yield _said(s, "overfitting", "unsupported", reason)
        else:
            right = bool(_DENIES.search(s.text)) != _rose(ends)
            yield _said(s, "overfitting", "supported" if right else "contradicted", _curve(ends))


def kinds_of_errors(report: Report) -> Iterator[Claim]:
    """ "Most errors are …" without a count, or against the run's shares."""
    tables = {p.section for p in report.parts if isinstance(p, Table)}
    for s, _ in _where(report, _MOST_ERRORS, _SUPPOSED):
        section = report.sections.get(s.section, "")
        counted = _COUNTS.search(s.text) or _says(section, _COUNTED) or s.section in tables
        if report.run is not None and (found := _share_of_kind(s.text, report.run)) is not None:
            yield _said(s, "kinds of errors", *found)
        elif not counted:
            reason = "no counts: of how many wrong answers, drawn how, and how many of each kind"
            yield _said(s, "kinds of errors", "unsupported", reason)


def _share_of_kind(text: str, run: Run) -> tuple[Mark, str] | None:
    errors = run.findings.errors_found.get("tuned")
    for metric in errors.kinds if errors is not None else ():
        stem = metric.name.lower().split()[0][:8]
        share = metric.estimate.value
        if share is None or not re.search(rf"\b{re.escape(stem)}", text, re.IGNORECASE):
            continue
        n = errors.n if errors is not None else 0
        told = f"the run has {percent(share)} of {n} wrong answers: {metric.name}"
        if n < FEWEST_VALIDATED:
            return "unsupported", f"{told}; too few to tell"
        return ("supported" if share > 0.5 else "contradicted"), told
    return None


def hardest(report: Report) -> Iterator[Claim]:
    """ "The hardest are …", against the run's groups of problems."""
    if report.run is None:
        return
    difficulty = report.run.findings.difficulty.get("tuned")
    groups = difficulty.groups if difficulty is not None else ()
    harder = [group_words(g.feature, g.group) for g in groups if g.verdict == "harder"]
    for s, _ in _where(report, _HARDEST, _NEGATED):
        named = [g for g in groups if g.feature.lower() in s.text.lower()]
        if any(g.verdict == "harder" for g in named):
            yield _said(s, "hardest problems", "supported", f"harder in the run: {harder[0]}")
        else:
            shown = "; ".join(harder[:3]) or "no group of problems is shown to be harder"
            yield _said(s, "hardest problems", "unsupported", f"in the run: {shown}")


def chosen_on_test(report: Report) -> Iterator[Claim]:
    for s in report.sentences:
        section = report.sections.get(s.section, "")
        chosen = _CHOSEN.search(s.text) and not _VALIDATION.search(s.text)
        best = _BEST_OF.search(s.text) and _says(section, _ON_TEST)
        best = best and not _says(section, _VALIDATION)
        as_validation = _TEST_AS_VALIDATION.search(s.text) and _says(section, _SELECTS)
        if not (chosen or best or as_validation):
            continue
        reason = "the checkpoint was chosen on the test split, so the figure is too high by chance"
        mark: Mark = "ill-defined"
        if report.run is not None and report.run.settings.get("train.select") == "validation_loss":
            mark, reason = "contradicted", f"the run chose by validation loss; if not, {reason}"
        yield _said(s, "chosen on the test split", mark, reason)


def token_accuracy(report: Report) -> Iterator[Claim]:
    """A number that the text calls token accuracy in one place and accuracy in another."""
    tokens = {
        round(r.share, 6): r.line
        for r in report.readings
        if r.metric == "token_accuracy" and not r.change and 0.2 < r.share < 1
    }
    if len(tokens) > MOST_TOKEN_FIGURES:  # a curve, where one of many agrees by chance
        tokens = {}
    for r in report.readings:
        if r.cell and not says_only_known(r.near):
            continue
        line = tokens.get(round(r.share, 6))
        plain = r.metric in {"accuracy", "split_accuracy"} and not r.change
        if plain and line is not None and r.quantity.unit in {"%", ""} and r.quantity.step < 1:
            reason = (
                f"line {line} gives {r.quantity.text} as token accuracy, which is no share of "
                "problems solved"
            )
            yield claim(r.line, r.quote, "token accuracy called accuracy", "contradicted", reason,
                        r.quantity.text)  # fmt: skip
    for s in report.sentences:
        named = [m for _, _, m in mentions(s.text)]
        aside = re.search(
            r"\baccuracy\s?\([^()]{0,30}token[- _](?:level )?acc", s.text, re.IGNORECASE
        )
        shown = "token_accuracy" in named and _SOLVES.search(s.text)
        if (aside or shown) and not re.search(r"\bnot?\b|n't|n't\b|yet|but|only", s.text, re.I):
            reason = "token accuracy is no share of problems solved"
            yield _said(s, "token accuracy called accuracy", "contradicted", reason)
    key = next((s for s in report.sentences if re.search(r"\beval_accuracy\b", s.text)), None)
    unsaid = report.run is None and not _GENERATED.search(report.text)
    if key is not None and unsaid and re.search(r"\d", key.text):
        reason = "trainers log teacher-forced token accuracy under this name"
        yield _said(key, "token accuracy called accuracy", "ill-defined", reason)


def no_baseline(report: Report) -> Iterator[Claim]:
    """An improvement where the text itself says that the untuned model was not measured."""
    absent = next(_absent_baselines(report.parts), 0)
    for s, _ in _where(report, IMPROVES, _NEGATED) if absent else ():
        if {m for _, _, m in mentions(s.text)} & {"accuracy", "split_accuracy"}:
            reason = f"the untuned model was not measured: line {absent} says so"
            yield _said(s, "improvement", "ill-defined", reason)


def improvement(report: Report) -> Iterator[Claim]:
    """A gain, or none, against the run's paired test."""
    comparison = report.run.findings.comparison if report.run is not None else None
    if report.run is None:
        return
    for s in report.sentences:
        up, none = IMPROVES.search(s.text), _NO_CHANGE.search(s.text)
        if (
            len(s.text.split()) < 4
            or s.text == s.heading
            or not _OF_ACCURACY.search(s.text)
            or not (up or none)
        ):
            continue
        if not none and (_NEGATED.search(s.text) or {m for _, _, m in mentions(s.text)} - _GAINS):
            continue
        sizes = {n for _, n in annotate(s.text).sizes}
        if comparison is not None and sizes and comparison.n not in sizes:
            continue  # of other problems
        rival = other_model(s.text, report.run)
        if comparison is None or rival:
            whom = rival or "the untuned model to compare with"
            yield _said(s, "improvement", "unsupported", f"the run has no answers of {whom}")
            continue
        told = (
            f"{comparison.won} fixed, {comparison.lost} broken: "
            f"{probability(comparison.p_value)}, {comparison.verdict}"
        )
        right = comparison.verdict == ("no detectable change" if none else "improved")
        yield _said(s, "improvement", "supported" if right else "unsupported", told)


def _absent_baselines(parts: Sequence[Sentence | Table]) -> Iterator[int]:
    absent = re.compile(r"\W*(?:n/?a|not (?:measured|evaluated|run)|tbd|unknown)\W*", re.IGNORECASE)
    for part in parts:
        for line, row in part.rows if isinstance(part, Table) else ():
            for head, cell in zip(part.headers[1:], row[1:], strict=False):  # type: ignore[union-attr]
                place = f"{row[0]} ; {head}"
                roles = {m.lastgroup for m in ROLE.finditer(place)}
                of_base = "base" in roles and "change" not in roles
                if absent.fullmatch(cell) and of_base and {m for _, _, m in mentions(place)} & TASK:
                    yield line


def missing_facts(report: Report) -> Iterator[Claim]:
    """The headline accuracy of a text that says nowhere of how many, how asked, or how graded."""
    headline = next((r for r in report.readings if _headline(r)), None)
    if headline is None or report.run is not None:  # a run says all three
        return
    lacking = [
        name
        for name, said in (
            ("on how many problems", _N_SAID), ("with what prompt", _PROMPT_SAID),
            ("how it was graded", _GRADER_SAID),
        )
        if not said.search(report.source)
    ]  # fmt: skip
    heads = {h.strip().lower() for p in report.parts if isinstance(p, Table) for h in p.headers}
    if heads & {"n", "total", "problems", "questions"}:
        lacking = [name for name in lacking if name != "on how many problems"]
    if BENCHMARK.search(report.source):  # all of them, if nothing else is said
        lacking = [name for name in lacking if name != "on how many problems"]
    enough = len(lacking) > 1 or "on how many problems" in lacking
    if enough and _english(report.text):
        reason = f"the text does not say {', or '.join(lacking)}"
        yield claim(headline.line, headline.quote, "accuracy without its terms", "ill-defined",
                    reason, headline.quantity.text)  # fmt: skip


def _headline(r: Reading) -> bool:
    q = r.quantity
    one = q.unit == "%" or (not q.unit and q.step < 1 and 0 < q.value <= 100)
    told = q.unit or r.cell or "accura" in r.near.lower()
    if r.metric != "accuracy" or r.change or not one or q.hedge or not told:
        return False
    if _PUBLISHED.search(r.near if r.cell else r.quote) or NOT_MEASURED.search(r.near):
        return False
    near = r.near if r.cell else r.quote[max(0, q.start - 40) : q.end + 20]
    return _HEADLINE.search(near) is not None


def _english(text: str) -> bool:
    words = re.findall(r"[^\W\d_]+", text[:20_000].lower())
    common = sum(
        w in {"the", "of", "and", "is", "to", "a", "on", "in", "with", "was"} for w in words
    )
    letters = "".join(words)[:5_000]
    few = len(words) < 40 and sum(c.isascii() for c in letters) >= 0.98 * len(letters)
    return few or common >= 0.06 * len(words)


LINTS: tuple[Callable[[Report], Iterator[Claim]], ...] = (
    token_accuracy, improvement, generalises, more_epochs, overfitting, kinds_of_errors, hardest,
    chosen_on_test, no_baseline, missing_facts,
)  # fmt: skip
