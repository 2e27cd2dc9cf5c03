#!/usr/bin/env bash
# The short form of reproduce.sh, for every change: builds one library from two clones in folders with other names and lengths and compares the assemblies byte for byte.
set -euo pipefail
cd "$(dirname "$0")/../.."
project=${1:-CleanRoom.Charter}
first=$(mktemp -d)
trap 'rm -rf "$first"' EXIT
sums=()
for place in "$first/a" "$first/another/place-with-a-longer-name"; do
  git clone --quiet --no-hardlinks . "$place"
  dotnet build "$place/src/$project" --nologo -v q -clp:NoSummary -c Release -p:ContinuousIntegrationBuild=true -p:RunAnalyzers=false
  sums+=("$(cd "$place/artifacts/bin" && find . -name 'CleanRoom.*.dll' -exec sha256sum {} + | LC_ALL=C sort -k 2)")
  sleep 1
done
[ "${sums[0]}" = "${sums[1]}" ] || { printf 'Two builds of one commit differ:\n%s\n---\n%s\n' "${sums[@]}" >&2; exit 1; }
echo "$(wc -l <<<"${sums[0]}") assemblies are the same, byte for byte, from two folders"
