"""`netgain.run`, `train`, `load_run` and `report`: a recipe done, and what its folder tells."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal

from netgain import pipeline, provenance
from netgain.api.answer_rows import refuse_others
from netgain.api.beforehand import folder_of, no_empty_folder, refuse_before_beginning, sources
from netgain.api.display import Display
from netgain.api.recipes import AnyRecipe, Changes, recipe_of
from netgain.api.shown import Line, Part, Shown, Table
from netgain.errors import UsageError
from netgain.pipeline.comparing_runs import compare_runs
from netgain.pipeline.rebuilding import rebuild, refuse_no_run
from netgain.pipeline.run_findings import findings_of
from netgain.recipe import Recipe
from netgain.records import Comparison, Findings, Leaderboard
from netgain.reporting.json_report import plain
from netgain.reporting.leaderboard import RECORD, write_leaderboard
from netgain.reporting.main_parts import PROPOSALS
from netgain.reporting.phrases import ADVICE_NOTE, conclusion
from netgain.reporting.writing import refuse_foreign
from netgain.store import RunDirectory, read_json
from netgain.wording import capital, metric_words, one_line

Only = Literal["all", "train", "evaluate", "report"]
LEADERBOARD = Path("leaderboard")


@dataclass(frozen=True, repr=False)
class Run(Shown):
    """A run directory. What is asked of it is read from its records, and checked."""

    folder: Path
    told: str = ""  # the verdict, where a report was made just now

    @property
    def recipe(self) -> Recipe:
        return RunDirectory(self.folder).recipe()

    @cached_property
    def findings(self) -> Findings:
        """Everything that is known of the run, as its report has it."""
        return findings_of(RunDirectory(self.folder))

    @property
    def verdict(self) -> str:
        """The verdict in a sentence."""
        return self.told or self.findings.verdict

    @property
    def comparison(self) -> Comparison | None:
        """Base and trained model on the test problems; None where one has not answered them."""
        return self.findings.comparison

    @property
    def trained(self) -> Path | None:
        """The folder of the trained weights (an adapter, or a whole model); None without any."""
        directory = RunDirectory(self.folder)
        return directory.adapter if directory.has_adapter() else None

    @property
    def page(self) -> Path | None:
        """The report as one HTML file; None where it was not made."""
        page = self.folder / "report" / "report.html"
        return page if page.exists() else None

    def parts(self) -> Iterator[Part]:
        found = self.findings
        yield Line(one_line(found.verdict), "bold")
        yield from figures_of(found)
        yield Line(str(self.page or self.folder))

    def remarks(self) -> list[str]:
        return [c.text for c in self.findings.concerns if c.severity == "grave"]

    def plain(self) -> dict[str, Any]:
        return dict(plain(self.findings))


def figures_of(found: Findings) -> Iterator[Part]:
    """The figures of a report's first screen, its conclusion and its first proposals."""
    rows = [(capital(m.name), metric_words(m)) for m in found.key_metrics]
    if rows:
        yield Table(rows, ("figure", "value"))
    sentences = list(conclusion(found))
    yield Line(one_line(" ".join(sentences)))
    if ADVICE_NOTE in sentences:
        for number, advice in enumerate(found.advice[:PROPOSALS], start=1):
            yield Line(one_line(f"{number}. {advice.do}."))


@dataclass(frozen=True, repr=False)
class Report(Shown):
    """A report that was written: its first sentence, its page, and the runs that it leaves out."""

    sentence: str
    page: Path
    record: Findings | Leaderboard
    left_out: tuple[tuple[str, str], ...] = ()

    def parts(self) -> Iterator[Part]:
        yield Line(one_line(self.sentence), whole=True)
        yield Line(str(self.page), whole=True)

    def remarks(self) -> list[str]:
        return [f"{one_line(name)} is left out: {one_line(why)}" for name, why in self.left_out]

    def plain(self) -> dict[str, Any]:
        return dict(plain(self.record))


def run(
    recipe: AnyRecipe,
    changes: Changes = (),
    *,
    only: Only = "all",
    out: str | Path | None = None,
    quiet: bool = False,
) -> Run:
    """Train, evaluate base and tuned, and report. If interrupted, the same call goes on.

    Args:
        recipe, changes: as `load_recipe` takes them.
        only: one stage of it: "train", "evaluate" or "report".
        out: the run directory; runs/NAME-DIGEST if not given.
        quiet: say nothing of how far it is on standard error.

    Raises:
        NetgainError: with one clear line; what was finished stays.

    >>> import netgain
    >>> run = netgain.run("recipe.yaml", {"train.epochs": 1}, quiet=True)
    >>> run.comparison.n, run.page.name
    (8, 'report.html')
    >>> print(run.verdict)
    This run cannot answer whether training helps: both models solve almost none of the 8 ...
    """
    if only not in pipeline.PARTS:
        raise UsageError("only", f"{only!r:.60} is none of {', '.join(pipeline.PARTS)}")
    loaded = recipe_of(recipe, changes, partial(sources, out=out, only=only))
    folder = folder_of(loaded, out)
    refuse_before_beginning(loaded, folder, only)
    with no_empty_folder(folder), Display(quiet) as display:
        pipeline.run(loaded, folder, only, provenance.command_line(), display.progress)
    if "report" not in pipeline.PARTS[only]:
        return Run(folder)
    return Run(folder, read_json(folder / "report" / "report.json")["verdict"])


def train(
    recipe: AnyRecipe,
    changes: Changes = (),
    *,
    out: str | Path | None = None,
    quiet: bool = False,
) -> Run:
    """Train, and nothing else: `run` with only="train".

    `run` of the same recipe goes on from there: it evaluates and reports.

    >>> import netgain
    >>> run = netgain.train("recipe.yaml", ["train.epochs=1"], quiet=True)
    >>> sorted(path.name for path in run.trained.glob("adapter*"))
    ['adapter_config.json', 'adapter_model.safetensors']
    """
    return run(recipe, changes, only="train", out=out, quiet=quiet)


def load_run(folder: str | Path) -> Run:
    """A run that was done, from its directory. Needs no torch.

    Raises:
        RunError: it is no run directory.

    >>> import netgain
    >>> done = netgain.run("recipe.yaml", {"train.epochs": 1}, quiet=True)
    >>> run = netgain.load_run(done.folder)
    >>> run.comparison.both + run.comparison.lost + run.comparison.won + run.comparison.neither
    8
    >>> run.recipe.train.epochs
    1.0
    """
    refuse_others(Path(folder))
    refuse_no_run(Path(folder))
    return Run(Path(folder))


def report(*runs: str | Path, out: str | Path | None = None) -> Report:
    """Make a run's report anew from its records, or a leaderboard of several runs. Needs no torch.

    Args:
        runs: one run directory; or two and more, of `run` and `evaluate`.
        out: where to write; RUN/report, or of several runs leaderboard.

    Raises:
        RunError: one is no run directory, or there twice.
        NetgainError: nothing in them can be reported.

    >>> import netgain
    >>> done = netgain.run("recipe.yaml", {"train.epochs": 1}, quiet=True)
    >>> netgain.report(done.folder, out="published").page.as_posix()
    'published/report.html'
    """
    folders: Sequence[Path] = [Path(run) for run in runs]
    if not folders:
        raise UsageError("runs", "give a run directory, or several")
    for folder in folders:
        refuse_others(folder)
    if len(folders) == 1:
        findings, page = rebuild(folders[0], None if out is None else Path(out))
        return Report(findings.verdict, page, findings)
    into = LEADERBOARD if out is None else Path(out)
    refuse_foreign(into, RECORD)
    faults: list[tuple[str, str]] = []
    board = compare_runs(folders, lambda name, why: faults.append((name, why)))
    page, *_ = write_leaderboard(board, into)
    return Report(board.sentence, page, board, tuple(faults))
