"""The documentation as a site: it builds strictly, its links lead somewhere, its examples hold."""

from __future__ import annotations

import doctest
import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from typer.testing import CliRunner

import netgain
from conftest import ROOT
from netgain.cli.main import app
from test_docs import BLOCK, PAGES, commands

with_mkdocs = pytest.mark.skipif(
    importlib.util.find_spec("mkdocs") is None or importlib.util.find_spec("griffe") is None,
    reason="the site is built by MkDocs: pip install '.[docs]'",
)
LIKE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def build(root: Path, out: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(out)],
        cwd=root, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


class Links(HTMLParser):
    """The anchors of a page, and where its links and pictures lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.targets: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.anchors |= {value for name in ("id", "name") if (value := named.get(name))}
        self.targets += [value for name in ("href", "src") if (value := named.get(name))]


def broken(site: Path) -> Iterator[str]:
    """Links of our own pages that lead nowhere, and whatever is fetched from elsewhere."""
    pages = {p: Links(p.read_text("utf-8")) for p in site.rglob("*.html")}
    for page, links in pages.items():
        if page.name == "report.html" or page.name == "404.html":
            continue  # a report of a run; a page that a server shows under any address
        for link in links.targets:
            target = urlsplit(link)
            if target.scheme or link.startswith("//"):
                continue
            path = page.parent / unquote(target.path) if target.path else page
            path = path.resolve()
            there = path.is_file() or (path / "index.html").is_file()
            if not there or (
                target.fragment
                and path in pages
                and unquote(target.fragment) not in pages[path].anchors
            ):
                yield f"{page.name}: {link}"


@with_mkdocs
def test_the_site_builds_strictly_and_its_links_lead_somewhere(tmp_path: Path) -> None:
    done = build(ROOT, tmp_path / "site")
    assert done.returncode == 0, done.stderr
    site = (tmp_path / "site").resolve()
    for page in (ROOT / "docs").glob("*.md"):
        assert (site / page.with_suffix(".html").name).is_file(), page.name
    assert not list(broken(site))
    api = Links((site / "api.html").read_text("utf-8"))
    assert {f"netgain.{name}" for name in netgain.__all__} <= api.anchors
    fetched = re.compile(r"<(?:script|link|img)[^>]+(?:src|href)=\"(?:https?:)?//")
    assert not [p.name for p in site.glob("*.html") if fetched.search(p.read_text("utf-8"))]


@with_mkdocs
@pytest.mark.slow
def test_a_broken_link_and_a_missing_anchor_end_the_build(tmp_path: Path) -> None:
    for path in ROOT.iterdir():
        if path.name in {"docs"} or path.name.startswith("."):
            continue
        (tmp_path / path.name).symlink_to(path)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    page = tmp_path / "docs" / "quick-start.md"
    text = page.read_text("utf-8")
    page.write_text(f"{text}\n[one](nowhere.md) [two](import.md#no-such-part)\n")
    done = build(tmp_path, tmp_path / "out")
    assert done.returncode != 0
    assert "nowhere.md" in done.stderr and "#no-such-part" in done.stderr


def test_a_broken_link_of_a_built_page_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<a id="x" href="#x">1</a><a href="b.html#x">2</a><a href="#y">3</a><img src="c.png">'
    )
    (tmp_path / "b.html").write_text('<a href="a.html#x">1</a>')
    assert list(broken(tmp_path.resolve())) == ["a.html: b.html#x", "a.html: #y", "a.html: c.png"]


def test_the_reference_names_every_function() -> None:
    named = re.findall(r"^::: netgain\.(\w+)$", (ROOT / "docs/api.md").read_text(), re.MULTILINE)
    assert sorted(named) == sorted(netgain.__all__)


# -- what the pages show -------------------------------------------------------------------


def shown(page: Path) -> Iterator[tuple[list[str], str]]:
    """Commands after a `$` of a page, and what they print; a line "…" stands for any lines."""
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, output = part.partition("\n")
            yield shlex.split(line, comments=True), re.sub(r"^…$", "...", output, flags=re.M)


SHOWN = [
    (page, number)
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    for number, _ in enumerate(shown(page))
]


@pytest.mark.parametrize(("page", "number"), SHOWN, ids=lambda v: getattr(v, "name", str(v)))
def test_a_command_prints_what_its_page_shows(
    page: Path, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (name, *words), output = list(shown(page))[number]
    assert name == "netgain" and output
    done = CliRunner().invoke(app, words)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    same = doctest.OutputChecker().check_output(output, done.stdout, LIKE)
    assert same, f"{page.name} shows\n{output}\nand it prints\n{done.stdout}"


def runs_here(words: list[str]) -> bool:
    """Whether a command of a page needs neither a model nor a file that only a reader has."""
    if words[0] == "plan":
        return {"--on", "--no-measure"} & set(words) != set()
    return words[0] == "init"


RUN = [
    pytest.param(words, id=f"{page.stem}: {' '.join(words)}")
    for page in PAGES
    for words in commands(page)
    if runs_here(words)
]


@pytest.mark.parametrize("words", RUN)
def test_a_command_that_needs_no_model_does_its_work(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recipes").symlink_to(ROOT / "recipes")
    if words[0] == "plan" and not words[1].startswith("recipes/"):
        netgain.init(words[1])
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, (done.output, done.exception)


def test_there_are_commands_to_run_and_another_output_is_seen(tmp_path: Path) -> None:
    assert len(SHOWN) >= 8 and len(RUN) >= 5
    page = tmp_path / "page.md"
    page.write_text("```\n$ netgain grade a.jsonl  # a remark\n50%\n…\nend\n```\n")
    assert list(shown(page)) == [(["netgain", "grade", "a.jsonl"], "50%\n...\nend\n")]
