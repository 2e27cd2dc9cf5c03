import {
  fromUtf8, judgeFrame, memberOf, OwnBook, parseHeader, parseJws, RoomLog,
  type Act, type ActCopy, type Frame, type FrameRefusal, type Judged, type LoggedAct, type LogRefusal, type OpenedKeyFile,
} from "../../sealing/src/index.ts";
import { keptPlace } from "./device.ts";
import { itemOf, withdrawn, type Item } from "./items.ts";
import { WorldMap } from "./map.ts";
import type { Service } from "./service.ts";

/** An entry of the log under the member's name. */
export interface OwnEntry {
  readonly index: number;
  readonly type: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/** A message that is refused. */
export interface Alarm {
  readonly number: number;
  readonly refusal: FrameRefusal;
}

/** Thrown when the log is not to be believed. */
export class LogError extends Error {
  constructor(readonly refusal: LogRefusal) {
    super(refusal);
  }
}

/** Thrown when something cannot be signed, or was signed and does not show: "slow" is in the log, as far as the service says. */
export class ActError extends Error {
  constructor(readonly why: "form" | "second" | "slow") {
    super(why);
  }
}

const page = 128;
const together = 16;
const patience = 25;
const missingGrace = 60_000;
const shownPause = 500;
const shownTries = 60;

/** A member's inbox: reads the log, takes the messages, the newest first, judges each, and goes on with what comes. */
export class Inbox {
  readonly log: RoomLog;
  readonly own: OwnEntry[] = [];
  /** What the member's own people did. */
  readonly book: OwnBook;
  /** Copies of acts that were signed or read on this page: they go with it. */
  readonly copies = new Map<string, ActCopy>();
  readonly alarms: Alarm[] = [];
  #items: readonly Item[] = [];
  #seen = new Set<number>();
  /** What was taken back, by reference or request, and with which number. */
  readonly #gone = new Map<string, number>();
  #reading: Promise<void> = Promise.resolve();
  #last = 0;
  #missingSince: { readonly from: number; readonly at: number } | null = null;
  readonly #stop = new AbortController();
  readonly map = new WorldMap();
  acknowledged = 0;
  /** Everything that was there at the start has been judged. */
  loaded = false;

  constructor(readonly keys: OpenedKeyFile, readonly service: Service, readonly changed: () => void) {
    this.log = new RoomLog(keys.room, keys.genesis);
    this.book = new OwnBook(keys.room, keys.member);
  }

  get isAgency(): boolean {
    return memberOf(this.log.charter!, this.keys.member)?.role === "agency";
  }

  /** Messages with news, the newest first. */
  get items(): readonly Item[] {
    return this.#items;
  }

  /** Messages that were judged, and those that the log says there are. */
  get progress(): { readonly judged: number; readonly all: number } {
    return { judged: this.#seen.size, all: this.log.lastNumber(this.keys.member) };
  }

  /** Messages that the log shows and nobody has delivered for a while. */
  missing(now: number): { readonly from: number; readonly to: number } | null {
    const late = this.#missingSince !== null && now - this.#missingSince.at > missingGrace;
    return late ? { from: this.#missingSince!.from, to: this.log.lastNumber(this.keys.member) } : null;
  }

  /** Reads the log up to its newest checkpoint; one at a time. */
  readLog(): Promise<void> {
    const turn = this.#reading.then(() => this.#readLog());
    this.#reading = turn.catch(() => undefined);
    return turn;
  }

  async #readLog(): Promise<void> {
    let at = this.log.size;
    for await (const item of this.service.log(at)) {
      const refusal = await this.log.take(item);
      if (refusal !== null) {
        throw new LogError(refusal);
      }
      if ("leaf" in item) {
        this.#noteOwn(at, item.leaf);
        await this.book.take(at, item.leaf, this.log.charter!);
      }
      at += "checkpoint" in item ? 0 : 1;
    }
    if (this.log.cosignedSize !== this.log.size || this.log.size === 0) {
      throw new LogError("not-cosigned");
    }
    // What came too late is no alarm any more once the enclave has declared it void: it tells it anew.
    const stand = this.alarms.filter(({ number, refusal }) => refusal !== "too-late" || this.log.voidThrough(this.keys.member, number) === null);
    this.alarms.splice(0, this.alarms.length, ...stand);
  }

  /** Takes what is there, the newest first, so that the top of the list can be read at once. */
  async load(): Promise<void> {
    // Before anything is opened, and whatever it will say: nobody learns from the request for the map what a message is about.
    void this.map.load(this.#stop.signal).then(this.changed);
    this.acknowledged = await this.service.acknowledged();
    const last = this.log.lastNumber(this.keys.member);
    for (let end = last; end > 0 && !this.#stop.signal.aborted; end -= page) {
      // Numbers of lost entries are many, and nothing stands under them.
      end = (this.log.lostFrom(this.keys.member, end) ?? end + 1) - 1;
      await this.#take(Math.max(0, end - page), Math.min(page, end), 0);
    }
    this.loaded = true;
    this.#noteMissing(Date.now());
    this.changed();
  }

  /** Waits for more until the inbox is closed. */
  async follow(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#take(this.#last, page, patience);
      await this.readLog();
      this.#noteMissing(Date.now());
      this.changed();
    }
  }

  /** Tells the service that everything up to the newest message was read. */
  async acknowledge(): Promise<number> {
    this.acknowledged = await this.service.acknowledge(this.#last);
    this.changed();
    return this.acknowledged;
  }

  /** Signs an act as the page's person and waits until the cosigned log shows it. */
  async act(act: Act, about: string | null): Promise<ActCopy> {
    const signed = this.keys.person && (await this.book.sign(act, about, this.keys.person));
    if (!signed) {
      throw new ActError("form");
    }
    this.copies.set(signed.copy.id, signed.copy);
    await this.#append(signed.leaf);
    return signed.copy;
  }

  /** Signs as the second person. The caller has shown what the copy says, and {@link OwnBook.says} has said that the log says the same. */
  async confirm(act: LoggedAct): Promise<void> {
    if (this.keys.person === null || this.book.mayConfirm(act, this.keys.person, this.isAgency) !== null) {
      throw new ActError("second");
    }
    await this.#append(await this.book.confirm(act, this.keys.person));
  }

  async #append(leaf: string): Promise<void> {
    const index = await this.service.append(leaf);
    // A whole reading after the append, whatever the size says: one that goes on meanwhile may have taken the entry, and not yet seen it cosigned.
    await this.readLog();
    for (let i = 1; i < shownTries && this.log.size <= index; i++) {
      await new Promise((resolve) => setTimeout(resolve, shownPause));
      await this.readLog();
    }
    this.changed();
    if (this.log.size <= index) {
      throw new ActError("slow");
    }
  }

  close(): void {
    this.copies.clear();
    this.#stop.abort();
    this.#items = [];
    const { service } = this;
    void keptPlace().then((kept) => service.signOut(kept !== null), () => service.signOut(false));
  }

  async #take(after: number, most: number, wait: number): Promise<void> {
    const { member } = this.keys;
    const frames: (Frame & { readonly number: number })[] = [];
    for await (const frame of this.service.messages(after, most, wait, this.#stop.signal)) {
      frames.push(frame);
    }
    // The service may know of an epoch, or of the instance that hands it over, before this page does.
    if (frames.some((frame) => frame.number > this.log.lastNumber(member))) {
      await this.readLog();
    }
    // A few at a time, so that typing and scrolling go on between them.
    const judged: Judged[] = [];
    for (let i = 0; i < frames.length; i += together) {
      judged.push(...(await Promise.all(frames.slice(i, i + together).map((frame, j) =>
        judgeFrame(this.log, member, this.keys.inbox, frame, behind(frames[i + j - 1], after))))));
      await new Promise((resolve) => setTimeout(resolve));
    }
    const found: Item[] = [];
    for (const result of judged) {
      const number = result.ok ? result.header.number : result.number;
      if (this.#seen.has(number)) {
        continue;
      }
      this.#seen.add(number);
      if (!result.ok && result.refusal !== "void") {
        this.alarms.push({ number, refusal: result.refusal });
      } else if (result.ok && result.message.kind !== "head" && result.message.kind !== "empty") {
        found.push(itemOf(result.header, result.head.roomTime, result.message));
      }
    }
    for (const { message, header } of found) {
      const what = message.kind === "N6" ? (message.match ?? message.request!) : null;
      if (what !== null) {
        this.#gone.set(what, Math.max(header.number, this.#gone.get(what) ?? 0));
      }
    }
    this.#last = Math.max(this.#last, ...judged.map((result) => result.ok ? result.header.number : result.number));
    if (found.length > 0) {
      // What is taken back leaves the memory too, whichever of the two comes first.
      this.#items = [...this.#items, ...found].map((item) => withdrawn(item, this.#gone)).sort((one, other) => other.header.number - one.header.number);
    }
    this.changed();
  }

  #noteMissing(now: number): void {
    let from = this.#last + 1;
    for (let gone = this.log.voidThrough(this.keys.member, from); gone !== null; gone = this.log.voidThrough(this.keys.member, from)) {
      from = gone + 1;
    }
    if (from > this.log.lastNumber(this.keys.member)) {
      this.#missingSince = null;
    } else if (this.#missingSince?.from !== from) {
      this.#missingSince = { from, at: now };
    }
  }

  #noteOwn(index: number, leaf: string): void {
    const payload = parseJws(leaf)?.payload;
    const text = payload && fromUtf8(payload);
    const content = text ? (JSON.parse(text) as Readonly<Record<string, unknown>>) : {};
    if (content["author"] === this.keys.member && typeof content["type"] === "string") {
      this.own.push({ index, type: content["type"], content });
    }
  }
}

/** The number behind a frame's. It is the header's word; a header that is not genuine is refused itself. */
function behind(frame: Frame | undefined, after: number): number {
  return (frame === undefined ? after : parseHeader(frame.header)?.header.number ?? after) + 1;
}
