#!/usr/bin/env bash
# usage: tools/postgres.sh DIR   A PostgreSQL server of this machine's own version for tests and measurements, in a new folder DIR, on a socket only.
# Prints "ready CONNECTION-STRING" when it takes connections. Lives until its standard input ends; then the server stops and DIR goes.
# Lines on standard input: "crash" kills every process of it (-9), "start" starts it again; each is answered with a line.
set -uo pipefail
dir=${1:?usage: tools/postgres.sh DIR}
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -x "${bin:-}/postgres" ] || { echo "PostgreSQL is not installed: apt install postgresql" >&2; exit 69; }
mkdir -p "$dir" || exit 73
as=()
if [ "$(id -u)" = 0 ]; then
  # The server refuses to run as root.
  as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  chown 65534:65534 "$dir"; chmod 711 "$dir"
fi
cd /

launch() {
  "${as[@]}" "$bin/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c max_connections=200 -c shared_buffers=128MB \
    -c max_wal_size=2GB ${POSTGRES_SETTINGS:-} >>"$dir/server.log" 2>&1 </dev/null &
  server=$!
}
# Three minutes: a busy machine recovers slowly after a crash, and a server does not start while what is left of the killed one still holds its memory.
start() {
  local again=60
  launch
  for _ in $(seq 3600); do
    "$bin/pg_isready" -q -h "$dir" && return 0
    sleep 0.05
    kill -0 "$server" 2>/dev/null && continue
    wait "$server"
    [ $((again--)) -gt 0 ] || break
    sleep 0.5
    launch
  done
  tail -n 5 "$dir/server.log" >&2
  return 1
}
stop() { kill -INT "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$dir"; }

"${as[@]}" "$bin/initdb" -D "$dir/data" -U cleanroom -A trust -E UTF8 --locale=C --no-sync >"$dir/initdb.log" 2>&1 || { tail -n 5 "$dir/initdb.log" >&2; rm -rf "$dir"; exit 70; }
server=0
trap stop EXIT
trap 'exit 130' INT TERM
start || exit 70
echo "ready Host=$dir;Database=postgres;Username=cleanroom"
while read -r command; do
  case $command in
    # Stopped first, so that it starts nothing that nobody kills.
    crash) kill -STOP "$server" 2>/dev/null; pkill -9 -P "$server" 2>/dev/null; kill -9 "$server" 2>/dev/null; wait "$server" 2>/dev/null; echo crashed ;;
    start) start && echo started || exit 70 ;;
    *) echo "unknown: $command" >&2 ;;
  esac
done
