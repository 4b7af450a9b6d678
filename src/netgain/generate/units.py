"""Units of work, answered one after the other in this process.

`scale_out.answer_on_workers` takes the same units, and answers them on many workers by Ray.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from netgain.generate.answering import Asking, Question, answer_unit
from netgain.generate.sampler import Sampler, Tell
from netgain.records import Generation

Load = Callable[[], Sampler]  # loads the engine; picklable, so that a worker can do it
Done = Callable[[int, list[Generation]], None]  # stores a unit's answers, in this process alone


def answer_here(
    load: Load,
    units: Mapping[int, Sequence[Question]],
    asking: Asking,
    done: Done,
    tell: Tell | None = None,
) -> None:
    """Answer every unit in the order given, and tell `done` of each as it is finished.

    Args:
        units: questions by the unit's number.
        done: called once for every unit, with its number and `answer_unit`'s rows.
        tell: called while a unit is answered.
    """
    if not units:
        return
    sampler = load()
    for unit, questions in units.items():
        done(unit, answer_unit(sampler, questions, asking, tell))
