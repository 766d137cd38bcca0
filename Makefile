# Targets work on all modules, the root one and those nested in it, except hydra, which has a target of its own; fuzz finds its
# targets, mutants and soak are the root's, and fleet is in proof/redis.

FUZZTIME ?= 20s

# Left out of them and of the gate: it has hundreds of dependencies, and needs gcc and most of a gigabyte of caches.
HYDRA   := ./proof/interop/hydra

MODULES := $(shell find . -name go.mod -not -path '*/node_modules/*' -not -path '*/testdata/*' -exec dirname {} \; | sort)
MODULES := $(filter-out $(HYDRA),$(MODULES))
NESTED  := $(filter-out .,$(MODULES))

GOLANGCI_VERSION := v2.15.0
GOLANGCI         := .bin/golangci-lint-$(GOLANGCI_VERSION)

# What the foreign authorization server and the foreign clients of the tests need.
LOCKFILES := $(addsuffix /package-lock.json,proof/interop/authserver proof/interop/clients proof/browser/spa)
INSTALLED := $(LOCKFILES:%/package-lock.json=%/node_modules/.package-lock.json)

# in-each MODULES,COMMAND runs the command in each module and stops at the first that fails.
in-each = @set -e; for module in $(1); do echo "-- $$module: $(2)"; (cd "$$module" && $(2)); done

.PHONY: test nested hydra race lint vet fuzz bench bench-smoke tidy mutants soak fleet junk release-check tools

test: $(INSTALLED)
	$(call in-each,$(MODULES),go test ./...)

# Uncached: these tests run programs that are built from files of another module, which go test cannot see.
nested: $(INSTALLED)
	$(call in-each,$(NESTED),go test -count=1 ./...)

# What tidy, vet, lint and nested do with MODULES. The time limit is for a first build, which TestMain makes.
hydra: $(GOLANGCI)
	$(call in-each,$(HYDRA),go mod tidy -diff)
	$(call in-each,$(HYDRA),go vet ./...)
	$(call in-each,$(HYDRA),"$(CURDIR)/$(GOLANGCI)" run ./...)
	$(call in-each,$(HYDRA),go test -count=1 -timeout 20m ./...)

race: $(INSTALLED)
	$(call in-each,$(MODULES),go test -race ./...)

lint: $(GOLANGCI)
	$(call in-each,$(MODULES),"$(CURDIR)/$(GOLANGCI)" run ./...)

vet:
	$(call in-each,$(MODULES),go vet ./...)

fuzz:
	@FUZZTIME=$(FUZZTIME) .ci/fuzz

# Bearerguard beside raw crypto and its rivals, in one run of some minutes on an idle machine; writes the table of
# docs/performance.md, and then what is made from it: the plot, and the comparison in README.md.
bench:
	@cd proof/bench && go run ./compare -page ../../docs/performance.md $(BENCH)
	@cd proof/bench && go test -count=1 ./performance ./rivals -update

# That all of it runs, in seconds; nested does so too.
bench-smoke:
	cd proof/bench && go test -count=1 ./compare && go test -run=NONE -bench=. -benchtime=1x ./...

tidy:
	$(call in-each,$(MODULES),go mod tidy -diff)

# Those of the packages that the last commit touches; MUTANTS=-all tries every one, in an hour.
mutants:
	@go run ./proof/mutants $(MUTANTS)

# An API under load and faults, for two minutes or SOAK="-duration 20s".
soak:
	@go run ./proof/soak $(SOAK)

# Ten processes of an API behind HAProxy, with a Redis, under load and faults, for two minutes or FLEET="-duration 20s".
# FLEET="-page ../../docs/scale.md -plot ../../docs/images/fleet.svg" writes the figures into the documents.
fleet:
	@cd proof/redis && go run ./fleet $(FLEET)

# Invented tokens at servers that fail because of them, for twenty seconds each.
junk:
	go test -count=1 -v -timeout 20m -run TestThreatsInventedTokens ./introspect -junk 20s

# Whether the last commit can be released as VERSION=v0.1.0, and what is published with it, in OUT or a new
# temporary directory. Most of the minutes that it takes are second builds without a cache.
release-check: export RELEASE_VERSION := $(VERSION)
release-check: export RELEASE_OUT := $(if $(OUT),$(abspath $(OUT)))
release-check:
	@cd proof/release && go run . -version "$$RELEASE_VERSION" -out "$$RELEASE_OUT"

tools: $(GOLANGCI) $(INSTALLED)

# The version is part of the name, so a new one is a new file to make.
$(GOLANGCI):
	GOBIN="$(CURDIR)/.bin" go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv .bin/golangci-lint $@

# npm ci writes a lockfile of its own into node_modules, last of all.
%/node_modules/.package-lock.json: %/package-lock.json
	cd $* && npm ci --no-audit --no-fund
