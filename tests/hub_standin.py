"""A stand-in of the Hub on the loopback address: what huggingface_hub asks, in the Hub's layout.

    /api/models/OWNER/NAME[/revision/REVISION]          {"id", "sha", …}
    /api/models/OWNER/NAME/tree/COMMIT?recursive=true   files with Git's SHA-1, and LFS's SHA-256
    /OWNER/NAME/resolve/COMMIT/FILE                     HEAD and GET, ranges too; a large file is
                                                        on another host, as on the Hub's own store
    /api/datasets/…, /datasets/…                        the same for data sets

`break_down` switches a fault on; `asked` is what was asked.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

LARGE = (".safetensors", ".parquet", "tokenizer.json")  # kept as LFS files
TOKEN = "hf_StandInOfTheHubOnly"


@dataclass(frozen=True)
class Repository:
    """A model or a data set, at one commit. `names` are the branches and tags of that commit."""

    kind: str  # "models" or "datasets"
    name: str
    commit: str
    files: dict[str, bytes]
    names: tuple[str, ...] = ("main",)
    gated: bool = False

    @classmethod
    def of_folder(cls, kind: str, name: str, commit: str, folder: Path) -> Repository:
        files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
        return cls(kind, name, commit, {n: p.read_bytes() for n, p in sorted(files.items())})


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    range: str | None
    authorization: str | None
    store: bool  # whether it went to the store of large files


Fault = Callable[["Answer"], None]


@dataclass
class HubStandin:
    repositories: list[Repository]
    asked: list[Asked] = field(default_factory=list)
    address: str = ""
    store: str = ""
    _faults: list[tuple[str, Fault, list[int]]] = field(default_factory=list)

    def break_down(self, where: str, fault: Fault, times: int = 1 << 30) -> None:
        """From now on the first `times` requests whose path matches the pattern go wrong so."""
        self._faults.append((where, fault, [times]))

    def repair(self) -> None:
        """No fault any more."""
        self._faults.clear()

    def fault_of(self, path: str) -> Fault | None:
        for where, fault, left in self._faults:
            if left[0] and re.search(where, path):
                left[0] -= 1
                return fault
        return None

    def environment(self, home: Path, **more: str) -> dict[str, str]:
        """For a process that knows no other Hub, and no token and no proxy of this machine."""
        kept = {
            k: v for k, v in os.environ.items()
            if not k.startswith(("HF_", "HUGGING")) and not k.lower().endswith("_proxy")
        }  # fmt: skip
        return {**kept, "HF_ENDPOINT": self.address, "HF_HOME": str(home), **more}

    def files_asked(self, method: str = "GET") -> list[str]:
        """The files whose bytes were asked for, by name, in order."""
        return [
            unquote(a.path).rpartition("/")[2].partition("?")[0]
            for a in self.asked
            if a.method == method and ("/resolve/" in a.path or a.store)
        ]


@contextmanager
def serving(*repositories: Repository) -> Iterator[HubStandin]:
    """The stand-in, answering."""
    hub = HubStandin(list(repositories))
    servers = [_server(hub, is_store) for is_store in (False, True)]
    hub.address, hub.store = (f"http://127.0.0.1:{s.server_address[1]}" for s in servers)
    threads = [threading.Thread(target=s.serve_forever, args=(0.05,)) for s in servers]
    for thread in threads:
        thread.start()
    try:
        yield hub
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def _server(hub: HubStandin, is_store: bool) -> ThreadingHTTPServer:
    handler = type("Handler", (Answer,), {"hub": hub, "is_store": is_store})
    server = _Quiet(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    return server


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """The other side may go away at any time."""


class Answer(BaseHTTPRequestHandler):
    """One request and its answer."""

    hub: HubStandin
    is_store: bool
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        pass

    def send(self, status: int, body: bytes = b"", **headers: object) -> None:
        """A whole answer; in a header's name `_` stands for `-`."""
        self.begin(status, len(body), **headers)
        if self.command != "HEAD":
            self.wfile.write(body)

    def begin(self, status: int, length: int, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        if "content_length" not in {name.lower() for name in headers}:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def refuse(
        self, status: int, code: str | None = None, message: str = "", **more: object
    ) -> None:
        headers = {**({"X_Error_Code": code} if code else {}), "X_Error_Message": message, **more}
        self.send(status, json.dumps({"error": message}).encode(), **headers)

    def _answer(self) -> None:
        self.hub.asked.append(
            Asked(
                self.command, self.path, self.headers["Range"], self.headers["Authorization"],
                self.is_store,
            )
        )  # fmt: skip
        fault = self.hub.fault_of(self.path)
        try:
            if fault is not None:
                fault(self)
            elif self.is_store:
                self.large_file(*self.path.strip("/").split("/")[:1])
            else:
                self.answer()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def answer(self) -> None:
        """As the Hub answers."""
        path = unquote(urlsplit(self.path).path)
        api = re.fullmatch(
            r"/api/(models|datasets)/([^/]+/[^/]+)(?:/(revision|tree)/([^/]+))?", path
        )
        file = re.fullmatch(r"/(datasets)?/?([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        if api:
            kind, name, what, revision = api.groups()
            self._of(kind, name, revision or "main", self._tree if what == "tree" else self._info)
        elif file:
            kind, name, revision, inside = file.groups()
            self._of(kind or "models", name, revision, lambda of: self._file(of, inside))
        else:
            self.send(404, b"<html>no such page</html>", Content_Type="text/html")

    def _of(self, kind: str, name: str, revision: str, give: Callable[[Repository], None]) -> None:
        found = [r for r in self.hub.repositories if (r.kind, r.name) == (kind, name)]
        at = [r for r in found if revision in (r.commit, *r.names)]
        if at:
            give(at[0])
        elif found:
            self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        elif self.headers["Authorization"]:
            self.refuse(404, "RepoNotFound", "Repository not found")
        else:  # the Hub tells nobody whether a repository is private or missing
            self.refuse(401, "RepoNotFound", "Invalid username or password.")

    def _info(self, of: Repository) -> None:
        info = {"id": of.name, "sha": of.commit, "private": False, "tags": []}
        self.send(200, json.dumps(info).encode(), Content_Type="application/json")

    def _tree(self, of: Repository) -> None:
        tree = [_entry(name, data) for name, data in of.files.items()]
        self.send(200, json.dumps(tree).encode(), Content_Type="application/json")

    def _file(self, of: Repository, path: str) -> None:
        data = of.files.get(path)
        common = {"X_Repo_Commit": of.commit, "Accept_Ranges": "bytes"}
        if of.gated and self.headers["Authorization"]:
            said = f"Access to {of.name} is restricted and you are not in the authorized list."
            self.refuse(403, "GatedRepo", said)
        elif of.gated:
            said = "You must have access to it and be authenticated to access it."
            self.refuse(401, "GatedRepo", said)
        elif data is None:
            self.refuse(404, "EntryNotFound", "Entry not found")
        elif path.endswith(LARGE):
            sha256 = hashlib.sha256(data).hexdigest()
            self.send(
                302, ETag=f'"{_git_sha1(_pointer(data))}"', X_Linked_ETag=f'"{sha256}"',
                X_Linked_Size=len(data), Location=f"{self.hub.store}/{sha256}/{Path(path).name}",
                **common,
            )  # fmt: skip
        else:
            self.bytes_of(data, ETag=f'"{_git_sha1(data)}"', **common)

    def large_file(self, sha256: str) -> None:
        """As the store of large files answers, which knows them by their digest."""
        data = self.stored(sha256)
        self.bytes_of(data, ETag=f'"{sha256}"', Accept_Ranges="bytes")

    def stored(self, sha256: str) -> bytes:
        every = (data for r in self.hub.repositories for data in r.files.values())
        return next(data for data in every if hashlib.sha256(data).hexdigest() == sha256)

    def bytes_of(self, data: bytes, **headers: object) -> None:
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
        if wanted is None:
            self.send(200, data, **headers)
        else:
            start = int(wanted[1])
            part = f"bytes {start}-{len(data) - 1}/{len(data)}"
            self.send(206, data[start:], Content_Range=part, **headers)


def _pointer(data: bytes) -> bytes:
    """What Git holds of an LFS file."""
    digest = hashlib.sha256(data).hexdigest()
    spec = "version https://git-lfs.github.com/spec/v1"
    return f"{spec}\noid sha256:{digest}\nsize {len(data)}\n".encode()


def _git_sha1(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _entry(path: str, data: bytes) -> dict[str, object]:
    entry = {"type": "file", "path": path, "size": len(data), "oid": _git_sha1(data)}
    if path.endswith(LARGE):
        pointer = _pointer(data)
        lfs = {
            "oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": len(pointer)
        }  # fmt: skip
        return {**entry, "oid": _git_sha1(pointer), "lfs": lfs}
    return entry


# -- faults ----------------------------------------------------------------------------------


def refusing(status: int, **headers: object) -> Fault:
    """This status, with these headers."""
    return lambda answer: answer.send(status, b"<html>no</html>", **headers)


def giving(body: bytes, **headers: object) -> Fault:
    """This instead of what was asked for, with status 200."""
    return lambda answer: answer.send(200, body, **headers)


def breaking_off(after: int) -> Fault:
    """A large file's bytes end so many after the first that was asked for."""

    def fault(answer: Answer) -> None:
        sha256 = answer.path.strip("/").split("/")[0]
        data = answer.stored(sha256)
        start = int((answer.headers["Range"] or "bytes=0-")[6:-1])
        part = {"Content_Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if start else {}
        answer.begin(206 if start else 200, len(data) - start, ETag=f'"{sha256}"', **part)
        answer.wfile.write(data[start : start + after])
        answer.close_connection = True

    return fault


def changing(answer: Answer) -> None:
    """A large file with its last byte changed."""
    sha256 = answer.path.strip("/").split("/")[0]
    data = bytearray(answer.stored(sha256))
    data[-1] ^= 1
    answer.bytes_of(bytes(data), ETag=f'"{sha256}"')


def silent(answer: Answer) -> None:
    """No answer at all, until the other side goes away."""
    answer.connection.settimeout(60)
    answer.rfile.read(1)
    answer.close_connection = True


def slamming(answer: Answer) -> None:
    """The connection is closed without an answer."""
    answer.close_connection = True


def going_in_circles(answer: Answer) -> None:
    answer.send(307, Location=answer.path)
