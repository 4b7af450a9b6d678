"""The public face: what `import netgain` gives works as its own examples say, and shows itself."""

from __future__ import annotations

import doctest
import inspect
import json
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import netgain
from conftest import ROOT
from netgain.api.shown import Line, Table, as_html, as_text

FUNCTIONS = [n for n, place in netgain.FACE.items() if place.startswith("netgain.api")]
HEAVY = {"torch", "transformers", "peft", "pyarrow", "numpy", "scipy", "pydantic", "yaml", "rich"}
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
RECIPE = """
name: tiny
model: {id: model}
data: {source: builtin, limit: 20}
train: {batch_size: 4, max_length: 512}
evaluate: {engine: transformers, limit: 8, max_new_tokens: 16}
extras: {prompt_check: 0}
"""


def function(name: str) -> object:
    return getattr(import_module(netgain.FACE[name]), name)


def fresh(code: str) -> str:
    """What a process of its own prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_it_loads_nothing_else() -> None:
    loaded = fresh(
        "import sys, netgain\n"
        f"print(sorted({{m.split('.')[0] for m in sys.modules}} & {HEAVY!r}),"
        " [m for m in sys.modules if m.startswith('netgain.')])"
    )
    assert loaded == "[] []"


def test_analysing_loads_no_torch() -> None:
    heavy = HEAVY & {"torch", "transformers", "peft"}
    code = (
        "import sys, netgain\n"
        "rows = [{'id': 1, 'model': m, 'answer': '4', 'completion': '#### 4'} for m in 'ab']\n"
        "netgain.grade(rows), netgain.compare(rows), netgain.diagnose(rows[:1])\n"
        "netgain.audit('of 4 problems\\n3 were solved, 75%'), netgain.load_recipe\n"
        f"print(sorted({{m.split('.')[0] for m in sys.modules}} & {heavy!r}))"
    )
    assert fresh(code) == "[]"


@pytest.mark.parametrize("name", netgain.__all__)
def test_every_name_is_there_and_typed(name: str) -> None:
    found = function(name) if name in FUNCTIONS else getattr(netgain, name)
    assert name in dir(netgain) and found.__doc__ == getattr(netgain, name).__doc__
    if name in FUNCTIONS:
        assert ">>>" in found.__doc__
        hints = get_type_hints(found)
        assert set(hints) == {*inspect.signature(found).parameters, "return"}


@pytest.mark.parametrize("name", sorted({"audit", "plan", "train"}))
@pytest.mark.parametrize("first", ["room", "function"])
def test_a_name_that_is_a_package_too_is_both_in_either_order(name: str, first: str) -> None:
    inner = {"audit": "results", "plan": "machine", "train": "schedule"}[name]
    asked = [f"import netgain.{name}.{inner} as inner", f"called = netgain.{name}"]
    lines = asked if first == "room" else asked[::-1]
    code = "\n".join(
        ["import netgain", *lines, f"assert inner is netgain.{name}.{inner}",
         f"import inspect; print(callable(netgain.{name}), inspect.signature(called))"]
    )  # fmt: skip
    said = fresh(code)
    assert said.startswith("True (re"), said  # report, recipe


@pytest.fixture(scope="module")
def place(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the examples name."""
    folder = tmp_path_factory.mktemp("place")
    shutil.copytree(tiny_model, folder / "model")
    (folder / "recipe.yaml").write_text(RECIPE)
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("demo*"))
    return folder


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_example_of_each_docstring_does_what_it_says(
    name: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    [test] = doctest.DocTestFinder(recurse=False).find(function(name), name, globs={})
    assert test.examples
    told: list[str] = []
    doctest.DocTestRunner(optionflags=FLAGS).run(test, out=told.append)
    assert not told, "".join(told)


WITH_EXAMPLES = sorted(
    path
    for path in (ROOT / "src" / "netgain").rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8") and path.name != "__main__.py"
)


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda p: p.name)
def test_the_examples_of_every_module_hold(path: Path) -> None:
    name = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
    module = import_module(name.removesuffix(".__init__"))
    own = {test.name.rpartition(".")[2] for test in doctest.DocTestFinder().find(module)}
    for test in doctest.DocTestFinder().find(module):
        if test.name.rpartition(".")[2] in FUNCTIONS and name.startswith("netgain.api"):
            continue  # which need a folder of their own
        told: list[str] = []
        doctest.DocTestRunner(optionflags=FLAGS).run(test, out=told.append)
        assert not told, "".join(told)
    assert own


# -- showing -------------------------------------------------------------------------------

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e & [bold]"


def rows() -> list[dict[str, str]]:
    return [
        {"id": "1", "model": model, "question": "q", "answer": "4", "completion": "2 + 2 = 5"}
        for model in (HOSTILE, f"b{HOSTILE}")
    ]


@pytest.mark.parametrize("name", ["grade", "diagnose", "compare"])
def test_a_result_shows_itself_and_obeys_no_foreign_text(name: str) -> None:
    shown = getattr(netgain, name)(rows())
    page, text = shown._repr_html_(), repr(shown)
    assert "<script" not in page and "&lt;script&gt;" in page and "<table>" in page
    assert "\x1b" not in page + text and "\u202e" not in page + text
    assert "[bold]" in text and "⟨U+001B⟩" in text


def test_lines_and_tables_are_the_same_words_in_both() -> None:
    parts = [Line("a & b", "bold"), Table([("x", "1\n2")], ("name\nhere", "n"), below="told")]
    assert as_html(parts) == (
        '<div class="netgain"><p><strong>a &amp; b</strong></p><table><caption>told</caption>'
        "<thead><tr><th>name<br>here</th><th>n</th></tr></thead>"
        "<tbody><tr><td>x</td><td>1<br>2</td></tr></tbody></table></div>"
    )
    assert as_text(parts).splitlines() == ["a & b", "name", "here  n", "x     1", "      2", "told"]


def test_rows_that_cannot_be_used_and_arguments_that_cannot_be_are_told() -> None:
    found = netgain.grade([*rows(), {"id": "3", "completion": "4"}])
    assert found.rows == 2 and "row 3: no 'answer'" in found.remarks()[0]
    for call, told in (
        (lambda: netgain.grade(3), "a list of rows"),
        (lambda: netgain.grade(rows()[0]), "a list of rows"),
        (lambda: netgain.grade(rows(), columns={"text": "x"}), "COLUMN=NAME"),
        (lambda: netgain.compare(rows(), margin=0), "0.01 to 99"),
        (lambda: netgain.run("recipe.yaml", "train.epochs=1"), "give a list"),
        (lambda: netgain.report(), "give a run directory"),
    ):
        with pytest.raises(netgain.NetgainError, match=told):
            call()


def test_every_result_shows_itself_and_is_plain_data(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    changes = {"train.epochs": 1, "train.seed": 7}
    trained = netgain.train("recipe.yaml", changes, out="shown", quiet=True)
    assert repr(trained).startswith("No verdict: ")
    run = netgain.run("recipe.yaml", changes, out="shown", quiet=True)
    few = {"evaluate.max_new_tokens": 4}
    results = [
        netgain.plan("recipe.yaml", measure=False, quiet=True),
        run,
        netgain.load_run("shown"),
        netgain.report("shown", out="again"),
        netgain.evaluate("model", "builtin", limit=2, quiet=True, changes=few, out="alone"),
        netgain.audit("of 200 problems\n90 were solved (54%)", everything=True),
    ]
    for shown in results:
        page = shown._repr_html_()
        assert page.startswith('<div class="netgain">') and len(page) > 60
        assert len(repr(shown)) > 40 and "object at 0x" not in repr(shown)
        assert json.dumps(shown.plain())
    assert run.verdict in repr(run).replace("\n", " ")
    assert "<pre>name: tiny" in netgain.load_recipe("recipe.yaml")._repr_html_()


def test_rows_come_from_tables_and_go_into_lists() -> None:
    class Pandas:
        columns = ("id", "answer", "completion")

        def to_dict(self, orient: str) -> list[dict[str, object]]:
            assert orient == "records"
            return [{**rows()[0], "gold": float("nan"), "steps": float("nan")}]

    class Polars:
        def __iter__(self) -> object:
            raise AssertionError("columns, not rows")

        def to_dicts(self) -> list[dict[str, str]]:
            return rows()

    class Iterates(Pandas):
        def __iter__(self) -> object:
            raise AssertionError("names of columns, not rows")

    graded: list[dict[str, object]] = []
    assert netgain.grade(Iterates(), out=graded).rows == 1
    assert graded[0]["correct"] is False and graded[0]["rule"] == "last_number"
    assert netgain.diagnose(Polars(), out=graded).rows == 2 and len(graded) == 3


def test_a_table_in_a_file_is_as_wide_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    from netgain.api.shown import Shown, Table
    from netgain.cli.output import show

    class Wide(Shown):
        def parts(self) -> Any:
            yield Table([("a" * 90, "b" * 90)], ("first", "second"))

    show(Wide())
    assert f"{'a' * 90}  {'b' * 90}" in capsys.readouterr().out
