# Two commands matter: `make run` opens the app, `make test` checks everything.
.DEFAULT_GOAL := help
.PHONY: help run test lint format laws laws-checked laws-plain kernels collected bench soak clean setup-run setup-test programs

PYTHON_IN := .venv/bin/python
# Test processes at a time, and anything more for pytest, e.g. make test PYTEST_ARGS="-k margin"
JOBS ?= 2
PYTEST_ARGS ?=
SOAK_ARGS ?=
# What pytest answers where it finds no test to run.
NO_TESTS := 5
# Tests start a hundred Python processes: each would compile our modules anew if none may store them.
export PYTHONDONTWRITEBYTECODE =
# Only files with a law are read: to collect from all would take longer than some of the tests.
LAWS = -m laws $(shell grep -rl --include='test_*.py' 'mark\.laws' tests)

help: ## list these commands
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

run: setup-run ## set up on the first call, then open the app in the browser
	@$(PYTHON_IN) -m streamlit run deploy/serve.py

# The checks before the tests use one processor each, so some run at a time, the longest first, and
# programs that only the tests need are installed beside them. But where that may ask for a password
# setting up comes first and alone.
test: ## set up on the first call, then run every check and test (what CI runs)
	@echo "test: what is missing is installed, checks run side by side, then the tests (some minutes)"
	@[ "$$(id -u)" -eq 0 ] || { ./setup.sh test && ./setup.sh programs; }
	@$(MAKE) --no-print-directory -j $$(($(JOBS) + 1)) --output-sync \
		programs laws-checked kernels lint laws-plain collected
	$(PYTHON_IN) -m pytest -n $(JOBS) --dist loadfile $(PYTEST_ARGS)

lint: setup-test ## check style, formatting and types
	$(PYTHON_IN) -m ruff check .
	$(PYTHON_IN) -m ruff format --check .
	$(PYTHON_IN) -m mypy engine app.py pages deploy

format: setup-test ## put the code into the agreed form
	$(PYTHON_IN) -m ruff check --fix .
	$(PYTHON_IN) -m ruff format .

# Bounds checks turn a write past the end of an array into an error; kernels of that kind are
# compiled for this alone, quickly and for no processor in particular, and NumPy does without the
# vector extensions of this one: no bit may change. Without compiling, the kernels run as the plain
# Python they are written in.
laws: laws-checked laws-plain ## run the law tests with bounds checks, and again without compiling

laws-checked: setup-test
	NPY_DISABLE_CPU_FEATURES="$$($(PYTHON_IN) -m tests.fingerprints --extensions)" \
		NUMBA_BOUNDSCHECK=1 NUMBA_OPT=0 NUMBA_CPU_NAME=generic $(PYTHON_IN) -m pytest -q $(LAWS) || [ $$? -eq $(NO_TESTS) ]

laws-plain: setup-test
	NUMBA_DISABLE_JIT=1 $(PYTHON_IN) -m pytest -q $(LAWS) || [ $$? -eq $(NO_TESTS) ]

kernels: setup-test
	@./setup.sh kernels

# Every test file is read once, and stored as pytest rewrites it, before two processes want them all.
collected: setup-test
	@$(PYTHON_IN) -m pytest --collect-only -q >/dev/null

bench: setup-test kernels ## measure speed against rivals (prints ratios, asserts nothing)
	@./setup.sh rivals
	$(PYTHON_IN) tests/benchmarks/run.py

# Half an hour of load takes half an hour: SOAK_ARGS="--minutes 5" for a first look.
soak: setup-test kernels ## a full room and every fault, on this machine alone (prints a table)
	FORCED_FLOW_FUZZ=6 $(PYTHON_IN) -m pytest -q tests/test_link_fuzz.py tests/test_candles_fuzz.py \
		tests/test_funding_files.py
	$(PYTHON_IN) -m tests.load.soak $(SOAK_ARGS)

clean: ## remove the environment and every cache in this folder
	rm -rf .venv .pytest_cache .hypothesis .ruff_cache .mypy_cache .numba_cache build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup-run:
	@./setup.sh run

setup-test:
	@./setup.sh test

programs:
	@./setup.sh programs
