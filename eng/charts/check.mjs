// Lints and renders every chart with every values file, validates each object against the Kubernetes schemas and our own policies, compares with the committed
// renderings (charts/golden), and shows that wrong values give clear errors. "--update" writes the renderings anew.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import yaml from 'js-yaml';
import { findUnknownFields, validate } from './schemas.mjs';
import { judge } from './policies.mjs';
import { checkComments } from './comments.mjs';
import { checkTelemetry } from './telemetry.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const helm = path.join(root, 'artifacts/tools/helm');
const golden = path.join(root, 'charts/golden');
const update = process.argv.includes('--update');
const problems = [];
const say = (where, what) => problems.push(`${where}: ${what}`);
const home = path.join(root, 'artifacts/charts');
const environment = { PATH: process.env.PATH, HOME: home, HELM_CACHE_HOME: `${home}/cache`, HELM_CONFIG_HOME: `${home}/config`, HELM_DATA_HOME: `${home}/data` };
const run = (...args) => spawnSync(helm, args, { encoding: 'utf8', cwd: home, env: environment });

// Dependencies are packed into copies: the tree keeps one text of each chart.
fs.rmSync(home, { recursive: true, force: true });
fs.mkdirSync(home, { recursive: true });
const charts = ['common', 'cleanroom', 'broker', 'simulated-room'];
for (const chart of charts) {
  fs.cpSync(path.join(root, 'charts', chart), path.join(home, chart), { recursive: true });
}
for (const chart of charts.slice(1)) {
  execFileSync(helm, ['dependency', 'build', chart], { cwd: home, env: environment, stdio: 'pipe' });
}

const seen = new Set();
const objects = [];
let renderings = 0;
for (const chart of charts.slice(1)) {
  checkComments(path.join(root, 'charts', chart, 'values.yaml'), (line, what) => say(`charts/${chart}/values.yaml:${line}`, what));
  const folder = path.join(home, chart, 'ci');
  for (const file of fs.readdirSync(folder).filter((name) => name.endsWith('-values.yaml')).sort()) {
    const name = `${chart}/${file}`;
    const lint = run('lint', '--strict', chart, '-f', path.join(folder, file));
    if (lint.status !== 0) {
      say(name, `helm lint: ${(lint.stdout + lint.stderr).trim()}`);
      continue;
    }
    const rendered = run('template', 'room', chart, '-n', 'cleanroom', '-f', path.join(folder, file), '--kube-version', '1.33.0');
    if (rendered.status !== 0) {
      say(name, `helm template: ${rendered.stderr.trim()}`);
      continue;
    }
    renderings++;
    const documents = yaml.loadAll(rendered.stdout).filter(Boolean);
    for (const object of documents) {
      const id = `${name} ${object.kind}/${object.metadata?.name}`;
      for (const error of await validate(object)) {
        say(id, error);
      }
      objects.push({ id, object });
      seen.add(`${object.apiVersion} ${object.kind}`);
    }
    for (const error of judge(documents)) {
      say(name, error);
    }
    const target = path.join(golden, `${chart}-${file.replace('-values', '')}`);
    if (update) {
      fs.mkdirSync(golden, { recursive: true });
      fs.writeFileSync(target, rendered.stdout);
    } else if (!fs.existsSync(target) || fs.readFileSync(target, 'utf8') !== rendered.stdout) {
      say(name, `differs from ${path.relative(root, target)}; look at the difference, then run "make charts UPDATE=1".`);
    }
  }

  const wrong = path.join(home, chart, 'ci/wrong');
  for (const file of fs.existsSync(wrong) ? fs.readdirSync(wrong).sort() : []) {
    const text = fs.readFileSync(path.join(wrong, file), 'utf8');
    const expected = /^# expect: (.+)$/m.exec(text)?.[1];
    const base = path.join(folder, 'laptop-values.yaml');
    const rendered = run('template', 'room', chart, '-n', 'cleanroom', '-f', base, '-f', path.join(wrong, file));
    if (!expected) {
      say(`${chart}/ci/wrong/${file}`, 'has no line "# expect: ...".');
    } else if (rendered.status === 0) {
      say(`${chart}/ci/wrong/${file}`, 'is accepted.');
    } else if (!rendered.stderr.includes(expected)) {
      say(`${chart}/ci/wrong/${file}`, `fails with another error than "${expected}": ${rendered.stderr.trim()}`);
    }
  }
}
checkTelemetry(root, say);
for (const error of findUnknownFields(objects, path.join(root, 'eng/charts'))) {
  problems.push(error);
}

problems.forEach((problem) => console.error(problem));
console.log(`${renderings} renderings, ${objects.length} objects of ${seen.size} kinds, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
