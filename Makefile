# make run    the demo; it prints its address and logins
# make test   installs what the tests need and is missing, then runs everything
# The other targets are steps of these two, or for a release; see CONTRIBUTING.md.

version := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
build   := CGO_ENABLED=0 go build -trimpath -ldflags="-s -w"
targets := linux/amd64 linux/arm64 linux/loong64 windows/amd64

.PHONY: run build release test deps check unit nightly fuzz bench

run:
	go run ./cmd/bihuan demo

build:
	$(build) -o bihuan ./cmd/bihuan

release:
	rm -rf out/release && mkdir -p out/release
	set -e; for t in $(targets); do \
		os=$${t%/*}; arch=$${t#*/}; exe=; [ $$os != windows ] || exe=.exe; \
		GOOS=$$os GOARCH=$$arch $(build) -o out/release/bihuan-$(version)-$$os-$$arch$$exe ./cmd/bihuan; \
	done
	cd out/release && sha256sum bihuan-* >SHA256SUMS && cat SHA256SUMS

# go test comes last: its closing lines say what ran.
test: deps
	$(MAKE) check
	$(MAKE) unit

deps:
	scripts/deps

# Without cgo, as the product is built: what is compiled here serves make build too.
check:
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "not gofmt-clean:"; echo "$$unformatted"; exit 1; }
	CGO_ENABLED=0 go vet ./...
	CGO_ENABLED=0 go tool staticcheck ./...

# Unit, property and browser tests, on SQLite and PostgreSQL. The million of changed bits and package reliable, which kills the program thousands
# of times and checks a whole record after each deed, run without the race detector: with it they would take an hour and find nothing more.
# SQLite's own package, C translated to Go that keeps its own locks and uses nothing generic, is compiled without the detector, too: that takes
# more than half off the time of everything. Our own code and all other libraries are watched. (Not more of modernc.org: where a package without
# the detector has the same generic function as one with it, the linker may take that one, and the detector cries wolf.)
unit:
	go test ./proof -run '^TestMutations$$'
	store/storetest/postgres.sh go test -timeout 20m ./reliable
	store/storetest/postgres.sh go test -race -gcflags=modernc.org/sqlite/lib=-race=false -timeout 60m $$(go list ./... | grep -v /reliable$$)

# What takes too long for every change: a million changed bits before the page too, and the full sizes of package reliable. Hours.
nightly:
	go test -timeout 60m ./proof -run Mutations -args -mutations 3000000 -pagemutations 1000000
	BIHUAN_NIGHTLY=1 store/storetest/postgres.sh go test -timeout 24h -v ./reliable

fuzz:
	scripts/fuzz

bench:
	scripts/deps wrk pandoc
	go run ./bench/documents
	go run ./bench/loop
	go run ./bench/backup
	go run ./bench/record
	go run ./bench/peers
