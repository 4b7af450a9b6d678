"""Files say their own SHA-256: whatever bit of them is another one, it shows."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from netgain.errors import RunDamaged
from netgain.records import Generation
from netgain.store import read_json, write_sealed
from netgain.store.parts import Part, read_part, write_part
from netgain.store.schema import ANEW, Format, read_stored
from netgain.store.seals import OPEN, seal_of, sealed, sealed_lines, write_sealed_rows

ROWS: list[dict[str, Any]] = [
    {"id": "a", "question": f"What is {OPEN}?"},  # foreign text that looks like a seal to be made
    {"id": "b", "question": "sha256:" + "0" * 64 + "\u2028 end"},
]


def flips(content: bytes) -> list[bytes]:
    """The content with one bit another one, for every bit."""
    found = []
    for at in range(len(content)):
        for bit in range(8):
            changed = bytearray(content)
            changed[at] ^= 1 << bit
            found.append(bytes(changed))
    return found


def cuts(content: bytes) -> list[bytes]:
    return [content[:at] for at in range(1, len(content))]


def lines(content: bytes) -> list[bytes]:
    return list(sealed_lines(io.BytesIO(content), 1000))


def test_any_flipped_bit_and_any_cut_of_a_json_file_shows(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_sealed(path, {"format_version": 2, "text": "sha256: ü"})
    content = path.read_bytes()
    assert json.loads(content)["seal"] == f"sha256:{seal_of(content)}"
    assert read_stored(path, Format, ANEW) == {"format_version": 2, "text": "sha256: ü"}
    for damaged in flips(content) + cuts(content):
        with pytest.raises(ValueError, match="SHA-256"):
            seal_of(damaged)


def test_any_flipped_bit_and_any_cut_of_rows_shows(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write_sealed_rows(path, iter(ROWS))
    content = path.read_bytes()
    found = [json.loads(line) for line in lines(content)]
    assert [{k: v for k, v in row.items() if k != "seal"} for row in found] == ROWS
    for damaged in flips(content) + cuts(content):
        with pytest.raises(ValueError, match="SHA-256"):
            lines(damaged)


def test_no_rows_are_rows_too(tmp_path: Path) -> None:
    write_sealed_rows(tmp_path / "a.jsonl", [])
    assert (tmp_path / "a.jsonl").read_bytes() == b"" and lines(b"") == []


def test_a_line_without_end_is_not_read_whole() -> None:
    with pytest.raises(ValueError, match="more than 1,000 bytes"):
        lines(b"x" * 5000)


def test_any_flipped_bit_of_a_part_shows_and_other_tools_read_it(tmp_path: Path) -> None:
    import pyarrow.parquet

    path = tmp_path / "part-00000.parquet"
    answers = [Generation("p", 0, 0, OPEN, "stop", 9, 3, 0.1, None, "d", None, (1,))]
    write_part(path, answers, "key")
    content = path.read_bytes()
    assert read_part(path, token_ids=True, of="key") == answers
    assert pyarrow.parquet.read_table(path).to_pylist()[0]["text"] == OPEN
    for damaged in flips(content) + cuts(content):
        with pytest.raises(ValueError, match="SHA-256"):
            seal_of(damaged)
    path.write_bytes(flips(content)[8 * 100])
    with pytest.raises(RunDamaged, match=r"part-00000\.parquet was changed or damaged since"):
        Part(path)


def test_a_part_of_another_evaluation_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "part-00000.parquet"
    write_part(path, [], "key")
    with pytest.raises(RunDamaged, match="is of another evaluation"):
        read_part(path, of="another key")


def test_a_file_of_an_earlier_version_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"format_version": 2}')
    with pytest.raises(RunDamaged, match=r"lacks the SHA-256 .* an earlier netgain wrote it"):
        read_stored(path, Format, ANEW)


def test_a_json_file_of_very_many_lists_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(sealed(f'{{"a": [{"[]," * 1_100_000}0], "seal": "{OPEN}"}}'.encode()))
    with pytest.raises(RunDamaged, match="objects and lists"):
        read_stored(path, Format, ANEW)
    with pytest.raises(Exception, match="objects and lists"):
        read_json(path)
