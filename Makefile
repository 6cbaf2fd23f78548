# `make demo` and `make test` need nothing but Python 3.11+ with pip and venv; see README.md for Windows.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: install install-dev demo test lock clean

install: .venv/.installed
install-dev: .venv/.installed-dev

.venv/.installed: requirements.lock pyproject.toml
	test -d .venv || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@

.venv/.installed-dev: .venv/.installed requirements-dev.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	touch $@

# The main job on the real document: ingest, train, suggest. Writes to build/demo only.
demo: install
	$(BIN)/python -m pipeline.cli.demo

test: install-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --explicit-package-bases --ignore-missing-imports benchmarks
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto --dist loadfile
	rm -rf build/notebooks && mkdir -p build/notebooks
	for n in notebooks/*.py; do $(BIN)/jupytext --quiet --to ipynb --output build/notebooks/$$(basename $$n .py).ipynb $$n; done
	$(BIN)/python -m pytest -n auto --nbmake --nbmake-timeout=300 build/notebooks

lock:
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 pyproject.toml -o requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 pyproject.toml --group benchmarks -c requirements-dev.lock -o requirements-benchmarks.lock

clean:
	rm -rf .venv build
