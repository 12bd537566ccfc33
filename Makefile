# Everything that is done with the project. Each target sets up what it needs from the lock files:
# Python packages in .venv, Node packages in node_modules. A machine needs git, make and Python 3.10
# to 3.14 (PYTHON=... names another than the one that is found).
.DEFAULT_GOAL := help
.PHONY: help set-up synth diff deploy destroy test changes smoke engines lint generate format audit build docs bench lock clean

# cdktf-cli starts `python` and `node` by name and, unless it is told not to, calls home. Node would
# warn of a call in cdktf that is deprecated. For synth terraform, if there is one, is only asked for
# its version; where there is none, `true` keeps cdktf from a complaint.
IN_PROJECT := PATH="$(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$$PATH"
CDKTF := $(IN_PROJECT) CI=1 CHECKPOINT_DISABLE=1 DISABLE_VERSION_CHECK=1 NODE_NO_WARNINGS=1 cdktf
SET_UP := @python=$$(tools/find_python.sh) && "$$python" tools/set_up.py
# Wrong settings end a target with their places; cdktf would print these twice.
SETTINGS := @$(IN_PROJECT) secured-functions settings > /dev/null
# Ends a target with a sentence if a program is missing.
NEED_TERRAFORM := @command -v terraform > /dev/null || { echo "make: terraform is not installed, or not on the PATH" >&2; exit 2; }
STACK ?= $(error Name the stack: make $@ STACK=dev)
# pytest-xdist: as many workers as there are cores; each takes some hundred megabytes.
WORKERS ?= auto
# Bytecode is kept, also where PYTHONDONTWRITEBYTECODE is set: the tests start Python some hundred times.
PYTEST = PYTHONDONTWRITEBYTECODE= $(IN_PROJECT) python -m pytest --numprocesses=$(WORKERS) --maxprocesses=4 --dist=worksteal

help: ## Show what there is to make.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s  %s\n", $$1, $$2 }' Makefile

set-up: ## Install what the lock files name; the other targets do it by themselves.
	$(SET_UP)

synth: set-up ## Write the Terraform JSON of every environment to cdktf.out/stacks.
	$(SETTINGS)
	@TF_CLI_CONFIG_FILE= TERRAFORM_BINARY_NAME=$$(command -v terraform || echo true) $(CDKTF) synth
	@$(IN_PROJECT) secured-functions summary

diff: set-up ## Show what would change in Azure: make diff STACK=dev
	$(NEED_TERRAFORM)
	$(SETTINGS)
	@$(CDKTF) diff $(STACK) $(ARGS)

deploy: set-up ## Create or change it in Azure, after a question: make deploy STACK=dev [ARGS=--auto-approve]
	$(NEED_TERRAFORM)
	$(SETTINGS)
	@$(filter-out CI=1,$(CDKTF)) deploy $(STACK) $(ARGS)

destroy: set-up ## Remove it from Azure, after a question: make destroy STACK=dev
	$(NEED_TERRAFORM)
	@$(filter-out CI=1,$(CDKTF)) destroy $(STACK) $(ARGS)

test: set-up ## Run the tests save `make changes` and `make smoke`; ARGS="tests/policy -x" narrows them.
	@$(PYTEST) --ignore=tests/terraform/applied --ignore=tests/project/test_smoke.py $(ARGS)

changes: set-up ## Apply every change, replacement and failure, where terraform has offline providers.
	@$(PYTEST) tests/terraform/applied

smoke: set-up ## Try the wheel, in a fresh environment, on each Python there is.
	@$(PYTEST) --maxprocesses=2 tests/project/test_smoke.py

engines: set-up ## Try every engine, provider version and Python there is; installs 250 MB for each.
	@$(IN_PROJECT) python -m tests.engines $(ARGS)

lint: set-up ## Check style, the direction of imports, and types.
	@$(IN_PROJECT) ruff check .
	@$(IN_PROJECT) ruff format --check .
	@$(IN_PROJECT) lint-imports --no-cache --no-logo
	@$(IN_PROJECT) pyright

generate: set-up ## Write every file that is made from another.
	@$(IN_PROJECT) python -m tools.generate

format: set-up ## Write the code the way `make lint` wants it.
	@$(IN_PROJECT) ruff check --fix .
	@$(IN_PROJECT) ruff format .

audit: synth ## Look for weaknesses in environments, pipelines and locked packages; PARTS=... narrows it.
	@$(IN_PROJECT) python -m tools.audit $(PARTS)

# From what is committed, with the locked build backend and the time of the commit: the same bytes on
# every machine.
build: set-up ## Build wheel and sdist of the last commit into dist.
	@rm -rf dist .cache/build && mkdir -p .cache/build && git archive HEAD | tar -x -C .cache/build
	@SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(IN_PROJECT) python -m build --no-isolation --outdir dist .cache/build
	@$(IN_PROJECT) python -m pip hash dist/*

docs: ## Build the documentation into site.
	$(SET_UP) docs
	@$(IN_PROJECT) mkdocs build --strict

bench: ## Compare the speed with that of plain CDKTF; ARGS="--apis 1 --runs 7" narrows it.
	$(SET_UP) benchmarks
	@$(IN_PROJECT) python benchmarks/run.py $(ARGS)

# Python 3.10, so that what is locked installs on 3.10 and on all later ones.
lock: ## Lock anew what Pipfile and package.json ask for: make lock PYTHON=python3.10
	@python=$$(tools/find_python.sh) && $(IN_PROJECT) "$$python" -m tools.lock

clean: ## Remove all that was installed, generated or cached here.
	rm -rf .venv .pipenv node_modules cdktf.out site dist .cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
