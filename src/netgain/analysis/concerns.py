"""What a careful reader must know beside the figures, in one list, the gravest first.

Each thing is looked at once. What was looked for and not found is told too, as "passed".
"""

import dataclasses
from collections.abc import Callable, Iterator
from typing import get_args

from netgain.analysis.answer_concerns import (
    Examined,
    cut_off,
    failed,
    false_working,
    prompt,
    unreadable,
)
from netgain.analysis.comparing.pairs import difference_words
from netgain.analysis.inputs import RunRecords
from netgain.analysis.learned_from import learned_words, problems_learned
from netgain.analysis.overview import chosen_by_solving, started_from
from netgain.analysis.sentences import were
from netgain.analysis.training.anomalies import LOSS_SPIKES, NORM_SPIKES
from netgain.analysis.training.losses import FEWEST_EXAMPLES
from netgain.analysis.training.round_metrics import none_better, round_alarms
from netgain.records import Concern, EvaluationSummary, Findings, Severity
from netgain.wording import counted, integer, percent, quantity

DROP = 0.05  # with other numbers; a smaller one is let pass
# What may differ between base and tuned: the adapter itself, and how many were answered at once.
MAY_DIFFER = {"adapter", "batch_size"}
ASKED_BY = ("model", "prompt", "engine", "precision", "max_new_tokens", "versions")


def concerns(records: RunRecords, findings: Findings) -> tuple[Concern, ...]:
    """All that this run has the records for, the gravest first."""
    examined = Examined(records, findings)
    found = [
        dataclasses.replace(concern, kind=look.__name__.strip("_"))
        for look in LOOKED_AT
        for concern in look(examined)
    ]
    order = get_args(Severity)
    return tuple(sorted(found, key=lambda concern: order.index(concern.severity)))


# -- how the models were asked -------------------------------------------------------------


def _conditions(e: Examined) -> Iterator[Concern]:
    s = e.records.summaries
    if not {"base", "tuned"} <= s.keys():
        return
    if s["base"].problems_digest != s["tuned"].problems_digest:
        yield Concern("grave", "Base and tuned answered different problems.", "comparison")
        return
    same = f"Base and tuned answered the same {counted(s['base'].n, 'problem')}"
    differ = sorted(differing(s["base"], s["tuned"]))
    compared = [key.replace("_", " ") for key in ASKED_BY if key in s["base"].settings]
    if differ:
        yield Concern("grave", f"{same}, but with different {', '.join(differ)}.", "comparison")
    elif not compared:
        yield Concern("not checked", "How the models were asked is not on record.", "comparison")
    else:
        text = f"{same} (by SHA-256) with the same {', '.join(compared)}, read by the same grader."
        yield Concern("passed", text, "comparison")
    base, tuned = (", ".join(s[model].gpus) or "none" for model in ("base", "tuned"))
    if base != tuned:
        text = (
            f"Base and tuned answered on different GPUs ({base}; {tuned}). They round differently, "
            "so a few answers may differ for that alone."
        )
        yield Concern("warning", text, "comparison")


def differing(base: EvaluationSummary, tuned: EvaluationSummary) -> Iterator[str]:
    """The conditions under which two models were asked that are not the same."""
    for key in base.settings.keys() | tuned.settings.keys():
        if key not in MAY_DIFFER and base.settings.get(key) != tuned.settings.get(key):
            yield key.replace("_", " ")


def _start(e: Examined) -> Iterator[Concern]:
    """What an earlier training, outside this run, has of the difference from the base."""
    start = e.records.start
    if start is None:
        return
    text = (
        f"Training began from the weights of {started_from(start)}, not from the base: the "
        "difference from the base is of both trainings together."
    )
    alone = e.findings.over_start
    if alone is not None:
        text += (
            f" The start alone answers {percent(alone.reference_share.value or 0.0)} of the same "
            f"problems correctly; of this training alone: {alone.verdict}, "
            f"{difference_words(alone)}."
        )
    elif e.findings.comparison is not None:
        text += (
            " They cannot be told apart here: there are no answers of the start to the same "
            "problems, asked in the same way."
        )
    yield Concern("warning", text, "comparison")


def _learned_from(e: Examined) -> Iterator[Concern]:
    """Little to learn from, of however many training problems there were."""
    n, there = problems_learned(e.records), len(e.records.split["ids"]["train"])
    if n is None or n >= FEWEST_EXAMPLES:
        return
    what = "The last training" if e.records.earlier else "Training"
    told = f"learned from {learned_words(e.records) or counted(n, 'problem')}"
    if e.records.recipe["train"].get("method") == "grpo":
        told = f"had at most {integer(n)} of {counted(there, 'problem')} in its rounds"
    yield Concern("warning", f"{what} {told}: what it taught rests on so few.", "data")


def _serving(e: Examined) -> Iterator[Concern]:
    """Whether what answered is what was trained, after rounding to the engine's precision."""
    serving = e.records.serving
    if serving is None:
        return
    engine, precision = serving["asked"]
    kept = percent(serving["kept_as_asked"])
    if [serving["engine"], serving["precision"]] == serving["asked"]:
        text = (
            f"Rounded to {precision} by {engine}, the trained weights keep {kept} of what training "
            "changed in the logits."
        )
        yield Concern("passed", text, "environment")
        return
    text = (
        f"Rounded to {precision} by {engine}, the trained weights would keep only {kept} of what "
        "training changed in the logits. So both models answered in "
        f"{serving['precision']} by {serving['engine']}, which keeps {percent(serving['kept'])}."
    )
    yield Concern("warning", text, "environment")


def _weights(e: Examined) -> Iterator[Concern]:
    words = e.records.model_name()
    if "quantised" in words:
        text = (
            f"The base model is {words}: not the weights that its makers published scores for. Its "
            "score can be compared with the tuned one here, and with no published one."
        )
        yield Concern("warning", text, "environment")
        return
    revision = e.records.training["model"]["revision"] if e.records.training else None
    if revision is None:
        text = (
            f"{words} came from local files, so its revision is not known; its SHA-256 is under "
            "Environment."
        )
        yield Concern("not checked", text, "environment")
    else:
        text = f"{words} has a known revision ({revision}), and its SHA-256 is on record."
        yield Concern("passed", text, "environment")


# -- the data ------------------------------------------------------------------------------


def _overlap(e: Examined) -> Iterator[Concern]:
    split = e.records.split
    ids, overlaps = split["ids"], split["overlaps"]
    trained = len(ids["train"]) + len(ids["validation"])
    if overlaps:
        text = (
            f"{counted(len(overlaps), 'test problem')} equal or close to training problems "
            f"{were(len(overlaps))} allowed by name: the model may know their answers."
        )
        yield Concern("grave", text, "data")
    elif trained:
        text = (
            f"None of {counted(len(ids['test']), 'test problem')} is equal or close to one of "
            f"{integer(trained)} training and validation problems. What the base model saw before "
            "is not known."
        )
        yield Concern("passed", text, "data")
    else:
        text = "There are no training problems to compare the test problems with."
        yield Concern("not checked", text, "data")


def _data(e: Examined) -> Iterator[Concern]:
    if e.records.recipe["data"]["source"] == "builtin":
        text = (
            "Training and test problems are netgain's own and come from the same templates, so "
            "this shows what was learned of these templates, not reasoning in general."
        )
        yield Concern("warning", text, "data")
    split = e.records.split
    left = {
        "that could not be read": len(split["bad_rows"]),
        "without a solution to learn from": len(split["no_solution"]),
        "too long": len(e.records.training["too_long"]) if e.records.training else 0,
    }
    told = [f"{counted(count, 'row')} {why}" for why, count in left.items() if count]
    if told:
        yield Concern("warning", f"Left out of the data: {'; '.join(told)}.", "data")
    else:
        yield Concern("passed", "No row of the data was left out.", "data")


def _sampled(e: Examined) -> Iterator[Concern]:
    if e.records.whole is None:
        return
    text = (
        "Accuracies, the comparison, format and skill, and unreadable answers are of all answers. "
        "Kinds of errors, what makes problems hard, what changed, unusual answers and the examples "
        f"are of fewer ({e.records.looked_into()}), and so are their counts."
    )
    yield Concern("warning", text, "samples")


def _memorised(e: Examined) -> Iterator[Concern]:
    measured = next((r for r in e.findings.further if r.kind == "perturbed"), None)
    if measured is None:
        text = (
            "Whether the model knows these problems by heart is not known. Asking them with other "
            "numbers shows it: the recipe's extras.perturbed does that."
        )
        yield Concern("not checked", text, "data")
        return
    told, source = measured.sentences[0], "further-perturbed"
    intervals = [c.difference.interval for c in measured.changes]
    if any(c.verdict == "worse" for c in measured.changes):
        yield Concern("warning", told, source)
    elif all(interval is not None and interval[0] > -DROP for interval in intervals):
        yield Concern("passed", told, source)
    else:
        drop = quantity(DROP, "points").lstrip("+")
        few = f"{told} There are too few problems to rule out a drop of {drop}."
        yield Concern("not checked", few, source)


# -- comparing and training ----------------------------------------------------------------


def _test_and_interval(e: Examined) -> Iterator[Concern]:
    c = e.findings.comparison
    if c is None:
        return
    for caveat in c.caveats:
        yield Concern("warning", caveat, "comparison")
    if c.difference.interval is None:
        text = "There is no interval to check the test against."
        yield Concern("not checked", text, "comparison")
    elif not c.caveats:
        text = f"The test ({c.test}) and the interval say the same."
        yield Concern("passed", text, "comparison")


def _kinds(e: Examined) -> Iterator[Concern]:
    forced = sum(m.kind == "teacher_forced" for m in e.findings.training_metrics)
    if forced:
        text = (
            f"{counted(forced, 'figure')} of this report {were(forced)} measured while a "
            "right solution was fed in. They stand under Training metrics by their own names, "
            "and none is among the figures about answers."
        )
        yield Concern("passed", text, "training")


def _seeds(e: Examined) -> Iterator[Concern]:
    if e.records.training is None:
        return
    text = (
        f"This is one training run (seed {e.records.recipe['train']['seed']}): it says what this "
        "adapter does, not what the recipe gives on average."
    )
    yield Concern("warning", text, "settings")


def _log(e: Examined) -> Iterator[Concern]:
    if e.records.training is None:
        return
    if e.records.state is None:
        yield Concern("not checked", "There is no log of the training.", "training")
        return
    if e.records.state.best_step is None:
        yield Concern("warning", "No best checkpoint is on record.", "training")
    if e.records.training["resumed"]:
        yield Concern("passed", "The training was interrupted and went on.", "training")
    spikes = {m.name: m for m in e.findings.training_metrics if m.name in SPIKES}
    found = {name: m.estimate for name, m in spikes.items()}
    many = [f"{name}: {integer(round(x.value))}" for name, x in found.items() if x.value]
    unknown = [x.why_no_interval for x in found.values() if x.value is None]
    if many:
        yield Concern("warning", f"The training log has {', '.join(many)}.", "training")
    elif unknown:
        text = f"Spikes in the training log could not be looked for: {unknown[0]}."
        yield Concern("not checked", text, "training")
    else:
        looked = "the loss or of the gradient norm" if LOSS_SPIKES in found else "the gradient norm"
        text = f"The training log has no spikes of {looked}."
        yield Concern("passed", text, "training")


def _rounds(e: Examined) -> Iterator[Concern]:
    if e.records.state is None:
        return
    for sentence in round_alarms(e.records.state.points):
        yield Concern("warning", sentence, "training")
    settings = e.records.recipe["train"]
    same = none_better(e.records.state.points)
    if same is not None and chosen_by_solving(settings):
        unit = "round" if settings.get("method") == "grpo" else "step"
        text = (
            f"No {unit} solved more validation problems than the {integer(same[0])} of "
            f"{integer(same[1])} that were solved before training: by these the kept weights are "
            "no better than those that training began with."
        )
        yield Concern("warning", text, "training")
    if settings.get("method") == "grpo" and settings["grpo"]["reward"] == "random":
        text = (
            "The reward was random (train.grpo.reward): this run is a control, and shows what the "
            "method does where nothing right is rewarded."
        )
        yield Concern("warning", text, "settings")


SPIKES = (LOSS_SPIKES, NORM_SPIKES)
LOOKED_AT: tuple[Callable[[Examined], Iterator[Concern]], ...] = (
    _conditions, _start, _learned_from, _overlap, failed, _test_and_interval, _seeds, _data,
    cut_off, prompt, unreadable, false_working, _memorised, _weights, _serving, _log, _rounds,
    _sampled, _kinds,
)  # fmt: skip
