import { createRequire } from "node:module";
import { readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";

const { source } = createRequire(import.meta.url)("axe-core") as { source: string };

/** Where pictures for people go. */
export const pictures = "../artifacts/web/pictures";

/** Debian's Chromium, which asks nobody outside for anything. */
export function launch(): Promise<Browser> {
  mkdirSync(pictures, { recursive: true });
  return chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"],
  });
}

/** The policy that the service sends, from its source: the made service sends the same. */
export const policy = (): string => {
  const text = readFileSync("../services/notification/Page/PageEndpoints.cs", "utf8");
  const [, first, second] = /private const string Policy =\s+"([^"]+)"\s+\+ "([^"]+)"/.exec(text)!;
  return first! + second!;
};

/** Signs in with a key file. */
export async function signIn(page: Page, origin: string, keyFile: Uint8Array, passphrase: string): Promise<void> {
  await page.goto(origin);
  await page.setInputFiles("#file", { name: "page.key", mimeType: "application/json", buffer: Buffer.from(keyFile) });
  await page.fill("#passphrase", passphrase);
  await page.click("button[type=submit]");
}

/** What axe-core finds serious or critical, in one line each. */
export async function violations(page: Page): Promise<readonly string[]> {
  // The page's policy lets no script in but its own; the test's way in is the browser's own console.
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: source });
  const { result } = await session.send("Runtime.evaluate", { expression: "axe.run().then((found) => JSON.stringify(found.violations))", awaitPromise: true, returnByValue: true });
  const found = JSON.parse(String(result.value)) as { id: string; impact: string; nodes: { target: string[]; failureSummary: string }[] }[];
  return found.filter((item) => item.impact === "serious" || item.impact === "critical").map((item) => `${item.id}: ${item.nodes.slice(0, 3).map((node) => `${node.target.join(" ")} ${node.failureSummary}`).join(" | ")}`);
}

/** All that a page could have kept, but for its memory. */
export const kept = (context: BrowserContext, page: Page): Promise<unknown> => context.cookies().then(async (cookies) => ({
  cookies,
  here: await page.evaluate(async () => ({
    local: localStorage.length, session: sessionStorage.length, databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length,
    workers: (await navigator.serviceWorker?.getRegistrations())?.length ?? 0,
  })),
}));

/** Keeps a picture for people. */
export async function picture(page: Page, name: string): Promise<void> {
  writeFileSync(`${pictures}/${name}.png`, await page.screenshot());
}
