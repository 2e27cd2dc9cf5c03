// Builds the page into artifacts/web/inbox: one script, one style sheet, both named by their content, and the same compressed.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { fileURLToPath } from "node:url";

const web = fileURLToPath(new URL("..", import.meta.url));
const out = `${web}/../artifacts/web/inbox`;
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const { outputFiles } = await build({
  absWorkingDir: web, entryPoints: ["inbox/src/main.tsx", "inbox/src/style.css"], outdir: out, entryNames: "[name]-[hash]", write: false, bundle: true, minify: true,
  format: "esm", target: ["chrome123", "firefox121", "safari17.5"], jsx: "automatic", jsxImportSource: "preact", charset: "utf8", legalComments: "none", logLevel: "warning",
});
const named = { script: outputFiles.find((file) => file.path.endsWith(".js")), style: outputFiles.find((file) => file.path.endsWith(".css")) };
const icon = { path: "", contents: readFileSync(`${web}/inbox/icon.svg`) };
icon.path = `icon-${createHash("sha256").update(icon.contents).digest("hex").slice(0, 8)}.svg`;
let page = readFileSync(`${web}/inbox/index.html`, "utf8").replace("{icon}", icon.path);
for (const [name, file] of Object.entries(named)) {
  page = page.replace(`{${name}}`, basename(file.path)).replace(`{${name}-integrity}`, `sha256-${createHash("sha256").update(file.contents).digest("base64")}`);
}
let weight = 0;
for (const [name, contents] of [...[...outputFiles, icon].map((file) => [basename(file.path), file.contents]), ["index.html", Buffer.from(page)]]) {
  const small = brotliCompressSync(contents);
  writeFileSync(`${out}/${name}`, contents);
  writeFileSync(`${out}/${name}.br`, small);
  weight += small.length;
}
console.log(`inbox page: ${weight} bytes compressed`);
if (weight > 300 * 1024) {
  console.error("The page is heavier than 300 KiB compressed.");
  process.exit(1);
}
