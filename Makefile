# Everything here needs Python 3.11 and make; each target makes its own virtual environment from locked versions.
PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
INSTALLED := $(VENV)/.installed
TOOLS := $(VENV)/.tools
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run demo test soak check bench lock clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(INSTALLED): pyproject.toml deploy/requirements/run.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r deploy/requirements/run.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(TOOLS): $(INSTALLED) deploy/requirements/dev.txt
	$(PIP) install --require-hashes -r deploy/requirements/dev.txt
	@touch $@

run: $(INSTALLED)  ## start the daemon and its API on 127.0.0.1:8080; the first run prints an API token
	$(BIN)/spoofwatch run $(ARGS)

demo: $(INSTALLED)  ## replay the campaign of 2022 on a small internet on loopback, then leave the API up on it
	$(BIN)/spoofwatch replay doppelganger-2022 --serve $(ARGS)

test: $(TOOLS)  ## run all tests (ARGS="tests/unit -k names" for some of them)
	$(BIN)/python -m pytest --numprocesses=auto --dist=loadfile $(ARGS)

soak: $(TOOLS)  ## tests that take an hour: a daemon killed a hundred times (ARGS="--kills 10" for fewer)
	$(BIN)/python -m pytest tests/soak $(ARGS)

check: $(TOOLS)  ## linters, types, import contracts, published schemas
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m service.api.openapi

bench: $(TOOLS)  ## measure, side by side with what one would use instead
	$(BIN)/python -m tests.bench $(ARGS)

lock: $(TOOLS)  ## choose versions anew for deploy/requirements/*.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --extra build pyproject.toml -o deploy/requirements/run.txt --upgrade
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --extra build --extra dev --extra bench pyproject.toml -o deploy/requirements/dev.txt --upgrade

clean:  ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
