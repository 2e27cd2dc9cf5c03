import { concat, equal, fromBase64Url, fromHex, sha256, toBase64Url, type Bytes } from "./bytes.ts";
import type { Json } from "./json.ts";

/** A public P-256 key: its point, its id. What it is for says who holds it. */
export interface PublicKey {
  /** Uncompressed point: 65 bytes. */
  readonly point: Bytes;
  /** "spki-sha256:" and base64url of SHA-256 of the DER SubjectPublicKeyInfo. */
  readonly id: string;
}

const spkiHead = fromHex("3059301306072a8648ce3d020106082a8648ce3d030107034200")!;
// One key of an instance signs thousands of messages.
const handles = new WeakMap<PublicKey, Promise<CryptoKey>>();
const curve = { name: "ECDSA", namedCurve: "P-256" } as const;

/** DER SubjectPublicKeyInfo of a point. */
export const spkiOf = (key: PublicKey): Bytes => concat(spkiHead, key.point);

/** Makes a key of its point; null if it is not a point of the curve. */
export async function publicKeyOf(point: Uint8Array): Promise<PublicKey | null> {
  if (point.length !== 65 || point[0] !== 4) {
    return null;
  }
  try {
    await crypto.subtle.importKey("raw", point as Bytes, curve, true, ["verify"]);
  } catch {
    return null;
  }
  return { point: point.slice(), id: `spki-sha256:${toBase64Url(await sha256(spkiHead, point))}` };
}

/** Reads a JWK with exactly crv, kty, x and y; null for anything else. */
export async function publicKeyOfJwk(jwk: Json | undefined): Promise<PublicKey | null> {
  if (jwk === null || typeof jwk !== "object" || Array.isArray(jwk)) {
    return null;
  }
  const { crv, kty, x, y, ...rest } = jwk as Record<string, Json>;
  if (crv !== "P-256" || kty !== "EC" || typeof x !== "string" || typeof y !== "string" || Object.keys(rest).length > 0) {
    return null;
  }
  const [left, right] = [fromBase64Url(x), fromBase64Url(y)];
  return left?.length === 32 && right?.length === 32 ? publicKeyOf(concat(Uint8Array.of(4), left, right)) : null;
}

/** The JWK of a key. */
export const jwkOf = (key: PublicKey): { crv: string; kty: string; x: string; y: string } => ({
  crv: "P-256",
  kty: "EC",
  x: toBase64Url(key.point.subarray(1, 33)),
  y: toBase64Url(key.point.subarray(33)),
});

/** Whether two keys are the same. */
export const sameKey = (one: PublicKey, other: PublicKey): boolean => equal(one.point, other.point);

/** Verifies ECDSA over P-256 with SHA-256, r and s of 32 bytes each. */
export async function verifySignature(key: PublicKey, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  if (signature.length !== 64) {
    return false;
  }
  let handle = handles.get(key);
  if (handle === undefined) {
    handle = crypto.subtle.importKey("raw", key.point, curve, false, ["verify"]);
    handles.set(key, handle);
  }
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, await handle, signature as Bytes, message as Bytes);
}
