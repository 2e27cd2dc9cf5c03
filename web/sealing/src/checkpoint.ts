import { concat, equal, fromBase64, sha256, toBase64, utf8, type Bytes } from "./bytes.ts";
import { spkiOf, verifySignature, type PublicKey } from "./keys.ts";

/** The head of a log: origin, leaves, root. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Bytes;
}

interface NoteSignature {
  readonly name: string;
  readonly keyHash: Bytes;
  readonly payload: Bytes;
}

/** A checkpoint with the log's signature and the witnesses' cosignatures, as one signed note (C2SP). Parsed is not verified. */
export interface SignedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly body: string;
  readonly log: NoteSignature;
  readonly cosignatures: readonly (NoteSignature & { readonly seconds: number })[];
}

const maxNote = 64 << 10;
const maxSignatures = 64;
const lineStart = "— ";
const namePattern = /^[^\s\p{Cc}\p{Surrogate}+\uFFFD]{1,256}$/u;

/** Writes the note text of a checkpoint. */
export const checkpointText = (checkpoint: Checkpoint): string => `${checkpoint.origin}\n${checkpoint.size}\n${toBase64(checkpoint.root)}\n`;

/** Parses the note text of a checkpoint; null for anything that {@link checkpointText} does not write. */
export function parseCheckpoint(text: string): Checkpoint | null {
  const lines = text.split("\n");
  const root = fromBase64(lines[2] ?? "");
  const size = Number(lines[1]);
  if (lines.length !== 4 || !namePattern.test(lines[0]!) || !Number.isSafeInteger(size) || root?.length !== 32) {
    return null;
  }
  const checkpoint = { origin: lines[0]!, size, root };
  return checkpointText(checkpoint) === text && size > 0 ? checkpoint : null;
}

/** Parses a signed note with a checkpoint: the log's line first, then at most one line a witness. */
export function parseSignedCheckpoint(note: string): SignedCheckpoint | null {
  const gap = note.lastIndexOf("\n\n");
  if (note.length > maxNote || gap < 0 || !note.endsWith("\n")) {
    return null;
  }
  const body = note.slice(0, gap + 1);
  const lines = note.slice(gap + 2, -1).split("\n");
  const signatures = lines.map(parseLine);
  const checkpoint = parseCheckpoint(body);
  const [log, ...rest] = signatures;
  if (checkpoint === null || !log || signatures.length > maxSignatures || log.payload.length !== 64) {
    return null;
  }
  const cosignatures: (NoteSignature & { readonly seconds: number })[] = [];
  for (const line of rest) {
    if (line === null || line.payload.length !== 72 || cosignatures.some((other) => other.name === line.name)) {
      return null;
    }
    const seconds = new DataView(line.payload.buffer, line.payload.byteOffset).getBigUint64(0);
    if (seconds === 0n || seconds > 253402300799n) {
      return null;
    }
    cosignatures.push({ ...line, seconds: Number(seconds) });
  }
  return { checkpoint, body, log, cosignatures };
}

function parseLine(line: string): NoteSignature | null {
  const space = line.indexOf(" ", lineStart.length);
  if (!line.startsWith(lineStart) || space < 0) {
    return null;
  }
  const name = line.slice(lineStart.length, space);
  const bytes = fromBase64(line.slice(space + 1));
  return bytes === null || bytes.length <= 4 || bytes.length > 4100 || !namePattern.test(name)
    ? null
    : { name, keyHash: bytes.slice(0, 4), payload: bytes.slice(4) };
}

async function hasKeyHash(signature: NoteSignature, type: string, key: PublicKey): Promise<boolean> {
  const hash = await sha256(utf8(signature.name), Uint8Array.of(0x0a, 0xff), utf8(type), spkiOf(key));
  return equal(hash.subarray(0, 4), signature.keyHash);
}

/** Verifies the log's own signature. */
export const verifyLog = async (signed: SignedCheckpoint, name: string, key: PublicKey): Promise<boolean> =>
  signed.log.name === name
  && (await hasKeyHash(signed.log, "cleanroom/ecdsa-p256", key))
  && verifySignature(key, utf8(signed.body), signed.log.payload);

/** Clocks, in seconds, of the cosignatures that verify: at most one a name and one a key, from known witnesses only. */
export async function validCosignatures(signed: SignedCheckpoint, witnesses: ReadonlyMap<string, PublicKey>): Promise<readonly number[]> {
  const keys = new Set<string>();
  const clocks = [];
  for (const cosignature of signed.cosignatures) {
    const key = witnesses.get(cosignature.name);
    if (key === undefined || keys.has(key.id) || !(await hasKeyHash(cosignature, "cleanroom/ecdsa-p256-cosignature/v1", key))) {
      continue;
    }
    const message = utf8(`cosignature/v1\ntime ${cosignature.seconds}\n${signed.body}`);
    if (await verifySignature(key, message, concat(cosignature.payload.subarray(8)))) {
      keys.add(key.id);
      clocks.push(cosignature.seconds);
    }
  }
  return clocks;
}
