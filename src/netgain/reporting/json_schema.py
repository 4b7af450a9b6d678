"""The JSON schema of report.json, read off the records by pydantic: `docs/report.schema.json`.

`python -m netgain.reporting.json_schema FILE` writes it. JSON Schema, draft 2020-12. Every field is
always there, and no other; a number that is not finite is null.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from netgain.records import Findings

DRAFT = "https://json-schema.org/draft/2020-12/schema"
LEFT_OUT = {"title", "default"}  # a field's name in capitals; what a reader of a report never needs


def schema() -> dict[str, Any]:
    """The schema of what `json_report.render` writes."""
    made = _strict(TypeAdapter(Findings).json_schema(mode="serialization"))
    version = Findings.format_version
    made["properties"]["format_version"] = {"const": version}
    return {
        "$schema": DRAFT,
        "$id": f"urn:netgain:report:{version}",
        "title": f"report.json of netgain, format {version}",
        **made,
    }


def render() -> bytes:
    """The schema as the bytes of its file."""
    return (json.dumps(schema(), indent=2, ensure_ascii=False) + "\n").encode()


def _strict(part: Any, names: bool = False) -> Any:
    """The same with all that a record has required and nothing else allowed.

    Args:
        names: the keys are those of fields or of records, and no words of the schema.
    """
    if isinstance(part, list):
        return [_strict(each) for each in part]
    if not isinstance(part, dict):
        return part
    found = {
        key: _strict(value, names=key in {"properties", "$defs"})
        for key, value in part.items()
        if names or key not in LEFT_OUT
    }
    if names:
        return found
    if "properties" in found:
        found |= {"required": list(found["properties"]), "additionalProperties": False}
    if found.get("type") == "number":  # JSON has no word for what is not finite
        found["type"] = ["number", "null"]
    return found


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(render())
