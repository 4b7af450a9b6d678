"""What the stand-ins of tracker libraries were called with, as rows of a file ($FAKE_LOG)."""

import json
import os
import time
from pathlib import Path


def note(tracker, what, **said):
    if os.environ.get("FAKE_FAILS") == f"{tracker} {what}":
        raise RuntimeError(f"no connection with hf_{'x' * 30}")
    if os.environ.get("FAKE_HANGS") == f"{tracker} {what}":
        time.sleep(600)
    with Path(os.environ["FAKE_LOG"]).open("a") as file:
        file.write(json.dumps({"tracker": tracker, "what": what, **said}) + "\n")
