"""What a model's files say it is called is proposed, cleaned, and never believed further."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from netgain.models.naming import told_name
from tiny_gguf import tiny_gguf


def folder(tmp_path: Path, config: Any = None, card: str = "") -> Path:
    (tmp_path / "config.json").write_text(json.dumps(config or {}))
    (tmp_path / "README.md").write_text(card)
    return tmp_path


@pytest.mark.parametrize(
    ("config", "card", "name"),
    [
        ({"_name_or_path": "Qwen/Qwen2.5-0.5B"}, "", "Qwen/Qwen2.5-0.5B"),
        ({"_name_or_path": "/home/me/out/checkpoint-5"}, "", None),
        ({"_name_or_path": "/home/me/x"}, "---\nbase_model: a/b\n---\n# Tiny 7B\n", "a/b"),
        ({}, "---\nmodel-index:\n- name: tiny-tuned\n---\n# Title\n", "tiny-tuned"),
        ({}, "# Tiny Model 135M\n", "Tiny Model 135M"),
        ({}, "---\nbase_model: [https://huggingface.co/a/b]\n---\n", "a/b"),
        ({"_name_or_path": ["a/b"]}, "---\n[not yaml\n---\n", None),
        ({"_name_or_path": "a/b\x1b[31m"}, "", None),
        ({"_name_or_path": "x" * 101}, "", None),
        ({"_name_or_path": "../a"}, "", None),
        ({}, "---\na: " + "[" * 5000 + "\n---\n", None),
        ({}, "", None),
    ],
)
def test_a_folder_tells_its_name(config: Any, card: str, name: str | None, tmp_path: Path) -> None:
    assert told_name(folder(tmp_path, config, card)) == name


def test_a_snapshot_of_the_hub_is_called_as_there(tmp_path: Path) -> None:
    place = tmp_path / "models--owner--repo" / "snapshots" / "abc"
    place.mkdir(parents=True)
    assert told_name(folder(place)) == "owner/repo"


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, "Tiny llama"),
        ({"general.source.repo_url": "https://huggingface.co/owner/tiny"}, "owner/tiny"),
        ({"general.basename": "Tiny", "general.size_label": "0.5B",
          "general.finetune": "Instruct"}, "Tiny-0.5B-Instruct"),
        ({"general.basename": "Tiny", "general.organization": "My Lab"}, "MyLab/Tiny"),
        ({"general.name": "a\u202eb"}, None),
        ({"general.name": 7}, None),
    ],
)  # fmt: skip
def test_a_gguf_file_tells_its_name(settings: Any, name: str | None, tmp_path: Path) -> None:
    assert told_name(tiny_gguf(tmp_path / "model.gguf", settings=settings)) == name


def test_what_is_damaged_tells_none(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("[")
    assert told_name(tmp_path) is None
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    assert told_name(tmp_path / "a.gguf") is None
    assert told_name(tmp_path / "gone") is None


@pytest.mark.timeout(20)
def test_a_card_whose_groups_are_merged_without_end_tells_none(tmp_path: Path) -> None:
    groups = "".join(
        f"g{i}: &g{i} {{<<: [{', '.join([f'*g{i - 1}'] * 9)}], k{i}: 1}}\n" for i in range(1, 12)
    )
    (tmp_path / "README.md").write_text(f"---\ng0: &g0 {{a: 1}}\n{groups}---\nText.\n")
    assert told_name(tmp_path) is None
