"""Report files: what is ours is replaced together, and what is not ours stays."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from netgain.errors import StorageError
from netgain.reporting import json_report
from netgain.reporting.writing import WRITTEN, refuse_foreign, replace_all, write_over
from netgain.store.whole_files import replace_folder
from test_reporting import findings

CARD = ("README.md",)


def files(folder: Path) -> dict[str, bytes]:
    """Every file but the record of what was written."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != WRITTEN
    }


# -- folders that are not ours --------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b'{"mine": true}', b"[]", b"no JSON", b"\xff", b"[" * 100_000, b"", 
        b'{"format_version": 2}',
        json.dumps(json_report.plain(findings()) | {"format_version": 5}).encode(),
        json.dumps(json_report.plain(findings()) | {"format_version": True}).encode(),
    ],
)  # fmt: skip
def test_a_file_that_is_merely_called_report_json_does_not_make_a_folder_ours(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "report.json").write_bytes(content)
    (tmp_path / "README.md").write_bytes(b"a project")
    with pytest.raises(StorageError, match=r"that netgain wrote: README\.md, report\.json; choose"):
        refuse_foreign(tmp_path, "report.json")


def test_a_folder_with_a_report_of_ours_is_ours(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_bytes(json_report.render(findings()))
    refuse_foreign(tmp_path, "report.json")
    (tmp_path / "leaderboard.json").write_bytes(json_report.render(findings()))
    with pytest.raises(StorageError, match=r"no leaderboard\.json that netgain wrote"):
        refuse_foreign(tmp_path, "leaderboard.json")


def test_a_refusal_names_a_few_of_many_files(tmp_path: Path) -> None:
    for i in range(30):
        (tmp_path / f"{i:02}\x1b[31m").touch()
    with pytest.raises(StorageError, match=r"03[^\x1b]*, 04[^\x1b]* and 25 more;"):
        refuse_foreign(tmp_path, "report.json")


# -- files that people change ---------------------------------------------------------------


def test_a_card_that_was_changed_stays_and_the_new_one_lies_beside_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_over(tmp_path, {"README.md": b"first", "report.md": b"first"}, CARD)
    (tmp_path / "README.md").write_bytes(b"first, and a licence")
    (tmp_path / "report.md").write_bytes(b"changed")
    for new in (b"second", b"third"):
        written = write_over(tmp_path, {"README.md": new, "report.md": new}, CARD)
        assert [path.name for path in written] == ["README.new.md", "report.md"]
        assert files(tmp_path) == {
            "README.md": b"first, and a licence", "README.new.md": new, "report.md": new,
        }  # fmt: skip
    assert "was changed since netgain wrote it and stays; the new one is README.new" in caplog.text


def test_a_new_card_that_was_put_in_the_old_ones_place_is_ours_again(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_bytes(b"somebody's")
    write_over(tmp_path, {"README.md": b"first"}, CARD)
    (tmp_path / "README.new.md").replace(tmp_path / "README.md")
    write_over(tmp_path, {"README.md": b"second"}, CARD)
    assert files(tmp_path) == {"README.md": b"second"}


def test_changed_results_stay_and_the_new_ones_are_not_uploaded_with_them(tmp_path: Path) -> None:
    name = ".eval_results/sums.yaml"
    write_over(tmp_path, {name: b"first"}, (name,))
    (tmp_path / name).write_bytes(b"signed")
    write_over(tmp_path, {name: b"second"}, (name,))
    assert files(tmp_path) == {name: b"signed", f"{name}.new": b"second"}


def test_only_files_of_ours_are_removed(tmp_path: Path) -> None:
    names = ("chart-a.svg", "chart-b.svg", ".eval_results/ours.yaml", "report.md")
    write_over(tmp_path, dict.fromkeys(names, b"ours"))
    theirs = dict.fromkeys(("chart-b.svg", "chart-c.svg", ".eval_results/t.yaml"), b"theirs")
    for name, content in theirs.items():
        (tmp_path / name).write_bytes(content)
    write_over(tmp_path, {"report.md": b"ours"})
    assert files(tmp_path) == theirs | {"report.md": b"ours"}


def test_a_record_that_names_files_elsewhere_removes_none(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    write_over(folder, {"report.md": b"ours"})
    outside = tmp_path / "outside"
    outside.write_bytes(b"ours")
    digest = json.loads((folder / WRITTEN).read_text())["report.md"]
    for record in ({"../outside": digest, str(outside): digest}, [1], "x", None, {"report.md": 1}):
        (folder / WRITTEN).write_text(json.dumps(record))
        write_over(folder, {"report.md": b"ours"})
        assert outside.exists()


# -- all or none ----------------------------------------------------------------------------


@pytest.mark.parametrize("links", [True, False])
def test_a_rename_that_fails_leaves_all_old_files_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "c").write_bytes(b"old")
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if Path(target).name == "c":
            raise OSError("no more")
        return real(self, target)

    def link(*_: object, **__: object) -> None:
        raise OSError("this disk knows no links")

    if not links:
        monkeypatch.setattr("os.link", link)
    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(OSError, match="no more"):
        replace_all(tmp_path, {"a": b"new", "inner/b": b"new", "c": b"new"})
    assert files(tmp_path) == {"a": b"old", "c": b"old"}
    monkeypatch.setattr(Path, "replace", real)
    replace_all(tmp_path, {"a": b"new", "c": b"new"})
    assert files(tmp_path) == {"a": b"new", "c": b"new"}


def test_files_of_a_finished_folder_may_be_read_by_others(tmp_path: Path) -> None:
    aside = tmp_path / "aside"
    (aside / "deep").mkdir(parents=True)
    for name in ("model.safetensors", "deep/config.json"):
        (aside / name).touch(0o600)
    before = os.umask(0o022)
    try:
        replace_folder(aside, tmp_path / "whole")
    finally:
        os.umask(before)
    modes = [p.stat().st_mode & 0o777 for p in (tmp_path / "whole").rglob("*") if p.is_file()]
    assert modes == [0o644, 0o644]
