# Two commands on a fresh machine: `make demo` and `make test`. Each makes .venv from requirements.lock first.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test check bench speech-server lock clean

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
	$(BIN)/python -m tests.bench.speech_client

$(READY): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $(READY)

# Chatterbox's own environment (7.6 GB on Linux, CUDA included), for `pai-voice speech-server`.
speech-server: .venv-speech/.ready

.venv-speech/.ready: voices/speech_server/requirements.txt
	test -x .venv-speech/bin/python || $(PYTHON) -m venv .venv-speech
	.venv-speech/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	touch $@

# For maintainers, with uv installed: a new lock for all supported Pythons.
lock:
	uv pip compile pyproject.toml --group dev --extra pai --extra cloud --extra check --universal --python-version 3.11 --generate-hashes --no-header -o requirements.lock -q
	uv pip compile --no-config voices/speech_server/requirements.in --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -o voices/speech_server/requirements.txt -q
	echo chatterbox-tts==0.1.7 | uv pip compile --no-config - --no-deps --generate-hashes --no-header --no-annotate -q >> voices/speech_server/requirements.txt

clean:
	rm -rf .venv .venv-speech build
