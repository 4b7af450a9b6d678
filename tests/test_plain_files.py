"""What is no plain file is not opened, and none takes more memory than it may."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from conftest import SHARED, netgain
from netgain import parquet_pages
from netgain.errors import DataError, RecipeError, RunError
from netgain.importers import read_trainer_state
from netgain.parquet_pages import check_parquet
from netgain.plain_files import NotPlain, read_plain
from netgain.recipe import load_recipe
from netgain.rowfiles import rows_of

Row = dict[str, Any]


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def unix_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # its name may be of 100 characters only
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(here)


ODD: dict[str, tuple[Callable[[Path], None], str]] = {
    "pipe": (pipe, "is a pipe"), "device": (device, "is a device"),
    "socket": (unix_socket, "is a socket"), "folder": (Path.mkdir, "is a folder"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_plain_file_is_refused_at_once(kind: str, tmp_path: Path) -> None:
    make, words = ODD[kind]
    began = time.monotonic()
    for name in ("rows.jsonl", "rows.parquet"):
        make(tmp_path / name)
        with pytest.raises(DataError, match=words):
            list(rows_of(tmp_path / name))
    with pytest.raises(NotPlain, match=words):
        read_plain(tmp_path / "rows.jsonl", 10)
    with pytest.raises(RecipeError, match=words):
        load_recipe(tmp_path / "rows.jsonl")
    with pytest.raises(RunError, match=words):
        read_trainer_state(tmp_path / "rows.jsonl")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("command", ["grade", "diagnose", "compare", "audit", "run"])
def test_commands_refuse_a_pipe_in_one_line(command: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    os.mkfifo(path)
    done = netgain(command, path)
    told = " ".join(done.stderr.replace("│", "").split())
    assert done.returncode in (1, 2) and "is a pipe" in told
    assert "Traceback" not in done.stderr and "fault of netgain" not in done.stderr


def test_a_stream_that_the_shell_gives_is_read(tmp_path: Path) -> None:
    row = b'{"question": "1 + 1?", "gold": "2", "completion": "#### 2"}\n'
    (tmp_path / "rows").write_bytes(row)
    mine, its = os.pipe()
    threading.Thread(target=lambda: (os.write(its, row), os.close(its))).start()
    assert [r["gold"] for _, r in rows_of(Path(f"/dev/fd/{mine}"))] == ["2"]
    os.close(mine)


def test_no_file_is_read_beyond_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    assert read_plain(path, 5) == b"12345"
    with pytest.raises(NotPlain, match="more than 4 bytes"):
        read_plain(path, 4)


@pytest.mark.parametrize("number", ["1e40", "-3", "1e400", "NaN", '"5"', "9" * 5000])
def test_a_step_that_cannot_be_is_told_in_one_line(number: str, tmp_path: Path) -> None:
    path = tmp_path / "trainer_state.json"
    for text in (
        f'{{"log_history": [{{"step": {number}, "loss": 1.0}}]}}',
        f'{{"log_history": [], "best_global_step": 1, "global_step": {number}}}',
    ):
        path.write_text(text)
        with pytest.raises(RunError, match="is no trainer state: ") as caught:
            read_trainer_state(path)
        assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


# -- Parquet -------------------------------------------------------------------------------


def written(path: Path, rows: pyarrow.Table, **options: Any) -> Path:
    pyarrow.parquet.write_table(rows, path, compression="zstd", **options)
    return path


def table(column: Any) -> pyarrow.Table:
    n = len(column)
    return pyarrow.table(
        {"question": ["q"] * n, "gold": ["5"] * n, "id": list(map(str, range(n))),
         "completion": column}
    )  # fmt: skip


def test_ordinary_files_of_every_layout_are_read_whole(tmp_path: Path) -> None:
    texts = [f"{i} " * (i % 50) + "#### 5" for i in range(3000)]
    layouts: list[Row] = [
        {}, {"use_dictionary": False}, {"data_page_version": "2.0"}, {"row_group_size": 100},
        {"write_page_index": True, "write_page_checksum": True}, {"data_page_size": 1000},
        {"use_dictionary": False, "column_encoding": {"completion": "DELTA_BYTE_ARRAY"}},
    ]  # fmt: skip
    for options in layouts:
        path = written(tmp_path / "a.parquet", table(texts), **options)
        assert [row["completion"] for _, row in rows_of(path)] == texts, options
        with path.open("rb") as file:
            assert 1 <= check_parquet(file) <= 1000
    nested = written(tmp_path / "b.parquet", table([[t, t] for t in texts]))
    assert [row["completion"] for _, row in rows_of(nested)] == [[t, t] for t in texts]
    empty = written(tmp_path / "c.parquet", table(texts).slice(0, 0))
    assert list(rows_of(empty)) == []


BOMBS: dict[str, Callable[[], tuple[Any, Row]]] = {
    # A value of 1.5 MB, which a thousand rows share: it is stored once.
    "dictionary": lambda: (
        pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * 1000), ["a" * 1_500_000]), {},
    ),
    # Each value begins as the one before, and says only how much of it.
    "prefixes": lambda: (
        pyarrow.array(["b" * 1_500_000] * 60),
        {"use_dictionary": False, "column_encoding": {"completion": "DELTA_BYTE_ARRAY"}},
    ),
    "lists": lambda: (pyarrow.array([["c" * 1_500_000]] * 60), {}),
}  # fmt: skip


def test_a_line_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of zeros, which takes no room on the disk, is one line of any length."""
    path = tmp_path / "zeros.jsonl"
    path.write_bytes(b'{"question": "a"}\n')
    with path.open("ab") as file:
        file.truncate(1 << 40)
    monkeypatch.setattr("netgain.rowfiles.row_reader.MOST_SKIPPED", 10**8)
    with pytest.raises(DataError, match=r"zeros\.jsonl holds no JSONL: line 2 does not end"):
        list(rows_of(path))


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the peak of memory")
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_small_file_of_long_values_takes_little_memory(bomb: str, tmp_path: Path) -> None:
    column, options = BOMBS[bomb]()
    path = written(tmp_path / "a.parquet", table(column), **options)
    assert path.stat().st_size < 500_000
    # Of its own, and not ru_maxrss: that begins with what the process had that started this one.
    code = (
        "import re, sys\nfrom pathlib import Path\nfrom netgain.rowfiles import rows_of\n"
        "for n, row in rows_of(Path(sys.argv[1])): pass\n"
        "print(n, re.search(r'VmHWM:\\s+(\\d+) kB', Path('/proc/self/status').read_text())[1])"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, check=True)
    rows, kilobytes = map(int, done.stdout.split())
    assert rows == len(column)
    assert kilobytes * 1024 < 1e9


def test_no_bit_of_a_footer_ends_the_process(tmp_path: Path) -> None:
    """pyarrow aborts over a column whose footer contradicts itself, so that is not asked."""
    path = tmp_path / "a.parquet"
    rows = [{"question": "How many?", "answer": "5", "n": 1}]
    written(path, pyarrow.Table.from_pylist(rows), store_schema=False)
    code = """
import sys
from pathlib import Path
from netgain.errors import DataError
from netgain.rowfiles import rows_of
path = Path(sys.argv[1])
content = path.read_bytes()
begin = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
read = 0
for bit in range(8 * begin, 8 * len(content)):
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    path.write_bytes(changed)
    try:
        read += len(list(rows_of(path)))
    except DataError:
        pass
print(read)
"""
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 1000


def test_pages_that_unpack_to_too_much_are_refused_by_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_pages, "MOST_PAGE", 1 << 20)
    path = written(tmp_path / "a.parquet", table(["a" * 300_000] * 8), use_dictionary=False)
    with pytest.raises(DataError, match=r"unpack to 2,400,\d+ bytes at once, and more than"):
        list(rows_of(path))
    monkeypatch.setattr(parquet_pages, "LARGE", 1 << 20)
    monkeypatch.setattr(parquet_pages, "MOST_DENSE", 20)
    dense = written(tmp_path / "b.parquet", table(["a" * 30_000] * 80), use_dictionary=False,
                    data_page_size=1, write_batch_size=1)  # fmt: skip
    with pytest.raises(DataError, match=r"bytes that unpack to 2,4"):
        list(rows_of(dense))


def test_rows_that_take_no_bytes_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_pages, "ROWS_A_BYTE", 10)
    nothing = pyarrow.table({"question": pyarrow.nulls(100_000, pyarrow.string())})
    with pytest.raises(DataError, match="said to hold 100,000 rows"):
        list(rows_of(written(tmp_path / "a.parquet", nothing)))


def test_any_flipped_bit_of_a_parquet_file_is_read_or_refused(tmp_path: Path) -> None:
    content = written(tmp_path / "a.parquet", table(["#### 5"] * 9)).read_bytes()
    path = tmp_path / "b.parquet"
    for at in range(0, len(content), 3):
        changed = bytearray(content)
        changed[at] ^= 1 << at % 8
        path.write_bytes(changed)
        try:
            list(rows_of(path))
        except DataError as error:
            assert "b.parquet" in str(error)


def test_the_field_s_bomb_is_refused_at_once() -> None:
    path = SHARED / "data" / "field" / "hostile" / "bomb.parquet"
    if not path.is_file():
        pytest.skip("needs field/hostile/bomb.parquet, which is not in the repository")
    began = time.monotonic()
    with pytest.raises(DataError, match=r"bomb\.parquet is not a readable Parquet file: its pages"):
        list(rows_of(path))
    assert time.monotonic() - began < 5
