import type { Inbox } from "./inbox.ts";
import { requestOf, type Item } from "./items.ts";

/** A request for disclosure as far as this member knows it. */
export interface Thread {
  readonly request: string;
  /** Who asks, for contributors; who is asked, for agencies that were answered. */
  readonly who: string;
  readonly own: string;
  /** A state of the protocol, or where the member's own two people stand. */
  readonly state: string;
  readonly deadline: string | null;
  /** Number of the newest message about it. */
  readonly newest: number | null;
}

/** All requests that this member has made or was sent, the newest first. */
export function threadsOf(inbox: Inbox): readonly Thread[] {
  const messages = new Map<string, Item[]>();
  const emergencies = new Set(inbox.items.map((item) => ("emergency" in item.message ? item.message.emergency : "")));
  for (const item of inbox.items) {
    const request = requestOf(item);
    if (request !== null && !emergencies.has(request)) {
      messages.set(request, [...(messages.get(request) ?? []), item]);
    }
  }
  const signed = inbox.book.acts.filter((act) => act.kind === "request").toReversed();
  const ids = [...new Set([...signed.filter((act) => !messages.has(act.place.id)).map((act) => act.place.id), ...messages.keys()])];
  return ids.map((request) => threadOf(inbox, request, messages.get(request) ?? []));
}

function threadOf(inbox: Inbox, request: string, items: readonly Item[]): Thread {
  const newest = items[0]?.header.number ?? null;
  const asked = items.map((item) => item.message).find((message) => message.kind === "request");
  const facts = items.map((item) => item.message).find((message) => message.kind === "N3" || message.kind === "N2b");
  const reported = items.map((item) => item.message).find((message) => message.kind === "outcome");
  const rest = { request, newest, who: asked?.agency ?? reported?.agency ?? facts?.from?.member ?? "", own: asked?.own ?? reported?.own ?? "" };
  if (items.some((item) => item.message.kind === "N6")) {
    return { ...rest, state: "Recalled", deadline: items.find((item) => item.message.kind === "N6")!.deadline };
  }
  const about = inbox.book.acts.filter((act) => act.place.about === request);
  if (asked) {
    const decision = about.findLast((act) => act.kind === "decision");
    const state = reported ? "OutcomeFiled" : decision?.second ? "Decided" : decision ? "WaitsForSecond" : asked.escalated ? "Escalated" : "WaitsForYou";
    return { ...rest, state, deadline: decision?.second ? null : asked.due };
  }
  const own = inbox.book.act(request);
  const status = items.map((item) => item.message).find((message) => message.kind === "status");
  if (reported || about.some((act) => act.kind === "outcome")) {
    return { ...rest, state: "OutcomeFiled", deadline: null };
  }
  return status
    ? { ...rest, state: status.state, deadline: status.until }
    : { ...rest, state: own && own.second === null ? "WaitsForSecond" : facts ? "Disclosed" : "Sent", deadline: facts?.outcomeDue ?? null };
}
