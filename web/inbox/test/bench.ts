import { kept, launch, policy, signIn } from "./browser.ts";
import { everyKind, makeRoom } from "./made-room.ts";
import { serve } from "./made-service.ts";

const slots = 1024;
const epochs = Math.ceil(Number(process.argv[2] ?? 10_000) / slots);
const room = await makeRoom({ epochs, slots, title: "Trial (fictional)", news: everyKind });
const service = await serve(room, policy());
const browser = await launch();
const page = await (await browser.newContext({ viewport: { width: 1280, height: 860 }, locale: "en" })).newPage();
const measured: Record<string, number> = { messages: epochs * slots };
await page.addInitScript(() => {
  const seen = new MutationObserver(() => {
    if (document.querySelector(".rows button")) {
      performance.mark("list");
      seen.disconnect();
    }
  });
  addEventListener("submit", () => performance.mark("submit"), true);
  addEventListener("DOMContentLoaded", () => seen.observe(document.body, { childList: true, subtree: true }));
});
// The key derivation is slow on purpose and is measured apart: the log is asked for when it is done.
page.on("request", (request) => request.url().endsWith("/api/challenge") && void page.evaluate(() => performance.mark("opened")));
await signIn(page, service.origin, room.keyFile, room.passphrase);
await page.waitForSelector(".rows button", { timeout: 60_000 });
const began = Date.now();
await page.fill("input[type=search]", "open-road");
await page.waitForFunction(() => document.querySelectorAll(".row").length > 0);
measured["typed to filtered, ms"] = Date.now() - began;
measured["key opened, ms"] = await page.evaluate(() => Math.round(performance.getEntriesByName("opened")[0]!.startTime - performance.getEntriesByName("submit")[0]!.startTime));
measured["opened to list, ms"] = await page.evaluate(() => Math.round(performance.getEntriesByName("list")[0]!.startTime - performance.getEntriesByName("opened")[0]!.startTime));
await page.waitForFunction(() => !/ of /.test(document.querySelector(".count")?.textContent ?? " of "), undefined, { timeout: 300_000 });
measured["opened to all checked, ms"] = await page.evaluate(() => Math.round(performance.now() - performance.getEntriesByName("opened")[0]!.startTime));
const filtered = Date.now();
await page.fill("input[type=search]", "same");
await page.fill("input[type=search]", "harbour");
await page.waitForFunction(() => document.querySelectorAll(".row").length === 50);
measured["typed to filtered with all, ms"] = Date.now() - filtered;
measured["kept in storage"] = JSON.stringify(await kept(page.context(), page)).replace(/[^1-9]/g, "").length;
console.log(measured);
await browser.close();
service.server.closeAllConnections();
service.server.close();
