"""A leaderboard: its figures against other implementations, what is compared, and what is said."""

from __future__ import annotations

import dataclasses
import itertools
import json
import random
import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.multitest import multipletests

from leaderboard_runs import problems_of, write_run, write_standalone
from netgain.analysis.comparing.likeness import Asked, Outcomes, agreements, kappa, overlap
from netgain.analysis.comparing.model_entries import ModelEntry, RunEntry
from netgain.analysis.comparing.ranking import MOST_GROUPS, letter_groups, letters_of, open_ranks
from netgain.analysis.comparing.standings import leaderboard, turned
from netgain.analysis.estimates.seeds import several_seeds
from netgain.errors import EvaluationError, RunError, StorageError
from netgain.pipeline.comparing_runs import compare_runs
from netgain.records import Leaderboard, ModelRole, RankedModel
from netgain.reporting import drawing, json_report
from netgain.reporting.blocks import Grid
from netgain.reporting.leaderboard import RECORD, drawn, write_leaderboard
from netgain.reporting.leaderboard.board_document import board_document
from netgain.store import read_json, write_json
from netgain.store.parts import OF, Part, read_part, write_part

Right = Sequence[bool]


def run_entry(name: str, models: Mapping[ModelRole, Right], **more: Any) -> RunEntry:
    """A run whose models got these problems right."""
    n = len(next(iter(models.values())))
    asked = {f"q{i}": Asked(f"p{i}", f"How much is {i}?", None) for i in range(n)}
    entries = tuple(
        ModelEntry(role, "small", {f"q{i}": (r,) for i, r in enumerate(right)}, f"{role} of {name}",
                extracted={f"q{i}": "right" if r else "wrong" for i, r in enumerate(right)})
        for role, right in models.items()
    )  # fmt: skip
    return RunEntry(name, "made", asked, entries, **more)


def drawn_rights(shares: Sequence[float], n: int = 200, seed: int = 1) -> list[list[bool]]:
    """Models that find the same problems hard, the more able ones right more often."""
    rng = random.Random(seed)
    hard = [rng.random() for _ in range(n)]
    return [[share > 0.7 * h + 0.3 * rng.random() for h in hard] for share in shares]


def board_of(rights: Sequence[Right]) -> Leaderboard:
    return leaderboard([run_entry(f"run{i}", {"tuned": right}) for i, right in enumerate(rights)])


def by_name(board: Leaderboard) -> dict[str, RankedModel]:
    return {m.name: m for m in board.models}


# -- pairs ---------------------------------------------------------------------------------


def test_pairs_have_the_p_values_of_mcnemar_and_of_holm_elsewhere() -> None:
    rights = drawn_rights([0.3, 0.33, 0.36, 0.6])
    board = board_of(rights)
    of = {f"run{i}": np.array(right) for i, right in enumerate(rights)}
    for pair in board.pairs:
        a, b = of[pair.reference], of[pair.other]
        table = [[(a & b).sum(), (a & ~b).sum()], [(~a & b).sum(), (~a & ~b).sum()]]
        theirs = mcnemar(table, exact=True).pvalue
        assert 0.5 * theirs <= pair.p_value <= theirs
        assert pair.won == (~a & b).sum() and pair.lost == (a & ~b).sum()
        assert pair.difference.value == pytest.approx(b.mean() - a.mean())
    expected = [p.p_value for p in board.pairs]
    reject, adjusted, *_ = multipletests(expected, alpha=0.05, method="holm")
    assert [p.adjusted_p for p in board.pairs] == pytest.approx(list(adjusted))
    assert [p.verdict != "no detectable change" for p in board.pairs] == list(reject)
    assert any(reject) and not all(reject)


def test_differences_to_the_best_and_to_the_own_base_are_the_pair_s_either_way_round() -> None:
    low, middle, high = drawn_rights([0.3, 0.5, 0.7])
    board = leaderboard([
        run_entry("up", {"base": low, "tuned": high}),
        run_entry("down", {"base": middle, "tuned": low}),
    ])  # fmt: skip
    models = by_name(board)
    gain = models["up"].to_base
    assert models["up"].to_best is None and gain is not None
    assert gain.verdict == "improved" and gain.difference.value == pytest.approx(
        np.mean(high) - np.mean(low)
    )
    loss = models["down"].to_base
    assert loss is not None and loss.verdict == "worse" and (loss.difference.value or 0) < 0
    again = turned(turned(gain))
    assert again == gain
    behind = models["down"].to_best
    assert behind is not None and behind.reference == "up" and behind.verdict == "worse"


# -- letters and ranks ---------------------------------------------------------------------


def test_letters_of_the_textbook_case_where_each_differs_from_all_but_its_neighbours() -> None:
    different = [(i, j) for i, j in itertools.combinations(range(5), 2) if j - i > 1]
    groups = letter_groups(5, different)
    assert groups is not None
    assert ["".join(each) for each in letters_of(groups, 5)] == ["a", "ab", "bc", "cd", "d"]


def test_a_letter_is_shared_just_where_a_pair_is_not_told_apart_and_none_is_spare() -> None:
    rng = random.Random(5)
    for _ in range(200):
        n = rng.randint(2, 7)
        pairs = list(itertools.combinations(range(n), 2))
        different = [pair for pair in pairs if rng.random() < rng.random()]
        groups = letter_groups(n, different)
        assert groups is not None
        letters = letters_of(groups, n)
        for i, j in pairs:
            assert bool(set(letters[i]) & set(letters[j])) == ((i, j) not in different)
        largest = [
            set(s) for size in range(1, n + 1) for s in itertools.combinations(range(n), size)
            if not any(set(pair) <= set(s) for pair in different)
        ]  # fmt: skip
        largest = [s for s in largest if not any(s < other for other in largest)]
        assert sorted(map(sorted, largest)) == sorted(map(sorted, groups))


def test_groups_that_would_double_without_end_are_given_up_and_it_is_said() -> None:
    matching = [(2 * i, 2 * i + 1) for i in range(12)]
    assert letter_groups(24, matching) is None
    assert len(letter_groups(12, matching[:6]) or []) == 2**6 < MOST_GROUPS


def test_open_ranks_hold_every_order_that_the_decisions_allow() -> None:
    ahead = [(0, 2), (0, 3), (1, 3)]
    orders = [
        order for order in itertools.permutations(range(4))
        if all(order.index(a) < order.index(b) for a, b in ahead)
    ]  # fmt: skip
    for model, (best, worst) in enumerate(open_ranks(4, ahead)):
        ranks = [order.index(model) + 1 for order in orders]
        assert (best, worst) == (min(ranks), max(ranks))


def test_letters_and_ranks_of_a_board_go_by_its_pairs() -> None:
    board = board_of(drawn_rights([0.2, 0.4, 0.41, 0.9]))
    best, *rest = board.models
    assert best.ranks == (1, 1) and best.place == 1
    assert all(not set(best.letters) & set(other.letters) for other in rest)
    middle = rest[0].letters, rest[1].letters
    assert set(middle[0]) & set(middle[1])
    assert rest[0].ranks == rest[1].ranks == (2, 3)
    assert "is ahead of each of the 3 others" in board.sentence


# -- agreement -----------------------------------------------------------------------------


@pytest.mark.parametrize("counts", [(20, 5, 9, 66), (1, 30, 29, 2), (50, 1, 0, 3)])
def test_kappa_and_its_interval_are_those_of_statsmodels(counts: tuple[int, ...]) -> None:
    found = kappa(*counts)
    other = cohens_kappa(np.array(counts).reshape(2, 2))
    assert found.value == pytest.approx(other.kappa)
    assert found.interval is not None
    assert found.interval[0] == pytest.approx(max(-1, other.kappa_low))
    assert found.interval[1] == pytest.approx(min(1, other.kappa_upp))


@pytest.mark.parametrize("counts", [(10, 0, 0, 0), (0, 0, 0, 10)])
def test_kappa_of_models_that_are_always_or_never_right_is_undefined(
    counts: tuple[int, int, int, int],
) -> None:
    found = kappa(*counts)
    assert found.value is None and "cannot but agree" in found.why_no_interval


def test_agreement_counts_outcomes_and_the_same_wrong_answers() -> None:
    one = Outcomes("one", [True, True, False, False, False], ["1", "2", "7", None, "9"])
    two = Outcomes("two", [True, False, False, False, False], ["1", "5", "7", None, "8"])
    (pair,) = agreements([one, two])
    assert pair.same_outcome.estimate.value == pytest.approx(4 / 5)
    assert pair.both_wrong == 3
    # No answer at all is no same answer.
    assert pair.same_wrong_answer.estimate.value == pytest.approx(1 / 3)
    unknown = agreements([one, dataclasses.replace(two, extracted=None)])[0]
    assert unknown.same_wrong_answer.estimate.value is None


def test_overlap_counts_solvers_and_lists_what_one_alone_solved() -> None:
    models = [
        Outcomes("a", [True, True, False, False], None),
        Outcomes("b", [True, False, True, False], None),
        Outcomes("c", [True, False, True, False], None),
    ]
    found = overlap(models, [Asked(f"p{i}", f"q{i}", "sums") for i in range(4)])
    assert found.solved_by == (1, 1, 1, 1)
    assert found.alone == (("a", 1), ("b", 0), ("c", 0))
    assert [(p.problem_id, p.model) for p in found.solved_by_one] == [("p1", "a")]


# -- which models, on which problems -------------------------------------------------------

BASE = [True] * 10 + [False] * 30
ONE = [True] * 22 + [False] * 18
TWO = [False] * 4 + [True] * 26 + [False] * 10


def test_a_base_that_several_runs_share_is_listed_once(tmp_path: Path) -> None:
    runs = [
        write_run(tmp_path / name, {"base": BASE, "tuned": tuned})
        for name, tuned in (("one", ONE), ("two", TWO))
    ]
    board = compare_runs(runs)
    assert [(m.name, m.role) for m in board.models] == [
        ("two", "tuned"), ("one", "tuned"), ("owner/small-model", "base"),
    ]  # fmt: skip
    base = board.models[-1]
    assert base.runs == ("one", "two") and base.to_base is None
    assert all(m.base == base.name and m.to_base is not None for m in board.models[:2])


def test_bases_asked_alike_whose_answers_differ_are_listed_apart(tmp_path: Path) -> None:
    runs = [
        write_run(tmp_path / "one", {"base": BASE, "tuned": ONE}),
        write_run(tmp_path / "two", {"base": [False, *BASE[1:]], "tuned": TWO}),
    ]
    board = compare_runs(runs)
    assert sum(m.role == "base" for m in board.models) == 2
    assert any("and yet some answers differ" in c for c in board.caveats)
    own = {m.name: m.base for m in board.models if m.role == "tuned"}
    assert own["one"] != own["two"]


def test_a_copy_of_a_run_is_no_other_model(tmp_path: Path) -> None:
    one = write_run(tmp_path / "a" / "same", {"base": BASE, "tuned": ONE})
    two = write_run(tmp_path / "b" / "same", {"base": BASE, "tuned": ONE})
    board = compare_runs([one, two])
    assert [m.name for m in board.models] == ["a/same", "owner/small-model"]
    assert any("hold the same model" in c for c in board.caveats)


def test_only_problems_that_all_answered_are_compared_and_the_rest_is_said(tmp_path: Path) -> None:
    whole = write_run(tmp_path / "whole", {"base": BASE, "tuned": ONE})
    part = write_run(tmp_path / "part", {"tuned": TWO[:25]}, problems_of(25))
    board = compare_runs([whole, part])
    assert board.n == 25
    assert all(m.accuracy.estimate.n == 25 for m in board.models)
    assert board.caveats[0] == (
        "Only the 25 problems that all models answered are compared; left out are 15 of whole."
    )


def test_problems_are_the_same_where_question_and_answer_are_whatever_their_ids(
    tmp_path: Path,
) -> None:
    renamed = [dataclasses.replace(p, id=f"x{p.id}") for p in problems_of(40)]
    one = write_run(tmp_path / "one", {"tuned": ONE})
    two = write_run(tmp_path / "two", {"tuned": TWO}, renamed)
    assert compare_runs([one, two]).n == 40
    others = [dataclasses.replace(p, question=f"Other: {p.question}") for p in problems_of(40)]
    three = write_run(tmp_path / "three", {"tuned": TWO}, others)
    with pytest.raises(
        EvaluationError, match=r"nothing can be compared.*one has 40 problems, such"
    ):
        compare_runs([one, three])
    with pytest.raises(EvaluationError, match="these share some: one, two"):
        compare_runs([one, two, three])


def test_evaluations_alone_stand_beside_runs_and_several_answers_count_as_shares(
    tmp_path: Path,
) -> None:
    run = write_run(tmp_path / "run", {"base": BASE, "tuned": ONE})
    drawn_answers = write_standalone(tmp_path / "drawn", TWO, samples=3)
    other = write_standalone(tmp_path / "server", TWO, adapter="served")
    board = compare_runs([run, drawn_answers, other])
    models = by_name(board)
    assert models["drawn"].answers_each == "3 answers each"
    assert models["drawn"].accuracy.estimate.value == pytest.approx(np.mean(TWO))
    assert any("different numbers of answers a problem" in c for c in board.caveats)
    assert "drawn" not in {a.first for a in board.agreements} | {a.second for a in board.agreements}
    assert board.agreement_notes == (
        "drawn has several answers a problem and has no part in this.",
    )
    assert any("same conditions (temperature, samples)" in c for c in board.caveats)


def test_an_evaluation_inside_a_run_is_called_with_it_and_is_the_run_s_own_base(
    tmp_path: Path,
) -> None:
    run = write_run(tmp_path / "run", {"base": BASE, "tuned": ONE})
    board = compare_runs([run / "evaluations" / "base", run])
    assert [r.name for r in board.runs] == ["run/evaluations/base", "run"]
    base = by_name(board)["owner/small-model"]
    assert base.runs == ("run/evaluations/base", "run") and by_name(board)["run"].base == base.name
    others = [write_run(tmp_path / n, {"tuned": TWO}, seed=i) for i, n in enumerate(("two", "six"))]
    (run / "data" / "test.jsonl").write_text("{}")
    (left_out,) = compare_runs([run / "evaluations" / "base", *others]).left_out
    assert left_out.why.startswith("run/data/test.jsonl lacks the SHA-256")


def test_other_prompts_are_found_by_what_was_asked(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", {"base": BASE, "tuned": ONE})
    other = write_standalone(tmp_path / "other", TWO)
    for part in (tmp_path / "other" / "generations").iterdir():
        answers = [dataclasses.replace(g, prompt_digest="b") for g in read_part(part)]
        write_part(part, answers, Part(part).marks[OF])
    assert any("asked in 2 different ways" in c for c in compare_runs([run, other]).caveats)


def test_settings_that_differ_are_named_with_their_values(tmp_path: Path) -> None:
    runs = [
        write_run(tmp_path / "one", {"tuned": ONE}, learning_rate=1e-4),
        write_run(tmp_path / "two", {"tuned": TWO}, learning_rate=2e-4),
    ]
    board = compare_runs(runs)
    assert [(d.setting, d.values) for d in board.differences] == [
        ("train.learning_rate", ("0.0001", "0.0002"))
    ]


def test_runs_that_differ_in_the_seed_alone_give_the_spread_of_the_gain(tmp_path: Path) -> None:
    tuned = [ONE, TWO, [*ONE[5:], *ONE[:5]]]
    runs = [
        write_run(tmp_path / f"s{seed}", {"base": BASE, "tuned": right}, seed=seed)
        for seed, right in enumerate(tuned)
    ]
    other = write_run(tmp_path / "other", {"base": BASE, "tuned": TWO}, seed=9, epochs=1)
    (spread,) = compare_runs([*runs, other]).seeds
    assert spread.runs == ("s0", "s1", "s2") and spread.seeds == (0, 1, 2)
    expected = several_seeds([[t - b for t, b in zip(r, BASE, strict=True)] for r in tuned])
    assert spread.over_both.estimate == expected.over_both
    assert [g.estimate.value for g in spread.gains] == pytest.approx(list(expected.by_seed))
    assert spread.between_seeds.estimate.value == expected.between_seeds


def test_where_nothing_varied_nothing_was_chosen_and_no_spread_is_known(tmp_path: Path) -> None:
    """So it was with two seeds that solved none of ten problems."""
    none = {"base": [False] * 10, "tuned": [False] * 10}
    runs = [write_run(tmp_path / f"s{seed}", none, problems_of(10), seed=seed) for seed in (1, 2)]
    other = write_run(tmp_path / "other", {"tuned": [False] * 10}, problems_of(10), epochs=1)
    board = compare_runs([*runs, other])
    assert not any("picked by the very figures" in c for c in board.caveats)
    (spread,) = board.seeds
    assert spread.between_seeds.estimate.value is None
    write_leaderboard(board, tmp_path / "out")
    page = (tmp_path / "out" / "leaderboard.md").read_text()
    assert "0 points (interval not known: no spread between seeds or problems was seen)" in page


# -- what cannot be used -------------------------------------------------------------------


def test_a_damaged_or_unfinished_run_is_left_out_and_said(tmp_path: Path) -> None:
    runs = [
        write_run(tmp_path / name, {"base": BASE, "tuned": tuned})
        for name, tuned in (("one", ONE), ("two", TWO), ("cut", TWO), ("begun", TWO))
    ]
    part = tmp_path / "cut" / "evaluations" / "tuned" / "generations" / "part-00000.parquet"
    part.write_bytes(part.read_bytes()[:200])
    for model in ("base", "tuned"):
        (tmp_path / "begun" / "evaluations" / model / "evaluation.json").unlink()
    board = compare_runs(runs)
    assert [each.run for each in board.left_out] == ["cut", "begun"]
    assert "no finished evaluation" in board.left_out[1].why
    assert not any(str(tmp_path) in each.why for each in board.left_out)
    assert {m.name for m in board.models} == {"one", "two", "owner/small-model"}
    with pytest.raises(EvaluationError, match="of 2 runs one can be used") as caught:
        compare_runs([runs[0], runs[2]])
    assert "- cut:" in str(caught.value)


def test_what_is_no_run_or_stands_there_twice_is_refused(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", {"base": BASE, "tuned": ONE})
    with pytest.raises(RunError, match="given twice"):
        compare_runs([run, tmp_path / "." / "run"])
    with pytest.raises(RunError, match="nothing is no folder"):
        compare_runs([run, tmp_path / "nothing"])
    with pytest.raises(RunError, match="is no run directory"):
        compare_runs([run, tmp_path])
    alone = write_run(tmp_path / "alone", {"tuned": ONE})
    same = write_run(tmp_path / "x" / "alone", {"tuned": ONE})
    with pytest.raises(EvaluationError, match="from 2 to 50 different models, and 1 was found"):
        compare_runs([alone, same])


# -- the files -----------------------------------------------------------------------------


class Page(HTMLParser):
    """What a page holds: tags with their attributes, ids, and text outside scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._silent = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._silent = tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self._silent else data


HOSTILE = "<img src=x onerror=alert(1)> | **bold** \x1b[31m‮ teacher-forced"


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Leaderboard:
    """Two runs and an evaluation with hostile names."""
    root = tmp_path_factory.mktemp("board")
    runs = [
        write_run(root / "one", {"base": BASE, "tuned": ONE}, price=1.5),
        write_run(root / HOSTILE, {"base": BASE, "tuned": TWO}, price=1.5, epochs=1),
        write_standalone(root / "alone", [*TWO[1:], True]),
    ]
    return compare_runs(runs)


@pytest.fixture(scope="module")
def written(board: Leaderboard, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written") / "out"
    write_leaderboard(board, folder)
    return folder


def test_the_page_holds_every_part_and_each_link_of_its_contents_leads_somewhere(
    written: Path, board: Leaderboard
) -> None:
    page = Page((written / "leaderboard.html").read_text())
    ids = [a["id"] for _, a in page.tags if a.get("id")]
    assert len(ids) == len(set(ids))
    links = {a["href"] for t, a in page.tags if t == "a" and a.get("href")}
    assert {f"#{name}" for name in ("verdict", "ranking", "pairs", "agreement", "training", "cost",
                                    "differences", "runs", "glossary")} <= links  # fmt: skip
    assert {link[1:] for link in links if link and link.startswith("#")} <= {*ids}
    told = " ".join(page.text.split())
    for words in ("Models that share a letter cannot be told apart", "Against its base",
                  "Cohen's kappa", "train.epochs", "Problems that one model alone"):  # fmt: skip
        assert words in told


def test_hostile_names_stay_text_in_every_file(written: Path) -> None:
    text = (written / "leaderboard.html").read_text()
    page = Page(text)
    assert not [a for t, a in page.tags if t == "img"]
    assert not [a for _, a in page.tags if "style" in a or any(k.startswith("on") for k in a)]
    assert "<img src=x" not in re.sub(r"<script.*?</script>", "", text, flags=re.S)
    assert "⟨U+001B⟩" in page.text and "\x1b" not in text and "\u202e" not in text
    markdown = (written / "leaderboard.md").read_text()
    assert "<img" not in markdown and "**bold**" not in markdown and "\x1b" not in markdown
    record = (written / "leaderboard.json").read_text()
    assert "\x1b" not in record and "\u202e" not in record
    assert HOSTILE in {m["name"] for m in json.loads(record)["models"]}


def test_the_same_records_give_the_same_bytes_and_no_path_of_this_machine(
    written: Path, board: Leaderboard, tmp_path: Path
) -> None:
    write_leaderboard(board, tmp_path / "again")
    names = sorted(path.name for path in written.iterdir())
    assert names == sorted(path.name for path in (tmp_path / "again").iterdir())
    for name in names:
        content = (written / name).read_bytes()
        assert content == (tmp_path / "again" / name).read_bytes(), name
        assert b"pytest-of" not in content
    assert read_json(written / RECORD)["format_version"] == 1


def test_markdown_shows_its_charts_and_its_tables_are_whole(written: Path) -> None:
    text = (written / "leaderboard.md").read_text()
    for file in re.findall(r"!\[[^\]]*\]\((\S+)\)", text.replace("\\]", "")):
        assert (written / file).read_text().startswith("<svg")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    tables = itertools.groupby(rows, key=lambda row: len(re.findall(r"(?<!\\)\|", row)))
    assert all(columns > 2 for columns, _ in tables)


def test_curves_differ_without_colour(board: Leaderboard) -> None:
    many = tuple(dataclasses.replace(board.curves[0], run=f"run{i}") for i in range(20))
    line, dots = drawn(dataclasses.replace(board, curves=many))["validation-by-tokens"].spec[
        "layer"
    ]
    dashes = line["encoding"]["strokeDash"]["scale"]["range"]
    shapes = dots["encoding"]["shape"]["scale"]["range"]
    assert len({(tuple(dash), shape) for dash, shape in zip(dashes, shapes, strict=True)}) == 20


def test_curves_go_by_tokens_where_all_runs_have_them_and_every_value_is_in_the_table(
    board: Leaderboard,
) -> None:
    charts = drawn(board)
    assert [*charts] == ["ranking", "validation-by-tokens", "training-by-tokens"]
    chart = charts["validation-by-tokens"]
    assert len(chart.rows) == 2 * 6 and chart.rows[-1][1:4] == ("20", "2", "2000")
    assert "one from" in chart.alt and "lowest" in chart.alt
    bare = tuple(
        dataclasses.replace(
            curve, points=tuple(dataclasses.replace(p, tokens=None) for p in curve.points)
        )
        for curve in board.curves[:1]
    )
    without = drawn(dataclasses.replace(board, curves=(*bare, *board.curves[1:])))
    assert "validation-by-epoch" in without and "validation-by-tokens" not in without


def test_what_training_took_stands_beside_the_accuracy(board: Leaderboard) -> None:
    [part] = [s for s in board_document(board, drawn(board)).parts if s.name == "cost"]
    [grid] = [block for block in part.blocks if isinstance(block, Grid)]
    assert grid.columns[:2] == ("Model", "Accuracy") and "Cost of training" in grid.columns
    assert [row[0] for row in grid.rows] == [m.name for m in board.models]
    assert any("0.025 USD" in str(cell) for row in grid.rows for cell in row)


def test_nothing_is_written_where_others_keep_files_and_an_old_chart_goes(
    board: Leaderboard, tmp_path: Path
) -> None:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "letter.txt").write_text("mine")
    with pytest.raises(StorageError, match=r"holds other files and no leaderboard\.json"):
        write_leaderboard(board, foreign)
    assert [path.name for path in foreign.iterdir()] == ["letter.txt"]
    with pytest.raises(StorageError, match="is a file"):
        write_leaderboard(board, foreign / "letter.txt")
    ours = tmp_path / "ours"
    write_leaderboard(board, ours)
    assert (ours / "chart-training-by-tokens.svg").exists()
    (ours / "chart-of-mine.svg").write_text("mine")
    write_leaderboard(dataclasses.replace(board, curves=()), ours)
    assert not (ours / "chart-training-by-tokens.svg").exists()
    assert (ours / "chart-of-mine.svg").read_text() == "mine"


@pytest.mark.parametrize("name", ["constructor", "toString", "valueOf", "__proto__"])
def test_a_run_may_bear_the_name_of_what_every_javascript_object_has(
    board: Leaderboard, name: str
) -> None:
    first, *others = board.models
    named = dataclasses.replace(board, models=(dataclasses.replace(first, name=name), *others))
    for chart in drawn(named).values():
        assert chart.name != "ranking" or name in drawing.svg(chart)
        drawing.live(chart)


def test_a_file_that_cannot_be_written_leaves_the_old_leaderboard(
    board: Leaderboard, tmp_path: Path
) -> None:
    old = json_report.plain(dataclasses.replace(board, title="old"))
    write_json(tmp_path / RECORD, old)
    (tmp_path / "leaderboard.md").mkdir()
    with pytest.raises(StorageError, match="could not be written"):
        write_leaderboard(board, tmp_path)
    assert read_json(tmp_path / RECORD) == old
    assert {path.name for path in tmp_path.iterdir()} == {RECORD, "leaderboard.md"}
