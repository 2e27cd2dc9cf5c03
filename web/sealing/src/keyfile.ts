import { fromBase64Url, utf8, type Bytes } from "./bytes.ts";
import { canonicalize, Fields, parseCanonical, reading, type Json } from "./json.ts";
import { importPrivateKey, type HpkePrivateKey } from "./hpke.ts";
import { publicKeyOfJwk, type PublicKey } from "./keys.ts";

/** A key that signs: not extractable. */
export interface SignKey {
  readonly handle: CryptoKey;
  readonly publicKey: PublicKey;
}

/** What a member's page needs, opened: its keys live as long as the page and cannot be taken out of it. */
export interface OpenedKeyFile {
  readonly member: string;
  readonly room: string;
  /** Hash of the room's first charter. */
  readonly genesis: string;
  readonly signIn: SignKey;
  /** The key of the person who uses the page, with which she asks, decides, confirms and reports; null if she only reads. */
  readonly person: SignKey | null;
  /** The newest first. */
  readonly inbox: readonly HpkePrivateKey[];
}

/** A key file that was not opened yet: the visible part. */
export interface SealedKeyFile {
  readonly member: string;
  readonly room: string;
  readonly genesis: string;
  readonly iterations: number;
  readonly salt: Bytes;
  readonly iv: Bytes;
  readonly sealed: Bytes;
  readonly associated: Bytes;
}

const maxFile = 64 << 10;
const minIterations = 600_000;
const maxIterations = 10_000_000;

/** Reads the visible part of a key file (docs/protocol.md section 8); null if it is none. */
export function parseKeyFile(bytes: Uint8Array): SealedKeyFile | null {
  const trimmed = bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes;
  const value = parseCanonical(trimmed, maxFile);
  return value === undefined ? null : reading(() => {
    const fields = new Fields(value);
    fields.oneOf("schema", "cleanroom/page-key/v1");
    const binary = (name: string, size?: number): Bytes => {
      const read = fromBase64Url(fields.text(name, maxFile));
      if (read === null || (size !== undefined && read.length !== size)) {
        throw new RangeError();
      }
      return read;
    };
    try {
      const file = {
        genesis: fields.matching("genesis", /^sha256:[A-Za-z0-9_-]{43}$/),
        iterations: fields.integer("iterations", minIterations, maxIterations),
        iv: binary("iv", 12),
        member: fields.member("member"),
        room: fields.text("room", 36),
        salt: binary("salt", 32),
        sealed: binary("sealed"),
      };
      fields.end();
      const { sealed: _, ...visible } = value as Record<string, Json>;
      return { ...file, associated: canonicalize(visible) };
    } catch (error) {
      if (error instanceof RangeError) {
        return null;
      }
      throw error;
    }
  });
}

/** Opens a key file; null if the passphrase is another one or the file was changed. */
export async function openKeyFile(file: SealedKeyFile, passphrase: string): Promise<OpenedKeyFile | null> {
  const plain = await unsealKeyFile(file, passphrase);
  const opened = plain && (await readKeys(file, plain));
  plain?.fill(0);
  return opened;
}

/** The keys of a key file as they stood in it, for {@link readKeys}; whoever asks for them zeroes them. Null if the passphrase is another one or the file was changed. */
export async function unsealKeyFile(file: SealedKeyFile, passphrase: string): Promise<Bytes | null> {
  const secret = await crypto.subtle.importKey("raw", utf8(passphrase.normalize("NFC")), "PBKDF2", false, ["deriveKey"]);
  const parameters = { name: "PBKDF2", hash: "SHA-256", salt: file.salt, iterations: file.iterations };
  const key = await crypto.subtle.deriveKey(parameters, secret, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: file.iv, additionalData: file.associated }, key, file.sealed));
  } catch {
    return null;
  }
}

/** What a key file says openly. */
export type KeyPlace = Pick<SealedKeyFile, "genesis" | "member" | "room">;

/** Reads the keys that stood sealed in a key file; null if they have another form. */
export async function readKeys(place: KeyPlace, plain: Uint8Array): Promise<OpenedKeyFile | null> {
  const value = parseCanonical(plain, maxFile);
  const content = value === undefined ? null : reading(() => {
    const fields = new Fields(value);
    const read = { inbox: fields.list("inbox", 1, 64), person: fields.has("person") ? fields.value("person") : null, signIn: fields.value("signIn") };
    fields.end();
    return read;
  });
  if (content === null) {
    return null;
  }
  const signIn = await importSigning(content.signIn);
  const person = content.person === null ? null : await importSigning(content.person);
  const inbox = await Promise.all(content.inbox.map((jwk) => importPrivateKey(jwk as JsonWebKey)));
  const { member, room, genesis } = place;
  const good = signIn !== null && !inbox.includes(null) && (content.person === null || person !== null);
  return good ? { member, room, genesis, signIn, person, inbox: (inbox as HpkePrivateKey[]).toReversed() } : null;
}

async function importSigning(jwk: Json): Promise<SignKey | null> {
  try {
    const { crv, kty, x, y } = jwk as Record<string, Json>;
    const publicKey = await publicKeyOfJwk({ crv: crv!, kty: kty!, x: x!, y: y! });
    const handle = await crypto.subtle.importKey("jwk", jwk as JsonWebKey, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
    return publicKey && { handle, publicKey };
  } catch {
    return null;
  }
}
