"""What a model card needs beside the figures: how to use the adapter, and what may be quoted."""

from dataclasses import dataclass

from netgain.records.figures import Metric, MetricKind

QUOTABLE: frozenset[MetricKind] = frozenset({"generated", "choice_loglikelihood"})


@dataclass(frozen=True)
class HubData:
    """A data set on the Hugging Face Hub; what is not known of the part that was used is None."""

    id: str  # owner/name
    config: str | None = None
    split: str | None = None
    revision: str | None = None


@dataclass(frozen=True)
class PublishedResult:
    """A share of right answers of the tuned model, fit to stand beside others' results.

    `data` names the problems for people, and the part of them; `hub` is None where they are not on
    the Hub. `conditions` say how they were asked and read.

    Raises:
        ValueError: the figure is no share of right answers, a teacher-forced one above all.
    """

    data: str
    hub: HubData | None
    metric: Metric
    conditions: str

    def __post_init__(self) -> None:
        if self.metric.kind not in QUOTABLE or self.metric.unit != "share":
            raise ValueError(
                f"{self.metric.name!r} ({self.metric.kind}, {self.metric.unit or 'no unit'}) is "
                "no share of right answers, so it cannot be published as a result"
            )


@dataclass(frozen=True)
class Publication:
    """How the adapter is used as it was evaluated, and the results that may be quoted.

    `base` is the base model as the recipe names it: a Hub id where `base_on_hub`, else a local
    folder or "embedded"; `base_same_as` is the Hub id of the published model whose weights such a
    folder holds, as the recipe says. `base_words` names it for people, `data_words` the training
    data. `training_data` is None where that is not on the Hub. Answers end at `stop` texts or after
    `max_new_tokens`, and were computed in `precision` ("bf16" or "fp32"). `versions` are (package,
    version). `whole` says that all weights were trained, and not an adapter; `learned` what they
    learned from.
    """

    name: str
    base: str
    base_on_hub: bool
    base_revision: str | None
    base_words: str
    data_words: str
    training_data: HubData | None
    plain_template: bool  # the base has no chat template of its own
    precision: str
    max_new_tokens: int
    stop: tuple[str, ...]
    versions: tuple[tuple[str, str], ...]
    results: tuple[PublishedResult, ...]
    whole: bool = False
    base_same_as: str | None = None
    learned: str = "worked solutions"
