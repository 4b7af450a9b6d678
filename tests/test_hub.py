"""Fetching against a stand-in of the Hub: what is asked, what is kept, and one clear line each."""

from __future__ import annotations

import json
import random
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import hub_standin as standin
from hub_standin import TOKEN, HubStandin, Repository

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LARGE = r"^/[0-9a-f]{64}/"  # the addresses in the store of large files
# Fetches once and tells what came of it. Pauses and patience are shortened, but where asked not to.
FETCHING = """
import json, os, sys, time
from netgain.hub import fetch
from netgain.errors import NetgainError
if not os.environ.get("AS_IT_IS"):
    from netgain.hub import bounded_client
    bounded_client.PAUSES, bounded_client.PATIENCE = (0.05, 0.05), 1.0
began, told = time.monotonic(), {}
try:
    folder, commit = fetch(sys.argv[1], sys.argv[2], sys.argv[3] or None, json.loads(sys.argv[4]),
                           top_only=True)
    told = {"folder": str(folder), "commit": commit,
            "files": sorted(p.name for p in folder.rglob("*") if p.is_file())}
except NetgainError as error:
    told = {"error": type(error).__name__, "says": str(error)}
print(json.dumps({**told, "seconds": time.monotonic() - began}))
"""


@dataclass(frozen=True)
class Outcome:
    says: str
    error: str | None
    commit: str | None
    files: list[str]
    seconds: float
    folder: Path | None
    printed: str  # all that the process printed, with what libraries print


def fetched(
    hub: HubStandin, home: Path, name: str = "owner/model", revision: str = COMMIT,
    kind: str = "model", patterns: tuple[str, ...] = ("*.json", "*.safetensors"), **more: str,
) -> Outcome:  # fmt: skip
    """What `fetch` gives in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", FETCHING, kind, name, revision, json.dumps(patterns)],
        capture_output=True, text=True, timeout=100, check=False,
        env=hub.environment(home, HF_HUB_DISABLE_PROGRESS_BARS="1", **more),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    folder = told.get("folder")
    return Outcome(
        told.get("says", ""), told.get("error"), told.get("commit"), told.get("files", []),
        told["seconds"], Path(folder) if folder else None, done.stdout + done.stderr,
    )  # fmt: skip


def model(size: int = 300_000, name: str = "owner/model", gated: bool = False) -> Repository:
    files = {
        "README.md": b"# A model\n", "config.json": b"{}\n", "onnx/config.json": b"{}",
        "model.safetensors": random.Random(size).randbytes(size),
    }  # fmt: skip
    return Repository("models", name, COMMIT, files, ("main", "v1.0"), gated)


@pytest.fixture
def hub() -> Iterator[HubStandin]:
    with standin.serving(model()) as hub:
        yield hub


# -- what is asked, and what is kept -------------------------------------------------------


def test_only_the_wanted_files_come_and_the_commit_is_told(hub: HubStandin, tmp_path: Path) -> None:
    got = fetched(hub, tmp_path, revision="v1.0", HF_TOKEN=TOKEN)
    assert (got.commit, got.files) == (COMMIT, ["config.json", "model.safetensors"])
    assert sorted(hub.files_asked()) == ["config.json", "model.safetensors"]
    assert (
        got.folder
        and (got.folder / "model.safetensors").read_bytes() == model().files["model.safetensors"]
    )
    # The token is for the Hub alone, not for the store that it sends to.
    assert {a.authorization for a in hub.asked if a.store} == {None}
    assert {a.authorization for a in hub.asked if not a.store} == {f"Bearer {TOKEN}"}
    assert not any("agent" in a.path for a in hub.asked)


def test_a_commit_that_is_in_the_cache_is_not_asked_for(hub: HubStandin, tmp_path: Path) -> None:
    fetched(hub, tmp_path)
    hub.asked.clear()
    for more in ({}, {"HF_HUB_OFFLINE": "1"}):
        assert fetched(hub, tmp_path, **more).commit == COMMIT
    assert hub.asked == []


def test_the_newest_is_asked_for_and_the_cache_is_used_where_the_hub_is_away(
    hub: HubStandin, tmp_path: Path
) -> None:
    assert fetched(hub, tmp_path, revision="").commit == COMMIT
    newer = "f" * 40
    hub.repositories[0] = Repository("models", "owner/model", newer, model(1000).files)
    hub.break_down("", standin.refusing(503))
    got = fetched(hub, tmp_path, revision="")
    assert got.commit == COMMIT
    assert "taken from the local cache" in got.printed and "503" in got.printed
    hub.repair()
    assert fetched(hub, tmp_path, revision="").commit == newer


def test_a_download_that_breaks_off_goes_on_from_there(tmp_path: Path) -> None:
    large = 12 << 20  # huggingface_hub writes 10 MB at a time
    with standin.serving(model(large)) as hub:
        hub.break_down(LARGE, standin.breaking_off(11 << 20), times=1)
        got = fetched(hub, tmp_path)
        ranges = [a.range for a in hub.asked if a.store]
    assert got.commit == COMMIT
    assert ranges == [None, f"bytes={10 * 1024 * 1024}-"]


def test_after_a_broken_download_only_the_files_that_lack_are_asked_for(
    hub: HubStandin, tmp_path: Path
) -> None:
    hub.break_down(LARGE, standin.breaking_off(1000))
    broken = fetched(hub, tmp_path)
    assert broken.error == "HubUnreachable" and sum(a.store for a in hub.asked) == 3
    assert "breaks off at byte 0 each time; give the command again" in broken.says
    offline = fetched(hub, tmp_path, HF_HUB_OFFLINE="1")
    assert offline.error == "HubUnreachable" and "or not all of it" in offline.says
    hub.repair()
    hub.asked.clear()
    assert fetched(hub, tmp_path).commit == COMMIT
    assert hub.files_asked() == ["model.safetensors"]


def test_a_file_that_arrives_changed_is_refused_and_not_kept(
    hub: HubStandin, tmp_path: Path
) -> None:
    hub.break_down(LARGE, standin.changing)
    got = fetched(hub, tmp_path)
    assert got.error == "ModelError"
    assert "'model.safetensors' arrived damaged" in got.says and "was deleted" in got.says
    hub.repair()
    assert fetched(hub, tmp_path).commit == COMMIT


def test_a_small_file_is_checked_by_gits_digest(hub: HubStandin, tmp_path: Path) -> None:
    def changed(answer: standin.Answer) -> None:
        oid = "b27ef40eb0edf4d0bb4d2cc7b0e8ba1e5f2bb0e6"  # of other bytes
        answer.bytes_of(b"[]\n", ETag=f'"{oid}"', X_Repo_Commit=COMMIT)

    hub.break_down("config.json", changed)
    assert "'config.json' arrived damaged" in fetched(hub, tmp_path).says


# -- refusals: one clear line each, soon -----------------------------------------------------


def refused(got: Outcome, error: str, *words: str) -> None:
    """One line of that kind with these words, soon, and no secret in all that was printed."""
    assert got.error == error, got
    assert "\n" not in got.says and len(got.says) < 600
    assert got.says.startswith(("model 'owner/", "data set 'owner/"))
    for word in words:
        assert word in got.says, got.says
    assert got.seconds < 60  # a hang, not a benchmark
    for secret in (TOKEN, "secret-password"):
        assert secret not in got.printed


def test_a_gated_repository_says_how_to_ask_for_access(tmp_path: Path) -> None:
    with standin.serving(model(gated=True)) as hub:
        page = f"ask for access at {hub.address}/owner/model"
        refused(fetched(hub, tmp_path), "ModelError", page, "hf auth login", "HF_TOKEN")
        got = fetched(hub, tmp_path, HF_TOKEN=TOKEN)
        refused(got, "ModelError", page, "wait until you are let in")
        assert "hf auth login" not in got.says


def test_a_gated_data_set_names_its_own_page(tmp_path: Path) -> None:
    data = Repository("datasets", "owner/data", COMMIT, {"test.jsonl": b"{}"}, gated=True)
    with standin.serving(data) as hub:
        got = fetched(hub, tmp_path, "owner/data", kind="dataset", patterns=("*.jsonl",))
        refused(got, "DataError", f"ask for access at {hub.address}/datasets/owner/data")


@pytest.mark.parametrize("token", ["", TOKEN])
def test_what_is_not_there_says_so(hub: HubStandin, tmp_path: Path, token: str) -> None:
    login = [] if token else ["if it is private, log in"]
    got = fetched(hub, tmp_path, "owner/missing", HF_TOKEN=token)
    refused(got, "ModelError", "nothing of this id", "check the id", *login)
    for revision in ("v2.0", "e" * 40):
        got = fetched(hub, tmp_path, revision=revision, HF_TOKEN=token)
        refused(got, "ModelError", f"at revision '{revision}'", "no such revision")
    got = fetched(hub, tmp_path, "owner/no--name")
    refused(got, "ModelError", "no name that the Hub allows")


def test_a_token_that_is_not_accepted_is_not_shown(hub: HubStandin, tmp_path: Path) -> None:
    said = "Invalid credentials in Authorization header"
    hub.break_down("/api/", standin.refusing(401, X_Error_Message=said))
    got = fetched(hub, tmp_path, HF_TOKEN=TOKEN)
    refused(got, "ModelError", "does not accept the token", "hf auth login")


def test_a_server_that_repeats_the_token_does_not_get_it_shown(
    hub: HubStandin, tmp_path: Path
) -> None:
    hub.break_down(
        "/api/", lambda a: a.refuse(403, None, f"no {a.headers['Authorization']}\x1b[1m")
    )
    refused(fetched(hub, tmp_path, HF_TOKEN=TOKEN), "ModelError", "refuses (403 Forbidden")


@pytest.mark.parametrize("token", ["hf_\u00e9secret-password", "hf_\nsecret-password"])
def test_a_token_that_is_none_is_not_shown(hub: HubStandin, tmp_path: Path, token: str) -> None:
    got = fetched(hub, tmp_path, HF_TOKEN=token)
    assert "secret-password" not in got.printed
    if got.error:
        refused(got, "ModelError", "characters that no token has")


def test_a_short_wait_is_waited_and_a_long_one_told(hub: HubStandin, tmp_path: Path) -> None:
    hub.break_down("/api/", standin.refusing(429, Retry_After=1), times=1)
    got = fetched(hub, tmp_path)
    assert got.commit == COMMIT and got.seconds >= 1
    hub.repair()
    shutil.rmtree(tmp_path)
    hub.asked.clear()
    hub.break_down("/api/", standin.refusing(429, Retry_After=3600))
    got = fetched(hub, tmp_path)
    refused(got, "HubUnreachable", "429", "try again in 1 h", "hf auth login")
    assert len(hub.asked) == 1
    hub.repair()
    hub.break_down("/api/", standin.refusing(429, RateLimit='"api";r=0;t=200'))
    refused(fetched(hub, tmp_path), "HubUnreachable", "429", "try again in 3 min")


def test_a_hub_that_is_out_of_order_is_asked_three_times(hub: HubStandin, tmp_path: Path) -> None:
    hub.break_down("/api/", standin.refusing(503), times=2)
    assert fetched(hub, tmp_path).commit == COMMIT
    shutil.rmtree(tmp_path)
    hub.asked.clear()
    hub.break_down("/api/", standin.refusing(503))
    got = fetched(hub, tmp_path, AS_IT_IS="1")
    refused(got, "HubUnreachable", "503 Service Unavailable", "try again later")
    assert len(hub.asked) == 3


@pytest.mark.parametrize(
    ("where", "fault"),
    [
        ("/api/", standin.giving(b"<html>Log in to this network</html>", Content_Type="text/html")),
        ("/api/", standin.giving(b"[1]", Content_Type="application/json")),
        ("/api/", standin.giving(b"[" * 100_000, Content_Type="application/json")),
        ("/api/", standin.giving(b'{"sha": "../../elsewhere"}', Content_Type="application/json")),
        ("/api/", standin.giving(b'{"sha": null}', Content_Type="application/json")),
        ("/api/", standin.giving(b'{"sha": {"a": 1}}', Content_Type="application/json")),
        ("/resolve/", standin.giving(b"<html>Log in to this network</html>")),
        ("/api/", standin.going_in_circles),
        ("/resolve/", standin.going_in_circles),
        (LARGE, standin.going_in_circles),
    ],
)  # fmt: skip
def test_an_answer_that_no_hub_gives_is_told_as_such(
    hub: HubStandin, tmp_path: Path, where: str, fault: standin.Fault
) -> None:
    hub.break_down(where, fault)
    got = fetched(hub, tmp_path, revision="main")
    refused(got, "ModelError", "the answer is none that a Hub gives", "HF_ENDPOINT")


def test_a_commit_that_is_a_path_leads_nowhere(tmp_path: Path) -> None:
    wicked = Repository("models", "owner/model", "../../../wicked", model().files)
    with standin.serving(wicked) as hub:
        got = fetched(hub, tmp_path / "home", revision="")
        refused(got, "ModelError", "the answer is none that a Hub gives")
        assert not [p for p in tmp_path.rglob("*") if "wicked" in p.name]
        got = fetched(hub, tmp_path / "home", revision="", HF_HUB_OFFLINE="1")
        refused(got, "HubUnreachable", "not in the local cache")


def test_a_file_of_another_size_is_told(hub: HubStandin, tmp_path: Path) -> None:
    hub.break_down(LARGE, standin.giving(b"short"))
    refused(fetched(hub, tmp_path), "ModelError", "another size")


def test_an_address_that_is_not_the_hubs_is_told(hub: HubStandin, tmp_path: Path) -> None:
    got = fetched(hub, tmp_path, HF_ENDPOINT=f"{hub.address}/elsewhere")
    refused(got, "ModelError", "knows no such address", "HF_ENDPOINT")
    for wrong in ("localhost:8000", "http://", "http://[::1"):
        refused(
            fetched(hub, tmp_path, HF_ENDPOINT=wrong, AS_IT_IS="1"), "ModelError", "HF_ENDPOINT"
        )


@pytest.mark.parametrize(("where", "seconds"), [("/api/", "1 s"), (LARGE, "1 s")])
def test_a_server_that_never_answers_is_not_waited_for(
    hub: HubStandin, tmp_path: Path, where: str, seconds: str
) -> None:
    hub.break_down(where, standin.silent)
    got = fetched(hub, tmp_path, HF_HUB_DOWNLOAD_TIMEOUT="1")
    refused(got, "HubUnreachable", f"did not answer within {seconds}")


def test_a_connection_that_is_closed_or_refused_is_told(hub: HubStandin, tmp_path: Path) -> None:
    hub.break_down("/api/", standin.slamming)
    refused(fetched(hub, tmp_path), "HubUnreachable", "closes the connection")
    dead = {"HF_ENDPOINT": f"http://127.0.0.1:{free_port()}", "AS_IT_IS": "1"}
    got = fetched(hub, tmp_path, **dead)
    refused(got, "HubUnreachable", "127.0.0.1 cannot be reached", "refused", "local folder")
    refused(
        fetched(hub, tmp_path, HF_ENDPOINT="http://hub.invalid"), "HubUnreachable",
        "hub.invalid cannot be reached",
    )  # fmt: skip


def test_offline_says_so_and_asks_nothing(hub: HubStandin, tmp_path: Path) -> None:
    got = fetched(hub, tmp_path, HF_HUB_OFFLINE="1")
    refused(got, "HubUnreachable", "not in the local cache", "unset HF_HUB_OFFLINE")
    assert hub.asked == []


# -- proxies, certificates, disks ------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]


class RefusingProxy(BaseHTTPRequestHandler):
    """A proxy that lets nobody through, neither by CONNECT nor by GET."""

    protocol_version = "HTTP/1.1"

    def refuse(self) -> None:
        self.send_response(407, "Proxy Authentication Required")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_CONNECT = do_GET = do_HEAD = refuse

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def proxy() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), RefusingProxy)
    threading.Thread(target=server.serve_forever, args=(0.05,)).start()
    yield f"http://user:secret-password@127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_refuses_is_named_as_such(
    hub: HubStandin, tmp_path: Path, proxy: str, scheme: str
) -> None:
    settings = {"HF_ENDPOINT": f"{scheme}://hub.invalid", f"{scheme.upper()}_PROXY": proxy}
    got = fetched(hub, tmp_path, **settings)
    refused(got, "HubUnreachable", "the proxy refuses (407", "HTTPS_PROXY")


def test_a_proxy_that_is_not_there_is_named(hub: HubStandin, tmp_path: Path) -> None:
    there = f"127.0.0.1:{free_port()}"
    got = fetched(
        hub, tmp_path, HF_ENDPOINT="https://hub.invalid",
        HTTPS_PROXY=f"http://user:secret-password@{there}",
    )  # fmt: skip
    refused(got, "HubUnreachable", f"hub.invalid by the proxy {there} cannot be reached")
    refused(fetched(hub, tmp_path, HTTP_PROXY="ftp://127.0.0.1"), "ModelError", "HTTPS_PROXY")
    got = fetched(hub, tmp_path, SSL_CERT_FILE=str(tmp_path / "none.pem"))
    refused(got, "ModelError", "SSL_CERT_FILE")


def test_a_certificate_that_is_not_accepted_is_told(hub: HubStandin, tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl to make a certificate")
    made = [tmp_path / "key.pem", tmp_path / "cert.pem"]
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
         "/CN=127.0.0.1", "-keyout", made[0], "-out", made[1]],
        check=True, capture_output=True,
    )  # fmt: skip
    server = ThreadingHTTPServer(("127.0.0.1", 0), RefusingProxy)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made[1], made[0])
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,)).start()
    try:
        address = f"https://127.0.0.1:{server.server_address[1]}"
        got = fetched(hub, tmp_path / "home", HF_ENDPOINT=address)
        refused(got, "HubUnreachable", "the certificate of 127.0.0.1 is not accepted",
                "SSL_CERT_FILE")  # fmt: skip
    finally:
        server.shutdown()
        server.server_close()
    plain_http = hub.address.replace("http://", "https://")
    got = fetched(hub, tmp_path / "home", HF_ENDPOINT=plain_http)
    refused(got, "HubUnreachable", "no secure connection", "http:// or https://")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of a file's size")
def test_a_cache_that_cannot_be_written_is_told(hub: HubStandin, tmp_path: Path) -> None:
    limited = FETCHING.replace(
        "began,",
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100000,) * 2); began,",
    )
    done = subprocess.run(
        [sys.executable, "-c", limited, "model", "owner/model", COMMIT, '["*.safetensors"]'],
        capture_output=True, text=True, timeout=100, check=False, env=hub.environment(tmp_path),
    )  # fmt: skip
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["error"] == "StorageError"
    assert "cannot be written (File too large)" in told["says"] and "HF_HOME" in told["says"]
    file = tmp_path / "a file"
    file.touch()
    got = fetched(hub, file)
    refused(got, "StorageError", "cannot be written")
