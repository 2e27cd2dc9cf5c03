import { readFileSync } from "node:fs";
import { createECDH } from "node:crypto";
import { fromHex, hpke, toBase64Url, type Bytes, type Frame, type LogItem } from "../src/index.ts";

/** Where the repository's vectors are: the tests are run from the folder web. */
const read = (name: string): unknown => JSON.parse(readFileSync(`../tests/vectors/${name}.json`, "utf8"));

export interface CryptographyVectors {
  readonly batch: {
    readonly recipientScalar: string; readonly recipientPublicKey: string; readonly recipientKeyId: string; readonly ephemeralIkm: string; readonly info: string;
    readonly enc: string; readonly exportContext: string; readonly export: string;
    readonly parts: readonly { readonly number: number; readonly aad: string; readonly data: string; readonly ciphertext: string }[];
  };
  readonly deterministic: {
    readonly recipientScalar: string; readonly secret: string; readonly info: string; readonly aad: string; readonly plaintext: string; readonly sealed: string;
  };
  readonly merkle: {
    readonly leaves: readonly string[]; readonly root: string; readonly inclusionOf4In7: readonly string[]; readonly consistencyFrom3To7: readonly string[];
  };
  readonly padme: readonly { readonly data: number; readonly padded: number }[];
  readonly canonicalJson: readonly { readonly input: string; readonly canonical: string }[];
  readonly checkpointText: string;
  readonly signed: {
    readonly jwk: { readonly crv: string; readonly kty: string; readonly x: string; readonly y: string }; readonly keyId: string; readonly payload: string;
    readonly jws: string; readonly detachedJws: string; readonly checkpoint: string;
  };
}

export interface InboxVectors {
  readonly room: string;
  readonly genesis: string;
  readonly member: string;
  readonly inbox: JsonWebKey;
  readonly log: readonly LogItem[];
  readonly acts: readonly { readonly kind: string; readonly id: string; readonly about?: string; readonly act: string; readonly seed: string; readonly sealed: string }[];
  readonly frames: readonly (Frame & { readonly what: string; readonly expect: string; readonly message?: string })[];
}

export interface RecoveryVectors {
  readonly room: string;
  readonly genesis: string;
  readonly member: string;
  readonly before: readonly string[];
  readonly forged: readonly { readonly what: string; readonly leaf: string }[];
  readonly after: readonly string[];
  readonly checkpoint: string;
  readonly epoch: number;
  readonly generation: number;
  readonly lastNumber: number;
  readonly recovery: string;
}

export const cryptography = read("cryptography") as CryptographyVectors;
export const inbox = read("inbox") as InboxVectors;
export const recovery = read("recovery") as RecoveryVectors;

/** Bytes of hex that is known to be good. */
export const hex = (text: string): Bytes => fromHex(text)!;

/** A private key of its scalar. WebCrypto wants the point too, so node computes it. */
export async function privateKey(scalar: Uint8Array): Promise<hpke.HpkePrivateKey> {
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(scalar);
  const point = new Uint8Array(ecdh.getPublicKey());
  const key = await hpke.importPrivateKey({
    crv: "P-256", kty: "EC", d: toBase64Url(scalar), x: toBase64Url(point.subarray(1, 33)), y: toBase64Url(point.subarray(33)),
  });
  return key!;
}
