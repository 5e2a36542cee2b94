# Set-up and the things people do. Every target works on a fresh machine with Python >= 3.11.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PEOPLE ?= 20000
ROWS   ?= 10000000
BENCH_PEOPLE ?= 200000
SEED ?= 20261127
DEMO   := .zhongtai
# The sample city's last deliveries are of 2026-11-16: later, they would be judged stale.
NOW    ?= 2026-11-21T10:00:00+08:00
# Hand-written SQL; the staging twins are generated, and held to their contracts by `zhongtai sync --check`.
CITIES := dbt_project tests/cities/nyc/dbt_project tests/cities/beijing/dbt_project
SQL    := $(foreach city,$(CITIES),$(city)/models/domains $(city)/models/products)

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test lint unit attack bench ui serve lock clean

# Runtime and test requirements are pinned with hashes; nothing is built in isolation, so an air-gapped mirror is enough.
$(VENV)/.runtime: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --no-deps --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.tests: requirements-test.txt tests/node/package.json $(VENV)/.runtime
	$(BIN)/pip install --quiet --no-deps --require-hashes -r requirements-test.txt
	mkdir -p $(VENV)/node && cp tests/node/package.json $(VENV)/node/
	npm install --prefix $(VENV)/node --silent --no-audit --no-fund --no-package-lock --ignore-scripts
	@touch $@

demo: $(VENV)/.runtime
	rm -rf $(DEMO)/deliveries
	$(BIN)/zhongtai sample-city --people $(PEOPLE) --out $(DEMO)/deliveries
	exec env ZHONGTAI_NOW=$(NOW) $(BIN)/zhongtai run

lint: $(VENV)/.tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint $(SQL)
	$(BIN)/zhongtai sync --check

unit: $(VENV)/.tests
	$(BIN)/pytest

test: lint unit

# What is slow and deep: kills, mutants, canaries, whole proofs, damage at random, peers' suites. One table of scores.
attack: $(VENV)/.tests
	$(BIN)/python -m tests.attack --seed $(SEED)

# Ratios to a baseline measured in the same run; sizes with ROWS=… BENCH_PEOPLE=….
bench: $(VENV)/.tests
	$(BIN)/python -m tests.bench --rows $(ROWS) --people $(BENCH_PEOPLE)

ui: $(VENV)/.runtime
	@exec env ZHONGTAI_NOW=$(NOW) $(BIN)/zhongtai ui

serve: $(VENV)/.runtime
	@exec env ZHONGTAI_NOW=$(NOW) $(BIN)/zhongtai serve

lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --no-strip-extras \
	  --extra test pyproject.toml -o requirements-test.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --no-strip-extras \
	  -c requirements-test.txt pyproject.toml -o requirements.txt

clean:
	rm -rf $(DEMO) $(VENV)
