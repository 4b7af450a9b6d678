"""Sentences about what was found, made from typed results at the very end.

Nothing reads a sentence back: whatever a program needs to know is a field of a record.
"""

from netgain.records import AnswerForm, Comparison, ErrorKind, Forecast
from netgain.wording import counted, integer, number

# Back-test of `forecast` (benchmarks/forecast_backtest.py): runs that were judged so, and how many
# of them ended below their lowest loss so far when they were trained half as long again.
BACK_TEST = {"still falling": (34, 32), "no fall shown": (6, 2), "overfitting": (5, 0)}


def were(n: int) -> str:
    return "was" if n == 1 else "were"


# -- training ------------------------------------------------------------------------------


def outlook_sentence(f: Forecast, of: str) -> str:
    """What the end of the validation loss shows, and what such ends came to in the back-test.

    Args:
        of: what was validated on, where that is known.
    """
    if f.outlook == "not known" or f.best_step is None:
        return f"Whether more training would help is not known: {f.change.why_no_interval}."
    on = f" on {of}" if f.examples is not None else ""
    if f.outlook == "overfitting":
        return (
            f"Overfitting: validation loss{on} was lowest at step {integer(f.best_step)} "
            f"({number(f.best_loss or 0.0)} nats) and rose to {number(f.last_loss or 0.0)} by step "
            f"{integer(f.to_step)}. {_back_tested(f)}"
        )
    verb = "fell" if f.outlook == "still falling" else "is not shown to have fallen"
    told = [
        f"From step {integer(f.from_step)} to {integer(f.to_step)} validation loss{on} {verb}"
        f"{_by_how_much(f)}.",
        _back_tested(f),
    ]
    if f.decayed:
        told.append(
            "The learning rate had fallen almost to zero by the end: only a run that is planned "
            "longer from the start would tell."
        )
    elif f.decayed is None:
        told.append("The log has no learning rates; a rate near zero flattens any curve.")
    return " ".join(told)


def _by_how_much(f: Forecast) -> str:
    """The change in nats with its interval, as a fall where it is one."""
    change = f.change
    if change.value is None or change.interval is None:
        return ""
    low, high = change.interval
    line = f"straight line through {counted(change.n or 0, 'validation')}"
    if f.outlook == "still falling":
        return (
            f" by {number(-change.value, 2)} nats (95% CI {number(-high, 2)} to {number(-low, 2)}; "
            f"{line})"
        )
    return (
        f": the change is {signed(change.value)} nats (95% CI {signed(low)} to {signed(high)}; "
        f"{line})"
    )


def _back_tested(f: Forecast) -> str:
    judged, fell = BACK_TEST[f.outlook]
    return (
        f"In a back-test on short runs of a tiny model, {fell} of {judged} runs with such an end "
        "reached a lower loss when they were trained half as long again."
    )


def signed(value: float) -> str:
    """
    >>> signed(0.123), signed(-0.5)
    ('+0.12', '−0.5')
    """
    return f"+{number(value, 2)}" if value > 0 else number(value, 2)


# -- the comparison ------------------------------------------------------------------------


def floor_sentence(c: Comparison) -> str:
    """What is said before any verdict where both models solve almost nothing."""
    base, tuned = c.both + c.lost, c.both + c.won
    return (
        "This run cannot answer whether training helps: both models solve almost none of the "
        f"{counted(c.n, 'problem')} (base {integer(base)}, tuned {integer(tuned)})."
    )


UNREAD = (
    "Most of their answers were cut off or hold no result that could be read, so this does not say "
    "that the problems are too hard."
)


# -- how answers changed -------------------------------------------------------------------

FORM_WORDS: dict[AnswerForm, str] = {  # after "answers that"
    "false_equation": "have a false equation",
    "no_answer": "hold no answer that can be read",
    "truncated": "did not come to an end",
    "loops": "repeat themselves over and over",
    "begins_with_mark": "begin with the final answer, without working",
    "copies_question": "copy the question",
}
KIND_MEANINGS: dict[ErrorKind, str] = {
    "none": "answers in which no error was found",
    "arithmetic": "a false equation led to the wrong answer",
    "setup": "the equations are right and the plan is wrong",
    "no_answer": "no answer could be read",
    "truncated": "the answer was cut off before it came to a result",
    "looping": "the answer repeats itself over and over",
    "begins_with_mark": "the answer begins with its result and shows no working",
    "copies_question": "the answer copies the question and computes nothing",
    "past_the_answer": "the right result was reached, and the model went on to another",
}
