#!/usr/bin/env bash
# Prints what members approve: image digests, and the measurement that can be computed without hardware. Builds the images first if there are none (make images).
# RELEASE_KEY=key.pem signs the provenance too.
set -euo pipefail
cd "$(dirname "$0")/../.."
export LC_ALL=C
[ -f artifacts/images/layout/index.json ] || eng/images/build.sh
node -e '
for (const m of JSON.parse(require("fs").readFileSync("artifacts/images/layout/index.json")).manifests) {
  console.log(m.annotations["org.opencontainers.image.ref.name"].padEnd(14), m.digest);
}'
measurement=-
if [ -d artifacts/images/roots/matching/app ]; then
  # The simulated measurement is a digest of the program folder: what the charter of a simulated room lists. The identity command computes it from the image's own files.
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  measurement=$(artifacts/images/roots/matching/app/CleanRoom.Matching identity --data "$scratch" | sed -n 's/.*"measurement":"\([0-9a-f]*\)".*/\1/p')
  echo "simulated      $measurement"
fi
echo "SEV-SNP, TDX   not computed: the launch measurement of a confidential container covers its guest image and kernel, which its runtime brings; take it from the runtime's own release."
if [ -n "${RELEASE_KEY:-}" ]; then
  SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)} node eng/images/provenance.mjs "$(git rev-parse HEAD)" \
    "$(ls artifacts/images/roots/runtime/usr/share/dotnet/shared/Microsoft.AspNetCore.App)" "$measurement" "$RELEASE_KEY"
fi
