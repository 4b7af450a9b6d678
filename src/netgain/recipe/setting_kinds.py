"""What the settings of a recipe are made of: kinds of values, and what all groups share."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

HUB_ID = re.compile(r"^[A-Za-z0-9][\w.-]*/[\w.-]+$")  # owner/name

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[int, Field(ge=1, le=1_000_000)]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]  # what every library's generator takes
Share = Annotated[float, Field(gt=0, lt=1)]
Precision = Literal["auto", "bf16", "fp32"]
EvaluationPrecision = Literal["auto", "bf16", "fp32", "int8"]


def allowed(words: str) -> dict[str, Any]:
    return {"allowed": words}


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
