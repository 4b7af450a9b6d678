"""`netgain.init`: a first recipe, for a model, data, a machine and a budget."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from netgain.api.beforehand import sources
from netgain.data import load_problems, split_problems
from netgain.errors import (
    DataError,
    HubUnreachable,
    MissingDependency,
    NetgainError,
    OverlapError,
    StorageError,
    UsageError,
)
from netgain.models.model_folder import local_model
from netgain.plan.budget import Budget
from netgain.plan.budget import read_budget as read_budget  # which the command asks by, too
from netgain.plan.fitting import Fit, fit
from netgain.plan.hardware import find_gpu, known_gpu
from netgain.plan.machine import machine_of
from netgain.plan.sizes import model_size
from netgain.recipe import DataSettings, Recipe, local_path, parse_recipe
from netgain.recipe.starter import Chosen, starter
from netgain.store import write_bytes
from netgain.wording import capital, duration, integer, money, one_line

HERE = {"here", "this machine", "this", "local"}
NO_GPU = {"none", "no", "cpu", "no gpu"}
HELD_OUT = 0.2


@dataclass(frozen=True)
class FirstRecipe:
    """A recipe that was written, lines on what it is made for, and the command that comes next."""

    path: Path
    told: tuple[str, ...]
    following: str


def init(
    path: str | Path = "recipe.yaml",
    *,
    model: str = "embedded",
    data: str = "builtin",
    hardware: str | None = None,
    budget: str | None = None,
    price: float | None = None,
) -> Path:
    """Write a first recipe: what has to be set, and what is changed most often, with its meaning.

    For hardware or a budget, its sizes are chosen so that a projected plan fits.

    Args:
        path: the file, which must not be there yet.
        model, data: as `model.id` and `data.source`.
        hardware: here, or the name of the GPU that it will run on, "RTX 4090". None leaves memory
            out of account.
        budget: a time, "90 min", or money, "5 USD"; None is no bound.
        price: of an hour, in the budget's currency.

    Raises:
        StorageError: the file is there, or cannot be written.
        UsageError: the hardware or the budget says nothing, or nothing fits it.
        NetgainError: the model or the data cannot be.

    >>> import netgain
    >>> netgain.init("first.yaml").name
    'first.yaml'
    >>> netgain.load_recipe("first.yaml").model.id
    'embedded'
    """
    return write_first(path, model, data, hardware, budget, price).path


def write_first(
    path: str | Path, model: str, data: str, hardware: str | None = None,
    budget: str | None = None, price: float | None = None,
) -> FirstRecipe:  # fmt: skip
    """The same, with what there is to say about it."""
    path = Path(path)
    refuse_present(path)
    on, bound = gpu_elsewhere(hardware), read_budget(budget)
    refuse_model(model)
    _refuse("embedded", data, "data.source")
    recipe, chosen = _for_data(model, data)
    told: list[str] = []
    if bound.currency is not None and price is None:
        raise UsageError("price", f"say what an hour costs, in {bound.currency}: `price` 0.5")
    if price is not None:
        refuse_price(price)
        chosen["cost.price_per_hour"] = (price, "as given")
        chosen["cost.currency"] = (bound.currency or "USD", "as given")
    if hardware is not None or bound.amount is not None:
        settings, told = _fitted(_changed(recipe, chosen), on, bound, price)
        chosen |= settings
    following = f"netgain plan {shlex.quote(str(path))}"
    if on is not None:
        following += f" --on {shlex.quote(on)}"
    text = starter(path.stem, model, data, chosen, told, on)
    parse_recipe(yaml.safe_load(text), "the command")
    write_bytes(path, text.encode())
    return FirstRecipe(path, tuple(told), following)


# -- what is answered ----------------------------------------------------------------------


def refuse_present(path: Path) -> None:
    """Raise StorageError where the recipe's file is there already."""
    if path.exists():
        raise StorageError(
            f"{path} is there already; choose another name, or change it in an editor"
        )


def refuse_model(model: str) -> None:
    """Raise NetgainError where a model's name is no Hub id, no folder and no file of a model."""
    _refuse(model, "builtin", "model.id")
    if local_model(model) is not None:
        model_size(model)


def refuse_data(data: str) -> None:
    """Raise NetgainError where there is no such data, or no problem in it."""
    _refuse("embedded", data, "data.source")
    _for_data("embedded", data)


def _refuse(model: str, data: str, setting: str) -> None:
    recipe = parse_recipe(_plain(model, data), "the command")
    for mistake in sources(recipe, None):
        if setting in mistake.fields:
            raise UsageError(setting.partition(".")[0], mistake.text.removeprefix(f"{setting}: "))


def this_machine() -> str:
    """What `here` is, for people."""
    return machine_of(None).name


def gpu_elsewhere(hardware: str | None) -> str | None:
    """The name of a GPU that is planned for; None for this machine.

    Raises:
        UsageError: no such GPU is known, or no GPU is asked for where there is one.
    """
    if hardware is None or hardware.strip().casefold() in HERE:
        return None
    here = machine_of(None)
    if hardware.strip().casefold() in NO_GPU:
        if here.device == "cuda":
            raise UsageError(
                "hardware", f"there is a GPU here ({here.name}), and a run takes it; give here, or "
                "hide it with CUDA_VISIBLE_DEVICES="
            )  # fmt: skip
        return None
    try:
        gpu = find_gpu(hardware)
    except NetgainError as error:
        raise UsageError("hardware", f"{error}; or give here for this machine") from None
    return None if here.gpu is not None and known_gpu(here.gpu.name) == gpu else gpu.name


def refuse_price(price: float | str) -> None:
    """Raise UsageError where this is no price of an hour."""
    try:
        fine = 0 < float(price) < 1e6
    except ValueError:
        fine = False
    if not fine:
        raise UsageError(
            "price", f"{price!r:.40} cannot be: give a number above 0, for example 0.5"
        )


# -- what is chosen ------------------------------------------------------------------------


def _plain(model: str, data: str) -> dict[str, Any]:
    return {"name": "first", "model": {"id": model}, "data": {"source": data}}


def _for_data(model: str, data: str) -> tuple[Recipe, dict[str, Chosen]]:
    """The recipe of a model and data, and what has to be set for data on this disk."""
    chosen: dict[str, Chosen] = {}
    recipe = parse_recipe(_plain(model, data), "the command")
    place = local_path(data)
    if place is None or data == "builtin":
        return recipe, chosen
    if place.is_file():
        why = "since it is one file, a part of it is held out for testing"
        chosen["data.test_fraction"] = (HELD_OUT, why)
    while (mended := _mended(_changed(recipe, chosen).data, chosen)) is not None:
        chosen |= mended
    return recipe, chosen


def _mended(data: DataSettings, chosen: Mapping[str, Chosen]) -> dict[str, Chosen] | None:
    """A setting with which a run would not refuse this data any more; None where it does not.

    Raises:
        DataError: no setting helps.
    """
    try:
        split_problems(load_problems(data), data)
    except OverlapError as error:
        if "data.on_overlap" in chosen:
            raise
        return {"data.on_overlap": ("remove", _first_line(error))}
    except DataError as error:
        if "data.on_bad_row" in chosen:
            raise
        return {"data.on_bad_row": ("skip", _first_line(error))}
    return None


def _first_line(error: DataError) -> str:
    lines = [line.strip(" -") for line in str(error).splitlines()]
    return one_line(f"{lines[0].rstrip(':')}, for example {lines[1]}" if lines[1:] else lines[0])


def _changed(recipe: Recipe, chosen: Mapping[str, Chosen]) -> Recipe:
    words = [f"{name}={yaml.safe_dump(value).splitlines()[0]}" for name, (value, _) in
             chosen.items()]  # fmt: skip
    return parse_recipe(recipe.plain(), "the command", words)


def _fitted(
    recipe: Recipe, on: str | None, budget: Budget, price: float | None
) -> tuple[Mapping[str, Chosen], list[str]]:
    """Settings with which it fits, and lines about it; none where too little is known."""
    seconds = budget.amount
    if budget.currency is not None and budget.amount is not None and price:
        seconds = budget.amount / price * 3600
    try:
        found = fit(recipe, on, seconds)
    except NetgainError as error:
        # Of a size or a speed that is not known it is a NetgainError and no more than that.
        if type(error) not in (NetgainError, HubUnreachable, MissingDependency):
            raise
        return {}, [f"No size is fitted: {one_line(str(error))}"]
    return found.settings, list(_told(found, budget, seconds))


def _told(found: Fit, budget: Budget, seconds: float | None) -> list[str]:
    bound = "without a bound on time" if seconds is None else f"in at most {duration(seconds)}"
    if budget.currency is not None and budget.amount is not None:
        bound += f" ({money(budget.amount)} {budget.currency})"
    by_unit = {metric.unit: metric for metric in found.totals}
    time = by_unit["s"].estimate
    low, high = time.interval or (0.0, 0.0)
    line = f"Projected: about {duration(time.value or 0)} ({duration(low)} to {duration(high)})"
    if "GiB" in by_unit:
        needed = by_unit["GiB"].estimate.value or 0.0
        line += f", {needed:.1f} of {integer(round(found.memory / 2**30))} GiB"
    return [f"For {found.machine}, {bound}.", f"{line}.", f"{capital(found.shows)}."]
