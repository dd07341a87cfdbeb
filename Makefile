# One door.  `make help` lists the doors behind it.
#
# A stamp in .venv/ stands for a step that is done; it is older than what the step depends on when the step must be
# done again.  Python sources are used in place, and the native module is put beside them, so that nothing is imported
# through a hook and only a changed native source is compiled.

PYTHON ?= python3
JOBS   ?= 2
# What to hand on to the tool behind a target: make test ARGS="-k push"
ARGS   ?=

venv := .venv
bin  := $(venv)/bin

# The installed tool puts its helpers (ninja, tiffin, dvc) on the path of what it runs.
export PATH := $(CURDIR)/$(bin):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

native_sources := CMakeLists.txt $(shell find native -path native/bench -prune -o -path native/tests -prune -o -type f -print)
python_sources := src tests benchmarks examples

# $(call requirements,TABLE): the requirements that pyproject.toml lists there, one a line.
requirements = $(bin)/python -c 'import tomllib; table = tomllib.load(open("pyproject.toml", "rb")); print(*table$(1), sep="\n")'

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

## ── For people ──────────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(venv)/.stamp-tiffin $(venv)/.stamp-examples ## the whole workflow on real data, in a scratch directory
	$(bin)/python examples/flights/demo.py $(ARGS)

.PHONY: test
test: $(venv)/.stamp-tiffin $(venv)/.stamp-dev $(venv)/.stamp-examples ## all tests of the Python side; ARGS="-k push" picks some
	$(bin)/python -m pytest -n $(JOBS) --inline-snapshot=disable $(ARGS)

.PHONY: check
check: lint types layers spelling dependencies test ## everything that must hold before a change is taken

.PHONY: bench
bench: bench-versioning bench-data bench-pipelines bench-dvc bench-training bench-large ## everything that is measured, one after the other; takes hours

.PHONY: bench-versioning
bench-versioning: $(venv)/.stamp-tiffin $(venv)/.stamp-dev ## tiffin beside DVC; writes docs/benchmarks/versioning.md
	$(bin)/python -m benchmarks.versioning $(ARGS)

.PHONY: bench-data
bench-data: $(venv)/.stamp-tiffin $(venv)/.stamp-dev ## the data commands and how they grow; writes docs/benchmarks/data.md
	$(bin)/python -m benchmarks.data $(ARGS)

.PHONY: bench-pipelines
bench-pipelines: $(venv)/.stamp-tiffin $(venv)/.stamp-dev ## pipelines of hundreds of stages; writes docs/benchmarks/pipelines.md
	$(bin)/python -m benchmarks.pipelines $(ARGS)

.PHONY: bench-training
bench-training: $(venv)/.stamp-tiffin $(venv)/.stamp-dev build/bench/learners/.stamp ## training beside its rivals; writes docs/benchmarks/training.md
	$(bin)/python -m benchmarks.training $(ARGS)

.PHONY: bench-large
bench-large: $(venv)/.stamp-tiffin $(venv)/.stamp-dev ## training on many rows and many ids; writes docs/benchmarks/training-large.md
	$(bin)/python -m benchmarks.large $(ARGS)

.PHONY: bench-gpu
bench-gpu: $(venv)/.stamp-tiffin $(venv)/.stamp-dev ## networks on a GPU beside the processors, where PyTorch finds one
	$(bin)/python -m benchmarks.gpu $(ARGS)

.PHONY: bench-dvc
bench-dvc: $(venv)/.stamp-tiffin $(venv)/.stamp-dev build/bench/python/.stamp ## DVC's own benchmark suite; writes docs/benchmarks/dvc-suite.md
	$(bin)/python -m benchmarks.dvc_suite $(ARGS)

.PHONY: docs
docs: $(venv)/.stamp-tiffin $(venv)/.stamp-docs ## the documentation, built strictly into site/
	$(bin)/python -m tests.meta.reference
	$(bin)/zensical build --strict --clean

.PHONY: soak
soak: $(venv)/.stamp-tiffin $(venv)/.stamp-dev ## the crash tests at hundreds of places per command, POINTS=1000 for more; then native-tsan
	CRASH_POINTS=$(or $(POINTS),300) $(bin)/python -m pytest -n $(JOBS) tests/crash tests/integrity $(ARGS)
	$(MAKE) native-tsan ARGS=

.PHONY: native-test
native-test: $(venv)/.stamp-build ## GoogleTests of the native core (Debian: libgtest-dev)
	cmake -S . -B build/native-test --log-level=WARNING -DTIFFIN_NATIVE_TESTS=ON -DCMAKE_BUILD_TYPE=Release
	MAKEFLAGS=--no-print-directory cmake --build build/native-test --parallel $(JOBS)
	ctest --test-dir build/native-test --output-on-failure $(ARGS)

# Where one thread learns at a time there is nothing to find, and a million rows are no better than some thousand.
.PHONY: native-tsan
native-tsan: $(venv)/.stamp-build ## the GoogleTests in which threads meet, under the thread sanitizer; takes minutes
	cmake -S . -B build/native-tsan --log-level=WARNING -DTIFFIN_NATIVE_TESTS=ON -DTIFFIN_SANITIZE=thread -DCMAKE_BUILD_TYPE=Debug
	MAKEFLAGS=--no-print-directory cmake --build build/native-tsan --parallel $(JOBS)
	ctest --test-dir build/native-tsan --output-on-failure --parallel $(JOBS) -E 'GiveTheSameBits|AsQuicklyAsFew' $(ARGS)

.PHONY: clean
clean: ## remove what was built, but not .venv
	rm -rf build dist site scratch
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage*
	rm -f $(venv)/.stamp-tiffin src/tiffin/_native/*.so

## ── The parts of `check` ────────────────────────────────────────────────────────────────────────────────────────

.PHONY: lint
lint: $(venv)/.stamp-dev ## ruff: rules and format
	$(bin)/ruff check
	$(bin)/ruff format --check

.PHONY: format
format: $(venv)/.stamp-dev ## rewrite the Python sources as `lint` wants them
	$(bin)/ruff check --fix-only
	$(bin)/ruff format

.PHONY: types
types: $(venv)/.stamp-tiffin $(venv)/.stamp-dev ## mypy, strict
	$(bin)/mypy

.PHONY: layers
layers: $(venv)/.stamp-tiffin $(venv)/.stamp-dev ## import-linter: who may import whom
	$(bin)/lint-imports

.PHONY: spelling
spelling: $(venv)/.stamp-dev ## codespell over every tracked file
	git ls-files -z | xargs -0 $(bin)/codespell

.PHONY: dependencies
dependencies: $(venv)/.stamp-tiffin $(venv)/.stamp-dev ## deptry: declared is imported, imported is declared
	$(bin)/deptry src

.PHONY: coverage
coverage: $(venv)/.stamp-tiffin $(venv)/.stamp-dev $(venv)/.stamp-examples ## branch coverage of the tests, as a table
	$(bin)/coverage run -m pytest $(ARGS)
	$(bin)/coverage report

## ── Steps that are done once ────────────────────────────────────────────────────────────────────────────────────

# Says in one line what is missing, before a page of somebody else's errors does.
$(venv)/.stamp-venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "tiffin needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || echo missing)." >&2; \
	  echo "Hint: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys, os, sysconfig; sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' || { \
	  echo "The headers of '$(PYTHON)' are missing, so the native module cannot be compiled." >&2; \
	  echo "Hint: apt-get install python3-dev, or use a Python that brings them." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments (no ensurepip)." >&2; \
	  echo "Hint: apt-get install python3-venv" >&2; exit 1; }
	@command -v git >/dev/null || { echo "git is missing. Hint: apt-get install git" >&2; exit 1; }
	$(PYTHON) -m venv $(venv)
	# The script that an older pip writes for `tiffin` imports `re` first, which costs more than tiffin's own start.
	$(bin)/python -m pip install --quiet --upgrade pip
	@touch $@

# What pyproject.toml's [build-system] asks for, and cmake or ninja from the package index where the machine has none.
$(venv)/.stamp-build: pyproject.toml | $(venv)/.stamp-venv
	@command -v $${CXX:-c++} >/dev/null || { \
	  echo "No C++ compiler: '$${CXX:-c++}' is not on the path, and the native module needs one that knows C++20." >&2; \
	  echo "Hint: apt-get install g++, or set CXX." >&2; exit 1; }
	$(call requirements,["build-system"]["requires"]) > $(venv)/build.txt
	$(bin)/python -m pip install --quiet -r $(venv)/build.txt
	$(bin)/python -c 'from scikit_build_core.build import get_requires_for_build_editable as needs; print(*needs(), sep="\n")' > $(venv)/build.txt
	$(bin)/python -m pip install --quiet -r $(venv)/build.txt
	@touch $@

# The package is a path in the environment; the native module comes by the next rule.
$(venv)/.stamp-package: pyproject.toml $(venv)/.stamp-build
	$(bin)/python -m pip install --quiet --no-build-isolation --editable .
	# The backend adds an import hook that a plain path does not need, and that every start of Python would pay for.
	sed -i.bak '/^import /d' $(venv)/lib/python*/site-packages/_editable_skbc_tiffin.pth
	rm -f $(venv)/lib/python*/site-packages/_editable_skbc_tiffin.pth.bak
	@touch $@

$(venv)/.stamp-tiffin: $(native_sources) $(venv)/.stamp-build | $(venv)/.stamp-package
	cmake -S . -B build/module --log-level=WARNING -DCMAKE_BUILD_TYPE=Release -DPython_EXECUTABLE=$(CURDIR)/$(bin)/python \
	  -Dnanobind_DIR="$$($(bin)/python -m nanobind --cmake_dir)"
	MAKEFLAGS=--no-print-directory cmake --build build/module --parallel $(JOBS)
	cmake --install build/module --prefix src
	@touch $@

$(venv)/.stamp-dev: pyproject.toml | $(venv)/.stamp-venv
	$(call requirements,["project"]["optional-dependencies"]["dev"]) > $(venv)/dev.txt
	$(bin)/python -m pip install --quiet -r $(venv)/dev.txt
	@touch $@

# Beside the environment: pytest would load it for every test run, and it warns when tests run side by side.
build/bench/python/.stamp: | $(venv)/.stamp-venv
	$(bin)/python -m pip install --quiet --no-deps --target $(@D) pytest-benchmark py-cpuinfo
	@touch $@

# Rivals that are only measured.  One that cannot be installed here is left out, and the page says so.
build/bench/learners/.stamp: benchmarks/learners/requirements.txt | $(venv)/.stamp-venv
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet setuptools wheel
	grep -v '^#' $< | while read -r rival; do \
	  CMAKE_POLICY_VERSION_MINIMUM=3.5 $(@D)/bin/python -m pip install --quiet "$$rival" || echo "bench: no $$rival here" >&2; \
	done
	@touch $@

$(venv)/.stamp-docs: pyproject.toml | $(venv)/.stamp-venv
	$(call requirements,["project"]["optional-dependencies"]["docs"]) > $(venv)/docs.txt
	$(bin)/python -m pip install --quiet -r $(venv)/docs.txt
	@touch $@

$(venv)/.stamp-examples: $(wildcard examples/*/requirements.txt) | $(venv)/.stamp-venv
	$(bin)/python -m pip install --quiet $(addprefix -r ,$^)
	@touch $@
