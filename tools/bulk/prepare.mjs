// Splits a file of records about known persons among three contributors and writes a folder for `make demo CASES=DIR`.
//   node tools/bulk/prepare.mjs FILE DIR [records]
// FILE has the columns unique_id and cluster (the truth: who is the same person). Clusters and their rows stay in order; a row's contributor
// follows from the hash of its id, so that two runs agree. The truth column is not handed to anybody: only score.mjs reads it.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contributorOf, contributors, readTable, writeTable } from './table.mjs';

const [source, folder, most] = process.argv.slice(2);
if (!source || !folder) {
  console.error('Use: node tools/bulk/prepare.mjs FILE DIR [records]');
  process.exit(64);
}
const { header, rows } = readTable(readFileSync(source, 'utf8'));
const id = header.indexOf('unique_id');
const truth = header.indexOf('cluster');
if (id < 0 || truth < 0) {
  console.error(`${source} needs the columns unique_id and cluster.`);
  process.exit(65);
}
const taken = rows.slice(0, most ? Number(most) : rows.length);
mkdirSync(folder, { recursive: true });
const columns = header.map((name, index) => index).filter(index => index !== truth);
for (const contributor of contributors) {
  const own = taken.filter(row => contributorOf(row[id]) === contributor);
  writeFileSync(join(folder, `${contributor}.csv`), writeTable([columns.map(index => header[index]), ...own.map(row => columns.map(index => row[index]))]));
  writeFileSync(join(folder, `${contributor}.json`), JSON.stringify({
    contributorId: contributor,
    name: `Archive ${contributor.split('-')[1]} (public biographical data)`,
    catchment: 'persons of the past, from a public encyclopaedia',
    definitionFramework: 'Organisational',
    jurisdiction: ['GBR'],
    declaredConsent: { purposes: ['C1', 'C2', 'C3'], noticeVersion: 'public-records' },
  }, null, 1));
  console.log(`${contributor}: ${own.length} records`);
}
const digest = createHash('sha256').update(readFileSync(source)).digest('hex');
writeFileSync(join(folder, 'room.json'), JSON.stringify({
  room: `bulk ${digest.slice(0, 8)}`,
  simulated: true,
  // Short epochs of the most slots that a charter may have; the queries run once, when all records are there.
  epochSeconds: 10,
  slotsPerEpoch: 1024,
  messageBytes: 2048,
  minimumNewRecords: taken.length,
  contributors: contributors.map(contributor => ({
    id: contributor, name: `Archive ${contributor.split('-')[1]} (public biographical data)`, file: `${contributor}.csv`, profile: 'persons',
    manifest: `${contributor}.json`, ref: 'unique_id', desk: `desk@${contributor}.example.org`, lists: '*', authorises: [],
  })),
  agencies: [],
}, null, 1));
