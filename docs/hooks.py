"""What MkDocs does to these pages: they stay as they are read in the repository.

README.md becomes the first page, CONTRIBUTING.md and CHANGELOG.md become pages, and files of the
repository that a page links to (recipes, examples, a source file) come along under `repository/`.
A page that the navigation does not name stands under "More".
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, InclusionLevel

ROOT = Path(__file__).resolve().parents[1]
# Pages that lie beside docs/, and where they stand on the site.
BESIDE = {
    "README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md",
}  # fmt: skip
COPIED = "repository"
LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#|/)([^)#\s]+)")


def on_config(config: Any) -> None:
    named = set(_leaves(config["nav"]))
    more = [name for path in sorted((ROOT / "docs").glob("*.md")) if (name := path.name) not in
            named]  # fmt: skip
    if more:
        config["nav"].append({"More": more})


def _leaves(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    elif isinstance(nav, list):
        for part in nav:
            yield from _leaves(part)
    elif isinstance(nav, dict):
        for part in nav.values():
            yield from _leaves(part)


def on_files(files: Any, config: Any) -> Any:
    """Add the pages beside docs/, and what pages link to outside of it."""
    pages = list(files.documentation_pages())
    for name, page in BESIDE.items():
        files.append(File.generated(config, page, content=(ROOT / name).read_text("utf-8")))
    wanted = set()
    for file in (*pages, *(files.get_file_from_path(page) for page in BESIDE.values())):
        for link in LINK.findall(file.content_string):
            wanted |= set(_copied(_in_repository(file.src_uri, link)))
    for path in sorted(wanted):
        if path.endswith(".md"):  # shown as it is written, so that it needs no place of its own
            content = (ROOT / path).read_text("utf-8")
            made = File.generated(config, f"{COPIED}/{path}", content=content,
                                  inclusion=InclusionLevel.NOT_IN_NAV)  # fmt: skip
        else:
            made = File.generated(config, f"{COPIED}/{path}", abs_src_path=str(ROOT / path))
        files.append(made)
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Links as they are in the repository -> links to pages of the site."""
    here = page.file.src_uri

    def moved(match: re.Match[str]) -> str:
        link: str = match[1]
        path = _in_repository(here, link)
        target = _on_site(path)
        return link if target is None else posixpath.relpath(target, posixpath.dirname(here) or ".")

    return LINK.sub(moved, markdown)


def _in_repository(page: str, link: str) -> str:
    """What a page's link means in the repository, from its root on."""
    beside = next((name for name, site in BESIDE.items() if site == page), None)
    if beside is None and page.startswith(f"{COPIED}/"):
        beside = page.removeprefix(f"{COPIED}/")
    own = beside or f"docs/{page}"
    return posixpath.normpath(posixpath.join(posixpath.dirname(own), link))


def _on_site(path: str) -> str | None:
    """The same on the site; None where the repository has no such file."""
    if path.startswith("..") or not (ROOT / path).exists():
        return None
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if (ROOT / path).is_dir():
        path = f"{path}/report.html"
    return BESIDE.get(path, f"{COPIED}/{path}")


def _copied(path: str) -> list[str]:
    """The files that come along for a link: of a report all that lie beside it."""
    target = ROOT / path
    if path.startswith(("..", "docs/")) or path in BESIDE or not target.exists():
        return []
    of_report = target if target.is_dir() else target.parent
    if of_report.parent == ROOT / "examples":
        return [f"{of_report.relative_to(ROOT)}/{p.name}" for p in of_report.iterdir()]
    return [path]
