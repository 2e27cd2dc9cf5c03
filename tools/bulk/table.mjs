import { createHash } from 'node:crypto';

/** The contributors of a bulk run. */
export const contributors = ['archive-one', 'archive-two', 'archive-three'];

/** Who holds a record: follows from its id alone. */
export const contributorOf = id => contributors[createHash('sha256').update(id).digest().readUInt32BE(0) % contributors.length];

/** Reads RFC 4180 text. */
export function readTable(text) {
  const rows = [];
  let row = [];
  let cell = '';
  let quoted = false;
  for (let i = text.charCodeAt(0) === 0xfeff ? 1 : 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') { cell += '"'; i++; }
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',') { row.push(cell); cell = ''; }
    else if (c === '\n') { row.push(cell.replace(/\r$/, '')); rows.push(row); row = []; cell = ''; }
    else cell += c;
  }
  if (cell || row.length > 0) rows.push([...row, cell]);
  const [header, ...rest] = rows;
  return { header, rows: rest };
}

/** Writes RFC 4180 text. */
export const writeTable = rows => rows.map(row => row.map(cell => /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell).join(',')).join('\n') + '\n';
