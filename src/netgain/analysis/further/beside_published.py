"""A run's own accuracy beside what the base model's makers published."""

from netgain.analysis.comparing.contest import ComparedModel
from netgain.analysis.comparing.published import (
    PublishedScore,
    against_published,
    is_benchmark,
    published_scores,
)
from netgain.analysis.inputs import RunRecords
from netgain.analysis.model_figures import accuracy
from netgain.records import Estimate, FurtherResult, FurtherTable, Metric


def beside_published(records: RunRecords) -> tuple[FurtherResult, ...]:
    """What is on record for the base model on these problems' benchmark; () where nothing is.

    A model from a file of its own is the published one only where the recipe says so.
    """
    settings = records.recipe["data"]
    source = str(settings.get("test_source") or records.split["source"])
    model = records.recipe["model"]
    published_as = str(model.get("same_as") or model["id"])
    found = [
        row
        for row in published_scores()
        if row.model.casefold() == published_as.casefold() and is_benchmark(source, row.benchmark)
    ]
    # No published benchmark has so many problems that only a sample of them was read.
    if not found or not records.grades or records.whole is not None:
        return ()
    return (_beside(records, found[0], source),)


def _beside(records: RunRecords, row: PublishedScore, source: str) -> FurtherResult:
    compared_models = {
        m: ComparedModel(f"the {m} model", {g.problem_id: (g.correct,) for g in grades}, source)
        for m, grades in records.grades.items()
    }
    told = {m: against_published(c, row) for m, c in compared_models.items()}
    quoted = Estimate(row.score, row.source, why_no_interval="as its source gives it", n=row.n)
    rows = [("published", Metric(f"accuracy of {row.model}", "share", "published", quoted))]
    rows += [(m, accuracy(m, records.answered(m).correct)) for m in records.grades]
    caveats = dict.fromkeys(c for t in told.values() for c in t.caveats)
    return FurtherResult(
        title="Beside published figures",
        kind="published",
        sentences=tuple(f"The {m} model. {t.sentence}" for m, t in told.items()),
        tables=(
            FurtherTable("Accuracy, published and measured", ("Model", "Accuracy"), tuple(rows)),
        ),
        caveats=tuple(caveats),
    )
