import { useState } from "preact/hooks";
import { parseCopy, type ActCopy, type LoggedAct } from "../../../sealing/src/index.ts";
import type { Inbox } from "../inbox.ts";
import { threadsOf } from "../threads.ts";
import type { Key, Speech } from "../words/index.ts";
import { ActWords, problemOf } from "./acts.tsx";
import { short } from "./parts.tsx";
import { Watches } from "./watches.tsx";

const maxFile = 64 << 10;
const most = 500;

/** Requests for disclosure, and what waits for a second person. */
export function Requests({ inbox, speak, open }: { inbox: Inbox; speak: Speech; open: (number: number) => void }) {
  const { say } = speak;
  const now = Date.now();
  const threads = threadsOf(inbox).slice(0, most);
  return (
    <section class="card">
      <h1>{say("requests")}</h1>
      <Second inbox={inbox} speak={speak} />
      <h2>{say("allRequests")}</h2>
      <p>{say(inbox.isAgency ? "requestsAgency" : "requestsContributor")}</p>
      {threads.length === 0 ? <p class="empty">{say("noRequests")}</p> : (
        <div class="scroll" tabIndex={0} role="region" aria-label={say("allRequests")}>
          <table>
            <thead><tr><th scope="col">{say("request")}</th><th scope="col">{say("whose")}</th><th scope="col">{say("stands")}</th><th scope="col">{say("due")}</th></tr></thead>
            <tbody>
              {threads.map((thread) => (
                <tr key={thread.request}>
                  <td>{thread.newest === null ? <code>{short(thread.request)}</code> : <button type="button" class="link" onClick={() => open(thread.newest!)}><code>{short(thread.request)}</code></button>}</td>
                  <td><bdi>{thread.who}</bdi>{thread.own && <> · <bdi>{thread.own}</bdi></>}</td>
                  <td>{speak.code_("state", thread.state)}</td>
                  <td>{thread.deadline === null ? "–" : <span class={Date.parse(thread.deadline) < now ? "close" : undefined}>{speak.day(thread.deadline)} ({speak.until(thread.deadline, now)})</span>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {inbox.isAgency && <Watches inbox={inbox} speak={speak} open={open} />}
    </section>
  );
}

/** The second person reads what the first one signed, sees that the log says the same, and signs. */
function Second({ inbox, speak }: { inbox: Inbox; speak: Speech }) {
  const { say } = speak;
  const [read, setRead] = useState<{ readonly copy: ActCopy; readonly act: LoggedAct } | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [said, setSaid] = useState("");
  const { waiting } = inbox.book;
  const take = async (file: File | undefined): Promise<void> => {
    setRead(null);
    setSaid("");
    setProblem("");
    const copy = file && file.size <= maxFile ? parseCopy(new Uint8Array(await file.arrayBuffer())) : null;
    const act = copy && inbox.book.waiting.find((one) => one.place.id === copy.id);
    if (!copy || !act) {
      setProblem(say(copy ? "notWaiting" : "notCopy"));
    } else if (!(await inbox.book.says(act, copy))) {
      setProblem(say("saysOther"));
    } else {
      setRead({ copy, act });
    }
  };
  const confirm = async (): Promise<void> => {
    setBusy(true);
    setProblem("");
    try {
      await inbox.confirm(read!.act);
      setRead(null);
      setSaid(say("confirmed"));
    } catch (error) {
      setProblem(problemOf(error, speak));
    } finally {
      setBusy(false);
    }
  };
  const hindrance = read && (inbox.keys.person === null ? "readsOnly" : inbox.book.mayConfirm(read.act, inbox.keys.person, inbox.isAgency));
  return (
    <>
      <h2>{say("second")}</h2>
      {waiting.length === 0 ? <p class="empty">{say("noWaiting")}</p> : (
        <>
          <p>{say("secondLead")}</p>
          <ul>
            {waiting.map((act) => (
              <li key={act.place.id}>
                {say(`entry${act.kind[0]!.toUpperCase()}${act.kind.slice(1)}` as Key)} <code>{short(act.place.id)}</code>: {say("signedOne", { one: act.person })}
                {act.place.about && <> ({say("request")} <code>{short(act.place.about)}</code>)</>}
              </li>
            ))}
          </ul>
          <label class="file" for="copy">{say("chooseCopy")}</label>
          <input id="copy" type="file" onChange={(event) => void take(event.currentTarget.files?.[0])} />
        </>
      )}
      {read && (
        <section class="act">
          <h3>{say("saysSame", { one: read.act.person })}</h3>
          <ActWords act={read.copy.act} speak={speak} />
          {read.act.place.about && <p>{say("request")}: <code>{read.act.place.about}</code></p>}
          {hindrance
            ? <p class="hint">{say(hindrance === "readsOnly" ? "readsOnly" : hindrance === "same-person" ? "samePerson" : "noRole")}</p>
            : <button type="button" class="primary" disabled={busy} onClick={() => void confirm()}>{busy ? say("signing") : say("confirmAs", { person: inbox.book.person(inbox.keys.person!.publicKey.id)!.name })}</button>}
        </section>
      )}
      <p class="problem" role="alert">{problem}</p>
      <p role="status">{said}</p>
    </>
  );
}
