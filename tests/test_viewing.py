"""What the viewer answers, held against the records themselves, and whom it answers."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np
import pyarrow
import pytest

from conftest import make_tokenizer
from made_run import with_a_scene
from netgain.data.load import problems_digest
from netgain.data.wordproblems import word_problems
from netgain.diagnosis import diagnose
from netgain.errors import RunDamaged, RunError
from netgain.grading import grade_all
from netgain.pipeline import judged
from netgain.pipeline.evaluations import settings_digest
from netgain.records import Generation, Problem
from netgain.store import EvaluationFolder, RunDirectory
from netgain.store.seals import OPEN, sealed
from netgain.text.numbers import format_number
from netgain.viewing import index, queries
from netgain.viewing import texts as texts_module
from netgain.viewing.access import pieces_of
from netgain.viewing.opened import View, open_view
from netgain.viewing.server import Server, view_page
from netgain.viewing.texts import Texts
from netgain.wording import one_line
from viewed_run import deciding, finish, made_answer, write_run

N = 60
ODD = 'Is 100%_safe? It\'s a "quoted" \\ back\\slash <b>½</b>\x00 ÉCOLE\u202e'
STRANGE = "a/b?c=1&d #é\n½"  # an id


def problems() -> list[Problem]:
    found = [with_a_scene(p) for p in word_problems(N, 4)]
    found[3] = replace(found[3], question=f"{ODD} {found[3].question}")
    found[5] = replace(found[5], steps=None, category=None)
    found[7] = replace(found[7], id=STRANGE)
    found[9] = replace(found[9], id="../../etc/passwd", question="Zebra. " + found[9].question)
    return found


def answer(model: str, problem: Problem) -> Generation:
    made = made_answer(model, problem)
    if problem.id == STRANGE and model == "tuned":
        return replace(made, text=f"{made.text} Says the QUAGGA", token_ids=())
    return made


def gold(problem: Problem) -> str:
    assert problem.answer is not None
    return format_number(problem.answer)


def quiet(what: str, done: int, total: int) -> None:
    pass


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    directory = write_run(tmp_path_factory.mktemp("runs") / "made", [problems()], 16, answer)
    directory.adapter.mkdir(parents=True)
    make_tokenizer().backend_tokenizer.save(str(directory.adapter / "tokenizer.json"))
    return directory


@dataclass
class Viewer:
    """A server in a thread, and a browser that has opened its link."""

    server: Server

    def ask(
        self, target: str, method: str = "GET", **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        known = {"Host": f"127.0.0.1:{self.server.port}",
                 "Cookie": f"{self.server.cookie}={self.server.secret}"}  # fmt: skip
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in {
            **known,
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }.items():
            if value:
                connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.headers, content

    def api(self, what: str, **asked: Any) -> dict[str, Any]:
        status, _, content = self.ask(f"/api/{what}?{urlencode(asked, doseq=True)}")
        assert status == 200, content
        found: dict[str, Any] = json.loads(content)
        return found


@contextmanager
def served(view: View) -> Iterator[Viewer]:
    with Server(view) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield Viewer(server)
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def viewer(run: RunDirectory) -> Iterator[Viewer]:
    with served(open_view(run.root, quiet)) as found:
        yield found


# -- the contract, by the records ----------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """A problem with what is known of it, read another way."""

    row: dict[str, Any]
    texts: Sequence[str]
    values: dict[str, list[str]]


@pytest.fixture(scope="module")
def known(run: RunDirectory) -> list[Known]:
    asked = run.problems("test")
    found = {}
    for model in ("base", "tuned"):
        rows = run.evaluation(model).generations()
        found[model] = {
            g.problem_id: (g, grade) for g, grade in zip(rows, grade_all(asked, rows), strict=True)
        }
    return [_known(place, p, found) for place, p in enumerate(asked)]


def _known(place: int, p: Problem, found: dict[str, Any]) -> Known:
    (base, b), (tuned, t) = found["base"][p.id], found["tuned"][p.id]
    outcome = {(True, True): "both right", (False, False): "both wrong",
               (False, True): "fixed", (True, False): "broken"}[b.correct, t.correct]  # fmt: skip
    kinds = {}
    for model, (g, grade) in (("base", (base, b)), ("tuned", (tuned, t))):
        d = diagnose(p.question, g.text, gold_solution=p.solution, gold_answer=p.answer,
                     finish_reason=g.finish_reason)  # fmt: skip
        kinds[model] = None if grade.correct else d.error_kind.replace("_", " ")
    row = {"place": place, "problem_id": p.id, "outcome": outcome, "base_kind": kinds["base"],
           "tuned_kind": kinds["tuned"], "steps": p.steps, "category": p.category,
           "length": max(base.completion_tokens, tuned.completion_tokens)}  # fmt: skip
    values = {
        "outcome": [outcome],
        "kind": [f"{model}: {kind}" for model, kind in kinds.items() if kind],
        "steps": [] if p.steps is None else [str(p.steps)],
        "category": [] if p.category is None else [p.category],
        "finish": [f"{m} cut off" for m, g in (("base", base), ("tuned", tuned))
                   if g.finish_reason == "length"],
    }  # fmt: skip
    return Known(row, (p.id, p.question, base.text, tuned.text), values)


def expected(known: Sequence[Known], **asked: Any) -> list[int]:
    """Places that match, in the order of the file."""
    facets = {k: v for k, v in asked.items() if isinstance(v, list)}
    return [
        k.row["place"]
        for k in known
        if all(set(k.values[name]) & set(values) for name, values in facets.items())
        and k.row["length"] >= asked.get("min_length", 0)
        and k.row["length"] <= asked.get("max_length", 10**9)
        and any(asked.get("search", "").lower() in text.lower() for text in k.texts)
    ]


QUERIES: list[dict[str, Any]] = [
    {},
    {"outcome": ["fixed"]},
    {"outcome": ["fixed", "broken"]},
    {"outcome": ["both wrong"], "steps": ["2", "3"], "kind": ["base: setup", "base: arithmetic"]},
    {"kind": ["tuned: truncated"], "finish": ["tuned cut off"]},
    {"finish": ["base cut off", "tuned cut off"]},
    {"category": ["money", "rates"], "min_length": 60, "max_length": 200},
    {"min_length": 256},
    {"search": "step by step"},
    {"search": "STEP BY step", "outcome": ["both right"]},
    {"search": "quagga"},
    {"search": "no such words anywhere"},
]


@pytest.mark.parametrize("asked", QUERIES, ids=str)
def test_within_a_facet_any_value_will_do_and_every_facet_must_match(
    viewer: Viewer, known: list[Known], asked: dict[str, Any]
) -> None:
    right = expected(known, **asked)
    found = viewer.api("rows", **asked, sort="place", limit=N)
    assert [row["place"] for row in found["rows"]] == right
    assert found["total"] == len(right)


def test_the_queries_above_tell_problems_apart(known: list[Known]) -> None:
    sizes = [len(expected(known, **asked)) for asked in QUERIES]
    assert sizes[0] == N and sizes[-1] == 0
    assert all(0 < size < N for size in sizes[1:-1]), sizes


@pytest.mark.parametrize(
    "words", ["%", "_", "100%_safe", "it's", '"Quoted"', "\\", "back\\slash", "<B>½", "école",
              "[a-z]", ".*", "50%%", "\x00", "zebra", "passwd"],
)  # fmt: skip
def test_a_search_is_plain_text_whatever_its_signs_and_case(
    viewer: Viewer, known: list[Known], words: str
) -> None:
    found = viewer.api("rows", search=words, sort="place", limit=N)
    assert [row["place"] for row in found["rows"]] == expected(known, search=words)


def test_a_search_does_not_run_on_from_one_text_into_the_next(
    viewer: Viewer, known: list[Known]
) -> None:
    ends = known[0].texts[1][-8:] + known[1].texts[0]  # question, then the next problem's id
    assert viewer.api("rows", search=ends)["total"] == 0
    assert viewer.api("rows", search=ends[:8])["total"] > 0


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", ["id", "outcome", "steps", "length", "base_kind", "tuned_kind"])
def test_lists_are_sorted_by_value_then_place_and_those_without_one_come_last(
    viewer: Viewer, known: list[Known], sort: str, descending: bool
) -> None:
    def value(row: dict[str, Any]) -> Any:
        if sort == "outcome":
            return ["fixed", "broken", "both wrong", "both right"].index(row["outcome"])
        return row["problem_id" if sort == "id" else sort]

    rows = [k.row for k in known]
    having = sorted((r for r in rows if value(r) is not None), key=value, reverse=descending)
    # Python's sort keeps the file's order among equals in both directions.
    right = having + [r for r in rows if value(r) is None]
    found = viewer.api("rows", sort=sort, descending=str(descending).lower(), limit=N)["rows"]
    assert [r["place"] for r in found] == [r["place"] for r in right]


def test_a_row_says_what_the_records_say(viewer: Viewer, known: list[Known]) -> None:
    rows = viewer.api("rows", sort="place", limit=N)["rows"]
    for row, right in zip(rows, known, strict=True):
        opening = row.pop("opening").removesuffix("…")
        assert one_line(right.texts[1]).startswith(opening) and len(opening) > 40
        assert row == right.row


def test_pages_put_together_are_the_list(viewer: Viewer) -> None:
    asked = {"sort": "length", "descending": "true", "search": "the"}
    whole = viewer.api("rows", **asked, limit=500)["rows"]
    pages = [viewer.api("rows", **asked, limit=7, offset=at)["rows"] for at in range(0, N + 7, 7)]
    assert [row for page in pages for row in page] == whole
    assert pages[-1] == []


def test_facets_count_what_can_be_asked_for(viewer: Viewer, known: list[Known]) -> None:
    found = viewer.api("facets")
    names = {"outcome": "outcomes", "kind": "kinds", "steps": "steps", "category": "categories",
             "finish": "finish"}  # fmt: skip
    for facet, name in names.items():
        assert dict(found[name]) == dict(Counter(v for k in known for v in k.values[facet]))
    for group, count in found["groups"]:
        assert viewer.api("rows", group=group)["total"] == count
    lengths = [k.row["length"] for k in known]
    assert found["length"] == {"min": min(lengths), "max": max(lengths)}
    assert found["total"] == N and found["models"] == ["base", "tuned"]
    assert "percent" in dict(found["groups"]) and "steps of the reference: 2" in dict(
        found["groups"]
    )


def test_a_problem_s_position_is_its_place_in_the_filtered_list(viewer: Viewer) -> None:
    asked = {"outcome": ["both wrong"], "sort": "length"}
    rows = viewer.api("rows", **asked, limit=N)["rows"]
    assert viewer.api("position", **asked, id=rows[4]["problem_id"]) == {"position": 4}
    right = viewer.api("rows", outcome="both right")["rows"][0]["problem_id"]
    assert viewer.api("position", **asked, id=right) == {"position": -1}


# -- one problem ---------------------------------------------------------------------------


def test_a_problem_comes_with_both_answers_diagnosis_and_prompt(
    viewer: Viewer, run: RunDirectory, known: list[Known]
) -> None:
    row = next(k.row for k in known if k.row["base_kind"] == "arithmetic")
    found = viewer.api("problem", id=row["problem_id"])
    problem = run.problems("test")[row["place"]]
    sample = found["sample"]
    assert found["place"] == row["place"]
    assert sample["question"] == problem.question and sample["gold"] == gold(problem)
    assert sample["base"]["text"] == known[row["place"]].texts[2]
    assert sample["tuned"]["text"] == known[row["place"]].texts[3]
    assert sample["base"]["diagnosis"]["error_kind"] == "arithmetic"
    assert sample["base"]["diagnosis"]["first_error"] >= 0
    ((role, asked),) = found["messages"]
    assert (
        role == "user" and asked.startswith(problem.question) and len(asked) > len(problem.question)
    )


def test_token_ids_are_shown_with_the_pieces_they_stand_for(
    viewer: Viewer, run: RunDirectory, known: list[Known]
) -> None:
    found = viewer.api("problem", id=known[0].row["problem_id"])
    (answer,) = [
        made_answer("base", p) for p in run.problems("test") if p.id == known[0].row["problem_id"]
    ]
    tokens = found["tokens"]["base"]
    assert tokens["ids"] == list(answer.token_ids)
    assert len(tokens["pieces"]) == len(tokens["ids"])


def test_pieces_put_together_are_the_text(run: RunDirectory) -> None:
    tokenizer = make_tokenizer()
    ids = tokenizer("Tom has 5 apples.\nHe eats 2.", add_special_tokens=False)["input_ids"]
    pieces = pieces_of([run.root / "nothing.json", run.adapter / "tokenizer.json"])(ids)
    assert pieces is not None and "".join(pieces) == "Tom has 5 apples.\nHe eats 2."
    assert pieces_of([run.root / "recipe.yaml"])(ids) is None
    assert pieces_of([run.adapter / "tokenizer.json"])([10**9, -1]) == ["", ""]


@pytest.mark.parametrize("name", ["../../etc/passwd", STRANGE])
def test_an_id_is_looked_up_and_never_a_path(viewer: Viewer, name: str) -> None:
    found = viewer.api("problem", id=name)
    assert found["sample"]["problem_id"] == name


def test_where_no_token_ids_were_kept_there_are_none(viewer: Viewer) -> None:
    assert viewer.api("problem", id=STRANGE)["tokens"]["tuned"]["ids"] == []


def test_a_prompt_that_was_not_the_one_asked_is_not_shown(tmp_path: Path) -> None:
    directory = write_run(tmp_path / "run", [problems()[:4]], 2)
    recipe = directory.root / "recipe.yaml"
    changed = recipe.read_text().replace("Solve the problem", "Do the problem")
    recipe.write_bytes(sealed(re.sub("sha256:[0-9a-f]{64}", OPEN, changed).encode()))
    view = open_view(directory.root, quiet)
    assert view.whole.problem(1)["messages"] == []


def test_a_part_that_changes_under_the_viewer_is_told_and_not_shown(tmp_path: Path) -> None:
    directory = write_run(tmp_path / "run", [problems()[:8]], 4)
    with served(open_view(directory.root, quiet)) as viewer:
        parts = directory.evaluation("base").answer_parts()
        parts[0].write_bytes(parts[1].read_bytes())
        parts[1].write_bytes(b"torn")
        for place, words in ((0, "was changed"), (5, "lacks the SHA-256")):
            name = quote(directory.problems("test")[place].id)
            status, _, content = viewer.ask(f"/api/problem?id={name}")
            assert status == 500 and words in json.loads(content)["error"]


# -- what can be opened --------------------------------------------------------------------


def test_a_finished_base_is_shown_while_the_tuned_model_still_answers(tmp_path: Path) -> None:
    directory = write_run(tmp_path / "run", [problems()[:8]], 4)
    directory.evaluation("tuned").reopen()
    view = open_view(directory.root, quiet)
    assert list(view.index.answers) == ["base"]
    assert any("tuned model has not answered" in note for note in view.notes)
    assert view.whole.problem(0)["sample"]["tuned"] is None


def test_a_run_killed_in_the_middle_says_that_answers_are_missing_and_what_to_do(
    tmp_path: Path,
) -> None:
    directory = write_run(tmp_path / "run", [problems()[:8]], 4, models=["base"])
    directory.evaluation("base").reopen()
    with pytest.raises(RunError, match=r"no finished evaluation .* 2 of its batches.* goes on"):
        open_view(directory.root, quiet)


def test_an_evaluation_inside_a_run_leads_to_the_run(run: RunDirectory, tmp_path: Path) -> None:
    inside = run.evaluation("base").path
    with pytest.raises(RunError, match=rf"view the run: `netgain view {run.root}`$"):
        open_view(inside, quiet)
    alone = shutil.copytree(inside, tmp_path / "alone")
    with pytest.raises(RunDamaged, match=r"problems\.jsonl is missing; give the command"):
        open_view(alone, quiet)


def test_an_evaluation_alone_is_shown_as_one_model_by_its_first_answers(tmp_path: Path) -> None:
    asked = problems()[:6]
    folder = EvaluationFolder(tmp_path / "alone")
    folder.save_problems(asked)
    rows = [
        replace(made_answer("base", p), sample=sample, text=text, finish_reason="stop")
        for p in asked
        for sample, text in enumerate((f"#### {gold(p)}", "the second quokka"))
    ]
    folder.save_part(0, rows, settings_digest(deciding("alone")))
    finish(folder, problems_digest(asked), len(rows))
    with served(open_view(folder.path, quiet)) as viewer:
        assert viewer.api("facets")["outcomes"] == [["right", 6]]
        assert viewer.api("rows", search="quokka")["total"] == 0
        found = viewer.api("problem", id=asked[2].id)["sample"]
        assert found["base"]["text"] == f"#### {gold(asked[2])}" and found["tuned"] is None


def broken(change: Callable[[RunDirectory], object]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        directory = write_run(folder / "run", [problems()[:4]], 2)
        change(directory)
        return directory.root

    return make


def _an_answer_too_few(directory: RunDirectory) -> None:
    directory.evaluation("base").part(1).unlink()


def _an_answer_twice(directory: RunDirectory) -> None:
    base = directory.evaluation("base")
    base.save_part(1, base.generations()[:2], settings_digest(deciding("base")))


def _a_changed_question(directory: RunDirectory) -> None:
    path = directory.data / "test.jsonl"
    path.write_text(path.read_text().replace("How", "Wow", 1))


def _empty(folder: Path) -> Path:
    return folder


BROKEN: list[tuple[Callable[[Path], Path], str]] = [
    (_empty, "holds no run"),
    (lambda folder: folder / "nowhere", "is no folder"),
    (broken(_an_answer_too_few), "one answer for each problem"),
    (broken(_an_answer_twice), "one answer for each problem"),
    (broken(_a_changed_question), "was changed or damaged since"),
]


@pytest.mark.parametrize(("make", "words"), BROKEN, ids=[words for _, words in BROKEN])
def test_what_cannot_be_shown_is_told_in_words(
    make: Callable[[Path], Path], words: str, tmp_path: Path
) -> None:
    with pytest.raises((RunError, RunDamaged), match=words):
        open_view(make(tmp_path), quiet)


@pytest.mark.parametrize("name", ["report/report.json", "train/adapter/tokenizer.json"])
def test_a_pipe_or_a_device_in_the_place_of_a_file_that_is_no_need_is_passed_over(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netgain.viewing.opened.LARGEST_REPORT", 1000)
    monkeypatch.setattr("netgain.viewing.access.LARGEST_FILE", 1000)
    directory = write_run(tmp_path / "run", [problems()[:4]], 2)
    path = directory.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    for make in (
        lambda: os.mkfifo(path),
        lambda: path.symlink_to("/dev/zero"),
        lambda: path.write_text(json.dumps({"title": "t" * 2000, "verdict": ""})),
        path.mkdir,
    ):
        make()
        view = open_view(directory.root, quiet)
        assert (view.title, view.verdict) == ("run", "")
        assert view.whole.problem(0)["tokens"]["base"]["pieces"] is None
        path.rmdir() if path.is_dir() else path.unlink()


def test_a_run_in_a_folder_with_a_colon_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(tmp_path / "made:v2", [problems()[:4]], 2)
    monkeypatch.chdir(tmp_path)
    view = open_view(Path("made:v2"), quiet)
    assert view.whole.problem(3)["sample"]["problem_id"] == problems()[3].id


def test_nothing_in_the_run_is_touched(tmp_path: Path) -> None:
    directory = write_run(tmp_path / "run", [problems()[:8]], 4)
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    with served(open_view(directory.root, quiet)) as viewer:
        viewer.api("problem", id=directory.problems("test")[1].id)
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before


def test_what_is_not_known_of_very_many_problems_is_said_and_found_on_opening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judged, "MOST_LOOKED_INTO", 10)
    monkeypatch.setattr(index, "MOST_GROUPED", 10)
    monkeypatch.setattr(queries, "MOST_GROUPED", 10)
    directory = write_run(tmp_path / "run", [problems()[:30]], 8)
    view = open_view(directory.root, quiet)
    found = queries.facets(view.index)
    known = sum(count for _, count in found["kinds"])
    wrong = sum(int((~rows.correct).sum()) for rows in view.index.answers.values())
    assert 0 < known < wrong and found["groups"] == []
    page = view_page(view)[0].decode()
    assert f"kind of error is known of {known} of {wrong} wrong answers" in page
    assert "More than 10 problems are not sorted" in page
    base = view.index.answers["base"]
    (place, *_) = np.flatnonzero(~base.correct & (base.kind < 0)).tolist()
    sample = view.whole.problem(place)["sample"]
    assert sample["base"]["diagnosis"]["error_kind"] and sample["groups"]


# -- the texts -----------------------------------------------------------------------------


def test_a_search_over_a_file_of_many_blocks_finds_what_one_in_memory_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(texts_module, "BLOCK", 100)
    monkeypatch.setattr(texts_module, "IN_MEMORY", 500)
    words = [f"Text {i} of {'many ' * (i % 9)}{'ÄÖ' if i % 7 == 0 else ''}" for i in range(300)]
    texts = Texts(150)
    for at in range(0, 300, 10):
        places = np.arange(at, at + 10, dtype=np.int32) // 2
        texts.add(pyarrow.array(words[at : at + 10]), places)
    texts.finish()
    for wanted in ("text 29", "many many", "äö", "Of MANY", "none", "", " "):
        right = sorted({i // 2 for i, t in enumerate(words) if wanted.lower() in t.lower()})
        assert np.flatnonzero(texts.search(wanted)).tolist() == right, wanted


def test_a_search_reads_no_more_at_once_than_a_block_and_a_text_however_texts_are_added(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(texts_module, "BLOCK", 1000)
    read: list[int] = []
    texts_with = texts_module._texts_with

    def noted(block: bytearray, size: int, wanted: bytes) -> list[int]:
        read.append(len(block))
        return texts_with(block, size, wanted)

    monkeypatch.setattr(texts_module, "_texts_with", noted)
    words = [f"text {i} " + "long " * (i % 60) for i in range(400)]
    texts = Texts(400)
    texts.add(pyarrow.array(words), np.arange(400, dtype=np.int32))
    texts.finish()
    assert np.flatnonzero(texts.search("text 399")).tolist() == [399]
    assert len(read) > 30 and max(read) <= 1000 + max(map(len, words)) + 1


# -- whom it answers -----------------------------------------------------------------------


def test_the_link_s_token_becomes_a_cookie_that_no_script_and_no_other_site_sees(
    viewer: Viewer,
) -> None:
    target = viewer.server.link.partition(f":{viewer.server.port}")[2]
    status, headers, content = viewer.ask(target, Cookie="")
    assert (status, headers["Location"], content) == (303, "/", b"")
    cookie = headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert len(viewer.server.token) >= 40
    status, headers, content = viewer.ask("/", Cookie=cookie.partition(";")[0])
    assert status == 200 and b'data-source="served"' in content
    assert viewer.server.token.encode() not in content


def test_the_cookie_is_another_secret_than_the_token_and_the_link_can_be_opened_again(
    viewer: Viewer,
) -> None:
    target = viewer.server.link.partition(f":{viewer.server.port}")[2]
    for _ in range(2):
        status, headers, _ = viewer.ask(target, Cookie="")
        assert status == 303
        assert viewer.server.token not in headers["Set-Cookie"]
        assert re.match(r"netgain-view-\d+=[\w-]{40,};", headers["Set-Cookie"])


@pytest.mark.parametrize(
    "others",
    ["a[1]=x", "{}=1", "plain", "=", 'a=b c"', "netgain-view-1=x", 'q="a;b', "", "\u00e9=\u00e9"],
)
def test_cookies_of_other_servers_of_this_machine_do_not_lock_the_reader_out(
    viewer: Viewer, others: str
) -> None:
    ours = f"{viewer.server.cookie}={viewer.server.secret}"
    for cookies in (f"{others}; {ours}", f"{ours};{others}", f"{viewer.server.cookie}=x; {ours}"):
        assert viewer.ask("/api/facets", Cookie=cookies)[0] == 200


REFUSED = [
    ("no token", {"Cookie": ""}, 403),
    ("a wrong token", {"Cookie": "netgain-view-{port}=wrong"}, 403),
    ("an empty token", {"Cookie": "netgain-view-{port}="}, 403),
    ("a token of no ASCII", {"Cookie": "netgain-view-{port}=\u00e9"}, 403),
    ("another port's cookie", {"Cookie": "netgain-view-1={secret}"}, 403),
    ("the link's token as a cookie", {"Cookie": "netgain-view-{port}={token}"}, 403),
    ("a foreign host", {"Host": "evil.example:{port}"}, 421),
    ("a foreign host that begins alike", {"Host": "127.0.0.1.evil.example:{port}"}, 421),
    ("a host without the port", {"Host": "127.0.0.1"}, 421),
    ("another port", {"Host": "127.0.0.1:1"}, 421),
    ("no host", {"Host": ""}, 421),
    ("another site's script", {"Sec_Fetch_Site": "cross-site"}, 403),
    ("another port's script", {"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "cors"}, 403),
]


@pytest.mark.parametrize(
    ("headers", "status"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_nobody_else_is_answered(viewer: Viewer, headers: dict[str, str], status: int) -> None:
    filled = {
        name: value.format(
            port=viewer.server.port, token=viewer.server.token, secret=viewer.server.secret
        )
        for name, value in headers.items()
    }
    for target in ("/", "/api/facets", "/api/problem?id=x", "/nothing"):
        found, answered, content = viewer.ask(target, **filled)
        assert found == status
        assert b"{" not in content and "Set-Cookie" not in answered


def test_the_other_name_of_this_machine_will_do(viewer: Viewer) -> None:
    assert viewer.ask("/api/facets", Host=f"localhost:{viewer.server.port}")[0] == 200


@pytest.mark.parametrize("token", ["", "wrong", "é", "%00"])
def test_a_wrong_token_in_the_link_sets_no_cookie(viewer: Viewer, token: str) -> None:
    status, headers, _ = viewer.ask(f"/?token={quote(token)}")
    assert status == 403 and "Set-Cookie" not in headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_nothing_but_reading_is_taken(viewer: Viewer, method: str) -> None:
    status, headers, content = viewer.ask("/api/facets", method)
    assert status in {405, 501} and b"{" not in content
    assert not [name for name in headers if name.lower().startswith("access-control")]


def test_head_says_the_length_and_sends_nothing(viewer: Viewer) -> None:
    status, headers, content = viewer.ask("/api/facets", "HEAD")
    assert (status, content) == (200, b"")
    assert int(headers["Content-Length"]) == len(viewer.ask("/api/facets")[2])


@pytest.mark.parametrize(
    "target",
    ["/../run.json", "/..%2frun.json", "/%2e%2e/recipe.yaml", "//etc/passwd", "/data/test.jsonl",
     "/api/../../run.json", "/api/problem/..", "/report/report.html", "/api/facets/",
     "http://evil.example/api/facets2", "/api", "*"],
)  # fmt: skip
def test_no_request_names_a_file(viewer: Viewer, target: str) -> None:
    status, _, content = viewer.ask(target)
    assert status == 404 and content == b"there is nothing here\n"


ODD_QUERIES = [
    "sort=nothing", "sort=id%00", "limit=0", "limit=501", "limit=-1", "limit=1e3", "limit=%C2%BD",
    "offset=-5", "offset=x", "min_length=99999999999999999999", "descending=perhaps",
    "nothing=1", "limit=1&limit=2", "search=a&search=b", "search=" + "a" * 501,
    "&".join(f"outcome={i}" for i in range(200)), "search=%ff",
]  # fmt: skip


@pytest.mark.parametrize("query", ODD_QUERIES, ids=lambda q: q[:30])
def test_a_query_that_makes_no_sense_is_refused_in_words(viewer: Viewer, query: str) -> None:
    status, _, content = viewer.ask(f"/api/rows?{query}")
    assert status == 400
    assert re.search(r"\w+ \w+", json.loads(content)["error"])


@pytest.mark.parametrize(
    "asked",
    [{"outcome": "nothing"}, {"kind": "setup"}, {"kind": "other: setup"}, {"steps": "two"},
     {"steps": "9" * 30}, {"category": "' OR 1=1 --"}, {"finish": " cut off"}, {"group": "\x00"},
     {"min_length": 5, "max_length": 4}],
)  # fmt: skip
def test_a_value_that_no_problem_has_finds_none(viewer: Viewer, asked: dict[str, Any]) -> None:
    assert viewer.api("rows", **asked) == {"total": 0, "rows": []}


def test_values_left_empty_ask_for_nothing(viewer: Viewer) -> None:
    empty = dict.fromkeys(("search", "min_length", "max_length", "sort", "descending"), "")
    assert viewer.api("rows", **empty)["total"] == N


def test_a_query_too_long_is_refused(viewer: Viewer) -> None:
    assert viewer.ask(f"/api/rows?search={'a' * 20_000}")[0] == 414
    assert viewer.ask(f"/api/rows?search={'a' * 70_000}")[0] == 414


@pytest.mark.parametrize(
    "target", ["/", "/api/facets", "/api/rows?sort=no", "/nothing", "/?token="]
)
def test_every_answer_carries_the_headers_that_keep_it_here(viewer: Viewer, target: str) -> None:
    _, headers, _ = viewer.ask(target)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert ("connect-src 'self'" in policy) == (target == "/")
    assert not [name for name in headers if name.lower().startswith("access-control")]


def test_it_listens_on_this_machine_alone(viewer: Viewer) -> None:
    assert viewer.server.server_address[0] == "127.0.0.1"


def test_a_port_that_is_taken_is_told_with_a_way_out(viewer: Viewer) -> None:
    with pytest.raises(RunError, match=rf"port {viewer.server.port} cannot be used .*--port"):
        Server(viewer.server.view, viewer.server.port)
