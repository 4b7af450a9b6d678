"""The Python code of a model card: base and adapter, asked as they were evaluated.

It needs transformers and peft alone; templates/usage.py.j2 has it. Foreign text stands in it only
as Python literals.
"""

from collections import Counter

from jinja2 import Environment, PackageLoader, StrictUndefined

from netgain.records import QUESTION_MARK, Findings, Publication
from netgain.reporting.card_phrases import NO_PROMPT, OWN_SHOTS

Messages = tuple[tuple[str, str], ...]

QUESTION = (
    "A baker fills 4 trays with 12 rolls each and sells 31 of the rolls. How many rolls are left?"
)


def usage_code(findings: Findings, made: Publication) -> tuple[str, str]:
    """The code, and what must be known about its prompt ("" where it is the evaluated one)."""
    messages, note = _prompt(findings)
    engine = Environment(
        loader=PackageLoader("netgain.reporting"), undefined=StrictUndefined, autoescape=False,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    engine.filters |= {"literal": _quoted, "asked": _literal}
    code = engine.get_template("usage.py.j2").render(
        made=made,
        question=QUESTION,
        messages=messages,
        pinned=made.base_on_hub and made.base_revision is not None,
        # Where the base has no chat template: turns of plain text.
        turns="".join(f"{r.capitalize()}: {text}\n\n" for r, text in messages) + "Assistant: ",
    )
    return code, note


def _prompt(findings: Findings) -> tuple[Messages, str]:
    """The prompt that most problems had, with `QUESTION_MARK` in it."""
    samples = findings.samples
    counts = Counter(s.prompt for s in samples.rows if s.prompt is not None) if samples else None
    if samples is None or not counts:
        return (("user", QUESTION_MARK),), NO_PROMPT
    messages = samples.prompts[min(counts, key=lambda each: (-counts[each], each))]
    if not any(QUESTION_MARK in text for _, text in messages):
        return (("user", QUESTION_MARK),), NO_PROMPT
    return messages, OWN_SHOTS if len(counts) > 1 else ""


def _literal(content: str) -> str:
    """A Python expression for the text, with the name QUESTION where the question stands.

    >>> _literal(f"Q: {QUESTION_MARK}"), _literal(QUESTION_MARK), _literal("")
    ('"Q: " + QUESTION', 'QUESTION', '""')
    """
    parts: list[str] = []
    for place, text in enumerate(content.split(QUESTION_MARK)):
        parts += ["QUESTION"] if place else []
        parts += [_quoted(text)] if text else []
    return " + ".join(parts) or '""'


def _quoted(text: str) -> str:
    """A Python literal, in double quotes where there is none inside.

    >>> print(_quoted("it's"), _quoted('say "4"'), _quoted("a\\nb"))
    "it's" 'say "4"' "a\\nb"
    """
    literal = repr(text)
    return literal if '"' in text else f'"{literal[1:-1]}"'
