"""Sound inputs of every reader, changed at random: what each reader then says.

A reader may read a changed input or refuse it in words of ours. Nothing else may come out of it, it
may not take long, and not much memory.
"""

from __future__ import annotations

import io
import json
import random
import re
import resource
import shutil
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import damaged_run
from damaged_run import TookTooLong, at_most, model_and_data, read_all
from hostile_models import sound
from netgain.errors import NetgainError
from netgain.store.seals import BEGIN, ZEROS, sealed

LONGEST = 5.0  # seconds of the processor
MOST_MEMORY = 10**9  # bytes beyond what the process had before
MOST = 2_000_000  # bytes of a changed file
HERE = Path(__file__).parent
SEAL = re.compile(rb"sha256:[0-9a-f]{64}")
HUGE = "@huge@"  # becomes a number of 5,000 digits

# -- changes -------------------------------------------------------------------------------

ODD: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, -(2**31), 10**400, 1e308, -0.0, 1e-320, float("nan"), float("inf"),
    HUGE, "", " ", "x" * 50_000, "\ud800", "\0", "\x1b[31m", "\u202eevil", "１２３", "1e999", "1/0",
    "0x" + "f" * 5000, "2026-13-45", "../../../etc/passwd", "/dev/zero", "{{ 7 * 7 }}",
    "{% for i in range(10**9) %}{% endfor %}", "(a+)+$", "nan", "\\boxed{", "#### " * 500,
    "🦄" * 500, [], {}, [[]], [None], {"": None}, ["a"] * 2000, [1, "a", None, {}],
    {"a": {"b": {"c": []}}},
)  # fmt: skip
NUMBERS = (
    b"0", b"-1", b"1e400", b"-1e400", b"NaN", b"Infinity", b"9" * 20, b"9" * 400, b"9" * 5000,
    b"0." + b"0" * 400 + b"1", b"1e-400", b"2147483648", b"18446744073709551616", b"0x7f", b"1_000",
    b"1,5", b"1/0", b"true", b"null", b'"1"', b"1" + b",000" * 50,
)  # fmt: skip
OPENINGS = (
    b"[", b"{", b"(", b'{"a":', b"[{", b"<div>", b"<table><tr><td>", b"> ", b"- ", b"<<",
    b"\\frac{", b"{{", b"{% if 1 %}", b"**", b"```\n", b"|", b"a: &a [*a,",
    b"!!python/object:os.system ",     b"'", b'"', b"\\", b"#### ", b"= 1 ", b"\\boxed{",
)  # fmt: skip
Change = Callable[[bytes, random.Random, Sequence[bytes]], bytes]


def _flip(content: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    changed = bytearray(content)
    for _bit in range(rng.choice((1, 1, 4, 32)) if changed else 0):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _cut(content: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    begin, end = sorted(rng.randrange(len(content) + 1) for _ in range(2))
    return rng.choice((content[:begin], content[begin:], content[:begin] + content[end:]))


def _splice(content: bytes, rng: random.Random, others: Sequence[bytes]) -> bytes:
    other = rng.choice(others)
    begin = rng.randrange(len(other) + 1)
    piece = other[begin : begin + rng.choice((4, 40, 400, 40_000))]
    at = rng.randrange(len(content) + 1)
    return content[:at] + piece + content[at + rng.choice((0, len(piece))) :]


def _repeat(content: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    at = rng.randrange(len(content) + 1)
    piece = content[at : at + rng.choice((1, 3, 20, 300))]
    return content[:at] + piece * min(rng.choice((50, 5000, 200_000)), MOST // max(1, len(piece)))


def _nest(content: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    at = rng.randrange(len(content) + 1)
    return content[:at] + rng.choice(OPENINGS) * rng.choice((20, 500, 20_000)) + content[at:]


def _number(content: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    found = [m.span() for m in re.finditer(rb"-?\d[\d.,]*", content[:200_000])]
    begin, end = rng.choice(found) if found else (0, 0)
    return content[:begin] + rng.choice(NUMBERS) + content[end:]


def _binary_number(content: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    size = rng.choice((1, 2, 4, 8))
    at = rng.randrange(min(len(content), 4096) + 1)
    value = rng.choice((0, 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1, rng.randrange(2**64)))
    return content[:at] + (value % 2 ** (8 * size)).to_bytes(size, "little") + content[at + size :]


def _encoding(content: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    text = content.decode("utf-8", errors="replace")
    return rng.choice((
        b"\xef\xbb\xbf" + content, text.encode("utf-16"), text.encode("utf-16-le"),
        text.encode("utf-32"), text.replace("e", "é").encode("latin-1", errors="replace"),
        content.replace(b"\n", b"\r"), content.replace(b"\n", b"\r\n"), content.replace(b"\n", b""),
        content.replace(b" ", "\N{NO-BREAK SPACE}".encode()), content.replace(b'"', b"'"),
        content.replace(b"a", b"\0"), content.replace(b"\n", "\u2028".encode()),
    ))  # fmt: skip


def _nothing_left(_: bytes, rng: random.Random, others: Sequence[bytes]) -> bytes:
    return rng.choice(
        (b"", b"\n", b"{}", b"[]", b"null", b"0", rng.choice(others), rng.randbytes(99))
    )


def _value(content: bytes, rng: random.Random, others: Sequence[bytes]) -> bytes:
    """One value of JSON, JSONL, YAML, Parquet or a safetensors header becomes another, or goes."""
    if content[:4] == content[-4:] == b"PAR1":
        return _column(content, rng)
    length = int.from_bytes(content[:8], "little")
    if 2 <= length <= len(content) - 8 and content[8:9] == b"{":
        header = _value(content[8 : 8 + length], rng, others)
        return len(header).to_bytes(8, "little") + header + content[8 + length :]
    for read, write in ((json.loads, _json), (_json_lines, _json), (_short_yaml, _yaml)):
        try:
            whole = read(content)
        except (ValueError, RecursionError, yaml.YAMLError):
            continue
        places = list(_places(whole))[:5000]
        if not places:
            continue
        container, key = rng.choice(places)
        match rng.randrange(6):
            case 0:
                del container[key]
            case 1 if isinstance(container, dict):
                container[f"{key}2"] = container.pop(key)
            case 2:
                container[key] = [container[key]] * rng.choice((1, 2, 300))
            case _:
                container[key] = rng.choice(ODD)
        made = write(whole, rng).replace(f'"{HUGE}"', "9" * 5000).replace(HUGE, "9" * 5000)
        return made.encode("utf-8", errors="surrogatepass")
    return content


def _column(content: bytes, rng: random.Random) -> bytes:
    """A Parquet file in which one column holds something else, goes, or stands there twice."""
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(io.BytesIO(content))
    except (pyarrow.ArrowException, OSError):
        return content
    if not table.num_columns:
        return content
    at, n = rng.randrange(table.num_columns), table.num_rows
    name = table.schema.names[at]
    match rng.randrange(8):
        case 0:
            table = table.drop_columns([name]) if table.num_columns > 1 else table.slice(0, 0)
        case 1:
            table = table.append_column(name, table.column(at))
        case 2:
            table = pyarrow.concat_tables([table] * rng.choice((2, 50, 1000)))
        case _:
            table = table.set_column(at, name, _odd_column(rng, n))
    out = io.BytesIO()
    pyarrow.parquet.write_table(table, out)
    return out.getvalue()


def _odd_column(rng: random.Random, n: int) -> Any:
    import pyarrow as pa

    kinds: tuple[tuple[Any, Any], ...] = (
        (pa.null(), None), (pa.bool_(), True), (pa.uint64(), 2**64 - 1), (pa.int8(), -1),
        (pa.float64(), float("nan")), (pa.float16(), None), (pa.binary(), b"\xff\xfe\0"),
        (pa.large_string(), "x" * 10_000), (pa.string(), ""), (pa.string(), "#### 1e999"),
        (pa.decimal128(38, 10), 1), (pa.timestamp("ns"), 2**62), (pa.date32(), -(10**8)),
        (pa.duration("s"), 10**12), (pa.time64("ns"), 1), (pa.list_(pa.int64()), [1, 2]),
        (pa.list_(pa.list_(pa.string())), [["a"], None]), (pa.map_(pa.string(), pa.int8()), []),
        (pa.struct([("a", pa.struct([("b", pa.string())]))]), {"a": {"b": "c"}}),
        (pa.dictionary(pa.int8(), pa.string()), "a"),
    )  # fmt: skip
    kind, value = rng.choice(kinds)
    return pa.array([None if rng.random() < 0.2 else value for _ in range(n)], kind)


def _json_lines(content: bytes) -> Any:
    return [json.loads(line) for line in content.splitlines()]


def _short_yaml(content: bytes) -> Any:
    return yaml.safe_load(content) if len(content) < 20_000 else None


def _json(whole: Any, rng: random.Random) -> str:
    ascii_only = rng.random() < 0.5
    if isinstance(whole, list) and all(isinstance(row, dict) for row in whole):
        return "".join(json.dumps(row, ensure_ascii=ascii_only) + "\n" for row in whole)
    return json.dumps(whole, ensure_ascii=ascii_only)


def _yaml(whole: Any, rng: random.Random) -> str:
    return str(yaml.safe_dump(whole, allow_unicode=rng.random() < 0.5, sort_keys=False))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict | list):
            for key in list(one) if isinstance(one, dict) else range(len(one)):
                yield one, key
                waiting.append(one[key])


CHANGES: tuple[Change, ...] = (
    _flip, _cut, _splice, _repeat, _nest, _number, _binary_number, _encoding, _nothing_left,
    _value, _value, _value,
)  # fmt: skip


def changed(content: bytes, rng: random.Random, others: Sequence[bytes]) -> tuple[bytes, list[str]]:
    """The content after one to three changes, and their names. A seal in it is made right again."""
    names = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        change = rng.choice(CHANGES)
        content = change(content, rng, others)[:MOST]
        names.append(change.__name__.strip("_"))
    if SEAL.search(content) and rng.random() < 0.8:
        at = list(SEAL.finditer(content))[-1]
        content = sealed(content[: at.start()] + BEGIN + ZEROS + content[at.end() :])
    return content, names


# -- readers -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reader:
    """What reads a folder: the files in it that are changed, and those that others are like."""

    name: str
    folder: str
    files: tuple[str, ...]
    read: Callable[[Path], object]


def _grade(folder: Path) -> object:
    import netgain

    return str(netgain.grade(next(folder.glob("answers.*"))))


def _diagnose(folder: Path) -> object:
    import netgain

    return str(netgain.diagnose(folder / "answers.jsonl"))


def _compare(folder: Path) -> object:
    import netgain

    return str(netgain.compare(folder / "answers.jsonl", folder / "other.jsonl"))


def _audit(folder: Path) -> object:
    import netgain

    return [str(netgain.audit(path, everything=True)) for path in sorted(folder.iterdir())]


def _audit_run(folder: Path) -> object:
    import netgain

    return str(netgain.audit(folder / "report.md", folder.parent / "runs" / "run"))


def _recipe(folder: Path) -> object:
    import netgain

    return repr(netgain.load_recipe(folder / "recipe.yaml"))


def _template(folder: Path) -> object:
    from netgain.recipe.templates import TemplateMistake, try_template

    try:
        return try_template((folder / "prompt.jinja").read_text(errors="replace"))
    except TemplateMistake as mistake:  # a part of the recipe's error
        raise NetgainError(str(mistake)) from None


def _trainer_state(folder: Path) -> object:
    from netgain.analysis.training.metrics import training_metrics
    from netgain.importers.trainer_state import read_trainer_state

    log = read_trainer_state(folder / "trainer_state.json")
    return training_metrics(log.points, log.best_step)


def _problems(folder: Path) -> object:
    from netgain.data.asked import load_asked
    from netgain.data.load import load_problems
    from netgain.data.perturbing import perturb_all
    from netgain.recipe.settings import DataSettings

    loaded = load_problems(DataSettings(source=str(folder), on_bad_row="skip"))
    asked = load_asked(DataSettings(source=str(folder), on_bad_row="skip"))
    return len(loaded.pool), len(asked.problems), len(perturb_all(loaded.test[:100], 1).pairs)


def _choice_problems(folder: Path) -> object:
    from netgain.data.asked import load_asked
    from netgain.recipe.settings import DataSettings

    return load_asked(DataSettings(source=f"mmlu={folder}", on_bad_row="skip"))


def _server_reply(folder: Path) -> object:
    from netgain.generate.endpoint_client import Client
    from netgain.generate.endpoint_server import Key, Server

    content = (folder / "reply.json").read_bytes()
    client = Client.__new__(Client)
    client.server, client.key = Server("http://127.0.0.1:9", "m"), Key("")
    read = (client._read_answer(content), client._read_fault(500, {}, content))
    return read, client._read_fault(400, {"retry-after": content[:50].decode("latin-1")}, content)


def _gguf(folder: Path) -> object:
    from netgain.models.gguf_folder import describe
    from netgain.models.gguf_header import read_header
    from netgain.models.gguf_layout import gguf_sizes, shape_of, tensor_names
    from netgain.models.naming import told_name

    path = folder / "model.gguf"
    told_name(path)
    file = read_header(path)
    return tensor_names(file, shape_of(file)), gguf_sizes(path), describe(path)


def _weights(folder: Path) -> object:
    from netgain.models.foreign_files import look_over
    from netgain.models.tensor_files import model_tensors, refuse_no_numbers

    look_over(folder)
    tensors = model_tensors(folder)
    refuse_no_numbers(tensors)
    return tensors


def _model(folder: Path) -> object:
    from netgain.models.fit import check_weights
    from netgain.models.loading import load_renderer
    from netgain.models.model_folder import local_model
    from netgain.models.naming import told_name
    from netgain.records import Prompt

    told_name(folder)
    local_model(str(folder))
    check_weights(folder)
    return load_renderer(folder).prompt_ids(Prompt((("user", "Half of 5?"),)))


def _adapter(folder: Path) -> object:
    from netgain.models.adapter_files import check_adapter, lora_config, refuse_other_base

    base = folder.parent / "model"
    refuse_other_base(folder, str(base), "model")
    check_adapter(folder, base)
    return lora_config(folder)


def _chat_template(folder: Path) -> object:
    from netgain.in_limits import OutOfLimits, render

    messages = [{"role": "user", "content": "Half of 5?"}]
    values = {"messages": messages, "tools": None, "documents": None, "add_generation_prompt": True}
    try:
        return render((folder / "chat_template.jinja").read_text(errors="replace"), values)
    except (OutOfLimits, ValueError, TypeError) as error:  # as `models.render` takes it
        raise NetgainError(str(error)) from None


def _run(folder: Path) -> object:
    return read_all(folder)


def _load_run(folder: Path) -> object:
    import netgain

    run = netgain.load_run(folder)
    return str(run), run.verdict, repr(run.recipe)


def _any_file(folder: Path) -> object:
    from netgain.api.other_tools import what_it_is

    return [what_it_is(path) for path in sorted(folder.iterdir())], what_it_is(folder)


READERS = (
    Reader("recipe", "recipe", ("recipe.yaml",), _recipe),
    Reader("grade (JSONL)", "answers", ("answers.jsonl",), _grade),
    Reader("grade (Parquet)", "columns", ("answers.parquet",), _grade),
    Reader("diagnose", "answers", ("answers.jsonl",), _diagnose),
    Reader("compare", "answers", ("answers.jsonl", "other.jsonl"), _compare),
    Reader("audit", "prose", ("*",), _audit),
    Reader("audit of a run", "of-a-run", ("report.md",), _audit_run),
    Reader("user's template", "template", ("prompt.jinja",), _template),
    Reader("trainer_state", "trained", ("trainer_state.json",), _trainer_state),
    Reader("problems (JSONL)", "problems", ("*.jsonl",), _problems),
    Reader("problems (Parquet)", "data", ("main/*.parquet",), _problems),
    Reader("choices", "choices", ("*.jsonl",), _choice_problems),
    Reader("a server's reply", "reply", ("reply.json",), _server_reply),
    Reader("GGUF", "gguf", ("model.gguf",), _gguf),
    Reader("safetensors", "weights", ("model.safetensors",), _weights),
    Reader("model folder", "model", ("*.json", "*.jinja", "README.md"), _model),
    Reader("adapter", "adapter", ("*.json", "*.safetensors"), _adapter),
    Reader("chat template", "chat", ("chat_template.jinja",), _chat_template),
    Reader("run directory", "runs/run", ("**/*.json", "**/*.jsonl", "**/*.yaml"), _run),
    Reader("run directory (Parquet)", "runs/run", ("**/*.parquet",), _run),
    Reader("load_run", "runs/run", ("run.json", "recipe.yaml", "report/report.json"), _load_run),
    Reader("others' files", "others", ("*",), _any_file),
)


def make_sound(place: Path) -> None:
    """One sound input for each reader but those of a run, in folders."""
    import pyarrow
    import pyarrow.parquet

    from netgain.data.wordproblems import word_problems

    sound(place)  # model, adapter, model.gguf
    (place / "model" / "README.md").write_text("---\nbase_model: tiny\n---\n# Tiny\n\nText.\n")
    (place / "gguf").mkdir()
    (place / "model.gguf").rename(place / "gguf" / "model.gguf")
    (place / "weights").mkdir()
    shutil.copy(place / "model" / "model.safetensors", place / "weights")
    (place / "chat").mkdir()
    shutil.copy(place / "model" / "chat_template.jinja", place / "chat")
    model_and_data(place / "made")
    (place / "made" / "data").rename(place / "data")
    problems = word_problems(24, 5)
    rows: list[dict[str, Any]] = [
        {"id": p.id, "question": p.question, "answer": p.solution,
         "completion": p.solution.replace("3", "4", 1), "model": "ours", "finish_reason": "stop"}
        for p in problems
    ]  # fmt: skip
    others = [{**row, "completion": f"So the answer is {i}.", "model": "theirs"}
              for i, row in enumerate(rows)]  # fmt: skip
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    files: dict[str, str] = {
        "answers/answers.jsonl": lines,
        "answers/other.jsonl": "".join(json.dumps(row) + "\n" for row in others),
        "problems/train.jsonl": lines, "problems/test.jsonl": lines.replace("builtin", "test"),
        "recipe/recipe.yaml": (HERE.parent / "recipes" / "gsm8k.yaml").read_text(),
        "template/prompt.jinja": "{% for s in shots %}Q: {{ s.question }}\nA: {{ s.answer }}\n"
        "{% endfor %}{{ question }}{% for c in choices %}\n{{ c }}{% endfor %}\n{{ instruction }}",
        **{f"prose/{name}": text for name, text in _prose().items()},
        **{f"others/{name}": text for name, text in _others(lines).items()},
    }  # fmt: skip
    files["reply/reply.json"] = json.dumps(
        {"model": "m", "system_fingerprint": "f",
         "usage": {"prompt_tokens": 3, "completion_tokens": 2},
         "choices": [{"message": {"content": "5"}, "finish_reason": "stop", "token_ids": [1]}],
         "error": {"message": "max_tokens is not supported", "param": "max_tokens"}}
    )  # fmt: skip
    choices = [{"question": f"Is {i} even?", "choices": ["yes", "no", "both", "neither"],
                "answer": i % 2, "subject": "numbers"} for i in range(12)]  # fmt: skip
    for split in ("test", "dev", "validation"):
        files[f"choices/{split}.jsonl"] = "".join(json.dumps(row) + "\n" for row in choices)
    for name, text in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    (place / "columns").mkdir()
    pyarrow.parquet.write_table(
        pyarrow.Table.from_pylist(rows), place / "columns" / "answers.parquet"
    )


def make_run(place: Path) -> None:
    """A whole run beside them, with its log of training and its report."""
    run = damaged_run.finished_run(
        place / "runs" / "run", place / "made" / "model", place / "data", *damaged_run.EXTRAS
    )
    for folder, file in (("trained", run.train / "trainer_state.json"),
                         ("of-a-run", run.report / "report.md")):  # fmt: skip
        (place / folder).mkdir()
        shutil.copy(file, place / folder)


def _prose() -> dict[str, str]:
    reports = yaml.safe_load((HERE / "audit_reports.yaml").read_text())
    texts = [report["text"] for report in reports[:3]]
    rows = "".join(f"<tr><td>Model {i}</td><td>{i} of 50</td><td>{2 * i}.0%</td></tr>"
                   for i in range(9))  # fmt: skip
    notebook = {"cells": [{"cell_type": "markdown", "source": [texts[0]]}], "nbformat": 4}
    return {
        **{f"{i}.md": text for i, text in enumerate(texts)},
        "page.html": f"<html><body><h1>Results</h1><table>{rows}</table><p>It solves 12 of 50 "
        "(24.0%).</p></body></html>",
        "notes.ipynb": json.dumps(notebook),
        "paper.tex": "\\section{Results}\n\\begin{tabular}{lr}\nmodel & accuracy \\\\\nbase & "
        "24.0\\% \\\\\ntuned & 31.2\\% \\\\\n\\end{tabular}\nThe gain of $7.2$ points is real.",
    }


def _others(lines: str) -> dict[str, str]:
    results = {"results": {"gsm8k": {"exact_match,strict-match": 0.5}}, "n-shot": {"gsm8k": 5}}
    return {
        "results_2026.json": json.dumps(results), "samples_gsm8k.jsonl": lines,
        "x.csv": "id,a\n1,2", "config.json": "{}", "adapter_config.json": '{"peft_type": "LORA"}',
    }  # fmt: skip


# -- trying --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tried:
    """A case: `outcome` is "read", "refused" or a fault in words."""

    number: int
    reader: str
    file: str
    changes: list[str]
    outcome: str
    seconds: float  # of the processor
    memory: int  # bytes beyond what was there before

    @property
    def is_fault(self) -> bool:
        return self.outcome not in {"read", "refused"}


class Fuzz:
    """Sound inputs in a folder. A case's number decides reader, file and changes."""

    def __init__(self, place: Path, seed: int) -> None:
        self.place, self.seed = place, seed
        self.readers = [r for r in READERS if (place / r.folder).exists()]
        self.files = {r.name: _files(place / r.folder, r.files) for r in self.readers}
        self.sound = {p: p.read_bytes() for paths in self.files.values() for p in paths}
        some = [p for paths in self.files.values() for p in paths[:4]]
        self.others = [self.sound[path][:100_000] for path in some]

    def case(self, number: int) -> tuple[Reader, Path, bytes, list[str]]:
        rng = random.Random(f"{self.seed} {number}")
        reader = self.readers[number % len(self.readers)]
        path = rng.choice(self.files[reader.name])
        content, names = changed(self.sound[path], rng, self.others)
        return reader, path, content, names

    def tried(self, number: int) -> Tried:
        """Change one file, read it, and put it back."""
        reader, path, content, names = self.case(number)
        path.write_bytes(content)
        _forget_peak()
        memory, began = _memory("VmRSS"), _processor_time()
        try:
            with at_most(12 * LONGEST):
                reader.read(self.place / reader.folder)
            outcome = "read"
        except NetgainError as error:
            told = str(error)
            outcome = "refused" if told.strip() and "Traceback" not in told else "refused unsaid"
        except TookTooLong:
            outcome = "hung"
        except Exception as error:
            outcome = f"{type(error).__name__}: {error}"[:160] + f" at {_place(error)}"
        finally:
            path.write_bytes(self.sound[path])
        seconds = _processor_time() - began
        more = max(0, _memory("VmHWM") - memory)
        if outcome in {"read", "refused"}:
            if seconds > LONGEST:
                outcome = f"took {seconds:.1f} s"
            if more > MOST_MEMORY:
                outcome = f"took {more / 1e6:.0f} MB"
        file = str(path.relative_to(self.place / reader.folder))
        return Tried(number, reader.name, file, names, outcome, round(seconds, 3), more)


def _files(folder: Path, patterns: Sequence[str]) -> list[Path]:
    found = {path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}
    assert found, f"{folder} has nothing to change"
    return sorted(found)


def _place(error: BaseException) -> str:
    """Where in our code an error came from."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if "netgain" in f.filename and "tests" not in f.filename]
    return " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(ours[-3:]))


def _processor_time() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _memory(line: str) -> int:
    status = Path("/proc/self/status")
    found = re.search(rf"{line}:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return 1024 * int(found[1]) if found else 0


def _forget_peak() -> None:
    peak = Path("/proc/self/clear_refs")
    if peak.exists():
        peak.write_text("5")
