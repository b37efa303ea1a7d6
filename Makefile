# Forestall: `make demo` plays a city's day against the service, `make test` checks everything.
# Each target sets up what it needs; see README.md.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .stamps
PORT ?= 8000

.PHONY: demo test lint unit prove bench bench-repair format lock eval eval-keep osrm clean help

help:
	@echo "make demo   play a city's day at 60 times real time (PORT=8000, SEED=1)"
	@echo "make test   lint, types, layers, and every test"
	@echo "make bench  the benchmarks, side by side with their baselines"
	@echo "make prove  1,000 waiting cases killed, 1,000 races of veto and deadline, the kill switch (an hour)"
	@echo "make osrm   serve a road network on this machine (EXTRACT=file.osm.pbf, OSRM_PORT=5000)"
	@echo "make bench-repair  repair engines beside VROOM and PyVRP on the days of DAYS (about 10 minutes)"
	@echo "make eval   every day of DAYS, seeds 1 to 3, held against the last release (about an hour)"
	@echo "make eval-keep  keep this code's results for the next release to be held against"

# Compiled before the day begins: a server that compiles while it runs plans on what is long past.
demo: $(STAMPS)/installed
	$(BIN)/python -m optimizer.warmup
	$(BIN)/forestall demo --port $(PORT) --seed $(or $(SEED),1)

test: lint unit

lint: $(STAMPS)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Compiled once, by one process, before two of them, and the servers they start, want it within some time.
unit: $(STAMPS)/installed $(STAMPS)/chromium
	$(BIN)/python -m optimizer.warmup
	$(BIN)/pytest -n 2 --dist loadgroup

bench: $(STAMPS)/installed
	$(BIN)/forestall bench city

prove: $(STAMPS)/installed
	$(BIN)/forestall bench resolve --proofs

# DAYS is a folder of VRPLIB days with their .sol files.
DAYS ?= ../shared/data/vrptw/ortec

# Other people's solvers, to be measured against, have an environment of their own: nothing of the service needs them.
PEERS := .venv-peers
bench-repair: $(STAMPS)/peers
	$(PEERS)/bin/python -m forestall.cli bench repair $(DAYS) --peers

$(STAMPS)/peers: requirements-peers.lock | $(STAMPS)
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed; set PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-peers.lock
	@touch $@

# The evaluation, held against the last release's: it fails on a significant loss. Broken off, it goes on where it was.
SEEDS ?= 1-3
EVAL = $(BIN)/forestall eval --arms do-nothing,forestall
LONG = --days $(DAYS) --seeds $(SEEDS) --log var/eval.jsonl
QUICK = --days city:1x40 --days city:2x40 --days city:5x40 --profile breakdowns --log var/quick.jsonl
eval: $(STAMPS)/installed
	$(EVAL) $(LONG) --against evals/releases/long.json --report var/eval.html

# When a release is made, or the simulation itself has changed: what the next one is held against.
eval-keep: $(STAMPS)/installed
	$(EVAL) $(QUICK) --keep evals/releases/quick.json
	$(EVAL) $(LONG) --keep evals/releases/long.json

# A road network served on this machine: EXTRACT is an .osm.pbf. It needs a Python of 3.12 or newer.
EXTRACT ?= ../shared/data/osm/heidelberg.osm.pbf
OSRM_PORT ?= 5000
OSRM := var/osrm/$(basename $(basename $(notdir $(EXTRACT))))
osrm: $(OSRM)/roads.osrm.cell_metrics
	@echo "serving $(notdir $(EXTRACT)) at http://127.0.0.1:$(OSRM_PORT) (c) OpenStreetMap contributors"
	.osrm/bin/python -m osrm routed --algorithm mld --ip 127.0.0.1 --port $(OSRM_PORT) $(OSRM)/roads.osrm

$(OSRM)/roads.osrm.cell_metrics: $(EXTRACT) | $(STAMPS)/osrm
	mkdir -p $(OSRM)
	cp $(EXTRACT) $(OSRM)/roads.osm.pbf
	.osrm/bin/python -m osrm extract -p "$$(.osrm/bin/python -c 'import pathlib, osrm; print(pathlib.Path(osrm.__file__).parent / "share/profiles/car.lua")')" $(OSRM)/roads.osm.pbf
	.osrm/bin/python -m osrm partition $(OSRM)/roads.osrm
	.osrm/bin/python -m osrm customize $(OSRM)/roads.osrm

# The wheel with OSRM in it needs a newer Python than ours: OSRM_PYTHON, or the first one found that runs.
$(STAMPS)/osrm: requirements-osrm.lock | $(STAMPS)
	@for python in $(OSRM_PYTHON) python3.14 python3.13 python3.12 python3 $(HOME)/.pyenv/versions/3.1[2-9]*/bin/python; do \
	  $$python -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && exec $$python -m venv .osrm; \
	done; echo "OSRM can't be installed here: its wheel needs Python 3.12 or newer (set OSRM_PYTHON)"; exit 1
	.osrm/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-osrm.lock
	@touch $@

format: $(STAMPS)/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Browser tests use Debian's Chromium; where it can't be installed they are skipped with one line, but not in CI.
APT := apt-get -o Acquire::Retries=5 -o DPkg::Lock::Timeout=300 -qq
$(STAMPS)/chromium: | $(STAMPS)
	@command -v chromium >/dev/null || { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && \
	  $(APT) update && DEBIAN_FRONTEND=noninteractive $(APT) install -y chromium >/dev/null; } || \
	  { echo "chromium is not here and can't be installed: browser tests will be skipped"; [ -z "$$CI" ]; }
	@touch $@

$(STAMPS)/installed: requirements.lock pyproject.toml | $(STAMPS)
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed; set PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(STAMPS):
	@mkdir -p $@

lock:
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 --group dev \
	  pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 --extra peers \
	  -c requirements.lock pyproject.toml -o requirements-peers.lock
	echo osrm-bindings | $(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.12 \
	  - -o requirements-osrm.lock

clean:
	rm -rf $(STAMPS) $(VENV) $(PEERS) var
