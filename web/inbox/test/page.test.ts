import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPrivateKey, type JsonWebKey as NodeJwk } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, before, test } from "node:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { pkcs12Name } from "../../sealing/src/index.ts";
import { desktop, kept, launch, openInbox, phone, picture, signIn, violations, visitIn } from "./browser.ts";
import { agencyNews, contributorNews, everyKind, makeRoom, type MadeRoom } from "./made-room.ts";

let browser: Browser;
let room: MadeRoom;

before(async () => {
  browser = await launch();
  room = await makeRoom({ epochs: 5, slots: 16, title: "Trial (fictional)", news: everyKind });
});
after(() => browser.close());

const visit = (options: BrowserContextOptions, served: MadeRoom, run: Parameters<typeof visitIn>[3]): Promise<void> => visitIn(browser, options, served, run);
const open = (page: Page, origin: string, served = room, person?: string): Promise<void> => openInbox(page, origin, served, person);

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

test("messages that came too late are an alarm until a successor tells them anew", async () => {
  const made = await makeRoom({ epochs: 2, slots: 16, title: "Trial (fictional)", news: everyKind, late: true });
  await visit(desktop, made, async (page, service) => {
    await open(page, service.origin, made);
    // The first epoch's 15 messages without its four empty ones; none of the second.
    assert.equal(await page.textContent(".count"), "11 notices");
    assert.match((await page.locator(".alarm").first().textContent())!, /^Message 17: too-late/);
    await made.succeed();
    await page.waitForFunction(() => document.querySelector(".count")?.textContent === "22 notices", undefined, { timeout: 120_000 });
    assert.equal(await page.locator(".alarm").count(), 0);
  });
});

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
  assert.equal(await page.locator("tbody tr").count(), 7);
  assert.match((await page.locator("tbody tr").first().textContent())!, /Record key destroyed.*period 1/);
  assert.match((await page.textContent("tbody"))!, /Keys released to the enclave.*generation 1/s);
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
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= screen.width));
      }));
    }
  }
}

test("an agency reads facts, is told first what is withdrawn, and asks with two officers' signatures", async () => {
  const made = await makeRoom({ epochs: 1, slots: 16, title: "Trial (fictional)", news: agencyNews, member: "police-ahtu" });
  await visit(desktop, made, async (page, service) => {
    await open(page, service.origin, made, "o1");
    assert.match((await page.locator(".alarm").first().textContent())!, /2 messages say that something you were told is withdrawn/);
    assert.deepEqual(await page.locator(".row .badge").allTextContents(), ["N6", "N6", "N2a", "N2a", "N2a", "N3", "N3", "N3", "i", "i", "N2a"]);
    // What was disclosed for the withdrawn request is gone, what was told again after the withdrawal stays.
    await page.fill("input[type=search]", "secret of the withdrawn");
    assert.equal(await page.textContent(".count"), "0 notices");
    await page.fill("input[type=search]", "");
    assert.deepEqual(await page.locator(".row strong").allTextContents().then((titles) => titles.slice(3, 7)), ["same vehicle", "Withdrawn", "Withdrawn", "Facts from harbour-light"]);
    await page.locator(".row").nth(5).click();
    assert.match((await page.textContent(".detail"))!, /Delete what you were told/);
    assert.doesNotMatch((await page.textContent(".detail"))!, /secret|77\/2026/);
    await page.locator(".row").nth(7).click();
    assert.match((await page.textContent(".facts"))!, /Hia <script>alert\(1\)<\/script> Chai.*white van/);
    assert.match((await page.textContent(".detail"))!, /Part 1 of 2.*must not be detained/s);
    assert.deepEqual(await violations(page), []);
    await picture(page, "facts-light-en");
    assert.match((await page.locator(".row").nth(2).textContent())!, /Risk to life.*Act by/s);
    assert.match((await page.locator(".alarm").nth(1).textContent())!, /1 messages concern a risk to life/);
    await page.locator(".row").nth(2).click();
    assert.match((await page.textContent(".detail"))!, /the next agency in the charter is told/);
    await page.getByLabel(/We take it up/).check();
    await page.getByRole("button", { name: "Sign as o1" }).last().click();
    await page.getByText("Signed and in the log. It counts with the next epoch.").waitFor();
    await page.locator(".row").nth(10).click();
    assert.match((await page.textContent(".chart"))!, /2 or more organisations/);
    await page.getByLabel("Whom you ask").selectOption("harbour-light");
    await page.getByLabel("suspects: names").check();
    await page.getByLabel("vehicles").check();
    await page.getByLabel("Legal basis").fill("Code of procedure, section 12");
    await page.getByLabel("Purpose").selectOption("investigation-of-traffickers");
    await page.getByLabel("Case number").fill("78/2026");
    await page.getByLabel("Decide by").fill(new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10));
    assert.deepEqual(await violations(page), []);
    await picture(page, "ask-light-en");
    await page.getByRole("button", { name: "Sign as o1" }).first().click();
    const copy = await saved(page);
    await page.getByRole("button", { name: "Requests", exact: true }).click();
    await page.locator("main", { hasText: "signed by o1, waits for a second person" }).waitFor();
    await give(page, copy);
    assert.match((await page.textContent(".act"))!, /You have signed first/);
    assert.equal(await page.getByRole("button", { name: /Confirm/ }).count(), 0);

    // The second officer, in a browser of her own.
    const context = await browser.newContext(desktop);
    const second = await context.newPage();
    await open(second, service.origin, made, "o2");
    await second.getByRole("button", { name: "Requests", exact: true }).click();
    await give(second, Buffer.from(copy.toString().replace("vehicles", "victims.names")));
    assert.match((await second.textContent(".problem"))!, /says something else than this copy/);
    await give(second, Buffer.from("{}"));
    assert.match((await second.textContent(".problem"))!, /no copy/);
    await give(second, copy);
    assert.match((await second.textContent(".act"))!, /harbour-light.*suspects: names, vehicles.*section 12.*78\/2026/s);
    assert.deepEqual(await violations(second), []);
    await picture(second, "second-light-en");
    await second.getByRole("button", { name: "Confirm as o2" }).click();
    await second.getByText("Confirmed and in the log.").waitFor();
    await second.locator("tbody", { hasText: "sent; an answer comes with the next epoch" }).waitFor();
    await context.close();
  });
});

test("an agency looks for a thing with two officers' signatures, and one of them withdraws it", async () => {
  const made = await makeRoom({ epochs: 1, slots: 16, title: "Trial (fictional)", news: agencyNews, member: "police-ahtu" });
  const entries = (type: string): number => made.log.filter((item) => "leaf" in item && JSON.parse(Buffer.from(item.leaf.split(".")[1]!, "base64url").toString()).type === type).length;
  await visit(desktop, made, async (page, service) => {
    await open(page, service.origin, made, "o1");
    await page.getByRole("button", { name: "Requests", exact: true }).click();
    await page.getByText("You look for nothing.").waitFor();

    // What the charter lets this kind of agency ask, and no other; persons are no kind.
    assert.deepEqual(await page.getByLabel("Query").locator("option").allTextContents(), ["–", "Q18 1.0.0: Once", "Q19 2.0.0: now, and in later records"]);
    await page.getByLabel("Query").selectOption("Q18");
    assert.deepEqual(await page.getByLabel("Kind").locator("option").allTextContents(), ["–", "Phone", "Handle"]);
    assert.equal(await page.getByLabel("Until").count(), 0);
    await page.getByLabel("Query").selectOption("Q19");
    assert.deepEqual(await page.getByLabel("Kind").locator("option").allTextContents(), ["–", "Phone", "vehicles"]);
    await page.getByLabel("Kind").selectOption("phone");
    const until = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    await page.getByLabel("Legal basis").selectOption("court-order");
    await page.getByLabel("Case number").fill("79/2026");
    await page.getByLabel("Until").fill(until);
    const sign = page.getByRole("button", { name: "Sign as o1" });

    // A wrong one would cost as much of the quota: it is not signed.
    for (const wrong of ["081 234 5678", "+66 <b>"]) {
      await page.getByLabel("Looks for").fill(wrong);
      await sign.click();
      assert.equal(await page.getByLabel("Looks for").evaluate((input) => (input as HTMLInputElement).validity.patternMismatch), true);
    }
    assert.ok((await page.getByLabel("Until").getAttribute("max"))! < new Date(Date.now() + 90 * 86_400_000).toISOString().slice(0, 10));
    assert.equal(entries("watch"), 0);
    await page.getByLabel("Looks for").fill("+66 81 234 5678");
    assert.deepEqual(await violations(page), []);
    await picture(page, "watch-light-en");
    await sign.click();
    const copy = await saved(page);
    assert.deepEqual(JSON.parse(copy.toString()).act, {
      case: "79/2026", expires: `${until}T00:00:00Z`, legalBasis: "court-order", mandate: "trafficking", purpose: "investigation-of-traffickers", query: "Q19", schema: "cleanroom/act/v1",
      subject: { kind: "phone", value: "+66 81 234 5678" }, version: "2.0.0",
    });
    const row = page.getByRole("region", { name: "Watches and searches" }).locator("tbody tr");
    assert.match((await row.textContent())!, /\+66 81 234 5678.*waits for a second person/s);
    assert.equal(await row.getByRole("button").count(), 0);

    // The second officer, in a browser of her own; she may withdraw it alone.
    const context = await browser.newContext(desktop);
    const second = await context.newPage();
    await open(second, service.origin, made, "o2");
    await second.getByRole("button", { name: "Requests", exact: true }).click();
    await give(second, copy);
    assert.match((await second.textContent(".act"))!, /\+66 81 234 5678.*Q19 2\.0\.0.*79\/2026/s);
    await second.getByRole("button", { name: "Confirm as o2" }).click();
    await second.getByText("Confirmed and in the log.").waitFor();
    const other = second.getByRole("region", { name: "Watches and searches" }).locator("tbody tr");
    await other.getByRole("button", { name: "Withdraw as o2" }).click();
    await other.getByText("withdrawn").waitFor();
    assert.equal(await other.getByRole("button").count(), 0);
    assert.deepEqual([entries("watch"), entries("confirm"), entries("unwatch")], [1, 1, 1]);
    assert.deepEqual(await violations(second), []);
    await context.close();

    // Who only reads asks and withdraws nothing.
    const reader = await browser.newContext(desktop);
    const reading = await reader.newPage();
    await open(reading, service.origin, made);
    await reading.getByRole("button", { name: "Requests", exact: true }).click();
    await reading.getByRole("region", { name: "Watches and searches" }).waitFor();
    assert.equal(await reading.getByRole("button", { name: /Sign as|Withdraw as/ }).count(), 0);
    await reader.close();
  });
});

test("a contributor decides field by field with a second person, and who only reads signs nothing", async () => {
  const made = await makeRoom({ epochs: 1, slots: 16, title: "Trial (fictional)", news: contributorNews });
  await visit({ ...phone, locale: "en" }, made, async (page, service) => {
    await open(page, service.origin, made, "o1");
    await page.getByLabel("Kind").selectOption("request");
    assert.equal(await page.textContent(".count"), "2 notices");
    await page.locator(".row", { hasText: "LB-00017" }).click();
    assert.match((await page.textContent(".detail"))!, /police-ahtu.*Code of procedure/s);
    await page.getByLabel("suspects: names").check();
    await page.getByLabel("Why not, or not all").selectOption("NotNecessary");
    assert.deepEqual(await violations(page), []);
    await picture(page, "decide-phone-light-en");
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= screen.width));
    await page.getByRole("button", { name: "Sign as o1" }).first().click();
    const copy = await saved(page);
    const context = await browser.newContext(desktop);
    const second = await context.newPage();
    await open(second, service.origin, made, "o2");
    await second.getByRole("button", { name: "Requests", exact: true }).click();
    assert.match((await second.textContent("tbody"))!, /waits for a second person.*waits for a second person|not decided in time/s);
    await give(second, copy);
    assert.match((await second.textContent(".act"))!, /Granted.*suspects: names.*not necessary/s);
    await second.getByRole("button", { name: "Confirm as o2" }).click();
    await second.getByText("Confirmed and in the log.").waitFor();
    await second.locator("tbody", { hasText: /LB-00017.*decided/s }).waitFor();
    await context.close();
    const reader = await browser.newContext(desktop);
    const reading = await reader.newPage();
    await open(reading, service.origin, made);
    await reading.locator(".row", { hasText: "LB-00018" }).click();
    assert.match((await reading.textContent(".act"))!, /only reads/);
    assert.equal(await reading.getByRole("button", { name: /Sign as/ }).count(), 0);
    await reader.close();
    const clerk = await browser.newContext(desktop);
    const uploader = await clerk.newPage();
    await open(uploader, service.origin, made, "p1");
    await uploader.locator(".row.kind-review").first().click();
    assert.match((await uploader.textContent(".act"))!, /p1 cannot sign this: it needs the role releaser, safeguarding lead/);
    await clerk.close();
  });
});

/** A key as OpenSSL puts it into a PKCS#12 file. */
function pkcs12(jwk: JsonWebKey, name: string, passphrase: string): { readonly name: string; readonly mimeType: string; readonly buffer: Buffer } {
  const folder = mkdtempSync(`${tmpdir()}/cleanroom-p12-`);
  try {
    writeFileSync(`${folder}/key.pem`, createPrivateKey({ key: jwk as NodeJwk, format: "jwk" }).export({ format: "pem", type: "pkcs8" }));
    execFileSync("openssl", ["pkcs12", "-export", "-nocerts", "-inkey", "key.pem", "-name", name, "-passout", `pass:${passphrase}`, "-out", "key.p12"], { cwd: folder, stdio: "ignore" });
    return { name: `${name.slice(0, 20)}.p12`, mimeType: "application/x-pkcs12", buffer: readFileSync(`${folder}/key.p12`) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("keys of PKCS#12 files open the page: all of them, or an officer's own beside a key file", () => visit(desktop, room, async (page, service) => {
  const place = { genesis: room.genesis, member: room.member, room: room.room };
  const all = ["sign-in", "inbox-1", "o1"].map((name) => pkcs12(room.jwks[name]!, pkcs12Name(name === "o1" ? "person" : name, place), "a passphrase"));
  const enter = async (files: typeof all, passphrase: string): Promise<void> => {
    await page.setInputFiles("#file", files);
    await page.fill("#passphrase", passphrase);
    await page.click("button[type=submit]");
  };
  const problem = async (words: RegExp): Promise<void> => page.locator(".problem", { hasText: words }).waitFor();
  await page.goto(service.origin);
  await enter(all, "another");
  await problem(/does not open/);
  await enter([all[0]!, all[2]!], "a passphrase");
  await problem(/do not hold all that is needed/);
  await enter([{ ...all[0]!, buffer: all[0]!.buffer.subarray(0, 99) }], "a passphrase");
  await problem(/not a key file/);
  await enter(all, "a passphrase");
  await page.locator(".row.kind-review").first().click();
  await page.getByRole("button", { name: "Sign as o1" }).first().waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.setInputFiles("#file", [{ name: "page.key", mimeType: "application/json", buffer: Buffer.from(room.keyFile) }, pkcs12(room.jwks["o1"]!, "my certificate", "her own")]);
  await page.fill("#other", "her own");
  assert.deepEqual(await violations(page), []);
  await page.fill("#passphrase", room.passphrase);
  await page.click("button[type=submit]");
  await page.locator(".row.kind-review").first().click();
  await page.getByRole("button", { name: "Sign as o1" }).first().waitFor();
  assert.deepEqual(await kept(page.context(), page), { cookies: [], here: { local: 0, session: 0, databases: 0, caches: 0, workers: 0 } });
}));

test("a contributor sees what waits, whose consent ends, what became of its data, what it gives and gets: in bands", async () => {
  const made = await makeRoom({ epochs: 1, slots: 16, title: "Trial (fictional)", news: contributorNews });
  await visit({ ...phone, locale: "en" }, made, async (page, service) => {
    await open(page, service.origin, made, "o1");
    await page.getByRole("button", { name: "Overview" }).click();
    const text = (await page.textContent("main"))!;
    assert.match(text, /Requests of agencies to decide: 2/);
    assert.match(text, /Review items to look at/);
    assert.match(text, /LB-00003.*telling another organisation of a match, facts to an agency, without identity.*in 9 days.*LB-<b>00004<\/b>.*being compared/s);
    assert.match(text, /\d{4}-Q[1-4]3–53–50enquiry opened: 100/);
    assert.match(text, /You gave.*Deliveries of sealed records.*You got.*Pointers to others3–5/s);
    assert.deepEqual(await violations(page), []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= screen.width));
    await picture(page, "overview-phone-light-en");
    await page.getByRole("button", { name: "Inbox", exact: true }).click();
    await page.locator(".row.kind-ending").click();
    assert.match((await page.textContent(".detail"))!, /Nobody else is told.*Ask each person again/s);
    assert.deepEqual(await violations(page), []);
    await page.locator("button.back").click();
    await page.locator(".row.kind-use").click();
    assert.match((await page.textContent(".detail"))!, /told to you alone.*2026-Q3.*named you11\+.*stay unnamed3–5.*Notices to agencies6–10/s);
    assert.deepEqual(await violations(page), []);
    await page.getByLabel("Language").selectOption("ar");
    await page.getByRole("button", { name: "نظرة عامة" }).click();
    await picture(page, "overview-phone-light-ar");
    assert.deepEqual(await violations(page), []);
  });
});

/** Gives the page's browser an authenticator of its own. */
async function authenticator(page: Page, hasPrf: boolean): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  await session.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true, hasPrf },
  });
}

/** What the device keeps, as text. */
const storedText = (page: Page): Promise<string> => page.evaluate(() => new Promise<string>((resolve) => {
  const opening = indexedDB.open("cleanroom");
  opening.onsuccess = () => {
    const reading = opening.result.transaction("keys").objectStore("keys").getAll();
    reading.onsuccess = () => {
      opening.result.close();
      const [kept] = reading.result as Record<string, string | Uint8Array>[];
      resolve(Object.entries(kept!).map(([name, value]) => `${name}=${typeof value === "string" ? value : new TextDecoder("latin1").decode(value)}`).join(";"));
    };
  };
}));

test("keys may stay on the device under a passkey, as ciphertext, until they are forgotten", () => visit(desktop, room, async (page, service) => {
  await authenticator(page, true);
  await page.goto(service.origin);
  await page.locator("[name=keep]").check();
  await page.setInputFiles("#file", { name: "page.key", mimeType: "application/json", buffer: Buffer.from(room.people["o1"]!) });
  await page.fill("#passphrase", room.passphrase);
  await page.click("button[type=submit]");
  await page.waitForSelector(".rows button");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("This device keeps the keys of lotus-bridge").waitFor();
  const text = await storedText(page);
  assert.match(text, /member=lotus-bridge/);
  assert.doesNotMatch(text, /"d"|"kty"|P-256|signIn/);
  assert.deepEqual(await violations(page), []);
  await picture(page, "passkey-light-en");
  await page.reload();
  await page.getByRole("button", { name: "Open with the passkey" }).click();
  await page.waitForSelector(".rows button");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Forget them on this device" }).click();
  await page.getByText("This device keeps the keys").waitFor({ state: "detached" });
  assert.deepEqual(await kept(page.context(), page), { cookies: [], here: { local: 0, session: 0, databases: 0, caches: 0, workers: 0 } });
}));

test("a passkey that cannot protect keys keeps none", () => visit(desktop, room, async (page, service) => {
  await authenticator(page, false);
  await page.goto(service.origin);
  await page.locator("[name=keep]").check();
  await page.setInputFiles("#file", { name: "page.key", mimeType: "application/json", buffer: Buffer.from(room.keyFile) });
  await page.fill("#passphrase", room.passphrase);
  await page.click("button[type=submit]");
  await page.waitForSelector(".problem:not(:empty)");
  assert.match((await page.textContent(".problem"))!, /cannot protect keys/);
  assert.deepEqual(await kept(page.context(), page), { cookies: [], here: { local: 0, session: 0, databases: 0, caches: 0, workers: 0 } });
}));

for (const [what, lost] of [["one question", 1], ["every question", 1000]] as const) {
  test(`signing out reaches the service though the browser loses ${what} for what it keeps`, () => visit(desktop, room, async (page, service) => {
    await openInbox(page, service.origin, room);
    await page.evaluate((count) => {
      const ask = indexedDB.databases.bind(indexedDB);
      indexedDB.databases = () => (count-- > 0 ? new Promise(() => undefined) : ask());
    }, lost);
    const told = page.waitForRequest(/\/api\/sign-out$/);
    await page.getByRole("button", { name: "Sign out" }).click();
    await told;
    await page.waitForSelector("#passphrase");
  }));
}

/** The copy for the second person, as the browser saves it. */
async function saved(page: Page): Promise<Buffer> {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: /Save the copy/ }).click()]);
  return readFileSync(await download.path());
}

const give = async (page: Page, copy: Buffer): Promise<void> => {
  await page.setInputFiles("#copy", { name: "copy.json", mimeType: "application/json", buffer: copy });
  await page.waitForFunction(() => document.querySelector(".act") !== null || document.querySelector(".problem")!.textContent !== "");
};

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
