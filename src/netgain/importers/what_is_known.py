"""What is said of two evaluations whose prompts, weights and limits are known in part at most.

The findings of a run of ours tell such things; here they are taken out, and what is known stands
in their place.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from netgain import provenance
from netgain.analysis.inputs import RunRecords
from netgain.importers.found import MOST_NAMED
from netgain.importers.paired_evaluations import Evaluation, Paired
from netgain.records import Advice, Concern, Findings
from netgain.wording import counted, integer, one_line, quantity

ROLES = ("base", "tuned")
# Kinds of concerns that only a run of ours has the records for.
NOT_HERE = {"conditions", "weights", "serving", "memorised"}
MEASURED = {"Hardware", "Time, cost, energy"}  # lines of the overview that nobody knows here
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
    unknown = NOT_HERE if ends_known else NOT_HERE | {"cut_off"}
    kept = [c for c in findings.concerns if c.kind not in unknown]
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
    if not _are_ours(both):
        text = "The answers are of other tools' files: which weights gave them is not known here."
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
        overview={k: v for k, v in findings.overview.items() if k not in MEASURED},
        settings=conditions,
        environment=dict(provenance.versions()),
        reproduce=(command,),
        cost_metrics=(),
        advice=tuple(_advice(findings, both, warnings)),
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


def _are_ours(both: Mapping[str, Evaluation]) -> bool:
    """Whether netgain asked both models, so that it is on record how."""
    return all(both[role].source.tool == "netgain" for role in ROLES)


def _advice(
    findings: Findings, both: Mapping[str, Evaluation], warnings: Sequence[str]
) -> Iterator[Advice]:
    """What these answers leave open, and what closes it: nothing where the answer is clear."""
    c = findings.comparison
    seen = None if c is None else c.detectable_difference.value
    power = "" if seen is None else (
        f" A true difference of {quantity(seen, 'points').lstrip('+')} or more would have been "
        "seen 80% of the time."
    )  # fmt: skip
    if warnings:
        do, effect = "Have netgain ask both models in one way", "prompts and limits are the same"
        evidence = f"{warnings[0]}.{power}"
    elif not _are_ours(both):
        do = "Have netgain ask both models, on more problems where there are any"
        effect = "prompts, limits and weights are then known to be the same"
        evidence = f"How these models were asked, and by which weights, is not on record.{power}"
    elif c is not None and c.verdict == "no detectable change":
        do, effect = "Ask both models more problems", "a smaller difference would be seen"
        evidence = f"The same {integer(c.n)} problems show no difference.{power}"
    else:
        return
    yield Advice(
        kind="more_test_problems", do=do, evidence=evidence, effect=f"None on accuracy: {effect}.",
        cost=(), command="netgain evaluate MODEL --data DATA --out runs/base",
    )  # fmt: skip


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
