"""The fast engine on GPUs: vLLM, started as a server from an environment of its own.

vLLM pins its own torch and transformers, so it cannot be installed beside the trainer. `vllm serve`
is started with the model (and the adapter, which stays beside its base), asked over HTTP as any
server is, and stopped when the sampler is gone. It gets token ids and gives token ids, so prompts
are rendered, and answers decoded, as for every other engine. Written from the documents of vLLM
0.33 and tested against a stand-in for it; not verified on hardware.
"""

import functools
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import weakref
from collections.abc import Sequence
from pathlib import Path

from netgain.errors import EvaluationError, MissingDependency, ModelError
from netgain.generate.endpoint_client import require_httpx
from netgain.generate.endpoint_engine import EndpointSampler
from netgain.generate.endpoint_server import Key, Server
from netgain.generate.sampler import Answer, Request, Sampling, Tell
from netgain.models.render import Renderer
from netgain.records import Prompt
from netgain.store import read_json
from netgain.wording import one_line

EXECUTABLE = "NETGAIN_VLLM"  # the environment variable that says where vLLM's program is
START_SECONDS = 1800.0  # to load and compile a model
STOP_SECONDS = 20.0
AT_ONCE = 256  # requests under way
RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)  # what vLLM makes room for (`MaxLoRARanks`)
COLDEST, HOTTEST = 0.01, 2.0  # it quietly raises what is colder, and refuses what is hotter
DTYPES = {"bf16": "bfloat16", "fp32": "float32"}
PROBE = Prompt(messages=(("user", "What is 2 + 3?"),))


class VllmSampler:
    """Answers from a model in a folder, with an adapter beside it where one is given.

    Args:
        precision: "bf16" or "fp32". An adapter is computed in 16 bits only.

    Raises:
        MissingDependency: vLLM's program is not found.
        ModelError: it ends, or is not ready in time; with what its log says.
        EvaluationError: the adapter does not fit, changes nothing, or is asked for in fp32.
    """

    def __init__(
        self, folder: Path, adapter: Path | None, renderer: Renderer, precision: str
    ) -> None:
        self.renderer = renderer
        port = _free_port()
        url = f"http://127.0.0.1:{port}"
        command = [
            require_vllm(), "serve", str(folder), "--served-model-name", "base",
            "--host", "127.0.0.1", "--port", str(port), "--dtype", DTYPES[precision],
            "--seed", "0", "--enable-prefix-caching",
            "--generation-config", "vllm",  # not the model's own, which may ask for penalties
        ]  # fmt: skip
        if adapter is not None:
            if precision != "bf16":
                raise EvaluationError(
                    "vllm computes an adapter beside its base in 16 bits only; set the precision "
                    "to bf16, or choose the transformers engine for fp32"
                )
            command += [
                "--enable-lora", "--max-loras", "1", "--max-lora-rank", str(adapter_room(adapter)),
                "--lora-modules", f"tuned={adapter}",
            ]  # fmt: skip
        self.secret = secrets.token_hex(16)
        self.process = _start(command, self.secret, folder)
        self.stop = weakref.finalize(self, _stop, self.process)
        try:
            self._wait(url, folder)
            if adapter is not None:
                self._refuse_idle(url, adapter)
        except BaseException:
            self.stop()
            raise
        name = "base" if adapter is None else "tuned"
        server = Server(url, name, concurrency=AT_ONCE, timeout=3600.0, retries=2)
        self.endpoint = EndpointSampler(server, key=Key(self.secret), renderer=renderer)

    def generate(
        self, requests: Sequence[Request], sampling: Sampling, tell: Tell | None = None
    ) -> list[Answer]:
        """Answer a batch, in order; each answer carries an equal share of its wall time.

        A prompt that leaves no room for a token is answered with an error.

        Raises:
            EvaluationError: the temperature is one that vLLM changes or refuses, or a calculator
                is asked for.
            ServerError: vLLM has ended or takes no request.
        """
        if sampling.temperature and not COLDEST <= sampling.temperature <= HOTTEST:
            raise EvaluationError(
                f"vllm draws at temperatures from {COLDEST} to {HOTTEST:g}, and "
                f"{sampling.temperature:g} is asked for; choose another, or another engine"
            )
        return self.endpoint.generate(requests, sampling, tell)

    def _wait(self, url: str, folder: Path) -> None:
        """Wait until it answers, as long as it lives and there is time."""
        httpx2, deadline = require_httpx(), time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if httpx2.get(f"{url}/health", timeout=5.0, trust_env=False).status_code == 200:
                    return
            except httpx2.HTTPError:
                pass
            time.sleep(0.2)
        code = self.process.poll()
        how = f"was not ready in {START_SECONDS:.0f} s" if code is None else f"ended with {code}"
        # Kept: what lies behind an error is often said before it.
        log = self.process.log.rename(self.process.log.with_suffix(".failed.log"))
        raise ModelError(
            f"vllm cannot serve the model in {folder}: it {how}: {_first_error(log)} (see {log})"
        )

    def _refuse_idle(self, url: str, adapter: Path) -> None:
        """Prove that the adapter acts: it changes log-probabilities after a short prompt."""
        httpx2, found = require_httpx(), []
        ask = {"prompt": self.renderer.prompt_ids(PROBE), "max_tokens": 1, "temperature": 0}
        for model in ("base", "tuned"):
            try:
                reply = httpx2.post(
                    f"{url}/v1/completions", json={**ask, "model": model, "logprobs": 5},
                    headers={"Authorization": f"Bearer {self.secret}"}, timeout=600.0,
                    trust_env=False,
                ).raise_for_status()  # fmt: skip
                found.append(reply.json()["choices"][0]["logprobs"]["top_logprobs"])
            except (httpx2.HTTPError, ValueError, LookupError, TypeError) as error:
                said = one_line(str(error))[:300]
                raise EvaluationError(
                    f"vllm does not answer with the adapter in {adapter}: {said}"
                ) from None
        if found[0] == found[1]:
            raise EvaluationError(
                f"the adapter in {adapter} changes nothing: base and tuned give the same logits, "
                "so they would be one model compared with itself (was it trained at all?)"
            )


class _Process(subprocess.Popen[bytes]):
    """vLLM's process and the file that it writes its log to."""

    log: Path


def _start(command: Sequence[str], secret: str, folder: Path) -> _Process:
    handle, name = tempfile.mkstemp(prefix="netgain-vllm-", suffix=".log")
    environment = {**os.environ, "VLLM_API_KEY": secret, "VLLM_NO_USAGE_STATS": "1"}
    environment.pop("PYTHONPATH", None)  # it has an environment of its own
    try:
        process = _Process(
            command, stdin=subprocess.DEVNULL, stdout=handle, stderr=handle, env=environment,
            start_new_session=True, preexec_fn=_end_with_parent,
        )  # fmt: skip
    except OSError as error:
        Path(name).unlink()
        raise ModelError(f"vllm cannot be started for {folder}: {error}") from error
    finally:
        os.close(handle)
    process.log = Path(name)
    return process


def _end_with_parent() -> None:
    """Linux: a server that holds a GPU does not outlive a netgain that was killed."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
    except (OSError, AttributeError):
        pass


def _stop(process: _Process) -> None:
    """End vLLM and all that it started."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
            process.wait(STOP_SECONDS)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue
    process.log.unlink(missing_ok=True)


def _first_error(log: Path) -> str:
    """The first line of a log's end that names an error, or the last one."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 50_000))
        lines = [one_line(line) for line in file.read().decode(errors="replace").splitlines()]
    said = [line for line in lines if line] or ["its log is empty"]
    return next((line for line in said if "Error: " in line), said[-1])[:300]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def adapter_room(adapter: Path) -> int:
    """The least rank that vLLM can make room for and that holds the adapter's.

    Raises:
        EvaluationError: the adapter has no rank, or a higher one than vLLM takes.
    """
    config = read_json(adapter / "adapter_config.json")
    by_module = config.get("rank_pattern")
    ranks = [config.get("r"), *(by_module.values() if isinstance(by_module, dict) else ())]
    if not all(isinstance(r, int) and r > 0 for r in ranks):
        raise EvaluationError(f"{adapter / 'adapter_config.json'} gives no rank (r) of an adapter")
    room = next((rank for rank in RANKS if rank >= max(ranks)), None)
    if room is None:
        raise EvaluationError(
            f"the adapter in {adapter} has rank {max(ranks)}, and vllm takes {RANKS[-1]} at most; "
            "choose the transformers engine, which merges it"
        )
    return room


def require_vllm() -> str:
    """Where vLLM's program is, or one line on how to get it."""
    asked = os.environ.get(EXECUTABLE, "vllm")
    found = shutil.which(asked)
    if found is None:
        raise MissingDependency(
            f"the vllm engine needs the program {asked!r:.200}, which is not found: install vLLM "
            "in an environment of its own (python -m venv vllm; vllm/bin/pip install vllm) and set "
            f"{EXECUTABLE} to its vllm/bin/vllm"
        )
    require_httpx()
    return found


@functools.cache
def vllm_version() -> str:
    """What `vllm --version` says, for the record; "unknown" where it says nothing."""
    try:
        said = subprocess.run(
            [require_vllm(), "--version"], capture_output=True, text=True, timeout=300, check=False
        ).stdout.split()
    except (OSError, subprocess.TimeoutExpired):
        said = []
    return one_line(said[-1])[:50] if said else "unknown"
