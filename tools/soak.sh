#!/usr/bin/env bash
# A room of processes works and is pestered for MINUTES (60): no handle, thread or memory may leak, no record be lost, no line of the logs warn of anything.
# The test suite runs a few rounds of it.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build tests/CleanRoom.Room.Tests --nologo -v q -clp:NoSummary
CLEANROOM_SOAK_MINUTES="${MINUTES:-60}" exec artifacts/bin/CleanRoom.Room.Tests/debug/CleanRoom.Room.Tests -noColor -class '*SoakTests' -showliveoutput
