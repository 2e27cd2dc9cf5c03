// Which images there are: the layers over base and runtime, and the program that starts. Run with names, it prints the layers of these images, each once.
export const images = {
  attestation: { layers: ['attestation'], program: '/app/CleanRoom.Attestation' },
  ingestion: { layers: ['ingestion'], program: '/app/CleanRoom.Ingestion' },
  matching: { layers: ['matching'], program: '/app/CleanRoom.Matching' },
  notification: { layers: ['notification', 'page'], program: '/app/CleanRoom.Notification' },
  admin: { layers: ['admin'], program: '/admin/cleanroom-admin' },
  // The enclave's layer byte for byte, and the program that says when it may run: the measured program knows no database.
  standby: { layers: ['matching', 'admin'], program: '/admin/cleanroom-admin' },
};

/** Folder of a layer's files in the image. */
export const folderOf = (layer) => ({ admin: 'admin', page: 'page' })[layer] ?? 'app';

if (process.argv[1]?.endsWith('images.mjs')) {
  const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(images);
  const unknown = wanted.find((name) => !images[name]);
  if (unknown) {
    console.error(`There is no image ${unknown}: ${Object.keys(images).join(', ')}.`);
    process.exit(64);
  }
  console.log([...new Set(wanted.flatMap((name) => images[name].layers))].join(' '));
}
