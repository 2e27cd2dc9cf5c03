#!/usr/bin/env bash
# Builds in Release and runs the benchmarks (tests/CleanRoom.Benchmarks). ONLY=name runs one (seal, import, upload, cosign, release, replay),
# RECORDS=n changes the rows of each import and the size of the replay, JSON=1 prints JSON.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build tests/CleanRoom.Benchmarks/CleanRoom.Benchmarks.csproj --nologo -v q -clp:NoSummary -c Release
exec artifacts/bin/CleanRoom.Benchmarks/release/CleanRoom.Benchmarks ${ONLY:+--only "$ONLY"} ${RECORDS:+--records "$RECORDS"} ${JSON:+--json}
