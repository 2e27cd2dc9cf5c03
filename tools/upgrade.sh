#!/usr/bin/env bash
# Upgrade: a room of the commit before (or of FROM=commit) is carried on by this one. Builds the old commit beside, runs its demonstration with KEEP, starts this commit's ingestion, notification and
# brokers in the folders that it left, with the old matching (the charter approves no other yet), and has every member verify the log. A few minutes; OLD=DIR takes a tree of the
# old commit that is there already.
set -euo pipefail
cd "$(dirname "$0")/.."
from=$(git rev-parse "${FROM:-HEAD~1}")
old=${OLD:-$PWD/artifacts/upgrade/$from}
room=$(mktemp -d)
services=
finish() {
  # The script of the kept room ends its whole group.
  [ -z "$services" ] || kill -TERM -- "-$services" 2>/dev/null || true
  rm -rf "$room"
}
trap finish EXIT
if [ ! -d "$old" ]; then
  git clone --quiet --no-hardlinks . "$old"
  git -C "$old" checkout --quiet "$from"
fi
KEEP="$room/kept" "$old/tools/demo.sh" >"$room/demo.txt" || { tail -n 5 "$room/demo.txt" >&2; exit 1; }
dotnet build tools/demo/CleanRoom.Demo.csproj --nologo -v q -clp:NoSummary
dotnet build sdk/CleanRoom.Cli/CleanRoom.Cli.csproj --nologo -v q -clp:NoSummary

# What starts the old room's services again stands in its script; this commit's programs take their place.
sed "/CleanRoom.Matching/!s#$old/artifacts/bin#$PWD/artifacts/bin#g" "$room/kept/start.sh" >"$room/start.sh"
grep -q "$PWD/artifacts/bin" "$room/start.sh" || { echo "The kept room's script names no program of $old." >&2; exit 1; }
setsid sh "$room/start.sh" >"$room/services.txt" 2>&1 &
services=$!
for member in "$room"/kept/members/*/; do
  # Who has no broker, such as the steward, keeps no log.
  [ -d "$room/kept/broker-$(basename "$member")" ] || continue
  for try in $(seq 60); do
    if artifacts/bin/CleanRoom.Cli/debug/cleanroom --home "$member" log verify >"$room/verify.txt" 2>&1; then break; fi
    sleep 1
    [ "$try" -lt 60 ] || { tail -n 5 "$room/verify.txt" >&2; exit 1; }
  done
  echo "$(basename "$member"): the log is verified"
done
echo "A room of ${from:0:12} goes on with $(git rev-parse --short=12 HEAD)."
