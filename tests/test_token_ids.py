"""The token ids of answers: kept as they were generated, stored, and read where asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet

from netgain.generate.answering import Asking, answer_unit
from netgain.generate.sampler import Sampling
from netgain.records import Generation
from netgain.store import EvaluationFolder
from netgain.store.parts import OF, Part, read_part, write_part, write_table
from test_answering import Scripted, questions

ANSWER = Generation("p", 0, 0, "ab", "stop", 9, 3, 0.1, None, "d", None, (97, 98))


def test_an_answer_s_tokens_are_kept_without_the_one_that_ended_it() -> None:
    (row,) = answer_unit(Scripted(lambda prompt, seed: "ab"), questions("x"), Asking(Sampling(9)))
    assert row.token_ids == (97, 98)
    assert row.completion_tokens == 3


def test_tokens_behind_a_stop_text_are_kept_too() -> None:
    sampler = Scripted(lambda prompt, seed: "4 END more")
    (row,) = answer_unit(sampler, questions("x"), Asking(Sampling(20, stop=("END",))))
    assert (row.text, "".join(map(chr, row.token_ids))) == ("4 ", "4 END")


def test_each_revision_keeps_its_own_tokens() -> None:
    sampler = Scripted(lambda prompt, seed: str(prompt.count("|")))
    rows = answer_unit(sampler, questions("x"), Asking(Sampling(9), revisions=("check",)))
    assert [row.token_ids for row in rows] == [(ord("1"),), (ord("3"),)]


def test_what_the_calculator_wrote_is_among_the_tokens() -> None:
    after = {"x|": "so <<3*4=99", "<<3*4=12>>": "12"}

    def goes_on(prompt: str, seed: int | None) -> str:
        return next(more for end, more in after.items() if prompt.endswith(end))

    asking = Asking(Sampling(50), calculator=True)
    (row,) = answer_unit(Scripted(goes_on), questions("x"), asking)
    assert row.text == "so <<3*4=12>>12"
    assert "".join(map(chr, row.token_ids)) == row.text


def test_tokens_are_stored_and_read_only_where_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "part-00000.parquet"
    unknown = replace(ANSWER, token_ids=())  # as a server leaves it
    write_part(path, [ANSWER, unknown], "of")
    assert read_part(path, token_ids=True) == [ANSWER, unknown]
    assert read_part(path) == [unknown, unknown]
    assert all("token_ids" not in batch.schema.names for batch in Part(path).batches(10))


def test_a_part_without_tokens_is_whole(tmp_path: Path) -> None:
    folder = EvaluationFolder(tmp_path)
    folder.save_part(0, [ANSWER], "of")
    table = pyarrow.parquet.read_table(folder.part(0)).drop_columns(["token_ids"])
    write_table(folder.part(0), table, {OF: "of"})
    assert read_part(folder.part(0), token_ids=True) == [replace(ANSWER, token_ids=())]
    assert folder.stored_part(0, [("p", 0, 0)], "of") == [replace(ANSWER, token_ids=())]
