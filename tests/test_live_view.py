"""A run is seen while it goes on: stage, curves so far, last answers; then all of its answers."""

from __future__ import annotations

import html
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from netgain.data.wordproblems import word_problems
from netgain.errors import RunError
from netgain.records import Generation, Problem
from netgain.store import RunDirectory
from netgain.viewing import live
from netgain.viewing.opened import open_view
from netgain.viewing.server import Server
from test_viewing import Viewer
from viewed_run import finish, made_answer, write_run

HOSTILE = "<script>window.pwned=1</script>\x1b[31m"
PROBLEMS = word_problems(40, 9)
NO_PROCESS = 2**22 + 1  # more than the system gives out


def hostile(model: str, problem: Problem) -> Generation:
    answer = made_answer(model, problem)
    return Generation(**{**vars(answer), "text": f"{HOSTILE} {answer.text}"})


@pytest.fixture
def going(tmp_path: Path) -> RunDirectory:
    """A run that has answered with the base model, trains, and has begun to answer with it."""
    directory = write_run(tmp_path / "run", [PROBLEMS], 16, hostile)
    directory.evaluation("tuned").summary_file.unlink()
    rows = [
        {"step": step, "loss": 2 / (step + 1), "seconds": 3.0 * step, "epoch": step / 10}
        for step in range(1, 31)
    ]
    rows += [{"step": s, "eval_loss": 2 / (s + 2), "epoch": s / 10} for s in (0, 15, 30)]
    state = {"log_history": rows, "global_step": 30, "max_steps": 120, "epoch": 3.0}
    for step in (9, 30):
        folder = directory.train / "checkpoints" / f"checkpoint-{step}"
        folder.mkdir(parents=True)
        (folder / "trainer_state.json").write_text(json.dumps({**state, "global_step": step}))
    mark(directory, os.getpid())
    return directory


def mark(directory: RunDirectory, pid: int) -> None:
    (directory.root / ".running").write_text(json.dumps({"pid": pid, "stage": "evaluate tuned"}))


@pytest.fixture
def viewer(going: RunDirectory) -> Iterator[Viewer]:
    view = open_view(going.root, lambda *_: None)
    with Server(view, going=going.root) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield Viewer(server)
        server.shutdown()
        thread.join()


def test_the_page_says_stage_progress_and_last_answers_and_draws_the_curves(
    going: RunDirectory,
) -> None:
    text = live.live_page(going.root, answers=False).decode()
    words = html.unescape(text)
    assert "at the stage “evaluate tuned”" in words
    assert "30 of 120 steps at the last checkpoint" in words
    assert "Loss during training" in words and "<svg" in text
    assert "Last answers of the tuned model" in words
    assert "Last answers of the base model" not in words, "these are all there to be read"
    assert '<meta http-equiv="refresh" content="5">' in text
    assert "<script>window" not in text and "\x1b" not in text


def test_a_run_is_live_only_while_its_process_lives(going: RunDirectory) -> None:
    assert live.is_running(going.root)
    mark(going, NO_PROCESS)
    assert not live.is_running(going.root)
    for content in (
        "",
        "[]",
        '{"pid": "1"}',
        '{"pid": true}',
        "[" * 9000,
        '{"pid": 1e99}',
        f'{{"pid": {10**40}}}',
    ):
        (going.root / ".running").write_text(content)
        assert not live.is_running(going.root)
    (going.root / ".running").unlink()
    assert not live.is_running(going.root)


def test_files_that_cannot_be_read_yet_are_left_out(going: RunDirectory) -> None:
    for path in going.train.rglob("trainer_state.json"):
        path.write_text('{"log_history": [{"step": 1')
    [*_, part] = going.evaluation("tuned").answer_parts()
    part.write_bytes(part.read_bytes()[:100])
    text = live.live_page(going.root, answers=True).decode()
    assert "Running" in text and "Loss during training" not in text
    assert 'href="/answers"' in text


def test_nothing_is_written_into_the_run(going: RunDirectory) -> None:
    before = {p: p.stat().st_mtime_ns for p in going.root.rglob("*")}
    live.live_page(going.root, answers=False)
    assert {p: p.stat().st_mtime_ns for p in going.root.rglob("*")} == before


def test_the_viewer_shows_the_run_live_and_its_answers_once_it_ended(
    going: RunDirectory, viewer: Viewer
) -> None:
    status, headers, content = viewer.ask("/")
    assert status == 200 and b"netgain live view" in content
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    status, _, answers = viewer.ask("/answers")
    assert status == 200 and b'id="browser"' in answers
    assert viewer.api("rows")["total"] == len(PROBLEMS)
    finish(going.evaluation("tuned"), *_of_base(going))
    (going.root / ".running").unlink()
    status, _, content = viewer.ask("/")
    assert status == 200 and b'id="browser"' in content and b"live view" not in content
    assert viewer.server.view is not None


def _of_base(directory: RunDirectory) -> tuple[str, int]:
    summary = directory.evaluation("base").summary()
    assert summary is not None
    return summary.problems_digest, summary.n


def test_before_any_answer_there_is_no_browser_but_the_live_page(tmp_path: Path) -> None:
    directory = write_run(tmp_path / "run", [PROBLEMS[:4]])
    for model in ("base", "tuned"):
        directory.evaluation(model).summary_file.unlink()
    mark(directory, os.getpid())
    with pytest.raises(RunError):
        open_view(directory.root, lambda *_: None)
    with Server(None, going=directory.root) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        seen = Viewer(server)
        assert [seen.ask(path)[0] for path in ("/", "/answers", "/api/rows")] == [200, 404, 404]
        (directory.root / ".running").unlink()
        status, _, words = seen.ask("/")
        assert status == 500 and b"no finished evaluation" in words
        server.shutdown()
        thread.join()
