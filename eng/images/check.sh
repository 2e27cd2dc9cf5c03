#!/usr/bin/env bash
# Starts each image as run.sh does and looks at the process from outside: user 65532 in its own namespace, no capability, no new privileges, a root file system that cannot be written,
# nothing of the machine's own but the network; then asks for its health. A service that needs settings only prints its keys.
set -euo pipefail
cd "$(dirname "$0")/../.."
eng/images/unpack.sh
data=$(mktemp -d)
process=
trap '[ -z "$process" ] || kill "$process" 2>/dev/null || true; rm -rf "$data"' EXIT
for root in artifacts/images/run/*/; do
  service=$(basename "$root")
  if [[ $service = @(admin|standby) ]]; then
    # The program that starts is the same in both; what it leads is looked at below, as matching.
    printf '%-14s ' "$service"
    [ ! -e "$root/bin/sh" ] && [ ! -e "$root/usr/bin" ] || { echo "holds a shell or programs." >&2; exit 1; }
    IMAGE=$service eng/images/run.sh cleanroom-admin "$data/$service" store migrate --kind lease --data "$data/$service"
    [ "$service" = admin ] || cmp "$root/app/CleanRoom.Matching.dll" artifacts/images/run/matching/app/CleanRoom.Matching.dll
    continue
  fi
  program=CleanRoom.${service^}
  printf '%-14s ' "$service"
  eng/images/run.sh "$program" "$data/$service" identity --data "$data/$service" | grep -q '"tls":"spki-sha256:'
  [ ! -e "$root/bin/sh" ] && [ ! -e "$root/usr/bin" ] || { echo "holds a shell or programs." >&2; exit 1; }
  # One that runs: with settings that let it start and find nobody.
  settings=(--Server:DataFolder="$data/$service" --Management:HealthPort=0)
  case $service in
    notification) settings+=(--Page:Port=0 --Page:Folder=/page --Page:AddressFile="$data/$service/page" --Notification:IngestionAddress=https://127.0.0.1:1 --Notification:IngestionKey=spki-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA) ;;
    matching) settings+=(--Matching:Room=6f1f3a52-3f0d-4a55-9c57-0f6f3b7b9a11 --Matching:IngestionAddress=https://127.0.0.1:1 --Matching:IngestionKey=spki-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA) ;;
    attestation) settings+=(--Attestation:Owner=check --Attestation:OrganisationKey="$(eng/images/run.sh "$program" "$data/$service" identity --data "$data/$service" | sed 's/.*"verifierKey":\({[^}]*}\).*/\1/')") ;;
  esac
  eng/images/run.sh "$program" "$data/$service" "${settings[@]}" >"$data/log" 2>&1 &
  process=$!
  for _ in $(seq 300); do grep -q '^Listening on' "$data/log" && break; sleep 0.1; done
  grep -q '^Listening on' "$data/log" || { echo "does not start:" >&2; tail -n 3 "$data/log" >&2; exit 1; }
  inside=$(pgrep -P "$process" | head -n 1)
  inside=$(pgrep -P "$inside" | head -n 1 || echo "$inside")
  status=/proc/$inside/status
  grep -Eq '^CapEff:\s0+$' "$status" && grep -Eq '^CapBnd:\s0+$' "$status" || { echo "keeps capabilities." >&2; exit 1; }
  grep -Eq '^NoNewPrivs:\s1$' "$status" || { echo "may gain privileges." >&2; exit 1; }
  awk '$1 == 65532 { found = 1 } END { exit !found }' "/proc/$inside/uid_map" || { echo "does not run as user 65532." >&2; exit 1; }
  awk '$5 == "/" && $6 ~ /^ro/ { found = 1 } END { exit !found }' "/proc/$inside/mountinfo" || { echo "can write its root file system." >&2; exit 1; }
  port=$(sed -n 's/.*Health is served on http:\/\/127.0.0.1:\([0-9]*\)\.".*/\1/p' "$data/log" | head -n 1)
  eng/images/run.sh "$program" "$data/$service" health "http://127.0.0.1:$port"
  if [ "$service" = notification ]; then
    # The page that a browser gets is the image's own, every byte.
    node -e 'const [address, root] = process.argv.slice(1); const { get } = require("https"); const fs = require("fs");
      for (const name of fs.readdirSync(root).filter((name) => /\.(html|js|css|svg)$/.test(name))) {
        get(`${address.trim()}/${name}`, { rejectUnauthorized: false }, async (answer) => {
          const parts = []; for await (const part of answer) parts.push(part);
          if (!Buffer.concat(parts).equals(fs.readFileSync(`${root}/${name}`))) { console.error(`serves another ${name} than the image holds.`); process.exit(1); }
        });
      }' "$(cat "$data/$service/page")" "$root/page"
  fi
  kill "$process"
  wait "$process" 2>/dev/null || true
  process=
done
