import { createHash } from "node:crypto";
import {
  canonicalize, concat, Frontier, hpke, jwkOf, leafHash, messageAad, messageInfo, nodeHash, padme, publicKeyOf, sha256, signJws, spkiOf, toBase64, toBase64Url, utf8,
  digestText, nonPunishment, useCaveat, type Bytes, type Frame, type Json, type LogItem, type Place, type PublicKey,
} from "../../sealing/src/index.ts";

/** A key pair whose private half may be shown: for tests. */
interface Pair {
  readonly handle: CryptoKey;
  readonly publicKey: PublicKey;
  readonly jwk: JsonWebKey;
}

async function pair(name: "ECDH" | "ECDSA"): Promise<Pair> {
  const made = await crypto.subtle.generateKey({ name, namedCurve: "P-256" }, true, name === "ECDH" ? ["deriveBits"] : ["sign", "verify"]);
  const publicKey = (await publicKeyOf(new Uint8Array(await crypto.subtle.exportKey("raw", made.publicKey))))!;
  const { d } = await crypto.subtle.exportKey("jwk", made.privateKey);
  return { handle: made.privateKey, publicKey, jwk: { ...jwkOf(publicKey), d: d! } };
}

const uuid = (): string => crypto.randomUUID();
const time = (seconds: number): string => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
const passphrase = "correct horse battery";

/** A whole room as one member's service would serve it, made of nothing but keys of its own. */
export interface MadeRoom {
  readonly room: string;
  readonly member: string;
  readonly log: LogItem[];
  readonly frames: (Frame & { readonly number: number })[];
  readonly keyFile: Bytes;
  /** Key files of people who act, by their id: two with every role, and one who may only upload. */
  readonly people: Readonly<Record<string, Bytes>>;
  readonly passphrase: string;
  /** The private keys that stand in the files: by purpose, and by person. */
  readonly jwks: Readonly<Record<string, JsonWebKey>>;
  readonly genesis: string;
  /** Appends what was signed, and a checkpoint over it; gives its position. */
  readonly take: (leaf: string) => Promise<number>;
  /** A successor takes over, declares the last epoch's messages void and tells them anew. */
  readonly succeed: () => Promise<void>;
}

export type News = (number: number, now: number) => { readonly [name: string]: Json };

/** By which agencies may look for things of their own: one query for this kind, one for another. */
const watchQueries: Json = [
  { id: "Q1", version: "1.0.0", kind: "match", link: ["SamePersonVictim"], tell: [{ who: "agency", kinds: ["police_ahtu"] }] },
  {
    id: "Q18", version: "1.0.0", kind: "search", link: ["SamePhone", "SameHandle"], tell: [{ who: "agency", kinds: ["police_ahtu"] }],
    asks: { legalBases: ["criminal-investigation"], purposes: ["investigation-of-traffickers"], roles: ["Suspect"] },
  },
  {
    id: "Q19", version: "2.0.0", kind: "watch", link: ["SamePhone", "SameVehicle"], tell: [{ who: "agency", kinds: ["police_ahtu"] }],
    asks: { legalBases: ["criminal-investigation", "court-order"], longest: "P90D", purposes: ["investigation-of-traffickers"], roles: ["Suspect"] },
  },
  {
    id: "Q20", version: "1.0.0", kind: "watch", link: ["SameVessel"], tell: [{ who: "agency", kinds: ["coast_guard"] }],
    asks: { legalBases: ["criminal-investigation"], longest: "P90D", purposes: ["investigation-of-traffickers"], roles: ["Suspect"] },
  },
];

/** Makes a room in which each epoch's messages, but for the head, are what news gives. If the last one is late, a log that is proven newer lay cosigned before its entry. */
export async function makeRoom(options: { readonly epochs: number; readonly slots: number; readonly title: string; readonly news: News; readonly member?: string; readonly late?: boolean }): Promise<MadeRoom> {
  const { epochs, slots } = options;
  const member = options.member ?? "lotus-bridge";
  const room = uuid();
  const now = Math.floor(Date.now() / 1000);
  const ids = ["harbour-light", "lotus-bridge", "open-road", "police-ahtu"];
  const owners = await Promise.all(ids.map(async (id) => ({ id, organisation: await pair("ECDSA"), verifier: await pair("ECDSA"), witness: await pair("ECDSA") })));
  const [operator, inbox, signIn] = await Promise.all([pair("ECDSA"), pair("ECDH"), pair("ECDSA")]);
  const charter: Json = {
    schema: "cleanroom/charter/v1", room, version: 1, previous: null, title: options.title, simulated: true, validFrom: time(now - 86_400), expires: time(now + 86_400 * 200),
    purposes: { allowed: ["investigation-of-traffickers", "referral"], forbidden: ["immigration-enforcement"] }, witnesses: { faulty: 1, additional: [] }, operator: { key: jwkOf(operator.publicKey) }, epochs: { length: "PT24H", slotsPerMember: slots, messageBytes: 2048 },
    queries: watchQueries,
    members: owners.map(({ id, organisation, verifier, witness }) => ({
      ...(id.startsWith("police") && { kind: "police_ahtu", mandates: ["trafficking"], quota: { searchesPerMonth: 10 } }),
      id, role: id.startsWith("police") ? "agency" : "contributor", name: `${id} (fictional)`, organisationKey: jwkOf(organisation.publicKey),
      broker: { standIn: [], verifierKey: jwkOf(verifier.publicKey), witnessKey: jwkOf(witness.publicKey) },
    })),
  };
  const genesis = digestText(await sha256(canonicalize(charter)));
  const approvals: Record<string, Json> = {};
  for (const { id, organisation } of owners) {
    const payload = canonicalize({ charter: genesis, decision: "approve", member: id, room, version: 1 });
    const [head, , tail] = (await signJws(organisation.handle, organisation.publicKey, "cleanroom-approval+jws", payload)).split(".");
    approvals[id] = `${head}..${tail}`;
  }

  const log: LogItem[] = [];
  const tree = new Frontier();
  const append = async (author: string, type: string, more: { readonly [name: string]: Json }, key: Pair): Promise<void> => {
    const leaf = await signJws(key.handle, key.publicKey, "cleanroom-entry+jws", canonicalize({ author, id: uuid(), room, type, ...more }));
    log.push({ leaf });
    await tree.append(await leafHash(utf8(leaf)));
  };
  const checkpoint = async (): Promise<string> => {
    const body = `cleanroom/room/${room}\n${tree.size}\n${toBase64(await tree.root())}\n`;
    const line = async (name: string, type: string, key: Pair, payload: Uint8Array): Promise<string> => {
      const hash = await sha256(utf8(name), Uint8Array.of(10, 255), utf8(type), spkiOf(key.publicKey));
      return `— ${name} ${toBase64(concat(hash.subarray(0, 4), payload))}\n`;
    };
    const sign = async (key: Pair, text: string): Promise<Bytes> => new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key.handle, utf8(text)));
    let note = `${body}\n${await line("operator", "cleanroom/ecdsa-p256", operator, await sign(operator, body))}`;
    for (const { id, witness } of owners) {
      const clock = new Uint8Array(8);
      new DataView(clock.buffer).setBigUint64(0, BigInt(now));
      const word = await sign(witness, `cosignature/v1\ntime ${now}\n${body}`);
      note += await line(id, "cleanroom/ecdsa-p256-cosignature/v1", witness, concat(clock, word));
    }
    return note;
  };

  await append("harbour-light", "charter", { signed: { approvals, charter } }, owners[0]!.organisation);
  const self = owners.find(({ id }) => id === member)!.organisation;
  const [approver, one, two, record] = await Promise.all([pair("ECDSA"), pair("ECDSA"), pair("ECDSA"), pair("ECDH")]);
  const persons = [["p1", approver, ["approver", "uploader"]], ["o1", one, ["officer", "releaser"]], ["o2", two, ["officer", "releaser"]]] as const;
  for (const [person, key, roles] of persons) {
    await append(member, "person", { action: "add", person, key: jwkOf(key.publicKey), roles }, self);
  }
  await append(member, "key", { purpose: "record", period: 1, key: jwkOf(record.publicKey) }, approver);
  await append(member, "batch", { slots: 64, deleteBy: time(now + 86_400 * 90) }, self);
  const instance = async (generation: number): Promise<Pair> => {
    const [signing, release] = await Promise.all([pair("ECDSA"), pair("ECDH")]);
    const position = { root: digestText(await tree.root()), size: tree.size };
    await append("enclave", "instance", {
      charter: genesis, checkpoint: position, evidence: ids.map((broker) => ({ broker, evidence: "AQ", nonce: "AQ" })), generation, release: jwkOf(release.publicKey), signing: jwkOf(signing.publicKey),
    }, signing);
    for (const { id, verifier } of owners) {
      await append(id, "release", { generation, instance: signing.publicKey.id, leaseEnds: time(now + 86_400), periods: [1] }, verifier);
    }
    return signing;
  };

  const frames: (Frame & { number: number })[] = [];
  const tell = async (epoch: number, generation: number, signing: Pair, decided: number, more: { readonly [name: string]: Json } = {}): Promise<typeof frames> => {
    const first = (epoch - 1) * slots + 1;
    const last = first + slots - 1;
    const note = await checkpoint();
    const where = { root: digestText(await tree.root()), size: tree.size };
    const ciphertexts: Bytes[] = [];
    for (let number = first; number <= last; number++) {
      const place: Place = { room, recipient: member, number, epoch, simulated: true };
      const content = number === first ? { kind: "head", checkpoint: where, evaluated: true, last } : options.news(number, now);
      const json = canonicalize({ ...content, epoch, number, recipient: member, room, schema: "cleanroom/message/v1", simulated: true });
      ciphertexts.push(await hpke.seal(inbox.publicKey, messageInfo(place, inbox.publicKey.id), messageAad(place), padme.padToSize(json, 2048)));
    }
    const digests = await Promise.all(ciphertexts.map((ciphertext) => sha256(ciphertext)));
    const levels = await levelsOf(await Promise.all(digests.map(leafHash)));
    await append("enclave", "epoch", {
      checkpoint: note, epoch, evaluated: true, generation, recipients: [{ first, last, member, root: digestText(levels.at(-1)![0]!) }], roomTime: time(decided), ...more,
    }, signing);
    return Promise.all(ciphertexts.map(async (ciphertext, i) => {
      const header = canonicalize({ charter: genesis, ciphertext: digestText(digests[i]!), epoch, generation, number: first + i, recipient: member, room });
      const path = levels.slice(0, -1).map((level, depth) => toBase64Url(level[(i >> depth) ^ 1]!));
      return { number: first + i, header: await signJws(signing.handle, signing.publicKey, "cleanroom-message+jws", header), ciphertext: toBase64Url(ciphertext), path };
    }));
  };

  const signing = await instance(1);
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const late = options.late === true && epoch === epochs;
    if (late) {
      log.push({ checkpoint: await checkpoint() });
    }
    frames.push(...(await tell(epoch, 1, signing, now - (epochs - epoch) * 3600 - (late ? 1_200 : 60))));
  }
  await append(member, "erasure", {
    custody: "embedded", destroyed: time(now), key: record.publicKey.id, period: 1, remains: "copies in backups of the key folder", simulated: true,
  }, owners.find(({ id }) => id === member)!.verifier);
  log.push({ checkpoint: await checkpoint() });
  const fileOf = (person?: Pair): Promise<Bytes> => sealKeyFile(member, room, genesis, { inbox: [inbox.jwk], ...(person && { person: person.jwk }), signIn: signIn.jwk });
  const files = await Promise.all(persons.map(async ([person, key]) => [person, await fileOf(key)] as const));
  const jwks = { "sign-in": signIn.jwk, "inbox-1": inbox.jwk, ...Object.fromEntries(persons.map(([person, key]) => [person, key.jwk])) };
  const take = async (leaf: string): Promise<number> => {
    const index = tree.size;
    log.push({ leaf });
    await tree.append(await leafHash(utf8(leaf)));
    log.push({ checkpoint: await checkpoint() });
    return index;
  };
  const succeed = async (): Promise<void> => {
    const anew = await tell(epochs + 1, 2, await instance(2), now, { void: [{ epoch: epochs, member }] });
    log.push({ checkpoint: await checkpoint() });
    // As the real service: nothing is handed out before its entry is cosigned.
    frames.push(...anew);
  };
  return { room, member, log, frames, keyFile: await fileOf(), people: Object.fromEntries(files), passphrase, jwks, genesis, take, succeed };
}

/** The levels of a complete tree, leaves first: the number of leaves is a power of two. */
async function levelsOf(leaves: readonly Bytes[]): Promise<readonly (readonly Bytes[])[]> {
  const levels = [leaves];
  for (let level = leaves; level.length > 1; levels.push(level)) {
    level = await Promise.all(level.flatMap((left, i) => (i % 2 === 0 ? [nodeHash(left, level[i + 1]!)] : [])));
  }
  return levels;
}

async function sealKeyFile(member: string, room: string, genesis: string, keys: object): Promise<Bytes> {
  const [salt, iv] = [crypto.getRandomValues(new Uint8Array(32)), crypto.getRandomValues(new Uint8Array(12))];
  const visible = { genesis, iterations: 600_000, iv: toBase64Url(iv), member, room, salt: toBase64Url(salt), schema: "cleanroom/page-key/v1" };
  const secret = await crypto.subtle.importKey("raw", utf8(passphrase), "PBKDF2", false, ["deriveKey"]);
  const key = await crypto.subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations: 600_000 }, secret, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const content = canonicalize(keys as Json);
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: canonicalize(visible) }, key, content);
  return canonicalize({ ...visible, sealed: toBase64Url(new Uint8Array(sealed)) });
}

const reference = (text: string): string => createHash("sha256").update(text).digest().subarray(0, 16).toString("base64url");
const links = ["SamePersonVictim", "SamePersonSuspect", "SamePhone", "SameVehicle", "SameAddress", "SameOrganisation"];

/** Notices of every kind, in turn; references repeat now and then, one text tries to be markup. */
export const everyKind: News = (number, now) => {
  const match = reference(String(number % 40));
  const link = links[number % links.length]!;
  const common = { link, match, strength: ["Exact", "Strong", "Probable"][number % 3]! };
  const own = number % 7 === 0 ? `<img src=x onerror="document.title='broken'">${number}` : `LB-${String(number).padStart(5, "0")}`;
  switch (number % 4) {
    case 0:
      return { kind: "empty" };
    case 1:
      return { ...common, kind: "N1", own, counterpart: number % 8 === 1 ? null : { member: "open-road", desk: "desk@open-road.example.org" }, quarter: "2026-Q3", caveats: ["NO_IMMIGRATION", "SOURCE_PROTECTION"], known: number % 12 === 1, expires: time(now + 86_400 * (number % 90)) };
    case 2:
      return { ...common, kind: "review", own, evidence: ["Birth", "Name", "Phone"], reasons: ["CaveatReview", "Child"], childProtection: true, safeguardingOnly: false, due: time(now + 86_400 * ((number % 35) - 2)) };
    default:
      return { ...common, kind: "N2a", jurisdictions: ["KHM", "THA"], sources: "2", ask: [{ member: "harbour-light", desk: "desk@harbour-light.example.org" }, { member: "open-road", desk: "desk@open-road.example.org" }], grading: "2 D C", handling: ["INTEL_ONLY", "NO_IMMIGRATION"], notice: nonPunishment, expires: time(now + 86_400 * 180) };
  }
};

const request = "5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10";
const other = "0b3c6f0e-2f0c-4d57-9a58-0f3b8f1f7f11";

/** What an agency sees of requests, after its notice: two answers, facts in two parts, one of them withdrawn. The newest number first in nobody's order. */
export const agencyNews: News = (number, now) => {
  const facts = { kind: "N3", case: "77/2026", from: { member: "harbour-light", desk: "desk@harbour-light.example.org" }, handling: ["INTEL_ONLY"], notice: nonPunishment, outcomeDue: time(now + 86_400 * 30), purpose: "investigation-of-traffickers" };
  switch (number) {
    case 2:
      return everyKind(3, now);
    case 3:
      return { kind: "status", request, state: "UnderReview", until: time(now + 86_400 * 20) };
    case 4:
      return { kind: "status", request, state: "PartlyGranted", reason: "PersonRefuses" };
    case 5:
      return { ...facts, request, part: 1, parts: 2, facts: [{ field: "suspects.names", text: "Hia <script>alert(1)</script> Chai" }, { field: "vehicles", text: "white van" }] };
    case 6:
      return { ...facts, request, part: 2, parts: 2, facts: [{ field: "suspects.identifiers", text: "Phone, +66 81 234 5678" }] };
    case 7:
      return { ...facts, request: other, part: 1, parts: 1, facts: [{ field: "vehicles", text: "secret of the withdrawn record" }] };
    case 8:
      return { ...everyKind(3, now), match: reference("11") };
    case 13:
      return { ...everyKind(3, now), match: reference("13"), handling: ["INTEL_ONLY", "RISK_TO_LIFE"], answerBy: time(now + 86_400 * 3) };
    case 10:
      return { kind: "N6", request: other };
    case 11:
      return { kind: "N6", match: reference("11") };
    case 12:
      return { ...everyKind(3, now), match: reference("11") };
    default:
      return { kind: "empty" };
  }
};

/** What a contributor sees: two requests, one of them for the second time, and what the third led to. */
export const contributorNews: News = (number, now) => {
  const asked = { kind: "request", agency: "police-ahtu", case: "77/2026", fields: ["suspects.identifiers", "suspects.names", "victims.names"], legalBasis: "Code of procedure, section 12", purpose: "investigation-of-traffickers" };
  switch (number) {
    case 2:
      return { ...asked, request, own: "LB-00017", due: time(now + 86_400 * 12), escalated: false };
    case 3:
      return { ...asked, request: other, own: "LB-00018", due: time(now - 86_400), escalated: true };
    case 4:
      return { kind: "ending", records: [{ ends: time(now + 86_400 * 9), own: "LB-00003", purposes: ["C3_TELL_NGO", "C5_LE_NONIDENT"] }, { ends: time(now + 86_400 * 41), own: "LB-<b>00004</b>", purposes: ["C2_BLIND_MATCH"] }] };
    case 6:
      return { kind: "use", answers: "1", caveat: useCaveat, disclosures: "2", notices: "6-10", oneWay: "3-5", pointers: "11+", quarter: "2026-Q3", requests: "3-5", withdrawals: "0" };
    case 5:
      return { kind: "outcome", agency: "police-ahtu", outcome: "EnquiryOpened", own: "LB-00009", request: "7b3c6f0e-2f0c-4d57-9a58-0f3b8f1f7f12" };
    default:
      return everyKind(number, now);
  }
};
