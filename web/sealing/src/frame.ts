import { digestText, equal, fromBase64Url, parseDigest, sha256, utf8, type Bytes } from "./bytes.ts";
import { open, overhead, type HpkePrivateKey } from "./hpke.ts";
import { canonicalize, Fields, parseCanonical, reading } from "./json.ts";
import { parseJws, verifyJws, type Jws } from "./jws.ts";
import { leafHash, verifyInclusion } from "./merkle.ts";
import { parseMessage, type Message, type Place } from "./message.ts";
import { unpadFromSize } from "./padme.ts";
import type { EpochHead, RoomLog } from "./room.ts";

/** A message on its way: signed header, ciphertext, audit path in the recipient's epoch root; bytes in base64url. */
export interface Frame {
  readonly header: string;
  readonly ciphertext: string;
  readonly path: readonly string[];
}

/** What the enclave signs of every message that leaves. */
export interface FrameHeader {
  readonly charter: string;
  readonly ciphertext: string;
  readonly epoch: number;
  readonly generation: number;
  readonly number: number;
  readonly recipient: string;
  readonly room: string;
}

/** Why a frame is refused. */
export type FrameRefusal =
  | "malformed" | "other-recipient" | "unknown-epoch" | "wrong-signer" | "wrong-charter" | "wrong-number" | "wrong-ciphertext" | "not-in-epoch"
  | "number-missing" | "too-late" | "void" | "cannot-open" | "wrong-label" | "head-contradicts-log";

/** A message that was read, or the alarm that came in its place. */
export type Judged =
  | { readonly ok: true; readonly header: FrameHeader; readonly head: EpochHead; readonly message: Message }
  | { readonly ok: false; readonly number: number; readonly refusal: FrameRefusal };

const maxHeader = 2048;
const maxPath = 128;

/** Reads a header; its signature is the caller's to verify. Null if it has another form. */
export function parseHeader(text: string): { readonly header: FrameHeader; readonly jws: Jws } | null {
  const jws = text.length <= maxHeader ? parseJws(text) : null;
  const payload = jws?.type === "cleanroom-message+jws" ? parseCanonical(jws.payload) : undefined;
  const header = payload === undefined ? null : reading(() => {
    const fields = new Fields(payload);
    const read: FrameHeader = {
      charter: fields.matching("charter", digest),
      ciphertext: fields.matching("ciphertext", digest),
      epoch: fields.integer("epoch", 1, Number.MAX_SAFE_INTEGER),
      generation: fields.integer("generation", 1, Number.MAX_SAFE_INTEGER),
      number: fields.integer("number", 1, Number.MAX_SAFE_INTEGER),
      recipient: fields.member("recipient"),
      room: fields.text("room", 36),
    };
    fields.end();
    return read;
  });
  return jws && header && { header, jws };
}

const digest = /^sha256:[A-Za-z0-9_-]{43}$/;

/** Verifies a frame against the log: signer, charter, number, ciphertext, place in the epoch's tree. Null if nothing is wrong. */
export async function verifyFrame(
  log: RoomLog, recipient: string, header: FrameHeader, jws: Jws, ciphertext: Bytes, path: readonly string[],
): Promise<FrameRefusal | null> {
  if (header.room !== log.room || header.recipient !== recipient) {
    return "other-recipient";
  }
  const head = log.epoch(header.epoch);
  if (head === null) {
    return "unknown-epoch";
  }
  const later = header.generation > head.generation ? log.instanceOf(header.generation) : null;
  const signer = header.generation === head.generation ? head.signing : later?.trusted ? later.signing : null;
  if (signer === null || !(await verifyJws(jws, signer))) {
    return "wrong-signer";
  }
  if (header.charter !== head.charter.hash) {
    return "wrong-charter";
  }
  const range = head.recipients.get(recipient);
  if (range === undefined || header.number < range.first || header.number > range.last) {
    return "wrong-number";
  }
  const hash = parseDigest(header.ciphertext)!;
  if (!equal(await sha256(ciphertext), hash)) {
    return "wrong-ciphertext";
  }
  const hashes = path.slice(0, maxPath + 1).map(fromBase64Url);
  const good = hashes.every((item) => item?.length === 32)
    && (await verifyInclusion(await leafHash(hash), header.number - range.first, range.last - range.first + 1, hashes as Bytes[], range.root));
  return good ? null : "not-in-epoch";
}

/** Info of a message's HPKE context. */
export const messageInfo = (place: Place, keyId: string): Bytes => utf8(`cleanroom/v1/message\0${place.room}\0${place.recipient}\0${keyId}`);

/** What a message's ciphertext is bound to. */
export const messageAad = (place: Place): Bytes =>
  canonicalize({ epoch: place.epoch, number: place.number, recipient: place.recipient, room: place.room });

/** Opens a message and reads it; null if it was not sealed to this key for this place, or has another form. */
export async function openMessage(ciphertext: Bytes, place: Place, key: HpkePrivateKey, messageBytes: number): Promise<Message | null> {
  const plaintext = ciphertext.length === messageBytes + overhead ? await open(key, messageInfo(place, key.publicKey.id), messageAad(place), ciphertext) : null;
  const json = plaintext && unpadFromSize(plaintext, messageBytes);
  const message = json && parseMessage(json, place);
  plaintext?.fill(0);
  json?.fill(0);
  return message;
}

/**
 * Decides on the frame that should carry the next number that was not declared void: every check that a recipient owes itself before it reads a message. Evidence is not appraised here: an
 * instance is believed when one more broker than may collude has appraised it and released its keys.
 */
export async function judgeFrame(log: RoomLog, recipient: string, keys: readonly HpkePrivateKey[], frame: Frame, next: number): Promise<Judged> {
  const refused = (refusal: FrameRefusal): Judged => ({ ok: false, number: next, refusal });
  const parsed = parseHeader(frame.header);
  const ciphertext = fromBase64Url(frame.ciphertext);
  if (parsed === null || ciphertext === null) {
    return refused("malformed");
  }
  const { header, jws } = parsed;
  const refusal = await verifyFrame(log, recipient, header, jws, ciphertext, frame.path);
  if (refusal === "unknown-epoch" && log.lostFrom(recipient, header.number) !== null) {
    // Its epoch is among the entries that are lost: nothing binds it any more. What it told is told anew.
    return refused("void");
  }
  if (refusal !== null) {
    return refused(refusal);
  }
  const { number } = header;
  const head = log.epoch(header.epoch)!;
  if (head.untimely && log.voidThrough(recipient, number) !== null) {
    return refused("void");
  }
  if (number !== next && !areVoid(log, recipient, next, number)) {
    return refused("number-missing");
  }
  if (head.untimely) {
    return refused("too-late");
  }
  const { simulated, messageBytes } = head.charter;
  const place: Place = { room: log.room, recipient, number, epoch: header.epoch, simulated };
  for (const key of keys) {
    const message = await openMessage(ciphertext, place, key, messageBytes);
    if (message !== null) {
      return fitsHead(head, recipient, number, message) ? { ok: true, header, head, message } : refused("head-contradicts-log");
    }
    if ((await openMessage(ciphertext, { ...place, simulated: !simulated }, key, messageBytes)) !== null) {
      return refused("wrong-label");
    }
  }
  return refused("cannot-open");
}

/** Whether all numbers from one up to another (exclusive) were declared void. */
function areVoid(log: RoomLog, recipient: string, from: number, to: number): boolean {
  let next = from;
  for (let last = log.voidThrough(recipient, next); next < to && last !== null; last = log.voidThrough(recipient, next)) {
    next = last + 1;
  }
  return from < to && next === to;
}

/** The first message of an epoch is its head and says what the log says; no other is one. */
function fitsHead(head: EpochHead, recipient: string, number: number, message: Message): boolean {
  const range = head.recipients.get(recipient)!;
  const isFirst = number === range.first;
  return message.kind === "head"
    ? isFirst && message.last === range.last && message.evaluated === head.evaluated
      && message.position.size === head.position.size && message.position.root === head.position.root
    : !isFirst;
}

/** The digest of bytes as the protocol writes it. */
export const digestOf = async (bytes: Uint8Array): Promise<string> => digestText(await sha256(bytes));
