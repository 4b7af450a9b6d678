"""Rows of a file of any usual kind, each with its place in it; columns under their usual names.

What a row means is for others to say: a problem (`data.rows`), a model's answer
(`data.rows_of_answers`). A row that cannot be read comes as a `DataError` value, to be named and
counted, never dropped.
"""

from netgain.rowfiles.columns import (
    ALIASES,
    column,
    kind_words,
    label_column,
    text_column,
    usual_spelling,
    whole,
)
from netgain.rowfiles.places import (
    GIVEN,
    BadRow,
    GivenRows,
    RowSource,
    bad_rows_words,
    conversion,
    no_rows_words,
    place,
)
from netgain.rowfiles.row_reader import MAX_LINE_BYTES, rows_of
