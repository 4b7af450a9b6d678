"""`netgain push`: what goes to the Hub is shown first, and no secret is ever in it."""

from __future__ import annotations

import base64
import gzip
import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import netgain
from conftest import netgain as command
from made_run import made_findings
from netgain.errors import HubUnreachable, ModelError, RunError, UsageError
from netgain.exports.publishing import gather, refuse_secrets, without_paths
from netgain.hub.failures import HubFailure
from netgain.reporting import write_reports

TOKEN = "hf_" + "aB3" * 11


@pytest.fixture(scope="module")
def run(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> netgain.Run:
    recipe = {
        "name": "mine", "model": {"id": str(tiny_model), "name": "Tiny"},
        "data": {"source": "builtin", "limit": 20},
        "train": {"epochs": 1, "batch_size": 4, "learning_rate": 0.01},
        "extras": {"prompt_check": 0},
    }  # fmt: skip
    folder = tmp_path_factory.mktemp("runs") / "run"
    netgain.train(recipe, out=folder, quiet=True)
    return netgain.load_run(folder)


class Hub:
    """The Hub's client as far as it is used; `there` is the visibility of what is there."""

    there: bool | None = None  # private; None: no such repository
    done: list[tuple[Any, ...]] = []  # noqa: RUF012
    fails: Exception | None = None

    def repo_info(self, repo_id: str) -> Any:
        if self.there is None:
            raise HubFailure("nothing of this id", is_missing=True)
        return type("Info", (), {"private": self.there})

    def create_repo(self, repo_id: str, *, private: bool) -> None:
        self.done.append(("made", repo_id, private))

    def upload_folder(self, *, repo_id: str, folder_path: Path, commit_message: str) -> Any:
        if self.fails is not None:
            raise self.fails
        files = {str(p.relative_to(folder_path)): p.read_bytes()
                 for p in Path(folder_path).rglob("*") if p.is_file()}  # fmt: skip
        self.done.append(("uploaded", repo_id, files))
        return type("Commit", (), {"commit_url": f"https://hub/{repo_id}/commit/1"})


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> type[Hub]:
    found = type("Fake", (Hub,), {"done": []})
    monkeypatch.setattr("huggingface_hub.HfApi", found)
    return found


def test_a_dry_run_shows_every_file_and_asks_the_hub_nothing(
    run: netgain.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.HfApi", None)  # not even made
    shown = netgain.push(run.folder, "me/mine")
    names = [name for name, _ in shown.files]
    for name in ("README.md", "adapter_config.json", "adapter_model.safetensors",
                 "report/report.html", "report/report.json"):  # fmt: skip
        assert name in names
    text = repr(shown)
    assert all(f"{name} " in text for name in names)
    assert "would be uploaded to https://huggingface.co/me/mine, private" in text
    assert "questions and answers" in text or "no questions" in text
    assert shown.next_command == f"netgain push {run.folder} me/mine --yes"
    assert "PUBLIC" in repr(netgain.push(run.folder, "me/mine", private=False))
    done = command("push", run.folder, "me/mine", "--json", HF_ENDPOINT="http://127.0.0.1:1")
    assert done.returncode == 0 and json.loads(done.stdout)["uploaded"] is False


def test_what_is_uploaded_is_what_was_shown(run: netgain.Run, hub: type[Hub]) -> None:
    shown = netgain.push(run.folder, "me/mine")
    done = netgain.push(run.folder, "me/mine", upload_it=True)
    (made, uploaded) = hub.done
    assert made == ("made", "me/mine", True) and uploaded[:2] == ("uploaded", "me/mine")
    assert {n: len(c) for n, c in uploaded[2].items()} == dict(shown.files) == dict(done.files)
    assert done.address in repr(done) and "was uploaded to" in repr(done)
    assert run.trained is not None
    weights = (run.trained / "adapter_model.safetensors").read_bytes()
    assert uploaded[2]["adapter_model.safetensors"] == weights
    for path, content in uploaded[2].items():
        assert str(run.folder.parent).encode() not in content, path
        assert str(Path.home()).encode() + b"/" not in content, path


def test_nothing_goes_into_a_public_repository_unasked(run: netgain.Run, hub: type[Hub]) -> None:
    hub.there = False
    with pytest.raises(ModelError, match="there already and public; give --public"):
        netgain.push(run.folder, "me/mine", upload_it=True)
    assert not hub.done
    netgain.push(run.folder, "me/mine", upload_it=True, private=False)
    hub.there = True
    netgain.push(run.folder, "me/mine", upload_it=True)
    assert [what for what, *_ in hub.done] == ["uploaded", "uploaded"]


@pytest.mark.parametrize(
    ("fails", "kind"),
    [
        (HubFailure("the Hub is out of order", is_passing=True), HubUnreachable),
        (HubFailure("the Hub does not accept the token"), ModelError),
        (RuntimeError(f"bad {TOKEN} answer"), HubUnreachable),
        (ValueError("no JSON"), ModelError),
    ],
)
def test_a_refusal_of_the_hub_is_one_line_without_a_token(
    fails: Exception, kind: type[Exception], run: netgain.Run, hub: type[Hub]
) -> None:
    hub.fails, hub.there = fails, True
    with pytest.raises(kind, match=r"me/mine was not uploaded") as caught:
        netgain.push(run.folder, "me/mine", upload_it=True)
    assert "\n" not in str(caught.value) and TOKEN not in str(caught.value)


class StandIn(BaseHTTPRequestHandler):
    """The Hub on the loopback address, as far as huggingface_hub 2.4 asks it for an upload."""

    asked: list[tuple[str, bytes]] = []  # noqa: RUF012

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.asked.append((self.path, body))
        here = f"http://127.0.0.1:{self.server.server_address[1]}/me/mine"
        status, said = 200, {}
        if self.command == "GET":
            status = 404
        elif self.path.startswith("/api/repos/create"):
            said = {"url": here}
        elif self.path.startswith("/api/validate-yaml"):
            said = {"errors": [], "warnings": []}
        elif "/preupload/" in self.path:
            named = [file["path"] for file in json.loads(body)["files"]]
            said = {"files": [{"path": name, "uploadMode": "regular", "shouldIgnore": False}
                              for name in named]}  # fmt: skip
        elif "/commit/" in self.path:
            said = {"commitUrl": f"{here}/commit/{'a' * 40}", "commitOid": "a" * 40}
        content = json.dumps(said).encode()
        self.send_response(status)
        if status == 404:
            self.send_header("X-Error-Code", "RepoNotFound")
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _answer

    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_the_command_makes_a_private_repository_and_one_commit(run: netgain.Run) -> None:
    handler = type("Fresh", (StandIn,), {"asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    there = {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_address[1]}",
             "HF_HUB_OFFLINE": "0", "HF_TOKEN": TOKEN}  # fmt: skip
    try:
        assert command("push", run.folder, "me/mine", **there).returncode == 0
        assert not handler.asked
        done = command("push", run.folder, "me/mine", "--yes", **there)
    finally:
        server.shutdown()
    assert done.returncode == 0 and "/me/mine/commit/aaaa" in done.stdout, done.stderr
    asked = dict(handler.asked)
    assert json.loads(asked["/api/repos/create"])["visibility"] == "private"
    (commit,) = [body for path, body in handler.asked if "/commit/" in path]
    rows = [json.loads(line)["value"] for line in commit.splitlines()]
    assert sorted(row["path"] for row in rows if "path" in row) == sorted(
        name for name, _ in netgain.push(run.folder, "me/mine").files
    )
    assert not any(TOKEN.encode() in body for _, body in handler.asked)


def test_a_merged_model_has_a_card_that_says_so(run: netgain.Run, tmp_path: Path) -> None:
    shown = dict(netgain.push(run.folder, "me/mine", merged=True).files)
    assert "model.safetensors" in shown and "adapter_model.safetensors" not in shown
    gather(run.folder, tmp_path, merged=True)
    card = (tmp_path / "README.md").read_text()
    assert "A LoRA adapter, merged into the weights of Tiny" in card
    assert "library_name: transformers" in card and "PeftModel" not in card


def test_a_card_that_its_owner_changed_is_the_one_that_goes(
    run: netgain.Run, tmp_path: Path
) -> None:
    copy = tmp_path / "run"
    shutil.copytree(run.folder, copy)
    netgain.report(copy)
    (tmp_path / "a").mkdir()
    gather(copy, tmp_path / "a", merged=False)
    assert "my own words" not in (tmp_path / "a" / "README.md").read_text()
    card = copy / "report" / "README.md"
    card.write_text(card.read_text() + "\nmy own words\n")
    (tmp_path / "b").mkdir()
    gather(copy, tmp_path / "b", merged=False)
    assert "my own words" in (tmp_path / "b" / "README.md").read_text()
    card.write_text(card.read_text() + f"\ntoken: {TOKEN}\n")
    line = len(card.read_text().splitlines())
    with pytest.raises(RunError) as caught:
        netgain.push(copy, "me/mine")
    assert f"README.md, line {line}: a Hugging Face token" in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_a_wrong_name_and_a_run_without_weights_are_refused(
    run: netgain.Run, tmp_path: Path
) -> None:
    for name in ("mine", "me/mine/x", "", "me/my model"):
        with pytest.raises(UsageError, match="OWNER/NAME"):
            netgain.push(run.folder, name)
    copy = tmp_path / "run"
    shutil.copytree(run.folder, copy)
    shutil.rmtree(copy / "train" / "adapter")
    with pytest.raises(RunError, match="no trained weights"):
        netgain.push(copy, "me/mine")


# -- what must not go along ----------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [TOKEN, "sk-proj-" + "x1" * 20, "AKIA" + "ABCD2345" * 2, "{home}/recipes/x.yaml",
     "/home/alice/data", "C:\\Users\\alice\\data", "{run}/train", "the-value-of-it"],
)  # fmt: skip
@pytest.mark.parametrize("where", ["text", "packed", "header"])
def test_secrets_and_paths_are_found_wherever_they_stand(
    bad: str, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPLOY_SECRET", "the-value-of-it")
    run = tmp_path / "somewhere" / "run"
    run.mkdir(parents=True)
    bad = bad.format(home=Path.home(), run=run) if "{" in bad else bad
    text = f"first line\nsecond: {bad}\n"
    folder = tmp_path / "to-go"
    folder.mkdir()
    refuse_secrets(folder, run)
    if where == "text":
        (folder / "card.md").write_text(text)
    elif where == "packed":
        packed = base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
        (folder / "page.html").write_text(f"<script>{packed}</script>")
    else:
        header = json.dumps({"__metadata__": {"note": bad}}).encode()
        content = len(header).to_bytes(8, "little") + header + bytes(100)
        (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(RunError, match=r"nothing was uploaded.*") as caught:
        refuse_secrets(folder, run)
    assert bad not in str(caught.value)
    assert ("line 2" if where != "header" else "line 1") in str(caught.value)


def test_a_report_shows_paths_by_their_last_part_and_answers_as_they_are(tmp_path: Path) -> None:
    findings = made_findings(9)
    there = "/srv/people/ana/gsm8k"
    said = without_paths(
        type(findings)(**{**vars(findings), "settings": {"data.source": there},
                          "reproduce": (f"netgain run {there}/r.yaml --out ~/runs/x",)})
    )  # fmt: skip
    assert said.settings == {"data.source": "gsm8k"}
    assert said.reproduce == ("netgain run r.yaml --out x",)
    assert said.samples is findings.samples and said.comparison == findings.comparison
    write_reports(said, tmp_path / "report")
    for path in (tmp_path / "report").rglob("*.*"):
        assert b"/srv/people" not in path.read_bytes()
    for text in ("see https://example.org/a/b", "3/4 of 5 km/h", "a/b/c", "and/or"):
        assert without_paths(text) == text
