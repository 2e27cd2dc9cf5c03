import { memberOf, secondsOf, type Act, type LoggedAct } from "../../sealing/src/index.ts";
import type { Inbox } from "./inbox.ts";

/** A query of the charter by which an agency may look for things of its own. */
export interface Asking {
  readonly id: string;
  readonly version: string;
  readonly kinds: readonly string[];
  readonly legalBases: readonly string[];
  readonly purposes: readonly string[];
  /** The longest watch, an ISO 8601 duration; null for a search. */
  readonly longest: string | null;
}

const kindOfLink: Readonly<Record<string, string>> = {
  SameAccount: "account", SameEmail: "email", SameHandle: "handle", SameOrganisation: "organisation", SamePhone: "phone", SameVehicle: "vehicle", SameVessel: "vessel",
};

/** The parts of a charter that say who may look for what; its contributors have checked their form before they signed. */
interface Asked {
  readonly queries?: readonly {
    readonly id: string; readonly version: string; readonly kind: string; readonly link: readonly string[];
    readonly tell: readonly { readonly who: string; readonly kinds?: readonly string[] }[];
    readonly asks?: { readonly legalBases: readonly string[]; readonly purposes: readonly string[]; readonly longest?: string };
  }[];
  readonly members: readonly { readonly id: string; readonly kind?: string; readonly mandates?: readonly string[]; readonly quota?: { readonly searchesPerMonth?: number } }[];
}

/** What this member may look for by the charter in force, and how often in a month. */
export function queriesFor(inbox: Inbox): { readonly queries: readonly Asking[]; readonly mandates: readonly string[]; readonly quota: number } {
  const charter = inbox.log.charter!;
  const json = charter.json as unknown as Asked;
  const own = memberOf(charter, inbox.keys.member)?.role === "agency" ? json.members.find(({ id }) => id === inbox.keys.member) : undefined;
  const queries = (json.queries ?? []).flatMap(({ id, version, link, tell, asks }) =>
    asks && tell.some(({ who, kinds }) => who === "agency" && kinds?.includes(own?.kind ?? ""))
      ? [{ id, version, kinds: link.flatMap((code) => kindOfLink[code] ?? []), legalBases: asks.legalBases, purposes: asks.purposes, longest: asks.longest ?? null }]
      : []);
  return { queries, mandates: own?.mandates ?? [], quota: own?.quota?.searchesPerMonth ?? 0 };
}

/** The last day on which a watch may end: a duration after the room's time, less a day. Null if it is no duration. */
export function endOf(duration: string, roomTime: number): string | null {
  const seconds = secondsOf(duration);
  return seconds === null ? null : new Date(roomTime + seconds * 1000 - 86_400_000).toISOString().slice(0, 10);
}

/** A watch or search of this member, as far as this page knows it. */
export interface Watch {
  /** What it says, if it was signed or read on this page. */
  readonly asked: Extract<Act, { kind: "watch" }> | null;
  readonly state: "Recalled" | "Sent" | "WaitsForSecond";
  /** Numbers of the notices that answer it, the newest first. */
  readonly answers: readonly number[];
  /** Number of the message that nothing may be told; null if there is none. */
  readonly nothing: number | null;
  /** It may be withdrawn: it counts, and is not known to be over. */
  readonly mayEnd: boolean;
}

export function watchOf(inbox: Inbox, act: LoggedAct, now: number): Watch {
  const { id } = act.place;
  const copy = inbox.copies.get(id)?.act;
  const asked = copy?.kind === "watch" ? copy : null;
  const gone = [...inbox.copies.values()].some((one) => one.act.kind === "unwatch" && one.act.watch === id);
  const numbers = (kind: string): readonly number[] =>
    inbox.items.filter(({ message }) => message.kind === kind && "watch" in message && message.watch === id).map(({ header }) => header.number);
  return {
    asked, answers: numbers("N2a"), nothing: numbers("nothing")[0] ?? null, state: gone ? "Recalled" : act.second === null ? "WaitsForSecond" : "Sent",
    mayEnd: !gone && act.second !== null && !(asked !== null && (asked.expires === null || Date.parse(asked.expires) <= now)),
  };
}
