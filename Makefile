# `make` lists what can be done here.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Servers that tests start are where Debian's ordinary users do not look.
export PATH := $(PATH):/usr/local/sbin:/usr/sbin:/sbin

GO_PACKAGES := ./protocol/... ./nativehost/... ./install/... ./manifest/... ./bench/... ./scripts/...
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
NODE_TEST := node --import tsx --test --test-reporter=spec
# Nothing hangs without a word: each stage has an end of its own, in seconds.
GO_TEST_LIMIT := 600
E2E_LIMIT := 2100
BENCH_LIMIT := 2400
# Suites in the browser mostly wait: on two cores three run at a time. These measure time or speed, or act on a screen of their own: they run alone.
E2E_ALONE := e2e/focus.test.ts e2e/idle.test.ts e2e/transfer.test.ts e2e/tricks.test.ts e2e/workers.test.ts
# Floods, cold starts and long days: their figures say something on a quiet machine only, so `make load` and `make endurance` have them.
E2E_LOAD := e2e/load.test.ts
E2E_ENDURANCE := e2e/endurance.test.ts
# These are about what only Firefox has, or need both browsers.
E2E_FIREFOX_ONLY := e2e/access.test.ts e2e/containers.test.ts e2e/firefox_host.test.ts e2e/firefox_kept.test.ts e2e/firefox_lane.test.ts e2e/interop.test.ts
# e2e/in_firefox.txt is the table of what runs in Firefox, and why not. "yes": always; "full": where Firefox is asked for, as it shows nothing there that
# is not shown in Chromium.
E2E_IN_FIREFOX = $(E2E_FIREFOX_ONLY) $(shell sed -nE 's/^([a-z0-9_]+) +($(if $(filter firefox,$(BROWSER)),yes|full,yes))( .*)?$$/e2e\/\1.test.ts/p' e2e/in_firefox.txt)
# These are about bytes, and run once more where an administrator has switched the lane off.
E2E_STDIO := e2e/api.test.ts e2e/faults.test.ts e2e/starttls.test.ts e2e/tls.test.ts

# What each says is printed when it has ended, in one piece, where make can.
TWO_AT_A_TIME := --jobs=2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

say = @printf '\n==> %s\n'

.PHONY: help
help: ## This list
	@echo "Portside: raw TCP and UDP sockets for ordinary secure web pages."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Set up what is missing, then read mail from a web page over a raw socket
	@scripts/setup.sh demo
	@$(MAKE) build
	$(say) "Demo"
	@node --import tsx scripts/demo.ts

.PHONY: test
test: ## Set up what is missing, then run everything: linters, Go, TypeScript, real browser
	@scripts/setup.sh test
	@$(MAKE) build
	@$(MAKE) $(TWO_AT_A_TIME) lint
	@# Go's tests mostly wait.
	@$(MAKE) $(TWO_AT_A_TIME) test-go test-ts
	@$(MAKE) test-fuzz
	@$(MAKE) test-e2e
	$(say) "All tests passed"

.PHONY: check
check: ## What you run while you work: linters, Go and TypeScript units; needs Go and Node, and no Debian package
	@scripts/setup.sh build
	@$(MAKE) build
	@# What did not change is not looked at again. eslint may miss what a change means for another file: make lint, which make test runs, has no cache.
	@$(MAKE) LINT_CACHE=build/cache $(TWO_AT_A_TIME) lint-ts test-go-units test-ts lint-go lint-generated lint-package
	$(say) "Checked. The whole is: make test"

# Without what takes cgo, or programs of the system: the race detector, network namespaces, openssl.
.PHONY: test-go-units
test-go-units:
	$(say) "Go tests, without the race detector and the system's programs (at most $(GO_TEST_LIMIT) s)"
	@CGO_ENABLED=0 go test -short -timeout $(GO_TEST_LIMIT)s ./nativehost/sockets ./nativehost/session $(GO_PACKAGES) | grep -v 'no test files'

.PHONY: build
build: build-host build-extension ## Build the host and the extension into build/

.PHONY: build-host
build-host:
	$(say) "Building the native host: build/portside"
	@CGO_ENABLED=0 go build -trimpath -o build/portside ./nativehost/cmd/portside

.PHONY: build-extension
build-extension: node_modules/.portside-lock
	$(say) "Building the extension: build/extension"
	@node --import tsx scripts/build.ts

node_modules/.portside-lock: package-lock.json
	@scripts/setup.sh build

.PHONY: bench
bench: bench-programs ## Measure Portside beside relays and the browser's own sockets, 10 to 15 min (bench/results/latest.md)
	$(say) "Benchmark, the full run (at most $(BENCH_LIMIT) s)"
	@timeout --kill-after=30 $(BENCH_LIMIT) node --import tsx bench/main.ts

.PHONY: bench-quick
bench-quick: bench-programs ## The same, cut down to under a minute (bench/results/quick.md)
	$(say) "Benchmark, the quick run (at most 120 s)"
	@timeout --kill-after=30 120 node --import tsx bench/main.ts --quick

.PHONY: bench-network
bench-network: bench-programs ## Measure Portside beside a plain Go client over links with a length, a rate and losses, 10 min (bench/results/network.md)
	$(say) "Benchmark over a link (at most $(BENCH_LIMIT) s)"
	@timeout --kill-after=30 $(BENCH_LIMIT) node --import tsx bench/network.ts

.PHONY: bench-programs
bench-programs:
	@scripts/setup.sh bench
	@$(MAKE) build
	$(say) "Building the benchmark's far end and plain client: build/bench"
	@mkdir -p build/bench
	@CGO_ENABLED=0 go build -trimpath -o build/bench/ ./bench/far ./bench/floor ./bench/bare ./bench/barelane ./bench/link

.PHONY: install
install: build-host ## Build the program and put it in place for you, in ~/.local/bin
	$(say) "Installing for you"
	@scripts/install.sh install

.PHONY: uninstall
uninstall: ## Take away what `make install` put in place
	@scripts/install.sh uninstall

.PHONY: generate
generate: ## Write the types and validators that follow from protocol/schema
	@node --import tsx protocol/generate/generate.ts

.PHONY: format
format: ## Format all Go and TypeScript
	@gofmt -w $$(git ls-files '*.go')
	@npx prettier --log-level warn --write .

.PHONY: lint
lint: lint-generated lint-go lint-ts lint-package ## Formatters, generated files, go vet, staticcheck, tsc, eslint, web-ext lint

.PHONY: lint-generated
lint-generated:
	$(say) "Lint: generated files match the schemas"
	@node --import tsx protocol/generate/generate.ts --check

.PHONY: lint-go
lint-go:
	$(say) "Lint: gofmt, go vet, staticcheck"
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "not formatted (make format): $$unformatted"; exit 1; }
	@go vet $(GO_PACKAGES)
	@go run $(STATICCHECK) $(GO_PACKAGES)
	@cd examples/imap/server && go vet ./... && go run $(STATICCHECK) ./...

.PHONY: lint-ts
lint-ts:
	$(say) "Lint: prettier, tsc, eslint"
	@npx prettier --log-level warn --check $(if $(LINT_CACHE),--cache --cache-location $(LINT_CACHE)/prettier) .
	@npx tsc -p . $(if $(LINT_CACHE),--incremental --tsBuildInfoFile $(LINT_CACHE)/tsc)
	@npx eslint $(if $(LINT_CACHE),--cache --cache-strategy content --cache-location $(LINT_CACHE)/eslint) .

.PHONY: lint-package
lint-package:
	$(say) "Lint: the extension's package (web-ext)"
	@npx web-ext lint --source-dir build/extension/firefox --self-hosted --no-config-discovery --warnings-as-errors

.PHONY: test-go
test-go: ## Go tests with the race detector, and every fuzz target's seeds
	$(say) "Go tests, with the race detector (at most $(GO_TEST_LIMIT) s)"
	@# The longest first: go test keeps to this order, and the others run beside it.
	@CGO_ENABLED=1 go test -race -timeout $(GO_TEST_LIMIT)s ./nativehost/sockets ./nativehost/session $(GO_PACKAGES)
	@cd examples/imap/server && CGO_ENABLED=1 go test -race -timeout 60s ./...

.PHONY: test-ts
test-ts: ## TypeScript unit tests
	$(say) "TypeScript unit tests"
	@$(NODE_TEST) --test-timeout=60000 --test-concurrency=2 $$(git ls-files -co --exclude-standard 'protocol/*.test.ts' 'extension/*.test.ts' 'scripts/*.test.ts' 'e2e/pages/*.test.ts' 'bench/*.test.ts' 'examples/*.test.ts' 'sdk/*.test.ts')

.PHONY: test-fuzz
test-fuzz: ## Run every fuzz target for three seconds
	$(say) "Fuzz targets, 3 s each"
	@node --import tsx scripts/fuzz.ts 3

.PHONY: test-e2e
test-e2e: $(if $(filter firefox,$(BROWSER)),test-e2e-firefox,test-e2e-chromium test-e2e-firefox) ## Real browsers, real servers (BROWSER=firefox for that one alone)

.PHONY: test-e2e-chromium
test-e2e-chromium:
	$(say) "End-to-end tests in Chromium, three suites at a time (at most $(E2E_LIMIT) s)"
	@timeout --kill-after=30 $(E2E_LIMIT) $(NODE_TEST) --test-concurrency=3 \
		$$(git ls-files -co --exclude-standard 'e2e/world/*.test.ts' 'e2e/*.test.ts' | grep -vxF $(E2E_ALONE:%=-e %) $(E2E_FIREFOX_ONLY:%=-e %) -e $(E2E_LOAD) -e $(E2E_ENDURANCE))
	$(say) "End-to-end tests in Chromium that run alone (at most $(E2E_LIMIT) s)"
	@timeout --kill-after=30 $(E2E_LIMIT) $(NODE_TEST) --test-concurrency=1 $(E2E_ALONE)
	$(say) "End-to-end tests of bytes once more, over stdio (at most $(E2E_LIMIT) s)"
	@TEST_CARRIER=stdio timeout --kill-after=30 $(E2E_LIMIT) $(NODE_TEST) --test-concurrency=3 $(E2E_STDIO)
	@TEST_CARRIER=stdio timeout --kill-after=30 $(E2E_LIMIT) $(NODE_TEST) --test-concurrency=1 e2e/transfer.test.ts

.PHONY: test-e2e-firefox
test-e2e-firefox:
	$(say) "End-to-end tests in Firefox, two suites at a time (at most $(E2E_LIMIT) s)"
	@BROWSER=firefox timeout --kill-after=30 $(E2E_LIMIT) $(NODE_TEST) --test-concurrency=2 $(filter-out $(E2E_ALONE),$(E2E_IN_FIREFOX))
	@$(if $(filter $(E2E_ALONE),$(E2E_IN_FIREFOX)),BROWSER=firefox timeout --kill-after=30 $(E2E_LIMIT) $(NODE_TEST) --test-concurrency=1 $(filter $(E2E_ALONE),$(E2E_IN_FIREFOX)))

# Seconds for each fuzz target.
FUZZTIME := 60
.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME seconds (60 each; ONLY=words for some)
	$(say) "Fuzzing, $(FUZZTIME) s for each target"
	@node --import tsx scripts/fuzz.ts $(FUZZTIME)

.PHONY: mutants
mutants: ## Take each rule of docs/SECURITY.md out and show which test goes red (ONLY=words,words for some)
	$(say) "Mutation check"
	@node --import tsx scripts/mutants/run.ts

.PHONY: conformance
conformance: ## Run one suite on the browser's own Direct Sockets and on Portside, and write docs/conformance.md (ONLY=words for some, writes nothing)
	@scripts/setup.sh test
	@$(MAKE) build
	$(say) "Conformance (at most $(E2E_LIMIT) s)"
	@timeout --kill-after=30 $(E2E_LIMIT) node --import tsx e2e/conformance/report.ts $(ONLY)

.PHONY: load
load: ## Flood the extension, and start it with a thousand grants: what other sites and the memory notice
	@scripts/setup.sh test
	@$(MAKE) build
	$(say) "Load (at most $(E2E_LIMIT) s)"
	@timeout --kill-after=30 $(E2E_LIMIT) $(NODE_TEST) --test-concurrency=1 $(E2E_LOAD)

.PHONY: endurance
endurance: ## Thousands of sockets, hundreds of tabs, a background that stops: what is left (BROWSER=firefox for that one)
	@scripts/setup.sh test
	@$(MAKE) build
	$(say) "Endurance (at most $(E2E_LIMIT) s)"
	@timeout --kill-after=30 $(E2E_LIMIT) $(NODE_TEST) --test-concurrency=1 $(E2E_ENDURANCE)

.PHONY: screenshots
screenshots: ## Render prompts, popup, settings and setup into docs/images (ONLY=word for some)
	@scripts/setup.sh test
	@$(MAKE) build
	$(say) "Screenshots"
	@node --import tsx scripts/screenshots.ts

.PHONY: clean
clean: ## Remove what was built
	@rm -rf build e2e/artifacts
