"""Hush what libraries print beside our own display."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from logging import CRITICAL


def hide_loading_bars() -> None:
    """No bars of transformers for the seconds that loading takes; downloads keep theirs."""
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]


@contextmanager
def no_load_report() -> Iterator[None]:
    """No table of missing weights from transformers: what is in it is told as an error of ours."""
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity(CRITICAL)
    try:
        yield
    finally:
        logging.set_verbosity(before)
