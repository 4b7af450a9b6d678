"""`netgain evaluate`: any model on any problems, without a recipe, gone on with after a stop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conftest import Done, netgain
from fake_server import Asked, Behaviour, FakeServer, closes, good, refusal, status
from netgain.errors import ServerError
from netgain.generate.answering import Asking
from netgain.generate.endpoint_server import Server
from netgain.generate.sampler import Sampling
from netgain.pipeline.standalone import Standalone, evaluate_alone
from netgain.recipe import parse_recipe
from netgain.store import EvaluationFolder

QUICK = ("--engine", "transformers", "--set", "evaluate.max_new_tokens=12")


@pytest.fixture(scope="module")
def problems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "problems.jsonl"
    rows = [{"question": f"What is {i} + {2 * i}?", "answer": f"#### {3 * i}"} for i in range(9)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def evaluated(model: Path, data: object, out: Path, *more: object) -> Done:
    return netgain("evaluate", model, "--data", data, "--out", out, *QUICK, *more)


def answers(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines()]


def test_a_file_of_problems_is_answered_graded_and_left_as_rows(
    tiny_model: Path, problems: Path, tmp_path: Path
) -> None:
    done = evaluated(tiny_model, problems, tmp_path / "e")
    assert done.returncode == 0, done.stderr
    assert "9 answers by transformers" in done.stdout
    rows = answers(tmp_path / "e")
    assert [row["question"] for row in rows][:2] == ["What is 0 + 0?", "What is 1 + 2?"]
    assert all(row["completion"] and row["model"] == "tiny-qwen2" for row in rows)
    graded = netgain("grade", tmp_path / "e" / "answers.jsonl", "--json")
    assert json.loads(graded.stdout)["models"]["tiny-qwen2"]["n"] == 9


def test_the_same_command_goes_on_after_a_stop_and_ends_with_the_same_answers(
    tiny_model: Path, problems: Path, tmp_path: Path
) -> None:
    small = ("--set", "evaluate.batch_size=2")
    assert evaluated(tiny_model, problems, tmp_path / "e", *small).returncode == 0
    folder, whole = EvaluationFolder(tmp_path / "e"), answers(tmp_path / "e")
    folder.summary_file.unlink()
    kept = folder.part(0).stat().st_mtime_ns
    folder.part(1).write_bytes(b"cut off")
    folder.part(3).unlink()
    done = evaluated(tiny_model, problems, tmp_path / "e", *small)
    assert done.returncode == 0, done.stderr
    assert "going on after 5 of 9 problems" in done.stderr
    assert answers(tmp_path / "e") == whole
    assert folder.part(0).stat().st_mtime_ns == kept


@pytest.mark.slow
def test_a_folder_with_another_evaluation_is_refused_and_kept(
    tiny_model: Path, problems: Path, tmp_path: Path
) -> None:
    assert evaluated(tiny_model, problems, tmp_path / "e").returncode == 0
    before = answers(tmp_path / "e")
    done = evaluated(tiny_model, problems, tmp_path / "e", "--samples", 2)
    assert done.returncode != 0
    assert "answers of another evaluation" in done.stderr and "samples" in done.stderr
    assert answers(tmp_path / "e") == before


def test_samples_are_drawn_and_reported_as_curves(
    tiny_model: Path, problems: Path, tmp_path: Path
) -> None:
    done = evaluated(tiny_model, problems, tmp_path / "e", "--samples", 4, "--json")
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["models"].values()
    assert found["samples"] == 36 and set(found["pass@k"]) == {"1", "2", "4"}
    assert all(len(set(row["completion"])) > 1 for row in answers(tmp_path / "e"))


@pytest.mark.slow
def test_revisions_are_stored_turn_by_turn_and_the_last_one_is_the_answer(
    tiny_model: Path, problems: Path, tmp_path: Path
) -> None:
    done = evaluated(
        tiny_model, problems, tmp_path / "e", "--revise", "Check.", "--revise", "Sure?"
    )
    assert done.returncode == 0, done.stderr
    generations = EvaluationFolder(tmp_path / "e").generations()
    assert sorted({g.turn for g in generations}) == [0, 1, 2] and len(generations) == 27
    last = {g.problem_id: g.text for g in generations if g.turn == 2}
    assert {row["id"]: row["completion"] for row in answers(tmp_path / "e")} == last


@pytest.mark.slow
def test_two_evaluations_are_compared_by_their_folders(
    tiny_model: Path, problems: Path, tmp_path: Path
) -> None:
    assert evaluated(tiny_model, problems, tmp_path / "a").returncode == 0
    longer = ("--set", "evaluate.max_new_tokens=14")
    assert evaluated(tiny_model, problems, tmp_path / "b", *longer).returncode == 0
    done = netgain("compare", tmp_path / "a", tmp_path / "b", "--json")
    assert done.returncode == 0, done.stderr
    (pair,) = json.loads(done.stdout)["pairs"]
    assert (pair["base"], pair["tuned"], pair["n"]) == ("a", "b", 9)


@pytest.mark.slow
def test_a_benchmark_of_choices_is_scored_and_gone_on_with(
    tiny_model: Path, tmp_path: Path
) -> None:
    rows = [
        {
            "id": f"q{i}", "question": f"Which is more than {i}?", "answerKey": "B",
            "choices": {"text": [str(i - 1), str(i + 1)], "label": ["A", "B"]},
        }
        for i in range(70)
    ]  # fmt: skip
    (tmp_path / "arc").mkdir()
    (tmp_path / "arc" / "test.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    data = f"arc_easy={tmp_path / 'arc'}"
    done = evaluated(tiny_model, data, tmp_path / "e", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["headline"] == "acc" and found["acc"]["n"] == 70
    folder = EvaluationFolder(tmp_path / "e")
    folder.summary_file.unlink()
    folder.score_part(1).unlink()
    again = evaluated(tiny_model, data, tmp_path / "e", "--json")
    assert json.loads(again.stdout) == found
    longer = evaluated(tiny_model, data, tmp_path / "f", "--set", "evaluate.precision=fp32")
    assert longer.returncode == 0, longer.stderr
    compared = netgain("compare", tmp_path / "e", tmp_path / "f", "--json")
    assert json.loads(compared.stdout)["pairs"][0]["n"] == 70, compared.stderr
    unheeded = evaluated(tiny_model, data, tmp_path / "g", "--samples", 2)
    assert unheeded.returncode == 1 and "leave out --samples, --temperature" in unheeded.stderr


def test_a_folder_with_other_files_is_refused_and_left_as_it_is(
    tiny_model: Path, problems: Path, tmp_path: Path
) -> None:
    own = tmp_path / "data" / "problems.jsonl"
    own.parent.mkdir()
    own.write_bytes(problems.read_bytes())
    done = evaluated(tiny_model, own, own.parent)
    assert done.returncode == 1
    assert "is not empty and no evaluation" in done.stderr
    assert own.read_bytes() == problems.read_bytes()
    assert [p.name for p in own.parent.iterdir()] == ["problems.jsonl"]
    done = evaluated(tiny_model, problems, own)
    assert done.returncode == 1 and "is a file" in done.stderr


@pytest.mark.slow
def test_answers_of_other_settings_are_not_thrown_away_before_the_end_either(
    tiny_model: Path, problems: Path, tmp_path: Path
) -> None:
    assert evaluated(tiny_model, problems, tmp_path / "e").returncode == 0
    folder = EvaluationFolder(tmp_path / "e")
    folder.summary_file.unlink()  # as if it had been stopped just before its end
    done = evaluated(tiny_model, problems, tmp_path / "e", "--set", "evaluate.batch_size=3")
    assert done.returncode == 1 and "batch_size" in done.stderr
    assert len(folder.generations()) == 9


@pytest.mark.slow
def test_a_damaged_summary_is_made_anew_from_the_answers(
    tiny_model: Path, problems: Path, tmp_path: Path
) -> None:
    assert evaluated(tiny_model, problems, tmp_path / "e").returncode == 0
    folder = EvaluationFolder(tmp_path / "e")
    kept = folder.part(0).stat().st_mtime_ns
    folder.summary_file.write_text("{")
    done = evaluated(tiny_model, problems, tmp_path / "e")
    assert done.returncode == 0, done.stderr
    assert folder.summary() is not None
    assert folder.part(0).stat().st_mtime_ns == kept


def test_a_server_is_asked_and_its_key_is_in_no_file_and_no_output(
    problems: Path, tmp_path: Path
) -> None:
    key = "sk-" + "k3y" * 8
    with FakeServer(lambda n, asked: good("It is 3.\n#### 3")) as server:
        done = netgain(
            "evaluate", "some-model", "--url", server.url, "--data", problems,
            "--out", tmp_path / "e", OPENAI_API_KEY=key,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "chat template: the server's own" in done.stdout
    assert all(asked.headers["Authorization"] == f"Bearer {key}" for asked in server.asked)
    rows = answers(tmp_path / "e")
    assert [row["completion"] for row in rows] == ["It is 3.\n#### 3"] * 9
    files = [p.read_bytes() for p in (tmp_path / "e").rglob("*") if p.is_file()]
    assert not any(key.encode() in content for content in files)
    assert key not in done.stdout + done.stderr


def test_answers_that_failed_are_asked_again_and_only_these(problems: Path, tmp_path: Path) -> None:
    def asked_of(server: FakeServer) -> Done:
        return netgain(
            "evaluate", "some-model", "--url", server.url, "--data", problems, "--out",
            tmp_path / "e", "--set", "evaluate.batch_size=2", OPENAI_API_KEY="k",
        )  # fmt: skip

    folder = EvaluationFolder(tmp_path / "e")
    with FakeServer(lambda n, a: refusal("no") if "4 + 8" in a.text else good("#### 3")) as server:
        assert asked_of(server).returncode == 0
        assert (summary := folder.summary()) is not None and summary.errors == 1
        before = {g.problem_id: g for g in folder.generations()}
        server.asked.clear()
        server.choose = lambda n, a: good("#### 12")
        done = asked_of(server)
    assert "answers that failed the last time (1) are asked again" in done.stderr
    assert ["4 + 8" in a.text for a in server.asked if "messages" in a.body] == [True]
    assert (summary := folder.summary()) is not None and summary.errors == 0
    after = {g.problem_id: g for g in folder.generations()}
    (changed,) = [i for i in after if after[i] != before[i]]
    assert after[changed].text == "#### 12" and before[changed].finish_reason == "error"


@pytest.mark.slow
def test_an_evaluation_of_an_earlier_version_is_refused_and_kept(
    tiny_model: Path, problems: Path, tmp_path: Path
) -> None:
    assert evaluated(tiny_model, problems, tmp_path / "e").returncode == 0
    folder = EvaluationFolder(tmp_path / "e")
    for path in (folder.summary_file, folder.plan_file):
        said = json.loads(path.read_text())
        path.write_text(json.dumps({k: v for k, v in said.items() if k != "seal"}))
    done = evaluated(tiny_model, problems, tmp_path / "e")
    assert done.returncode == 1 and "that an earlier netgain made" in done.stderr
    assert folder.summary_file.exists()
    done = netgain("compare", tmp_path / "e")
    assert done.returncode == 1 and "an earlier netgain wrote it" in done.stderr


@pytest.mark.slow
def test_what_makes_a_figure_another_figure_is_named_with_it(
    tiny_model: Path, problems: Path, tmp_path: Path
) -> None:
    assert evaluated(tiny_model, problems, tmp_path / "plain").returncode == 0
    done = evaluated(tiny_model, problems, tmp_path / "calc", "--calculator")
    assert answers(tmp_path / "calc")[0]["model"] == "tiny-qwen2, with the calculator"
    done = netgain("compare", tmp_path / "plain", tmp_path / "calc")
    assert "The evaluations differ in calculator" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--samples", 3, "--temperature", 0), "all be the same"),
        (("--prompt", "fewshot"), "prompt.style"),
        (("--engine", "endpoint"), "--url"),
        (("--cluster", "h:1"), "--workers"),
        (("--set", "evaluate.max_tokens=3"), "max_new_tokens"),
        (("--set", "train.epochs=3"), "no effect"),
        (("--top-p", 0.9), "--temperature"),
        (("--concurrency", 3), "--url"),
        (("--set", "prompt.template={{ question"), "template"),
    ],
)
def test_mistakes_are_told_before_any_model_is_loaded(
    more: tuple[object, ...], told: str, tmp_path: Path, problems: Path
) -> None:
    done = netgain("evaluate", "embedded", "--data", problems, "--out", tmp_path / "e", *more)
    assert done.returncode != 0
    assert told in done.stderr
    assert not (tmp_path / "e").exists()


@pytest.mark.slow
def test_every_present_engine_is_timed_and_others_say_how_to_get_them(tiny_model: Path) -> None:
    done = netgain("benchmark-engine", tiny_model, "--problems", 4, "--max-new-tokens", 6, "--json")
    assert done.returncode == 0, done.stderr
    engines = {e["engine"]: e for e in json.loads(done.stdout)["engines"]}
    assert engines["transformers"]["tokens"] > 0
    assert engines["transformers"]["tokens_per_second"] > 0
    assert all(e["tokens"] or "pip install" in e["why_not"] for e in engines.values())


def asked_of(server: FakeServer, problems: Path, **more: Any) -> Standalone:
    recipe = parse_recipe(
        {
            "name": "e", "model": {"id": "m"}, "data": {"source": str(problems)},
            "evaluate": {"limit": None, "batch_size": 4},
        },
        "a test", [],
    )  # fmt: skip
    settings = {"retries": 0, "timeout": 5.0, "concurrency": 1}
    return Standalone(
        recipe, Asking(Sampling(12, **more)), server=Server(server.url, "m", **settings)
    )


def quiet(stage: str, done: int, total: int, note: str) -> None:
    pass


@pytest.mark.parametrize("fault", [status(500), refusal("too long"), good([]), closes])
def test_what_a_server_failed_to_answer_is_asked_again_by_the_same_command_and_nothing_else(
    problems: Path, tmp_path: Path, fault: Behaviour
) -> None:
    def fails(number: int, asked: Asked) -> Behaviour:
        return fault if "3 + 6" in asked.text else good("#### 3")

    with FakeServer(fails) as server:
        wanted, out = asked_of(server, problems), tmp_path / "e"
        assert evaluate_alone(wanted, out, quiet).errors == 1
        stored = EvaluationFolder(out).generations()
        assert [bool(g.error) for g in stored].count(True) == 1
        asked = len(server.asked)
        server.choose = lambda n, asked: status(401)
        with pytest.raises(ServerError):
            evaluate_alone(wanted, out, quiet)
        assert EvaluationFolder(out).generations() == stored  # a second failure loses nothing
        summary = EvaluationFolder(out).summary()
        assert summary is not None and summary.errors == 1
        server.choose = lambda n, asked: good("#### 9")
        assert evaluate_alone(wanted, out, quiet).errors == 0
        again = [r.text for r in server.asked[asked + 1 :]]
        assert len(again) == 1 and "3 + 6" in again[0]
        rows = {row["id"]: row["completion"] for row in answers(out)}
        assert sorted(rows.values()) == ["#### 3"] * 8 + ["#### 9"]
        now = EvaluationFolder(out).generations()
        assert [g for g in now if g.text == "#### 3"] == [g for g in stored if not g.error]
        evaluate_alone(wanted, out, quiet)
        assert len(server.asked) == asked + 2  # all is answered: nothing is asked any more


def test_progress_moves_within_a_unit(problems: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("netgain.pipeline.progress.TOLD_EVERY", 0.0)
    told: list[tuple[int, int, str]] = []
    with FakeServer(lambda n, asked: good("#### 3")) as server:
        evaluate_alone(
            asked_of(server, problems), tmp_path / "e",
            lambda stage, done, total, note: told.append((done, total, note)),
        )  # fmt: skip
    counted = [done for done, total, note in told if "tokens" in note]
    assert counted == [1, 2, 3, 4, 4, 5, 6, 7, 8, 8, 8, 9]  # each answer, and each of three units
    assert told[-1][:2] == (9, 9) and told[-1][2].startswith("27 tokens at ")
