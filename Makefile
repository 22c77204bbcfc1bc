# The only door: `make help` lists what it opens. Nothing but make and Python 3.11 or newer is needed.
#
# Paths are relative, so that the clone may lie in a folder with a space.

PYTHON ?= python3
ARGS ?=

# Byte code halves the time that every process takes to start.
unexport PYTHONDONTWRITEBYTECODE
unexport VIRTUAL_ENV
export UV_PYTHON_DOWNLOADS := never
export NEXT_TELEMETRY_DISABLED := 1

UV := .tools/uv/bin/uv
BIN := .venv/bin
INSTALL := $(UV) pip install --python $(BIN)/python

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help up test test-long check format generate bench bench-gateway bench-web clean install install-dev web

help: ## List what make can do.
	@echo 'make TARGET, where TARGET is one of'
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' Makefile | expand -t 18

up: install web ## Install what is missing and run everything until Ctrl-C.
	@exec $(BIN)/promptops-server up

test: install-dev web ## Run the tests (ARGS="-k name" chooses some).
	@cd web && npm test
	@$(BIN)/pytest -n 2 --dist loadfile --durations=15 -m 'not long' $(ARGS)

test-long: install-dev web ## Run the long forms of the tests.
	@$(BIN)/pytest -n 2 --dist loadfile --durations=15 -m long $(ARGS)

check: install-dev web/node_modules/.installed ## Check the style, the types, the layers and the generated files.
	@echo 'ruff format' && $(BIN)/ruff format --check .
	@echo 'ruff check' && $(BIN)/ruff check .
	@echo 'basedpyright' && $(BIN)/basedpyright
	@echo 'lint-imports' && $(BIN)/lint-imports --config server/pyproject.toml --no-cache
	@echo 'generated files' && mkdir -p build && $(BIN)/promptops-server openapi > build/openapi.json
	@diff -u server/openapi.json build/openapi.json \
	  || { echo 'server/openapi.json is not what the code says: run make generate.' >&2; exit 1; }
	@cd web && npm run --silent check && npx openapi-typescript ../server/openapi.json -o ../build/schema.gen.ts --default-non-nullable=false > /dev/null
	@diff -q web/src/lib/api/schema.gen.ts build/schema.gen.ts \
	  || { echo 'web/src/lib/api/schema.gen.ts is not what the API says: run make generate.' >&2; exit 1; }

format: install-dev web/node_modules/.installed ## Format the code and repair what can be repaired.
	@cd web && npm run --silent format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

generate: install-dev web/node_modules/.installed ## Write the generated files anew.
	@mkdir -p build
	@$(BIN)/promptops-server openapi > build/openapi.json
	@mv build/openapi.json server/openapi.json
	@cd web && npm run --silent generate > /dev/null

bench: bench-gateway bench-web ## Run every benchmark.

bench-gateway: install ## Measure PromptOps beside two other gateways (ARGS=--quick: in two minutes).
	@$(BIN)/python -m bench.gateway $(ARGS)

bench-web: install-dev web ## Measure the web application in a browser (ARGS=--quick: less).
	@$(BIN)/python -m bench.web $(ARGS)

clean: ## Remove what make has installed and built, and no data.
	rm -rf .tools .venv build web/node_modules web/.next web/out server/promptops_server/_site tools/browser/node_modules tools/browser/unpacked .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find server tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

# What is installed is told by copies of the locks beside it: one that differs is installed anew.

install: .tools/uv/uv.lock
	@test -x $(BIN)/python || $(UV) venv --quiet --python .tools/uv/bin/python .venv
	@cmp -s server/requirements.lock .venv/requirements.lock || { \
	  echo 'Installing what the server needs (about 1 GB at the first time)'; \
	  $(INSTALL) --require-hashes -r server/requirements.lock && \
	  cp server/requirements.lock .venv/requirements.lock; }
	@cmp -s server/pyproject.toml .venv/server-pyproject.toml || { \
	  $(INSTALL) --quiet --no-deps --no-build-isolation -e server && \
	  cp server/pyproject.toml .venv/server-pyproject.toml; }

install-dev: install
	@cmp -s server/requirements-dev.lock .venv/requirements-dev.lock || { \
	  echo 'Installing what tests and checks need'; \
	  $(INSTALL) --require-hashes -r server/requirements-dev.lock && \
	  cp server/requirements-dev.lock .venv/requirements-dev.lock; }

# The web application is built once and anew when one of its sources is newer.
SITE := server/promptops_server/_site
WEB_SOURCES := $(shell find web -name node_modules -prune -o -name .next -prune -o -name out -prune \
  -o -type f ! -name next-env.d.ts ! -name '*.tsbuildinfo' ! -name '*.test.ts*' -print)

web: $(SITE)/.built

$(SITE)/.built: web/node_modules/.installed $(WEB_SOURCES)
	@echo 'Building the web application' && mkdir -p build
	@cd web && npm run --silent build > ../build/web.log 2>&1 || { cat ../build/web.log >&2; exit 1; }
	@rm -rf $(SITE) && mv web/out $(SITE) && touch $@

web/node_modules/.installed: web/package-lock.json
	@node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' 2> /dev/null \
	  || { echo 'Node.js 20 or newer is not installed: the web application is built with it.' >&2; exit 1; }
	@echo 'Installing what the web application is built with'
	@cd web && npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.installed

.tools/uv/uv.lock: tools/uv.lock
	@command -v '$(PYTHON)' > /dev/null \
	  || { echo '$(PYTHON) is not installed. Install Python 3.11 or newer, or name it: make PYTHON=/path/to/python.' >&2; exit 1; }
	@'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "PromptOps needs Python 3.11 or newer, and $(PYTHON) is $$('$(PYTHON)' --version). Name another: make PYTHON=/path/to/python." >&2; exit 1; }
	@'$(PYTHON)' -c 'import ensurepip, venv' 2> /dev/null \
	  || { echo '$(PYTHON) comes without its venv module. Install it (Debian, Ubuntu: apt-get install python3-venv).' >&2; exit 1; }
	@echo 'Installing uv, which installs the rest'
	@rm -rf .tools/uv && '$(PYTHON)' -m venv .tools/uv
	@.tools/uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tools/uv.lock
	@cp tools/uv.lock $@
