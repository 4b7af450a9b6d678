"""A text's numbers against each other: counts and shares, ends and differences, gains and chance.

A share is taken for right where rounding or cutting off gives it.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence

from scipy import stats
from scipy.stats import binomtest

from netgain.analysis.estimates.mcnemar import ALPHA
from netgain.audit.audited_text import Sentence, Table
from netgain.audit.names import COUNT_HEADER, ROLE, TASK, Reading, mentions
from netgain.audit.quantities import COUNT, PROBLEMS, Quantity, annotate
from netgain.audit.results import Claim, claim
from netgain.wording import percent, probability, quantity

LONGEST_WINDOW = 4  # sentences that are read together
# Between a count and its share, in either order: "(", ", or ", " correct (", "→".
_LINK = re.compile(
    r"\s?(?:(?:correct(?:ly)?|right|solved|answered|accuracy|acc|test|held-out|problems|questions|tasks|"
    r"answers|are|were|was|is|of the|GSM8K|aufgaben|richtig)[\s:]{0,2}){0,5}(?:[(\[=:,~→]\s?)?"
    r"(?:or|i\.e\.|that is|about|also|which is|that's)?[\s:,]{0,2}",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(r"(?:\s[A-Za-z][\w'-]{0,20}){0,5}\s?\(")
# Where a share may be a mean over several answers or seeds, no count of problems gives it.
SEVERAL = re.compile(
    r"\baverag\w*|\bmeans?\b|mean@|avg@|\bseeds\b|\bruns\b|±|\bsamples? (?:per|each)|\bpass ?@|"
    r"\bmaj|weighted|macro|partial credit|\btrials\b|self[- ]consistency|\brepeats?\b",
    re.IGNORECASE,
)
_OF_N = re.compile(
    rf"\sof\s(?:the\s)?(?:{COUNT})\s?(?:$|[.,;)]|(?:\w+ )?{PROBLEMS}\b)", re.IGNORECASE
)
_LEAD = re.compile(
    r"(?:that's|that is|which is|this is|i\.e\.,?|=|a gain of|plus)\s?$", re.IGNORECASE
)
_INSTEAD = re.compile(
    rf"\b(?:instead of|against|vs\.?|versus|up from|compared (?:to|with)) ({COUNT})"
    r"(?![\w%]|[.,]\d| of)"
)
_IN_POINTS = re.compile(r"\d\s?(?:%?\s?points?|percentage points?|pp|pts)\b", re.IGNORECASE)
_ASIDE = re.compile(r"\s?\([^()]{0,80}\)")
_ARROW = re.compile(r"\s?(?:→|to|auf|bis|before,?(?: and)?)\s?(?:about |around |~)?", re.IGNORECASE)
_CHANGE_WORD = (
    r"(?:improvement|gain|increase|rise|jump|boost|change|difference|delta|drop|decrease|reduction|fall|"
    r"decline|relative|absolute|plus|up|down)"
)
_SAYS_CHANGE = re.compile(
    rf"(?:\safter(?:wards| \w+)?)?\)?\.?\s?[(\[,;:–—-]?\s?\(?(?:(?:an?|the|so|that|this|which"
    rf"|is|i\.e\.|for|"
    rf"accuracy|overall|net|total|Δ|of|was|about|representing|giving|by|{_CHANGE_WORD})\b[\s:=]?\s?){{0,8}}",
    re.IGNORECASE,
)
_AHEAD = re.compile(r"[^%\d:;.]{0,50}[:(,]?\s?(?:from )?", re.IGNORECASE)
IMPROVES = re.compile(
    r"\b(?:improv(?:e[sd]?|ing|ements?)|gain(?:s|ed)?|boost(?:s|ed)?|better|outperform(?:s|ed)?|"
    r"helps?|helped|rais(?:e[sd]|ing)|lift(?:s|ed)?|increas(?:e[sd]?|ing)|beats?|surpass(?:es|ed)?|"
    r"rose|went up|works|worked(?=[:.,!]|\s(?:well|great)))\b",
    re.IGNORECASE,
)
CAUTIOUS = re.compile(
    r"significan|\bnois[ey]|\bchance\b|\bp\s?[=<>≈~]|confidence|\bCI\b|±|mcnemar|bootstrap|paired|"
    r"uncertain|inconclusive|standard error|within error|error bar|too (?:small|few)|smoke test"
    r"|cannot "
    r"(?:be )?(?:conclu|claim|told|tell|distinguish)|preliminary|caution|\bn't\b|\bnot\b|\bno\b"
    r"|might|may be|\bif\b",
    re.IGNORECASE,
)
_OTHER_MEASURE = re.compile(
    r"\bpass ?@ ?[2-9k]|\bmaj|\bbest[- ]of|self[- ]consistency", re.IGNORECASE
)
_FIXED = re.compile(
    rf"\bfix(?:es|ed)\s(?P<f1>{COUNT})\b[^.\d]{{0,60}}\b(?:broke|breaks?|lost|regress\w*|spoil\w*)"
    rf"\s(?P<b1>{COUNT})\b|\b(?P<f2>{COUNT})\s(?:(?:errors?|problems|questions|answers|were|"
    rf"newly)\s){{0,2}}(?:fixed|won)\b[^.\d]{{0,40}}"
    rf"\b(?P<b2>{COUNT})\s(?:(?:right|problems|questions|answers|were|"
    rf"newly)\s){{0,2}}(?:broken?|lost|regress\w*)\b",
    re.IGNORECASE,
)


def count_of(text: str) -> int:
    return int(text.replace(",", ""))


def agrees(q: Quantity, top: int, n: int) -> bool:
    return q.agrees(top / n * (100 if q.unit == "%" or abs(q.value) > 1 else 1))


def count_claims(sentence: Sentence) -> Iterator[Claim]:
    """ "340 of 500 (58.0%)": a share beside its own count."""
    noted = annotate(sentence.text)
    pairs = zip(noted.quantities, noted.quantities[1:], strict=False)
    for first, second in pairs:
        gap = sentence.text[first.end : second.start]
        whole, share = (first, second) if first.unit == "share" else (second, first)
        linked = _LINK.fullmatch(gap) or (whole is first and _IN_BRACKETS.fullmatch(gap))
        if whole.unit != "share" or share.unit != "%" or not linked:
            continue
        if not share.signed and share.value >= 0:
            yield _count_claim(whole, share, sentence.text, sentence.line(first.start))


def _count_claim(whole: Quantity, share: Quantity, quote: str, line: int) -> Claim:
    n = whole.n or 1
    told = f"{whole.top:,} of {n:,} is {_shown(100 * whole.top / n, share)}"
    if agrees(share, whole.top, n):
        return claim(line, quote, "count and share", "supported", told, share.text)
    reason = f"{told}, not {share.text}"
    return claim(line, quote, "count and share", "contradicted", reason, share.text)


def _shown(value: float, like: Quantity) -> str:
    """A percentage with as many decimals as another one."""
    places = max(0, -math.floor(math.log10(like.step) + 0.5)) if like.step < 1 else 0
    return f"{value:.{places}f}%"


def bare_count_claims(sentences: Sequence[Sentence]) -> Iterator[Claim]:
    """ "Of 250 problems 58 (23.2%), later 71 (29.4%)": counts of one n, told before.

    `sentences` are of one section. A share is accused only by an n that another of them bears out.
    """
    pairs: list[tuple[Quantity, Quantity, Sentence]] = []
    sizes: set[int] = set()
    for sentence in sentences:
        noted = annotate(sentence.text)
        sizes |= {n for _, n in noted.sizes}
        for count, share in zip(noted.quantities, noted.quantities[1:], strict=False):
            bare = not count.unit and count.step == 1 and not count.signed and count.value >= 1
            gap = noted.bare[count.end : share.start]
            if bare and share.unit == "%" and _IN_BRACKETS.fullmatch(gap):
                pairs.append((count, share, sentence))
    for n in sizes:
        right = [agrees(share, int(count.value), n) for count, share, _ in pairs]
        if right and sum(right) >= len(right) / 2:
            for (count, share, sentence), fits in zip(pairs, right, strict=True):
                if not fits and count.value <= n:
                    whole = Quantity(0, 0, 0, "share", 0, "", top=int(count.value), n=n)
                    yield _count_claim(whole, share, sentence.text, sentence.line(count.start))


def table_count_claims(table: Table) -> Iterator[Claim]:
    """A row's accuracy against its own count, and against its own number of problems."""
    heads = [h.lower() for h in table.headers]
    rights = [
        i for i, h in enumerate(heads)
        if re.fullmatch(r"\W*(?:#|num\w*)?\s?(?:correct|solved|right|richtig)\W*", h)
    ]  # fmt: skip
    totals = [
        i for i, h in enumerate(heads)
        if i and i not in rights and COUNT_HEADER.match(h) and "token" not in h
    ]  # fmt: skip
    shares = [i for i, h in enumerate(heads) if i and _is_accuracy_head(h) and i not in rights]
    if len(shares) != 1:
        return
    for line, row in table.rows:
        found = [q for q in annotate(table.cell(row, shares[0])).quantities if q.unit != "share"]
        if len(found) != 1 or found[0].signed or found[0].unit not in {"%", ""}:
            continue
        share, quote = found[0], " | ".join(row)
        fractions = [q for c in row[1:] for q in annotate(c).quantities if q.unit == "share"]
        counts = [_whole(table.cell(row, i)) for i in (*rights[:1], *totals[:1])]
        if len(fractions) == 1 and share.unit == "%":
            yield _count_claim(fractions[0], share, quote, line)
        elif len(counts) == 2 and rights:
            top, n = counts[0] or 0, counts[1] or 0
            if 0 < top <= n:
                whole = Quantity(0, 0, 0, "share", 0, "", top=top, n=n)
                yield _count_claim(whole, share, quote, line)


def _is_accuracy_head(head: str) -> bool:
    named = {m for _, _, m in mentions(head)}
    return (
        bool(named)
        and named <= TASK
        and not any(m.lastgroup == "change" for m in ROLE.finditer(head))
    )


def _whole(cell: str) -> int | None:
    return count_of(cell) if re.fullmatch(COUNT, cell.strip()) else None


def impossible_shares(readings: Iterable[Reading], sections: dict[int, str]) -> Iterator[Claim]:
    """ "47.3% of 100": a share that no whole number of problems gives (Brown and Heathers 2017)."""
    means: dict[int, bool] = {}
    counts: dict[int, set[int]] = {}
    for r in readings:
        q, n = r.quantity, r.quantity.n
        plain = q.unit == "%" and not q.signed and not q.hedge and not r.change
        named = r.metric in TASK | {"split_accuracy"} or (
            not r.metric and _OF_N.match(r.quote, q.end)
        )
        if not named or not plain or not n or n > 100_000 or not 0 <= q.value <= 100:
            continue
        if r.section not in means:
            means[r.section] = bool(SEVERAL.search(sections.get(r.section, "")))
        if means[r.section] or SEVERAL.search(r.quote):
            continue
        near = round(q.value * n / 100)
        if any(q.agrees(100 * k / n) for k in (near - 1, near, near + 1) if 0 <= k <= n):
            continue
        if r.section not in counts:
            told = re.findall(COUNT, sections.get(r.section, "")[:2000])
            counts[r.section] = set(map(count_of, told))
        if any(0 < n < whole and q.agrees(100 * n / whole) for whole in counts[r.section]):
            continue  # "42.5% (561 problems)" of 1,319: n is the count
        below = math.floor(q.value * n / 100)
        reason = (
            f"{q.text} is no share of {n:,}: {below} of {n:,} is {percent(below / n)}, "
            f"{below + 1} of {n:,} is {percent((below + 1) / n)}"
        )
        yield claim(r.line, r.quote, "a share of n", "contradicted", reason, q.text)


def difference_claims(sentence: Sentence, before: Sentence | None = None) -> Iterator[Claim]:
    """ "from 74.7% to 85.0% (+10.3)", "+1.5 pp: 78.2% → 80.0%": a change beside its two ends.

    The ends may stand in the sentence `before`: "38% before, 44% after. That is 6 points more."
    """
    text, start = sentence.text, 0
    if before is not None and before.section == sentence.section and _IN_POINTS.search(text[:60]):
        text, start = f"{before.text} {text}", len(before.text) + 1
    noted = annotate(text)
    numbers = noted.quantities
    for i, (one, two, three) in enumerate(zip(numbers, numbers[1:], numbers[2:], strict=False)):
        told = (q for q in numbers[i + 3 :] if q.signed and _LEAD.search(text[: q.start][-20:]))
        first, second = (
            _ASIDE.sub("", noted.bare[x.end : y.start]) for x, y in ((one, two), (two, three))
        )
        if _ARROW.fullmatch(first) and _is_size(three) and _SAYS_CHANGE.fullmatch(second):
            a, b, c, said = one, two, three, second
        elif _ARROW.fullmatch(first) and (later := next(told, None)) is not None:
            a, b, c, said = one, two, later, ""
        elif _ARROW.fullmatch(second) and _is_size(one) and _AHEAD.fullmatch(first):
            a, b, c, said = two, three, one, ""
        else:
            continue
        said += text[c.end :][:30].partition(".")[0]
        sure = c.signed or c.unit == "points" or re.search(_CHANGE_WORD, said, re.IGNORECASE)
        plain_ends = a.unit == b.unit and a.unit in {"%", ""} and not (a.signed or b.signed)
        if sure and plain_ends and max(three.start, c.start) >= start:
            line = sentence.line(max(0, a.start - start))
            yield from _change_claim(a, b, c, said, line, sentence.text)


def _is_size(q: Quantity) -> bool:
    """Whether a number can be the size of a change: in percent, in points, or with a plus."""
    return q.unit in {"%", "points"} or (not q.unit and q.signed)


def _change_claim(
    a: Quantity, b: Quantity, c: Quantity, around: str, line: int, quote: str
) -> Iterator[Claim]:
    """A change of `c` against its two ends; ends without "%" are shares or losses."""
    if max(a.value, b.value) > 100 or not a.value or not b.value or not c.value:
        return
    scale = 1 if a.unit == "%" else 100
    size = abs(c.value)
    # Both ends may have been cut off and not rounded.
    slack = scale * (a.step + b.step) + 0.51 * c.step
    points, relative = scale * (b.value - a.value), 100 * (b.value / a.value - 1)
    spread = 100 * (a.step * b.value / a.value + b.step) / a.value + 0.51 * c.step
    in_points = abs(abs(points) - size) <= slack and (scale == 1 or max(a.value, b.value) <= 1)
    in_percent = abs(abs(relative) - size) <= spread
    in_itself = not c.unit and abs(abs(b.value - a.value) - size) <= a.step + b.step + 0.51 * c.step
    in_words = quantity(relative / 100, "percent_change")
    change = quantity(points / 100, "points") if scale == 1 else in_words
    ends = f"from {a.text} to {b.text} is {change}"
    if in_points and not in_percent and c.unit == "%":
        if scale == 1 and not re.search(r"\babsolute|point", around, re.IGNORECASE):
            reason = f"{ends}; in percent it is {in_words}"
            yield claim(line, quote, "percent for points", "ill-defined", reason, c.text)
    elif in_percent and not in_points and c.unit == "points":
        reason = f"{ends}; {c.text} is its size in percent"
        yield claim(line, quote, "points for percent", "contradicted", reason, c.text)
    elif in_points or in_percent or in_itself:
        yield claim(line, quote, "difference", "supported", ends, c.text)
    else:
        yield claim(line, quote, "difference", "contradicted", f"{ends}, not {c.text}", c.text)


def table_difference_claims(table: Table) -> Iterator[Claim]:
    """A row's change against the two shares that stand beside it: "24.1% | 37.4% | +13.3"."""
    heads = table.headers[1:]
    changes = [
        i for i, h in enumerate(heads) if any(m.lastgroup == "change" for m in ROLE.finditer(h))
    ]
    if len(changes) != 1 or len(heads) != 3:
        return
    for line, row in table.rows:
        cells = [annotate(cell).quantities for cell in row[1:]]
        if len(cells) == 3 and all(len(found) == 1 for found in cells):
            [c] = cells.pop(changes[0])
            [a], [b] = cells
            if a.unit == b.unit == "%" and not a.signed and _is_size(c):
                yield from _change_claim(a, b, c, heads[changes[0]], line, " | ".join(row))


def chance_claims(window: Sequence[Sentence], readings: Sequence[Reading]) -> Iterator[Claim]:
    """An improvement, said in the last sentence, whose own counts could be chance.

    `window` are up to `LONGEST_WINDOW` sentences of one section, `readings` are their numbers.
    """
    last = window[-1]
    told = " ".join(s.text for s in window)
    if not IMPROVES.search(last.text) or CAUTIOUS.search(told) or _OTHER_MEASURE.search(told):
        return
    fixed = list(_FIXED.finditer(told))
    if len(fixed) == 1:
        m = fixed[0]
        won, lost = count_of(m["f1"] or m["f2"]), count_of(m["b1"] or m["b2"])
        p = float(binomtest(won, won + lost).pvalue) if 0 < won + lost < 1_000_000 else 1.0
        if won > lost and p >= ALPHA:
            reason = f"{won} against {lost} is {probability(p)} (exact McNemar): chance may do that"
            yield claim(last.line(), last.text, "gain within chance", "unsupported", reason)
        return
    yield from _unpaired(last, _two_shares(readings, told))


def _two_shares(readings: Sequence[Reading], told: str) -> tuple[int, int, int] | None:
    """(right, right, n) of the only two accuracies told, by the same n."""
    if any(r.metric == "format" for r in readings):
        return None
    fractions = [r.quantity for r in readings if r.quantity.unit == "share"]
    if len(fractions) == 2:
        first, second = fractions
        same = first.n == second.n and first.n is not None
        return (first.top, second.top, first.n or 0) if same else None
    shares = [
        r.quantity
        for r in readings
        if r.metric in TASK and r.quantity.unit == "%" and not r.change and not r.quantity.hedge
    ]
    sizes = {n for n in (r.quantity.n for r in readings) if n}
    sizes |= {n for _, n in annotate(told).sizes}
    if len(fractions) == 1 and (other := _INSTEAD.search(told)) is not None:
        whole, count = fractions[0], count_of(other[1])
        return (whole.top, count, whole.n or 0) if count <= (whole.n or 0) else None
    if fractions or len(shares) != 2 or len(sizes) != 1:
        return None
    n = sizes.pop()
    if not 0 < n <= 1_000_000:
        return None
    return round(shares[0].value * n / 100), round(shares[1].value * n / 100), n


def _unpaired(last: Sentence, shares: tuple[int, int, int] | None) -> Iterator[Claim]:
    if shares is None:
        return
    low, high = sorted(shares[:2])
    n = shares[2]
    together = (low + high) / (2 * n)
    spread = math.sqrt(2 * together * (1 - together) / n)
    if low == high or not 0 < together < 1:
        return
    p = float(2 * stats.norm.sf((high - low) / n / spread))
    if p >= ALPHA:
        reason = (
            f"{low:,} against {high:,} of {n:,} may be chance: {probability(p)} if unpaired; how "
            "many answers were fixed and broken is not told"
        )
        yield claim(last.line(), last.text, "gain within chance", "unsupported", reason)
