#!/usr/bin/env bash
# The same commit gives the same bytes: builds the images from two clones in folders with other names and lengths, at two times, and compares every digest.
# ONLY=name compares one; PROGRAMS=1 the assemblies and layers of our own alone, which needs no Debian archive.
set -euo pipefail
cd "$(dirname "$0")/../.."
first=$(mktemp -d)
second=$(mktemp -d -p "$first")
trap 'rm -rf "$first"' EXIT
for place in "$first/a" "$second/another-place-with-a-longer-name"; do
  git clone --quiet --no-hardlinks . "$place"
  git -C "$place" checkout --quiet "$(git rev-parse HEAD)"
  mkdir -p "$place/artifacts/images"
  if [ -d artifacts/images/packages ]; then cp -r artifacts/images/packages "$place/artifacts/images/"; fi
  started=$(date +%s)
  ONLY=${ONLY:-} "$place/eng/images/build.sh" >"$place.txt"
  (cd "$place/artifacts/images/roots" && find . -type f ! -path './base/*' ! -path './runtime/*' -exec sha256sum {} + | LC_ALL=C sort -k 2) >"$place.files"
  echo "built in $place in $(($(date +%s) - started)) s"
  sleep 2
done
diff "$first/a.files" "$second/another-place-with-a-longer-name.files" || { echo "These files differ (above)." >&2; exit 1; }
diff "$first/a.txt" "$second/another-place-with-a-longer-name.txt" || { echo "The image digests differ (above)." >&2; exit 1; }
cat "$first/a.txt"
echo "$(wc -l <"$first/a.files") files and all layers are the same, byte for byte."
