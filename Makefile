# Two commands do everything on a Debian machine with the .NET SDK: make demo, make test.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test lint bench bulk torture soak charts images measure reproduce upgrade gameday cli sdk build prerequisites clean mutants

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: prerequisites ## run a whole room on this machine (KEEP=DIR keeps it; CASES=DIR and OUT=links.csv for files of your own; STANDALONE=1 in one process; IMAGES=1 from images; STORE=postgres)
	@tools/demo.sh

test: ## build everything, run every test
	@tools/prerequisites.sh test
	@tools/test.sh

lint: ## formatting, analyzers and naming rules, without changing a file
	@tools/lint.sh

bench: prerequisites ## measure: sealing, upload, key release, cosigning, replay, comparators, linkage (ONLY=name for one of them)
	@tools/bench.sh

bulk: prerequisites ## many records of known persons through a whole room, with a score (FILE=, RECORDS=n)
	@tools/bulk.sh

torture: ## kill -9, lost connections and full disks under load on both kinds of store, then compare (ROUNDS=n, STORE=, SEED=)
	@tools/prerequisites.sh store
	@tools/torture.sh

soak: prerequisites ## a room works and is pestered for an hour (MINUTES=n): nothing may leak, be lost or warn
	@tools/soak.sh

charts: ## check the Helm charts, alerts, dashboards and systemd units (UPDATE=1 writes charts/golden anew)
	@tools/charts.sh

images: ## container images without a daemon: an OCI layout in artifacts/images (ONLY=name for one; UNLOCKED=1 with the machine's own Debian packages)
	@eng/images/build.sh

measure: ## print image digests and what members approve (RELEASE_KEY=key.pem signs the provenance)
	@eng/images/measure.sh

reproduce: ## build the images twice, from two folders, at two times; the bytes must be the same (ONLY=name for one; PROGRAMS=1 for the programs alone)
	@eng/images/reproduce.sh

upgrade: prerequisites ## carry a room of the commit before (FROM=commit) on with this one
	@tools/upgrade.sh

gameday: ## break a room in the ways an operator meets; it must come back or refuse
	@tools/prerequisites.sh store
	@tools/gameday.sh

cli: ## the command line as one file: artifacts/cleanroom
	@tools/cli.sh

sdk: ## pack CleanRoom.Client into artifacts/sdk, and prove it: a trimmed program of its own that stands on the package alone
	@tools/sdk.sh

build: ## build everything
	@dotnet build CleanRoom.sln --nologo -v q -clp:NoSummary

prerequisites:
	@tools/prerequisites.sh

clean: ## remove what was built
	@rm -rf artifacts

mutants: prerequisites ## remove each security check in turn; the test named for it must turn red (ONLY=name)
	@node tools/mutants/run.mjs $(ONLY)
