"""The settings of problems: the section `data` of a recipe."""

from typing import Annotated, Literal

from pydantic import Field

from netgain.recipe.setting_kinds import Count, Seed, Settings, Share, allowed

# Built-in problems: how many are made where no limit is set, and the most of each, which bounds
# time and memory.
BUILTIN_TRAIN, BUILTIN_TEST, MAX_BUILTIN = 1000, 300, 100_000


# Settings that came later: at their defaults they are left out of a recipe's digest.
LATER = ("columns", "on_overlap", "perturbed", "mixture")


class MixtureSettings(Settings):
    """A source of questions and answers that are learned beside the training problems."""

    name: str | None = Field(
        default=None,
        min_length=1,
        description="A benchmark, whose training rows are taken.",
        json_schema_extra=allowed("a task's name, see tasks.md, or null"),
    )
    source: str | None = Field(
        default=None,
        min_length=1,
        description="A file of rows with a question and an answer, or where the benchmark lies.",
        json_schema_extra=allowed("a Hub id, a local folder or file, or null"),
    )
    revision: str | None = Field(
        default=None, description="Its commit on the Hub; null is the newest."
    )
    share: Share | None = Field(
        default=None, description="Its part of all that is learned from; null goes by `limit`."
    )
    limit: Count | None = Field(
        default=None, description="The most rows of it, drawn by `data.seed`; null sets no bound."
    )
    answers: Literal["data", "own"] = Field(
        default="data",
        description="What is learned: the data's answers, or the base model's own ones (replay), "
        "so that it keeps what it says already.",
    )


class DataSettings(Settings):
    """Where problems come from and how they are split."""

    source: str = Field(
        min_length=1,
        description="Where problems come from. `builtin` makes word problems. A folder holds "
        "train.jsonl and test.jsonl, or Parquet as on the Hub; one file needs `test_source` or "
        "`test_fraction`.",
        json_schema_extra=allowed(
            "a Hub id (owner/name), a local folder, a file of rows (import.md), or builtin"
        ),
    )
    revision: str | None = Field(
        default=None,
        description="Commit of the data set on the Hub; null is the newest. Used for a Hub id "
        "only; refused with builtin.",
    )
    subset: str = Field(
        default="main",
        pattern=r"^[\w.-]+$",
        description="The Hub's name of a configuration: the folder its Parquet files lie in.",
        json_schema_extra=allowed("letters, digits, '.', '_' and '-'"),
    )
    test_source: str | None = Field(
        default=None,
        min_length=1,
        description="Where test problems come from, if not from `source`.",
        json_schema_extra=allowed("a Hub id, a local folder or file, or null"),
    )
    test_revision: str | None = Field(
        default=None,
        description="Commit of `test_source` on the Hub; null is the newest. Used for a Hub id "
        "only.",
    )
    test_fraction: Share | None = Field(
        default=None,
        description="Hold out this part of `source` for testing, where it has no test problems of "
        "its own.",
    )
    builtin_steps: Annotated[int, Field(ge=1, le=8)] | None = Field(
        default=None,
        description="The most steps that a built-in problem's solution has; null is 8. Used with "
        "builtin only.",
    )
    limit: Count | None = Field(
        default=None,
        description="Problems for training and validation together; test problems do not count. "
        f"null takes all, or makes {BUILTIN_TRAIN:,} with builtin, where {MAX_BUILTIN:,} is the "
        "most.",
    )
    validation_fraction: Share = Field(
        default=0.1, description="The part of these that is validated on and never trained on."
    )
    seed: Seed = Field(
        default=42,
        description="Decides the split, which problems a limit keeps, and the built-in problems.",
    )
    on_bad_row: Literal["stop", "skip"] = Field(
        default="stop",
        description="What to do about a row that holds no usable problem: stop and name it, or "
        "leave it out and count it.",
    )
    columns: tuple[Annotated[str, Field(pattern=r"^(id|question|answer|gold)=.{1,200}$")], ...] = (
        Field(
            default=(),
            max_length=4,
            description="Where a column of the data's rows stands that has another name, also "
            "inside another one: `[question=text, answer=output.text]`.",
            json_schema_extra=allowed("a list of COLUMN=NAME; COLUMN id, question, answer, gold"),
        )
    )
    allow_overlap: tuple[str, ...] = Field(
        default=(),
        description="Ids of test problems that may stand, exactly or nearly, among the training "
        "problems.",
        json_schema_extra=allowed("a list of ids"),
    )
    on_overlap: Literal["stop", "remove"] = Field(
        default="stop",
        description="What to do about a training problem that stands, exactly or nearly, among "
        "the test problems: stop and name it, or leave it out of training and count it.",
    )
    perturbed: Annotated[int, Field(ge=0, le=100)] = Field(
        default=0,
        description="Variants of each training problem with other numbers, to learn from too; "
        "made where all numbers of a solution are understood.",
    )
    mixture: tuple[MixtureSettings, ...] = Field(
        default=(),
        max_length=20,
        description="What is learned beside the training problems. See methods.md.",
        json_schema_extra=allowed(
            "a list of groups of name, source, revision, share, limit and answers, at most 20"
        ),
    )

    @property
    def avoids_tests(self) -> bool:
        """Whether something is left out of what is learned for being among test problems."""
        return bool(self.mixture or self.perturbed or self.on_overlap == "remove")
