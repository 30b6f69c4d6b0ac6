# Two commands on a fresh machine: `make demo` and `make test`. Each makes .venv from requirements.lock first.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test check bench lock clean

demo: $(READY)
	$(BIN)/pai-voice demo

# The calls whose times are measured are made when nothing else runs. Compiled once, for the hundreds of processes that tests
# start: where Python may write no bytecode, each of them would compile us anew.
test: $(READY)
	$(BIN)/python -m compileall -q agents voices telephony orchestrator tests
	$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder --ignore tests/system $(PYTEST_ARGS)
	$(BIN)/pytest $(PYTEST_ARGS) tests/system

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

bench: $(READY)
	$(BIN)/python -m tests.bench.calls
	$(BIN)/python -m tests.bench.music
	$(BIN)/python -m tests.bench.hold

$(READY): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $(READY)

# For maintainers, with uv installed: a new lock for all supported Pythons.
lock:
	uv pip compile pyproject.toml --group dev --extra pai --extra cloud --extra check --universal --python-version 3.11 --generate-hashes --no-header -o requirements.lock -q

clean:
	rm -rf .venv build
