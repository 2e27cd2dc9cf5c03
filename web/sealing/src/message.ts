import { fromBase64Url } from "./bytes.ts";
import { Fields, parseCanonical, reading } from "./json.ts";

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
}

/** What the enclave tells a member (docs/protocol.md section 6). */
export type Message = Head | { readonly kind: "empty" } | Pointer | Notice | Review;

/** The fixed text on every notice (to be confirmed by counsel). */
export const nonPunishment =
  "This is intelligence, not evidence. Persons referred to as victims must not be detained, charged or removed for acts they were compelled to commit "
  + "(Council of Europe Convention Art. 26; EU Directive 2011/36 Art. 8). It must not be used for immigration enforcement. "
  + "Do not approach a service organisation's client except through the desk named.";

const maxText = 512;

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
  switch (fields.oneOf("kind", "N1", "N2a", "empty", "head", "review")) {
    case "empty":
      return { kind: "empty" };
    case "head":
      return readHead(fields);
    case "N1":
      return readPointer(fields);
    case "N2a":
      return readNotice(fields);
    case "review":
      return readReview(fields);
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
  };
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
  };
}
