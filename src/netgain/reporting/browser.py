"""The sample browser's data: problems with their answers, compressed into the page.

JSON in the shape of report.json, gzipped, in base64. A page holds so much and no more: where the
problems do not fit, fewer of each sort are taken, and the page says so.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import quote

from netgain.analysis.chosen_samples import fewest_of_each, strata_words, stratified, stratum_of
from netgain.records import Sample, Samples
from netgain.reporting import error_phrases
from netgain.reporting.json_report import plain
from netgain.reporting.page import packed
from netgain.reporting.phrases import NO_TEXTS
from netgain.wording import counted

STYLES = ("browser.css",)
SCRIPTS = (
    "browser-text.js",
    "browser-address.js",
    "browser-data.js",
    "browser-problem.js",
    "browser-keys.js",
    "browser.js",
)

MOST_BYTES = 3_000_000  # of base64 in the page
MOST_JSON = 40_000_000  # characters that a browser must parse
LONGEST_ROW = 400_000  # characters of JSON of one problem
PROMPTS_SHARE = 4  # prompts may take one part in so many
ALL = "all problems"  # what Samples.chosen says of them
MARGIN = 0.97  # of what a sample's size promises, because rows differ


@dataclass(frozen=True)
class Browser:
    """What browser.html.j2 shows. `data` is base64, "" where a server has the problems.

    `samples` are those in the page, without their rows' texts being needed by the template.
    """

    source: Literal["embedded", "served"]
    data: str = ""
    samples: Samples | None = None
    notes: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Where the folder with every answer is, as a link; never a scheme or another host.

        >>> Browser("embedded", samples=Samples(0, (), "", (), (), "a b#/c")).address
        './a%20b%23/c'
        """
        folder = self.samples.folder if self.samples is not None else ""
        path = "/" + folder.lstrip("/") if folder.startswith("/") else folder
        address = quote(path, errors="surrogateescape")
        return address if address.startswith((".", "/")) else f"./{address}"

    @property
    def is_of_some(self) -> bool:
        """Whether fewer problems were looked into, and sorted, than there are."""
        return self.samples is not None and self.samples.total > sum(
            stratum.n for stratum in self.samples.strata
        )


SERVED = Browser("served")


def embedded(samples: Samples, most_bytes: int = MOST_BYTES) -> Browser:
    """The browser of a page that holds its problems, in at most `most_bytes` of base64.

    Problems whose texts are endless are left out first, then prompts where they would take more
    than their share, then problems, evenly by stratum. Each of these is said in `notes`.
    """
    notes = [] if samples.texts else [NO_TEXTS]
    kept = samples
    if len(packed(_json(samples.prompts))) > most_bytes // PROMPTS_SHARE:
        notes.append(error_phrases.NO_PROMPTS)
        kept = _without_prompts(kept)
    texts = {row.problem_id: _json(row) for row in kept.rows}
    short = tuple(row for row in kept.rows if len(texts[row.problem_id]) <= LONGEST_ROW)
    endless = len(kept.rows) - len(short)
    if endless:
        notes.append(error_phrases.ENDLESS.format(counted(endless, "problem")))
        kept = _only(kept, short, f"{kept.chosen} but {endless:,} with endless texts")
    kept, data = _fitting(kept, texts, most_bytes)
    if len(kept.rows) < samples.total:
        notes.insert(0, error_phrases.IN_THIS_PAGE.format(len(kept.rows), samples.total))
    return Browser("embedded", data, kept, tuple(notes))


def _fitting(samples: Samples, texts: dict[str, str], most_bytes: int) -> tuple[Samples, str]:
    """As many problems as fit, with the block that holds them."""
    kept, most = samples, len(samples.rows)
    while True:
        used = [texts[row.problem_id] for row in kept.rows]
        characters = sum(map(len, used))
        # What is far too much is not worth compressing.
        data = packed(_block(kept, used)) if characters <= MOST_JSON else ""
        if (data and len(data) <= most_bytes) or not kept.rows:
            return kept, data
        share = most_bytes / len(data) if data else MOST_JSON / characters
        most = min(most - 1, int(len(kept.rows) * share * MARGIN))
        kept = _fewer(samples, most)


def _fewer(samples: Samples, most: int) -> Samples:
    """At most so many of the rows, chosen by stratum."""
    strata: dict[str, list[str]] = defaultdict(list)
    for row in samples.rows:
        strata[_stratum(row)].append(row.problem_id)
    ids = stratified(strata, most)
    rows = tuple(row for row in samples.rows if row.problem_id in ids)
    how = strata_words(fewest_of_each(strata, most))
    drawn = error_phrases.SAMPLED.format(len(rows), len(samples.rows), how)
    if samples.chosen != ALL:
        drawn += f" ({samples.chosen})"
    return _only(samples, rows, drawn)


def _only(samples: Samples, rows: tuple[Sample, ...], chosen: str) -> Samples:
    """Some of the rows, and the prompts that they have."""
    shown = Counter(map(_stratum, rows))
    used = {row.prompt for row in rows}
    return replace(
        samples,
        rows=rows,
        chosen=chosen,
        strata=tuple(replace(s, shown=shown[s.name]) for s in samples.strata),
        prompts=tuple(p if i in used else () for i, p in enumerate(samples.prompts)),
    )


def _stratum(row: Sample) -> str:
    return stratum_of(row.base, row.tuned)


def _without_prompts(samples: Samples) -> Samples:
    rows = tuple(replace(row, prompt=None) for row in samples.rows)
    return replace(samples, rows=rows, prompts=())


def _block(samples: Samples, rows: Sequence[str]) -> str:
    head = _json(replace(samples, rows=()))
    return head.replace('"rows":[]', f'"rows":[{",".join(rows)}]', 1)


def _json(value: Any) -> str:
    return json.dumps(plain(value), allow_nan=False, separators=(",", ":"))
