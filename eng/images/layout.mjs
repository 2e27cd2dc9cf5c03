// Writes the OCI layout (image-spec 1.1): blobs by digest, one manifest for each service, index.json that names them. Usage: layout.mjs RUNTIME COMMIT [IMAGE]...
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { images as known } from './images.mjs';

const [runtime, commit, ...named] = process.argv.slice(2);
const services = named.length > 0 ? named : Object.keys(known);
const images = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../artifacts/images');
const layout = path.join(images, 'layout');
const blobs = path.join(layout, 'blobs/sha256');
fs.mkdirSync(blobs, { recursive: true });

const sha256 = (bytes) => crypto.createHash('sha256').update(bytes).digest('hex');
function blob(bytes, mediaType) {
  const hex = sha256(bytes);
  fs.writeFileSync(path.join(blobs, hex), bytes);
  return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
}
const json = (value, mediaType) => blob(Buffer.from(JSON.stringify(value)), mediaType);
const layer = (name) => blob(fs.readFileSync(path.join(images, 'layers', `${name}.tar`)), 'application/vnd.oci.image.layer.v1.tar');

const created = new Date(Number(process.env.SOURCE_DATE_EPOCH) * 1000).toISOString().replace('.000', '');
const base = layer('base');
const dotnet = layer('runtime');
const manifests = services.map((service) => {
  const { layers, program } = known[service];
  const programs = layers.map(layer);
  const labels = {
    'org.opencontainers.image.title': `cleanroom ${service}`,
    'org.opencontainers.image.description': 'Part of CleanRoom. Simulated rooms only: never put a real record in.',
    'org.opencontainers.image.licenses': 'Apache-2.0',
    'org.opencontainers.image.revision': commit,
    'org.opencontainers.image.version': '0.1.0',
    'org.opencontainers.image.created': created,
  };
  const config = json({
    created,
    architecture: 'amd64',
    os: 'linux',
    config: {
      User: '65532:65532',
      Entrypoint: [program],
      WorkingDir: '/',
      Env: ['DOTNET_ROOT=/usr/share/dotnet', 'DOTNET_EnableDiagnostics=0', 'SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt'],
      ExposedPorts: { '8080/tcp': {}, '8081/tcp': {}, '8082/tcp': {} },
      Volumes: { '/data': {} },
      Labels: labels,
    },
    rootfs: { type: 'layers', diff_ids: [base, dotnet, ...programs].map((item) => item.digest) },
    history: [
      { created, created_by: 'eng/images/base.sh' },
      { created, created_by: `.NET runtime ${runtime}` },
      ...layers.map((name) => ({ created, created_by: name === 'page' ? 'tools/web.sh build' : `dotnet publish services/${name}` })),
    ],
  }, 'application/vnd.oci.image.config.v1+json');
  const manifest = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config,
    layers: [base, dotnet, ...programs],
    annotations: labels,
  }, 'application/vnd.oci.image.manifest.v1+json');
  return { ...manifest, annotations: { 'org.opencontainers.image.ref.name': service } };
});
fs.writeFileSync(path.join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
fs.writeFileSync(path.join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests }));
for (const manifest of manifests) {
  console.log(`${manifest.annotations['org.opencontainers.image.ref.name'].padEnd(14)} ${manifest.digest}`);
}
