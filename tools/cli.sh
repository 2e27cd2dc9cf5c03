#!/usr/bin/env bash
# Publishes the command line as one self-contained file: artifacts/cleanroom.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet publish sdk/CleanRoom.Cli/CleanRoom.Cli.csproj --nologo -v q -c Release -r linux-x64 --self-contained \
  -p:PublishSingleFile=true -p:IncludeNativeLibrariesForSelfExtract=true -p:EnableCompressionInSingleFile=true -p:DebugType=none -o artifacts/cli
install -m 755 artifacts/cli/cleanroom artifacts/cleanroom
echo "artifacts/cleanroom ($(du -h artifacts/cleanroom | cut -f1))"
