# The whole developer interface. Works with GNU make 3.81, which macOS has. `make` lists the commands.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUNBUFFERED := 1
# Else every server and every worker of the tests compiles all of it anew.
unexport PYTHONDONTWRITEBYTECODE

# How often a property is tried: `make check` is quick, `make test` sets it to 100.
export EXAMPLES ?= 25

PYTHON := .venv/bin/python
CODE := $(wildcard eventing domains local tests function_app.py)
INSTALLED := .venv/.installed
AZURITE := node_modules/.package-lock.json
COMPILE := $(PYTHON) -m piptools compile --quiet --allow-unsafe --generate-hashes --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

.PHONY: help events lake team catalogue setup check test schemas release-schemas stack start parked rebuild demo torture bench fuzz lock deploy-plan verify-azure clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: setup ## all twelve events on real servers: sales files become purchases, and end
	@$(PYTHON) -m local.demo

start: setup ## the local stack and the app, until Ctrl-C; http://localhost:7071/api
	@$(PYTHON) -m local.stack --app

parked: $(INSTALLED) ## what the teams set aside; ARGS="show <id>", "replay <id>", "discard <id> --reason …"
	@$(PYTHON) -m local.parked $(ARGS)

events: $(INSTALLED) ## what lies on the hubs of the running stack, decoded; ARGS="--of <id>"
	@$(PYTHON) -m local.events $(ARGS)

lake: $(INSTALLED) ## what has arrived in the lake of the running stack; ARGS="sale.confirmed" prints rows
	@$(PYTHON) -m local.lake $(ARGS)

rebuild: ## make what conversions knows of contacts and products again, from the hubs
	@for projection in contacts products; do \
	  curl -fsS -X POST "http://localhost:$${HOST_PORT:-7071}/api/projections/$$projection/rebuild"; \
	  echo " $$projection"; done

stack: setup ## the local stack without the app, for `func start` or a debugger
	@$(PYTHON) -m local.stack

# The shell's variables: whatever stands in a name, it is a name and no command.
team: $(INSTALLED) ## a small working team of your own: name=billing aggregate=invoice event=issued
	@$(PYTHON) -m local.team --name="$${name:-}" --aggregate="$${aggregate:-}" \
	  --event="$${event:-}" --command="$${command:-}"

catalogue: $(INSTALLED) ## write docs/events.md, docs/asyncapi.json and the emulator's hubs from what is there
	@$(PYTHON) -m local.catalogue
	@$(PYTHON) -m local.emulator_config

check: $(INSTALLED) ## lint, format, types and the tests that need no server: seconds
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy --strict $(CODE)
	@$(PYTHON) -m pytest -q -n 2 --dist loadgroup -m "not stack and not slow and not azure"

test: EXAMPLES := 100
test: setup check ## check, then every test on real local servers
	@$(PYTHON) -m pytest -q -n 3 --dist loadgroup -m "(stack or slow) and not azure"

torture: setup ## kill, freeze and refuse servers under work, then account for every event
	@$(PYTHON) -m tests.torture

bench: setup ## measure codec, broker and commands against what is wanted of them
	@$(PYTHON) -m tests.eventing.bench_codec
	@$(PYTHON) -m tests.local.eventhubs.bench
	@$(PYTHON) -m tests.api.bench

# make fuzz INPUTS=1000000 is the long one; a finding is told with the command that repeats it.
fuzz: $(INSTALLED) ## damaged input for every door: events, files, requests, the broker; minutes
	@$(PYTHON) -m tests.fuzz --inputs $(or $(INPUTS),200000) --seed $(or $(SEED),1)

# A registry in Azure is named by the environment; without that it is the running stack's.
schemas: $(INSTALLED) ## register the contracts of schemas/ with the schema registry
	@if [ -n "$${SCHEMAS__fullyQualifiedNamespace:-}" ]; then $(PYTHON) -m local.schemas; \
	else $(PYTHON) -m local.stack --schemas; fi

release-schemas: $(INSTALLED) ## promise the contracts as they are to their readers, unless one would break
	@$(PYTHON) -m local.contracts

setup: $(INSTALLED) $(AZURITE) ## install what is pinned: .venv on Python 3.13, Azurite from npm

lock: $(INSTALLED) ## pin requirements*.in anew, with hashes
	$(COMPILE) --output-file=requirements.txt requirements.in
	$(COMPILE) --output-file=requirements-dev.txt requirements-dev.in

deploy-plan: $(INSTALLED) ## what a deployment would create, and its monthly cost
	@$(PYTHON) -m local.deploy_plan

verify-azure: $(INSTALLED) ## compare what is deployed with what is declared; needs `az login`
	@$(PYTHON) -m pytest -q -m azure tests

clean: ## remove all local state: events, tables, files, schemas, logs, caches
	@for told in .local/stack.json .local/demo/stack.json; do \
	  pid="$$(sed -n 's/.*"pid": \([0-9]*\).*/\1/p' $$told 2>/dev/null || true)"; \
	  if [ -n "$$pid" ] && kill -0 "$$pid" 2>/dev/null; then \
	    echo "error: the stack of process $$pid uses .local; stop it first" >&2; exit 1; fi; done
	rm -rf .local .publish .pytest_cache .mypy_cache .ruff_cache .hypothesis

# $PYTHON313 wins; a shim of pyenv may exist and not run, so every candidate is tried.
$(INSTALLED): requirements-dev.txt
	@if ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null; then \
	  found=; \
	  for candidate in "$${PYTHON313:-}" python3.13 \
	      "$$(pyenv prefix 3.13 2>/dev/null || true)/bin/python3.13" \
	      "$$HOME"/.pyenv/versions/3.13*/bin/python3.13 \
	      "$$(uv python find 3.13 2>/dev/null || true)" python3 python; do \
	    if [ -n "$$candidate" ] && "$$candidate" -c \
	        'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null; \
	    then found="$$candidate"; break; fi; \
	  done; \
	  if [ -z "$$found" ]; then \
	    echo "error: Python 3.13 is needed, the version that Azure runs, and none was found." >&2; \
	    echo "Install it (pyenv install 3.13, uv python install 3.13, or python.org)," >&2; \
	    echo "or name one: make PYTHON313=/path/to/python3.13" >&2; \
	    exit 1; \
	  fi; \
	  echo "making .venv with $$found"; \
	  "$$found" -m venv --clear .venv; \
	fi
	@echo "installing the Python packages of requirements-dev.txt into .venv"
	@$(PYTHON) -m pip install --require-hashes -r requirements-dev.txt
	@touch $@

$(AZURITE): package.json package-lock.json
	@if ! command -v npm >/dev/null || ! command -v node >/dev/null; then \
	  echo "error: Node and npm are needed for Azurite; install Node 22 or newer (nodejs.org)" >&2; \
	  exit 1; \
	fi
	@echo "installing Azurite from npm into node_modules"
	@npm ci --no-audit --no-fund
	@touch $@
