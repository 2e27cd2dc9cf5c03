import assert from "node:assert/strict";
import { test } from "node:test";
import { RoomLog } from "../src/index.ts";
import { recovery } from "./vectors.ts";

const { room, genesis, member, before, after } = recovery;

async function read(leaves: readonly string[]): Promise<RoomLog> {
  const log = new RoomLog(room, genesis);
  for (const leaf of leaves) {
    assert.equal(await log.take({ leaf }), null);
  }
  return log;
}

test("a log goes on behind a recovery that all contributors have signed, and nothing of the gap is used again", async () => {
  const log = await read([...before, ...after]);
  assert.equal(await log.take({ checkpoint: recovery.checkpoint }), null);
  assert.equal(log.recovery?.hash, recovery.recovery);
  assert.equal(log.lastEpoch?.epoch, recovery.epoch);
  assert.equal(log.instance?.generation, recovery.generation);
  assert.equal(log.instanceOf(recovery.generation)?.trusted, true);
  assert.equal(log.instanceOf(1)?.generation, 1);
  assert.equal(log.lastNumber(member), recovery.lastNumber);
  const { gap } = log.recovery;
  assert.deepEqual([4, 5, 4 + gap * 4, 5 + gap * 4].map((number) => log.lostFrom(member, number)), [null, 5, 5, null]);
  assert.equal(log.voidThrough(member, 5), 4 + gap * 4);
});

test("behind a recovery nobody speaks for the enclave until it is started anew, and no broker counts before its member has resumed", async () => {
  const log = await read([...before, after[0]!]);
  assert.equal(log.instance, null);
  assert.equal(log.releases.size, 0);
  // An entry that has no effect a second time, in the place of each resume.
  const held = await read([...before, after[0]!, ...after.slice(1, 5).map(() => before[1]!), ...after.slice(5)]);
  assert.equal(held.instance?.generation, recovery.generation);
  assert.equal(held.instance.trusted, false);
  assert.equal(held.lastEpoch?.epoch, 1);
});

test("a statement of another form is none", async () => {
  const leaf = JSON.parse(Buffer.from(after[0]!.split(".")[1]!, "base64url").toString()) as { signed: { recovery: Record<string, unknown> } };
  const good = leaf.signed.recovery;
  const { readRecovery } = await import("../src/index.ts");
  assert.equal((await readRecovery(good as never))?.hash, recovery.recovery);
  const surviving = good["surviving"] as { root: string; size: number };
  for (const [name, value] of [
    ["schema", "cleanroom/recovery/v2"], ["number", 0], ["reason", ""], ["reason", "two\nlines"], ["lost", []], ["until", "2026-12-01"], ["charter", "sha256:short"],
    ["surviving", { ...surviving, size: 1_000_000 }], ["surviving", { ...surviving, more: 1 }], ["surprise", 1], ["lost", [...(good["lost"] as unknown[])].reverse()],
  ] as const) {
    assert.equal(await readRecovery({ ...good, [name]: value } as never), null, name);
  }
});

for (const { what, leaf } of recovery.forged) {
  test(`a recovery that is passed over: ${what}`, async () => {
    const log = await read([...before, leaf, ...after.slice(1)]);
    assert.equal(log.recovery, null);
    assert.equal(log.lastEpoch?.epoch, 1);
    assert.equal(log.instance?.generation, 1);
  });
}
