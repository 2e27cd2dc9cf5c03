// Looks through every file that git keeps for what must not be there: private keys, tokens, passwords in addresses. Prints file and line, never the find. Known examples stand
// in the list below with the reason.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

const patterns = [
  ['a private key in PEM', /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*[A-Za-z0-9+/=]{16}/],
  ['a private JWK', /"kty"\s*:\s*"(?:EC|RSA|OKP)"[^}]{0,400}"d"\s*:\s*"[A-Za-z0-9_-]{20}/],
  ['a token of a code host', /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,}|glpat-[A-Za-z0-9_-]{20})\b/],
  ['an access key of a cloud', /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|AccountKey=[A-Za-z0-9+/=]{40}|\bAIza[A-Za-z0-9_-]{35}\b/],
  ['a token of a chat or package registry', /\bxox[abprs]-[A-Za-z0-9-]{10,}|\bnpm_[A-Za-z0-9]{36}\b/],
  ['a signed token', /\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{40,}/],
  ['a password in an address', /\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@"'<>$*{]{1,64}:[^\s:/@"'<>$*{]{3,64}@[a-z0-9]/i],
];

/** File and why what it holds is no secret. */
const known = new Map(Object.entries(JSON.parse(fs.readFileSync(new URL('./secrets.json', import.meta.url), 'utf8'))));

const found = [];
const used = new Set();
for (const file of execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8', maxBuffer: 1 << 26 }).split('\0').filter(Boolean)) {
  if (!fs.existsSync(file) || fs.statSync(file).size > 4 << 20) {
    continue;
  }
  const text = fs.readFileSync(file, 'latin1');
  for (const [what, pattern] of patterns) {
    const match = pattern.exec(text);
    if (match && known.has(file)) {
      used.add(file);
    } else if (match) {
      found.push(`${file}:${text.slice(0, match.index).split('\n').length}: ${what}`);
    }
  }
}
for (const file of known.keys()) {
  if (!used.has(file)) {
    found.push(`eng/secrets.json names ${file}, which holds nothing of the kind.`);
  }
}
found.forEach((line) => console.error(line));
console.log(`${found.length} secrets found`);
process.exit(found.length === 0 ? 0 : 1);
