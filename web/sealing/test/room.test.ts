import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBase64Url, hpke, judgeFrame, RoomLog, toBase64Url, utf8, parseMessage, canonicalize, nonPunishment, groupsCaveat, tableCaveat, useCaveat, type Json, type LogItem, type LogRefusal, type Place } from "../src/index.ts";
import { inbox } from "./vectors.ts";

const { room, genesis, member } = inbox;

async function read(items: readonly LogItem[], log = new RoomLog(room, genesis)): Promise<{ log: RoomLog; refusal: LogRefusal | null }> {
  for (const item of items) {
    const refusal = await log.take(item);
    if (refusal !== null) {
      return { log, refusal };
    }
  }
  return { log, refusal: null };
}

const key = (await hpke.importPrivateKey(inbox.inbox))!;
const lastCheckpoint = inbox.log.findLastIndex((item) => "checkpoint" in item);

test("the log of a member's view is believed, and says what C# says", async () => {
  const { log, refusal } = await read(inbox.log);
  assert.equal(refusal, null);
  assert.equal(log.lastEpoch?.epoch, 5);
  assert.equal(log.lastNumber(member), 32);
  assert.equal(log.instance?.generation, 3);
  assert.equal(log.charter?.version, 2);
  assert.equal(log.charter?.simulated, true);
  assert.equal(log.cosignedSize, log.size);
  assert.deepEqual([1, 2, 3, 4].map((generation) => log.instanceOf(generation)?.trusted), [true, true, true, undefined]);
});

for (const frame of inbox.frames) {
  test(`a frame: ${frame.what} → ${frame.expect}`, async () => {
    const { log } = await read(inbox.log);
    const number = Number(JSON.parse(frame.message ?? "{}").number ?? 2);
    const judged = await judgeFrame(log, member, [key], frame, number);
    assert.equal(judged.ok ? "ok" : judged.refusal, frame.expect);
    if (judged.ok) {
      const place: Place = { room, recipient: member, number, epoch: judged.header.epoch, simulated: true };
      assert.deepEqual(judged.message, parseMessage(utf8(frame.message!), place));
    }
  });
}

test("messages that were declared void are passed over, no others", async () => {
  const { log } = await read(inbox.log);
  const ninth = inbox.frames.find((frame) => frame.expect === "ok" && JSON.parse(frame.message!).number === 9)!;
  const judged = await Promise.all([9, 5, 6, 8, 4, 1, 10].map((next) => judgeFrame(log, member, [key], ninth, next)));
  assert.deepEqual(judged.map((item) => item.ok || item.refusal), [true, true, true, true, "number-missing", "number-missing", "number-missing"]);
});

test("messages that came too late are an alarm until they are declared void, and then nothing", async () => {
  const { log } = await read(inbox.log);
  const late = (isVoid: boolean) => new Proxy(log, {
    get: (target, name) => {
      const value = Reflect.get(target, name, target) as unknown;
      return name === "epoch" ? (epoch: number) => ({ ...target.epoch(epoch)!, untimely: true })
        : name === "voidThrough" && isVoid ? () => 12
        : typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  const ninth = inbox.frames.find((frame) => frame.expect === "ok" && JSON.parse(frame.message!).number === 9)!;
  const forged = { ...ninth, header: inbox.frames.find((frame) => frame.expect === "wrong-signer")!.header };
  const judged = await Promise.all([judgeFrame(late(false), member, [key], ninth, 9), judgeFrame(late(true), member, [key], ninth, 9), judgeFrame(late(true), member, [key], forged, 9)]);
  assert.deepEqual(judged.map((item) => item.ok || item.refusal), ["too-late", "void", "wrong-signer"]);
});

test("a message under another number, another key, no key is no message", async () => {
  const { log } = await read(inbox.log);
  const [first, second] = inbox.frames;
  const stranger = (await hpke.importPrivateKey(await crypto.subtle.exportKey("jwk", (await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"])).privateKey)))!;
  const refusals = [
    await judgeFrame(log, member, [key], second!, 1),
    await judgeFrame(log, member, [stranger], first!, 1),
    await judgeFrame(log, member, [], first!, 1),
    await judgeFrame(log, "b-contributor", [key], first!, 1),
    await judgeFrame(log, member, [key], { ...first!, path: ["x"] }, 1),
    await judgeFrame(log, member, [key], { ...first!, ciphertext: "%" }, 1),
  ];
  assert.deepEqual(refusals.map((judged) => !judged.ok && judged.refusal), ["number-missing", "cannot-open", "cannot-open", "other-recipient", "not-in-epoch", "malformed"]);
});

test("a log that was changed anywhere is not believed", async () => {
  const hidden = inbox.log.findIndex((item) => "hash" in item);
  const release = inbox.log.findIndex((item) => "leaf" in item && payloadOf(item)["type"] === "release");
  const without = (at: number): LogItem[] => inbox.log.filter((_, i) => i !== at);
  const changed = (at: number, item: LogItem): LogItem[] => inbox.log.map((other, i) => (i === at ? item : other));
  const checkpoint = (inbox.log[lastCheckpoint] as { checkpoint: string }).checkpoint;
  const fewer = checkpoint.split("\n").filter((line) => !/^— [abc]-contributor/.test(line)).join("\n");
  const rows: [string, LogItem[], LogRefusal][] = [
    ["an entry left out", without(hidden), "malformed"],
    ["an entry hidden", changed(release, { hash: toBase64Url(new Uint8Array(32)) }), "forked"],
    ["another hash", changed(hidden, { hash: toBase64Url(new Uint8Array(32)) }), "forked"],
    ["no hash", changed(hidden, { hash: "AA" }), "malformed"],
    ["genesis hidden", changed(0, { hash: toBase64Url(new Uint8Array(32)) }), "no-genesis"],
    ["no log", changed(0, { leaf: "x" }), "no-genesis"],
    ["too few cosignatures", changed(lastCheckpoint, { checkpoint: fewer }), "not-cosigned"],
    ["signed by nobody", changed(lastCheckpoint, { checkpoint: checkpoint.replace(/— operator \S{12}/, "— operator AAAAAAAAAAAA") }), "wrong-operator"],
    ["an old checkpoint again", [...inbox.log, inbox.log.find((item) => "checkpoint" in item)!], "shrunk"],
    ["no note", changed(lastCheckpoint, { checkpoint: "x" }), "malformed"],
  ];
  for (const [what, items, refusal] of rows) {
    assert.equal((await read(items)).refusal, refusal, what);
  }
  assert.equal((await read(inbox.log, new RoomLog(room, "sha256:AAAA"))).refusal, "other-genesis");
  assert.equal((await read(inbox.log, new RoomLog("5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10", genesis))).refusal, "no-genesis");
});

test("an epoch of an instance that too few brokers gave their keys is not heard", async () => {
  const log = new RoomLog(room, genesis);
  let releases = 0;
  for (const item of inbox.log) {
    const isRelease = "leaf" in item && payloadOf(item)["type"] === "release";
    if (isRelease && releases++ > 0) {
      continue;
    }
    if (!("checkpoint" in item)) {
      await log.take(item);
    }
  }
  assert.equal(log.lastEpoch, null);
  assert.equal(log.instanceOf(1)?.trusted, false);
});

test("messages are read strictly", () => {
  const place: Place = { room, recipient: member, number: 7, epoch: 2, simulated: true };
  const base = { epoch: 2, number: 7, recipient: member, room, schema: "cleanroom/message/v1", simulated: true } as const;
  const pointer = { ...base, kind: "N1", caveats: ["A", "B"], counterpart: null, expires: "2027-01-01T00:00:00Z", known: false, link: "SamePhone", match: "AAAAAAAAAAAAAAAAAAAAAA", own: "x", quarter: "", strength: "Exact" };
  const notice = { ...base, kind: "N2a", ask: [{ desk: "d", member: "m" }], expires: "2027-01-01T00:00:00Z", grading: "B2", handling: [], jurisdictions: ["THA"], link: "SamePhone", match: "AAAAAAAAAAAAAAAAAAAAAA", notice: nonPunishment, sources: "3-5", strength: "Strong" };
  const id = "5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10";
  const request = { ...base, kind: "request", agency: "a", case: "1", due: "2027-01-01T00:00:00Z", escalated: false, fields: ["vehicles"], legalBasis: "x", own: "A", purpose: "p", request: id };
  const status = { ...base, kind: "status", request: id, state: "Granted" };
  const facts = { ...base, kind: "N3", case: "1", facts: [{ field: "vehicles", text: "van" }], from: { desk: "d", member: "m" }, handling: [], notice: nonPunishment, outcomeDue: "2027-01-01T00:00:00Z", part: 1, parts: 1, purpose: "p", request: id };
  const offer = { ...base, kind: "offer", agency: "a", due: "2027-01-01T00:00:00Z", fields: ["suspects.identifiers"], link: "SamePhone", match: pointer.match, own: "A" };
  const followed = {
    ...base, kind: "N2b", expires: "2027-01-01T00:00:00Z", facts: [{ field: "vehicles", text: "van" }], grading: "2 D C", handling: [], link: "SameVehicle", match: pointer.match, notice: nonPunishment,
    outcomeDue: "2027-01-01T00:00:00Z", part: 1, parts: 1, request: id, sources: "2",
  };
  const outcome = { ...base, kind: "outcome", agency: "a", outcome: "Received", own: "A", request: id };
  const table = { ...base, kind: "N7", caveat: tableCaveat, part: 1, parts: 2, query: "G1", rows: [{ n: 20, values: [] }, { n: 15, values: ["THA", "48+"] }], table: { by: ["country", "ageBand"], contributors: 3, dominancePercent: 70, k: 11, period: "quarter", round: 5 }, until: "2027-01-01T00:00:00Z", version: "1.0.0" };
  const group = { band: "11+", codes: ["platformRecruitment:Facebook"], id: "0123456789abcdef", places: [{ admin1: "TH-50", country: "THA" }, { country: "MMR" }], quarters: ["2026-Q1", "2026-Q2"] };
  const groups = { ...base, kind: "groups", caveat: groupsCaveat, group: { by: "route", contributors: 2, k: 5, period: "quarter" }, groups: [group], part: 1, parts: 1, query: "Q10", until: "2027-01-01T00:00:00Z", version: "1.0.0" };
  const warning = { ...base, kind: "N4", admin1: "TH-50", child: false, country: "THA", emergency: id, expires: "2027-01-01T00:00:00Z", from: { desk: "d", member: "m" }, handling: [], notice: nonPunishment, presence: "Present", urgency: "Now" };
  const warned = { ...base, kind: "emergency", agency: "a", emergency: id, own: "A", state: "Sent" };
  const audit = {
    ...base, kind: "audit", due: "2027-01-31T00:00:00Z", quarter: "2026-Q4", salt: "A".repeat(43), withdrawn: "0",
    drawn: [{ commitment: `sha256:${"A".repeat(43)}`, record: "7b3c6f0e-2f0c-4d57-9a58-0f3b8f1f7f12" }],
  };
  const use = { ...base, kind: "use", answers: "0", caveat: useCaveat, disclosures: "1", notices: "3-5", oneWay: "2", pointers: "11+", quarter: "2026-Q4", requests: "6-10", withdrawals: "0" };
  const parse = (value: object): unknown => parseMessage(canonicalize(value as Json), place);
  assert.ok(parse(pointer));
  assert.ok(parse(notice));
  assert.deepEqual(parse({ ...base, kind: "empty" }), { kind: "empty" });
  assert.deepEqual(parse({ ...base, kind: "nothing", watch: id }), { kind: "nothing", watch: id });
  assert.equal((parse({ ...notice, watch: id }) as { watch: string }).watch, id);
  for (const value of [offer, { ...offer, given: true }, followed, { ...followed, from: { desk: "d", member: "m" } }, request, status, { ...status, reason: "X", until: "2027-01-01T00:00:00Z" }, facts, outcome, { ...base, kind: "N6", request: id }, { ...base, kind: "N6", match: pointer.match }, table, { ...table, rows: [] }, groups, { ...groups, group: { ...groups.group, by: "place" } }, { ...groups, group: { ...groups.group, by: "pattern" }, groups: [{ ...group, codes: [], places: [], quarters: [] }] }, use, audit, { ...audit, drawn: [] }, { ...base, kind: "audited", quarter: "2026-Q4", state: "Overdue" }, { ...pointer, decoy: true }, { ...pointer, quartersBetween: 3 }, warning, warned, { ...warned, reason: "QuotaUsed", state: "Refused" }]) {
    assert.ok(parse(value), JSON.stringify(value));
  }
  const bad: object[] = [
    { ...offer, given: false }, { ...offer, fields: [] }, { ...offer, fields: ["victims.names"] }, { ...offer, match: "AAAA" }, { ...offer, agency: "operator" }, { ...followed, from: null }, { ...followed, notice: "Do as you like." },
    { ...followed, facts: [{ field: "victims.names", text: "x" }] }, { ...followed, facts: [{ field: "suspects.names", text: "x" }] }, { ...followed, match: "AAAA" }, { ...followed, request: "x" }, { ...followed, part: 2 },
    { ...request, fields: [] }, { ...request, fields: ["b", "a"] }, { ...request, request: "x" }, { ...request, escalated: 0 }, { ...request, agency: "operator" }, { ...request, due: "soon" },
    { ...status, state: "Lost" }, { ...status, until: null }, { ...status, reason: "<b>" }, { ...facts, facts: [{ field: "homes", text: "x" }] }, { ...facts, facts: [{ field: "vehicles", text: "" }] },
    { ...facts, facts: [{ field: "vehicles", text: "x".repeat(257) }] }, { ...facts, part: 2 }, { ...facts, notice: "Do as you like." }, { ...facts, facts: [{ field: "vehicles", more: 1, text: "x" }] },
    { ...base, kind: "nothing" }, { ...base, kind: "nothing", watch: "x" }, { ...base, kind: "nothing", reason: "QuotaUsed", watch: id }, { ...notice, watch: "x" }, { ...notice, watch: null },
    { ...table, caveat: "All of them." }, { ...table, query: "Q1" }, { ...table, part: 3 }, { ...table, rows: [{ n: -1, values: [] }] }, { ...table, rows: [{ n: 5, values: ["a b"] }] }, { ...table, rows: [{ n: 5, values: ["a", "b", "c"] }] },
    { ...table, table: { ...table.table, k: 2 } }, { ...pointer, quartersBetween: -1 },
    { ...warning, presence: "In room 4" }, { ...warning, urgency: "Soon" }, { ...warning, country: "Thailand" }, { ...warning, admin1: "Chiang Mai" }, { ...warning, text: "x" }, { ...warning, child: "no" },
    { ...warning, notice: "Do as you like." }, { ...warned, state: "Read" }, { ...warned, own: "" }, { ...warned, agency: "operator" },
    { ...groups, groups: [] }, { ...groups, groups: [{ ...group, band: "3-5" }] }, { ...groups, groups: [{ ...group, codes: ["a b"] }] }, { ...groups, groups: [{ ...group, places: [{ admin1: "Chiang Mai", country: "THA" }] }] },
    { ...groups, groups: [{ ...group, own: "A" }] }, { ...groups, group: { ...groups.group, by: "name" } }, { ...groups, group: { ...groups.group, k: 4 } }, { ...groups, group: { ...groups.group, contributors: 1 } }, { ...groups, query: "G1" }, { ...groups, caveat: tableCaveat },
    { ...audit, drawn: [audit.drawn[0], audit.drawn[0]] }, { ...audit, salt: "AAAA" }, { ...audit, quarter: "2026-Q5" }, { ...audit, drawn: [{ ...audit.drawn[0], own: "x" }] }, { ...base, kind: "audited", quarter: "2026-Q4", state: "Fine" },
    { ...use, pointers: "12" }, { ...use, quarter: "2026-Q5" }, { ...use, caveat: "All of it." }, { ...use, more: "1" },
    { ...pointer, decoy: false }, { ...notice, decoy: true },
    { ...outcome, outcome: "Deported" }, { ...base, kind: "N6" }, { ...base, kind: "N6", match: pointer.match, request: id }, { ...base, kind: "N6", match: "AAAA" },
    { ...pointer, more: 1 }, { ...pointer, epoch: 3 }, { ...pointer, number: 8 }, { ...pointer, recipient: "other" }, { ...pointer, room: "x" }, { ...pointer, simulated: false },
    { ...pointer, caveats: ["B", "A"] }, { ...pointer, caveats: ["A", "A"] }, { ...pointer, caveats: ["<b>"] }, { ...pointer, strength: "Sure" }, { ...pointer, match: "AAAA" },
    { ...pointer, expires: "2027-02-30T00:00:00Z" }, { ...pointer, counterpart: { desk: "d", member: "operator" } }, { ...pointer, own: "" }, { ...pointer, own: "x".repeat(513) },
    { ...pointer, known: "no" }, { ...pointer, kind: "N9" }, { ...pointer, schema: "cleanroom/message/v2" }, { ...pointer, link: null },
    { ...notice, notice: "Do as you like." }, { ...notice, ask: [] }, { ...notice, ask: [{ desk: "d", member: "m", more: 1 }] }, { ...notice, jurisdictions: [1] },
  ];
  for (const value of bad) {
    assert.equal(parse(value), null, JSON.stringify(value));
  }
  const { simulated: _, ...unlabelled } = pointer;
  assert.equal(parse(unlabelled), null);
});

function payloadOf(item: { readonly leaf: string }): Record<string, unknown> {
  return JSON.parse(new TextDecoder().decode(fromBase64Url(item.leaf.split(".")[1]!)!)) as Record<string, unknown>;
}
