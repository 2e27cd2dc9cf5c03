import { digestText, parseDigest, sha256 } from "./bytes.ts";
import { memberOf, quorumOf, type Charter } from "./charter.ts";
import { canonicalize, Fields, FormError, reading, type Json } from "./json.ts";
import { parseDetachedJws, verifyJws } from "./jws.ts";

/** Where a log ends. */
interface Position {
  readonly size: number;
  readonly root: string;
}

/** What all contributors sign when entries of the log are lost for good (docs/protocol.md section 2). */
export interface Recovery {
  readonly room: string;
  readonly number: number;
  readonly charter: string;
  readonly reason: string;
  readonly surviving: Position;
  /** Members whose witness's last checkpoint is in it. */
  readonly witnesses: readonly string[];
  /** Entries that are lost at most. */
  readonly gap: number;
  /** What is signed. */
  readonly hash: string;
}

const maxEntries = 2 ** 24;
const signatureType = "cleanroom-recovery+jws";

/** Reads a statement; null for any other form. */
export async function readRecovery(json: Json): Promise<Recovery | null> {
  const read = reading(() => {
    const fields = new Fields(json);
    fields.oneOf("schema", "cleanroom/recovery/v1");
    const lost = fields.list("lost", 1, 64).map((item) => {
      const position = new Fields(item);
      const entry = { witness: position.member("witness"), last: readPosition(position.object("last")) };
      position.end();
      return entry;
    });
    const body = {
      room: fields.uuid("room"),
      number: fields.integer("number", 1, 1_000_000),
      charter: readDigest(fields, "charter"),
      reason: fields.matching("reason", /^(?!\s)[^\p{Cc}]{1,512}(?<!\s)$/u),
      surviving: readPosition(fields.object("surviving")),
    };
    fields.time("until");
    fields.end();
    return { ...body, lost };
  });
  if (read === null) {
    return null;
  }
  const { lost, ...body } = read;
  const isSorted = lost.every((item, i) => i === 0 || lost[i - 1]!.witness < item.witness);
  const isOneHistory = lost.every((item) => lost.every((other) => other.last.size !== item.last.size || other.last.root === item.last.root));
  const longest = Math.max(...lost.map((item) => item.last.size));
  return isSorted && isOneHistory && longest > body.surviving.size && longest <= maxEntries
    ? { ...body, witnesses: lost.map((item) => item.witness), gap: longest - body.surviving.size, hash: digestText(await sha256(canonicalize(json))) }
    : null;
}

/** Whether every contributor of a charter has signed, nobody else has, and a quorum of its witnesses is named. */
export async function isSignedByAll(recovery: Recovery, signatures: ReadonlyMap<string, string>, charter: Charter): Promise<boolean> {
  const contributors = charter.members.filter((member) => member.role === "contributor");
  if (recovery.charter !== charter.hash || recovery.room !== charter.room || contributors.some((member) => !signatures.has(member.id))
    || recovery.witnesses.length < quorumOf(charter) || recovery.witnesses.some((id) => !memberOf(charter, id)?.broker)) {
    return false;
  }
  for (const [id, detached] of signatures) {
    const key = contributors.find((member) => member.id === id)?.organisationKey;
    const jws = parseDetachedJws(detached, canonicalize({ member: id, recovery: recovery.hash, room: recovery.room }));
    if (key === undefined || jws === null || jws.type !== signatureType || !(await verifyJws(jws, key))) {
      return false;
    }
  }
  return true;
}

function readPosition(fields: Fields): Position {
  const position = { root: readDigest(fields, "root"), size: fields.integer("size", 1, 2 ** 53 - 1) };
  fields.end();
  return position;
}

function readDigest(fields: Fields, name: string): string {
  const text = fields.text(name, 64);
  if (parseDigest(text) === null) {
    throw new FormError(`${name} is no digest`);
  }
  return text;
}
