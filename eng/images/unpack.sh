#!/usr/bin/env bash
# Unpacks the images into artifacts/images/run/SERVICE, layer by layer as the manifests say, checking every digest: what run.sh starts is what was published.
set -euo pipefail
cd "$(dirname "$0")/../.."
layout=artifacts/images/layout
rm -rf artifacts/images/run
node -e '
const fs = require("fs"), crypto = require("crypto");
const read = (digest) => { const bytes = fs.readFileSync(`'$layout'/blobs/sha256/${digest.slice(7)}`);
  if ("sha256:" + crypto.createHash("sha256").update(bytes).digest("hex") !== digest) { console.error(`${digest} holds other bytes.`); process.exit(65); } return bytes; };
for (const entry of JSON.parse(fs.readFileSync("'$layout'/index.json")).manifests) {
  for (const layer of JSON.parse(read(entry.digest)).layers) { read(layer.digest); console.log(entry.annotations["org.opencontainers.image.ref.name"], layer.digest.slice(7)); }
}' | while read -r service digest; do
  mkdir -p "artifacts/images/run/$service"
  tar --extract --same-permissions --no-same-owner --keep-directory-symlink -C "artifacts/images/run/$service" -f "$layout/blobs/sha256/$digest"
done
