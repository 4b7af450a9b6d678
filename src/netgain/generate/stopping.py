"""Where an answer ends besides at a stop token: the same rules for every engine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netgain.generate.sampler import Sampling

MOST_EXPRESSION = 80  # characters between << and = that a calculator is asked about
_OPEN_EXPRESSION = re.compile(rf"<<[0-9*+/.,() -]{{1,{MOST_EXPRESSION}}}=\Z")


def cut_at_stop(text: str, sampling: Sampling) -> tuple[str, bool]:
    """The text before the first stop text, and whether the answer ends here by a text's rule.

    Where an answer pauses for a calculator the text is whole, up to and with the "=".
    """
    found = [at for stop in sampling.stop if (at := text.find(stop)) >= 0]
    if found:
        return text[: min(found)], True
    return text, sampling.pause == "calculator" and wants_result(text)


def wants_result(text: str) -> bool:
    """Whether the text ends in an open calculator annotation, such as `<<3*4=`.

    >>> wants_result("so 3 * 4 = <<3*4="), wants_result("so 3 * 4 =")
    (True, False)
    """
    return _OPEN_EXPRESSION.search(text[-MOST_EXPRESSION - 3 :]) is not None


class StopWatch:
    """Follows one answer while it is generated, token by token, and says when a text ends it.

    Only the last tokens are decoded each time: as many as the longest text of interest can take.
    """

    def __init__(self, tokenizer: Any, sampling: Sampling) -> None:
        self.tokenizer = tokenizer
        self.sampling = sampling
        longest = max((len(s.encode()) for s in sampling.stop), default=0)
        if sampling.pause is not None:
            longest = max(longest, MOST_EXPRESSION + 3)
        self.width = longest + 4  # a token has a byte at least; four of a letter may be apart
        self.watching = longest > 0

    def ended(self, ids: list[int]) -> bool:
        """Whether the answer with these generated tokens, the last one new, ends here."""
        if not self.watching:
            return False
        tail = self.tokenizer.decode(ids[-self.width :], skip_special_tokens=True)
        return cut_at_stop(tail, self.sampling)[1]
