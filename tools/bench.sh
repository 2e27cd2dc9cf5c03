#!/usr/bin/env bash
# Builds in Release and runs the benchmarks (tests/CleanRoom.Benchmarks). ONLY=name runs one.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build tests/CleanRoom.Benchmarks/CleanRoom.Benchmarks.csproj --nologo -v q -clp:NoSummary -c Release
exec artifacts/bin/CleanRoom.Benchmarks/release/CleanRoom.Benchmarks ${ONLY:+--only "$ONLY"}
