"""What a leaderboard says in words: who is ahead, what to bear in mind, what differs."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from netgain.analysis.comparing.model_entries import Model, RunEntry
from netgain.analysis.estimates.statistics import ALPHA
from netgain.records import Comparison, RankedModel, SettingDifference
from netgain.wording import KIND_WORDS, counted, integer, listed, percent, quantity

MOST_NAMED = 4
NOT_SET = "–"
# Settings that change no answer.
WITHOUT_EFFECT = frozenset({"name", "report.author", "train.checkpoint_seconds"})


def title(runs: Sequence[RunEntry], models: int, n: int) -> str:
    """What is compared, in one line."""
    sources = list(dict.fromkeys(run.title for run in runs if run.title))
    where = f" of {sources[0]}" if len(sources) == 1 else ""
    return f"{models} models on the same {quantity(n, 'problems')}{where}"


def sentence(ranked: Sequence[RankedModel], pairs: Sequence[Comparison]) -> str:
    """Who is ahead, and of whom that can be said."""
    best = ranked[0]
    share, n = best.accuracy.estimate.value or 0.0, best.accuracy.estimate.n or 0
    said = f"{best.name} answers {percent(share)} of the same {quantity(n, 'problems')} correctly"
    against = [pair for pair in pairs if pair.reference == best.name]
    open_ = [pair.other for pair in against if pair.verdict == "no detectable change"]
    level = f"at {ALPHA:.0%}"
    if not open_:
        others = "the other model" if len(against) == 1 else f"each of the {len(against)} others"
        return f"{said}, and is ahead of {others}: more than chance explains {level}."
    equal = [model.name for model in ranked[1:] if model.place == 1]
    most = f"as many as {_named(equal)}" if equal else "the most here"
    but = "and" if len(equal) == len(ranked) - 1 else "but"
    if len(open_) == len(against):
        others = open_[0] if len(open_) == 1 else "any of the others"
        return f"{said}, {most}, {but} cannot be told apart from {others} {level}."
    ahead = len(against) - len(open_)
    return (
        f"{said}, {most}, but cannot be told apart from {_named(open_)} {level}; it is "
        f"ahead of {'the other' if ahead == 1 else f'the other {ahead}'} by more than chance "
        "explains."
    )


def _named(names: Sequence[str]) -> str:
    """
    >>> _named(["a", "b"]), _named(["a", "b", "c", "d", "e", "f"])
    ('a and b', 'a, b, c and 3 more')
    """
    shown = list(names) if len(names) <= MOST_NAMED else list(names[: MOST_NAMED - 1])
    rest = len(names) - len(shown)
    last = f"{rest} more" if rest else shown.pop()
    return f"{', '.join(shown)} and {last}" if shown else last


# -- caveats -------------------------------------------------------------------------------


def caveats(
    runs: Sequence[RunEntry],
    models: Sequence[Model],
    problems: Sequence[str],
    pairs: Sequence[Comparison],
) -> tuple[str, ...]:
    """What a careful reader must know, the heaviest first."""
    return (
        *_left_out(runs, len(problems)),
        *_other_kinds(models),
        *_other_prompts(models, problems),
        *_other_conditions(models),
        *_same_models(models),
        *_same_settings_other_answers(models),
        *_lost_to_holm(pairs),
        *_unequal_numbers(pairs),
        *_chosen_best(models, pairs),
        *_one_seed(runs),
        *_machines(runs),
    )


def _left_out(runs: Sequence[RunEntry], n: int) -> Iterator[str]:
    more = [f"{integer(len(r.problems) - n)} of {r.name}" for r in runs if len(r.problems) > n]
    if more:
        yield (
            f"Only the {quantity(n, 'problems')} that all models answered "
            f"{'is' if n == 1 else 'are'} compared; left out are {listed(more)}."
        )


def _other_kinds(models: Sequence[Model]) -> Iterator[str]:
    kinds = defaultdict(list)
    for m in models:
        kinds[KIND_WORDS[m.entry.kind]].append(m.name)
    if len(kinds) > 1:
        told = "; ".join(f"{kind}: {_named(names)}" for kind, names in kinds.items())
        yield f"The accuracies are of different kinds and cannot be compared fairly ({told})."


def _other_prompts(models: Sequence[Model], problems: Sequence[str]) -> Iterator[str]:
    ways = defaultdict(list)
    for m in models:
        asked = tuple(m.entry.asked.get(p, "") for p in problems)
        if any(asked):
            ways[asked].append(m.name)
    if len(ways) < 2:
        return
    changed = sum(len(set(digests)) > 1 for digests in zip(*ways, strict=True))
    told = "; ".join(_named(names) for names in ways.values())
    yield (
        f"The models were asked in {len(ways)} different ways: the prompts of "
        f"{quantity(changed, 'problems')} differ between these groups: {told}. A difference across "
        "groups may come from the prompt."
    )


def _other_conditions(models: Sequence[Model]) -> Iterator[str]:
    names = dict.fromkeys(name for m in models for name in m.entry.conditions)
    differ = [name for name in names if len({m.entry.conditions.get(name) for m in models}) > 1]
    if differ:
        yield (
            f"The answers were not given under the same conditions ({', '.join(differ)}), so a "
            "difference may come from that; “What differs” has the values."
        )


def _same_models(models: Sequence[Model]) -> Iterator[str]:
    for m in models:
        if len(m.runs) > 1 and m.entry.role != "base":
            yield (
                f"{_named(m.runs)} hold the same model with the same answers: it is listed once, "
                f"as {m.name}."
            )


def _same_settings_other_answers(models: Sequence[Model]) -> Iterator[str]:
    alike = defaultdict(list)
    for m in models:
        if m.entry.identity:
            alike[m.entry.identity].append(m.name)
    for names in alike.values():
        if len(names) > 1:
            yield (
                f"{_named(names)} are the same model asked the same way, and yet some answers "
                "differ: they are listed apart. Batches, hardware or versions can do that."
            )


def _lost_to_holm(pairs: Sequence[Comparison]) -> Iterator[str]:
    lost = [p for p in pairs if p.p_value < ALPHA and p.verdict == "no detectable change"]
    if lost:
        named = listed([f"{p.reference} and {p.other}" for p in lost], MOST_NAMED)
        yield (
            f"{counted(len(lost), 'pair')} of {integer(len(pairs))} would be told apart if "
            f"compared alone ({named}); with so many pairs, such differences come by chance, and "
            "Holm's correction does not let them pass."
        )


def _unequal_numbers(pairs: Sequence[Comparison]) -> Iterator[str]:
    drawn = [p for p in pairs if p.caveats]
    if drawn:
        named = listed([f"{p.reference} and {p.other}" for p in drawn], MOST_NAMED)
        yield (
            f"The models of {counted(len(drawn), 'pair')} have different numbers of answers a "
            f"problem ({named}): as many as both have were drawn at random and compared, so the "
            "difference can depart from that of the accuracies shown."
        )


def _chosen_best(models: Sequence[Model], pairs: Sequence[Comparison]) -> Iterator[str]:
    if len(models) > 2 and any(p.difference.value for p in pairs):
        yield (
            "The model at the top was picked by the very figures shown, so its accuracy is likely "
            "to be somewhat lower on new problems."
        )


def _one_seed(runs: Sequence[RunEntry]) -> Iterator[str]:
    trained = {(r.recipe_but_seed, r.seed) for r in runs if r.recipe_but_seed and r.log}
    recipes = Counter(recipe for recipe, _ in trained)
    alone = sum(count == 1 for count in recipes.values())
    if alone:
        yield (
            f"{counted(alone, 'recipe')} {'was' if alone == 1 else 'were'} trained with one seed "
            f"only: the figures tell of the adapter{'s'[: alone != 1]}, not of the "
            f"recipe{'s'[: alone != 1]}."
        )


def _machines(runs: Sequence[RunEntry]) -> Iterator[str]:
    machines = list(dict.fromkeys(run.machine for run in runs if run.machine))
    if len(machines) > 1:
        yield f"Times were taken on {len(machines)} machines ({listed(machines)})."


# -- what differs --------------------------------------------------------------------------


def setting_differences(runs: Sequence[RunEntry]) -> tuple[SettingDifference, ...]:
    """Settings that are not the same in all runs, in the order of the first one that has them.

    An evaluation alone has no settings of training, and a run need not spell out how it is not
    asked; what one of the two kinds lacks is a difference only in how the answers were given.
    """
    names = dict.fromkeys(name for run in runs for name in run.settings)
    asking = {name for run in runs for e in run.entries for name in e.conditions}
    return tuple(
        SettingDifference(name, tuple(run.settings.get(name, NOT_SET) for run in runs))
        for name in names
        if name not in WITHOUT_EFFECT and _differs(name, runs, everywhere=name in asking)
    )


def _differs(name: str, runs: Sequence[RunEntry], *, everywhere: bool) -> bool:
    if everywhere:
        return len({run.settings.get(name) for run in runs}) > 1
    if len({run.settings[name] for run in runs if name in run.settings}) > 1:
        return True
    kinds = (
        [run for run in runs if bool(run.recipe_but_seed) == of_run] for of_run in (True, False)
    )
    return any(len({run.settings.get(name) for run in kind}) > 1 for kind in kinds)


def agreement_notes(models: Sequence[Model], single: Sequence[str]) -> tuple[str, ...]:
    """Which models are not in the part about agreement, and why."""
    several = [m.name for m in models if m.name not in single]
    if not several:
        return ()
    verb = "has" if len(several) == 1 else "have"
    return (f"{_named(several)} {verb} several answers a problem and {verb} no part in this.",)
