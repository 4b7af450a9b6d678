"""Rows of GSM8K and of real model outputs, which are not part of the repository.

They are looked for in $NETGAIN_SHARED, else in the folder `shared` beside the repository.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from conftest import SHARED


def shared_rows(name: str) -> Iterator[dict[str, Any]]:
    path = SHARED / "data" / name
    if not path.is_file():
        pytest.skip(f"needs {name}, which is not in the repository; set NETGAIN_SHARED to find it")
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
