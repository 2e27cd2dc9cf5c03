#!/usr/bin/env bash
# The parts in TypeScript. Use: tools/web.sh build|check|test. Packages come with "npm ci" when the lock file has changed since.
set -euo pipefail
cd "$(dirname "$0")/../web"

stamp=node_modules/.lock-digest
digest=$(sha256sum package.json package-lock.json | sha256sum)
if [ "$(cat "$stamp" 2>/dev/null)" != "$digest" ]; then
  npm ci --silent
  echo "$digest" >"$stamp"
fi

case "${1:-}" in
  build) npm run --silent build ;;
  check) npm run --silent check ;;
  # A package without a known licence would stop the images, so it is told here too.
  test) npm run --silent check && npm run --silent build && node ../eng/images/sbom.mjs page ../artifacts/web/inbox >/dev/null && npm run --silent test -- --test-reporter=tap && npm run --silent test:page -- --test-reporter=tap ;;
  *) echo "Use: tools/web.sh build|check|test" >&2; exit 64 ;;
esac
