import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { kept, launch, picture, policy, signIn, violations } from "./browser.ts";
import { everyKind, makeRoom, type MadeRoom } from "./made-room.ts";
import { serve } from "./made-service.ts";

const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 860 }, locale: "en" };
const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

let browser: Browser;
let room: MadeRoom;

before(async () => {
  browser = await launch();
  room = await makeRoom({ epochs: 5, slots: 16, title: "Trial (fictional)", news: everyKind });
});
after(() => browser.close());

/** Opens a page on a room of its own; errors of the page fail the test. */
async function visit(options: BrowserContextOptions, served: MadeRoom, run: (page: Page, service: Awaited<ReturnType<typeof serve>>) => Promise<void>): Promise<void> {
  const service = await serve(served, policy());
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const errors: string[] = [];
  const foreign: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("request", (request) => !request.url().startsWith(service.origin) && !request.url().startsWith("about:") && foreign.push(request.url()));
  try {
    await run(page, service);
    assert.deepEqual(errors, []);
    assert.deepEqual(foreign, []);
  } finally {
    await context.close();
    service.server.closeAllConnections();
    service.server.close();
  }
}

async function open(page: Page, origin: string, served = room): Promise<void> {
  await signIn(page, origin, served.keyFile, served.passphrase);
  await page.waitForSelector(".rows button");
  await page.waitForFunction(() => !/ of /.test(document.querySelector(".count")?.textContent ?? " of "));
}

test("sign in, read a notice, mark as read, sign out: nothing is left", () => visit(desktop, room, async (page, service) => {
  await page.goto(service.origin);
  assert.deepEqual(await violations(page), []);
  await picture(page, "sign-in-light-en");
  await open(page, service.origin);
  assert.match((await page.textContent(".simulated"))!, /SIMULATED/);
  // Five epochs of 16: less the heads and the empty slots, which are a quarter.
  assert.equal(await page.textContent(".count"), "55 notices");
  assert.equal(await page.locator(".rows li").count(), 50);
  await page.getByRole("button", { name: "Show 5 more" }).click();
  assert.equal(await page.locator(".rows li").count(), 55);
  await page.locator(".row.kind-review").first().click();
  assert.match((await page.textContent(".detail"))!, /A person has to look before anybody is told more/);
  assert.equal(await page.locator(".kinds .on").count(), 3);
  assert.deepEqual(await violations(page), []);
  await picture(page, "review-light-en");
  await page.getByRole("button", { name: "Mark all as read" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".new").length === 0);
  assert.equal(service.acknowledged, 80);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForSelector("#passphrase");
  assert.equal(await page.locator(".row, .detail, .who").count(), 0);
  assert.equal(await page.inputValue("#passphrase"), "");
  assert.deepEqual(await kept(page.context(), page), { cookies: [], here: { local: 0, session: 0, databases: 0, caches: 0, workers: 0 } });
}));

test("markup in a record reference stays text", () => visit(desktop, room, async (page, service) => {
  await open(page, service.origin);
  await page.fill("input[type=search]", "<img");
  assert.ok((await page.locator(".rows li").count()) > 0);
  await page.locator(".row").first().click();
  assert.match((await page.textContent(".detail dl"))!, /<img src=x/);
  assert.equal(await page.locator("img").count(), 0);
  assert.equal(await page.title(), "CleanRoom inbox");
}));

test("filters, deadlines and keyboard", () => visit(desktop, room, async (page, service) => {
  await open(page, service.origin);
  await page.getByLabel("Kind").selectOption("review");
  assert.equal(await page.textContent(".count"), "20 notices");
  await page.getByLabel("Order").selectOption("deadline");
  assert.match((await page.locator(".row .third").first().textContent())!, /ago|yesterday|today|in /);
  await page.fill("input[type=search]", "nothing like this");
  assert.match((await page.textContent(".empty"))!, /No notice fits/);
  await page.fill("input[type=search]", "");
  await page.locator(".row").first().focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".detail");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "detail");
  assert.equal(await page.locator(".row").nth(1).getAttribute("aria-current"), "true");
  await page.getByRole("button", { name: "Your entries" }).click();
  assert.equal(await page.locator("tbody tr").count(), 3);
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Room", exact: true }).click();
  assert.match((await page.textContent("main"))!, /lotus-bridge.*you/s);
  assert.deepEqual(await violations(page), []);
}));

for (const [name, options] of [["desktop", desktop], ["phone", phone]] as const) {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const locale of ["en", "th", "ar"]) {
      test(`${name}, ${colorScheme}, ${locale}: no serious violation, nothing wider than the screen`, () => visit({ ...options, locale, colorScheme }, room, async (page, service) => {
        await signIn(page, service.origin, room.keyFile, room.passphrase);
        await page.waitForSelector(".rows button");
        assert.equal(await page.getAttribute("html", "dir"), locale === "ar" ? "rtl" : "ltr");
        assert.deepEqual(await violations(page), []);
        await picture(page, `list-${name}-${colorScheme}-${locale}`);
        await page.locator(".row.kind-N2a").first().click();
        await page.waitForSelector(".detail");
        assert.deepEqual(await violations(page), []);
        await picture(page, `notice-${name}-${colorScheme}-${locale}`);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      }));
    }
  }
}

test("leaving quickly takes everything off the screen", () => visit(desktop, room, async (page, service) => {
  await open(page, service.origin);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.waitForURL("about:blank");
  assert.equal(await page.textContent("body"), "");
}));

test("a message that was forged or taken away raises an alarm, and the others stay", async () => {
  const [first, second, third] = [room.frames[2]!, room.frames[3]!, room.frames[5]!];
  const forged = { ...room, frames: room.frames.map((frame) => (frame === first ? { ...first, ciphertext: second.ciphertext } : frame)) };
  await visit(desktop, forged, async (page, service) => {
    await open(page, service.origin);
    assert.match((await page.textContent(".alarm"))!, /Message 3: wrong-ciphertext/);
    assert.equal(await page.textContent(".count"), "54 notices");
  });
  // The newest ones held back: the list is as far as they came, and they come when they come.
  const held = { ...room, frames: room.frames.slice(0, 70) };
  await visit(desktop, held, async (page, service) => {
    await open(page, service.origin);
    assert.equal(await page.locator(".alarm").count(), 0);
    held.frames.push(...room.frames.slice(70));
    await page.waitForFunction(() => document.querySelector(".count")?.textContent === "55 notices", undefined, { timeout: 40_000 });
  });
  await visit(desktop, { ...room, frames: room.frames.filter((frame) => frame !== third) }, async (page, service) => {
    await signIn(page, service.origin, room.keyFile, room.passphrase);
    assert.match((await page.textContent(".alarm"))!, /Message 6: number-missing/);
  });
});

test("a wrong passphrase, another file, a forked log: one clear sentence each", async () => {
  const forked = { ...room, log: room.log.map((item, i) => (i === 1 ? { hash: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" } : item)) };
  await visit(desktop, forked, async (page, service) => {
    await signIn(page, service.origin, room.keyFile, "wrong");
    await page.waitForSelector(".problem:not(:empty)");
    assert.match((await page.textContent(".problem"))!, /does not open/);
    await signIn(page, service.origin, new TextEncoder().encode("{}"), "wrong");
    await page.waitForSelector(".problem:not(:empty)");
    assert.match((await page.textContent(".problem"))!, /not a key file/);
    await signIn(page, service.origin, room.keyFile, room.passphrase);
    await page.waitForSelector(".problem:not(:empty)");
    assert.match((await page.textContent(".problem"))!, /cannot be believed \(forked\)/);
  });
});
