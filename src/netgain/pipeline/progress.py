"""How a stage says how far it is."""

from collections.abc import Callable

Progress = Callable[[str, int, int, str], None]  # stage, done, total, a word on it
