import { disclosureFields, disclosureStates, offeredFields, outcomes, readFields, readWarning, type DisclosureState, type Outcome as OutcomeCode, type Presence, type Urgency } from "./acts.ts";
import { fromBase64Url } from "./bytes.ts";
import { Fields, FormError, parseCanonical, reading, type Json } from "./json.ts";

/** Where a message stands: what its sealed content repeats of its header. */
export interface Place {
  readonly room: string;
  readonly recipient: string;
  readonly number: number;
  readonly epoch: number;
  readonly simulated: boolean;
}

/** Whom to ask about a match. */
export interface Desk {
  readonly member: string;
  readonly desk: string;
}

export type Strength = "Exact" | "Possible" | "Probable" | "Strong";

interface Match {
  /** Reference of the match, for this recipient: base64url of 16 bytes. */
  readonly match: string;
  /** Code of the list matchType. */
  readonly link: string;
  readonly strength: Strength;
}

/** The first message of every epoch. */
export interface Head {
  readonly kind: "head";
  readonly evaluated: boolean;
  readonly position: { readonly root: string; readonly size: number };
  readonly last: number;
}

/** N1: another organisation has met what a record of the reader's is about. */
export interface Pointer extends Match {
  readonly kind: "N1";
  readonly own: string;
  readonly counterpart: Desk | null;
  readonly quarter: string;
  readonly caveats: readonly string[];
  readonly known: boolean;
  readonly expires: string;
  readonly quartersBetween: number | null;
  /** The alarm: the own record is a decoy. */
  readonly decoy: boolean;
}

/** N2a: what an agency is told automatically. No fact, no identifier, no name of a person. */
export interface Notice extends Match {
  readonly kind: "N2a";
  readonly jurisdictions: readonly string[];
  readonly sources: string;
  readonly ask: readonly Desk[];
  readonly grading: string;
  readonly handling: readonly string[];
  readonly notice: string;
  readonly expires: string;
  /** Who is next in the charter is told if nobody has acted by then; null where nobody is next. */
  readonly answerBy: string | null;
  /** The agency's own watch or search that this answers; null for what a standing query tells. */
  readonly watch: string | null;
}

/** The one answer to a watch or search that is no notice. */
export interface Nothing {
  readonly kind: "nothing";
  readonly watch: string;
}

/** A person should look at her own record. */
export interface Review extends Match {
  readonly kind: "review";
  readonly own: string;
  readonly evidence: readonly string[];
  readonly reasons: readonly string[];
  readonly childProtection: boolean;
  readonly safeguardingOnly: boolean;
  readonly due: string;
  /** The alarm: the own record is a decoy. */
  readonly decoy: boolean;
}

/** To a contributor: an agency asks for fields of a record of its own. */
export interface Request {
  readonly kind: "request";
  readonly request: string;
  readonly agency: string;
  readonly own: string;
  readonly legalBasis: string;
  readonly purpose: string;
  readonly case: string;
  readonly fields: readonly string[];
  readonly due: string;
  readonly escalated: boolean;
}

/** To an agency: where its request stands. */
export interface Status {
  readonly kind: "status";
  readonly request: string;
  readonly state: DisclosureState;
  readonly reason: string | null;
  readonly until: string | null;
}

/** A fact that leaves. */
export interface Fact {
  readonly field: string;
  readonly text: string;
}

/** To a contributor: an agency was told of a match; what may it be given? */
export interface Offer {
  readonly kind: "offer";
  readonly match: string;
  readonly link: string;
  readonly agency: string;
  readonly own: string;
  readonly fields: readonly string[];
  readonly due: string;
  /** They have followed by a rule of the charter: there is nothing to answer. */
  readonly given: boolean;
}

/** N2b: what one contributor gives of a match that the agency was told of. */
export interface NoticeFacts {
  readonly kind: "N2b";
  /** What an outcome and a withdrawal name. */
  readonly request: string;
  readonly match: string;
  readonly link: string;
  readonly part: number;
  readonly parts: number;
  readonly sources: string;
  /** Whom to ask; null if the contributor stays unnamed. */
  readonly from: Desk | null;
  readonly grading: string;
  readonly facts: readonly Fact[];
  readonly handling: readonly string[];
  readonly notice: string;
  readonly outcomeDue: string;
  readonly expires: string;
}

/** N3: exactly the granted fields, for one request. */
export interface Disclosed {
  readonly kind: "N3";
  readonly request: string;
  readonly part: number;
  readonly parts: number;
  readonly from: Desk;
  readonly purpose: string;
  readonly case: string;
  readonly facts: readonly Fact[];
  readonly handling: readonly string[];
  readonly notice: string;
  readonly outcomeDue: string;
}

/** N6: what was told under this reference, or disclosed for this request or emergency, is withdrawn. One of the two is null. */
export interface Withdrawn {
  readonly kind: "N6";
  readonly match: string | null;
  readonly request: string | null;
}

/** One number of a table: values of the first attribute, or of both; none for the total. */
export interface TableRow {
  readonly n: number;
  readonly values: readonly string[];
}

/** N7: a part of a table of counts of persons. No number, and none that can be got by subtraction, is of fewer persons or contributors than it says. */
export interface Table {
  readonly kind: "N7";
  readonly query: string;
  readonly version: string;
  readonly by: readonly string[];
  readonly k: number;
  readonly contributors: number;
  readonly dominancePercent: number;
  readonly round: number;
  readonly until: string;
  readonly part: number;
  readonly parts: number;
  readonly rows: readonly TableRow[];
  readonly caveat: string;
}

/** A group of persons: its band, what they have in common, where and when. */
export interface Group {
  readonly id: string;
  readonly band: string;
  readonly codes: readonly string[];
  readonly places: readonly { readonly country: string; readonly admin1: string | null }[];
  readonly quarters: readonly string[];
}

/** A part of what is told of groups of persons. Each has as many as it says, whichever contributor is left out. */
export interface Groups {
  readonly kind: "groups";
  readonly query: string;
  readonly version: string;
  readonly by: string;
  readonly k: number;
  readonly contributors: number;
  readonly until: string;
  readonly part: number;
  readonly parts: number;
  readonly groups: readonly Group[];
  readonly caveat: string;
}

/** Bands in which uses are told. */
export const countBands = ["0", "1", "2", "3-5", "6-10", "11+"] as const;

/** What is counted in a statement of use. */
export const countedUses = ["pointers", "oneWay", "notices", "answers", "requests", "disclosures", "withdrawals"] as const;

/** To a contributor: what was done with its records in a quarter that is over, in bands. */
export interface Use {
  readonly kind: "use";
  readonly quarter: string;
  readonly counts: Readonly<Record<(typeof countedUses)[number], string>>;
  readonly caveat: string;
}

/** To a contributor: what its disclosure led to. */
export interface Reported {
  readonly kind: "outcome";
  readonly request: string;
  readonly agency: string;
  readonly own: string;
  readonly outcome: OutcomeCode;
}

/** A record of the reader's whose consent ends soon. */
export interface EndingConsent {
  readonly own: string;
  /** Codes of the list consentPurpose. */
  readonly purposes: readonly string[];
  readonly ends: string;
}

/** To a contributor: consents that end within 60 days, and again within 14. */
export interface Ending {
  readonly kind: "ending";
  readonly records: readonly EndingConsent[];
}

/** To a contributor: which of its records are drawn for the auditor; they are opened with the command line. */
export interface Audit {
  readonly kind: "audit";
  readonly quarter: string;
  readonly due: string;
  readonly withdrawn: string;
  /** Ids of the records. */
  readonly drawn: readonly string[];
}

const auditStates = ["Failed", "Opened", "Overdue", "Passed", "Refused"] as const;

/** To a contributor: what has become of a draw. */
export interface Audited {
  readonly kind: "audited";
  readonly quarter: string;
  readonly state: (typeof auditStates)[number];
}

/** N4: somebody is in danger, said by two people of the contributor who know. Codes only. */
export interface Emergency {
  readonly kind: "N4";
  readonly emergency: string;
  readonly presence: Presence;
  readonly urgency: Urgency;
  /** ISO 3166-1 alpha-3. */
  readonly country: string;
  /** ISO 3166-2; null if not known. */
  readonly admin1: string | null;
  readonly child: boolean;
  readonly from: Desk;
  readonly handling: readonly string[];
  readonly notice: string;
  readonly expires: string;
}

/** To a contributor: what became of its emergency. */
export interface EmergencyAnswer {
  readonly kind: "emergency";
  readonly emergency: string;
  readonly agency: string;
  readonly own: string;
  readonly state: "Refused" | "Sent" | "Withdrawn";
  readonly reason: string | null;
}

/** What the enclave tells a member (docs/protocol.md section 6). */
export type Message = Head | { readonly kind: "empty" } | News;

/** A message that says something new. */
export type News = Pointer | Notice | Review | Request | Status | Disclosed | NoticeFacts | Offer | Withdrawn | Reported | Ending | Nothing | Table | Groups | Emergency | EmergencyAnswer | Use | Audit | Audited;

/** The fixed text on every table. */
export const tableCaveat =
  "Counts of persons whom organisations have met and who agreed to be counted, each once and in one release only; not of how many there are, and not representative. "
  + "Small groups are not shown, numbers are rounded; this is no formal guarantee.";

/** The fixed text on every statement of use. */
export const useCaveat =
  "What others were told of your records, not what anybody did with it. A match is counted only where the other side's consent lets you know of it, "
  + "pointers whose reader stays unnamed apart; more may have been told.";

/** The fixed text on every notice (to be confirmed by counsel). */
export const nonPunishment =
  "This is intelligence, not evidence. Persons referred to as victims must not be detained, charged or removed for acts they were compelled to commit "
  + "(Council of Europe Convention Art. 26; EU Directive 2011/36 Art. 8). It must not be used for immigration enforcement. "
  + "Do not approach a service organisation's client except through the desk named.";

/** The fixed text on everything about groups. */
export const groupsCaveat =
  "Groups of persons whom several organisations have met, in bands; not of how many there are, and no formal guarantee. That they have something in common is no evidence against anybody. "
  + nonPunishment;

const maxText = 512;
const maxFact = 256;

/** Reads a message that must stand where the place says, the label of a simulated room included; null if it has another form or stands elsewhere. */
export function parseMessage(json: Uint8Array, place: Place): Message | null {
  const value = parseCanonical(json);
  return value === undefined ? null : reading(() => {
    const fields = new Fields(value);
    fields.oneOf("schema", "cleanroom/message/v1");
    const labelled = fields.has("simulated") && fields.bool("simulated");
    const epoch = fields.integer("epoch", 1, Number.MAX_SAFE_INTEGER);
    const number = fields.integer("number", 1, Number.MAX_SAFE_INTEGER);
    const recipient = fields.member("recipient");
    const room = fields.value("room");
    const message = readKind(fields);
    fields.end();
    const inPlace = epoch === place.epoch && number === place.number && recipient === place.recipient && room === place.room;
    return inPlace && labelled === place.simulated ? message : null;
  });
}

function readKind(fields: Fields): Message | null {
  switch (fields.oneOf("kind", "N1", "N2a", "N2b", "N3", "N4", "N6", "N7", "audit", "audited", "emergency", "empty", "ending", "groups", "head", "nothing", "offer", "outcome", "request", "review", "status", "use")) {
    case "empty":
      return { kind: "empty" };
    case "ending":
      return readEnding(fields);
    case "groups":
      return readGroups(fields);
    case "head":
      return readHead(fields);
    case "nothing":
      return { kind: "nothing", watch: fields.uuid("watch") };
    case "N1":
      return readPointer(fields);
    case "N2a":
      return readNotice(fields);
    case "review":
      return readReview(fields);
    case "request":
      return readRequest(fields);
    case "status":
      return readStatus(fields);
    case "N2b":
      return readNoticeFacts(fields);
    case "offer":
      return readOffer(fields);
    case "N3":
      return readDisclosed(fields);
    case "N4":
      return readEmergency(fields);
    case "emergency":
      return readEmergencyAnswer(fields);
    case "N6":
      return readWithdrawn(fields);
    case "N7":
      return readTable(fields);
    case "outcome":
      return readReported(fields);
    case "audit":
      return readAudit(fields);
    case "audited":
      return { kind: "audited", quarter: fields.matching("quarter", /^\d{4}-Q[1-4]$/), state: fields.oneOf("state", ...auditStates) };
    case "use":
      return readUse(fields);
  }
}

function readHead(fields: Fields): Head {
  const position = fields.object("checkpoint");
  const head: Head = {
    kind: "head",
    evaluated: fields.bool("evaluated"),
    position: { root: position.matching("root", /^sha256:[A-Za-z0-9_-]{43}$/), size: position.integer("size", 1, Number.MAX_SAFE_INTEGER) },
    last: fields.integer("last", 1, Number.MAX_SAFE_INTEGER),
  };
  position.end();
  return head;
}

function readMatch(fields: Fields): Match | null {
  const match = fields.text("match", 22);
  const read = { match, link: fields.code("link"), strength: fields.oneOf("strength", "Exact", "Possible", "Probable", "Strong") };
  return fromBase64Url(match)?.length === 16 ? read : null;
}

function readDesk(fields: Fields): Desk {
  const desk = { member: fields.member("member"), desk: fields.text("desk", maxText) };
  fields.end();
  return desk;
}

function readPointer(fields: Fields): Pointer | null {
  const match = readMatch(fields);
  return match && {
    ...match,
    kind: "N1",
    own: fields.text("own", maxText),
    counterpart: fields.value("counterpart") === null ? null : readDesk(fields.object("counterpart")),
    quarter: fields.anyText("quarter", maxText),
    caveats: fields.codes("caveats", 0, 32),
    known: fields.bool("known"),
    expires: fields.time("expires"),
    quartersBetween: fields.has("quartersBetween") ? fields.integer("quartersBetween", 0, 1000) : null,
    decoy: readDecoy(fields),
  };
}

const readDecoy = (fields: Fields): boolean => readFlag(fields, "decoy");

/** Nothing but true is written. */
function readFlag(fields: Fields, name: string): boolean {
  if (fields.has(name) && !fields.bool(name)) {
    throw new FormError(`${name} is true or not there`);
  }
  return fields.has(name);
}

function readNotice(fields: Fields): Notice | null {
  const match = readMatch(fields);
  return match && {
    ...match,
    kind: "N2a",
    jurisdictions: fields.codes("jurisdictions", 0, 300),
    sources: fields.text("sources", 32),
    ask: fields.list("ask", 1, 64).map((desk) => readDesk(new Fields(desk))),
    grading: fields.text("grading", 64),
    handling: fields.codes("handling", 0, 32),
    notice: fields.oneOf("notice", nonPunishment),
    expires: fields.time("expires"),
    answerBy: fields.has("answerBy") ? fields.time("answerBy") : null,
    watch: fields.has("watch") ? fields.uuid("watch") : null,
  };
}

function readReview(fields: Fields): Review | null {
  const match = readMatch(fields);
  return match && {
    ...match,
    kind: "review",
    own: fields.text("own", maxText),
    evidence: fields.codes("evidence", 0, 32),
    reasons: fields.codes("reasons", 0, 32),
    childProtection: fields.bool("childProtection"),
    safeguardingOnly: fields.bool("safeguardingOnly"),
    due: fields.time("due"),
    decoy: readDecoy(fields),
  };
}

function readRequest(fields: Fields): Request {
  return {
    kind: "request",
    agency: fields.member("agency"),
    case: fields.text("case", maxText),
    due: fields.time("due"),
    escalated: fields.bool("escalated"),
    fields: fields.codes("fields", 1, disclosureFields.length),
    legalBasis: fields.text("legalBasis", maxText),
    own: fields.text("own", maxText),
    purpose: fields.code("purpose"),
    request: fields.uuid("request"),
  };
}

function readStatus(fields: Fields): Status {
  return {
    kind: "status",
    reason: fields.has("reason") ? fields.code("reason") : null,
    request: fields.uuid("request"),
    state: fields.oneOf("state", ...disclosureStates),
    until: fields.has("until") ? fields.time("until") : null,
  };
}

const readFacts = (fields: Fields, known: readonly string[]): readonly Fact[] => fields.list("facts", 0, 256).map((item) => {
  const fact = new Fields(item);
  const read = { field: fact.oneOf("field", ...known), text: fact.text("text", maxFact) };
  fact.end();
  return read;
});

function readOffer(fields: Fields): Offer | null {
  const match = fields.text("match", 22);
  const offer: Offer = {
    kind: "offer",
    match,
    agency: fields.member("agency"),
    due: fields.time("due"),
    fields: readFields(fields, 1, offeredFields),
    given: readFlag(fields, "given"),
    link: fields.code("link"),
    own: fields.text("own", maxText),
  };
  return fromBase64Url(match)?.length === 16 ? offer : null;
}

function readNoticeFacts(fields: Fields): NoticeFacts | null {
  const match = fields.text("match", 22);
  const part = fields.integer("part", 1, 1024);
  const facts: NoticeFacts = {
    kind: "N2b",
    request: fields.uuid("request"),
    match,
    link: fields.code("link"),
    part,
    parts: fields.integer("parts", part, 1024),
    sources: fields.text("sources", 32),
    from: fields.has("from") ? readDesk(fields.object("from")) : null,
    grading: fields.text("grading", 64),
    facts: readFacts(fields, offeredFields),
    handling: fields.codes("handling", 0, 32),
    notice: fields.oneOf("notice", nonPunishment),
    outcomeDue: fields.time("outcomeDue"),
    expires: fields.time("expires"),
  };
  return fromBase64Url(match)?.length === 16 ? facts : null;
}

function readDisclosed(fields: Fields): Disclosed {
  const part = fields.integer("part", 1, 1024);
  return {
    kind: "N3",
    case: fields.text("case", maxText),
    facts: readFacts(fields, disclosureFields),
    from: readDesk(fields.object("from")),
    handling: fields.codes("handling", 0, 32),
    notice: fields.oneOf("notice", nonPunishment),
    outcomeDue: fields.time("outcomeDue"),
    part,
    parts: fields.integer("parts", part, 1024),
    purpose: fields.code("purpose"),
    request: fields.uuid("request"),
  };
}

function readWithdrawn(fields: Fields): Withdrawn | null {
  const match = fields.has("match") ? fields.text("match", 22) : null;
  const request = fields.has("request") ? fields.uuid("request") : null;
  const good = (match === null) !== (request === null) && (match === null || fromBase64Url(match)?.length === 16);
  return good ? { kind: "N6", match, request } : null;
}

function readEmergency(fields: Fields): Emergency {
  return {
    kind: "N4",
    ...readWarning(fields),
    emergency: fields.uuid("emergency"),
    child: fields.bool("child"),
    from: readDesk(fields.object("from")),
    handling: fields.codes("handling", 0, 32),
    notice: fields.oneOf("notice", nonPunishment),
    expires: fields.time("expires"),
  };
}

function readEmergencyAnswer(fields: Fields): EmergencyAnswer {
  return {
    kind: "emergency",
    emergency: fields.uuid("emergency"),
    agency: fields.member("agency"),
    own: fields.text("own", maxText),
    state: fields.oneOf("state", "Refused", "Sent", "Withdrawn"),
    reason: fields.has("reason") ? fields.code("reason") : null,
  };
}

function readTable(fields: Fields): Table {
  const terms = fields.object("table");
  const by = terms.list("by", 1, 2);
  terms.oneOf("period", "quarter", "year");
  const read = {
    k: terms.integer("k", 11, 10_000),
    contributors: terms.integer("contributors", 3, 64),
    dominancePercent: terms.integer("dominancePercent", 34, 70),
    round: terms.integer("round", 5, 100),
  };
  terms.end();
  const parts = fields.integer("parts", 1, 1024);
  return {
    kind: "N7",
    query: fields.matching("query", /^G[1-9]\d?$/),
    version: fields.matching("version", /^\d{1,5}\.\d{1,5}\.\d{1,5}$/),
    by: codesOf(by, /^[A-Za-z]{1,32}$/),
    ...read,
    until: fields.time("until"),
    part: fields.integer("part", 1, parts),
    parts,
    rows: fields.list("rows", 0, 1024).map((element) => {
      const row = new Fields(element);
      const found = { n: row.integer("n", 0, 2_147_483_647), values: codesOf(row.list("values", 0, by.length), /^[A-Za-z0-9_.+-]{1,80}$/) };
      row.end();
      return found;
    }),
    caveat: fields.oneOf("caveat", tableCaveat),
  };
}

function readGroups(fields: Fields): Groups {
  const terms = fields.object("group");
  terms.oneOf("period", "quarter", "year");
  const read = { by: terms.oneOf("by", "pattern", "place", "route"), k: terms.integer("k", 5, 10_000), contributors: terms.integer("contributors", 2, 64) };
  terms.end();
  const parts = fields.integer("parts", 1, 1024);
  return {
    kind: "groups",
    query: fields.matching("query", /^Q[1-9]\d?$/),
    version: fields.matching("version", /^\d{1,5}\.\d{1,5}\.\d{1,5}$/),
    ...read,
    until: fields.time("until"),
    part: fields.integer("part", 1, parts),
    parts,
    groups: fields.list("groups", 1, 1024).map((element) => {
      const group = new Fields(element);
      const found = {
        id: group.matching("id", /^[0-9a-f]{16}$/),
        band: group.oneOf("band", "5+", "11+"),
        codes: codesOf(group.list("codes", 0, 64), /^[A-Za-z]{1,40}:[A-Za-z0-9_.+-]{1,80}$/),
        places: group.list("places", 0, 64).map((item) => {
          const place = new Fields(item);
          const region = { country: place.matching("country", /^[A-Z]{3}$/), admin1: place.has("admin1") ? place.matching("admin1", /^[A-Z]{2}-[A-Z0-9]{1,3}$/) : null };
          place.end();
          return region;
        }),
        quarters: codesOf(group.list("quarters", 0, 2), /^\d{4}-Q[1-4]$/),
      };
      group.end();
      return found;
    }),
    caveat: fields.oneOf("caveat", groupsCaveat),
  };
}

function codesOf(list: readonly Json[], pattern: RegExp): readonly string[] {
  if (!list.every((item) => typeof item === "string" && pattern.test(item))) {
    throw new FormError("a code has another form");
  }
  return list as readonly string[];
}

function readEnding(fields: Fields): Ending {
  return {
    kind: "ending",
    records: fields.list("records", 1, 64).map((item) => {
      const record = new Fields(item);
      const read = { own: record.text("own", maxText), purposes: record.codes("purposes", 1, 16), ends: record.time("ends") };
      record.end();
      return read;
    }),
  };
}

function readAudit(fields: Fields): Audit {
  const read = {
    kind: "audit" as const,
    quarter: fields.matching("quarter", /^\d{4}-Q[1-4]$/),
    due: fields.time("due"),
    withdrawn: fields.oneOf("withdrawn", ...countBands),
    drawn: fields.list("drawn", 0, 8).map((item) => {
      const record = new Fields(item);
      record.matching("commitment", /^sha256:[A-Za-z0-9_-]{43}$/);
      const id = record.matching("record", /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      record.end();
      return id;
    }),
  };
  fields.matching("salt", /^[A-Za-z0-9_-]{43}$/);
  if (read.drawn.some((id, i) => i > 0 && read.drawn[i - 1]! >= id)) {
    throw new FormError("drawn is not sorted, or names one twice");
  }
  return read;
}

function readUse(fields: Fields): Use {
  return {
    kind: "use",
    quarter: fields.matching("quarter", /^\d{4}-Q[1-4]$/),
    counts: Object.fromEntries(countedUses.map((use) => [use, fields.oneOf(use, ...countBands)])) as Use["counts"],
    caveat: fields.oneOf("caveat", useCaveat),
  };
}

function readReported(fields: Fields): Reported {
  return { kind: "outcome", agency: fields.member("agency"), outcome: fields.oneOf("outcome", ...outcomes), own: fields.text("own", maxText), request: fields.uuid("request") };
}
