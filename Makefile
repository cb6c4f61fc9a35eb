# Everything a newcomer needs. Each command makes its own environment; none asks anything.
.DEFAULT_GOAL := help
# Where Python may not keep what it compiled, each of hundreds of processes compiles a thousand modules anew.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help set-up run test coverage ui lint bench clean lock pictures

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

set-up:
	@sh deploy/set_up.sh

run: set-up ## Run the whole platform once on the demonstration network, print what came out, stop
	@.venv/bin/partsbay demo

test: set-up ## Run all tests
	@sh deploy/chromium.sh
	@sh deploy/axe.sh
	@sh deploy/sftp_server.sh
	@.venv/bin/python -m pytest -n 2 --dist loadfile --durations=15 $(COVERAGE)

# Following every line takes half as long again.
coverage: COVERAGE = --cov --cov-report=term:skip-covered
coverage: test ## Run all tests and say which lines none of them runs

ui: set-up ## Start the databases and open the Dagster UI on 127.0.0.1:3000; Ctrl-C stops both
	@.venv/bin/partsbay ui

lint: set-up ## Check style and formatting
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .

bench: set-up ## Measure ingestion beside raw COPY, in one run
	@.venv/bin/partsbay bench ingest

pictures: set-up ## Take the pictures of the README anew from the last make run
	@sh deploy/pictures.sh

lock: set-up ## Resolve the dependencies anew and write the lock
	@.venv/bin/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--upgrade --extra dev pyproject.toml --output-file deploy/requirements.lock

clean: ## Stop the databases and remove everything that was made, data included
	@if [ -x .venv/bin/partsbay ]; then .venv/bin/partsbay down --delete; fi
	rm -rf .venv .partsbay build *.egg-info .pytest_cache .ruff_cache .hypothesis .coverage dbt_project/target dbt_project/logs
