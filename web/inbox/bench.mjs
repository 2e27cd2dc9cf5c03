// Measures the page with many notices: from sign-in to the first list, to an answer to typing, to the last message checked. Use: node inbox/bench.mjs [notices]
import { build } from "esbuild";
import { fileURLToPath, pathToFileURL } from "node:url";

const web = fileURLToPath(new URL("..", import.meta.url));
process.chdir(web);
const outfile = `${web}/node_modules/.inbox-tests/bench.mjs`;
await build({
  absWorkingDir: web, entryPoints: ["inbox/test/bench.ts"], outfile, bundle: true, platform: "node", format: "esm", target: "node20", external: ["playwright-core", "axe-core"], logLevel: "warning",
});
await import(pathToFileURL(outfile).href);
