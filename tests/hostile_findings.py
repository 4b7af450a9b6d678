"""Findings whose every foreign text attacks the page that shows it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import count
from typing import Any, Literal, get_args, get_origin, get_type_hints

from made_run import made_findings
from netgain.records import (
    QUESTION_MARK,
    Changes,
    CheckedEquation,
    Comparison,
    Diagnosis,
    Findings,
    FurtherCurve,
    Metric,
    Sample,
    SampleAnswer,
    Samples,
    Stratum,
)
from test_further_report import everything
from test_reporting import HOSTILE

ATTACKS = (
    *HOSTILE,
    # markup that a parser may take up at any place
    "<script>window.pwned=1</script>",
    "</script><script>window.pwned=2</script>",
    "<!--<script>window.pwned=3",
    "--><img src=x onerror=window.pwned=4>",
    "</title></style></textarea></noscript></template><img src=x onerror=window.pwned=5>",
    "<svg onload=window.pwned=6><animate onbegin=window.pwned=6 attributeName=x dur=1s></svg>",
    "<math><mglyph><style><img src=x onerror=window.pwned=7></style></mglyph></math>",
    "<iframe srcdoc='<script>parent.pwned=8</script>'></iframe>",
    "<object data=https://evil.example/o></object><embed src=https://evil.example/e>",
    "<base href=https://evil.example/><link rel=stylesheet href=//evil.example/l>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/r'>",
    "<form action=https://evil.example><button formaction=javascript:window.pwned=9>go</button>",
    "<details open ontoggle=window.pwned=10><summary>x</summary></details>",
    "<plaintext>",
    "<![CDATA[ ]]> <?xml version='1.0'?>",
    "&#60;img src=x onerror=window.pwned=11&#62;",
    # attributes, links, styles
    "\"><input autofocus onfocus=window.pwned=12>",
    "' onmouseover='window.pwned=13' x='",
    "javascript:window.pwned=14",
    "data:text/html,<script>window.pwned=15</script>",
    "</style><style>*{background:url(https://evil.example/c)}</style>",
    "red;background:url(https://evil.example/b)",
    "@import 'https://evil.example/i';",
    # languages that a page or its maker may speak
    "{{constructor.constructor('window.pwned=16')()}} {% include '/etc/passwd' %} {# x #}",
    "${window.pwned=17} `+(window.pwned=17)+`",
    "datum.constructor.constructor('window.pwned=18')()",
    "'+(window.pwned=19)+'",
    '"];window.pwned=20;["',
    "\\'];window.pwned=21;//\\u0027\\x27",
    "datum['__proto__']['pwned'] || warn(event)",
    "[go](javascript:window.pwned=22) ![p](https://evil.example/m.png) <https://evil.example>",
    "$\\href{javascript:window.pwned=23}{x}$ \\def\\x{\\x}\\x \\input{/etc/passwd}",
    "=HYPERLINK(\"https://evil.example\",\"x\")",
    # names that objects have already
    "__proto__",
    "constructor",
    "hasOwnProperty",
    # what addresses and fragments are made of
    "#problem=x&outcome=fixed?a=%00%zz/../..",
    "%3Cscript%3Ewindow.pwned=24%3C/script%3E",
    # what a reader cannot see, or sees in another order
    "a\u200bb\u200ec\u2066d\u2069e\ufefff",
    "\u2028line\u2029paragraph\u0085next",
    "\x9b31mred \x1b]0;title\x07 \x08\x7f",
    "\ufdd0\uffff\U000e0041tag",
    "e" + "\u0301" * 200,
    "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 then English",
    "one\r\ntwo\rthree\ttab",
    "W" * 5000,
    " ".join(["word"] * 2000),
)  # fmt: skip
# Words of our own that a reader's data cannot reach; a report finds its parts by them.
OUR_OWN = {
    (Metric, "name"), (Metric, "unit"), (FurtherCurve, "model"), (Comparison, "model"),
    (Samples, "folder"), (Changes, "kinds"),
}  # fmt: skip


@cache
def whole() -> Findings:
    """Findings of a made run with every section."""
    return made_findings(60, further=everything())


def hostile_findings() -> Findings:
    """`whole()` with an attack in every text that is not our own, and one sample an attack."""
    numbers = count()
    attacked = attack(whole(), lambda _: ATTACKS[next(numbers) % len(ATTACKS)])
    keys = ("settings", "data", "environment")
    return dataclasses.replace(
        attacked,
        title=" ".join(ATTACKS[15:40]),
        samples=hostile_samples(),
        **{key: {each: each for each in ATTACKS} for key in keys},
    )


def attack(value: Any, take: Any, path: str = "") -> Any:
    """A record with `take(path)` for each of its texts that is not of a closed set or our own."""
    if isinstance(value, str):
        return take(path)
    if isinstance(value, tuple):
        return tuple(attack(each, take, path) for each in value)
    if isinstance(value, Mapping):
        return {key: attack(each, take, f"{path}.{key}") for key, each in value.items()}
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    changed = {
        name: attack(getattr(value, name), take, f"{path}.{name}")
        for name in _open_texts(type(value))
    }
    return dataclasses.replace(value, **changed)


def _open_texts(record: type) -> Iterator[str]:
    for name, hint in get_type_hints(record).items():
        closed = any(get_origin(each) is Literal for each in (hint, *get_args(hint)))
        if not closed and (record, name) not in OUR_OWN:
            yield name


def hostile_samples() -> Samples:
    """One problem an attack, with that attack in each of its texts, and every outcome."""
    rows = tuple(_sample(place, text) for place, text in enumerate(ATTACKS))
    return Samples(
        total=len(rows),
        rows=rows,
        chosen=ATTACKS[15],
        strata=tuple(Stratum(each, 1, 1) for each in ATTACKS),
        prompts=tuple((("system", each), ("user", f"{QUESTION_MARK} {each}")) for each in ATTACKS),
        folder="../evaluations",
    )


def _sample(place: int, text: str) -> Sample:
    return Sample(
        problem_id=text, question=text, gold=text, category=text, steps=place % 4,
        groups=(text, "percent"), prompt=place,
        base=_answer(text, correct=place % 2 == 0), tuned=_answer(text, correct=place % 3 == 0),
    )  # fmt: skip


def _answer(text: str, correct: bool) -> SampleAnswer:
    line = text.replace("\r\n", "\n")  # steps are cut from a text whose lines were made alike
    steps = (line, "2 + 2 = 5", line)
    wrong = Diagnosis(
        steps, 1, "arithmetic", 0.7, text,
        (CheckedEquation(0, text, True), CheckedEquation(1, "2 + 2 = 5", False)),
    )  # fmt: skip
    return SampleAnswer(
        "\n".join(steps), text, "length" if correct else "stop", correct, correct,
        len(text), None if correct else wrong,
    )  # fmt: skip
