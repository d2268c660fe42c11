# Ansim. `make` alone lists the targets.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup demo test check check-android soak bench lock

# The first Python that will do; `make PYTHON=… setup` chooses another.
PYTHON ?= $(shell for each in python3 /usr/bin/python3 python3.13 python3.12 python3.11; do \
	$$each -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$each && break; done)
VENV := .venv/bin
# Where it is set, each of a world's programs would compile all of Ansim anew: two of its three seconds to start.
unexport PYTHONDONTWRITEBYTECODE

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r name what; do printf '%-14s %s\n' "$$name" "$$what"; done

setup: ## install what is missing: system packages, .venv, uv, Node packages, the pages, the boundaries
	@if [ -z "$(PYTHON)" ]; then echo "Ansim needs Python 3.11, 3.12 or 3.13 (make PYTHON=/path/to/python3 setup)." >&2; exit 1; fi
	@"$(PYTHON)" scripts/setup.py

demo: setup ## start everything on this machine and walk through an alert (ARGS="--once --json")
	@$(VENV)/ansim demo $(ARGS)

test: setup ## run every test; ends with "N passed, N failed" (ARGS="--only pure")
	@$(VENV)/python -m tests.run $(ARGS)

check: setup ## lint, format, types, import rules, TypeScript, dead code, unused packages; under a minute
	@$(VENV)/python scripts/check.py $(ARGS)

check-android: setup ## what can be checked of the APK without Google's SDK: needs a JDK; an environment of its own
	@$(VENV)/python -m tests.mobile_app.android.check

soak: setup ## the long campaigns: 200 kills while alerts come in, the national bus under fire, fuzzers; prints JSON
	@$(VENV)/python -m tests.soak.chaos --kills 200 --seed 1 --json $(ARGS)
	@$(VENV)/python -m tests.soak.national --seconds 60 --json
	@$(VENV)/python -m tests.soak.center --json
	@ANSIM_FUZZ_S=60 ANSIM_EXAMPLES=200 $(VENV)/python -m pytest -q tests/contract/test_decoders.py tests/server/test_api_fuzz.py

bench: setup ## measure the alert path; prints JSON
	@$(VENV)/python -m tests.bench.alert_path --json $(ARGS)

lock: setup ## choose new versions: requirements.lock and package-lock.json
	@$(VENV)/python scripts/lock.py
