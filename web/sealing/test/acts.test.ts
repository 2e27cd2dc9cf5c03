import assert from "node:assert/strict";
import { test } from "node:test";
import {
  canonicalize, fromBase64Url, fromUtf8, jwkOf, OwnBook, parseAct, actJson, parseCanonical, parseCopy, publicKeyOf, RoomLog, saysCopy, sealAct, signJws, toBase64Url, utf8, writeCopy,
  type Act, type ActCopy, type ActKind, type ActPlace, type Charter, type Json, type PublicKey, type SignKey,
} from "../src/index.ts";
import { inbox } from "./vectors.ts";

const { room, genesis, member } = inbox;

async function bookOfVectors(): Promise<OwnBook> {
  const log = new RoomLog(room, genesis);
  const book = new OwnBook(room, member);
  for (const item of inbox.log) {
    const index = log.size;
    assert.equal(await log.take(item), null);
    if ("leaf" in item) {
      await book.take(index, item.leaf, log.charter!);
    }
  }
  return book;
}

const actOf = (item: (typeof inbox.acts)[number]): Act => parseAct(parseCanonical(utf8(item.act))!, item.kind as ActKind)!;

test("acts are written, read and sealed as C# does it", async () => {
  const book = await bookOfVectors();
  const key = await recordKey();
  assert.equal(inbox.acts.length, 10);
  for (const item of inbox.acts) {
    const act = actOf(item);
    assert.equal(fromUtf8(canonicalize(actJson(act))), item.act);
    const place: ActPlace = { room, id: item.id, author: member, about: item.about ?? null };
    assert.equal(toBase64Url((await sealAct(act, place, key, fromBase64Url(item.seed)!))!), item.sealed);
    const copy: ActCopy = { id: item.id, act, seed: fromBase64Url(item.seed)! };
    assert.deepEqual(parseCopy(writeCopy(copy)), copy);
    assert.equal(await saysCopy(fromBase64Url(item.sealed)!, copy, place, key), true);
    assert.equal(await saysCopy(fromBase64Url(item.sealed)!, { ...copy, seed: new Uint8Array(32) }, place, key), false);
    assert.equal(await saysCopy(fromBase64Url(item.sealed)!, copy, { ...place, author: "b-contributor" }, key), false);
  }
  const [decision, , waiting] = inbox.acts;
  assert.deepEqual(book.acts.map(({ kind, person, second }) => [kind, person, second]), [["decision", "r1", "r2"], ["answer", "r2", null], ["decision", "r2", null], ["emergency", "p1", "s1"], ["facts", "r1", "r2"]]);
  assert.deepEqual(book.waiting.map((act) => act.place.id), [waiting!.id]);
  const copyOf = (item: (typeof inbox.acts)[number]): ActCopy => ({ id: item.id, act: actOf(item), seed: fromBase64Url(item.seed)! });
  assert.equal(await book.says(book.waiting[0]!, copyOf(waiting!)), true);
  assert.equal(await book.says(book.waiting[0]!, { ...copyOf(waiting!), act: actOf(decision!) }), false);
  assert.equal(await book.says(book.waiting[0]!, { ...copyOf(decision!) }), false);
});

async function recordKey(): Promise<PublicKey> {
  for (const item of inbox.log) {
    const entry = "leaf" in item ? (JSON.parse(Buffer.from(item.leaf.split(".")[1]!, "base64url").toString()) as { type: string; author: string; purpose?: string; key: JsonWebKey }) : null;
    if (entry?.type === "key" && entry.author === member && entry.purpose === "record") {
      return (await publicKeyOf(Buffer.concat([Buffer.of(4), Buffer.from(entry.key.x!, "base64url"), Buffer.from(entry.key.y!, "base64url")])))!;
    }
  }
  throw new Error("no record key");
}

test("acts and copies are read strictly", () => {
  const request = { case: "1", contributor: "m", due: "2027-01-01T00:00:00Z", fields: ["vehicles"], legalBasis: "x", match: "AAAAAAAAAAAAAAAAAAAAAA", purpose: "p", schema: "cleanroom/act/v1" };
  const decision = { fields: ["vehicles"], schema: "cleanroom/act/v1" };
  assert.ok(parseAct(request, "request"));
  assert.ok(parseAct(decision, "decision"));
  const watch = {
    case: "1", expires: "2027-01-01T00:00:00Z", legalBasis: "b", mandate: "m", purpose: "p", query: "Q19", schema: "cleanroom/act/v1", subject: { country: "KHM", kind: "vehicle", value: "2A-1234" }, version: "1.0.0",
  };
  const { expires: _, ...search } = watch;
  assert.ok(parseAct(watch, "watch"));
  assert.ok(parseAct(search, "watch"));
  assert.deepEqual(actJson(parseAct(search, "watch")!), search);
  assert.ok(parseCopy(canonicalize({ act: watch, id: "5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10", kind: "watch", schema: "cleanroom/act-copy/v1", seed: toBase64Url(new Uint8Array(32)) })));
  const facts = { agency: "a", desk: false, fields: ["suspects.identifiers", "vehicles"], match: request.match, schema: "cleanroom/act/v1" };
  assert.ok(parseAct(facts, "facts"));
  const rows: [Json, ActKind][] = [
    [{ ...facts, fields: [] }, "facts"], [{ ...facts, fields: ["victims.names"] }, "facts"], [{ ...facts, fields: ["suspects.names"] }, "facts"], [{ ...facts, desk: 1 }, "facts"], [{ ...facts, agency: "operator" }, "facts"],
    [{ ...facts, match: "AAAA" }, "facts"], [{ ...facts, reason: "NotNecessary" }, "facts"], [facts, "decision"],
    [{ ...watch, expires: null }, "watch"], [{ ...watch, query: "19" }, "watch"], [{ ...watch, query: "Q019" }, "watch"], [{ ...watch, version: "1.0" }, "watch"], [{ ...watch, version: "01.0.0" }, "watch"],
    [{ ...watch, more: 1 }, "watch"], [{ ...watch, subject: { kind: "vehicle", value: "x" } }, "watch"], [{ ...watch, subject: { country: "KHM", kind: "phone", value: "x" } }, "watch"],
    [{ ...watch, subject: { kind: "victim", value: "x" } }, "watch"], [{ ...watch, subject: { kind: "handle", value: "x" } }, "watch"], [{ ...watch, subject: { kind: "phone", value: "x".repeat(101) } }, "watch"],
    [{ ...watch, subject: "phone" }, "watch"],
    [{ ...request, fields: [] }, "request"], [{ ...request, fields: ["vehicles", "suspects.names"] }, "request"], [{ ...request, fields: ["homes"] }, "request"],
    [{ ...request, legalBasis: "x".repeat(201) }, "request"], [{ ...request, case: "x".repeat(65) }, "request"], [{ ...request, match: "AAAA" }, "request"],
    [{ ...request, more: 1 }, "request"], [{ ...request, contributor: "enclave" }, "request"], [request, "decision"],
    [{ ...decision, fields: [] }, "decision"], [{ ...decision, reason: "Because" }, "decision"], [{ ...decision, schema: "cleanroom/act/v2" }, "decision"],
    [{ outcome: "Deported", schema: "cleanroom/act/v1" }, "outcome"], [{ answer: "yes", match: request.match, schema: "cleanroom/act/v1" }, "answer"], [[], "outcome"],
  ];
  for (const [json, kind] of rows) {
    assert.equal(parseAct(json, kind), null, JSON.stringify(json));
  }
  const copy = { act: decision, id: "5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10", kind: "decision", schema: "cleanroom/act-copy/v1", seed: toBase64Url(new Uint8Array(32)) };
  assert.ok(parseCopy(canonicalize(copy)));
  for (const other of [{ ...copy, seed: "AAAA" }, { ...copy, kind: "request" }, { ...copy, kind: "consent" }, { ...copy, id: "x" }, { ...copy, more: 1 }, { ...copy, schema: "x" }]) {
    assert.equal(parseCopy(canonicalize(other)), null, JSON.stringify(other));
  }
  assert.equal(parseCopy(utf8(" {}")), null);
});

/** An agency of which every key is at hand. */
async function made(): Promise<{ readonly book: OwnBook; readonly say: (leaf: string) => Promise<void>; readonly add: (name: string, roles: string[], from?: SignKey) => Promise<SignKey>; readonly revoke: (name: string, key: SignKey) => Promise<void> }> {
  const organisation = await key();
  const charter = { members: [{ id: "agency", role: "agency", name: "Agency", organisationKey: organisation.publicKey, broker: null }] } as unknown as Charter;
  const book = new OwnBook(room, "agency");
  let index = 0;
  const say = (leaf: string): Promise<void> => book.take(index++, leaf, charter);
  const entry = async (signer: SignKey, type: string, more: Record<string, Json>): Promise<void> =>
    say(await signJws(signer.handle, signer.publicKey, "cleanroom-entry+jws", canonicalize({ author: "agency", id: crypto.randomUUID(), room, type, ...more })));
  const person = async (action: string, name: string, roles: string[], whose: SignKey, signer: SignKey): Promise<void> => entry(signer, "person", { action, person: name, key: jwkOf(whose.publicKey), roles });
  const add = async (name: string, roles: string[], from?: SignKey): Promise<SignKey> => {
    const fresh = await key();
    await person("add", name, roles, fresh, from ?? organisation);
    return fresh;
  };
  const approver = await add("p1", ["approver"]);
  await entry(approver, "key", { purpose: "record", period: 1, key: jwkOf(await recordKey()) });
  return { book, say, add, revoke: (name, whose) => person("revoke", name, [], whose, organisation) };
}

async function key(): Promise<SignKey> {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  return { handle: pair.privateKey, publicKey: (await publicKeyOf(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey))))! };
}

const request: Act = { kind: "request", match: "AAAAAAAAAAAAAAAAAAAAAA", contributor: "lotus-bridge", legalBasis: "Section 12", purpose: "p", case: "1", fields: ["vehicles"], due: "2027-01-01T00:00:00Z" };

test("a second signature counts from another live person with the role, for this very entry, once", async () => {
  const { book, say, add, revoke } = await made();
  const [first, again, second, clerk] = [await add("o1", ["officer"]), await add("o1", ["officer"]), await add("o2", ["officer"]), await add("c1", ["uploader"])];
  const stranger = await key();
  const { leaf, copy } = (await book.sign(request, null, first))!;
  await say(leaf);
  const [act] = book.waiting;
  assert.equal(await book.says(act!, copy), true);
  assert.deepEqual([first, again, second, clerk, stranger].map((signer) => book.mayConfirm(act!, signer, true)), ["same-person", "same-person", null, "no-role", "no-role"]);
  for (const signer of [first, again, clerk, stranger]) {
    await say(await book.confirm(act!, signer));
    assert.equal(book.act(copy.id)!.second, null);
  }
  await say(await book.confirm({ ...act!, leaf: `sha256:${toBase64Url(new Uint8Array(32))}` }, second));
  assert.equal(book.act(copy.id)!.second, null);
  await say(await book.confirm(act!, second));
  assert.equal(book.act(copy.id)!.second, "o2");
  assert.equal(book.waiting.length, 0);

  // Who is revoked has no say any more, not even in what waits.
  const next = (await book.sign(request, null, first))!;
  await say(next.leaf);
  const waits = book.act(next.copy.id)!;
  await revoke("o1", first);
  assert.equal(book.waiting.length, 0);
  await say(await book.confirm(waits, second));
  assert.equal(book.act(next.copy.id)!.second, null);
});

test("an emergency counts when two people with two different roles have signed it", async () => {
  const { book, say, add } = await made();
  const [releaser, again, lead] = [await add("r1", ["releaser"]), await add("r2", ["releaser", "uploader"]), await add("s1", ["safeguarding"])];
  const danger: Act = { kind: "emergency", admin1: "TH-50", country: "THA", presence: "Present", recipient: "police-th", record: crypto.randomUUID(), urgency: "Now" };
  assert.equal(await book.sign({ ...danger, country: "Thailand" } as Act, null, releaser), null);
  await say((await book.sign(danger, null, releaser))!.leaf);
  const [act] = book.waiting;
  assert.equal(book.mayConfirm(act!, again, false), "no-role");
  await say(await book.confirm(act!, again));
  assert.equal(book.waiting.length, 1);
  assert.equal(book.mayConfirm(act!, lead, false), null);
  await say(await book.confirm(act!, lead));
  assert.equal(book.waiting.length, 0);
});

test("what somebody without the role, without the organisation's word or twice puts into the log is not heard", async () => {
  const { book, say, add } = await made();
  const officer = await add("o1", ["officer"]);
  const usurper = await add("o9", ["officer"], officer);
  const clerk = await add("c1", ["uploader"]);
  for (const signer of [usurper, clerk, await key()]) {
    await say((await book.sign(request, null, signer))!.leaf);
  }
  assert.equal(book.acts.length, 0);
  const { leaf } = (await book.sign(request, null, officer))!;
  await say(leaf);
  await say(leaf);
  const parts = leaf.split(".");
  await say(`${parts[0]}.${parts[1]}.${(await book.sign(request, null, officer))!.leaf.split(".")[2]}`);
  assert.equal(book.acts.length, 1);
  assert.equal(await book.sign({ ...request, fields: [] }, null, officer), null);
});
