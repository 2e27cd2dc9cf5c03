#!/usr/bin/env bash
# Finds what the build needs, and with "test" what the tests need besides; installs what is missing where it may (Debian, as root), else prints the one command that does.
set -euo pipefail

if ! command -v dotnet >/dev/null; then
  echo "The .NET SDK 10 is missing. Install it from https://dotnet.microsoft.com/download/dotnet/10.0 and run this again." >&2
  exit 69
fi

missing=()
# Not through grep -q: it stops reading early, which pipefail takes for a failure of ldconfig.
[[ $(ldconfig -p 2>/dev/null) == *libsqlite3.so.0* ]] || missing+=(libsqlite3-0)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
[ "${1:-}" != test ] || command -v "${CHROMIUM:-chromium}" >/dev/null || missing+=(chromium)
[[ "${1:-}" != @(test|store) ]] || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || [ -n "${CLEANROOM_TEST_POSTGRES:-}" ] || missing+=(postgresql)
[ "${1:-}" != test ] || command -v swtpm >/dev/null || missing+=(swtpm)
[ "${1:-}" != test ] || command -v tpm2_quote >/dev/null || missing+=(tpm2-tools)
[ "${1:-}" != test ] || command -v softhsm2-util >/dev/null || missing+=(softhsm2)
[ ${#missing[@]} -eq 0 ] && exit 0

install="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing ${missing[*]} ..."
  log=$(mktemp)
  if ! sh -c "DEBIAN_FRONTEND=noninteractive; export DEBIAN_FRONTEND; $install" >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    echo "Could not install ${missing[*]}. Run: $install" >&2
    exit 69
  fi
  rm -f "$log"
else
  echo "Missing: ${missing[*]}. Run: sudo sh -c '$install'" >&2
  exit 69
fi
