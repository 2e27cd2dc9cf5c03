// Writes and signs the provenance of the images in artifacts/images: an in-toto statement with SLSA provenance v1 in a DSSE envelope, ECDSA P-256.
// Usage: provenance.mjs COMMIT RUNTIME MEASUREMENT KEY.pem; the public half goes to release.jwk beside it. The key belongs to who releases, not to the machine that builds.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderOf, images as known } from './images.mjs';

const [commit, runtime, measurement, keyFile] = process.argv.slice(2);
const here = path.dirname(fileURLToPath(import.meta.url));
const images = path.resolve(here, '../../artifacts/images');
const sha256 = (file) => crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex');
const manifests = JSON.parse(fs.readFileSync(path.join(images, 'layout/index.json'), 'utf8')).manifests;
const names = manifests.map((manifest) => manifest.annotations['org.opencontainers.image.ref.name']);
const statement = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [
    ...manifests.map((manifest, index) => ({ name: `image/${names[index]}`, digest: { sha256: manifest.digest.slice(7) } })),
    ...[...new Set(names.flatMap((name) => known[name].layers))].map((name) => ({ name: `sbom/${name}`, digest: { sha256: sha256(path.join(images, 'roots', name, folderOf(name), 'sbom.cdx.json')) } })),
    ...(measurement === '-' ? [] : [{ name: 'measurement/simulated', digest: { sha384: measurement } }]),
  ],
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {
    buildDefinition: {
      buildType: 'urn:cleanroom:make-images:v1',
      externalParameters: { services: names },
      internalParameters: { sourceDateEpoch: Number(process.env.SOURCE_DATE_EPOCH) },
      resolvedDependencies: [
        { name: 'source', digest: { gitCommit: commit } },
        { name: `.NET runtime ${runtime}`, digest: { sha256: sha256(path.join(images, 'layers/runtime.tar')) } },
        { name: 'eng/images/base.txt', digest: { sha256: sha256(path.join(here, 'base.txt')) } },
      ],
    },
    runDetails: { builder: { id: 'urn:cleanroom:local-machine' } },
  },
};
const key = crypto.createPrivateKey(fs.readFileSync(keyFile));
const type = 'application/vnd.in-toto+json';
const payload = Buffer.from(JSON.stringify(statement));
const signed = Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload]);
const { kty, crv, x, y } = crypto.createPublicKey(key).export({ format: 'jwk' });
if (crv !== 'P-256') {
  console.error(`${keyFile} is not a P-256 key.`);
  process.exit(65);
}
const keyid = `spki-sha256:${crypto.createHash('sha256').update(crypto.createPublicKey(key).export({ type: 'spki', format: 'der' })).digest('base64url')}`;
const sig = crypto.sign('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }).toString('base64');
fs.writeFileSync(path.join(images, 'provenance.json'), JSON.stringify({ payloadType: type, payload: payload.toString('base64'), signatures: [{ keyid, sig }] }) + '\n');
fs.writeFileSync(path.join(images, 'release.jwk'), JSON.stringify({ crv, kty, x, y }) + '\n');
console.log(`provenance     artifacts/images/provenance.json signed by ${keyid}`);
