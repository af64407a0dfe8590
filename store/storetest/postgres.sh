#!/bin/sh
# postgres.sh [--durable] COMMAND [ARG ...]
#
# Runs COMMAND beside a throwaway PostgreSQL server and ends with its exit code.
# The server's address is in BIHUAN_TEST_PG. It listens on a Unix socket in a
# private folder only: no port to collide with another run, nobody else gets in.
# It forgets to sync, which only a test may; --durable (for benchmarks) keeps
# PostgreSQL's own defaults. Server and data are gone when COMMAND ends.
#
# initdb refuses root, so under root the server runs as postgres or nobody.
set -eu

fast="-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
if [ "${1:-}" = --durable ]; then
	fast=
	shift
fi

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
if [ -z "$bin" ] || [ ! -x "$bin/initdb" ]; then
	echo "PostgreSQL is not installed (looked in /usr/lib/postgresql/*/bin): run 'make deps'" >&2
	exit 69
fi

# The folder is not inside the checkout: the server's user may not be able to
# reach that, and a socket's path must stay under 108 bytes.
dir=$(mktemp -d /tmp/bihuan-pg.XXXXXX)
as=
if [ "$(id -u)" = 0 ]; then
	user=postgres
	id -u postgres >/dev/null 2>&1 || user=nobody
	chown "$user" "$dir"
	as="runuser -u $user --"
fi

stop() {
	cd /
	$as "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true
	rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# A run of the server's own tools must not start in a folder its user cannot read.
here=$PWD
cd "$dir"
if ! { $as "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync &&
	$as "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 \
		-o "-c listen_addresses='' -k $dir -c max_connections=200 $fast" start; } >"$dir/out" 2>&1; then
	cat "$dir/out" >&2
	cat "$dir/log" >&2 2>/dev/null || true
	echo "the test server of PostgreSQL did not start" >&2
	exit 70
fi
cd "$here"

export BIHUAN_TEST_PG="postgres://postgres@/postgres?host=$dir&sslmode=disable"
"$@"
