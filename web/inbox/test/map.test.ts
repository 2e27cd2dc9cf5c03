import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { nonPunishment } from "../../sealing/src/index.ts";
import { ring, WorldMap } from "../src/map.ts";
import { placesOf } from "../src/places.ts";
import { desktop, launch, openInbox, phone, picture, violations, visitIn } from "./browser.ts";
import { everyKind, makeRoom, type MadeRoom, type News } from "./made-room.ts";

const sites = ["Karaoke <b>Star</b>, 12 Road 3, Chiang Saen, TH-57, THA", "farm, TH-50, THA", "TH-999, THA", "compound, Sihanoukville, KH-18, KHM", "camp, RU-CHU, RUS", "somewhere, ZZZ"];

/** An agency's messages: facts about sites, and a notice that names more countries than there are. */
const placed: News = (number, now) => {
  switch (number) {
    case 2:
      return {
        kind: "N3", case: "77/2026", facts: sites.map((text) => ({ field: "exploitation.sites", text })), from: { member: "harbour-light", desk: "desk@harbour-light.example.org" }, handling: ["INTEL_ONLY"],
        notice: nonPunishment, outcomeDue: new Date((now + 86_400 * 30) * 1000).toISOString().replace(/\.\d+Z/, "Z"), part: 1, parts: 1, purpose: "investigation-of-traffickers", request: "5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10",
      };
    case 3:
      return { ...everyKind(3, now), jurisdictions: ["GBR", "KHM", "LAO", "MMR", "QQQ", "THA", "VNM", "ZAF"] };
    default:
      return { kind: "empty" };
  }
};
const nowhere: News = (number, now) => (number === 2 || number === 3 ? { ...everyKind(3, now), jurisdictions: [] } : { kind: "empty" });

let browser: Browser;
let room: MadeRoom;
before(async () => {
  browser = await launch();
  room = await makeRoom({ epochs: 1, slots: 8, title: "Trial (fictional)", news: placed, member: "police-ahtu" });
});
after(() => browser.close());

for (const [name, options] of [["desktop", desktop], ["phone", phone]] as const) {
  for (const [colorScheme, locale] of [["light", "en"], ["dark", "ar"]] as const) {
    test(`${name}, ${colorScheme}, ${locale}: regions stand in words and on a map, with a hatch and a number each`, () => visitIn(browser, { ...options, locale, colorScheme }, room, async (page, service) => {
      await openInbox(page, service.origin, room);
      await page.locator(".row.kind-N3").click();
      await page.waitForSelector(".map");
      assert.deepEqual(await page.locator(".places ol li").allTextContents(), ["Sihanoukville KH-18", "Chukotka Autonomous Okrug RU-CHU", "Chiang Mai TH-50", "Chiang Rai TH-57"]);
      assert.equal(await page.locator(".places > ul > li").count(), 4);
      const names = await page.locator(".places > ul > li > strong").allTextContents();
      assert.deepEqual(names, locale === "en" ? ["Cambodia", "Russia", "Thailand", "ZZZ"] : ["كمبوديا", "روسيا", "تايلاند", "ZZZ"]);
      assert.deepEqual(await page.locator(".map").evaluateAll((maps) => maps.map((map) => map.querySelectorAll(".named").length)), [1, 1, 2]);
      assert.deepEqual(await page.locator(".map .pin-text").allTextContents(), ["1", "1", "1", "2"]);
      // Every named region is drawn, in the picture, over the end of the world too.
      for (const mark of await page.locator(".map .pin").all()) {
        const [x, y] = [Number(await mark.getAttribute("cx")), Number(await mark.getAttribute("cy"))];
        assert.ok(x > 0 && x < 300 && y > 0 && y < 420, `${x} ${y}`);
      }
      assert.ok((await page.locator(".map .named").evaluateAll((paths) => paths.map((path) => path.getAttribute("d")!))).every((path) => /^M[-\d. LMZ]+Z$/.test(path)));
      assert.deepEqual(await violations(page), []);
      await page.locator(".places").scrollIntoViewIfNeeded();
      await picture(page, `places-${name}-${colorScheme}-${locale}`);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= screen.width));
    }));
  }
}

test("a notice names countries only, and says so; what is in no map is said in words", () => visitIn(browser, desktop, room, async (page, service) => {
  await openInbox(page, service.origin, room);
  await page.locator(".row.kind-N3").click();
  assert.match((await page.textContent(".places"))!, /Not in the map: TH-999.*ZZZ.*no shape for this country/s);
  await page.locator(".row.kind-N2a").click();
  await page.waitForSelector(".map");
  assert.equal(await page.locator(".places > ul > li").count(), 8);
  assert.equal(await page.locator(".map").count(), 6);
  assert.equal(await page.locator(".map .named, .map .pin").count(), 0);
  assert.match((await page.textContent(".places"))!, /United Kingdom GBR.*QQQ.*no shape for this country.*names countries only/s);
  assert.deepEqual(await violations(page), []);
  await page.emulateMedia({ media: "print" });
  await page.locator(".places").scrollIntoViewIfNeeded();
  await picture(page, "places-print");
}));

test("what a page asks for is the same whatever its messages say", async () => {
  const asked = async (news: News): Promise<readonly string[]> => {
    const made = await makeRoom({ epochs: 1, slots: 8, title: "Trial (fictional)", news, member: "police-ahtu" });
    const paths: string[] = [];
    await visitIn(browser, desktop, made, async (page, service) => {
      page.on("request", (request) => paths.push(request.url().slice(service.origin.length).replace(/[?].*/, "")));
      const map = page.waitForResponse(/map-/);
      await openInbox(page, service.origin, made);
      await (await map).finished();
      for (const row of await page.locator(".row").all()) {
        await row.click();
        await page.waitForSelector(news === placed ? ".map" : ".chart");
      }
    });
    assert.equal(paths.filter((path) => path.startsWith("/map-")).length, 1);
    return [...new Set(paths)].sort();
  };
  assert.deepEqual(await asked(placed), await asked(nowhere));
});

test("without the map, or with another one than was built, the page says the same in words", () => visitIn(browser, desktop, room, async (page, service, errors) => {
  await page.route(/map-/, (route) => route.fulfill({ status: 200, contentType: "application/json", body: "{}" }));
  await openInbox(page, service.origin, room);
  await page.locator(".row.kind-N3").click();
  await page.getByText("The map could not be loaded").waitFor();
  assert.equal(await page.locator(".map").count(), 0);
  assert.match((await page.textContent(".places"))!, /KHM.*KH-18.*THA.*TH-50.*TH-57.*TH-999/s);
  assert.match(errors.splice(0).join("\n"), /integrity/);
}));

test("places are read from the ends of facts about sites, and from nothing else", () => {
  const facts = [...sites, "", "THA", "tha", "TH-50", "THA, TH-50", "TH-50,THA"].map((text) => ({ field: "exploitation.sites", text }));
  assert.deepEqual(placesOf([...facts, { field: "victims.citizenship", text: "VNM" }, { field: "vehicles", text: "van, LA-VT, LAO" }]), [
    { country: "KHM", regions: ["KH-18"] }, { country: "RUS", regions: ["RU-CHU"] }, { country: "THA", regions: ["TH-50", "TH-57", "TH-999"] }, { country: "ZZZ", regions: [] },
  ]);
});

test("the built map has a shape for every country and region, and the regions that case files name", () => {
  const folder = "../artifacts/web/inbox";
  const map = new WorldMap();
  map.take(JSON.parse(readFileSync(`${folder}/${readdirSync(folder).find((name) => /^map-.*json$/.test(name))!}`, "utf8")) as Parameters<WorldMap["take"]>[0]);
  assert.ok(map.countries.size > 240 && map.regions.size > 4000);
  for (const shape of [...map.countries.values(), ...map.regions.values()]) {
    assert.ok(shape.rings.length > 0 && shape.rings.every(({ points }) => points.length >= 4 && points.flat().every(Number.isFinite)), shape.code);
  }
  assert.deepEqual([...map.regions.values()].filter((region) => !map.countries.has(region.country)), []);
  const places = readFileSync("../src/CleanRoom.Records/Data/normalisation/places.txt", "utf8").matchAll(/^([A-Z]{3}) ([A-Z]{2}-\S+) /gm);
  const named = [...places].map(([, country, region]) => [country!, region!] as const);
  const known = named.filter(([country, region]) => map.regions.get(region)?.country === country);
  assert.ok(known.length / named.length > 0.9, `${known.length} of ${named.length}`);
  assert.equal(ring([[-170, 65], [-179, 66], [-175, 67], [-170, 65]], 360).right, 190);
});
