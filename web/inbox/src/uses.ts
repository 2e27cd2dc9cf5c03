import type { EndingConsent } from "../../sealing/src/index.ts";
import type { Inbox } from "./inbox.ts";

/** What was done with a member's data, or what it was told, in one quarter of room time. */
export interface Quarter {
  readonly quarter: string;
  /** Pointers or notices that came. */
  readonly told: number;
  /** Requests: a contributor was sent, an agency made and had answered. */
  readonly requests: number;
  /** Requests of these with which facts left. */
  readonly facts: number;
  /** Outcomes by code. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** What was taken back. */
  readonly withdrawn: number;
  /** Requests of anybody in the room with which facts left: the public log says so much. */
  readonly room: number;
}

/** Counts are shown in bands (DATA.md section 4.3): a page that lies open shows no more than it must. */
export const band = (n: number): string => (n <= 2 ? String(n) : n <= 5 ? "3–5" : n <= 10 ? "6–10" : "11+");

export function quarterOf(time: string): string {
  const date = new Date(time);
  return `${date.getUTCFullYear()}-Q${Math.floor(date.getUTCMonth() / 3) + 1}`;
}

/** The use statement of a member, the newest quarter first. It is made on the page, of what this member was told and of what the log says to everybody. */
export function usesOf(inbox: Inbox): readonly Quarter[] {
  const quarters = new Map<string, { told: Set<string>; requests: Set<string>; facts: Set<string>; outcomes: Map<string, number>; withdrawn: number; room: number }>();
  const at = (time: string) => {
    const name = quarterOf(time);
    const known = quarters.get(name) ?? { told: new Set(), requests: new Set(), facts: new Set(), outcomes: new Map(), withdrawn: 0, room: 0 };
    quarters.set(name, known);
    return known;
  };
  const requests = new Set<string>();
  for (const { message, roomTime } of inbox.items.toReversed()) {
    const quarter = at(roomTime);
    if (message.kind === "N1" || message.kind === "N2a") {
      quarter.told.add(message.match);
    } else if (message.kind === "N6") {
      quarter.withdrawn++;
    } else if (message.kind === "outcome") {
      quarter.outcomes.set(message.outcome, (quarter.outcomes.get(message.outcome) ?? 0) + 1);
    }
    if ("request" in message && message.kind !== "N6" && message.kind !== "N2b" && message.request !== null && !requests.has(message.request)) {
      requests.add(message.request);
      quarter.requests.add(message.request);
    }
  }
  for (const head of inbox.log.epochs) {
    if (head.disclosed.length > 0) {
      const quarter = at(head.roomTime);
      quarter.room += head.disclosed.length;
      head.disclosed.filter((request) => requests.has(request)).forEach((request) => quarter.facts.add(request));
    }
  }
  return [...quarters].sort(([one], [other]) => other.localeCompare(one)).map(([quarter, counted]) => ({
    quarter, told: counted.told.size, requests: counted.requests.size, facts: counted.facts.size, outcomes: counted.outcomes, withdrawn: counted.withdrawn, room: counted.room,
  }));
}

/** Consents that end, as the newest message about each record has it, the soonest first. */
export function endingsOf(inbox: Inbox): readonly EndingConsent[] {
  const newest = new Map<string, EndingConsent>();
  for (const { message } of inbox.items) {
    for (const record of message.kind === "ending" ? message.records : []) {
      newest.has(record.own) || newest.set(record.own, record);
    }
  }
  return [...newest.values()].sort((one, other) => one.ends.localeCompare(other.ends) || one.own.localeCompare(other.own));
}
