# Everything here needs Python 3.11 and make; each target makes its own virtual environment from locked versions.
PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run demo test check bench lock clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml deploy/requirements/run.txt deploy/requirements/dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: $(STAMP)  ## start the daemon and its API on 127.0.0.1:8080; the first run prints an API token
	$(BIN)/spoofwatch run $(ARGS)

demo: $(STAMP)  ## replay the campaign of 2022 on a small internet on loopback, then leave the API up on it
	$(BIN)/spoofwatch replay doppelganger-2022 --serve $(ARGS)

test: $(STAMP)  ## run all tests (ARGS="tests/unit -k names" for some of them)
	$(BIN)/python -m pytest $(ARGS)

check: $(STAMP)  ## linters, types, import contracts, published schemas
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m service.api.openapi

bench: $(STAMP)  ## measure, side by side with what one would use instead
	$(BIN)/python -m tests.bench $(ARGS)

lock: $(STAMP)  ## choose versions anew for deploy/requirements/*.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml -o deploy/requirements/run.txt --upgrade
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --extra dev --extra bench pyproject.toml -o deploy/requirements/dev.txt --upgrade

clean:  ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
