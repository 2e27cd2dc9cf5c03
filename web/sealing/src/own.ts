import { fromBase64Url, utf8, digestText, toBase64Url, type Bytes } from "./bytes.ts";
import { memberOf, type Charter } from "./charter.ts";
import { areTwoRoles, needsSecond, newSeed, rolesOf, saysCopy, sealAct, type Act, type ActCopy, type ActPlace } from "./acts.ts";
import { canonicalize, Fields, parseCanonical, reading, type Json } from "./json.ts";
import { parseJws, signJws, verifyJws, type Jws } from "./jws.ts";
import type { SignKey } from "./keyfile.ts";
import { publicKeyOfJwk, type PublicKey } from "./keys.ts";
import { leafHash } from "./merkle.ts";

/** A key of one of the member's people. */
export interface Person {
  readonly name: string;
  readonly roles: readonly string[];
  readonly key: PublicKey;
  readonly revoked: boolean;
}

/** Something that a person of the member did, as the log has it. */
export interface LoggedAct {
  readonly kind: string;
  readonly index: number;
  readonly place: ActPlace;
  readonly period: number;
  readonly sealed: Bytes;
  /** Name of who signed first. */
  readonly person: string;
  readonly signer: string;
  /** What the second person signs. */
  readonly leaf: string;
  /** Name of who signed second; null while nobody has. */
  readonly second: string | null;
}

const acts = new Set(["consent", "answer", "request", "decision", "outcome", "watch", "unwatch", "emergency", "override", "lift", "facts"]);

/**
 * What a member's own people did, read from its view of the log by the log's own rules (docs/protocol.md section 3): who has which role, which keys acts are sealed
 * to, what was signed once and what twice. Entries that would have no effect are left out.
 */
export class OwnBook {
  readonly #persons = new Map<string, Person>();
  readonly #recordKeys: PublicKey[] = [];
  readonly #acts = new Map<string, LoggedAct>();
  readonly #byLeaf = new Map<string, string>();
  readonly #ids = new Set<string>();

  constructor(readonly room: string, readonly member: string) {}

  /** Everything that was done, the oldest first. */
  get acts(): readonly LoggedAct[] {
    return [...this.#acts.values()];
  }

  /** What waits for a second person. */
  get waiting(): readonly LoggedAct[] {
    return this.acts.filter((act) => needsSecond(act.kind) && act.second === null && this.#persons.get(act.signer)?.revoked === false);
  }

  act(id: string): LoggedAct | null {
    return this.#acts.get(id) ?? null;
  }

  person(keyId: string): Person | null {
    return this.#persons.get(keyId) ?? null;
  }

  /** Takes an entry of the log that this member may see. */
  async take(index: number, leaf: string, charter: Charter): Promise<void> {
    const jws = parseJws(leaf);
    const payload = jws?.type === "cleanroom-entry+jws" ? parseCanonical(jws.payload) : undefined;
    const head = payload === undefined ? null : reading(() => {
      const fields = new Fields(payload);
      return { fields, id: fields.uuid("id"), room: fields.text("room", 36), author: fields.text("author", 63), type: fields.code("type") };
    });
    if (jws === null || head === null || head.room !== this.room || head.author !== this.member || this.#ids.has(head.id)) {
      return;
    }
    const { type, fields, id } = head;
    const good = type === "person" ? await this.#person(jws, fields, charter)
      : type === "key" ? await this.#key(jws, fields)
      : type === "confirm" ? await this.#confirm(jws, fields, charter)
      : acts.has(type) && (await this.#act(jws, fields, charter, { index, id, type, leaf }));
    if (good) {
      this.#ids.add(id);
    }
  }

  async #person(jws: Jws, fields: Fields, charter: Charter): Promise<boolean> {
    const read = reading(() => {
      const entry = { action: fields.oneOf("action", "add", "revoke"), person: fields.text("person", 64), key: fields.value("key"), roles: fields.list("roles", 0, 16) };
      fields.end();
      return entry;
    });
    const key = read && (await publicKeyOfJwk(read.key));
    const organisation = memberOf(charter, this.member)?.organisationKey;
    if (!read || !key || !organisation || !(await verifyJws(jws, organisation))) {
      return false;
    }
    const known = this.#persons.get(key.id);
    if (read.action === "revoke") {
      if (!known || known.revoked || known.name !== read.person) {
        return false;
      }
      this.#persons.set(key.id, { ...known, revoked: true });
      return true;
    }
    if (known) {
      return false;
    }
    this.#persons.set(key.id, { name: read.person, roles: read.roles.map(String), key, revoked: false });
    return true;
  }

  async #key(jws: Jws, fields: Fields): Promise<boolean> {
    const read = reading(() => {
      const entry = { purpose: fields.oneOf("purpose", "inbox", "record"), period: fields.integer("period", 1, 10_000_000), key: fields.value("key") };
      fields.end();
      return entry;
    });
    const key = read && (await publicKeyOfJwk(read.key));
    if (!read || !key || !(await this.#signer(jws, ["approver"]))) {
      return false;
    }
    if (read.purpose === "record" && read.period === this.#recordKeys.length + 1) {
      this.#recordKeys.push(key);
    }
    return true;
  }

  async #act(jws: Jws, fields: Fields, charter: Charter, at: { readonly index: number; readonly id: string; readonly type: string; readonly leaf: string }): Promise<boolean> {
    const { type, id, index, leaf } = at;
    const read = reading(() => {
      const entry = {
        about: type === "decision" || type === "outcome" ? fields.uuid("about") : null,
        period: fields.integer("period", 1, 10_000_000),
        sealed: fromBase64Url(fields.text("sealed", 22_000)),
      };
      fields.end();
      return entry;
    });
    const isAgency = memberOf(charter, this.member)?.role === "agency";
    const roles = type === "consent" ? ["uploader"] : rolesOf(type, isAgency);
    const person = read?.sealed ? await this.#signer(jws, roles) : null;
    if (!read?.sealed || person === null || read.period !== this.#recordKeys.length) {
      return false;
    }
    const hash = digestText(await leafHash(utf8(leaf)));
    const place = { room: this.room, id, author: this.member, about: read.about };
    this.#acts.set(id, { kind: type, index, place, period: read.period, sealed: read.sealed, person: person.name, signer: person.key.id, leaf: hash, second: null });
    this.#byLeaf.set(hash, id);
    return true;
  }

  async #confirm(jws: Jws, fields: Fields, charter: Charter): Promise<boolean> {
    const of = reading(() => {
      const text = fields.text("of", 64);
      fields.end();
      return text;
    });
    const act = of === null ? undefined : this.#acts.get(this.#byLeaf.get(of) ?? "");
    if (!act || act.second !== null || !needsSecond(act.kind)) {
      return false;
    }
    const person = await this.#signer(jws, rolesOf(act.kind, memberOf(charter, this.member)?.role === "agency"));
    const first = this.#persons.get(act.signer)!;
    if (person === null || first.revoked || person.name === act.person || !areTwoRoles(act.kind, first.roles, person.roles)) {
      return false;
    }
    this.#acts.set(act.place.id, { ...act, second: person.name });
    return true;
  }

  async #signer(jws: Jws, roles: readonly string[]): Promise<Person | null> {
    const person = this.#persons.get(jws.keyId);
    const may = person && !person.revoked && person.roles.some((role) => roles.includes(role));
    return may && (await verifyJws(jws, person.key)) ? person : null;
  }

  /** Why a person may not second an act that waits; null if she may. */
  mayConfirm(act: LoggedAct, signer: SignKey, isAgency: boolean): "no-role" | "same-person" | null {
    const person = this.#persons.get(signer.publicKey.id);
    return !person || person.revoked || !person.roles.some((role) => rolesOf(act.kind, isAgency).includes(role)) || !areTwoRoles(act.kind, this.#persons.get(act.signer)?.roles ?? [], person.roles) ? "no-role" : person.name === act.person ? "same-person" : null;
  }

  /** Whether the entry says what the copy says. */
  async says(act: LoggedAct, copy: ActCopy): Promise<boolean> {
    const key = this.#recordKeys[act.period - 1];
    return key !== undefined && act.kind === copy.act.kind && saysCopy(act.sealed, copy, act.place, key);
  }

  /** Signs an act: the leaf for the log, and the copy for a second person. Null if there is no record key to seal to, or the act has a form that nobody would read. */
  async sign(act: Act, about: string | null, signer: SignKey): Promise<{ readonly leaf: string; readonly copy: ActCopy } | null> {
    const key = this.#recordKeys.at(-1);
    const place: ActPlace = { room: this.room, id: crypto.randomUUID(), author: this.member, about };
    const seed = newSeed();
    const sealed = key ? await sealAct(act, place, key, seed) : null;
    return sealed && {
      leaf: await this.#leaf(act.kind, place.id, { ...(about !== null && { about }), period: this.#recordKeys.length, sealed: toBase64Url(sealed) }, signer),
      copy: { id: place.id, act, seed },
    };
  }

  /** Signs as the second person. */
  confirm(act: LoggedAct, signer: SignKey): Promise<string> {
    return this.#leaf("confirm", crypto.randomUUID(), { of: act.leaf }, signer);
  }

  #leaf(type: string, id: string, more: { readonly [name: string]: Json }, signer: SignKey): Promise<string> {
    return signJws(signer.handle, signer.publicKey, "cleanroom-entry+jws", canonicalize({ author: this.member, id, room: this.room, type, ...more }));
  }
}
