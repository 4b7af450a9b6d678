"""Changed inputs of every reader: read or refused, and nothing else (see benchmarks)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import fuzzed
from conftest import ROOT


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("fuzzed")
    fuzzed.make_sound(place)
    return place


def test_a_changed_input_is_read_or_refused(inputs: Path) -> None:
    fuzz = fuzzed.Fuzz(inputs, 11)
    assert len(fuzz.readers) >= 16
    tried = [fuzz.tried(number) for number in range(5 * len(fuzz.readers))]
    assert not [each for each in tried if each.is_fault]
    outcomes = {(each.reader, each.outcome) for each in tried}
    for reader in fuzz.readers:  # each met something that it had to refuse, or to put up with
        assert {(reader.name, "read"), (reader.name, "refused")} & outcomes


def test_a_case_is_the_same_whenever_it_is_made(inputs: Path) -> None:
    one, other = fuzzed.Fuzz(inputs, 3).case(7), fuzzed.Fuzz(inputs, 3).case(7)
    assert one == other and one[2] != one[1].read_bytes()


def test_what_is_no_error_of_ours_is_a_fault(inputs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fuzz = fuzzed.Fuzz(inputs, 0)

    def broken(_: Path) -> object:
        raise OverflowError("too large")

    path = fuzz.files["recipe"][0]
    before = path.read_bytes()
    monkeypatch.setattr(fuzz, "readers", [fuzzed.Reader("recipe", "recipe", (), broken)])
    found = fuzz.tried(0)
    assert found.is_fault and found.outcome.startswith("OverflowError: too large")
    assert path.read_bytes() == before


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("script", "options"),
    [("fuzz_readers", ("--count", "200")), ("run_kills", ("--kills", "8"))],
)
def test_a_sample_of_the_benchmark_finds_no_fault(
    script: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / f"{script}.py"), *options, "--out"]
    done = subprocess.run([*command, tmp_path / "out.json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    said = json.loads((tmp_path / "out.json").read_text())
    assert not said["faults"] and said.get("cases", said.get("kills")) >= 7
