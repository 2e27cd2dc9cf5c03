#!/usr/bin/env bash
# Takes a file of records about known persons (columns unique_id and cluster) through a whole room of three contributors, and compares what was told with
# the truth column. FILE names the file (by default historical_25k.csv of the shared data), RECORDS takes only so many rows, KEEP=DIR keeps the room.
set -euo pipefail
cd "$(dirname "$0")/.."
file=${FILE:-${CLEANROOM_SHARED:-../shared}/data/linkage/historical_25k.csv}
[ -f "$file" ] || { echo "$file is not there: name a file with FILE=, or the folder of the shared data with CLEANROOM_SHARED=." >&2; exit 66; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
node tools/bulk/prepare.mjs "$file" "$work/cases" ${RECORDS:+"$RECORDS"}
CASES="$work/cases" OUT="$work/links.csv" KEEP="${KEEP:-}" STANDALONE="${STANDALONE:-}" tools/demo.sh
node tools/bulk/score.mjs "$file" "$work/links.csv" ${RECORDS:+"$RECORDS"}
