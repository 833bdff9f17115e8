# SPDX-License-Identifier: Apache-2.0
# Thin front door: each target is a few commands that can be typed by hand. CMake does the work.
#   make demo    see documents        make test    run every test        make package    the Kibana package
#   make demo ES=http://localhost:9200    see them in a store
#   INSTALL=no   do not look for, nor install, missing packages
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

JOBS ?= $(shell nproc 2>/dev/null || echo 2)
# Many tests wait most of their time: for engines that start, for requests that are spaced.
TEST_JOBS ?= $(shell expr $(JOBS) + 1)
INSTALL ?= yes
# CMake reads these when it configures for the first time.
ifneq ($(shell command -v ccache 2>/dev/null),)
export CMAKE_C_COMPILER_LAUNCHER ?= ccache
export CMAKE_CXX_COMPILER_LAUNCHER ?= ccache
# What it asks for where headers are precompiled.
export CCACHE_SLOPPINESS ?= pch_defines,time_macros
endif

DEMO_TARGETS := anthropic-metrics anthropic_metrics anthropic-metrics-simulator
# With what `setup` installs.
STORE_TARGETS := $(DEMO_TARGETS) assets
PACKAGE_TARGETS := anthropic-metrics anthropic_metrics
# The distribution's Python first: it has the modules that install-dependencies installs.
PYTHON ?= $(firstword $(wildcard /usr/bin/python3) python3)

# install SET: what is missing, through the system's package manager.
install = $(if $(filter no,$(INSTALL)),,@tools/install-dependencies $(1))
# configure PRESET: once; from then on the build notices changed CMake files itself.
configure = @test -f build/$(1)/build.ninja || cmake --preset $(1)

# Into a running store: ES_API_KEY, or ES_USERNAME and ES_PASSWORD, let in.
.PHONY: help previews demo demo-store build portable deb deb-test image lint-kubernetes release release-twice package test bench bench-instr soak fuzz asan tsan format format-check lint update-golden clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: ## build and run against a simulated organization; prints what was collected. ES=http://...: into that store
	$(call install,$(if $(ES),build,demo))
	$(call configure,release)
	@cmake --build --preset release --parallel $(JOBS) --target $(if $(ES),$(STORE_TARGETS),$(DEMO_TARGETS))
	@$(if $(ES),$(PYTHON) -B tests/engine/demo_store.py build/release '$(ES)',build/release/bin/anthropic-metrics demo)

demo-store: ## the same into an OpenSearch on loopback (Java and Maven): what the store says beside what was used
	$(call install,test)
	$(call configure,release)
	@cmake --build --preset release --parallel $(JOBS) --target $(STORE_TARGETS)
	@$(PYTHON) -B tests/engine/demo_store.py build/release

build: ## the release build: build/release/bin and build/release/lib
	$(call install,build)
	$(call configure,release)
	@cmake --build --preset release --parallel $(JOBS)

portable: ## the release build for machines and images without our dependencies: build/portable/bin and build/portable/lib
	$(call install,build)
	$(call configure,portable)
	@cmake --build --preset portable --parallel $(JOBS) --target $(PACKAGE_TARGETS) assets

image: portable ## the root file system of the image, of its own build, run in namespaces as its user (root)
	$(call install,test)
	$(call configure,dev)
	@cmake --build --preset dev --parallel $(JOBS) --target anthropic-metrics-simulator
	@AM_IMAGE_BUILD=$(CURDIR)/build/portable ctest --preset dev --verbose --tests-regex '^deploy: '

deb: ## the Debian package for the distribution that this is: build/release/packages
	$(call install,deb)
	$(call configure,release)
	@cmake --build --preset release --parallel $(JOBS) --target $(PACKAGE_TARGETS) assets manual
	@rm -f build/release/packages/*.deb
	@cd build/release && cpack --config CPackConfig.cmake >/dev/null && ls -l packages/*.deb

deb-test: ## the same in chroots of Debian 12 and 13 (root, debootstrap, the network; an hour): built, installed, upgraded, purged
	@$(PYTHON) -B tests/deb/chroots.py build/chroots $(DISTRIBUTIONS)

package: ## the Kibana package and its OpenSearch counterpart: zips in build/packages
	$(call install,package)
	$(call configure,release)
	@cmake --build --preset release --parallel $(JOBS) --target $(PACKAGE_TARGETS)
	@mkdir -p build/packages
	@build/release/bin/anthropic-metrics export description >build/packages/description.json
	@$(PYTHON) -B package/builder/build.py --description build/packages/description.json --output build/packages

lint-kubernetes: ## kustomize and kubectl-validate, built through Go's module proxy (minutes), on deploy/kubernetes
	@$(PYTHON) -B tests/deploy/official/run.py --build || test $$? -eq 77

release: ## of the commit that is checked out: sources, deb, zips, checksums, bill of materials, record; in build/dist
	$(call install,deb)
	@rm -rf build/dist
	@$(PYTHON) -B packaging/release/make.py --output build/dist --jobs $(JOBS)

release-twice: ## the same in two folders, compared byte for byte (two whole builds)
	$(call install,deb)
	@$(PYTHON) -B packaging/release/twice.py --folder build/twice -- --jobs $(JOBS)

test: ## build with assertions and run every test
	$(call install,test)
	$(call configure,dev)
	@cmake --build --preset dev --parallel $(JOBS)
	@tools/run-tests build/dev --preset dev --parallel $(TEST_JOBS)

soak: ## many more seeded histories and kills than make test runs (some minutes)
	$(call install,test)
	$(call configure,dev)
	@cmake --build --preset dev --parallel $(JOBS) --target test_state $(DEMO_TARGETS)
	@AM_HISTORIES=$(or $(AM_HISTORIES),5000) AM_KILLS=$(or $(AM_KILLS),500) build/dev/bin/test_state
	@AM_MONTHS=$(or $(AM_MONTHS),15) ctest --preset dev --verbose --tests-regex '^store: month$$'

asan: ## the tests under AddressSanitizer and UndefinedBehaviorSanitizer
tsan: ## the tests under ThreadSanitizer
asan tsan:
	$(call install,test)
	$(call configure,$@)
	@cmake --build --preset $@ --parallel $(JOBS)
	@ctest --preset $@ --parallel $(JOBS)

fuzz: ## every fuzz target for AM_FUZZ_SECONDS (60), beginning with its corpus; what it finds ends the run
	$(call install,fuzz)
	$(call configure,fuzz)
	@cmake --build --preset fuzz --parallel $(JOBS) --target fuzz_targets
	@tools/fuzz build/fuzz $(or $(AM_FUZZ_SECONDS),60)

bench: ## one table of speed and memory beside their limits (many minutes); BENCH=L for one workload, BENCH_OPTIONS=--whole in full
	$(call install,test)
	@test -f build/bench/build.ninja || cmake --preset release -B build/bench -D AM_BUILD_BENCHMARKS=ON
	@cmake --build build/bench --parallel $(JOBS) --target benchmarks
	@$(PYTHON) -B benchmarks/bench.py build/bench $(addprefix --only ,$(BENCH)) $(BENCH_OPTIONS)

bench-instr: ## instructions per document and stage; more than 3 % above what is committed is a failure
	$(call install,bench)
	@test -f build/bench/build.ninja || cmake --preset release -B build/bench -D AM_BUILD_BENCHMARKS=ON
	@cmake --build build/bench --parallel $(JOBS) --target instructions instructions_sink
	@$(PYTHON) -B benchmarks/instructions.py build/bench $(BENCH_OPTIONS)

format: ## rewrite the sources in the project's format
	@tools/format

format-check: ## say which sources are not in the project's format
	@tools/format --check

lint: ## clang-tidy and shellcheck
	$(call install,test)
	$(call configure,dev)
	@tools/lint build/dev

previews: ## draw the pictures of the dashboards (needs chromium, Java and Maven); look at them before committing
	@$(PYTHON) -B package/previews/draw.py

update-golden: ## rewrite expected documents, their schemas and the settings tables; review the difference before committing
	$(call install,test)
	$(call configure,dev)
	@cmake --build --preset dev --parallel $(JOBS) --target update-golden
	@AM_UPDATE_GOLDEN=1 ctest --preset dev --tests-regex '^rules: (docs|schemas)$$'
	@echo 'Rewritten. Read `git diff` before committing.'

clean: ## remove build/
	rm -rf build
