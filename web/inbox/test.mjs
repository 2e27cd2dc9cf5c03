// Bundles the page's tests and runs them with node's own runner; what is given is handed on.
import { build } from "esbuild";
import { readdirSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const web = fileURLToPath(new URL("..", import.meta.url));
const names = readdirSync(`${web}/inbox/test`).filter((name) => name.endsWith(".test.ts"));
const outdir = `${web}/node_modules/.inbox-tests`;
await build({
  absWorkingDir: web, entryPoints: names.map((name) => `inbox/test/${name}`), outdir, outExtension: { ".js": ".mjs" }, bundle: true, platform: "node", format: "esm", target: "node20",
  external: ["playwright-core", "axe-core", "smtp-server"], logLevel: "warning",
});
const { status } = spawnSync(process.execPath, ["--test", "--test-concurrency=1", ...process.argv.slice(2), ...names.map((name) => `${outdir}/${name.replace(/\.ts$/, ".mjs")}`)], { cwd: web, stdio: "inherit" });
process.exit(status ?? 1);
