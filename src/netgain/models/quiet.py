"""Hush what libraries print beside our own display."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def hide_loading_bars() -> None:
    """No bars of transformers for the seconds that loading takes; downloads keep theirs."""
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]


@contextmanager
def no_unpacking_bar() -> Iterator[None]:
    """No bar of transformers' GGUF reader, which asks tqdm itself and no setting."""
    from transformers import modeling_gguf_pytorch_utils

    reader: Any = modeling_gguf_pytorch_utils
    theirs = reader.tqdm
    reader.tqdm = lambda rows, **_: rows
    try:
        yield
    finally:
        reader.tqdm = theirs
