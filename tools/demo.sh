#!/usr/bin/env bash
# Builds, then runs the demonstration (tools/demo). KEEP, CASES and OUT are handed on; STANDALONE=1 runs all services in one process.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build tools/demo/CleanRoom.Demo.csproj --nologo -v q -clp:NoSummary
arguments=()
[ -n "${KEEP:-}" ] && arguments+=(--keep "$KEEP")
[ -n "${CASES:-}" ] && arguments+=(--cases "$CASES")
[ -n "${OUT:-}" ] && arguments+=(--out "$OUT")
[ -n "${STANDALONE:-}" ] && arguments+=(--standalone)
exec artifacts/bin/CleanRoom.Demo/debug/cleanroom-demo "${arguments[@]}"
