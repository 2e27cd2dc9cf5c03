#!/usr/bin/env bash
# Build settings and analyzers as errors, formatting, and what must not stand in the tree; changes nothing. The quick checks come first.
set -euo pipefail
cd "$(dirname "$0")/.."

for script in .ci/run tools/*.sh; do bash -n "$script"; done

if git grep -nE 'NotImplementedException|TODO|FIXME' -- '*.cs' '*.ts' '*.mjs' '*.proto'; then
  echo "Unfinished places stand in the code (above)." >&2
  exit 1
fi

# Every text that a mutant removes stands once, its test exists, and docs/threats.md lists it.
node tools/mutants/run.mjs --check

# By folder: the formatter needs no projects for white space, and takes seconds instead of minutes.
dotnet format whitespace . --folder --verify-no-changes --exclude artifacts

# Naming, style and analyzer rules are warnings in .editorconfig and errors in every build (Directory.Build.props).
dotnet build CleanRoom.sln --nologo -v q -clp:NoSummary
