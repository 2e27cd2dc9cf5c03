import assert from "node:assert/strict";
import { createECDH } from "node:crypto";
import { test } from "node:test";
import {
  canonicalize, equal, fromBase64, fromBase64Url, fromHex, Frontier, hpke, leafHash, nodeHash, padme, parseCanonical, parseCheckpoint, parseDetachedJws, parseJws, pointOf,
  parseSignedCheckpoint, checkpointText, publicKeyOf, publicKeyOfJwk, signJws, toBase64Url, toHex, utf8, validCosignatures, verifyConsistency, verifyInclusion,
  verifyJws, verifyLog, type Json,
} from "../src/index.ts";
import { cryptography, hex, privateKey } from "./vectors.ts";

test("a batch of the C# implementation opens in any order, and sealing it again gives the same bytes", async () => {
  const { batch } = cryptography;
  const key = await privateKey(hex(batch.recipientScalar));
  assert.equal(toHex(key.publicKey.point), batch.recipientPublicKey);
  assert.equal(key.publicKey.id, batch.recipientKeyId);
  const receiver = await hpke.openContext(key, hex(batch.enc), hex(batch.info));
  const ephemeral = await privateKey(await hpke.deriveScalar(hex(batch.ephemeralIkm)));
  const sender = await hpke.sealContext(key.publicKey, hex(batch.info), ephemeral);
  assert.equal(toHex(sender.enc), batch.enc);
  assert.equal(toHex(await hpke.exportSecret(sender.context, hex(batch.exportContext), 32)), batch.export);
  for (const part of batch.parts.toReversed()) {
    const opened = await hpke.openAt(receiver!, part.number, hex(part.aad), hex(part.ciphertext));
    assert.equal(toHex(padme.unpad(opened!)!), part.data);
    assert.equal(toHex(await hpke.sealAt(sender.context, part.number, hex(part.aad), padme.pad(hex(part.data)))), part.ciphertext);
  }
});

test("what was changed, or sealed for another place, does not open", async () => {
  const { batch } = cryptography;
  const key = await privateKey(hex(batch.recipientScalar));
  const receiver = (await hpke.openContext(key, hex(batch.enc), hex(batch.info)))!;
  const part = batch.parts[1]!;
  const ciphertext = hex(part.ciphertext);
  for (const at of [0, 100, ciphertext.length - 1]) {
    const changed = ciphertext.slice();
    changed[at]! ^= 1;
    assert.equal(await hpke.openAt(receiver, part.number, hex(part.aad), changed), null);
  }
  assert.equal(await hpke.openAt(receiver, 2, hex(part.aad), ciphertext), null);
  assert.equal(await hpke.openAt(receiver, 1, utf8("x"), ciphertext), null);
  assert.equal(await hpke.openAt(receiver, 1, hex(part.aad), ciphertext.subarray(0, 15)), null);
  const other = (await hpke.openContext(key, hex(batch.enc), utf8("x")))!;
  assert.equal(await hpke.openAt(other, 1, hex(part.aad), ciphertext), null);
  for (const enc of [new Uint8Array(65), Uint8Array.of(4, ...new Uint8Array(64).fill(1)), hex(batch.enc).subarray(1)]) {
    assert.equal(await hpke.openContext(key, enc, hex(batch.info)), null);
  }
});

test("a single message opens, and one that is sealed here opens here", async () => {
  const { deterministic } = cryptography;
  const key = await privateKey(hex(deterministic.recipientScalar));
  const [info, aad] = [hex(deterministic.info), hex(deterministic.aad)];
  assert.equal(toHex((await hpke.open(key, info, aad, hex(deterministic.sealed)))!), deterministic.plaintext);
  const [plaintext, secret] = [hex(deterministic.plaintext), hex(deterministic.secret)];
  assert.equal(toHex(await hpke.sealDeterministic(key.publicKey, info, aad, plaintext, secret)), deterministic.sealed);
  assert.notEqual(toHex(await hpke.sealDeterministic(key.publicKey, info, aad, plaintext, new Uint8Array(32))), deterministic.sealed);
  const sealed = await hpke.seal(key.publicKey, info, aad, utf8("word"));
  assert.deepEqual(await hpke.open(key, info, aad, sealed), utf8("word"));
  assert.equal(await hpke.open(key, info, aad, sealed.subarray(0, hpke.overhead - 1)), null);
});

test("the point of a scalar is the one that node computes, and numbers that are no scalar have none", () => {
  const order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
  const scalars = ["01", "02", "03", "ff", `${order.slice(0, -2)}50`, `${order.slice(0, -2)}4f`, ...Array.from({ length: 20 }, () => toHex(crypto.getRandomValues(new Uint8Array(32))).replace(/^../, "7f"))];
  for (const text of scalars) {
    const scalar = hex(text.padStart(64, "0"));
    const ecdh = createECDH("prime256v1");
    ecdh.setPrivateKey(scalar);
    assert.equal(toHex(pointOf(scalar)), ecdh.getPublicKey("hex"), text);
  }
  for (const text of ["00".repeat(32), order, "ff".repeat(32), "01"]) {
    assert.throws(() => pointOf(hex(text)), RangeError);
  }
});

test("keys of pages cannot be taken out", async () => {
  const key = await privateKey(hex(cryptography.batch.recipientScalar));
  assert.equal(key.handle.extractable, false);
  await assert.rejects(crypto.subtle.exportKey("jwk", key.handle));
});

test("Merkle roots and proofs agree, wrong ones do not", async () => {
  const { merkle } = cryptography;
  const leaves = await Promise.all(merkle.leaves.map((leaf) => leafHash(hex(leaf))));
  const [tree, roots] = [new Frontier(), [await new Frontier().root()]];
  for (const leaf of leaves) {
    await tree.append(leaf);
    roots.push(await tree.root());
  }
  const root = hex(merkle.root);
  assert.deepEqual(roots[7], root);
  assert.equal(toHex(roots[0]!), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const inclusion = merkle.inclusionOf4In7.map(hex);
  assert.equal(await verifyInclusion(leaves[4]!, 4, 7, inclusion, root), true);
  for (const [leaf, index, size, path] of [[3, 4, 7, inclusion], [4, 5, 7, inclusion], [4, 4, 9, inclusion], [4, 4, 4, inclusion], [4, 4, 7, inclusion.slice(1)], [4, 4, 7, [...inclusion, root]]] as const) {
    assert.equal(await verifyInclusion(leaves[leaf]!, index, size, path, root), false);
  }
  const consistency = merkle.consistencyFrom3To7.map(hex);
  assert.equal(await verifyConsistency(3, roots[3]!, 7, root, consistency), true);
  assert.equal(await verifyConsistency(7, root, 7, root, []), true);
  assert.equal(await verifyConsistency(4, roots[4]!, 7, root, [await nodeHash(await nodeHash(leaves[4]!, leaves[5]!), leaves[6]!)]), true);
  for (const [one, first, second, proof] of [[3, roots[2]!, root, consistency], [2, roots[3]!, root, consistency], [3, roots[3]!, roots[6]!, consistency], [3, roots[3]!, root, []], [3, roots[3]!, root, consistency.slice(1)], [7, roots[6]!, root, []]] as const) {
    assert.equal(await verifyConsistency(one, first, 7, second, proof), false);
  }
});

test("padded lengths are the ones of C#, and padding that is not zero is refused", () => {
  for (const { data, padded } of cryptography.padme) {
    const made = padme.pad(new Uint8Array(data).fill(7));
    assert.equal(made.length, padded);
    assert.equal(padme.unpad(made)?.length, data);
    assert.equal(padme.unpad(made.subarray(0, -1)), null);
  }
  const made = padme.padToSize(utf8("notice"), 128);
  assert.deepEqual(padme.unpadFromSize(made, 128), utf8("notice"));
  assert.equal(padme.unpadFromSize(made, 127), null);
  assert.equal(padme.unpad(made), null);
  made[127] = 1;
  assert.equal(padme.unpadFromSize(made, 128), null);
  assert.equal(padme.unpadFromSize(Uint8Array.of(255, 255, 255, 255), 4), null);
  assert.throws(() => padme.padToSize(new Uint8Array(125), 128), RangeError);
});

test("canonical JSON is byte for byte that of C#; anything else is not read", () => {
  for (const { input, canonical } of cryptography.canonicalJson) {
    assert.equal(toHex(canonicalize(JSON.parse(input) as Json)), canonical);
    assert.deepEqual(parseCanonical(hex(canonical)), JSON.parse(new TextDecoder().decode(hex(canonical))));
    assert.equal(parseCanonical(utf8(input)), undefined);
  }
  for (const text of ["", " {}", "{} ", '{"a":1,"a":1}', '{"b":1,"a":1}', "1.0", "1e2", "-0", "9007199254740993", '"\\u0041"', '"\\ud800"', "{\"a\":1}\n", "NaN", "\ufeff{}", "[".repeat(80) + "]".repeat(80)]) {
    assert.equal(parseCanonical(utf8(text)), undefined, text);
  }
  assert.equal(parseCanonical(Uint8Array.of(0x22, 0xff, 0x22)), undefined);
  assert.deepEqual(parseCanonical(utf8('{"__proto__":1,"a":[true,null,-1.5]}')), JSON.parse('{"__proto__":1,"a":[true,null,-1.5]}'));
});

test("signatures of C# verify, ours have the same header, and nothing else passes", async () => {
  const { signed } = cryptography;
  const key = (await publicKeyOfJwk(signed.jwk))!;
  assert.equal(key.id, signed.keyId);
  const jws = parseJws(signed.jws)!;
  assert.equal(jws.type, "cleanroom-entry+jws");
  assert.equal(toHex(jws.payload), signed.payload);
  assert.equal(await verifyJws(jws, key), true);
  const detached = parseDetachedJws(signed.detachedJws, hex(signed.payload))!;
  assert.equal(await verifyJws(detached, key), true);
  assert.equal(await verifyJws(parseDetachedJws(signed.detachedJws, utf8("x"))!, key), false);

  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const own = (await publicKeyOf(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey))))!;
  const made = parseJws(await signJws(pair.privateKey, own, "cleanroom-signin+jws", utf8("{}")))!;
  assert.equal(await verifyJws(made, own), true);
  assert.equal(await verifyJws({ ...made, keyId: key.id }, key), false);
  assert.equal(await verifyJws(jws, own), false);

  const [head, body, tail] = signed.jws.split(".") as [string, string, string];
  const header = (text: string): string => `${toBase64Url(utf8(text))}.${body}.${tail}`;
  for (const text of ["", "..", `${head}.${body}`, `${signed.jws}.`, `${signed.jws}=`, `${head}.${body}.${tail.slice(1)}`, header('{"alg":"none"}'),
    header(`{"kid":"${key.id}","alg":"ES256","typ":"cleanroom-entry+jws"}`), header(`{"alg":"ES256","kid":"${key.id}","typ":""}`), header(`{"alg":"ES256","kid":"${key.id}","typ":"a","x":1}`)]) {
    assert.equal(parseJws(text), null, text);
  }
});

test("JWKs and points that are no P-256 key are refused", async () => {
  const { jwk } = cryptography.signed;
  const bad = toBase64Url(new Uint8Array(32).fill(1));
  for (const value of [null, [], "x", {}, { ...jwk, crv: "P-384" }, { ...jwk, d: bad }, { ...jwk, y: bad }, { ...jwk, x: jwk.x.slice(1) }, { ...jwk, kty: "OKP" }, { ...jwk, x: jwk.y, y: jwk.x }]) {
    assert.equal(await publicKeyOfJwk(value as Json), null);
  }
});

test("a cosigned checkpoint of C# verifies; another key, name or text does not", async () => {
  const { signed, checkpointText: text } = cryptography;
  const key = (await publicKeyOfJwk(signed.jwk))!;
  const checkpoint = parseSignedCheckpoint(signed.checkpoint)!;
  assert.equal(checkpointText(checkpoint.checkpoint), text);
  assert.deepEqual(parseCheckpoint(text), checkpoint.checkpoint);
  assert.equal(await verifyLog(checkpoint, "operator", key), true);
  assert.equal(await verifyLog(checkpoint, "other", key), false);
  assert.deepEqual(await validCosignatures(checkpoint, new Map([["lotus-bridge", key]])), [1_796_126_400]);
  assert.deepEqual(await validCosignatures(checkpoint, new Map([["another", key]])), []);
  const other = parseSignedCheckpoint(signed.checkpoint.replace("\n7\n", "\n8\n"))!;
  assert.equal(await verifyLog(other, "operator", key), false);
  assert.deepEqual(await validCosignatures(other, new Map([["lotus-bridge", key]])), []);
  const twice = signed.checkpoint + signed.checkpoint.split("\n").at(-2) + "\n";
  for (const note of ["", twice, signed.checkpoint.slice(0, -1), signed.checkpoint.replace("\n7\n", "\n07\n"), signed.checkpoint.replace("— operator", "- operator"), signed.checkpoint.replace("\n7\n", "\n7\nmore\n"), text]) {
    assert.equal(parseSignedCheckpoint(note), null);
  }
});

test("base64 and hex are read strictly", () => {
  for (const text of ["A", "AB", "Zg", "Zm9=", "Zh==", "Zg==\n", "Z g=", "_w=="]) {
    assert.equal(fromBase64(text), null, text);
  }
  for (const text of ["A", "Zh", "Zg==", "/w", "Z\ng"]) {
    assert.equal(fromBase64Url(text), null, text);
  }
  assert.deepEqual(fromBase64Url("_w"), Uint8Array.of(255));
  assert.equal(fromHex("0G"), null);
  assert.equal(fromHex("AB"), null);
  assert.equal(equal(Uint8Array.of(1), Uint8Array.of(1, 2)), false);
});
