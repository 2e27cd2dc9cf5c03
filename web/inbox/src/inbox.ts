import {
  fromUtf8, judgeFrame, parseJws, RoomLog,
  type FrameHeader, type FrameRefusal, type Judged, type LogRefusal, type Notice, type OpenedKeyFile, type Pointer, type Review,
} from "../../sealing/src/index.ts";
import type { Service } from "./service.ts";

/** A message with news, and where it stands. */
export interface Item {
  readonly header: FrameHeader;
  readonly roomTime: string;
  readonly message: Pointer | Notice | Review;
  /** When its life, or the time to answer, ends. */
  readonly deadline: string;
  /** What the search looks at, in lower case. */
  readonly text: string;
}

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

const page = 128;
const together = 16;
const patience = 25;
const missingGrace = 60_000;

/** A member's inbox: reads the log, takes the messages, the newest first, judges each, and goes on with what comes. */
export class Inbox {
  readonly log: RoomLog;
  readonly own: OwnEntry[] = [];
  readonly alarms: Alarm[] = [];
  #items: readonly Item[] = [];
  #seen = new Set<number>();
  #last = 0;
  #missingSince: { readonly from: number; readonly at: number } | null = null;
  readonly #stop = new AbortController();
  acknowledged = 0;
  /** Everything that was there at the start has been judged. */
  loaded = false;

  constructor(readonly keys: OpenedKeyFile, readonly service: Service, readonly changed: () => void) {
    this.log = new RoomLog(keys.room, keys.genesis);
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

  /** Reads the log up to its newest checkpoint. */
  async readLog(): Promise<void> {
    let at = this.log.size;
    for await (const item of this.service.log(at)) {
      const refusal = await this.log.take(item);
      if (refusal !== null) {
        throw new LogError(refusal);
      }
      if ("leaf" in item) {
        this.#noteOwn(at, item.leaf);
      }
      at += "checkpoint" in item ? 0 : 1;
    }
    if (this.log.cosignedSize !== this.log.size || this.log.size === 0) {
      throw new LogError("not-cosigned");
    }
  }

  /** Takes what is there, the newest first, so that the top of the list can be read at once. */
  async load(): Promise<void> {
    this.acknowledged = await this.service.acknowledged();
    const last = this.log.lastNumber(this.keys.member);
    for (let end = last; end > 0 && !this.#stop.signal.aborted; end -= page) {
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

  close(): void {
    this.#stop.abort();
    this.#items = [];
    this.service.signOut();
  }

  async #take(after: number, most: number, wait: number): Promise<void> {
    const { member } = this.keys;
    const frames = [];
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
        judgeFrame(this.log, member, this.keys.inbox, frame, after + 1 + i + j)))));
      await new Promise((resolve) => setTimeout(resolve));
    }
    const found: Item[] = [];
    for (const result of judged) {
      const number = result.ok ? result.header.number : result.number;
      if (this.#seen.has(number)) {
        continue;
      }
      this.#seen.add(number);
      if (!result.ok) {
        this.alarms.push({ number, refusal: result.refusal });
      } else if (result.message.kind !== "head" && result.message.kind !== "empty") {
        found.push(itemOf(result.header, result.head.roomTime, result.message));
      }
    }
    if (judged.length > 0) {
      this.#last = Math.max(this.#last, after + judged.length);
    }
    if (found.length > 0) {
      this.#items = [...this.#items, ...found].sort((one, other) => other.header.number - one.header.number);
    }
    this.changed();
  }

  #noteMissing(now: number): void {
    const from = this.#last + 1;
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

function itemOf(header: FrameHeader, roomTime: string, message: Item["message"]): Item {
  const desks = message.kind === "N2a" ? message.ask : message.kind === "N1" && message.counterpart ? [message.counterpart] : [];
  const parts = [message.match, message.link, "own" in message ? message.own : "", ...desks.flatMap((desk) => [desk.member, desk.desk])];
  return { header, roomTime, message, deadline: message.kind === "review" ? message.due : message.expires, text: parts.join("\n").toLowerCase() };
}

