// A CycloneDX 1.6 bill of materials of one image: Debian packages, the .NET runtime, NuGet packages of the service. The same input gives the same bytes: no time, no
// random serial number. Usage: sbom.mjs SERVICE ASSEMBLY FOLDER RUNTIME
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const [service, assembly, folder, runtime] = process.argv.slice(2);
const here = path.dirname(fileURLToPath(import.meta.url));
const licences = JSON.parse(fs.readFileSync(path.join(here, 'licences.json'), 'utf8'));
const licence = (name) => {
  const found = licences[name];
  if (!found) {
    console.error(`eng/images/licences.json does not name the licence of ${name}; look it up, and why we need it, before it ships.`);
    process.exit(65);
  }
  return [{ expression: found.licence }];
};
const debian = fs.readFileSync(path.join(here, 'base.txt'), 'utf8').split('\n').filter((line) => line && !line.startsWith('#')).map((line) => {
  const [name, version, sha256] = line.split(' ');
  return { type: 'library', name, version, purl: `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=amd64&distro=bookworm`, hashes: [{ alg: 'SHA-256', content: sha256 }],
    licenses: licence(name) };
});
const nuget = Object.entries(JSON.parse(fs.readFileSync(path.join(folder, `${assembly}.deps.json`), 'utf8')).libraries)
  .filter(([, library]) => library.type === 'package')
  .map(([id, library]) => {
    const [name, version] = id.split('/');
    return { type: 'library', name, version, purl: `pkg:nuget/${name}@${version}`, hashes: [{ alg: 'SHA-512', content: Buffer.from(library.sha512.replace('sha512-', ''), 'base64').toString('hex') }],
      licenses: licence(name) };
  });
const files = fs.readdirSync(folder).filter((name) => name.endsWith('.dll')).sort().map((name) => ({
  type: 'file', name, hashes: [{ alg: 'SHA-256', content: crypto.createHash('sha256').update(fs.readFileSync(path.join(folder, name))).digest('hex') }],
}));
const components = [...debian, { type: 'framework', name: '.NET runtime', version: runtime, licenses: [{ license: { id: 'MIT' } }] }, ...nuget, ...files]
  .map((component) => ({ 'bom-ref': component.purl ?? `${component.type}:${component.name}`, ...component }));
console.log(JSON.stringify({
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  version: 1,
  metadata: { component: { type: 'container', name: `cleanroom-${service}`, version: '0.1.0', licenses: [{ license: { id: 'Apache-2.0' } }] } },
  components,
}, null, 2));
