"""How a stage says how far it is."""

import time
from collections.abc import Callable

Progress = Callable[[str, int, int, str], None]  # stage, done, total, a word on it
TOLD_EVERY = 1.0  # seconds


class Tally:
    """Problems and tokens of one evaluation, counted as they come and told every second.

    Args:
        done: problems that were answered before.
        answers_each: answers that a problem has.
    """

    def __init__(
        self, progress: Progress, stage: str, done: int, total: int, answers_each: int
    ) -> None:
        self.progress, self.stage, self.done, self.total = progress, stage, done, total
        self.answers_each = answers_each
        self.tokens = 0
        self.heard_answers = self.heard_tokens = 0  # of units that are not finished yet
        self.began = self.told = time.monotonic()

    @property
    def rate(self) -> float:
        """Tokens a second."""
        return (self.tokens + self.heard_tokens) / max(1e-9, time.monotonic() - self.began)

    def hear(self, answers: int, tokens: int) -> None:
        """So many answers ended, and so many tokens were written, within a unit."""
        self.heard_answers += answers
        self.heard_tokens += tokens
        now = time.monotonic()
        if now - self.told >= TOLD_EVERY:
            self.told = now
            here = min(self.total - 1, self.done + self.heard_answers // self.answers_each)
            written = self.tokens + self.heard_tokens
            self.progress(
                self.stage,
                max(self.done, here),
                self.total,
                f"{written:,} tokens at {self.rate:.0f}/s",
            )

    def finish(self, problems: int, answers: int, tokens: int) -> None:
        """A unit is finished and stored."""
        self.done += problems
        self.tokens += tokens
        self.heard_answers = max(0, self.heard_answers - answers)
        self.heard_tokens = max(0, self.heard_tokens - tokens)
        self.told = time.monotonic()
        self.progress(
            self.stage, self.done, self.total, f"{self.tokens:,} tokens at {self.rate:.0f}/s"
        )
