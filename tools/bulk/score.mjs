// Compares the links of a bulk run with the truth column: node tools/bulk/score.mjs FILE LINKS [records]
// Every pair of records of one cluster that two contributors hold should be told; every other pair should not.
import { readFileSync } from 'node:fs';
import { contributorOf, readTable } from './table.mjs';

const [source, links, most] = process.argv.slice(2);
if (!source || !links) {
  console.error('Use: node tools/bulk/score.mjs FILE LINKS [records]');
  process.exit(64);
}
const { header, rows } = readTable(readFileSync(source, 'utf8'));
const [id, cluster] = [header.indexOf('unique_id'), header.indexOf('cluster')];
const taken = rows.slice(0, most ? Number(most) : rows.length);
const clusterOf = new Map(taken.map(row => [row[id], row[cluster]]));
const groups = Map.groupBy ? Map.groupBy(taken, row => row[cluster]) : taken.reduce((all, row) => all.set(row[cluster], [...all.get(row[cluster]) ?? [], row]), new Map());
let expected = 0;
for (const group of groups.values()) {
  for (let i = 0; i < group.length; i++) {
    for (let j = i + 1; j < group.length; j++) {
      if (contributorOf(group[i][id]) !== contributorOf(group[j][id])) expected++;
    }
  }
}
const told = readTable(readFileSync(links, 'utf8'));
const column = name => told.header.indexOf(name);
const by = {};
for (const row of told.rows) {
  if (row[column('link_type')] !== 'SamePersonVictim') continue;
  const kind = row[column('disposition')].includes('REVIEW') ? 'review' : row[column('strength')];
  by[kind] ??= { told: 0, right: 0 };
  by[kind].told++;
  if (clusterOf.get(row[column('record_1')]) === clusterOf.get(row[column('record_2')])) by[kind].right++;
}
const all = Object.values(by).reduce((sum, one) => ({ told: sum.told + one.told, right: sum.right + one.right }), { told: 0, right: 0 });
for (const [kind, { told: count, right }] of Object.entries({ ...by, all })) {
  console.log(`${kind.padEnd(10)} told ${String(count).padStart(7)}   right ${String(right).padStart(7)}   precision ${(100 * right / count).toFixed(2)} %`);
}
const recall = all.right / expected;
const precision = all.right / all.told;
console.log(`${groups.size} persons, ${taken.length} records, ${expected} pairs across contributors: recall ${(100 * recall).toFixed(2)} %, precision ${(100 * precision).toFixed(2)} %, F1 ${(200 * recall * precision / (recall + precision)).toFixed(2)} %`);
