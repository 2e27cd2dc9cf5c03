// Builds the page into artifacts/web/inbox: one script, one style sheet, one map, all named by their content, and the same compressed.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { mapFile } from "./map.mjs";

const web = fileURLToPath(new URL("..", import.meta.url));
const out = `${web}/../artifacts/web/inbox`;
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const map = { path: "", contents: mapFile() };
map.path = `map-${createHash("sha256").update(map.contents).digest("hex").slice(0, 8)}.json`;
const { outputFiles } = await build({
  absWorkingDir: web, entryPoints: ["inbox/src/main.tsx", "inbox/src/style.css"], outdir: out, entryNames: "[name]-[hash]", write: false, bundle: true, minify: true,
  format: "esm", target: ["chrome123", "firefox121", "safari17.5"], jsx: "automatic", jsxImportSource: "preact", define: { MAP_FILE: JSON.stringify(map.path), MAP_INTEGRITY: JSON.stringify(integrity(map.contents)) }, charset: "utf8", legalComments: "none", logLevel: "warning",
});
const named = { script: outputFiles.find((file) => file.path.endsWith(".js")), style: outputFiles.find((file) => file.path.endsWith(".css")) };
const icon = { path: "", contents: readFileSync(`${web}/inbox/icon.svg`) };
icon.path = `icon-${createHash("sha256").update(icon.contents).digest("hex").slice(0, 8)}.svg`;
let page = readFileSync(`${web}/inbox/index.html`, "utf8").replace("{icon}", icon.path);
for (const [name, file] of Object.entries(named)) {
  page = page.replace(`{${name}}`, basename(file.path)).replace(`{${name}-integrity}`, integrity(file.contents));
}
let weight = 0;
let mapWeight = 0;
for (const [name, contents] of [...[...outputFiles, icon, map].map((file) => [basename(file.path), file.contents]), ["index.html", Buffer.from(page)]]) {
  const small = brotliCompressSync(contents);
  writeFileSync(`${out}/${name}`, contents);
  writeFileSync(`${out}/${name}.br`, small);
  if (name === map.path) {
    mapWeight = small.length;
  } else {
    weight += small.length;
  }
}
console.log(`inbox page: ${weight} bytes compressed; its map, after sign-in: ${mapWeight}`);
if (weight > 300 * 1024 || mapWeight > 320 * 1024) {
  console.error("The page is heavier than 300 KiB compressed, or its map than 320 KiB.");
  process.exit(1);
}

function integrity(contents) {
  return `sha256-${createHash("sha256").update(contents).digest("base64")}`;
}
