"""A page of this machine opened in its browser, without its secret in any command line."""

import contextlib
import os
import sys
import tempfile
import webbrowser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

LEADS_TO = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>netgain</title>
<meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0; url={link}">
<p><a href="{link}">Go on to all answers</a></p></html>
"""


@contextmanager
def opened(link: str) -> Iterator[None]:
    """Open the link in the browser, by a file that leads to it and is there until the end.

    What stands in a browser's command line can be read by every user of the machine, the file by
    its owner alone.
    """
    with ExitStack() as until_the_end:
        # Where there is no place for the file, there is the link that was printed.
        with contextlib.suppress(OSError):
            file = tempfile.NamedTemporaryFile(  # noqa: SIM115  # it outlives this block
                "w", prefix="netgain-view-", suffix=".html"
            )
            until_the_end.enter_context(file)
            file.write(LEADS_TO.format(link=link))
            file.flush()
            webbrowser.open(Path(file.name).as_uri())
        yield


def has_display() -> bool:
    """Whether there is a screen that a browser could open on, and not over a remote shell."""
    if sys.platform in {"darwin", "win32"}:
        return "SSH_CONNECTION" not in os.environ
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
