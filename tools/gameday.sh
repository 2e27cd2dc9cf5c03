#!/usr/bin/env bash
# A game day: a small simulated room on this machine is broken in the ways an operator meets, one after the other, and must come back or refuse as the docs say.
# It runs the tests that do it with real processes and real kills; each line names what is broken. About five minutes.
set -uo pipefail
cd "$(dirname "$0")/.."
failed=0
play() {
  printf '%-72s ' "$1"
  started=$SECONDS
  if "artifacts/bin/$2/debug/$2" -noColor -method "$3" >artifacts/gameday.log 2>&1 && grep -q 'Failed: 0' artifacts/gameday.log && ! grep -q 'Total: 0' artifacts/gameday.log; then
    echo "held, $((SECONDS - started)) s"
  else
    echo "DID NOT HOLD"
    tail -n 20 artifacts/gameday.log
    failed=1
  fi
}
for project in Services Room Storage; do dotnet build "tests/CleanRoom.$project.Tests" --nologo -v q -clp:NoSummary || exit 1; done
play "kill -9 of ingestion, witness, notification at random moments" CleanRoom.Services.Tests '*Kill*'
play "yesterday's database is put in the place of today's" CleanRoom.Room.Tests '*OperatorAttackTests*'
play "everything is lost but a backup made while the services ran" CleanRoom.Room.Tests '*RecoveryTests*'
play "somebody restores an older, changed or other backup" CleanRoom.Storage.Tests '*BackupTests*'
play "the leader is killed, stopped, paused; a standby takes over" CleanRoom.Storage.Tests '*LeadCommandTests*'
play "certificates end and are renewed" CleanRoom.Room.Tests '*CertificateTests*'
exit $failed
