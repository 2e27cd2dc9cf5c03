# Two commands do everything on a Debian machine with the .NET SDK: make demo, make test.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test lint bench bulk torture charts cli build prerequisites clean mutants

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: prerequisites ## run a whole room on this machine (KEEP=DIR keeps it; CASES=DIR and OUT=links.csv for files of your own; STANDALONE=1 in one process; STORE=postgres)
	@tools/demo.sh

test: ## build everything, run every test
	@tools/prerequisites.sh test
	@tools/test.sh

lint: ## formatting, analyzers and naming rules, without changing a file
	@tools/lint.sh

bench: prerequisites ## measure: sealing, upload, key release, cosigning, replay (ONLY=name for one of them)
	@tools/bench.sh

bulk: prerequisites ## many records of known persons through a whole room, with a score (FILE=, RECORDS=n)
	@tools/bulk.sh

torture: ## kill -9, lost connections and full disks under load on both kinds of store, then compare (ROUNDS=n, STORE=, SEED=)
	@tools/prerequisites.sh store
	@tools/torture.sh

charts: ## check the Helm charts, alerts, dashboards and systemd units (UPDATE=1 writes charts/golden anew)
	@tools/charts.sh

cli: ## the command line as one file: artifacts/cleanroom
	@tools/cli.sh

build: ## build everything
	@dotnet build CleanRoom.sln --nologo -v q -clp:NoSummary

prerequisites:
	@tools/prerequisites.sh

clean: ## remove what was built
	@rm -rf artifacts

mutants: prerequisites ## remove each security check in turn; the test named for it must turn red (ONLY=name)
	@node tools/mutants/run.mjs $(ONLY)
