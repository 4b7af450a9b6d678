"""`netgain view` in a real browser: hostile answers, strangers, and one problem among many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import pytest

from browser_support import OpenPage, accessibility_faults, problems_walked
from hostile_findings import ATTACKS
from netgain.data.wordproblems import word_problems
from netgain.records import Generation, Problem
from netgain.viewing.opened import open_view
from netgain.viewing.server import Server
from netgain.wording import terminal_safe
from viewed_run import made_answer, write_run

# A file of rows holds no half of a surrogate pair.
STORED = [
    each for each in ATTACKS if each.isascii() or each.encode(errors="ignore").decode() == each
]
PROBLEMS = [
    replace(p, id=f"{at} {text}", question=text, category=text)
    for at, (p, text) in enumerate(zip(word_problems(len(STORED), 3), STORED, strict=True))
]


def hostile_answer(model: str, problem: Problem) -> Generation:
    answer = made_answer(model, problem)
    return replace(answer, text=f"{problem.question}\n{answer.text}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("runs") / "made"
    run = write_run(folder, [PROBLEMS], 32, hostile_answer)
    with Server(open_view(run.root, lambda *_: None)) as made:
        thread = Thread(target=made.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_hostile_problems_are_listed_and_opened_and_nothing_runs(
    open_page: OpenPage, server: Server
) -> None:
    seen = open_page(server.link)
    page = seen.page
    page.get_by_test_id("row").first.wait_for()
    page.get_by_test_id("row").first.get_by_role("link").click()
    for view in ("differences", "prompt", "tokens", "raw"):
        page.get_by_test_id(f"view-{view}").click()
    shown = [each["question"] for each in problems_walked(page, len(PROBLEMS))]
    assert sorted(shown) == sorted(" ".join(terminal_safe(p.question).split()) for p in PROBLEMS)
    seen.nothing_happened()


def test_a_link_with_the_token_and_a_problem_opens_that_problem(
    open_page: OpenPage, server: Server
) -> None:
    wanted = PROBLEMS[len(PROBLEMS) // 2]
    seen = open_page(server.link, f"#problem={quote(wanted.id)}")
    question = seen.page.get_by_test_id("question")
    question.wait_for()
    assert question.text_content() == terminal_safe(wanted.question)
    assert seen.page.get_by_test_id("tokens").count() == 0
    seen.page.get_by_test_id("view-tokens").click()
    assert seen.page.get_by_test_id("tokens").first.locator("li").count() > 0
    assert accessibility_faults(seen.page) == []
    seen.nothing_happened()


def test_without_the_token_the_browser_gets_no_answer_of_a_model(
    open_page: OpenPage, server: Server
) -> None:
    seen = open_page(server.link.partition("?")[0])
    words = seen.page.locator("body").inner_text()
    assert "open the whole link" in words
    assert seen.page.evaluate("() => fetch('/api/facets').then((r) => r.status, () => 0)") != 200


def test_a_page_of_another_origin_can_neither_read_nor_embed_the_viewer(
    open_page: OpenPage, server: Server, tmp_path: Path
) -> None:
    """The cookie is in the browser by then, and still is of no use to the other page."""
    other = tmp_path / "other.html"
    other.write_text("<!doctype html><title>other</title>")
    seen = open_page(server.link)
    seen.page.get_by_test_id("row").first.wait_for()
    page = seen.page.context.new_page()
    page.context.unroute_all()
    page.goto(other.as_uri())
    address = server.link.partition("?")[0]
    tried = page.evaluate(
        """async (address) => {
          const read = await fetch(`${address}api/facets`, {credentials: "include"})
            .then((answer) => answer.text(), () => "refused");
          const frame = document.createElement("iframe");
          frame.src = address;
          document.body.append(frame);
          await new Promise((done) => { frame.onload = done; });
          let inside = "refused";
          try { inside = frame.contentDocument?.body?.innerText || "refused"; } catch { /* so */ }
          return [read, inside];
        }""",
        address,
    )
    assert tried == ["refused", "refused"]
    framed = [frame for frame in page.frames if frame != page.main_frame]
    assert all(frame.locator("#browser").count() == 0 for frame in framed)
