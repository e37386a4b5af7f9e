.DEFAULT_GOAL := help
.PHONY: help setup demo test test-fast coverage check fmt docs schema gallery bench pictures image clean
PYTHON := .venv/bin/python
TESTS ?= tests
SIZES ?= 10000 100000 1000000
unexport PYTHONDONTWRITEBYTECODE # Python starts many times here; without compiled files it would take seconds each time

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

setup: ## make .venv with the insights-reports command in it
	@scripts/setup

demo: setup ## the whole pipeline on the embedded server; prints where the reports lie
	@PREFECT_HOME=$(CURDIR)/.setup/prefect .venv/bin/insights-reports demo

test: ## run the tests (THOROUGH=1 for the long ones)
	@scripts/setup dev
	$(PYTHON) -m pytest -n 4 $(TESTS)

test-fast: ## the tests that one runs while working: all but the slow ones
	@scripts/setup dev
	$(PYTHON) -m pytest -n 4 -m "not slow" $(TESTS)

coverage: ## which lines and branches of the package the tests reach; fails below the floor
	@scripts/setup dev
	$(PYTHON) -m pytest -n 4 --cov --cov-report=term:skip-covered $(TESTS)

check: docs ## formatting, lint, docstrings of public names, types, and the links and commands of docs/
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	$(PYTHON) -m pytest -q -m "not slow" tests/test_docs.py

fmt: ## format and mend what can be mended by itself
	@scripts/setup dev
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

docs: ## build the site of docs/ into site/; a link or an anchor that leads nowhere fails
	@scripts/setup docs
	NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --quiet

schema: setup ## make config/insights-reports.schema.json from the configuration's model
	.venv/bin/insights-reports config schema > config/insights-reports.schema.json

bench: ## measure the data path against the alternatives (SIZES="10000 100000 1000000"), and how it grows
	@scripts/setup bench
	$(PYTHON) benchmarks/data_path.py --sizes $(SIZES)
	$(PYTHON) benchmarks/data_path.py --sizes 10000 3000000 --ways ours "orjson alone" --repeats 3

gallery: setup ## editions of many kinds in demo/gallery, with an index
	$(PYTHON) scripts/gallery.py

pictures: demo ## make the pictures in docs/images from the demo's edition
	@scripts/pictures demo

image: ## build the container image (BASE=… its base), and make the demo's edition in it without a network
	docker build -f deploy/Dockerfile -t insights-reports:latest $(if $(BASE),--build-arg BASE=$(BASE)) .
	docker run --rm --network none --read-only --tmpfs /tmp --cap-drop ALL insights-reports:latest insights-reports doctor
	docker run --rm --network none --read-only --tmpfs /tmp --cap-drop ALL -v /srv/reports insights-reports:latest insights-reports demo

clean: ## remove what was made, but not state and reports
	rm -rf .venv .setup .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* dist demo site
