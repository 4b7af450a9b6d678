"""Templates and regular expressions of strangers, run within limits of time and memory.

They run in a process of their own (`limited_process.py`), which is started when it is first needed
and ends with this one. What takes too long ends it, and the next request starts another.
"""

import json
import os
import re
import selectors
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

MEMORY = 2**29  # bytes
RENDER_SECONDS = 1.0  # of processor time, for one prompt
PATTERN_SECONDS = 0.5  # of processor time, for all names of a model
WALL_SECONDS = 60.0  # of a busy machine; a process that waits for nothing takes none of the above
MOST_ANSWER = 16 * 2**20  # bytes
SECRETS = re.compile("TOKEN|KEY|SECRET|PASSWORD", re.IGNORECASE)
SCRIPT = Path(__file__).with_name("limited_process.py")


class OutOfLimits(Exception):
    """It took too long or too much memory, or failed: in words."""


def render(template: str, values: Mapping[str, Any], strict: bool = False) -> str:
    """A template's text for these values: of a chat template as transformers would render it.

    Args:
        strict: what is not defined, no text and no number, or drawn at random is refused.

    Raises:
        OutOfLimits: it fails, or takes too much time or memory.
    """
    asked = {
        "template": template, "values": values, "strict": strict, "seconds": RENDER_SECONDS,
    }  # fmt: skip
    return str(_ask(asked)["text"])


def undeclared(template: str) -> list[str]:
    """The variables that a template uses and does not set.

    Raises:
        OutOfLimits: it is no template, or takes too much time or memory.
    """
    asked = {"variables_of": template, "seconds": RENDER_SECONDS}
    found: list[str] = _ask(asked)["found"]
    return found


def full_matches(patterns: Sequence[str], names: Sequence[str]) -> list[list[str]]:
    """For each regular expression, the names that it matches from beginning to end.

    Raises:
        OutOfLimits: one is no regular expression, or matching takes too long.
    """
    asked = {"patterns": patterns, "names": names, "seconds": PATTERN_SECONDS}
    found: list[list[str]] = _ask(asked)["found"]
    return found


class _Process:
    """The process, and the process that started it: a fork's copy of the pipes is not its own."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.child = subprocess.Popen(
            [sys.executable, "-P", str(SCRIPT), str(MEMORY)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if not SECRETS.search(name)},
        )  # fmt: skip

    def is_ours(self) -> bool:
        """Whether this process started it, and it has not ended by itself (of Ctrl-C, say)."""
        return self.owner == os.getpid() and self.child.poll() is None

    def ask(self, asked: Mapping[str, Any]) -> bytes:
        """One line of answer, b"" where there was none."""
        assert self.child.stdin is not None and self.child.stdout is not None
        try:
            self.child.stdin.write(json.dumps(asked).encode() + b"\n")
            self.child.stdin.flush()
        except OSError:
            return b""
        found = b""
        with selectors.DefaultSelector() as waiting:
            waiting.register(self.child.stdout, selectors.EVENT_READ)
            while not found.endswith(b"\n"):
                if not waiting.select(WALL_SECONDS):
                    return b""
                part = os.read(self.child.stdout.fileno(), 2**16)
                found += part
                if not part or len(found) > MOST_ANSWER:
                    return b""
        return found

    def end(self) -> None:
        self.child.kill()
        self.child.wait()
        for pipe in (self.child.stdin, self.child.stdout):
            if pipe is not None:
                pipe.close()


_lock = threading.Lock()
_process: _Process | None = None


def _ask(asked: Mapping[str, Any]) -> dict[str, Any]:
    global _process
    with _lock:
        if _process is None or not _process.is_ours():
            _process = _Process()
        line = _process.ask(asked)
        if not line:
            _process.end()
            _process = None
            raise OutOfLimits(f"it takes more than {asked['seconds']:g} s, or too much memory")
    answer: dict[str, Any] = json.loads(line)
    if "error" in answer:
        shown = "".join(c if c.isprintable() else " " for c in str(answer["error"]))
        raise OutOfLimits(" ".join(shown.split())[:200])
    return answer
