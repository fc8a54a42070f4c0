# What people run. Each target creates the environment that it needs, in .venv.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.made-from-requirements
DRIVER := $(VENV)/.made-from-requirements-browser

# Without bytecode every start compiles its imports again, for seconds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo serve test test-all check templates browser screenshots bench lock

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{ printf "make %-12s %s\n", $$1, $$2 }'

demo: $(READY) ## 120 days of a sample business; KEEP=1 leaves it running, DAYS, SPEED and VENDORS=loopback change it
	$(RUN) starter.py demo $(if $(KEEP),--keep) $(if $(VENDORS),--vendors $(VENDORS)) $(if $(DAYS),--days $(DAYS)) $(if $(SPEED),--speed $(SPEED))

serve: $(READY) ## take webhooks at PUBLIC_URL; HOST and PORT change where it listens
	$(RUN) starter.py serve $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT))

test: check ## the checks, and every test that is not slow
	$(RUN) -m pytest -q -n 2 -m "not slow"

# A file at a time, since what a file sets up for its tests is dear. The demo has the machine to itself: one that
# falls days behind takes other steps than the sample's.
SLOW := $(RUN) -m pytest -q -m "slow or property"

test-all: export ARREARS_THOROUGH = 1
test-all: $(READY) $(DRIVER) ## the slow tests as well, and every example of the properties: run it after `make test`
	$(SLOW) -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/demo
	$(SLOW) tests/demo

check: $(READY) ## style, format and types, without running anything
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

templates: $(READY) ## render every message in every language into one page
	$(RUN) starter.py templates preview

browser: $(DRIVER) ## what drives a browser in tests; the browser is Debian's Chromium: apt-get install chromium

screenshots: $(DRIVER) ## take the pictures of the guides anew, from the real Temporal UI and pages; needs a browser
	$(RUN) -m tests.browser.screenshots

bench: $(READY) ## the benchmarks; each prints a ratio
	@set -e; for file in bench/*.py; do \
	    [ -e "$$file" ] || { echo "there is no benchmark in bench/ yet"; exit 1; }; \
	    case "$$file" in */_*) continue;; esac; \
	    echo "$$file"; $(RUN) -m "bench.$$(basename "$$file" .py)"; \
	done

# An extra index would change what is resolved, though its address is not written down.
COMPILE := env -u UV_INDEX -u UV_EXTRA_INDEX_URL -u PIP_EXTRA_INDEX_URL \
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-strip-extras \
    --custom-compile-command "make lock"

lock: ## resolve requirements*.in into requirements*.txt; needs uv
	@uv --version >/dev/null 2>&1 || { echo "make lock needs uv: install it with '$(PYTHON) -m pip install uv'"; exit 1; }
	$(COMPILE) requirements.in -o requirements.txt
	$(COMPILE) -c requirements.txt requirements-browser.in -o requirements-browser.txt

# uv is several times faster; plain Python is enough. Nothing is compiled: bytecode appears when it is used.
$(READY): requirements.txt
	@$(PYTHON) -c '' 2>/dev/null || { echo "There is no '$(PYTHON)' here: install Python 3.11 or newer, or name yours with 'make PYTHON=python3.12'."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, and '$(PYTHON)' is $$($(PYTHON) -V): name another with 'make PYTHON=python3.12'."; exit 1; }
	@set -e; \
	if uv --version >/dev/null 2>&1; then \
	    echo "Creating $(VENV) with uv"; \
	    uv venv --quiet --allow-existing --no-project --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV); \
	    uv pip install --quiet --python $(RUN) --require-hashes -r requirements.txt; \
	else \
	    $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	        echo "Python's venv module is missing: on Debian or Ubuntu, install it with 'apt-get install python3-venv'."; exit 1; }; \
	    echo "Creating $(VENV) with pip: this takes about a minute"; \
	    $(PYTHON) -m venv $(VENV); \
	    $(RUN) -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.txt; \
	fi
	@touch $@

# Beside the others, where they have their place already: this lock is bound by theirs.
$(DRIVER): requirements-browser.txt $(READY)
	@if uv --version >/dev/null 2>&1; then \
	    uv pip install --quiet --python $(RUN) --require-hashes -r requirements-browser.txt; \
	else \
	    $(RUN) -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements-browser.txt; \
	fi
	@touch $@
