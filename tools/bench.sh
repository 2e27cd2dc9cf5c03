#!/usr/bin/env bash
# Builds in Release and runs the benchmarks (tests/CleanRoom.Benchmarks). ONLY=name runs one (seal, appraise, import, upload, uploads, cosign, release, notices, subscribers,
# replay, compare, link, index), RECORDS=n changes the rows of each import, the size of the replay and of the linked table, the number of subscribers (10,000; they run only when named), JSON=1 prints JSON.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build tests/CleanRoom.Benchmarks/CleanRoom.Benchmarks.csproj --nologo -v q -clp:NoSummary -c Release
exec artifacts/bin/CleanRoom.Benchmarks/release/CleanRoom.Benchmarks ${ONLY:+--only "$ONLY"} ${RECORDS:+--records "$RECORDS"} ${JSON:+--json}
