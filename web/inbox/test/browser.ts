import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from "playwright-core";
import type { MadeRoom } from "./made-room.ts";
import { serve } from "./made-service.ts";

const { source } = createRequire(import.meta.url)("axe-core") as { source: string };

export const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 860 }, locale: "en" };
export const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

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

/** Signs in and waits until everything that was there is judged. */
export async function openInbox(page: Page, origin: string, served: MadeRoom, person?: string): Promise<void> {
  await signIn(page, origin, person ? served.people[person]! : served.keyFile, served.passphrase);
  await page.waitForSelector(".rows button");
  await page.waitForFunction(() => !/ of /.test(document.querySelector(".count")?.textContent ?? " of "));
}

/** Opens a page on a room of its own; errors of the page, but for those that the run takes out of the list, and requests elsewhere fail the test. */
export async function visitIn(
  browser: Browser, options: BrowserContextOptions, served: MadeRoom, run: (page: Page, service: Awaited<ReturnType<typeof serve>>, errors: string[]) => Promise<void>,
): Promise<void> {
  const service = await serve(served, policy());
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const errors: string[] = [];
  const foreign: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("request", (request) => !request.url().startsWith(service.origin) && !request.url().startsWith("about:") && foreign.push(request.url()));
  try {
    await run(page, service, errors);
    assert.deepEqual(errors, []);
    assert.deepEqual(foreign, []);
  } finally {
    await context.close();
    service.server.closeAllConnections();
    service.server.close();
  }
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

/** All that a page could have kept, but for its memory. Chromium loses a question for databases that comes while it clears what the service told it to: it is asked until it answers. */
export const kept = (context: BrowserContext, page: Page): Promise<unknown> => context.cookies().then(async (cookies) => ({
  cookies,
  here: await page.evaluate(async () => {
    let databases: number | null = null;
    while (databases === null) {
      databases = await Promise.race([indexedDB.databases().then((found) => found.length), new Promise<null>((resolve) => setTimeout(resolve, 1000, null))]);
    }
    return {
      local: localStorage.length, session: sessionStorage.length, databases, caches: (await caches.keys()).length,
      workers: (await navigator.serviceWorker?.getRegistrations())?.length ?? 0,
    };
  }),
}));

/** Keeps a picture for people. */
export async function picture(page: Page, name: string): Promise<void> {
  writeFileSync(`${pictures}/${name}.png`, await page.screenshot());
}
