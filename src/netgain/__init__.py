"""netgain: fine-tune a small language model and find out, honestly, what was gained.

    import netgain
    netgain.grade("answers.jsonl")                  # accuracy, three graders, intervals
    netgain.compare("old.jsonl", "new.jsonl")       # paired, exact
    run = netgain.run("recipe.yaml")                # train, evaluate base and tuned, report
    print(run.verdict)

What these give back shows itself in a notebook. `load_run`, `report`, `audit`, `grade`,
`diagnose`, `compare`, `analyse` and `import_results` need no torch. Importing this loads nothing
else: each name is fetched when it is asked for.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netgain.api.analysed import analyse as analyse
    from netgain.api.audited import audit as audit
    from netgain.api.compared import compare as compare
    from netgain.api.diagnosed import diagnose as diagnose
    from netgain.api.engine_speed import benchmark_engine as benchmark_engine
    from netgain.api.evaluated import evaluate as evaluate
    from netgain.api.exported import export as export
    from netgain.api.first_recipe import init as init
    from netgain.api.graded import grade as grade
    from netgain.api.imported import import_results as import_results
    from netgain.api.planned import plan as plan
    from netgain.api.pushed import push as push
    from netgain.api.recipes import load_recipe as load_recipe
    from netgain.api.running import load_run as load_run
    from netgain.api.running import report as report
    from netgain.api.running import run as run
    from netgain.api.running import train as train
    from netgain.api.swept import sweep as sweep
    from netgain.api.viewed import view as view
    from netgain.errors import NetgainError as NetgainError
    from netgain.recipe import Recipe as Recipe

__version__ = "0.1.0"
# Each name of the public face, and where it is.
FACE = {
    "grade": "netgain.api.graded", "diagnose": "netgain.api.diagnosed",
    "compare": "netgain.api.compared", "analyse": "netgain.api.analysed",
    "import_results": "netgain.api.imported", "audit": "netgain.api.audited",
    "init": "netgain.api.first_recipe", "load_recipe": "netgain.api.recipes",
    "plan": "netgain.api.planned", "run": "netgain.api.running", "train": "netgain.api.running",
    "load_run": "netgain.api.running", "report": "netgain.api.running",
    "sweep": "netgain.api.swept", "view": "netgain.api.viewed",
    "evaluate": "netgain.api.evaluated",
    "export": "netgain.api.exported", "push": "netgain.api.pushed",
    "benchmark_engine": "netgain.api.engine_speed",
    "Recipe": "netgain.recipe", "NetgainError": "netgain.errors",
}  # fmt: skip
__all__ = [*FACE]


def _public(name: str) -> Any:
    return getattr(import_module(FACE[name]), name)


def __getattr__(name: str) -> Any:
    if name not in FACE:
        raise AttributeError(f"module 'netgain' has no attribute {name!r}")
    try:
        room = import_module(f"netgain.{name}")
    except ModuleNotFoundError:
        globals()[name] = found = _public(name)
        return found
    return room


def __dir__() -> list[str]:
    return sorted({*globals(), *FACE})


class _CallableRoom(ModuleType):
    """A package that has the name of a function: `netgain.train(…)` trains, `netgain.train.loop`
    is still the module in it. Which of both is loaded first makes no difference."""

    def __call__(self, *args: Any, **named: Any) -> Any:
        return _public(self.__name__.rpartition(".")[2])(*args, **named)

    @property
    def __wrapped__(self) -> Any:  # so that notebooks show the function's signature
        return _public(self.__name__.rpartition(".")[2])


# Help on such a package is help on its function.
_CallableRoom.__doc__ = property(lambda self: self.__wrapped__.__doc__)  # type: ignore[assignment]


class _Package(ModuleType):
    def __setattr__(self, name: str, value: Any) -> None:
        if name in FACE and isinstance(value, ModuleType):
            value.__class__ = _CallableRoom
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
