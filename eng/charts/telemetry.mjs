// Dashboards and alerts speak only of what exists: measurements in charts/metrics.txt (which a test compares with running services), events in the services' own log
// definitions, runbooks with that heading. And every alert has two tests.
import fs from 'node:fs';
import path from 'node:path';
import yaml from 'js-yaml';

const words = new Set([
  'sum', 'min', 'max', 'by', 'rate', 'increase', 'histogram_quantile', 'time', 'changes', 'offset', 'and', 'or', 'vector', 'predict_linear', 'on', 'label_values', 'unless',
]);

export function checkTelemetry(root, say) {
  const types = new Map(fs.readFileSync(path.join(root, 'charts/metrics.txt'), 'utf8').trim().split('\n').map((line) => line.split(' ')));
  const series = new Set(['up', 'cleanroom:call_errors:ratio_rate5m', 'cleanroom:call_errors:ratio_rate1h']);
  for (const [name, type] of types) {
    (type === 'histogram' ? ['_bucket', '_sum', '_count'].map((suffix) => name + suffix) : [name]).forEach((item) => series.add(item));
  }
  const events = new Set(logFiles(path.join(root, 'services')).concat(logFiles(path.join(root, 'src')))
    .flatMap((file) => [...fs.readFileSync(file, 'utf8').matchAll(/static partial void (\w+)\(ILogger/g)].map((match) => match[1])));
  // Every row of the threat table has its line in the hardening guide, if only to say that nothing is the operator's to do.
  const hardening = fs.readFileSync(path.join(root, 'docs/operators/hardening.md'), 'utf8');
  for (const [, threat] of fs.readFileSync(path.join(root, 'docs/threats.md'), 'utf8').matchAll(/^\| (T[0-9]+) \|/gm)) {
    if (!new RegExp(`^\\| [^|]*\\b${threat}\\b`, 'm').test(hardening)) say('docs/operators/hardening.md', `${threat} has no line.`);
  }
  const runbooks = fs.readFileSync(path.join(root, 'docs/operators/runbooks.md'), 'utf8');

  const expression = (where, text) => {
    for (const [, list] of text.matchAll(/cleanroom_event=~?"([^"]+)"/g)) {
      list.split('|').filter((name) => !events.has(name)).forEach((name) => say(where, `no service logs an event ${name}.`));
    }
    const bare = text.replace(/\{[^}]*\}/g, '').replace(/\[[^\]]*\]/g, '').replace(/\b(by|on) \([^)]*\)/g, '').replace(/offset \w+/g, '');
    for (const [name] of bare.matchAll(/[a-z_][a-z0-9_:]*/gi)) {
      if (!words.has(name) && !series.has(name) && !/^e\d*$/.test(name)) {
        say(where, `no service measures ${name}.`);
      }
    }
  };

  for (const chart of ['cleanroom', 'broker']) {
    const folder = path.join(root, 'charts', chart, 'files');
    const rules = yaml.load(fs.readFileSync(path.join(folder, 'alerts.yaml'), 'utf8')).groups.flatMap((group) => group.rules);
    const tests = yaml.load(fs.readFileSync(path.join(folder, 'alerts.test.yaml'), 'utf8')).tests.flatMap((test) => test.alert_rule_test);
    for (const rule of rules) {
      const where = `${chart}: ${rule.alert ?? rule.record}`;
      expression(where, rule.expr);
      if (rule.alert) {
        if (!runbooks.includes(`\n## ${rule.alert}\n`) || rule.annotations.runbook_url !== `docs/operators/runbooks.md#${rule.alert.toLowerCase()}`) {
          say(where, 'has no runbook of that heading.');
        }
        const own = tests.filter((test) => test.alertname === rule.alert);
        if (!own.some((test) => test.exp_alerts.length > 0) || !own.some((test) => test.exp_alerts.length === 0)) {
          say(where, 'needs a test in which it fires and one in which it does not.');
        }
      }
    }
    for (const file of fs.readdirSync(path.join(folder, 'dashboards'))) {
      const board = JSON.parse(fs.readFileSync(path.join(folder, 'dashboards', file), 'utf8'));
      const ids = new Set();
      for (const panel of board.panels) {
        const where = `${chart}: ${file}: ${panel.title}`;
        if (ids.has(panel.id)) say(where, 'has the id of another panel.');
        ids.add(panel.id);
        if (!panel.targets?.length || !panel.description) say(where, 'needs a query and a description.');
        panel.targets?.forEach((target) => expression(where, target.expr));
      }
      board.templating.list.filter((variable) => variable.type === 'query').forEach((variable) => expression(`${chart}: ${file}: ${variable.name}`, variable.query.replace(/, \w+\)/, ')')));
    }
  }
}

function logFiles(folder) {
  return fs.readdirSync(folder, { recursive: true }).filter((name) => path.basename(name) === 'Log.cs').map((name) => path.join(folder, name));
}
