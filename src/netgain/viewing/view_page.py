"""The viewer's one page: the browser of a report, with a server for a source."""

from __future__ import annotations

import html
import re

from netgain.reporting import browser
from netgain.reporting.page import page
from netgain.viewing.opened import View
from netgain.viewing.queries import not_known

_POLICY = re.compile(r'http-equiv="Content-Security-Policy" content="([^"]*)"')


def view_page(view: View) -> tuple[bytes, str]:
    """The page, and its content policy as a header, which can forbid framing too."""
    context = {
        "title": view.title,
        "verdict": view.verdict,
        "notes": (*view.notes, *not_known(view.index)),
        "browser": browser.SERVED,
    }
    made = page(
        "viewer.html.j2", context, styles=browser.STYLES, scripts=browser.SCRIPTS, served=True
    )
    return made, stated_policy(made)


def stated_policy(made: bytes) -> str:
    """What a page states of itself, as a header."""
    stated = _POLICY.search(made.decode())
    assert stated is not None, "the layout states a policy"
    return f"{html.unescape(stated[1])}; frame-ancestors 'none'"
