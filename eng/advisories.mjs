// Asks the registries that packages come from for advisories about what ships: npm for the inbox page, NuGet for the services. A registry that carries none is named, never
// taken for a clean audit. Ends with 1 when there is an advisory. Debian's packages: eng/images/outdated.sh.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const run = (program, args, cwd = root) => spawnSync(program, args, { cwd, encoding: 'utf8', timeout: 300_000 }).stdout ?? '';
let found = 0;
let asked = 0;

function npm() {
  let answer;
  try {
    answer = JSON.parse(run('npm', ['audit', '--json', '--omit=dev', '--package-lock-only'], path.join(root, 'web')));
  } catch {
    // It is not JSON: there is no npm, or no registry.
  }
  if (!answer?.vulnerabilities) {
    console.log('skipped: npm packages (the registry answers no question for advisories)');
    return;
  }
  asked++;
  for (const [name, one] of Object.entries(answer.vulnerabilities)) {
    console.log(`npm ${name}: ${one.severity}`);
    found++;
  }
}

async function nuget() {
  const sources = run('dotnet', ['nuget', 'list', 'source', '--format', 'Short']).split('\n').filter((line) => line.startsWith('E ')).map((line) => line.slice(2).trim());
  const carries = async (source) => {
    try {
      return (await (await fetch(source, { signal: AbortSignal.timeout(10_000) })).json()).resources.some((resource) => resource['@type'].startsWith('VulnerabilityInfo'));
    } catch {
      return false;
    }
  };
  if (!(await Promise.all(sources.map(carries))).some(Boolean)) {
    console.log('skipped: NuGet packages (no source carries advisories)');
    return;
  }
  asked++;
  for (const line of run('dotnet', ['list', 'CleanRoom.sln', 'package', '--vulnerable', '--include-transitive']).split('\n').filter((text) => /^\s+> /.test(text))) {
    console.log(`NuGet ${line.trim().slice(2)}`);
    found++;
  }
}

npm();
await nuget();
if (asked > 0) console.log(`${found} advisories about packages that ship`);
process.exit(found === 0 ? 0 : 1);
