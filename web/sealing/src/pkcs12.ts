import { concat, type Bytes } from "./bytes.ts";
import { Der, tags } from "./der.ts";
import { canonicalize, FormError, isMember, parseCanonical, type Json } from "./json.ts";
import type { KeyPlace } from "./keyfile.ts";

/** A private key of a PKCS#12 file, and the name that it has there ("friendlyName"). */
export interface NamedKey {
  readonly name: string;
  readonly jwk: { readonly [name: string]: string };
}

/** Why a PKCS#12 file is not taken. "unsupported": it is protected in a way that browsers do not know or that protects no more, or holds another kind of key. */
export type Pkcs12Refusal = "malformed" | "passphrase" | "unsupported";

class Unsupported extends Error {}

class WrongPassphrase extends Error {}

const maxFile = 64 << 10;
const maxKeys = 64;
const maxIterations = 10_000_000;
/** The classical integrity check is a loop of digests, each a call of its own here. */
const maxMacIterations = 200_000;

// RFC 7292, RFC 8018, RFC 9579: contents of the object identifiers, in hex.
const data = "2a864886f70d010701";
const encryptedData = "2a864886f70d010706";
const keyBag = "2a864886f70d010c0a0101";
const shroudedBag = "2a864886f70d010c0a0102";
const friendlyName = "2a864886f70d010914";
const pbes2 = "2a864886f70d01050d";
const pbkdf2 = "2a864886f70d01050c";
const pbmac1 = "2a864886f70d01050e";
const hmacs: Readonly<Record<string, string>> = { "2a864886f70d0209": "SHA-256", "2a864886f70d020a": "SHA-384", "2a864886f70d020b": "SHA-512" };
const digests: Readonly<Record<string, { readonly hash: string; readonly block: number }>> = {
  "608648016503040201": { hash: "SHA-256", block: 64 }, "608648016503040202": { hash: "SHA-384", block: 128 }, "608648016503040203": { hash: "SHA-512", block: 128 },
};
const ciphers: Readonly<Record<string, number>> = { "60864801650304012a": 256, "608648016503040102": 128 };

/** Whether a file looks like PKCS#12 rather than a key file of ours. */
export const looksLikePkcs12 = (bytes: Uint8Array): boolean => bytes[0] === tags.sequence;

/**
 * Opens a PKCS#12 file (RFC 7292): the P-256 keys in it, with their names. It must have an integrity check, which is made before anything inside is read. WebCrypto does the cryptography,
 * so that what it does not have is refused: RC2, 3DES, SHA-1, as OpenSSL before version 3 wrote them.
 */
export async function openPkcs12(bytes: Bytes, passphrase: string): Promise<readonly NamedKey[] | Pkcs12Refusal> {
  try {
    if (bytes.length > maxFile) {
      throw new FormError();
    }
    const file = new Der(bytes);
    const pfx = file.into();
    file.end();
    pfx.integer(3, 3);
    const safe = pfx.into();
    if (safe.oid() !== data) {
      // Signed instead of keyed integrity: nobody hands out keys in this way.
      throw new Unsupported();
    }
    const outer = safe.into(tags.inner0);
    const content = outer.take(tags.octets);
    outer.end();
    safe.end();
    await checkMac(pfx.into(), content, passphrase.normalize("NFC"));
    pfx.end();
    const keys: NamedKey[] = [];
    const parts = new Der(content);
    const list = parts.into();
    parts.end();
    while (list.more) {
      await readPart(list.into(), passphrase.normalize("NFC"), keys);
    }
    return keys;
  } catch (error) {
    if (error instanceof FormError) {
      return "malformed";
    }
    if (error instanceof WrongPassphrase) {
      return "passphrase";
    }
    if (error instanceof Unsupported) {
      return "unsupported";
    }
    throw error;
  }
}

async function checkMac(mac: Der, content: Bytes, passphrase: string): Promise<void> {
  const info = mac.into();
  const algorithm = info.into();
  const oid = algorithm.oid();
  const expected = info.take(tags.octets);
  info.end();
  const salt = mac.take(tags.octets);
  const iterations = mac.more ? mac.integer(1, maxIterations) : 1;
  mac.end();
  let key: CryptoKey;
  if (oid === pbmac1) {
    const parameters = algorithm.into();
    algorithm.end();
    const stretched = readPbkdf2(parameters.into());
    const hash = hmacs[parameters.into().plainAlgorithm()];
    parameters.end();
    if (hash === undefined) {
      throw new Unsupported();
    }
    key = await stretch(stretched, passphrase, { name: "HMAC", hash, length: (stretched.length ?? 32) * 8 }, ["verify"]);
  } else {
    const digest = digests[oid];
    algorithm.noParameters();
    if (digest === undefined || iterations > maxMacIterations) {
      throw new Unsupported();
    }
    key = await crypto.subtle.importKey("raw", await derive(digest, passphrase, salt, iterations), { name: "HMAC", hash: digest.hash }, false, ["verify"]);
  }
  if (!(await crypto.subtle.verify("HMAC", key, expected, content))) {
    throw new WrongPassphrase();
  }
}

/** RFC 7292 appendix B.2 for one block of output, purpose 3: a key for the integrity check. */
async function derive({ hash, block }: { readonly hash: string; readonly block: number }, passphrase: string, salt: Bytes, iterations: number): Promise<Bytes> {
  const text = new Uint8Array((passphrase.length + 1) * 2);
  if (/[\ud800-\udfff]/.test(passphrase)) {
    // Programs differ in what they make of characters beyond the first 65,536.
    throw new Unsupported();
  }
  for (let i = 0; i < passphrase.length; i++) {
    text[2 * i] = passphrase.charCodeAt(i) >> 8;
    text[2 * i + 1] = passphrase.charCodeAt(i) & 0xff;
  }
  const repeated = (part: Bytes): Bytes => Uint8Array.from({ length: Math.ceil(part.length / block) * block }, (_, i) => part[i % part.length]!);
  let value: Bytes = concat(new Uint8Array(block).fill(3), repeated(salt), repeated(text));
  for (let i = 0; i < iterations; i++) {
    value = new Uint8Array(await crypto.subtle.digest(hash, value));
  }
  return value;
}

interface Stretched {
  readonly salt: Bytes;
  readonly iterations: number;
  readonly length: number | null;
  readonly hash: string;
}

function readPbkdf2(kdf: Der): Stretched {
  if (kdf.oid() !== pbkdf2) {
    throw new Unsupported();
  }
  const parameters = kdf.into();
  const salt = parameters.take(tags.octets);
  const iterations = parameters.integer(1, maxIterations);
  const length = parameters.is(tags.integer) ? parameters.integer(16, 64) : null;
  // Without a name it is HMAC-SHA-1.
  const hash = parameters.more ? hmacs[parameters.into().plainAlgorithm()] : undefined;
  parameters.end();
  if (hash === undefined) {
    throw new Unsupported();
  }
  return { salt, iterations, length, hash };
}

async function stretch({ salt, iterations, hash }: Stretched, passphrase: string, use: AesKeyGenParams | HmacKeyGenParams, usages: KeyUsage[]): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey("raw", new TextEncoder().encode(passphrase), "PBKDF2", false, ["deriveKey"]);
  return crypto.subtle.deriveKey({ name: "PBKDF2", hash, salt, iterations }, secret, use, false, usages);
}

/** Opens what PBES2 (RFC 8018 section 6.2) has encrypted. */
async function decrypt(algorithm: Der, sealed: Bytes, passphrase: string): Promise<Bytes> {
  if (algorithm.oid() !== pbes2) {
    throw new Unsupported();
  }
  const parameters = algorithm.into();
  const stretched = readPbkdf2(parameters.into());
  const cipher = parameters.into();
  const length = ciphers[cipher.oid()];
  if (length === undefined) {
    throw new Unsupported();
  }
  const iv = cipher.take(tags.octets);
  cipher.end();
  parameters.end();
  algorithm.end();
  try {
    const key = await stretch(stretched, passphrase, { name: "AES-CBC", length }, ["decrypt"]);
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv }, key, sealed));
  } catch {
    throw new WrongPassphrase();
  }
}

async function readPart(part: Der, passphrase: string, keys: NamedKey[]): Promise<void> {
  const kind = part.oid();
  const inner = part.into(tags.inner0);
  let contents: Bytes;
  if (kind === data) {
    contents = inner.take(tags.octets);
  } else if (kind === encryptedData) {
    const encrypted = inner.into();
    encrypted.integer(0, 0);
    const info = encrypted.into();
    if (info.oid() !== data) {
      throw new Unsupported();
    }
    contents = await decrypt(info.into(), info.take(tags.part0), passphrase);
    info.end();
  } else {
    throw new Unsupported();
  }
  const whole = new Der(contents);
  const bags = whole.into();
  whole.end();
  while (bags.more) {
    await readBag(bags.into(), passphrase, keys);
  }
}

/** Certificates and what else there may be are passed over. */
async function readBag(bag: Der, passphrase: string, keys: NamedKey[]): Promise<void> {
  const kind = bag.oid();
  const value = bag.into(tags.inner0);
  if (kind !== keyBag && kind !== shroudedBag) {
    return;
  }
  if (keys.length === maxKeys) {
    throw new FormError();
  }
  let key: Bytes;
  if (kind === shroudedBag) {
    const shrouded = value.into();
    key = await decrypt(shrouded.into(), shrouded.take(tags.octets), passphrase);
  } else {
    key = value.bytes.slice();
  }
  try {
    keys.push({ name: bag.more ? readName(bag.into(tags.set)) : "", jwk: await jwkOfPkcs8(key) });
  } finally {
    key.fill(0);
  }
}

function readName(attributes: Der): string {
  while (attributes.more) {
    const attribute = attributes.into();
    if (attribute.oid() === friendlyName) {
      const text = attribute.into(tags.set).take(tags.bmp);
      return Array.from({ length: text.length >> 1 }, (_, i) => String.fromCharCode((text[2 * i]! << 8) | text[2 * i + 1]!)).join("");
    }
  }
  return "";
}

async function jwkOfPkcs8(key: Bytes): Promise<NamedKey["jwk"]> {
  try {
    const handle = await crypto.subtle.importKey("pkcs8", key, { name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
    const { crv, kty, x, y, d } = await crypto.subtle.exportKey("jwk", handle);
    return { crv: crv!, d: d!, kty: kty!, x: x!, y: y! };
  } catch {
    throw new Unsupported();
  }
}

const namePattern = /^cleanroom (sign-in|person|inbox-[1-9]\d{0,3}) (\S{1,63}) ([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}) (sha256:[A-Za-z0-9_-]{43})$/;

/** The name under which a key stands in a PKCS#12 file that the page takes without a key file (docs/protocol.md section 8). */
export const pkcs12Name = (purpose: string, { member, room, genesis }: KeyPlace): string => `cleanroom ${purpose} ${member} ${room} ${genesis}`;

/**
 * Puts the keys of PKCS#12 files together, in the form that they have in a key file, for {@link readKeys}; whoever asks for it zeroes it. A key without a name of ours is the person's, and
 * needs to stand beside a key file, which says the rest.
 * @returns Null if keys are missing, too many, or of several rooms or members.
 */
export function gatherKeys(keys: readonly NamedKey[], file: { readonly place: KeyPlace; readonly plain: Uint8Array } | null): { readonly place: KeyPlace; readonly plain: Bytes } | null {
  let place = file?.place ?? null;
  const beside = file && (parseCanonical(file.plain) as { readonly [name: string]: Json } | undefined);
  if (beside === undefined) {
    return null;
  }
  const named = new Map<string, Json>();
  for (const { name, jwk } of keys) {
    const [, purpose, member, room, genesis] = namePattern.exec(name) ?? [];
    if (purpose !== undefined) {
      const said = { genesis: genesis!, member: member!, room: room! };
      place ??= said;
      if (!isMember(said.member) || pkcs12Name(purpose, place) !== name) {
        return null;
      }
    }
    if (named.has(purpose ?? "person")) {
      return null;
    }
    named.set(purpose ?? "person", jwk);
  }
  const numberOf = (name: string): number => Number(name.slice("inbox-".length));
  const inbox = [...named.keys()].filter((name) => name.startsWith("inbox-")).sort((one, other) => numberOf(one) - numberOf(other)).map((name) => named.get(name)!);
  const person = named.get("person") ?? beside?.["person"];
  const signIn = named.get("sign-in") ?? beside?.["signIn"];
  const all = inbox.length > 0 ? inbox : beside?.["inbox"];
  return place === null || signIn === undefined || all === undefined ? null : { place, plain: canonicalize({ inbox: all, ...(person !== undefined && { person }), signIn }) };
}
