#!/usr/bin/env bash
# Builds, then runs the demonstration (tools/demo). KEEP, CASES and OUT are handed on; STANDALONE=1 runs all services in one process; STORE=postgres keeps
# everything in a PostgreSQL server that is started for it (STORE="Host=…" in the one named). IMAGES=1 runs each service from its image (make images).
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build tools/demo/CleanRoom.Demo.csproj --nologo -v q -clp:NoSummary
arguments=()
[ -n "${KEEP:-}" ] && arguments+=(--keep "$KEEP")
[ -n "${CASES:-}" ] && arguments+=(--cases "$CASES")
[ -n "${OUT:-}" ] && arguments+=(--out "$OUT")
if [ -n "${IMAGES:-}" ]; then
  eng/tools.sh bwrap
  eng/images/unpack.sh
  arguments+=(--images)
fi
[ -n "${STANDALONE:-}" ] && arguments+=(--standalone)
case ${STORE:-sqlite} in
  sqlite) ;;
  postgres)
    # The server ends when this shell does: its standard input is our pipe.
    coproc SERVER { exec tools/postgres.sh "${TMPDIR:-/tmp}/cleanroom-demo-pg-$$"; }
    server=$SERVER_PID
    read -r ready connection <&"${SERVER[0]}" && [ "$ready" = ready ] || exit 69
    code=0
    artifacts/bin/CleanRoom.Demo/debug/cleanroom-demo "${arguments[@]}" --postgres "$connection" || code=$?
    exec {SERVER[1]}>&-
    wait "$server" || true
    exit "$code" ;;
  *) arguments+=(--postgres "$STORE") ;;
esac
exec artifacts/bin/CleanRoom.Demo/debug/cleanroom-demo "${arguments[@]}"
