"""What would make a run's figures untrustworthy, sought and told: the audit notes of a report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from netgain.analysis.inputs import RunRecords
from netgain.records import Check, Findings
from netgain.wording import integer, percent, quantity

CUT_OFF = 0.01  # share of a model's answers; above it a reader must know
UNREADABLE = 0.05
DROP = 0.05  # with other numbers; a smaller one is let pass
# What may differ between base and tuned: the adapter itself, and how many were answered at once.
MAY_DIFFER = {"adapter", "batch_size"}
ASKED_BY = ("model", "prompt", "engine", "precision", "max_new_tokens", "versions")


@dataclass(frozen=True)
class Examined:
    """A run's records, and what was found in them."""

    records: RunRecords
    findings: Findings


def checks(records: RunRecords, findings: Findings) -> tuple[Check, ...]:
    """Every check that this run has the records for, in reading order."""
    examined = Examined(records, findings)
    found = (make(examined) for make in CHECKS)
    return tuple(check for check in found if check is not None)


def _kinds(e: Examined) -> Check | None:
    f = e.findings
    forced = [m for m in f.training_metrics if m.kind == "teacher_forced"]
    answers = [m for m in f.accuracy_metrics if m.kind == "teacher_forced"]
    answers += [m for _, *pair in f.category_metrics for m in pair if m.kind == "teacher_forced"]
    if answers:
        return Check(
            "Teacher-forced numbers", "attention",
            f"{_count(len(answers), 'figure')} among those about answers {_were(len(answers))} "
            "measured while the reference solution was fed in.",
        )  # fmt: skip
    if not forced:
        return None
    return Check(
        "Teacher-forced numbers",
        "passed",
        f"{_count(len(forced), 'figure')} of this report {_were(len(forced))} measured while the "
        "reference solution was fed in. They stand under Learning curves by their own names; none "
        "is among the figures about answers.",
    )


def _conditions(e: Examined) -> Check | None:
    s = e.records.summaries
    if not {"base", "tuned"} <= s.keys():
        return None
    name = "Same problems, same conditions"
    if s["base"].problems_digest != s["tuned"].problems_digest:
        return Check(name, "attention", "Base and tuned answered different problems.")
    differ = sorted(_differing(s["base"].settings, s["tuned"].settings))
    if differ:
        return Check(
            name,
            "attention",
            f"Base and tuned answered the same {_count(s['base'].n, 'problem')}, and differ in "
            f"{', '.join(differ)}.",
        )
    compared = [key.replace("_", " ") for key in ASKED_BY if key in s["base"].settings]
    if not compared:
        return Check(name, "not checked", "How the models were asked is not on record.")
    return Check(
        name,
        "passed",
        f"Base and tuned answered the same {_count(s['base'].n, 'problem')} (by SHA-256) with the "
        f"same {', '.join(compared)}, and were read by the same grader.",
    )


def _differing(base: Any, tuned: Any) -> Iterator[str]:
    for key in base.keys() | tuned.keys():
        if key not in MAY_DIFFER and base.get(key) != tuned.get(key):
            yield key.replace("_", " ")


def _overlap(e: Examined) -> Check:
    split = e.records.split
    ids, overlaps = split["ids"], split["overlaps"]
    name = "Test problems among the training problems"
    trained = len(ids["train"]) + len(ids["validation"])
    if overlaps:
        return Check(
            name,
            "attention",
            f"{_count(len(overlaps), 'test problem')} near or equal to training problems "
            f"{_were(len(overlaps))} allowed by name.",
        )
    if not trained:
        return Check(name, "not checked", "There are no training problems.")
    return Check(
        name,
        "passed",
        f"None of {_count(len(ids['test']), 'test problem')} is equal or near to one of "
        f"{integer(trained)} training and validation problems. What the base model saw before is "
        "not known.",
    )


def _cut_off(e: Examined) -> Check | None:
    shares = {m: s.truncated / s.n for m, s in e.records.summaries.items() if s.n}
    if not shares:
        return None
    told = ", ".join(
        f"{integer(e.records.summaries[m].truncated)} of {integer(e.records.summaries[m].n)} "
        f"({percent(share)}) of the {m} model"
        for m, share in shares.items()
    )
    many = max(shares.values()) > CUT_OFF
    return Check(
        "Answers cut off at the token limit",
        "attention" if many else "passed",
        f"{told[0].upper()}{told[1:]}."
        + (" They may have come to a result with more room." if many else ""),
    )


def _unreadable(e: Examined) -> Check | None:
    answers = {m: e.records.answered(m) for m in e.records.grades}
    shares = {m: float((~of.read).mean()) for m, of in answers.items() if len(of)}
    if not shares:
        return None
    told = ", ".join(f"{percent(share)} of the {m} model's answers" for m, share in shares.items())
    return Check(
        "Answers in which no result could be read",
        "attention" if max(shares.values()) > UNREADABLE else "passed",
        f"{told}; each counts as wrong.",
    )


def _false_working(e: Examined) -> Check | None:
    """A right answer that was reached by way of a false equation."""
    right = {m: sum(g.correct for g in rows) for m, rows in e.records.grades.items()}
    if not any(right.values()):
        return None
    false = {m: len(e.records.false_working.get(m, {})) for m in right}
    told = ", ".join(
        f"{integer(false[m])} of {integer(n)} of the {m} model" for m, n in right.items() if n
    )
    return Check(
        "Right answers with a false equation on the way",
        "attention" if any(false.values()) else "passed",
        f"{told}."
        + " An answer counts by its result alone; these did not come from right working."
        * any(false.values()),
    )


def _failed(e: Examined) -> Check | None:
    failed = {m: s.errors for m, s in e.records.summaries.items() if s.errors}
    if not e.records.summaries:
        return None
    if not failed:
        models = " and ".join(e.records.summaries)
        return Check("Answers that failed", "passed", f"None ({models} model).")
    told = ", ".join(f"{integer(count)} of the {m} model" for m, count in failed.items())
    return Check(
        "Answers that failed", "attention", f"{told} ended with an error and count as wrong."
    )


def _test_and_interval(e: Examined) -> Check | None:
    c = e.findings.comparison
    if c is None:
        return None
    name = "Test and intervals agree"
    if c.caveats:
        return Check(name, "attention", " ".join(c.caveats))
    ways = sum(i.interval is not None for i in (c.difference, *c.other_intervals))
    if not ways:
        return Check(name, "not checked", "There is no interval to hold against the test.")
    each = ", each made in a way of its own," if ways > 1 else ""
    return Check(
        name,
        "passed",
        f"The test ({c.test}) and {_count(ways, 'interval')}{each} say the same.",
    )


def _weights(e: Examined) -> Check:
    name = "Weights of the base model"
    words = e.records.model_name()
    if "quantised" in words:
        return Check(
            name, "attention",
            f"It is {words}: its own score is comparable with the tuned one, and with no published "
            "one.",
        )  # fmt: skip
    revision = e.records.training["model"]["revision"] if e.records.training else None
    if revision is None:
        return Check(
            name, "not checked",
            f"{words} came from local files; their SHA-256 is under Environment.",
        )  # fmt: skip
    return Check(name, "passed", f"{words} at revision {revision}, kept by its SHA-256.")


def _rows(e: Examined) -> Check:
    split = e.records.split
    long = len(e.records.training["too_long"]) if e.records.training else 0
    left = {
        "could not be read": len(split["bad_rows"]),
        "have no solution to learn from": len(split["no_solution"]),
        "are too long": long,
    }
    told = [f"{_count(count, 'row')} that {why}" for why, count in left.items() if count]
    if not told:
        return Check("Data left out", "passed", "No row of the data was left out.")
    return Check("Data left out", "attention", f"Left out: {'; '.join(told)}.")


def _log(e: Examined) -> Check | None:
    if e.records.training is None:
        return None
    spikes = [
        m
        for m in e.findings.training_metrics
        if m.name.endswith("spikes") and (m.estimate.value or 0) > 0
    ]
    unknown = [
        m.estimate
        for m in e.findings.training_metrics
        if m.name.endswith("spikes") and m.estimate.value is None
    ]
    told = [f"{m.name}: {integer(round(m.estimate.value or 0))}" for m in spikes]
    if e.records.state is not None and e.records.state.best_step is None:
        told.append("no best checkpoint is on record")
    if told:
        return Check("Training log", "attention", "; ".join(told).capitalize() + ".")
    how = " It was interrupted and went on." if e.records.training["resumed"] else ""
    if e.records.state is None:
        return Check("Training log", "not checked", f"There is no log of the training.{how}")
    if unknown:
        return Check("Training log", "not checked",
                     f"Spikes could not be sought: {unknown[0].why_no_interval}.{how}")  # fmt: skip
    return Check("Training log", "passed", f"No spikes of the loss or of the gradient norm.{how}")


def _memorised(e: Examined) -> Check:
    name = "Memorised answers"
    measured = next((r for r in e.findings.further if r.kind == "perturbed"), None)
    if measured is None:
        return Check(
            name, "not checked",
            "Whether the model knows the problems by heart shows when their numbers are changed: "
            "the recipe's extras.perturbed does that.",
        )  # fmt: skip
    told = measured.sentences[0]
    if any(c.verdict == "worse" for c in measured.changes):
        return Check(name, "attention", told)
    lowest = [c.difference.estimate.interval for c in measured.changes]
    if all(interval is not None and interval[0] > -DROP for interval in lowest):
        return Check(name, "passed", told)
    return Check(
        name, "not checked",
        f"{told} There are too few problems to rule out a drop of {quantity(DROP, 'points')[1:]}.",
    )  # fmt: skip


def _seeds(e: Examined) -> Check | None:
    if e.records.training is None:
        return None
    seed = e.records.recipe["train"]["seed"]
    return Check(
        "Other seeds", "not checked",
        f"This is one training run with seed {seed}; how much another seed would differ is not "
        "known.",
    )  # fmt: skip


def _serving(e: Examined) -> Check | None:
    """Whether what answered is what was trained, after rounding to the engine's precision."""
    serving = e.records.serving
    if serving is None:
        return None
    name = "Trained weights after rounding"
    engine, precision = serving["asked"]
    kept = percent(serving["kept_as_asked"])
    if [serving["engine"], serving["precision"]] == serving["asked"]:
        return Check(
            name, "passed",
            f"In {precision}, as {engine} uses them, the weights keep {kept} of what training "
            "changed in the logits.",
        )  # fmt: skip
    return Check(
        name, "attention",
        f"In {precision}, as {engine} would use them, the weights would keep only {kept} of what "
        f"training changed in the logits. So both models answered in {serving['precision']} by "
        f"{serving['engine']}, which keeps {percent(serving['kept'])}.",
    )  # fmt: skip


CHECKS: tuple[Callable[[Examined], Check | None], ...] = (
    _conditions, _kinds, _overlap, _memorised, _test_and_interval, _cut_off, _unreadable,
    _false_working, _failed,
    _weights, _serving, _rows, _log, _seeds,
)  # fmt: skip


def _count(n: int, noun: str) -> str:
    return f"{integer(n)} {noun}{'s'[: n != 1]}"


def _were(n: int) -> str:
    return "was" if n == 1 else "were"
