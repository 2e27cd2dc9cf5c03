import { concat, toBase64Url, utf8, type Bytes } from "./bytes.ts";
import { publicKeyOf, type PublicKey } from "./keys.ts";
import { pointOf } from "./p256.ts";

/**
 * HPKE (RFC 9180), base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. WebCrypto has HKDF as one step; HPKE needs its two, so they stand
 * on HMAC here. No output is longer than one block of the hash.
 */
export interface HpkePrivateKey {
  /** ECDH key for deriveBits; need not be extractable. */
  readonly handle: CryptoKey;
  readonly publicKey: PublicKey;
}

/** One side of an HPKE context: the AES key, the base nonce, the exporter's secret. */
export interface HpkeContext {
  readonly key: CryptoKey;
  readonly baseNonce: Bytes;
  readonly exporterSecret: Bytes;
}

/** Size of the encapsulated key, in bytes. */
export const encSize = 65;

/** Bytes by which a sealed message is longer than its plaintext: encapsulated key and tag. */
export const overhead = encSize + 16;

const empty = new Uint8Array(0);
const kemSuite = concat(utf8("KEM"), Uint8Array.of(0x00, 0x10));
const suite = concat(utf8("HPKE"), Uint8Array.of(0x00, 0x10, 0x00, 0x01, 0x00, 0x02));
const version = utf8("HPKE-v1");
let noPsk: Promise<Bytes> | undefined;
const agreement = { name: "ECDH", namedCurve: "P-256" } as const;

async function hmac(key: Uint8Array, message: Bytes): Promise<Bytes> {
  // An empty key and one of zeros are the same to HMAC (RFC 2104); WebCrypto takes only the second.
  const handle = await crypto.subtle.importKey("raw", (key.length === 0 ? new Uint8Array(32) : key) as Bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", handle, message));
}

const extract = (suiteId: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Promise<Bytes> =>
  hmac(salt, concat(version, suiteId, utf8(label), ikm));

async function expand(suiteId: Uint8Array, prk: Uint8Array, label: string, info: Uint8Array, length: number): Promise<Bytes> {
  const block = await hmac(prk, concat(Uint8Array.of(0, length), version, suiteId, utf8(label), info, Uint8Array.of(1)));
  return block.slice(0, length);
}

async function sharedSecret(dh: Uint8Array, enc: Uint8Array, recipient: PublicKey): Promise<Bytes> {
  const prk = await extract(kemSuite, empty, "eae_prk", dh);
  return expand(kemSuite, prk, "shared_secret", concat(enc, recipient.point), 32);
}

async function schedule(secret: Uint8Array, info: Uint8Array, usage: KeyUsage): Promise<HpkeContext> {
  const [pskIdHash, infoHash, prk] = await Promise.all([
    (noPsk ??= extract(suite, empty, "psk_id_hash", empty)),
    extract(suite, empty, "info_hash", info),
    extract(suite, secret, "secret", empty),
  ]);
  const context = concat(Uint8Array.of(0), pskIdHash, infoHash);
  const [key, baseNonce, exporterSecret] = await Promise.all([
    expand(suite, prk, "key", context, 32),
    expand(suite, prk, "base_nonce", context, 12),
    expand(suite, prk, "exp", context, 32),
  ]);
  return { key: await crypto.subtle.importKey("raw", key, "AES-GCM", false, [usage]), baseNonce, exporterSecret };
}

/** Opens a context as the recipient; null if the encapsulated key is no point. */
export async function openContext(key: HpkePrivateKey, enc: Uint8Array, info: Uint8Array): Promise<HpkeContext | null> {
  if ((await publicKeyOf(enc)) === null) {
    return null;
  }
  const peer = await crypto.subtle.importKey("raw", enc as Bytes, agreement, true, []);
  const dh = new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: peer }, key.handle, 256));
  return schedule(await sharedSecret(dh, enc, key.publicKey), info, "decrypt");
}

/** Begins a context as the sender. */
export async function sealContext(
  recipient: PublicKey, info: Uint8Array, ephemeral?: HpkePrivateKey,
): Promise<{ readonly enc: Bytes; readonly context: HpkeContext }> {
  const pair = ephemeral ?? (await generate());
  const peer = await crypto.subtle.importKey("raw", recipient.point, agreement, true, []);
  const dh = new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: peer }, pair.handle, 256));
  const enc = pair.publicKey.point;
  return { enc, context: await schedule(await sharedSecret(dh, enc, recipient), info, "encrypt") };
}

async function generate(): Promise<HpkePrivateKey> {
  const pair = await crypto.subtle.generateKey(agreement, false, ["deriveBits"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { handle: pair.privateKey, publicKey: (await publicKeyOf(point))! };
}

function nonce(context: HpkeContext, number: number): Bytes {
  const bytes = context.baseNonce.slice();
  const view = new DataView(bytes.buffer);
  view.setBigUint64(4, view.getBigUint64(4) ^ BigInt(number));
  return bytes;
}

/** Opens the message of a number; null if it was not sealed so. */
export async function openAt(context: HpkeContext, number: number, aad: Uint8Array, ciphertext: Uint8Array): Promise<Bytes | null> {
  if (ciphertext.length < 16) {
    return null;
  }
  try {
    const parameters = { name: "AES-GCM", iv: nonce(context, number), additionalData: aad as Bytes };
    return new Uint8Array(await crypto.subtle.decrypt(parameters, context.key, ciphertext as Bytes));
  } catch {
    return null;
  }
}

/** Seals the message of a number. The caller uses each number of a context once. */
export const sealAt = async (context: HpkeContext, number: number, aad: Uint8Array, plaintext: Uint8Array): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce(context, number), additionalData: aad as Bytes }, context.key, plaintext as Bytes));

/** Opens one message, encapsulated key first; null if it was not sealed so. */
export async function open(key: HpkePrivateKey, info: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Promise<Bytes | null> {
  const context = sealed.length < overhead ? null : await openContext(key, sealed.slice(0, encSize), info);
  return context && openAt(context, 0, aad, sealed.subarray(encSize));
}

/** Seals one message, encapsulated key first. */
export async function seal(recipient: PublicKey, info: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Promise<Bytes> {
  const { enc, context } = await sealContext(recipient, info);
  return concat(enc, await sealAt(context, 0, aad, plaintext));
}

/**
 * Seals one message so that whoever has the plaintext and the secret makes the same bytes again: the ephemeral key comes from both (docs/protocol.md section 9).
 * The secret has 32 random bytes and is used for nothing else.
 */
export async function sealDeterministic(recipient: PublicKey, info: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, secret: Uint8Array): Promise<Bytes> {
  const sized = (bytes: Uint8Array): Bytes => {
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(bytes.length));
    return concat(length, bytes);
  };
  const ikm = await hmac(secret, concat(utf8("cleanroom/v1/hpke-deterministic"), sized(recipient.point), sized(info), sized(aad), sized(plaintext)));
  const scalar = await deriveScalar(ikm);
  const point = pointOf(scalar);
  const jwk = { crv: "P-256", kty: "EC", d: toBase64Url(scalar), x: toBase64Url(point.subarray(1, 33)), y: toBase64Url(point.subarray(33)) };
  const { enc, context } = await sealContext(recipient, info, (await importPrivateKey(jwk))!);
  return concat(enc, await sealAt(context, 0, aad, plaintext));
}

/** A secret for another purpose (RFC 9180 section 5.3), at most 32 bytes. */
export const exportSecret = (context: HpkeContext, exporterContext: Uint8Array, length: number): Promise<Bytes> =>
  expand(suite, context.exporterSecret, "sec", exporterContext, length);

/** The scalar of DeriveKeyPair (RFC 9180 section 7.1.3), for counters of zero: the caller checks that it is one. */
export async function deriveScalar(ikm: Uint8Array): Promise<Bytes> {
  const prk = await extract(kemSuite, empty, "dkp_prk", ikm);
  return expand(kemSuite, prk, "candidate", Uint8Array.of(0), 32);
}

/** Takes a private key from a JWK with d; the handle is not extractable. Null if it is no key. */
export async function importPrivateKey(jwk: JsonWebKey): Promise<HpkePrivateKey | null> {
  try {
    const { crv, kty, x, y } = jwk;
    const handle = await crypto.subtle.importKey("jwk", { ...jwk, ext: false }, agreement, false, ["deriveBits"]);
    const shown = await crypto.subtle.importKey("jwk", { crv, kty, x, y } as JsonWebKey, agreement, true, []);
    const publicKey = await publicKeyOf(new Uint8Array(await crypto.subtle.exportKey("raw", shown)));
    return publicKey && { handle, publicKey };
  } catch {
    return null;
  }
}
