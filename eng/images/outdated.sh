#!/usr/bin/env bash
# Says which packages of the base layer the machine's Debian archive has newer: Debian mends vulnerabilities of a stable release by new versions, so a newer one is the advisory that
# can be had here. Never fails the build of an unchanged commit. Needs a fresh "apt-get update".
set -euo pipefail
cd "$(dirname "$0")"
command -v apt-cache >/dev/null || { echo "skipped: base packages are not compared (no Debian archive here)"; exit 0; }
behind=0
while read -r name version _; do
  [[ -z "$name" || "$name" = \#* ]] && continue
  newest=$(apt-cache policy "$name" | sed -n 's/^  Candidate: //p')
  if [ -n "$newest" ] && [ "$newest" != "(none)" ] && dpkg --compare-versions "$newest" gt "$version"; then
    echo "$name $version: the archive has $newest; raise it in eng/images/base.txt"
    behind=$((behind + 1))
  fi
done <base.txt
echo "$behind packages of the base layer are behind Debian's archive"
