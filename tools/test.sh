#!/usr/bin/env bash
# Builds the solution and runs every test project; the last line is "N passed, N failed, N skipped".
# ONLY=name runs the projects whose name contains it.
set -uo pipefail
cd "$(dirname "$0")/.."

dotnet build CleanRoom.sln --nologo -v q -clp:NoSummary || { echo "The build failed; no test was run." >&2; exit 1; }

results=artifacts/test-results
rm -rf "$results"; mkdir -p "$results"
passed=0 failed=0 skipped=0 broken=0
for project in tests/*.Tests/*.csproj; do
  name=$(basename "$project" .csproj)
  [[ -z "${ONLY:-}" || "$name" == *"$ONLY"* ]] || continue
  printf '%-36s ' "$name"
  started=$SECONDS
  "artifacts/bin/$name/debug/$name" -xml "$PWD/$results/$name.xml" -noColor >"$results/$name.log" 2>&1
  code=$?
  read -r p f s < <(sed -n 's/.*<assembly .*/&/p' "$results/$name.xml" 2>/dev/null | awk '
    function get(a) { return match($0, " " a "=\"[0-9]+\"") ? substr($0, RSTART + length(a) + 3, RLENGTH - length(a) - 4) : 0 }
    { p += get("passed"); f += get("failed") + get("errors"); s += get("skipped") } END { print p + 0, f + 0, s + 0 }')
  p=${p:-0} f=${f:-0} s=${s:-0}
  if [ $code -ne 0 ] && [ "$f" -eq 0 ]; then f=1; broken=1; fi
  if [ $((p + f)) -eq 0 ]; then f=1; echo -n "no test ran; "; fi
  echo "$p passed, $f failed, $s skipped in $((SECONDS - started)) s"
  if [ "$f" -ne 0 ]; then grep -E -A 12 '\[FAIL\]|Unhandled|error' "$results/$name.log" | head -n 120; echo "(all of it: $results/$name.log)"; fi
  grep -E '\[SKIP\]' -A 1 "$results/$name.log" | grep -v '^--' | head -n 20
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
if [[ -z "${ONLY:-}" || "$ONLY" == web ]]; then
  printf '%-36s ' "web"
  started=$SECONDS
  tools/web.sh test >"$results/web.log" 2>&1
  code=$?
  count() { awk -v word="$1" '$1 == "#" && $2 == word { n += $3 } END { print n + 0 }' "$results/web.log"; }
  p=$(count pass) f=$(count fail) s=$(count skipped)
  if [ $code -ne 0 ] && [ "$f" -eq 0 ] || [ $((p + f)) -eq 0 ]; then f=$((f + 1)); broken=1; fi
  echo "$p passed, $f failed, $s skipped in $((SECONDS - started)) s"
  if [ "$f" -ne 0 ]; then grep -E -A 12 '^not ok|error' "$results/web.log" | head -n 120; tail -n 20 "$results/web.log"; fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$broken" -eq 0 ]
