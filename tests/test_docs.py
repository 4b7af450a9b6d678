"""The documentation is executed: commands are commands, and the Python of a page is run."""

from __future__ import annotations

import doctest
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from conftest import ROOT
from netgain.cli.main import app
from test_face import FLAGS, RECIPE

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
GROUP = typer.main.get_command(app)


def commands(page: Path) -> Iterator[list[str]]:
    """The command lines of a page, without comments and prompts."""
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            words = line.removeprefix("$ ").strip()
            if words.startswith("netgain ") and "…" not in words:
                yield shlex.split(words, comments=True)[1:]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_command_in_the_pages_is_one(page: Path) -> None:
    for words in commands(page):
        name, *options = [word for word in words if word not in {"[OPTIONS]"}]
        found = GROUP.get_command(None, name)
        assert found is not None, f"{page.name}: netgain {name}"
        if "-h" in options or "--help" in options:
            continue
        cut = next((i for i, word in enumerate(options) if word in {"|", ">", "&&"}), None)
        found.make_context(name, list(options[:cut]))


def test_the_pages_are_searched_and_a_wrong_option_is_found(tmp_path: Path) -> None:
    assert sum(1 for page in PAGES for _ in commands(page)) > 50
    wrong = tmp_path / "page.md"
    wrong.write_text("```\nnetgain grade a.jsonl --no-such-option\n```\n")
    with pytest.raises(Exception, match="no-such-option"):
        test_every_command_in_the_pages_is_one(wrong)


@pytest.mark.parametrize(
    "page", [p for p in PAGES if "\n>>> " in p.read_text("utf-8")], ids=lambda p: p.name
)
def test_the_python_of_a_page_does_what_it_says(
    page: Path, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(tiny_model, "model")
    shutil.copytree(ROOT / "examples", "examples")
    Path("recipe.yaml").write_text(RECIPE)
    text = page.read_text(encoding="utf-8").replace("```", "")
    test = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    told: list[str] = []
    doctest.DocTestRunner(optionflags=FLAGS).run(test, out=told.append)
    assert test.examples and not told, "".join(told)
