# Thin aliases; the work is done by the commands they call. `make` alone lists them.
# Another interpreter: make demo PYTHON=python3.13 (it gets an environment of its own).

PYTHON ?= python3
VENV   ?= .venv$(if $(filter-out python3,$(PYTHON)),-$(notdir $(PYTHON)))
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: help demo test test-all test-slow lab release bench
help:
	@echo "make demo      set everything up and run a whole class once"
	@echo "make test      set everything up and run what every commit runs"
	@echo "make test-all  that, and what is slow"
	@echo "make test-slow what is slow alone, or a part of it: PART=2/6"
	@echo "make lab       open JupyterLab on the notebooks"
	@echo "make release   build notebooks/ from solutions/"
	@echo "make bench     measure what is fast, and how much faster than what"

demo: $(READY)
	@$(BIN)/autograder demo

test: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/basedpyright --pythonpath $(BIN)/python
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m autograder.tests.support.house
	@$(BIN)/pytest -n auto -m "not slow"

test-all: test test-slow

PART ?= 0/1
test-slow: $(READY)
	@$(BIN)/pytest -n auto -m slow --part=$(PART)

lab: $(READY)
	$(BIN)/jupyter lab --notebook-dir=notebooks

release: $(READY)
	@$(BIN)/autograder release

bench: $(READY)
	@$(BIN)/python -m autograder.bench

# Made again when a dependency changes; both packages are installed editable.
$(READY): pyproject.toml notebooks/pyproject.toml autograder/constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	    -c autograder/constraints.txt -e ./notebooks -e ".[dev]"
	@touch $@
