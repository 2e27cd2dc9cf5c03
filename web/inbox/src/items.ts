import type { FrameHeader, News } from "../../sealing/src/index.ts";

/** A message with news, and where it stands. */
export interface Item {
  readonly header: FrameHeader;
  readonly roomTime: string;
  readonly message: News;
  /** When its life, or the time to do something, ends; null if there is nothing to wait for. */
  readonly deadline: string | null;
  /** It was taken back: what it said is gone. */
  readonly withdrawn: boolean;
  /** What the search looks at, in lower case. */
  readonly text: string;
}

/** ARCHITECTURE §7.10: what was withdrawn is deleted, and that is said, within three days. */
const deletion = 72 * 3_600_000;

/** The match that a message is about; null if it is about a request. */
export const matchOf = ({ message }: Item): string | null => ("match" in message ? message.match : null);

/** The request or emergency that a message is about; null if it is about a match. */
export const requestOf = ({ message }: Item): string | null => ("request" in message ? message.request : "emergency" in message ? message.emergency : null);

export function itemOf(header: FrameHeader, roomTime: string, message: News): Item {
  return { header, roomTime, message, deadline: deadlineOf(message, roomTime), withdrawn: false, text: textOf(message).join("\n").toLowerCase() };
}

function deadlineOf(message: News, roomTime: string): string | null {
  switch (message.kind) {
    case "N1":
    case "N4":
      return message.expires;
    case "N2a":
      return message.answerBy ?? message.expires;
    case "ending":
      return message.records.map((record) => record.ends).sort()[0]!;
    case "review":
    case "request":
    case "audit":
      return message.due;
    case "status":
      return message.until;
    case "offer":
      return message.given ? null : message.due;
    case "N2b":
    case "N3":
      return message.outcomeDue;
    case "N6":
      return new Date(Date.parse(roomTime) + deletion).toISOString().replace(".000Z", "Z");
    case "outcome":
    case "nothing":
    case "N7":
    case "groups":
    case "emergency":
    case "use":
    case "audited":
      return null;
  }
}

function textOf(message: News): readonly string[] {
  switch (message.kind) {
    case "N1":
      return [message.match, message.link, message.own, ...(message.counterpart ? [message.counterpart.member, message.counterpart.desk] : [])];
    case "nothing":
      return [message.watch];
    case "N2a":
      return [message.match, message.link, message.watch ?? "", ...message.ask.flatMap((desk) => [desk.member, desk.desk])];
    case "review":
      return [message.match, message.link, message.own];
    case "request":
      return [message.request, message.agency, message.own, message.case];
    case "status":
      return [message.request, message.state];
    case "offer":
      return [message.match, message.link, message.agency, message.own];
    case "N2b":
      return [message.request, message.match, message.link, message.from?.member ?? "", ...message.facts.map((fact) => fact.text)];
    case "N3":
      return [message.request, message.case, message.from.member, ...message.facts.map((fact) => fact.text)];
    case "N4":
      return [message.emergency, message.from.member, message.from.desk, message.country, message.admin1 ?? ""];
    case "emergency":
      return [message.emergency, message.agency, message.own, message.state];
    case "N6":
      return [message.match ?? "", message.request ?? ""];
    case "ending":
      return message.records.map((record) => record.own);
    case "N7":
      return [message.query, ...message.by, ...message.rows.flatMap((row) => row.values)];
    case "groups":
      return [message.query, ...message.groups.flatMap((group) => [group.id, ...group.codes, ...group.places.map((place) => place.admin1 ?? place.country), ...group.quarters])];
    case "use":
    case "audit":
    case "audited":
      return [message.quarter];
    case "outcome":
      return [message.request, message.agency, message.own, message.outcome];
  }
}

/** A life is at risk, or a decoy was touched: nothing about it waits for the morning. */
export function isUrgent({ message, withdrawn: gone }: Item): boolean {
  const codes = message.kind === "N1" ? message.caveats : message.kind === "N2a" || message.kind === "N2b" || message.kind === "N3" ? message.handling : [];
  return !gone && (((message.kind === "N1" || message.kind === "review") && message.decoy) || codes.includes("RISK_TO_LIFE") || message.kind === "N4" || (message.kind === "emergency" && message.state === "Refused") || (message.kind === "review" && message.reasons.includes("RiskToLife")));
}

/** The item without what it said if it was taken back after it came; otherwise the item itself. */
export function withdrawn(item: Item, gone: ReadonlyMap<string, number>): Item {
  const { message, header } = item;
  const key = message.kind === "N3" ? message.request : message.kind === "N4" ? message.emergency : message.kind === "N1" || message.kind === "N2a" || message.kind === "N2b" || message.kind === "review" ? message.match : null;
  // Facts that followed a notice go with it, and also alone.
  const last = key === null ? 0 : Math.max(gone.get(key) ?? 0, message.kind === "N2b" ? gone.get(message.request) ?? 0 : 0);
  return item.withdrawn || key === null || last < header.number ? item : { ...item, message: emptied(message), withdrawn: true, text: key.toLowerCase() };
}

function emptied(message: News): News {
  switch (message.kind) {
    case "N1":
      return { ...message, counterpart: null, quarter: "", caveats: [] };
    case "N2a":
      return { ...message, jurisdictions: [], ask: [] };
    case "review":
      return { ...message, evidence: [], reasons: [] };
    case "N2b":
      return { ...message, facts: [], from: null };
    case "N3":
      return { ...message, facts: [], case: "" };
    case "N4":
      return { ...message, country: "", admin1: null };
    default:
      return message;
  }
}
