"""In which form answers were to end: as a row's prompt says it, else as the answers themselves end.

The strict grader reads one form. Read in another one than was asked for, right answers would look
wrong by their form.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from netgain.data.asked_text import turns
from netgain.data.row_parts import Row
from netgain.data.shapes import prompt_of
from netgain.records import Ending
from netgain.rowfiles import ALIASES

ENDINGS: tuple[Ending, ...] = get_args(Ending)
SHOWN: Mapping[Ending, str] = {
    "hashes": "####", "boxed": "\\boxed{}", "the_answer_is": '"The answer is"',
}  # fmt: skip
OF_FILTER = "netgain-strict-"  # begins what an export calls a strict reading of another form
PROMPTS = (*ALIASES["question"], "system", "prompt", "input", "raw_input", "ctx")
SPOKEN = ("messages", "conversations")
TAIL = 200  # characters at an answer's end, in which its mark stands
FEW = 10  # fewer than one answer in so many
_SENTENCE = re.compile(r"The answer is|[\"'“‘`]the answer is")


def asked_form(row: Row) -> Ending | None:
    """The form that a row's `ending` or its prompt asks for; None where neither says it.

    >>> asked_form({"prompt": "How many? Put it within \\\\boxed{}.", "completion": "#### 2"})
    'boxed'
    >>> asked_form({"question": "How many?", "completion": "#### 2"}) is None
    True
    """
    reading = row.get("filter")
    named = reading.removeprefix(OF_FILTER) if isinstance(reading, str) else None
    for said in (row.get("ending"), None if named == reading else named):
        found = next((e for e in ENDINGS if isinstance(said, str) and said == e), None)
        found = found or next((e for e in ENDINGS if said == e.replace("_", "-")), None)
        if found is not None:
            return found
    return named_in("\n".join(_prompt_texts(row)))


def named_in(prompt: str) -> Ending | None:
    """The form that a prompt names, or that its worked examples have."""
    if "\\boxed" in prompt:
        return "boxed"
    if "####" in prompt:
        return "hashes"
    return "the_answer_is" if _SENTENCE.search(prompt) else None


def _prompt_texts(row: Row) -> Iterable[str]:
    """All that a model was shown before its answer, as far as a row has it."""
    yield from _texts(prompt_of(row))
    for name in PROMPTS:
        yield from _texts(row.get(name))
    for name in SPOKEN:
        said = turns(row.get(name))
        users = [place for place, (role, _) in enumerate(said) if role == "user"]
        yield from (text for _, text in said[: users[-1] + 1 if users else 0])


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (text for _, text in turns(value))
        for one in value:
            parts = one if isinstance(one, (list, tuple)) else [one]
            yield from (part for part in parts if isinstance(part, str))


@dataclass
class Forms:
    """How answers were asked to end; of those whose prompts do not say it, how they do end.

    `asked` counts answers by their prompt's form. `unasked` are the others by model: their number
    under "all", those that hold "####" under "hashes", those that end in another form under it.
    """

    asked: Counter[Ending] = field(default_factory=Counter)
    unasked: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, model: str, asked: Ending | None, texts: Iterable[str | None]) -> None:
        for text in texts:
            if text is None:
                continue
            if asked is not None:
                self.asked[asked] += 1
                continue
            count, tail = self.unasked[model], text.rstrip()[-TAIL:]
            count["all"] += 1
            count["hashes"] += "####" in text
            boxed = "\\boxed{" in tail
            count["boxed"] += boxed
            count["the_answer_is"] += not boxed and "The answer is" in tail

    @property
    def other(self) -> Ending:
        """The form to read where no prompt is known: "hashes", unless all models have another."""
        for form in ENDINGS[1:]:
            if self.unasked and all(
                2 * count[form] > count["all"] and FEW * count["hashes"] < count["all"]
                for count in self.unasked.values()
            ):
                return form
        return "hashes"

    def read(self, other: Ending | None = None) -> Counter[Ending]:
        """How many answers strict reads in which form; `other` is taken where no prompt is known.

        It is `Forms.other` unless it had to be settled before all answers were seen.
        """
        unasked = sum(count["all"] for count in self.unasked.values())
        return self.asked + Counter({other or self.other: unasked})

    def is_unclear(self, other: Ending | None = None) -> bool:
        """Whether #### is read where no prompt asks for it and no model answers in it."""
        few = (FEW * count["hashes"] < count["all"] for count in self.unasked.values())
        none_asked = bool(self.unasked) and not self.asked
        return none_asked and (other or self.other) == "hashes" and all(few)

    def words(self, other: Ending | None = None, first: int | None = None) -> str:
        """Which form strict reads, and why; "" where that is #### and nothing speaks against it.

        Args:
            other: as in `read`.
            first: how many rows settled it, where those were not all.
        """
        read = self.read(other)
        if len(read) > 1:
            told = ", ".join(f"{SHOWN[form]} ({n:,})" for form, n in read.most_common())
            none = f", {SHOWN[other or self.other]} where no prompt says it" if self.unasked else ""
            return f"strict reads each answer in the form that its prompt asks for{none}: {told}"
        form: Ending = next(iter(read), "hashes")
        if form == "hashes":
            return (
                "strict reads ####, for no prompt on record names a form; few answers have it, so "
                "strict tells little here" if self.is_unclear(other) else ""
            )  # fmt: skip
        if first is not None and self.unasked:
            differs = "" if form == self.other else "; all together do not: grade a file of them"
            return f"strict reads {SHOWN[form]}, as most of the first {first:,} end so{differs}"
        why = "as most answers end so" if self.unasked else "as the prompts ask"
        return f"strict reads {SHOWN[form]}, {why}"
