// Removes one security check at a time and shows that a named test turns red without it.
//   node tools/mutants/run.mjs [name ...]        all of mutants.json, or the named ones
//   node tools/mutants/run.mjs --check           builds nothing: every text stands once, every test exists, docs/threats.md lists them all
// Works in a scratch copy of the committed tree; the checkout itself is never touched.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const all = JSON.parse(readFileSync(join(root, 'tools/mutants/mutants.json'), 'utf8'));
const wanted = process.argv.slice(2);
if (wanted.includes('--check')) {
  process.exit(check() ? 0 : 1);
}
const unknown = wanted.filter(name => !all.some(m => m.name === name));
if (unknown.length > 0) {
  console.error(`Unknown mutant: ${unknown.join(', ')}. Known: ${all.map(m => m.name).join(', ')}.`);
  process.exit(64);
}
const mutants = wanted.length > 0 ? all.filter(m => wanted.includes(m.name)) : all;

const scratch = mkdtempSync(join(tmpdir(), 'cleanroom-mutants-'));
const tree = join(scratch, 'tree');
let survivors = 0;
let failures = 0;
try {
  execFileSync('git', ['worktree', 'add', '--detach', '--quiet', tree, 'HEAD'], { cwd: root });
  const environment = { ...process.env, CLEANROOM_SHARED: process.env.CLEANROOM_SHARED ?? resolve(root, '../shared') };
  delete environment.CI;
  for (const mutant of mutants) {
    const file = join(tree, mutant.file);
    const original = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const at = original.indexOf(mutant.find);
    if (at < 0 || original.indexOf(mutant.find, at + 1) >= 0) {
      console.log(`STALE     ${mutant.name}: the text to remove stands ${at < 0 ? 'nowhere' : 'more than once'} in ${mutant.file}`);
      failures++;
      continue;
    }
    writeFileSync(file, original.replace(mutant.find, () => mutant.replace));
    const project = `tests/${mutant.project}/${mutant.project}.csproj`;
    const build = spawnSync('dotnet', ['build', project, '--nologo', '-v', 'q', '-clp:NoSummary', '-p:TreatWarningsAsErrors=false', '-p:EnforceCodeStyleInBuild=false',
        '-p:RunAnalyzers=false'],
      { cwd: tree, env: environment, encoding: 'utf8' });
    if (build.status !== 0) {
      console.log(`BROKEN    ${mutant.name}: does not build\n${build.stdout.split('\n').filter(l => l.includes('error')).slice(0, 3).join('\n')}`);
      failures++;
    } else {
      const run = spawnSync(join(tree, `artifacts/bin/${mutant.project}/debug/${mutant.project}`), ['-method', mutant.test, '-noColor'],
        { cwd: tree, env: environment, encoding: 'utf8', timeout: 300_000 });
      const ran = /Total: ([1-9]\d*)/.test(run.stdout ?? '');
      if (run.status !== 0 && ran) {
        console.log(`killed    ${mutant.name} (${mutant.threat}) by ${mutant.test}`);
      } else {
        console.log(ran ? `SURVIVED  ${mutant.name} (${mutant.threat}): ${mutant.test} stays green` : `NO TEST   ${mutant.name}: ${mutant.test} matches nothing`);
        survivors++;
      }
    }
    writeFileSync(file, original);
  }
} finally {
  spawnSync('git', ['worktree', 'remove', '--force', tree], { cwd: root });
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`${mutants.length - survivors - failures} killed, ${survivors} survived, ${failures} stale or broken`);
process.exit(survivors + failures === 0 ? 0 : 1);

function check() {
  const table = new Map([...readFileSync(join(root, 'docs/threats.md'), 'utf8').matchAll(/^\| ([a-z0-9-]+) \| [^|]+ \| `([^`]+)` \|$/gm)].map(row => [row[1], row[2]]));
  const sources = new Map();
  const source = project => {
    if (!sources.has(project)) {
      const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', `tests/${project}/*.cs`, `tests/${project}/**/*.cs`], { cwd: root, encoding: 'utf8' });
      sources.set(project, [...new Set(files.split('\n').filter(Boolean))].map(file => readFileSync(join(root, file), 'utf8')).join('\n'));
    }
    return sources.get(project);
  };
  const problems = [];
  for (const mutant of all) {
    const file = join(root, mutant.file);
    const places = existsSync(file) ? readFileSync(file, 'utf8').split(mutant.find).length - 1 : 0;
    const [type, method] = mutant.test.split('.').slice(-2);
    if (places !== 1) {
      problems.push(`${mutant.name}: the text to remove stands ${places} times in ${mutant.file}`);
    }
    if (method !== '*' && !(source(mutant.project).includes(`class ${type}`) && source(mutant.project).includes(` ${method.replace(/\*.*$/, '')}`))) {
      problems.push(`${mutant.name}: ${mutant.project} has no test ${mutant.test}`);
    }
    if (table.get(mutant.name) !== mutant.test) {
      problems.push(`${mutant.name}: docs/threats.md ${table.has(mutant.name) ? `names ${table.get(mutant.name)}` : 'does not list it'}`);
    }
    table.delete(mutant.name);
  }
  problems.push(...[...table.keys()].map(name => `${name}: listed in docs/threats.md, not in mutants.json`));
  problems.forEach(problem => console.error(problem));
  console.log(`${all.length} mutants, ${problems.length} problems`);
  return problems.length === 0;
}
