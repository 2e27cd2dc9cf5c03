#!/usr/bin/env bash
# Rounds of load and kill -9, lost connections, full disks, killed servers on both kinds of store; after each, what clients were told is compared with what is there.
# ROUNDS=n (200), STORE=sqlite or postgres for one of them, SEED=n.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build tests/CleanRoom.Storage.Tests/CleanRoom.Storage.Tests.csproj --nologo -v q -clp:NoSummary
code=0
for store in ${STORE:-sqlite postgres}; do
  artifacts/bin/CleanRoom.Storage.Tests/debug/CleanRoom.Storage.Tests --torture "$store" "${ROUNDS:-200}" "${SEED:-20261201}" || code=1
done
exit $code
