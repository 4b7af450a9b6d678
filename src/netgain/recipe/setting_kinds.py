"""What the settings of a recipe are made of: kinds of values, and what all groups share."""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

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


def refuse(group: str, settings: Settings, mistakes: Iterable[tuple[str, str]]) -> None:
    """Refuse settings that are wrong when read together: (setting, what is wrong with it)."""
    found = [
        InitErrorDetails(
            type=PydanticCustomError("mistake", "{said}", {"said": said}), loc=(name,),
            input=getattr(settings, name),
        )
        for name, said in mistakes
    ]  # fmt: skip
    if found:
        raise ValidationError.from_exception_data(group, found)
