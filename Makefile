# One target a check, the same here and in CI. Every target sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
RUN := $(BIN)/python -m

.PHONY: help report test lint types layers data check demo-update bench lock clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(RUN) pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	$(RUN) ipykernel install --sys-prefix --name python3 >/dev/null
	@touch $(READY)

report: $(READY)  ## build the evidence matrix report and print where it is
	@$(BIN)/evidence report

test: $(READY)  ## run the tests
	$(RUN) pytest -n auto --dist loadgroup

lint: $(READY)  ## ruff: style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)  ## mypy, strict, on src
	$(BIN)/mypy

layers: $(READY)  ## import-linter: arrows point downward only
	$(BIN)/lint-imports

data: $(READY)  ## check the evidence base
	$(BIN)/evidence check

check: lint types layers data test  ## everything that CI runs

demo-update: $(READY)  ## two months of the tracker against a loopback PubMed, on a copy
	$(RUN) evidence_tools.testing.demo

bench: $(READY)  ## measure, and print the tables of BENCHMARKS.md
	$(RUN) benchmarks.everyday
	$(RUN) benchmarks.growth
	$(RUN) benchmarks.parsing
	$(RUN) benchmarks.store
	$(RUN) benchmarks.scanning

lock: $(READY)  ## write the pinned versions of what is installed now
	$(RUN) pip freeze --all --exclude-editable | grep -vE ' @ |^pip==' > constraints.txt

clean:  ## remove everything that was built
	rm -rf build $(VENV)
