# What users and contributors run: `make help`. The slower suites are in tests/Makefile: `make -C tests help`.
# All works on a fresh clone with a Rust toolchain; invoke, build, lint-template, deploy and verify-aws need Python 3, too.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

# Where Cargo builds. Whatever is built to be run is built as `--bins --examples` of the whole workspace: what is selected decides which
# features dependencies have, and another selection would build them once more.
BUILT := $(or $(CARGO_TARGET_DIR),target)
JOB ?= import-csv
EVENT ?= events/sqs/$(JOB).json
FUNCTIONS := import-csv resize-image report-jobs bury-dead-letters courier
LAMBDA_PORT ?= 9000
TEMPLATE ?= template.yaml
REGION ?= ap-northeast-1
FLAGS ?=

.PHONY: help run run-laravel dev invoke test check build lint-template deploy verify-aws clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 15

run: ## the functions at work on this machine: queues, Lambda, DynamoDB, results
	@cargo build --bins --examples
	@$(BUILT)/debug/demo

run-laravel: ## a Laravel application without queue:work, its jobs in PHP or in Rust (Debian 12, PHP)
	@.ci/laravel-is-here
	@cargo build --bins --examples
	@$(BUILT)/debug/examples/laravel --every-job

dev: ## the local cloud of template.yaml, staying up (FLAGS="--php ../app …": docs/local.md)
	@cargo build --bins --examples
	@$(BUILT)/debug/demo --prepare /tmp/hikyaku
	@$(BUILT)/debug/hikyaku dev --no-build $(FLAGS)

invoke: .venv/cargo-lambda/bin/python ## one event to one function of `make dev` (JOB=import-csv EVENT=file)
	@.venv/cargo-lambda/bin/cargo-lambda lambda invoke -A 127.0.0.1 -P $(LAMBDA_PORT) $(JOB) --data-file $(EVENT)

# The explorer's own tests take minutes without optimisation and seconds with it. `make -C tests explore` needs the same build.
test: ## all tests
	cargo build --bins --examples
	cargo test --workspace --exclude explorer --quiet
	cargo test --profile explore --package explorer --quiet
	cargo test --workspace --quiet --features integration-tests/otel --lib --test integration -- otel:: process::spans

check: ## formatting, lints, documentation, dependency rules, all tests
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo clippy --workspace --all-targets --all-features -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --all-features --no-deps --document-private-items --quiet
	@.ci/tree $(FUNCTIONS)
	@$(MAKE) --no-print-directory test

build: .venv/cargo-lambda/bin/python ## release builds for Lambda, into target/lambda (FUNCTIONS="import-csv …" FLAGS=--arm64)
	@for function in $(FUNCTIONS); do \
	  package=$$(cargo metadata --no-deps --format-version 1 | python3 .ci/package-of.py $$function); \
	  PATH="$(CURDIR)/.venv/cargo-lambda/bin:$$PATH" cargo lambda build --release $(FLAGS) -p $$package --bin $$function; \
	  ls -l $(BUILT)/lambda/$$function/bootstrap*; \
	done

lint-template: .venv/cfn-lint/bin/python ## cfn-lint and the doctor on a template with its nested stacks (TEMPLATE=path REGION=… IGNORE="rules")
	@cargo build --quiet --bins --examples
	@.venv/cfn-lint/bin/python -B .ci/lint_template.py $(TEMPLATE) --doctor $(BUILT)/debug/hikyaku --region $(REGION) $(IGNORE:%=--ignore %)

deploy: .venv/sam/bin/python ## what `make build` built, to AWS (FLAGS="--guided" the first time: docs/deploy.md)
	@SAM_CLI_TELEMETRY=0 .venv/sam/bin/python -B .ci/deploy.py --lambda $(BUILT)/lambda --template $(TEMPLATE) $(FLAGS)

verify-aws: .venv/sam/bin/python ## a throw-away stack in your account: does AWS do what is assumed? (docs/verify.md)
	@.venv/sam/bin/python -B tests/verify/run.py --built $(BUILT)/lambda $(FLAGS)

clean: ## what builds, tools and the local cloud left
	cargo clean
	rm -rf .venv .hikyaku fuzz/corpus fuzz/artifacts

include .ci/venv.mk
