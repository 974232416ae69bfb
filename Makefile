# Everything a developer or CI does is a target here. `make` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test check fmt unit race fuzz scripts e2e pictures bench assets assets-check map map-check cdn build docker docker-test

testrun  := go -C tools build -buildvcs=false -o ../.bin/ ./testrun && .bin/testrun
FUZZTIME ?= 10s

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Sidecar, both emulators and a legacy app in one process, on http://app.acme.localhost:8080
	go run ./cmd/demo

test: ## Everything CI runs; installs what is missing; the last line is the count
	@$(testrun) all

check: ## go vet, linters and format of every module, types of the scripts
	@$(testrun) check

fmt: ## Format the Go code
	for module in . e2e bench tools; do (cd $$module && go tool -modfile=$(CURDIR)/tools/go.mod golangci-lint fmt ./...); done

# More packages at once than processors: some wait for a Redis.
unit: ## Tests of the rooms, without Caddy, -race, Redis Cluster and Sentinel: seconds
	go test -short -p 4 ./internal/... ./assets/...

race: ## All tests of the root module with -race; the first build of Caddy takes minutes
	@$(testrun) race

fuzz: ## Every fuzz target for FUZZTIME (10s) each; their seeds run in every test run
	tools/fuzz $(FUZZTIME)

scripts: ## Types and DOM tests of the scripts, and the sign-in page with Okta's real widget
	@$(testrun) types scripts signinpage

e2e: ## Browser tests in Chromium; screenshots in e2e/screenshots
	@$(testrun) e2e

pictures: ## Take the README's pictures again, docs/images/pages-*.webp; commit the result
	cd e2e && README_PICTURES=$(CURDIR)/docs/images go test -count=1 -run TestPictureOfTheReadme .
	chmod 644 docs/images/*

bench: ## Go benchmarks, then the comparison with plain Caddy
	go test -run='^$$' -bench=. -benchmem ./internal/... ./caddymodule/...
	cd bench && go run .

assets: ## Rebuild assets/dist and the sign-in page's script from assets/src
	go generate ./assets ./internal/operator/signinpage

assets-check: ## Fail when a built script is not what assets/src builds to
	@trap 'rm -rf .assets-check' EXIT; mkdir -p .assets-check; \
	cp -r assets/src assets/tsconfig.json .assets-check; \
	(cd .assets-check && go run ../assets/build); \
	(cd internal/operator/signinpage && go run ./build ../../../.assets-check/signin.js); \
	diff .assets-check/signin.js internal/operator/signinpage/dist/signin.js && \
	diff -r .assets-check/dist assets/dist || { echo 'a built script is out of date: run make assets and commit the result'; exit 1; }

map: ## Draw the rooms again, docs/images/rooms.svg, and list them in CONTRIBUTING.md; commit the result
	go -C tools build -buildvcs=false -o ../.bin/ ./map && .bin/map

map-check: ## Fail when the picture or the list of the rooms is not what the code says
	@go -C tools build -buildvcs=false -o ../.bin/ ./map && .bin/map -check

cdn: ## Rebuild the stand-in for Corbado's CDN script (needs Node.js)
	cd internal/emulator/corbado/cdn && npm ci && npm run build

build: ## The production binary, bin/passkey-sidecar
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/passkey-sidecar ./cmd/passkey-sidecar

docker: ## The production image, passkey-sidecar:dev
	docker build --target sidecar -t passkey-sidecar:dev .

docker-test: ## Builds, starts and checks docker-compose.yml with a Docker engine of its own; as root on Debian; minutes
	@tools/dockertest
