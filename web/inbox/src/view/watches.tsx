import { useState } from "preact/hooks";
import { maxCase, watchKinds, type LoggedAct } from "../../../sealing/src/index.ts";
import type { Inbox } from "../inbox.ts";
import { endOf, queriesFor, watchOf, type Asking } from "../watches.ts";
import type { Key, Speech } from "../words/index.ts";
import { ActForm, problemOf, Select, signerOf, text } from "./acts.tsx";
import { short } from "./parts.tsx";

type Kind = (typeof watchKinds)[number];

/** What is looked for: its word, and how it is written. A wrong one costs as much of the quota as a right one. */
const subjects: Readonly<Record<Kind, { readonly word: Key; readonly pattern?: string }>> = {
  account: { word: "evAccount" },
  email: { word: "evEmail", pattern: "[^@ ]+@[^@ ]+" },
  handle: { word: "evHandle", pattern: "[^ ]+" },
  organisation: { word: "evOrganisation" },
  phone: { word: "evPhone", pattern: "[+][0-9 \\(\\).\\-]{7,25}" },
  vehicle: { word: "field_vehicles" },
  vessel: { word: "field_vessels", pattern: "(IMO ?)?[0-9]{7}" },
};

/** Agencies: what they look for by themselves, and what was answered. */
export function Watches({ inbox, speak, open }: { inbox: Inbox; speak: Speech; open: (number: number) => void }) {
  const { say } = speak;
  const acts = inbox.book.acts.filter((act) => act.kind === "watch").toReversed();
  return (
    <>
      <h2>{say("watches")}</h2>
      {acts.length === 0 ? <p class="empty">{say("noWatches")}</p> : (
        <div class="scroll" tabIndex={0} role="region" aria-label={say("watches")}>
          <table>
            <thead><tr><th scope="col">{say("watchReference")}</th><th scope="col">{say("watchSubject")}</th><th scope="col">{say("stands")}</th><th scope="col">{say("answer")}</th><th scope="col">{say("watchEnd")}</th></tr></thead>
            <tbody>{acts.map((act) => <Watch key={act.place.id} act={act} inbox={inbox} speak={speak} open={open} />)}</tbody>
          </table>
        </div>
      )}
      <Ask inbox={inbox} speak={speak} />
    </>
  );
}

function Watch({ act, inbox, speak, open }: { act: LoggedAct; inbox: Inbox; speak: Speech; open: (number: number) => void }) {
  const { say } = speak;
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const { asked, state, answers, nothing, mayEnd } = watchOf(inbox, act, Date.now());
  const signer = signerOf("unwatch", inbox, speak);
  const end = async (): Promise<void> => {
    setBusy(true);
    setProblem("");
    try {
      await inbox.act({ kind: "unwatch", watch: act.place.id }, null);
    } catch (error) {
      setProblem(problemOf(error, speak));
    } finally {
      setBusy(false);
    }
  };
  return (
    <tr>
      <td><code>{short(act.place.id)}</code></td>
      <td>{asked ? <><bdi>{Object.values(asked.subject).join(", ")}</bdi>; {asked.expires === null ? say("watchOnce") : `${say("watchUntil")} ${speak.moment(asked.expires)}`}</> : "–"}</td>
      <td>{speak.code_("state", state)}</td>
      <td>{answers.length > 0 ? <button type="button" class="link" onClick={() => open(answers[0]!)}>{answers.length === 1 ? say("newsOne") : say("news", { n: answers.length })}</button> : nothing === null ? "–" : <button type="button" class="link" onClick={() => open(nothing)}>{say("kindNothing")}</button>}</td>
      <td>
        {mayEnd && "name" in signer ? <button type="button" disabled={busy} onClick={() => void end()}>{busy ? say("signing") : say("watchWithdraw", { person: signer.name })}</button> : "–"}
        {problem && <p class="problem" role="alert">{problem}</p>}
      </td>
    </tr>
  );
}

/** Asks for a subject by a query of the charter. */
function Ask({ inbox, speak }: { inbox: Inbox; speak: Speech }) {
  const { say } = speak;
  const [chosen, setChosen] = useState("");
  const [kind, setKind] = useState("");
  const [round, setRound] = useState(0);
  const { queries, mandates, quota } = queriesFor(inbox);
  if (queries.length === 0 || quota === 0) {
    return <p class="hint">{say("watchNotAllowed")}</p>;
  }
  const query: Asking | undefined = queries.length === 1 ? queries[0] : queries.find(({ id }) => id === chosen);
  const kinds = query?.kinds ?? [];
  const subject = (kinds.length === 1 ? kinds[0] : kinds.find((one) => one === kind)) as Kind | undefined;
  const codes = (list: readonly string[]): readonly (readonly [string, string])[] => list.map((code) => [code, code]);
  const last = query?.longest ? endOf(query.longest, (inbox.log.time?.opening ?? 0) * 1000) : null;
  return (
    <div key={round}>
      <ActForm
        title={say("watchAsk")} kind="watch" about={null} inbox={inbox} speak={speak}
        read={(data) => ({
          kind: "watch", query: query!.id, version: query!.version, mandate: text(data, "mandate"), legalBasis: text(data, "basis"), purpose: text(data, "purpose"), case: text(data, "case"),
          expires: query!.longest ? `${text(data, "until")}T00:00:00Z` : null,
          subject: {
            kind: subject!, value: text(data, "value"),
            ...((subject === "vehicle" || subject === "organisation") && { country: text(data, "country").toUpperCase() }),
            ...(subject === "handle" && { platform: text(data, "platform") }),
          },
        })}
      >
        <p>{say("watchLead", { n: quota })}</p>
        <Select name="query" label={say("watchQuery")} options={queries.map(({ id, version, longest }) => [id, `${id} ${version}: ${say(longest ? "watchLater" : "watchOnce")}`])} pick={setChosen} />
        {query && <Select name="kind" label={say("kind")} options={kinds.map((one) => [one, say(subjects[one as Kind].word)])} pick={setKind} />}
        {query && subject && (
          <>
            <label><span>{say("watchSubject")}</span><input name="value" required maxLength={100} autocomplete="off" {...(subjects[subject].pattern && { pattern: subjects[subject].pattern })} /><span class="hint">{say("watchHint")}</span></label>
            {(subject === "vehicle" || subject === "organisation") && <label><span>{say("watchCountry")}</span><input name="country" required pattern="[A-Za-z]{3}" maxLength={3} autocomplete="off" /></label>}
            {subject === "handle" && <label><span>{say("watchPlatform")}</span><input name="platform" required pattern="[A-Za-z0-9_\-]{1,64}" autocomplete="off" /></label>}
            <Select name="mandate" label={say("watchMandate")} options={codes(mandates)} />
            <Select name="basis" label={say("legalBasis")} options={codes(query.legalBases)} />
            <Select name="purpose" label={say("purpose")} options={query.purposes.map((code) => [code, speak.code_("purpose_", code)])} />
            <label><span>{say("case")}</span><input name="case" required maxLength={maxCase} autocomplete="off" /></label>
            {last !== null && <label><span>{say("watchUntil")}</span><input name="until" type="date" required min={new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)} max={last} /></label>}
          </>
        )}
      </ActForm>
      <p><button type="button" class="link" onClick={() => { setChosen(""); setKind(""); setRound(round + 1); }}>{say("watchAnother")}</button></p>
    </div>
  );
}
