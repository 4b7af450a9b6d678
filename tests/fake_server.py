"""A server on this machine that speaks OpenAI's interface, well or badly, as a test tells it to."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request as the server got it; `text` is the prompt's or the last message's."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    text: str


Behaviour = Callable[["Handler", Asked], None]


class FakeServer:
    """Answers by `choose(n, asked)`, n being the number of the request, from 0."""

    def __init__(
        self, choose: Callable[[int, Asked], Behaviour], models: tuple[str, ...] = ()
    ) -> None:
        self.choose = choose
        self.models = models
        self.asked: list[Asked] = []
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.under_way = self.most_under_way = 0
        self.start()

    def start(self, port: int = 0) -> None:
        self.over.clear()
        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.server.fake = self
        self.port = self.server.server_address[1]
        serve = self.server.serve_forever
        threading.Thread(target=serve, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        """Gone, as after a crash: nobody listens any more."""
        if not self.over.is_set():
            self.over.set()
            self.server.shutdown()
            self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> FakeServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "fake/1"
    sys_version = ""

    def do_POST(self) -> None:
        fake: FakeServer = self.server.fake
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = body["messages"][-1]["content"] if "messages" in body else body["prompt"]
        asked = Asked(self.path, dict(self.headers), body, text)
        with fake.lock:
            number = len(fake.asked)
            fake.asked.append(asked)
            fake.under_way += 1
            fake.most_under_way = max(fake.most_under_way, fake.under_way)
        try:
            fake.choose(number, asked)(self, asked)
        except OSError:
            self.close_connection = True  # the client hung up
        finally:
            with fake.lock:
                fake.under_way -= 1

    def do_GET(self) -> None:
        models = [{"id": name} for name in self.server.fake.models]
        self.send(200, json.dumps({"data": models}).encode())

    def send(self, status: int, body: bytes, reason: str = "", **headers: str) -> None:
        self.send_response(status, reason or None)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        pass


# -- behaviours ------------------------------------------------------------------------------------


def completion(asked: Asked, text: Any, finish: Any = "stop", **more: Any) -> bytes:
    chat = asked.path.endswith("/chat/completions")
    words = {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
    usage = {"usage": {"prompt_tokens": 7, "completion_tokens": 3}}
    return json.dumps({"choices": [{**words, "finish_reason": finish}], **usage, **more}).encode()


def good(text: Any = None, finish: Any = "stop", after: float = 0.0, **more: Any) -> Behaviour:
    """An answer: the prompt in capitals, unless told otherwise."""

    def act(handler: Handler, asked: Asked) -> None:
        time.sleep(after)
        said = asked.text.upper() if text is None else text
        handler.send(200, completion(asked, said, finish, **more))

    return act


def status(code: int, body: Any = b"", reason: str = "", **headers: str) -> Behaviour:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda handler, asked: handler.send(code, raw, reason, **headers)


def refusal(message: str, code: int = 400) -> Behaviour:
    return status(code, {"error": {"message": message, "type": "invalid_request_error"}})


def hangs(handler: Handler, asked: Asked) -> None:
    handler.server.fake.over.wait(20)


def closes(handler: Handler, asked: Asked) -> None:
    handler.hang_up()


def cut_short(handler: Handler, asked: Asked) -> None:
    whole = completion(asked, "half of it")
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(whole)))
    handler.end_headers()
    handler.wfile.write(whole[: len(whole) // 2])
    handler.wfile.flush()
    handler.hang_up()


def drips(handler: Handler, asked: Asked) -> None:
    """A byte now and then, each well within any limit on a single read."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    while not handler.server.fake.over.wait(0.02):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def drips_headers(handler: Handler, asked: Asked) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not handler.server.fake.over.wait(0.02):
        handler.wfile.write(b"a")
        handler.wfile.flush()


def endless(handler: Handler, asked: Asked) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    block = b" " * 65536
    while not handler.server.fake.over.is_set():
        handler.wfile.write(b"10000\r\n" + block + b"\r\n")
