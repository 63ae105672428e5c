# Everything here works on a fresh clone with a Rust toolchain; `make build` and `make test-clients` also need Python 3.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
# An environment whose packages could not be fetched is made anew.
.DELETE_ON_ERROR:

# Whatever is built to be run is built as `--bins --examples` of the whole workspace. What is selected decides which features dependencies
# have: another selection would build them once more.

# Where Cargo builds.
BUILT := $(or $(CARGO_TARGET_DIR),target)
JOB ?= import-csv
FLAGS ?=
EVENT ?= events/$(JOB).json
SECONDS_EACH ?= 60
SECONDS_BUDGET ?= 600
REPLAY ?=
LAMBDA_PORT ?= 9000
FUNCTIONS := import-csv resize-image report-jobs bury-dead-letters courier
JOBS ?= 1000
SEED ?= 1
VENV := .venv
CARGO_LAMBDA_VERSION := 1.9.2
ZIG_VERSION := 0.17.1
CLIENTS := .venv-clients
# The last botocore of its series: it speaks SQS's Query protocol, as SDKs did until November 2023.
OLD_BOTOCORE_VERSION := 1.29.165
BOTO3_VERSION := 1.44.5
AWSCLI_VERSION := 1.46.3
OPINIONS := .venv-opinions
MINISTACK_VERSION := 1.5.33
MOTO_VERSION := 5.2.5
MICROBURST_VERSION := 0.10.0
LINT := .venv-lint
SAM_TRANSLATOR_VERSION := 1.115.0
CFN_LINT_VERSION := 1.58.0
SAM := $(VENV)/sam
SAM_CLI_VERSION := 1.170.0
TEMPLATE ?= template.yaml
REGION ?= ap-northeast-1

# Which scenes of test-laravel are played; all without.
SCENES ?=

.PHONY: help run dev deploy test-deploy verify-offline verify-aws lint-template test-lint-template test-new test test-clients second-opinion test-laravel run-laravel fuzz explore field campaign campaign-microburst check build invoke lint fmt doc tree clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

run: ## the main job, end to end, on this machine: queue, Lambda, DynamoDB, results
	@cargo build --bins --examples
	@$(BUILT)/debug/examples/run

run-laravel: laravel-is-here ## a Laravel application without queue:work: every kind of job to PHP or to Rust (Debian's php-cli php-laravel-framework php-sqlite3)
	@cargo build --bins --examples
	@$(BUILT)/debug/examples/laravel --every-job

dev: ## the local cloud of template.yaml, staying up (FLAGS="--data DIR …")
	@cargo build --bins --examples
	@$(BUILT)/debug/examples/run --prepare /tmp/hikyaku
	@$(BUILT)/debug/hikyaku dev --no-build $(FLAGS)

# The explorer's own tests take minutes without optimisation and seconds with it. `make explore` needs the same build.
test: ## all tests
	cargo build --bins --examples
	cargo test --workspace --exclude explorer --quiet
	cargo test --profile explore --package explorer --quiet
	cargo test --workspace --quiet --features integration-tests/otel --lib --test integration -- otel:: process::spans

test-clients: $(CLIENTS)/old/bin/python $(CLIENTS)/new/bin/aws ## AWS's own clients, old and new, and docs/producers against the local SQS
	@cargo build --bins --examples
	@python3 -B tests/clients/run.py $(BUILT)/debug/examples/sqs $(CLIENTS)

second-opinion: $(OPINIONS)/ministack/bin/ministack $(OPINIONS)/moto/bin/moto_server ## every test of the ledger on two DynamoDB servers that others wrote
	@cargo test --workspace --test integration --no-run --message-format=json | \
	  python3 -B tests/second_opinion/run.py $(OPINIONS)

fuzz: ## hostile input to everything that reads (TARGET=php_read, SECONDS_EACH=60, INPUT=file to replay)
	@INPUT="$(INPUT)" fuzz/run $(SECONDS_EACH) $(TARGET)

explore: ## the engine in every world there is (SECONDS_BUDGET=600 in all, SEED=1, REPLAY='what a failure says')
	@cargo build --quiet --profile explore --package explorer
	@$(BUILT)/explore/explore $(if $(REPLAY),--replay '$(REPLAY)',--seconds $(SECONDS_BUDGET) --seed $(SEED))

field: ## models of other systems in the same light: the traces that lose or double a job
	@cargo run --quiet --package explorer -- --field

.PHONY: laravel-is-here
laravel-is-here:
	@php -r 'exit(is_file("/usr/share/php/Illuminate/autoload.php") && extension_loaded("pdo_sqlite") ? 0 : 1);' 2> /dev/null || \
	  { echo "PHP with Laravel 8.83 is not here. On Debian 12 or in its container: apt-get install php-cli php-laravel-framework php-sqlite3"; exit 1; }

# Every suite that needs PHP: one line each, below the scenes. With SCENES those alone are played.
test-laravel: laravel-is-here ## with real Laravel, both ways (SCENES="chain batch" plays some; SEED=1; Debian's php-cli php-laravel-framework php-sqlite3)
	@cargo build --bins --examples
	@$(if $(SCENES),,php packages/laravel/tests/run.php)
	@$(BUILT)/debug/examples/laravel --seed $(SEED) $(SCENES)
	@$(if $(SCENES),,$(BUILT)/debug/examples/laravel-encrypter 300)
	@$(if $(SCENES),,$(BUILT)/debug/examples/laravel-unserialize)
	@$(if $(SCENES),,$(BUILT)/debug/examples/differential $$RANDOM 100000)

campaign: ## JOBS=1000 SEED=1: jobs while processes are killed and requests are lost; fails if one is lost or doubled (Linux)
	@cargo build --bins --examples
	@$(BUILT)/debug/examples/campaign --jobs $(JOBS) --seed $(SEED) $(FLAGS)

campaign-microburst: $(OPINIONS)/microburst/bin/microburst ## a smaller campaign with the faults of microburst (PyPI) instead of our own (JOBS=400 SEED=1)
	@cargo build --bins --examples
	@$(BUILT)/debug/examples/campaign --jobs $(if $(filter file,$(origin JOBS)),400,$(JOBS)) --seed $(SEED) --microburst $< $(FLAGS)

check: fmt lint doc tree test ## what CI runs: formatting, lints, docs, dependency rules, tests

deploy: $(SAM)/bin/sam ## what `make build` built, to AWS (FLAGS="--guided" the first time; docs/deploy.md)
	@SAM_CLI_TELEMETRY=0 $(SAM)/bin/python -B .ci/deploy.py --lambda $(BUILT)/lambda $(FLAGS)

test-deploy: $(SAM)/bin/sam ## what `make deploy` packages and refuses, and `sam validate --lint`; nothing is deployed
	@SAM_CLI_TELEMETRY=0 $(SAM)/bin/sam validate --lint
	@$(SAM)/bin/python -B tests/deploy/run.py

lint-template: $(LINT)/bin/cfn-lint ## cfn-lint on the expanded template and `hikyaku doctor` on its source (TEMPLATE=path REGION=eu-west-1)
	@cargo build --quiet --bins --examples
	@$(LINT)/bin/python -B .ci/lint_template.py $(TEMPLATE) --doctor $(BUILT)/debug/hikyaku --region $(REGION)

test-lint-template: $(LINT)/bin/cfn-lint ## lint-template on templates that are wrong in one way each
	@cargo build --quiet --bins --examples
	@$(LINT)/bin/python -B tests/doctor/run.py $(abspath $(BUILT))/debug/hikyaku .ci

test-new: $(LINT)/bin/cfn-lint ## a project of `hikyaku new`: built, tested, run, linted
	@cargo build --quiet --bins --examples
	@python3 -B tests/new/run.py $(abspath $(BUILT))/debug/hikyaku $(abspath $(BUILT)) --lint $(abspath $(LINT))

# The newest build of each function is deployed, and the report says which: `make build`'s, or the one made here.
verify-offline: $(SAM)/bin/sam $(OPINIONS)/ministack/bin/ministack ## template.yaml deployed to ministack (PyPI), a Laravel message worked off there, and what ministack cannot do
	@cargo build --quiet --bins --examples
	@$(SAM)/bin/python -B tests/verify/run.py --debug $(BUILT) --emulator $(OPINIONS)/ministack/bin/ministack $(FLAGS)

verify-aws: $(SAM)/bin/sam ## what `make build` built, in a throw-away stack of your account: does AWS do what is assumed? (FLAGS="--region … --yes")
	@$(SAM)/bin/python -B tests/verify/run.py --built $(BUILT)/lambda $(FLAGS)

fmt:
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check

lint:
	cargo clippy --workspace --all-targets --all-features -- -D warnings

doc:
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --all-features --no-deps --document-private-items --quiet

tree: ## what must never get into a function: aws-lc, hyper 0.14, rustls 0.21
	@.ci/tree $(FUNCTIONS)

build: $(VENV)/bin/cargo-lambda ## release builds for Lambda (FUNCTIONS="import-csv …" FLAGS=--arm64), into target/lambda
	@for function in $(FUNCTIONS); do \
	  package=$$(cargo metadata --no-deps --format-version 1 | python3 .ci/package-of.py $$function); \
	  PATH="$(CURDIR)/$(VENV)/bin:$$PATH" RUSTUP=/nonexistent cargo lambda build --release $(FLAGS) -p $$package --bin $$function; \
	  ls -l $(BUILT)/lambda/$$function/bootstrap; \
	done

invoke: ## one event to one function of `make dev`: make invoke JOB=import-csv [EVENT=file]
	@curl --silent --show-error --fail-with-body --data-binary @$(EVENT) \
	  http://127.0.0.1:$(LAMBDA_PORT)/2015-03-31/functions/$(JOB)/invocations; echo

clean: ## what the build and the local cloud left
	cargo clean
	rm -rf $(VENV) $(CLIENTS) $(OPINIONS) $(LINT) .hikyaku fuzz/corpus fuzz/artifacts

$(VENV)/bin/cargo-lambda:
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet cargo-lambda==$(CARGO_LAMBDA_VERSION) ziglang==$(ZIG_VERSION)

$(CLIENTS)/old/bin/python:
	python3 -m venv $(CLIENTS)/old
	$(CLIENTS)/old/bin/pip install --quiet botocore==$(OLD_BOTOCORE_VERSION)

$(CLIENTS)/new/bin/aws:
	python3 -m venv $(CLIENTS)/new
	$(CLIENTS)/new/bin/pip install --quiet boto3==$(BOTO3_VERSION) awscli==$(AWSCLI_VERSION)

$(OPINIONS)/ministack/bin/ministack:
	python3 -m venv $(OPINIONS)/ministack
	$(OPINIONS)/ministack/bin/pip install --quiet ministack==$(MINISTACK_VERSION)

$(OPINIONS)/microburst/bin/microburst:
	python3 -m venv $(OPINIONS)/microburst
	$(OPINIONS)/microburst/bin/pip install --quiet microburst==$(MICROBURST_VERSION)

$(OPINIONS)/moto/bin/moto_server:
	python3 -m venv $(OPINIONS)/moto
	$(OPINIONS)/moto/bin/pip install --quiet 'moto[server]==$(MOTO_VERSION)'

$(LINT)/bin/cfn-lint:
	python3 -m venv $(LINT)
	$(LINT)/bin/pip install --quiet aws-sam-translator==$(SAM_TRANSLATOR_VERSION) cfn-lint==$(CFN_LINT_VERSION)

$(SAM)/bin/sam:
	python3 -m venv $(SAM)
	$(SAM)/bin/pip install --quiet aws-sam-cli==$(SAM_CLI_VERSION)
