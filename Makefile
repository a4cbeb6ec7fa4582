# Workbench: `make help` lists the targets. Only Swift has to be there beforehand: what else is needed is
# installed from Debian's packages, once.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run build test test-slow bench bench-peers docs format lint import-wall clean install-dependencies

WORKBENCH := .build/release/workbench

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-22s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## fit sixty years of interest rates, simulate the fit and draw the fan chart, in out/
	$(WORKBENCH) run scripts/treasury_ckls.lua --out out

build: install-dependencies ## build .build/release/workbench
	swift build -c release --product workbench

# Debug Swift is some fifty times slower at numerics, so the tests too run in release mode.
test: install-dependencies import-wall ## build everything and run the tests; a warning fails
	@.ci/quietly build swift build -c release --build-tests
	@.ci/quietly test swift test -c release --skip-build --disable-xctest

test-slow: .venv-tests/ready import-wall ## the same with the tests that take long or ask NumPy and safetensors
	@.ci/quietly build swift build -c release --build-tests
	@WORKBENCH_SLOW=1 WORKBENCH_PYTHON=$(CURDIR)/.venv-tests/bin/python \
	  .ci/quietly test-slow swift test -c release --skip-build --disable-xctest

.venv-tests/ready: | install-dependencies
	@.ci/install-dependencies python
	python3 -m venv .venv-tests
	.venv-tests/bin/pip install --quiet --disable-pip-version-check numpy safetensors
	@touch $@

bench: build ## measure against a C loop and the installed peers; fails if a required ratio does
	@.ci/install-dependencies python
	python3 Benchmarks/bench.py

bench-peers: install-dependencies ## install the peers (NumPy, PyTorch, JAX, diffrax, torchsde) in .venv-bench
	@.ci/install-dependencies python
	@python3 Benchmarks/peers/install.py .venv-bench

docs: build ## write the Lua reference, docs/reference
	$(WORKBENCH) docs --out docs/reference

format: ## format all Swift files in place
	swift format --in-place --parallel --recursive Package.swift Sources Tests

lint: import-wall ## check the format of all Swift files, and that only the runtime layer sees Lua's C interface
	swift format lint --strict --parallel --recursive Package.swift Sources Tests

import-wall:
	@.ci/import-wall

clean: ## remove what was built (not the virtual environments)
	rm -rf .build out

install-dependencies: ## install from Debian what the build lacks
	@.ci/install-dependencies
