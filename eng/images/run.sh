#!/usr/bin/env bash
# Runs a service from its image as a container would: its own root file system, read-only; user 65532 in a user namespace; no capability; no process but its own. Only
# its data folder can be written, and /tmp in memory. The network is the machine's. Usage: eng/images/run.sh ASSEMBLY DATA ARGUMENT... (IMAGE=name: from another image than its own)
set -euo pipefail
images=$(cd "$(dirname "$0")/../.." && pwd)/artifacts/images
assembly=$1 data=$2
shift 2
service=${assembly#CleanRoom.}
service=${IMAGE:-${service,,}}
program=/app/$assembly
[ "$assembly" != cleanroom-admin ] || program=/admin/$assembly
root=$images/run/$service
[ -d "$root" ] || { echo "There is no image of $service: run make images." >&2; exit 72; }
mkdir -p "$data"
exec bwrap --unshare-user --uid 65532 --gid 65532 --unshare-pid --unshare-ipc --unshare-uts --unshare-cgroup-try --die-with-parent --cap-drop ALL --clearenv \
  --setenv DOTNET_ROOT /usr/share/dotnet --setenv DOTNET_EnableDiagnostics 0 $(env | sed -n 's/^\(\(Server\|Management\|Telemetry\)__[A-Za-z]*\)=\([^ ]*\)$/--setenv \1 \3/p') \
  --ro-bind "$root" / --proc /proc --dev /dev --tmpfs /tmp --bind "$data" "$data" --chdir / \
  "$program" "$@"
