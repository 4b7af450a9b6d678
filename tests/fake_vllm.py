"""A stand-in for vLLM's program: `vllm serve` with the options and the HTTP replies that are used.

As strict as the documents of vLLM 0.33: unknown options end it, a key is asked for, adapters have
names, room and a limit on ranks, prompts that are too long are refused, `return_token_ids` gives
ids. What it says is a script, a JSON file that FAKE_VLLM names: answers by model and prompt ids
("1,2,3"), and how it misbehaves. What it was asked is written beside the script, a line each.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Handler(BaseHTTPRequestHandler):
    script: dict[str, Any]
    models: set[str]
    note: Any
    began = time.monotonic()

    def do_GET(self) -> None:
        ready = time.monotonic() - self.began > self.script.get("ready_after", 0)
        self.reply(200 if ready else 503, {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers["Authorization"] != f"Bearer {os.environ['VLLM_API_KEY']}":
            return self.reply(401, {"error": {"message": "Unauthorized"}})
        self.note(body)
        if body["model"] not in self.models:
            return self.reply(404, {"error": {"message": f"no model {body['model']}"}})
        if len(self.script["asked"]) >= self.script.get("dies_after", 10**9):
            os._exit(1)
        ids, longest = body["prompt"], self.script.get("max_model_len", 512)
        if len(ids) >= longest:
            words = f"the maximum context length is {longest}, and the prompt has {len(ids)} tokens"
            return self.reply(400, {"error": {"message": words}})
        acts = body["model"] if self.script.get("adapter_acts", True) else "base"
        said = self.script.get(acts, {}).get(",".join(map(str, ids)), [])
        said = said[: body["max_tokens"]]
        ended = bool(said) and said[-1] in body.get("stop_token_ids", ())
        choice: dict[str, Any] = {"text": "", "finish_reason": "stop" if ended else "length"}
        if body.get("return_token_ids"):
            choice["token_ids"] = said
        if "logprobs" in body:
            choice["logprobs"] = {"top_logprobs": [{"a": -1.0 if acts == "tuned" else -2.0}]}
        usage = {"prompt_tokens": len(ids), "completion_tokens": len(said)}
        return self.reply(200, {"model": body["model"], "choices": [choice], "usage": usage})

    def reply(self, status: int, body: object) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    if sys.argv[1:] == ["--version"]:
        print("INFO starting\n0.33.0")
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["serve"])
    parser.add_argument("model", type=Path)
    for name in ("host", "served-model-name", "seed", "generation-config"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--dtype", choices=["bfloat16", "float32"], required=True)
    parser.add_argument("--enable-prefix-caching", action="store_true")
    parser.add_argument("--enable-lora", action="store_true")
    parser.add_argument("--max-loras", type=int)
    parser.add_argument("--max-lora-rank", type=int, choices=[1, 8, 16, 32, 64, 128, 256, 320, 512])
    parser.add_argument("--lora-modules", default="")
    asked = parser.parse_args()
    path = Path(os.environ["FAKE_VLLM"])
    script = json.loads(path.read_text())
    script["asked"] = []
    if script.get("stubborn"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "dies" in script:
        print("INFO 11-29 loading weights\n" + script["dies"], flush=True)
        sys.exit(1)
    if not asked.model.is_dir():
        sys.exit(f"OSError: {asked.model} is not a folder")
    models = {asked.served_model_name}
    if asked.lora_modules:
        name, _, folder = asked.lora_modules.partition("=")
        config = json.loads((Path(folder) / "adapter_config.json").read_text())
        if not asked.enable_lora or config["r"] > asked.max_lora_rank:
            sys.exit("ValueError: LoRA rank is greater than max_lora_rank")
        if config.get("use_dora"):
            sys.exit("ValueError: vLLM does not yet support DoRA.")
        models.add(name)

    def note(what: object) -> None:
        script["asked"].append(what)
        with path.with_suffix(".asked").open("a") as file:
            file.write(json.dumps(what) + "\n")

    note({"argv": sys.argv[1:], "pid": os.getpid(), "dtype": asked.dtype})
    Handler.script, Handler.models, Handler.note = script, models, staticmethod(note)
    ThreadingHTTPServer((asked.host, asked.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
