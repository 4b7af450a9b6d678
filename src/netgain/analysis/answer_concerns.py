"""What a careful reader must know of the answers: cut off, unreadable, failed, rightly by luck."""

from collections.abc import Iterator
from dataclasses import dataclass

from netgain.analysis.inputs import RunRecords
from netgain.analysis.prompt_doubts import doubts
from netgain.records import Concern, Findings
from netgain.wording import capital, counted, integer, percent

CUT_OFF = 0.01  # share of a model's answers; above it a reader must know
UNREADABLE = 0.05
FAILED = 0.01
# Right answers with a false equation on the way. A single one is mostly a slip that the model
# corrected, or a label that is wrong.
FALSE_WORKING, FEWEST_FALSE = 0.02, 3


@dataclass(frozen=True)
class Examined:
    """A run's records, and what was found in them."""

    records: RunRecords
    findings: Findings


def cut_off(e: Examined) -> Iterator[Concern]:
    asked = {m: s for m, s in e.records.summaries.items() if s.n}
    if not asked:
        return
    told = capital(_by_model({m: (s.truncated, s.n) for m, s in asked.items()}))
    limit = e.records.recipe["evaluate"]["max_new_tokens"]
    text = f"{told} reached the limit of {integer(limit)} tokens."
    if max(s.truncated / s.n for s in asked.values()) > CUT_OFF:
        text += " With more room some may have come to a result, so the accuracy may be too low."
        yield Concern("warning", text, "answers")
    else:
        yield Concern("passed", text, "answers")


def prompt(e: Examined) -> Iterator[Concern]:
    """Whether the prompt suits the base model, from its answers to training problems."""
    check = e.records.prompt_check
    if check is None:
        return
    found = doubts(check)
    if found:
        yield Concern("warning", " ".join(f"{capital(line)}." for line in found), "answers")
    else:
        text = (
            f"The base model's {check.own.n} answers to training problems under the recipe's "
            "prompt look as answers should: few begin with the mark, are empty, cut off or looping."
        )
        yield Concern("passed", text, "answers")


def unreadable(e: Examined) -> Iterator[Concern]:
    unread = {m: ~e.records.answered(m).read for m in e.records.grades}
    counts = {m: (int(of.sum()), len(of)) for m, of in unread.items() if len(of)}
    if not counts:
        return
    text = f"{capital(_by_model(counts))} hold no result that could be read; each counts as wrong."
    many = max(count / n for count, n in counts.values()) > UNREADABLE
    won = 0
    if e.findings.comparison is not None:
        won = int((e.records.answered("tuned").correct & unread["base"]).sum())
    if won:
        text += (
            f" The tuned model solved {counted(won, 'problem')} on which the base model's answer "
            "could not be read: that part of the difference may be form, not skill."
        )
    yield Concern("warning" if many or won else "passed", text, "format" if won else "answers")


def false_working(e: Examined) -> Iterator[Concern]:
    """Right answers that were reached by way of a false equation."""
    right = {m: sum(g.correct for g in rows) for m, rows in e.records.grades.items()}
    counts = {m: (len(e.records.false_working.get(m, {})), n) for m, n in right.items() if n}
    if not counts:
        return
    text = f"{capital(_by_model(counts, 'right answers'))} have a false equation on the way."
    many = any(c >= FEWEST_FALSE and c / n > FALSE_WORKING for c, n in counts.values())
    wrong = {g.problem_id for g in e.records.grades.get("base", ()) if not g.correct}
    tuned = e.records.grades.get("tuned", ())
    fixed = [g.problem_id for g in tuned if g.correct and g.problem_id in wrong]
    false = sum(i in e.records.false_working.get("tuned", {}) for i in fixed)
    if false >= FEWEST_FALSE and false / len(fixed) > FALSE_WORKING:
        text += f" Among the {integer(len(fixed))} problems that tuning fixed there are {false}."
    if many:
        text += " The grader looks at the result alone."
    yield Concern("warning" if many else "passed", text, "errors")


def failed(e: Examined) -> Iterator[Concern]:
    asked = {m: (s.errors, s.n) for m, s in e.records.summaries.items() if s.n}
    if not asked:
        return
    if not any(count for count, _ in asked.values()):
        yield Concern("passed", f"No answer failed ({' and '.join(asked)} model).", "answers")
        return
    grave = max(count / n for count, n in asked.values()) > FAILED
    text = f"{capital(_by_model(asked))} ended with an error and count as wrong."
    yield Concern("grave" if grave else "warning", text, "answers")


def _by_model(counts: dict[str, tuple[int, int]], what: str = "answers") -> str:
    """ "3 of 80 answers (3.8%) of the base model and 5 of 80 (6.3%) of the tuned model"."""
    told: list[str] = []
    for model, (count, n) in counts.items():
        noun = f" {what}" if not told else ""
        told.append(
            f"{integer(count)} of {integer(n)}{noun} ({percent(count / n)}) of the {model} model"
        )
    return " and ".join(told)
