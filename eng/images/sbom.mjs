// A CycloneDX 1.6 bill of materials of one layer: Debian packages, the .NET runtime, NuGet packages of the service; or the npm packages inside the inbox page. The same input
// gives the same bytes: no time, no random serial number. Usage: sbom.mjs SERVICE FOLDER ASSEMBLY RUNTIME, or sbom.mjs page FOLDER
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const [service, folder, assembly, runtime] = process.argv.slice(2);
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
const hexOf = (base64) => Buffer.from(base64.replace('sha512-', ''), 'base64').toString('hex');
const library = (kind, name, version, sha512) => ({ type: 'library', name, version, purl: `pkg:${kind}/${name}@${version}`, hashes: [{ alg: 'SHA-512', content: hexOf(sha512) }], licenses: licence(name) });
const underDotnet = () => fs.readFileSync(path.join(here, 'base.txt'), 'utf8').split('\n').filter((line) => line && !line.startsWith('#')).map((line) => {
  const [name, version, sha256] = line.split(' ');
  return { type: 'library', name, version, purl: `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=amd64&distro=bookworm`, hashes: [{ alg: 'SHA-256', content: sha256 }],
    licenses: licence(name) };
});
const nuget = () => Object.entries(JSON.parse(fs.readFileSync(path.join(folder, `${assembly}.deps.json`), 'utf8')).libraries)
  .filter(([, found]) => found.type === 'package')
  .map(([id, found]) => library('nuget', ...id.split('/'), found.sha512));
const npm = () => Object.entries(JSON.parse(fs.readFileSync(path.join(here, '../../web/package-lock.json'), 'utf8')).packages)
  .filter(([place, found]) => place !== '' && !found.dev)
  .map(([place, found]) => library('npm', place.replace('node_modules/', ''), found.version, found.integrity));
const ours = service === 'page' ? /./ : /\.dll$/;
const files = fs.readdirSync(folder).filter((name) => ours.test(name)).sort().map((name) => ({
  type: 'file', name, hashes: [{ alg: 'SHA-256', content: crypto.createHash('sha256').update(fs.readFileSync(path.join(folder, name))).digest('hex') }],
}));
const libraries = service === 'page' ? npm() : [...underDotnet(), { type: 'framework', name: '.NET runtime', version: runtime, licenses: [{ license: { id: 'MIT' } }] }, ...nuget()];
const components = [...libraries, ...files].map((component) => ({ 'bom-ref': component.purl ?? `${component.type}:${component.name}`, ...component }));
console.log(JSON.stringify({
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  version: 1,
  metadata: { component: { type: 'container', name: `cleanroom-${service}`, version: '0.1.0', licenses: [{ license: { id: 'Apache-2.0' } }] } },
  components,
}, null, 2));
