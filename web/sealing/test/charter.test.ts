import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalize, publicKeyOfJwk, readCharter, signJws, takesOver, type Charter, type Json } from "../src/index.ts";

interface Pair {
  readonly handle: CryptoKey;
  readonly jwk: { readonly [name: string]: Json };
}

async function pair(): Promise<Pair> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const { crv, kty, x, y } = await crypto.subtle.exportKey("jwk", publicKey);
  return { handle: privateKey, jwk: { crv: crv!, kty: kty!, x: x!, y: y! } };
}

const ids = ["a-contributor", "b-contributor", "c-contributor", "s-council"];
const keys = new Map(await Promise.all(ids.map(async (id) => [id, await pair()] as const)));
const [operator, puppet] = [await pair(), await pair()];
const seat = { id: "s-council", name: "Council (fictional)", organisationKey: keys.get("s-council")!.jwk, role: "representative", speaksFor: "survivors" };
const contributors: readonly Json[] = await Promise.all(ids.slice(0, 3).map(async (id) => ({
  id, name: id, organisationKey: keys.get(id)!.jwk, role: "contributor", broker: { standIn: [], verifierKey: (await pair()).jwk, witnessKey: (await pair()).jwk },
})));

const version = async (members: readonly Json[], parent: Charter | null): Promise<Charter> => (await readCharter({
  schema: "cleanroom/charter/v1", room: "4c2a1a57-54f5-4f41-9d2a-5d5cf5a1d001", version: (parent?.version ?? 0) + 1, previous: parent?.hash ?? null, title: "Trial (fictional)", simulated: true,
  validFrom: "2026-12-01T00:00:00Z", expires: "2027-12-01T00:00:00Z", witnesses: { faulty: 1, additional: [] }, operator: { key: operator.jwk },
  epochs: { length: "PT24H", slotsPerMember: 4, messageBytes: 2048 }, members,
}))!;

async function approved(charter: Charter, by: ReadonlyMap<string, Pair>): Promise<ReadonlyMap<string, string>> {
  const approvals = new Map<string, string>();
  for (const [member, key] of by) {
    const payload = canonicalize({ charter: charter.hash, decision: "approve", member, room: charter.room, version: charter.version });
    const [head, , tail] = (await signJws(key.handle, (await publicKeyOfJwk(key.jwk))!, "cleanroom-approval+jws", payload)).split(".");
    approvals.set(member, `${head}..${tail}`);
  }
  return approvals;
}

const without = new Map([...keys].filter(([id]) => id !== "s-council"));
const forged = new Map([...without, ["s-council", puppet] as const]);
const nobody = new Set<string>();

test("no version takes over without the signature of who speaks for survivors", async () => {
  const genesis = await version([...contributors, seat], null);
  assert.equal(await takesOver(genesis, await approved(genesis, without), null, nobody), false);
  assert.equal(await takesOver(genesis, await approved(genesis, forged), null, nobody), false);
  assert.equal(await takesOver(genesis, await approved(genesis, keys), null, nobody), true);
});

test("a seat is not taken from who holds it, by leaving it out, another key or another role", async () => {
  const genesis = await version([...contributors, seat], null);
  for (const members of [
    contributors,
    [...contributors, { ...seat, organisationKey: puppet.jwk }],
    [...contributors, { id: seat.id, name: seat.name, organisationKey: puppet.jwk, role: "steward" }],
  ]) {
    const next = await version(members, genesis);
    assert.equal(await takesOver(next, await approved(next, without), genesis, nobody), false);
    assert.equal(await takesOver(next, await approved(next, forged), genesis, nobody), false);
    assert.equal(await takesOver(next, await approved(next, keys), genesis, nobody), true);
    assert.equal(await takesOver(next, await approved(next, keys), genesis, new Set(["s-council"])), false);
  }
});
