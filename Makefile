# Sellerwatch. `make run` and `make test` are all that a newcomer needs; both set up what they use.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CONFIG ?= config
LOCKED := postgres warc dask rendered oidc otel train dev # every extra but `tune`

.DEFAULT_GOAL := help
.PHONY: help install run demo deploy undeploy test long faults coverage lint format bench days kills crew audit licences sbom wheels encoder train lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

install: $(VENV)/.installed ## the daemon and what it needs, from the lock, into .venv

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	  { echo "Sellerwatch needs Python 3.11 to 3.13; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make run PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock requirements-build.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock -r requirements-build.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

run: $(VENV)/.installed ## start the daemon with config/ and the embedded database (CONFIG=dir for another)
	$(BIN)/sellerwatch run --config $(CONFIG)

demo: $(VENV)/.installed ## a story on loopback, about a minute: see what Sellerwatch does
	$(BIN)/sellerwatch demo

deploy: ## install or upgrade it as a systemd service, as root (systemd/README.md)
	@systemd/deploy install

undeploy: ## take that service away; configuration, secrets and state stay
	@systemd/deploy remove

test: $(VENV)/.installed-dev ## every test but the long ones, on SQLite and on a real PostgreSQL
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not long"

long: $(VENV)/.installed-dev ## the long ones: kills, outages, a day, a month, the real history
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m long

faults: $(VENV)/.installed-dev ## what breaks, and what becomes of it: cases 23 to 54
	$(BIN)/python benchmarks/faults.py

coverage: $(VENV)/.installed-dev ## the same, and what no test reaches; half as slow again
	$(BIN)/python -m pytest -n 2 --dist loadgroup --cov --cov-report=
	$(BIN)/python -m coverage report --fail-under=90
	$(BIN)/python -m coverage report --include='monitor/domain/*' --fail-under=100

lint: $(VENV)/.installed-dev ## style, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev ## let ruff lay out the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.installed-dev ## the measurements of benchmarks/, printed as tables
	@for bench in $(filter-out benchmarks/kills% benchmarks/cluster_kills% benchmarks/rolling% benchmarks/backfill_archive% benchmarks/faults% benchmarks/three_days_%,$(wildcard benchmarks/*.py)); do echo "== $$bench"; $(BIN)/python $$bench || exit 1; done

days: $(VENV)/.installed-dev ## three simulated days of 500 sources: what grows? (half an hour or more)
	$(BIN)/python benchmarks/three_days.py --whole

kills: $(VENV)/.installed-dev ## two daemons killed 400 times: is anything lost, or said twice unmarked?
	$(BIN)/python benchmarks/kills.py

crew: $(VENV)/.installed-dev ## daemons on one PostgreSQL: killed, frozen, cut off; is anything lost or said twice?
	$(BIN)/python benchmarks/cluster_kills.py

audit: $(VENV)/.installed-dev ## known faults of what is locked, where an advisory service can be asked
	$(BIN)/python .ci/supply.py audit

licences: $(VENV)/.installed-dev ## write docs/licences.md anew
	$(BIN)/python .ci/supply.py licences --write

sbom: $(VENV)/.installed-dev ## dist/*.cdx.json: all that is inside, in CycloneDX
	$(BIN)/python .ci/supply.py sbom

wheels: $(VENV)/.installed-dev ## dist/: our wheel and all that it needs, to install without a network
	$(BIN)/python .ci/wheels.py

train: $(VENV)/.installed-dev ## rebuild the model from corpus/ (twenty minutes on two cores)
	$(BIN)/python -m monitor.training.train

encoder: $(VENV)/.installed-dev ## rebuild the encoder's files (half an hour, needs torch); train afterwards
	@$(BIN)/python -c 'import torch' 2>/dev/null || { echo "tuning needs torch (its CPU build will do): $(BIN)/pip install -e '.[train,tune]'" >&2; exit 1; }
	$(BIN)/python -m monitor.training.encoder

lock: $(VENV)/bin/python ## pin every dependency by hash, for Python 3.11 to 3.13
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --extra postgres \
	  --custom-compile-command "make lock" pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes $(addprefix --extra ,$(LOCKED)) \
	  --custom-compile-command "make lock" pyproject.toml -o requirements-dev.lock
	echo 'setuptools>=77' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --custom-compile-command "make lock" - -o requirements-build.lock

clean: ## remove what the other targets made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* *.egg-info
