import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { hostname, tmpdir } from "node:os";
import { after, before, test, type TestContext } from "node:test";
import type { Browser, Page } from "playwright-core";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { canonicalize, jwkOf, openKeyFile, parseKeyFile, publicKeyOf, RoomLog, signJws, type Json, type LogItem, type OpenedKeyFile } from "../../sealing/src/index.ts";
import { kept, launch, picture, signIn, violations } from "./browser.ts";

/** The demonstration's room with its real services, brokers and enclave; the page is what they serve. */
const bin = `${process.cwd()}/../artifacts/bin`;
const demo = `${bin}/CleanRoom.Demo/debug/cleanroom-demo`;
const cli = `${bin}/CleanRoom.Cli/debug/cleanroom`;
const passphrase = "a passphrase for tests";
const members = ["lotus-bridge", "th-atd"] as const;

let folder = "";
let origin = "";
let browser: Browser;
const services: ChildProcess[] = [];
const mailServers: SMTPServer[] = [];
/** What the mail servers took: the plain one on this machine, and the one that asks for TLS and a password. */
const mails: { readonly plain: string[]; readonly secure: string[] } = { plain: [], secure: [] };
const files: Record<string, Uint8Array> = {};
const missing = [demo, cli].filter((path) => !existsSync(path));

/** Whether the room can be made; without the programs the test is skipped on a laptop and fails in CI. */
function needs(context: TestContext): boolean {
  if (missing.length > 0) {
    assert.notEqual(process.env["CI"], "true", `not built: ${missing.join(", ")}`);
    context.skip(`not built: ${missing.join(", ")}`);
  }
  return missing.length === 0;
}

const run = (...args: string[]): string => execFileSync(cli, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Starts the services of a kind, as the room's own script does. */
async function start(name: string, more: readonly string[], environment: Record<string, string> = {}): Promise<void> {
  const lines = readFileSync(`${folder}/start.sh`, "utf8").split("\n").filter((text) => text.includes(`/CleanRoom.${name}/`));
  assert.ok(lines.length > 0);
  await Promise.all(lines.map((line) => startOne(name, line, more, environment)));
}

/** A real mail server; gives its port. */
async function mailServer(options: SMTPServerOptions, taken: string[]): Promise<number> {
  const server = new SMTPServer({
    ...options,
    onData: (stream, session, done) => {
      let text = `${session.secure} `;
      stream.on("data", (chunk) => (text += String(chunk))).on("end", () => {
        taken.push(text);
        done();
      });
    },
  });
  mailServers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  return (server.server.address() as AddressInfo).port;
}

/** Starts the mail servers; gives the settings of two recipients, and what the second one's certificate is trusted by. */
async function mailSettings(): Promise<{ readonly settings: readonly string[]; readonly certificate: string }> {
  const [key, certificate, password] = ["mail.key", "mail.pem", "mail-password"].map((name) => `${folder}/${name}`) as [string, string, string];
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", `/CN=${hostname()}`, "-addext", `subjectAltName=DNS:${hostname()}`], { stdio: "ignore" });
  writeFileSync(password, "a password\n");
  const plain = await mailServer({ authOptional: true, hideSTARTTLS: true }, mails.plain);
  const secure = await mailServer({
    key: readFileSync(key), cert: readFileSync(certificate),
    onAuth: ({ username, password: given }, _, done) => done(username === "officer" && given === "a password" ? null : new Error("no"), { user: username! }),
  }, mails.secure);
  const { room } = parseKeyFile(files["th-atd"]!)!;
  const target = (n: number, member: string, server: string): string[] => [
    `--Channels:Targets:${n}:Room=${room}`, `--Channels:Targets:${n}:Member=${member}`, `--Channels:Targets:${n}:Mail=${server}`,
    `--Channels:Targets:${n}:From=cleanroom@example.org`, `--Channels:Targets:${n}:To=desk@${member}.example.org`,
  ];
  return {
    settings: [
      ...target(0, "th-atd", `smtp://127.0.0.1:${plain}`), ...target(1, "lotus-bridge", `smtp://${hostname()}:${secure}`),
      "--Channels:Targets:1:User=officer", `--Channels:Targets:1:PasswordFile=${password}`,
    ],
    certificate,
  };
}

async function startOne(name: string, line: string, more: readonly string[], environment: Record<string, string>): Promise<void> {
  const command = `exec ${line.slice(0, line.indexOf(" >>"))} --Server:StopAtEndOfInput=true ${more.join(" ")}`;
  const service = spawn("sh", ["-c", command], { stdio: ["pipe", "pipe", "ignore"], env: { ...process.env, ...environment } });
  services.push(service);
  await new Promise<void>((resolve, reject) => {
    let text = "";
    service.stdout!.on("data", (chunk) => {
      text += String(chunk);
      origin = /Inbox page on (\S+)/.exec(text)?.[1] ?? origin;
      if (/^Listening on/m.test(text) && (name !== "Notification" || origin !== "")) {
        resolve();
      }
    });
    service.on("exit", () => reject(new Error(`${name} did not start: ${text}`)));
  });
}

before(async () => {
  if (missing.length > 0) {
    return;
  }
  folder = process.env["CLEANROOM_ROOM"] ?? mkdtempSync(`${tmpdir()}/cleanroom-page-`);
  if (!existsSync(`${folder}/start.sh`)) {
    const made = spawnSync(demo, ["--keep", folder], { encoding: "utf8" });
    assert.equal(made.status, 0, made.stdout + made.stderr);
  }
  const secret = `${folder}/page-passphrase`;
  writeFileSync(secret, `${passphrase}\n`);
  for (const member of members) {
    const path = `${folder}/${member}.pagekey`;
    rmSync(path, { force: true });
    run("--home", `${folder}/members/${member}`, "--passphrase-file", secret, "inbox", "page-key", path);
    files[member] = new Uint8Array(readFileSync(path));
  }
  await start("Ingestion", []);
  await start("Attestation", []);
  for (const [member, ...people] of [["th-atd", "o1", "o2"], ["lotus-bridge", "r1", "r2"]] as const) {
    const home = ["--home", `${folder}/members/${member}`, "--passphrase-file", secret];
    for (const person of people) {
      run(...home, "keys", "add-person", person, "--roles", member === "th-atd" ? "officer" : "releaser");
    }
    run(...home, "room", "register");
    for (const person of people) {
      run(...home, "inbox", "page-key", `${folder}/${person}.pagekey`, "--as", person);
      files[person] = new Uint8Array(readFileSync(`${folder}/${person}.pagekey`));
    }
  }
  const { settings, certificate } = await mailSettings();
  await start(
    "Notification",
    ["--Page:Port=0", `--Page:Folder=${process.cwd()}/../artifacts/web/inbox`, "--Page:Origins:0=https://inbox.example.org", ...settings],
    { SSL_CERT_FILE: certificate },
  );
  await start("Matching", []);
  browser = await launch();
}, { timeout: 600_000 });

after(async () => {
  await browser?.close();
  mailServers.forEach((server) => server.close());
  for (const service of services.reverse()) {
    const ended = new Promise((resolve) => service.once("exit", resolve));
    service.stdin!.end();
    await ended;
  }
  if (folder !== "" && process.env["CLEANROOM_ROOM"] === undefined) {
    rmSync(folder, { recursive: true });
  }
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

function call(method: string, path: string, options: { readonly body?: unknown; readonly headers?: Record<string, string> } = {}): Promise<Answer> {
  const body = options.body === undefined ? undefined : typeof options.body === "string" ? options.body : JSON.stringify(options.body);
  const headers = { ...(body !== undefined && { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) }), ...options.headers };
  return new Promise((resolve, reject) => {
    const sent = request(`${origin}${path}`, { method, headers, rejectUnauthorized: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk)).on("end", () => resolve({ status: answer.statusCode!, headers: answer.headers, text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const opened = async (member: string): Promise<OpenedKeyFile> => (await openKeyFile(parseKeyFile(files[member]!)!, passphrase))!;

async function answer(keys: OpenedKeyFile, change: { readonly audience?: string; readonly room?: string; readonly type?: string } = {}): Promise<{ key: object; signed: string }> {
  const { challenge } = JSON.parse((await call("POST", "/api/challenge", { body: {} })).text) as { challenge: string };
  const payload = canonicalize({ audience: change.audience ?? origin, challenge, room: change.room ?? keys.room });
  return { key: jwkOf(keys.signIn.publicKey), signed: await signJws(keys.signIn.handle, keys.signIn.publicKey, change.type ?? "cleanroom-signin+jws", payload) };
}

async function tokenOf(keys: OpenedKeyFile): Promise<Record<string, string>> {
  const { token } = JSON.parse((await call("POST", "/api/sign-in", { body: await answer(keys) })).text) as { token: string };
  return { authorization: `Bearer ${token}` };
}

for (const [member, kinds] of [["lotus-bridge", ["N1", "review", "ending"]], ["th-atd", ["N2a"]]] as const) {
  test(`${member} signs in, finds what the command line finds, reads, marks as read and signs out`, { timeout: 120_000 }, async (context) => {
    if (!needs(context)) {
      return;
    }
    const shown = run("--home", `${folder}/members/${member}`, "--json", "inbox", "show").split("\n").filter((line) => line.startsWith("{")).map((line) => (JSON.parse(line) as { result: { kind: string } }).result);
    const expected = shown.filter((message) => (kinds as readonly string[]).includes(message.kind)).length;
    assert.ok(expected > 0);
    const page = await (await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 860 }, locale: "en" })).newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    await signIn(page, origin, files[member]!, passphrase);
    await page.waitForSelector(".rows button", { timeout: 60_000 });
    await page.waitForFunction(() => !/ of /.test(document.querySelector(".count")?.textContent ?? " of "));
    assert.equal(await page.textContent(".count"), `${expected} notice${expected === 1 ? "" : "s"}`);
    assert.match((await page.textContent(".simulated"))!, /SIMULATED ROOM/);
    assert.equal(await page.locator(".alarm", { hasText: /Message \d/ }).count(), 0);
    await page.locator(".row").first().click();
    assert.match((await page.textContent(".detail"))!, /Why you are told/);
    assert.deepEqual(await violations(page), []);
    await picture(page, `real-room-${member}`);
    await page.getByRole("button", { name: "Mark all as read" }).click();
    await page.waitForFunction(() => document.querySelectorAll(".new").length === 0);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForSelector("#passphrase");
    assert.equal(await page.locator(".row, .detail").count(), 0);
    assert.deepEqual(errors, []);
    await page.context().close();
  });
}

test("an e-mail says that something waits, and nothing else: in the clear on this machine, elsewhere over TLS with a password", { timeout: 60_000 }, async (context) => {
  if (!needs(context)) {
    return;
  }
  while (mails.plain.length === 0 || mails.secure.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  for (const [mail, encrypted, member] of [[mails.plain[0]!, "false", "th-atd"], [mails.secure[0]!, "true", "lotus-bridge"]] as const) {
    const [head, body] = mail.split("\r\n\r\n") as [string, string];
    assert.match(head, new RegExp(`^${encrypted} From: <cleanroom@example.org>\r\nTo: <desk@${member}.example.org>\r\nSubject: Something is waiting\r\n`));
    assert.deepEqual(head.split("\r\n").slice(3).map((line) => line.split(":")[0]), ["Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]);
    assert.doesNotMatch(body, /\d|http|th-atd|lotus/);
  }
});

test("a member's page sees its own and the public entries of the log, and no others", async (context) => {
  if (!needs(context)) {
    return;
  }
  for (const member of members) {
    const keys = await opened(member);
    const items = (await call("GET", "/api/log?from=0", { headers: await tokenOf(keys) })).text.trim().split("\n").map((line) => JSON.parse(line) as LogItem);
    const log = new RoomLog(keys.room, keys.genesis);
    for (const item of items) {
      assert.equal(await log.take(item), null);
    }
    const entries = items.flatMap((item) => ("leaf" in item ? [JSON.parse(Buffer.from(item.leaf.split(".")[1]!, "base64url").toString()) as { author: string; type: string }] : []));
    assert.ok(items.some((item) => "hash" in item));
    assert.ok(entries.some((entry) => entry.author === member && entry.type === "key"));
    assert.deepEqual(entries.filter((entry) => entry.author !== member && !["charter", "veto", "instance", "release", "freeze", "epoch"].includes(entry.type)), []);
  }
});

test("nobody else signs in, and an answer counts once, for this server and this room", async (context) => {
  if (!needs(context)) {
    return;
  }
  const keys = await opened("th-atd");
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const strange = (await publicKeyOf(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey))))!;
  const stranger: OpenedKeyFile = { ...keys, signIn: { handle: pair.privateKey, publicKey: strange } };
  const good = await answer(keys);
  assert.equal((await call("POST", "/api/sign-in", { body: good })).status, 200);
  const rows: [string, unknown, number][] = [
    ["the same answer again", good, 401],
    ["for another server", await answer(keys, { audience: "https://other.example.org" }), 401],
    ["for no room", await answer(keys, { room: "x" }), 400],
    ["for an unknown room", await answer(keys, { room: "5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10" }), 404],
    ["signed for something else", await answer(keys, { type: "cleanroom-entry+jws" }), 400],
    ["by a stranger", await answer(stranger), 403],
    ["a stranger's signature under a member's key", { ...(await answer(stranger)), key: jwkOf(keys.signIn.publicKey) }, 401],
    ["no key", { ...(await answer(keys)), key: null }, 400],
    ["no signature", { key: jwkOf(keys.signIn.publicKey) }, 400],
    ["no object", "[]", 400],
    ["no JSON", "{", 400],
    ["too long", JSON.stringify({ signed: "x".repeat(9000) }), 400],
  ];
  for (const [what, body, status] of rows) {
    assert.equal((await call("POST", "/api/sign-in", { body })).status, status, what);
  }
});

test("a token opens one inbox until it is signed out", async (context) => {
  if (!needs(context)) {
    return;
  }
  const headers = await tokenOf(await opened("lotus-bridge"));
  const paths = ["/api/log?from=0", "/api/messages?after=0", "/api/inbox"];
  for (const path of paths) {
    assert.equal((await call("GET", path, { headers })).status, 200);
    for (const wrong of [{}, { authorization: "Bearer" }, { authorization: "Bearer AAAA" }, { authorization: headers["authorization"]!.slice(0, -1) }]) {
      assert.equal((await call("GET", path, { headers: wrong })).status, 401);
    }
  }
  const frames = (await call("GET", "/api/messages?after=0&most=256", { headers })).text.trim().split("\n").map((line) => JSON.parse(line) as { header: string });
  assert.deepEqual([...new Set(frames.map(({ header }) => (JSON.parse(Buffer.from(header.split(".")[1]!, "base64url").toString()) as { recipient: string }).recipient))], ["lotus-bridge"]);
  for (const query of ["after=-1", "after=x", "after=1e3", "after=0&most=257", "after=0&wait=26", "after=99999999999999999999"]) {
    assert.equal((await call("GET", `/api/messages?${query}`, { headers })).status, 400, query);
  }
  assert.equal((await call("POST", "/api/acknowledge", { headers, body: { through: -1 } })).status, 400);
  // Of the log's entries only acts of the own people are handed on, and the log judges those too.
  const keys = await opened("lotus-bridge");
  const entry = (change: Record<string, unknown>): Promise<string> => signJws(keys.signIn.handle, keys.signIn.publicKey, "cleanroom-entry+jws", canonicalize({
    author: "lotus-bridge", id: "5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10", of: `sha256:${"A".repeat(43)}`, room: keys.room, type: "confirm", ...change,
  } as Json));
  const freeze = { frozen: true, type: "freeze" };
  const rows: [string, unknown, number][] = [
    ["a confirmation of nothing, by a key that is no person's", { leaf: await entry({}) }, 404],
    ["another member's", { leaf: await entry({ author: "th-atd" }) }, 403],
    ["another room's", { leaf: await entry({ room: "5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10" }) }, 403],
    ["a freeze", { leaf: await signJws(keys.signIn.handle, keys.signIn.publicKey, "cleanroom-entry+jws", canonicalize({ author: "lotus-bridge", id: "5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f11", room: keys.room, ...freeze })) }, 400],
    ["no entry", { leaf: "x" }, 400],
    ["no leaf", {}, 400],
    ["too long", { leaf: "x".repeat(40_000) }, 400],
  ];
  for (const [what, body, status] of rows) {
    assert.equal((await call("POST", "/api/entries", { headers, body })).status, status, what);
  }
  assert.equal((await call("POST", "/api/entries", { body: rows[0]![1] })).status, 401);
  assert.equal((await call("POST", "/api/sign-out", { headers, body: {} })).status, 204);
  for (const path of paths) {
    assert.equal((await call("GET", path, { headers })).status, 401);
  }
});

test("browsers reach the page and its calls only, with strict headers; other origins reach nothing unless listed", async (context) => {
  if (!needs(context)) {
    return;
  }
  const page = await call("GET", "/");
  assert.equal(page.status, 200);
  assert.match(String(page.headers["content-security-policy"]), /default-src 'none'.*require-trusted-types-for 'script'/);
  assert.equal(page.headers["referrer-policy"], "no-referrer");
  assert.equal(page.headers["set-cookie"], undefined);
  assert.equal(page.headers["server"], undefined);
  const script = /src="([^"]+)"/.exec(page.text)![1]!;
  const answered = await call("GET", `/${script}`, { headers: { "accept-encoding": "br" } });
  assert.equal(answered.headers["content-encoding"], "br");
  assert.match(String(answered.headers["cache-control"]), /immutable/);
  const map = /"(map-[0-9a-f]{8}\.json)"/.exec((await call("GET", `/${script}`)).text)![1]!;
  assert.equal((await call("GET", `/${map}`)).headers["content-type"], "application/json");
  for (const path of ["/nothing", "/../notification.db", "/%2e%2e/tls.pem", "/assets/x.js", "/cleanroom.notification.v1.NotificationService/Subscribe", "/grpc.health.v1.Health/Check", "/index.html.br"]) {
    assert.equal((await call("GET", path)).status, 404, path);
  }
  assert.equal((await call("POST", "/cleanroom.notification.v1.NotificationService/Acknowledge", { body: "", headers: { "content-type": "application/grpc" } })).status, 404);
  assert.equal((await call("POST", "/api/challenge", { body: {}, headers: { origin: "https://evil.example.org" } })).status, 403);
  const allowed = await call("OPTIONS", "/api/challenge", { headers: { origin: "https://inbox.example.org" } });
  assert.equal(allowed.status, 204);
  assert.equal(allowed.headers["access-control-allow-origin"], "https://inbox.example.org");
});

/** A browser of a person's own. */
async function browserOf(person: string): Promise<Page> {
  const page = await (await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 860 }, locale: "en" })).newPage();
  await signIn(page, origin, files[person]!, passphrase);
  await page.waitForSelector(".rows button", { timeout: 60_000 });
  await page.waitForFunction(() => !/ of /.test(document.querySelector(".count")?.textContent ?? " of "));
  return page;
}

/** Signs what the form says, and lets the second person read and confirm it in her own browser. */
async function signTwice(page: Page, first: string, second: Page, other: string): Promise<void> {
  await page.getByRole("button", { name: `Sign as ${first}` }).first().click();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: /Save the copy/ }).click()]);
  await second.getByRole("button", { name: "Requests", exact: true }).click();
  await second.getByText("Read what the first person signed").waitFor({ timeout: 60_000 });
  await second.setInputFiles("#copy", await download.path());
  await second.getByRole("button", { name: `Confirm as ${other}` }).click();
  await second.getByText("Confirmed and in the log.").waitFor();
  await second.getByRole("button", { name: "Inbox", exact: true }).click();
}

test("from the notice to facts, outcome and withdrawal: two officers ask, two releasers grant, the enclave cuts", { timeout: 400_000 }, async (context) => {
  if (!needs(context)) {
    return;
  }
  const [o1, o2, r1, r2] = await Promise.all(["o1", "o2", "r1", "r2"].map(browserOf)) as [Page, Page, Page, Page];
  await o1.getByLabel("Kind").selectOption("N2a");
  // A match over a suspect: the record has facts of what is asked for, whichever message came first.
  await o1.fill("input[type=search]", "lotus-bridge SamePersonSuspect");
  await o1.locator(".row").last().click();
  await o1.getByLabel("Whom you ask").selectOption("lotus-bridge");
  for (const field of ["suspects: names", "suspects: numbers and accounts", "vehicles", "organisations", "persons helped: names"]) {
    await o1.getByLabel(field, { exact: true }).check();
  }
  await o1.getByLabel("Legal basis").fill("Code of procedure, section 12");
  await o1.getByLabel("Purpose").selectOption("investigation-of-traffickers");
  await o1.getByLabel("Case number").fill("77/2026");
  await o1.getByLabel("Decide by").fill(new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10));
  await signTwice(o1, "o1", o2, "o2");

  await r1.locator(".row.kind-request").click({ timeout: 120_000 });
  const own = (await r1.locator(".row.kind-request .second bdi").textContent())!;
  assert.match((await r1.textContent(".detail"))!, /th-atd.*section 12.*77\/2026/s);
  for (const field of ["suspects: names", "suspects: numbers and accounts", "vehicles", "organisations"]) {
    await r1.getByLabel(field, { exact: true }).check();
  }
  await r1.getByLabel("Why not, or not all").selectOption("PersonRefuses");
  await r2.locator(".row.kind-request").waitFor({ timeout: 60_000 });
  await signTwice(r1, "r1", r2, "r2");

  await o2.locator(".row.kind-N3").first().click({ timeout: 120_000 });
  const facts = (await o2.textContent(".facts"))!;
  assert.match(facts, /suspects|vehicles|organisations/);
  assert.doesNotMatch(facts, /persons helped/);
  assert.deepEqual(await violations(o2), []);
  await picture(o2, "real-room-facts");
  await o2.getByLabel("Outcome").selectOption("EnquiryOpened");
  await o2.getByRole("button", { name: "Sign as o2" }).click();
  await r2.locator(".row.kind-outcome").click({ timeout: 120_000 });
  assert.match((await r2.textContent(".detail"))!, new RegExp(`enquiry opened.*${own}`, "s"));

  // The person takes her data back: who has the facts is told to delete them, and the page has done so.
  run("--home", `${folder}/members/lotus-bridge`, "records", "withdraw", own);
  await o2.locator(".row.kind-N6").first().waitFor({ timeout: 120_000 });
  await o2.waitForFunction(() => [...document.querySelectorAll(".row.kind-N3 strong")].every((title) => title.textContent === "Withdrawn"));
  assert.equal(await o2.locator(".facts").count(), 0);
  assert.match((await o2.locator(".row").first().getAttribute("class"))!, /kind-N6/);
  await picture(o2, "real-room-withdrawn");
  assert.doesNotMatch(run("--home", `${folder}/members/th-atd`, "log", "verify"), /ignored: [1-9]/);
  for (const page of [o1, o2, r1, r2]) {
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForSelector("#passphrase");
    assert.deepEqual(await kept(page.context(), page), { cookies: [], here: { local: 0, session: 0, databases: 0, caches: 0, workers: 0 } });
    await page.context().close();
  }
});
