import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import {
  disclosureFields, maxBasis, maxCase, needsSecond, outcomes, refusals, rolesOf, writeCopy,
  type Act, type ActCopy, type ActKind, type Notice, type Offer, type Outcome, type Refusal, type Request,
} from "../../../sealing/src/index.ts";
import { ActError, type Inbox } from "../inbox.ts";
import { ServiceError } from "../service.ts";
import type { Key, Speech } from "../words/index.ts";
import { fieldsIn, Row } from "./parts.tsx";

const day = 86_400_000;
const longestDue = 89;

/** Why signing did not work, in one sentence. */
export const problemOf = (error: unknown, speak: Speech): string =>
  error instanceof ServiceError ? error.message || speak.say("noService") : speak.say(error instanceof ActError ? (`act_${error.why}` as Key) : "logProblem");

/** The person of this page, if she has one of the roles that an act needs; otherwise the sentence that says why not. */
export function signerOf(kind: ActKind, inbox: Inbox, speak: Speech): { readonly name: string } | { readonly why: string } {
  const { person } = inbox.keys;
  const known = person && inbox.book.person(person.publicKey.id);
  const roles = rolesOf(kind, inbox.isAgency);
  return !person ? { why: speak.say("readsOnly") }
    : !known || known.revoked ? { why: speak.say("unknownPerson") }
    : known.roles.some((role) => roles.includes(role)) ? { name: known.name }
    : { why: speak.say("wrongRole", { person: known.name, roles: roles.map((role) => speak.code_("role_", role)).join(", ") }) };
}

/** A form whose words are signed by the page's person. */
export function ActForm(props: { title: string; kind: ActKind; about: string | null; inbox: Inbox; speak: Speech; read: (data: FormData) => Act; children: ComponentChildren }) {
  const { kind, about, inbox, speak } = props;
  const [copy, setCopy] = useState<ActCopy | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const signer = signerOf(kind, inbox, speak);
  const submit = async (form: HTMLFormElement): Promise<void> => {
    setBusy(true);
    setProblem("");
    try {
      setCopy(await inbox.act(props.read(new FormData(form)), about));
    } catch (error) {
      setProblem(problemOf(error, speak));
    } finally {
      setBusy(false);
    }
  };
  return (
    <section class="act no-print">
      <h3>{props.title}</h3>
      {copy ? <Signed copy={copy} speak={speak} />
        : "why" in signer ? <p class="hint">{signer.why}</p>
        : (
          <form onSubmit={(event) => { event.preventDefault(); void submit(event.currentTarget); }}>
            {props.children}
            <button type="submit" class="primary" disabled={busy}>{busy ? speak.say("signing") : speak.say("signAs", { person: signer.name })}</button>
            <p class="problem" role="alert">{problem}</p>
          </form>
        )}
    </section>
  );
}

/** What was signed: in the log; and, where a second person has to sign, what she needs. */
function Signed({ copy, speak }: { copy: ActCopy; speak: Speech }) {
  const second = needsSecond(copy.act.kind);
  const address = useMemo(() => (second ? URL.createObjectURL(new Blob([writeCopy(copy)], { type: "application/json" })) : ""), [copy]);
  useEffect(() => () => URL.revokeObjectURL(address), [address]);
  return (
    <div role="status" class="signed">
      <p>{speak.say(second ? "signedFirst" : "signedAll")}</p>
      {second && <p><a class="button" href={address} download={`${copy.id}.json`}>{speak.say("saveCopy")}</a></p>}
      {second && <p class="hint">{speak.say("copyHint")}</p>}
    </div>
  );
}

/** What an act says, for who has to answer for it. */
export function ActWords({ act, speak }: { act: Act; speak: Speech }) {
  const { say } = speak;
  switch (act.kind) {
    case "request":
      return (
        <dl>
          <Row name={say("reference")}><code>{act.match}</code></Row>
          <Row name={say("asked")}><bdi>{act.contributor}</bdi></Row>
          <Row name={say("fields")}>{fieldsIn(act.fields, speak)}</Row>
          <Row name={say("legalBasis")}><bdi>{act.legalBasis}</bdi></Row>
          <Row name={say("purpose")}>{speak.code_("purpose_", act.purpose)}</Row>
          <Row name={say("case")}><bdi>{act.case}</bdi></Row>
          <Row name={say("decisionDue")}>{speak.day(act.due)}</Row>
        </dl>
      );
    case "decision":
      return (
        <dl>
          <Row name={say("granted")}>{fieldsIn(act.fields, speak) || say("nothing")}</Row>
          {act.reason && <Row name={say("reason")}>{speak.code_("refusal", act.reason)}</Row>}
        </dl>
      );
    case "answer":
      return <p>{speak.code_("answer_", act.answer)}</p>;
    case "outcome":
      return <p>{speak.code_("outcome", act.outcome)}</p>;
    case "watch":
      return (
        <dl>
          <Row name={say("watchSubject")}><bdi>{Object.values(act.subject).join(", ")}</bdi></Row>
          <Row name={say("watchUntil")}>{act.expires === null ? say("watchOnce") : speak.moment(act.expires)}</Row>
          <Row name={say("watchQuery")}><bdi dir="ltr">{act.query} {act.version}</bdi></Row>
          <Row name={say("watchMandate")}><bdi>{act.mandate}</bdi></Row>
          <Row name={say("legalBasis")}><bdi>{act.legalBasis}</bdi></Row>
          <Row name={say("purpose")}>{speak.code_("purpose_", act.purpose)}</Row>
          <Row name={say("case")}><bdi>{act.case}</bdi></Row>
        </dl>
      );
    case "unwatch":
      return <p><code>{act.watch}</code></p>;
    case "facts":
      return (
        <dl>
          <Row name={say("told")}><bdi>{act.agency}</bdi></Row>
          <Row name={say("granted")}>{fieldsIn(act.fields, speak)}</Row>
          <Row name={say("nameDesk")}>{say(act.desk ? "yes" : "no")}</Row>
          <Row name={say("reference")}><code>{act.match}</code></Row>
        </dl>
      );
    case "override":
      return (
        <dl>
          <Row name={say("overrideTo")}><bdi>{act.recipient}</bdi></Row>
          <Row name={say("overridePurpose")}>{speak.code_("override", act.purpose)}</Row>
          <Row name={say("reason")}>{speak.code_("override", act.basis)}</Row>
          <Row name={say("overrideSubject")}>{speak.code_("override", act.subject)}</Row>
          <Row name={say("watchUntil")}>{speak.moment(act.expires)}</Row>
          <Row name={say("records")}><code>{act.record}</code></Row>
        </dl>
      );
    case "emergency":
      return (
        <dl>
          <Row name={say("warned")}><bdi>{act.recipient}</bdi></Row>
          <Row name={say("presence")}>{speak.code_("presence", act.presence)}</Row>
          <Row name={say("urgency")}>{speak.code_("urgency", act.urgency)}</Row>
          <Row name={say("where")}><bdi dir="ltr">{act.admin1 === null ? act.country : `${act.admin1}, ${act.country}`}</bdi></Row>
          <Row name={say("records")}><code>{act.record}</code></Row>
        </dl>
      );
  }
}

function FieldBoxes({ name, fields, speak, legend }: { name: string; fields: readonly string[]; speak: Speech; legend: string }) {
  return (
    <fieldset>
      <legend>{legend}</legend>
      {fields.map((field) => (
        <label key={field} class="check"><input type="checkbox" name={name} value={field} /><span>{speak.code_("field_", field)}</span></label>
      ))}
    </fieldset>
  );
}

export function Select({ name, label, options, required, pick }: { name: string; label: string; options: readonly (readonly [string, string])[]; required?: boolean; pick?: (value: string) => void }) {
  return (
    <label>
      <span>{label}</span>
      <select name={name} required={required ?? true} {...(pick && { onChange: (event) => pick(event.currentTarget.value) })}>
        {options.length !== 1 && <option value="">–</option>}
        {options.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
      </select>
    </label>
  );
}

export const text = (data: FormData, name: string): string => String(data.get(name) ?? "").trim().normalize("NFC");
const codes = (data: FormData, name: string): readonly string[] => data.getAll(name).map(String).sort();

/** Agencies: ask a contributor for fields of the record behind a notice. */
export function AskForm({ notice, inbox, speak }: { notice: Notice; inbox: Inbox; speak: Speech }) {
  const { say } = speak;
  const purposes = (inbox.log.charter!.json["purposes"] as { allowed?: readonly string[] } | undefined)?.allowed ?? [];
  const dayOf = (days: number): string => new Date(Date.now() + days * day).toISOString().slice(0, 10);
  const asked = [...inbox.copies.values()].filter(({ act }) => act.kind === "request" && act.match === notice.match);
  return (
    <>
      {asked.map((copy) => <section key={copy.id} class="act"><h3>{say("youAsked")}</h3><ActWords act={copy.act} speak={speak} /></section>)}
      <ActForm
        title={say("askFacts")} kind="request" about={null} inbox={inbox} speak={speak}
        read={(data) => ({
          kind: "request", match: notice.match, contributor: text(data, "contributor"), legalBasis: text(data, "basis"), purpose: text(data, "purpose"), case: text(data, "case"),
          fields: codes(data, "field"), due: `${text(data, "due")}T00:00:00Z`,
        })}
      >
        <p>{say("askLead")}</p>
        <Select name="contributor" label={say("asked")} options={notice.ask.map((desk) => [desk.member, desk.member])} />
        <FieldBoxes name="field" fields={disclosureFields} speak={speak} legend={say("fields")} />
        <label><span>{say("legalBasis")}</span><textarea name="basis" required maxLength={maxBasis} rows={2} /></label>
        <Select name="purpose" label={say("purpose")} options={purposes.map((code) => [code, speak.code_("purpose_", code)])} />
        <label><span>{say("case")}</span><input name="case" required maxLength={maxCase} autocomplete="off" /></label>
        <label><span>{say("decisionDue")}</span><input name="due" type="date" required min={dayOf(1)} max={dayOf(longestDue)} /></label>
      </ActForm>
    </>
  );
}

/** Contributors: grant fields of a request, or say why not. */
export function DecideForm({ request, inbox, speak }: { request: Request; inbox: Inbox; speak: Speech }) {
  const { say } = speak;
  const decisions = inbox.book.acts.filter((act) => act.kind === "decision" && act.place.about === request.request);
  if (decisions.length > 0) {
    return (
      <section class="act">
        <h3>{say("decision")}</h3>
        {decisions.map((act) => (
          <div key={act.place.id}>
            <p>{act.second ? say("signedBoth", { one: act.person, two: act.second }) : say("signedOne", { one: act.person })}</p>
            {inbox.copies.has(act.place.id) && <ActWords act={inbox.copies.get(act.place.id)!.act} speak={speak} />}
            {inbox.copies.has(act.place.id) && !act.second && <Signed copy={inbox.copies.get(act.place.id)!} speak={speak} />}
          </div>
        ))}
      </section>
    );
  }
  return (
    <ActForm
      title={say("decide")} kind="decision" about={request.request} inbox={inbox} speak={speak}
      read={(data) => ({ kind: "decision", fields: codes(data, "field"), reason: (text(data, "reason") || null) as Refusal | null })}
    >
      <p>{say("decideLead")}</p>
      <FieldBoxes name="field" fields={request.fields} speak={speak} legend={say("granted")} />
      <Select name="reason" label={say("reasonNotAll")} required={false} options={refusals.map((code) => [code, speak.code_("refusal", code)])} />
    </ActForm>
  );
}

/** Contributors: give what an offer names, or some of it. */
export function GiveForm({ offer, inbox, speak }: { offer: Offer; inbox: Inbox; speak: Speech }) {
  const { say } = speak;
  const given = [...inbox.copies.values()].filter(({ act }) => act.kind === "facts" && act.match === offer.match && act.agency === offer.agency);
  return given.length > 0
    ? <>{given.map((copy) => <section key={copy.id} class="act"><h3>{say("decision")}</h3><ActWords act={copy.act} speak={speak} /><Signed copy={copy} speak={speak} /></section>)}</>
    : (
      <ActForm
        title={say("giveFacts")} kind="facts" about={null} inbox={inbox} speak={speak}
        read={(data) => ({ kind: "facts", match: offer.match, agency: offer.agency, fields: codes(data, "field"), desk: data.has("desk") })}
      >
        <p>{say("giveLead")}</p>
        <FieldBoxes name="field" fields={offer.fields} speak={speak} legend={say("granted")} />
        <label class="check"><input type="checkbox" name="desk" value="yes" /><span>{say("nameDesk")}</span></label>
      </ActForm>
    );
}

/** Agencies: say what became of what was disclosed. */
export function OutcomeForm({ request, inbox, speak }: { request: string; inbox: Inbox; speak: Speech }) {
  const filed = inbox.book.acts.find((act) => act.kind === "outcome" && act.place.about === request);
  return filed ? <p class="signed">{speak.say("outcomeSigned", { one: filed.person })}</p> : (
    <ActForm
      title={speak.say("report")} kind="outcome" about={request} inbox={inbox} speak={speak}
      read={(data) => ({ kind: "outcome", outcome: text(data, "outcome") as Outcome })}
    >
      <p>{speak.say("reportLead")}</p>
      <Select name="outcome" label={speak.say("outcome")} options={outcomes.map((code) => [code, speak.code_("outcome", code)])} />
    </ActForm>
  );
}

/** Answers to a review item, or that a match is wrong. */
export function AnswerForm({ match, review, waited, inbox, speak }: { match: string; review: boolean; waited: boolean; inbox: Inbox; speak: Speech }) {
  const options = review ? (["release", "hold", "wrong"] as const) : waited ? (["taken", "wrong"] as const) : (["wrong"] as const);
  return (
    <ActForm
      title={speak.say(review || waited ? "answer" : "wrongTitle")} kind="answer" about={null} inbox={inbox} speak={speak}
      read={(data) => ({ kind: "answer", match, answer: text(data, "answer") as (typeof options)[number] })}
    >
      <fieldset>
        <legend>{speak.say(review ? "answerLead" : waited ? "takenLead" : "wrongLead")}</legend>
        {options.map((code) => (
          <label key={code} class="check"><input type="radio" name="answer" value={code} required /><span>{speak.code_("answer_", code)}</span></label>
        ))}
      </fieldset>
    </ActForm>
  );
}
