"""How a solution ends: the line or the sentence that marks the final answer.

The prompt asks for one ending; what is learned, what worked examples show and what the strict
grader reads follow it, or a model would be taught one form and asked for another.
"""

import re

from netgain.records import Ending

_LINES: dict[Ending, str] = {
    "hashes": "#### {}",
    "boxed": "\\boxed{{{}}}",
    "the_answer_is": "The answer is {}.",
}
# A last line that does nothing but give the answer, in any of these forms.
_LAST = re.compile(
    r"(?:^|\n)[ \t]*(?:####[^\n]*|\$?\\boxed\{[^\n]*\}\$?\.?|The answer is:? [^\n]*)\s*\Z"
)


def with_ending(solution: str, answer: str, ending: Ending) -> str:
    """A reference solution that ends as the prompt asks, its working unchanged.

    Args:
        solution: text whose last line may give the answer.
        answer: the right answer alone, as a number is written in a reference.

    >>> with_ending("2 + 3 = 5\\n#### 5", "5", "the_answer_is")
    '2 + 3 = 5\\nThe answer is 5.'
    >>> with_ending("So it is $\\boxed{5}$ apples.", "5", "hashes").splitlines()[-1]
    '#### 5'
    """
    last = _LAST.search(solution)
    line = _LINES[ending].format(answer)
    if last is None:
        marked = ending == "hashes" and "####" in solution
        return solution if marked else f"{solution.rstrip()}\n{line}"
    if ending == "hashes" and last[0].lstrip().startswith("####"):
        return solution  # as its authors wrote it
    working = solution[: last.start()].rstrip()
    while (before := _LAST.search(working)) is not None:  # "#### 8", then "The answer is: 8"
        working = working[: before.start()].rstrip()
    return f"{working}\n{line}" if working else line
