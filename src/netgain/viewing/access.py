"""Token ids as the pieces of text that they stand for, where the tokenizer's file is there."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from netgain.plain_files import read_plain

LARGEST_FILE = 200_000_000  # bytes; the largest tokenizers in use have some 35 million
WORD_BEGIN = "\N{LOWER ONE EIGHTH BLOCK}"  # a space, in SentencePiece's spelling
Pieces = Callable[[Sequence[int]], list[str] | None]


def no_pieces(ids: Sequence[int]) -> None:
    """What there is without a tokenizer."""
    return


def pieces_of(files: Sequence[Path]) -> Pieces:
    """What gives the pieces of token ids, by the first of the `tokenizer.json` that can be read.

    It needs the package `tokenizers`, which comes with transformers; there are no pieces without.
    """
    try:
        from tokenizers import Tokenizer
    except ImportError:
        return no_pieces
    for path in files:
        try:
            return _pieces(Tokenizer.from_buffer(read_plain(path, LARGEST_FILE)))
        except Exception:  # the package raises plain ones for whatever it cannot read
            continue
    return no_pieces


def _pieces(tokenizer: Any) -> Pieces:
    known = tokenizer.get_vocab_size(with_added_tokens=True)

    def piece(token: int) -> str:
        if not 0 <= token < known:
            return ""
        written = tokenizer.id_to_token(token)
        if written is not None and written.startswith(WORD_BEGIN):
            return str(written.replace(WORD_BEGIN, " "))  # alone, it would be decoded without it
        return str(tokenizer.decode([token], skip_special_tokens=False))

    return lambda ids: [piece(token) for token in ids]
