# Every target is quiet when all is well, can be run twice, and leaves no process behind.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
ARGS ?=
export DJANGO_SETTINGS_MODULE := config.settings
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo screenshots test test-rules test-fast prove-caps lint bench run clean setup chromium

demo: setup
	@$(RUN) -m deploy.demo $(ARGS)

test: setup chromium
	@$(RUN) -m pytest $(ARGS)

# The rules of both apps: pure, so neither a server nor Django is started.
test-rules: $(VENV)/.dev
	@$(RUN) -m pytest -o addopts= -o filterwarnings= -p no:django tests/rules $(ARGS)

test-fast: $(VENV)/.dev
	@$(RUN) -m pytest -m "not pbx and not browser and not e2e" $(ARGS)

# Ten minutes of engines that race for the same people while everything is killed; then the independent audit.
prove-caps: $(VENV)/.dev
	@$(RUN) -m tests.proof $(ARGS)

# The pictures of docs/lists.md, taken anew from the real pages.
screenshots: $(VENV)/.dev chromium
	@$(RUN) -m pytest tests/screenshots/take.py $(ARGS)

lint: $(VENV)/.dev
	@$(VENV)/bin/ruff format --check --quiet . || { echo "Run: $(VENV)/bin/ruff format ."; exit 1; }
	@$(VENV)/bin/ruff check --quiet .
	@DATABASE_URL=postgres:///unused $(VENV)/bin/mypy --no-error-summary
	@$(VENV)/bin/lint-imports --no-cache > $(VENV)/contracts.log || { cat $(VENV)/contracts.log; exit 1; }
	@DATABASE_URL=postgres:///unused $(RUN) -W ignore manage.py makemigrations --check --dry-run > $(VENV)/migrations.log 2>&1 || { cat $(VENV)/migrations.log; exit 1; }

# `make bench ONLY=connect` runs one of them.
bench: setup
	@$(RUN) -m bench $(ONLY)

run: setup
	@$(RUN) -m deploy.run

setup: $(VENV)/.dev
	@$(RUN) -m deploy.asterisk.install

chromium: $(VENV)/.dev
	@$(RUN) -m deploy.chromium

$(VENV)/.dev: requirements.txt requirements-dev.txt
	@test -x $(VENV)/bin/python || { echo "Making a Python environment in $(VENV) …"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing Python packages (once; a minute or two) …"
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-warn-script-location -r requirements-dev.txt 2> $(VENV)/pip.log || { cat $(VENV)/pip.log; exit 1; }
	@touch $@

clean:
	@rm -rf var .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
