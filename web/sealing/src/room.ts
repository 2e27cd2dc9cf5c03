import { digestText, equal, fromBase64Url, parseDigest, utf8, type Bytes } from "./bytes.ts";
import { memberOf, quorumOf, readCharter, takesOver, witnessesOf, type Charter } from "./charter.ts";
import { parseSignedCheckpoint, validCosignatures, verifyLog, type SignedCheckpoint } from "./checkpoint.ts";
import { Fields, parseCanonical, reading, type Json } from "./json.ts";
import { parseJws, verifyJws, type Jws } from "./jws.ts";
import { publicKeyOfJwk, sameKey, type PublicKey } from "./keys.ts";
import { Frontier, leafHash } from "./merkle.ts";
import { isSignedByAll, readRecovery, type Recovery } from "./recovery.ts";

/** An enclave instance of the log. */
export interface Instance {
  readonly generation: number;
  /** Position of its entry. */
  readonly index: number;
  readonly signing: PublicKey;
  /** So many brokers had released keys to it while it was the newest that one of them is honest. */
  readonly trusted: boolean;
}

/** An epoch's head in the log. */
export interface EpochHead {
  readonly epoch: number;
  readonly index: number;
  readonly evaluated: boolean;
  readonly generation: number;
  readonly signing: PublicKey;
  readonly roomTime: string;
  readonly position: { readonly root: string; readonly size: number };
  /** Requests whose granted fields, and offers whose facts, left with it. */
  readonly disclosed: readonly string[];
  readonly recipients: ReadonlyMap<string, { readonly first: number; readonly last: number; readonly root: Bytes }>;
  /** The charter in force at the head. */
  readonly charter: Charter;
  /** A checkpoint proves that the entry was cosigned more than 15 minutes after, or before, its decision: its messages are void. */
  readonly untimely: boolean;
}

/** Why a log is not believed. */
export type LogRefusal = "wrong-room" | "no-genesis" | "other-genesis" | "malformed" | "shrunk" | "forked" | "not-cosigned" | "wrong-operator";

/** What the log's keeper sends: a leaf, the hash of one that this member may not see, or a checkpoint over all so far. */
export type LogItem = { readonly leaf: string } | { readonly hash: string } | { readonly checkpoint: string };

/** The room's clock at a cosigned checkpoint, in seconds: lower and upper median of the witnesses' clocks. */
export interface RoomTime {
  readonly opening: number;
  readonly expiring: number;
}

const maxLeaf = 256 << 10;
const longestDecision = 15 * 60;
const secondsOf = (time: string): number => Date.parse(time) / 1000;

/**
 * A room as its log shows it to one member, as far as messages need it: charters, instances, releases, epochs (docs/protocol.md section 3). Every entry
 * is hashed into the tree; nothing is believed before {@link accept} has tied the tree to a checkpoint that a quorum of the charter's witnesses cosigned.
 */
export class RoomLog {
  readonly #frontier = new Frontier();
  readonly #charters: { readonly index: number; readonly charter: Charter }[] = [];
  readonly #vetoes = new Map<string, Set<string>>();
  readonly #ids = new Set<string>();
  readonly #keys = new Set<string>();
  readonly #instances: Instance[] = [];
  readonly #releases = new Set<string>();
  readonly #void = new Map<string, { readonly first: number; readonly last: number }[]>();
  readonly #lastNumbers = new Map<string, number>();
  readonly #epochs = new Map<number, EpochHead>();
  readonly #fresh: EpochHead[] = [];
  /** Members who have not resumed since the last recovery. */
  readonly #held = new Set<string>();
  /** Numbers of messages that may have been in lost entries. */
  readonly #lost = new Map<string, { readonly first: number; readonly last: number }[]>();
  #recovery: Recovery | null = null;
  #recoveredAt = 0;
  #lastEpochNumber = 0;
  #lastGeneration = 0;
  #lastEpoch: EpochHead | null = null;
  #time: RoomTime | null = null;
  #instanceTime: number | null = null;
  #cosignedSize = 0;

  /** @param room The room. @param genesis Hash of its first charter, from who gave this member its key. */
  constructor(readonly room: string, readonly genesis: string) {}

  /** Entries read. */
  get size(): number {
    return this.#frontier.size;
  }

  /** Entries that a quorum has cosigned. */
  get cosignedSize(): number {
    return this.#cosignedSize;
  }

  /** Room time of the newest accepted checkpoint. */
  get time(): RoomTime | null {
    return this.#time;
  }

  /** The version in force. */
  get charter(): Charter | null {
    return this.#charters.at(-1)?.charter ?? null;
  }

  /** All versions that took over. */
  get charters(): readonly Charter[] {
    return this.#charters.map((item) => item.charter);
  }

  /** The newest epoch's head. */
  get lastEpoch(): EpochHead | null {
    return this.#lastEpoch;
  }

  /** Members whose brokers have released keys to the newest instance. */
  get releases(): ReadonlySet<string> {
    return this.#releases;
  }

  /** The newest instance; none after a recovery, until there is one that has read it. */
  get instance(): Instance | null {
    const newest = this.#instances.at(-1);
    return newest && newest.index >= this.#recoveredAt ? newest : null;
  }

  /** The last recovery: entries were lost, and all contributors signed that the room goes on without them. */
  get recovery(): Recovery | null {
    return this.#recovery;
  }

  /** The first number that was lost together with this one; null if it was not lost. */
  lostFrom(member: string, number: number): number | null {
    return this.#lost.get(member)?.find((range) => range.first <= number && number <= range.last)?.first ?? null;
  }

  /** All epochs, the oldest first. */
  get epochs(): readonly EpochHead[] {
    return [...this.#epochs.values()];
  }

  epoch(number: number): EpochHead | null {
    return this.#epochs.get(number) ?? null;
  }

  instanceOf(generation: number): Instance | null {
    return this.#instances.find((instance) => instance.generation === generation) ?? null;
  }

  /** Number of a member's last message; 0 before the first. */
  lastNumber(member: string): number {
    return this.#lastNumbers.get(member) ?? 0;
  }

  /** The last number of the messages that were declared void together with this one: an instance died before it handed them over, and none could make them again. */
  voidThrough(member: string, number: number): number | null {
    return this.#void.get(member)?.find((range) => range.first <= number && number <= range.last)?.last ?? null;
  }

  /** No epoch has ended for longer than two: the enclave is stopped, or its messages are held back. Gives since when, in seconds of room time. */
  get silentSince(): number | null {
    const last = this.#lastEpoch ? secondsOf(this.#lastEpoch.roomTime) : this.#instanceTime;
    return last !== null && this.#time && this.charter && this.#time.opening - last > 2 * this.charter.epochSeconds ? last : null;
  }

  /** Takes the next item. Null if it is good so far; after a refusal this object is spent. */
  async take(item: LogItem): Promise<LogRefusal | null> {
    if ("checkpoint" in item) {
      return this.#accept(item.checkpoint);
    }
    if ("hash" in item) {
      const hash = fromBase64Url(item.hash);
      if (hash?.length !== 32) {
        return "malformed";
      }
      await this.#frontier.append(hash);
      return this.#charters.length === 0 ? "no-genesis" : null;
    }
    if (item.leaf.length > maxLeaf) {
      return "malformed";
    }
    await this.#apply(item.leaf);
    await this.#frontier.append(await leafHash(utf8(item.leaf)));
    return this.#charters.length === 0 ? "no-genesis" : this.#charters[0]!.charter.hash === this.genesis ? null : "other-genesis";
  }

  async #accept(text: string): Promise<LogRefusal | null> {
    const note = parseSignedCheckpoint(text);
    const charter = this.charter;
    if (note === null || charter === null) {
      return note === null ? "malformed" : "no-genesis";
    }
    if (note.checkpoint.size !== this.size) {
      return note.checkpoint.size < this.size ? "shrunk" : "malformed";
    }
    if (!equal(note.checkpoint.root, await this.#frontier.root())) {
      return "forked";
    }
    const before = this.#time;
    const time = await cosignedTime(note, charter);
    if (typeof time === "string") {
      return time;
    }
    this.#time = { opening: Math.max(time.opening, before?.opening ?? 0), expiring: Math.max(time.expiring, before?.expiring ?? 0) };
    for (const head of this.#fresh.splice(0)) {
      const decided = secondsOf(head.roomTime);
      if ((before && before.opening - decided > longestDecision) || decided - this.#time.opening > longestDecision) {
        this.#epochs.set(head.epoch, { ...head, untimely: true });
      }
    }
    this.#instanceTime ??= this.instance && this.#time.opening;
    this.#cosignedSize = this.size;
    return null;
  }

  async #apply(leaf: string): Promise<void> {
    const jws = parseJws(leaf);
    const payload = jws?.type === "cleanroom-entry+jws" ? parseCanonical(jws.payload) : undefined;
    const head = payload === undefined ? null : reading(() => {
      const fields = new Fields(payload);
      return { fields, id: fields.text("id", 36), room: fields.text("room", 36), author: fields.text("author", 63), type: fields.code("type") };
    });
    if (jws === null || head === null || head.room !== this.room || this.#ids.has(head.id)) {
      return;
    }
    if (head.type !== "charter" && this.#charters.length === 0) {
      return;
    }
    const effect = await this.#judge(jws, head.type, head.author, head.fields);
    if (effect) {
      this.#ids.add(head.id);
    }
  }

  /** Whether an entry has its effect. Types that messages do not need are passed over: their ids and keys cannot be those of the others. */
  async #judge(jws: Jws, type: string, author: string, fields: Fields): Promise<boolean> {
    switch (type) {
      case "charter":
        return this.#applyCharter(jws, author, fields);
      case "veto":
        return this.#applyVeto(jws, author, fields);
      case "instance":
        return author === "enclave" && this.#applyInstance(jws, fields);
      case "release":
        return this.#applyRelease(jws, author, fields);
      case "epoch":
        return author === "enclave" && this.#applyEpoch(jws, fields);
      case "recovery":
        return this.#applyRecovery(jws, author, fields);
      case "resume":
        return this.#applyResume(jws, author, fields);
      default:
        return false;
    }
  }

  async #applyCharter(jws: Jws, author: string, fields: Fields): Promise<boolean> {
    const parent = this.charter;
    if (parent === null && this.size !== 0) {
      return false;
    }
    const signed = reading(() => {
      const body = readSignedCharter(fields.value("signed"));
      fields.end();
      return body;
    });
    const charter = signed && (await readCharter(signed.charter));
    if (!charter || charter.room !== this.room) {
      return false;
    }
    const proposer = memberOf(parent ?? charter, author);
    const good = proposer !== undefined
      && (await verifyJws(jws, proposer.organisationKey))
      && (await takesOver(charter, signed.approvals, parent, this.#vetoes.get(charter.hash) ?? new Set()));
    if (good) {
      this.#charters.push({ index: this.size, charter });
      for (const member of [...this.#releases].filter((id) => memberOf(charter, id) === undefined)) {
        this.#releases.delete(member);
      }
    }
    return good;
  }

  /** The room goes on from these very entries if every contributor of the newest charter has signed so; nothing that the lost ones may have used is used again. */
  async #applyRecovery(jws: Jws, author: string, fields: Fields): Promise<boolean> {
    const read = reading(() => {
      const versions = fields.list("charters", 0, 8).map(readSignedCharter);
      const signed = fields.object("signed");
      const body = { versions, statement: signed.value("recovery"), signatures: readApprovals(signed.value("signatures")) };
      signed.end();
      fields.end();
      return body;
    });
    const recovery = read && (await readRecovery(read.statement));
    if (!recovery || recovery.room !== this.room || recovery.surviving.size !== this.size
      || recovery.surviving.root !== digestText(await this.#frontier.root()) || recovery.number <= (this.#recovery?.number ?? 0)) {
      return false;
    }
    const lost: Charter[] = [];
    let newest = this.charter!;
    for (const { charter: json, approvals } of read.versions) {
      const charter = await readCharter(json);
      if (!charter || !(await takesOver(charter, approvals, newest, this.#vetoes.get(charter.hash) ?? new Set()))) {
        return false;
      }
      lost.push(charter);
      newest = charter;
    }
    const proposer = memberOf(newest, author);
    if (proposer?.role !== "contributor" || !(await verifyJws(jws, proposer.organisationKey)) || !(await isSignedByAll(recovery, read.signatures, newest))) {
      return false;
    }
    lost.forEach((charter) => this.#charters.push({ index: this.size, charter }));
    const slots = Math.max(...this.charters.map((charter) => charter.slotsPerMember));
    for (const member of new Set([...this.#lastNumbers.keys(), ...newest.members.map(({ id }) => id)])) {
      const range = { first: this.lastNumber(member) + 1, last: this.lastNumber(member) + recovery.gap * slots };
      this.#void.set(member, [...(this.#void.get(member) ?? []), range]);
      this.#lost.set(member, [...(this.#lost.get(member) ?? []), range]);
      this.#lastNumbers.set(member, range.last);
    }
    this.#lastEpochNumber += recovery.gap;
    this.#lastGeneration += recovery.gap;
    this.#releases.clear();
    newest.members.filter((member) => member.broker).forEach((member) => this.#held.add(member.id));
    this.#recovery = recovery;
    this.#recoveredAt = this.size;
    return true;
  }

  async #applyResume(jws: Jws, author: string, fields: Fields): Promise<boolean> {
    const number = reading(() => {
      const read = fields.integer("number", 1, 1_000_000);
      fields.end();
      return read;
    });
    const member = memberOf(this.charter!, author);
    return number !== null && member !== undefined && number === this.#recovery?.number && (await verifyJws(jws, member.organisationKey)) && this.#held.delete(author);
  }

  async #applyVeto(jws: Jws, author: string, fields: Fields): Promise<boolean> {
    const veto = reading(() => {
      const read = { charter: fields.text("charter", 64), version: fields.integer("version", 2, 1_000_000) };
      fields.end();
      return read;
    });
    const member = memberOf(this.charter!, author);
    if (veto === null || member?.role !== "contributor" || veto.version <= this.charter!.version || !(await verifyJws(jws, member.organisationKey))) {
      return false;
    }
    this.#vetoes.set(veto.charter, (this.#vetoes.get(veto.charter) ?? new Set()).add(author));
    return true;
  }

  async #applyInstance(jws: Jws, fields: Fields): Promise<boolean> {
    const charter = this.charter!;
    const entry = reading(() => {
      const read = {
        charter: fields.text("charter", 64),
        checkpoint: readPosition(fields.object("checkpoint")),
        evidence: fields.list("evidence", 1, 64).map((item) => {
          const evidence = new Fields(item);
          const broker = evidence.member("broker");
          evidence.text("evidence", 128 << 10);
          evidence.text("nonce", 64);
          evidence.end();
          return broker;
        }),
        generation: fields.integer("generation", 1, 10_000_000),
        release: fields.value("release"),
        signing: fields.value("signing"),
      };
      fields.end();
      return read;
    });
    const [signing, release] = entry ? await Promise.all([publicKeyOfJwk(entry.signing), publicKeyOfJwk(entry.release)]) : [null, null];
    if (entry === null || signing === null || release === null || sameKey(signing, release) || !(await verifyJws(jws, signing))) {
      return false;
    }
    const known = [signing, release].some((key) => this.#keys.has(key.id) || isCharterKey(charter, key));
    const brokers = entry.evidence.every((id, i) => memberOf(charter, id)?.broker && (i === 0 || entry.evidence[i - 1]! < id));
    if (known || !brokers || entry.charter !== charter.hash || entry.generation !== this.#lastGeneration + 1 || entry.checkpoint.size > this.size) {
      return false;
    }
    this.#keys.add(signing.id).add(release.id);
    this.#lastGeneration = entry.generation;
    this.#instances.push({ generation: entry.generation, index: this.size, signing, trusted: false });
    this.#releases.clear();
    return true;
  }

  async #applyRelease(jws: Jws, author: string, fields: Fields): Promise<boolean> {
    const entry = reading(() => {
      const read = { generation: fields.integer("generation", 1, 10_000_000), instance: fields.text("instance", 64), leaseEnds: fields.time("leaseEnds") };
      fields.list("periods", 0, 1024);
      fields.end();
      return read;
    });
    const broker = memberOf(this.charter!, author)?.broker;
    const instance = this.instance;
    if (!entry || !broker || !instance || this.#held.has(author) || entry.generation !== instance.generation || entry.instance !== instance.signing.id
      || !(await verifiesOne(jws, [broker.verifierKey, ...broker.standIns.map((standIn) => standIn.verifierKey)]))) {
      return false;
    }
    this.#releases.add(author);
    if (this.#isHeard()) {
      this.#instances[this.#instances.length - 1] = { ...instance, trusted: true };
    }
    return true;
  }

  #isHeard(): boolean {
    return this.#releases.size > this.charter!.faulty;
  }

  async #applyEpoch(jws: Jws, fields: Fields): Promise<boolean> {
    const charter = this.charter!;
    const instance = this.instance;
    const entry = reading(() => {
      const read = {
        automatic: fields.has("automatic") ? fields.uuids("automatic", 1, 1024) : [],
        checkpoint: parseSignedCheckpoint(fields.text("checkpoint", 64 << 10)),
        // Whether two and two people had signed for each is for those to check who see their entries.
        disclosed: fields.has("disclosed") ? fields.uuids("disclosed", 1, 1024) : [],
        emergencies: fields.has("emergencies") ? fields.uuids("emergencies", 1, 1024) : [],
        epoch: fields.integer("epoch", 1, 10_000_000),
        evaluated: fields.bool("evaluated"),
        generation: fields.integer("generation", 1, 10_000_000),
        recipients: fields.list("recipients", 0, 64).map(readRecipient),
        roomTime: fields.time("roomTime"),
        without: fields.has("void") ? fields.list("void", 1, 2048).map(readVoid) : [],
      };
      fields.end();
      return read;
    });
    if (!entry?.checkpoint || !instance || entry.generation !== instance.generation || !(await verifyJws(jws, instance.signing)) || !this.#isHeard()) {
      return false;
    }
    // One that comes between the others is for emergencies alone.
    if (entry.emergencies.length > 0 && (entry.evaluated || entry.disclosed.length > 0 || entry.automatic.length > 0)) {
      return false;
    }
    const { size, root } = entry.checkpoint.checkpoint;
    const witnesses = this.#charters.findLast((item) => item.index < size)?.charter;
    const continues = entry.recipients.every((item, i) => item.root !== null
      && memberOf(charter, item.member)
      && (i === 0 || entry.recipients[i - 1]!.member < item.member)
      && item.first === this.lastNumber(item.member) + 1
      && item.last === item.first + charter.slotsPerMember - 1);
    if (!continues || entry.epoch !== this.#lastEpochNumber + 1 || size > this.size || witnesses?.hash !== charter.hash
      || (this.#lastEpoch && secondsOf(entry.roomTime) < secondsOf(this.#lastEpoch.roomTime))
      || typeof (await cosignedTime(entry.checkpoint, charter)) === "string") {
      return false;
    }
    const without = entry.without.map(({ epoch, member }) => {
      const earlier = this.#epochs.get(epoch);
      const range = earlier && earlier.generation < entry.generation ? earlier.recipients.get(member) : undefined;
      return range && this.voidThrough(member, range.first) === null ? { member, range } : null;
    });
    const isSorted = entry.without.every(({ epoch, member }, i) => {
      const before = entry.without[i - 1];
      return before === undefined || before.epoch < epoch || (before.epoch === epoch && before.member < member);
    });
    if (!isSorted || without.includes(null)) {
      return false;
    }
    const head: EpochHead = {
      epoch: entry.epoch,
      index: this.size,
      evaluated: entry.evaluated,
      generation: entry.generation,
      signing: instance.signing,
      roomTime: entry.roomTime,
      position: { root: digestText(root), size },
      disclosed: entry.disclosed,
      recipients: new Map(entry.recipients.map((item) => [item.member, { first: item.first, last: item.last, root: item.root! }])),
      charter,
      untimely: false,
    };
    this.#lastEpoch = head;
    this.#lastEpochNumber = head.epoch;
    this.#epochs.set(head.epoch, head);
    this.#fresh.push(head);
    entry.recipients.forEach((item) => this.#lastNumbers.set(item.member, item.last));
    without.forEach((item) => this.#void.set(item!.member, [...(this.#void.get(item!.member) ?? []), item!.range]));
    return true;
  }
}

/** Room time of a checkpoint that a quorum of a charter's witnesses has cosigned. */
async function cosignedTime(note: SignedCheckpoint, charter: Charter): Promise<RoomTime | LogRefusal> {
  if (note.checkpoint.origin !== `cleanroom/room/${charter.room}`) {
    return "wrong-room";
  }
  if (!(await verifyLog(note, "operator", charter.operatorKey))) {
    return "wrong-operator";
  }
  const clocks = [...(await validCosignatures(note, witnessesOf(charter)))].sort((one, other) => one - other);
  return clocks.length < quorumOf(charter)
    ? "not-cosigned"
    : { opening: clocks[Math.floor((clocks.length - 1) / 2)]!, expiring: clocks[Math.floor(clocks.length / 2)]! };
}

function readSignedCharter(json: Json): { readonly charter: Json; readonly approvals: ReadonlyMap<string, string> } {
  const body = new Fields(json);
  const signed = { charter: body.value("charter"), approvals: readApprovals(body.value("approvals")) };
  body.end();
  return signed;
}

/** Detached JWS by member. */
function readApprovals(json: Json): ReadonlyMap<string, string> {
  const words = new Fields(json);
  return new Map(Object.keys(json as object).map((member) => [member, words.text(member, 1024)]));
}

function readPosition(fields: Fields): { readonly size: number; readonly root: string } {
  const position = { root: fields.text("root", 64), size: fields.integer("size", 1, 2 ** 53 - 1) };
  fields.end();
  return position;
}

function readVoid(item: Json): { readonly epoch: number; readonly member: string } {
  const fields = new Fields(item);
  const read = { epoch: fields.integer("epoch", 1, 10_000_000), member: fields.member("member") };
  fields.end();
  return read;
}

function readRecipient(item: Json): { readonly first: number; readonly last: number; readonly member: string; readonly root: Bytes | null } {
  const fields = new Fields(item);
  const recipient = {
    first: fields.integer("first", 1, 2 ** 52),
    last: fields.integer("last", 1, 2 ** 52),
    member: fields.member("member"),
    root: parseDigest(fields.value("root")),
  };
  fields.end();
  return recipient;
}

const isCharterKey = (charter: Charter, key: PublicKey): boolean =>
  sameKey(charter.operatorKey, key)
  || charter.members.some((member) => [
    member.organisationKey, member.broker?.verifierKey, member.broker?.witnessKey,
    ...(member.broker?.standIns ?? []).flatMap((standIn) => [standIn.verifierKey, standIn.handOverKey]),
  ].some((other) => other && sameKey(other, key)));

/** Whether one of these keys made the signature. */
async function verifiesOne(jws: Jws, keys: readonly PublicKey[]): Promise<boolean> {
  for (const key of keys) {
    if (await verifyJws(jws, key)) {
      return true;
    }
  }
  return false;
}
