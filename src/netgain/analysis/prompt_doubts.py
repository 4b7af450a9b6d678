"""Whether the recipe's prompt suits the base model, from its answers before training."""

import shlex

from netgain.analysis.further.prompts import OWN
from netgain.diagnosis.form import Form
from netgain.records import PromptCheck, PromptTried
from netgain.wording import counted

FEWEST_MORE = 6  # problems; with five won and none lost, McNemar's exact test says chance
TOO_MANY = 0.1  # of the answers, with one of the forms below
SUSPECT: dict[Form, str] = {
    "begins_with_mark": "begin with the answer's mark, before any reasoning",
    "empty": "are empty",
    "truncated": "are cut off at the limit",
    "loops": "repeat themselves",
}


def suspect_forms(tried: PromptTried) -> dict[Form, int]:
    """The forms that more than a tenth of the answers have."""
    return {f: tried.forms[f] for f in SUSPECT if tried.forms.get(f, 0) > TOO_MANY * tried.n}


def doubts(found: PromptCheck) -> list[str]:
    """What is suspect about the recipe's prompt, and which wording did better; [] for nothing."""
    own, best = found.own, found.best
    wrong = suspect_forms(own)
    if not wrong:
        return []
    told = ", ".join(f"{count} {SUSPECT[form]}" for form, count in wrong.items())
    others = counted(len(found.others), "other wording")
    lines = [f"of the base model's {own.n} answers to training problems under {OWN}, {told}"]
    if best is not None and best.solved - own.solved < FEWEST_MORE:
        lines.append(
            f"the best of {others}, {best.name!r}, solves {best.solved} of these {own.n} "
            f"problems, {OWN} {own.solved}: too little to tell them apart"
        )
    elif best is not None:
        lines.append(
            f"the wording {best.name!r} solves {best.solved} of these {own.n} problems, {OWN} "
            f"{own.solved}; to take it: --set {shlex.quote(best.recipe[0])}"
        )
    elif found.others:
        solve = "solves" if len(found.others) == 1 else "solve"
        most = max(tried.solved for tried in found.others)
        lines.append(
            f"{others} of the prompt {solve} no more of these {own.n} problems (at most {most}, "
            f"{OWN} {own.solved}), so the wording is not the cause"
        )
    return lines
