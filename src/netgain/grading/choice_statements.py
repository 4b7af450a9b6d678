"""Where a text states its choice: "the answer is (B)", "B is correct", "So B.", 答案是B.

Read from the last statement to the first; a statement that names every choice, or denies what it
names, is none. `marked` serves the rules for `####` and `\\boxed` too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from netgain.grading.choice_naming import label_token, mentioned, naming_at_start
from netgain.grading.choice_prose import DENIED, opens_listing
from netgain.grading.choices import Choices

_LOOK_BACK = 200  # characters before "is correct" in which its choice must stand
AROUND = " \t\n()[]*._`"
_VERB = r"(?:(?:would|should|must|will|has\sto)\s)?(?:is|was|be)\b\s?:?|:|="
_LABEL_ALONE = (
    r"(?=(?:option\s|choice\s|answer\s)?[(\[*_\"'“]{0,4}(?-i:[A-J])[)\]*_\"'”]{0,4}"
    r"(?:\s*\Z|[.!]?[)*_]{0,4}\s*(?:\n|\Z)|[.!][)*_]{0,4}\s|,?\s(?:because|since|as)\b))"
)
# The word for "answer" and its verb in other languages; the label or text follows.
_FOREIGN = r"""
    而是 | 答案(?:应该|应)?(?:是|为)?\s?:?
    | (?<![不未若果])选择?\s?(?=[(\[]?(?-i:[A-J])(?![A-Za-z]))
    | (?:答え|正解)\s?は?\s?:? | 정답\s?(?:은|는)?\s?:?
    | \b(?:antwort\s?(?:ist|lautet|:) | respuesta(?:\s(?:correcta|final))?\s?(?:es|:)(?:\sla)?
      | resposta(?:\s(?:correta|final))?\s?(?:é|:)
      | risposta(?:\s(?:corretta|giusta))?\s?(?:è|:)(?:\sla)?
      | réponse(?:\s(?:correcte|finale))?\s?(?:est|:)(?:\sla)?
      | ответ\s?(?:[:—–-]|это)? | відповідь\s?(?:[:—–-]|це)? )
"""
_STATED = re.compile(
    rf"""
    (?P<behind> \b(?:is|would\sbe|must\sbe|seems)\s(?:(?:indeed|clearly|therefore|thus)\s)?
        (?:the\s)?(?:(?:only|most)\s)?(?:correct|right|best|accurate|appropriate)\b
        (?!\s(?:to|for|about|that|in)\b) (?:\s(?:answer|option|choice|one)\b)? (?!\s?[:=]|\sis\b) )
    | (?P<is_answer> \b(?:is|must\sbe|would\sbe)\s(?:the|my)\s(?:final\s)?answer\b
        (?!\s(?:to|for|in)\b(?!\s(?:the|this|your)\s(?:question|problem)\b)) (?!\s?[:=]|\sis\b)
        | 是(?:正确|最佳)(?:答案|选项|的) )
    | (?:^|(?<=[.!?;,:]\s)) (?:so|therefore|thus|hence) [,:]?\s
        (?:(?:it|that)(?:['’]s|\s(?:is|must\sbe|has\sto\sbe|should\sbe))\s)? {_LABEL_ALONE}
    | (?P<said> (?: \b(?:it|that|this|must|has\sto)
            (?:['’]s|\s(?:is|be|must\sbe|has\sto\sbe|should\sbe))\s
          | \bI\s(?:think|say)\s | \bnot\s[^.;\n]{{1,40}}?\bbut\s(?:rather\s)? ) {_LABEL_ALONE} )
    | (?<![A-Za-z])ans(?:wer)?(?=["'*_`\s:=(-]) ["'*_`)\]]{{0,4}} \s?
        (?: (?:to|for)\s [^\n.:?=]{{0,120}}? )?? ["'*_`]{{0,4}} \s?
        (?: {_VERB} | [-–—]\s | (?<!\w)(?=\(?[B-HJ]\b|\([A-J]\)) )
    | \b(?:correct|right|best|final|my|chosen|selected)\s(?:option|choice|response|letter)
        ["'*_`]{{0,4}} \s? (?: {_VERB} )
    | \b(?:option|choice)\s(?:is|would\sbe|must\sbe)\b
    | \b(?:I|we)(?:['’](?:ll|d)|\s(?:will|would|must|should))?\s
        (?:choose|pick|select|go\swith|opt\sfor|answer)\b
    | {_FOREIGN}
    | <answer>
    | ^[ ]{{0,8}}A[ ]?:(?=[ ]*[(\[]?[A-J0-9]{{1,2}}[)\]]?[ ]*\.?[ ]*$)
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_CLAUSE = re.compile(r"(?<=[.!?;])(?<![\s(*][A-J]\.)\s+")
_NOT_BUT = re.compile(r"\A\s?not\s[^.;\n]{1,60}?,?\sbut\s")
_SUPPOSED = re.compile(r"\b(?:if|unless|whether|suppose|assum\w+)\b", re.IGNORECASE)
_LABEL_STARTS = re.compile(r"[(\[](?=[\w\s]{1,3}[)\]])|(?<![\w(\[])(?=[A-Ja-j0-9])")


def stated(text: str, choices: Choices) -> frozenset[int]:
    """The choices that the last statement in `text` names; none where it makes no statement."""
    for found in marked(_STATED, text):
        if found.marker["behind"] or found.marker["is_answer"]:
            named = _named_before(found.before, choices)
        elif found.marker["said"] and _SUPPOSED.search(_last_clause(found.before)):
            continue
        else:
            naming = naming_at_start(_NOT_BUT.sub("", found.line, count=1), choices)
            named = naming.indexes if naming else frozenset()
        if named and len(named) < len(choices):
            return named
    return frozenset()


@dataclass(frozen=True)
class _Marked:
    """A marker, the end of what stands before it, and the first line behind it.

    Neither part reaches into another marker. A line that opens a listing of choices is "".
    """

    before: str
    marker: re.Match[str]
    line: str


def marked(markers: re.Pattern[str], text: str) -> Iterator[_Marked]:
    """The markers in `text`, from the last to the first."""
    found = list(markers.finditer(text))
    ends = [0, *(marker.end() for marker in found)]
    below = len(text)
    for i in reversed(range(len(found))):
        marker = found[i]
        before = text[max(ends[i], marker.start() - _LOOK_BACK) : marker.start()]
        line, _, rest = text[marker.end() : below].lstrip().partition("\n")
        yield _Marked(before, marker, "" if opens_listing(line, rest) else line)
        below = marker.start()


def _last_clause(text: str) -> str:
    return _CLAUSE.split(text.rpartition("\n")[2])[-1]


def _named_before(text: str, choices: Choices) -> frozenset[int]:
    """What "… is correct" is said of: the label just before it, or the only one in the clause."""
    clause = _last_clause(text)
    if DENIED.search(clause):
        return frozenset()
    starts = (start.start() for start in _LABEL_STARTS.finditer(clause))
    found = [label for i in starts if (label := label_token(clause, i, choices))]
    if found and not clause[found[-1].end() :].strip(AROUND):
        found = found[-1:]
    named = frozenset(choices.index(m["dressed"] or m["bare"]) for m in found)
    named = named or mentioned(clause, choices)
    return named if len(named) == 1 else frozenset()
