# Two commands on a fresh machine: `make demo` and `make test`. Each makes .venv from requirements.lock first.
PYTHON ?= python3
BIN := .venv/bin
CORES := $(shell getconf _NPROCESSORS_ONLN)
READY := .venv/.ready
# What runs the tests: `make test RUN=".ci/way east"`.
RUN ?=

.PHONY: demo test test-beside test-alone check bench bench-voices bench-trust bench-pickup bench-crash bench-narration speech-server lock clean

demo: $(READY)
	$(RUN) $(BIN)/pai-voice demo

# The calls whose times are measured (tests/system) are made when nothing else runs. Compiled once, for the hundreds of processes
# that tests start: where Python may write no bytecode, each of them would compile us anew.
test:
	$(MAKE) --no-print-directory test-beside
	$(MAKE) --no-print-directory test-alone

test-beside: $(READY)
	$(BIN)/python -m compileall -q agents voices telephony orchestrator tests
	$(RUN) $(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder --ignore tests/system $(PYTEST_ARGS)

test-alone: $(READY)
	$(RUN) $(BIN)/pytest $(PYTEST_ARGS) tests/system

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --threads $(CORES)
	$(BIN)/lint-imports

bench: $(READY)
	$(BIN)/python -m tests.bench.calls
	$(BIN)/python -m tests.bench.music
	$(BIN)/python -m tests.bench.hold

# Voices and ears, one table after the other: about half an hour on two cores.
bench-voices: $(READY)
	$(BIN)/pai-voice voices bench
	$(BIN)/python -m tests.bench.panel
	$(BIN)/python -m tests.bench.voices_intelligibility
	$(BIN)/python -m tests.bench.ears
	$(BIN)/python -m tests.bench.elevenlabs
	$(BIN)/python -m tests.bench.speech_client
	$(BIN)/python -m tests.bench.serve_memory

# What an adversary would try, at length; CI tries a little of each.
bench-trust: $(READY)
	$(BIN)/python -m tests.bench.door
	$(BIN)/python -m tests.bench.trust_shell
	$(BIN)/python -m tests.bench.expressions
	$(BIN)/python -m tests.bench.big_texts

# Sixty made recordings of whoever picks up, through the whole call-back.
bench-pickup: $(READY)
	$(BIN)/python -m tests.bench.pickup --wrong

# `kill -9` at a hundred random points, with real processes: about an hour on two cores.
bench-crash: $(READY)
	$(BIN)/python -m tests.bench.crash 100

# Whether what is told of long work is true when it is heard: 10,000 runs, about five minutes of one core; CI tries 200.
bench-narration: $(READY)
	$(BIN)/python -m tests.bench.narration

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
