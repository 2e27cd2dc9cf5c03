import { equal, fromUtf8, utf8, type Bytes } from "./bytes.ts";

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [name: string]: Json };

const maxDepth = 64;

/** Canonical JSON (RFC 8785): members sorted by UTF-16 code units, numbers and strings as ECMAScript writes them. */
export const canonicalize = (value: Json): Bytes => utf8(write(value, 0));

function write(value: Json, depth: number): string {
  if (depth > maxDepth) {
    throw new RangeError("The JSON is nested too deeply.");
  }
  if (typeof value === "string") {
    return writeText(value);
  }
  if (typeof value === "number") {
    if (!Number.isFinite(value)) {
      throw new RangeError("JSON has no infinite numbers.");
    }
    return JSON.stringify(value);
  }
  if (value === null || typeof value === "boolean") {
    return String(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map((item: Json) => write(item, depth + 1)).join(",")}]`;
  }
  const object = value as JsonObject;
  const members = Object.keys(object).sort().map((name) => `${writeText(name)}:${write(object[name]!, depth + 1)}`);
  return `{${members.join(",")}}`;
}

function writeText(text: string): string {
  if (/\p{Surrogate}/u.test(text)) {
    throw new RangeError("The text has half of a surrogate pair.");
  }
  return JSON.stringify(text);
}

/**
 * Reads JSON that is its own canonical form, and nothing else: one meaning, one encoding. Duplicate members, other spacing, another order, numbers that a
 * double cannot hold, all give other bytes when written again.
 */
export function parseCanonical(bytes: Uint8Array, maxSize = 4 << 20): Json | undefined {
  const text = bytes.length <= maxSize ? fromUtf8(bytes) : null;
  if (text === null) {
    return undefined;
  }
  try {
    const value = JSON.parse(text) as Json;
    return equal(canonicalize(value), bytes) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Thrown inside a reader where a member is missing or has another form; readers turn it into their "no". */
export class FormError extends Error {}

/** Reads the members of one object, each once; {@link end} refuses what was not asked for. */
export class Fields {
  readonly #object: JsonObject;
  readonly #seen = new Set<string>();

  constructor(value: Json | undefined) {
    if (value === null || typeof value !== "object" || Array.isArray(value)) {
      throw new FormError("not an object");
    }
    this.#object = value as JsonObject;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#object, name);
  }

  value(name: string): Json {
    if (!this.has(name)) {
      throw new FormError(`${name} is missing`);
    }
    this.#seen.add(name);
    return this.#object[name]!;
  }

  object(name: string): Fields {
    return new Fields(this.value(name));
  }

  list(name: string, least: number, most: number): readonly Json[] {
    const value = this.value(name);
    return Array.isArray(value) && value.length >= least && value.length <= most ? (value as readonly Json[]) : fail(name);
  }

  text(name: string, maxLength: number): string {
    const value = this.value(name);
    return typeof value === "string" && value.length > 0 && value.length <= maxLength ? value : fail(name);
  }

  /** A text that may be empty. */
  anyText(name: string, maxLength: number): string {
    const value = this.value(name);
    return typeof value === "string" && value.length <= maxLength ? value : fail(name);
  }

  matching(name: string, pattern: RegExp): string {
    const value = this.value(name);
    return typeof value === "string" && pattern.test(value) ? value : fail(name);
  }

  code(name: string): string {
    return this.matching(name, codePattern);
  }

  member(name: string): string {
    const value = this.matching(name, memberPattern);
    return isMember(value) ? value : fail(name);
  }

  time(name: string): string {
    const value = this.matching(name, timePattern);
    return isTime(value) ? value : fail(name);
  }

  integer(name: string, least: number, most: number): number {
    const value = this.value(name);
    return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most ? (value as number) : fail(name);
  }

  bool(name: string): boolean {
    const value = this.value(name);
    return typeof value === "boolean" ? value : fail(name);
  }

  oneOf<T extends string>(name: string, ...words: readonly T[]): T {
    const value = this.value(name);
    return words.find((word) => word === value) ?? fail(name);
  }

  /** A set of codes: sorted by UTF-16 code units, without duplicates. */
  codes(name: string, least: number, most: number): readonly string[] {
    const list = this.list(name, least, most);
    const sorted = list.every((item, i) => typeof item === "string" && codePattern.test(item) && (i === 0 || (list[i - 1] as string) < item));
    return sorted ? (list as readonly string[]) : fail(name);
  }

  uuid(name: string): string {
    return this.matching(name, uuidPattern);
  }

  /** A set of ids: sorted, without duplicates. */
  uuids(name: string, least: number, most: number): readonly string[] {
    const list = this.list(name, least, most);
    const sorted = list.every((item, i) => typeof item === "string" && uuidPattern.test(item) && (i === 0 || (list[i - 1] as string) < item));
    return sorted ? (list as readonly string[]) : fail(name);
  }

  end(): void {
    const foreign = Object.keys(this.#object).find((name) => !this.#seen.has(name));
    if (foreign !== undefined) {
      throw new FormError("a member is not known");
    }
  }
}

/** Gives what a reader reads, or null if it meets another form. */
export function reading<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormError) {
      return null;
    }
    throw error;
  }
}

const codePattern = /^[A-Za-z0-9_.-]{1,64}$/;
const uuidPattern = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const memberPattern = /^[a-z0-9][a-z0-9-]{0,62}$/;
const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** Whether a text is a member id. */
export const isMember = (text: string): boolean => memberPattern.test(text) && text !== "enclave" && text !== "operator";

function isTime(text: string): boolean {
  const time = new Date(text);
  return !Number.isNaN(time.getTime()) && time.toISOString() === text.replace("Z", ".000Z");
}

function fail(name: string): never {
  throw new FormError(`${name} has another form`);
}
