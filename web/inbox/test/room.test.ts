import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { after, before, test, type TestContext } from "node:test";
import type { Browser } from "playwright-core";
import { canonicalize, jwkOf, openKeyFile, parseKeyFile, publicKeyOf, RoomLog, signJws, type LogItem, type OpenedKeyFile } from "../../sealing/src/index.ts";
import { launch, picture, signIn, violations } from "./browser.ts";

/** The demonstration's room, with the real ingestion and notification services; the page is what they serve. */
const bin = `${process.cwd()}/../artifacts/bin`;
const demo = `${bin}/CleanRoom.Demo/debug/cleanroom-demo`;
const cli = `${bin}/CleanRoom.Cli/debug/cleanroom`;
const passphrase = "a passphrase for tests";
const members = ["lotus-bridge", "th-atd"] as const;

let folder = "";
let origin = "";
let browser: Browser;
const services: ChildProcess[] = [];
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

async function start(name: string, more: readonly string[]): Promise<void> {
  const line = readFileSync(`${folder}/start.sh`, "utf8").split("\n").find((text) => text.includes(`/CleanRoom.${name}/`))!;
  const command = `exec ${line.slice(0, line.indexOf(" >>"))} --Server:StopAtEndOfInput=true ${more.join(" ")}`;
  const service = spawn("sh", ["-c", command], { stdio: ["pipe", "pipe", "ignore"] });
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
  await start("Notification", ["--Page:Port=0", `--Page:Folder=${process.cwd()}/../artifacts/web/inbox`, "--Page:Origins:0=https://inbox.example.org"]);
  browser = await launch();
}, { timeout: 600_000 });

after(async () => {
  await browser?.close();
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

for (const [member, kinds] of [["lotus-bridge", ["N1", "review"]], ["th-atd", ["N2a"]]] as const) {
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
  for (const path of ["/nothing", "/../notification.db", "/%2e%2e/tls.pem", "/assets/x.js", "/cleanroom.notification.v1.NotificationService/Subscribe", "/grpc.health.v1.Health/Check", "/index.html.br"]) {
    assert.equal((await call("GET", path)).status, 404, path);
  }
  assert.equal((await call("POST", "/cleanroom.notification.v1.NotificationService/Acknowledge", { body: "", headers: { "content-type": "application/grpc" } })).status, 404);
  assert.equal((await call("POST", "/api/challenge", { body: {}, headers: { origin: "https://evil.example.org" } })).status, 403);
  const allowed = await call("OPTIONS", "/api/challenge", { headers: { origin: "https://inbox.example.org" } });
  assert.equal(allowed.status, 204);
  assert.equal(allowed.headers["access-control-allow-origin"], "https://inbox.example.org");
});
