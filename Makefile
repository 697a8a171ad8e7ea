# make bench   the main job: the default comparison, about two minutes
# make test    the tests
# make bench-floor   what the load generator itself costs, beside the least possible and other tools; about four minutes
# Both need Go and make, nothing else. ARGS passes flags: make bench ARGS='--clients 500'

GO      ?= go
ARGS    ?=
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BIN     := .bin/pushbench
LDFLAGS := -s -w -X main.version=$(VERSION)
TARGETS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64

.PHONY: bench bench-floor test build dist check generate clean

bench: build
	$(BIN) bench $(ARGS)

bench-floor:
	@mkdir -p .bin
	$(GO) build -o .bin/bench-floor ./cmd/bench-floor
	.bin/bench-floor $(ARGS)

build:
	@mkdir -p .bin
	$(GO) build -o $(BIN) ./cmd/pushbench

test:
	$(GO) test ./...

# What continuous integration checks beside the tests.
check:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo 'run: gofmt -w .'; exit 1; }
	@test -z "$$($(GO) tool gofumpt -l $$(git ls-files '*.go'))" || { $(GO) tool gofumpt -l $$(git ls-files '*.go'); echo 'run: go tool gofumpt -w .'; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	@for t in $(TARGETS); do echo "cross-compile $$t"; GOOS=$${t%/*} GOARCH=$${t#*/} CGO_ENABLED=0 $(GO) build -o /dev/null ./cmd/pushbench || exit 1; done

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
