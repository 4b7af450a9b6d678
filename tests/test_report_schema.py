"""The published schema is what report.json is written by, and holds for every report."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from conftest import ROOT
from made_run import made_findings
from netgain.records import Findings, FurtherResult, FurtherTable
from netgain.records import TrainingPoint as Point
from netgain.reporting import json_report, json_schema
from test_model_card import of, published
from test_reporting import findings, hostile, metric, training_only

SCHEMA = json_schema.schema()
VALIDATOR = Draft202012Validator(SCHEMA)


def stored(of: Findings) -> Any:
    return json.loads(json_report.render(of))


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema of an object, wherever it stands."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for each in schema.values():
            yield from objects(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from objects(each)


def test_the_schema_in_docs_is_that_of_the_records() -> None:
    path = ROOT / "docs" / "report.schema.json"
    again = "python -m netgain.reporting.json_schema docs/report.schema.json"
    assert path.read_bytes() == json_schema.render(), f"it is out of date; run: {again}"


def test_the_schema_is_a_sound_one_and_names_its_version() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    version = findings().format_version
    assert SCHEMA["$id"] == f"urn:netgain:report:{version}"
    assert f"format {version}" in SCHEMA["title"]
    assert SCHEMA["properties"]["format_version"] == {"const": version}


def test_the_schema_leaves_nothing_open() -> None:
    assert all(each["additionalProperties"] is not True for each in objects(SCHEMA))
    assert "{}" not in json.dumps(SCHEMA)  # which anything would pass
    used = json.dumps(SCHEMA)
    assert all(f'"#/$defs/{name}"' in used for name in SCHEMA["$defs"])


def further() -> FurtherResult:
    table = FurtherTable("c", ("a", "b"), (("x", metric("accuracy on x, tuned", 0.5)),))
    return FurtherResult("Elsewhere", "task", ("One sentence.",), (table,))


@pytest.mark.parametrize(
    "report",
    [
        findings(), training_only(), hostile(), of(published()), findings(further=(further(),)),
        findings(curves=(Point(1, loss=math.nan, grad_norm=math.inf),)),
        findings(samples=None, comparison=None),
    ],
    ids=["full", "training only", "hostile", "published", "further", "not finite", "bare"],
)  # fmt: skip
def test_a_report_holds_to_the_schema(report: Findings) -> None:
    assert list(VALIDATOR.iter_errors(stored(report))) == []


def test_the_report_of_a_whole_run_holds_to_the_schema() -> None:
    made = made_findings(further=(further(),))
    assert made.errors_found and made.difficulty and made.forecast and made.publication
    assert list(VALIDATOR.iter_errors(stored(made))) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda report: report.pop("verdict"),
        lambda report: report.update(more=1),
        lambda report: report.update(format_version=1),
        lambda report: report["key_metrics"][0].update(kind="exact"),
        lambda report: report["key_metrics"][0]["estimate"]["interval"].append(1),
        lambda report: report["comparison"].update(n="400"),
        lambda report: report["settings"].update(rank=8),
        lambda report: report["samples"]["rows"][0]["tuned"].pop("correct"),
    ],
    ids=["missing", "unknown", "other version", "other kind", "three ends", "text for a number",
         "number for a text", "deep inside"],
)  # fmt: skip
def test_what_is_no_report_of_this_format_is_refused(change: Any) -> None:
    report = copy.deepcopy(stored(findings()))
    change(report)
    assert not VALIDATOR.is_valid(report)


def test_a_type_without_a_word_in_json_cannot_slip_into_the_records() -> None:
    @dataclasses.dataclass(frozen=True)
    class Odd:
        anything: Any

    made = json_schema._strict(TypeAdapter(Odd).json_schema())
    assert made["properties"]["anything"] == {}, "and the test above finds it"
