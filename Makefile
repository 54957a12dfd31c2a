# Needs python3 (3.11 or newer), git and make. Everything else is installed into .venv and .cache.
PYTHON ?= python3
VENV := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup clean

help: ## what can be made
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F '\t' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: ## .venv with the portal, its tests and tools
	@$(PYTHON) tools/bootstrap.py test
