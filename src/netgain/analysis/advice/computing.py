"""More computing at the answer: samples, turns, prompts; and what samples and variants tell.

These rules look at what was measured beside the headline. Where a measurement is missing, two of
them ask for it, each by a figure of the run.
"""

import json

from netgain.analysis.advice.proposing import (
    Evidence,
    all_problems,
    changes,
    command,
    drawing_seconds,
    evaluation_seconds,
    extra,
    from_the_base,
    price,
    result,
    seconds_of_sampling,
    still_rising,
    tokens_of_votes,
    told,
    training_seconds,
    votes,
    whole_seconds,
)
from netgain.recipe import MAX_BUILTIN
from netgain.records import Advice
from netgain.wording import estimate_words, integer, number

FEWEST_BOTH_WAYS = 10  # problems fixed, and as many broken
UNSTEADY = 0.10  # of the problems fixed, and of them broken: answers hang on small things
WELL_ABOVE = 0.10  # pass@k − pass@1, lower end of its interval
MEMORISES = 0.10  # generalisation gap as a share of the validation loss
MOST_SAMPLES, MOST_TURNS = 1000, 5  # what a recipe takes
FIRST_SAMPLES = 8


def majority_vote(e: Evidence) -> Advice | None:
    """Self-consistency, where maj@k was seen to beat one greedy answer."""
    won = [c for c in votes(e) if c.verdict == "improved"]
    if not won or won[0].at is None or won[-1].at is None:
        return None
    most, fewest = won[0].at, won[-1].at
    rising = still_rising(e)
    n = min(2 * most, MOST_SAMPLES) if rising or fewest == most else fewest
    if rising:
        what = f"The curve still rises at {most} samples: the command draws {n}."
    elif fewest < most:
        what = f"{fewest} samples show a gain already: the command draws no more."
    else:
        what = f"Whether more than {most} give more is open: the command draws {n}."
    return Advice(
        kind="majority_vote",
        do="Take the majority of several samples",
        evidence=(
            f"The tuned model's majority of {most} samples beats its greedy answer by "
            f"{told(won[0])}, for {tokens_of_votes(e, most)}."
        ),
        effect=f"Measured on these problems, not promised on others. {what}",
        measured=won[0].metric,
        cost=price(e, evaluation_seconds(e) * n, f"{n} times this run's answering time"),
        command=command(e, f"extras.samples.n={n}", *all_problems(e, "samples")),
    )


def more_samples(e: Evidence) -> Advice | None:
    """maj@k beats nothing yet, but still rises."""
    tried, rising = votes(e), still_rising(e)
    if not tried or tried[0].verdict == "improved" or rising is None or rising.at is None:
        return None
    n = min(2 * rising.at, MOST_SAMPLES)
    return Advice(
        kind="more_samples",
        do="Draw more samples",
        evidence=(
            f"The tuned model's majority of {rising.at} samples is not shown to beat one greedy "
            f"answer, but it beats {rising.reference} by {told(rising)}: the curve still rises."
        ),
        effect="Not known. Majorities level off sooner or later (Wang et al. 2022, "
        "arXiv:2203.11171).",
        cost=price(e, evaluation_seconds(e) * n, f"{n} times this run's answering time"),
        command=command(e, f"extras.samples.n={n}"),
    )


def self_refinement(e: Evidence) -> Advice | None:
    """Only where revising helped and no turn hurt."""
    turns = changes(e, "revisions", "tuned")
    helped = [c for c in turns if c.verdict == "improved" and c.reference == "first answer"]
    if not helped or any(c.verdict == "worse" for c in turns):
        return None
    said = list(extra(e, "revisions").get("instructions", ()))
    more = all_problems(e, "revisions")
    if not more and said and len(said) < MOST_TURNS:
        revised = [*said, said[-1]]
        more = (f"extras.revisions.instructions={json.dumps(revised, ensure_ascii=False)}",)
    if not more:
        return None
    best = max(helped, key=lambda c: c.difference.value or 0.0)
    return Advice(
        kind="self_refinement",
        do="Let the model revise its answers",
        evidence=f"{best.other.capitalize()} of the tuned model corrected {best.won} answers and "
        f"broke {best.lost}: {told(best)}. No turn was seen to hurt.",
        effect=(
            "Measured on these problems. Elsewhere models that were told nothing but to check "
            "themselves have lost accuracy by it (Huang et al. 2023, arXiv:2310.01798)."
        ),
        measured=best.metric,
        cost=price(
            e, evaluation_seconds(e) * (len(said) + 2), "this run's answering time a turn, at most"
        ),
        command=command(e, *more),
    )


def other_prompt(e: Evidence) -> Advice | None:
    """A prompt of the sweep that beats the recipe's own after Holm's correction."""
    tried = [c for m in ("tuned", "base") for c in changes(e, "prompt", m) if c.recipe]
    better = [c for c in tried if c.verdict == "improved"]
    if not better:
        return None
    model = better[0].model
    best = max((c for c in better if c.model == model), key=lambda c: c.difference.value or 0.0)
    whose = "" if model == "tuned" else " Whether it helps a tuned model is not measured."
    return Advice(
        kind="other_prompt",
        do="Ask with the other prompt",
        evidence=(
            f"Under {best.other!r} the {model} model gains {told(best)} over the recipe's prompt "
            f"on the same {integer(best.n)} problems."
        ),
        effect=(
            "About that much or less: the best of several prompts looks better than it is on the "
            f"problems it was chosen on.{whose}"
        ),
        measured=best.metric,
        cost=price(
            e, whole_seconds(e), "this run's training and answering: the prompt is trained on too"
        ),
        command=command(e, *best.recipe),
    )


def own_solutions(e: Evidence) -> Advice | None:
    """Rejection sampling: worth it where right answers are there, but not at the first try."""
    settings, found = extra(e, "samples"), result(e, "samples")
    curves = found.curves if found else ()
    points = next((c.points for c in curves if (c.model, c.measure) == ("base", "pass@k")), None)
    if found is None or not points or e.method != "sft":
        return None
    name = f"pass@{points[-1].k} − pass@1"
    gap = next((m.estimate for m in found.figures if m.name == f"{name}, base"), None)
    if gap is None or gap.interval is None or gap.interval[0] <= WELL_ABOVE:
        return None
    n, temperature = int(settings.get("n", FIRST_SAMPLES)), settings.get("temperature", 0.7)
    return Advice(
        kind="own_solutions",
        do="Train on the base model's own right answers",
        evidence=(
            f"{name} of the base model: {estimate_words(gap, 'points')}. It often finds a right "
            "answer that it does not give first."
        ),
        effect=(
            "Not known. Such answers can be learned from (rejection sampling, Yuan et al. 2023, "
            "arXiv:2308.01825), and they do not teach another's way of writing; how much of the "
            "difference training reaches is not measured here."
        ),
        cost=price(
            e, seconds_of_sampling(e, n) + whole_seconds(e),
            "this run's answering time a problem, and its training",
        ),
        command=command(
            e, "train.method=rft", f"train.rollouts.samples={n}",
            f"train.rollouts.temperature={temperature:g}", *from_the_base(e),
        ),
    )  # fmt: skip


def more_varied_problems(e: Evidence) -> Advice | None:
    """Tuning widened the drop by other numbers: these problems were learned, not their kind."""
    wider = next((c for c in changes(e, "perturbed", "") if c.verdict == "worse"), None)
    if wider is None or e.records.training is None:
        return None
    data, epochs, rounds = e.records.recipe["data"], e.train["epochs"], e.method == "grpo"
    limit, there = data["limit"], e.available("train")
    most = MAX_BUILTIN if data["source"] == "builtin" else there
    if limit is not None and (most is None or 2 * limit <= most):
        setting, how = f"data.limit={2 * limit}", "twice as many problems"
        seconds = (1 if rounds else 2) * training_seconds(e) + 2 * drawing_seconds(e)
    elif epochs > 1 and not rounds:
        setting, how = f"train.epochs={epochs / 2:g}", "half as many passes"
        seconds = training_seconds(e) / 2
    else:
        return None
    return Advice(
        kind="more_varied_problems",
        do="Train on more varied problems",
        evidence=(
            "With other numbers in the same problems the tuned model loses more than the base "
            f"model does: {told(wider)} on {integer(wider.n)} problems."
        ),
        effect=(
            f"Not known. The command takes {how}, so that each is seen less often beside others; "
            "problems with new numbers among the training data would do the same."
        ),
        cost=price(e, seconds + evaluation_seconds(e), "this run's own speed"),
        command=command(e, setting),
    )


# -- what is not measured yet --------------------------------------------------------------


def sample_first(e: Evidence) -> Advice | None:
    """Many problems changed both ways: what one answer tells of them is little."""
    c = e.comparison
    both_ways = min(c.lost, c.won)
    few = both_ways < FEWEST_BOTH_WAYS or both_ways / c.n < UNSTEADY
    if few or extra(e, "samples") or result(e, "samples"):
        return None
    return Advice(
        kind="sample_first",
        do="Ask every problem several times",
        evidence=(
            f"Tuning fixed {integer(c.won)} of {integer(c.n)} problems and broke "
            f"{integer(c.lost)}: many answers could have gone either way, which one "
            "answer a problem cannot show."
        ),
        effect=(
            "None on accuracy: maj@k and pass@k show what a vote would give, and whether right "
            "answers are there to be trained on."
        ),
        cost=price(
            e, evaluation_seconds(e) * FIRST_SAMPLES, f"{FIRST_SAMPLES} times the answering time"
        ),
        command=command(e, f"extras.samples.n={FIRST_SAMPLES}"),
    )


def perturb_first(e: Evidence) -> Advice | None:
    """A gain, and a training loss far below the validation loss: skill, or memory?"""
    at_the_end = e.trained("generalisation gap of the loss, at the end")  # the kept step, maybe
    gap = e.trained("generalisation gap of the loss, at the kept step") or at_the_end
    loss = e.trained("validation loss, best")
    if e.comparison.verdict != "improved" or not gap or not loss or gap <= MEMORISES * loss:
        return None
    annotated = any("<<" in p.solution for p in e.records.problems)
    if not annotated or extra(e, "perturbed") or result(e, "perturbed"):
        return None
    return Advice(
        kind="perturb_first",
        do="Ask the same problems with other numbers",
        evidence=(
            f"The kept weights' training loss lies {number(gap, 2)} nats below their validation "
            f"loss ({number(loss)}): the model knows its training problems better than others. How "
            "much of the gain is memory is not measured."
        ),
        effect="None on accuracy: a drop would show how many answers depend on the exact numbers.",
        cost=price(e, evaluation_seconds(e), "as this run's answering, at most"),
        command=command(e, "extras.perturbed.seed=42"),
    )
