# The two commands of the README: make run, make test.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
SOJOURN_HOME ?= $(CURDIR)/.sojourn
PORT ?= 8000
COMPILE = $(BIN)/uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-emit-index-url --no-header
LOCK = $(COMPILE) --group build pyproject.toml

.PHONY: run test coverage lint bench lock clean

run: $(VENV)/run.stamp ## Load the demo data once, then serve it on http://127.0.0.1:8000
	@SOJOURN_HOME="$(SOJOURN_HOME)" $(BIN)/sojourn demo --port $(PORT)

test: $(VENV)/dev.stamp $(VENV)/recipes.stamp $(VENV)/node.stamp ## Everything that must pass; on PostgreSQL too where TEST_POSTGRES_URL is set
	$(BIN)/pytest --numprocesses 2
ifdef TEST_POSTGRES_URL
	TEST_DATABASE_URL="$(TEST_POSTGRES_URL)" $(BIN)/pytest --numprocesses 2 --ignore tests/core --ignore tests/net
endif

coverage: $(VENV)/dev.stamp $(VENV)/recipes.stamp $(VENV)/node.stamp ## Which lines no test runs
	$(BIN)/pytest --numprocesses 2 --cov --cov-report term:skip-covered

lint: $(VENV)/dev.stamp ## Format, lint, types and import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(VENV)/bench.stamp ## Measure, and compare with others in the same run
	PYTHONPATH=bench $(BIN)/python bench/run.py $(BENCH)

lock: $(VENV)/dev.stamp ## Renew the lock files from pyproject.toml
	$(LOCK) --upgrade --output-file requirements.lock
	$(LOCK) --upgrade --constraint requirements.lock --extra postgres --group dev --output-file requirements-dev.lock
	$(LOCK) --upgrade --constraint requirements-dev.lock --extra postgres --group dev --group bench --output-file requirements-bench.lock
	$(COMPILE) --upgrade --group recipes --output-file requirements-recipes.lock

clean: ## Remove the virtual environment and the demo data
	rm -rf $(VENV) .sojourn

# Each stamp says that the virtual environment holds what a lock file names.
$(VENV)/run.stamp: requirements.lock pyproject.toml
	$(call install,requirements.lock)
$(VENV)/dev.stamp: requirements-dev.lock pyproject.toml
	$(call install,requirements-dev.lock)
	touch $(VENV)/run.stamp
$(VENV)/bench.stamp: requirements-bench.lock pyproject.toml
	$(call install,requirements-bench.lock)
	touch $(VENV)/run.stamp $(VENV)/dev.stamp

# The tools that read feeds in the tests: in an environment of their own, and from npm where there is one.
$(VENV)/recipes.stamp: requirements-recipes.lock
	@test -x $(VENV)/recipes/bin/python || $(PYTHON) -m venv $(VENV)/recipes
	$(VENV)/recipes/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@
$(VENV)/node.stamp: tests/package-lock.json | $(VENV)/dev.stamp
	@if command -v npm >/dev/null; then npm ci --prefix tests --silent --no-audit --no-fund && touch $@; \
	else echo "npm is missing: the tests that need it are skipped"; fi

define install
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(1)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
endef
