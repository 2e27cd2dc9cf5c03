import { equal, fromBase64Url, toBase64Url, utf8, type Bytes } from "./bytes.ts";
import { sealDeterministic } from "./hpke.ts";
import { canonicalize, Fields, parseCanonical, reading, type Json, type JsonObject } from "./json.ts";
import { pad } from "./padme.ts";
import type { PublicKey } from "./keys.ts";

/** What may be asked for. Everything else is in no field and never leaves. */
export const disclosureFields = [
  "exploitation.sites", "exploitation.types", "organisations", "suspects.identifiers", "suspects.names", "vehicles", "vessels", "victims.birth", "victims.citizenship",
  "victims.identifiers", "victims.names",
] as const;

/** What may follow a notice without a request: nothing that identifies a person who is helped. */
export const offeredFields = ["exploitation.sites", "exploitation.types", "organisations", "suspects.identifiers", "vehicles", "vessels"] as const;

/** Why a contributor grants less than was asked. */
export const refusals = ["ConsentMissing", "LegalBasisInsufficient", "NotNecessary", "OtherChannel", "PersonRefuses", "RiskToPerson", "SourceProtection"] as const;

/** Code list feedbackOutcome. */
export const outcomes = [
  "ArrestOrCharge", "AssetsRestrained", "EnquiryOpened", "Harm", "MergedWithInvestigation", "NoFurtherAction", "NotRelevant", "Received", "SiteInspected", "VictimsLocated", "WrongMatch",
] as const;

/** Where a request stands. */
export const disclosureStates = [
  "Disclosed", "Escalated", "Granted", "OutcomeFiled", "OutcomeOverdue", "PartlyGranted", "Recalled", "Refused", "TimedOut", "UnderReview",
] as const;

/** What an agency may look for: things, never persons. */
export const watchKinds = ["account", "email", "handle", "organisation", "phone", "vehicle", "vessel"] as const;

/** Whether a person in danger is at the place. */
export const presences = ["Expected", "LastSeen", "Present"] as const;

/** How soon somebody has to act. */
export const urgencies = ["Now", "WithinADay", "WithinHours"] as const;

/** Why missing consent is overridden, for what, and whether the person concerned is told. */
export const overrideBases = ["LegalDuty", "VitalInterest"] as const;
export const overridePurposes = ["C5_LE_NONIDENT", "C6_LE_IDENT"] as const;
export const overrideSubjects = ["Informed", "WouldEndanger"] as const;

export type Presence = (typeof presences)[number];
export type Urgency = (typeof urgencies)[number];
export type Refusal = (typeof refusals)[number];
export type Outcome = (typeof outcomes)[number];
export type DisclosureState = (typeof disclosureStates)[number];

/** What people do through the log, as far as pages do it (docs/protocol.md section 9). */
export type Act =
  | { readonly kind: "answer"; readonly match: string; readonly answer: "hold" | "release" | "taken" | "wrong" }
  | {
    readonly kind: "request"; readonly match: string; readonly contributor: string; readonly legalBasis: string; readonly purpose: string; readonly case: string;
    readonly fields: readonly string[]; readonly due: string;
  }
  | { readonly kind: "decision"; readonly fields: readonly string[]; readonly reason: Refusal | null }
  | { readonly kind: "outcome"; readonly outcome: Outcome }
  | {
    readonly kind: "watch"; readonly query: string; readonly version: string; readonly subject: Readonly<Record<string, string>>; readonly mandate: string; readonly legalBasis: string;
    readonly purpose: string; readonly case: string; readonly expires: string | null;
  }
  | { readonly kind: "unwatch"; readonly watch: string }
  | {
    readonly kind: "override"; readonly record: string; readonly recipient: string; readonly purpose: (typeof overridePurposes)[number]; readonly basis: (typeof overrideBases)[number];
    readonly subject: (typeof overrideSubjects)[number]; readonly expires: string;
  }
  | { readonly kind: "facts"; readonly match: string; readonly agency: string; readonly fields: readonly string[]; readonly desk: boolean }
  | ({ readonly kind: "emergency"; readonly recipient: string; readonly record: string } & Warning);

/** What an emergency says: codes, no words. */
export interface Warning {
  readonly admin1: string | null;
  readonly country: string;
  readonly presence: Presence;
  readonly urgency: Urgency;
}

export type ActKind = Act["kind"];

/** Longest texts of a request, in characters. */
export const maxBasis = 200;
export const maxCase = 64;

const schema = "cleanroom/act/v1";
const copySchema = "cleanroom/act-copy/v1";
const seedSize = 32;
const maxCopy = 1 << 16;

/** Kinds that count only when a second person has signed. */
export const needsSecond = (kind: string): boolean => kind === "request" || kind === "decision" || kind === "watch" || kind === "emergency" || kind === "override" || kind === "facts";

/** Whether two persons with these roles may sign together: for an emergency or an override each has a role that the other need not have. */
export const areTwoRoles = (kind: string, first: readonly string[], second: readonly string[]): boolean => {
  const asked = rolesOf(kind, false);
  return (kind !== "emergency" && kind !== "override") || [first, second].every((roles) => roles.some((role) => asked.includes(role))) && new Set([...first, ...second].filter((role) => asked.includes(role))).size > 1;
};

/** Roles of which the signer needs one. */
export const rolesOf = (kind: string, isAgency: boolean): readonly string[] =>
  kind === "decision" || kind === "facts" ? ["releaser"] : kind === "emergency" || kind === "override" || kind === "lift" ? ["approver", "releaser", "safeguarding"] : kind === "answer" && !isAgency ? ["releaser", "safeguarding"] : ["officer"];

/** The words of an act. */
export function actJson(act: Act): JsonObject {
  const { kind: _, ...members } = act;
  const json: Readonly<Record<string, Json>> = { ...members, schema };
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null));
}

/** Reads the words of an act of a kind; null if they have another form. */
export function parseAct(json: Json, kind: ActKind): Act | null {
  return reading(() => {
    const fields = new Fields(json);
    fields.oneOf("schema", schema);
    const act = readAct(fields, kind);
    fields.end();
    return act;
  });
}

function readAct(fields: Fields, kind: ActKind): Act | null {
  switch (kind) {
    case "answer":
      return isReference(fields.text("match", 22)) ? { kind, answer: fields.oneOf("answer", "hold", "release", "taken", "wrong"), match: fields.text("match", 22) } : null;
    case "request":
      return isReference(fields.text("match", 22)) ? {
        kind, case: fields.text("case", maxCase), contributor: fields.member("contributor"), due: fields.time("due"), fields: readFields(fields, 1),
        legalBasis: fields.text("legalBasis", maxBasis), match: fields.text("match", 22), purpose: fields.code("purpose"),
      } : null;
    case "decision": {
      const granted = readFields(fields, 0);
      const reason = fields.has("reason") ? fields.oneOf("reason", ...refusals) : null;
      return granted.length === 0 && reason === null ? null : { kind, fields: granted, reason };
    }
    case "outcome":
      return { kind, outcome: fields.oneOf("outcome", ...outcomes) };
    case "watch":
      return {
        kind, case: fields.text("case", maxCase), expires: fields.has("expires") ? fields.time("expires") : null, legalBasis: fields.code("legalBasis"), mandate: fields.code("mandate"),
        purpose: fields.code("purpose"), query: fields.matching("query", /^Q[1-9][0-9]?$/), subject: readSubject(fields.object("subject")),
        version: fields.matching("version", /^(?:0|[1-9][0-9]{0,4})(?:\.(?:0|[1-9][0-9]{0,4})){2}$/),
      };
    case "unwatch":
      return { kind, watch: fields.uuid("watch") };
    case "override":
      return {
        kind, basis: fields.oneOf("basis", ...overrideBases), expires: fields.time("expires"), purpose: fields.oneOf("purpose", ...overridePurposes), recipient: fields.member("recipient"),
        record: fields.uuid("record"), subject: fields.oneOf("subject", ...overrideSubjects),
      };
    case "facts":
      return isReference(fields.text("match", 22)) ? {
        kind, agency: fields.member("agency"), desk: fields.bool("desk"), fields: readFields(fields, 1, offeredFields), match: fields.text("match", 22),
      } : null;
    case "emergency":
      return { kind, ...readWarning(fields), recipient: fields.member("recipient"), record: fields.uuid("record") };
  }
}

/** Reads what an emergency says. */
export const readWarning = (fields: Fields): Warning => ({
  admin1: fields.has("admin1") ? fields.matching("admin1", /^[A-Z]{2}-[A-Z0-9]{1,3}$/) : null,
  country: fields.matching("country", /^[A-Z]{3}$/),
  presence: fields.oneOf("presence", ...presences),
  urgency: fields.oneOf("urgency", ...urgencies),
});

function readSubject(fields: Fields): Readonly<Record<string, string>> {
  const kind = fields.oneOf("kind", ...watchKinds);
  const subject = {
    kind, value: fields.text("value", 100),
    ...((kind === "vehicle" || kind === "organisation") && { country: fields.matching("country", /^[A-Z]{3}$/) }),
    ...(kind === "handle" && { platform: fields.code("platform") }),
  };
  fields.end();
  return subject;
}

const isReference = (text: string): boolean => fromBase64Url(text)?.length === 16;

/** Codes out of those that are known, sorted. */
export function readFields(fields: Fields, least: number, known: readonly string[] = disclosureFields): readonly string[] {
  const codes = fields.codes("fields", least, known.length);
  codes.forEach((code) => new Fields({ code }).oneOf("code", ...known));
  return codes;
}

/** Where an act stands in the log. */
export interface ActPlace {
  readonly room: string;
  readonly id: string;
  readonly author: string;
  /** The request that a decision or an outcome is about. */
  readonly about: string | null;
}

/** Seals an act to its author's own record key. Whoever has the act and its seed of 32 random bytes makes the same again. Null if nobody would read it. */
export async function sealAct(act: Act, place: ActPlace, key: PublicKey, seed: Uint8Array): Promise<Bytes | null> {
  const json = actJson(act);
  if (parseAct(json, act.kind) === null) {
    return null;
  }
  const info = utf8(`cleanroom/v1/act\0${place.room}\0${place.author}\0${key.id}`);
  const aad = canonicalize({ about: place.about, author: place.author, id: place.id, room: place.room, type: act.kind });
  return sealDeterministic(key, info, aad, pad(canonicalize(json)), seed);
}

/** What the second person needs: what an act says, and the seed that shows that the entry says this. As secret as the act. */
export interface ActCopy {
  readonly id: string;
  readonly act: Act;
  readonly seed: Bytes;
}

/** Writes a copy: the file that the command line writes too. */
export const writeCopy = (copy: ActCopy): Bytes =>
  canonicalize({ act: actJson(copy.act), id: copy.id, kind: copy.act.kind, schema: copySchema, seed: toBase64Url(copy.seed) });

/** Reads a copy; null if it is none. */
export function parseCopy(bytes: Uint8Array): ActCopy | null {
  const value = parseCanonical(bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes, maxCopy);
  return value === undefined ? null : reading(() => {
    const fields = new Fields(value);
    fields.oneOf("schema", copySchema);
    const kind = fields.oneOf("kind", "answer", "decision", "emergency", "facts", "outcome", "override", "request", "unwatch", "watch");
    const copy = { id: fields.uuid("id"), act: parseAct(fields.value("act"), kind), seed: fromBase64Url(fields.text("seed", 64)) };
    fields.end();
    return copy.act && copy.seed?.length === seedSize ? { id: copy.id, act: copy.act, seed: copy.seed } : null;
  });
}

/** Whether a sealed entry says what a copy says. */
export async function saysCopy(sealed: Uint8Array, copy: ActCopy, place: ActPlace, key: PublicKey): Promise<boolean> {
  const again = place.id === copy.id ? await sealAct(copy.act, place, key, copy.seed) : null;
  return again !== null && equal(again, sealed);
}

/** A fresh seed. */
export const newSeed = (): Bytes => crypto.getRandomValues(new Uint8Array(seedSize));
