import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, test } from "node:test";
import { canonicalize, gatherKeys, openPkcs12, pkcs12Name, readKeys, utf8, type Bytes, type NamedKey } from "../src/index.ts";

/** PKCS#12 files as OpenSSL makes them, and as nobody should. */
const folder = mkdtempSync(`${tmpdir()}/cleanroom-p12-`);
after(() => rmSync(folder, { recursive: true }));

const openssl = (...args: string[]): void => void execFileSync("openssl", args, { stdio: ["ignore", "ignore", "ignore"], cwd: folder });
const passphrase = "correct horse";
let made = 0;

function keyOf(curve = "P-256"): string {
  const path = `${folder}/key${made++}.pem`;
  openssl("genpkey", "-algorithm", "EC", "-pkeyopt", `ec_paramgen_curve:${curve}`, "-out", path);
  return path;
}

function pkcs12(key: string, name: string, ...more: string[]): Bytes {
  const path = `${folder}/made${made++}.p12`;
  openssl("pkcs12", "-export", "-inkey", key, "-nocerts", "-name", name, "-passout", `pass:${passphrase}`, "-out", path, ...more);
  return new Uint8Array(readFileSync(path));
}

/** The public half, as OpenSSL tells it. */
function pointOf(key: string): { readonly x: string; readonly y: string } {
  openssl("pkey", "-in", key, "-pubout", "-outform", "DER", "-out", "point.der");
  const point = readFileSync(`${folder}/point.der`).subarray(-64);
  return { x: point.subarray(0, 32).toString("base64url"), y: point.subarray(32).toString("base64url") };
}

const key = keyOf();
const good = pkcs12(key, "officer 1");

for (const [what, more] of [
  ["OpenSSL's own choice", []],
  ["more iterations", ["-iter", "20000"]],
  ["SHA-512 for the check", ["-macalg", "sha512"]],
  ["AES-128", ["-keypbe", "AES-128-CBC"]],
] as const) {
  test(`openPkcs12 of a file by OpenSSL, ${what}, gives the key and its name`, async () => {
    const [found, ...rest] = (await openPkcs12(pkcs12(key, "officer 1", ...more), passphrase)) as readonly NamedKey[];
    assert.deepEqual([found!.name, rest.length], ["officer 1", 0]);
    const { x, y } = found!.jwk;
    assert.deepEqual({ x, y }, pointOf(key));
  });
}

test("openPkcs12 passes over the certificate, encrypted or not, and takes a passphrase in any script", async () => {
  openssl("req", "-x509", "-new", "-key", key, "-subj", "/CN=officer", "-days", "2", "-out", "certificate.pem");
  for (const more of [[], ["-certpbe", "NONE"]]) {
    openssl("pkcs12", "-export", "-inkey", key, "-in", "certificate.pem", "-name", "นาย", "-passout", "pass:пароль ยาว", "-out", "whole.p12", ...more);
    const found = (await openPkcs12(new Uint8Array(readFileSync(`${folder}/whole.p12`)), "пароль ยาว")) as readonly NamedKey[];
    assert.deepEqual(found.map((item) => item.name), ["นาย"]);
  }
});

test("openPkcs12 refuses what is wrong, each with its reason", async () => {
  const rsa = `${folder}/rsa.pem`;
  openssl("genpkey", "-algorithm", "RSA", "-out", rsa);
  const renamed = good.slice();
  const at = Buffer.from(good).indexOf(Buffer.from("officer 1", "utf16le").swap16());
  renamed[at + 1] = "O".charCodeAt(0);
  assert.ok(at > 0);
  const rows: readonly (readonly [string, Bytes, string, string])[] = [
    ["another passphrase", good, "correct horsE", "passphrase"],
    ["no passphrase", good, "", "passphrase"],
    ["a name that was changed: it is not encrypted, only checked", renamed, passphrase, "passphrase"],
    ["no integrity check", pkcs12(key, "x", "-nomac"), passphrase, "malformed"],
    ["3DES", pkcs12(key, "x", "-keypbe", "PBE-SHA1-3DES"), passphrase, "unsupported"],
    ["SHA-1 for the check", pkcs12(key, "x", "-macalg", "sha1"), passphrase, "unsupported"],
    ["a check that never ends", pkcs12(key, "x", "-iter", "200001"), passphrase, "unsupported"],
    ["RSA", pkcs12(rsa, "x"), passphrase, "unsupported"],
    ["P-384", pkcs12(keyOf("P-384"), "x"), passphrase, "unsupported"],
    ["nothing", new Uint8Array(), passphrase, "malformed"],
    ["a text", utf8("0this is none"), passphrase, "malformed"],
    ["something behind it", Uint8Array.from([...good, 0]), passphrase, "malformed"],
    ["too long", Uint8Array.from([...good, ...new Uint8Array(64 << 10)]), passphrase, "malformed"],
    ["a length without end", Uint8Array.of(0x30, 0x80, 0, 0), passphrase, "malformed"],
    ["a length of four thousand million", Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff), passphrase, "malformed"],
    ["a length that could be shorter", Uint8Array.of(0x30, 0x81, 0x01, 0x02), passphrase, "malformed"],
  ];
  for (const [what, bytes, word, expected] of rows) {
    assert.equal(await openPkcs12(bytes, word), expected, what);
  }
});

test("openPkcs12 of a file with any byte changed, or cut anywhere, gives no other key and no other name", async () => {
  const quick = pkcs12(key, "officer 1", "-iter", "1");
  const whole = JSON.stringify(await openPkcs12(quick, passphrase));
  let refused = 0;
  for (let i = 0; i < quick.length; i++) {
    for (const bit of [1, 0x80]) {
      const changed = quick.slice();
      changed[i]! ^= bit;
      const found = await openPkcs12(changed, passphrase);
      refused += typeof found === "string" ? 1 : 0;
      assert.ok(typeof found === "string" || JSON.stringify(found) === whole, `byte ${i}`);
    }
    assert.equal(typeof (await openPkcs12(quick.slice(0, i), passphrase)), "string");
  }
  assert.equal(refused, 2 * quick.length);
});

test("gatherKeys takes every key of one member and room, or the person's beside a key file, and nothing else", async () => {
  const place = { genesis: `sha256:${"A".repeat(43)}`, member: "police-ahtu", room: "5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10" };
  const other = { ...place, room: "0b3c6f0e-2f0c-4d57-9a58-0f3b8f1f7f11" };
  const jwks = await Promise.all(Array.from({ length: 5 }, async () => {
    const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
    const { crv, d, kty, x, y } = await crypto.subtle.exportKey("jwk", pair.privateKey);
    return { crv: crv!, d: d!, kty: kty!, x: x!, y: y! };
  }));
  const named = (purpose: string, i: number, at = place): NamedKey => ({ name: pkcs12Name(purpose, at), jwk: jwks[i]! });
  const all = [named("inbox-10", 0), named("sign-in", 1), named("person", 2), named("inbox-9", 3)];
  const gathered = gatherKeys(all, null)!;
  assert.deepEqual(gathered.place, place);
  const keys = (await readKeys(gathered.place, gathered.plain))!;
  assert.equal(keys.inbox.length, 2);
  assert.deepEqual([Buffer.from(keys.inbox[0]!.publicKey.point.subarray(1, 33)).toString("base64url"), keys.signIn.handle.extractable, keys.person!.handle.extractable, keys.inbox[1]!.handle.extractable], [jwks[0]!.x, false, false, false]);
  const file = { place, plain: canonicalize({ inbox: [jwks[0]!], signIn: jwks[1]! }) };
  const beside = gatherKeys([{ name: "an officer's own name", jwk: jwks[4]! }], file)!;
  assert.equal((await readKeys(place, beside.plain))!.person!.publicKey.point.length, 65);
  const rows: readonly (readonly [string, readonly NamedKey[], typeof file | null])[] = [
    ["no key to sign in", [named("inbox-1", 0), named("person", 2)], null],
    ["no key to open messages", [named("sign-in", 1), named("person", 2)], null],
    ["one of another room", [...all.slice(0, 3), named("inbox-9", 3, other)], null],
    ["of another room than the key file", [named("person", 2, other)], file],
    ["two persons", [...all, { name: "another", jwk: jwks[4]! }], null],
    ["the same twice", [...all, named("sign-in", 4)], null],
    ["none that says where it belongs", [{ name: "x", jwk: jwks[0]! }], null],
    ["nothing", [], null],
  ];
  for (const [what, list, given] of rows) {
    assert.equal(gatherKeys(list, given), null, what);
  }
});
