import { digestText, equal, sha256, toHex, type Bytes } from "./bytes.ts";
import { canonicalize, Fields, reading, type Json, type JsonObject } from "./json.ts";
import { parseDetachedJws, verifyJws } from "./jws.ts";
import { publicKeyOfJwk, type PublicKey } from "./keys.ts";

/** Keys of a member's broker, and of those that stand in for it. */
export interface Broker {
  readonly verifierKey: PublicKey;
  readonly witnessKey: PublicKey;
  readonly standIns: readonly { readonly verifierKey: PublicKey; readonly handOverKey: PublicKey }[];
}

/** A member as a charter lists it. */
export interface Member {
  readonly id: string;
  readonly role: "agency" | "contributor" | "representative" | "steward";
  readonly name: string;
  readonly organisationKey: PublicKey;
  readonly broker: Broker | null;
}

/**
 * What a reader of messages needs of a charter version. Whether the version is a good one (bounds, queries, code lists) was for its contributors to check
 * before they signed; here counts who has signed it.
 */
export interface Charter {
  readonly json: JsonObject;
  /** SHA-256 of the canonical form. */
  readonly hash: string;
  readonly room: string;
  readonly version: number;
  readonly previous: string | null;
  readonly title: string;
  readonly simulated: boolean;
  readonly validFrom: string;
  readonly expires: string;
  readonly members: readonly Member[];
  readonly operatorKey: PublicKey;
  readonly faulty: number;
  readonly epochSeconds: number;
  readonly slotsPerMember: number;
  readonly messageBytes: number;
}

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const approvalType = "cleanroom-approval+jws";
const unitSeconds: Readonly<Record<string, number>> = { S: 1, M: 60, H: 3600, D: 86_400 };

/** Seconds of a duration with one component; null if it is none of those that epochs have. */
export function secondsOf(duration: string): number | null {
  const match = /^P(?:T([1-9]\d{0,8})([SMH])|([1-9]\d{0,6})(D))$/.exec(duration);
  return match && Number(match[1] ?? match[3]) * unitSeconds[(match[2] ?? match[4])!]!;
}

/** Reads a charter version; null if it has another form. */
export async function readCharter(json: Json): Promise<Charter | null> {
  const read = reading(() => {
    const fields = new Fields(json);
    const epochs = fields.object("epochs");
    return {
      schema: fields.oneOf("schema", "cleanroom/charter/v1"),
      room: fields.matching("room", uuid),
      version: fields.integer("version", 1, 1_000_000),
      previous: fields.value("previous") === null ? null : fields.matching("previous", /^sha256:[A-Za-z0-9_-]{43}$/),
      title: fields.text("title", 1024),
      simulated: fields.bool("simulated"),
      validFrom: fields.time("validFrom"),
      expires: fields.time("expires"),
      faulty: fields.object("witnesses").integer("faulty", 0, 63),
      epochSeconds: secondsOf(epochs.text("length", 16)),
      slotsPerMember: epochs.integer("slotsPerMember", 2, 1024),
      messageBytes: epochs.integer("messageBytes", 1024, 16_384),
      operator: fields.object("operator").value("key"),
      members: fields.list("members", 1, 64),
    };
  });
  if (read === null || read.epochSeconds === null) {
    return null;
  }
  const operatorKey = await publicKeyOfJwk(read.operator);
  const members = await Promise.all(read.members.map(readMember));
  const known = members.filter((member) => member !== null);
  if (operatorKey === null || known.length !== members.length || new Set(known.map((member) => member.id)).size !== known.length) {
    return null;
  }
  const hash = digestText(await sha256(canonicalize(json)));
  const { operator: _, schema: __, ...rest } = read;
  return { ...rest, epochSeconds: read.epochSeconds, json: json as JsonObject, hash, members: known, operatorKey };
}

async function readMember(json: Json): Promise<Member | null> {
  const read = reading(() => {
    const fields = new Fields(json);
    return {
      id: fields.member("id"),
      role: fields.oneOf("role", "agency", "contributor", "representative", "steward"),
      name: fields.text("name", 1024),
      organisationKey: fields.value("organisationKey"),
      broker: fields.has("broker") ? fields.object("broker") : null,
    };
  });
  if (read === null) {
    return null;
  }
  const organisationKey = await publicKeyOfJwk(read.organisationKey);
  const broker = read.broker && (await readBroker(read.broker));
  return organisationKey === null || (read.broker !== null && broker === null) ? null : { ...read, organisationKey, broker };
}

async function readBroker(fields: Fields): Promise<Broker | null> {
  const read = reading(() => ({
    verifierKey: fields.value("verifierKey"),
    witnessKey: fields.value("witnessKey"),
    standIns: fields.list("standIn", 0, 2).map((json) => {
      const standIn = new Fields(json);
      return [standIn.value("verifierKey"), standIn.value("handOverKey")] as const;
    }),
  }));
  if (read === null) {
    return null;
  }
  const [verifierKey, witnessKey] = await Promise.all([publicKeyOfJwk(read.verifierKey), publicKeyOfJwk(read.witnessKey)]);
  const standIns: { verifierKey: PublicKey; handOverKey: PublicKey }[] = [];
  for (const [verifier, handOver] of read.standIns) {
    const [standInVerifier, handOverKey] = await Promise.all([publicKeyOfJwk(verifier), publicKeyOfJwk(handOver)]);
    if (standInVerifier === null || handOverKey === null) {
      return null;
    }
    standIns.push({ verifierKey: standInVerifier, handOverKey });
  }
  return verifierKey === null || witnessKey === null ? null : { verifierKey, witnessKey, standIns };
}

/** The member of an id. */
export const memberOf = (charter: Charter, id: string): Member | undefined => charter.members.find((member) => member.id === id);

/** Keys of the charter's witnesses by name: every member with a broker is one. */
export const witnessesOf = (charter: Charter): ReadonlyMap<string, PublicKey> =>
  new Map(charter.members.flatMap((member) => (member.broker ? [[member.id, member.broker.witnessKey] as const] : [])));

/** How many witnesses must have cosigned: floor((n + f) / 2) + 1. */
export const quorumOf = (charter: Charter): number => Math.floor((witnessesOf(charter).size + charter.faulty) / 2) + 1;

/** Those without whose signature no version takes over, and whose veto counts. */
const voicesOf = (charter: Charter): readonly Member[] => charter.members.filter((member) => member.role === "contributor" || member.role === "representative");

const contributorsOf = (charter: Charter): readonly Member[] => charter.members.filter((member) => member.role === "contributor");

/** Whether the child is the parent without one contributor and its quota, and nothing else; gives who is gone. */
export function pureRemoval(child: Charter, parent: Charter): string | null {
  const gone = contributorsOf(parent).filter((member) => memberOf(child, member.id)?.role !== "contributor");
  if (gone.length !== 1) {
    return null;
  }
  const id = gone[0]!.id;
  const expected = structuredClone(parent.json) as Record<string, Json>;
  expected["version"] = parent.version + 1;
  expected["previous"] = parent.hash;
  expected["members"] = (expected["members"] as readonly JsonObject[]).filter((member) => member["id"] !== id);
  const quota = (expected["quotas"] as Record<string, Json> | undefined)?.["recordsPerMonth"] as Record<string, Json> | undefined;
  if (quota) {
    delete quota[id];
  }
  return equal(canonicalize(expected), canonicalize(child.json)) ? id : null;
}

/** Judges whether a version takes over from its parent (docs/protocol.md section 2). */
export async function takesOver(
  charter: Charter, approvals: ReadonlyMap<string, string>, parent: Charter | null, vetoedBy: ReadonlySet<string>,
): Promise<boolean> {
  const removed = parent && pureRemoval(charter, parent);
  const required = new Map(voicesOf(charter).map((member) => [member.id, member.organisationKey]));
  // By the key that spoke so far: nobody takes a seat from who holds it, by another key or another role.
  for (const member of parent?.members.filter((before) => before.role === "representative") ?? []) {
    required.set(member.id, member.organisationKey);
  }
  if (parent !== null && removed === null) {
    // Who is left out of a version that changes more than that must agree to go.
    for (const member of contributorsOf(parent)) {
      if (!required.has(member.id)) {
        required.set(member.id, member.organisationKey);
      }
    }
  }
  const vetoes = parent !== null && voicesOf(parent).some((member) => member.id !== removed && vetoedBy.has(member.id));
  const follows = charter.version === (parent?.version ?? 0) + 1
    && (parent === null || (charter.room === parent.room && charter.previous === parent.hash && charter.simulated === parent.simulated));
  if (!follows || vetoes || [...required.keys()].some((id) => !approvals.has(id))) {
    return false;
  }
  for (const [id, detached] of approvals) {
    const key = required.get(id) ?? memberOf(charter, id)?.organisationKey;
    const payload = canonicalize({ charter: charter.hash, decision: "approve", member: id, room: charter.room, version: charter.version });
    const jws = detached.length <= 1024 ? parseDetachedJws(detached, payload) : null;
    if (key === undefined || jws === null || jws.type !== approvalType || !(await verifyJws(jws, key))) {
      return false;
    }
  }
  return true;
}

/** A short form of a hash that two people can compare by voice: 8 groups of 4 hex digits. */
export const fingerprint = (hash: Bytes): string => toHex(hash.subarray(0, 16)).match(/.{4}/g)!.join(" ");
