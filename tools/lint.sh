#!/usr/bin/env bash
# Formatting and analyzers, changing nothing; then what must not stand in the tree.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build CleanRoom.sln --nologo -v q -clp:NoSummary
dotnet format whitespace CleanRoom.sln --verify-no-changes --no-restore
if git grep -nE 'NotImplementedException|TODO|FIXME' -- '*.cs' '*.ts' '*.proto'; then
  echo "Unfinished places stand in the code (above)." >&2
  exit 1
fi
