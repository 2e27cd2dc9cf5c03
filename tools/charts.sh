#!/usr/bin/env bash
# Checks the Helm charts (eng/charts/check.mjs), alert rules (promtool), dashboards and systemd units. UPDATE=1 writes charts/golden anew.
set -euo pipefail
cd "$(dirname "$0")/.."
eng/tools.sh helm promtool node-modules
if command -v systemd-analyze >/dev/null; then
  # The programs are installed elsewhere; everything else that it says is a fault.
  units=$(mktemp -d)
  trap 'rm -rf "$units"' EXIT
  cp infra/systemd/*.service "$units/"
  # With standbys: the same unit under a lease, on its own, since two units of one name cannot be looked at together.
  mkdir -p "$units/led/cleanroom-matching.service.d"
  cp infra/systemd/cleanroom-matching.service "$units/led/" && cp infra/systemd/matching-lead.conf "$units/led/cleanroom-matching.service.d/"
  if { systemd-analyze verify "$units"/*.service; systemd-analyze verify "$units"/led/*.service; } 2>&1 | grep -v 'is not executable: No such file or directory'; then exit 1; fi
elif [ "${CI:-}" = true ]; then
  echo "systemd-analyze is missing: install systemd." >&2; exit 69
else
  echo "skipped: the systemd units (there is no systemd-analyze here)"
fi
for rules in charts/*/files/alerts.yaml; do promtool check rules "$rules" >/dev/null; done
promtool test rules charts/*/files/alerts.test.yaml
node eng/charts/check.mjs ${UPDATE:+--update}
