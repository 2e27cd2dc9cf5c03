import { fromBase64Url, fromUtf8, toBase64Url, utf8, type Bytes } from "./bytes.ts";
import { verifySignature, type PublicKey } from "./keys.ts";

/** A compact JWS (RFC 7515) with ES256 and the one header of this protocol. Parsed is not verified: {@link verifyJws} decides. */
export interface Jws {
  readonly keyId: string;
  readonly type: string;
  readonly payload: Bytes;
  readonly signature: Bytes;
  /** What is signed: header and payload in base64url, a point between. */
  readonly input: string;
}

const header = /^\{"alg":"ES256","kid":"(spki-sha256:[A-Za-z0-9_-]{43})","typ":"([A-Za-z0-9./+_-]{1,64})"\}$/;

/** Parses header.payload.signature; null for anything else. */
export function parseJws(text: string): Jws | null {
  const parts = text.split(".");
  return parts.length === 3 ? read(parts[0]!, parts[1]!, parts[2]!) : null;
}

/** Parses header..signature for a payload that is at hand. */
export function parseDetachedJws(text: string, payload: Uint8Array): Jws | null {
  const parts = text.split(".");
  return parts.length === 3 && parts[1] === "" ? read(parts[0]!, toBase64Url(payload), parts[2]!) : null;
}

function read(head: string, body: string, tail: string): Jws | null {
  const [headBytes, payload, signature] = [fromBase64Url(head), fromBase64Url(body), fromBase64Url(tail)];
  const match = headBytes === null ? null : header.exec(fromUtf8(headBytes) ?? "");
  return match === null || payload === null || signature?.length !== 64
    ? null
    : { keyId: match[1]!, type: match[2]!, payload, signature, input: `${head}.${body}` };
}

/** Verifies the signature by a key that is trusted for this. */
export const verifyJws = async (jws: Jws, key: PublicKey): Promise<boolean> =>
  jws.keyId === key.id && verifySignature(key, utf8(jws.input), jws.signature);

/** Signs a payload. */
export async function signJws(handle: CryptoKey, key: PublicKey, type: string, payload: Uint8Array): Promise<string> {
  const input = `${toBase64Url(utf8(`{"alg":"ES256","kid":"${key.id}","typ":"${type}"}`))}.${toBase64Url(payload)}`;
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, handle, utf8(input));
  return `${input}.${toBase64Url(new Uint8Array(signature))}`;
}
