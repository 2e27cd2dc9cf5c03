// Bundles the tests and runs them with node's own runner; what is given is handed on.
import { build } from "esbuild";
import { readdirSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const web = fileURLToPath(new URL("..", import.meta.url));
const tests = readdirSync(`${web}/sealing/test`).filter((name) => name.endsWith(".test.ts"));
const outdir = `${web}/../artifacts/web/sealing-tests`;
await build({ absWorkingDir: web, entryPoints: tests.map((name) => `sealing/test/${name}`), outdir, outExtension: { ".js": ".mjs" }, bundle: true, platform: "node", format: "esm", target: "node20", logLevel: "warning" });
const { status } = spawnSync(process.execPath, ["--test", ...process.argv.slice(2), ...tests.map((name) => `${outdir}/${name.replace(/\.ts$/, ".mjs")}`)], { cwd: web, stdio: "inherit" });
process.exit(status ?? 1);
