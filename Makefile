# Needs python3 (3.11 or newer), git and make. Everything else goes into .venv and .cache, nothing elsewhere.
PYTHON ?= python3
WORKERS ?= 2
VENV := .venv/bin
CODE := portal workers
CHECKED := conftest.py $(CODE) migrations tests e2e bench tools

.DEFAULT_GOAL := help
.PHONY: help setup demo test both lint types e2e soak pictures looks lighthouse bench format migration messages
.PHONY: sbom licences audit-packages stolen-passwords lock clean

help: ## what can be made
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F '\t' '{printf "  make %-14s %s\n", $$1, $$2}'

demo: ## the whole portal here, with made-up data (PORT=8000)
	@$(PYTHON) tools/bootstrap.py run
	@$(VENV)/portal demo

test: lint types ## everything: lint, types, tests on two kinds of database, stories in a real browser
	@$(VENV)/python -m pytest e2e tests --screenshot only-on-failure -n $(WORKERS) --dist loadfile --no-loadscope-reorder

both: setup ## the tests of use cases on both kinds of database, of which `make test` spreads most over the two
	@PORTAL_DATABASES=both $(VENV)/python -m pytest tests/usecases -n $(WORKERS) --dist loadfile

setup: ## .venv with the portal, its tests and tools, and a browser for the stories
	@$(PYTHON) tools/bootstrap.py test
	@$(VENV)/python tools/chromium.py
	@$(VENV)/python tools/dovecot.py

lint: setup ## style, complexity, forbidden calls
	@$(VENV)/ruff check $(wildcard $(CHECKED))
	@$(VENV)/ruff format --check $(wildcard $(CHECKED))

types: setup ## mypy --strict
	@$(VENV)/mypy --strict $(CODE)

e2e: setup ## only the stories in a real browser, each on desktop and phone, with and without scripts
	@PORTAL_STORIES=every $(VENV)/python -m pytest e2e

soak: setup ## three years hour by hour over ten thousand mailboxes, then five minutes of kills (40 minutes)
	@$(VENV)/python -m pytest -m soak tests -s -o faulthandler_timeout=0

pictures: setup ## every page at three widths, light and dark, into .cache/pictures
	@$(VENV)/python -m tools.pictures

looks: setup ## new photographs for the test of how pages look, after a change that is meant
	@PORTAL_KEEP_LOOKS=1 $(VENV)/python -m pytest e2e/test_looks_as_kept.py

bench: setup ## speed as ratios, statements and bytes
	@$(VENV)/python -m bench

lighthouse: setup ## the main pages on a slow phone, by Lighthouse, against their bounds (ROUNDS=3)
	@$(VENV)/python -m tools.lighthouse $(ROUNDS)

format: setup ## put the code into its usual shape
	@$(VENV)/ruff check --fix --quiet $(wildcard $(CHECKED))
	@$(VENV)/ruff format $(wildcard $(CHECKED))

migration: setup ## make migration m="add plan X": a draft from the difference between models and migrations
	@$(VENV)/python tools/migration.py "$(m)"

messages: setup ## every text into the catalogues of all languages; says what lacks words
	@$(VENV)/python -m tools.messages

sbom: setup ## what the portal is made of, as CycloneDX JSON, into .cache/sbom.cdx.json
	@$(VENV)/python -m tools.supply sbom

licences: setup ## the licence of every package in use
	@$(VENV)/python -m tools.supply licences

audit-packages: setup ## known weaknesses of the packages in use, where their source can be reached
	@$(VENV)/python -m tools.supply audit

stolen-passwords: setup ## the list of passwords stolen elsewhere, from the newest package of them
	@$(VENV)/python -m tools.stolen_passwords

lock: ## requirements/*.txt anew from pyproject.toml (UPGRADE=1: newest versions)
	@$(PYTHON) tools/lock.py $(if $(UPGRADE),--upgrade)

clean: ## away with everything that was made
	@rm -rf .venv .cache .ruff_cache .hypothesis test-results htmlcov .coverage*
	@find . -name __pycache__ -prune -exec rm -rf {} +
