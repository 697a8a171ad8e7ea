# make bench   the main job: the default comparison, about two minutes
# make test    the tests
# make gate    is this tree's server worse than main's? ARGS='--budget 10m' for a sharper answer
# make test-real     tests against nginx with Nchan, Socket.IO and others; fetches them first, where it can
# make findings      what each built-in scenario answers on this machine, written into scenarios/README.md; about twenty minutes
# make bench-floor   what the load generator itself costs, beside the least possible and other tools; about four minutes
# Both need Go and make, nothing else. ARGS passes flags: make bench ARGS='--clients 500'

GO      ?= go
ARGS    ?=
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BIN     := .bin/pushbench
LDFLAGS := -s -w -X main.version=$(VERSION)
TARGETS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64
# The target that differs most from Linux on AMD64: what builds for both builds for those between, and each costs a minute of two cores from nothing.
FOREIGN := darwin/arm64

.NOTPARALLEL: # what is measured must be alone
.PHONY: bench bench-floor findings test test-real gate baseline gate-power build dist check generate clean

bench: build
	$(BIN) bench $(ARGS)

bench-floor:
	@mkdir -p .bin
	$(GO) build -o .bin/bench-floor ./cmd/bench-floor
	.bin/bench-floor $(ARGS)

# The findings of this machine. A scenario that was measured is not measured again, so it may be done in pieces (make results/runs/findings/echo.measured); to
# measure all anew, remove $(FINDINGS). What is invalid is tried a second time; if it is so again, the table says it.
FINDINGS ?= results/runs/findings
SCENARIOS = $(filter-out gate,$(basename $(notdir $(wildcard scenarios/*.yaml))))
findings: build $(SCENARIOS:%=$(FINDINGS)/%.measured)
	$(BIN) findings --out $(FINDINGS) --into scenarios/README.md

$(FINDINGS)/%.measured: | build
	$(BIN) run $* --out $(FINDINGS) --quiet >/dev/null || { [ $$? = 98 ] && { $(BIN) run $* --out $(FINDINGS) --quiet >/dev/null || [ $$? = 98 ]; }; }
	@touch $@

build:
	@mkdir -p .bin
	$(GO) build -o $(BIN) ./cmd/pushbench

test:
	$(GO) test ./...

# Servers of other makes, under real load. What cannot be had here is skipped, with the reason: the last lines say which.
REAL_LOG := .bin/test-real.log
test-real:
	@mkdir -p .bin
	@cmd/pushbench/testdata/realservers/install.sh
	@PUSHBENCH_TEST_REAL=1 $(GO) test ./cmd/pushbench -run TestRealServers -count=1 -v > $(REAL_LOG) 2>&1 || { cat $(REAL_LOG); exit 1; }
	@grep -E '^ *--- |not installed|^ok' $(REAL_LOG)

# The server of this tree against that of another revision, measured in pairs. make itself exits with 2 whatever the gate's code; its last line shows the code.
REF ?= main
gate: build
	$(BIN) gate --baseline-ref $(REF) $(ARGS)

# The stored baseline of the gate scenario, with its environment: to be committed. An invalid measurement leaves the old one as it was.
BASELINE := results/baseline/gate
baseline: build
	@mkdir -p $(BASELINE)
	@$(BIN) run gate --json $(ARGS) > $(BASELINE)/new.json || \
		{ code=$$?; rm -f $(BASELINE)/new.json; echo 'no new baseline: see above; try again on a quieter machine' >&2; exit $$code; }
	@mv $(BASELINE)/new.json $(BASELINE)/run.json
	@echo 'stored in $(BASELINE)/run.json: gate against it with $(BIN) gate --baseline $(BASELINE)'

# What the gate catches and how often it alarms on identical servers. Records $(POWER_PAIRS) pairs of identical servers and $(LEVEL_PAIRS) of each
# level; a pair takes 13 s (two transports, two sides, 3 s each), so all of it about 75 minutes. Leave the machine alone meanwhile.
# A recording that is there is kept, one that was cut short begun anew; to record all again, remove $(POWER).
# Levels delay 2 % of the messages, or burn CPU for each: over a WebSocket, whose p99 is 11 ms here, 1.4, 2, 3.2 and 6.5 ms raise it by about 5, 10, 20 and 50 %.
POWER       ?= results/runs/gate-power
POWER_PAIRS ?= 100
LEVEL_PAIRS ?= 50
LEVELS      ?= delay=2%:1.4ms delay=2%:2ms delay=2%:3.2ms delay=2%:6.5ms cpu=50us
# A level's name is its fault without what file names cannot hold.
level        = $(subst %,,$(subst :,-,$(subst =,-,$(1))))
gate-power: build $(foreach l,aa $(LEVELS),$(POWER)/$(call level,$(l)).jsonl)
	$(BIN) gate-power --aa $(POWER)/aa.jsonl $(foreach l,$(LEVELS),--level $(call level,$(l))=$(POWER)/$(call level,$(l)).jsonl) $(ARGS)

$(POWER)/aa.jsonl: | build
	@rm -f $@.part
	$(BIN) gate gate --record $@.part --pairs $(POWER_PAIRS) && mv $@.part $@

define record_level
$(POWER)/$(call level,$(1)).jsonl: | build
	@rm -f $$@.part
	$$(BIN) gate gate --record $$@.part --pairs $$(LEVEL_PAIRS) --candidate-inject '$(1)' && mv $$@.part $$@
endef
$(foreach l,$(LEVELS),$(eval $(call record_level,$(l))))

# What continuous integration checks beside the tests.
check:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo 'run: gofmt -w .'; exit 1; }
	@test -z "$$($(GO) tool gofumpt -l $$(git ls-files '*.go'))" || { $(GO) tool gofumpt -l $$(git ls-files '*.go'); echo 'run: go tool gofumpt -w .'; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	@t=$(FOREIGN); echo "cross-compile $$t"; GOOS=$${t%/*} GOARCH=$${t#*/} CGO_ENABLED=0 $(GO) build -o /dev/null ./cmd/pushbench

generate:
	$(GO) generate ./...

# Static binaries for Linux and macOS, with checksums.
dist:
	@rm -rf dist && mkdir -p dist
	@for t in $(TARGETS); do os=$${t%/*}; arch=$${t#*/}; out=pushbench-$(VERSION)-$$os-$$arch; echo "dist/$$out"; \
		GOOS=$$os GOARCH=$$arch CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o dist/$$out ./cmd/pushbench || exit 1; done
	@cd dist && { sha256sum pushbench-* 2>/dev/null || shasum -a 256 pushbench-*; } > SHA256SUMS && cat SHA256SUMS

clean:
	rm -rf .bin dist
