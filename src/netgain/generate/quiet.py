"""Hush what libraries print beside our own display."""


def hide_loading_bars() -> None:
    """No bars of transformers for the seconds that loading takes; downloads keep theirs."""
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
