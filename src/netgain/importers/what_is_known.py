"""What is said of two evaluations whose prompts, weights and limits are known in part at most.

The findings of a run of ours tell such things; here they are taken out, and what is known stands
in their place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from netgain import provenance
from netgain.analysis.inputs import RunRecords
from netgain.analysis.sentences import counted
from netgain.importers.evaluations import MOST_NAMED, Evaluation, Paired
from netgain.records import Advice, Concern, Findings
from netgain.wording import integer, one_line, quantity

ROLES = ("base", "tuned")
ANSWERS = "answers"  # the folder of all answers, beside the report


def conditions(found: Paired, both: Mapping[str, Evaluation]) -> Iterator[str]:
    """What else than the model differed between the two evaluations."""
    base, tuned = (both[role] for role in ROLES)
    if base.source.tool != tuned.source.tool:
        yield (
            f"The base was asked by {base.source.tool} and the tuned model by {tuned.source.tool}: "
            "prompts, stop texts and limits may differ, so a difference may come from that"
        )
    one, other = base.source.conditions, tuned.source.conditions
    for name in sorted(one.keys() & other.keys() - {"grader"}):
        if one[name] != other[name]:
            yield (
                f"The evaluations differ in {name} ({one_line(one[name])} for the base, "
                f"{one_line(other[name])} for the tuned model), so a difference may come from that"
            )
    said = [(base.answers[one], tuned.answers[other]) for _, one, other in found.problems]
    if all(one == other and any(text for text, _ in one) for one, other in said):
        yield (
            f"Both sides have the very same texts for all {integer(len(said))} problems, so one of "
            "them is probably a copy and not another model's"
        )
    same_tool = base.source.tool == tuned.source.tool  # others write prompts down differently
    asked = [
        (base.prompts[ids[1]], tuned.prompts[ids[2]])
        for ids in found.problems
        if same_tool and ids[1] in base.prompts and ids[2] in tuned.prompts
    ]
    differ = sum(first != second for first, second in asked)
    if differ:
        yield (
            f"{integer(differ)} of {integer(len(asked))} problems were put to the two models in "
            "different prompts, so a difference may come from that"
        )


def honest(
    findings: Findings,
    records: RunRecords,
    both: Mapping[str, Evaluation],
    found: Paired,
    warnings: Sequence[str],
    command: str,
) -> Findings:
    """The findings without what a run of ours would have known, and with what is known instead."""
    ends_known = all(both[role].ends_known for role in ROLES)
    kept = [c for c in findings.concerns if _still_true(c, ends_known)]
    mine = [Concern("grave", f"{w}.", "comparison") for w in warnings]
    n = integer(len(found.problems))
    told = f"Base and tuned answered the same {n} problems, paired by {_by(found)}."
    mine.append(Concern("passed", told, "comparison"))
    prompts = all(both[role].prompts for role in ROLES)
    if not prompts and not warnings:
        text = "Whether both models were asked in the same way is not on record."
        mine.append(Concern("not checked", text, "comparison"))
    if not ends_known:
        text = "Whether answers were cut off at a limit is not on record."
        mine.append(Concern("not checked", text, "answers"))
    text = "The answers came from other tools' files: which weights gave them is not known here."
    mine.append(Concern("not checked", text, "environment"))
    order = ("grave", "warning", "not checked", "passed")
    conditions = {
        f"{role}: {name}": value
        for role in ROLES
        for name, value in {"answers": both[role].label, **both[role].source.conditions,
                            "files": ", ".join(p.name for p in both[role].source.files)}.items()
    }  # fmt: skip
    return replace(
        findings,
        title=f"{both['tuned'].source.model or 'tuned'} on {records.split['source']}",
        concerns=tuple(sorted((*mine, *kept), key=lambda c: order.index(c.severity))),
        settings=conditions,
        environment=dict(provenance.versions()),
        reproduce=(command,),
        cost_metrics=(),
        advice=(_more_problems(findings, command),),
        samples=None if findings.samples is None else replace(findings.samples, folder=ANSWERS),
        key_metrics=tuple(
            m for m in findings.key_metrics if m.kind in ("generated", "teacher_forced")
        ),
        accuracy_metrics=tuple(
            m for m in findings.accuracy_metrics
            if not m.name.startswith("length of an answer")
            and (ends_known or not m.name.startswith("answers at the token limit"))
        ),
        training_metrics=tuple(m for m in findings.training_metrics if m.kind != "measured"),
    )  # fmt: skip


def _more_problems(findings: Findings, command: str) -> Advice:
    """What other tools' files leave open, and what closes it; no other advice has its evidence."""
    seen = None if findings.comparison is None else findings.comparison.detectable_difference.value
    told = "" if seen is None else (
        f" A true difference of {quantity(seen, 'points').lstrip('+')} or more would have been "
        "seen 80% of the time."
    )  # fmt: skip
    return Advice(
        kind="more_test_problems",
        do="Have netgain ask both models, on more problems where there are any",
        evidence=f"How these models were asked, and by which weights, is not on record.{told}",
        effect="None on accuracy: prompts, limits and weights are then known to be the same.",
        cost=(),
        command="netgain evaluate MODEL --data DATA --out runs/base",
    )


def _still_true(concern: Concern, ends_known: bool) -> bool:
    """Whether a concern holds where nothing is known of prompts, weights and limits."""
    if concern.source == "environment" or "recipe's extras" in concern.text:
        return False
    if concern.text.startswith("Base and tuned answered") or "How the models" in concern.text:
        return False
    return ends_known or "reached the limit" not in concern.text


def _by(found: Paired) -> str:
    return ", ".join(f"{name} ({integer(count)})" for name, count in found.by.items() if count)


def pairing_words(found: Paired, base: Evaluation, tuned: Evaluation) -> Iterator[str]:
    for evaluation, ids in zip((base, tuned), found.unpaired, strict=True):
        if ids:
            named = ", ".join(one_line(i) for i in ids[:MOST_NAMED])
            yield (
                f"Without a partner, and so in no figure: {counted(len(ids), 'problem')} of "
                f"{one_line(evaluation.label)} ({named}{', …' if len(ids) > MOST_NAMED else ''})."
            )
    for ids, why in (
        (found.conflicts, "With two different right answers"),
        (found.without_gold, "Without a right answer on record"),
    ):
        if ids:
            named = ", ".join(one_line(i) for i in ids[:MOST_NAMED])
            yield f"{why}, and so in no figure: {counted(len(ids), 'problem')} ({named})."
